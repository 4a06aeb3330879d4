"""The rows of norms and bounds: ‖A‖, σ_max(A), max|v|, powers by a difference of indices, maxima.

They are written and valued; nothing is differentiated through them. A singular value needs a root,
so their values are floats, and a finite field refuses them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from derivations.arithmetic import NumberSystem
from derivations.matrix.expression import (
    ATOM,
    OPERATIONS,
    RAISED,
    SCALAR,
    Expression,
    Moment,
    Operation,
    Over,
    Shape,
    is_a,
    make,
)
from derivations.typography import Style

# ------------------------------------------------------------------------------------ building


def norm(matrix: Expression) -> Expression:
    """Return ‖matrix‖: the spectral norm, which is the Euclidean one of a column.

    Of a scalar it is the absolute value, and written so.
    """
    return make("norm", (matrix,))


def largest_entry(column: Expression) -> Expression:
    """Return max|column|, the largest absolute value in a column."""
    return make("largest entry", (column,))


def largest_singular_value(matrix: Expression) -> Expression:
    """Return σ_max(matrix)."""
    return make("largest singular value", (matrix,))


def repeated(index: str, lower: Moment, upper: Moment, base: Expression) -> Expression:
    """Return the scalar `base`, once a factor for each index from `lower` to `upper`.

    It is written as a power: from k+1 to t, ``base^{t-k}``.
    """
    return make("power over", (base,), Over(index, lower, upper))


def largest_over(index: str, lower: Moment, upper: Moment, body: Expression) -> Expression:
    """Return the largest value of a scalar over the indices from `lower` to `upper`."""
    return make("largest over", (body,), Over(index, lower, upper))


def smaller(one: Expression, other: Expression) -> Expression:
    """Return the smaller of two scalars."""
    return make("smaller of", (one, other))


def limit(growing: str, body: Expression) -> Expression:
    """Return the limit of a scalar as an index grows beyond all bounds."""
    return make("limit", (body,), growing)


# ------------------------------------------------------------------------------- looks and values


def exponent(span: Over) -> Moment:
    """Return how many indices there are from the lower to the upper one: t - k from k+1 to t."""
    names: dict[str, int] = {}
    for moment, sign in ((span.upper, 1), (span.lower, -1)):
        for name, subtracted in moment.terms:
            names[name] = names.get(name, 0) + (-sign if subtracted else sign)
    base = "".join(
        f"{'+' if times > 0 else '-'}{name}" * abs(times) for name, times in names.items()
    )
    return Moment(base.removeprefix("+"), span.upper.offset - span.lower.offset + 1)


def _scalar(_: Any, shapes: list[Shape]) -> Shape:
    if set(shapes) != {SCALAR}:
        raise TypeError(f"not scalars: {', '.join(map(str, shapes))}")
    return SCALAR


def _column(_: Any, shapes: list[Shape]) -> Shape:
    if shapes[0][1] != "1":
        raise TypeError(f"not a column: {shapes[0]}")
    return SCALAR


def _composed(node: Expression) -> bool:
    """Say whether the node needs parentheses under an exponent."""
    fraction = is_a(node, "number") and (node.data < 0 or node.data.denominator > 1)
    return node.operation.binding < ATOM or bool(fraction)


def _show_power(style: Style, node: Expression, parts: list[str]) -> str:
    base = style.fence(parts[0]) if _composed(node.arguments[0]) else parts[0]
    return style.superscript(base, style.naming.moment(str(exponent(node.data))))


def _show_largest(style: Style, node: Expression, parts: list[str]) -> str:
    index, lower, upper = node.data
    below = style.naming.moment(f"{lower}≤{index}≤{upper}")
    inner = style.fence(parts[0]) if _composed(node.arguments[0]) else parts[0]
    return style.juxtapose(style.letter("max", below), inner)


def _show_limit(style: Style, node: Expression, parts: list[str]) -> str:
    below = style.naming.moment(f"{node.data}→∞")
    body = node.arguments[0]
    loose = _composed(body) and body.operation.name not in {"power over", "total Jacobian"}
    inner = style.fence(parts[0]) if loose else parts[0]
    return style.juxtapose(style.letter("lim", below), inner)


def _show_smaller(style: Style, _: Expression, parts: list[str]) -> str:
    inside = style.row([parts[0], style.sign(",").lstrip(), parts[1]])
    return style.row([style.word("min"), style.fence(inside)])


def _bars(node: Expression) -> tuple[str, str]:
    """Return the bars of a norm: single ones around a scalar, of which it is the absolute value."""
    return ("|", "|") if node.arguments[0].shape == SCALAR else ("‖", "‖")


def _show_bars(style: Style, node: Expression, parts: list[str]) -> str:
    left, right = _bars(node)
    nested = style.flat and left in parts[0]  # a bar within could be read as the one that closes
    return style.fence(style.fence(parts[0]) if nested else parts[0], left, right)


def _valued(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the values in floats, or in a system that has a function of the operation's name."""

    def arrays(node: Expression, arguments: list[Any], system: NumberSystem) -> Any:
        values = [np.asarray(argument) for argument in arguments]
        own = system.functions.get(node.operation.name)
        if own is None and any(value.dtype == object for value in values):
            raise TypeError(f"{node.text()} has a value in floats only")
        return np.full((1, 1), (own or function)(*values))

    return arrays


NORM = Operation(
    "norm",
    shape=lambda *_: SCALAR,
    show=_show_bars,
    binding=ATOM,
    arrays=_valued(lambda matrix: np.linalg.norm(matrix, 2)),
)
LARGEST_ENTRY = Operation(
    "largest entry",
    shape=_column,
    show=lambda style, _, parts: style.row([style.word("max"), style.fence(parts[0], "|", "|")]),
    binding=ATOM,
    arrays=_valued(lambda column: np.max(np.abs(column))),
)
LARGEST_SINGULAR_VALUE = Operation(
    "largest singular value",
    shape=lambda *_: SCALAR,
    show=lambda style, _, parts: style.row([style.letter("σ", "max"), style.fence(parts[0])]),
    binding=ATOM,
    arrays=_valued(lambda matrix: np.linalg.svd(matrix, compute_uv=False)[0]),
)
POWER_OVER = Operation("power over", shape=_scalar, show=_show_power, binding=RAISED)
LARGEST_OVER = Operation("largest over", shape=_scalar, show=_show_largest, binding=ATOM)
SMALLER = Operation(
    "smaller of",
    shape=_scalar,
    show=_show_smaller,
    binding=ATOM,
    arrays=_valued(np.minimum),
)
LIMIT = Operation("limit", shape=_scalar, show=_show_limit, binding=ATOM)

OPERATIONS.update(
    (row.name, row)
    for row in (
        *(NORM, LARGEST_ENTRY, LARGEST_SINGULAR_VALUE),
        *(POWER_OVER, LARGEST_OVER, SMALLER, LIMIT),
    )
)
