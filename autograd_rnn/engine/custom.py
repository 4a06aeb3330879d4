"""What a user adds to differentiation: operations with rules of their own, and a full stop."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any

from autograd_rnn.engine.graph import Shape
from autograd_rnn.engine.primitive import PRIMITIVES, Rule, broadcast, define
from autograd_rnn.engine.record import apply
from autograd_rnn.engine.trees import leaves_of, rebuild


def _broadcast(*shapes: Shape, **_: Any) -> Shape:
    return broadcast(*shapes)


def operation(
    *,
    vjp: Rule | tuple[Rule, ...],
    jvp: Rule | tuple[Rule, ...],
    shape: Callable[..., Shape] = _broadcast,
    latex: str = "",
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    r"""Make a NumPy function an operation of the table, with its own rules of differentiation.

    The function is the kernel. Its positional parameters are the inputs, its keyword-only ones
    attributes: constants, hashable, passed on to every rule. Rules are written with operators and
    operations of this package, so that they run on arrays and on Tensors, and derivatives of any
    order follow. `gradcheck` tells whether they are right.

    Args:
        vjp: for each input `rule(g, y, *inputs, **attrs)`, the input's cotangent, given the
            cotangent g of y. It may come out in y's shape: broadcasting is undone by the engine.
        jvp: for each input `rule(dx, y, *inputs, **attrs)`, the tangent of y.
        shape: y's shape from the inputs' shapes (and attributes); by default they broadcast.
        latex: y written out, with {0}, {1}, ... for the inputs; the function's name by default.

    Returns:
        A decorator. The function it makes records on Tensors and computes on arrays.

    Raises:
        ValueError: another operation has that name.

    Five lines::

        @operation(
            vjp=lambda g, y, x: -2.0 * g * x * y * y,
            jvp=lambda dx, y, x: -2.0 * dx * x * y * y)
        def witch(x):
            return 1.0 / (1.0 + x * x)

    """

    def decorated(kernel: Callable[..., Any]) -> Callable[..., Any]:
        name, signature = kernel.__name__, inspect.signature(kernel)
        if name in PRIMITIVES and not _is_made_again(kernel):
            raise ValueError(f"there is an operation {name} already: give yours another name")
        define(
            name,
            kernel=kernel,
            shape=shape,
            vjp=vjp if isinstance(vjp, tuple) else (vjp,),
            jvp=jvp if isinstance(jvp, tuple) else (jvp,),
            latex=latex or rf"\operatorname{{{{{name}}}}}({{args}})".replace("_", r"\_"),
        )

        @wraps(kernel)
        def applied(*inputs: Any, **attrs: Any) -> Any:
            bound = signature.bind(*inputs, **attrs)
            bound.apply_defaults()
            return apply(name, *bound.args, **bound.kwargs)

        return applied

    return decorated


def _is_made_again(kernel: Callable[..., Any]) -> bool:
    """Whether a module or a notebook's cell was run again: the same function, at its top level."""
    before = PRIMITIVES[kernel.__name__].kernel
    places = [
        (getattr(made, "__module__", ""), getattr(made, "__qualname__", ""))
        for made in (before, kernel)
    ]
    return places[0] == places[1] and "<locals>" not in places[0][1]


define(
    "stop_gradient",
    kernel=lambda x: x,
    shape=lambda x: x,
    latex=r"\operatorname{{stop}}({0})",
    differentiable=False,
)


def stop_gradient(tree: Any) -> Any:
    """Return the same value, or tree of values, as a constant: no gradient passes, either way."""
    return rebuild(tree, [apply("stop_gradient", leaf) for leaf in leaves_of(tree)])
