"""The HTML page in a real browser: phone and desktop, light and dark."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from operations.plan import preview
from operations.plan.report import PlanReport, build
from operations.render import report_page
from tests.operations.browser import Browser
from tests.operations.plans import NEAR, NEW, OLD, PAST, THIRD, bindings, certificate, report
from tests.operations.recording import GOLDEN, recorded_at

WIDTHS = {"phone": 390, "desktop": 1280}
LONG = f"{'a-very-long-label-' * 3}x.{'another-' * 6}y.example.com"
# Of each element with text of its own: the contrast with the ground that shows (WCAG 2.2,
# 1.4.3), the size of the letters, and whether it leaves the window.
FAULTS = """
(() => {
  const parts = (c) => c.match(/[\\d.]+/g).map(Number);
  const light = (c) => {
    const [r, g, b] = parts(c).map((v) => v / 255)
      .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (e) => {
    for (; e; e = e.parentElement) {
      const c = getComputedStyle(e).backgroundColor;
      if (!(parts(c)[3] === 0)) return c;
    }
    return "rgb(255, 255, 255)";
  };
  const faults = [];
  for (const e of document.body.querySelectorAll("*")) {
    const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
    const box = e.getBoundingClientRect();
    if (!own || box.width < 2) continue;
    const style = getComputedStyle(e);
    const [a, b] = [light(style.color), light(ground(e))].sort((x, y) => y - x);
    const what = e.tagName + " " + e.textContent.trim().slice(0, 30);
    if ((a + 0.05) / (b + 0.05) < 4.5) faults.push("contrast: " + what);
    if (parseFloat(style.fontSize) < 12) faults.push("small: " + what);
    if (box.right > innerWidth + 1 || box.left < 0) faults.push("outside: " + what);
  }
  return faults;
})()
"""


def everything() -> PlanReport:
    """All tones, all kinds of rows, a name that does not fit."""
    names = {LONG: OLD, "gone.example.com": OLD, "app.example.com": OLD, "off.example.com": THIRD}
    return report(
        certificate("HostnameCertificate", OLD, NEW, PAST),
        certificate("HostnameCertificate", None, THIRD, NEAR, name="third"),
        bindings(names, {LONG: NEW, "app.example.com": THIRD, "off.example.com": None}),
        diagnostics=[{"severity": "error", "urn": "", "message": "x" * 300}],
    )


def golden(name: str) -> PlanReport:
    return build(preview.read((GOLDEN / f"{name}.json").read_text()), recorded_at())


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    if shutil.which("chromium") is None:
        pytest.skip("needs server: chromium")
    with Browser(tmp_path_factory.mktemp("profile")) as browser:
        yield browser


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS)
@pytest.mark.parametrize("name", ["everything", "dev-change", "staging-change", "prod-change"])
def test_the_page_can_be_read(
    browser: Browser, name: str, width: int, scheme: str, tmp_path: Path
) -> None:
    made = everything() if name == "everything" else golden(name)
    browser.show(report_page.render(made), width, scheme)
    assert browser.evaluate("document.documentElement.scrollWidth") <= width
    assert browser.evaluate(FAULTS) == []
    ground = browser.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == {"light": "rgb(255, 255, 255)", "dark": "rgb(13, 17, 23)"}[scheme]
    browser.picture(tmp_path / "page.png")
    assert (tmp_path / "page.png").stat().st_size > 10_000


def test_each_hostname_has_a_row_with_one_level_marked(browser: Browser) -> None:
    browser.show(report_page.render(golden("prod-change")), 1280, "light")
    rows = browser.evaluate(
        "[...document.querySelectorAll('tbody tr')].map((r) =>"
        " [r.cells[0].innerText, r.querySelector('.on').dataset.label])"
    )
    assert dict(rows) == {
        "example.org (every other hostname)": "Zone's",
        "partners.example.org": "Zone's",
        "pay.example.org": "Own",
        "api.example.org": "Own",
        "api-v2.example.org": "Own",
    }


def test_a_hostname_that_is_switched_off_presents_nothing(browser: Browser) -> None:
    browser.show(report_page.render(golden("dev-change")), 390, "light")
    text = browser.evaluate("document.querySelector('tr.loses').innerText")
    assert "shop.example.com" in text
    assert "nothing: switched off for this hostname" in text


def test_a_certificate_that_has_ended_is_not_shown_as_good(browser: Browser) -> None:
    browser.show(report_page.render(everything()), 1280, "light")
    colour = "getComputedStyle(document.querySelector('tr.over td.on')).color"
    assert browser.evaluate(colour) == "rgb(164, 14, 38)"
