"""The verifiers behind the stability topics, one by one, and the topics in all their options."""

import re
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from derivations import NotVerified, derive
from derivations.arithmetic import ARRAYS
from derivations.bounds import (
    CONSTANT_FACTORS,
    DIAGONAL,
    EQUAL_FACTORS,
    POWER_OF_NUMBER,
    SINGULAR_VALUE,
    SUBMULTIPLICATIVE,
    TRANSPOSE,
    TRIANGLE,
    Abbreviated,
    ByLemmas,
    Lemma,
    Recalled,
    at_most,
    geometric_tail,
    nonnegative,
    scaled,
)
from derivations.catalogue.clipping import by_tensor, by_value
from derivations.chance.scalar_algebra import INFINITY, ByAlgebra, InTheLimit, Known
from derivations.concrete import Concrete
from derivations.counting import AddsUp, AtSizes
from derivations.matrix import (
    FIRST,
    NOW,
    SCALAR,
    Moment,
    diag,
    exponent,
    largest_entry,
    limit,
    negate,
    norm,
    number,
    over,
    product_over,
    repeated,
    symbol,
    value_at,
)
from derivations.step import Equation, Words
from derivations.template import Parameter

A, B = symbol("A", ("n", "m")), symbol("B", ("m", "n"))
D, v, u = symbol("D", ("n", "m")), symbol("v", ("n", "1")), symbol("u", ("n", "1"))
c, ρ = symbol("c", SCALAR), symbol("ρ", SCALAR)
K, S = Moment("t-K"), Moment("s")
A_s = symbol("A_s", ("n", "n"), S)
AGES = over("k", FIRST, K, repeated("s", Moment("k", 1), NOW, ρ))
SIZES = {"t": 5, "K": 2, "T": 5, "n": 3, "m": 2}

LEMMAS = [
    (SUBMULTIPLICATIVE, norm(A @ B)),
    (SUBMULTIPLICATIVE, norm(product_over("s", FIRST, NOW, A_s))),
    (TRIANGLE, norm(A + D)),
    (TRIANGLE, norm(over("s", FIRST, NOW, A_s))),
    (TRIANGLE, norm(negate(A))),
    (DIAGONAL, norm(diag(v))),
    (TRANSPOSE, norm(A.T)),
    (SINGULAR_VALUE, norm(A)),
    (EQUAL_FACTORS, product_over("s", FIRST, NOW, norm(A))),
    (CONSTANT_FACTORS, over("s", FIRST, NOW, norm(A) * norm(A_s))),
    (POWER_OF_NUMBER, norm(repeated("s", FIRST, NOW, c))),
    (scaled(), norm(c * A)),
    (scaled(), norm(norm(v) * A)),
    (geometric_tail(ρ), AGES),
]


def valued(expression, seed):
    """Return the value of an expression at random numbers, those called ρ between 0 and 1."""
    shapes = {"n": 3, "m": 2, "1": 1}

    def leaf(node, bindings):
        moment = node.data[0].moment
        label = [ord(x) for x in node.text()] + ([moment.at(bindings)] if moment else [])
        rng = np.random.default_rng([seed, *label])
        shape = [shapes[size] for size in node.shape]
        return rng.uniform(0.1, 0.99, shape) if node is ρ else rng.normal(size=shape)

    return float(np.squeeze(value_at(expression, SIZES, leaf, ARRAYS)))


@pytest.mark.parametrize(("lemma", "part"), LEMMAS, ids=lambda x: getattr(x, "name", ""))
@given(seed=st.integers(0, 10_000))
def test_every_lemma_is_true(lemma, part, seed):
    made = lemma.rewrite(part)
    left, right = valued(part, seed), valued(made, seed)
    assert left <= right * (1 + 1e-9) + 1e-12
    if lemma.relation == "=":
        assert left == pytest.approx(right)


@pytest.mark.parametrize(("lemma", "part"), LEMMAS, ids=lambda x: getattr(x, "name", ""))
def test_no_lemma_speaks_of_anything_else(lemma, part):
    for other in (c, A, number(1), A @ B, over("k", FIRST, NOW, c)):
        assert lemma.rewrite(other) is None


@pytest.mark.parametrize(
    "sum_",
    [
        over("k", Moment("", 0), K, repeated("s", Moment("k", 1), NOW, ρ)),
        over("k", FIRST, Moment("t-K", 1), repeated("s", Moment("k", 1), NOW, ρ)),
        over("k", FIRST, K, repeated("s", Moment("k", 2), NOW, ρ)),
        over("k", FIRST, K, repeated("s", Moment("k", 1), NOW, c)),
    ],
    ids=["from 0", "one age younger", "one power less", "another ratio"],
)
def test_the_geometric_tail_is_of_these_ages_only(sum_):
    assert geometric_tail(ρ).rewrite(sum_) is None


def test_what_is_at_most_something_is_so_at_any_step_but_nothing_else_is():
    h, M = symbol("h", ("n", "1"), NOW), symbol("M", SCALAR)
    lemma = at_most(norm(h), M, "‖h_t‖ ≤ M")
    later = symbol("h", ("n", "1"), Moment("k", -1))
    assert lemma.rewrite(norm(later)) is M
    assert lemma.rewrite(norm(symbol("a", ("n", "1"), NOW))) is None
    assert lemma.rewrite(largest_entry(h)) is None


def test_what_is_never_negative():
    never = (norm(A), norm(A) * norm(B), norm(A) + largest_entry(v), number(2), ρ)
    assert all(nonnegative(node, frozenset({ρ})) for node in never)
    perhaps = (c, norm(A) - norm(B), c * norm(A), number(-1), 1 - ρ)
    assert not any(nonnegative(node, frozenset({ρ})) for node in perhaps)


def test_a_lemma_that_is_false_is_refuted_where_it_is_used():
    def halved(node):
        made = SUBMULTIPLICATIVE.rewrite(node)
        return None if made is None else number(Fraction(1, 2)) * made

    step = derive("norm-bound").steps[1]
    left, right = norm(step.before.left), norm(step.before.right)
    check = ByLemmas((Lemma("halved", "≤", halved),), step.check.adversary, of_norms=True)
    with pytest.raises(NotVerified, match="refuted"):
        check(step.before, Equation(left, halved(right), "≤"))


# ------------------------------------------------------------------------------ algebra and limits


def test_a_limit_needs_what_is_known():
    power = Equation(norm(A), repeated("s", FIRST, NOW, ρ), "≤")
    vanishes = Equation(limit("t", norm(A)), number(0))
    below, above = (Known(ρ, sign, number(1)) for sign in "<>")
    assert InTheLimit("t", (below,))(power, vanishes).kind == "derived"
    for known in ((), (above,)):
        with pytest.raises(NotVerified):
            InTheLimit("t", known)(power, vanishes)


@pytest.mark.parametrize("value", [number(1), INFINITY, number(-1)])
def test_another_limit_is_caught(value):
    power = Equation(norm(A), repeated("s", FIRST, NOW, ρ), "≤")
    with pytest.raises(NotVerified):
        InTheLimit("t", (Known(ρ, "<", number(1)),))(power, Equation(limit("t", norm(A)), value))


def test_a_bound_that_goes_to_zero_says_nothing_of_what_may_be_negative():
    line = Equation(c, repeated("s", FIRST, NOW, ρ), "≤")
    with pytest.raises(NotVerified):
        InTheLimit("t", (Known(ρ, "<", number(1)),))(line, Equation(limit("t", c), number(0)))


def test_algebra_keeps_side_and_value():
    before = Equation(norm(A), ρ * (1 - ρ))
    ByAlgebra()(before, Equation(norm(A), ρ - ρ**2))
    for wrong in (
        Equation(norm(A), ρ + ρ**2),
        Equation(norm(B), ρ - ρ**2),
        Equation(norm(A), ρ - ρ**2, "≤"),
    ):
        with pytest.raises(NotVerified):
            ByAlgebra()(before, wrong)


def test_abbreviations_are_written_out():
    short = symbol("S", ("n", "m"))
    check = Abbreviated(ByAlgebra(holds=True), {short: A + D})
    check(short, Equation(short, D + A))
    with pytest.raises(NotVerified):
        check(short, Equation(short, A - D))


def test_what_is_recalled_is_what_was_derived():
    statement = Equation(norm(A), number(1), "≤")
    assert Recalled("a topic", statement)(A, statement).kind == "derived"
    with pytest.raises(NotVerified):
        Recalled("a topic", statement)(A, Equation(norm(A), number(2), "≤"))


@pytest.mark.parametrize(
    ("lower", "upper", "shown"),
    [
        (Moment("k", 1), NOW, "t-k"),
        (FIRST, Moment("K"), "K"),
        (Moment("t-K", 1), NOW, "K"),
        (Moment("k"), NOW, "t-k+1"),
        (FIRST, Moment("t", -1), "t-1"),
    ],
)
def test_exponents_count_indices(lower, upper, shown):
    power = repeated("s", lower, upper, ρ)
    assert str(exponent(power.data)) == shown
    assert power.text() == f"ρ^{shown}" if len(shown) == 1 else f"ρ^{{{shown}}}"


# --------------------------------------------------------------------------- numbers and counts


def test_concrete_numbers_are_worked_out():
    check = Concrete({v: [[3], [4]], u: [[1], [2]]})
    check(v, Equation(norm(v), number(5)))
    check(v, Equation(v.T @ u, number(11)))
    for wrong in (
        Equation(norm(v), number(4)),
        Equation(norm(v), number(5), "≠"),
        Equation(v, u),
        Equation(norm(A), number(5)),
    ):
        with pytest.raises(NotVerified):
            check(v, wrong)


def test_counts_are_counted_again():
    n, m = symbol("n", SCALAR), symbol("m", SCALAR)
    check, name = AddsUp([Parameter("A", (A,), "weights")]), Words("a layer")
    check(name, Equation(name, m * n))
    for wrong in (n * n, m * n + 1, m + n):
        with pytest.raises(NotVerified):
            check(name, Equation(name, wrong))
    at_sizes, formula = AtSizes({"n": 3, "m": 2}), Equation(name, m * n)
    at_sizes(formula, Equation(name, number(6)))
    for wrong in (Equation(name, number(7)), Equation(Words("another"), number(6))):
        with pytest.raises(NotVerified):
            at_sizes(formula, wrong)


@given(st.lists(st.integers(-9, 9), min_size=3, max_size=3), st.integers(1, 5))
def test_clipping_by_value_keeps_every_element_within_the_threshold(gradient, threshold):
    clipped = by_value(gradient, threshold)
    assert all(abs(element) <= threshold for element in clipped)
    pairs = zip(gradient, clipped, strict=True)
    assert all(a == b for a, b in pairs if abs(a) <= threshold)


def test_clipping_by_tensor_scales_each_to_the_threshold():
    assert sum(element**2 for element in by_tensor((3, 4, 1), 2)[:2]) == 4
    assert by_tensor((3, 4, 1), 2)[2] == 1


# ------------------------------------------------------------------------------------- the topics

ACTIVATIONS = ("tanh", "logistic", "relu", "leaky relu")
WITH_ACTIVATIONS = ("norm-bound", "vanishing", "depth-chain", "truncated-bptt")


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("topic", WITH_ACTIVATIONS)
def test_every_activation_has_its_bound(topic, activation):
    lines = str(derive(topic, activation=activation)).splitlines()
    assert max(map(len, lines)) <= 100


@pytest.mark.parametrize("topic", WITH_ACTIVATIONS)
def test_an_activation_without_a_bound_is_refused(topic):
    with pytest.raises(ValueError, match="leaky relu"):
        derive(topic, activation="identity")


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"cell": "lstmm"}, "lstm"),
        ({"cell": "gru", "variant": "seminar"}, "reset-after"),
        ({"cell": "rnn", "variant": "linear"}, "nothing to count"),
    ],
)
def test_a_census_of_what_is_not_there_is_refused(options, name):
    with pytest.raises(ValueError, match=name):
        derive("census", **options)


def test_the_factor_of_four_logistic_layers():
    assert re.search(r"≤ \(1/256\) σ_\{max\}\(W_2\)", derive("depth-chain").statement.text())
