"""The page of the benchmark's results says what its JSON says, and what was missed."""

from __future__ import annotations

import json

from benchmarks.results import Measured, as_json, as_page

ROW = Measured("HostnameBindings", "1,000", "up", 11, 3, 2, 5.46, 82.4, 0.031)


def test_the_page_is_made_from_the_json_alone() -> None:
    page = as_page(as_json([ROW], [], {"cores": 2, "load before": "0.1 0.2 0.3"}))
    assert "| HostnameBindings | 1,000 | up | 11 | 3 | 2 | 5.5 | 82 | 0.03 |" in page
    assert "cores 2, load before 0.1 0.2 0.3" in page
    assert "All goals reached." in page


def test_what_was_missed_stands_in_both() -> None:
    text = as_json([ROW], ["up: 12 writes, at most 11"], {})
    assert json.loads(text)["missed"] == ["up: 12 writes, at most 11"]
    assert "* missed: up: 12 writes, at most 11" in as_page(text)
