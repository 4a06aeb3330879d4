"""The table of operations. One entry is all that an operation needs.

A rule is written with operators and operations that arrays and Tensors both understand. Run on
arrays it computes; run on Tensors it records, so that the backward pass is itself a graph.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from autograd_rnn.engine.graph import Shape

Rule = Callable[..., Any]


class OperationError(ValueError):
    """An operation met inputs it cannot take; the message names operation, shapes and place."""


@dataclass(frozen=True, slots=True)
class Primitive:
    """One operation: y = f(x_0, x_1, ...).

    Attributes:
        name: what the table calls it.
        kernel: `kernel(*arrays, **attrs)` computes y with NumPy; also on complex arrays, where
            the operation is analytic, so that the complex step can check it.
        shape: `shape(*shapes, **attrs)` is y's shape, without computing it.
        vjp: for each input, `rule(g, y, *inputs, **attrs)`: the cotangent of that input, given
            the cotangent g of y. It may come out in y's broadcast shape.
        jvp: for each input, `rule(dx, y, *inputs, **attrs)`: the tangent of y that the tangent
            dx of that input causes.
        latex: y written out, with {0}, {1}, ... for the inputs; {args} for all of them.
        slopes: for an elementwise operation, `slope(y, *inputs)` for each input, else ().
        many: it takes any number of inputs, and `vjp` and `jvp` are one rule each, called with
            the input's position first.
        differentiable: False where the derivative is zero or undefined (comparisons).
        assembles: the cotangent of its input is zero but for the piece it took (`index`), so
            that many such pieces are put together at once instead of being added as full arrays.

    """

    name: str
    kernel: Rule
    shape: Callable[..., Shape]
    latex: str
    vjp: tuple[Rule, ...] | Rule = ()
    jvp: tuple[Rule, ...] | Rule = ()
    slopes: tuple[Rule, ...] = ()
    many: bool = False
    differentiable: bool = True
    assembles: bool = False

    def vjp_of(self, position: int) -> Rule:
        """Return the VJP rule of one input, called as `rule(g, y, *inputs, **attrs)`."""
        return self._rule(self.vjp, position)

    def jvp_of(self, position: int) -> Rule:
        """Return the JVP rule of one input, called as `rule(dx, y, *inputs, **attrs)`."""
        return self._rule(self.jvp, position)

    def _rule(self, rules: tuple[Rule, ...] | Rule, position: int) -> Rule:
        if isinstance(rules, tuple):
            return rules[position]
        return lambda *args, **attrs: rules(position, *args, **attrs)


PRIMITIVES: dict[str, Primitive] = {}


def define(name: str, **entry: Any) -> None:
    """Add one operation to the table."""
    PRIMITIVES[name] = Primitive(name=name, **entry)


def define_elementwise(name: str, kernel: Rule, *slopes: Rule, latex: str) -> None:
    """Add an operation that acts on each element by itself.

    Its Jacobian is diagonal, so both rules are a product with the slope
    `slope(y, *inputs) = dy/dx_i`, one an input.
    """
    define(
        name,
        kernel=kernel,
        shape=broadcast,
        vjp=tuple(_times(slope) for slope in slopes),
        jvp=tuple(_times(slope) for slope in slopes),
        slopes=slopes,
        latex=latex,
    )


def _times(slope: Rule) -> Rule:
    return lambda g, y, *inputs: g * slope(y, *inputs)


def broadcast(*shapes: Shape) -> Shape:
    """Return the shape that `shapes` broadcast to, by NumPy's rule."""
    ndim = max(map(len, shapes))
    padded = [(1,) * (ndim - len(shape)) + shape for shape in shapes]
    out = []
    for sizes in zip(*padded, strict=True):
        wide = {size for size in sizes if size != 1}
        if len(wide) > 1:
            raise ValueError(f"sizes {sorted(wide)} do not broadcast")
        out.append(wide.pop() if wide else 1)
    return tuple(out)
