"""Gradients in pictures: every number drawn is held against a computation of another kind.

What flows along a wire is measured by nudging what the wire carries, with a complex step and no
backward pass at all. Terms of a sum are held against back-propagation written out in NumPy, and
Jacobians along time against those of the rest of the sequence.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from itertools import combinations, pairwise

import numpy as np
import pytest

import autograd_rnn as ar
from autograd_rnn.diagrams.gradients.backward import (
    Backward,
    Flow,
    losses_of,
    node_of,
    norm_of,
    readers_at,
    terms_of,
)
from autograd_rnn.diagrams.gradients.emphasis import Scale, with_flows, written
from autograd_rnn.diagrams.gradients.tones import aside, gauge_fill
from autograd_rnn.diagrams.gradients.vanishing import vanishing_of
from autograd_rnn.diagrams.lanes.layout import Label
from autograd_rnn.diagrams.scene.compose import compose
from autograd_rnn.diagrams.scene.items import Kind, Scene
from autograd_rnn.diagrams.scene.reading import Reading
from autograd_rnn.diagrams.scene.timeline import read_time
from autograd_rnn.diagrams.scene.views import view_of
from autograd_rnn.diagrams.typography.letters import plain
from autograd_rnn.diagrams.typography.palette import THEMES, contrast, mix
from autograd_rnn.diagrams.typography.typeset import set_line
from autograd_rnn.engine import Node
from tests.diagrams.geometry import faults
from tests.diagrams.scenes import BATCH, CLASSES, HIDDEN, INPUTS, cell_of, run_of

STEP = 1e-30  # complex: no difference is taken, so nothing cancels


def loss_over(run: ar.Run) -> ar.Tensor:
    """Cross-entropy at every step against constant targets."""
    rng, readout = np.random.default_rng(9), ar.Dense.init(HIDDEN, CLASSES, rng=10)
    losses = []
    for t, h in enumerate(run.outputs, start=1):
        with ar.at(t=t):
            losses.append(ar.cross_entropy(readout(h), rng.dirichlet(np.ones(CLASSES), BATCH)))
    return sum(losses).named("L")


def truncated(kind: str) -> ar.Tensor:
    """Two chunks of 3 and 2 steps; the state goes from one to the next, its gradient does not."""
    rng, total, state = np.random.default_rng(3), 0.0, None
    for steps in (3, 2):
        run = ar.unroll(cell_of(kind), rng.normal(size=(BATCH, steps, INPUTS)), state=state)
        total = total + loss_over(run)
        state = ar.stop_gradient(run.states[-1])
    return total.named("L")


def backward_of(loss: ar.Tensor, view: str = "op", steps: str = "all") -> Backward:
    graph = ar.Graph(loss)
    timeline = read_time(graph, steps=steps)
    scene = view_of(compose(graph, timeline), view)
    return Backward(Reading(graph, timeline), scene, {graph.outputs[0]: np.ones(())})


# --------------------------------------------------------------------- a measurement without a pass


def measured(graph: ar.Graph, source: Node, reads: Callable[[Node], bool]) -> float:
    """Return ‖dL/dδ‖, where the readers that `reads` says yes to get source + δ."""
    slopes = []
    for element in np.ndindex(source.shape):
        nudge = np.zeros(source.shape, complex)
        nudge[element] = STEP * 1j
        values: dict[Node, np.ndarray] = {}
        for node in graph.nodes:
            if node.primitive is None:
                values[node] = node.value
                continue
            inputs = [
                values[below] + nudge if below is source and reads(node) else values[below]
                for below in node.inputs
            ]
            values[node] = node.primitive.kernel(*inputs, **node.attrs)
        slopes.append(np.imag(values[graph.outputs[0]]) / STEP)
    return norm_of(np.array(slopes))


def readers_behind(backward: Backward, target: str) -> Collection[Node]:
    """Return all nodes that are drawn in a box: its own and those folded into it."""
    graph, items = backward.reading.graph, {item.id: item for item in backward.scene.items}
    drawn = {node_of(graph, i) for i in items.values() if i.kind is not Kind.ENTRY}
    inside, waiting = set(), [node_of(graph, items[target])]
    while waiting:
        node = waiting.pop()
        inside.add(node)
        waiting += [b for b in node.inputs if b not in drawn and b.op != "carry" and b.primitive]
    return inside


@pytest.mark.parametrize("view", ["op", "unrolled"])
@pytest.mark.parametrize("kind", ["rnn", "lstm", "gru"])
def test_a_wire_shows_what_flows_back_along_it(kind, view):
    backward = backward_of(loss_over(run_of(kind, 3)), view)
    graph, items = backward.reading.graph, {item.id: item for item in backward.scene.items}
    within = [
        key
        for key, flow in backward.flows.items()
        if flow.norm is not None
        and Kind.ENTRY not in (items[key[0]].kind, items[key[1]].kind)
        and items[key[1]].column is not None
    ]
    chosen = np.random.default_rng(5).permutation(len(within))[:18]
    for source, target in (within[i] for i in chosen):
        inside = readers_behind(backward, target)
        expected = measured(graph, node_of(graph, items[source]), inside.__contains__)
        assert backward.flows[source, target].norm == pytest.approx(expected, rel=1e-9), target


@pytest.mark.parametrize("kind", ["lstm", "gru"])
def test_a_rail_shows_what_comes_back_from_the_next_step(kind):
    backward = backward_of(loss_over(run_of(kind, 3)))
    graph = backward.reading.graph
    rails = [e for e in backward.scene.edges if e.slot and e.source != e.target]
    assert rails
    items = {item.id: item for item in backward.scene.items}
    for edge in rails:
        state = node_of(graph, items[edge.source])
        first = items[edge.source].kind is Kind.STATE
        expected = measured(graph, state, lambda node, first=first: first or node.op == "carry")
        assert backward.flows[edge.source, edge.target].norm == pytest.approx(expected, rel=1e-9)


def test_rails_into_and_out_of_a_gap_show_what_flows_there():
    backward = backward_of(loss_over(run_of("lstm", 9)), steps="elide")
    graph = backward.reading.graph
    carries = {
        (n.place.t, n.attrs["slot"]): n for n in graph.nodes if n.op == "carry" and n.place.t < 9
    }
    items = {item.id: item for item in backward.scene.items}
    for edge in backward.scene.edges:
        source, target = items[edge.source], items[edge.target]
        t = 2 if target.kind is Kind.GAP else 8 if source.kind is Kind.GAP else None
        if t and edge.slot:
            (state,) = carries[t, edge.slot].inputs
            expected = measured(graph, state, lambda node: node.op == "carry")
            assert backward.flows[source.id, target.id].norm == pytest.approx(expected, rel=1e-9)


def test_a_wrong_flow_is_caught_by_the_measurement():
    backward = backward_of(loss_over(run_of("rnn", 2)))
    graph = backward.reading.graph
    h = next(n for n in graph.nodes if n.name == "h" and n.place.t == 1)
    whole = norm_of(backward.totals[h])  # a plausible mistake: the node's gradient, not the wire's
    along = measured(graph, h, lambda node: node.op == "carry")
    assert abs(whole - along) > 1e-3 * along


def test_totals_are_those_of_the_engine():
    loss = loss_over(run_of("gru", 4))
    backward = backward_of(loss, "unrolled")
    loss.backward()
    leaves = [leaf for leaf in ar.Graph(loss).leaves if leaf.needs_grad]
    assert len(leaves) > 6
    for leaf in leaves:
        np.testing.assert_allclose(backward.totals[leaf], leaf.box.grad, rtol=1e-12)


# --------------------------------------------------------------------- the terms of a sum over time


def bptt_by_hand(cell: ar.RNNCell, xs, targets, readout) -> dict[tuple[int, int], np.ndarray]:
    """Return the term of dL/dW by the use at step t and the loss of step s, in NumPy."""
    W, b, V, c = (np.asarray(p.data) for p in (cell.W, cell.b, readout.W_y, readout.b_y))
    T, n = xs.shape[1], HIDDEN
    h, joined, deltas = [np.zeros((BATCH, n))], {}, {}
    for t in range(1, T + 1):
        joined[t] = np.concatenate([h[-1], xs[:, t - 1]], axis=1)
        h.append(np.tanh(joined[t] @ W.T + b))
    for s in range(1, T + 1):
        scores = h[s] @ V.T + c
        p = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
        g = (p - targets[s - 1]) @ V
        for t in range(s, 0, -1):
            delta = g * (1 - h[t] ** 2)
            deltas[t, s] = delta.T @ joined[t]
            g = delta @ W[:, :n]
    return deltas


@pytest.fixture(scope="module")
def posed():
    """An RNN, its loss, and all terms of its weight's gradient computed by hand."""
    rng = np.random.default_rng(21)
    T = 5
    cell, readout = cell_of("rnn"), ar.Dense.init(HIDDEN, CLASSES, rng=10)
    xs = rng.normal(size=(BATCH, T, INPUTS))
    targets = rng.dirichlet(np.ones(CLASSES), size=(T, BATCH))
    losses = []
    for t, h in enumerate(ar.unroll(cell, xs).outputs, start=1):
        with ar.at(t=t):
            losses.append(ar.cross_entropy(readout(h), targets[t - 1]))
    return cell, sum(losses).named("L"), bptt_by_hand(cell, xs, targets, readout)


@pytest.mark.parametrize("steps", ["all", "elide"])
def test_terms_are_those_of_bptt_written_out(posed, steps):
    cell, loss, by_hand = posed
    terms = terms_of(backward_of(loss, "unrolled", steps), cell.W.node)
    assert [t for _, t in terms.arrays] == [5, 4, 3, 2, 1]  # as the backward pass meets them
    running = np.zeros(cell.W.shape)
    for (_, t), term in terms.arrays.items():
        expected = sum(array for (use, _), array in by_hand.items() if use == t)
        np.testing.assert_allclose(term, expected, rtol=1e-10, atol=1e-13)
        running += expected
        assert terms.running[0, t] == pytest.approx(norm_of(running), rel=1e-10)
    gradient = ar.grad(lambda W: replayed(loss, cell.W.node, W))(cell.W.data).data
    assert terms.total == pytest.approx(norm_of(gradient), rel=1e-10)
    assert terms.largest[1] == max(
        range(1, 6), key=lambda t: norm_of(sum(a for (u, _), a in by_hand.items() if u == t))
    )


def replayed(loss: ar.Tensor, leaf: Node, W: ar.Tensor) -> ar.Tensor:
    """Return the loss as a function of one leaf."""
    from autograd_rnn.engine.record import apply

    values = {leaf: W}
    for node in ar.Graph(loss).nodes:
        if node.primitive is not None:
            inputs = [values.get(below, ar.Tensor.of(below)) for below in node.inputs]
            values[node] = apply(node.op, *inputs, **node.attrs)
    return values[loss.node]


def test_one_term_is_that_of_bptt_written_out(posed):
    cell, loss, by_hand = posed
    whole = backward_of(loss)
    for use, step in [(1, 1), (2, 5), (4, 5), (1, 3)]:
        start = losses_of(whole.reading, whole.totals)[step]
        readers = readers_at(whole.reading, cell.W.node, use)
        one = Backward(whole.reading, whole.scene, start, cell.W.node, readers)
        np.testing.assert_allclose(one.totals[cell.W.node], by_hand[use, step], rtol=1e-10)
        lit = {n for names, flow in one.flows.items() if flow.norm is not None for n in names}
        columns = {item.column for item in whole.scene.items if item.id in lit}
        assert columns - {None} == set(range(use, step + 1))  # column 0 is t = 0


def test_a_term_of_a_later_use_does_not_exist(posed):
    _, loss, _ = posed
    with pytest.raises(ValueError, match="the loss of step 2 does not depend on it"):
        ar.draw(loss, highlight=("W", 4, 2), steps="all")


# ----------------------------------------------------------------------------- Jacobians along time


@pytest.mark.parametrize("kind", ["rnn", "lstm", "gru"])
def test_the_strip_shows_the_jacobians_of_what_is_left_of_the_sequence(kind):
    cell, T = cell_of(kind), 6
    xs = np.random.default_rng(8).normal(size=(BATCH, T, INPUTS))
    run = ar.unroll(cell, xs)
    graph = ar.Graph(loss_over(run))
    (found,) = vanishing_of(Reading(graph, read_time(graph)))
    assert set(found.norms) == set(cell.slots)
    for i, slot in enumerate(cell.slots):
        for t in range(1, T):
            state = [part.data for part in run.states[t]]

            def last(part, state=state, slot=slot, t=t):
                start = (part,)
                if kind == "lstm":  # h_t = o_t ⊙ tanh(c_t) moves with c_t
                    h, c = state
                    o = h / np.tanh(c)
                    start = (part, c) if slot == "h" else (o * ar.engine.tanh(part), part)
                return ar.unroll(cell, xs[:, t:], state=start).outputs[-1]

            blocks = ar.jacobian(last)(state[i]).data
            norms = [np.linalg.norm(blocks[b, :, b], 2) for b in range(BATCH)]
            assert found.norms[slot][t] == pytest.approx(max(norms), rel=1e-10)


def test_of_a_large_batch_the_first_sequences_count_and_the_strip_says_so():
    xs = np.random.default_rng(8).normal(size=(20, 3, INPUTS))
    whole, part = (
        (ar.unroll(cell_of("gru"), some).outputs[-1] ** 2).sum() for some in (xs, xs[:16])
    )
    found, fewer = (
        next(vanishing_of(Reading(graph, read_time(graph))))
        for graph in map(ar.Graph, (whole, part))
    )
    assert (found.sequences, fewer.sequences) == (16, 0)
    assert found.norms["h"] == pytest.approx(fewer.norms["h"], rel=1e-12)
    words = [plain(label.text) for label in ar.draw(whole, show="flow").layout.labels]
    assert any("of the first 16 sequences" in word for word in words)


def test_jacobians_that_take_too_long_are_left_out_in_words():
    xs = np.random.default_rng(8).normal(size=(1, 2, INPUTS))
    run = ar.unroll(ar.RNNCell.init(INPUTS, 65, rng=1), xs)
    drawing = ar.draw((run.outputs[-1] ** 2).sum().named("L"), show="flow")
    words = [plain(label.text) for label in drawing.layout.labels]
    sentence = "How h_2 depends on the states before it is not shown"
    assert any(word.startswith(sentence) for word in words)
    assert sentence in drawing.svg()
    assert not any(mark.kind == "bar" for mark in drawing.layout.marks)


def test_the_bound_holds_and_is_met_where_it_should_be():
    xs = np.random.default_rng(8).normal(size=(BATCH, 5, INPUTS))
    graph = ar.Graph(loss_over(ar.unroll(cell_of("rnn"), xs)))
    (found,) = vanishing_of(Reading(graph, read_time(graph)))
    sigma = np.linalg.norm(cell_of("rnn").W.data[:, :HIDDEN], 2)
    for t, norm in found.norms["h"].items():
        assert found.bound[t] == pytest.approx(sigma ** (5 - t))
        assert norm <= found.bound[t] * (1 + 1e-12)
    q, _ = np.linalg.qr(np.random.default_rng(2).normal(size=(HIDDEN, HIDDEN)))
    W = np.concatenate([0.7 * q, np.ones((HIDDEN, INPUTS))], axis=1)
    linear = ar.RNNCell(W=W, b=np.zeros(HIDDEN), activation="identity")
    graph = ar.Graph(loss_over(ar.unroll(linear, xs)))
    (found,) = vanishing_of(Reading(graph, read_time(graph)))
    for t, norm in found.norms["h"].items():
        assert norm == pytest.approx(0.7 ** (5 - t)) == pytest.approx(found.bound[t])


@pytest.mark.parametrize("kind", ["lstm", "gru"])
def test_a_gated_cell_has_no_such_bound(kind):
    graph = ar.Graph(loss_over(run_of(kind, 4)))
    (found,) = vanishing_of(Reading(graph, read_time(graph)))
    assert found.bound == {}


# ------------------------------------------------------------------------------------ what is drawn


def test_zero_none_and_cut_are_drawn_apart():
    layout = ar.draw(truncated("lstm"), show="flow", steps="all", view="op").layout
    items = {box.item.id: box.item for box in layout.boxes}
    wires = {(w.source, w.target): w for w in layout.wires if w.source}
    into_stop = [w for w in wires.values() if "stop_gradient" in _note(items, w.target)]
    assert len(into_stop) == 2
    assert all(wire.cut for wire in into_stop)
    cut_rails = [w for w in wires.values() if w.kind == "rail" and w.cut]
    assert {items[w.source].note.split("(")[0] for w in cut_rails} == {"stop_gradient"}
    inputs = [w for w in wires.values() if _note(items, w.source).startswith("x_")]
    assert {(w.tone, w.cut, w.value) for w in inputs} == {("none", False, None)}
    # c_0 = 0, so that nothing flows back through f_1: a gradient of 0, which is a gradient
    f_1 = next(w for w in wires.values() if _note(items, w.source).startswith("f_1 "))
    assert f_1.tone == "zero"


def _note(items, name: str) -> str:
    return items[name].note if name in items else ""


def test_wider_wires_carry_larger_gradients_and_say_how_large():
    loss = loss_over(run_of("lstm", 3))
    layout = ar.draw(loss, show="flow", view="op").layout
    flows = backward_of(loss).flows
    drawn = [w for w in layout.wires if w.tone == "flow" and (w.source, w.target) in flows]
    assert len(drawn) > 60
    drawn.sort(key=lambda w: flows[w.source, w.target].norm)
    assert all(a.width <= b.width and a.value <= b.value for a, b in pairwise(drawn))
    assert drawn[0].width < drawn[-1].width / 2
    for wire in drawn:
        number = plain(written(flows[wire.source, wire.target].norm))
        assert f"a gradient of norm {number} flows" in wire.note


def test_a_wrong_number_would_show():
    loss = loss_over(run_of("rnn", 3))
    drawing = ar.draw(loss, view="op")
    flows = backward_of(loss).flows
    scale = Scale.of(flow.norm or 0.0 for flow in flows.values())
    key = next(k for k, flow in flows.items() if flow.norm and 0.2 < scale.value(flow.norm) < 0.8)
    wrong = {**flows, key: Flow(flows[key].norm * 2)}
    right, other = (with_flows(drawing.layout, f, scale).wires for f in (flows, wrong))
    differing = [(a.source, a.target) for a, b in zip(right, other, strict=True) if a != b]
    assert differing == [key]


@pytest.mark.parametrize("steps", [3, 12])
def test_the_strips_have_the_numbers_and_their_bars_the_heights(steps):
    run = run_of("lstm", steps)
    loss = loss_over(run)
    drawing = ar.draw(loss, show="flow", highlight="W_f")
    graph = ar.Graph(loss)
    (found,) = vanishing_of(Reading(graph, read_time(graph)))
    terms = terms_of(backward_of(loss), run.cell.W_f.node)
    written_there = [plain(label.text) for label in drawing.layout.labels if label.role == "strip"]
    shown = (1, 2, steps) if steps > 4 else range(1, steps + 1)
    for t in shown:
        for norms in found.norms.values():
            assert plain(written(norms[t])) in written_there
        assert plain(written(terms.norms[0, t])) in written_there
        assert f"sum {plain(written(terms.running[0, t]))}" in written_there
    assert any(f"t = {terms.largest[1]} contributes most" in words for words in written_there)
    if steps > 4:
        hidden = [norms[t] for norms in found.norms.values() for t in range(3, steps)]
        assert f"{plain(written(min(hidden)))} … {plain(written(max(hidden)))}" in written_there
    bars = {m.note: _height(m) for m in drawing.layout.marks if m.kind == "chosen" and m.note}
    norms = {t: terms.norms[0, t] for t in shown if terms.norms[0, t]}
    heights = {t: next(h for n, h in bars.items() if f" t = {t}:" in n) for t in norms}
    first = max(norms)
    for t in norms:  # in proportion, a term of twice the size is twice as high
        assert heights[t] / heights[first] == pytest.approx(norms[t] / norms[first], abs=0.02)


def _height(mark) -> float:
    ys = [y for _, y in mark.points]
    return max(ys) - min(ys)


def test_chips_are_filled_by_their_share():
    run = run_of("lstm", 4)
    loss = loss_over(run)
    layout = ar.draw(loss, highlight="W_i", steps="all").layout
    terms = terms_of(backward_of(loss), run.cell.W_i.node)
    chips = {b.item.column: b.emphasis for b in layout.boxes if str(b.item.letter) == "W_i"}
    largest = max(terms.norms.values())
    assert chips == {
        t: pytest.approx(max(terms.norms[0, t] / largest, 0.01), abs=1e-3) for t in range(1, 5)
    }
    assert all(b.emphasis is None for b in layout.boxes if str(b.item.letter) == "W_f")


def test_what_is_not_on_a_path_recedes_by_width_and_dash():
    layout = ar.draw(loss_over(run_of("gru", 4)), highlight=("W_z", 2, 4), view="op").layout
    tones = {wire.tone for wire in layout.wires if wire.source}
    assert tones == {"flow", "zero", "aside"} or tones == {"flow", "aside"}
    early = [w for w in layout.wires if w.source in _items_of_column(layout, 1)]
    assert early
    assert {wire.tone for wire in early} == {"aside"}


def _items_of_column(layout, column: int) -> set[str]:
    return {box.item.id for box in layout.boxes if box.item.column == column}


PICTURES = {
    "flow": {"show": "flow"},
    "flow and numbers": {"show": "flow, norms", "view": "op"},
    "sum": {"highlight": "W_g"},
    "sum and flow": {"highlight": "W_g", "show": "flow", "view": "op"},
    "term": {"highlight": ("W_g", 2, 4), "steps": "all"},
    "path": {"highlight": ("h_1", "L")},
}


@pytest.mark.parametrize("options", PICTURES.values(), ids=PICTURES)
@pytest.mark.parametrize(("kind", "steps"), [("lstm", 4), ("gru", 9)])
def test_nothing_is_moved_and_nothing_overlaps(kind, steps, options):
    loss = loss_over(run_of(kind, steps))
    drawing = ar.draw(loss, title="Gradients", **options)
    bare = replace(drawing, overlay=type(drawing.overlay)())
    places = [[(b.item.id, b.x, b.y) for b in d.layout.boxes] for d in (drawing, bare)]
    assert places[0] == places[1]
    assert faults(drawing.layout) == []
    assert list(_colliding(drawing.layout.labels, drawing.layout.width)) == []


def _colliding(labels: Collection[Label], width: float):
    """Yield the labels of strips that lie on each other, or leave the page."""
    boxes = []
    for label in labels:
        line = set_line(label.text, label.size)
        left = label.x - line.width * {"start": 0, "middle": 0.5, "end": 1}[label.anchor]
        boxes.append((left, label.y - 0.6 * label.size, left + line.width, label.y, label))
    for left, _, right, _, label in boxes:
        if label.role == "strip" and not (left >= 0 and right <= width):
            yield f"{plain(label.text)} leaves the page"
    for one, other in combinations(boxes, 2):
        apart = one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
        if not apart and "strip" in (one[4].role, other[4].role):
            yield f"{plain(one[4].text)} on {plain(other[4].text)}"


def test_the_checker_of_labels_catches_two_on_each_other():
    label = Label(("0.25",), 50.0, 20.0, 11.0, "middle", "strip")
    assert list(_colliding([label, replace(label, x=55.0)], 200.0))
    assert list(_colliding([label], 55.0))
    assert not list(_colliding([label, replace(label, x=150.0)], 200.0))


# ------------------------------------------------------------------------------------------ colours

# How colours look to those without one kind of cones (Machado, Oliveira and Fernandes 2009).
COLOUR_BLIND = {
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
                   [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
                     [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
                   [0.004733, 0.691367, 0.303900]],
}  # fmt: skip


def _luminance(colour: str, matrix=None) -> float:
    channels = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    seen = linear if matrix is None else np.clip(np.array(matrix) @ linear, 0, 1)
    return float(seen @ [0.2126, 0.7152, 0.0722])


@pytest.mark.parametrize("matrix", [None, *COLOUR_BLIND.values()], ids=["all", *COLOUR_BLIND])
@pytest.mark.parametrize("theme", THEMES)
def test_the_scale_is_in_order_for_every_eye(theme, matrix):
    seen = [_luminance(THEMES[theme].colour_of(k / 20), matrix) for k in range(21)]
    order = seen if theme == "dark" else seen[::-1]
    assert all(a < b for a, b in pairwise(order))


@pytest.mark.parametrize("theme", THEMES)
def test_colours_have_contrast(theme):
    colours = THEMES[theme].calm
    for k in range(21):
        assert contrast(colours.colour_of(k / 20), colours.paper) >= 3
    assert contrast(aside(colours), colours.paper) >= 3
    assert contrast(colours.thin, colours.paper) >= 4.5  # of letters that recede
    assert contrast(colours.ink, gauge_fill(colours)) >= 4.5
    assert contrast(colours.accent, colours.paper) >= 3
    assert colours.paper == THEMES[theme].paper
    assert mix(colours.accent, colours.paper, 0) == colours.paper


# ----------------------------------------------------------------------------------------- in words


def test_the_description_tells_the_norms_in_the_order_of_reading():
    loss = loss_over(run_of("lstm", 3))
    text = ar.draw(loss, show="flow", highlight="W_f").svg().split("</desc>")[0]
    backward = backward_of(loss)
    node = next(n for n in backward.totals if n.name == "f" and n.place.t == 2)
    assert f"f_2 {plain(written(norm_of(backward.totals[node])))}" in text
    told = text[text.index("Norms of the gradient of L") :]
    places = [
        told.index(word) for word in ("t = 1:", " f_1 ", "t = 2:", " f_2 ", "t = 3:", " f_3 ")
    ]
    assert places == sorted(places)
    assert "‖∂h_3/∂h_t‖" in text
    assert "The gradient of W_f, of norm" in text
    assert "it is stopped" in ar.draw(truncated("rnn")).svg()


def test_norms_can_be_written_into_the_boxes():
    loss = loss_over(run_of("gru", 2))
    scene: Scene = ar.draw(loss, show="norms", view="op").scene
    backward = backward_of(loss)
    for item in scene.items:
        node = node_of(backward.reading.graph, item)
        if item.kind is Kind.OPERATION and node.needs_grad:
            assert item.lines == (f"‖∂‖ {norm_of(backward.totals[node]):.4g}",)


def test_all_formats_hold_it():
    drawing = ar.draw(loss_over(run_of("rnn", 3)), show="flow", highlight="W", theme="print")
    assert drawing.svg() == ar.draw(
        loss_over(run_of("rnn", 3)), show="flow", highlight="W", theme="print"
    ).svg()  # fmt: skip
    assert "sum " in drawing.tikz()
    assert drawing.png().startswith(b"\x89PNG")


def test_a_graph_without_time_has_flows_too():
    x = ar.Tensor([[0.3, -0.2]], name="x")
    y = (ar.Tensor([[0.5], [0.25]], name="w").T * x).sum()
    layout = ar.draw(y, show="flow").layout
    assert {w.tone for w in layout.wires if w.source} == {"flow"}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"show": "flow", "view": "rolled"}, "step by step"),
        ({"highlight": ("W", 9, 2)}, "step 9 is not drawn"),
        ({"highlight": ("W_q", 1, 2)}, "no weight that the steps share"),
        ({"highlight": "W_q"}, "not in this picture"),
    ],
)
def test_what_cannot_be_shown_is_refused_with_a_reason(options, words):
    with pytest.raises(ValueError, match=words):
        ar.draw(loss_over(run_of("rnn", 3)), **options)


def test_a_run_of_symbols_has_no_gradients():
    with pytest.raises(ValueError, match="show='flow' needs one scalar"):
        ar.draw(cell_of("rnn"), show="flow")


def test_two_weights_of_one_name_are_told_apart_by_the_tensor():
    xs = np.random.default_rng(4).normal(size=(BATCH, 3, INPUTS))
    first = ar.unroll(ar.RNNCell.init(INPUTS, HIDDEN, rng=1), xs)
    cell = ar.RNNCell.init(HIDDEN, HIDDEN, rng=2)
    loss = loss_over(ar.unroll(cell, first.stacked))
    with pytest.raises(ValueError, match=r"2 weights are called that: choose W\^\(1\), W\^\(2\)"):
        ar.draw(loss, highlight="W")
    terms = terms_of(backward_of(loss), cell.W.node)
    for asked in (cell.W, "W^(2)"):
        words = [plain(label.text) for label in ar.draw(loss, highlight=asked).layout.labels]
        assert any(f"‖dL/dW^(2)‖ = {plain(written(terms.total))};" in word for word in words)


@pytest.mark.parametrize("norms", [[], [0.0], [3.0], [1e-30, 1.0], [0.02, 0.7, 4.0]])
def test_scales_have_round_ends_and_ordered_ticks(norms):
    scale = Scale.of(norms)
    assert 0 < scale.low < scale.high
    ticks = scale.ticks(0.15)
    assert ticks == sorted(set(ticks))
    assert all(0 <= scale.value(norm) <= 1 for norm in norms)
    assert all(f"{end:e}"[0] in "125" for end in (scale.low, scale.high))
