"""Lanes: every cell is laid out so that nothing overlaps, in time linear in its steps."""

from contextlib import suppress
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings

import autograd_rnn as ar
from autograd_rnn.crosscheck import pose
from autograd_rnn.diagrams.lanes.boxes import content_of
from autograd_rnn.diagrams.lanes.layout import Box, Label, Wire
from autograd_rnn.diagrams.lanes.network import NoLanes, lay_out
from autograd_rnn.diagrams.scene.views import VIEWS
from autograd_rnn.diagrams.typography.letters import plain
from tests.diagrams.geometry import faults
from tests.diagrams.scenes import loss_of, run_of, scene_from
from tests.diagrams.systems import SYSTEMS
from tests.diagrams.user_cells import user_cells

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


def layout_of(thing, view="op", steps="elide", **options):
    return lay_out(scene_from(thing, view, steps, **options))


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


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS)
def test_nothing_overlaps_in_any_view(cell, view):
    assert faults(layout_of(ar.unroll(cell, steps=7), view)) == []


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("system", SYSTEMS.values(), ids=SYSTEMS)
def test_nothing_overlaps_in_systems(system, view):
    assert faults(layout_of(system(), view)) == []


@settings(max_examples=60)
@given(cell=user_cells())
def test_nothing_overlaps_in_cells_of_users(cell):
    run = ar.unroll(cell, steps=3)
    for view in VIEWS:
        with suppress(NoLanes):  # which says why; nothing else is raised
            assert faults(layout_of(run, view)) == []


@pytest.mark.parametrize("low", [1, 2, 3])
@pytest.mark.parametrize("system", SYSTEMS.values(), ids=SYSTEMS)
def test_nothing_overlaps_where_height_is_saved(system, low):
    for view in VIEWS:
        scene = scene_from(system(), view)
        higher, layout = (lay_out(replace(scene, low=n)) for n in (low - 1, low))
        assert faults(layout) == []
        steps = [max(f.height for f in one.frames if f.kind == "step") for one in (higher, layout)]
        assert steps[1] <= steps[0] + 12  # two wires may take other ways


@pytest.mark.parametrize("low", [1, 2, 3])
@pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS)
def test_nothing_overlaps_in_cells_where_height_is_saved(cell, low):
    things = [ar.unroll(cell, steps=3)]
    if cell is not CELLS["projection"]:
        things.append(pose(cell, batch=2, steps=3, seed=0, loss="cross-entropy").total)
    for thing, view in product(things, VIEWS):
        assert faults(lay_out(replace(scene_from(thing, view), low=low))) == []


@settings(max_examples=60)
@given(cell=user_cells())
def test_nothing_overlaps_in_cells_of_users_where_height_is_saved(cell):
    run = ar.unroll(cell, steps=3)
    for view, low in product(VIEWS, (1, 2, 3)):
        with suppress(NoLanes):
            assert faults(lay_out(replace(scene_from(run, view), low=low))) == []


def test_every_edge_of_a_scene_has_its_wire_or_touches_its_reader():
    for system in ("stacked lstm", "bidirectional", "attention", "by hand"):
        scene = scene_from(SYSTEMS[system]())
        layout = lay_out(scene)
        wired = {(wire.source, wire.target) for wire in layout.wires}
        boxes = {box.item.id: box for box in layout.boxes}
        for edge in scene.edges:
            if (edge.source, edge.target) not in wired:
                chip, reader = boxes[edge.source], boxes[edge.target]
                assert abs(chip.right - reader.x) < 0.1 or abs(reader.right - chip.x) < 0.1


def test_layers_lie_above_each_other_and_a_decoder_after_its_encoder():
    layout = layout_of(SYSTEMS["stacked"]())
    lower, upper = (
        [b for b in layout.boxes if b.item.lane == lane and b.item.column == 2] for lane in (0, 1)
    )
    assert max(b.bottom for b in upper) < min(b.y for b in lower)
    layout = layout_of(SYSTEMS["encoder-decoder"]())
    encoder, decoder = ([b for b in layout.boxes if b.item.stretch == s] for s in (0, 1))
    assert max(b.right for b in encoder) < min(b.x for b in decoder)


def test_the_rails_of_a_backward_layer_run_from_right_to_left():
    layout = layout_of(SYSTEMS["bidirectional"]())
    lanes = {box.item.id: box.item.lane for box in layout.boxes}
    backward = {1: set(), 0: set()}
    for wire in layout.wires:
        if wire.kind == "rail" and lanes.get(wire.source, -1) >= 0:
            backward[lanes[wire.source]].add(wire.points[-1][0] < wire.points[0][0])
    assert backward == {0: {False}, 1: {True}}


@pytest.mark.parametrize("loss", [False, True])
@pytest.mark.parametrize("steps", [3, 20, 1000])
@pytest.mark.parametrize("kind", ["rnn", "lstm", "gru"])
def test_the_elided_view_can_be_read_on_a_slide(kind, steps, loss):
    run = ar.unroll(CELLS[kind], np.ones((1, steps, 3)))
    thing = pose(CELLS[kind], batch=1, steps=steps, seed=0, loss="cross-entropy").total
    layout = layout_of(thing if loss else run, "unrolled")
    shown = min(1280 / layout.width, 720 / layout.height)
    letters = [label.size for label in layout.labels]
    letters += [label.size for box in layout.boxes for label in content_of(box.item).labels]
    assert min(letters) * shown >= 12


def test_a_gap_is_passed_by_dotted_rails():
    layout = layout_of(ar.unroll(CELLS["lstm"], steps=9))
    (gap,) = [frame for frame in layout.frames if frame.kind == "gap"]
    dotted = [wire for wire in layout.wires if wire.kind == "gap"]
    assert {wire.slot for wire in dotted} == {"c", "h"}
    for wire in dotted:
        assert [x for x, _ in wire.points] == [gap.x, gap.x + gap.width]


def test_steps_can_be_chosen():
    layout = layout_of(ar.unroll(CELLS["rnn"], steps=9), steps=(2, 3, 7))
    named = [plain(label.text) for label in layout.labels if label.role == "step"]
    assert named == ["t = 1", "t = 2", "t = 3", "t = 4 … 6", "t = 7", "t = 8 … 9"]
    assert faults(layout) == []


def test_the_legend_has_each_weight_once_with_its_shape():
    layout = layout_of(ar.unroll(CELLS["lstm"], steps=3))
    legend = " ".join(plain(label.text) for label in layout.labels if label.role == "legend")
    for name, weight in CELLS["lstm"].parameters.items():
        assert legend.count(f"{name} ({'×'.join(map(str, weight.shape))})") == 1


def test_equal_scenes_make_equal_layouts():
    make = lambda: layout_of(SYSTEMS["attention"]())  # noqa: E731
    assert make() == make()


def test_a_graph_without_steps_has_no_lanes():
    with pytest.raises(NoLanes, match="no time steps"):
        layout_of((ar.Tensor([1.0, 2.0]) * 3.0).sum())


def test_steps_are_copies_of_each_other():
    layout = layout_of(ar.unroll(CELLS["lstm"], steps=6), steps="all")
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


def moved(layout, role, **change):
    """Return the layout with its first label of a role changed."""
    number = next(i for i, label in enumerate(layout.labels) if label.role == role)
    labels = list(layout.labels)
    labels[number] = replace(labels[number], **change)
    return replace(layout, labels=tuple(labels))


@pytest.mark.parametrize(
    ("role", "change", "words"),
    [
        ("gate", {"size": 40.0}, "not within its frame"),
        ("gate", {"x": -5.0}, "clipped by the page"),
        ("step", {"y": 100.0}, "not under its step"),
        ("rail", {"x": 200.0}, "lies on a step"),
    ],
)
def test_a_label_in_a_wrong_place_is_caught(role, change, words):
    layout = layout_of(ar.unroll(CELLS["gru"], steps=2))
    assert any(words in fault for fault in faults(moved(layout, role, **change)))


def test_labels_on_boxes_on_labels_and_under_wires_are_caught():
    layout = layout_of(ar.unroll(CELLS["gru"], steps=2))
    box = layout.boxes[0]
    on_box = Label(("note",), box.x, box.centre[1], 12.0)
    (x, y), *_ = next(w for w in layout.wires if w.kind == "rail").points
    under_wire = Label(("note",), x, y + 3, 12.0)
    for label, words in ((on_box, "lies on the box"), (under_wire, "crosses note")):
        found = faults(replace(layout, labels=(*layout.labels, label)))
        assert any(words in fault for fault in found)
    twice = replace(layout, labels=(*layout.labels, layout.labels[0]))
    assert any("overlap" in fault for fault in faults(twice))


def test_what_does_not_fit_into_its_box_is_caught():
    layout = layout_of(ar.unroll(CELLS["gru"], steps=2))
    first, *rest = layout.boxes
    narrow = replace(first, width=first.width / 3)
    assert any("does not fit" in f for f in faults(replace(layout, boxes=(narrow, *rest))))


def test_wires_on_each_other_are_caught():
    layout = layout_of(ar.unroll(CELLS["gru"], steps=2))
    wire = next(w for w in layout.wires if len(w.points) > 3)
    other = replace(wire, source="another", target="elsewhere")
    assert any(" on " in f for f in faults(replace(layout, wires=(*layout.wires, other))))


# --- steps that are not drawn ---------------------------------------------------------------------


@pytest.mark.parametrize("view", ["op", "unrolled"])
def test_what_undrawn_steps_add_to_a_sum_comes_out_of_their_gap(view):
    layout = ar.draw(loss_of(run_of("lstm", 9)), view=view).layout
    wires = [wire for wire in layout.wires if wire.kind == "several"]
    (gap,) = (frame for frame in layout.frames if frame.kind == "gap")
    (total,) = (box for box in layout.boxes if str(box.item.letter) == "L")
    (wire,) = wires
    (x, y), end = wire.points[0], wire.points[-1]
    assert gap.x < x < gap.x + gap.width
    assert y == gap.y
    assert end == (total.x, total.centre[1])


def test_what_stands_outside_of_time_leads_into_the_gap_of_those_who_read_it():
    layout = ar.draw(SYSTEMS["attention, long"]()).layout
    (states,) = (box.item.id for box in layout.boxes if str(box.item.letter) == "H")
    into = [w for w in layout.wires if w.kind == "several" and w.source == states]
    out = [w for w in layout.wires if w.kind == "several" and w.target == states]
    assert len(into) == len(out) == 1
    gaps = [frame for frame in layout.frames if frame.kind == "gap"]
    assert any(f.x < into[0].points[-1][0] < f.x + f.width for f in gaps)
