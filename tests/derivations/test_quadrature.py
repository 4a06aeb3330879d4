from fractions import Fraction

import numpy as np
import pytest

from derivations.chance.claims import Rounds
from derivations.chance.facts import Gaussian, Symmetric
from derivations.chance.moments import World
from derivations.chance.quadrature import enclosed
from derivations.chance.scalars import Applied, Constant, Decimal, E, Number, Root, Variable
from derivations.step import Equation, NotVerified

z, g = Variable("z"), Constant("g")
NORMAL = frozenset({Gaussian("z", Number(1))})
SECOND = E(Applied("tanh", z) ** 2)


@pytest.mark.parametrize("rate", [Fraction(1), Fraction(1, 2), Fraction(1, 3)])
def test_an_enclosure_holds_the_integral_and_is_narrow(rate):
    scaled = Applied("tanh", Number(rate.numerator) * z / rate.denominator)
    low, high = enclosed(E(scaled**2).value(World(NORMAL), {}), World(NORMAL))
    assert 0 < high - low < Fraction(1, 10**18)
    at = np.linspace(-12, 12, 100_001)
    density = np.exp(-(at**2) / 2) / np.sqrt(2 * np.pi)
    found = np.trapezoid(np.tanh(float(rate) * at) ** 2 * density, at)
    assert float(low) == pytest.approx(found, abs=1e-12)


def test_exact_parts_are_enclosed_too():
    low, high = enclosed((1 / Root(Number(2) * Constant("π"))).value(World(), {}), World())
    assert float(low) == pytest.approx(1 / np.sqrt(2 * np.pi), abs=1e-15)
    assert low < high


@pytest.mark.parametrize("facts", [frozenset(), frozenset({Symmetric("z")})])
def test_there_is_no_enclosure_without_a_standard_normal(facts):
    with pytest.raises(NotVerified, match="no enclosure"):
        enclosed(SECOND.value(World(facts), {}), World(facts))


def test_nor_with_another_deviation_nor_of_another_function_nor_too_near_a_pole():
    world = World(frozenset({Gaussian("z", Number(2))}))
    with pytest.raises(NotVerified, match="no enclosure"):
        enclosed(SECOND.value(world, {}), world)
    for other in (E(Applied("tanh", z) ** 4), E(Applied("tanh", 2 * z) ** 2)):
        with pytest.raises(NotVerified, match="no enclosure"):
            enclosed(other.value(World(NORMAL), {}), World(NORMAL))


@pytest.mark.parametrize("digits", ["0.3943", "0.394294490", "0.39"])
def test_a_right_rounding_is_verified_to_its_last_digit(digits):
    verdict = Rounds(NORMAL)(Equation(g, SECOND), Equation(g, Decimal(digits), "≈"))
    assert verdict.kind == "tested"
    assert float(verdict.error_bound) == 5 * 10.0 ** -(len(digits) - 1)


@pytest.mark.parametrize(
    "wrong",
    [
        Equation(g, Decimal("0.394295"), "≈"),
        Equation(g, Decimal("0.394294")),  # it is not equal
        Equation(g**2, Decimal("0.394294"), "≈"),
        Equation(g, Number(0), "≈"),
    ],
)
def test_a_wrong_rounding_is_not(wrong):
    with pytest.raises(NotVerified):
        Rounds(NORMAL)(Equation(g, SECOND), wrong)
