"""Convolution and pooling: windows that slide over an array, and what is done with each.

Arrays are batch-first, channels second: (batch, channels, length) in one dimension and (batch,
channels, height, width) in two. Weights are (channels out, channels in, *window). As in all of
deep learning, a convolution does not flip its weights: mathematics calls it a cross-correlation.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from autograd_rnn.engine.graph import Shape
from autograd_rnn.engine.primitive import define
from autograd_rnn.engine.record import apply, refusal
from autograd_rnn.engine.rules.arrangement import pad
from autograd_rnn.engine.rules.contraction import einsum
from autograd_rnn.engine.rules.reduction import max as largest
from autograd_rnn.engine.rules.reduction import mean
from autograd_rnn.engine.rules.structure import reshape

Sizes = tuple[int, ...]

# --- windows, and their transpose --------------------------------------------------------------


def _windows(x: Any, size: Sizes, stride: Sizes) -> Any:
    every = sliding_window_view(x, size, axis=tuple(range(-len(size), 0)))
    taken: Any = [slice(None, None, step) for step in stride] + [slice(None)] * len(size)
    return every[(..., *taken)]


def _windows_shape(x: Shape, size: Sizes, stride: Sizes) -> Shape:
    if len(x) < len(size):
        raise ValueError(f"a window of {size} needs {len(size)} axes")
    room = x[len(x) - len(size) :]
    if any(n < k for n, k in zip(room, size, strict=True)):
        raise ValueError(f"a window of {size} does not fit into {room}")
    places = ((n - k) // step + 1 for n, k, step in zip(room, size, stride, strict=True))
    return (*x[: len(x) - len(size)], *places, *size)


def _overlap_add(w: Any, size: Sizes, stride: Sizes, shape: Shape) -> Any:
    whole = np.zeros(shape, w.dtype)
    places = w.shape[w.ndim - 2 * len(size) : w.ndim - len(size)]
    for offset in itertools.product(*map(range, size)):
        touched: Any = (
            slice(start, start + step * count, step)
            for start, step, count in zip(offset, stride, places, strict=True)
        )
        whole[(..., *touched)] += w[(..., *offset)]
    return whole


define(
    "windows",
    kernel=_windows,
    shape=_windows_shape,
    vjp=(
        lambda g, y, x, size, stride: apply(
            "overlap_add", g, size=size, stride=stride, shape=x.shape
        ),
    ),
    jvp=(lambda dx, y, x, size, stride: apply("windows", dx, size=size, stride=stride),),
    latex=r"\operatorname{{windows}}({0})",
)
define(
    "overlap_add",
    kernel=_overlap_add,
    shape=lambda w, size, stride, shape: shape,
    vjp=(lambda g, y, w, size, stride, shape: apply("windows", g, size=size, stride=stride),),
    jvp=(
        lambda dw, y, w, size, stride, shape: apply(
            "overlap_add", dw, size=size, stride=stride, shape=shape
        ),
    ),
    latex=r"\operatorname{{overlap add}}({0})",
)


def windows(x: Any, size: int | Sequence[int], stride: int | Sequence[int] = 1) -> Any:
    """Return every window of `size` on the last axes of x, one each `stride` steps.

    Args:
        x: (..., *room). size: how wide a window is along each of the last axes.
        stride: how far one window is from the next; one number for all axes, or one an axis.

    Returns:
        (..., *places, *size), with (room - size) // stride + 1 places along each axis.

    Raises:
        OperationError: a window does not fit, or a size or stride is not positive.

    """
    sizes = (int(size),) if isinstance(size, (int, np.integer)) else tuple(map(int, size))
    strides = _per_axis("windows", x, stride, len(sizes))
    if min(sizes + strides, default=1) < 1:
        raise refusal("windows", [x], f"size {sizes} and stride {strides} must be positive")
    return apply("windows", x, size=sizes, stride=strides)


def _per_axis(name: str, x: Any, given: Any, count: int) -> Sizes:
    """Return one number an axis, where one may have been given for all."""
    sizes = (int(given),) * count if isinstance(given, (int, np.integer)) else tuple(given)
    if len(sizes) != count:
        raise refusal(name, [x], f"{given} is not one number, nor one for each of {count} axes")
    return sizes


# --- convolution -----------------------------------------------------------------------------


def conv1d(x: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0) -> Any:
    """Slide weights along a sequence and sum the products.

    Args:
        x: (batch, channels in, length). weight: (channels out, channels in, window).
        bias: (channels out,), or None. stride: how far one window is from the next.
        padding: how many zeros stand before and after the sequence.

    Returns:
        (batch, channels out, (length + 2 padding - window) // stride + 1).

    Raises:
        OperationError: shapes that do not fit; the message names them.

    """
    return _convolution("conv1d", x, weight, bias, stride, padding, "bcik,ock->boi")


def conv2d(x: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0) -> Any:
    """Slide weights over a picture and sum the products.

    Args:
        x: (batch, channels in, height, width).
        weight: (channels out, channels in, window height, window width).
        bias: (channels out,), or None. stride: how far one window is from the next.
        padding: how many zeros stand around the picture. Stride and padding are one number, or
            one for the height and one for the width.

    Returns:
        (batch, channels out, places down, places across), with places as in `conv1d`.

    Raises:
        OperationError: shapes that do not fit; the message names them.

    """
    return _convolution("conv2d", x, weight, bias, stride, padding, "bcijkl,ockl->boij")


def _convolution(
    name: str, x: Any, weight: Any, bias: Any, stride: Any, padding: Any, contraction: str
) -> Any:
    count = contraction.index(",") // 2 - 1
    if not len(x.shape) == len(weight.shape) == count + 2 or x.shape[1] != weight.shape[1]:
        raise refusal(name, [x, weight], "x is (batch, in, ...) and weight (out, in, ...)")
    framed = _framed(name, x, padding, count, 0)
    y = einsum(contraction, windows(framed, weight.shape[2:], stride), weight)
    return y if bias is None else y + reshape(bias, (-1, *(1,) * count))


def _framed(name: str, x: Any, padding: Any, count: int, value: float) -> Any:
    """Surround the last `count` axes with `value`."""
    around = _per_axis(name, x, padding, count)
    if not any(around):
        return x
    return pad(
        x, [(0, 0)] * (len(x.shape) - count) + [(n, n) for n in around], constant_values=value
    )


# --- pooling ---------------------------------------------------------------------------------


def max_pool1d(x: Any, size: int, stride: Any = None, padding: Any = 0) -> Any:
    """The largest of each window of a sequence (batch, channels, length).

    Args:
        x: the sequence. size: how wide a window is.
        stride: how far one window is from the next; by default windows do not overlap.
        padding: how many places, smaller than any number, stand before and after.

    Equal ones share the gradient equally, as in `max`.

    """
    return _pooled("max_pool1d", largest, x, size, stride, padding, -math.inf, 1)


def max_pool2d(x: Any, size: Any, stride: Any = None, padding: Any = 0) -> Any:
    """The largest of each window of a picture (batch, channels, height, width).

    Size, stride and padding are one number, or one for the height and one for the width; else as
    in `max_pool1d`.
    """
    return _pooled("max_pool2d", largest, x, size, stride, padding, -math.inf, 2)


def mean_pool1d(x: Any, size: int, stride: Any = None, padding: Any = 0) -> Any:
    """The mean of each window of a sequence (batch, channels, length).

    Args:
        x: the sequence. size: how wide a window is.
        stride: how far one window is from the next; by default windows do not overlap.
        padding: how many zeros stand before and after; they count in the mean.

    """
    return _pooled("mean_pool1d", mean, x, size, stride, padding, 0, 1)


def mean_pool2d(x: Any, size: Any, stride: Any = None, padding: Any = 0) -> Any:
    """The mean of each window of a picture (batch, channels, height, width).

    Size, stride and padding are one number, or one for the height and one for the width; else as
    in `mean_pool1d`.
    """
    return _pooled("mean_pool2d", mean, x, size, stride, padding, 0, 2)


def _pooled(
    name: str, reduce: Any, x: Any, size: Any, stride: Any, padding: Any, around: float, count: int
) -> Any:
    if len(x.shape) != count + 2:
        raise refusal(name, [x], f"x is (batch, channels, ...) with {count} axes more")
    sizes = _per_axis(name, x, size, count)
    framed = _framed(name, x, padding, count, around)
    spread = windows(framed, sizes, sizes if stride is None else stride)
    return reduce(spread, axis=tuple(range(-count, 0)))
