"""Verifiers of inequalities, ranges, limits and counts: what they accept, and what they catch."""

import math
from dataclasses import replace
from fractions import Fraction

import flint
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mpmath import iv

from derivations import NotVerified, derive
from derivations.adversary import Adversary
from derivations.bounds import SUBMULTIPLICATIVE, TRIANGLE, ByLemmas, applied
from derivations.matrix import (
    NOW,
    Moment,
    apply,
    divide,
    hadamard,
    largest_singular_value,
    norm,
    number,
    repeated,
    symbol,
    total_jacobian,
)
from derivations.ranges import Span, enclosure
from derivations.step import Equation, numbered
from tests.derivations.mutated import wrong_steps

TOPICS = (
    *("norm-bound", "vanishing", "saturation", "spectral-radius", "linear-scalar"),
    *("depth-chain", "truncated-bptt", "clipping", "orthogonal", "activation-slopes"),
    *("census", "parameter-counts", "orientation", "two-biases"),
)
R = symbol("W_h", ("n", "n"))
h_t, h_k = (symbol("h", ("n", "1"), Moment(index, 0)) for index in "tk")
JACOBIAN = norm(total_jacobian(h_t, h_k))


def bound(γ, extra=0):
    """Return (γ σ_max(R))^{t-k}, with so many factors more."""
    base = hadamard(Fraction(γ), largest_singular_value(R))
    return repeated("s", Moment("k", 1 - extra), Moment("t", 0), base)


# ---------------------------------------------------------------------------------- norm bounds


@pytest.fixture(scope="module")
def adversary():
    step = derive("norm-bound").steps[-1]
    return Adversary(derive("norm-bound").truth.network, step.check.adversary.indices)


def test_the_bound_is_not_refuted(adversary):
    assert adversary.refute(JACOBIAN, "≤", bound(1)) > 9


@pytest.mark.parametrize(
    ("relation", "claimed"),
    [
        ("≤", bound(Fraction(1, 2))),  # the slope of tanh reaches 1
        ("≤", bound(Fraction(99, 100))),
        ("≥", bound(1)),
        ("≤", bound(1, extra=1)),
        ("≤", number(1)),
        ("≤", bound(1) * bound(1)),
        ("=", bound(1)),
    ],
    ids=["γ = 1/2", "γ = 0.99", "swapped", "t-k+1", "σ_max missing", "squared", "an equality"],
)
def test_the_adversary_refutes_a_wrong_bound(adversary, relation, claimed):
    with pytest.raises(NotVerified):
        adversary.refute(JACOBIAN, relation, claimed)


def test_for_the_logistic_function_a_quarter_is_enough_and_a_fifth_is_not():
    derivation = derive("norm-bound", activation="logistic")
    last = derivation.steps[-1]
    judge = Adversary(derivation.truth.network, last.check.adversary.indices)
    assert judge.refute(JACOBIAN, "≤", bound(Fraction(1, 4))) > 9
    with pytest.raises(NotVerified):
        judge.refute(JACOBIAN, "≤", bound(Fraction(1, 5)))


def test_a_line_must_be_what_its_lemma_makes_of_the_line_before():
    A, B = symbol("A", ("n", "m")), symbol("B", ("m", "n"))
    check = ByLemmas((SUBMULTIPLICATIVE,))
    before = Equation(norm(A @ B), norm(A @ B))
    assert check(before, Equation(norm(A @ B), norm(A) * norm(B), "≤")).kind == "derived"
    for wrong in (
        Equation(norm(A @ B), norm(A) * norm(B)),
        Equation(norm(A @ B), norm(A) * norm(B), "≥"),
        Equation(norm(A @ B), norm(A), "≤"),
        Equation(norm(A @ B), norm(A) + norm(B), "≤"),
    ):
        with pytest.raises(NotVerified):
            check(before, wrong)


def test_an_inequality_acts_only_where_a_larger_part_makes_a_larger_whole():
    A, B = symbol("A", ("n", "n")), symbol("B", ("n", "n"))
    below = divide(1, norm(A + B))
    assert applied(TRIANGLE, below, frozenset()) is below
    subtracted = norm(A) - norm(A + B)
    assert applied(TRIANGLE, subtracted, frozenset()) is subtracted


# ------------------------------------------------------------------------------ ranges, enclosures

a = symbol("a", ("1", "1"), NOW)
FUNCTIONS = {"σ": lambda x: 1 / (1 + math.exp(-x)), "tanh": math.tanh}


@given(st.sampled_from(sorted(FUNCTIONS)), st.floats(-30, 30), st.floats(0, 2))
def test_an_enclosure_holds_every_value(name, low, width):
    interval = iv.mpf([low, low + width])
    found = enclosure(apply(name, a) * (1 - apply(name, a)), a, interval)
    for x in np.linspace(low, low + width, 7):
        s = FUNCTIONS[name](x)
        assert found.a - 1e-12 <= s * (1 - s) <= found.b + 1e-12


@given(st.floats(-20, 20), st.floats(0.001, 1))
def test_balls_of_another_library_meet_the_enclosure(middle, radius):
    found = enclosure(apply("tanh", a), a, iv.mpf([middle - radius, middle + radius]))
    ball = flint.arb(middle, radius).tanh()
    assert found.a <= float(ball.mid()) + float(ball.rad())
    assert found.b >= float(ball.mid()) - float(ball.rad())


def test_other_ranges_of_a_slope_are_caught():
    ranges = [s for s in derive("activation-slopes") if isinstance(s.after.right, Span)]
    assert len(ranges) == 2
    for step in ranges:
        for wrong in step.after.right.mutations():
            with pytest.raises(NotVerified):
                step.check(step.before, replace(step.after, right=wrong))


# --------------------------------------------------------------------------------- whole topics


@pytest.mark.parametrize("topic", TOPICS)
def test_what_is_wrong_in_a_topic_is_caught(topic):
    tried, missed = 0, []
    for place, step in numbered(derive(topic).steps):
        for kind, wrong in wrong_steps(step):
            tried += 1
            try:
                step.check(step.before, wrong)
            except NotVerified:
                continue
            missed.append(f"{place} {kind}: {wrong.text()}")
    assert tried > 3
    # One known other way to write the same: the first term of the rest of a truncated sum is empty.
    assert all("Σ_{t=2}^T Σ_{k=1}^{t-K}" in line for line in missed), missed


def test_known_totals_are_among_the_counts():
    shown = derive("parameter-counts").statement.text()
    for number_of_parameters in (2080, 320000, 322080, 328320, 80321):
        assert f"= {number_of_parameters}" in shown
