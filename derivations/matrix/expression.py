"""The tree: operations applied to expressions, hash-consed; names, moments, how to build them.

The rows that say what each operation is stand in `derivations.matrix.operations`. Here they are
known by name only, so that a row may be written in terms of what is built here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any, Literal, NamedTuple
from weakref import WeakValueDictionary

from derivations.arithmetic import NumberSystem
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
        return self.written(TEXT)

    def latex(self) -> str:
        """Return LaTeX for inside math mode."""
        return self.written(LATEX)

    def mathml(self) -> str:
        """Return a MathML Core fragment."""
        return self.written(MATHML)

    def written(self, style: Style) -> str:
        """Return the expression as the style writes it."""
        written: dict[Expression, str] = {}
        for node in in_order(self):
            parts = [written[part] for part in written_parts(node)]
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
        if is_a(self, "number") and (self.data or exponent > 0):
            return number(self.data**exponent)
        return make("power", (self,), exponent)

    def __matmul__(self, other: Expression) -> Expression:
        return matmul(self, other)

    @property
    def T(self) -> Expression:
        """The transpose."""
        return self.arguments[0] if is_a(self, "transpose") else make("transpose", (self,))


@dataclass(frozen=True, eq=False)
class Operation:
    """One row of the table of operations.

    `shape` gives the shape of a node from its data and its arguments' shapes, or raises TypeError;
    `show` writes a node, given its written arguments; `binding` says how tightly it binds;
    `pull_back` takes a node, the gradient with respect to it and a position, and returns the
    gradient with respect to the argument there; `differential` takes a node and the differentials
    of its arguments and returns its own; `arrays` and `elements` give the node's values from its
    arguments', as NumPy arrays and as grids of scalars.
    """

    name: str
    shape: Callable[[Any, list[Shape]], Shape]
    show: Callable[[Style, Expression, list[str]], str]
    binding: int
    pull_back: Callable[[Expression, Expression, int], Expression] | None = None
    differential: Callable[[Expression, list[Expression]], Expression] | None = None
    arrays: Callable[[Expression, list[Any], NumberSystem], Any] | None = None
    elements: Callable[[Expression, list[Grid], NumberSystem], Grid] | None = None


OPERATIONS: dict[str, Operation] = {}
"""Every operation by name; `derivations.matrix.operations` fills it."""

_interned: WeakValueDictionary[tuple[Any, ...], Expression] = WeakValueDictionary()


def make(
    operation: Operation | str, arguments: tuple[Expression, ...], data: Any = None
) -> Expression:
    """Return the one expression with this operation, these arguments and this data."""
    if isinstance(operation, str):
        operation = OPERATIONS[operation]
    key = (operation, arguments, data)
    found = _interned.get(key)
    if found is not None:
        return found
    node = Expression()
    node.operation, node.arguments, node.data = operation, arguments, data
    node.shape = operation.shape(data, [argument.shape for argument in arguments])
    return _interned.setdefault(key, node)


def _remake(name: str, arguments: tuple[Expression, ...], data: Any) -> Expression:
    return make(name, arguments, data)


def is_a(node: Expression, name: str) -> bool:
    """Say whether the node is of the operation of this name."""
    return node.operation is OPERATIONS[name]


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


def written_parts(node: Expression) -> list[Expression]:
    """Return what a node is written with; a sum writes the signs of its terms itself."""
    signed = is_a(node, "add")
    return [a.arguments[0] if signed and is_a(a, "negate") else a for a in node.arguments]


# ---------------------------------------------------------------------------- names and numbers


class Moment(NamedTuple):
    """A time: ``Moment("t", -1)`` is t-1, ``Moment("", 3)`` step 3, ``Moment("T")`` the last.

    `base` is an index such as t or k, a size such as T or K, a sum or difference of these such as
    t+j, or empty for a number.
    """

    base: str
    offset: int = 0

    def __str__(self) -> str:
        if not self.base:
            return str(self.offset)
        return f"{self.base}{self.offset:+d}" if self.offset else self.base

    def later(self, steps: int) -> Moment:
        """Return the moment so many steps later."""
        return self._replace(offset=self.offset + steps)

    def at(self, bindings: Mapping[str, int]) -> int:
        """Return the number that the moment is where its indices are bound."""
        return self.offset + sum(
            -bindings[index] if minus else bindings[index] for index, minus in self.terms
        )

    @property
    def terms(self) -> tuple[tuple[str, bool], ...]:
        """The indices of which it is the sum, each with whether it is subtracted."""
        return _terms(self.base)

    @property
    def indices(self) -> tuple[str, ...]:
        """The indices and sizes in it: t and j for t+j-1."""
        return tuple(index for index, _ in self.terms)

    def instance(self, index: str, there: Moment) -> Moment:
        """Return the moment with another in the place of an index: t+j at t = 3 is j+3."""
        base, offset = "", self.offset
        for own, minus in self.terms:
            new = there if own == index else Moment(own)
            offset += -new.offset if minus else new.offset
            base += "".join(
                f"{'-' if minus != negative else '+'}{name}" for name, negative in new.terms
            )
        return Moment(base.removeprefix("+"), offset)


@cache
def _terms(base: str) -> tuple[tuple[str, bool], ...]:
    return tuple((index, sign == "-") for sign, index in re.findall(r"([+-]?)([^+-]+)", base))


NOW, PREVIOUS, NEXT = Moment("t", 0), Moment("t", -1), Moment("t", 1)
FIRST, LAST = Moment("", 1), Moment("T", 0)

Kind = Literal["value", "total", "immediate", "differential"]


class Name(NamedTuple):
    """What tells one symbol from another.

    `letter` is the name with its subscript, such as ``W_fh`` or ``c``. `kind` says what is meant:
    the value itself; ``"total"``, the total derivative of the loss L with respect to it;
    ``"immediate"``, the immediate derivative of ℓ_t; or ``"differential"``, how it moves. `element`
    is the place of a scalar in its matrix, from 1, as numbers or as indices such as i and j.
    """

    letter: str
    moment: Moment | None = None
    kind: Kind = "value"
    element: tuple[int | str, ...] = ()


def symbol(letter: str, shape: Shape, moment: Moment | None = None) -> Expression:
    """Return the symbol of this name and shape; without a moment it is the same at every step."""
    return make("symbol", (), (Name(letter, moment), shape))


def total(of: Expression) -> Expression:
    """Return the symbol for dL/d`of`, the total derivative of the loss, shaped like `of`.

    It is written δ when `of` is a pre-activation, whose letter is ``a`` or starts with ``a_``.
    """
    return _renamed(of, kind="total")


def immediate(of: Expression) -> Expression:
    """Return the symbol for ∂⁺ℓ_t/∂`of`, the immediate derivative of the loss at the same step."""
    return _renamed(of, kind="immediate")


def moving(of: Expression) -> Expression:
    """Return the symbol for d`of`, the differential of a symbol, shaped like it."""
    return _renamed(of, kind="differential")


def at(of: Expression, moment: Moment) -> Expression:
    """Return the symbol at another moment."""
    return _renamed(of, moment=moment)


def element(of: Expression, place: tuple[int | str, ...]) -> Expression:
    """Return the scalar symbol for one element of a symbol; places are counted from 1."""
    return make("symbol", (), (name_of(of)._replace(element=place), SCALAR))


def _renamed(of: Expression, **changes: Any) -> Expression:
    name, shape = of.data
    return make("symbol", (), (name._replace(**changes), shape))


def name_of(expression: Expression) -> Name:
    """Return the name of a symbol."""
    name: Name = expression.data[0]
    return name


def number(value: int | Fraction) -> Expression:
    """Return the constant; it scales, or fills, whatever it meets."""
    return make("number", (), Fraction(value))


def ones(rows: str, columns: str = "1") -> Expression:
    """Return the matrix of ones."""
    return make("ones", (), (rows, columns))


def identity(size: str) -> Expression:
    """Return the identity matrix."""
    return make("identity", (), size)


def _expression(value: Expression | int | Fraction) -> Expression:
    return value if isinstance(value, Expression) else number(value)


def is_number(expression: Expression, value: int | Fraction) -> bool:
    """Say whether the expression is this constant."""
    return is_a(expression, "number") and bool(expression.data == value)


# ---------------------------------------------------------------------------- making expressions


def add(*terms: Expression | int | Fraction) -> Expression:
    """Return the sum, flat, without zeros; the sum of nothing is 0."""
    flat: list[Expression] = []
    for term in map(_expression, terms):
        flat.extend(term.arguments if is_a(term, "add") else [term])
    kept = tuple(term for term in flat if not is_number(term, 0))
    if len(kept) > 1:
        return make("add", kept)
    return kept[0] if kept else number(0)


def hadamard(*factors: Expression | int | Fraction) -> Expression:
    """Return the elementwise product, flat, with its sign and its constants in front."""
    coefficient, rest = as_product(map(_expression, factors))
    if coefficient == 0 or not rest:
        return number(coefficient)
    if abs(coefficient) != 1:
        rest = (number(abs(coefficient)), *rest)
    product = make("elementwise product", rest) if len(rest) > 1 else rest[0]
    return make("negate", (product,)) if coefficient < 0 else product


def as_product(factors: Iterable[Expression]) -> tuple[Fraction, tuple[Expression, ...]]:
    """Return the constant and the other factors of an elementwise product."""
    coefficient, rest = Fraction(1), []
    waiting = list(factors)[::-1]
    while waiting:
        factor = waiting.pop()
        if is_a(factor, "number"):
            coefficient *= factor.data
        elif is_a(factor, "negate"):
            coefficient = -coefficient
            waiting.append(factor.arguments[0])
        elif is_a(factor, "elementwise product"):
            waiting.extend(factor.arguments[::-1])
        else:
            rest.append(factor)
    return coefficient, tuple(rest)


def negate(term: Expression | int) -> Expression:
    """Return the term with the opposite sign; twice is not at all."""
    return hadamard(-1, _expression(term))


def divide(top: Expression | int, bottom: Expression) -> Expression:
    """Return the elementwise quotient, its sign in front; of two numbers, a number."""
    coefficient, rest = as_product([_expression(top)])
    if not rest and is_a(bottom, "number") and bottom.data:
        return number(coefficient / bottom.data)
    quotient = make("divide", (hadamard(abs(coefficient), *rest), bottom))
    return negate(quotient) if coefficient < 0 else quotient


def matmul(left: Expression, right: Expression) -> Expression:
    """Return the matrix product; scalars scale, and uᵀ v of two columns is their `inner`."""
    scalars = left.shape == right.shape == SCALAR
    transposed = is_a(left, "transpose") or is_a(right, "transpose")
    if is_a(left, "number") or is_a(right, "number") or (scalars and not transposed):
        return hadamard(left, right)
    if is_a(left, "transpose") and left.shape[0] == right.shape[1] == "1":
        return inner(left.arguments[0], right)
    return make("matrix product", (left, right))


def apply(function: str, argument: Expression) -> Expression:
    """Return a named function of every element: σ, tanh, relu, relu′ (its slope), log, exp or √."""
    return make("function", (argument,), function)


def softmax(logits: Expression) -> Expression:
    """Return the softmax of a column."""
    return make("softmax", (logits,))


def rowsoftmax(logits: Expression) -> Expression:
    """Return the matrix whose rows are the softmax of the rows of another."""
    return make("softmax of rows", (logits,))


def inner(left: Expression, right: Expression) -> Expression:
    """Return leftᵀ right for two columns, a scalar an example."""
    if is_a(left, "transpose"):
        return matmul(left.arguments[0], right)
    return make("inner product", (left, right))


def squared_norm(column: Expression) -> Expression:
    """Return ‖column‖², a scalar an example."""
    return make("squared norm", (column,))


def trace(matrix: Expression) -> Expression:
    """Return the trace of a square matrix; a scalar is its own."""
    return matrix if matrix.shape == SCALAR else make("trace", (matrix,))


def diag(column: Expression) -> Expression:
    """Return the square matrix with the column on its diagonal."""
    return make("diagonal", (column,))


def beside(*blocks: Expression) -> Expression:
    """Return the blocks side by side, such as [W_h  W_x]; a single one stays itself."""
    return blocks[0] if len(blocks) == 1 else make("blocks beside each other", blocks)


def below(*blocks: Expression) -> Expression:
    """Return the blocks one below the other, such as [h; x]; a single one stays itself."""
    return blocks[0] if len(blocks) == 1 else make("blocks below each other", blocks)


def component(column: Expression, index: int) -> Expression:
    """Return one element of a column, counted from 0."""
    return make("component", (column,), index)


def jacobian(of: Expression, by: Expression) -> Expression:
    """Return ∂⁺of/∂by, the immediate Jacobian of one symbol by another: a name, not a value."""
    return make("Jacobian", (of, by))


def total_jacobian(of: Expression, by: Expression) -> Expression:
    """Return dof/dby, the total Jacobian of one symbol by another: a name, not a value."""
    return make("total Jacobian", (of, by))


# ------------------------------------------------------------------------- sums and products over t


class Over(NamedTuple):
    """What a sum or a product runs over: a variable index, from one moment up to another."""

    variable: str
    lower: Moment
    upper: Moment

    def moved(self, move: Callable[[Moment], Moment]) -> Over:
        """Return the same index between moved bounds."""
        return Over(self.variable, move(self.lower), move(self.upper))


def over(index: str, lower: Moment, upper: Moment, body: Expression) -> Expression:
    """Return Σ body over the index from `lower` to `upper`; a sum of nothing is 0."""
    return make("sum over", (body,), Over(index, lower, upper))


def over_time(body: Expression) -> Expression:
    """Return Σ_t body over all steps, t = 1 .. T."""
    return over("t", FIRST, LAST, body)


def product_over(index: str, lower: Moment, upper: Moment, body: Expression) -> Expression:
    """Return the product of square matrices with the factor at `upper` first, at `lower` last.

    A product of nothing is the identity.
    """
    return make("product over", (body,), Over(index, lower, upper))


def is_binder(node: Expression) -> bool:
    """Say whether the node binds an index in its argument."""
    return isinstance(node.data, Over)
