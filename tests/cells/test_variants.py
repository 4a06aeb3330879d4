"""Every variant against its equations in plain NumPy, and every gradient by the complex step."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from autograd_rnn.cells import GRUCell
from autograd_rnn.engine import Graph, Tensor
from autograd_rnn.sequence import unroll
from tests.cells.equations import logistic
from tests.engine.numerics import TINY, close

BATCH, T, M, N = 2, 4, 3, 5


# --- the equations, for arrays of any dtype; rows are examples --------------------------------


def affine(p, q, *operands):
    """W_q [operands] + b_q, without the bias where there is none."""
    return np.concatenate(operands, axis=1) @ p[f"W_{q}"].T + p.get(f"b_{q}", 0.0)


def gru(x, h, p, reset="before", keeps="1-z", bias=True):
    assert ("b_g" in p) == bias
    n = h.shape[1]
    z = logistic(affine(p, "z", h, x))
    if reset == "none":
        g = np.tanh(affine(p, "g", h, x))
    elif reset == "before":
        g = np.tanh(affine(p, "g", logistic(affine(p, "r", h, x)) * h, x))
    else:
        recurrent = h @ p["W_g"][:, :n].T + p.get("b_gh", 0.0)
        from_x = x @ p["W_g"][:, n:].T + p.get("b_g", 0.0)
        g = np.tanh(from_x + logistic(affine(p, "r", h, x)) * recurrent)
    past = {"1-z": 1 - z, "z": z}[keeps]
    return (past * h + (1 - past) * g,)


# --- the variants -----------------------------------------------------------------------------

GRUS = [
    {"reset": reset, "keeps": keeps, "bias": bias}
    for reset in ("before", "after", "none")
    for keeps in ("1-z", "z")
    for bias in (True, False)
]
VARIANTS = [(GRUCell, gru, settings) for settings in GRUS]


def told(case):
    cell, _, settings = case
    return "-".join([cell.kind, *(f"{k}={v}" for k, v in settings.items())])


@pytest.fixture(params=VARIANTS, ids=told)
def problem(request):
    return Problem(*request.param)


class Problem:
    """A variant, all of whose parameters are random, random data and states, and a loss."""

    def __init__(self, cell, step, settings):
        rng = np.random.default_rng(11)
        drawn = cell.init(inputs=M, hidden=N, **settings)
        numbers = {name: rng.normal(size=p.shape) for name, p in drawn.parameters.items()}
        self.cell = replace(drawn, **numbers)
        self.step, self.settings = step, settings
        self.initial = tuple(rng.normal(size=s.shape) for s in drawn.initial_state(BATCH))
        self.xs = rng.normal(size=(BATCH, T, M))
        # The loss reads every output, and the last state, all with weights of their own.
        self.weights = [rng.normal(size=self.initial[0].shape) for _ in range(T)]
        self.final = [rng.normal(size=s.shape) for s in self.initial]

    def loss_of(self, states):
        """A weighted sum of every h and of the last state."""
        every = zip(self.weights, [state[0] for state in states], strict=True)
        last = zip(self.final, states[-1], strict=True)
        return sum((w * s).sum() for w, s in [*every, *last])

    def plain(self, numbers):
        """The states by the equations in NumPy."""
        states, now = [], tuple(numbers[f"{slot}_0"] for slot in self.cell.slots)
        for t in range(T):
            now = self.step(numbers["xs"][:, t], *now, numbers, **self.settings)
            states.append(now)
        return states

    def handles(self):
        """Everything that can be differentiated, by name."""
        slots = zip(self.cell.slots, self.initial, strict=True)
        state = {f"{slot}_0": Tensor(value) for slot, value in slots}
        return {**self.cell.parameters, **state, "xs": Tensor(self.xs)}

    def unrolled(self, handles):
        state = tuple(handles[f"{slot}_0"] for slot in self.cell.slots)
        return unroll(self.cell, handles["xs"], state=state).states[1:]


def numbers_of(handles):
    return {name: np.asarray(p.data) for name, p in handles.items()}


def test_states(problem):
    handles = problem.handles()
    expected = problem.plain(numbers_of(handles))
    for ours, theirs in zip(problem.unrolled(handles), expected, strict=True):
        for a, b in zip(ours, theirs, strict=True):
            close(a.data, b, 1e-13)


def test_every_gradient_against_the_complex_step_through_the_equations(problem):
    handles = problem.handles()
    problem.loss_of(problem.unrolled(handles)).backward()
    numbers = numbers_of(handles)
    for name, x in numbers.items():
        expected = np.empty(x.shape)
        for at in np.ndindex(x.shape):
            moved = x.astype(complex)
            moved[at] += 1j * TINY
            loss = problem.loss_of(problem.plain({**numbers, name: moved}))
            expected[at] = np.imag(loss) / TINY
        close(handles[name].grad, expected, 1e-12)


def test_every_gradient_against_the_complex_step_through_the_graph(problem):
    handles = problem.handles()
    loss = problem.loss_of(problem.unrolled(handles))
    loss.backward()
    graph, rng = Graph(loss), np.random.default_rng(12)
    for handle in handles.values():
        along = rng.normal(size=handle.shape)
        values = graph.evaluate({handle: handle.data + 1j * TINY * along})
        close(np.imag(values[loss.node]) / TINY, np.vdot(handle.grad, along), 1e-12)


def test_no_variant_is_another():
    """A setting that changed nothing would pass with the equations of its neighbour."""
    losses = {}
    for cell, step, settings in VARIANTS:
        problem = Problem(cell, step, settings)
        # The same parameters wherever two variants share their names.
        numbers = {
            name: np.random.default_rng([*name.encode()]).normal(size=p.shape)
            for name, p in problem.cell.parameters.items()
        }
        problem.cell = replace(problem.cell, **numbers)
        loss = problem.loss_of(problem.unrolled(problem.handles()))
        losses[told((cell, step, settings))] = float(loss.data)
    values = sorted(losses.values())
    assert len(values) == len(VARIANTS)
    assert min(np.diff(values)) > 1e-6


class TestGRU:
    def test_swapping_z_for_its_complement_is_negating_its_weights(self):
        ours = GRUCell.init(M, N, rng=0, keeps="1-z")
        negated = {name: -getattr(ours, name).data for name in ("W_z", "b_z")}
        theirs = replace(ours, keeps="z", **negated)
        xs = np.random.default_rng(1).normal(size=(BATCH, T, M))
        close(unroll(ours, xs).stacked.data, unroll(theirs, xs).stacked.data, 1e-15)

    def test_reset_before_and_after_are_one_where_nothing_is_reset(self):
        before = GRUCell.init(M, N, rng=0)
        open_gate = {"W_r": np.zeros((N, N + M)), "b_r": np.full(N, 1000.0)}
        before = replace(before, **open_gate)
        after = GRUCell(**before.parameters, b_gh=np.zeros(N), reset="after")
        xs = np.random.default_rng(1).normal(size=(BATCH, T, M))
        close(unroll(before, xs).stacked.data, unroll(after, xs).stacked.data, 1e-15)

    @pytest.mark.parametrize(("keeps", "b_z"), [("1-z", -1000.0), ("z", 1000.0)])
    def test_what_keeps_the_past(self, keeps, b_z):
        cell = replace(GRUCell.init(M, N, rng=0, keeps=keeps), b_z=np.full(N, b_z))
        past = np.random.default_rng(1).normal(size=(BATCH, N))
        (h,) = cell(np.ones((BATCH, M)), (past,))
        assert np.array_equal(h.data, past)

    @pytest.mark.parametrize(
        ("settings", "count"),
        [
            ({}, 3 * (M * N + N * N + N)),
            ({"bias": False}, 3 * (M * N + N * N)),
            ({"reset": "none"}, 2 * (M * N + N * N + N)),
            ({"reset": "after"}, 3 * (M * N + N * N + N) + N),
        ],
    )
    def test_how_many_parameters(self, settings, count):
        cell = GRUCell.init(M, N, **settings)
        assert sum(p.size for p in cell.parameters.values()) == count


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: GRUCell.init(M, N, reset="later"), "reset 'later': the gru takes one of before, "),
        (lambda: GRUCell.init(M, N, keeps="r"), "keeps 'r': the gru takes one of 1-z, z"),
        (lambda: GRUCell.init(M, N, bias=None), "bias None: the gru takes one of True, False"),
        (lambda: GRUCell.init(M, N, rest="after"), "'rest'"),
        (
            lambda: replace(GRUCell.init(M, N), reset="after"),
            "b_gh is missing: this gru (reset='after', keeps='1-z', bias=True) has W_z, b_z, W_r",
        ),
        (
            lambda: replace(GRUCell.init(M, N), bias=False),
            "b_z is one too many: this gru (reset='before', keeps='1-z', bias=False) has W_z, W_r",
        ),
    ],
)
def test_what_is_refused_says_what_there_is(make, words):
    with pytest.raises((ValueError, TypeError), match=re.escape(words)):
        make()
