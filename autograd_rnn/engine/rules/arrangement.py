"""Rearranging elements under NumPy's names: compositions of the operations in `structure`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_rnn.engine.record import apply, axes_of, refusal
from autograd_rnn.engine.rules.elementwise import where
from autograd_rnn.engine.rules.structure import frozen_key, index, reshape, transpose

EVERYTHING = slice(None)


def _along(axis: int, key: Any) -> tuple[Any, ...]:
    """Return the key that takes `key` of one axis and everything of the axes before it."""
    return (*(EVERYTHING,) * axis, key)


# --- axes ------------------------------------------------------------------------------------


def swapaxes(x: Any, axis1: int, axis2: int) -> Any:
    """Exchange two axes, as `numpy.swapaxes`."""
    order = list(range(np.ndim(x)))
    (i,) = axes_of("swapaxes", axis1, len(order), x)
    (j,) = axes_of("swapaxes", axis2, len(order), x)
    order[i], order[j] = order[j], order[i]
    return transpose(x, order)


def expand_dims(x: Any, axis: int | Sequence[int]) -> Any:
    """Insert axes of size 1 that stand at `axis` in the result, as `numpy.expand_dims`."""
    new = np.size(axis)
    places = axes_of("expand_dims", axis, np.ndim(x) + new, x)
    sizes = iter(np.shape(x))
    shape = [1 if i in places else next(sizes) for i in range(np.ndim(x) + new)]
    return reshape(x, shape)


def squeeze(x: Any, axis: int | Sequence[int] | None = None) -> Any:
    """Drop axes of size 1 (all of them by default), as `numpy.squeeze`."""
    shape = np.shape(x)
    if axis is None:
        return reshape(x, [n for n in shape if n != 1])
    dropped = axes_of("squeeze", axis, len(shape), x)
    wide = [i for i in dropped if shape[i] != 1]
    if wide:
        raise refusal("squeeze", [x], f"axis {wide[0]} has size {shape[wide[0]]}, not 1")
    return reshape(x, [n for i, n in enumerate(shape) if i not in dropped])


def broadcast_to(x: Any, shape: int | Sequence[int]) -> Any:
    """Repeat along new axes and axes of size 1, as `numpy.broadcast_to`."""
    sizes = [shape] if isinstance(shape, (int, np.integer)) else shape
    return apply("broadcast_to", x, shape=tuple(int(n) for n in sizes))


# --- pieces ----------------------------------------------------------------------------------


def split(x: Any, indices_or_sections: int | Sequence[int], axis: int = 0) -> list[Any]:
    """Cut into pieces along `axis`, as `numpy.split`.

    Args:
        x: an array.
        indices_or_sections: into how many equal pieces, or where each piece but the first starts.
        axis: which axis is cut.

    Raises:
        OperationError: the axis does not divide into so many equal pieces.

    """
    (counted,) = axes_of("split", axis, np.ndim(x), x)
    size = np.shape(x)[counted]
    if isinstance(indices_or_sections, (int, np.integer)):
        pieces = int(indices_or_sections)
        if pieces < 1 or size % pieces:
            raise refusal("split", [x], f"{size} does not divide into {pieces} equal pieces")
        cuts = [size // pieces * i for i in range(1, pieces)]
    else:
        cuts = [int(cut) for cut in indices_or_sections]
    bounds = zip([0, *cuts], [*cuts, size], strict=True)
    return [index(x, _along(counted, slice(start, stop))) for start, stop in bounds]


def flip(x: Any, axis: int | Sequence[int] | None = None) -> Any:
    """Reverse the order along `axis` (along every axis by default), as `numpy.flip`."""
    ndim = np.ndim(x)
    flipped = range(ndim) if axis is None else axes_of("flip", axis, ndim, x)
    backwards = slice(None, None, -1)
    return index(x, tuple(backwards if i in flipped else EVERYTHING for i in range(ndim)))


def take(x: Any, indices: Any, axis: int | None = None) -> Any:
    """Take elements along `axis` (of all in a row by default), as `numpy.take`.

    Of a table of embeddings, `take(table, words, axis=0)` is the row of each word; a row taken
    twice collects both gradients.
    """
    if axis is None:
        x, axis = reshape(x, -1), 0
    (counted,) = axes_of("take", axis, np.ndim(x), x)
    held = indices if hasattr(indices, "node") else np.asarray(indices)
    return index(x, _along(counted, held))


def repeat(x: Any, repeats: int | Sequence[int], axis: int | None = None) -> Any:
    """Repeat each element along `axis` (of all in a row by default), as `numpy.repeat`."""
    if axis is None:
        x, axis = reshape(x, -1), 0
    (counted,) = axes_of("repeat", axis, np.ndim(x), x)
    size = np.shape(x)[counted]
    try:
        places = np.repeat(np.arange(size), repeats)
    except ValueError as error:
        raise refusal("repeat", [x], f"{repeats} repeats of {size}: {error}") from None
    return index(x, _along(counted, places))


# --- the other way: into a larger array ------------------------------------------------------


COPYING_MODES = ("edge", "reflect", "symmetric", "wrap")


def pad(x: Any, pad_width: Any, mode: str = "constant", constant_values: float = 0) -> Any:
    """Surround with a constant or with copies of what is inside, as `numpy.pad`.

    Args:
        x: an array.
        pad_width: how many before and after: one number, one pair, or one pair an axis.
        mode: "constant", or one that copies: "edge", "reflect", "symmetric" or "wrap".
        constant_values: the one number around, for the mode "constant".

    Raises:
        OperationError: another mode, a negative width, or not as many widths as axes.

    """
    widths = _widths(x, pad_width)
    if mode == "constant":
        return _framed(x, widths, constant_values)
    if mode not in COPYING_MODES:
        raise refusal("pad", [x], f"mode {mode!r} is not constant, {', '.join(COPYING_MODES)}")
    copy: Any = np.pad
    for axis, (size, width) in enumerate(zip(np.shape(x), widths, strict=True)):
        if any(width):
            x = index(x, _along(axis, copy(np.arange(size), width, mode)))
    return x


def _widths(x: Any, pad_width: Any) -> list[tuple[int, int]]:
    """Return a pair an axis, however few were given."""
    try:
        widths = np.broadcast_to(pad_width, (np.ndim(x), 2)).tolist()
    except ValueError as error:
        raise refusal("pad", [x], f"widths {pad_width}: {error}") from None
    if any(width < 0 for pair in widths for width in pair):
        raise refusal("pad", [x], f"widths {pad_width}: a width cannot be negative")
    return widths


def _framed(x: Any, widths: list[tuple[int, int]], value: float) -> Any:
    """Put x into the middle of a larger array of `value`."""
    pairs = list(zip(np.shape(x), widths, strict=True))
    wide = tuple(before + size + after for size, (before, after) in pairs)
    inside = tuple(slice(before, before + size) for size, (before, _) in pairs)
    padded = apply("assemble", x, keys=(frozen_key(inside),), shape=wide)
    if value == 0:
        return padded
    mask = np.zeros(wide, bool)
    mask[inside] = True
    return where(mask, padded, value)


def scatter_add(x: Any, key: Any, updates: Any) -> Any:
    """Add `updates` to the elements x[key], as `numpy.add.at`, but into a new array.

    What is picked twice is added to twice. It is the transpose of `x[key]`: so the gradients of
    the words of a text are collected in a table of embeddings.

    Args:
        x: an array. key: anything that indexes it.
        updates: what is added; it broadcasts to the shape of x[key].

    """
    fitting = broadcast_to(updates, index(x, key).shape)
    return x + apply("assemble", fitting, keys=(frozen_key(key),), shape=x.shape)
