"""Differentiation as a function of functions: `grad`, `value_and_grad`, `jvp`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd_rnn.engine.differentiate import pull_back, push_forward
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
        held = list(args)
        leaves: dict[int, list[Tensor]] = {}
        for position in positions:
            leaves[position] = [_as_variable(leaf) for leaf in leaves_of(args[position])]
            held[position] = rebuild(args[position], leaves[position])
        y = _scalar_result(function, function(*held, **options))
        wrt = [leaf.node for position in positions for leaf in leaves[position]]
        seed = type(y).of(constant(np.ones(y.shape, y.dtype)))
        found = pull_back({y.node: seed}, wrt, record=True)
        grads = [
            rebuild(args[position], [found.get(leaf.node) for leaf in leaves[position]])
            for position in positions
        ]
        return y, grads[0] if isinstance(argnums, int) else tuple(grads)

    return evaluated


def grad(function: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Callable[..., Any]:
    """Return the gradient of a scalar function, as a function; see `value_and_grad`.

    >>> cube = lambda x: x * x * x
    >>> float(grad(cube)(2.0)), float(grad(grad(cube))(2.0)), float(grad(grad(grad(cube)))(2.0))
    (12.0, 12.0, 6.0)
    """
    both = value_and_grad(function, argnums)
    return lambda *args, **options: both(*args, **options)[1]


def jvp(
    function: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any]
) -> tuple[Tensor, Tensor | None]:
    """Return f(primals) and its derivative along `tangents`, by forward mode.

    Args:
        function: takes and returns Tensors.
        primals: arrays or Tensors, one an argument.
        tangents: arrays of the primals' shapes.

    Returns:
        The value and the tangent (None where the result does not depend on the primals),
        both Tensors that can be differentiated again.

    Raises:
        OperationError: a tangent has not its primal's shape.

    """
    inputs = [_as_variable(primal) for primal in primals]
    moves = [
        t if isinstance(t, Tensor) else Tensor(t, dtype=x.dtype)
        for x, t in zip(inputs, tangents, strict=True)
    ]
    for place, (x, dx) in enumerate(zip(inputs, moves, strict=True)):
        if x.shape != dx.shape:
            raise OperationError(
                f"jvp: tangent {place} has shape {dx.shape}, its primal {x.shape}: make them equal"
            )
    y = function(*inputs)
    pairs = {x.node: dx for x, dx in zip(inputs, moves, strict=True)}
    return y, push_forward([y.node], pairs, record=True).get(y.node)


def _as_variable(leaf: Any) -> Tensor:
    if isinstance(leaf, Tensor) and leaf.node.needs_grad:
        # A node of its own, so that only what reaches `function` as this argument counts, and
        # not the same Tensor in another argument or in an enclosing derivative.
        return apply("identity", leaf).named(leaf.name)
    given = leaf if isinstance(leaf, Tensor) else Tensor(leaf)
    if given.dtype.kind not in "fc" and not isinstance(leaf, int):
        raise TypeError(
            f"cannot differentiate with respect to {given.dtype} data: pass floats, "
            "e.g. np.asarray(x, float)"
        )
    return Tensor(given.data, dtype=float if isinstance(leaf, int) else None, name=given.name)


def _scalar_result(function: Callable[..., Any], y: Any) -> Tensor:
    name = getattr(function, "__name__", "the function")
    if not isinstance(y, Tensor):
        raise TypeError(f"{name} returned {type(y).__name__}: return a scalar Tensor")
    if y.shape != ():
        raise TypeError(f"{name} returned shape {y.shape}: reduce it to a scalar, e.g. .sum()")
    return y
