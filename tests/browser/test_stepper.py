"""The stepper in a real browser without a network: a whole pass by keyboard."""

import re

import numpy as np
import pytest

import autograd_rnn as ar
from autograd_rnn.crosscheck import pose
from autograd_rnn.diagrams.typography.letters import plain
from tests.browser.test_pages import browser, page  # noqa: F401 (fixtures)

pytestmark = pytest.mark.browser


def loss_of(kind=ar.LSTMCell, steps=2):
    return pose(kind.init(3, 2, rng=0), batch=1, steps=steps, seed=0).total


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    file = tmp_path_factory.mktemp("stepper") / "lstm.html"
    return ar.stepper(loss_of(), file), file


def said(shown):
    return shown.locator(".now-said").text_content()


def number_shown(shown):
    return int(shown.locator(".panel .count").text_content().split()[0])


def marked(shown, mark):
    return set(shown.locator(f".{mark}").evaluate_all("all => all.map(box => box.dataset.item)"))


def event_of(stepper, kind, name):
    """Return the number, from 1, and the event of a node."""
    return next(
        (i, e) for i, e in enumerate(stepper.events, 1) if (e.kind, plain(e.name)) == (kind, name)
    )


def go_to(shown, number):
    shown.locator("tbody th button").nth(number - 1).click()


# --- moving ---------------------------------------------------------------------------------------


def test_the_keyboard_leads_through_the_whole_pass(made, page):  # noqa: F811
    stepper, file = made
    page.goto(file.as_uri())
    for number, event in enumerate(stepper.events, start=1):
        assert said(page) == f"{number} of {len(stepper.events)}. {event.sentence}"
        current = page.locator('tr[aria-current="step"]')
        assert current.count() == 1
        assert current.get_attribute("data-boxes") == " ".join(event.boxes)
        page.keyboard.press("ArrowRight")
    assert number_shown(page) == len(stepper.events)
    page.keyboard.press("Home")
    assert number_shown(page) == 1
    page.keyboard.press("End")
    assert number_shown(page) == len(stepper.events)
    page.keyboard.press("ArrowLeft")
    assert number_shown(page) == len(stepper.events) - 1
    assert page.complaints == []


def test_the_panel_shows_the_numbers_of_its_event(made, page):  # noqa: F811
    stepper, file = made
    page.goto(file.as_uri())
    number, event = event_of(stepper, "backward", "a_f,1")
    go_to(page, number)
    text = re.sub(r"\s+", " ", page.locator(".panel").inner_text())
    assert event.place in text
    for written in (event.number, event.received[0].local, event.received[0].total):
        assert written.strip("[]") in text
    assert text.count("Path") == len(event.received) + sum(len(r.parts) for r in event.received)


def test_whole_time_steps_are_shown_at_once(made, page):  # noqa: F811
    stepper, file = made
    page.goto(file.as_uri())
    page.keyboard.press("t")
    seen = []
    while not seen or seen[-1] != page.locator(".panel").inner_text():
        seen.append(page.locator(".panel").inner_text())
        page.keyboard.press("ArrowRight")
    counts = [re.match(r"(\d+)(?: to (\d+))? of", text).groups() for text in seen]
    reached = 0
    for low, high in counts:  # no event is passed over
        assert int(low) == reached + 1
        reached = int(high or low)
    assert reached == len(stepper.events)
    first_step = {box for e in stepper.events[: int(counts[0][1])] for box in e.boxes}
    page.keyboard.press("Home")
    assert marked(page, "now") == {box for box in first_step if "_enters_" not in box}
    assert page.locator(".panel .several li").last.inner_text().startswith("ℓ1 = ")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")  # back at the start of the step, not at its end
    assert page.locator(".panel").inner_text() == seen[0]
    assert said(page).startswith(f"Forward, t = 1: events 1 to {counts[0][1]} of")


def test_buttons_scrubber_and_rows_do_the_same(made, page):  # noqa: F811
    _, file = made
    page.goto(file.as_uri())
    page.get_by_role("button", name="Next", exact=True).click()
    assert number_shown(page) == 2
    go_to(page, 7)
    assert number_shown(page) == 7
    scrubber = page.locator("input[type=range]")
    assert scrubber.input_value() == "6"
    assert scrubber.get_attribute("aria-valuetext").startswith("7 of ")
    page.get_by_role("button", name="Play", exact=True).click()
    page.wait_for_function("document.querySelector('.count').textContent.startsWith('8 of')")
    assert page.locator(".now-said").get_attribute("aria-live") == "off"
    page.get_by_role("button", name="Pause", exact=True).click()
    assert page.locator(".now-said").get_attribute("aria-live") == "polite"
    scrubber.focus()
    before = number_shown(page)
    page.keyboard.press("ArrowRight")
    assert number_shown(page) == before + 1  # once, and not twice


def test_playing_again_at_the_end_begins_at_the_start(made, page):  # noqa: F811
    _, file = made
    page.goto(file.as_uri())
    page.keyboard.press("End")
    page.get_by_role("button", name="Play", exact=True).click()
    assert number_shown(page) <= 2
    assert page.get_by_role("button", name="Pause", exact=True).count() == 1


def test_a_change_of_speed_is_heard_while_it_plays(made, page):  # noqa: F811
    _, file = made
    page.goto(file.as_uri())
    page.get_by_role("button", name="Play", exact=True).click()
    page.locator("select").select_option("300")
    page.wait_for_function("Number(document.querySelector('input[type=range]').value) >= 4")
    page.get_by_role("button", name="Pause", exact=True).click()


@pytest.mark.parametrize("place", [".picture", ".wide", "select"])
def test_what_scrolls_or_has_keys_of_its_own_keeps_them(made, page, place):  # noqa: F811
    _, file = made
    page.goto(file.as_uri())
    page.locator(place).focus()
    for key in ("ArrowRight", "End", "ArrowRight"):
        page.keyboard.press(key)
    assert number_shown(page) == 1


def test_a_link_leads_to_an_event(made, page):  # noqa: F811
    _, file = made
    page.goto(f"{file.as_uri()}#event-12")
    assert number_shown(page) == 12
    page.evaluate("window.location.hash = 'event-30'")
    page.wait_for_function("document.querySelector('.count').textContent.startsWith('30 of')")


@pytest.mark.parametrize("way", ["link", "row", "path"])
def test_what_is_asked_for_far_below_is_seen_in_the_picture(made, page, way):  # noqa: F811
    stepper, file = made
    last = len(stepper.events)
    page.goto(f"{file.as_uri()}#event-{last - 3}" if way == "link" else file.as_uri())
    if way == "row":
        go_to(page, last)
    elif way == "path":
        page.locator("tbody .path").last.click()
    top = "document.querySelector('.picture').getBoundingClientRect().top"
    page.wait_for_function(f"{top} >= -1 && {top} < 300")


# --- the picture ----------------------------------------------------------------------------------


def test_the_box_and_its_wires_are_pointed_at(made, page):  # noqa: F811
    stepper, file = made
    page.goto(file.as_uri())
    number, event = event_of(stepper, "forward", "g_2")
    go_to(page, number)
    assert marked(page, "now") == set(event.boxes)
    assert page.locator(f'.flows[data-to="{event.boxes[0]}"]').count() == 1
    done = marked(page, "done")
    before = {box for e in stepper.events[:number] for box in e.boxes if "_enters_" not in box}
    assert done == before
    number, event = event_of(stepper, "backward", "g_2")
    go_to(page, number)
    assert marked(page, "receives") == {box for r in event.received for box in r.boxes}
    assert marked(page, "done") == set()
    assert len(marked(page, "reached")) > 5


def test_a_term_leads_to_its_path_through_the_graph(made, page):  # noqa: F811
    stepper, file = made
    page.goto(file.as_uri())
    number, event = event_of(stepper, "backward", "W_f · [h_0, x_1]")
    go_to(page, number)
    weight = next(r for r in event.received if plain(r.name) == "W_f")
    (use,), names = event.boxes, [plain(part.name) for part in weight.parts]
    assert len(names) == 2
    by_step = {box: e.when for e in stepper.events if e.kind == "forward" for box in e.boxes}

    def path(name):
        page.get_by_role("button", name=name).first.click()
        return marked(page, "way")

    whole = path("Path to the loss, of what W_f receives")
    early, late = (path(f"Path of the term by {name}") for name in names)
    assert use in whole & early & late
    assert {by_step[box] for box in early if box in by_step} == {"t = 1"}
    assert {by_step[box] for box in late if box in by_step} == {"t = 1", "t = 2"}
    assert set(weight.parts[1].goals) <= late
    assert set(weight.parts[0].goals) <= early - late
    assert early | late < whole  # up to the loss of losses
    assert said(page).startswith(f"Path of the term by {names[1]}: ")
    assert "f_1; f_1 ⊙ c_0; c_1" in said(page)
    inputs = {box for e in stepper.events if plain(e.name).startswith("x_") for box in e.boxes}
    assert not inputs & whole
    assert marked(page, "receives") == set(weight.boxes)


def test_a_path_does_not_lead_where_no_gradient_flows(page, tmp_path):  # noqa: F811
    cell, x = ar.RNNCell.init(3, 2, rng=0), np.random.default_rng(1).normal(size=(1, 4, 3))
    early = ar.unroll(cell, x[:, :2])
    state = tuple(ar.stop_gradient(s) for s in early.states[-1])
    late = ar.unroll(cell, x[:, 2:], state=state)
    loss = (early.stacked**2).sum() + (late.stacked**2).sum()
    stepper = ar.stepper(loss, tmp_path / "cut.html")
    page.goto((tmp_path / "cut.html").as_uri())
    number, event = event_of(stepper, "backward", "W · [h_0, x_1]")
    go_to(page, number)
    page.locator(".panel .path").last.click()
    way = marked(page, "way")
    late_items = {i.id for i in stepper.drawing.scene.items if i.stretch == 1 and i.column}
    assert set(event.boxes) <= way
    assert len(late_items) > 10
    assert not late_items & way


def test_the_picture_moves_so_that_what_happens_is_seen(made, page):  # noqa: F811
    stepper, file = made
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(file.as_uri())
    top = page.evaluate("window.scrollY")
    for name in ("h_2", "f_1", "L"):
        number, event = event_of(stepper, "forward", name)
        page.locator("input[type=range]").evaluate(
            "(input, value) => { input.value = value; input.dispatchEvent(new Event('input')) }",
            number - 1,
        )
        page.wait_for_function(
            """box => {
              const frame = document.querySelector('.picture').getBoundingClientRect();
              const { left, right } = document.querySelector(
                `[data-item="${box}"]`).getBoundingClientRect();
              return left >= frame.left && right <= frame.right;
            }""",
            arg=event.boxes[0],
        )
    assert page.evaluate("window.scrollY") == top  # the page itself stays
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_steps_that_are_not_drawn_are_pointed_at_by_their_wires(page, tmp_path):  # noqa: F811
    stepper = ar.stepper(loss_of(steps=7), tmp_path / "long.html", view="unrolled")
    page.goto((tmp_path / "long.html").as_uri())
    number = next(i for i, e in enumerate(stepper.events, 1) if not e.number)
    go_to(page, number)
    assert page.locator(".flows").count() >= 4  # c and h, in and out
    assert page.complaints == []


# --- light and dark -------------------------------------------------------------------------------


def paper_of(shown):
    return shown.locator("svg > rect").evaluate("rect => getComputedStyle(rect).fill")


def test_page_and_picture_are_dark_together(made, browser):  # noqa: F811
    _, file = made
    for scheme, paper in (("light", "rgb(255, 255, 255)"), ("dark", "rgb(21, 24, 30)")):
        context = browser.new_context(color_scheme=scheme)
        shown = context.new_page()
        shown.goto(file.as_uri())
        assert paper_of(shown) == paper
        body = "getComputedStyle(document.body).backgroundColor"
        assert shown.evaluate(body) == paper
        context.close()


def test_in_a_frame_it_follows_the_page_around_it(made, page, tmp_path):  # noqa: F811
    stepper, _ = made
    around = tmp_path / "around.html"
    around.write_text(
        "<!doctype html><title>t</title><body style='background: #111'>" + stepper._repr_html_()
    )
    page.goto(around.as_uri())
    frame = page.frame_locator("iframe")
    assert paper_of(frame) == "rgb(21, 24, 30)"
    page.evaluate("document.body.style.background = '#fafafa'")
    page.wait_for_timeout(100)
    assert paper_of(frame) == "rgb(255, 255, 255)"
    assert page.complaints == []


# --- beside others, without a script, for everyone ------------------------------------------------


def test_two_in_one_page_do_not_clash(made, page, tmp_path):  # noqa: F811
    stepper, _ = made
    both = tmp_path / "both.html"
    both.write_text(f"<!doctype html><title>t</title>{stepper._repr_html_() * 2}")
    page.goto(both.as_uri())
    one, other = (page.frame_locator("iframe").nth(i) for i in (0, 1))
    one.get_by_role("button", name="Last", exact=True).click()
    assert said(one).startswith(f"{len(stepper.events)} of")
    assert said(other).startswith("1 of")
    assert page.complaints == []


def test_without_a_script_the_first_frame_and_the_table_are_there(made, browser):  # noqa: F811
    stepper, file = made
    context = browser.new_context(java_script_enabled=False)
    bare = context.new_page()
    bare.goto(file.as_uri())
    assert bare.locator("tbody tr").count() == len(stepper.events)
    assert not bare.locator(".controls").is_visible()
    assert not bare.locator(".path").first.is_visible()
    assert bare.locator(".panel").inner_text().startswith(f"1 of {len(stepper.events)}")
    box = bare.locator(f'[data-item="{stepper.events[0].boxes[0]}"] > rect').first
    assert box.evaluate("rect => getComputedStyle(rect).strokeWidth") == "3.5px"
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation(made, browser, scheme):  # noqa: F811
    axe = pytest.importorskip("axe_core_python.sync_playwright", reason="run `make browser`")
    stepper, file = made
    context = browser.new_context(color_scheme=scheme)
    shown = context.new_page()
    shown.goto(file.as_uri())
    for number in (1, event_of(stepper, "backward", "a_f,1")[0]):
        go_to(shown, number)
        found = axe.Axe().run(shown)["violations"]
        assert [(v["id"], [n["html"][:80] for n in v["nodes"][:2]]) for v in found] == []
    context.close()


def test_axe_finds_what_is_wrong(made, page):  # noqa: F811
    axe = pytest.importorskip("axe_core_python.sync_playwright", reason="run `make browser`")
    _, file = made
    page.goto(file.as_uri())
    page.evaluate("document.querySelector('.controls button').textContent = ''")
    page.evaluate("document.querySelector('.controls button').title = ''")
    assert "button-name" in {v["id"] for v in axe.Axe().run(page)["violations"]}
