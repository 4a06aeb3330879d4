"""Ball arithmetic: a number is known up to an error, and carries the bound for it.

Whatever is rounded on the way, the true value lies in the ball: that of the graph computed in
real numbers. The bounds come from mpmath's interval arithmetic, which rounds outwards.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache
from typing import Any

from mpmath import MPIntervalContext, libmp, mp, nstr

from autograd_rnn.algebras.algebra import Algebra


class Ball:
    """A real number of which this is known: it lies between `low` and `high`.

    A comparison that the bounds do not decide raises ValueError.
    """

    __slots__ = ("interval",)
    __hash__ = None  # type: ignore[assignment]  # equality is not always decided

    def __init__(self, interval: Any) -> None:
        self.interval = interval

    @property
    def low(self) -> Fraction | float:
        """The lower bound, exactly; minus infinity where there is none."""
        return _exact(self.interval._mpi_[0])

    @property
    def high(self) -> Fraction | float:
        """The upper bound, exactly; infinity where there is none."""
        return _exact(self.interval._mpi_[1])

    @property
    def radius(self) -> Any:
        """Half the distance of the bounds: how far the number may be from the middle; an mpf."""
        return mp.make_mpf(libmp.mpf_shift(self.interval.delta._mpi_[1], -1))

    def __contains__(self, number: Any) -> bool:
        exact = _exact(number._mpf_) if hasattr(number, "_mpf_") else Fraction(number)
        return self.low <= exact <= self.high

    def __repr__(self) -> str:
        middle = mp.make_mpf(self.interval.mid._mpi_[0])
        return f"{nstr(middle, self.interval.ctx.dps)} ± {nstr(self.radius, 2)}"

    def __add__(self, other: Any) -> Ball:
        return Ball(self.interval + _bare(other))

    def __radd__(self, other: Any) -> Ball:
        return Ball(other + self.interval)

    def __sub__(self, other: Any) -> Ball:
        return Ball(self.interval - _bare(other))

    def __rsub__(self, other: Any) -> Ball:
        return Ball(other - self.interval)

    def __mul__(self, other: Any) -> Ball:
        return Ball(self.interval * _bare(other))

    def __rmul__(self, other: Any) -> Ball:
        return Ball(other * self.interval)

    def __truediv__(self, other: Any) -> Ball:
        return Ball(self.interval / _bare(other))

    def __rtruediv__(self, other: Any) -> Ball:
        return Ball(other / self.interval)

    def __pow__(self, other: Any) -> Ball:
        return Ball(self.interval ** _bare(other))

    def __neg__(self) -> Ball:
        return Ball(-self.interval)

    def __abs__(self) -> Ball:
        return Ball(abs(self.interval))

    def __gt__(self, other: Any) -> bool:
        return self._decided(self.interval > _bare(other), other)

    def __lt__(self, other: Any) -> bool:
        return self._decided(self.interval < _bare(other), other)

    def __ge__(self, other: Any) -> bool:
        return self._decided(self.interval >= _bare(other), other)

    def __le__(self, other: Any) -> bool:
        return self._decided(self.interval <= _bare(other), other)

    def __eq__(self, other: object) -> bool:
        return self._decided(_same(self.interval, _bare(other)), other)

    def _decided(self, verdict: bool | None, other: object) -> bool:
        if verdict is None:
            raise ValueError(f"{self} and {other} overlap, so their order is not decided")
        return verdict


def _bare(number: Any) -> Any:
    return number.interval if isinstance(number, Ball) else number


def _exact(raw: tuple[Any, ...]) -> Fraction | float:
    """Return mpmath's sign, mantissa, exponent and size as a rational, or as an infinity."""
    if raw in (libmp.finf, libmp.fninf):
        return math.inf if raw == libmp.finf else -math.inf
    return Fraction(*map(int, libmp.to_rational(raw)))


def _same(x: Any, y: Any) -> bool | None:
    """Return whether two intervals hold one same number; None where they merely overlap."""
    if (x < y) or (x > y):
        return False
    return True if x.delta == 0 and x == y else None


# --- functions of intervals ------------------------------------------------------------------


def _tanh(context: Any, x: Any) -> Any:
    # x stands here once, so that the bounds are no wider than x makes them.
    return 1 - 2 / (context.exp(2 * x) + 1)


def _maximum(context: Any, a: Any, b: Any) -> Any:
    return context.mpf([max(a.a, b.a), max(a.b, b.b)])


def _where(context: Any, mask: Any, a: Any, b: Any) -> Any:
    if 0 not in mask:
        return a
    # Both branches are possible, unless the mask is 0 for certain.
    return b if mask == 0 else context.mpf([min(a.a, b.a), max(a.b, b.b)])


def _mask(relation: Callable[[Any, Any], bool | None]) -> Callable[..., Any]:
    """Return 1 or 0, or the interval between them where the relation is not decided."""

    def mask(context: Any, a: Any, b: Any) -> Any:
        verdict = relation(a, b)
        return context.mpf([0, 1] if verdict is None else int(verdict))

    return mask


COMPARISONS: dict[str, Callable[[Any, Any], bool | None]] = {
    "less": operator.lt,
    "less_equal": operator.le,
    "greater": operator.gt,
    "greater_equal": operator.ge,
    "equal": _same,
}

FUNCTIONS: dict[str, Callable[..., Any]] = {
    "tanh": _tanh,
    "sigmoid": lambda context, x: 1 / (1 + context.exp(-x)),
    "softplus": lambda context, x: context.log(1 + context.exp(x)),
    "exp": lambda context, x: context.exp(x),
    "expm1": lambda context, x: context.exp(x) - 1,
    "log": lambda context, x: context.log(x),
    "log1p": lambda context, x: context.log(1 + x),
    "sqrt": lambda context, x: context.sqrt(x),
    "sin": lambda context, x: context.sin(x),
    "cos": lambda context, x: context.cos(x),
    "power": lambda context, a, b: a**b,
    "maximum": _maximum,
    "minimum": lambda context, a, b: -_maximum(context, -a, -b),
    "relu": lambda context, x: _maximum(context, x, context.mpf(0)),
    "where": _where,
    "not_equal": lambda context, a, b: 1 - _mask(_same)(context, a, b),
    **{name: _mask(relation) for name, relation in COMPARISONS.items()},
}


@lru_cache
def balls(digits: int = 50) -> Algebra:
    """Return the algebra of balls whose bounds have `digits` decimal digits.

    Its precision is its own: mpmath's global `iv.dps` is neither read nor set.

    Raises:
        ValueError: `digits` is below 1.

    """
    if digits < 1:
        raise ValueError(f"balls of {digits} digits: a number has at least 1")
    context = MPIntervalContext()
    context.dps = digits

    def on_balls(function: Callable[..., Any]) -> Callable[..., Ball]:
        return lambda *balls: Ball(function(context, *(ball.interval for ball in balls)))

    return Algebra(
        name=f"balls of {digits} digits",
        number=lambda value: _ball(context, value),
        holds=lambda value: isinstance(value, Ball),
        functions={name: on_balls(function) for name, function in FUNCTIONS.items()},
    )


def _ball(context: Any, value: Any) -> Ball:
    if isinstance(value, Ball):
        return value
    if isinstance(value, Fraction):
        return Ball(context.mpf(value.numerator) / context.mpf(value.denominator))
    return Ball(context.mpf(value))
