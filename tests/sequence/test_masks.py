"""Unequal lengths, masks, sequences read from the end, and h_0 = x_0."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from autograd_rnn.cells import GRUCell, LSTMCell, RNNCell
from autograd_rnn.engine import Graph, Tensor
from autograd_rnn.sequence import unroll
from tests.engine.numerics import TINY, close

BATCH, T, M, N = 3, 6, 2, 4
LENGTHS = [4, 6, 1]
MASK = np.arange(T) < np.array(LENGTHS)[:, None]

CELLS = {
    "rnn": (RNNCell, {}),
    "lstm": (LSTMCell, {}),
    "lstm projected": (LSTMCell, {"peepholes": "diagonal", "projection": 5}),
    "gru reset after": (GRUCell, {"reset": "after", "keeps": "z"}),
}


@pytest.fixture(params=CELLS)
def made(request):
    cell, settings = CELLS[request.param]
    rng = np.random.default_rng(21)
    drawn = cell.init(M, N, **settings)
    numbers = {name: rng.normal(size=p.shape) for name, p in drawn.parameters.items()}
    return replace(drawn, **numbers)


class Problem:
    """Data, initial states, and a loss that reads every output and the last state."""

    def __init__(self, cell):
        rng = np.random.default_rng(22)
        self.cell = cell
        self.xs = rng.normal(size=(BATCH, T, M))
        self.initial = [rng.normal(size=s.shape) for s in cell.initial_state(BATCH)]
        self.weights = rng.normal(size=(BATCH, T, cell.outputs))
        self.final = [rng.normal(size=s.shape) for s in self.initial]

    def loss(self, xs, state, rows=slice(None), stop=None, **how):
        """Of some of the sequences, up to some step."""
        run = unroll(self.cell, xs, state=state, **how)
        last = sum((w[rows] * s).sum() for w, s in zip(self.final, run.states[-1], strict=True))
        return run, (self.weights[rows, :stop] * run.stacked).sum() + last

    def gradients(self, **how):
        """Of the whole batch, padded."""
        xs, state = Tensor(self.xs), tuple(Tensor(s) for s in self.initial)
        run, loss = self.loss(xs, state, **how)
        loss.backward()
        return run, self._collected(xs.grad, [s.grad for s in state])

    def alone(self, **how):
        """Each sequence alone, at its own length: no padding and no mask."""
        d_xs, d_state = np.zeros(self.xs.shape), [np.zeros(s.shape) for s in self.initial]
        runs = []
        for b, length in enumerate(LENGTHS):
            xs = Tensor(self.xs[b : b + 1, :length])
            state = tuple(Tensor(s[b : b + 1]) for s in self.initial)
            run, loss = self.loss(xs, state, slice(b, b + 1), length, **how)
            loss.backward()
            d_xs[b, :length] = xs.grad[0]
            for gradient, s in zip(d_state, state, strict=True):
                gradient[b] = s.grad[0]
            runs.append(run)
        return runs, self._collected(d_xs, d_state)

    def _collected(self, d_xs, d_state):
        found = {name: p.grad for name, p in self.cell.parameters.items()}
        for p in self.cell.parameters.values():
            p.grad = None
        return {**found, "xs": d_xs, **dict(zip(self.cell.slots, d_state, strict=True))}


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("how", [{"lengths": LENGTHS}, {"mask": MASK}], ids=["lengths", "mask"])
class TestUnequalLengths:
    def test_a_batch_is_its_sequences_alone(self, made, how, reverse):
        problem = Problem(made)
        run, gradients = problem.gradients(**how, reverse=reverse)
        runs, alone = problem.alone(reverse=reverse)
        for b, (length, single) in enumerate(zip(LENGTHS, runs, strict=True)):
            close(run.stacked.data[b, :length], single.stacked.data[0], 1e-14)
            for ours, own in zip(run.states[-1], single.states[-1], strict=True):
                close(ours.data[b], own.data[0], 1e-14)
        assert gradients.keys() == alone.keys()
        for name, gradient in gradients.items():
            close(gradient, alone[name], 1e-13)

    def test_past_its_end_a_sequence_has_no_output_and_no_gradient(self, made, how, reverse):
        run, gradients = Problem(made).gradients(**how, reverse=reverse)
        assert not run.stacked.data[~MASK].any()
        assert not gradients["xs"][~MASK].any()
        assert np.abs(gradients["xs"][MASK]).min() > 0

    def test_what_is_padded_with_does_not_matter(self, made, how, reverse):
        problem = Problem(made)
        _, gradients = problem.gradients(**how, reverse=reverse)
        problem.xs[~MASK] = 1e9
        _, others = problem.gradients(**how, reverse=reverse)
        assert all(np.array_equal(gradients[name], others[name]) for name in gradients)

    def test_the_complex_step_through_the_graph(self, made, how, reverse):
        problem = Problem(made)
        xs = Tensor(problem.xs)
        _, loss = problem.loss(xs, None, **how, reverse=reverse)
        loss.backward()
        graph, rng = Graph(loss), np.random.default_rng(23)
        for handle in [*made.parameters.values(), xs]:
            along = rng.normal(size=handle.shape)
            values = graph.evaluate({handle: handle.data + 1j * TINY * along})
            close(np.imag(values[loss.node]) / TINY, np.vdot(handle.grad, along), 1e-12)


def test_a_finished_sequence_keeps_its_state(made):
    run = unroll(made, Problem(made).xs, lengths=LENGTHS)
    for slot, _ in enumerate(made.slots):
        for t in range(2, T + 1):
            held, before = run.states[t][slot].data[2], run.states[1][slot].data[2]
            assert np.array_equal(held, before)
    assert np.array_equal(run.mask, MASK)


def test_a_mask_with_holes_skips_steps():
    cell = GRUCell.init(M, N, rng=0)
    xs = np.random.default_rng(1).normal(size=(1, 4, M))
    run = unroll(cell, xs, mask=[[1, 0, 0, 1]])
    skipped = unroll(cell, xs[:, [0, 3]])
    close(run.outputs[4].data, skipped.outputs[2].data, 0.0)
    assert not run.outputs[2].data.any()


def test_a_sequence_of_no_steps_keeps_its_initial_state():
    cell = RNNCell.init(M, N, rng=0)
    state = np.random.default_rng(1).normal(size=(BATCH, N))
    run = unroll(cell, np.ones((BATCH, T, M)), state=(state,), lengths=[0, 2, T])
    assert np.array_equal(run.states[-1][0].data[0], state[0])


def test_where_all_steps_count_there_is_no_mask(made):
    assert unroll(made, Problem(made).xs).mask is None
    assert "where" not in {n.op for n in unroll(made, steps=2).graph}


class TestReverse:
    def test_it_is_the_sequence_turned_round_and_its_outputs_turned_back(self, made):
        problem = Problem(made)
        backwards = unroll(made, problem.xs, state=tuple(problem.initial), reverse=True)
        turned = unroll(made, problem.xs[:, ::-1], state=tuple(problem.initial))
        assert np.array_equal(backwards.stacked.data, turned.stacked.data[:, ::-1])
        for ours, theirs in zip(backwards.states, turned.states, strict=True):
            assert all(np.array_equal(a.data, b.data) for a, b in zip(ours, theirs, strict=True))

    def test_steps_keep_their_places(self, made):
        run = unroll(made, steps=3, reverse=True)
        assert [h.place.t for h in run.outputs] == [1, 2, 3]
        assert [x.node for x in run.inputs] == run.recurrence.sequence[::-1]
        assert run.outputs[1] is run.states[-1][0]


class TestTheFirstInputAsState:
    def test_equals_giving_it(self, made):
        square = type(made).init(made.outputs, N, rng=0, **made.settings)
        xs = np.random.default_rng(1).normal(size=(BATCH, T, made.outputs))
        run = unroll(square, xs, state="first input")
        zeros = [np.zeros((BATCH, N)) for _ in square.slots[1:]]
        given = unroll(square, xs[:, 1:], state=(xs[:, 0], *zeros))
        assert len(run) == T - 1
        assert np.array_equal(run.stacked.data, given.stacked.data)

    def test_its_gradient_is_that_of_the_state(self):
        cell = RNNCell.init(N, N, rng=0)
        numbers = np.random.default_rng(1).normal(size=(BATCH, T, N))
        xs, h_0 = Tensor(numbers), Tensor(numbers[:, 0])
        weights = np.random.default_rng(2).normal(size=(BATCH, T - 1, N))
        (weights * unroll(cell, xs, state="first input").stacked).sum().backward()
        (weights * unroll(cell, numbers[:, 1:], state=(h_0,)).stacked).sum().backward()
        close(xs.grad[:, 0], h_0.grad, 1e-15)
        assert np.abs(xs.grad).min() > 0

    def test_symbols(self):
        run = unroll(GRUCell.init(N, N, rng=0), steps=3, state="first input")
        assert (len(run), run.states[0][0].name) == (3, "h_0")


XS = np.ones((BATCH, T, M))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"lengths": LENGTHS, "mask": MASK}, "either lengths or a mask"),
        ({"lengths": [1, 2]}, r"one a sequence: int64 of shape \(2,\) for a batch of 3"),
        ({"lengths": [1.0, 2.0, 3.0]}, "lengths are integers, one a sequence: float64"),
        ({"lengths": [1, 7, 2]}, "length 7 of sequence 1: the data have 6 steps"),
        ({"lengths": [1, 2, -1]}, "length -1 of sequence 2: the data have 6 steps"),
        ({"mask": MASK[:, :3]}, r"the mask has shape \(3, 3\); \(batch, T\) is \(3, 6\)"),
        ({"mask": 0.5 * MASK}, "True or 1 where a step counts"),
        ({"state": "last input"}, "a state by name is 'first input'"),
        ({"state": "first input"}, "needs inputs of the size of h; here are 2 and 4"),
    ],
)
def test_what_is_refused_says_what_to_do(options, words):
    with pytest.raises(ValueError, match=words):
        unroll(RNNCell.init(M, N, rng=0), XS, **options)


def test_a_first_input_and_no_other_is_no_step():
    with pytest.raises(ValueError, match="there is no step to take"):
        unroll(RNNCell.init(M, M, rng=0), XS[:, :1], state="first input")
