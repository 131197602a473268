"""Gauges as OpenMetrics text, which is the older Prometheus text format too. Pure.

Source: OpenMetrics 1.0, https://prometheus.io/docs/specs/om/open_metrics_spec/. The textfile
collector of node_exporter and the Pushgateway take the older format; for gauges without units the
two are the same, and `# EOF` is a comment there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..text import safe

Sample = tuple[Mapping[str, str], float]
LONGEST_VALUE = 1000
ESCAPES = {"\\": r"\\", "\n": r"\n", '"': r"\""}


@dataclass(frozen=True)
class Gauge:
    """A gauge and its samples: labels, whose values may come from outside, and the number."""

    name: str
    help: str
    samples: Sequence[Sample]


def render(gauges: Sequence[Gauge]) -> str:
    """The whole text, which ends with `# EOF`: a text that is cut off is known as such."""
    lines: list[str] = []
    for gauge in gauges:
        lines += [f"# HELP {gauge.name} {gauge.help}", f"# TYPE {gauge.name} gauge"]
        lines += [f"{gauge.name}{_labels(labels)} {value:.16g}" for labels, value in gauge.samples]
    return "\n".join([*lines, "# EOF", ""])


def _labels(labels: Mapping[str, str]) -> str:
    pairs = [f'{name}="{_escape(safe(value, LONGEST_VALUE))}"' for name, value in labels.items()]
    return "{" + ",".join(pairs) + "}" if pairs else ""


def _escape(value: str) -> str:
    return "".join(ESCAPES.get(c, c) for c in value)
