"""The stepper in a real browser without a network: a whole pass by keyboard."""

import pytest

import autograd_rnn as ar
from autograd_rnn.crosscheck import pose
from tests.browser.test_pages import browser, page  # noqa: F401 (fixtures)

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    file = tmp_path_factory.mktemp("stepper") / "lstm.html"
    loss = pose(ar.LSTMCell.init(3, 2, rng=0), batch=1, steps=2, seed=0).total
    return ar.stepper(loss, file), file


def said(shown):
    return shown.locator(".now-said").inner_text()


def test_the_keyboard_leads_through_the_whole_pass(made, page):  # noqa: F811
    stepper, file = made
    page.goto(file.as_uri())
    for number, event in enumerate(stepper.events, start=1):
        assert said(page) == f"{number} of {len(stepper.events)}. {event.sentence}".strip()
        marked = page.locator('tr[aria-current="step"]')
        assert marked.count() == 1
        assert marked.get_attribute("data-node") == event.node
        page.keyboard.press("ArrowRight")
    assert said(page).startswith(f"{len(stepper.events)} of ")
    page.keyboard.press("Home")
    assert said(page).startswith("1 of ")
    assert page.complaints == []


def test_the_box_and_its_wires_are_pointed_at(made, page):  # noqa: F811
    stepper, file = made
    page.goto(file.as_uri())
    (last, node) = max((i, e.node) for i, e in enumerate(stepper.events) if "tanh" in e.formula)
    page.locator("tbody th button").nth(last).click()
    assert page.locator(f'.now[data-item="{node}"]').count() == 1
    assert page.locator(f'.flows[data-to="{node}"]').count() >= 1


def test_by_time_steps_it_goes_on_to_another_step(made, page):  # noqa: F811
    stepper, file = made
    page.goto(file.as_uri())
    page.keyboard.press("t")
    page.keyboard.press("ArrowRight")
    shown = int(said(page).split(" of ")[0])
    first = next(i for i, e in enumerate(stepper.events, 1) if e.t != stepper.events[0].t)
    assert shown == first


def test_buttons_scrubber_and_rows_do_the_same(made, page):  # noqa: F811
    _, file = made
    page.goto(file.as_uri())
    page.get_by_role("button", name="Next", exact=True).click()
    assert said(page).startswith("2 of ")
    page.locator("tbody th button").nth(6).click()
    assert said(page).startswith("7 of ")
    assert page.locator("input[type=range]").input_value() == "6"
    page.get_by_role("button", name="Play", exact=True).click()
    page.wait_for_function("document.querySelector('.now-said').textContent.startsWith('8 of')")
    page.get_by_role("button", name="Pause", exact=True).click()


def test_two_in_one_page_do_not_clash(made, page, tmp_path):  # noqa: F811
    stepper, _ = made
    both = tmp_path / "both.html"
    both.write_text(f"<!doctype html><title>t</title>{stepper._repr_html_() * 2}")
    page.goto(both.as_uri())
    one, other = (page.frame_locator("iframe").nth(i) for i in (0, 1))
    one.get_by_role("button", name="Last", exact=True).click()
    assert one.locator(".now-said").inner_text().startswith(f"{len(stepper.events)} of")
    assert other.locator(".now-said").inner_text().startswith("1 of")
    assert page.complaints == []


def test_a_term_leads_to_its_way_through_the_graph(made, page):  # noqa: F811
    stepper, file = made
    page.goto(file.as_uri())
    loss = next(e.node for e in stepper.events if e.kind == "backward")
    first = next(
        e for e in stepper.events if e.kind == "backward" and "W_f" in e.formula and e.t == 1
    )
    row = page.locator(f'tbody tr[data-node="{first.node}"]').last
    row.get_by_role("button", name="Way to the loss").click()
    on_the_way = page.locator(".way").evaluate_all("all => all.map(box => box.dataset.item)")
    assert {first.node, loss} <= set(on_the_way)
    graph = {e.node: e.t for e in stepper.events}
    assert {graph[node] for node in on_the_way if node in graph} >= {1, 2}
    used_later = next(e for e in stepper.events if "W_f" in e.formula and e.t == 2)
    assert used_later.node in on_the_way  # h_1 is read at step 2
    others = {e.node for e in stepper.events if e.formula == "x_2"}
    assert not others & set(on_the_way)
    assert "nodes" in said(page)


def test_a_change_of_speed_is_heard_while_it_plays(made, page):  # noqa: F811
    _, file = made
    page.goto(file.as_uri())
    page.get_by_role("button", name="Play", exact=True).click()
    page.locator("select").select_option("300")
    page.wait_for_function("Number(document.querySelector('input[type=range]').value) >= 4")
    page.get_by_role("button", name="Pause", exact=True).click()


def test_without_a_script_the_table_is_there(made, browser):  # noqa: F811
    stepper, file = made
    context = browser.new_context(java_script_enabled=False)
    bare = context.new_page()
    bare.goto(file.as_uri())
    assert bare.locator("tbody tr").count() == len(stepper.events)
    assert not bare.locator(".controls").is_visible()
    context.close()


def test_axe_finds_no_violation(made, page):  # noqa: F811
    axe = pytest.importorskip("axe_core_python.sync_playwright", reason="run `make browser`")
    _, file = made
    page.goto(file.as_uri())
    found = axe.Axe().run(page)["violations"]
    assert [(v["id"], [n["html"][:80] for n in v["nodes"][:2]]) for v in found] == []


def test_axe_finds_what_is_wrong(made, page):  # noqa: F811
    axe = pytest.importorskip("axe_core_python.sync_playwright", reason="run `make browser`")
    _, file = made
    page.goto(file.as_uri())
    page.evaluate("document.querySelector('.controls button').textContent = ''")
    page.evaluate("document.querySelector('.controls button').title = ''")
    assert "button-name" in {v["id"] for v in axe.Axe().run(page)["violations"]}
