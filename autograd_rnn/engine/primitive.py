"""The table of operations. One entry is all that an operation needs.

A rule is written with operators and operations that arrays and Tensors both understand. Run on
arrays it computes; run on Tensors it records, so that the backward pass is itself a graph.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from autograd_rnn.engine.graph import Shape

Rule = Callable[..., Any]
Attrs = Mapping[str, Any]


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
        many: it takes any number of inputs, and `vjp` and `jvp` are one rule each, called as
            `rule(position, g, y, inputs, **attrs)`.
        differentiable: False where the derivative is zero or undefined (comparisons).
        assembles: the cotangent of its input is zero but for the piece it took (`index`), so
            that many such pieces are put together at once instead of being added as full arrays;
            the one who pulls back does that, so there is no `vjp`.

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

    def pull(self, position: int, g: Any, y: Any, inputs: Sequence[Any], attrs: Attrs) -> Any:
        """Return what the cotangent g of y gives to the input at `position`."""
        if callable(self.vjp):
            return self.vjp(position, g, y, inputs, **attrs)
        return self.vjp[position](g, y, *inputs, **attrs)

    def push(self, position: int, dx: Any, y: Any, inputs: Sequence[Any], attrs: Attrs) -> Any:
        """Return what the tangent dx of the input at `position` gives to y."""
        if callable(self.jvp):
            return self.jvp(position, dx, y, inputs, **attrs)
        return self.jvp[position](dx, y, *inputs, **attrs)


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
