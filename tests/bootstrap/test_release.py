"""Pulumi's release: kept when its checksum is the known one, and only then."""

from __future__ import annotations

import hashlib
import io
import re
import tarfile
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from bootstrap import Stop, release
from bootstrap.go_modules import VERSION, Unavailable


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder that is served in place of the release's page, with the known sums beside it."""
    folder = tmp_path / "site"
    folder.mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(release, "SITE", f"http://127.0.0.1:{server.server_address[1]}")
    monkeypatch.setattr(release, "SUMS", tmp_path / "sums")
    yield folder
    server.shutdown()
    server.server_close()
    thread.join()


def pack(site: Path, *names: str) -> None:
    """An archive with programs that print, and its sum."""
    target = site / release.archive()
    with tarfile.open(target, "w:gz") as content:
        for name in names:
            text = f"#!/bin/sh\necho {name}\n".encode()
            entry = tarfile.TarInfo(name)
            entry.size = len(text)
            content.addfile(entry, io.BytesIO(text))
    digest = hashlib.sha256(target.read_bytes()).hexdigest()
    release.SUMS.write_text(f"{digest}  {target.name}\n")


def all_programs() -> list[str]:
    return [f"pulumi/{name}" for name in release.PROGRAMS]


def test_the_programs_of_the_archive_are_unpacked_and_may_be_run(
    site: Path, tmp_path: Path
) -> None:
    pack(site, *all_programs(), "pulumi/pulumi-language-go", "../../outside")
    (tmp_path / "made").mkdir()
    release.download(tmp_path / "made")
    assert sorted(path.name for path in (tmp_path / "made").iterdir()) == ["bin"]
    programs = sorted((tmp_path / "made" / "bin").iterdir())
    assert [path.name for path in programs] == sorted(release.PROGRAMS)
    assert {path.stat().st_mode & 0o777 for path in programs} == {0o755}


def test_an_archive_with_another_checksum_ends_the_run_and_nothing_is_unpacked(
    site: Path, tmp_path: Path
) -> None:
    pack(site, *all_programs())
    with (site / release.archive()).open("ab") as file:
        file.write(b"x")
    (tmp_path / "made").mkdir()
    with pytest.raises(Stop, match="is not what Pulumi released") as stopped:
        release.download(tmp_path / "made")
    assert "\n" not in str(stopped.value)
    assert not (tmp_path / "made" / "bin").exists()


def test_an_archive_without_the_python_host_is_no_way(site: Path, tmp_path: Path) -> None:
    pack(site, "pulumi/pulumi")
    (tmp_path / "made").mkdir()
    with pytest.raises(Unavailable, match="holds no pulumi/pulumi-language-python"):
        release.download(tmp_path / "made")


def test_it_is_given_up_within_seconds_where_there_is_no_route(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(release, "SITE", "http://127.0.0.1:1")
    with pytest.raises(Unavailable, match="cannot be reached"):
        release.download(tmp_path)


@pytest.mark.parametrize(
    ("system", "machine", "name"),
    [
        ("Linux", "x86_64", "linux-x64"),
        ("Linux", "aarch64", "linux-arm64"),
        ("Darwin", "x86_64", "darwin-x64"),
        ("Darwin", "arm64", "darwin-arm64"),
    ],
)
def test_each_machine_has_an_archive_with_a_known_checksum(
    system: str, machine: str, name: str
) -> None:
    found = release.archive(system, machine)
    assert found == f"pulumi-v{VERSION}-{name}.tar.gz"
    assert re.fullmatch(r"[0-9a-f]{64}", release.known_sum(found))


def test_a_machine_without_an_archive_goes_the_next_way() -> None:
    with pytest.raises(Unavailable, match="no archive is known"):
        release.archive("Linux", "riscv64")
