"""Derivatives without rules: the complex step, and central differences that notice a kink.

A function here takes points to values, a row each, so that it can compute all of them at once.
Directions are vectors of unit length.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

Vector = np.ndarray[Any, Any]
VectorFunction = Callable[[Vector], Vector]

EPS = float(np.finfo(float).eps)
TINY = 1e-30  # the complex step subtracts nothing, so it can be as small as this
STEP = 3e-5  # where the errors of extrapolated differences, h⁴ and eps/h, are both small
ROUGH = 2e-7  # how far two step widths part, relative to the slope, where there is a kink


@dataclass(frozen=True, slots=True)
class Estimate:
    """Directional derivatives found without rules.

    Attributes:
        values: (outputs, directions).
        method: how they were found.
        tolerance: the error they are good for, relative to the largest. noise: the same, absolute.
        kinks: for each direction, whether the function has a kink, or is too steep, within reach.

    """

    values: Vector
    method: str
    tolerance: float
    noise: float
    kinks: tuple[bool, ...]


def estimate(f: VectorFunction, x: Vector, directions: Iterable[Vector], probe: Vector) -> Estimate:
    """Climb the ladder: the complex step where f is analytic, else central differences.

    Args:
        f: a function. x: where. directions: along which to find its derivatives.
        probe: a random direction, along which to see whether f is analytic.

    """
    if is_analytic(f, x, probe):
        return by_complex_step(f, x, directions)
    return by_differences(f, x, directions)


def by_complex_step(f: VectorFunction, x: Vector, directions: Iterable[Vector]) -> Estimate:
    """Im f(x + ih d) / h, exact to rounding where f is analytic (Squire & Trapp 1998)."""
    rows = np.imag(f(x + 1j * TINY * np.stack(list(directions)))) / TINY
    noise = 1e3 * EPS * _size(f, x)
    return Estimate(rows.T, "the complex step", 1e-9, noise, (False,) * len(rows))


def by_differences(f: VectorFunction, x: Vector, directions: Iterable[Vector]) -> Estimate:
    """Central differences with two steps, extrapolated to none (Richardson 1911).

    Around a kink the differences of the two steps part, in their odd part or in their even one.
    """
    noise = 1e2 * EPS * _size(f, x) / STEP
    slopes, parted = _extrapolated(f, x, np.stack(list(directions)))
    bounds = ROUGH * np.max(np.abs(slopes), axis=1, initial=0.0) + noise
    kinks = tuple(bool(kink) for kink in ~(parted <= bounds))  # nan is no agreement
    return Estimate(slopes.T, "central differences", 1e-6, noise, kinks)


def _extrapolated(f: VectorFunction, x: Vector, directions: Vector) -> tuple[Vector, Vector]:
    """Return the slope along each direction, a row each, and how far the two steps part."""
    steps = [width * directions for width in (STEP, -STEP, STEP / 2, -STEP / 2)]
    with np.errstate(all="ignore"):
        here, values = f(x[None])[0], f(np.concatenate([x + step for step in steps]))
        ahead, behind, near, before = np.split(values, 4)
        odd = (ahead - behind) / (2 * STEP), (near - before) / STEP
        even = (
            (ahead - 2 * here + behind) / (2 * STEP**2),
            2 * (near - 2 * here + before) / STEP**2,
        )
        # Smooth: the slope settles, and so does the curvature. At a kink one of them does not.
        parted = np.abs(odd[0] - odd[1]) + np.abs(even[0] - even[1]) * STEP
    return (4 * odd[1] - odd[0]) / 3, np.max(parted, axis=1, initial=0.0)


def is_analytic(f: VectorFunction, x: Vector, direction: Vector) -> bool:
    """Whether the complex step can be trusted: differences along `direction` tell the same."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", np.exceptions.ComplexWarning)
            ours = by_complex_step(f, x, [direction]).values
    except (TypeError, ValueError, np.exceptions.ComplexWarning):
        return False  # somewhere on its way f wants real numbers
    differences = by_differences(f, x, [direction])
    theirs = differences.values
    allowed = differences.tolerance * np.max(np.abs(theirs), initial=0.0) + differences.noise
    return bool(np.all(np.abs(ours - theirs) <= allowed))


def _size(f: VectorFunction, x: Vector) -> float:
    """Return how large the numbers are whose rounding disturbs a derivative at x."""
    return float(np.max(np.abs(x), initial=0.0) + np.max(np.abs(f(x[None])), initial=0.0))
