"""Differentiation as a function of functions: `grad`, `value_and_grad`, `vjp`, `jvp`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd_rnn.engine.arrays import number_array
from autograd_rnn.engine.differentiate import pull_back, push_forward
from autograd_rnn.engine.graph import Node
from autograd_rnn.engine.primitive import OperationError
from autograd_rnn.engine.record import apply, constant
from autograd_rnn.engine.tensor import Tensor
from autograd_rnn.engine.trees import leaves_of, rebuild


def value_and_grad(
    function: Callable[..., Any], argnums: int | Sequence[int] = 0
) -> Callable[..., tuple[Any, Any]]:
    """Return a function that gives `function`'s value and its gradient, both as Tensors.

    The backward pass is recorded, so the gradient can be differentiated again.

    Args:
        function: takes arrays, Tensors, cells, or dicts, lists and tuples of them; returns a
            scalar Tensor.
        argnums: which arguments to differentiate; a sequence gives a tuple of gradients.

    Returns:
        Called with `function`'s arguments: the value, and a gradient built like the argument,
        with None where `function` does not depend on it.

    Raises:
        TypeError: an argument to differentiate holds integers, or the result is no scalar
            Tensor.

    """
    positions = (argnums,) if isinstance(argnums, int) else tuple(argnums)

    def evaluated(*args: Any, **options: Any) -> tuple[Any, Any]:
        primals = [args[position] for position in positions]

        def scalar(*chosen: Any) -> Tensor:
            held = list(args)
            for position, primal in zip(positions, chosen, strict=True):
                held[position] = primal
            return _scalar_result(function, function(*held, **options))

        y, pull = vjp(scalar, *primals)
        grads = pull(np.ones(y.shape))
        return y, grads[0] if isinstance(argnums, int) else grads

    return evaluated


def grad(function: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Callable[..., Any]:
    """Return the gradient of a scalar function, as a function; see `value_and_grad`.

    >>> cube = lambda x: x * x * x
    >>> float(grad(cube)(2.0)), float(grad(grad(cube))(2.0)), float(grad(grad(grad(cube)))(2.0))
    (12.0, 12.0, 6.0)
    """
    both = value_and_grad(function, argnums)
    return lambda *args, **options: both(*args, **options)[1]


def vjp(function: Callable[..., Any], *primals: Any) -> tuple[Any, Callable[[Any], Any]]:
    """Return f(primals) and the function that pulls a cotangent of it back, by reverse mode.

    Args:
        function: takes arrays, Tensors or trees of them; returns a Tensor or a tree of Tensors.
        primals: where to differentiate, one an argument.

    Returns:
        The value, and a function that takes a cotangent built like the value and returns a tuple
        with a cotangent for each primal, built like it, None where the value does not depend
        on it. The backward pass is recorded: all of it can be differentiated again.

    Raises:
        OperationError: a cotangent has not its value's shape.

    >>> y, pull = vjp(lambda x: x * x, np.array([1.0, 2.0, 3.0]))
    >>> pull(np.array([0.0, 1.0, 0.0]))[0].data.tolist()
    [0.0, 4.0, 0.0]

    """
    held, leaves = variables(primals)
    y = function(*held)
    outputs = tensors_of(function, y)

    def pull(cotangent: Any) -> tuple[Any, ...]:
        seeds = _matching("vjp: cotangent", "value", leaves_of(cotangent), outputs)
        found = pull_back(_added_up(outputs, seeds), [x.node for x in leaves], record=True)
        pulled: tuple[Any, ...] = rebuild(tuple(primals), [found.get(x.node) for x in leaves])
        return pulled

    return y, pull


def jvp(
    function: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any]
) -> tuple[Any, Any]:
    """Return f(primals) and its derivative along `tangents`, by forward mode.

    Args:
        function: takes arrays, Tensors or trees of them; returns a Tensor or a tree of Tensors.
        primals: where to differentiate, one an argument.
        tangents: one a primal, built like it.

    Returns:
        The value and its tangent, built alike; None where the value does not depend on the
        primals. Both can be differentiated again.

    Raises:
        ValueError: there are more or fewer tangents than primals.
        OperationError: a tangent has not its primal's shape.

    """
    held, leaves = variables(primals)
    moves = _matching("jvp: tangent", "primal", leaves_of(list(tangents)), leaves)
    y = function(*held)
    outputs = tensors_of(function, y)
    pairs = {x.node: dx for x, dx in zip(leaves, moves, strict=True)}
    moved = push_forward([out.node for out in outputs], pairs, record=True)
    return y, rebuild(y, [moved.get(out.node) for out in outputs])


def variables(args: Sequence[Any]) -> tuple[list[Any], list[Tensor]]:
    """Return `args` with a variable of its own for each leaf, and those variables in order."""
    leaves = [_as_variable(leaf) for leaf in leaves_of(list(args))]
    held: list[Any] = rebuild(list(args), leaves)
    return held, leaves


def tensors_of(function: Callable[..., Any], y: Any) -> list[Tensor]:
    """List the Tensors of what `function` returned.

    Raises:
        TypeError: there is none, or something that is no Tensor.

    """
    outputs = leaves_of(y)
    for out in outputs or [y]:
        if not isinstance(out, Tensor):
            raise TypeError(
                f"{_called(function)} returned {type(out).__name__}: return Tensors, computed "
                "from the arguments"
            )
    return outputs


def _matching(what: str, of: str, given: Sequence[Any], like: Sequence[Tensor]) -> list[Tensor]:
    """Return `given` as Tensors, each of its counterpart's shape."""
    if len(given) != len(like):
        raise ValueError(f"{what}s: {len(given)} are given for {len(like)} {of}s: one for each")
    found = [
        g if isinstance(g, Tensor) else type(x).of(constant(number_array(g, x.dtype)))
        for g, x in zip(given, like, strict=True)
    ]
    for place, (g, x) in enumerate(zip(found, like, strict=True)):
        if g.shape != x.shape:
            raise OperationError(
                f"{what} {place} has shape {g.shape}, its {of} {x.shape}: make them equal"
            )
    return found


def _added_up(outputs: Sequence[Tensor], seeds: Sequence[Tensor]) -> dict[Node, Any]:
    """Map each output's node to its cotangent; a Tensor returned twice gets the sum."""
    seeded: dict[Node, Any] = {}
    for out, g in zip(outputs, seeds, strict=True):
        seeded[out.node] = seeded[out.node] + g if out.node in seeded else g
    return seeded


def _as_variable(leaf: Any) -> Tensor:
    if isinstance(leaf, Tensor) and leaf.node.needs_grad:
        # A node of its own, so that only what reaches `function` as this argument counts, and
        # not the same Tensor in another argument or in an enclosing derivative.
        return apply("identity", leaf).named(leaf.name)
    given = leaf if isinstance(leaf, Tensor) else Tensor(leaf)
    if given.dtype.kind not in "fc" and not isinstance(leaf, int):
        raise TypeError(
            f"cannot differentiate with respect to shape {given.shape} of {given.dtype} data: "
            "pass floats, e.g. np.asarray(x, float)"
        )
    return Tensor(given.data, dtype=float if isinstance(leaf, int) else None, name=given.name)


def _scalar_result(function: Callable[..., Any], y: Any) -> Tensor:
    name = _called(function)
    if not isinstance(y, Tensor):
        raise TypeError(f"{name} returned {type(y).__name__}: return a scalar Tensor")
    if y.shape != ():
        raise TypeError(f"{name} returned shape {y.shape}: reduce it to a scalar, e.g. .sum()")
    return y


def _called(function: Callable[..., Any]) -> str:
    return getattr(function, "__name__", "the function")
