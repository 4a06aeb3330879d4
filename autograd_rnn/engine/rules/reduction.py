"""Sums over axes, and broadcasting, which is their transpose."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_rnn.engine.graph import Shape
from autograd_rnn.engine.primitive import define
from autograd_rnn.engine.record import apply, axes_of

Axes = tuple[int, ...]


def _axes(x: Any, axis: Any) -> Axes:
    """Return `axis` as NumPy takes it (None, one, several) as a sorted tuple."""
    ndim = np.ndim(x)
    return tuple(range(ndim)) if axis is None else tuple(sorted(axes_of("sum", axis, ndim, x)))


def _summed_shape(shape: Shape, axes: Axes, keepdims: bool) -> Shape:
    if keepdims:
        return tuple(1 if i in axes else size for i, size in enumerate(shape))
    return tuple(size for i, size in enumerate(shape) if i not in axes)


def _stretched(g: Any, shape: Shape, axes: Axes, keepdims: bool) -> Any:
    """Undo a sum: every summed element gets the whole of g."""
    if not keepdims:
        g = apply("reshape", g, shape=_summed_shape(shape, axes, True))
    return apply("broadcast_to", g, shape=shape)


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
define(
    "broadcast_to",
    kernel=np.broadcast_to,
    shape=lambda _, shape: shape,
    vjp=(lambda g, y, x, shape: g,),  # pull_back sums it to x's shape, as after any broadcast
    jvp=(lambda dx, y, x, shape: apply("broadcast_to", dx, shape=shape),),
    latex="{0}",
)


def sum(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Add up the elements along `axis` (all of them by default), as `numpy.sum`."""
    return apply("sum", x, axes=_axes(x, axis), keepdims=keepdims)


def mean(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Average the elements along `axis` (all of them by default), as `numpy.mean`."""
    return sum(x, axis, keepdims) / math.prod(np.shape(x)[i] for i in _axes(x, axis))
