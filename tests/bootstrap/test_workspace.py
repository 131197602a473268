"""The CLI's own folder for state and configuration; the tracked files stay as they are."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from bootstrap import Stop, cli
from bootstrap.workspace import Workspace, with_salt

TRACKED = """\
# A comment at the top.
config:
    aop:zones:      # oddly indented
        example.com: {zone_id: abc}

    # at the end
"""
SALT = "encryptionsalt: v1:abc="


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "checkout"
    (folder / "stacks").mkdir(parents=True)
    (folder / "stacks" / "Pulumi.dev.yaml").write_text(TRACKED)
    options = f"{{toolchain: pip, virtualenv: {sys.prefix}}}"
    (folder / "Pulumi.yaml").write_text(
        f"name: small\nruntime: {{name: python, options: {options}}}\nstackConfigDir: stacks\n"
    )
    (folder / "__main__.py").write_text(
        "import pulumi\n"
        "pulumi.export('zones', pulumi.Config('aop').require_object('zones'))\n"
        "pulumi.export('secret', pulumi.Output.secret('hush'))\n"
    )
    return folder


@pytest.fixture
def workspace(project: Path, tmp_path: Path) -> Workspace:
    return Workspace(project, tmp_path / "work", "http://api", "token", cli_folder=tmp_path)


@pytest.mark.parametrize(
    ("tracked", "salt", "text"),
    [
        pytest.param(TRACKED, SALT, f"{TRACKED}{SALT}\n", id="comments and order stay"),
        pytest.param(TRACKED, "", TRACKED, id="no salt yet"),
        pytest.param("config: {}", SALT, f"config: {{}}\n{SALT}\n", id="no newline at the end"),
        pytest.param(f"{SALT}x\nconfig: {{}}\n", SALT, f"config: {{}}\n{SALT}\n", id="other salt"),
        pytest.param(
            "secretsprovider: awskms://a\nencryptedkey: b\nconfig: {}\n",
            SALT,
            f"config: {{}}\n{SALT}\n",
            id="another secrets provider",
        ),
        pytest.param(
            "config:\n  a:encryptionsalt: kept\n",
            SALT,
            f"config:\n  a:encryptionsalt: kept\n{SALT}\n",
            id="a key below config of the same name",
        ),
        pytest.param("", SALT, f"{SALT}\n", id="empty"),
    ],
)
def test_the_generated_stack_file_is_the_tracked_text_and_the_salt(
    tracked: str, salt: str, text: str
) -> None:
    assert with_salt(tracked, salt) == text


def test_a_change_of_the_tracked_file_keeps_the_salt(workspace: Workspace, project: Path) -> None:
    generated = workspace.config_file("dev")
    generated.write_text(f"config: {{}}\n{SALT}\n")
    (project / "stacks" / "Pulumi.dev.yaml").write_text("config: {a:b: changed}\n")
    assert workspace.config_file("dev").read_text() == f"config: {{a:b: changed}}\n{SALT}\n"


def test_a_stack_without_a_file_is_one_line(workspace: Workspace) -> None:
    with pytest.raises(Stop, match=r"Pulumi\.nope\.yaml does not exist"):
        workspace.arguments(("up",), "nope")


@pytest.mark.parametrize("verb", ["up", "preview", "refresh", "destroy", "import"])
def test_what_runs_the_program_runs_in_the_project_with_the_generated_file(
    workspace: Workspace, project: Path, verb: str
) -> None:
    command, folder = workspace.arguments((verb, "--yes"), "dev")
    assert folder == project
    assert command[1:3] == [verb, "--config-file"]
    assert Path(command[3]).is_relative_to(workspace.work)
    assert command[4:] == ["--yes"]


@pytest.mark.parametrize("words", ["stack rm", "config set a b", "state unprotect", "cancel"])
def test_what_could_write_a_stack_file_runs_elsewhere(
    workspace: Workspace, project: Path, words: str
) -> None:
    command, folder = workspace.arguments(tuple(words.split()), "dev")
    assert not folder.is_relative_to(project)
    assert command[1:] == words.split()


def test_nothing_of_the_users_own_set_up_reaches_the_cli(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = {
        "PULUMI_ACCESS_TOKEN": "theirs",
        "PULUMI_BACKEND_URL": "theirs",
        "PULUMI_STACK": "theirs",
        "CLOUDFLARE_API_TOKEN": "theirs",
        "CLOUDFLARE_EMAIL": "theirs",
        "CLOUDFLARE_API_KEY": "theirs",
        "PYTHONDONTWRITEBYTECODE": "theirs",
    }
    for name, value in theirs.items():
        monkeypatch.setenv(name, value)
    workspace = Workspace(project, tmp_path / "work", "http://api", "ours", cli_folder=tmp_path)
    environment = workspace.environment_of("prod", {"EXTRA": "1"})
    assert "theirs" not in environment.values()
    assert environment["CLOUDFLARE_API_TOKEN"] == "ours"
    assert environment["CLOUDFLARE_BASE_URL"] == "http://api"
    assert environment["PULUMI_BACKEND_URL"] == f"file://{workspace.work}/state?metadata=skip"
    assert environment["PULUMI_STACK"] == "prod"
    assert environment["EXTRA"] == "1"


@pytest.fixture
def real(project: Path, tmp_path: Path) -> Workspace:
    cli.find.cache_clear()
    return Workspace(project, tmp_path / "work", "http://127.0.0.1:1", "token")


@pytest.mark.cli
def test_a_whole_life_of_a_stack_leaves_the_checkout_as_it_was(
    real: Workspace, project: Path
) -> None:
    before = {path: path.read_bytes() for path in project.rglob("*") if path.is_file()}
    real.init("dev")
    real.init("dev")
    for arguments in (
        ("up", "--yes"),
        ("preview", "--expect-no-changes"),
        ("refresh", "--yes"),
        ("config", "set", "aop:more", "text"),
        ("preview", "--expect-no-changes"),
    ):
        done = real.pulumi(*arguments)
        assert done.returncode == 0, done.stdout + done.stderr
    outputs = json.loads(real.pulumi("stack", "output", "--json", "--show-secrets").stdout)
    assert outputs == {"zones": {"example.com": {"zone_id": "abc"}}, "secret": "hush"}
    assert real.pulumi("destroy", "--yes").returncode == 0
    assert real.pulumi("stack", "rm", "--yes").returncode == 0
    after = {path: path.read_bytes() for path in before if path.exists()}
    assert after == before


@pytest.mark.cli
def test_a_lost_configuration_takes_the_salt_of_the_state(real: Workspace) -> None:
    real.init("dev")
    assert real.pulumi("up", "--yes", "--skip-preview").returncode == 0
    salt = real.config_file("dev").read_text().splitlines()[-1]
    real.config_file("dev").unlink()
    done = real.pulumi("preview", "--expect-no-changes")
    assert done.returncode == 0, done.stdout + done.stderr
    assert real.config_file("dev").read_text().splitlines()[-1] == salt
