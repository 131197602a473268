"""The ways in which a run ends before its time; each is a function of the running command."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass

from tests.processes import Process, family_of, processes, seconds_until_ended
from tests.sandbox_server import Sandbox

# The watch looks once a second, and then leaves a call under way three seconds to end.
PLUGIN_ENDS_WITHIN = 20.0
# Many of these run at once on two cores.
CLI_ENDS_WITHIN = 200.0

Running = subprocess.Popen[str]


@dataclass(frozen=True)
class Cut:
    """`fault` is the sandbox's action at the request, `act` what is done while it is held."""

    name: str
    fault: str
    act: Callable[[Sandbox, Running], None] | None = None


def _plugins(family: list[Process]) -> list[int]:
    return [process.pid for process in family if "pulumi.dynamic" in process.command]


def _kill_plugin(sandbox: Sandbox, cli: Running) -> None:
    for pid in _plugins(family_of(cli.pid)):
        os.kill(pid, signal.SIGKILL)
    sandbox.release(drop=True)


def _kill_cli(sandbox: Sandbox, cli: Running) -> None:
    family = family_of(cli.pid)
    cli.kill()
    cli.wait(CLI_ENDS_WITHIN)
    # The plugin lives on and finishes its call; it must not begin another one.
    sandbox.release()
    seconds_until_ended(_plugins(family), PLUGIN_ENDS_WITHIN)
    alive = {(process.pid, process.command) for process in processes()}
    for process in family:
        # Pulumi's own language host does not notice; it holds nothing of ours.
        if (process.pid, process.command) in alive:
            os.kill(process.pid, signal.SIGKILL)


def _signal(number: signal.Signals, times: int) -> Callable[[Sandbox, Running], None]:
    def act(sandbox: Sandbox, cli: Running) -> None:
        for _ in range(times):
            cli.send_signal(number)
        sandbox.release()

    return act


CUTS = {
    cut.name: cut
    for cut in (
        Cut("plugin-killed-before", "hold_before", _kill_plugin),
        Cut("plugin-killed-after", "hold_after", _kill_plugin),
        Cut("cli-killed-before", "hold_before", _kill_cli),
        Cut("cli-killed-after", "hold_after", _kill_cli),
        Cut("reply-lost", "lost_reply"),
        Cut("connection-reset", "reset_before"),
        Cut("sigint", "hold_before", _signal(signal.SIGINT, 1)),
        Cut("sigint-twice", "hold_before", _signal(signal.SIGINT, 2)),
        Cut("sigterm", "hold_before", _signal(signal.SIGTERM, 1)),
        Cut("sigterm-twice", "hold_before", _signal(signal.SIGTERM, 2)),
    )
}
