"""The pages that the demo writes, in a real browser without a network."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.browser
playwright = pytest.importorskip("playwright.sync_api", reason="run `make browser`")

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("chrome")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]


@pytest.fixture(scope="module")
def demo(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("demo")
    command = [sys.executable, "-m", "autograd_rnn", "demo", "--out", str(out)]
    subprocess.run(command, check=True, capture_output=True)
    return out


@pytest.fixture(scope="module")
def browser():
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    with playwright.sync_playwright() as driver:
        yield driver.chromium.launch(executable_path=CHROMIUM, args=QUIET)


@pytest.fixture(params=["light", "dark"])
def page(browser, request):
    context = browser.new_context(
        color_scheme=request.param, viewport={"width": 1280, "height": 720}, offline=True
    )
    page = context.new_page()
    page.complaints = []
    page.on("console", lambda message: page.complaints.append(message.text))
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.on(
        "request",
        lambda request: (
            request.url.startswith(("file:", "data:")) or page.complaints.append(request.url)
        ),
    )
    yield page
    context.close()


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_the_closed_form_is_shown_as_mathematics_without_network(demo, page, cell):
    page.goto((demo / cell / "closed_form.html").as_uri())
    assert page.complaints == []
    formulas = page.locator("math")
    assert formulas.count() > 5
    boxes = [formulas.nth(i).bounding_box() for i in range(formulas.count())]
    assert all(box is None or (box["width"] > 5 and box["height"] > 5) for box in boxes)
    # Laid out by the browser, not as a row of letters: a fraction or script is taller than text.
    assert max(box["height"] for box in boxes if box) > 20
    assert page.locator("h1").inner_text()
    _photograph(page, f"{cell}-closed-form")


@pytest.mark.parametrize("width", [400, 1280])
def test_wide_formulas_scroll_in_their_box_and_never_the_page(demo, page, width):
    page.set_viewport_size({"width": width, "height": 720})
    page.goto((demo / "lstm" / "closed_form.html").as_uri())
    overflow = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    assert overflow <= 0


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_the_graph_is_a_picture_with_a_title(demo, page, cell):
    page.goto((demo / cell / "graph.svg").as_uri())
    assert page.complaints == []
    box = page.locator("svg").first.bounding_box()
    assert box["width"] > 300
    assert box["height"] > 200
    assert page.locator("svg > title").count() == 1
    _photograph(page, f"{cell}-graph")


def _photograph(page, name: str) -> None:
    """Keep a screenshot where SCREENSHOTS says, to be looked at."""
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
