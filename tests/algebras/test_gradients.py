"""Gradients of unrolled cells in every algebra, against roads that share nothing with it."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import partial

import mpmath
import numpy as np
import pytest
import sympy

from autograd_rnn.algebras import RATIONALS, SYMPY, balls, digits, evaluate
from autograd_rnn.cells import GRUCell, LSTMCell, RNNCell
from autograd_rnn.engine import PRIMITIVES, Graph, Tensor, mean, value_and_grad
from autograd_rnn.layers import cross_entropy, squared_error
from autograd_rnn.sequence import unroll
from tests.algebras.problems import KINDS, LOSSES, floats, gradients, posed

every_cell = pytest.mark.parametrize(("kind", "options"), KINDS)


def assert_equal_exactly(found, expected):
    assert found.keys() == expected.keys()
    for name, array in found.items():
        assert array.shape == expected[name].shape
        assert all(type(x) is Fraction for x in array.flat), name
        assert (array == expected[name]).all(), name


# --- exact rationals ---------------------------------------------------------------------------


def test_dividing_by_a_plain_number_has_an_exact_gradient():
    y, g = value_and_grad(lambda x: mean(x * x) / 7)(np.array([1.0, 2.0, 4.0]))
    found = evaluate(Graph(g), RATIONALS)[g.node]
    assert list(found) == [Fraction(2, 21), Fraction(4, 21), Fraction(8, 21)]
    assert y.shape == ()


@every_cell
@pytest.mark.parametrize("loss", LOSSES)
def test_rational_gradients_equal_the_derivations_digit_for_digit(kind, options, loss):
    form, arguments = posed(kind, loss, options)
    found = gradients(kind, arguments, options).in_algebra(RATIONALS)
    assert_equal_exactly(found, form.evaluate_exactly(**arguments).gradients)


def doubled(primitive):
    return replace(primitive, kernel=lambda *x, **attrs: 2 * primitive.kernel(*x, **attrs))


def of_wrong_slope(primitive):
    return replace(primitive, vjp=(lambda g, y, x: g * (1.0 - y),))


def without_the_last(primitive):
    return replace(primitive, kernel=lambda *terms: primitive.kernel(*terms[:-1]))


def untransposed(primitive):
    """A product of squares that forgets that its left factor is transposed."""

    def kernel(a, b, ta, tb):
        square = a.shape[-1] == a.shape[-2]
        return primitive.kernel(a, b, ta=ta and not square, tb=tb)

    return replace(primitive, kernel=kernel)


@pytest.mark.parametrize(
    ("name", "wrong", "sizes"),
    [
        ("sum_to", doubled, {}),
        ("tanh", of_wrong_slope, {}),
        ("add_n", without_the_last, {}),
        ("matmul", untransposed, {"b": 5}),
    ],
)
def test_a_wrong_kernel_or_rule_is_caught(monkeypatch, name, wrong, sizes):
    form, arguments = posed("lstm", "squared error", {}, **sizes)
    monkeypatch.setitem(PRIMITIVES, name, wrong(PRIMITIVES[name]))
    found = gradients("lstm", arguments, {}).in_algebra(RATIONALS)
    with pytest.raises(AssertionError):
        assert_equal_exactly(found, form.evaluate_exactly(**arguments).gradients)


def test_a_wrong_activation_of_the_algebra_is_caught():
    form, arguments = posed("gru", "squared error", {})
    halved = {**RATIONALS.functions, "tanh": lambda x: RATIONALS.functions["tanh"](x) / 2}
    found = gradients("gru", arguments, {}).in_algebra(replace(RATIONALS, functions=halved))
    with pytest.raises(AssertionError):
        assert_equal_exactly(found, form.evaluate_exactly(**arguments).gradients)


# --- SymPy -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("activation", "n", "m"), [("tanh", 2, 3), ("logistic", 1, 2)])
def test_symbolic_gradient_of_a_small_rnn_equals_sympys_own(activation, n, m):
    rng = np.random.default_rng(3)
    # Quarters, to keep the formulas short.
    xs, target, start = (rng.integers(1, 9, size=s) / 4 for s in [(1, 2, m), (1, n), (1, n)])

    def loss(W, b):
        cell = RNNCell(W, b, activation=activation)
        return squared_error(unroll(cell, xs, state=(start,)).outputs[2], target)

    W, b = Tensor(rng.normal(size=(n, n + m)), name="W"), Tensor(rng.normal(size=n), name="b")
    y, found = value_and_grad(loss, (0, 1))(W, b)
    symbols = {leaf: sympy.symarray(leaf.name, leaf.shape) for leaf in (W, b)}
    values = evaluate(Graph(y, *found), SYMPY, symbols)
    total = values[y.node].item()
    for leaf, g in zip((W, b), found, strict=True):
        for symbol, entry in zip(symbols[leaf].flat, values[g.node].flat, strict=True):
            gap = entry - sympy.diff(total, symbol)
            # SymPy writes the slope of 1/(1 + e) another way; as fractions of e they are one.
            assert sympy.expand(gap) == 0 or sympy.cancel(sympy.together(gap)) == 0


# --- fifty digits ------------------------------------------------------------------------------


@every_cell
def test_fifty_digits_agree_with_float64_to_1e_15(kind, options):
    _, arguments = posed(kind, "squared error", options)
    recorded = gradients(kind, arguments, options)
    for name, array in recorded.in_algebra(digits(50)).items():
        gap = np.abs(array - recorded.found[name].data)
        assert gap.max() <= 1e-15 * np.abs(recorded.found[name].data).max(), name


@every_cell
def test_fifty_digits_agree_with_mpmaths_own_differentiation(kind, options):
    _, arguments = posed(kind, "squared error", options, t=2, m=1, n=3)
    recorded = gradients(kind, arguments, options)
    forward = Graph(recorded.loss)
    wide = digits(160)  # the working precision that mpmath asks for

    def loss_at(leaf, place, x):
        changed = wide.array(leaf.data)
        changed[place] = x
        return evaluate(forward, wide, {leaf: changed})[recorded.loss.node].item()

    found = recorded.in_algebra(digits(50))
    with mpmath.mp.workdps(50):
        for name, leaf in recorded.leaves.items():
            place = tuple(size - 1 for size in leaf.shape)
            slope = mpmath.diff(partial(loss_at, leaf, place), mpmath.mpf(leaf.data[place]))
            assert abs(found[name][place] - slope) <= mpmath.mpf(10) ** -48, name


def test_an_rnn_written_in_mpmath_has_the_same_fifty_digits():
    rng = np.random.default_rng(4)
    W, b, xs = rng.normal(size=(2, 5)), rng.normal(size=2), rng.normal(size=(1, 4, 3))
    run = unroll(RNNCell(W, b), xs)
    with mpmath.mp.workdps(50):
        h = mpmath.zeros(2, 1)
        for x in xs[0]:
            read = mpmath.matrix([*h, *x])
            h = (mpmath.matrix(W) * read + mpmath.matrix(b)).apply(mpmath.tanh)
        found = evaluate(run.graph, digits(50))[run.outputs[4].node]
        assert max(abs(found[0, i] - h[i]) for i in range(2)) <= mpmath.mpf(10) ** -49


def test_digits_leave_mpmaths_own_precision_alone():
    before = mpmath.mp.dps, mpmath.iv.dps
    thirty = digits(30).array(1.0) / 3
    balls(30)
    assert (mpmath.mp.dps, mpmath.iv.dps) == before
    assert abs(Fraction(str(thirty)) - Fraction(1, 3)) < Fraction(1, 10**30)


# --- balls -------------------------------------------------------------------------------------


@every_cell
def test_balls_enclose_fifty_digits_and_are_small(kind, options):
    _, arguments = posed(kind, "squared error", options)
    recorded = gradients(kind, arguments, options)
    exact = recorded.in_algebra(digits(80))
    for name, array in recorded.in_algebra(balls(50)).items():
        assert all(x in ball for ball, x in zip(array.flat, exact[name].flat, strict=True)), name
        assert max(ball.radius for ball in array.flat) < 1e-46


@every_cell
def test_balls_of_few_digits_enclose_the_float_too(kind, options):
    _, arguments = posed(kind, "squared error", options)
    recorded = gradients(kind, arguments, options)
    for name, array in recorded.in_algebra(balls(13)).items():
        computed = recorded.found[name].data
        assert all(x in ball for ball, x in zip(array.flat, computed.flat, strict=True)), name
        # A unit that relu has switched off has a gradient of 0, exactly.
        assert all(ball.radius < 1e-10 for ball in array.flat)
        assert all(ball.radius > 0 for ball in array[computed != 0].flat)


OF_ONE_NUMBER = (
    "tanh",
    "sigmoid",
    "softplus",
    "exp",
    "expm1",
    "log",
    "log1p",
    "sqrt",
    "sin",
    "cos",
)


def test_a_wrong_activation_leaves_the_ball():
    _, arguments = posed("lstm", "squared error", {})
    recorded = gradients("lstm", arguments, {})
    exact = recorded.in_algebra(digits(80))
    off = digits(50).number("1e-40")
    nudged = {**digits(50).functions, "tanh": lambda x: digits(50).functions["tanh"](x) + off}
    found = recorded.in_algebra(replace(digits(50), functions=nudged))
    enclosing = recorded.in_algebra(balls(50))
    for name, array in enclosing.items():
        inside = [x in ball for ball, x in zip(array.flat, exact[name].flat, strict=True)]
        outside = [x in ball for ball, x in zip(array.flat, found[name].flat, strict=True)]
        assert all(inside)
        assert not any(outside)


@pytest.mark.parametrize("name", OF_ONE_NUMBER)
@pytest.mark.parametrize("count", [1, 2, 5, 15, 50])
def test_balls_of_any_size_enclose_the_value(name, count):
    rng = np.random.default_rng(7)
    wide, algebra = digits(80), balls(count)
    for x in rng.uniform(0.01, 9.0, size=40):
        exact = wide.functions[name](wide.number(x))
        ball = algebra.functions[name](algebra.number(x))
        assert exact in ball
        assert ball.radius > 0


def test_balls_agree_with_flint():
    flint = pytest.importorskip("flint", reason="python-flint is not installed")
    flint.ctx.dps = 70
    rng = np.random.default_rng(5)
    functions = {
        "tanh": lambda x: x.tanh(),
        "sigmoid": lambda x: 1 / (1 + (-x).exp()),
        "exp": lambda x: x.exp(),
        "expm1": lambda x: x.expm1(),
        "sin": lambda x: x.sin(),
        "cos": lambda x: x.cos(),
        "log": lambda x: x.log(),
        "log1p": lambda x: x.log1p(),
        "sqrt": lambda x: x.sqrt(),
    }
    for name, function in functions.items():
        for x in rng.uniform(0.1, 4.0, size=20):
            ours = balls(50).functions[name](balls(50).number(x))
            theirs = function(flint.arb(x))
            exact = theirs.mid().fmpq()
            middle = Fraction(int(exact.p), int(exact.q))
            assert ours.low - Fraction(1, 10**65) <= middle <= ours.high + Fraction(1, 10**65)


# --- all of them, on every variant of a cell ---------------------------------------------------

VARIANTS = [
    RNNCell.init(3, 2, rng=0, activation="relu", bias=False),
    LSTMCell.init(3, 2, rng=1, peepholes="diagonal", clip=0.5),
    LSTMCell.init(3, 2, rng=2, peepholes="matrix", coupled=True),
    LSTMCell.init(3, 4, rng=3, projection=2, output_activation="identity"),
    LSTMCell.init(3, 2, rng=4, gates_read="c"),
    GRUCell.init(3, 2, rng=5, reset="after"),
    GRUCell.init(3, 2, rng=6, reset="none", keeps="z"),
]


@pytest.mark.parametrize("cell", VARIANTS, ids=lambda cell: cell.kind)
def test_no_variant_is_written_again(cell):
    rng = np.random.default_rng(8)
    xs, weights = rng.normal(size=(4, 5, 3)), rng.normal(size=(4, 5, 2))

    def loss(cell, xs):
        return (unroll(cell, xs, lengths=[5, 3, 1, 4]).stacked * weights).sum()

    y, (of_cell, of_xs) = value_and_grad(loss, (0, 1))(cell, xs)
    found = {**of_cell.parameters, "x": of_xs}
    graph = Graph(y, *found.values())
    wide, narrow, exact = (evaluate(graph, a) for a in (digits(80), balls(50), RATIONALS))
    for name, g in found.items():
        for number, ball in zip(wide[g.node].flat, narrow[g.node].flat, strict=True):
            assert number in ball, name
            assert ball.radius < 1e-45
        for other in (wide, exact):
            np.testing.assert_allclose(floats(other[g.node]), g.data, rtol=1e-13, atol=1e-14)


# --- all of them -------------------------------------------------------------------------------


@pytest.mark.parametrize("algebra", [RATIONALS, SYMPY, digits(), balls()], ids=lambda a: a.name)
def test_cross_entropy_and_second_derivatives_agree_with_float64(algebra):
    rng = np.random.default_rng(6)
    b, scale = rng.normal(size=4), rng.normal(size=4)
    target = np.eye(4)[[1, 3, 0]]
    rows = rng.normal(size=(3, 4))

    def inner(b):
        return cross_entropy(Tensor(rows) * b, target)

    def along(b):
        return (value_and_grad(inner)(b)[1] * scale).sum()

    y, second = value_and_grad(along)(Tensor(b))
    values = evaluate(Graph(y, second), algebra)
    # Opaque rationals round each exp and log by itself, hence not one ulp but a few.
    np.testing.assert_allclose(floats(values[y.node]), y.data, rtol=1e-14)
    np.testing.assert_allclose(floats(values[second.node]), second.data, rtol=0, atol=1e-14)
