"""Every variant against its equations in plain NumPy, and every gradient by the complex step."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from autograd_rnn.cells import GRUCell, LSTMCell, RNNCell
from autograd_rnn.engine import Graph, Tensor, grad
from autograd_rnn.sequence import unroll
from tests.cells.equations import logistic
from tests.engine.numerics import TINY, close

BATCH, T, M, N = 2, 4, 3, 5


# --- the equations, for arrays of any dtype; rows are examples --------------------------------


def affine(p, q, *operands):
    """W_q [operands] + b_q, without the bias where there is none."""
    return np.concatenate(operands, axis=1) @ p[f"W_{q}"].T + p.get(f"b_{q}", 0.0)


def squashed(a):
    """An activation of the user's own, for arrays and Tensors alike."""
    return a / (1.0 + a * a) ** 0.5


def cut(a, limit):
    return a if limit is None else np.where(np.abs(a.real) > limit, limit * np.sign(a.real), a)


PHI = {"tanh": np.tanh, "logistic": logistic, "identity": lambda a: a, squashed: squashed}
PEEPHOLES = {
    "none": lambda p, q, c: 0.0,
    "diagonal": lambda p, q, c: np.einsum("i,bi->bi", p[f"P_{q}"], c),
    "matrix": lambda p, q, c: np.einsum("ij,bj->bi", p[f"P_{q}"], c),
}


def lstm(x, h, c, p, **settings):
    """c' = f c + i g and h' = o ψ(c'), with what the settings change."""
    settings = {**PLAIN_LSTM, **settings}
    σ, φ, ψ = (PHI[settings[f"{name}_activation"]] for name in ("gate", "candidate", "output"))
    read = {"h": h, "c": c}[settings["gates_read"]]

    def gated(q, seen):
        a = affine(p, q, read, x) + PEEPHOLES[settings["peepholes"]](p, q, seen)
        return σ(cut(a, settings["clip"]))

    i = gated("i", c)
    f = 1 - i if settings["coupled"] else gated("f", c)
    c = f * c + i * φ(cut(affine(p, "g", h, x), settings["clip"]))
    m = gated("o", c) * ψ(c)
    return (m @ p["W_p"].T if settings["projection"] else m), c


PLAIN_LSTM = {
    "peepholes": "none",
    "gates_read": "h",
    "coupled": False,
    "gate_activation": "logistic",
    "candidate_activation": "tanh",
    "output_activation": "tanh",
    "projection": None,
    "clip": None,
}


def rnn(x, h, p, activation="tanh", bias=True):
    assert ("b" in p) == bias
    return (PHI[activation](np.concatenate([h, x], axis=1) @ p["W"].T + p.get("b", 0.0)),)


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
LSTMS = [
    {},
    {"bias": False},
    {"peepholes": "diagonal"},
    {"peepholes": "matrix"},
    {"gates_read": "c", "output_activation": "identity"},  # the seminar's
    {"output_activation": "identity"},
    {"coupled": True},
    {"projection": 2},
    {"projection": 7},
    {"clip": 0.6},
    {"gate_activation": "tanh", "candidate_activation": "logistic"},
    {"candidate_activation": squashed, "output_activation": squashed},
    {"peepholes": "diagonal", "coupled": True, "bias": False},
    {"peepholes": "matrix", "gates_read": "c"},
    {"peepholes": "diagonal", "projection": 4, "clip": 0.7},
]
RNNS = [{"bias": False}, {"activation": "identity"}, {"activation": squashed}]
VARIANTS = [
    *((RNNCell, rnn, settings) for settings in RNNS),
    *((LSTMCell, lstm, settings) for settings in LSTMS),
    *((GRUCell, gru, settings) for settings in GRUS),
]


def told(case):
    cell, _, settings = case
    words = {k: getattr(v, "__name__", v) for k, v in settings.items()}
    return "-".join([cell.kind, *(f"{k}={v}" for k, v in words.items())])


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


class TestLSTM:
    def test_the_forget_and_input_gate_see_the_old_cell_state_the_output_gate_the_new(self):
        blank = {name: np.zeros(p.shape) for name, p in LSTMCell.init(1, 1).parameters.items()}
        P = {"P_f": [0.0], "P_i": [0.0], "P_o": [0.0]}
        cell = LSTMCell(**blank, **P, peepholes="diagonal")
        state = np.zeros((1, 1)), np.full((1, 1), 4.0)

        def c_and_o(**peephole):
            moved = replace(cell, **{name: [value] for name, value in peephole.items()})
            h, c = moved(np.zeros((1, 1)), state)
            return c.data.item(), h.data.item() / np.tanh(c.data.item())

        assert c_and_o() == (2.0, 0.5)  # every gate half open, and nothing new
        assert c_and_o(P_f=1.0) == (pytest.approx(4.0 * logistic(4.0)), pytest.approx(0.5))
        assert c_and_o(P_o=1.0) == (2.0, pytest.approx(logistic(2.0)))
        grown = replace(cell, b_g=[1000.0])  # a candidate of 1
        _, c = replace(grown, P_i=[1.0])(np.zeros((1, 1)), state)
        assert c.data.item() == pytest.approx(2.0 + logistic(4.0))

    def test_clipping_cuts_some_and_leaves_others(self):
        problem = Problem(LSTMCell, lstm, {"clip": 0.6})
        loss = problem.loss_of(problem.unrolled(problem.handles()))
        sizes = np.abs([n.value for n in Graph(loss) if n.name.startswith("a_")])
        assert 0.1 < np.mean(sizes > 0.6) < 0.9

    def test_sizes_of_a_projection(self):
        cell = LSTMCell.init(M, N, projection=2)
        assert (cell.inputs, cell.hidden, cell.outputs) == (M, N, 2)
        assert [s.shape for s in cell.initial_state(BATCH)] == [(BATCH, 2), (BATCH, N)]
        assert unroll(cell, np.ones((BATCH, T, M))).stacked.shape == (BATCH, T, 2)

    @pytest.mark.parametrize(
        ("settings", "more"),
        [
            ({}, 0),
            ({"bias": False}, -4 * N),
            ({"peepholes": "diagonal"}, 3 * N),
            ({"peepholes": "matrix"}, 3 * N * N),
            ({"coupled": True}, -(M * N + N * N + N)),
            ({"projection": 2}, -4 * N * (N - 2) + 2 * N),
        ],
    )
    def test_how_many_parameters(self, settings, more):
        cell = LSTMCell.init(M, N, **settings)
        counted = sum(p.size for p in cell.parameters.values())
        assert counted == 4 * (M * N + N * N + N) + more


@pytest.mark.parametrize("case", VARIANTS, ids=told)
def test_a_variant_is_data(case):
    cell, _, settings = case
    made = cell.init(M, N, rng=0, dtype=np.float32, **settings)
    assert (made.inputs, made.hidden) == (M, N)
    assert {**made.settings, **settings} == made.settings
    # Taken apart and put together again it is the same variant, and so is its gradient.
    xs = np.ones((BATCH, T, M), np.float32)
    gradient = grad(lambda cell: unroll(cell, xs).stacked.sum())(made)
    assert gradient.settings == made.settings
    assert {n: p.shape for n, p in gradient.parameters.items()} == {
        n: p.shape for n, p in made.parameters.items()
    }
    assert {p.dtype.name for p in gradient.parameters.values()} == {"float32"}


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
        (lambda: LSTMCell(), "W_f is missing: this lstm (peepholes='none', gates_read='h', "),
        (lambda: LSTMCell.init(M, N, peepholes="full"), "peepholes 'full': the lstm takes one of "),
        (lambda: LSTMCell.init(M, N, gates_read="x"), "gates_read 'x': the lstm takes one of h, c"),
        (lambda: LSTMCell.init(M, N, output_activation="sin"), "output_activation 'sin': the lstm"),
        (lambda: LSTMCell.init(M, N, projection=-1), "projection=-1: the size of h is at least 1"),
        (lambda: LSTMCell.init(M, N, projection=2, gates_read="c"), "leave out projection"),
        (lambda: LSTMCell.init(M, N, clip=0.0), "clip=0.0: the largest pre-activation is above 0"),
        (
            lambda: replace(LSTMCell.init(M, N, peepholes="diagonal"), P_o=np.ones((N, N))),
            f"P_o has shape ({N}, {N}); to fit W_f it must be ({N},)",
        ),
    ],
)
def test_what_is_refused_says_what_there_is(make, words):
    with pytest.raises((ValueError, TypeError), match=re.escape(words)):
        make()
