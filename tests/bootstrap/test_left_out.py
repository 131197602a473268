"""Tests that want a server which is not there are never left out in silence."""

from __future__ import annotations

import pytest

from bootstrap import PROJECT

pytest_plugins = ["pytester"]
TESTS = """
import pytest

def test_with_a_server():
    pytest.skip("needs server: nginx")

def test_with_another_reason():
    pytest.skip("the moon is full")

def test_without():
    pass
"""
KINDS = pytest.mark.parametrize(
    "parallel",
    [pytest.param((), id="one process"), pytest.param(("-n", "1"), id="several processes")],
)


@pytest.fixture
def other_suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    pytester.makepyfile(TESTS)
    monkeypatch.setenv("PYTHONPATH", str(PROJECT))
    monkeypatch.delenv("CI", raising=False)
    return pytester


@KINDS
def test_they_are_named_at_the_end(other_suite: pytest.Pytester, parallel: tuple[str, ...]) -> None:
    done = other_suite.runpytest_subprocess("-p", "tests.left_out", *parallel)
    done.stdout.fnmatch_lines(
        ["*LEFT OUT: 1*", "*::test_with_a_server: needs server: nginx", "*make servers"]
    )
    done.assert_outcomes(passed=1, skipped=2)
    assert done.ret == pytest.ExitCode.OK


@KINDS
def test_in_ci_the_run_fails(
    other_suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, parallel: tuple[str, ...]
) -> None:
    monkeypatch.setenv("CI", "true")
    done = other_suite.runpytest_subprocess("-p", "tests.left_out", *parallel)
    assert done.ret == pytest.ExitCode.TESTS_FAILED
    done.stdout.fnmatch_lines(["*In CI no test may be left out*"])


def test_a_run_that_left_nothing_out_says_nothing(
    other_suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", "true")
    done = other_suite.runpytest_subprocess("-p", "tests.left_out", "-k", "not a_server")
    assert done.ret == pytest.ExitCode.OK
    done.stdout.no_fnmatch_line("*LEFT OUT*")
