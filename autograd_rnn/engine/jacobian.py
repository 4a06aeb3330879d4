"""Whole matrices of derivatives, and the product that needs no matrix."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal

import numpy as np

from autograd_rnn.engine.differentiate import pull_back, push_forward
from autograd_rnn.engine.functional import grad, jvp, tensors_of, variables
from autograd_rnn.engine.record import constant
from autograd_rnn.engine.rules.structure import reshape, stack
from autograd_rnn.engine.tensor import Tensor
from autograd_rnn.engine.trees import leaves_like, leaves_of, plain, rebuild

Mode = Literal["reverse", "forward"]


def jacobian(
    function: Callable[..., Any], argnum: int = 0, mode: Mode | None = None
) -> Callable[..., Any]:
    """Return a function that gives every partial derivative of `function`'s result.

    Args:
        function: takes arrays, Tensors or trees of them; returns a Tensor or a tree of Tensors.
        argnum: which argument to differentiate; several go into it as a tuple or a dict.
        mode: "reverse" walks back once for each element of the result, "forward" walks forth
            once for each element of the argument. None takes the fewer walks.

    Returns:
        Called with `function`'s arguments: for a result of shape S and an argument of shape X, a
        Tensor of shape S + X. Trees give trees of such blocks, the result's outside and the
        argument's inside, with a dict by name in place of a cell. A block is zero where
        nothing depends: a matrix has all its entries. It can be differentiated again.

    Raises:
        ValueError: there is no such mode.

    >>> jacobian(lambda x: x * x)(np.array([1.0, 2.0])).data.tolist()
    [[2.0, 0.0], [0.0, 4.0]]

    """
    if mode not in (None, *WALKS):
        raise ValueError(f"there is no {mode!r} mode: choose from {', '.join(WALKS)}, or None")

    def matrices(*args: Any, **options: Any) -> Any:
        held = list(args)
        (held[argnum],), leaves = variables([args[argnum]])
        y = function(*held, **options)
        outputs = tensors_of(function, y)
        blocks = WALKS[mode or _fewer_walks(outputs, leaves)](outputs, leaves)
        argument = plain(args[argnum])
        return rebuild(plain(y), [rebuild(argument, row) for row in blocks])

    return matrices


def _fewer_walks(outputs: Sequence[Tensor], leaves: Sequence[Tensor]) -> Mode:
    rows, columns = (sum(x.size for x in side) for side in (outputs, leaves))
    return "reverse" if rows <= columns else "forward"


def _by_reverse(outputs: Sequence[Tensor], leaves: Sequence[Tensor]) -> list[list[Tensor]]:
    """One walk back for each element of each output: the rows of the matrix."""
    nodes = [x.node for x in leaves]
    blocks = []
    for y in outputs:
        rows = [pull_back({y.node: e}, nodes, record=True) for e in _unit_tensors(y)]
        blocks.append([_block([row.get(x.node) for row in rows], y, x, x, 0) for x in leaves])
    return blocks


def _by_forward(outputs: Sequence[Tensor], leaves: Sequence[Tensor]) -> list[list[Tensor]]:
    """One walk forth for each element of each leaf: the columns of the matrix."""
    nodes = [y.node for y in outputs]
    blocks: list[list[Tensor]] = [[] for _ in outputs]
    for x in leaves:
        columns = [push_forward(nodes, {x.node: e}, record=True) for e in _unit_tensors(x)]
        for row, y in zip(blocks, outputs, strict=True):
            row.append(_block([column.get(y.node) for column in columns], y, x, y, -1))
    return blocks


WALKS = {"reverse": _by_reverse, "forward": _by_forward}


def _block(found: Sequence[Any], y: Tensor, x: Tensor, like: Tensor, axis: int) -> Tensor:
    """Stack the rows or columns of dy/dx, each of the shape of `like`."""
    if all(part is None for part in found):
        return _zeros((*y.shape, *x.shape), y.dtype)
    parts = [_zeros(like.shape, y.dtype) if part is None else part for part in found]
    return reshape(stack(parts, axis), (*y.shape, *x.shape))


def _unit_tensors(x: Tensor) -> Iterator[Tensor]:
    for i in range(x.size):
        e = np.zeros(x.size, x.dtype)
        e[i] = 1.0
        yield Tensor.of(constant(e.reshape(x.shape)))


def _zeros(shape: Sequence[int], dtype: Any) -> Tensor:
    return Tensor.of(constant(np.zeros(shape, dtype)))


def hessian(function: Callable[..., Any], argnum: int = 0) -> Callable[..., Any]:
    """Return a function that gives every second derivative of a scalar function.

    Args:
        function: as for `grad`: returns a scalar Tensor.
        argnum: which argument to differentiate twice.

    Returns:
        Called with `function`'s arguments: for an argument of shape X a Tensor of shape X + X;
        for a tree of them a tree of trees of blocks, as from `jacobian`.

    >>> hessian(lambda x: x[0] * x[0] * x[1])(np.array([2.0, 3.0])).data.tolist()
    [[6.0, 4.0], [4.0, 0.0]]

    """

    def slopes(*args: Any, **options: Any) -> Any:
        return _filled(grad(function, argnum)(*args, **options), args[argnum])

    return jacobian(slopes, argnum, mode="forward")


def hvp(function: Callable[..., Any], x: Any, v: Any) -> Any:
    """Return the Hessian of a scalar function at x times v, without making the Hessian.

    Forward over reverse: the directional derivative of the gradient, for about the cost of two
    gradients (Pearlmutter 1994).

    Args:
        function: takes x; returns a scalar Tensor.
        x: an array, a Tensor, or a tree of them. v: one built like x.

    Returns:
        A Tensor, or a tree of them built like x; zero where no second derivative reaches.

    >>> hvp(lambda x: (x * x * x).sum(), np.array([1.0, 2.0]), np.array([1.0, 10.0])).data.tolist()
    [6.0, 120.0]

    """
    slopes = grad(function)
    return _filled(jvp(lambda x: _filled(slopes(x), x), [x], [v])[1], x)


def _filled(tree: Any, like: Any) -> Any:
    """Return `tree`, in which None may stand for a leaf of `like`, with zeros in its place."""
    found = [
        _zeros(np.shape(x), getattr(x, "dtype", float)) if part is None else part
        for part, x in zip(leaves_like(tree, like), leaves_of(like), strict=True)
    ]
    return rebuild(like, found)
