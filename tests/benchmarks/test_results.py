"""The page of the benchmark's results says what its JSON says, and what was missed."""

from __future__ import annotations

import json

from benchmarks.goals import grown, slower
from benchmarks.measure import Figures
from benchmarks.results import Measured, as_json, as_page, in_page
from benchmarks.waste import Waste

ROW = Measured("HostnameBindings", "1,000", "64", "up", 11, 3, 2, 5.46, 82.4, 65.1, 0.031)


def test_the_page_is_made_from_the_json_alone() -> None:
    page = as_page(as_json([ROW], ["* A note."], [], {"cores": 2, "load before": "0.1 0.2 0.3"}))
    assert "| HostnameBindings | 1,000 | 64 | up | 11 | 3 | 2 | 5.5 | 82 | 65 | 0.03 |" in page
    assert "* A note." in page
    assert "cores 2, load before 0.1 0.2 0.3" in page
    assert "All goals reached." in page


def test_what_was_missed_stands_in_both() -> None:
    text = as_json([ROW], [], ["up: 12 writes, at most 11"], {})
    assert json.loads(text)["missed"] == ["up: 12 writes, at most 11"]
    assert "* missed: up: 12 writes, at most 11" in as_page(text)


def test_a_run_replaces_the_results_of_the_page_and_nothing_above_them() -> None:
    page = "# Benchmarks\n\nWhat for.\n\n## Results\n\nof yesterday\n"
    assert in_page(page, "of today\n") == "# Benchmarks\n\nWhat for.\n\n## Results\n\nof today\n"


def test_single_bindings_may_take_as_long_as_one_by_one_and_the_deployments_that_they_wait_for():
    assert slower("HostnameBinding", 100, "up", 12.9, 10.0, 4.0) == ""
    told = (
        "HostnameBinding, 100 hostnames, up: 13.2 s against 10.0 s one by one, 0.89 times as fast"
    )
    assert slower("HostnameBinding", 100, "up", 13.2, 10.0, 4.0).startswith(told)


def test_a_map_of_thousand_is_ten_times_faster() -> None:
    assert slower("HostnameBindings", 1000, "destroy", 7.0, 70.0, 4.0) == ""
    assert "at least 10" in slower("HostnameBindings", 1000, "destroy", 7.1, 70.0, 4.0)
    assert "at least 3" in slower("HostnameBindings", 100, "up", 4.0, 11.0, 1.3)
    assert slower("HostnameBindings", 100, "up", 9.0, 9.0, 1.3) == ""
    assert slower("HostnameBindings", 100, "up", 8.0, 11.0, 4.0) == ""


def test_of_ten_hostnames_up_alone_is_compared() -> None:
    assert "0.88 times as fast" in slower("HostnameBindings", 10, "up", 7.7, 5.0, 4.0)
    assert slower("HostnameBindings", 10, "up", 7.4, 5.0, 4.0) == ""
    assert slower("HostnameBindings", 10, "rotate", 9.0, 5.0, 4.0) == ""


def test_what_is_quadratic_is_told() -> None:
    before = Figures(10, 10, 10, 10.0, 80, 60, 1.0)
    assert grown("up", 1000, before, 5000, Figures(50, 50, 50, 55.0, 200, 90, 5.0)) == []
    quadratic = grown("up", 1000, before, 5000, Figures(250, 250, 250, 55.0, 200, 90, 25.0))
    assert ["requests" in quadratic[0], "MB of state" in quadratic[1]] == [True, True]


def test_a_deployment_that_is_seen_late_is_told() -> None:
    assert Waste(10.0, 2 * 12.9, 20).failures() == []
    assert "a deployment of 10 s is seen 3.10 s late" in Waste(10.0, 2 * 13.1, 20).failures()[0]
