"""The cells against their equations in plain NumPy: states, and every gradient."""

from __future__ import annotations

import re
from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest

import autograd_rnn.engine as ar
from autograd_rnn.cells import CELLS, GRUCell, LSTMCell, RNNCell
from autograd_rnn.engine import Graph, Tensor
from autograd_rnn.sequence import unroll
from tests.cells import equations
from tests.engine.numerics import TINY, close

BATCH, T, M, N = 2, 5, 3, 4

KINDS = [
    pytest.param("rnn", {"activation": "tanh"}, id="rnn-tanh"),
    pytest.param("rnn", {"activation": "logistic"}, id="rnn-logistic"),
    pytest.param("rnn", {"activation": "relu"}, id="rnn-relu"),
    pytest.param("lstm", {}, id="lstm"),
    pytest.param("gru", {}, id="gru"),
]
every_cell = pytest.mark.parametrize(("kind", "options"), KINDS)


class Problem:
    """A cell with random weights and biases, random data, states, and weights of the loss."""

    def __init__(self, kind, options, seed=0):
        rng = np.random.default_rng(seed)
        self.kind, self.options = kind, options
        drawn = CELLS[kind].init(inputs=M, hidden=N, rng=rng, **options)
        biases = {n: rng.normal(size=N) for n in drawn.parameters if n.startswith("b")}
        self.cell = replace(drawn, **biases)
        self.xs = rng.normal(size=(BATCH, T, M))
        self.initial = tuple(rng.normal(size=(BATCH, N)) for _ in drawn.slots)
        # The loss reads every output, and the last state, all with weights of their own.
        self.weights = rng.normal(size=(T, BATCH, N))
        self.final = tuple(rng.normal(size=(BATCH, N)) for _ in drawn.slots)

    def loss_of(self, outputs, last):
        terms = [(w * h).sum() for w, h in zip(self.weights, outputs, strict=True)]
        return sum([*terms, *((w * s).sum() for w, s in zip(self.final, last, strict=True))])

    def run(self):
        held = tuple(
            Tensor(s, name=f"{slot}_0")
            for slot, s in zip(self.cell.slots, self.initial, strict=True)
        )
        self.state = held
        self.inputs = Tensor(self.xs, name="xs")
        run = unroll(self.cell, self.inputs, state=held)
        return run, self.loss_of(run.outputs, run.states[-1])

    def numbers(self):
        """Everything that can be differentiated, by name."""
        numbers = {name: np.asarray(p.data) for name, p in self.cell.parameters.items()}
        slots = {f"{s}_0": v for s, v in zip(self.cell.slots, self.initial, strict=True)}
        return {**numbers, **slots, "xs": self.xs}

    def plain(self, numbers):
        """The loss by the equations in NumPy."""
        initial = tuple(numbers[f"{slot}_0"] for slot in self.cell.slots)
        found = equations.states(self.kind, numbers["xs"], initial, numbers, **self.options)
        return self.loss_of([state[0] for state in found], found[-1])

    def handles(self):
        slots = {f"{slot}_0": s for slot, s in zip(self.cell.slots, self.state, strict=True)}
        return {**self.cell.parameters, **slots, "xs": self.inputs}


@every_cell
def test_states(kind, options):
    problem = Problem(kind, options)
    run, _ = problem.run()
    expected = equations.states(
        kind, problem.xs, problem.initial, problem.numbers(), **problem.options
    )
    for state, wanted in zip(run.states[1:], expected, strict=True):
        for ours, theirs in zip(state, wanted, strict=True):
            close(ours.data, theirs, 1e-14)
    close(run.stacked.data, np.stack([s[0] for s in expected], axis=1), 1e-14)


@every_cell
def test_every_gradient_against_the_complex_step_through_the_equations(kind, options):
    problem = Problem(kind, options)
    _, loss = problem.run()
    loss.backward()
    numbers, handles = problem.numbers(), problem.handles()
    close(loss.data, problem.plain(numbers), 1e-13)
    for name, x in numbers.items():
        expected = np.empty(x.shape)
        for at in np.ndindex(x.shape):
            moved = x.astype(complex)
            moved[at] += 1j * TINY
            expected[at] = np.imag(problem.plain({**numbers, name: moved})) / TINY
        close(handles[name].grad, expected, 1e-13)


@every_cell
def test_every_gradient_against_the_complex_step_through_the_graph(kind, options):
    problem = Problem(kind, options)
    _, loss = problem.run()
    loss.backward()
    graph = Graph(loss)
    rng = np.random.default_rng(1)
    for handle in problem.handles().values():
        along = rng.normal(size=handle.shape)
        values = graph.evaluate({handle: handle.data + 1j * TINY * along})
        close(np.imag(values[loss.node]) / TINY, np.vdot(handle.grad, along), 1e-13)


@every_cell
def test_forward_mode_agrees(kind, options):
    problem = Problem(kind, options)
    names = list(problem.cell.parameters)
    rng = np.random.default_rng(2)
    along = [rng.normal(size=p.shape) for p in problem.cell.parameters.values()]

    def loss(*parameters):
        cell = replace(problem.cell, **dict(zip(names, parameters, strict=True)))
        run = unroll(cell, problem.xs, state=problem.initial)
        return problem.loss_of(run.outputs, run.states[-1])

    primals = [np.asarray(p.data) for p in problem.cell.parameters.values()]
    _, moved = ar.jvp(loss, primals, along)
    gradients = ar.grad(loss, range(len(names)))(*primals)
    expected = sum(np.vdot(g.data, v) for g, v in zip(gradients, along, strict=True))
    close(moved.data, expected, 1e-13)


@pytest.mark.parametrize("swap", [("W_f", "W_i"), ("W_i", "W_o"), ("b_g", "b_o")])
def test_a_gate_taken_for_another_is_seen(swap):
    # Random unequal weights: with equal ones this test would see nothing.
    problem = Problem("lstm", {})
    first, second = swap
    parameters = problem.cell.parameters
    problem.cell = replace(
        problem.cell, **{first: parameters[second].data, second: parameters[first].data}
    )
    _, loss = problem.run()
    honest = Problem("lstm", {})
    with pytest.raises(AssertionError):
        close(loss.data, honest.plain(honest.numbers()), 1e-3)


@every_cell
def test_float32_stays_float32(kind, options):
    cell = CELLS[kind].init(inputs=M, hidden=N, rng=0, dtype=np.float32, **options)
    xs = np.ones((BATCH, T, M), np.float32)
    state = [np.ones((BATCH, N)) for _ in cell.slots]
    for run in (unroll(cell, xs), unroll(cell, xs, state=state)):
        loss = (run.stacked * run.stacked).mean()
        loss.backward()
        assert {n.dtype.name for n in Graph(loss) if n.shape} == {"float32"}
        assert {p.grad.dtype.name for p in cell.parameters.values()} == {"float32"}


def test_the_equations_at_numbers_worked_by_hand():
    # One unit, one input, weights that make every gate a round number.
    half = {"W": [[0.0, 0.0]], "b": [0.0]}
    lstm = LSTMCell(**{f"{k}_{q}": v for q in "figo" for k, v in half.items()})
    h, c = lstm(np.ones((1, 1)), (np.zeros((1, 1)), np.full((1, 1), 4.0)))
    assert c.data.item() == 2.0  # f = 1/2 of what was, i = 1/2 of tanh 0
    assert h.data.item() == pytest.approx(0.5 * np.tanh(2.0))
    gru = GRUCell(**{f"{k}_{q}": v for q in "zrg" for k, v in half.items()})
    (h,) = gru(np.ones((1, 1)), (np.full((1, 1), 4.0),))
    assert h.data.item() == 2.0  # z = 1/2 of tanh 0, 1 - z = 1/2 of what was
    closed = replace(gru, b_z=np.array([-1000.0]))
    (h,) = closed(np.ones((1, 1)), (np.full((1, 1), 4.0),))
    assert h.data.item() == 4.0  # an update gate of 0 keeps the past


class TestACellIsData:
    def test_frozen(self):
        cell = RNNCell.init(inputs=M, hidden=N, rng=0)
        with pytest.raises(FrozenInstanceError):
            cell.W = Tensor(np.ones((N, N + M)))

    def test_sizes_and_parameters(self):
        for kind, count in (("rnn", 1), ("lstm", 4), ("gru", 3)):
            cell = CELLS[kind].init(inputs=M, hidden=N, rng=0)
            assert (cell.kind, cell.inputs, cell.hidden) == (kind, M, N)
            assert sum(p.size for p in cell.parameters.values()) == count * (N * M + N * N + N)
            assert all(p.name == name for name, p in cell.parameters.items())

    def test_arrays_become_tensors_of_their_own_dtype(self):
        W, b = np.ones((2, 5), np.float32), [0, 1]
        cell = RNNCell(W, b)
        assert (cell.W.name, cell.W.dtype, cell.b.dtype) == ("W", np.float32, np.float64)
        W[:] = 5.0
        assert np.array_equal(cell.W.data, np.ones((2, 5)))

    def test_calling_it_changes_nothing(self):
        cell = LSTMCell.init(inputs=M, hidden=N, rng=0)
        x, state = np.ones((BATCH, M)), cell.initial_state(BATCH)
        first, second = cell(x, state), cell(x, state)
        for a, b in zip(first, second, strict=True):
            assert np.array_equal(a.data, b.data)

    def test_a_weight_that_does_not_act_on_h_and_x(self):
        with pytest.raises(ValueError, match=r"W has shape \(4, 4\).*\(hidden, hidden \+ inputs\)"):
            RNNCell(np.ones((4, 4)), np.ones(4))

    def test_shapes_that_do_not_fit_each_other(self):
        good = LSTMCell.init(inputs=M, hidden=N, rng=0).parameters
        for name, wrong, right in (("W_o", (N, N + 1), (N, N + M)), ("b_i", (N + 1,), (N,))):
            words = f"{name} has shape {wrong}; to fit W_f it must be {right}"
            with pytest.raises(ValueError, match=f"^{re.escape(words)}$"):
                LSTMCell(**{**good, name: np.ones(wrong)})

    def test_an_unknown_activation(self):
        with pytest.raises(
            ValueError, match="'softplus': the rnn takes one of tanh, logistic, relu"
        ):
            RNNCell.init(inputs=M, hidden=N, rng=0, activation="softplus")
