"""The laws of the house that a reader of a change would miss: imports, sizes, addresses."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
ROOMS = ("providers", "stacks", "origins", "operations", "sandbox", "bootstrap", "benchmarks")

# Which of our rooms a file may import, besides its own room; None means everything.
MAY_IMPORT: dict[str, set[str]] = {
    "__main__.py": {"stacks"},
    "stacks": {"providers", "origins"},
    "operations": {"providers", "origins", "stacks"},
    "providers": set(),
    "origins": set(),
    "sandbox": set(),
    # Certificates for the demonstration come from where `operations issue` has them.
    "bootstrap": {"operations"},
}
# Modules that know nothing of their neighbours.
PURE = {
    "providers/errors.py": set(),
    "providers/types.py": set(),
    "providers/algorithms.py": set(),
    "providers/pem.py": {"algorithms"},
    "providers/key.py": {"algorithms", "pem"},
    "providers/wanted.py": set(),
    "providers/records.py": set(),
    "providers/quota.py": set(),
    "providers/credentials.py": {"errors"},
    "providers/client.py": {"credentials", "errors", "quota", "types"},
    "providers/bulk.py": {"client", "errors"},
    "providers/shared.py": set(),
    "providers/zone.py": {"bulk", "client", "errors", "records", "shared"},
}
THIRD_PARTY = {
    "httpx": ("providers/client.py", "sandbox/"),
    "cryptography": (
        "providers/algorithms.py",
        "providers/pem.py",
        "providers/key.py",
        "sandbox/",
        "bootstrap/",
        "origins/",
        "operations/authority.py",
    ),
}
WITHOUT_PULUMI = ("client", "credentials", "pem", "key", "types", "errors", "records", "zone")


def sources() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.py"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [path for line in listed.stdout.split() if (path := PROJECT / line).is_file()]


def name_of(path: Path) -> str:
    return path.relative_to(PROJECT).as_posix()


def imports(path: Path) -> set[str]:
    """Absolute names as they stand; relative ones as `.module`."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level:
            base = node.module or ""
            names = [base] if base else [alias.name for alias in node.names]
            found |= {"." + name.split(".")[0] for name in names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return found


SOURCES = sources()
OURS = [p for p in SOURCES if name_of(p).split("/")[0] in (*ROOMS, "__main__.py")]


@pytest.mark.parametrize("path", OURS, ids=name_of)
def test_a_room_imports_only_the_rooms_that_the_design_names(path: Path) -> None:
    room = name_of(path).split("/")[0]
    if room == "benchmarks":
        return
    tops = {name.split(".")[0] for name in imports(path) if not name.startswith(".")}
    assert tops & set(ROOMS) <= MAY_IMPORT[room] | {room}


@pytest.mark.parametrize("name", PURE)
def test_a_pure_module_knows_only_its_named_neighbours(name: str) -> None:
    path = PROJECT / name
    if not path.exists():
        pytest.fail(f"{name} is gone: correct the table")
    assert {n[1:] for n in imports(path) if n.startswith(".")} <= PURE[name]


@pytest.mark.parametrize("path", OURS, ids=name_of)
def test_third_party_libraries_stay_in_their_places(path: Path) -> None:
    name = name_of(path)
    tops = {n.split(".")[0] for n in imports(path)}
    for library, places in THIRD_PARTY.items():
        assert library not in tops or name.startswith(places)
    if name.startswith(("origins/", "sandbox/")) or name.removeprefix("providers/") in {
        f"{module}.py" for module in WITHOUT_PULUMI
    }:
        assert "pulumi" not in tops


def test_the_stacks_use_the_face_of_the_providers() -> None:
    for path in OURS:
        if name_of(path).startswith("stacks/"):
            assert not {n for n in imports(path) if n.startswith("providers.")}


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_no_file_has_more_than_300_lines_and_no_function_more_than_40(path: Path) -> None:
    text = path.read_text()
    assert text.count("\n") <= 300
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            assert (node.end_lineno or 0) - node.lineno < 40, node.name


# The import path of a provider is the format of the state: changing one of these lines breaks
# every stack that exists.
ADDRESSES = {
    "CertificateUploads": "gASVQwAAAAAAAACMHXByb3ZpZGVycy5jZXJ0aWZpY2F0"
    "ZV91cGxvYWRzlIwaQ2VydGlmaWNhdGVVcGxvYWRzUHJvdmlkZXKUk5QpUpQu",
    "HostnameBinding": "gASVPQAAAAAAAACMGnByb3ZpZGVycy5ob3N0bmFtZV9i"
    "aW5kaW5nlIwXSG9zdG5hbWVCaW5kaW5nUHJvdmlkZXKUk5QpUpQu",
    "HostnameBindings": "gASVPwAAAAAAAACMG3Byb3ZpZGVycy5ob3N0bmFtZV9i"
    "aW5kaW5nc5SMGEhvc3RuYW1lQmluZGluZ3NQcm92aWRlcpSTlClSlC4=",
    "HostnameCertificate": "gASVRQAAAAAAAACMHnByb3ZpZGVycy5ob3N0bmFtZV9j"
    "ZXJ0aWZpY2F0ZZSMG0hvc3RuYW1lQ2VydGlmaWNhdGVQcm92aWRlcpSTlClSlC4=",
    "ZoneCertificate": "gASVPQAAAAAAAACMGnByb3ZpZGVycy56b25lX2NlcnRp"
    "ZmljYXRllIwXWm9uZUNlcnRpZmljYXRlUHJvdmlkZXKUk5QpUpQu",
    "ZoneSetting": "gASVNQAAAAAAAACMFnByb3ZpZGVycy56b25lX3NldHRp"
    "bmeUjBNab25lU2V0dGluZ1Byb3ZpZGVylJOUKVKULg==",
}


@pytest.mark.parametrize("resource", sorted(ADDRESSES))
def test_the_address_of_a_provider_in_state_never_changes(resource: str) -> None:
    code = (
        "import providers, sys; from pulumi.dynamic.dynamic import serialize_provider as s;"
        f"m = sys.modules[providers.{resource}.__module__];"
        f"print(s(getattr(m, '{resource}Provider')()))"
    )
    printed = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    assert printed.stdout.strip() == ADDRESSES[resource]
