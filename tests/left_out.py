"""Which tests were left out for want of a server: said loudly, and in CI a failure.

A test that misses a program says `pytest.skip("needs server: nginx")`. tests/conftest.py registers
this plugin: `pytest_plugins = ["tests.left_out"]`.
"""

from __future__ import annotations

import os

import pytest

REASON = "needs server:"


def left_out(reporter: pytest.TerminalReporter) -> list[str]:
    """Of the whole run, also with several processes: their reports come to the first one."""
    return [
        f"{report.nodeid}: {report.longrepr[2].removeprefix('Skipped: ')}"
        for report in reporter.stats.get("skipped", [])
        if isinstance(report.longrepr, tuple) and REASON in report.longrepr[2]
    ]


def in_ci() -> bool:
    return os.environ.get("CI") == "true"


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if not isinstance(reporter, pytest.TerminalReporter):
        return  # a process of pytest-xdist
    if in_ci() and left_out(reporter) and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    names = left_out(terminalreporter)
    if not names:
        return
    terminalreporter.section(f"LEFT OUT: {len(names)}", sep="!", red=True, bold=True)
    for name in names:
        terminalreporter.line(name)
    terminalreporter.line("To run them: make servers", bold=True)
    if in_ci():
        terminalreporter.line("In CI no test may be left out: this run has failed.", red=True)
