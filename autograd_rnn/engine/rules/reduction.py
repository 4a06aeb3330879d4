"""Sums over axes, and broadcasting, which is their transpose; and what else makes many one."""

from __future__ import annotations

import builtins
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_rnn.engine.graph import Shape
from autograd_rnn.engine.primitive import broadcast, define
from autograd_rnn.engine.record import apply, axes_of
from autograd_rnn.engine.rules.comparison import equal
from autograd_rnn.engine.rules.elementwise import exp

Axes = tuple[int, ...]


def _axes(x: Any, axis: Any, name: str = "sum") -> Axes:
    """Return `axis` as NumPy takes it (None, one, several) as a sorted tuple."""
    ndim = np.ndim(x)
    return tuple(range(ndim)) if axis is None else tuple(sorted(axes_of(name, axis, ndim, x)))


def _summed_shape(shape: Shape, axes: Axes, keepdims: bool) -> Shape:
    if keepdims:
        return tuple(1 if i in axes else size for i, size in enumerate(shape))
    return tuple(size for i, size in enumerate(shape) if i not in axes)


def _kept(g: Any, shape: Shape, axes: Axes, keepdims: bool) -> Any:
    """Give what was reduced over `axes` of `shape` these axes again, each of size 1."""
    return g if keepdims else apply("reshape", g, shape=_summed_shape(shape, axes, True))


def _stretched(g: Any, shape: Shape, axes: Axes, keepdims: bool) -> Any:
    """Undo a sum: every summed element gets the whole of g."""
    return apply("broadcast_to", _kept(g, shape, axes, keepdims), shape=shape)


def _add_up(x: Any, axes: Axes, keepdims: bool) -> Any:
    return np.sum(x, axis=axes, keepdims=keepdims)


define(
    "sum",
    kernel=_add_up,
    shape=_summed_shape,
    vjp=(lambda g, y, x, axes, keepdims: _stretched(g, x.shape, axes, keepdims),),
    jvp=(lambda dx, y, x, axes, keepdims: apply("sum", dx, axes=axes, keepdims=keepdims),),
    latex=r"\textstyle\sum {0}",
)


def _sum_to(x: Any, shape: Shape) -> Any:
    lost = x.ndim - len(shape)
    axes = (*range(lost), *(i + lost for i, n in enumerate(shape) if n != x.shape[i + lost]))
    return np.add.reduce(x, axis=axes, keepdims=True).reshape(shape)


# The transpose of broadcasting, and broadcasting itself. Their cotangents are each other's.
define(
    "sum_to",
    kernel=_sum_to,
    shape=lambda _, shape: shape,
    vjp=(lambda g, y, x, shape: apply("broadcast_to", g, shape=x.shape),),
    jvp=(lambda dx, y, x, shape: apply("sum_to", dx, shape=shape),),
    latex=r"\textstyle\sum_{{\mathrm{{broadcast}}}} {0}",
)


def _broadcast_to_shape(x: Shape, shape: Shape) -> Shape:
    if broadcast(x, shape) != shape:
        raise ValueError(f"{x} does not broadcast to {shape}")
    return shape


define(
    "broadcast_to",
    kernel=np.broadcast_to,
    shape=_broadcast_to_shape,
    vjp=(lambda g, y, x, shape: g,),  # pull_back sums it to x's shape, as after any broadcast
    jvp=(lambda dx, y, x, shape: apply("broadcast_to", dx, shape=shape),),
    latex="{0}",
)


# --- the largest and the smallest: equal ones share the gradient equally -----------------------


def _extreme(reduce: Callable[..., Any]) -> Callable[..., Any]:
    def kernel(x: Any, axes: Axes, keepdims: bool) -> Any:
        if not np.iscomplexobj(x):
            return reduce(x, axis=axes, keepdims=keepdims)
        # Of a complex step: the mean of those whose real part is the largest (smallest).
        chosen = np.real(x) == reduce(np.real(x), axis=axes, keepdims=True)
        return np.mean(x, axis=axes, keepdims=keepdims, where=chosen)

    return kernel


def _extreme_shape(shape: Shape, axes: Axes, keepdims: bool) -> Shape:
    reduced = _summed_shape(shape, axes, keepdims)
    if 0 in shape and 0 not in reduced:
        raise ValueError("of no elements none is the largest or the smallest")
    return reduced


def _shares(x: Any, y: Any, axes: Axes, keepdims: bool) -> Any:
    """1/k at each of the k elements of x that equal y, the largest or smallest; else 0."""
    chosen = equal(x, _kept(y, x.shape, axes, keepdims)) * np.ones((), x.dtype)
    return chosen / sum(chosen, axes, keepdims=True)


def _shared_out(g: Any, y: Any, x: Any, axes: Axes, keepdims: bool) -> Any:
    return _shares(x, y, axes, keepdims) * _kept(g, x.shape, axes, keepdims)


def _shared_in(dx: Any, y: Any, x: Any, axes: Axes, keepdims: bool) -> Any:
    return sum(_shares(x, y, axes, keepdims) * dx, axes, keepdims)


for _name, _reduce in {"max": np.max, "min": np.min}.items():
    define(
        _name,
        kernel=_extreme(_reduce),
        shape=_extreme_shape,
        vjp=(_shared_out,),
        jvp=(_shared_in,),
        latex=rf"\{_name} {{0}}",
    )


def _logsumexp(x: Any, axes: Axes, keepdims: bool) -> Any:
    # ln Σ exp(x) = top + ln Σ exp(x - top), and no exp of what is not positive overflows.
    top = np.real(x).max(axis=axes, keepdims=True)
    top = np.where(np.isfinite(top), top, 0.0)
    y = top + np.log(np.exp(x - top).sum(axis=axes, keepdims=True))
    return np.reshape(y, _summed_shape(np.shape(x), axes, keepdims))


def _weights(y: Any, x: Any, axes: Axes, keepdims: bool) -> Any:
    """The softmax of x over `axes`, given y = logsumexp(x)."""
    return exp(x - _kept(y, x.shape, axes, keepdims))


def _weighted_out(g: Any, y: Any, x: Any, axes: Axes, keepdims: bool) -> Any:
    return _weights(y, x, axes, keepdims) * _kept(g, x.shape, axes, keepdims)


def _weighted_in(dx: Any, y: Any, x: Any, axes: Axes, keepdims: bool) -> Any:
    return sum(_weights(y, x, axes, keepdims) * dx, axes, keepdims)


define(
    "logsumexp",
    kernel=_logsumexp,
    shape=_extreme_shape,
    vjp=(_weighted_out,),
    jvp=(_weighted_in,),
    latex=r"\ln\textstyle\sum \exp({0})",
)

# --- running sums: the transpose of one from the left is one from the right --------------------


def _cumsum(x: Any, axis: int, reverse: bool) -> Any:
    return np.flip(np.cumsum(np.flip(x, axis), axis), axis) if reverse else np.cumsum(x, axis)


define(
    "cumsum",
    kernel=_cumsum,
    shape=lambda x, axis, reverse: x,
    vjp=(lambda g, y, x, axis, reverse: apply("cumsum", g, axis=axis, reverse=not reverse),),
    jvp=(lambda dx, y, x, axis, reverse: apply("cumsum", dx, axis=axis, reverse=reverse),),
    latex=r"\operatorname{{cumsum}}({0})",
)


def sum(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Add up the elements along `axis` (all of them by default), as `numpy.sum`."""
    return apply("sum", x, axes=_axes(x, axis), keepdims=keepdims)


def mean(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Average the elements along `axis` (all of them by default), as `numpy.mean`."""
    count = _count(x, axis, "mean")
    return sum(x, axis, keepdims) / count


def var(x: Any, axis: Any = None, ddof: int = 0, keepdims: bool = False) -> Any:
    """Mean squared deviation from the mean along `axis`, as `numpy.var`.

    Args:
        x: an array. axis, keepdims: as in `sum`.
        ddof: subtracted from the count that the sum of squares is divided by.

    """
    count = _count(x, axis, "var")
    deviation = x - mean(x, axis, keepdims=True)
    return sum(deviation * deviation, axis, keepdims) / builtins.max(count - ddof, 0)


def _count(x: Any, axis: Any, name: str) -> int:
    """Return how many elements are reduced to one."""
    return math.prod(np.shape(x)[i] for i in _axes(x, axis, name))


def max(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The largest element along `axis`, as `numpy.max`; equal ones share the slope equally."""
    return apply("max", x, axes=_axes(x, axis, "max"), keepdims=keepdims)


def min(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The smallest element along `axis`, as `numpy.min`; equal ones share the slope equally."""
    return apply("min", x, axes=_axes(x, axis, "min"), keepdims=keepdims)


def logsumexp(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Ln Σ exp(x) along `axis`, without overflow; its slope is the softmax."""
    return apply("logsumexp", x, axes=_axes(x, axis, "logsumexp"), keepdims=keepdims)


def cumsum(x: Any, axis: int | None = None) -> Any:
    """Running sums along `axis` (of all elements in a row by default), as `numpy.cumsum`."""
    if axis is None:
        x, axis = apply("reshape", x, shape=(math.prod(np.shape(x)),)), 0
    (counted,) = axes_of("cumsum", axis, np.ndim(x), x)
    return apply("cumsum", x, axis=counted, reverse=False)
