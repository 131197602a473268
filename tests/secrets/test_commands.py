"""Canary keys and a canary token through every command of the real CLI: 0 hits in all that is
shown, and in all that is left behind: state, history, backups, plans and logs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import TIMES
from tests.cli.project import REAL_CLI
from tests.sandbox_server import SandboxProcess
from tests.secrets.vault import REFERENCES, WAYS, Vault

pytestmark = REAL_CLI

UP = ("up", "--yes", "--skip-preview")
# Pulumi's own debug output, and the file that it writes.
DEBUG: dict[str, tuple[list[str], dict[str, str], str]] = {
    "-v=9": (["-v=9", "--logtostderr"], {}, ""),
    "-v=11 --logflow": (["-v=11", "--logtostderr", "--logflow"], {}, ""),
    "PULUMI_DEBUG_GRPC": ([], {"PULUMI_DEBUG_GRPC": "{folder}/grpc.json"}, "grpc.json"),
    "--tracing": (["--tracing=file:{folder}/trace.json"], {}, "trace.json"),
}
Open = Callable[..., Vault]


@pytest.fixture
def open_vault(tmp_path: Path) -> Iterator[Open]:
    with SandboxProcess(*TIMES) as sandbox:
        vaults: list[Vault] = []

        def make(*ways: str) -> Vault:
            vaults.append(Vault(tmp_path, sandbox, ways))
            return vaults[-1]

        yield make
        for vault in vaults:
            vault.close()


def debug(vault: Vault, kind: str) -> None:
    """`up` of a change, with this debug output, which really was written."""
    flags, environ, file = DEBUG[kind]
    told = vault.run(
        *UP,
        *(flag.format(folder=vault.root) for flag in flags),
        env={name: value.format(folder=vault.root) for name, value in environ.items()},
    )
    size = (vault.root / file).stat().st_size if file else len(told.text)
    assert size > 20_000


def test_keys_by_reference_and_the_token_stand_nowhere_not_even_in_debug_logs(
    open_vault: Open,
) -> None:
    vault = open_vault("file")
    grpc = {"PULUMI_DEBUG_GRPC": str(vault.root / "grpc.json")}
    told = vault.run(*UP, "-v=9", "--logtostderr", env=grpc)
    assert len(told.text) > 50_000
    assert (vault.root / "grpc.json").stat().st_size > 20_000
    assert vault.keys["file"].sha256 in vault.run("stack", "export").out
    vault.run("destroy", "--yes", "--skip-preview", env=grpc)
    assert vault.leaks() == []


@pytest.mark.slow
@pytest.mark.parametrize("kind", DEBUG)
def test_no_debug_output_of_pulumi_shows_a_key_by_reference_or_the_token(
    open_vault: Open, kind: str
) -> None:
    vault = open_vault(*REFERENCES)
    debug(vault, kind)
    vault.declare(wait=40)
    debug(vault, kind)
    assert vault.leaks() == []


@pytest.mark.slow
@pytest.mark.parametrize("kind", DEBUG)
def test_impossible_with_pulumi_its_debug_output_shows_keys_given_by_value_and_only_those(
    open_vault: Open, kind: str
) -> None:
    """Whatever the engine hands to a plugin is in clear there, Pulumi secrets too."""
    vault = open_vault(*WAYS)
    debug(vault, kind)
    leaked = {hit.split(" in ")[0] for hit in vault.leaks()}
    assert leaked == {"key by value", "key by secret"}


@pytest.mark.slow
def test_impossible_with_pulumi_show_secrets_shows_keys_given_by_value_and_only_those(
    open_vault: Open,
) -> None:
    vault = open_vault(*WAYS)
    vault.run(*UP)
    assert vault.leaks() == []
    vault.run("stack", "export", "--show-secrets")
    assert {hit.split(" in ")[0] for hit in vault.leaks()} == {"key by value", "key by secret"}


@pytest.mark.slow
def test_no_command_shows_or_keeps_a_secret_however_the_keys_are_given(open_vault: Open) -> None:
    vault = open_vault(*WAYS)
    fail_in_check_in_a_request_and_in_our_own_code(vault)
    plan = str(vault.root / "plan.json")
    vault.run("up", "--yes")
    for wait, command in enumerate((["preview"], ["preview", "--diff"], ["preview", "--json"]), 31):
        vault.declare(wait=wait)
        vault.run(*command)
        assert vault.leaks() == []
    vault.run("preview", "--save-plan", plan)
    vault.run(*UP, "--plan", plan)
    assert Path(plan).stat().st_size > 1_000
    vault.run("refresh", "--yes", "--diff")
    vault.run("stack", "export")
    vault.run("stack", "history")
    vault.run("stack", "output", "--json")
    vault.run("destroy", "--yes", "--diff")
    assert {name for name in ("history", "backups") if list(vault.root.rglob(name))} == {
        "history",
        "backups",
    }
    assert vault.leaks() == []


def fail_in_check_in_a_request_and_in_our_own_code(vault: Vault) -> None:
    vault.declare(value='(PROJECT / FOLDER / "file.key").read_text()')
    vault.run("preview", code=1).line("private_key: does not belong to certificate")
    vault.declare()
    refusal = {"status": 403, "code": 10000, "message": "Authentication error"}
    vault.sandbox.fault("status", method="POST", times=0, **refusal)
    vault.run(*UP, code=1).line("error: CloudflareError:", "SSL and Certificates: Edit")
    vault.sandbox.clear_faults()
    upload = vault.folder / "providers" / "lifecycle" / "upload.py"
    sound = upload.read_text()
    broken = sound.replace("self.posts += 1", 'raise ValueError(f"{key} {vars(self)}")')
    assert broken != sound
    upload.write_text(broken)
    # The harness takes a traceback for a failure of the test; here it is what is looked through.
    with pytest.raises(AssertionError, match="unexpected failure in create"):
        vault.run(*UP, code=1)
    upload.write_text(sound)
    assert vault.leaks() == []


@pytest.mark.slow
def test_from_a_value_to_a_reference_nothing_is_replaced_and_the_key_leaves_the_state(
    open_vault: Open,
) -> None:
    vault = open_vault("value")
    vault.run(*UP)
    before = vault.resource("value")
    assert "ciphertext" in json.dumps(before)
    vault.declare(value='f"file:{FOLDER}/value.key"')
    (step,) = vault.steps().values()
    assert (step["op"], set(step["detailedDiff"])) == ("update", {"private_key"})
    vault.sandbox.clear_journal()
    vault.run(*UP)
    assert vault.sandbox.journal() == []
    after = vault.resource("value")
    assert after["id"] == before["id"]
    assert "ciphertext" not in json.dumps(after)
    assert after["inputs"]["private_key"] == "file:.local/certificates/test/value.key"
    vault.run("preview", "--expect-no-changes")
    assert vault.leaks() == []
