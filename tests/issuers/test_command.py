"""A command signs: openssl as it is, and programs that misbehave."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from issuers import IssuerError, References
from issuers.command import Command
from tests import pki
from tests.issuers.asking import NAME, ask, leaf_of

SIGN = "x509 -req -CA ca.pem -CAkey ca.key -days 30 -extfile leaf.ext"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CA made by openssl itself."""
    path = tmp_path_factory.mktemp("ca")
    (path / "leaf.ext").write_text("basicConstraints=CA:FALSE\nextendedKeyUsage=clientAuth\n")
    make = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=Own"
    argv = ["openssl", *make.split(), "-keyout", "ca.key", "-out", "ca.pem"]
    subprocess.run(argv, cwd=path, check=True, capture_output=True)
    return path


def run(folder: Path, *argv: str, ca: str = "", environ: Any = None, **more: Any) -> Any:
    around = {"PATH": os.environ["PATH"], **(environ or {})}
    given = {"run": list(argv), **more}
    return ask("command", given, ca or pki.ca_certificate(), environ=around, folder=folder)


def python(folder: Path, code: str, **more: Any) -> Any:
    return run(folder, sys.executable, "-c", code, **more)


def test_openssl_signs_as_it_is(folder: Path) -> None:
    leaf = leaf_of(run(folder, "openssl", *SIGN.split(), ca=(folder / "ca.pem").read_text()))
    assert leaf.subject.rfc4514_string() == f"CN={NAME}"


def test_no_shell_reads_the_words(folder: Path) -> None:
    with pytest.raises(IssuerError, match="printed no certificate"):
        run(folder, "echo", "$(touch made); touch made")
    assert not (folder / "made").exists()


def test_a_command_that_fails_is_told_with_its_last_line_and_no_secret(folder: Path) -> None:
    code = "import os, sys; print('one'); sys.exit('refused for ' + os.environ['CLOUD_KEY'])"
    with pytest.raises(IssuerError, match=r"with 1 \(refused for \[secret\]\)\. Run") as told:
        python(folder, code, environ={"CLOUD_KEY": "a-secret-key"}, environment=["CLOUD_KEY"])
    assert "a-secret-key" not in str(told.value)


def test_nothing_else_of_the_environment_reaches_the_command(folder: Path) -> None:
    code = "import os, sys; sys.exit(' '.join(sorted(os.environ)))"
    with pytest.raises(IssuerError) as told:
        python(
            folder,
            code,
            environ={"CLOUDFLARE_API_TOKEN": "x", "HOME": "/", "AWS": "a"},
            environment=["AWS"],
        )
    names = set(str(told.value).partition("(")[2].partition(")")[0].split())
    assert names - {"LC_CTYPE"} == {"AOP_COMMON_NAME", "AOP_SECONDS", "AWS", "HOME", "PATH"}


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("while True: print('x' * 1000)", "printed too much"),
        ("import time; time.sleep(60)", "did not end within 1 seconds"),
        ("import sys, time; sys.stdout.close(); time.sleep(60)", "did not end within 1 seconds"),
        ("pass", "printed no certificate"),
        ("print('-----BEGIN CERTIFICATE-----\\nAAAA\\n-----END CERTIFICATE-----')", "no readable"),
    ],
)
def test_it_is_bounded_in_time_and_size(folder: Path, code: str, told: str) -> None:
    with pytest.raises(IssuerError, match=told):
        python(folder, code, seconds=1 if "sleep" in code else 30)


def test_what_it_left_in_the_background_ends_with_it(folder: Path) -> None:
    code = (
        "import subprocess, sys; p = subprocess.Popen([sys.executable, '-c', 'import time;"
        " time.sleep(60)'], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL);"
        " sys.exit(str(p.pid))"
    )
    with pytest.raises(IssuerError) as told:
        python(folder, code)
    pid = int(str(told.value).partition("(")[2].partition(")")[0])
    assert ends_within(pid, seconds=10)


def ends_within(pid: int, seconds: float) -> bool:
    """Whether the process is gone, or dead and not yet reaped; a signal takes its moment."""
    status = Path(f"/proc/{pid}/stat")
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            if status.read_text().rpartition(")")[2].split()[0] in "ZX":
                return True
        except (FileNotFoundError, ProcessLookupError):
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"run": ["no-such-program"]}, r"there is no program no-such-program\. Install it"),
        ({"run": ["openssl"], "environment": ["NONE"]}, r"NONE is not set\. Export NONE\."),
    ],
)
def test_whether_it_is_there_is_asked_without_running_it(
    folder: Path, given: dict[str, Any], told: str
) -> None:
    references = References({"PATH": os.environ["PATH"]}, folder)
    assert Command.model_validate({"run": ["openssl"]}).authorities(references) == ()
    with pytest.raises(IssuerError, match=told):
        Command.model_validate(given).authorities(references)
