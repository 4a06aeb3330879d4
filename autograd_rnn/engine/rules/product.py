"""Matrix products. A transposed operand is part of the operation, as it is for a BLAS."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_rnn.engine.graph import Shape
from autograd_rnn.engine.primitive import broadcast, define
from autograd_rnn.engine.record import apply
from autograd_rnn.engine.rules.structure import reshape
from autograd_rnn.engine.tensor import Tensor


def _turned(x: Any, turn: bool) -> Any:
    return x.swapaxes(-1, -2) if turn else x


def _product(a: Any, b: Any, ta: bool, tb: bool) -> Any:
    return _turned(a, ta) @ _turned(b, tb)


def _product_shape(a: Shape, b: Shape, ta: bool, tb: bool) -> Shape:
    *batch_a, rows, inner_a = (*a[:-2], a[-1], a[-2]) if ta else a
    *batch_b, inner_b, columns = (*b[:-2], b[-1], b[-2]) if tb else b
    if inner_a != inner_b:
        raise ValueError(f"inner sizes {inner_a} and {inner_b} differ")
    return (*broadcast(tuple(batch_a), tuple(batch_b)), rows, columns)


def _vjp_left(g: Any, y: Any, a: Any, b: Any, ta: bool, tb: bool) -> Any:
    # y = op(a) op(b): the cotangent of op(a) is g op(b)ᵀ, and a's is that, turned as a was.
    if ta:
        return apply("matmul", b, g, ta=tb, tb=True)
    return apply("matmul", g, b, ta=False, tb=not tb)


def _vjp_right(g: Any, y: Any, a: Any, b: Any, ta: bool, tb: bool) -> Any:
    if len(b.shape) == 2 and not ta:
        # One matrix met by a whole stack of rows: its Σ over batch and time is one product.
        a, g = _rows(a), _rows(g)
    if tb:
        return apply("matmul", g, a, ta=True, tb=ta)
    return apply("matmul", a, g, ta=not ta, tb=False)


def _rows(x: Any) -> Any:
    return x if len(x.shape) == 2 else reshape(x, (-1, x.shape[-1]))


define(
    "matmul",
    kernel=_product,
    shape=_product_shape,
    vjp=(_vjp_left, _vjp_right),
    jvp=(
        lambda da, y, a, b, ta, tb: apply("matmul", da, b, ta=ta, tb=tb),
        lambda db, y, a, b, ta, tb: apply("matmul", a, db, ta=ta, tb=tb),
    ),
    latex="{0}{1}",
)


def matmul(a: Any, b: Any) -> Any:
    """Matrix product, as `numpy.matmul`: stacks of matrices broadcast, vectors are promoted.

    In `a @ b.T` and `a.T @ b` the transpose is recorded as part of the product.
    """
    a, b = (x if isinstance(x, Tensor) else np.asarray(x) for x in (a, b))
    if not a.shape or not b.shape:
        return apply("matmul", a, b, ta=False, tb=False)  # which refuses scalars, with the place
    row, column = len(a.shape) == 1, len(b.shape) == 1
    a, ta = _untransposed(reshape(a, (1, -1)) if row else a)
    b, tb = _untransposed(reshape(b, (-1, 1)) if column else b)
    y = apply("matmul", a, b, ta=ta, tb=tb)
    if row or column:
        kept = y.shape[:-2] + (() if row else y.shape[-2:-1]) + (() if column else y.shape[-1:])
        y = reshape(y, kept)
    return y


def _untransposed(x: Any) -> tuple[Any, bool]:
    """Look through a transpose of the last two axes."""
    if not isinstance(x, Tensor) or x.node.op != "transpose":
        return x, False
    swap = (*range(x.ndim - 2), x.ndim - 1, x.ndim - 2)
    if x.node.attrs["axes"] != swap:
        return x, False
    return type(x).of(x.node.inputs[0]), True
