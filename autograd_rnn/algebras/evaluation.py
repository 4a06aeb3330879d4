"""Running a graph in an algebra: the functions are the algebra's, everything else the engine's."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from autograd_rnn.algebras.algebra import Algebra, Array, boxed
from autograd_rnn.algebras.balls import balls
from autograd_rnn.algebras.digits import digits
from autograd_rnn.algebras.rationals import RATIONALS
from autograd_rnn.algebras.symbolic import SYMPY
from autograd_rnn.engine import Graph, Node, OperationError

ALGEBRAS: tuple[Algebra, ...] = (RATIONALS, SYMPY, digits(), balls())


def evaluate(
    graph: Graph, algebra: Algebra, leaves: Mapping[Any, Any] | None = None
) -> dict[Node, Array]:
    """Compute every node of a graph again, in another algebra.

    The graph may be a recorded backward pass: then gradients come out in that algebra.

    Args:
        graph: what to compute. Its floats are taken for the numbers that they are, exactly.
        algebra: `RATIONALS`, `SYMPY`, `digits(50)`, `balls(50)`, or one of your own.
        leaves: other values at some leaves (a Tensor or its node): arrays of the leaf's shape,
            of numbers or of what else the algebra can read (symbols, for SymPy).

    Returns:
        The value of every node, as an array of objects.

    Raises:
        ValueError: a leaf has neither a value of its own nor one here, or one of a wrong shape
            or that is no number there; `leaves` names what is no leaf of the graph.
        OperationError: the algebra lacks an operation, or it has no value there. The message
            names the operation, its place, and the algebras that have it.

    """
    given = {getattr(leaf, "node", leaf): value for leaf, value in (leaves or {}).items()}
    for node in given:
        if node not in graph.ids or node.primitive is not None:
            raise ValueError(f"{node!r} is no leaf of this graph: give values for leaves only")
    values: dict[Node, Array] = {}
    for node in graph:
        if node.primitive is None:
            values[node] = _leaf(node, given.get(node, node.value), algebra)
        else:
            values[node] = _computed(node, [values[below] for below in node.inputs], algebra)
    return values


def _leaf(node: Node, value: Any, algebra: Algebra) -> Array:
    if value is None:
        raise ValueError(f"{node!r} is a symbol: give evaluate() a value for it")
    array = np.asarray(value, dtype=object)
    if array.shape != node.shape:
        raise ValueError(f"the value given for {node!r} has shape {array.shape}")
    try:
        return algebra.array(array)
    except (TypeError, ValueError, ArithmeticError) as error:
        raise ValueError(f"{node!r} holds no number of {algebra.name}: {error}") from None


def _computed(node: Node, inputs: Sequence[Array], algebra: Algebra) -> Array:
    try:
        return algebra.result(_rule(node, algebra)(*inputs))
    except (TypeError, AttributeError, ValueError, ArithmeticError) as error:
        raise _refusal(node, algebra, error) from None


def _rule(node: Node, algebra: Algebra) -> Callable[..., Any]:
    """Return what computes a node: the algebra's function, what is made of those, or the kernel."""
    assert node.primitive is not None
    name = node.primitive.name
    if name in algebra.functions:
        function = partial(algebra.functions[name], **node.attrs)
        return np.frompyfunc(function, len(node.inputs), 1)
    if name in COMPOSED and _has(algebra, name):
        return partial(COMPOSED[name][1], algebra, **node.attrs)
    return partial(node.primitive.kernel, **node.attrs)


def _has(algebra: Algebra, name: str) -> bool:
    """Return whether an algebra has a function itself, or all that it is made of."""
    parts = COMPOSED[name][0] if name in COMPOSED else (name,)
    return name in algebra.functions or all(part in algebra.functions for part in parts)


def _refusal(node: Node, algebra: Algebra, error: Exception) -> OperationError:
    place = f" at {node.place}" if str(node.place) else ""
    if _has(algebra, node.op) or isinstance(error, (ValueError, ArithmeticError)):
        return OperationError(f"{node.op}{place} has no value in {algebra.name}: {error}")
    having = ", ".join(other.name for other in ALGEBRAS if _has(other, node.op)) or "no algebra"
    return OperationError(
        f"no {node.op} in {algebra.name}{place}: {error}. It is in {having}: "
        "add it to this algebra's functions"
    )


# --- operations made of an algebra's functions ---------------------------------------------------


def _apply(algebra: Algebra, name: str, x: Array) -> Array:
    return algebra.result(np.frompyfunc(algebra.functions[name], 1, 1)(x))


def _softmax(algebra: Algebra, x: Array, axis: int) -> Array:
    # Nothing is shifted first: these numbers do not overflow as floats do.
    e = _apply(algebra, "exp", x)
    return e / e.sum(axis=axis, keepdims=True)


def _log_softmax(algebra: Algebra, x: Array, axis: int) -> Array:
    total = _apply(algebra, "exp", x).sum(axis=axis, keepdims=True)
    return x - _apply(algebra, "log", total)


def _logsumexp(algebra: Algebra, x: Array, axes: tuple[int, ...], keepdims: bool) -> Array:
    e = _apply(algebra, "exp", x)
    return _apply(algebra, "log", boxed(e.sum(axis=axes, keepdims=keepdims)))


def _extreme(name: str, algebra: Algebra, x: Array, axes: tuple[int, ...], keepdims: bool) -> Array:
    of_two = np.frompyfunc(algebra.functions[name], 2, 1)
    for axis in axes:
        x = of_two.reduce(x, axis=axis, keepdims=True)
    return x if keepdims else np.squeeze(x, axes)


# By operation: the functions that an algebra must have, and what is made of them.
COMPOSED: dict[str, tuple[tuple[str, ...], Callable[..., Any]]] = {
    "max": (("maximum",), partial(_extreme, "maximum")),
    "min": (("minimum",), partial(_extreme, "minimum")),
    "logsumexp": (("exp", "log"), _logsumexp),
    "softmax": (("exp",), _softmax),
    "log_softmax": (("exp", "log"), _log_softmax),
}
