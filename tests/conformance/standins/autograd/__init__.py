"""HIPS autograd's differential operators, spelled in ours: translation, and no mathematics."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

import autograd_rnn.engine as ar
from autograd_rnn.engine.trees import leaves_like, leaves_of, rebuild

# autograd has its own; ours are Python's.
CONTAINERS = {"dict": dict, "list": list, "tuple": tuple, "isinstance": isinstance, "type": type}
_depth = 0


@contextmanager
def nested() -> Iterator[None]:
    """Be one derivative deeper: what comes out inside stays a Tensor, outside it is an array."""
    global _depth
    _depth += 1
    try:
        yield
    finally:
        _depth -= 1


def unboxed(tree: Any) -> Any:
    """Return the arrays of a tree of Tensors, unless another derivative is being taken around."""
    if _depth:
        return tree
    held = [x.data.copy() if isinstance(x, ar.Tensor) else x for x in leaves_of(tree)]
    return rebuild(tree, held)


def filled(tree: Any, like: Any) -> Any:
    """Put zeros where we say None: there a gradient that does not exist is zero."""
    pairs = zip(leaves_like(tree, like), leaves_of(like), strict=True)
    return rebuild(like, [_zeros(x) if g is None else g for g, x in pairs])


def _zeros(x: Any) -> ar.Tensor:
    held = x if isinstance(x, ar.Tensor) else np.asarray(x)
    return ar.Tensor(np.zeros(held.shape, np.result_type(held.dtype, float)))


def value_and_grad(fun: Callable[..., Any], argnum: Any = 0) -> Callable[..., Any]:
    def both(*args: Any, **options: Any) -> Any:
        with nested():
            value, found = ar.value_and_grad(fun, argnum)(*args, **options)
            chosen = args[argnum] if isinstance(argnum, int) else tuple(args[i] for i in argnum)
            found = filled(found, chosen)
        return unboxed(value), unboxed(found)

    return both


def grad(fun: Callable[..., Any], argnum: Any = 0) -> Callable[..., Any]:
    return lambda *args, **options: value_and_grad(fun, argnum)(*args, **options)[1]


def make_vjp(fun: Callable[..., Any], argnum: int = 0) -> Callable[..., Any]:
    def made(*args: Any, **options: Any) -> Any:
        def of_one(x: Any) -> Any:
            return fun(*args[:argnum], x, *args[argnum + 1 :], **options)

        with nested():
            y, pull = ar.vjp(of_one, args[argnum])
        return lambda g: unboxed(filled(pull(g)[0], args[argnum])), unboxed(y)

    return made


def make_jvp(fun: Callable[..., Any], argnum: int = 0) -> Callable[..., Any]:
    def made(*args: Any, **options: Any) -> Any:
        def of_one(x: Any) -> Any:
            return fun(*args[:argnum], x, *args[argnum + 1 :], **options)

        def push(v: Any) -> Any:
            with nested():
                y, dy = ar.jvp(of_one, [args[argnum]], [v])
                dy = filled(dy, y)
            return unboxed(y), unboxed(dy)

        return push

    return made


def elementwise_grad(fun: Callable[..., Any], argnum: Any = 0) -> Callable[..., Any]:
    return grad(lambda *args, **options: ar.sum(fun(*args, **options)), argnum)


def deriv(fun: Callable[..., Any], argnum: int = 0) -> Callable[..., Any]:
    return lambda *args: make_jvp(fun, argnum)(*args)(np.ones(np.shape(args[argnum])))[1]


def jacobian(fun: Callable[..., Any], argnum: int = 0) -> Callable[..., Any]:
    def matrix(*args: Any, **options: Any) -> Any:
        with nested():
            found = ar.jacobian(fun, argnum)(*args, **options)
        return unboxed(found)

    return matrix


def hessian(fun: Callable[..., Any], argnum: int = 0) -> Callable[..., Any]:
    return jacobian(jacobian(fun, argnum), argnum)


def make_hvp(fun: Callable[..., Any], argnum: int = 0) -> Callable[..., Any]:
    return make_vjp(grad(fun, argnum), argnum)


def hessian_tensor_product(fun: Callable[..., Any], argnum: int = 0) -> Callable[..., Any]:
    return lambda *args: make_hvp(fun, argnum)(*args[:-1])[0](args[-1])


def tensor_jacobian_product(fun: Callable[..., Any], argnum: int = 0) -> Callable[..., Any]:
    return lambda *args: make_vjp(fun, argnum)(*args[:-1])[0](args[-1])


hessian_vector_product = hessian_tensor_product
vector_jacobian_product = tensor_jacobian_product


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    if name in CONTAINERS:
        return CONTAINERS[name]

    def absent(*args: Any, **options: Any) -> Any:
        raise NotImplementedError(f"autograd's {name} has no counterpart here")

    return absent
