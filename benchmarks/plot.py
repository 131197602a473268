"""Requests and time over hostnames, as one SVG file without dependencies."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

Series = Mapping[str, Sequence[tuple[int, float]]]

WIDTH, HEIGHT, LEFT, TOP, INNER_W, INNER_H = 860, 340, 60, 46, 330, 230
COLOURS = ("#0969da", "#8250df", "#cf222e", "#1a7f37")


def svg(requests: Series, seconds: Series) -> str:
    """Two panels side by side, both axes logarithmic."""
    panels = _panel("requests of up", requests, LEFT) + _panel("seconds of up", seconds, LEFT + 420)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}"'
        ' font-family="sans-serif" font-size="12">'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>{panels}</svg>\n'
    )


def _panel(title: str, series: Series, left: int) -> str:
    points = [point for line in series.values() for point in line]
    x_most = max(x for x, _ in points)
    y_most = 10 ** math.ceil(math.log10(max(max(y for _, y in points), 10)))

    def x_of(value: float) -> float:
        return left + INNER_W * math.log10(max(value, 1)) / math.log10(x_most)

    def y_of(value: float) -> float:
        return TOP + INNER_H * (1 - math.log10(max(value, 1)) / math.log10(y_most))

    parts = [f'<text x="{left}" y="24" font-size="15" font-weight="bold">{title}</text>']
    for power in range(int(math.log10(y_most)) + 1):
        y = y_of(10**power)
        parts.append(
            f'<line x1="{left}" x2="{left + INNER_W}" y1="{y:.0f}" y2="{y:.0f}" stroke="#d0d7de"/>'
            f'<text x="{left - 6}" y="{y + 4:.0f}" text-anchor="end">{10**power:,}</text>'
        )
    for x in sorted({x for x, _ in points}):
        parts.append(
            f'<text x="{x_of(x):.0f}" y="{TOP + INNER_H + 18}" text-anchor="middle">{x:,}</text>'
        )
    for number, (name, line) in enumerate(series.items()):
        colour = COLOURS[number % len(COLOURS)]
        path = " ".join(f"{x_of(x):.0f},{y_of(y):.0f}" for x, y in line)
        legend = TOP + INNER_H + 38 + 14 * number
        parts.append(
            f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2.5"/>'
            f'<text x="{left}" y="{legend}" fill="{colour}">{name}</text>'
        )
    return "".join(parts)
