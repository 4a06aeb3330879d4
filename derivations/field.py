"""Exact numbers to judge gradients by: dual numbers over a prime field.

A dual number carries a value and its derivative along one direction, both residues modulo a prime.
Computing with them is exact, so two formulas that are equal agree at every point, and two that
differ agree at a random point with a probability that can be bounded: see `degrees`.

Activations have no values in a finite field. They are given random ones that respect what is true
of them: exp(a) is drawn by a hash of a with exp(-a) = 1/exp(a), and exp' = exp. From it come σ(a) =
1/(1 + exp(-a)), tanh(a) = 2σ(2a) - 1 and the softmax; their slopes are not told but follow. relu(a)
is a times a random slope, whose values at a and -a add up to 1.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from hashlib import blake2b
from typing import Any

from derivations.arithmetic import NumberSystem, add_up

MERSENNE = 2**61 - 1


class Dual:
    """A value and its derivative, modulo a prime: v + t ε with ε² = 0."""

    __slots__ = ("prime", "tangent", "value")

    def __init__(self, value: int, tangent: int, prime: int) -> None:
        self.value, self.tangent, self.prime = value % prime, tangent % prime, prime

    def __add__(self, other: Any) -> Any:
        if not isinstance(other, Dual):
            return NotImplemented
        return Dual(self.value + other.value, self.tangent + other.tangent, self.prime)

    def __sub__(self, other: Any) -> Any:
        return self + -other

    def __neg__(self) -> Dual:
        return Dual(-self.value, -self.tangent, self.prime)

    def __mul__(self, other: Any) -> Any:
        if not isinstance(other, Dual):
            return NotImplemented
        tangent = self.value * other.tangent + self.tangent * other.value
        return Dual(self.value * other.value, tangent, self.prime)

    def __truediv__(self, other: Any) -> Any:
        if not isinstance(other, Dual):
            return NotImplemented
        # d(1/v) = -dv / v²; ZeroDivisionError would need a value that is 0 by chance.
        inverse = pow(other.value, -1, self.prime)
        return self * Dual(inverse, -other.tangent * inverse * inverse, self.prime)

    def __pow__(self, exponent: int) -> Dual:
        below = pow(self.value, exponent - 1, self.prime)
        return Dual(below * self.value, exponent * below * self.tangent, self.prime)

    def __repr__(self) -> str:
        return f"Dual({self.value}, {self.tangent})"


def functions_from(
    exp: Callable[[Any], Any], log: Callable[[Any], Any], slope: Callable[[Any], Any], one: Any
) -> dict[str, Callable[[Any], Any]]:
    """Return every function an expression can name, built from exp, log and relu's slope."""

    def logistic(a: Any) -> Any:
        return one / (one + exp(-a))

    def tanh(a: Any) -> Any:
        s = logistic(a + a)
        return s + s - one

    def softmax(logits: list[Any]) -> list[Any]:
        # Only differences matter: the softmax does not change when its logits are shifted.
        e = [exp(logit - logits[0]) for logit in logits]
        return [part / add_up(e) for part in e]

    return {
        "σ": logistic,
        "tanh": tanh,
        "relu": lambda a: a * slope(a),
        "relu′": slope,
        "log": log,
        "exp": exp,
        "softmax": softmax,
    }


@dataclass(frozen=True)
class PrimeField:
    """Dual numbers modulo a prime, with activations drawn by a hash of the seed."""

    prime: int = MERSENNE
    seed: int = 0

    def number(self, value: Fraction) -> Dual:
        """Return the constant."""
        return self.dual(value.numerator * pow(value.denominator, -1, self.prime))

    def dual(self, value: int, tangent: int = 0) -> Dual:
        """Return the dual number."""
        return Dual(value, tangent, self.prime)

    def random(self, *label: object) -> int:
        """Return a residue other than 0 and 1 that depends on the seed and the label only."""
        words = repr((self.seed, *label)).encode()
        return 2 + int.from_bytes(blake2b(words, digest_size=32).digest()) % (self.prime - 2)

    def exp(self, a: Dual) -> Dual:
        """Return a random value for e^a, with e^-a = 1/e^a and e^0 = 1; it is its own slope."""
        mirrored = min(a.value, self.prime - a.value)
        e = self.random("exp", mirrored) if a.value else 1
        if mirrored != a.value:
            e = pow(e, -1, self.prime)
        return self.dual(e, e * a.tangent)

    def log(self, a: Dual) -> Dual:
        """Return a random logarithm; its slope is 1/a."""
        return self.dual(self.random("log", a.value), a.tangent * pow(a.value, -1, self.prime))

    def slope(self, a: Dual) -> Dual:
        """Return a random slope of relu at a, that at -a being one minus it; it has no slope."""
        mirrored = min(a.value, self.prime - a.value)
        s = self.random("relu", mirrored)
        return self.dual(s if mirrored == a.value else 1 - s)

    def root(self, a: Dual) -> Dual:
        """Return the square root that is itself a square; its slope is 1/(2√a).

        It exists for half of the residues, and only where p is 3 modulo 4 is there always one of
        the two: so √(s⁴) is s². Raises ValueError for a residue that is no square.
        """
        r = pow(a.value, (self.prime + 1) // 4, self.prime)
        if r * r % self.prime != a.value:
            raise ValueError("no square modulo p: choose the point so that the root exists")
        return self.dual(r, a.tangent * pow(2 * r, -1, self.prime))

    @property
    def system(self) -> NumberSystem:
        """The number system of this field."""
        functions = functions_from(self.exp, self.log, self.slope, self.dual(1))
        return NumberSystem(self.number, functions | {"√": self.root})


MERSENNE_FIELD = PrimeField()
