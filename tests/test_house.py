"""The laws of the house that a reader of a change would miss: imports, sizes, addresses."""

import ast
import json
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import TypeVar

import pytest

from providers.api.codes import Code

Node = TypeVar("Node", bound=ast.AST)

PROJECT = Path(__file__).resolve().parent.parent
ROOMS = (
    "providers",
    "stacks",
    "origins",
    "issuers",
    "operations",
    "sandbox",
    "bootstrap",
    "benchmarks",
)

# Which of our rooms a file may import, besides its own room; None means everything.
MAY_IMPORT: dict[str, set[str]] = {
    "__main__.py": {"stacks"},
    "stacks": {"providers", "origins", "issuers"},
    "operations": {"providers", "origins", "issuers", "stacks"},
    # Lifecycle alone, and their faces alone: see below.
    "providers": {"issuers", "origins"},
    "origins": set(),
    "issuers": set(),
    "sandbox": set(),
    # Certificates for the demonstration come from where `operations issue` has them.
    "bootstrap": {"issuers"},
}
# Which of its own folders a file of a folder may import, besides its own folder; "" is the room
# itself. A room that is not named here has no such rule.
FOLDERS: dict[str, dict[str, set[str]]] = {
    "providers": {
        "values": set(),
        "api": {"values"},
        "plugin": {"api", "values"},
        "lifecycle": {"plugin", "api", "values"},
        "": {"lifecycle", "plugin", "api", "values"},
    },
    "operations": {
        "verbs": {"checks", "plan", "render", "sources", ""},
        "checks": {"plan", "sources", ""},
        "render": {"plan", ""},
        "plan": {""},
        "sources": {"plan", ""},
        # `command` imports a verb by its name when it is asked for; nothing else up there may.
        "": set(),
    },
}
THIRD_PARTY = {
    "httpx": ("providers/api/client.py", "issuers/https.py", "sandbox/"),
    "cryptography": ("providers/values/", "sandbox/", "bootstrap/", "origins/", "issuers/"),
}
WITHOUT_PULUMI = ("origins/", "issuers/", "sandbox/", "providers/values/", "providers/api/")


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


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


@cache
def imports(path: Path) -> set[str]:
    """The modules that a file imports, by their full names; `a.b` also for `from a import b`."""
    found: set[str] = set()
    package = path.relative_to(PROJECT).parent.parts
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            base = ".".join([*above, *([node.module] if node.module else [])])
            inside = {f"{base}.{alias.name}" for alias in node.names}
            modules = {name for name in inside if is_ours(name)}
            found |= modules | ({base} if len(modules) < len(inside) else set())
    return found


def is_ours(module: str) -> bool:
    return (PROJECT / f"{module.replace('.', '/')}.py").is_file()


SOURCES = sources()
OURS = [p for p in SOURCES if name_of(p).split("/")[0] in (*ROOMS, "__main__.py")]


@pytest.mark.parametrize("path", OURS, ids=name_of)
def test_a_room_imports_only_the_rooms_that_the_design_names(path: Path) -> None:
    room = name_of(path).split("/")[0]
    if room == "benchmarks":
        return
    tops = {name.split(".")[0] for name in imports(path)}
    assert tops & set(ROOMS) <= MAY_IMPORT[room] | {room}


@pytest.mark.parametrize("path", OURS, ids=name_of)
def test_what_resources_share_uses_the_faces_of_issuers_and_origins_alone(path: Path) -> None:
    if not name_of(path).startswith("providers/"):
        return
    used = {name for name in imports(path) if name.split(".")[0] in ("issuers", "origins")}
    may_use = name_of(path).startswith("providers/lifecycle/")
    assert used <= ({"issuers", "origins"} if may_use else set())


@pytest.mark.parametrize("path", OURS, ids=name_of)
def test_a_folder_of_a_room_imports_only_the_folders_that_the_design_names(path: Path) -> None:
    room, _, inside = name_of(path).partition("/")
    if room not in FOLDERS:
        return
    folder = inside.split("/")[0] if "/" in inside else ""
    imported = {name for name in imports(path) if name.split(".")[0] == room}
    folders = {name.split(".")[1] if name.count(".") > 1 else "" for name in imported}
    # The face of a room imports its files; `operations.command` is a file of the room itself.
    assert folders <= FOLDERS[room][folder] | {folder}


@pytest.mark.parametrize("path", OURS, ids=name_of)
def test_kinds_of_resources_are_a_table_in_operations(path: Path) -> None:
    if not name_of(path).startswith("operations/"):
        return
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Compare):
            names = {vars(side).get("id", vars(side).get("attr")) for side in _sides(node)}
            assert "kind" not in names, node.lineno


def _sides(node: ast.Compare) -> list[ast.expr]:
    return [node.left, *node.comparators]


@pytest.mark.parametrize("path", OURS, ids=name_of)
def test_third_party_libraries_stay_in_their_places(path: Path) -> None:
    name = name_of(path)
    tops = {n.split(".")[0] for n in imports(path)}
    for library, places in THIRD_PARTY.items():
        assert library not in tops or name.startswith(places)
    if name.startswith(WITHOUT_PULUMI):
        assert "pulumi" not in tops


def test_the_stacks_use_the_face_of_the_providers() -> None:
    for path in OURS:
        if name_of(path).startswith("stacks/"):
            assert not {n for n in imports(path) if n.startswith("providers.")}


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_no_file_has_more_than_400_lines_and_no_function_more_than_40(path: Path) -> None:
    text = path.read_text()
    assert text.count("\n") <= 400
    for node in ast.walk(tree(path)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            assert (node.end_lineno or 0) - node.lineno < 40, node.name


# What the second plan of the house had to reach, and what no later change may lose.
PROVED = ("providers", "stacks", "origins", "issuers", "operations")
RESOURCES = sorted(path for path in OURS if name_of(path.parent) == "providers")
# These are plain quantities elsewhere, and codes of Cloudflare too.
QUANTITIES = {1000, 10000}


def nodes(path: Path, kind: type[Node]) -> list[Node]:
    return [node for node in ast.walk(tree(path)) if isinstance(node, kind)]


def in_rooms(*rooms: str) -> list[Path]:
    return [path for path in OURS if name_of(path).split("/")[0] in rooms]


def test_providers_shows_the_face_the_resources_and_four_folders() -> None:
    words = [re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower() for name in ADDRESSES]
    # States of 0.1.0 name a provider by the path of certificate_uploads.
    files = {"__init__", "certificate_uploads", *words}
    assert {name_of(path) for path in RESOURCES} == {f"providers/{name}.py" for name in files}
    inside = {name_of(path).split("/")[1] for path in in_rooms("providers")}
    folders = {name for name in inside if not name.endswith(".py")}
    assert folders == {"api", "lifecycle", "plugin", "values"}


def test_only_the_plugin_asks_for_the_session_of_the_process() -> None:
    asking = [
        name_of(path)
        for path in in_rooms(*PROVED)
        for call in nodes(path, ast.Call)
        if ast.unparse(call.func) == "session.current"
    ]
    assert asking
    assert {name.rpartition("/")[0] for name in asking} == {"providers/plugin"}


def test_operations_compares_no_kind_of_resource() -> None:
    """What a kind means stands in the table of kinds, so that an unknown one is told."""
    assert not [
        f"{name_of(path)}:{node.lineno}"
        for path in in_rooms("operations")
        for node in nodes(path, ast.Compare)
        if any(
            ast.unparse(side).split(".")[-1] == "kind" for side in (node.left, *node.comparators)
        )
    ]


def test_the_numbers_of_cloudflares_codes_stand_in_one_file() -> None:
    numbers = {code.value for code in Code} - QUANTITIES
    assert len(numbers) > 10
    assert not [
        f"{name_of(path)}:{node.lineno}: {node.value}"
        for path in in_rooms(*PROVED)
        if name_of(path) != "providers/api/codes.py"
        for node in nodes(path, ast.Constant)
        if type(node.value) is int and node.value in numbers
    ]


def test_no_class_name_stands_for_two_things() -> None:
    places: dict[str, list[str]] = {}
    for path in in_rooms(*PROVED):
        for node in nodes(path, ast.ClassDef):
            places.setdefault(node.name, []).append(name_of(path))
    assert not {name: where for name, where in places.items() if len(where) > 1}


@pytest.mark.parametrize("path", OURS, ids=name_of)
def test_a_parameter_with_an_underscore_is_not_read(path: Path) -> None:
    functions: list[ast.FunctionDef | ast.AsyncFunctionDef] = [
        *nodes(path, ast.FunctionDef),
        *nodes(path, ast.AsyncFunctionDef),
    ]
    for function in functions:
        given = function.args
        names = {a.arg for a in [*given.posonlyargs, *given.args, *given.kwonlyargs]}
        read = {
            node.id
            for statement in function.body
            for node in ast.walk(statement)
            if isinstance(node, ast.Name)
        }
        assert not {name for name in names & read if name.startswith("_")}, function.name


def lines_of_its_own(path: Path) -> list[str]:
    """The lines of a resource's file without imports and signatures.

    A constructor names every argument of its resource, also those that others have.
    """
    lines = path.read_text().splitlines()
    spans = [
        (node.lineno, node.end_lineno or 0)
        for node in ast.walk(tree(path))
        if isinstance(node, (ast.Import, ast.ImportFrom))
    ] + [
        (node.lineno, node.body[0].lineno - 1)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef)
    ]
    without = {number for first, last in spans for number in range(first, last + 1)}
    return [
        line.strip()
        for number, line in enumerate(lines, 1)
        if line.strip() and number not in without
    ]


def test_no_two_resources_share_six_lines() -> None:
    seen: dict[tuple[str, ...], str] = {}
    for path in RESOURCES:
        lines = lines_of_its_own(path)
        for run in zip(*(lines[start:] for start in range(6)), strict=False):
            assert seen.setdefault(run, name_of(path)) == name_of(path), run


# The import path of a provider is the format of the state: changing one of these lines breaks
# every stack that exists.
ADDRESSES = {
    "ExpiryAlert": "gASVNQAAAAAAAACMFnByb3ZpZGVycy5leHBpcnlfYWxl"
    "cnSUjBNFeHBpcnlBbGVydFByb3ZpZGVylJOUKVKULg==",
    "HostnameBinding": "gASVPQAAAAAAAACMGnByb3ZpZGVycy5ob3N0bmFtZV9i"
    "aW5kaW5nlIwXSG9zdG5hbWVCaW5kaW5nUHJvdmlkZXKUk5QpUpQu",
    "HostnameBindings": "gASVPwAAAAAAAACMG3Byb3ZpZGVycy5ob3N0bmFtZV9i"
    "aW5kaW5nc5SMGEhvc3RuYW1lQmluZGluZ3NQcm92aWRlcpSTlClSlC4=",
    "HostnameCertificate": "gASVRQAAAAAAAACMHnByb3ZpZGVycy5ob3N0bmFtZV9j"
    "ZXJ0aWZpY2F0ZZSMG0hvc3RuYW1lQ2VydGlmaWNhdGVQcm92aWRlcpSTlClSlC4=",
    "IssuedHostnameCertificate": "gASVUgAAAAAAAACMJXByb3ZpZGVycy5pc3N1ZWRfaG9zdG5hbWVf"
    "Y2VydGlmaWNhdGWUjCFJc3N1ZWRIb3N0bmFtZUNlcnRpZmljYXRlUHJvdmlkZXKUk5QpUpQu",
    "IssuedZoneCertificate": "gASVSgAAAAAAAACMIXByb3ZpZGVycy5pc3N1ZWRfem9uZV9jZXJ0"
    "aWZpY2F0ZZSMHUlzc3VlZFpvbmVDZXJ0aWZpY2F0ZVByb3ZpZGVylJOUKVKULg==",
    "UploadLedger": "gASVNwAAAAAAAACMF3Byb3ZpZGVycy51cGxvYWRfbGVk"
    "Z2VylIwUVXBsb2FkTGVkZ2VyUHJvdmlkZXKUk5QpUpQu",
    "ZoneCertificate": "gASVPQAAAAAAAACMGnByb3ZpZGVycy56b25lX2NlcnRp"
    "ZmljYXRllIwXWm9uZUNlcnRpZmljYXRlUHJvdmlkZXKUk5QpUpQu",
    "ZoneSetting": "gASVNQAAAAAAAACMFnByb3ZpZGVycy56b25lX3NldHRp"
    "bmeUjBNab25lU2V0dGluZ1Byb3ZpZGVylJOUKVKULg==",
}


@cache
def addresses(protocol: int) -> dict[str, str]:
    """What a process under this pickle protocol writes into state, by resource."""
    code = (
        f"import json, pickle, sys; pickle.DEFAULT_PROTOCOL = {protocol};"
        "import providers; from providers.plugin import resource as base;"
        "names = sys.argv[1:];"
        "kinds = {name: getattr(providers, name) for name in names};"
        "assert all(issubclass(kind, base.CloudflareResource) for kind in kinds.values());"
        "modules = {name: sys.modules[kind.__module__] for name, kind in kinds.items()};"
        "made = {name: getattr(modules[name], name + 'Provider')() for name in names};"
        "print(json.dumps({name: base.serialize_provider(made[name]) for name in names}))"
    )
    printed = subprocess.run(
        [sys.executable, "-c", code, *ADDRESSES],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, str] = json.loads(printed.stdout)
    return found


# Protocol 4 is the default of Python 3.13 and older, 5 that of 3.14.
@pytest.mark.parametrize("protocol", [4, 5])
@pytest.mark.parametrize("resource", sorted(ADDRESSES))
def test_the_address_of_a_provider_in_state_never_changes(resource: str, protocol: int) -> None:
    assert addresses(protocol)[resource] == ADDRESSES[resource]
