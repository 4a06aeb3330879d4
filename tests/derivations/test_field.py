from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from derivations.degrees import Degree, Degrees
from derivations.field import MERSENNE, MERSENNE_FIELD, PrimeField

residues = st.integers(min_value=2, max_value=MERSENNE - 2)
duals = st.builds(MERSENNE_FIELD.dual, residues, residues)
functions = MERSENNE_FIELD.system.functions
one = MERSENNE_FIELD.dual(1)


def same(a, b):
    return (a.value, a.tangent) == (b.value, b.tangent)


@given(duals, duals, duals)
def test_duals_are_a_commutative_ring(a, b, c):
    assert same((a + b) + c, a + (b + c))
    assert same(a * (b + c), a * b + a * c)
    assert same(a * b, b * a)
    assert same(a - a, MERSENNE_FIELD.dual(0))


@given(duals, duals)
def test_a_quotient_undoes_a_product(a, b):
    assert same(a * b / b, a)


@given(duals, st.integers(min_value=1, max_value=5))
def test_a_power_is_a_product(a, exponent):
    product = a
    for _ in range(exponent - 1):
        product = product * a
    assert same(a**exponent, product)


@given(residues)
def test_the_tangent_of_a_polynomial_is_its_derivative(x):
    found = MERSENNE_FIELD.dual(x, 1) ** 3 - MERSENNE_FIELD.number(
        Fraction(1, 2)
    ) * MERSENNE_FIELD.dual(x, 1)
    assert found.tangent == (3 * x * x - pow(2, -1, MERSENNE)) % MERSENNE


@given(duals)
def test_activations_keep_their_symmetries(a):
    assert same(functions["tanh"](-a), -functions["tanh"](a))
    assert same(functions["σ"](-a), one - functions["σ"](a))
    assert same(functions["relu"](a) - functions["relu"](-a), a)


@given(duals)
def test_slopes_follow_from_the_exponential(a):
    s, g = functions["σ"](a), functions["tanh"](a)
    assert s.tangent == (s * (one - s)).value * a.tangent % MERSENNE
    assert g.tangent == (one - g * g).value * a.tangent % MERSENNE
    assert functions["log"](a).tangent * a.value % MERSENNE == a.tangent


@given(st.lists(duals, min_size=2, max_size=4), duals)
def test_softmax_is_normalized_and_shift_invariant(logits, shift):
    shifted = functions["softmax"]([logit + shift for logit in logits])
    probabilities = functions["softmax"](logits)
    assert all(map(same, probabilities, shifted))
    total = probabilities[0]
    for probability in probabilities[1:]:
        total = total + probability
    assert same(total, one)


def test_different_arguments_and_seeds_give_different_values():
    values = {functions["σ"](MERSENNE_FIELD.dual(a)).value for a in range(1, 1000)}
    assert len(values) == 999
    other = PrimeField(seed=1).system.functions["σ"]
    assert other(MERSENNE_FIELD.dual(5)).value != functions["σ"](MERSENNE_FIELD.dual(5)).value


def test_division_by_zero_is_an_error():
    with pytest.raises(ValueError, match="not invertible"):
        one / MERSENNE_FIELD.dual(0)


def test_degrees_bound_the_degree_of_products_sums_and_quotients():
    x, y = Degree(1), Degree(1)
    assert (x * x * y).value == 3
    assert (x + y * y).value == 2  # of polynomials, the larger
    assert (x / y + y / x).value == 2  # (x² + y²) / (x y)
    assert (x / (x + y * y)).value == 2
    assert (x**4).value == 4
    assert (-x - y).value == 1


def test_degrees_bound_the_degree_of_slopes():
    x, y = Degree(1, 1), Degree(1)
    assert (x * y).tangent == 2
    assert (x / y).tangent == 2  # dx y / y²
    assert (y / (x * x)).tangent == 4
    gate = Degrees().system.functions["tanh"](x)
    assert gate.tangent == 3  # (1 - s²) dx


def test_degrees_grow_as_a_recursion_does_and_not_as_its_paths():
    functions = Degrees().system.functions
    w, h = Degree(1, 1), Degree(1)
    found = []
    for _ in range(50):
        h = functions["σ"](w * h + w * h + w * h)
        found.append(h.tangent)
    growth = [b - a for a, b in pairwise(found)]
    assert set(growth[1:]) == {3}


def test_degrees_count_what_activations_are_asked():
    degrees = Degrees()
    gate = degrees.system.functions["σ"](Degree(3))
    assert gate.value == 1
    assert degrees.met == [3]
    assert degrees.bound(10) == 10 + 2 * 1 * 3
