"""Expressions as SymPy's, both ways: for printing, and for oracles that share none of our rules.

Three roads lead there. `explicit` writes out every element, which is what to differentiate when
SymPy is to judge: its derivatives of scalars are right, those of matrix expressions are not always.
`to_sympy` gives SymPy's matrix expressions, of symbolic size, and `from_sympy` reads them.

SymPy is imported when a function here is called.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from functools import cache, reduce
from typing import Any

import numpy as np

from derivations.arithmetic import NumberSystem, over_arrays
from derivations.matrix.evaluate import Bindings, value_at
from derivations.matrix.expression import (
    SCALAR,
    Expression,
    Moment,
    add,
    apply,
    at,
    diag,
    divide,
    hadamard,
    identity,
    in_order,
    inner,
    is_a,
    matmul,
    name_of,
    number,
    ones,
    symbol,
    trace,
)

# ----------------------------------------------------------------------------- explicit elements


def explicit(expression: Expression, sizes: Mapping[str, int]) -> Any:
    """Return the expression as a SymPy matrix of scalars, at these sizes and values of indices.

    Activations are functions known by their slopes alone (`derivations.symbolic`). Raises KeyError
    for a size or an index without a number, TypeError for what has no elements.
    """
    import sympy

    from derivations.symbolic import SYMPY

    bindings = {"1": 1, **sizes}
    arrays = over_arrays(SYMPY)
    system = NumberSystem(lambda v: np.array([[SYMPY.number(v)]], dtype=object), arrays.functions)
    return sympy.Matrix(value_at(expression, bindings, _elements, system))


def _elements(node: Expression, bindings: Bindings) -> Any:
    import sympy

    shape = [sum(bindings[d] for d in part.split("+")) for part in node.shape]
    if is_a(node, "ones"):
        return np.full(shape, sympy.Integer(1), dtype=object)
    if is_a(node, "identity"):
        return np.array(sympy.eye(*shape).tolist(), dtype=object)
    if not is_a(node, "symbol"):
        raise TypeError(f"{node.operation.name} has no elements: {node.text()}")
    letter = _at_a_step(node, bindings).text()
    rows, columns = shape
    elements = [
        [sympy.Symbol(f"{letter}[{i},{j}]") for j in range(1, columns + 1)]
        for i in range(1, rows + 1)
    ]
    return np.array(elements, dtype=object)


def _at_a_step(node: Expression, bindings: Bindings) -> Expression:
    moment = name_of(node).moment
    return node if moment is None else at(node, Moment("", moment.at(bindings)))


# --------------------------------------------------------------------- to SymPy's matrix classes


def to_sympy(expression: Expression) -> Any:
    """Return the expression among SymPy's matrix expressions, its sizes symbols such as n.

    What is 1 × 1 here is a scalar there, so that uᵀ v becomes Trace(uᵀ v). A number added to a
    matrix fills one. Raises TypeError for what SymPy has no word for, such as a sum over t.
    """
    written: dict[Expression, Any] = {}
    for node in in_order(expression):
        build = _builders().get(node.operation.name)
        if build is None:
            raise TypeError(f"SymPy has no {node.operation.name}: {node.text()}")
        written[node] = build(node, [written[argument] for argument in node.arguments])
    return written[expression]


@cache
def _builders() -> dict[str, Callable[[Expression, list[Any]], Any]]:
    import sympy

    def elementwise(node: Expression, parts: list[Any]) -> Any:
        scalars = [p for p in parts if not _is_matrix(p)]
        matrices = [p for p in parts if _is_matrix(p)]
        scale = sympy.Mul(*scalars)
        return (
            scale * sympy.HadamardProduct(*matrices)
            if len(matrices) > 1
            else _scaled(scale, matrices)
        )

    def quotient(node: Expression, parts: list[Any]) -> Any:
        top, bottom = parts
        return elementwise(node, [top, _power(bottom, -1)])

    def total(node: Expression, parts: list[Any]) -> Any:
        return (
            sum(parts[1:], parts[0])
            if node.shape == SCALAR
            else sympy.MatAdd(*(p if _is_matrix(p) else p * _filled(node) for p in parts))
        )

    def product(node: Expression, parts: list[Any]) -> Any:
        left, right = parts
        whole = left * right
        return sympy.Trace(whole) if node.shape == SCALAR and _is_matrix(whole) else whole

    def function(node: Expression, parts: list[Any]) -> Any:
        known = _functions()[node.data]
        return parts[0].applyfunc(known) if _is_matrix(parts[0]) else known(parts[0])

    def softmax(node: Expression, parts: list[Any]) -> Any:
        e = parts[0].applyfunc(sympy.exp)
        return e / sympy.Trace(_filled(node).T * e)

    def rowsoftmax(node: Expression, parts: list[Any]) -> Any:
        e = parts[0].applyfunc(sympy.exp)
        columns = _size(node.shape[1])
        sums = e * sympy.OneMatrix(columns, columns)
        return sympy.HadamardProduct(e, _power(sums, -1))

    return {
        "symbol": lambda node, _: _named(node),
        "number": lambda node, _: sympy.Rational(node.data.numerator, node.data.denominator),
        "ones": lambda node, _: _filled(node),
        "identity": lambda node, _: sympy.Identity(_size(node.data)),
        "add": total,
        "negate": lambda _, parts: -parts[0],
        "elementwise product": elementwise,
        "divide": quotient,
        "power": lambda node, parts: _power(parts[0], node.data),
        "function": function,
        "softmax": softmax,
        "softmax of rows": rowsoftmax,
        "matrix product": product,
        "inner product": lambda _, parts: _inner(*parts),
        "squared norm": lambda _, parts: _inner(parts[0], parts[0]),
        "trace": lambda _, parts: sympy.Trace(parts[0]) if _is_matrix(parts[0]) else parts[0],
        "transpose": lambda _, parts: parts[0].T if _is_matrix(parts[0]) else parts[0],
        "diagonal": lambda _, parts: (
            sympy.DiagMatrix(parts[0]) if _is_matrix(parts[0]) else parts[0]
        ),
    }


def _is_matrix(part: Any) -> bool:
    return bool(getattr(part, "is_Matrix", False) or getattr(part, "is_MatrixExpr", False))


def _scaled(scale: Any, matrices: list[Any]) -> Any:
    return scale * matrices[0] if matrices else scale


def _power(base: Any, exponent: int) -> Any:
    import sympy

    return sympy.HadamardPower(base, exponent) if _is_matrix(base) else base**exponent


def _inner(left: Any, right: Any) -> Any:
    import sympy

    return sympy.Trace(left.T * right) if _is_matrix(left) else left * right


def _size(letter: str) -> Any:
    import sympy

    parts = (
        sympy.Integer(d) if d.isdigit() else sympy.Symbol(d, integer=True, positive=True)
        for d in letter.split("+")
    )
    return sympy.Add(*parts)


def _filled(node: Expression) -> Any:
    import sympy

    if node.shape == SCALAR:
        return sympy.Integer(1)
    return sympy.OneMatrix(*map(_size, node.shape))


def _named(node: Expression) -> Any:
    import sympy

    if node.shape == SCALAR:
        return sympy.Symbol(node.text())
    return sympy.MatrixSymbol(node.text(), *map(_size, node.shape))


@cache
def _functions() -> dict[str, Any]:
    import sympy

    x = sympy.Dummy("x")
    return {
        "σ": sympy.Lambda(x, 1 / (1 + sympy.exp(-x))),
        "tanh": sympy.tanh,
        "relu": sympy.Lambda(x, sympy.Max(x, 0)),
        "relu′": sympy.Lambda(x, sympy.Heaviside(x, 0)),
        "log": sympy.log,
        "exp": sympy.exp,
        "√": sympy.sqrt,
    }


# ------------------------------------------------------------------- from SymPy's matrix classes


def from_sympy(expression: Any, known: Iterable[Expression] = ()) -> Expression:
    """Return one of SymPy's expressions as ours; it has the same value, perhaps in another form.

    A symbol becomes the one of `known` that is written alike, or a new one of that name. Raises
    TypeError for a class that has no place here.
    """
    named = {s.text(): s for s in known}
    read: dict[Any, Expression] = {}
    waiting = [(expression, False)]
    while waiting:
        node, ready = waiting.pop()
        if node in read:
            continue
        if ready or not _parts(node):
            read[node] = _read(node, [read[part] for part in _parts(node)], named)
        else:
            waiting.append((node, True))
            waiting.extend((part, False) for part in _parts(node))
    return read[expression]


def _parts(node: Any) -> tuple[Any, ...]:
    """Return the arguments of a node that are expressions, and not its sizes or its function."""
    kind = type(node).__name__
    if kind in _ATOMS or getattr(node, "is_Number", False):
        return ()
    if kind == "ElementwiseApplyFunction":
        return (node.expr,)
    return node.args[:1] if kind in ("HadamardPower", "MatPow", "Pow") else tuple(node.args)


_ATOMS = {"Symbol", "Dummy", "MatrixSymbol", "OneMatrix", "Identity"}


def _read(node: Any, parts: list[Expression], named: Mapping[str, Expression]) -> Expression:
    kind = type(node).__name__
    if getattr(node, "is_Rational", False):
        return number(Fraction(int(node.p), int(node.q)))
    if kind == "Symbol" and node.is_integer:  # a size, such as n, is the number 𝟏ᵀ 𝟏
        return inner(ones(node.name), ones(node.name))
    if kind in ("Symbol", "Dummy", "MatrixSymbol"):
        return named.get(node.name) or symbol(node.name, _shape(node))
    if kind == "OneMatrix":
        return ones(*_shape(node))
    if kind == "Identity":
        return identity(_shape(node)[0])
    if kind == "MatPow":
        return reduce(matmul, parts * int(node.exp))
    if kind in ("Pow", "HadamardPower"):
        return _read_power(parts[0], node.args[1], node)
    if kind == "ElementwiseApplyFunction":
        return apply(_name_of_function(node.function), parts[0])
    if kind in _FUNCTIONS:
        return apply(kind, parts[0])
    if kind not in _READERS:
        raise TypeError(f"no expression here is what SymPy calls {kind}: {node}")
    return _READERS[kind](parts)


def _read_product(parts: list[Expression]) -> Expression:
    """Return scalars times a product of matrices, in their order."""
    scale = hadamard(*(p for p in parts if p.shape == SCALAR))
    product: Expression | None = None
    for part in parts:
        if part.shape != SCALAR:
            product = part if product is None else matmul(product, part)
    return scale if product is None else hadamard(scale, product)


def _read_power(base: Expression, exponent: Any, node: Any) -> Expression:
    if exponent == Fraction(1, 2):
        return apply("√", base)
    if not getattr(exponent, "is_Integer", False) or exponent == 0:
        raise TypeError(f"only whole powers and roots are read, not {node}")
    size = abs(int(exponent))
    raised = base if size == 1 else base**size
    return raised if exponent > 0 else divide(1, raised)


_FUNCTIONS = {"tanh", "exp", "log"}
_READERS: dict[str, Callable[[list[Expression]], Expression]] = {
    "Add": lambda parts: add(*parts),
    "MatAdd": lambda parts: add(*parts),
    "Mul": _read_product,
    "MatMul": _read_product,
    "HadamardProduct": lambda parts: hadamard(*parts),
    "Transpose": lambda parts: parts[0].T,
    "Trace": lambda parts: trace(parts[0]),
    "DiagMatrix": lambda parts: diag(parts[0]),
}


def _name_of_function(function: Any) -> str:
    import sympy

    x = sympy.Dummy("x")
    for name, known in _functions().items():
        if function(x) == known(x):
            return name
    raise TypeError(f"no function here is {function}")


def _shape(node: Any) -> tuple[str, str]:
    if not hasattr(node, "shape"):
        return SCALAR
    rows, columns = ("+".join(str(d) for d in size.as_ordered_terms()) for size in node.shape)
    return rows, columns
