"""The README's pictures: what the project is, drawn here, and the page of a recorded report.

    python -m tests.docs.pictures       # or: make pictures

The first is text. Of the second, which Chromium draws, `report.sha256` says from which page it was
made, so that the tests see when it grows old.
"""

from __future__ import annotations

import hashlib
import shutil
import sys
import tempfile
from html import escape
from pathlib import Path

from operations.plan import preview
from operations.plan.report import build
from operations.render import report_page
from tests.operations.browser import Browser
from tests.operations.recording import GOLDEN, recorded_at

PICTURES = Path(__file__).resolve().parents[2] / "docs" / "pictures"
LEVELS, REPORT, DIGEST = (PICTURES / n for n in ("levels.svg", "report.webp", "report.sha256"))
SHOWN = "dev-change"
WIDTH, HEIGHT = 1100, 620

INK, FAINT, GOOD, BAD, PAPER, BOX = "#1f2933", "#52606d", "#147d64", "#ba2525", "#ffffff", "#f0f4f8"
# Left, top, width, height, head, lines.
BOXES = (
    (20, 70, 170, 80, "Visitors", ("of your hostnames",)),
    (290, 70, 230, 80, "Cloudflare", ("presents a TLS client", "certificate to the origin")),
    (640, 70, 240, 80, "Your origin", ("NGINX, Apache, HAProxy or", "Caddy: trusts your CA")),
    (20, 190, 170, 60, "Everybody else", ("has no certificate",)),
    (290, 290, 230, 100, "This project", ("pulumi up, from files", "that a pipeline can review")),
    (640, 290, 240, 100, "The proof", ("operations probe: who is", "let in, and who is refused")),
)
# The corners, the colour, the words, and where these stand.
ARROWS = (
    ("190 110 290 110", INK, "HTTPS", (238, 101)),
    ("520 110 640 110", GOOD, "certificate", (578, 101)),
    ("190 220 660 220 660 150", BAD, "refused", (590, 213)),
    ("405 290 405 150", INK, "certificates, bindings, switches", (405, 265)),
    ("520 340 600 340 600 270 700 270 700 150", INK, "directives, CA", (650, 263)),
    ("820 290 820 150", GOOD, "asks", (842, 225)),
)
STEPS = (
    ("1", "hostname", "your own certificate, bound to that hostname"),
    ("2", "zone", "your own certificate, for the whole zone"),
    ("3", "global", "Cloudflare's shared one: proves Cloudflare, not your zone"),
)


def levels_svg() -> str:
    """Who presents what to whom, where the proof is, and which of the levels wins."""
    parts = [
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 900 560" font-size="15"'
        ' font-family="system-ui, sans-serif" role="img">',
        "<title>Cloudflare presents a client certificate to your origin, which refuses everybody"
        " else; for a hostname the first level that exists wins</title>",
        f'<rect width="900" height="560" rx="12" fill="{PAPER}"/>',
        '<defs><marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7"'
        f' markerHeight="7" orient="auto"><path d="M0 0L10 5L0 10z" fill="{FAINT}"/></marker>',
        "</defs>",
        _text(20, 38, "Authenticated Origin Pulls as code", size=20, weight=700),
    ]
    for corners, colour, words, (x, y) in ARROWS:
        parts.append(
            f'<polyline points="{corners}" stroke="{colour}" stroke-width="2" fill="none"'
            ' marker-end="url(#tip)"/>'
        )
        parts.append(_text(x, y, words, colour, anchor="middle", size=13, halo=True))
    for x, y, width, height, head, lines in BOXES:
        parts.append(
            f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="8" fill="{BOX}"'
            f' stroke="{FAINT}"/>'
        )
        parts.append(_text(x + 14, y + 25, head, weight=700))
        parts += [_text(x + 14, y + 46 + 20 * n, line, FAINT) for n, line in enumerate(lines)]
    parts.append(_text(20, 445, "For each hostname the first that exists wins:", weight=700))
    for row, (number, level, what) in enumerate(STEPS):
        y = 473 + 28 * row
        parts.append(f'<circle cx="34" cy="{y - 5}" r="11" fill="{GOOD}"/>')
        parts.append(_text(34, y, number, PAPER, anchor="middle", size=14, weight=700))
        parts.append(_text(56, y, level, weight=700))
        parts.append(_text(150, y, what, FAINT))
    return "\n".join([*parts, "</svg>", ""])


def _text(
    x: int,
    y: int,
    words: str,
    colour: str = INK,
    *,
    size: int = 15,
    weight: int = 400,
    anchor: str = "start",
    halo: bool = False,
) -> str:
    around = f' stroke="{PAPER}" stroke-width="4" paint-order="stroke"' if halo else ""
    return (
        f'<text x="{x}" y="{y}" fill="{colour}" font-size="{size}" font-weight="{weight}"'
        f' text-anchor="{anchor}"{around}>{escape(words)}</text>'
    )


def report_html() -> str:
    """The page whose picture the README shows."""
    recorded = preview.read((GOLDEN / f"{SHOWN}.json").read_text())
    return report_page.render(build(recorded, recorded_at()))


def digest(text: str) -> str:
    """What stands in `report.sha256`."""
    return hashlib.sha256(text.encode()).hexdigest() + "\n"


def main() -> int:
    """Makes both pictures."""
    LEVELS.write_text(levels_svg())
    if shutil.which("chromium") is None:
        print("The picture of the report needs chromium: make servers.", file=sys.stderr)
        return 1
    html = report_html()
    with tempfile.TemporaryDirectory() as profile, Browser(Path(profile)) as browser:
        browser.show(html, WIDTH, "light")
        browser.picture(REPORT, HEIGHT)
    DIGEST.write_text(digest(html))
    return 0


if __name__ == "__main__":
    sys.exit(main())
