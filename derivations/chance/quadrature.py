"""Expectations over a standard normal variable that have no closed form, enclosed.

The trapezoidal rule with step h, applied to a function that is analytic in the strip of the complex
plane within d of the real line, is off by at most ``2M / (exp(2πd/h) - 1)``, where M bounds the
integral of its absolute value along every line of the strip (L. N. Trefethen and J. A. C. Weideman,
"The exponentially convergent trapezoidal rule", SIAM Review 2014, theorem 5.1). Everything is
summed in interval arithmetic; the error and what is cut off are part of the interval.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from math import prod
from typing import Any

import mpmath
import sympy

from derivations.chance.facts import Gaussian
from derivations.chance.moments import EXPECTED, World, family
from derivations.chance.scalars import scalar
from derivations.step import NotVerified

BY = "trapezoidal rule in interval arithmetic"

_REACH, _PER_UNIT = 12, 8  # the rule sums over -12, -12 + 1/8, ..., 12
_iv = mpmath.MPIntervalContext()  # of our own, for its precision
_iv.dps = 30


def enclosed(value: Any, world: World) -> tuple[Fraction, Fraction]:
    """Return numbers between which the value lies; its moments are of standard normal variables.

    Raises `NotVerified` for a value in which something has no enclosure here.
    """
    low, high = _interval(value, world)._mpi_
    return _fraction(low), _fraction(high)


def _fraction(raw: Any) -> Fraction:
    above, below = mpmath.libmp.to_rational(raw)
    return Fraction(int(above), int(below))


def _interval(value: Any, world: World) -> Any:
    """Evaluate a value in interval arithmetic."""
    if value.is_Rational:
        return _iv.mpf(int(value.p)) / int(value.q)
    if value == sympy.pi:
        return _iv.pi
    if value.func == EXPECTED:
        return _moment(value.args[0], world)
    if value.func == sympy.Add:
        return sum((_interval(term, world) for term in value.args), _iv.mpf(0))
    if value.func == sympy.Mul:
        return prod((_interval(factor, world) for factor in value.args), start=_iv.mpf(1))
    if value.func == sympy.Pow and (2 * value.exp).is_Integer:
        root = _iv.sqrt(_interval(value.base, world))
        return root ** int(2 * value.exp)
    raise NotVerified(f"no enclosure is known for {value}")


def _moment(body: Any, world: World) -> Any:
    """Enclose ``E[tanh(rate z)²]`` of a standard normal z."""
    [variable] = body.atoms(sympy.Indexed)
    rate = sympy.Wild("rate", exclude=[variable])
    match = body.match(sympy.tanh(rate * variable) ** 2)
    if match is None or Gaussian(family(variable), scalar(1)) not in world.facts:
        raise NotVerified(f"no enclosure is known for the expectation of {body}")
    return _tanh_squared(match[rate])


@cache
def _tanh_squared(rate: Any) -> Any:
    """Enclose ``E[tanh(rate z)²]`` for a rate of at most 1, which has no pole in the strip d = 1.

    In it ``|tanh|²`` is at most the greater of 1 and ``tan(rate)²``, and the density at most
    ``exp(1/2)`` times what it is on the line.
    """
    if not 0 < rate <= 1:
        raise NotVerified(f"no enclosure is known for the rate {rate}")
    slope, h = _iv.mpf(int(rate.p)) / int(rate.q), _iv.mpf(1) / _PER_UNIT
    places = [_iv.mpf(i) / _PER_UNIT for i in range(1, _REACH * _PER_UNIT + 1)]
    total = 2 * h * sum(_tanh(slope * x) ** 2 * _density(x) for x in places)
    bound = _iv.exp(_iv.mpf(1) / 2) * max(_iv.mpf(1), _iv.tan(slope) ** 2, key=lambda v: v.b)
    error = 2 * bound / (_iv.exp(2 * _iv.pi / h) - 1)
    cut_off = _iv.exp(-((_REACH - h) ** 2) / 2)  # twice a tail of the normal is below this
    return total + _iv.mpf([-error.b, (error + cut_off).b])


def _tanh(x: Any) -> Any:
    return 1 - 2 / (_iv.exp(2 * x) + 1)


def _density(x: Any) -> Any:
    return _iv.exp(-(x**2) / 2) / _iv.sqrt(2 * _iv.pi)
