"""The stepper: its numbers are those of `backward_steps`, and its table is the whole content."""

import re
from html import unescape

import numpy as np
import pytest

import autograd_rnn as ar
from autograd_rnn.crosscheck import pose
from autograd_rnn.diagrams.events import written
from autograd_rnn.engine import backward_steps


def loss_of(kind=ar.GRUCell, steps=3):
    cell = kind.init(inputs=3, hidden=2, rng=0)
    return pose(cell, batch=1, steps=steps, seed=1, loss="cross-entropy").total


@pytest.mark.parametrize("kind", [ar.RNNCell, ar.LSTMCell, ar.GRUCell])
def test_the_backward_events_are_those_of_backward_steps(kind):
    loss = loss_of(kind)
    events = [e for e in ar.stepper(loss).events if e.kind == "backward"]
    steps = [s for s in backward_steps(loss) if s.node.op != "carry" and s.contributions]
    assert len(events) == len(steps) > 20
    for event, step in zip(events, steps, strict=True):
        assert event.number == written(step.upstream)
        told = [(r.amount, r.total) for r in event.received]
        assert told == [(written(c.amount), written(c.total)) for c in step.contributions]


def test_the_last_total_of_a_weight_is_its_gradient():
    cell = ar.GRUCell.init(inputs=3, hidden=2, rng=0)
    run = ar.unroll(cell, np.random.default_rng(2).normal(size=(1, 3, 3)))
    loss = (run.stacked**2).sum()
    received = [r for e in ar.stepper(loss).events for r in e.received if r.name == "W_r"]
    assert len(received) == 3
    loss.backward()
    assert received[-1].total == written(cell.W_r.grad)
    assert received[0].total == received[0].amount


def test_a_formula_comes_with_the_numbers_that_it_is_computed_of():
    cell = ar.RNNCell.init(inputs=2, hidden=1, rng=0)
    run = ar.unroll(cell, np.array([[[0.5, -0.25]]]))
    events = ar.stepper(run.stacked.sum()).events
    event = next(e for e in events if e.kind == "forward" and e.formula.startswith("h_1 = tanh"))
    a = np.tanh(cell.W.data @ [0.0, 0.5, -0.25] + cell.b.data)
    assert event.number == written(a.reshape(1, 1))
    assert event.operands == (f"a_1 = {written(np.arctanh(a).reshape(1, 1))}",)


def test_every_event_points_at_a_box_of_the_picture_or_has_none_to_point_at():
    page = ar.stepper(loss_of()).html()
    boxes = set(re.findall(r'data-item="([^"]+)"', page))
    pointed = re.findall(r'<tr data-node="([^"]+)"', page)
    assert len(pointed) > 40
    assert sum(node in boxes for node in pointed) >= 0.9 * len(pointed)


def test_the_table_is_complete_without_a_script():
    made = ar.stepper(loss_of())
    bare = unescape(re.sub(r"<script>.*?</script>", "", made.html(), flags=re.S))
    for event in made.events:
        assert f"<td>{event.formula}<" in bare
        if event.kind == "forward" and event.operands:
            assert f"with {', '.join(event.operands)}" in bare
        for received in event.received:
            assert f"receives {received.amount}; so far {received.total}" in bare


def test_the_page_reads_nothing_from_anywhere_and_is_the_same_each_time():
    page = ar.stepper(loss_of()).html()
    assert not re.search(r'(?:src|href)="(?!#)', page)
    assert page == ar.stepper(loss_of()).html()


def test_a_notebook_gets_a_frame_of_its_own():
    shown = ar.stepper(loss_of())._repr_html_()
    assert shown.startswith("<iframe srcdoc=")
    assert (
        unescape(shown.split('srcdoc="', 1)[1].split('" title', 1)[0])
        == ar.stepper(loss_of()).html()
    )


def test_what_cannot_be_stepped_through_is_refused_with_advice(tmp_path):
    cell = ar.RNNCell.init(2, 2, rng=0)
    run = ar.unroll(cell, np.ones((1, 2, 2)))
    with pytest.raises(ValueError, match="pass the loss"):
        ar.stepper(run.stacked)
    with pytest.raises(ValueError, match="unroll over data"):
        ar.stepper(ar.unroll(cell, steps=2).outputs[2].sum())
    with pytest.raises(ValueError, match=r"\.html"):
        ar.stepper(loss_of(), tmp_path / "page.svg")
