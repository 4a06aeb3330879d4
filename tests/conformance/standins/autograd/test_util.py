"""autograd's gradient checker, on our modes: along a random direction, by central differences.

The step and the tolerance are the ones it uses: 1e-6.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from typing import Any

import numpy as np

import autograd_rnn.engine as ar
from autograd_rnn.engine.trees import leaves_of, rebuild

from . import filled, nested

STEP = TOLERANCE = 1e-6
Function = Callable[..., Any]


def scalar_close(a: Any, b: Any) -> bool:
    return bool(abs(a - b) < TOLERANCE or abs(a - b) / abs(a + b) < TOLERANCE)


def check_grads(
    f: Function, argnum: Any = 0, modes: Sequence[str] = ("fwd", "rev"), order: int = 2
) -> Function:
    positions = [argnum] if isinstance(argnum, int) else list(argnum)

    def check(*args: Any, **options: Any) -> None:
        def of_chosen(*chosen: Any) -> Any:
            held = dict(enumerate(args)) | dict(zip(positions, chosen, strict=True))
            return f(*held.values(), **options)

        _check(of_chosen, [args[i] for i in positions], modes, order)

    return check


def combo_check(f: Function, *of: Any, **how: Any) -> Function:
    """Check every combination of the arguments and of the options that are given as lists."""

    def check(*args: Any, **options: Any) -> None:
        named = [[(name, value) for value in values] for name, values in options.items()]
        for chosen in product(*args):
            for keywords in product(*named):
                check_grads(f, *of, **how)(*chosen, **dict(keywords))

    return check


def check_equivalent(a: Any, b: Any) -> None:
    for x, y in zip(_numbers(a), _numbers(b), strict=True):
        assert x.shape == y.shape, f"shapes {x.shape} and {y.shape}"
        v = _random(x)
        assert scalar_close(_inner([v], [x]), _inner([v], [y])), f"values {x} and {y}"


def _check(f: Function, xs: list[Any], modes: Sequence[str], order: int) -> None:
    assert set(modes) <= {"fwd", "rev"}
    v = rebuild(xs, [_random(x) for x in _numbers(xs)])
    y = f(*xs)
    g = rebuild(y, [_random(part) for part in _numbers(y)])
    by_difference = _inner(_numbers(g), _difference(f, xs, v))
    for mode in modes:
        exact, derivative, also = _MODES[mode](f, xs, v, g)
        assert scalar_close(exact, by_difference), f"{mode}: {exact}, measured {by_difference}"
        if order > 1:
            _check(derivative, [*xs, also], modes, order - 1)


def _forward(f: Function, xs: list[Any], v: Any, g: Any) -> tuple[Any, Function, Any]:
    def derivative(*args: Any) -> Any:
        with nested():
            y, moved = ar.jvp(f, args[:-1], args[-1])
        return filled(moved, y)

    return _inner(_numbers(g), _numbers(derivative(*xs, v))), derivative, v


def _reverse(f: Function, xs: list[Any], v: Any, g: Any) -> tuple[Any, Function, Any]:
    def derivative(*args: Any) -> Any:
        with nested():
            _, pull = ar.vjp(f, *args[:-1])
        return filled(pull(args[-1]), args[:-1])

    # The cotangent of a complex number is conjugate to a direction there.
    turned = rebuild(g, [np.conj(part) for part in leaves_of(g)])
    pulled = [np.conj(part) for part in _numbers(derivative(*xs, turned))]
    for part, x in zip(pulled, _numbers(xs), strict=True):
        assert part.shape == x.shape, f"a gradient of shape {part.shape} for {x.shape}"
        assert np.iscomplexobj(part) == np.iscomplexobj(x), "complex where the argument is not"
    return _inner(_numbers(v), pulled), derivative, g


_MODES = {"fwd": _forward, "rev": _reverse}


def _difference(f: Function, xs: list[Any], v: Any) -> list[Any]:
    def moved(step: float) -> list[Any]:
        pairs = zip(_numbers(xs), leaves_of(v), strict=True)
        return _numbers(f(*rebuild(xs, [x + step * dx for x, dx in pairs])))

    halves = zip(moved(STEP / 2), moved(-STEP / 2), strict=True)
    return [(after - before) / STEP for after, before in halves]


def _numbers(tree: Any) -> list[Any]:
    leaves = leaves_of(tree)
    return [np.asarray(x.data if isinstance(x, ar.Tensor) else x) for x in leaves]


def _random(x: Any) -> Any:
    real = np.random.randn(*x.shape)
    return real + 1j * np.random.randn(*x.shape) if np.iscomplexobj(x) else real


def _inner(a: Sequence[Any], b: Sequence[Any]) -> float:
    return sum(float(np.real(np.vdot(p, q))) for p, q in zip(a, b, strict=True))
