"""OpenMetrics text, read back by the reference parsers."""

from __future__ import annotations

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
from prometheus_client.parser import text_string_to_metric_families as read_prometheus

from operations.render.openmetrics import Gauge, render

READERS = pytest.mark.parametrize("read", [read_openmetrics, read_prometheus])


@READERS
@pytest.mark.parametrize(
    "value", ["a.example.com", 'quo"te', "back\\slash", "\\n", "", "bücher", "x" * 900]
)
def test_a_label_is_read_as_it_was_given(read, value):
    (family,) = read(render([Gauge("days", "Days left.", [({"host": value}, 3)])]))
    assert family.type == "gauge"
    assert family.documentation == "Days left."
    (sample,) = family.samples
    assert (sample.labels, sample.value) == ({"host": value}, 3)


@READERS
def test_no_value_from_outside_begins_a_line_of_its_own(read):
    hostile = 'x"} 1\n# EOF\nother{a="b'
    families = list(read(render([Gauge("days", "Days left.", [({"host": hostile}, 3)])])))
    assert [(family.name, len(family.samples)) for family in families] == [("days", 1)]


@READERS
def test_a_moment_of_today_keeps_its_seconds(read):
    (family,) = read(render([Gauge("end", "An end.", [({}, 1795600123)])]))
    assert family.samples[0].value == 1795600123


def test_the_text_of_nothing_is_whole_too():
    assert render([]) == "# EOF\n"
    with pytest.raises(ValueError, match="EOF"):
        list(read_openmetrics(""))
