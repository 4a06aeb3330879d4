"""How likely is it that a wrong formula passes? A count of degrees over the computation itself.

By the lemma of Schwartz and Zippel, a function of degree d that is not zero vanishes at a random
point of a field of p elements with probability at most d/p. So a check is run once more, with the
degrees of its numbers in the place of the numbers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from math import floor, log2
from typing import Any, NamedTuple

from derivations.arithmetic import NumberSystem
from derivations.field import functions_from


class Rational(NamedTuple):
    """Bounds on the degrees of a rational function above and below its fraction line."""

    above: int
    below: int = 0

    @property
    def degree(self) -> int:
        """The larger of the two."""
        return max(self.above, self.below)

    def plus(self, other: Rational) -> Rational:
        """Return the degrees of a sum; of two polynomials it has the larger degree."""
        return Rational(
            max(self.above + other.below, other.above + self.below), self.below + other.below
        )

    def times(self, other: Rational) -> Rational:
        """Return the degrees of a product."""
        return Rational(self.above + other.above, self.below + other.below)

    def over(self, other: Rational) -> Rational:
        """Return the degrees of a quotient."""
        return Rational(self.above + other.below, self.below + other.above)


class Degree:
    """Bounds on the degrees of a number and of its derivative along a direction."""

    __slots__ = ("of_tangent", "of_value")

    def __init__(self, value: int | Rational, tangent: int | Rational = 0) -> None:
        self.of_value = value if isinstance(value, Rational) else Rational(value)
        self.of_tangent = tangent if isinstance(tangent, Rational) else Rational(tangent)

    @property
    def value(self) -> int:
        """The degree of the number."""
        return self.of_value.degree

    @property
    def tangent(self) -> int:
        """The degree of its derivative."""
        return self.of_tangent.degree

    def __add__(self, other: Any) -> Any:
        if not isinstance(other, Degree):
            return NotImplemented
        return Degree(self.of_value.plus(other.of_value), self.of_tangent.plus(other.of_tangent))

    __sub__ = __add__

    def __neg__(self) -> Degree:
        return self

    def __mul__(self, other: Any) -> Any:
        if not isinstance(other, Degree):
            return NotImplemented
        first = self.of_value.times(other.of_tangent)
        tangent = first.plus(self.of_tangent.times(other.of_value))
        return Degree(self.of_value.times(other.of_value), tangent)

    def __truediv__(self, other: Any) -> Any:
        if not isinstance(other, Degree):
            return NotImplemented
        # d(u/v) = (du v - u dv) / v²
        first = self.of_tangent.times(other.of_value)
        above = first.plus(self.of_value.times(other.of_tangent))
        tangent = above.over(other.of_value.times(other.of_value))
        return Degree(self.of_value.over(other.of_value), tangent)

    def __pow__(self, exponent: int) -> Degree:
        power = Degree(0)
        for _ in range(exponent):
            power = power * self
        return power


@dataclass
class Degrees:
    """The number system of degrees, and what was met in it.

    The values drawn for inputs, parameters and activations are the variables. Two arguments of an
    activation that meet at the point do not have independent values: for every pair of them, the
    degree of their difference counts as well.
    """

    met: list[int] = field(default_factory=list)

    def drawn(self, a: Degree, slope: Rational) -> Degree:
        """Return the degrees of a new variable, whose slope at `a` is a function of it."""
        self.met.append(a.value)
        return Degree(1, slope.times(a.of_tangent))

    def exp(self, a: Degree) -> Degree:
        """Return a new variable that is its own slope."""
        return self.drawn(a, Rational(1))

    def squashed(self, a: Degree) -> Degree:
        """Return a new variable s for σ, whose slope is s (1 - s), or for tanh with 1 - s².

        In the field σ is 1/(1 + e) with a random e: as random as e itself, and a fraction less.
        """
        return self.drawn(a, Rational(2))

    def log(self, a: Degree) -> Degree:
        """Return a new variable, whose slope is 1/a."""
        return self.drawn(a, Rational(0).over(a.of_value))

    def root(self, a: Degree) -> Degree:
        """Return a bound for √a where a is s⁴, whose root s² has half the degree."""
        return Degree(a.of_value, a.of_tangent.over(a.of_value))

    @property
    def system(self) -> NumberSystem:
        """The number system of degrees."""
        functions = functions_from(self.exp, self.log, self.exp, Degree(0))
        squashed = {"σ": self.squashed, "tanh": self.squashed, "√": self.root}
        return NumberSystem(self.number, functions | squashed)

    def number(self, value: Fraction) -> Degree:
        """Return the degree of a constant."""
        return Degree(0)

    def bound(self, degree: int) -> int:
        """Return the numerator of the error bound for a claim of this degree."""
        return degree + 2 * len(self.met) * sum(self.met)


RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def power_of_two(numerator: int, prime: int) -> str:
    """Return the error bound numerator/prime as a power of two that is not below it."""
    return "2⁻" + str(floor(log2(Fraction(prime, numerator)))).translate(RAISED)
