"""A private key given as a value is in state, encrypted; one given as a reference is not at all.

That no key stands anywhere in clear is looked for after every test (conftest.py).
"""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Start
from tests.cli.project import REAL_CLI, leaks
from tests.pki import make
from tests.sandbox_server import SandboxProcess

pytestmark = REAL_CLI

SECRET_MARK = "4dabf18193072939515e22adb298388d"


def test_a_key_from_a_pulumi_secret_is_encrypted_in_state_and_a_reference_stands_as_it_is(
    start: Start, sandbox: SandboxProcess
) -> None:
    project = start("dev")
    shop, zone = project.pair("shop"), project.pair("zone")
    key = project.certificates / "shop.key"
    project.edit(
        f"private_key: file:.local/certificates/dev/{key.name}", "private_key: secret:shop"
    )
    secret = ["config", "set", "--secret", "shop"]
    project.run(*secret, "--config-file", str(project.config), "--", key.read_text())
    key.unlink()
    project.up()
    assert sandbox.presented("example.com", "shop.example.com")["certificate_sha256"] == shop.sha256
    inputs = project.resource("example.com-shop")["inputs"]
    assert set(inputs["private_key"]) == {SECRET_MARK, "ciphertext"}
    reference = project.resource("example.com-zone")["inputs"]["private_key"]
    assert reference == "file:.local/certificates/dev/zone.key"
    shown = json.loads(project.run("stack", "export", "--show-secrets").out)
    assert shop.private_key.splitlines()[2] in json.dumps(shown)
    assert zone.private_key.splitlines()[2] not in json.dumps(shown)
    project.told.pop()


def test_the_search_for_leaks_finds_one(tmp_path: Path) -> None:
    pair = make()
    (tmp_path / "state.json").write_text(json.dumps({"key": pair.private_key}))
    (tmp_path / "public.json").write_text(json.dumps({"certificate": pair.certificate}))
    assert leaks([pair], tmp_path, "nothing") == [str(tmp_path / "state.json")]
    assert leaks([pair], tmp_path / "empty", "nothing", pair.private_key) == ["text 1"]
