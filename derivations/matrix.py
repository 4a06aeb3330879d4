"""Matrix expressions: a small typed tree that is shown, differentiated and evaluated.

An `Expression` is an operation applied to expressions. Everything an operation can do stands in one
row of the table at the end of this file: its shape, how it looks, how a gradient is pulled back
through it, and its values, on whole arrays and element by element.

Expressions are hash-consed: building the same expression twice gives the same object, so equality
is ``is``. The order of arguments is never changed. Dimensions are symbolic (``"n"``, ``"m"``,
``"1"``).

A column such as h_t stands for one example; evaluated on a batch, it has a column an example. So a
product of columns u vᵀ sums over the examples, as gradients of shared weights do.

    >>> h, x = symbol("h", ("n", "1"), PREVIOUS), symbol("x", ("m", "1"), NOW)
    >>> W_h, W_x = symbol("W_h", ("n", "n")), symbol("W_x", ("n", "m"))
    >>> a = W_h @ h + W_x @ x
    >>> a.text(), a.shape, a is W_h @ h + W_x @ x
    ('W_h h_{t-1} + W_x x_t', ('n', '1'), True)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal, NamedTuple
from weakref import WeakValueDictionary

import numpy as np

from derivations.arithmetic import NumberSystem, multiplied
from derivations.step import Shown
from derivations.typography import LATEX, MATHML, TEXT, Style

Shape = tuple[str, str]
Grid = list[list[Any]]  # the elements of a matrix, row by row

SCALAR: Shape = ("1", "1")

# How tightly an operation binds when printed: an argument that binds less tightly gets parentheses.
SUM, PRODUCT, FRACTION, RAISED, ATOM = range(5)


# ------------------------------------------------------------------------------------- the tree


class Expression(Shown):
    """An operation applied to arguments; made by the functions below and by operators.

    ``a + b``, ``a - b``, ``-a``, ``a * b`` (elementwise), ``a / b`` (elementwise), ``a**2``
    (elementwise), ``A @ B`` and ``A.T``. Shapes that do not fit raise TypeError.
    """

    operation: Operation
    arguments: tuple[Expression, ...]
    data: Any
    shape: Shape

    def text(self) -> str:
        """Return Unicode, one line."""
        return self._written(TEXT)

    def latex(self) -> str:
        """Return LaTeX for inside math mode."""
        return self._written(LATEX)

    def mathml(self) -> str:
        """Return a MathML Core fragment."""
        return self._written(MATHML)

    def _written(self, style: Style) -> str:
        written: dict[Expression, str] = {}
        for node in in_order(self):
            parts = [written[part] for part in _written_parts(node)]
            written[node] = node.operation.show(style, node, parts)
        return written[self]

    def __repr__(self) -> str:
        return f"<{self.text()}: {' × '.join(self.shape)}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return _remake, (self.operation.name, self.arguments, self.data)

    def __add__(self, other: Expression | int) -> Expression:
        return add(self, other)

    def __radd__(self, other: int) -> Expression:
        return add(other, self)

    def __sub__(self, other: Expression | int) -> Expression:
        return add(self, negate(other))

    def __rsub__(self, other: int) -> Expression:
        return add(other, negate(self))

    def __neg__(self) -> Expression:
        return negate(self)

    def __mul__(self, other: Expression | int) -> Expression:
        return hadamard(self, other)

    def __rmul__(self, other: int | Fraction) -> Expression:
        return hadamard(other, self)

    def __truediv__(self, other: Expression) -> Expression:
        return divide(self, other)

    def __pow__(self, exponent: int) -> Expression:
        return make(POWER, (self,), exponent)

    def __matmul__(self, other: Expression) -> Expression:
        return make(MATMUL, (self, other))

    @property
    def T(self) -> Expression:
        """The transpose."""
        return self.arguments[0] if self.operation is TRANSPOSE else make(TRANSPOSE, (self,))


@dataclass(frozen=True, eq=False)
class Operation:
    """One row of the table of operations.

    `shape` gives the shape of a node from its data and its arguments' shapes, or raises TypeError;
    `show` writes a node, given its written arguments; `binding` says how tightly it binds;
    `pull_back` takes a node, the gradient with respect to it and a position, and returns the
    gradient with respect to the argument there; `arrays` and `elements` give the node's values from
    its arguments', as NumPy arrays and as grids of scalars.
    """

    name: str
    shape: Callable[[Any, list[Shape]], Shape]
    show: Callable[[Style, Expression, list[str]], str]
    binding: int
    pull_back: Callable[[Expression, Expression, int], Expression] | None = None
    arrays: Callable[[Expression, list[Any], NumberSystem], Any] | None = None
    elements: Callable[[Expression, list[Grid], NumberSystem], Grid] | None = None


_interned: WeakValueDictionary[tuple[Any, ...], Expression] = WeakValueDictionary()


def make(operation: Operation, arguments: tuple[Expression, ...], data: Any = None) -> Expression:
    """Return the one expression with this operation, these arguments and this data."""
    key = (operation, arguments, data)
    found = _interned.get(key)
    if found is not None:
        return found
    node = Expression()
    node.operation, node.arguments, node.data = operation, arguments, data
    node.shape = operation.shape(data, [argument.shape for argument in arguments])
    return _interned.setdefault(key, node)


def _remake(name: str, arguments: tuple[Expression, ...], data: Any) -> Expression:
    return make(OPERATIONS[name], arguments, data)


# ---------------------------------------------------------------------------- names and numbers


class Moment(NamedTuple):
    """A time: ``Moment("t", -1)`` is t-1 and ``Moment("", 3)`` is the third step."""

    base: Literal["t", ""]
    offset: int

    def __str__(self) -> str:
        if not self.base:
            return str(self.offset)
        return f"t{self.offset:+d}" if self.offset else "t"


NOW, PREVIOUS, NEXT = Moment("t", 0), Moment("t", -1), Moment("t", 1)


class Name(NamedTuple):
    """What tells one symbol from another.

    `letter` is the name with its subscript, such as ``W_fh`` or ``c``. `kind` says what is meant:
    the value itself; ``"total"``, the total derivative of the loss L with respect to it; or
    ``"immediate"``, the immediate derivative of ℓ_t. `element` is the place of a scalar in its
    matrix, from 1.
    """

    letter: str
    moment: Moment | None = None
    kind: Literal["value", "total", "immediate"] = "value"
    element: tuple[int, ...] = ()


def symbol(letter: str, shape: Shape, moment: Moment | None = None) -> Expression:
    """Return the symbol of this name and shape; without a moment it is the same at every step."""
    return make(SYMBOL, (), (Name(letter, moment), shape))


def total(of: Expression) -> Expression:
    """Return the symbol for dL/d`of`, the total derivative of the loss, shaped like `of`.

    It is written δ when `of` is a pre-activation, whose letter is ``a`` or starts with ``a_``.
    """
    return _renamed(of, kind="total")


def immediate(of: Expression) -> Expression:
    """Return the symbol for ∂⁺ℓ_t/∂`of`, the immediate derivative of the loss at the same step."""
    return _renamed(of, kind="immediate")


def at(of: Expression, moment: Moment) -> Expression:
    """Return the symbol at another moment."""
    return _renamed(of, moment=moment)


def element(of: Expression, place: tuple[int, ...]) -> Expression:
    """Return the scalar symbol for one element of a symbol, its place counted from 1."""
    return make(SYMBOL, (), (name_of(of)._replace(element=place), SCALAR))


def _renamed(of: Expression, **changes: Any) -> Expression:
    name, shape = of.data
    return make(SYMBOL, (), (name._replace(**changes), shape))


def name_of(expression: Expression) -> Name:
    """Return the name of a symbol."""
    name: Name = expression.data[0]
    return name


def number(value: int | Fraction) -> Expression:
    """Return the constant; it scales, or fills, whatever it meets."""
    return make(NUMBER, (), Fraction(value))


def _expression(value: Expression | int | Fraction) -> Expression:
    return value if isinstance(value, Expression) else number(value)


ZERO_VALUE = Fraction(0)


def is_number(expression: Expression, value: int | Fraction) -> bool:
    """Say whether the expression is this constant."""
    return expression.operation is NUMBER and expression.data == value


# ---------------------------------------------------------------------------- making expressions


def add(*terms: Expression | int | Fraction) -> Expression:
    """Return the sum, flat, without zeros; the sum of nothing is 0."""
    flat: list[Expression] = []
    for term in map(_expression, terms):
        flat.extend(term.arguments if term.operation is ADD else [term])
    kept = tuple(term for term in flat if not is_number(term, 0))
    if len(kept) > 1:
        return make(ADD, kept)
    return kept[0] if kept else number(0)


def hadamard(*factors: Expression | int | Fraction) -> Expression:
    """Return the elementwise product, flat, with its sign and its constants in front."""
    coefficient, rest = as_product(map(_expression, factors))
    if coefficient == 0 or not rest:
        return number(coefficient)
    if abs(coefficient) != 1:
        rest = (number(abs(coefficient)), *rest)
    product = make(HADAMARD, rest) if len(rest) > 1 else rest[0]
    return make(NEGATE, (product,)) if coefficient < 0 else product


def as_product(factors: Iterable[Expression]) -> tuple[Fraction, tuple[Expression, ...]]:
    """Return the constant and the other factors of an elementwise product."""
    coefficient, rest = Fraction(1), []
    waiting = list(factors)[::-1]
    while waiting:
        factor = waiting.pop()
        if factor.operation is NUMBER:
            coefficient *= factor.data
        elif factor.operation is NEGATE:
            coefficient = -coefficient
            waiting.append(factor.arguments[0])
        elif factor.operation is HADAMARD:
            waiting.extend(factor.arguments[::-1])
        else:
            rest.append(factor)
    return coefficient, tuple(rest)


def negate(term: Expression | int) -> Expression:
    """Return the term with the opposite sign; twice is not at all."""
    return hadamard(-1, _expression(term))


def divide(top: Expression | int, bottom: Expression) -> Expression:
    """Return the elementwise quotient, its sign in front."""
    coefficient, rest = as_product([_expression(top)])
    quotient = make(DIVIDE, (hadamard(abs(coefficient), *rest), bottom))
    return negate(quotient) if coefficient < 0 else quotient


def apply(function: str, argument: Expression) -> Expression:
    """Return a named function of every element: σ, tanh, relu, relu′ (its slope) or log."""
    return make(APPLY, (argument,), function)


def softmax(logits: Expression) -> Expression:
    """Return the softmax of a column."""
    return make(SOFTMAX, (logits,))


def inner(left: Expression, right: Expression) -> Expression:
    """Return leftᵀ right for two columns, a scalar an example."""
    return make(INNER, (left, right))


def squared_norm(column: Expression) -> Expression:
    """Return ‖column‖², a scalar an example."""
    return make(SQUARED_NORM, (column,))


def beside(*blocks: Expression) -> Expression:
    """Return the blocks side by side, such as [W_h  W_x]."""
    return make(BESIDE, blocks)


def below(*blocks: Expression) -> Expression:
    """Return the blocks one below the other, such as [h; x]."""
    return make(BELOW, blocks)


def component(column: Expression, index: int) -> Expression:
    """Return one element of a column, counted from 0."""
    return make(COMPONENT, (column,), index)


def over_time(body: Expression) -> Expression:
    """Return Σ_t body over all steps, t = 1 .. T."""
    return make(OVER_TIME, (body,))


def jacobian(of: Expression, by: Expression) -> Expression:
    """Return ∂⁺of/∂by, the immediate Jacobian of one symbol by another: a name, not a value."""
    return make(JACOBIAN, (of, by))


# ------------------------------------------------------------------------ walking and rewriting


def in_order(*roots: Expression) -> Iterator[Expression]:
    """Yield every node once, arguments before what is made of them (without recursion)."""
    seen: set[Expression] = set()
    waiting = [(root, False) for root in reversed(roots)]
    while waiting:
        node, ready = waiting.pop()
        if ready:
            yield node
        elif node not in seen:
            seen.add(node)
            waiting.append((node, True))
            waiting.extend((argument, False) for argument in reversed(node.arguments))


def symbols(*roots: Expression) -> list[Expression]:
    """Return the symbols in the expressions, in the order in which they are met."""
    return [node for node in in_order(*roots) if node.operation is SYMBOL]


def substitute(
    expression: Expression, replace: Callable[[Expression], Expression | None]
) -> Expression:
    """Return the expression with every node that `replace` knows exchanged for what it gives.

    What it gives is not searched again. Sums and products simplify: a zero removes its term.
    """
    rewritten: dict[Expression, Expression] = {}
    for node in in_order(expression):
        new = replace(node)
        rewritten[node] = _rebuilt(node, rewritten) if new is None else new
    return rewritten[expression]


def _rebuilt(node: Expression, rewritten: Mapping[Expression, Expression]) -> Expression:
    arguments = tuple(rewritten[argument] for argument in node.arguments)
    if arguments == node.arguments:
        return node
    if node.operation in _VANISHING and any(is_number(argument, 0) for argument in arguments):
        return number(0)
    simplify = _SIMPLIFYING.get(node.operation)
    return simplify(*arguments) if simplify else make(node.operation, arguments, node.data)


def moved(expression: Expression, move: Callable[[Moment], Moment]) -> Expression:
    """Return the expression with every moment moved, as by one step or to the third."""

    def replace(node: Expression) -> Expression | None:
        if node.operation is not SYMBOL or (moment := name_of(node).moment) is None:
            return None
        return at(node, move(moment))

    return substitute(expression, replace)


def shifted(expression: Expression, steps: int) -> Expression:
    """Return the expression some steps later: t becomes t + steps."""
    return moved(expression, lambda moment: moment._replace(offset=moment.offset + steps))


def instance(expression: Expression, t: int) -> Expression:
    """Return the expression at the step t, a number."""
    return moved(expression, lambda moment: Moment("", moment.offset + t))


# ------------------------------------------------------------------------------------- gradients


def pull_back(
    expression: Expression, gradient: Expression, by: Expression
) -> tuple[Expression, ...]:
    """Return what each occurrence of the symbol `by` receives from the gradient of `expression`.

    Their sum is the gradient with respect to `by`, shaped like `by`. Raises TypeError for an
    operation that has no pull-back or whose argument was broadcast.
    """
    leading = leading_to(by, expression)
    received: list[Expression] = []
    waiting = [(expression, gradient)]
    while waiting:
        node, upstream = waiting.pop()
        if node is by:
            received.append(upstream)
            continue
        reached = [i for i, argument in enumerate(node.arguments) if argument in leading]
        waiting.extend((node.arguments[i], _through(node, upstream, i)) for i in reversed(reached))
    return tuple(received)


def leading_to(target: Expression, expression: Expression) -> set[Expression]:
    """Return the target and every node of the expression that it is a part of."""
    leading = {target}
    for node in in_order(expression):
        if not leading.isdisjoint(node.arguments):
            leading.add(node)
    return leading


def _through(node: Expression, gradient: Expression, position: int) -> Expression:
    if node.operation.pull_back is None:
        raise TypeError(f"no gradient is pulled back through {node.operation.name}: {node.text()}")
    pulled = node.operation.pull_back(node, gradient, position)
    if pulled.shape != node.arguments[position].shape and pulled.operation is not NUMBER:
        raise TypeError(f"{node.arguments[position].text()} is broadcast in {node.text()}")
    return pulled


def collect(terms: Sequence[Expression]) -> Expression:
    """Return the sum of the terms with like terms merged and common factors grouped in front.

    >>> d, g, h = (symbol(letter, ("n", "1")) for letter in "dgh")
    >>> collect([d * g, -(d * h)]).text()
    'd ⊙ (g - h)'
    """
    merged: dict[tuple[Expression, ...], Fraction] = {}
    for coefficient, factors in (as_product([term]) for term in terms):
        merged[factors] = merged.get(factors, ZERO_VALUE) + coefficient
    merged = {factors: c for factors, c in merged.items() if c}
    if not merged:
        return number(0)
    first, *others = merged
    common = [f for f in first if all(f in other for other in others)] if others else []
    rest = [hadamard(c, *_without(factors, common)) for factors, c in merged.items()]
    return hadamard(*common, add(*rest))


def _without(factors: Sequence[Expression], removed: Sequence[Expression]) -> list[Expression]:
    kept = list(factors)
    for factor in removed:
        kept.remove(factor)
    return kept


# ------------------------------------------------------------------------------------ evaluation


def array_of(
    order: Sequence[Expression], lookup: Callable[[Expression], Any], system: NumberSystem
) -> Any:
    """Return the array that the last of the nodes stands for; `order` comes from `in_order`."""
    values: dict[Expression, Any] = {}
    for node in order:
        if node.operation is SYMBOL:
            values[node] = lookup(node)
            continue
        if node.operation.arrays is None:
            raise TypeError(f"{node.operation.name} has no value: {node.text()}")
        arguments = [values[argument] for argument in node.arguments]
        values[node] = node.operation.arrays(node, arguments, system)
    return values[order[-1]]


def elements_of(
    order: Sequence[Expression], lookup: Callable[[Expression], Grid], system: NumberSystem
) -> Grid:
    """Return the elements, row by row, of what the last of the nodes stands for."""
    grids: dict[Expression, Grid] = {}
    for node in order:
        if node.operation is SYMBOL:
            grids[node] = lookup(node)
            continue
        if node.operation.elements is None:
            raise TypeError(f"{node.operation.name} has no elements: {node.text()}")
        arguments = [grids[argument] for argument in node.arguments]
        grids[node] = node.operation.elements(node, arguments, system)
    return grids[order[-1]]


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
    name = name_of(node)
    letter, *subscript = name.letter.split("_")
    moment = str(name.moment) if name.moment is not None else ""
    places = ",".join(part for part in (*subscript, moment) if part)
    shown = style.letter("δ" if _is_delta(name) else letter, places)
    if _is_derivative(node):
        of, sign = ("L", "d") if name.kind == "total" else ("ℓ", "∂⁺")
        subscript_of_loss = moment if name.kind == "immediate" else ""
        shown = style.derivative(style.letter(of, subscript_of_loss), shown, sign)
    return style.element(shown, ",".join(map(str, name.element))) if name.element else shown


def _written_parts(node: Expression) -> list[Expression]:
    """Return what a node is written with; a sum writes the signs of its terms itself."""
    signed = node.operation is ADD
    return [a.arguments[0] if signed and a.operation is NEGATE else a for a in node.arguments]


def _show_sum(style: Style, node: Expression, parts: list[str]) -> str:
    shown: list[str] = []
    for term, unsigned, part in zip(node.arguments, _written_parts(node), parts, strict=True):
        negative = term.operation is NEGATE
        sign = style.sign("-" if negative else "+")
        lead = sign if shown else sign.strip() if negative else ""
        shown += [lead, _guarded(style, unsigned, part, PRODUCT if negative else SUM)]
    return style.row(shown)


def _show_negation(style: Style, node: Expression, parts: list[str]) -> str:
    inside = _guarded(style, node.arguments[0], parts[0], PRODUCT)
    return style.row([style.sign("-").strip(), inside])


def _guarded(style: Style, node: Expression, shown: str, binding: int) -> str:
    return shown if _binding(node) >= binding else style.fence(shown)


def _binding(node: Expression) -> int:
    return FRACTION if _is_derivative(node) else node.operation.binding


def _is_derivative(node: Expression) -> bool:
    """Say whether the node is a symbol that is written as a derivative, and not as a δ."""
    if node.operation is not SYMBOL or name_of(node).kind == "value":
        return False
    return name_of(node).kind == "immediate" or not _is_delta(name_of(node))


def _is_delta(name: Name) -> bool:
    return name.kind == "total" and name.letter.split("_")[0] == "a"


def _show_hadamard(style: Style, node: Expression, parts: list[str]) -> str:
    guarded = [
        _guarded(style, factor, part, FRACTION)
        for factor, part in zip(node.arguments, parts, strict=True)
    ]
    if node.arguments[0].operation is NUMBER:
        coefficient, first, *rest = guarded
        guarded = [style.juxtapose(coefficient, first), *rest]
    return style.row(_between(style.sign("⊙"), guarded))


def _between(sign: str, parts: list[str]) -> list[str]:
    return [piece for part in parts for piece in (sign, part)][1:]


def _show_juxtaposed(style: Style, node: Expression, parts: list[str]) -> str:
    left, right = (
        _guarded(style, factor, part, FRACTION)
        for factor, part in zip(node.arguments, parts, strict=True)
    )
    # On one line dL/ds hᵀ could be read as a fraction with two factors below.
    ambiguous = style.flat and _binding(node.arguments[0]) == FRACTION
    return style.juxtapose(style.fence(left) if ambiguous else left, right)


def _show_inner(style: Style, node: Expression, parts: list[str]) -> str:
    left = style.raised(_guarded(style, node.arguments[0], parts[0], ATOM), "⊤")
    return style.juxtapose(left, _guarded(style, node.arguments[1], parts[1], FRACTION))


def _show_quotient(style: Style, node: Expression, parts: list[str]) -> str:
    guarded = [
        _guarded(style, argument, part, FRACTION)
        for argument, part in zip(node.arguments, parts, strict=True)
    ]
    return style.fraction(*(guarded if style.flat else parts))


def _show_raised(exponent: Callable[[Expression], str]) -> Callable[..., str]:
    def show(style: Style, node: Expression, parts: list[str]) -> str:
        return style.raised(_guarded(style, node.arguments[0], parts[0], ATOM), exponent(node))

    return show


def _show_jacobian(style: Style, node: Expression, parts: list[str]) -> str:
    return style.derivative(parts[0], parts[1], "∂⁺")


def _show_over_time(style: Style, node: Expression, parts: list[str]) -> str:
    return style.total("t=1", "T", _guarded(style, node.arguments[0], parts[0], PRODUCT))


def _through_function(node: Expression, gradient: Expression, _: int) -> Expression:
    return SLOPES[node.data](gradient, node, node.arguments[0])


SLOPES: dict[str, Callable[[Expression, Expression, Expression], Expression]] = {
    "σ": lambda gradient, y, _: gradient * y * (1 - y),
    "tanh": lambda gradient, y, _: gradient * (1 - y**2),
    "relu": lambda gradient, _, x: gradient * apply("relu′", x),
    "log": lambda gradient, _, x: divide(gradient, x),
}
"""The gradient with respect to x, given that with respect to y = function(x)."""


def _through_hadamard(node: Expression, gradient: Expression, position: int) -> Expression:
    return hadamard(gradient, *node.arguments[:position], *node.arguments[position + 1 :])


def _through_product(node: Expression, gradient: Expression, position: int) -> Expression:
    left, right = node.arguments
    return gradient @ right.T if position == 0 else left.T @ gradient


def _through_quotient(node: Expression, gradient: Expression, position: int) -> Expression:
    _, bottom = node.arguments
    return gradient / bottom if position == 0 else -(gradient * node / bottom)


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
    arrays=lambda _, arguments, __: sum(arguments[1:], arguments[0]),
    elements=lambda _, grids, system: _elementwise(grids, system.total),
)
HADAMARD = Operation(
    "elementwise product",
    shape=_same,
    show=_show_hadamard,
    binding=PRODUCT,
    pull_back=_through_hadamard,
    arrays=lambda _, arguments, __: multiplied(arguments),
    elements=lambda _, grids, __: _elementwise(grids, multiplied),
)
NEGATE = Operation(
    "negate",
    shape=_same,
    show=_show_negation,
    binding=SUM,
    pull_back=lambda _, gradient, __: -gradient,
    arrays=lambda _, arguments, __: -arguments[0],
    elements=lambda _, grids, __: _elementwise(grids, lambda scalars: -scalars[0]),
)
DIVIDE = Operation(
    "divide",
    shape=_same,
    show=_show_quotient,
    binding=FRACTION,
    pull_back=_through_quotient,
    arrays=lambda _, arguments, __: arguments[0] / arguments[1],
    elements=lambda _, grids, __: _elementwise(grids, lambda scalars: scalars[0] / scalars[1]),
)
POWER = Operation(
    "power",
    shape=_same,
    show=_show_raised(lambda node: str(node.data)),
    binding=RAISED,
    pull_back=lambda node, gradient, _: gradient * node.data * node.arguments[0] ** (node.data - 1),
    arrays=lambda node, arguments, _: arguments[0] ** node.data,
    elements=lambda node, grids, _: _elementwise(grids, lambda scalars: scalars[0] ** node.data),
)
APPLY = Operation(
    "function",
    shape=_same,
    show=lambda style, node, parts: style.row([style.word(node.data), style.fence(parts[0])]),
    binding=ATOM,
    pull_back=_through_function,
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
    arrays=lambda _, arguments, system: system.functions["softmax"](arguments[0]),
    elements=_softmax_elements,
)
INNER = Operation(
    "inner product",
    shape=_of_columns,
    show=_show_inner,
    binding=PRODUCT,
    pull_back=lambda node, gradient, position: gradient * node.arguments[1 - position],
    arrays=lambda _, arguments, __: np.sum(arguments[0] * arguments[1], axis=0, keepdims=True),
    elements=_inner_elements,
)
SQUARED_NORM = Operation(
    "squared norm",
    shape=_of_columns,
    show=lambda style, _, parts: style.raised(style.fence(parts[0], "‖", "‖"), "2"),
    binding=RAISED,
    pull_back=lambda node, gradient, _: gradient * 2 * node.arguments[0],
    arrays=lambda _, arguments, __: np.sum(arguments[0] ** 2, axis=0, keepdims=True),
    elements=lambda node, grids, system: _inner_elements(node, grids * 2, system),
)
MATMUL = Operation(
    "matrix product",
    shape=_product,
    show=_show_juxtaposed,
    binding=PRODUCT,
    pull_back=_through_product,
    arrays=lambda _, arguments, __: arguments[0] @ arguments[1],
    elements=_product_elements,
)
TRANSPOSE = Operation(
    "transpose",
    shape=lambda _, shapes: (shapes[0][1], shapes[0][0]),
    show=_show_raised(lambda _: "⊤"),
    binding=RAISED,
    pull_back=lambda _, gradient, __: gradient.T,
    arrays=lambda _, arguments, __: arguments[0].T,
    elements=lambda _, grids, __: transposed(grids[0]),
)
BESIDE = Operation(
    "blocks beside each other",
    shape=_blocks(along=1),
    show=lambda style, _, parts: style.stack(parts, upright=False),
    binding=ATOM,
    arrays=lambda _, arguments, __: np.concatenate(arguments, axis=1),
    elements=_beside_elements,
)
BELOW = Operation(
    "blocks below each other",
    shape=_blocks(along=0),
    show=lambda style, _, parts: style.stack(parts, upright=True),
    binding=ATOM,
    arrays=lambda _, arguments, __: np.concatenate(arguments, axis=0),
    elements=lambda _, grids, __: [row for grid in grids for row in grid],
)
COMPONENT = Operation(
    "component",
    shape=lambda *_: SCALAR,
    show=lambda style, node, parts: style.element(parts[0], str(node.data + 1)),
    binding=ATOM,
    arrays=lambda node, arguments, _: arguments[0][node.data : node.data + 1],
    elements=lambda node, grids, _: [grids[0][node.data]],
)
OVER_TIME = Operation(
    "sum over time",
    shape=_same,
    show=_show_over_time,
    binding=SUM,
)
JACOBIAN = Operation(
    "Jacobian",
    shape=lambda _, shapes: (shapes[0][0], shapes[1][0]),
    show=_show_jacobian,
    binding=FRACTION,
)

OPERATIONS = {
    row.name: row
    for row in (
        *(SYMBOL, NUMBER, ADD, HADAMARD, NEGATE, DIVIDE, POWER, APPLY, SOFTMAX, INNER),
        *(SQUARED_NORM, MATMUL, TRANSPOSE, BESIDE, BELOW, COMPONENT, OVER_TIME, JACOBIAN),
    )
}

# A zero argument makes these zero, and those have a function that simplifies.
_VANISHING = {MATMUL, TRANSPOSE, INNER, SQUARED_NORM}
_SIMPLIFYING: dict[Operation, Callable[..., Expression]] = {
    ADD: add,
    HADAMARD: hadamard,
    NEGATE: negate,
    DIVIDE: divide,
}
