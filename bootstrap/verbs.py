"""What `make VERB` runs."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from collections.abc import Callable, Sequence

from bootstrap import PROJECT, VENV, Stop, packages, servers

Run = Callable[[argparse.Namespace], int]


def _demo(name: str) -> Run:
    def run(given: argparse.Namespace) -> int:
        from bootstrap import cli, demo

        cli.ensure()
        verb: Callable[..., int] = getattr(demo, name)
        arguments = shlex.split(given.args)
        return verb(stack_in(arguments) or given.stack, *arguments)

    return run


def stack_in(arguments: Sequence[str]) -> str:
    """The stack that `--stack` names in ARGS, or "": what runs gets the file of that one."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--stack", nargs="?")
    return (parser.parse_known_args(arguments)[0].stack or "").rpartition("/")[2]


def _check(name: str) -> Run:
    def run(given: argparse.Namespace) -> int:
        from bootstrap import checks

        verb: Callable[..., int] = getattr(checks, name)
        return verb(*shlex.split(given.args))

    return run


def _lock(given: argparse.Namespace) -> int:
    from bootstrap import lock

    return lock.lock(*shlex.split(given.args))


def _pulumi_path(given: argparse.Namespace) -> int:
    """`--pinned` passes over a CLI on PATH, which may be of any version."""
    from bootstrap import cli

    print(cli.ensure(path="" if given.args == "--pinned" else None))
    return 0


def _help(_: argparse.Namespace) -> int:
    for name, (text, _run) in VERBS.items():
        print(f"make {name:14} {text}")
    print("\nSTACK=dev, or another of stacks/. ARGS='...' goes on to pulumi or pytest.")
    return 0


VERBS: dict[str, tuple[str, Run]] = {
    "up": ("pulumi up on the local sandbox; shows what Cloudflare then presents", _demo("up")),
    "preview": ("what `make up` would change", _demo("preview")),
    "refresh": ("take into the state what was changed outside", _demo("refresh")),
    "down": ("pulumi destroy, then stop the sandbox", _demo("down")),
    "pulumi": ("any pulumi command on that state: ARGS='stack output'", _demo("pulumi")),
    "report": ("that preview as a report, here and as a page", _demo("report")),
    "operations": ("any verb of operations there: ARGS='coverage'", _demo("operations")),
    "test": ("checks and tests", _check("test")),
    "test-slow": ("the long tests, and the pure ones under each Python", _check("test_slow")),
    "test-faults": ("the whole crash matrix, about an hour", _check("test_faults")),
    "test-contract": ("the contract cases against your Cloudflare zone", _check("test_contract")),
    "bench": ("the benchmarks, about ten minutes", _check("bench")),
    "check": ("lint, format, types", _check("check")),
    "pictures": ("draw the README's pictures again", _check("pictures")),
    "lock": ("pin every Python package with hashes, from requirements*.txt", _lock),
    "servers": ("install the servers that some tests start", lambda _: servers.install()),
    "pulumi-path": ("print the folder of the Pulumi CLI in use", _pulumi_path),
    "help": ("this list", _help),
}
# These need nothing installed.
BARE = {"help", "pulumi-path", "servers"}


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python3 -m bootstrap")
    parser.add_argument("verb", nargs="?", default="help", choices=VERBS)
    parser.add_argument("--stack", default="dev")
    parser.add_argument("--args", default="")
    given = parser.parse_args(arguments)
    os.chdir(PROJECT)
    try:
        if given.verb not in BARE:
            _into_venv(arguments)
        return VERBS[given.verb][1](given)
    except Stop as stop:
        print(stop, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _into_venv(arguments: Sequence[str]) -> None:
    """Go on with the virtual environment's Python, which has the packages."""
    python = packages.ensure()
    if sys.prefix != str(VENV):
        os.execv(python, [str(python), "-E", "-m", "bootstrap", *arguments])
