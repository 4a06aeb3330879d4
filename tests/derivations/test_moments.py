from fractions import Fraction
from itertools import product

import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from derivations.chance.facts import (
    Above,
    Below,
    Bernoulli,
    Certain,
    Definition,
    Gaussian,
    Given,
    Identical,
    Independent,
    Linear,
    Mean,
    Same,
    Symmetric,
    Uniform,
    ZeroMean,
)
from derivations.chance.moments import World, difference
from derivations.chance.scalars import (
    HALF,
    Applied,
    Constant,
    Cov,
    E,
    Limit,
    Number,
    Root,
    Sum,
    Var,
    Variable,
)
from derivations.chance.spelling import spell, spell_sum

w, x = Variable("w", "j"), Variable("x", "j")
w_k, x_k = Variable("w", "k"), Variable("x", "k")
AT = {"j": 1, "k": 2}
n, p, s, α = (Constant(letter) for letter in "npsα")


def world(*facts, **sizes):
    return World(frozenset(facts), sizes)


def test_nothing_is_known_without_facts():
    assert str(difference(E(w * x), E(w) * E(x), world(), AT)) == "E(w[1]*x[1]) - E(w[1])*E(x[1])"


@pytest.mark.parametrize(
    ("facts", "formula", "expected"),
    [
        ([Independent("w", "x")], E(w**2 * x), E(w**2) * E(x)),
        ([Independent("x", "w")], E(w**2 * x), E(w**2) * E(x)),
        ([Independent("w", "w")], E(w * w_k), E(w) * E(w_k)),
        (
            [Independent("w", "w"), Independent("w", "x")],
            E(w * w_k * x * x_k),
            E(w) * E(w_k) * E(x * x_k),
        ),
        ([ZeroMean("w")], E(w), Number(0)),
        ([Identical("w")], E(w**3), E(Variable("w") ** 3)),
        ([Certain("w", 2)], E(w**3 * x), 8 * E(x)),
        ([Uniform("w", "a")], Var(w), Constant("a") ** 2 / 3),
        ([Uniform("w", "a")], E(w**4), Constant("a") ** 4 / 5),
        ([Mean("w", "x")], E(w), x),
        ([Symmetric("w")], E(w**3), Number(0)),
        ([Symmetric("w")], E(Applied("relu", w) ** 2), HALF * E(w**2)),
        ([Symmetric("w")], E(Applied("σ", w)), HALF),
        ([Bernoulli("w", p)], E(w**5), p),
        ([Bernoulli("w", p)], Var(w), p * (Number(1) - p)),
        ([Gaussian("w", s)], E(w**4), 3 * s**4),
        ([Gaussian("w", s)], E(Applied("relu", w)), s / Root(2 * Constant("π"))),
        ([Gaussian("w", s)], E(Applied("leaky", w) ** 2), (Number(1) + α**2) * s**2 / 2),
        ([Given(("x",)), Identical("x")], E(x * x_k), Variable("x") ** 2),
        ([Given(("x",))], Cov(w * x, w_k * x_k), x * x_k * Cov(w, w_k)),
        ([Linear("tanh")], E(Applied("tanh", w)), E(w)),
        ([Linear("σ")], Var(Applied("σ", w)), Var(w) / 16),
        ([Same("n")], Constant("n", "k"), n),
        ([Definition("p", 1 / n)], E(w) * p, E(w) / n),
        ([Below("p", 1 / n)], Limit("L", (n * p) ** Constant("L")), Number(0)),
        ([Above("p", 1 / n)], Limit("L", 1 / (n * p) ** Constant("L")), Number(0)),
    ],
)
def test_a_fact_says_what_it_says_and_only_with_it(facts, formula, expected):
    assert difference(formula, expected, world(*facts), AT) == 0
    for fact in facts:
        fewer = [f for f in facts if f != fact]
        assert difference(formula, expected, world(*fewer), AT) != 0


@pytest.mark.parametrize(
    ("facts", "formula"),
    [
        ([ZeroMean("w")], E(w**2)),  # a second moment is not a mean
        ([ZeroMean("w")], E(w * x)),  # nor is the mean of a product a product of means
        ([Independent("w", "w")], E(w**2) - E(w) ** 2),  # nothing is independent of itself
        ([Independent("w", "w")], E(w * x) - E(w) * E(x)),
        ([Independent("w", "x")], E(w * w_k) - E(w) * E(w_k)),
        ([Identical("x")], E(x * x_k) - E(Variable("x") ** 2)),  # nothing about joint ones
        ([Mean("w", "x")], E(w**2) - x**2),
        ([Symmetric("w")], E(w * x)),  # joint ones again
        ([Symmetric("w")], E(Applied("relu", w))),
        ([Symmetric("w")], E(Applied("relu", w) ** 2) - Var(Applied("relu", w))),
        ([Bernoulli("w", p)], E(w * w_k) - p**2),
        ([Given(("x",))], Var(w * x)),
        ([Below("p", 1 / n)], Limit("L", (2 * n * p) ** Constant("L"))),
        ([], Limit("L", Var(Variable("z", time="L"))) - Var(Variable("z", time="L"))),
    ],
)
def test_a_fact_says_no_more_than_it_says(facts, formula):
    assert difference(formula, Number(0), world(*facts), AT) != 0


def test_a_chain_of_dependences_ties_variables_together():
    # w is independent of x, but both may hang on y
    y = Variable("y", "j")
    assert difference(E(w * x * y), E(w) * E(x * y), world(Independent("w", "x")), AT) != 0
    facts = (Independent("w", "x"), Independent("w", "y"))
    assert difference(E(w * x * y), E(w) * E(x * y), world(*facts), AT) == 0


# The algebra held against brute force: three fair coins with unequal, exact outcomes.
OUTCOMES = {"w": (Fraction(1, 2), Fraction(-2, 3)), "x": (Fraction(3, 5), Fraction(7, 4))}


def brute_force(powers):
    """Return E[w_1^a w_2^b x_1^c] over all outcomes of independent coins."""
    total = Fraction(0)
    for w1, w2, x1 in product(OUTCOMES["w"], OUTCOMES["w"], OUTCOMES["x"]):
        total += w1 ** powers[0] * w2 ** powers[1] * x1 ** powers[2]
    return total / 8


@given(st.tuples(*[st.integers(0, 4)] * 3))
def test_it_agrees_with_counting_all_outcomes(powers):
    facts = (Independent("w", "w"), Independent("w", "x"))
    a, b, c = powers
    value = (E(w**a * w_k**b * x**c)).value(world(*facts), AT)
    moment = {
        call: sympy.Rational(_mean(call.args[0])) for call in value.atoms(sympy.Function("E"))
    }
    assert value.xreplace(moment) == sympy.Rational(brute_force(powers))


def _mean(argument):
    variable, power = argument.as_base_exp()
    outcomes = OUTCOMES[str(variable.base.label)]
    return sum((o ** int(power) for o in outcomes), Fraction(0)) / len(outcomes)


def test_a_variance_is_what_it_is_by_definition():
    assert difference(Var(w + x), Var(w) + Var(x) + 2 * Cov(w, x), world(), AT) == 0
    assert difference(Var(w + x), Var(w) + Var(x) + Cov(w, x), world(), AT) != 0
    assert difference(Cov(w, w), Var(w), world(), AT) == 0


@pytest.mark.parametrize(
    "formula",
    [
        Sum("j", n, E(w) ** 2 * Var(x)),
        Sum("j", n, Sum("k", n, E(w) * E(w_k) * Cov(x, x_k), but="j")),
        Sum("j", n, Sum("k", n, E(w**2) * E(x_k), but="j")),
        n * E(Variable("w")) ** 2,
        Sum("j", n, E(x)) - Sum("j", n, Sum("k", n, 3 * E(w * x_k), but="j")),
    ],
)
def test_a_value_is_spelled_as_the_sum_it_is(formula):
    value = formula.value(world(n=4), {})
    spelled = spell_sum(value, 4, n, ("j", "k"))
    for size in (1, 2, 3, 4, 5):
        assert difference(formula, spelled, world(n=size)) == 0


def test_a_covariance_is_recognized():
    value = (E(w) ** 2 * (E(x * x_k) - E(x) * E(x_k))).value(world(), AT)
    assert spell(value, {1: "j", 2: "k"}).text() == "E[w_j]² Cov(x_j, x_k)"


def test_a_value_with_a_term_missing_is_not_spelled():
    value = Sum("j", n, E(w) ** 2).value(world(n=3), {}) - E(w).value(world(), AT) ** 2
    with pytest.raises(ValueError, match="whole sum"):
        spell_sum(value, 3, n, ("j", "k"))
