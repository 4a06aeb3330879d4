"""Unrolling: what comes out, how steps are counted, and what is refused in which words."""

from __future__ import annotations

import numpy as np
import pytest

from autograd_rnn.cells import CELLS, GRUCell, LSTMCell, RNNCell
from autograd_rnn.engine import Graph, Tensor, symbol
from autograd_rnn.engine.differentiate import pull_back
from autograd_rnn.sequence import unroll
from tests.engine.numerics import close

BATCH, T, M, N = 2, 5, 3, 4
XS = np.random.default_rng(41).normal(size=(BATCH, T, M))


@pytest.fixture(params=CELLS)
def cell(request):
    return CELLS[request.param].init(inputs=M, hidden=N, rng=0)


@pytest.fixture
def rnn():
    return RNNCell.init(inputs=M, hidden=N, rng=0)


class TestRun:
    def test_it_is_the_cell_called_step_by_step(self, cell):
        run = unroll(cell, XS)
        state = cell.initial_state(BATCH)
        for t in range(1, T + 1):
            state = cell(XS[:, t - 1], state)
            for ours, theirs in zip(run.states[t], state, strict=True):
                assert np.array_equal(ours.data, theirs.data)

    def test_shapes_and_counts(self, cell):
        run = unroll(cell, XS)
        assert (len(run), len(run.inputs), len(run.outputs), len(run.states)) == (T, T, T, T + 1)
        assert run.stacked.shape == (BATCH, T, N)
        assert np.array_equal(run.stacked.data[:, 2], run.outputs[3].data)
        assert [s.name for s in run.states[0]] == [f"{slot}_0" for slot in cell.slots]
        assert repr(run) == f"<Run of {cell.kind}: 5 steps, batch=2, hidden=4>"

    def test_the_output_is_h(self):
        run = unroll(LSTMCell.init(inputs=M, hidden=N, rng=0), XS)
        assert all(run.outputs[t] is run.states[t][0] for t in range(1, T + 1))

    def test_weights_are_shared(self, cell):
        graph = unroll(cell, XS).graph
        for p in cell.parameters.values():
            assert graph.leaves.count(p.node) == 1

    def test_an_initial_state_is_given_and_differentiated(self, cell):
        state = tuple(Tensor(np.full((BATCH, N), 0.3 + i)) for i, _ in enumerate(cell.slots))
        run = unroll(cell, XS, state=state)
        assert run.states[0] == state
        run.outputs[1].sum().backward()
        assert all(s.grad is not None and s.grad.shape == (BATCH, N) for s in state)

    def test_zeros_are_differentiated_too(self, cell):
        run = unroll(cell, XS)
        run.stacked.sum().backward()
        assert all(s.grad.shape == (BATCH, N) for s in run.states[0])

    def test_a_state_goes_on_where_another_run_ended(self, cell):
        whole = unroll(cell, XS)
        first = unroll(cell, XS[:, :2])
        second = unroll(cell, XS[:, 2:], state=first.states[-1])
        close(second.stacked.data, whole.stacked.data[:, 2:], 0.0)
        weights = np.random.default_rng(1).normal(size=(BATCH, N))
        (whole.outputs[T] * weights).sum().backward()
        gradients = {name: p.grad for name, p in cell.parameters.items()}
        for p in cell.parameters.values():
            p.grad = None
        (second.outputs[-1] * weights).sum().backward()
        for name, p in cell.parameters.items():
            close(p.grad, gradients[name], 1e-14)

    def test_an_array_is_constant_and_a_tensor_is_differentiated(self, cell):
        xs = Tensor(XS, name="xs")
        run = unroll(cell, xs)
        run.outputs[3].sum().backward()
        assert np.any(xs.grad[:, :3], axis=(0, 2)).all()
        assert not np.any(xs.grad[:, 3:])
        assert not any(x.node.needs_grad for x in unroll(cell, XS).inputs)

    def test_the_data_are_copied(self, rnn):
        xs = XS.copy()
        run = unroll(rnn, xs)
        before = run.stacked.data.copy()
        xs[:] = 0.0
        run.stacked.sum().backward()
        again = RNNCell(rnn.W.data, rnn.b.data)
        unroll(again, XS).stacked.sum().backward()
        close(rnn.W.grad, again.W.grad, 1e-15)
        assert np.array_equal(run.stacked.data, before)

    def test_two_layers(self):
        lower = GRUCell.init(inputs=M, hidden=N, rng=0)
        upper = LSTMCell.init(inputs=N, hidden=2, rng=1)
        run = unroll(upper, unroll(lower, XS).stacked)
        assert run.stacked.shape == (BATCH, T, 2)
        run.stacked.sum().backward()
        assert all(p.grad is not None for p in lower.parameters.values())

    def test_one_step(self, cell):
        run = unroll(cell, XS[:, :1])
        assert (len(run), run.outputs[1] is run.outputs[-1]) == (1, True)
        run.stacked.sum().backward()

    def test_integers_are_data_as_well(self, rnn):
        one_hot = np.eye(M, dtype=int)[[[0, 2, 1]]]
        close(unroll(rnn, one_hot).stacked.data, unroll(rnn, one_hot * 1.0).stacked.data, 0.0)

    def test_lists_are_data(self, rnn):
        close(unroll(rnn, XS.tolist()).stacked.data, unroll(rnn, XS).stacked.data, 0.0)


class TestSymbols:
    def test_a_graph_of_shapes(self, cell):
        run = unroll(cell, steps=3)
        assert run.outputs[3].shape == (1, N)
        assert all(x.node.value is None for x in run.outputs)
        values = unroll(cell, np.ones((1, 3, M)))

        def told(graph):
            return [(n.op, n.name, n.shape, n.place) for n in graph if n.primitive is not None]

        assert told(run.graph) == told(values.graph)

    def test_evaluated_with_data_it_is_the_run_with_data(self, cell):
        run = unroll(cell, steps=3)
        xs = np.random.default_rng(2).normal(size=(1, 3, M))
        found = run.graph.evaluate({x: xs[:, t] for t, x in enumerate(run.inputs)})
        close(found[run.outputs[3].node], unroll(cell, xs).outputs[3].data, 0.0)

    def test_numpys_integers_count(self, cell):
        assert len(unroll(cell, steps=np.int64(3))) == 3


class TestSteps:
    @pytest.fixture
    def steps(self, rnn):
        return unroll(rnn, XS).outputs

    def test_from_one_and_from_the_end(self, steps):
        listed = list(steps)
        assert [steps[t] is h for t, h in enumerate(listed, 1)] == [True] * T
        assert [steps[-t] is h for t, h in enumerate(reversed(listed), 1)] == [True] * T

    @pytest.mark.parametrize("t", [0, T + 1, -T - 1])
    def test_there_is_no_other(self, steps, t):
        with pytest.raises(IndexError, match=rf"step {t}: steps are counted from 1 to {T}"):
            steps[t]

    @pytest.mark.parametrize(
        ("cut", "counted"),
        [
            (slice(None), [1, 2, 3, 4, 5]),
            (slice(1, 3), [1, 2]),
            (slice(2, None), [2, 3, 4, 5]),
            (slice(None, 3), [1, 2]),
            (slice(-2, None), [4, 5]),
            (slice(None, -2), [1, 2, 3]),
            (slice(None, None, 2), [1, 3, 5]),
            (slice(None, None, -1), [5, 4, 3, 2, 1]),
            (slice(3, None, -1), [3, 2, 1]),
            (slice(4, 9), [4, 5]),
            (slice(3, 3), []),
        ],
    )
    def test_slices_count_alike(self, steps, cut, counted):
        assert [h.node for h in steps[cut]] == [steps[t].node for t in counted]

    def test_reversed(self, steps):
        assert [h.node for h in reversed(steps)] == [h.node for h in list(steps)[::-1]]

    def test_membership_and_words(self, steps):
        assert steps[3] in steps
        assert repr(steps) == "<5 steps of shape (2, 4)>"


def spoilt(value):
    xs = XS.copy()
    xs[1, 3, 2] = value
    return xs


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "either the data xs or a number of steps"),
        ({"xs": XS, "steps": 3}, "either the data xs or a number of steps"),
        ({"steps": 0}, "steps=0: a network is unrolled over 1 step or more"),
        ({"steps": -1}, "steps=-1: .* 1 step or more"),
        ({"steps": 2.5}, "steps=2.5: .* 1 step or more"),
        ({"xs": XS[..., :2]}, r"\(2, 5, 2\); this rnn takes \(batch, T, inputs\) with inputs = 3$"),
        ({"xs": XS[0]}, r"\(5, 3\); .*; for one sequence write xs\[None\]"),
        ({"xs": XS[0, 0]}, r"xs has shape \(3,\); this rnn takes \(batch, T, inputs\)"),
        ({"xs": XS[:, :0]}, r"xs has shape \(2, 0, 3\): there is no step to take"),
        ({"xs": XS[:0]}, r"xs has shape \(0, 5, 3\): there is no step to take"),
        ({"xs": spoilt(np.nan)}, r"holds nan at batch 1, step 4, input 2 \(1 such in all\)"),
        ({"xs": spoilt(np.inf)}, "holds inf at batch 1, step 4, input 2 .* must be finite"),
        ({"xs": Tensor(spoilt(np.nan))}, "holds nan at batch 1, step 4, input 2"),
        ({"xs": XS, "state": ()}, r"the state of this rnn is \(h\), not 0 arrays"),
        ({"xs": XS, "state": (1, 2)}, r"the state of this rnn is \(h\), not 2 arrays"),
        (
            {"xs": XS, "state": (np.zeros(N),)},
            r"initial h has shape \(4,\); \(batch, hidden\) is \(2, 4\)",
        ),
        (
            {"xs": XS, "state": (Tensor(np.zeros((3, N))),)},
            r"initial h has shape \(3, 4\); \(batch, hidden\) is \(2, 4\)",
        ),
    ],
)
def test_what_is_refused_says_what_to_do(rnn, options, words):
    with pytest.raises(ValueError, match=words):
        unroll(rnn, **options)


@pytest.mark.parametrize(
    "xs", [np.array([[["a", "b", "c"]]]), [[[1.0, 2.0, 3.0], [4.0]]], np.array([[[None] * 3]])]
)
def test_data_that_are_no_numbers(rnn, xs):
    with pytest.raises(TypeError, match="numbers"):
        unroll(rnn, xs)


def test_a_class_is_no_cell_and_says_how_to_make_one():
    with pytest.raises(TypeError, match=r"unroll takes a cell: RNNCell.init\(inputs=3, hidden=2\)"):
        unroll(RNNCell, steps=2)


def test_symbols_as_data_are_refused_with_a_reason(rnn):
    with pytest.raises(ValueError, match="is a symbol and has no value"):
        unroll(rnn, symbol((2, 5, 3), "xs"))


def test_a_layer_is_put_on_a_network_of_symbols(rnn):
    above = RNNCell.init(inputs=rnn.outputs, hidden=3, rng=1)
    run = unroll(above, unroll(rnn, steps=4).stacked)
    assert [h.shape for h in run.outputs] == [(1, 3)] * 4


def test_the_pieces_of_a_long_sequence_are_put_together_at_once():
    # Not added up as 500 arrays, each as large as xs.
    rnn = RNNCell.init(inputs=M, hidden=N, rng=0)
    xs = Tensor(np.random.default_rng(3).normal(size=(BATCH, 500, M)))
    loss = unroll(rnn, xs).stacked.sum()
    found = pull_back({loss.node: Tensor(1.0)}, [xs.node], record=True)[xs.node]
    assert found.node.op == "assemble"
    assert len(found.node.inputs) == 500
    assert sum(n.shape == xs.shape for n in Graph(found)) == 1 + 1  # xs itself, and its gradient
