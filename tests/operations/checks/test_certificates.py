"""What `preflight` says of a key that is kept in the stack's configuration: the same as `up`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.operations.folder import Folder
from tests.pki import make
from tests.sandbox_server import SandboxProcess


def secret_rows(folder: Folder) -> list[tuple[str, str]]:
    rows = json.loads(folder.verb("preflight", *folder.with_config, "--json", code=None).out)[
        "results"
    ]
    return [(r["grade"], r["text"]) for r in rows if r["check"] == "key" and "shop" in r["text"]]


@pytest.mark.cli
@pytest.mark.timeout(240)
def test_a_key_in_the_configuration_is_judged_as_up_judges_it(tmp_path: Path) -> None:
    with SandboxProcess("--deploy-seconds", "0.2") as sandbox:
        folder = Folder(tmp_path, sandbox, "dev")
        try:
            shop = folder.pair("shop")
            folder.pair("zone")
            place = "private_key: file:.local/certificates/dev/shop.key"
            folder.edit(place, "private_key: secret:shop")
            ((grade, words),) = secret_rows(folder)
            assert grade == "problem"
            assert "has no aop:shop. Set it: `pulumi config set --secret aop:shop`." in words
            assert "shop" in folder.preview(code=1).line("aop:shop")
            sets(folder, make("other").private_key)
            ((grade, words),) = secret_rows(folder)
            assert grade == "problem"
            assert "private_key: does not belong to certificate" in words
            folder.preview(code=1).line("error:", "private_key: does not belong to certificate")
            sets(folder, shop.private_key)
            assert [grade for grade, _ in secret_rows(folder)] == ["ok"]
            folder.preview()
            wrong = {"PULUMI_CONFIG_PASSPHRASE": "another"}
            done = folder.verb("preflight", *folder.with_config, env=wrong, code=None)
            told = done.line("warning", "shop: not looked at: pulumi config get ended with")
            assert "PRIVATE KEY" not in done.text + told
        finally:
            folder.close()


def sets(folder: Folder, value: str) -> None:
    file = str(folder.config)
    folder.run("config", "set", "--secret", "shop", "--config-file", file, "--", value)
    folder.told.pop()
