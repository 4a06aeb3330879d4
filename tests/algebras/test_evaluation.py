"""Every operation in every algebra; what an algebra brings; and what is refused."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import mpmath
import numpy as np
import pytest
import sympy

import autograd_rnn.engine as ar
from autograd_rnn.algebras import RATIONALS, SYMPY, Algebra, Ball, balls, digits, evaluate
from autograd_rnn.cells import RNNCell
from autograd_rnn.engine import PRIMITIVES, Graph, OperationError, Primitive, Tensor
from autograd_rnn.engine.record import apply
from autograd_rnn.sequence import unroll
from tests.algebras.problems import floats
from tests.engine.cases import CASES

FOUR = [RATIONALS, SYMPY, digits(50), balls(50)]
every_algebra = pytest.mark.parametrize("algebra", FOUR, ids=lambda algebra: algebra.name)


def value(y, algebra, leaves=None):
    return evaluate(Graph(y), algebra, leaves)[y.node]


@every_algebra
@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_operation_agrees_with_its_float_kernel(case, algebra):
    y = apply(case.name, *map(Tensor, case.inputs), **case.attrs)
    found = value(y, algebra)
    assert found.shape == y.shape
    assert all(algebra.holds(x) for x in found.flat)
    np.testing.assert_allclose(floats(found), np.asarray(y.data, float), rtol=1e-13, atol=1e-15)


@every_algebra
def test_no_operation_rounds_to_a_float_on_the_way(algebra):
    third = Tensor([1.0, 2.0]) / 3.0
    y = ar.stack([third, third * third, third**-2.0, ar.maximum(third, 0.5)])
    found = value(y, algebra)
    exact = [[Fraction(n, 3) ** k for n in (1, 2)] for k in (1, 2, -2)]
    exact.append([Fraction(1, 2), Fraction(2, 3)])
    tolerance = 0 if algebra in (RATIONALS, SYMPY) else 1e-48
    for number, expected in zip(found.flat, np.ravel(exact), strict=True):
        if isinstance(number, Ball):
            assert expected in number
            assert number.radius <= tolerance
        else:
            assert abs(number - algebra.number(expected)) <= tolerance


def test_rationals_and_sympy_are_exact():
    y = Tensor(1.0) / 3.0 + Tensor(0.1)
    expected = Fraction(1, 3) + Fraction(0.1)
    assert value(y, RATIONALS).item() == expected != Fraction(1, 3) + Fraction(1, 10)
    assert value(y, SYMPY).item() == sympy.Rational(expected.numerator, expected.denominator)


# --- an algebra and nothing else ---------------------------------------------------------------


class Modular:
    """An integer modulo 7: enough for a graph of sums, products and quotients."""

    def __init__(self, n):
        self.n = int(n) % 7

    def __add__(self, other):
        return Modular(self.n + other.n)

    def __mul__(self, other):
        return Modular(self.n * other.n)

    def __truediv__(self, other):
        return Modular(self.n * pow(other.n, -1, 7))

    def __neg__(self):
        return Modular(-self.n)


def modular(number):
    if isinstance(number, Modular):
        return number
    if number != int(number):
        raise ValueError(f"{number} is no integer")
    return Modular(number)


MODULAR = Algebra("integers modulo 7", modular, lambda x: isinstance(x, Modular), {})


def test_an_algebra_of_ones_own_needs_no_other_change():
    A, B = np.arange(6.0).reshape(2, 3), np.arange(12.0).reshape(3, 4) + 2

    def f(a, b):
        return -(a @ b / Tensor(3.0)).sum()

    y, (da, db) = ar.value_and_grad(f, (0, 1))(Tensor(A), Tensor(B))
    values = evaluate(Graph(y, da, db), MODULAR)
    third = pow(3, -1, 7)
    assert values[y.node].item().n == int(-(A @ B).sum() * third) % 7
    for g, expected in ((da, np.tile(B.sum(1), (2, 1))), (db, np.tile(A.sum(0), (4, 1)).T)):
        found = np.vectorize(lambda x: x.n)(values[g.node])
        np.testing.assert_array_equal(found, (-expected * third).astype(int) % 7)


def test_a_function_added_to_an_algebra_is_used():
    y = ar.tanh(Tensor([1.0, 2.0]))
    own = replace(SYMPY, functions={"tanh": sympy.Function("φ")})
    assert [str(x) for x in value(y, own)] == ["φ(1)", "φ(2)"]


# --- leaves ------------------------------------------------------------------------------------


def test_leaves_take_other_values_and_symbols_need_one():
    x, w = ar.symbol((2,), "x"), Tensor([3.0, 5.0], name="w")
    y = (x * w).sum()
    assert value(y, RATIONALS, {x: [Fraction(1, 7), 2]}).item() == Fraction(73, 7)
    assert value(y, RATIONALS, {x.node: [1, 1], w: np.float32([0.5, 1])}).item() == Fraction(3, 2)
    a, b = sympy.symbols("a b")
    assert value(y, SYMPY, {x: [a, b]}).item() == 3 * a + 5 * b
    with pytest.raises(ValueError, match=r"variable x .* is a symbol: give evaluate"):
        value(y, RATIONALS)


@pytest.mark.parametrize(
    ("leaves", "message"),
    [
        (lambda w, y: {w: [1.0]}, r"the value given for <variable w \(2,\)> has shape \(1,\)"),
        (lambda w, y: {w: [1.0, np.nan]}, "holds no number of exact rationals: .* NaN"),
        (lambda w, y: {w: [1.0, np.inf]}, "holds no number of exact rationals: .* [Ii]nfinity"),
        (lambda w, y: {w: [1.0, 2j]}, "holds no number of exact rationals"),
        (lambda w, y: {y: 1.0}, "<sum .*> is no leaf of this graph"),
        (lambda w, y: {Tensor([1.0]): [1.0]}, "is no leaf of this graph"),
    ],
)
def test_leaves_that_do_not_fit_are_refused(leaves, message):
    w = Tensor([3.0, 5.0], name="w")
    y = (w * w).sum()
    with pytest.raises(ValueError, match=message):
        value(y, RATIONALS, leaves(w, y))


def test_floats_in_a_formula_become_the_rationals_that_they_are():
    x = Tensor([1.0], name="x")
    a = sympy.Symbol("a")
    assert value(x * 2.0, SYMPY, {x: [0.25 * a]})[0] == a / 2


# --- errors ------------------------------------------------------------------------------------


def test_a_lacking_operation_is_named_with_its_place_and_who_has_it():
    cell = RNNCell(np.ones((2, 5)), np.zeros(2))
    run = unroll(cell, np.ones((1, 4, 3)))
    message = (
        "no tanh in integers modulo 7 at rnn / hidden state / t=1: .* has no callable tanh method. "
        "It is in exact rationals, SymPy, 50 digits, balls of 50 digits: add it"
    )
    with pytest.raises(OperationError, match=message):
        evaluate(run.graph, MODULAR)
    with pytest.raises(OperationError, match=r"no softmax in integers modulo 7: .* It is in exact"):
        value(ar.softmax(Tensor([1.0, 2.0])), MODULAR)


def twice_in_floats(x):
    return 2.0 * x


def truncated(x):
    return np.asarray(x).astype(float)


@pytest.mark.parametrize("kernel", [twice_in_floats, truncated])
@pytest.mark.parametrize("algebra", [RATIONALS, SYMPY], ids=lambda algebra: algebra.name)
def test_a_kernel_that_rounds_to_floats_is_refused(kernel, algebra, monkeypatch):
    made = Primitive(name="rounds", kernel=kernel, shape=lambda x: x, latex="")
    monkeypatch.setitem(PRIMITIVES, "rounds", made)
    y = apply("rounds", Tensor([0.1, 0.2]))
    with pytest.raises(
        OperationError, match=f"no rounds in {algebra.name}: it gives .* no algebra"
    ):
        value(y, algebra)
    given = {**algebra.functions, "rounds": lambda x: 2 * x}
    found = value(y, replace(algebra, functions=given))
    assert all(algebra.holds(x) for x in found)


@pytest.mark.parametrize(
    ("make", "algebra", "message"),
    [
        (lambda: 1.0 / Tensor(0.0), RATIONALS, "divide at .*t=3 has no value in exact rationals"),
        (lambda: ar.log(Tensor(-1.0)), RATIONALS, "log at .*t=3 has no value in exact .* domain"),
        (lambda: ar.log(Tensor(-1.0)), digits(50), "log at .*t=3 has no value in 50 digits: .*mpc"),
        (lambda: ar.log(Tensor(-1.0)), balls(50), "log at .*t=3 has no value in balls .* negative"),
        (lambda: ar.exp(Tensor(800.0)), RATIONALS, "exp at .*t=3 has no value .* range"),
    ],
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_an_operation_without_a_value_there_is_named_with_its_place(make, algebra, message):
    with ar.at(cell="lstm", gate="loss", t=3):
        y = make()
    with pytest.raises(OperationError, match=message):
        value(y, algebra)


# --- comparisons -------------------------------------------------------------------------------


def test_symbolic_comparisons_become_piecewise():
    x = Tensor([1.0], name="x")
    y, g = ar.value_and_grad(lambda x: (ar.relu(x) * x + ar.where(x > 2.0, x, -x)).sum())(x)
    s = sympy.Symbol("s", real=True)
    values = evaluate(Graph(y, g), SYMPY, {x: [s]})
    formula, slope = values[y.node].item(), values[g.node].item()
    for at, height, expected in ((-3, 3, -1), (1, 0, 1), (5, 30, 11)):
        assert formula.subs(s, at) == height
        assert slope.subs(s, at) == expected


def between(low, high):
    return Ball(balls(50).number(0).interval.ctx.mpf([low, high]))


def bounds(ball):
    return (ball.low, ball.high)


def test_balls_that_overlap_take_both_branches():
    x, y = Tensor([1.0]), Tensor([1.0])
    for z, expected in (
        (x < y, (0, 1)),
        (ar.equal(x, y), (0, 1)),
        (ar.not_equal(x, y + 4.0), (1, 1)),
        (ar.where(x < y, x, 10.0 * y), (1, 50)),
        (ar.where(x < 4.0, x, 10.0 * y), (1, 3)),
        (ar.where(x > 4.0, x, 10.0 * y), (20, 50)),
        (ar.maximum(x, y), (2, 5)),
        (ar.minimum(x, y), (1, 3)),
        (ar.relu(x - y), (0, 1)),
        (ar.max(ar.stack([x, y]), axis=0), (2, 5)),
        (ar.min(ar.stack([x, y]), axis=0), (1, 3)),
    ):
        found = value(z, balls(50), {x: [between(1, 3)], y: [between(2, 5)]})
        assert bounds(found[0]) == expected


def test_a_comparison_that_bounds_do_not_decide_is_refused():
    low, high = between(1, 3), between(2, 5)
    for compare in (
        lambda: low < high,
        lambda: low > high,
        lambda: low <= high,
        lambda: low >= high,
        lambda: low == high,
        lambda: low == low,
    ):
        with pytest.raises(ValueError, match="overlap, so their order is not decided"):
            compare()
    assert low < between(4, 5) <= between(5, 6)
    assert between(4, 5) > low
    assert between(2, 2) == between(2, 2)
    assert low != between(4, 5)


def test_balls_know_what_they_hold():
    tenth = balls(50).number("0.1")
    assert Fraction(1, 10) in tenth
    assert 0.1 not in tenth
    assert mpmath.mpf(0.1) not in tenth
    assert 0.1 in balls(50).number(0.1)
    assert 0 < tenth.radius < 1e-50
    assert Fraction(1, 7) in balls(50).number(Fraction(1, 7))
    assert str(between(1, 4)) == "2.5 ± 1.5"
    huge = balls(50).functions["exp"](balls(50).number(10**4))
    assert huge.radius > mpmath.mpf(10) ** 4200
    assert str(huge).startswith("8.80681822566292158726")
    assert str(huge).endswith("e+4342 ± 6.1e+4291")
    assert digits(80).functions["exp"](10**4) in huge
    whole = 1 / between(-1, 1)
    assert bounds(whole) == (-np.inf, np.inf)
    assert 10**100 in whole


@pytest.mark.parametrize("make", [digits, balls])
def test_less_than_one_digit_is_refused(make):
    with pytest.raises(ValueError, match="0 digits: a number has at least 1"):
        make(0)
