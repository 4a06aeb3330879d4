"""Numbers that can be nudged: in the prime field, in degrees of polynomials, and in floats.

A network is run in one of them, something in it is nudged, and how the rest moves is read off.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Protocol

import numpy as np

from derivations.arithmetic import ARRAYS, NumberSystem, over_arrays
from derivations.degrees import Degree, Degrees, Rational
from derivations.field import MERSENNE_FIELD, Dual, PrimeField

Array = Any  # a NumPy array of numbers of some kind
Place = tuple[int, ...]
Along = Callable[[Array], Array]  # how something moves when something else moves in a direction


class Numbers(Protocol):
    """Numbers in which a network can be run and nudged."""

    system: NumberSystem

    def draw(self, label: tuple[object, ...], shape: Place) -> Array:
        """Return random numbers that depend on the label only."""
        ...

    def nudged(self, array: Array, direction: Array) -> Array:
        """Return the array, moving along the direction."""
        ...

    def slope(self, array: Array) -> Array:
        """Return how the array moves."""
        ...

    def slopes(
        self, along: Callable[[Array], Array], shape: Place
    ) -> Iterator[tuple[Place, Array]]:
        """Yield each place of a shape with how `along` moves in the direction of that place."""
        ...


class FieldNumbers:
    """Dual numbers over a prime field, in object arrays."""

    def __init__(self, field: PrimeField = MERSENNE_FIELD) -> None:
        self.field = field
        self.system = over_arrays(field.system)

    def draw(self, label: tuple[object, ...], shape: Place) -> Array:
        """Return random residues."""
        return filled(shape, lambda *place: self.field.dual(self.field.random(*label, *place)))

    def nudged(self, array: Array, direction: Array) -> Array:
        """Return the array with the direction's values for tangents."""
        return np.frompyfunc(lambda a, d: Dual(a.value, d.value, a.prime), 2, 1)(array, direction)

    def slope(self, array: Array) -> Array:
        """Return the tangents."""
        return np.frompyfunc(lambda a: Dual(a.tangent, 0, a.prime), 1, 1)(array)

    def slopes(
        self, along: Callable[[Array], Array], shape: Place
    ) -> Iterator[tuple[Place, Array]]:
        """Yield the slope along each place in turn."""
        zero, one = self.field.dual(0), self.field.dual(1)
        for place in np.ndindex(*shape):
            direction = np.full(shape, zero, dtype=object)
            direction[place] = one
            yield place, along(direction)


class DegreeNumbers:
    """Degrees, which bound how likely it is that the field overlooks something."""

    def __init__(self) -> None:
        self.degrees = Degrees()
        self.system = over_arrays(self.degrees.system)

    def draw(self, label: tuple[object, ...], shape: Place) -> Array:
        """Return variables: polynomials of degree 1."""
        return np.full(shape, Degree(1), dtype=object)

    def nudged(self, array: Array, direction: Array) -> Array:
        """Return the degrees with the direction's for tangents."""
        return np.frompyfunc(lambda a, d: Degree(a.of_value, Rational(max(d.value, 1))), 2, 1)(
            array, direction
        )

    def slope(self, array: Array) -> Array:
        """Return the degrees of the tangents."""
        return np.frompyfunc(lambda a: Degree(a.of_tangent), 1, 1)(array)

    def slopes(
        self, along: Callable[[Array], Array], shape: Place
    ) -> Iterator[tuple[Place, Array]]:
        """Yield for every place the degree when all places move: none has a larger one alone."""
        found = along(np.full(shape, Degree(1), dtype=object))
        for place in np.ndindex(*shape):
            yield place, found


class FloatNumbers:
    """Floats, differentiated by a complex step: no difference is taken, so nothing cancels.

    Source: Squire & Trapp 1998, Using complex variables to estimate derivatives of real functions.
    """

    system = ARRAYS
    step = 1e-100

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed

    def draw(self, label: tuple[object, ...], shape: Place) -> Array:
        """Return standard normal numbers."""
        words = [ord(c) for c in repr(label)]
        return np.random.default_rng([self.seed, *words]).normal(size=shape)

    def nudged(self, array: Array, direction: Array) -> Array:
        """Return the array with the direction as a tiny imaginary part."""
        return array + 1j * self.step * direction

    def slope(self, array: Array) -> Array:
        """Return the imaginary parts in units of the step."""
        return np.imag(array) / self.step

    def slopes(
        self, along: Callable[[Array], Array], shape: Place
    ) -> Iterator[tuple[Place, Array]]:
        """Yield the slope along each place in turn."""
        for place in np.ndindex(*shape):
            direction = np.zeros(shape)
            direction[place] = 1.0
            yield place, along(direction)


def filled(shape: Place, scalar: Callable[..., Any]) -> Array:
    """Return an array of objects made from their places."""
    array = np.empty(shape, dtype=object)
    for place in np.ndindex(*shape):
        array[place] = scalar(*place)
    return array
