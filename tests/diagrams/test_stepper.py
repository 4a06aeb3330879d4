"""The stepper: its numbers are those of `backward_steps`, and its table is the whole content."""

import re
from collections import defaultdict
from html import unescape

import numpy as np
import pytest

import autograd_rnn as ar
from autograd_rnn.crosscheck import pose
from autograd_rnn.diagrams.gradients.terms import terms_of_uses
from autograd_rnn.diagrams.scene.compose import compose
from autograd_rnn.diagrams.scene.reading import Reading
from autograd_rnn.diagrams.scene.timeline import read_time
from autograd_rnn.diagrams.stepper import telling
from autograd_rnn.diagrams.stepper.telling import written
from autograd_rnn.diagrams.typography.letters import plain
from autograd_rnn.diagrams.typography.palette import THEMES
from autograd_rnn.engine import Graph, backward_steps
from tests.diagrams.systems import SYSTEMS

KINDS = [ar.RNNCell, ar.LSTMCell, ar.GRUCell]


def loss_of(kind=ar.GRUCell, steps=3):
    cell = kind.init(inputs=3, hidden=2, rng=0)
    return pose(cell, batch=1, steps=steps, seed=1, loss="cross-entropy").total


def events_in(page, kind):
    return [event for event in page.events if event.kind == kind]


# --- the events -----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_the_backward_events_are_those_of_backward_steps(kind):
    loss = loss_of(kind)
    events, steps = events_in(ar.stepper(loss), "backward"), list(backward_steps(loss))
    assert len(events) == len(steps) > 20
    for event, step in zip(events, steps, strict=True):
        assert event.number == written(step.upstream)
        told = [(r.amount, r.total, r.local) for r in event.received]
        assert told == [
            (written(c.amount), written(c.total), "" if c.local is None else written(c.local))
            for c in step.contributions
        ]


@pytest.mark.parametrize("kind", KINDS)
def test_the_forward_events_are_all_operations_in_the_order_of_execution(kind):
    loss = loss_of(kind)
    nodes = [node for node in Graph(loss).nodes if node.primitive is not None]
    events = events_in(ar.stepper(loss), "forward")
    assert [event.number for event in events] == [written(node.value) for node in nodes]


def test_what_is_said_of_an_event():
    cell = ar.RNNCell.init(inputs=2, hidden=1, rng=0)
    cell.W.data[...]  # h and x: 1 + 2 columns
    run = ar.unroll(cell, np.array([[[0.5, -0.25]]]))
    page = ar.stepper((run.stacked**2).sum())
    event = next(e for e in page.events if e.formula == "h_1 = tanh(a_1)")
    a = cell.W.data @ [0.0, 0.5, -0.25] + cell.b.data
    assert event.number == written(np.tanh(a).reshape(1, 1))
    assert [(plain(name), number) for name, number in event.operands] == [
        ("a_1", written(a.reshape(1, 1)))
    ]
    assert event.sentence == (
        f"Forward, t = 1, hidden state: h_1 = tanh(a_1) is {event.number}. "
        f"a_1 is {written(a.reshape(1, 1))}."
    )
    back = next(e for e in events_in(page, "backward") if plain(e.name) == "h_1")
    slope = written((1 - np.tanh(a) ** 2).reshape(1, 1))
    assert back.sentence == (
        f"Backward, t = 1, hidden state: the gradient of h_1 is {back.number}. "
        f"a_1: local derivative {slope}, receives {back.received[0].amount}; "
        f"so far {back.received[0].total}."
    )


def test_the_last_total_of_a_weight_is_its_gradient():
    cell = ar.GRUCell.init(inputs=3, hidden=2, rng=0)
    run = ar.unroll(cell, np.random.default_rng(2).normal(size=(1, 3, 3)))
    loss = (run.stacked**2).sum()
    page = ar.stepper(loss)
    received = [r for e in page.events for r in e.received if plain(r.name) == "W_r"]
    assert len(received) == 3
    loss.backward()
    assert received[-1].total == written(cell.W_r.grad)
    assert received[0].total == received[0].amount
    complete = next(e for e in events_in(page, "backward") if plain(e.name) == "W_r")
    assert complete.number == written(cell.W_r.grad)
    assert complete.received == ()


def test_an_array_of_all_inputs_has_the_box_of_each_and_receives_in_none():
    page = ar.stepper(loss_of())
    (whole,) = (e for e in events_in(page, "backward") if plain(e.name) == "x")
    inputs = {plain(e.name): e.boxes for e in events_in(page, "forward")}
    assert whole.boxes == inputs["x_1"] + inputs["x_2"] + inputs["x_3"]
    assert [r.boxes for e in page.events for r in e.received if plain(r.name) == "x"] == [()] * 3


def test_a_state_is_carried_by_the_step_it_comes_into():
    page = ar.stepper(loss_of(ar.LSTMCell))
    carried = [e for e in page.events if plain(e.name) == "c_1 (carried)"]
    assert [(e.kind, e.when) for e in carried] == [("forward", "t = 2"), ("backward", "t = 2")]
    assert all(len(e.boxes) == 1 and "_enters_" in e.boxes[0] for e in carried)


# --- where they are in the picture ----------------------------------------------------------------


@pytest.mark.parametrize("view", ["op", "unrolled"])
@pytest.mark.parametrize("steps", [3, 7])
@pytest.mark.parametrize("kind", KINDS)
def test_every_event_points_at_something_in_the_picture(kind, steps, view):
    page = ar.stepper(loss_of(kind, steps), view=view)
    there = {item.id for item in page.drawing.scene.items}
    for event in page.events:
        assert event.boxes, event.sentence
        assert set(event.boxes) <= there
        for one in event.received:
            assert set(one.boxes) <= there
            assert all(set(part.goals) <= there for part in one.parts)
    named = set(re.findall(r'data-(?:item|from|to)="([^"]+)"', page.html()))
    assert all(named & set(event.boxes) for event in page.events)


@pytest.mark.parametrize("name", sorted(SYSTEMS))
def test_every_system_can_be_stepped_through(name):
    thing = SYSTEMS[name]()
    loss = (thing.stacked**2).sum() if isinstance(thing, ar.Run) else thing
    if isinstance(loss, ar.Graph):
        loss = sum((ar.Tensor.of(node) ** 2).sum() for node in loss.outputs)
    if any(node.value is None for node in Graph(loss).nodes):
        pytest.skip("is of symbols")
    page = ar.stepper(loss if loss.shape == () else (loss**2).sum())
    assert len(events_in(page, "backward")) > 5
    there = {item.id for item in page.drawing.scene.items}
    assert all(event.boxes and set(event.boxes) <= there for event in page.events)


# --- steps that are not drawn ---------------------------------------------------------------------


def test_steps_that_are_not_drawn_are_one_event_with_what_they_add():
    cell = ar.GRUCell.init(inputs=3, hidden=2, rng=0)
    loss = (ar.unroll(cell, np.random.default_rng(2).normal(size=(2, 7, 3))).stacked ** 2).sum()
    page = ar.stepper(loss)
    skipped, passed = (e for e in page.events if e.when == "t = 3 … 6")
    assert (skipped.kind, passed.kind) == ("forward", "backward")
    hidden = Reading(Graph(loss), read_time(Graph(loss))).timeline.unseen
    assert skipped.formula.startswith(f"{sum(n.primitive is not None for n in hidden)} nodes")
    added, totals = {}, {}
    for step in backward_steps(loss):
        for c in step.contributions:
            if step.node in hidden and c.input.primitive is None and c.input.name:
                added[c.input.name] = added.get(c.input.name, 0.0) + c.amount
                totals[c.input.name] = c.total
    told = {plain(r.name): r for r in passed.received}
    for name in ("W_r", "b_r", "W_g", "b_g", "W_z", "b_z"):
        assert told[name].amount == written(added[name])
        assert told[name].total == written(totals[name])
    assert "h_2 (carried)" in told or "h_2" in told
    loss.backward()
    last = [r for e in page.events for r in e.received if plain(r.name) == "W_r"][-1]
    assert last.total == written(cell.W_r.grad)


def test_partial_sums_of_undrawn_losses_go_with_their_steps():
    run = ar.unroll(ar.RNNCell.init(3, 2, rng=0), np.ones((1, 600, 3)))  # too many to recurse
    loss = sum((h**2).sum().named("e") for h in run.outputs)
    page = ar.stepper(loss)
    gaps = [e for e in page.events if not e.number]
    assert [(e.kind, e.when) for e in gaps] == [
        ("forward", "t = 3 … 599"),
        ("backward", "t = 3 … 599"),
    ]
    sums = [e for e in page.events if plain(e.name) == "e_1 + e_2"]
    total = next(e for e in page.events if e.kind == "backward")
    assert [e.boxes for e in sums] == [total.boxes] * 2
    assert len(page.events) < 60


def test_steps_of_several_stretches_are_told_apart():
    encoder = ar.unroll(ar.RNNCell.init(3, 2, rng=0), np.ones((1, 2, 3)))
    decoder = ar.unroll(ar.RNNCell.init(4, 2, rng=1), np.ones((1, 6, 4)), state=encoder.states[-1])
    page = ar.stepper((decoder.stacked**2).sum())
    assert {e.when for e in events_in(page, "forward") if e.when} >= {
        "t = 1 of the first",
        "t = 2 of the first",
        "t = 1 of the second",
        "t = 6 of the second",
    }


def test_chosen_steps_are_played_and_others_are_not():
    page = ar.stepper(loss_of(steps=6), steps=iter([2, 3]))
    assert {e.when for e in page.events if e.number} == {"", "t = 0", "t = 2", "t = 3"}
    assert [e.when for e in page.events if not e.number] == [
        *("t = 1", "t = 4 … 6"),
        *("t = 4 … 6", "t = 1"),
    ]


# --- terms ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("chosen", ["all", "elide"])
def test_the_terms_of_all_uses_by_one_loss_are_the_gradient_of_that_loss(chosen):
    steps = 6
    cell = ar.LSTMCell.init(inputs=3, hidden=2, rng=0)
    x = np.random.default_rng(3).normal(size=(2, steps, 3))

    run = ar.unroll(cell, x)
    each = [(run.outputs[t] ** 3).sum() for t in range(1, steps + 1)]
    loss = sum(each[1:], start=each[0])
    reading = Reading(Graph(loss), read_time(Graph(loss), steps=chosen))
    told = list(backward_steps(loss))
    amounts = {(c.input, s.node): c.amount for s in told for c in s.contributions}
    uses = [use for use in amounts if use[0].name == "W_f"]
    scene = compose(reading.graph, reading.timeline)
    found = terms_of_uses(reading, scene, {s.node: s.upstream for s in told})
    terms = {use: found[use] for use in uses}
    assert len(uses) == steps
    by_loss = defaultdict(float)
    for use, parts in terms.items():
        np.testing.assert_allclose(sum(p.amount for p in parts), amounts[use], rtol=1e-9)
        for part in parts:
            by_loss[part.t] = by_loss[part.t] + part.amount
    assert set(by_loss) == ({1, 2, 6, None} if chosen == "elide" else {1, 2, 3, 4, 5, 6})
    for t in set(by_loss) - {None}:
        alone = ar.grad(lambda c, t=t: (ar.unroll(c, x).outputs[t] ** 3).sum())(cell).W_f
        np.testing.assert_allclose(by_loss[t], alone.data, rtol=1e-9)


def test_a_loss_of_the_last_step_alone_is_not_taken_apart():
    run = ar.unroll(ar.RNNCell.init(3, 2, rng=0), np.ones((1, 4, 3)))
    page = ar.stepper((run.outputs[4] ** 2).sum())
    assert not [r.parts for e in page.events for r in e.received if r.parts]


def test_the_terms_stand_on_the_page():
    page = ar.stepper(loss_of())
    parts = [p for e in page.events for r in e.received for p in r.parts]
    assert len(parts) == 8 * (3 + 2 + 1) - 2 * 3  # W_y and b_y: each use has its own loss alone
    html = page.html()
    for part in parts:
        assert f'data-goals="{" ".join(part.goals)}"' in html


# --- the page -------------------------------------------------------------------------------------


def flat(html):
    """Return the text of a page without tags, and with single spaces."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def test_the_table_is_complete_without_a_script():
    made = ar.stepper(loss_of())
    rows = re.findall(r"<tr id=.*?</tr>", made.html(), flags=re.S)
    assert len(rows) == len(made.events)
    for row, event in zip(rows, made.events, strict=True):
        text = flat(row).replace(" ", "")
        numbers = [event.number, *(n for _, n in event.operands)]
        numbers += [n for r in event.received for n in (r.local, r.amount, r.total)]
        numbers += [p.amount for r in event.received for p in r.parts]
        for number in numbers:
            assert re.sub(r"[\[\]; ]", "", number) in text
        assert re.sub(r"[_ ^]", "", event.formula) in text
        assert unescape(re.search('data-said="([^"]*)"', row)[1]) == event.sentence


def test_the_first_event_is_shown_without_a_script():
    made = ar.stepper(loss_of())
    html = made.html()
    panel = flat(
        re.search(r'<div class="panel">(.*?)</div></section>|<div class="panel">(.*)', html)[0]
    )
    assert panel.startswith(f"1 of {len(made.events)} {made.events[0].place}")
    (box,) = made.events[0].boxes
    assert f'<noscript><style>[data-item="{box}"] > rect' in html


def test_the_page_reads_nothing_from_anywhere_and_is_the_same_each_time():
    page = ar.stepper(loss_of()).html()
    assert not re.search(r'(?:src|href)="(?!#)', page)
    assert not re.search(r"url\(|@import|https?://(?!www\.w3\.org/2000/svg)", page)
    assert page == ar.stepper(loss_of()).html()


def test_the_picture_has_the_colours_of_both_themes():
    html = ar.stepper(loss_of()).html()
    picture = re.search(r"<svg.*</svg>", html, flags=re.S)[0]
    assert not re.search("#[0-9a-f]{6}", picture)
    used = set(re.findall(r"var\((--p\d+)\)", picture))
    light, dark = THEMES["light"], THEMES["dark"]
    assert f"light-dark({light.paper}, {dark.paper})" in html
    for name in used:
        assert re.search(rf"{name}: #[0-9a-f]{{6}};", html)
    assert "color-scheme: light dark" in html


@pytest.mark.parametrize("theme", sorted(THEMES))
def test_a_theme_that_is_chosen_stays(theme):
    html = ar.stepper(loss_of(), theme=theme).html()
    assert "light-dark(" not in html.replace("light-dark(red", "")
    assert f"--paper: {THEMES[theme].paper};" in html
    assert f'data-theme="{theme}"' in html


def test_whole_time_steps_are_numbered():
    html = ar.stepper(loss_of(ar.LSTMCell)).html()
    found = re.findall(
        r'data-kind="(\w+)" data-step="(\d+)" .*?data-said="\w+(?:, (t = \d))?', html
    )
    steps = dict.fromkeys((int(number), kind, when) for kind, number, when in found if when)
    forward = [("forward", f"t = {t}") for t in (1, 2, 3)]
    backward = [("backward", f"t = {t}") for t in (3, 2, 1)]
    assert [step[1:] for step in steps][:6] == forward + backward
    assert [number for number, *_ in steps][:6] == [1, 2, 3, 6, 7, 8]  # 4 and 5 are L


def test_a_notation_is_that_of_picture_and_formulas():
    page = ar.stepper(loss_of(ar.LSTMCell), notation="ng")
    assert any("Γ_f^⟨1⟩ = σ(" in event.formula for event in page.events)


def test_a_notebook_gets_a_frame_of_its_own():
    shown = ar.stepper(loss_of())._repr_html_()
    assert shown.startswith("<iframe srcdoc=")
    assert (
        unescape(shown.split('srcdoc="', 1)[1].split('" title', 1)[0])
        == ar.stepper(loss_of()).html()
    )


# --- refusals -------------------------------------------------------------------------------------


def test_what_cannot_be_stepped_through_is_refused_with_advice(tmp_path):
    cell = ar.RNNCell.init(2, 2, rng=0)
    run = ar.unroll(cell, np.ones((1, 2, 2)))
    with pytest.raises(ValueError, match="pass the loss"):
        ar.stepper(run.stacked)
    with pytest.raises(ValueError, match="unroll over data"):
        ar.stepper(ar.unroll(cell, steps=2).outputs[2].sum())
    with pytest.raises(ValueError, match="not computed of anything"):
        ar.stepper(ar.Tensor(2.0))
    with pytest.raises(ValueError, match="choose 'op' or 'unrolled'"):
        ar.stepper(loss_of(), view="rolled")
    with pytest.raises(ValueError, match="choose one of auto, light"):
        ar.stepper(loss_of(), theme="blue")
    with pytest.raises(ValueError, match="the graph has the steps 1 to 3"):
        ar.stepper(loss_of(), steps=[9])


def test_a_wrong_suffix_is_refused_before_anything_is_drawn(tmp_path, monkeypatch):
    monkeypatch.setattr(telling, "_Teller", pytest.fail)
    with pytest.raises(ValueError, match=r"page.svg.*\.html"):
        ar.stepper(loss_of(), tmp_path / "page.svg")


def test_more_events_than_a_page_can_play_are_refused(monkeypatch):
    monkeypatch.setattr(telling, "MOST_EVENTS", 100)
    with pytest.raises(ValueError, match=r"steps='elide'"):
        ar.stepper(loss_of(), steps="all")


def test_a_page_that_cannot_be_written_leaves_the_old_one(tmp_path, monkeypatch):
    file = tmp_path / "page.html"
    file.write_text("old")
    made = ar.stepper(loss_of())
    monkeypatch.setattr("pathlib.Path.replace", _refuse)
    with pytest.raises(OSError, match="choose another file"):
        made.save(file)
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


def _refuse(*_):
    raise PermissionError(13, "Permission denied")
