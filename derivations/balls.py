"""Real numbers enclosed in balls: what they show to be different is different, rounding and all.

A `Ball` holds a value and its derivative along one direction, each as an interval of which it is
certain that the true number lies in it. Two balls that do not meet are two numbers. Balls that meet
say nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from hashlib import blake2b
from typing import Any

import numpy as np
from mpmath.ctx_iv import MPIntervalContext
from mpmath.libmp import to_str

from derivations.arithmetic import NumberSystem, over_arrays
from derivations.field import functions_from
from derivations.nudging import Array, Place, filled

Interval = Any  # mpmath has no types
DIGITS = 50
LARGEST = 10**6  # e^a is refused beyond: its own exponential could fill the memory


class Unbounded(ArithmeticError):  # noqa: N818 - it says what was met
    """A formula has no value at a point, or one too large to be written down."""


class Ball:
    """Intervals around a value and its derivative: v + t ε with ε² = 0."""

    __slots__ = ("tangent", "value")

    def __init__(self, value: Interval, tangent: Interval) -> None:
        self.value, self.tangent = value, tangent

    def __add__(self, other: Any) -> Any:
        if not isinstance(other, Ball):
            return NotImplemented
        return Ball(self.value + other.value, self.tangent + other.tangent)

    def __sub__(self, other: Any) -> Any:
        return self + -other

    def __neg__(self) -> Ball:
        return Ball(-self.value, -self.tangent)

    def __mul__(self, other: Any) -> Any:
        if not isinstance(other, Ball):
            return NotImplemented
        tangent = self.value * other.tangent + self.tangent * other.value
        return Ball(self.value * other.value, tangent)

    def __truediv__(self, other: Any) -> Any:
        if not isinstance(other, Ball):
            return NotImplemented
        quotient = self.value / other.value
        return Ball(quotient, (self.tangent - quotient * other.tangent) / other.value)

    def __pow__(self, exponent: int) -> Ball:
        slope = exponent * self.value ** (exponent - 1)
        return Ball(self.value**exponent, slope * self.tangent)

    def apart(self, other: Ball) -> bool:
        """Say whether the values are certainly different."""
        a, b = self.value, other.value
        largest = a.ctx.inf
        finite = all(-largest < end and end < largest for end in (a.a, a.b, b.a, b.b))
        return finite and bool(a.b < b.a or b.b < a.a)

    def digits(self, count: int) -> str:
        """Return the middle of the value, so many digits of it."""
        return str(to_str(self.value.mid._mpi_[0], count))

    def __repr__(self) -> str:
        return f"Ball({self.value}, {self.tangent})"


class BallNumbers:
    """Balls in object arrays, the random ones short decimals: a person can type them in.

    A `seed` that is odd draws positive numbers, for what has a value there only.
    """

    def __init__(self, seed: int = 0, digits: int = DIGITS) -> None:
        self.seed = seed
        self._context = MPIntervalContext()  # one's own: mpmath's precision is global
        self._context.dps = digits
        functions = functions_from(self._exp, self._log, self._slope, self.number(Fraction(1)))
        functions["√"] = self._root
        self.system = over_arrays(NumberSystem(self.number, functions))
        self.drawn: dict[Any, Array] = {}

    def number(self, value: Fraction) -> Ball:
        """Return the constant."""
        mpf = self._context.mpf
        return Ball(mpf(value.numerator) / mpf(value.denominator), mpf(0))

    def draw(self, label: tuple[object, ...], shape: Place) -> Array:
        """Return random numbers with three decimals, between 0 and 1.5 or their negatives."""
        if label not in self.drawn:
            self.drawn[label] = filled(shape, lambda *ij: self.number(self._decimal(*label, *ij)))
        return self.drawn[label].copy()

    def _decimal(self, *label: object) -> Fraction:
        words = repr((self.seed, *label)).encode()
        size, sign = divmod(int.from_bytes(blake2b(words, digest_size=8).digest()), 2)
        positive = self.seed % 2 or sign
        return Fraction((1 if positive else -1) * (1 + size % 1500), 1000)

    def nudged(self, array: Array, direction: Array) -> Array:
        """Return the array with the direction's values for tangents."""
        return np.frompyfunc(lambda a, d: Ball(a.value, d.value), 2, 1)(array, direction)

    def slope(self, array: Array) -> Array:
        """Return the tangents."""
        return np.frompyfunc(lambda a: Ball(a.tangent, self._context.mpf(0)), 1, 1)(array)

    def slopes(
        self, along: Callable[[Array], Array], shape: Place
    ) -> Iterator[tuple[Place, Array]]:
        """Yield the slope along each place in turn."""
        zero, one = self.number(Fraction(0)), self.number(Fraction(1))
        for place in np.ndindex(*shape):
            direction = np.full(shape, zero, dtype=object)
            direction[place] = one
            yield place, along(direction)

    def _exp(self, a: Ball) -> Ball:
        if not a.value.b < LARGEST:
            raise Unbounded("an exponential is too large to be written down")
        e = self._context.exp(a.value)
        return Ball(e, e * a.tangent)

    def _log(self, a: Ball) -> Ball:
        if not a.value.a > 0:
            raise Unbounded("a logarithm of what is not positive has no value")
        return Ball(self._context.log(a.value), a.tangent / a.value)

    def _root(self, a: Ball) -> Ball:
        if not a.value.a > 0:
            raise Unbounded("a root of what is not positive has no value or no slope")
        root = self._context.sqrt(a.value)
        return Ball(root, a.tangent / (2 * root))

    def _slope(self, a: Ball) -> Ball:
        """Return the slope of relu, anything from 0 to 1 where its argument may be 0."""
        slope = [0, 1] if not (a.value > 0 or a.value < 0) else int(a.value > 0)
        return Ball(self._context.mpf(slope), self._context.mpf(0))
