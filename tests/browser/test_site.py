"""The project's own documentation in a real browser, wide and narrow, light and dark."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.browser.test_pages import browser

pytestmark = pytest.mark.browser
playwright = pytest.importorskip("playwright.sync_api", reason="run `make browser`")
pytest.importorskip("furo", reason="run `make browser`")

__all__ = ["browser"]
DOCS = Path(__file__).parents[2] / "docs"
MADE = ("_build", "catalogue", "figures", "reference")
WIDTHS = {"phone": 390, "desk": 1440}
# What stands out of the text to the right and cannot be moved; headings have a margin of 8 px.
BEYOND = """() => {
  const article = document.querySelector('article');
  if (!article) return [];
  const right = article.getBoundingClientRect().right + 9;
  const moves = e => ['auto', 'scroll', 'hidden'].includes(getComputedStyle(e).overflowX);
  const held = e => e !== article && (moves(e) || held(e.parentElement));
  return [...article.querySelectorAll('*')]
    .filter(e => e.getBoundingClientRect().right > right && !held(e.parentElement))
    .map(e => `${e.tagName} ${e.textContent.slice(0, 40)}`);
}"""
# What scrolls sideways and cannot be reached by the keyboard in every browser.
UNREACHABLE = """() => [...document.querySelectorAll('article *')]
  .filter(e => ['auto', 'scroll'].includes(getComputedStyle(e).overflowX))
  .filter(e => e.clientWidth && e.scrollWidth > e.clientWidth + 1 && e.tabIndex < 0)
  .filter(e => !e.querySelector('a[href], button, input, [tabindex="0"]'))
  .map(e => `${e.tagName}.${e.className} ${e.textContent.slice(0, 40)}`)"""
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    source = folder / "docs"
    shutil.copytree(DOCS, source, ignore=shutil.ignore_patterns(*MADE))
    command = [sys.executable, "-m", "sphinx", "-q", "-W", str(source), str(folder / "html")]
    subprocess.run(command, check=True, capture_output=True)
    return folder / "html"


def open_page(browser, width, scheme="light"):
    size = {"width": width, "height": 850}
    page = browser.new_context(viewport=size, color_scheme=scheme, offline=True).new_page()
    page.complaints = []
    page.on("console", lambda message: page.complaints.append(message.text))
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.on(
        "request", lambda request: page.complaints.append(request.url) if not local(request) else 0
    )
    return page


def local(request) -> bool:
    return request.url.startswith(("file:", "data:"))


@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS)
def test_nothing_stands_out_and_nothing_is_asked_for(site, browser, width):
    page = open_page(browser, width)
    for path in sorted(site.rglob("*.html")):
        page.goto(path.as_uri())
        assert page.complaints == [], path
        assert page.evaluate(SIDEWAYS) <= 0, path
        assert page.evaluate(BEYOND) == [], path


def test_what_scrolls_sideways_is_reached_by_the_keyboard(site, browser):
    page = open_page(browser, WIDTHS["phone"])
    for path in sorted(site.rglob("*.html")):
        page.goto(path.as_uri())
        page.evaluate("new Promise(done => requestAnimationFrame(() => setTimeout(done)))")
        assert page.evaluate(UNREACHABLE) == [], path
    page.goto((site / "adbench.html").as_uri())
    block = page.locator("article pre[tabindex='0']").first
    block.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("document.activeElement.scrollLeft > 0")
    page.set_viewport_size({"width": 4000, "height": 850})
    page.wait_for_function("!document.querySelector('article pre[tabindex]')")


def test_what_cannot_be_reached_is_found(site, browser):
    page = open_page(browser, WIDTHS["phone"])
    page.route("**/site.js*", lambda route: route.abort())
    page.goto((site / "adbench.html").as_uri())
    assert page.evaluate(UNREACHABLE) != []


def test_what_stands_out_is_found(site, browser):
    page = open_page(browser, WIDTHS["phone"])
    page.goto((site / "index.html").as_uri())
    page.evaluate("document.querySelector('.rnn-picture').style.overflow = 'visible'")
    assert page.evaluate(BEYOND) != []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_picture_has_the_face_of_the_page_and_can_be_read(site, browser, scheme):
    page = open_page(browser, WIDTHS["phone"], scheme)
    page.goto((site / "gallery.html").as_uri())
    shown = page.locator(".rnn-picture img:visible")
    assert shown.count() >= 20
    for image in shown.all():
        face = image.get_attribute("src").rpartition("-")[2]
        assert face in (f"{scheme}.svg", "print.svg")  # one is for paper
        width, own = image.bounding_box()["width"], int(image.get_attribute("width"))
        assert width >= 0.7 * own - 1  # its smallest letters have 12 px at its own size


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["index", "gallery", "tutorials/lecturer", "reference/networks"])
def test_axe_finds_no_violation_in_what_we_wrote(site, browser, name, scheme):
    axe = pytest.importorskip("axe_core_python.sync_playwright", reason="run `make browser`")
    page = open_page(browser, WIDTHS["desk"], scheme)
    page.goto((site / f"{name}.html").as_uri())
    found = axe.Axe().run(page, context="article")["violations"]  # around it is the theme's own
    assert [(rule["id"], rule["nodes"][0]["html"]) for rule in found] == []
