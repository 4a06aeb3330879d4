"""How an operation is applied: on handles it is recorded, on raw arrays only computed."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from functools import lru_cache
from typing import Any, Self

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from autograd_rnn.engine.arrays import number_array
from autograd_rnn.engine.graph import NO_ATTRS, Box, Node, make_node
from autograd_rnn.engine.place import standing
from autograd_rnn.engine.primitive import PRIMITIVES, OperationError, Primitive


class Handle:
    """What people hold of a node: a `Tensor` or a `Value`."""

    __slots__ = ("__weakref__", "node")
    node: Node

    @classmethod
    def of(cls, node: Node) -> Self:
        """Hold a node that exists already."""
        handle = cls.__new__(cls)
        handle.node = node
        return handle

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Return an independent leaf: its own value, name and gradient, and no history.

        What was computed becomes a leaf too: a copy is cut from the graph of the original. Two
        handles on one node (tied weights) stay two handles on one node.
        """
        node = self.node
        if id(node) not in memo:
            value, box = deepcopy(node.value, memo), Box()
            box.grad = deepcopy(node.box.grad, memo)
            made = (node.shape, node.dtype, value, node.needs_grad, node.name, box)
            memo[id(node)] = make_node(None, (), NO_ATTRS, *made)
        return type(self).of(memo[id(node)])

    # Comparisons are elementwise, as NumPy's, and so is ==; as a key of a dict or a member of a
    # set a handle is itself: Python asks for identity before it asks for equality.

    __hash__ = object.__hash__

    def __eq__(self, other: object) -> Any:
        return apply("equal", self, other)

    def __ne__(self, other: object) -> Any:
        return apply("not_equal", self, other)

    def __lt__(self, other: Any) -> Any:
        return apply("less", self, other)

    def __le__(self, other: Any) -> Any:
        return apply("less_equal", self, other)

    def __gt__(self, other: Any) -> Any:
        return apply("greater", self, other)

    def __ge__(self, other: Any) -> Any:
        return apply("greater_equal", self, other)

    def __abs__(self) -> Any:
        return apply("absolute", self)


def variable(array: np.ndarray[Any, Any], name: str = "", box: Box | None = None) -> Node:
    """Make a leaf that can be differentiated if it holds floats."""
    floats = array.dtype.kind in "fc"
    value = array if array.shape else array[()]  # a NumPy scalar is faster than an array of one
    return make_node(None, (), NO_ATTRS, array.shape, array.dtype, value, floats, name, box)


def constant(value: Any, name: str = "") -> Node:
    """Make a leaf that is never differentiated; the value is copied."""
    array = number_array(value)
    return make_node(None, (), NO_ATTRS, array.shape, array.dtype, array, False, name)


PYTHON_NUMBERS = frozenset({bool, int, float, complex})


@lru_cache(maxsize=4096, typed=True)
def _scalar(value: bool | int | float | complex, negative_zero: bool = False) -> Node:
    # Interned by value, so that equal steps of a network read the very same node. The number
    # stays a Python number: that keeps float32 * 2.0 in float32.
    return make_node(None, (), NO_ATTRS, (), np.dtype(type(value)), value, False)


def lift(value: Any) -> Node:
    """Return the node of a Tensor, or a constant for anything else."""
    if isinstance(value, Handle):
        return value.node
    if type(value) in PYTHON_NUMBERS:
        return _scalar(value) if value else _scalar(value, str(value)[0] == "-")
    return constant(value)


def number_of(x: Any) -> Any:
    """Return the Python number that x is or holds; None for an array or a variable."""
    value = x.node.value if isinstance(x, Handle) else x
    return value if type(value) in PYTHON_NUMBERS else None


def apply(name: str, *inputs: Any, **attrs: Any) -> Any:
    """Apply an operation of the table: Tensors record a node, raw arrays are only computed.

    Raises:
        OperationError: the inputs do not fit; the message names operation, shapes and place.

    """
    primitive = PRIMITIVES[name]
    handle = _handle_among(frozenset(map(type, inputs)))
    if handle is None:
        return _computed(primitive, inputs, attrs)
    nodes, needs_grad, symbolic = [], False, False
    try:
        for x in inputs:
            node = x.node if isinstance(x, Handle) else lift(x)
            nodes.append(node)
            needs_grad |= node.needs_grad
            symbolic |= node.value is None
    except TypeError as error:
        raise TypeError(f"{name} of {_shapes(inputs)}: {error}") from None
    try:
        if symbolic:
            value, shape = None, primitive.shape(*[node.shape for node in nodes], **attrs)
            dtype = _result_type(primitive, nodes, attrs)
        else:
            value = _computed(primitive, [node.value for node in nodes], attrs)
            if type(value) in PYTHON_NUMBERS:
                return handle.of(lift(value))
            shape, dtype = value.shape, value.dtype
    except (ValueError, TypeError, IndexError) as error:
        raise _misfit(primitive, nodes, attrs, error) from None
    needs_grad &= primitive.differentiable
    return handle.of(
        make_node(primitive, tuple(nodes), attrs or NO_ATTRS, shape, dtype, value, needs_grad)
    )


def _computed(primitive: Primitive, values: Sequence[Any], attrs: dict[str, Any]) -> Any:
    """Run the kernel; Python numbers alone give a Python number, which upcasts nothing either."""
    y = primitive.kernel(*values, **attrs)
    plain = type(values[0]) in PYTHON_NUMBERS and all([type(x) in PYTHON_NUMBERS for x in values])
    return y.item() if plain and getattr(y, "shape", None) == () else y


@lru_cache(maxsize=256)
def _handle_among(kinds: frozenset[type]) -> type[Handle] | None:
    """Return the kind of handle a result gets: the most general among its inputs', if any."""
    handles = [kind for kind in kinds if issubclass(kind, Handle)]
    return min(handles, key=lambda kind: len(kind.__mro__), default=None)


def _result_type(
    primitive: Primitive, nodes: Sequence[Node], attrs: dict[str, Any]
) -> np.dtype[Any]:
    if not primitive.differentiable:  # a mask, a position, a stopped value: the kernel knows
        samples = [np.ones((1,) * len(node.shape), node.dtype) for node in nodes]
        return np.asarray(primitive.kernel(*samples, **attrs)).dtype
    kinds = [n.value if isinstance(n.value, (int, float, complex)) else n.dtype for n in nodes]
    return np.result_type(*kinds)


def axes_of(name: str, axis: Any, ndim: int, *inputs: Any) -> tuple[int, ...]:
    """Return `axis`, one or several, counted from 0.

    Raises:
        OperationError: an axis that `inputs` do not have, or one twice.

    """
    try:
        return normalize_axis_tuple(axis, ndim)
    except (ValueError, TypeError) as error:
        raise refusal(name, inputs, error) from None


def _misfit(
    primitive: Primitive, nodes: Sequence[Node], attrs: dict[str, Any], error: Exception
) -> OperationError:
    try:
        primitive.shape(*[node.shape for node in nodes], **attrs)
    except (ValueError, TypeError, IndexError) as plain:
        error = plain  # the shape rule's words are plainer than the kernel's
    return refusal(primitive.name, [Handle.of(node) for node in nodes], error)


def refusal(name: str, inputs: Sequence[Any], error: object) -> OperationError:
    """Return the error of operation `name` on `inputs`, with their shapes and the place."""
    return OperationError(f"{name} does not fit shapes {_shapes(inputs)}{standing()}: {error}")


def refused_ufunc(
    ufunc: np.ufunc, method: str, inputs: Sequence[Any], options: dict[str, Any]
) -> TypeError:
    """Return the error of a NumPy function called on Tensors in a way that is not recorded."""
    called = f"np.{ufunc.__name__}" + ("" if method == "__call__" else f".{method}")
    instead = _INSTEAD.get(method, "leave that out")
    if "out" in options:
        instead = "a Tensor is never changed in place: write y = f(x), without out= or +="
    given = f"({', '.join(options)}=...) " if options else " "
    return TypeError(
        f"{called}{given}takes no Tensor, here {_shapes(inputs)}{standing()}: {instead}"
    )


_INSTEAD = {
    "reduce": "write sum, max or min",
    "accumulate": "write cumsum",
    "outer": "write outer, or x[:, None] * y",
    "at": "a Tensor is never changed in place: write scatter_add",
}


def _shapes(inputs: Sequence[Any]) -> str:
    """Return names and shapes of what met; of what is no array, its kind."""
    return " and ".join(_shape(x) for x in inputs)


def _shape(x: Any) -> str:
    try:
        node = lift(x)
    except TypeError:
        return f"{np.shape(x)}" if isinstance(x, np.ndarray) else f"a {type(x).__name__}"
    return f"{node.name} {node.shape}" if node.name else f"{node.shape}"
