"""Lanes: every cell is laid out so that nothing overlaps, in time linear in its steps."""

from dataclasses import replace
from itertools import product

import pytest

import autograd_rnn as ar
from autograd_rnn.crosscheck import pose
from autograd_rnn.diagrams.compose import compose
from autograd_rnn.diagrams.drawing import _graph_of
from autograd_rnn.diagrams.lanes import NoLanes, lay_out
from autograd_rnn.diagrams.layout import Box, Wire
from autograd_rnn.diagrams.timeline import read_time
from tests.diagrams.geometry import faults

CELLS = {
    "rnn": ar.RNNCell.init(3, 2, rng=0),
    "lstm": ar.LSTMCell.init(3, 2, rng=0),
    "gru": ar.GRUCell.init(3, 2, rng=0),
    **{
        f"lstm {peepholes} {reads} {coupled}": ar.LSTMCell.init(
            3, 2, rng=0, peepholes=peepholes, gates_read=reads, coupled=coupled
        )
        for peepholes, reads, coupled in product(
            ("none", "diagonal", "matrix"), ("h", "c"), (False, True)
        )
    },
    **{
        f"gru {reset} {keeps}": ar.GRUCell.init(3, 2, rng=0, reset=reset, keeps=keeps)
        for reset, keeps in product(("before", "after", "none"), ("z", "1-z"))
    },
    "no output tanh": ar.LSTMCell.init(3, 2, rng=0, output_activation="identity"),
    "projection": ar.LSTMCell.init(3, 4, rng=0, projection=2),
    "bias-free": ar.GRUCell.init(3, 2, rng=0, bias=False),
}


def layout_of(thing, elide=True):
    graph, recurrences = _graph_of(thing)
    return lay_out(compose(graph, read_time(graph, recurrences, "elide" if elide else "all")))


@pytest.mark.parametrize("steps", [1, 2, 3, 9])
@pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS)
def test_nothing_overlaps_in_an_unrolled_cell(cell, steps):
    assert faults(layout_of(ar.unroll(cell, steps=steps))) == []


@pytest.mark.parametrize("loss", ["squared error", "cross-entropy"])
@pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS)
def test_nothing_overlaps_under_a_loss(cell, loss):
    if cell is CELLS["projection"]:
        pytest.skip("the cross-check poses no problem with a projection")
    assert faults(layout_of(pose(cell, batch=2, steps=3, seed=0, loss=loss).total)) == []


def test_a_graph_without_steps_has_no_lanes():
    with pytest.raises(NoLanes, match="no time steps"):
        layout_of((ar.Tensor([1.0, 2.0]) * 3.0).sum())


def test_steps_are_copies_of_each_other():
    layout = layout_of(ar.unroll(CELLS["lstm"], steps=6), elide=False)
    steps = {}
    for box in layout.boxes:
        steps.setdefault(box.item.column, []).append(box)
    shapes = [
        [(round(b.x - boxes[0].x, 2), b.y, b.width, b.height) for b in boxes]
        for column, boxes in steps.items()
        if column
    ]
    assert len(shapes) == 6
    assert all(shape == shapes[1] for shape in shapes[1:])


# ------------------------------------------------------------- the checker catches what is wrong


def test_a_shifted_box_is_caught():
    layout = layout_of(ar.unroll(CELLS["gru"], steps=2))
    first, second = layout.boxes[:2]
    moved = Box(first.item, second.x + 3, second.y + 3, first.width, first.height)
    assert any("overlap" in f for f in faults(replace(layout, boxes=(moved, *layout.boxes[1:]))))


def test_a_wire_through_a_box_and_one_that_ends_nowhere_are_caught():
    layout = layout_of(ar.unroll(CELLS["gru"], steps=2))
    box = next(b for b in layout.boxes if b.item.group)
    x, y = box.centre
    wire = Wire("n0", box.item.id, ((0.0, y), (x, y)))
    found = faults(replace(layout, wires=(*layout.wires, wire)))
    assert any("passes through" in f for f in found)
    assert any("does not end" in f for f in found)


def test_wires_on_each_other_are_caught():
    layout = layout_of(ar.unroll(CELLS["gru"], steps=2))
    wire = next(w for w in layout.wires if len(w.points) > 3)
    other = replace(wire, source="another", target="elsewhere")
    assert any(" on " in f for f in faults(replace(layout, wires=(*layout.wires, other))))
