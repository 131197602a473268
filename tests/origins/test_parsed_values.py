"""Whatever the values of an origin are, a server reads the directives that it should, and no more.

Apache and Caddy print what they have parsed. NGINX and HAProxy do not: they accept the text, and
its words are counted by their rules for quotes.
"""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from origins import Origin, bundle, configuration, pin

from . import servers
from .pki import Folder

MEANT = " \"'\\\n\r\t\0;#{}$%`<>|*()^&!?[]~+=,:@/._-"
PATHS = ("certificate", "client_ca", "crl", "log")
PLAIN: dict[str, Any] = {
    **{field: f"/{field}" for field in PATHS},
    "hostname": "a.example",
    "header": "X-Verified",
    "upstream": "127.0.0.1:8080",
}
# NGINX opens its sockets to check a text, so the address has to be one of this machine.
ADDRESSES = ["127.0.0.1", "127.1.2.3"]


def is_accepted(field: str, value: str) -> bool:
    """Whether an origin may have the value; a refusal names the field, on one line."""
    said = ""
    try:
        Origin(**{**PLAIN, "private_key": "/key", field: value})
    except ValueError as error:
        said = str(error)
    assert not said or said.startswith(f"{field}: ")
    assert len(said.splitlines()) <= 1
    return not said


def accepted(field: str, pattern: str, letters: str) -> st.SearchStrategy[str]:
    """What is accepted of any text in the pattern's place; `letters` make that likely."""
    drawn = st.text(letters, min_size=1, max_size=20) | st.text(MEANT + letters, max_size=3)
    return drawn.map(pattern.format).filter(lambda value: is_accepted(field, value))


VALUES = st.fixed_dictionaries(
    {
        **{field: accepted(field, f"/{field}{{0}}", "aZ0. _@+=,:~-") for field in PATHS},
        "hostname": accepted("hostname", "{0}x.example", "aZ0-_."),
        "header": accepted("header", "X-{0}", "aZ09"),
        "upstream": st.sampled_from(["127.0.0.1:8080", "[::1]:8080", "127.1.2.3:65535"]),
        "address": st.sampled_from(ADDRESSES),
    }
)


@pytest.mark.parametrize("field", PLAIN)
@given(hostile=st.text(max_size=12) | st.text(MEANT, max_size=6))
@settings(max_examples=200, deadline=None)
def test_a_value_is_refused_on_one_line_or_can_be_written(field: str, hostile: str) -> None:
    for value in (hostile, f"/{hostile}", f"a{hostile}.example", f"127.0.0.1{hostile}:80"):
        if is_accepted(field, value):
            assert not set(value) & set("\"'\\\n\r\t\0;#{}$%`<>|*()^&!?")


def read_nginx(text: str, *_: object) -> list[int]:
    """How many words each directive has."""
    word = r"""\#[^\n]*|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[{};]|(?:\\.|[^\s{};\\])+"""
    counts = [0]
    for found in re.findall(word, text, re.DOTALL):
        if found in (";", "{", "}"):
            counts.append(0)
        elif not found.startswith("#"):
            counts[-1] += 1
    return counts


def read_haproxy(text: str, *_: object) -> list[int]:
    """How many words each line has."""
    return [len(shlex.split(line, comments=True)) for line in text.splitlines()]


def read_apache(text: str, folder: Path, server: str) -> list[str]:
    """The directives that Apache itself has read, without their arguments."""
    modules = next(path for path in servers.MODULES if Path(path).is_dir())
    info = f"LoadModule info_module {modules}/mod_info.so\n"
    file, environ = servers.write(server, folder, info + text)
    command, _ = servers.commands(server, folder, file)
    said = subprocess.run(
        [*command, "-D", "DUMP_CONFIG"], env=environ, capture_output=True, text=True, check=True
    )
    lines = said.stdout.splitlines()
    return [line.split()[0] for line in lines if line.strip() and not line.startswith("#")]


def read_caddy(text: str, folder: Path, server: str) -> str:
    """The JSON that Caddy itself makes of the text, without its strings."""
    file, environ = servers.write(server, folder, text)
    command = [servers.program(server), "adapt", "--adapter", "caddyfile", "--config", str(file)]
    said = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)
    return re.sub(r'"(?:\\.|[^"\\])*"', '""', said.stdout)


READERS: dict[str, Callable[[str, Path, str], Any]] = {
    "nginx": read_nginx,
    "apache": read_apache,
    "haproxy": read_haproxy,
    "caddy": read_caddy,
    "caddy-2.8": read_caddy,
}


def in_place(values: dict[str, str], server: str, root: Path, folder: Folder) -> Origin:
    """The origin of these values, its files in a folder of their own where they are read."""
    shutil.rmtree(root, ignore_errors=True)
    known: dict[str, Any] = {**values, **{f: f"{root}/{f}{values[f]}" for f in PATHS}}
    known["private_key"] = f"{known['certificate']}.key"
    sources = {"certificate": "server.pem", "private_key": "server.pem.key"}
    sources |= {"client_ca": "ca.pem", "crl": "crl.pem"}
    for field, source in sources.items():
        Path(known[field]).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(folder.file(source), known[field])
    Path(known["log"]).parent.mkdir(parents=True, exist_ok=True)
    if server == "haproxy":
        known["log"] = "/dev/log"
    if servers.family(server) == "caddy":
        known["crl"] = None
    return Origin(
        **known, authorities=bundle(folder.root.pem), pins=(pin(folder.right.pem),), port=20443
    )


@pytest.mark.parametrize("server", READERS)
@pytest.mark.parametrize(
    "examples", [5, pytest.param(150, marks=pytest.mark.slow)], ids=["some", "many"]
)
def test_the_server_reads_hostile_values_as_the_same_directives(
    server: str, examples: int, folder: Folder, tmp_path: Path
) -> None:
    servers.program(server)
    plain = in_place({**PLAIN, "address": ADDRESSES[0]}, server, tmp_path / "files", folder)
    expected = READERS[server](configuration(server, plain), tmp_path, server)

    @given(VALUES)
    @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))
    def holds(values: dict[str, str]) -> None:
        text = configuration(server, in_place(values, server, tmp_path / "files", folder))
        assert READERS[server](text, tmp_path, server) == expected
        servers.check(server, tmp_path, text)

    holds()


@pytest.mark.parametrize("server", READERS)
def test_a_directive_more_is_noticed(server: str, folder: Folder, tmp_path: Path) -> None:
    servers.program(server)
    plain = in_place({**PLAIN, "address": ADDRESSES[0]}, server, tmp_path / "files", folder)
    text = configuration(server, plain)
    more = {
        "nginx": ("listen ", "allow all; listen "),
        "apache": ("SSLEngine on", "SSLEngine on\nSSLCompression off"),
        "haproxy": ("mode http", "mode http\n    option httplog"),
        "caddy": ("@verified {", "encode gzip\n@verified {"),
    }
    said = text.replace(*more[servers.family(server)], 1)
    assert said != text
    assert READERS[server](said, tmp_path, server) != READERS[server](text, tmp_path, server)
