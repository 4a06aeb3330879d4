"""Operations that act on each element by itself: a slope an input says all."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from autograd_rnn.engine.primitive import broadcast, define, define_elementwise
from autograd_rnn.engine.record import Handle, apply, number_of
from autograd_rnn.engine.rules.comparison import equal, greater, less

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
define(
    "divide",
    kernel=np.true_divide,
    shape=broadcast,
    # g / b and not g * (1 / b): for a plain number b that would be a float, rounded for good.
    vjp=(lambda g, y, a, b: g / b, lambda g, y, a, b: -(g * y) / b),
    jvp=(lambda da, y, a, b: da / b, lambda db, y, a, b: -(db * y) / b),
    slopes=(lambda y, a, b: 1.0 / b, lambda y, a, b: -y / b),
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


define_elementwise("expm1", np.expm1, lambda y, x: y + 1.0, latex=r"(e^{{{0}}} - 1)")
define_elementwise("log1p", np.log1p, lambda y, x: 1.0 / (1.0 + x), latex=r"\ln(1 + {0})")
define_elementwise("sqrt", np.sqrt, lambda y, x: 0.5 / y, latex=r"\sqrt{{{0}}}")
define_elementwise("sin", np.sin, lambda y, x: cos(x), latex=r"\sin({0})")
define_elementwise("cos", np.cos, lambda y, x: -sin(x), latex=r"\cos({0})")


# --- choices: which of two, and what the kink between them has for a slope ---------------------

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
    kernel=lambda a, b: np.where(np.greater(np.real(a), np.real(b)) | np.isnan(a), a, b),
    shape=broadcast,
    vjp=(lambda g, y, a, b: _won(g, a, b), lambda g, y, a, b: _won(g, b, a)),
    jvp=(lambda da, y, a, b: _won(da, a, b), lambda db, y, a, b: _won(db, b, a)),
    slopes=(lambda y, a, b: _won(1.0, a, b), lambda y, a, b: _won(1.0, b, a)),
    latex=r"\max({0}, {1})",
)
define(
    "minimum",
    kernel=lambda a, b: np.where(np.less(np.real(a), np.real(b)) | np.isnan(a), a, b),
    shape=broadcast,
    vjp=(lambda g, y, a, b: _won(g, b, a), lambda g, y, a, b: _won(g, a, b)),
    jvp=(lambda da, y, a, b: _won(da, b, a), lambda db, y, a, b: _won(db, a, b)),
    slopes=(lambda y, a, b: _won(1.0, b, a), lambda y, a, b: _won(1.0, a, b)),
    latex=r"\min({0}, {1})",
)


def _absolute(x: Any) -> Any:
    # Of a complex step: -x or x, which is analytic, not the modulus, which is not.
    return np.where(np.real(x) < 0, -x, x) if np.iscomplexobj(x) else np.abs(x)


def _signed(g: Any, x: Any) -> Any:
    """The product of g and the sign of x; 0 at 0."""
    return g * greater(x, 0.0) - g * less(x, 0.0)


define(
    "absolute",
    kernel=_absolute,
    shape=broadcast,
    vjp=(lambda g, y, x: _signed(g, x),),
    jvp=(lambda dx, y, x: _signed(dx, x),),
    slopes=(lambda y, x: _signed(1.0, x),),
    latex=r"\lvert {0} \rvert",
)


def exp(x: Any) -> Any:
    """Exponential, as `numpy.exp`."""
    return apply("exp", x)


def log(x: Any) -> Any:
    """Natural logarithm, as `numpy.log`."""
    return apply("log", x)


def expm1(x: Any) -> Any:
    """exp(x) - 1, precise for small x, as `numpy.expm1`."""
    return apply("expm1", x)


def log1p(x: Any) -> Any:
    """ln(1 + x), precise for small x, as `numpy.log1p`."""
    return apply("log1p", x)


def sqrt(x: Any) -> Any:
    """Square root, as `numpy.sqrt`; its slope at 0 is infinite."""
    return apply("sqrt", x)


def sin(x: Any) -> Any:
    """Sine of radians, as `numpy.sin`."""
    return apply("sin", x)


def cos(x: Any) -> Any:
    """Cosine of radians, as `numpy.cos`."""
    return apply("cos", x)


def abs(x: Any) -> Any:
    """Absolute value, as `numpy.abs` on real numbers; its slope at 0 is taken to be 0."""
    return apply("absolute", x)


def maximum(a: Any, b: Any) -> Any:
    """The larger of two, elementwise, as `numpy.maximum`; at a tie each gets half the slope."""
    return apply("maximum", a, b)


def minimum(a: Any, b: Any) -> Any:
    """The smaller of two, elementwise, as `numpy.minimum`; at a tie each gets half the slope."""
    return apply("minimum", a, b)


def clip(x: Any, a_min: Any = None, a_max: Any = None) -> Any:
    """min(max(x, a_min), a_max), as `numpy.clip`; None sets no bound.

    Outside the bounds the slope is 0, inside it is 1, and on a bound it is ½, as at any tie.
    """
    if a_min is not None:
        x = maximum(x, a_min)
    return x if a_max is None else minimum(x, a_max)


def where(mask: Any, a: Any, b: Any) -> Any:
    """Take from a where `mask` holds (is not 0), else from b, as `numpy.where`."""
    if isinstance(mask, Handle) and mask.node.needs_grad:
        return where(equal(mask, 0.0), b, a)
    return apply("where", mask, a, b)
