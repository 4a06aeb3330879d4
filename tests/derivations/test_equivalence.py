"""Two judges: what is equal is never called different, and what differs by 1e-20 is found."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from derivations import derive
from derivations.balls import BallNumbers, Unbounded
from derivations.equivalence import Different, Equal, Undecided, equivalent
from derivations.field import MERSENNE
from derivations.matrix import (
    NEXT,
    NOW,
    PREVIOUS,
    Expression,
    Moment,
    apply,
    at,
    diag,
    immediate,
    number,
    over,
    symbol,
    total,
)
from derivations.truth import Truth

h, c, x = (symbol(letter, (rows, "1"), NOW) for letter, rows in ("hn", "cn", "xm"))
f, a_f = symbol("f", ("n", "1"), NOW), symbol("a_f", ("n", "1"), NOW)
W_fh, W_fx = symbol("W_fh", ("n", "n")), symbol("W_fx", ("n", "m"))
LSTM = derive("lstm", wrt="W_f").truth


def exp(a):
    return apply("exp", a)


def log(a):
    return apply("log", a)


def tanh(a):
    return apply("tanh", a)


def σ(a):
    return apply("σ", a)


def found(left, right):
    return equivalent(left, right, LSTM)


EQUAL = {
    "tanh through σ": (tanh(c), 2 * σ(2 * c) - 1),
    "σ of minus": (σ(-c), 1 - σ(c)),
    "tanh of minus": (tanh(-c), -tanh(c)),
    "σ through exp": (σ(c), number(1) / (1 + exp(-c))),
    "exp of minus": (exp(-c) * exp(c), number(1)),
    "factors in another order": ((c * f) @ x.T, diag(f) @ c @ x.T),
    "an adjoint": (total(a_f), total(c) * at(c, PREVIOUS) * f * (1 - f)),
    "relu and its mirror": (apply("relu", c) - apply("relu", -c), c),
}
BEYOND_THE_FIELD = {
    "tanh through exp": (tanh(c), (exp(c) - exp(-c)) / (exp(c) + exp(-c))),
    "exp of a sum": (exp(c + h), exp(c) * exp(h)),
    "log of a product": (log(exp(c) * exp(h)), c + h),
    "σ of a double": (σ(2 * c), exp(c) ** 2 / (1 + exp(c) ** 2)),
    "log of σ": (log(σ(c)), c - log(1 + exp(c))),
    "relu is homogeneous": (apply("relu", 3 * c), 3 * apply("relu", c)),
}
DIFFERENT = {
    "a sign": (tanh(c), -tanh(c)),
    "immediate for total": (total(h), immediate(h)),
    "a transpose": (W_fh @ h, W_fh.T @ h),
    "the step before": (c * f, at(c, PREVIOUS) * f),
    "a derivative forgotten": (total(a_f), total(c) * at(c, PREVIOUS)),
    "tanh for σ": (tanh(c), σ(c)),
    "a hair": (c, c + number(Fraction(1, 10**20))),
    "a hair on exp": (exp(c + h), exp(c) * exp(h) * (1 + number(Fraction(1, 10**20)))),
    "a number for a column": (f, number(1)),
}


@pytest.mark.parametrize(("left", "right"), EQUAL.values(), ids=EQUAL)
def test_what_is_the_same_by_algebra_is_equal(left, right):
    assert isinstance(found(left, right), Equal)
    assert isinstance(found(right, left), Equal)


@pytest.mark.parametrize(("left", "right"), BEYOND_THE_FIELD.values(), ids=BEYOND_THE_FIELD)
def test_the_laws_of_exp_and_log_are_undecided_and_never_wrong(left, right):
    answer = found(left, right)
    assert isinstance(answer, Undecided)
    assert "digits cannot tell them apart" in answer.why


@pytest.mark.parametrize(("left", "right"), DIFFERENT.values(), ids=DIFFERENT)
def test_what_differs_is_shown_to_differ(left, right):
    answer = found(left, right)
    assert isinstance(answer, Different)
    assert answer.witness.left != answer.witness.right


def test_the_bound_is_far_below_any_doubt():
    bound = found(total(a_f), total(c) * at(c, PREVIOUS) * f * (1 - f)).bound
    exponent = int(bound.removeprefix("2⁻").translate(str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")))
    assert exponent > 90


@pytest.mark.parametrize("modulus", [MERSENNE, 2**31 - 1])
def test_no_multiple_of_a_known_prime_passes(modulus):
    assert isinstance(found(c, c + modulus * f), Different)


def test_the_primes_are_new_at_every_call(monkeypatch):
    from derivations import equivalence

    made = []

    def record(prime, seed):
        made.append(prime)
        return equivalence_field(prime, seed)

    equivalence_field = equivalence.PrimeField
    monkeypatch.setattr(equivalence, "PrimeField", record)
    found(c, c * 1)
    found(c, c * 1)
    assert len(set(made)) == 2 * equivalence.POINTS
    assert all(2**60 < prime < 2**62 for prime in made)


def test_what_divides_by_zero_is_undecided():
    answer = found(c / (f - f), c)
    assert isinstance(answer, Undecided)
    assert found(log(-exp(c)), c).why == "at none of the points tried do both have a value " + (
        "that can be written down"
    )


def test_towers_of_exponentials_end():
    assert isinstance(found(exp(exp(exp(exp(exp(10 + c))))), c), Undecided)


def test_different_shapes_are_no_question():
    with pytest.raises(TypeError, match="the shapes differ"):
        found(total(W_fx), total(W_fx).T)


# ------------------------------------------------------------------------------- the witness


def _again(expression: Expression, witness) -> np.ndarray:
    """Compute a formula in floats from what the witness says, in NumPy and by hand."""
    data = {name: np.array(rows) for name, rows in witness.given.items()}
    assert expression is W_fh.T @ at(h, Moment("", 0)) + W_fx @ at(x, Moment("", 1))
    return data["W_{fh}"].T @ data["h_0"] + data["W_{fx}"] @ data["x_1"]


def test_a_witness_can_be_computed_again():
    pair = [W @ at(h, Moment("", 0)) + W_fx @ at(x, Moment("", 1)) for W in (W_fh.T, W_fh)]
    witness = found(*pair).witness
    assert dict(witness.sizes) == {"n": 2, "m": 3, "T": 3}
    assert not witness.indices
    i, j = witness.element
    assert float(witness.left) == pytest.approx(_again(pair[0], witness)[i - 1, j - 1])
    assert float(witness.right) != pytest.approx(_again(pair[0], witness)[i - 1, j - 1])


def test_a_witness_is_the_same_each_time():
    assert found(c, c * f) == found(c, c * f)
    assert found(c, c * f).witness.place == "n = 2, m = 3, T = 3, t = 1"


def test_a_difference_far_behind_is_shown_with_the_digits_it_needs():
    witness = found(c, c + number(Fraction(1, 10**20))).witness
    assert len(witness.left) > 20
    assert witness.left[:18] == witness.right[:18]


def test_it_is_the_later_steps_that_tell_when_only_they_differ():
    """At t = T there is no step after, so only earlier steps show what is missing."""
    witness = found(at(total(c), NEXT), number(0)).witness
    assert witness.indices["t"] < 3


def test_targets_of_a_witness_sum_to_one():
    truth = derive("rnn", wrt="W_y", loss="cross-entropy").truth
    s, p, y = (symbol(letter, ("k", "1"), NOW) for letter in "spy")
    assert isinstance(equivalent(total(s), p - y, truth), Equal)
    answer = equivalent(total(s), y - p, truth)
    assert np.sum(answer.witness.given["y_1"]) == pytest.approx(1)


# -------------------------------------------------------------------------------------- balls


scalars = st.fractions(min_value=-3, max_value=3, max_denominator=1000)


def _value(numbers: BallNumbers, name: str, a: Fraction):
    ball = np.array([[numbers.number(a)]], dtype=object)
    return numbers.system.functions[name](ball)[0, 0]


@settings(max_examples=25)
@given(scalars)
@pytest.mark.parametrize("name", ["σ", "tanh", "exp", "relu", "√"])
def test_balls_meet_those_of_another_library(name, a):
    flint = pytest.importorskip("flint")
    flint.ctx.dps = 60
    a = abs(a) + Fraction(1, 7) if name == "√" else a
    other = flint.arb(a.numerator) / a.denominator
    expected = {
        "σ": lambda: 1 / (1 + (-other).exp()),
        "tanh": other.tanh,
        "exp": other.exp,
        "relu": lambda: other.max(flint.arb(0)),
        "√": other.sqrt,
    }[name]()
    ball = _value(BallNumbers(), name, a).value
    lower, upper = (flint.arb(str(end.mid).strip("[]").split(",")[0]) for end in (ball.a, ball.b))
    assert expected.overlaps(lower.union(upper))
    assert float(ball.delta.mid.a) < 1e-45 * (1 + abs(float(ball.mid.a)))


@settings(max_examples=25)
@given(scalars)
def test_slopes_are_those_of_calculus(a):
    numbers = BallNumbers()
    one = np.array([[numbers.number(Fraction(1))]], dtype=object)
    moving = numbers.nudged(np.array([[numbers.number(a)]], dtype=object), one)
    y = numbers.system.functions["tanh"](moving)[0, 0]
    slope = numbers.slope(np.array([[y]], dtype=object))[0, 0]
    assert not slope.apart(numbers.number(Fraction(1)) - y * y)
    assert slope.apart(numbers.number(Fraction(1)) + y * y) or a == 0


def test_a_ball_around_zero_has_any_slope_of_relu_and_no_logarithm():
    numbers = BallNumbers()
    third = numbers.number(Fraction(1, 3))
    zero = third * numbers.number(Fraction(3)) - numbers.number(Fraction(1))
    slope = numbers.system.functions["relu′"](np.array([[zero]], dtype=object))[0, 0]
    assert not any(slope.apart(numbers.number(Fraction(i, 2))) for i in range(3))
    with pytest.raises(Unbounded):
        numbers.system.functions["log"](np.array([[zero]], dtype=object))


def test_infinite_balls_are_never_apart():
    numbers = BallNumbers()
    zero, one = numbers.number(Fraction(0)), numbers.number(Fraction(1))
    assert not (one / zero).apart(one)
    assert not one.apart(one / zero)


def test_a_truth_in_balls_runs_the_same_network():
    truth = Truth(LSTM.network, LSTM.sizes, BallNumbers(), LSTM.indices)
    one, other = truth.value(f, t=2), truth.value(σ(a_f), t=2)
    assert not any(p.apart(q) for p, q in zip(one.flat, other.flat, strict=True))
    sum_ = over("t", Moment("", 1), Moment("T"), c)
    assert truth.value(sum_).shape == (2, 1)
