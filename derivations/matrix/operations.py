"""The table of operations: shape, looks, gradient, differential and values of each, a row each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import partial, reduce
from typing import Any

import numpy as np

from derivations.arithmetic import NumberSystem, multiplied
from derivations.matrix.expression import (
    ATOM,
    FRACTION,
    OPERATIONS,
    PRODUCT,
    RAISED,
    SCALAR,
    SUM,
    Expression,
    Grid,
    Moment,
    Operation,
    Shape,
    add,
    apply,
    divide,
    hadamard,
    identity,
    inner,
    is_a,
    is_binder,
    is_number,
    matmul,
    name_of,
    number,
    ones,
    written_parts,
)
from derivations.matrix.walk import free_indices, rebuilt
from derivations.typography import Style
from derivations.typography.naming import Manner

# ------------------------------------------------------------- shapes, looks, gradients of each


def _same(_: Any, shapes: list[Shape]) -> Shape:
    whole = {shape for shape in shapes if shape != SCALAR}
    if len(whole) > 1:
        raise TypeError(f"shapes differ: {' and '.join(_shape_text(s) for s in shapes)}")
    return whole.pop() if whole else SCALAR


def _product(_: Any, shapes: list[Shape]) -> Shape:
    (rows, inside), (inside2, columns) = shapes
    if inside != inside2:
        raise TypeError(f"cannot multiply {_shape_text(shapes[0])} by {_shape_text(shapes[1])}")
    return rows, columns


def _of_columns(_: Any, shapes: list[Shape]) -> Shape:
    if len(set(shapes)) > 1 or shapes[0][1] != "1":
        raise TypeError(f"not columns alike: {' and '.join(_shape_text(s) for s in shapes)}")
    return SCALAR


def _one_column(_: Any, shapes: list[Shape]) -> Shape:
    _of_columns(_, shapes)
    return shapes[0]


def _blocks(along: int) -> Callable[[Any, list[Shape]], Shape]:
    def shape(_: Any, shapes: list[Shape]) -> Shape:
        if len({s[1 - along] for s in shapes}) > 1:
            raise TypeError(f"blocks do not fit: {' and '.join(_shape_text(s) for s in shapes)}")
        length = _together([s[along] for s in shapes])
        return (length, shapes[0][1]) if along == 0 else (shapes[0][0], length)

    return shape


def _together(dimensions: list[str]) -> str:
    if all(d.isdigit() for d in dimensions):
        return str(sum(map(int, dimensions)))
    return "+".join(dimensions)


def _shape_text(shape: Shape) -> str:
    return f"({shape[0]}, {shape[1]})"


def _show_symbol(style: Style, node: Expression, _: list[str]) -> str:
    letter, moment, kind, element = name_of(node)
    shown = style.symbol(letter, _written(moment), kind)
    return style.element(shown, ",".join(map(str, element))) if element else shown


def _written(moment: Moment | None) -> str:
    return "" if moment is None else str(moment)


def _show_sum(style: Style, node: Expression, parts: list[str]) -> str:
    shown: list[str] = []
    for i, term in enumerate(node.arguments):
        below_zero = is_a(term, "number") and term.data < 0
        negative = below_zero or is_a(term, "negate")
        sign = style.sign("-" if negative else "+")
        lead = sign if shown else sign.strip() if negative else ""
        part = style.number(-term.data) if below_zero else parts[i]
        guard = PRODUCT if negative or _seems_to_bind(node, i) else SUM
        shown += [
            lead,
            part if below_zero else _guarded(style, written_parts(node)[i], part, guard),
        ]
    return style.row(shown)


def _seems_to_bind(node: Expression, i: int) -> bool:
    """Say whether a reader could take later terms of a sum to be inside its i-th, a Σ or a Π."""
    term, later = node.arguments[i], node.arguments[i + 1 :]
    if not is_binder(term):
        return False
    return any(term.data.variable in free_indices(other) for other in later)


def _show_negation(style: Style, node: Expression, parts: list[str]) -> str:
    inside = _guarded(style, node.arguments[0], parts[0], PRODUCT)
    return style.row([style.sign("-").strip(), inside])


def _guarded(style: Style, node: Expression, shown: str, binding: int) -> str:
    return shown if _binding(style, node) >= binding else style.fence(shown)


def _binding(style: Style, node: Expression) -> int:
    if is_a(node, "number"):
        return SUM if node.data < 0 else ATOM if node.data.denominator == 1 else FRACTION
    if not is_a(node, "symbol"):
        return node.operation.binding
    letter, moment, kind, _ = name_of(node)
    if kind == "differential":  # dhᵀ and dh² could be read as d of hᵀ and of h²
        return RAISED
    return _NAMES_BIND[style.naming.manner(letter, _written(moment), kind)]


_NAMES_BIND: dict[Manner, int] = {"plain": ATOM, "raised": RAISED, "quotient": FRACTION}


def _show_hadamard(style: Style, node: Expression, parts: list[str]) -> str:
    scalars = node.shape == SCALAR  # they need no sign, but then a/b c could be read as a/(b c)
    guard = RAISED if scalars and style.flat else FRACTION
    guarded = [
        _guarded(style, factor, part, FRACTION if is_a(factor, "number") else guard)
        for factor, part in zip(node.arguments, parts, strict=True)
    ]
    if is_a(node.arguments[0], "number"):
        coefficient, first, *rest = guarded
        if style.flat and "/" in coefficient:  # 3/4 x could be read as 3/(4 x)
            coefficient = style.fence(coefficient)
        guarded = [_juxtaposed(style, coefficient, first), *rest]
    if scalars:
        return reduce(partial(_juxtaposed, style), guarded)
    return style.row(_between(style.times(), guarded))


def _juxtaposed(style: Style, left: str, right: str) -> str:
    """Return two factors side by side; two numbers there could be read as one."""
    return style.juxtapose(left, style.fence(right) if right[:1].isnumeric() else right)


def _between(sign: str, parts: list[str]) -> list[str]:
    return [piece for part in parts for piece in (sign, part)][1:]


def _show_juxtaposed(style: Style, node: Expression, parts: list[str]) -> str:
    left = _guarded(style, node.arguments[0], parts[0], FRACTION)
    # On one line dL/ds hᵀ could be read as a fraction with two factors below.
    ambiguous = style.flat and _binding(style, node.arguments[0]) == FRACTION
    left = style.fence(left) if ambiguous else left
    return _juxtaposed(style, left, _right_factor(style, node, parts))


def _show_inner(style: Style, node: Expression, parts: list[str]) -> str:
    left = style.raised(_guarded(style, node.arguments[0], parts[0], ATOM), "⊤")
    return _juxtaposed(style, left, _right_factor(style, node, parts))


def _right_factor(style: Style, node: Expression, parts: list[str]) -> str:
    """Return the right of two factors side by side.

    On one line A b / c could be read as a fraction with two factors above, and the bar in A ‖u‖²
    as one that closes.
    """
    factor = node.arguments[1]
    ambiguous = style.flat and factor.operation.name in {"divide", "squared norm"}
    return style.fence(parts[1]) if ambiguous else _guarded(style, factor, parts[1], FRACTION)


def _show_quotient(style: Style, node: Expression, parts: list[str]) -> str:
    if not style.flat:
        return style.fraction(*parts)
    (top, bottom), bindings = node.arguments, (FRACTION, RAISED)  # a / b / c is (a / b) / c
    return style.fraction(*map(_guarded, (style, style), (top, bottom), parts, bindings))


def _show_raised(exponent: Callable[[Expression], str]) -> Callable[..., str]:
    def show(style: Style, node: Expression, parts: list[str]) -> str:
        return style.raised(_guarded(style, node.arguments[0], parts[0], ATOM), exponent(node))

    return show


def _exponent(node: Expression) -> str:
    """Return the exponent; a matrix of which each element is squared has ⊙2, since W² is W W."""
    return str(node.data) if "1" in node.shape else f"⊙{node.data}"


def _show_stack(upright: bool) -> Callable[..., str]:
    def show(style: Style, node: Expression, parts: list[str]) -> str:
        if style.flat and upright:  # [A B; C D] could be read as four blocks
            parts = [
                style.fence(part) if _has_spaces(block) else part
                for block, part in zip(node.arguments, parts, strict=True)
            ]
        if style.flat and not upright:  # [A  -B] could be read as a difference
            parts = [style.fence(part) if part.startswith("-") else part for part in parts]
        return style.stack(parts, upright)

    return show


def _has_spaces(node: Expression) -> bool:
    """Say whether a node may be written with a product whose sign is not written."""
    if is_a(node, "elementwise product"):
        return is_a(node.arguments[0], "number")
    return node.operation.binding in (SUM, PRODUCT)


def _show_norm(style: Style, _: Expression, parts: list[str]) -> str:
    inside = style.fence(parts[0]) if style.flat and "‖" in parts[0] else parts[0]
    return style.raised(style.fence(inside, "‖", "‖"), "2")


def _show_component(style: Style, node: Expression, parts: list[str]) -> str:
    """Write h_t[1] for an element that has a name, and (h_t)[1] for what is computed."""
    (column,) = node.arguments
    named = is_a(column, "symbol") or _binding(style, column) < ATOM
    return style.element(style.fence(parts[0]) if named else parts[0], str(node.data + 1))


def _show_ones(style: Style, node: Expression, _: list[str]) -> str:
    rows, columns = node.data
    return style.letter("𝟏", rows if columns == "1" else f"{rows}×{columns}")


def _show_jacobian(sign: str) -> Callable[..., str]:
    return lambda style, _, parts: style.derivative(parts[0], parts[1], sign)


def _show_over(sign: str) -> Callable[..., str]:
    def show(style: Style, node: Expression, parts: list[str]) -> str:
        index, lower, upper = node.data
        inside = node.arguments[0]
        body = parts[0] if is_binder(inside) else _guarded(style, inside, parts[0], PRODUCT)
        first, last = style.naming.moment(f"{index}={lower}"), style.naming.moment(str(upper))
        return style.over(sign, first, last, body)

    return show


def _show_applied(name: str) -> Callable[..., str]:
    def show(style: Style, _: Expression, parts: list[str]) -> str:
        return style.row([style.word(name), style.fence(parts[0])])

    return show


def _through_function(node: Expression, gradient: Expression, _: int) -> Expression:
    return SLOPES[node.data](gradient, node, node.arguments[0])


SLOPES: dict[str, Callable[[Expression, Expression, Expression], Expression]] = {
    "σ": lambda gradient, y, _: gradient * y * (1 - y),
    "tanh": lambda gradient, y, _: gradient * (1 - y**2),
    "relu": lambda gradient, _, x: gradient * apply("relu′", x),
    "log": lambda gradient, _, x: divide(gradient, x),
    "exp": lambda gradient, y, _: gradient * y,
    "√": lambda gradient, y, _: divide(gradient, 2 * y),
}
"""The gradient with respect to x, given that with respect to y = function(x)."""


def _through_power(node: Expression, gradient: Expression, _: int) -> Expression:
    (base,), exponent = node.arguments, node.data
    return gradient * exponent * (base if exponent == 2 else base ** (exponent - 1))


def _through_hadamard(node: Expression, gradient: Expression, position: int) -> Expression:
    return hadamard(gradient, *node.arguments[:position], *node.arguments[position + 1 :])


def _through_product(node: Expression, gradient: Expression, position: int) -> Expression:
    left, right = node.arguments
    return gradient @ right.T if position == 0 else left.T @ gradient


def _through_quotient(node: Expression, gradient: Expression, position: int) -> Expression:
    _, bottom = node.arguments
    return gradient / bottom if position == 0 else -(gradient * node / bottom)


def _rebuilt_differential(node: Expression, moved: list[Expression]) -> Expression:
    """Return the differential of a linear operation: the same operation on the differentials."""
    if all(is_number(d, 0) for d in moved):
        return number(0)
    return rebuilt(node, tuple(moved))


def _hadamard_differential(node: Expression, moved: list[Expression]) -> Expression:
    return add(*(_through_hadamard(node, d, i) for i, d in enumerate(moved)))


def _quotient_differential(node: Expression, moved: list[Expression]) -> Expression:
    _, bottom = node.arguments
    top, rest = moved
    terms = [] if is_number(top, 0) else [top / bottom]
    return add(*terms, *([] if is_number(rest, 0) else [-(node * rest / bottom)]))


def _product_differential(node: Expression, moved: list[Expression]) -> Expression:
    left, right = node.arguments
    return add(matmul(moved[0], right), matmul(left, moved[1]))


def _inner_differential(node: Expression, moved: list[Expression]) -> Expression:
    left, right = node.arguments
    terms = [] if is_number(moved[0], 0) else [inner(moved[0], right)]
    return add(*terms, *([] if is_number(moved[1], 0) else [inner(left, moved[1])]))


def _softmax_differential(node: Expression, moved: list[Expression]) -> Expression:
    (d,) = moved
    return d if is_number(d, 0) else node * (d - inner(node, d))


def _row_softmax_differential(node: Expression, moved: list[Expression]) -> Expression:
    (d,) = moved
    return d if is_number(d, 0) else node * (d - _row_sums(node * d))


def _row_sums(matrix: Expression) -> Expression:
    """Return M 𝟏 𝟏ᵀ: the sum of each row, at every place of the row."""
    _, columns = matrix.shape
    return (matrix @ ones(columns)) @ ones(columns).T


def _trace_array(_: Expression, arguments: list[Any], __: NumberSystem) -> Any:
    return np.sum(np.diagonal(arguments[0]), keepdims=True).reshape(1, 1)


def _diagonal_array(_: Expression, arguments: list[Any], system: NumberSystem) -> Any:
    column = np.atleast_2d(arguments[0])  # a number stands for a column of one
    size = len(column)
    zero = np.full((size, size), system.number(Fraction(0)), dtype=column.dtype)
    zero[np.diag_indices(size)] = column[:, 0]
    return zero


def _diagonal_elements(_: Expression, grids: list[Grid], system: NumberSystem) -> Grid:
    column = [row[0] for row in grids[0]]
    zero = system.number(Fraction(0))
    return [[d if i == j else zero for j in range(len(column))] for i, d in enumerate(column)]


def _square(_: Any, shapes: list[Shape]) -> Shape:
    if shapes[0][0] != shapes[0][1]:
        raise TypeError(f"not square: {_shape_text(shapes[0])}")
    return shapes[0]


def _softmax_elements(_: Expression, grids: list[Grid], system: NumberSystem) -> Grid:
    return transposed([system.functions["softmax"](column) for column in transposed(grids[0])])


def _product_elements(_: Expression, grids: list[Grid], system: NumberSystem) -> Grid:
    rows, columns = grids[0], transposed(grids[1])
    return [
        [system.total([a * b for a, b in zip(row, column, strict=True)]) for column in columns]
        for row in rows
    ]


def _inner_elements(_: Expression, grids: list[Grid], system: NumberSystem) -> Grid:
    columns = zip(transposed(grids[0]), transposed(grids[1]), strict=True)
    return [[system.total([a * b for a, b in zip(u, v, strict=True)]) for u, v in columns]]


def _beside_elements(_: Expression, grids: list[Grid], __: NumberSystem) -> Grid:
    return [[scalar for part in row for scalar in part] for row in zip(*grids, strict=True)]


def _elementwise(grids: Sequence[Grid], function: Callable[[list[Any]], Any]) -> Grid:
    """Return function(elements at the same place), a single row or column repeated as needed."""
    height = max(len(grid) for grid in grids)
    width = max(len(grid[0]) for grid in grids)
    rows = zip(*(spread(grid, height, width) for grid in grids), strict=True)
    return [[function(list(place)) for place in zip(*row, strict=True)] for row in rows]


def spread(grid: Grid, height: int, width: int) -> Grid:
    """Return the grid with a single row or column repeated to the height and width."""
    return [row * (width // len(row)) for row in grid * (height // len(grid))]


def transposed(grid: Grid) -> Grid:
    """Return the grid with rows and columns exchanged."""
    return [list(column) for column in zip(*grid, strict=True)]


# ------------------------------------------------------------------------------------- the table


SYMBOL = Operation(
    "symbol",
    shape=lambda data, _: data[1],
    show=_show_symbol,
    binding=ATOM,
)
NUMBER = Operation(
    "number",
    shape=lambda *_: SCALAR,
    show=lambda style, node, _: style.number(node.data),
    binding=ATOM,
    arrays=lambda node, _, system: system.number(node.data),
    elements=lambda node, _, system: [[system.number(node.data)]],
)
ADD = Operation(
    "add",
    shape=_same,
    show=_show_sum,
    binding=SUM,
    pull_back=lambda _, gradient, __: gradient,
    differential=lambda _, moved: add(*moved),
    arrays=lambda _, arguments, __: sum(arguments[1:], arguments[0]),
    elements=lambda _, grids, system: _elementwise(grids, system.total),
)
HADAMARD = Operation(
    "elementwise product",
    shape=_same,
    show=_show_hadamard,
    binding=PRODUCT,
    pull_back=_through_hadamard,
    differential=_hadamard_differential,
    arrays=lambda _, arguments, __: multiplied(arguments),
    elements=lambda _, grids, __: _elementwise(grids, multiplied),
)
NEGATE = Operation(
    "negate",
    shape=_same,
    show=_show_negation,
    binding=SUM,
    pull_back=lambda _, gradient, __: -gradient,
    differential=_rebuilt_differential,
    arrays=lambda _, arguments, __: -arguments[0],
    elements=lambda _, grids, __: _elementwise(grids, lambda scalars: -scalars[0]),
)
DIVIDE = Operation(
    "divide",
    shape=_same,
    show=_show_quotient,
    binding=FRACTION,
    pull_back=_through_quotient,
    differential=_quotient_differential,
    arrays=lambda _, arguments, __: arguments[0] / arguments[1],
    elements=lambda _, grids, __: _elementwise(grids, lambda scalars: scalars[0] / scalars[1]),
)
POWER = Operation(
    "power",
    shape=_same,
    show=_show_raised(_exponent),
    binding=RAISED,
    pull_back=_through_power,
    differential=lambda node, moved: _through_power(node, moved[0], 0),
    arrays=lambda node, arguments, _: arguments[0] ** node.data,
    elements=lambda node, grids, _: _elementwise(grids, lambda scalars: scalars[0] ** node.data),
)
APPLY = Operation(
    "function",
    shape=_same,
    show=lambda style, node, parts: style.row([style.word(node.data), style.fence(parts[0])]),
    binding=ATOM,
    pull_back=_through_function,
    differential=lambda node, moved: _through_function(node, moved[0], 0),
    arrays=lambda node, arguments, system: system.functions[node.data](arguments[0]),
    elements=lambda node, grids, system: _elementwise(
        grids, lambda scalars: system.functions[node.data](scalars[0])
    ),
)
SOFTMAX = Operation(
    "softmax",
    shape=_one_column,
    show=lambda style, _, parts: style.row([style.word("softmax"), style.fence(parts[0])]),
    binding=ATOM,
    pull_back=lambda node, gradient, _: node * (gradient - inner(node, gradient)),
    differential=_softmax_differential,
    arrays=lambda _, arguments, system: system.functions["softmax"](arguments[0]),
    elements=_softmax_elements,
)
ROW_SOFTMAX = Operation(
    "softmax of rows",
    shape=_same,
    show=_show_applied("rowsoftmax"),
    binding=ATOM,
    pull_back=lambda node, gradient, _: node * (gradient - _row_sums(node * gradient)),
    differential=_row_softmax_differential,
    arrays=lambda _, arguments, system: system.functions["softmax"](arguments[0].T).T,
    elements=lambda _, grids, system: [system.functions["softmax"](row) for row in grids[0]],
)
INNER = Operation(
    "inner product",
    shape=_of_columns,
    show=_show_inner,
    binding=PRODUCT,
    pull_back=lambda node, gradient, position: gradient * node.arguments[1 - position],
    differential=_inner_differential,
    arrays=lambda _, arguments, __: np.sum(arguments[0] * arguments[1], axis=0, keepdims=True),
    elements=_inner_elements,
)
SQUARED_NORM = Operation(
    "squared norm",
    shape=_of_columns,
    show=_show_norm,
    binding=RAISED,
    pull_back=lambda node, gradient, _: gradient * 2 * node.arguments[0],
    differential=lambda node, moved: _inner_differential(
        inner(node.arguments[0], node.arguments[0]), moved * 2
    ),
    arrays=lambda _, arguments, __: np.sum(arguments[0] ** 2, axis=0, keepdims=True),
    elements=lambda node, grids, system: _inner_elements(node, grids * 2, system),
)
MATMUL = Operation(
    "matrix product",
    shape=_product,
    show=_show_juxtaposed,
    binding=PRODUCT,
    pull_back=_through_product,
    differential=_product_differential,
    arrays=lambda _, arguments, __: arguments[0] @ arguments[1],
    elements=_product_elements,
)
TRANSPOSE = Operation(
    "transpose",
    shape=lambda _, shapes: (shapes[0][1], shapes[0][0]),
    show=_show_raised(lambda _: "⊤"),
    binding=RAISED,
    pull_back=lambda _, gradient, __: gradient.T,
    differential=_rebuilt_differential,
    arrays=lambda _, arguments, __: np.transpose(arguments[0]),
    elements=lambda _, grids, __: transposed(grids[0]),
)
BESIDE = Operation(
    "blocks beside each other",
    shape=_blocks(along=1),
    show=_show_stack(upright=False),
    binding=ATOM,
    arrays=lambda _, arguments, __: np.concatenate(arguments, axis=1),
    elements=_beside_elements,
)
BELOW = Operation(
    "blocks below each other",
    shape=_blocks(along=0),
    show=_show_stack(upright=True),
    binding=ATOM,
    arrays=lambda _, arguments, __: np.concatenate(arguments, axis=0),
    elements=lambda _, grids, __: [row for grid in grids for row in grid],
)
COMPONENT = Operation(
    "component",
    shape=lambda *_: SCALAR,
    show=_show_component,
    binding=ATOM,
    arrays=lambda node, arguments, _: arguments[0][node.data : node.data + 1],
    elements=lambda node, grids, _: [grids[0][node.data]],
)
ONES = Operation(
    "ones",
    shape=lambda data, _: data,
    show=_show_ones,
    binding=ATOM,
)
IDENTITY = Operation(
    "identity",
    shape=lambda data, _: (data, data),
    show=lambda style, node, _: style.letter("I", node.data),
    binding=ATOM,
)
TRACE = Operation(
    "trace",
    shape=lambda _, shapes: _square(_, shapes) and SCALAR,
    show=_show_applied("tr"),
    binding=ATOM,
    pull_back=lambda node, gradient, _: gradient * identity(node.arguments[0].shape[0]),
    differential=_rebuilt_differential,
    arrays=_trace_array,
    elements=lambda _, grids, system: [[system.total([row[i] for i, row in enumerate(grids[0])])]],
)
DIAGONAL = Operation(
    "diagonal",
    shape=lambda _, shapes: (_one_column(_, shapes)[0], shapes[0][0]),
    show=_show_applied("diag"),
    binding=ATOM,
    pull_back=lambda node, gradient, _: (gradient * identity(node.shape[0])) @ ones(node.shape[0]),
    differential=_rebuilt_differential,
    arrays=_diagonal_array,
    elements=_diagonal_elements,
)
SUM_OVER = Operation(
    "sum over",
    shape=_same,
    show=_show_over("Σ"),
    binding=SUM,
    differential=_rebuilt_differential,
)
PRODUCT_OVER = Operation("product over", shape=_square, show=_show_over("Π"), binding=SUM)
JACOBIAN = Operation(
    "Jacobian",
    shape=lambda _, shapes: (shapes[0][0], shapes[1][0]),
    show=_show_jacobian("∂⁺"),
    binding=FRACTION,
)
TOTAL_JACOBIAN = Operation(
    "total Jacobian",
    shape=lambda _, shapes: (shapes[0][0], shapes[1][0]),
    show=_show_jacobian("d"),
    binding=FRACTION,
)

OPERATIONS.update(
    (row.name, row)
    for row in (
        *(SYMBOL, NUMBER, ONES, IDENTITY, ADD, HADAMARD, NEGATE, DIVIDE, POWER, APPLY),
        *(
            SOFTMAX,
            ROW_SOFTMAX,
            INNER,
            SQUARED_NORM,
            TRACE,
            DIAGONAL,
            MATMUL,
            TRANSPOSE,
            BESIDE,
            BELOW,
            COMPONENT,
        ),
        *(SUM_OVER, PRODUCT_OVER, JACOBIAN, TOTAL_JACOBIAN),
    )
)
