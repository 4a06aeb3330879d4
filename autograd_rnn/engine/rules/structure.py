"""Operations that move elements and change none: shapes, pieces, joins."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_rnn.engine.graph import Shape
from autograd_rnn.engine.primitive import OperationError, define
from autograd_rnn.engine.record import apply, axes_of
from autograd_rnn.engine.tensor import Tensor

# --- the same elements, the same shape ---------------------------------------------------------

define(
    "identity",
    kernel=lambda x: x,
    shape=lambda x: x,
    vjp=(lambda g, y, x: g,),
    jvp=(lambda dx, y, x: dx,),
    slopes=(lambda y, x: np.ones_like(y),),
    latex="{0}",
)

# --- reshape and transpose -------------------------------------------------------------------


def _reshaped(x: Shape, shape: Shape) -> Shape:
    if math.prod(x) != math.prod(shape) or min(shape, default=0) < 0:
        raise ValueError(f"{math.prod(x)} elements do not fill shape {shape}")
    return shape


def _permuted(x: Shape, axes: tuple[int, ...]) -> Shape:
    if len(axes) != len(x):
        raise ValueError(f"{len(axes)} axes are given for {len(x)}")
    return tuple(x[a] for a in axes)


define(
    "reshape",
    kernel=lambda x, shape: np.reshape(x, shape),
    shape=_reshaped,
    vjp=(lambda g, y, x, shape: apply("reshape", g, shape=x.shape),),
    jvp=(lambda dx, y, x, shape: apply("reshape", dx, shape=shape),),
    latex=r"\operatorname{{reshape}}({0})",
)
define(
    "transpose",
    kernel=lambda x, axes: np.transpose(x, axes),
    shape=_permuted,
    vjp=(
        lambda g, y, x, axes: apply("transpose", g, axes=tuple(int(a) for a in np.argsort(axes))),
    ),
    jvp=(lambda dx, y, x, axes: apply("transpose", dx, axes=axes),),
    latex=r"{0}^\top",
)


def reshape(x: Any, shape: Any) -> Any:
    """Give the same elements another shape, as `numpy.reshape`; one size may be -1."""
    wanted = (shape,) if isinstance(shape, (int, np.integer)) else tuple(shape)
    known = math.prod(n for n in wanted if n != -1)
    if wanted.count(-1) == 1 and known:
        wanted = tuple(math.prod(np.shape(x)) // known if n == -1 else n for n in wanted)
    return apply("reshape", x, shape=tuple(int(n) for n in wanted))


def transpose(x: Any, axes: Sequence[int] | None = None) -> Any:
    """Permute axes (reverse them by default), as `numpy.transpose`."""
    ndim = np.ndim(x)
    order = tuple(reversed(range(ndim))) if axes is None else axes_of("transpose", axes, ndim, x)
    return apply("transpose", x, axes=order)


# --- pieces ----------------------------------------------------------------------------------


class Frozen:
    """An integer or boolean array as a part of a key: hashable, and compared by content."""

    __slots__ = ("_identity", "array")

    def __init__(self, array: np.ndarray[Any, Any]) -> None:
        self.array = array.copy()
        self._identity = (array.shape, array.dtype.str, array.tobytes())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Frozen) and self._identity == other._identity

    def __hash__(self) -> int:
        return hash(self._identity)

    def __repr__(self) -> str:
        return repr(self.array.tolist())


class Span:
    """A slice as a part of a key; slices themselves are not hashable before Python 3.12."""

    __slots__ = ("bounds",)

    def __init__(self, bounds: slice) -> None:
        self.bounds = (bounds.start, bounds.stop, bounds.step)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Span) and self.bounds == other.bounds

    def __hash__(self) -> int:
        return hash(self.bounds)

    def __repr__(self) -> str:
        shown = ["" if bound is None else str(bound) for bound in self.bounds]
        return ":".join(shown[: 2 if self.bounds[2] is None else 3])


Key = tuple[Any, ...]


def frozen_key(key: Any) -> Key:
    """Return a key as it is recorded: hashable, and a copy."""
    return tuple(_frozen_part(part) for part in (key if isinstance(key, tuple) else (key,)))


def _frozen_part(part: Any) -> Any:
    if isinstance(part, Tensor):
        part = part.data
    if isinstance(part, slice):
        return Span(part)
    if isinstance(part, (list, np.ndarray)):
        array = np.asarray(part, dtype=None if np.size(part) else int)
        if array.dtype.kind not in "iub":
            raise TypeError(f"an index holds integers or booleans, not {array.dtype}")
        return Frozen(array)
    if part is None or part is Ellipsis or isinstance(part, (bool, np.bool_)):
        return part
    if not hasattr(part, "__index__"):
        raise TypeError(f"an index is made of integers, slices, None, ..., arrays; not {part!r}")
    return operator.index(part)


def thawed(key: Key) -> Key:
    """Return a recorded key as NumPy takes it."""
    return tuple(
        slice(*part.bounds)
        if isinstance(part, Span)
        else part.array
        if isinstance(part, Frozen)
        else part
        for part in key
    )


def _taken(x: Any, key: Key) -> Any:
    return x[thawed(key)]


def _taken_shape(x: Shape, key: Key) -> Shape:
    # Views of one element, whatever the shape, answer without allocating.
    return np.broadcast_to(np.empty(()), x)[thawed(key)].shape


def _assembled(*parts: Any, keys: tuple[Key, ...], shape: Shape) -> Any:
    whole = np.zeros(shape, np.result_type(*parts))
    for part, key in zip(parts, keys, strict=True):
        picks = thawed(key)
        if any(isinstance(pick, np.ndarray) for pick in picks):
            np.add.at(whole, picks, part)  # the same element may be picked twice
        else:
            whole[picks] += part
    return whole


define(
    "index",
    kernel=_taken,
    shape=_taken_shape,
    jvp=(lambda dx, y, x, key: apply("index", dx, key=key),),
    latex="{0}_{{[{key}]}}",
    assembles=True,
)
define(
    "assemble",
    kernel=_assembled,
    shape=lambda *parts, keys, shape: shape,
    vjp=lambda i, g, y, parts, keys, shape: apply("index", g, key=keys[i]),
    jvp=lambda i, dx, y, parts, keys, shape: apply("assemble", dx, keys=(keys[i],), shape=shape),
    many=True,
    latex=r"\operatorname{{assemble}}({args})",
)


def index(x: Any, key: Any) -> Any:
    """Take a piece, as `x[key]` in NumPy: integers, slices, None, ..., arrays and masks."""
    return apply("index", x, key=frozen_key(key))


# --- joins -----------------------------------------------------------------------------------


def _joined_shape(*shapes: Shape, axis: int) -> Shape:
    rests = {shape[:axis] + shape[axis + 1 :] for shape in shapes}
    if len(rests) > 1:
        raise ValueError(f"only axis {axis} may differ")
    first = shapes[0]
    return (*first[:axis], sum(shape[axis] for shape in shapes), *first[axis + 1 :])


def _part_of(i: int, g: Any, parts: tuple[Any, ...], axis: int) -> Any:
    start = sum(part.shape[axis] for part in parts[:i])
    stop = start + parts[i].shape[axis]
    return index(g, (*(slice(None),) * axis, slice(start, stop)))


def _padded(i: int, dx: Any, parts: tuple[Any, ...], axis: int, shape: Shape) -> Any:
    start = sum(part.shape[axis] for part in parts[:i])
    stop = start + parts[i].shape[axis]
    key = frozen_key((*(slice(None),) * axis, slice(start, stop)))
    return apply("assemble", dx, keys=(key,), shape=shape)


define(
    "concatenate",
    kernel=lambda *parts, axis: np.concatenate(parts, axis),
    shape=_joined_shape,
    vjp=lambda i, g, y, parts, axis: _part_of(i, g, parts, axis),
    jvp=lambda i, dx, y, parts, axis: _padded(i, dx, parts, axis, y.shape),
    many=True,
    latex="[{args}]",
)


def _layer_key(i: int, axis: int) -> Key:
    return frozen_key((*(slice(None),) * axis, i))


def _stacked_shape(*shapes: Shape, axis: int) -> Shape:
    if len(set(shapes)) > 1:
        raise ValueError("all shapes must be equal")
    return (*shapes[0][:axis], len(shapes), *shapes[0][axis:])


define(
    "stack",
    kernel=lambda *layers, axis: np.stack(layers, axis),
    shape=_stacked_shape,
    vjp=lambda i, g, y, layers, axis: apply("index", g, key=_layer_key(i, axis)),
    jvp=lambda i, dx, y, layers, axis: apply(
        "assemble", dx, keys=(_layer_key(i, axis),), shape=y.shape
    ),
    many=True,
    latex=r"\operatorname{{stack}}({args})",
)


def concatenate(parts: Sequence[Any], axis: int = 0) -> Any:
    """Join arrays along an axis they have, as `numpy.concatenate`."""
    return apply("concatenate", *parts, axis=_axis_of("concatenate", parts, axis, 0))


def stack(layers: Sequence[Any], axis: int = 0) -> Any:
    """Join arrays along a new axis, as `numpy.stack`."""
    return apply("stack", *layers, axis=_axis_of("stack", layers, axis, 1))


def _axis_of(name: str, parts: Sequence[Any], axis: int, new: int) -> int:
    if not len(parts):
        raise OperationError(f"{name} needs at least one array")
    (counted,) = axes_of(name, axis, np.ndim(parts[0]) + new, *parts)
    return counted
