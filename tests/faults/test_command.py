"""The command line of the crash matrix."""

from __future__ import annotations

import pytest

from tests.faults.__main__ import parse


def test_without_a_name_the_whole_matrix_is_run() -> None:
    assert parse([]).scenario == []


def test_scenarios_are_chosen_by_name() -> None:
    assert parse(["create", "destroy", "--cut", "sigint"]).scenario == ["create", "destroy"]


def test_an_unknown_scenario_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse(["no-such"])
    assert "rotate-zone" in capsys.readouterr().err
