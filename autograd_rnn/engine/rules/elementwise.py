"""Operations that act on each element by itself: a slope an input says all."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from autograd_rnn.engine.primitive import broadcast, define, define_elementwise
from autograd_rnn.engine.record import Handle, apply, number_of

define(
    "add",
    kernel=operator.add,  # Python's operators are NumPy's on arrays, and far faster on scalars
    shape=broadcast,
    vjp=(lambda g, y, a, b: g, lambda g, y, a, b: g),
    jvp=(lambda da, y, a, b: da, lambda db, y, a, b: db),
    slopes=(lambda y, a, b: np.ones_like(y), lambda y, a, b: np.ones_like(y)),
    latex="{0} + {1}",
)
define(
    "subtract",
    kernel=operator.sub,
    shape=broadcast,
    vjp=(lambda g, y, a, b: g, lambda g, y, a, b: -g),
    jvp=(lambda da, y, a, b: da, lambda db, y, a, b: -db),
    slopes=(lambda y, a, b: np.ones_like(y), lambda y, a, b: -np.ones_like(y)),
    latex="{0} - {1}",
)
define(
    "negative",
    kernel=operator.neg,
    shape=broadcast,
    vjp=(lambda g, y, a: -g,),
    jvp=(lambda da, y, a: -da,),
    slopes=(lambda y, a: -np.ones_like(y),),
    latex="-{0}",
)
define_elementwise(
    "multiply",
    operator.mul,
    lambda y, a, b: b,
    lambda y, a, b: a,
    latex=r"{0} \odot {1}",
)
define_elementwise(
    "divide",
    np.true_divide,
    lambda y, a, b: 1.0 / b,
    lambda y, a, b: -y / b,
    latex=r"\frac{{{0}}}{{{1}}}",
)


def _slope_in_base(y: Any, a: Any, b: Any) -> Any:
    if not number_of(b):  # 0 or no plain number: x^0 is flat at 0 too, but 0 * 0^-1 is nan
        a = where(equal(a, 0.0) * equal(b, 0.0), 1.0, a)
    return b * a ** (b - 1)


define_elementwise(
    "power",
    np.power,
    _slope_in_base,
    # a^b ln a tends to 0 with a, for b > 0: ln 1 = 0 stands in for ln 0.
    lambda y, a, b: y * log(where(equal(a, 0.0), 1.0, a)),
    latex="{0}^{{{1}}}",
)
define_elementwise("exp", np.exp, lambda y, x: y, latex=r"\exp({0})")
define_elementwise("log", np.log, lambda y, x: 1.0 / x, latex=r"\ln({0})")


def _greater(a: Any, b: Any) -> Any:
    # The complex step moves only the imaginary part: which branch is taken stays the same.
    return np.greater(np.real(a), np.real(b))


define("greater", kernel=_greater, shape=broadcast, latex="[{0} > {1}]", differentiable=False)
define("equal", kernel=np.equal, shape=broadcast, latex="[{0} = {1}]", differentiable=False)
define(
    "where",
    kernel=np.where,
    shape=broadcast,
    vjp=(
        lambda g, y, mask, a, b: None,  # a mask is not differentiable, so this is never asked
        lambda g, y, mask, a, b: where(mask, g, 0.0),
        lambda g, y, mask, a, b: where(mask, 0.0, g),
    ),
    jvp=(
        lambda dmask, y, mask, a, b: None,
        lambda da, y, mask, a, b: where(mask, da, 0.0),
        lambda db, y, mask, a, b: where(mask, 0.0, db),
    ),
    latex=r"({1} \text{{ where }} {0} \text{{ else }} {2})",
)


def _won(g: Any, a: Any, b: Any) -> Any:
    """The part of g that goes to a in max(a, b): all, none, or half at a tie."""
    return g * greater(a, b) + 0.5 * (g * equal(a, b))


define(
    "maximum",
    kernel=lambda a, b: np.where(_greater(a, b) | np.isnan(a), a, b),
    shape=broadcast,
    vjp=(lambda g, y, a, b: _won(g, a, b), lambda g, y, a, b: _won(g, b, a)),
    jvp=(lambda da, y, a, b: _won(da, a, b), lambda db, y, a, b: _won(db, b, a)),
    slopes=(lambda y, a, b: _won(1.0, a, b), lambda y, a, b: _won(1.0, b, a)),
    latex=r"\max({0}, {1})",
)


def exp(x: Any) -> Any:
    """Exponential, as `numpy.exp`."""
    return apply("exp", x)


def log(x: Any) -> Any:
    """Natural logarithm, as `numpy.log`."""
    return apply("log", x)


def maximum(a: Any, b: Any) -> Any:
    """The larger of two, elementwise, as `numpy.maximum`; at a tie each gets half the slope."""
    return apply("maximum", a, b)


def greater(a: Any, b: Any) -> Any:
    """Whether a > b, elementwise: a boolean mask, which has no gradient."""
    return apply("greater", a, b)


def equal(a: Any, b: Any) -> Any:
    """Whether a = b, elementwise: a boolean mask, which has no gradient."""
    return apply("equal", a, b)


def where(mask: Any, a: Any, b: Any) -> Any:
    """Take from a where `mask` holds (is not 0), else from b, as `numpy.where`."""
    if isinstance(mask, Handle) and mask.node.needs_grad:
        return where(equal(mask, 0.0), b, a)
    return apply("where", mask, a, b)
