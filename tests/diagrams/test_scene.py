from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

import autograd_rnn as ar
from autograd_rnn.diagrams.scene.items import ColumnKind, Item, Kind, Scene
from autograd_rnn.diagrams.typography.letters import plain
from tests.diagrams.scenes import (
    CELLS,
    HIDDEN,
    INPUTS,
    cell_of,
    items_by_letter,
    loss_of,
    run_of,
    scene_of,
)

kinds = pytest.mark.parametrize("kind", CELLS)


def labels(scene: Scene) -> list[str]:
    return [plain(column.label) for column in scene.columns]


def item_of_node(scene: Scene, graph: ar.Graph) -> dict[ar.Node, Item]:
    by_id = {item.id: item for item in scene.items}
    return {node: by_id[f"n{i}"] for node, i in graph.ids.items() if f"n{i}" in by_id}


@kinds
def test_every_placed_operation_stands_in_the_column_of_its_step_and_the_frame_of_its_gate(kind):
    scene, graph, _ = scene_of(run_of(kind, 3))
    items = item_of_node(scene, graph)
    placed = [n for n in graph if n.place.t is not None and n.op != "carry"]
    assert len(placed) >= 3 * 4
    for node in placed:
        assert labels(scene)[items[node].column] == f"t = {node.place.t}"
        assert items[node].group == node.place.gate


@kinds
def test_the_initial_state_stands_before_the_first_step(kind):
    scene, _, _ = scene_of(run_of(kind, 3))
    assert labels(scene) == ["t = 0", "t = 1", "t = 2", "t = 3"]
    states = [item for item in scene.items if item.kind is Kind.STATE]
    assert [str(item.letter) for item in states] == [f"{s}_0" for s in CELLS[kind].slots]
    assert {item.column for item in states} == {0}


@kinds
def test_inputs_carry_their_step_though_their_leaves_do_not(kind):
    scene, graph, _ = scene_of(run_of(kind, 3))
    for t in (1, 2, 3):
        (x,) = [i for i in items_by_letter(scene, f"x_{t}") if i.kind is Kind.INPUT]
        assert (labels(scene)[x.column], x.rail) == (f"t = {t}", "x")
    assert {leaf.place.t for leaf in graph.leaves} == {None}


@kinds
def test_a_weight_is_one_entry_of_the_legend_and_an_alias_in_every_step_that_reads_it(kind):
    steps = 3
    cell = cell_of(kind)
    scene, _, _ = scene_of(run_of(kind, steps))
    assert Counter(str(s.letter) for s in scene.shared) == Counter(list(cell.parameters))
    for shared in scene.shared:
        assert shared.shape == cell.parameters[str(shared.letter)].shape
        assert shared.steps == tuple(range(1, steps + 1))
        drawn = items_by_letter(scene, str(shared.letter))
        assert {item.kind for item in drawn} == {Kind.ALIAS}
        assert sorted(labels(scene)[item.column] for item in drawn) == ["t = 1", "t = 2", "t = 3"]
        assert {item.group for item in drawn} == {shared.group}


@kinds
def test_a_carry_is_an_edge_from_the_state_to_the_next_step(kind):
    scene, graph, _ = scene_of(run_of(kind, 3))
    assert any(node.op == "carry" for node in graph)
    assert not any(plain(item.symbol) == "carry" for item in scene.items)
    by_id = {item.id: item for item in scene.items}
    carried = [
        (edge.slot, str(by_id[edge.source].letter), by_id[edge.target].column)
        for edge in scene.edges
        if edge.slot
    ]
    expected = [(s, f"{s}_{t - 1}", t) for s in CELLS[kind].slots for t in (1, 2, 3)]
    assert sorted(carried) == sorted(expected)
    assert scene.slots == tuple(dict.fromkeys(slot for slot, _, _ in carried))


@kinds
def test_within_a_step_the_edges_are_the_graphs_own(kind):
    scene, graph, _ = scene_of(run_of(kind, 3))
    by_id = {item.id: item for item in scene.items}
    readings = Counter(edge.target for edge in scene.edges)
    for node, item in item_of_node(scene, graph).items():
        numbers = sum(below.shape == () and below.op == "constant" for below in node.inputs)
        assert readings[item.id] == len(node.inputs) - numbers
    crossing = [e for e in scene.edges if by_id[e.source].column != by_id[e.target].column]
    assert crossing == [e for e in scene.edges if e.crosses] == [e for e in scene.edges if e.slot]


def test_the_equations_of_the_lstm_can_be_read_off():
    scene, _, _ = scene_of(run_of("lstm", 2))
    written = {(plain(i.symbol), str(i.letter)) for i in scene.items if i.kind is Kind.OPERATION}
    assert {("[h_1, x_2]", "None"), ("W_f ·", "None"), ("+", "a_f,2"), ("σ", "f_2")} <= written
    assert {("tanh", "g_2"), ("⊙", "None"), ("+", "c_2"), ("tanh", "None"), ("⊙", "h_2")} <= written


def test_the_equations_of_the_gru_can_be_read_off():
    scene, _, _ = scene_of(run_of("gru", 2))
    written = {(plain(i.symbol), str(i.letter)) for i in scene.items if i.kind is Kind.OPERATION}
    assert {("[r_2 ⊙ h_1, x_2]", "None"), ("1 − z_2", "None"), ("+", "h_2")} <= written


@pytest.mark.parametrize(("kind", "order"), [("lstm", "figo"), ("gru", "zrg")])
def test_gates_come_in_the_order_of_their_use(kind, order):
    scene, _, _ = scene_of(run_of(kind, 2))
    gate_of = {str(shared.letter): shared.group for shared in scene.shared}
    assert [gate_of[f"W_{q}"] for q in order] == list(scene.groups[: len(order)])


# --- losses and what stands outside of time ---------------------------------------------------


def test_a_loss_at_every_step_stands_in_its_step_and_the_total_outside():
    scene, _, _ = scene_of(loss_of(run_of("rnn", 3)))
    for t in (1, 2, 3):
        (loss,) = items_by_letter(scene, f"ℓ_{t}")
        (target,) = items_by_letter(scene, f"y_{t}")
        assert labels(scene)[loss.column] == labels(scene)[target.column] == f"t = {t}"
        assert (loss.group, target.group) == ("loss", "loss")
    (total,) = items_by_letter(scene, "L")
    assert total.column is None
    read = [e.source for e in scene.edges if e.target == total.id]
    assert read == [items_by_letter(scene, f"ℓ_{t}")[0].id for t in (1, 2, 3)]
    assert plain(total.symbol) == "Σ"
    assert {str(s.letter) for s in scene.shared} == {"W", "b", "W_y", "b_y"}


def test_what_depends_on_one_step_only_is_drawn_there_though_it_was_made_outside_of_time():
    run = run_of("rnn", 3)
    last = ar.squared_error(run.outputs[-1], np.ones((2, HIDDEN)))
    assert last.node.place.t is None
    scene, graph, _ = scene_of(last)
    assert labels(scene)[item_of_node(scene, graph)[last.node].column] == "t = 3"


def test_what_depends_on_several_steps_is_outside():
    run = run_of("rnn", 3)
    scene, _, _ = scene_of(run.stacked.sum())
    outside = {plain(item.symbol) for item in scene.items if item.column is None}
    assert outside == {"stack", "Σ"}


def test_without_time_nothing_is_folded_and_there_are_no_columns():
    a, b, c = (ar.Value(v, name=n) for v, n in ((2.0, "a"), (-3.0, "b"), (5.0, "c")))
    scene, graph, _ = scene_of(a + b + c + a * a)
    assert scene.columns == ()
    assert len(scene.items) == len(graph)
    twice = [e for e in scene.edges if e.source == items_by_letter(scene, "a")[0].id]
    assert len(twice) == 3  # a + b, and both factors of a * a


def test_plain_numbers_are_written_into_the_operation():
    x = ar.Value(3.0, name="x")
    scene, _, _ = scene_of(1 - 2.5 * x)
    assert [plain(item.symbol) for item in scene.items] == ["", "2.5 ×", "1 − ·"]


# --- long sequences ---------------------------------------------------------------------------


@kinds
def test_a_long_sequence_is_drawn_as_first_two_gap_and_last(kind):
    steps = 12
    scene, graph, timeline = scene_of(run_of(kind, steps))
    assert labels(scene) == ["t = 0", "t = 1", "t = 2", "t = 3 … 11", "t = 12"]
    assert scene.columns[3].kind is ColumnKind.GAP
    assert timeline.elided == tuple(range(3, 12))
    assert scene.notes == ("12 steps in all; t = 3 … 11 are not drawn",)
    assert {shared.steps for shared in scene.shared} == {tuple(range(1, steps + 1))}
    drawn = item_of_node(scene, graph)
    assert {n.place.t for n in drawn if n.place.t is not None} == {1, 2, 12}


@kinds
def test_states_pass_through_the_gap(kind):
    scene, _, _ = scene_of(run_of(kind, 12))
    by_id = {item.id: item for item in scene.items}
    for slot in CELLS[kind].slots:
        (gap,) = [i for i in scene.items if i.kind is Kind.GAP and str(i.letter) == slot]
        (into,) = [e for e in scene.edges if e.target == gap.id]
        (out,) = [e for e in scene.edges if e.source == gap.id]
        assert (str(by_id[into.source].letter), into.slot) == (f"{slot}_2", slot)
        assert (str(by_id[out.target].letter), out.slot) == (f"{slot}_11", slot)
        assert labels(scene)[by_id[out.target].column] == "t = 12"


def test_the_losses_of_undrawn_steps_reach_the_total_by_one_edge():
    scene, _, _ = scene_of(loss_of(run_of("rnn", 12)))
    (total,) = items_by_letter(scene, "L")
    by_id = {item.id: item for item in scene.items}
    read = [str(by_id[e.source].letter) for e in scene.edges if e.target == total.id]
    assert read == ["ℓ_1", "ℓ_2", "ℓ", "ℓ_12"]


def test_four_steps_are_drawn_all_and_five_are_not():
    assert "gap" not in {c.kind for c in scene_of(run_of("rnn", 4))[0].columns}
    assert "gap" in {c.kind for c in scene_of(run_of("rnn", 5))[0].columns}
    assert len(scene_of(run_of("rnn", 5), elide=False)[0].columns) == 1 + 5


# --- other graphs -----------------------------------------------------------------------------


def test_a_sequence_that_is_one_variable_is_drawn_as_its_inputs():
    xs = ar.Tensor(np.random.default_rng(1).normal(size=(2, 3, INPUTS)), name="xs")
    scene, _, _ = scene_of(ar.unroll(cell_of("rnn"), xs))
    for t in (1, 2, 3):
        (x,) = items_by_letter(scene, f"x_{t}")
        assert (x.kind, plain(x.symbol), labels(scene)[x.column]) == (Kind.INPUT, "", f"t = {t}")
        assert not [edge for edge in scene.edges if edge.target == x.id]
    assert "xs" not in {str(shared.letter) for shared in scene.shared}


def test_a_sequence_that_is_read_whole_as_well_is_drawn():
    xs = ar.Tensor(np.random.default_rng(1).normal(size=(2, 3, INPUTS)), name="xs")
    run = ar.unroll(cell_of("rnn"), xs)
    scene, _, _ = scene_of((run.stacked**2).sum() + (xs**2).sum())
    letters = {str(item.letter) for item in scene.items}
    assert "xs" in letters | {str(shared.letter) for shared in scene.shared}


def test_a_renamed_leaf_is_drawn_once_by_its_name():
    scene, _, _ = scene_of(ar.tanh(ar.Tensor([1.0, 2.0]).named("v")))
    assert [(str(item.letter), plain(item.symbol)) for item in scene.items] == [
        ("v", ""),
        ("None", "tanh"),
    ]


def test_a_leaf_that_has_two_names_stays_one():
    w = ar.Tensor([1.0, 2.0], name="w")
    scene, _, _ = scene_of(w * w.named("v"))
    assert [(str(item.letter), plain(item.symbol)) for item in scene.items] == [
        ("w", ""),
        ("v", "="),
        ("None", "⊙"),
    ]


def test_two_layers_lie_on_lines_of_their_own():
    first = run_of("lstm", 3)
    second = ar.unroll(ar.GRUCell.init(inputs=HIDDEN, hidden=3, rng=4), first.stacked)
    scene, _, _ = scene_of(second)
    assert {item.rail for item in scene.items} == {"", "h", "c", "x", "h 2"}  # x_t is h_t below
    assert {"lstm candidate", "gru candidate"} <= set(scene.groups)


def test_the_states_of_two_layers_pass_the_gap_apart():
    first = run_of("rnn", 6)
    second = ar.unroll(ar.RNNCell.init(inputs=HIDDEN, hidden=3, rng=4), first.stacked)
    scene, _, _ = scene_of(second)
    by_id = {item.id: item for item in scene.items}
    through = {
        (by_id[into.source].rail, by_id[out.target].rail)
        for into in scene.edges
        for out in scene.edges
        if into.slot and out.slot and into.target == out.source
    }
    assert through == {("h", "h"), ("h 2", "h 2")}


def test_a_number_alone_is_drawn():
    assert [item.kind for item in scene_of(ar.Tensor(3))[0].items] == [Kind.INPUT]


def test_the_backward_pass_has_frames_of_its_own():
    cell, xs = cell_of("rnn"), np.random.default_rng(2).normal(size=(2, 3, INPUTS))
    _, found = ar.value_and_grad(lambda c: (ar.unroll(c, xs).stacked ** 2).sum())(cell)
    scene, graph, _ = scene_of(found.W)
    assert {"hidden state", "hidden state (backward)"} <= set(scene.groups)
    for node, item in item_of_node(scene, graph).items():
        if node.place.t is not None:
            assert labels(scene)[item.column] == f"t = {node.place.t}"


def test_ids_are_unique_and_edges_join_items():
    for thing in (run_of("gru", 9), loss_of(run_of("lstm", 7)), ar.Value(2.0) * 3):
        scene, _, _ = scene_of(thing)
        ids = [item.id for item in scene.items]
        assert len(ids) == len(set(ids))
        assert {end for e in scene.edges for end in (e.source, e.target)} <= set(ids)


def test_a_chain_of_a_hundred_thousand_is_composed():
    x = ar.Tensor([0.5])
    for _ in range(100_000):
        x = x + 1.0
    assert len(scene_of(x)[0].items) == 100_001
