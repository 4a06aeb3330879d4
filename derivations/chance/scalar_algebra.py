"""Algebra and limits of scalars by SymPy, where norms, singular values and names are opaque.

What is known of a positive quantity, such as ρ < 1, is put in as it is: ρ = 1/(1 + s) with any
positive s. So what SymPy finds holds for every quantity of which that is known.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from derivations.bounds import sides_of
from derivations.matrix import SCALAR, Expression, Moment, in_order, is_a, limit, name_of, symbol
from derivations.step import Formula, NotVerified, Verdict

INFINITY = symbol("∞", SCALAR)
WHOLE = {"t", "k", "s", "T", "K"}  # the letters of indices and lengths of time


class Known(NamedTuple):
    """That a positive quantity is "<", ">" or "≤" another."""

    quantity: Expression
    relation: str
    bound: Expression


def as_sympy(expression: Expression, known: tuple[Known, ...] = ()) -> Any:
    """Return the SymPy expression for a scalar, or for any one element of a column.

    What is not algebra of elements, such as a norm or a matrix product, is opaque.
    """
    import sympy

    values: dict[Expression, Any] = {}
    given = {fact.quantity: fact for fact in known}
    for node in in_order(expression):
        if node in given:
            values[node] = _given(given[node], sympy)
        elif node.operation.name in _ALGEBRA:
            parts = [values[part] for part in node.arguments]
            values[node] = _ALGEBRA[node.operation.name](node, parts, sympy)
        else:
            values[node] = _opaque(node, sympy)
    return values[expression]


def _given(fact: Known, sympy: Any) -> Any:
    slack = sympy.Symbol(f"slack of {fact.quantity.text()}", positive=fact.relation != "≤")
    if fact.relation == "≤":
        slack = sympy.Symbol(f"slack of {fact.quantity.text()}", nonnegative=True)
    bound = as_sympy(fact.bound)
    return bound * (1 + slack) if fact.relation == ">" else bound / (1 + slack)


def _opaque(node: Expression, sympy: Any) -> Any:
    if node is INFINITY:
        return sympy.oo
    if is_a(node, "symbol") and name_of(node).moment is None and node.text() in WHOLE:
        return whole(node.text(), sympy)
    # Names of scalars are of sizes, which are positive; elements may have any sign.
    sign = {"positive": True} if node.shape == SCALAR else {"real": True}
    return sympy.Symbol(node.text(), **sign)


def whole(name: str, sympy: Any) -> Any:
    """Return the positive whole number of this name."""
    return sympy.Symbol(name, integer=True, positive=True)


def moment(of: Moment, sympy: Any) -> Any:
    """Return a moment as a whole number."""
    terms = (-whole(name, sympy) if minus else whole(name, sympy) for name, minus in of.terms)
    return sum(terms, sympy.Integer(of.offset))


def _sum(node: Expression, parts: list[Any], sympy: Any) -> Any:
    index, lower, upper = node.data
    span = (whole(index, sympy), moment(lower, sympy), moment(upper, sympy))
    return sympy.Sum(parts[0], span).doit()


def _power_over(node: Expression, parts: list[Any], sympy: Any) -> Any:
    _, lower, upper = node.data
    return parts[0] ** (moment(upper, sympy) - moment(lower, sympy) + 1)


def _product(_: Expression, parts: list[Any], sympy: Any) -> Any:
    return sympy.Mul(*parts)


def _smaller(_: Expression, parts: list[Any], sympy: Any) -> Any:
    one, other = parts
    gap = sympy.factor(one - other)
    if gap.is_nonpositive:
        return one
    return other if gap.is_nonnegative else sympy.Min(one, other)


_ALGEBRA: Mapping[str, Callable[[Expression, list[Any], Any], Any]] = {
    "number": lambda node, _, sympy: sympy.Rational(node.data.numerator, node.data.denominator),
    "add": lambda _, parts, sympy: sympy.Add(*parts),
    "negate": lambda _, parts, __: -parts[0],
    "elementwise product": _product,
    "divide": lambda _, parts, __: parts[0] / parts[1],
    "power": lambda node, parts, __: parts[0] ** node.data,
    "power over": _power_over,
    "sum over": _sum,
    "smaller of": _smaller,
    "limit": lambda node, parts, sympy: sympy.limit(parts[0], whole(node.data, sympy), sympy.oo),
}


@dataclass(frozen=True)
class ByAlgebra:
    """Checks that the right side stays equal, whatever is not said to be known.

    With `holds`, the equation after is verified by itself, whatever stood before.
    """

    known: tuple[Known, ...] = ()
    holds: bool = False

    def __call__(self, before: Formula, after: Formula) -> Verdict:
        """Return the verdict; raises `NotVerified` where the two differ."""
        claimed = sides_of(after)
        itself = (claimed[0], "=", claimed[0])
        left, relation, right = itself if self.holds else sides_of(before)
        if claimed[:2] != (left, relation) or not self._equal(right, claimed[2]):
            raise NotVerified(f"not equal by algebra: {after.text()}")
        return Verdict("derived", "SymPy, for any values of the letters")

    def _equal(self, one: Expression, other: Expression) -> bool:
        import sympy

        a, b = (as_sympy(side, self.known) for side in (one, other))
        if sympy.simplify(a - b) == 0:
            return True
        return bool(_into_minima(a, sympy) == _into_minima(b, sympy))


def _into_minima(value: Any, sympy: Any) -> Any:
    """Return n min(a, b) as min(n a, n b), for positive n."""
    minima = [factor for factor in sympy.Mul.make_args(value) if isinstance(factor, sympy.Min)]
    if len(minima) != 1:
        return value
    rest = value / minima[0]
    return sympy.Min(*(rest * one for one in minima[0].args)) if rest.is_positive else value


@dataclass(frozen=True)
class InTheLimit:
    """Checks that the limit of the left side is that of the right, as an index grows.

    What is never negative and at most something that goes to 0 goes to 0 itself.
    """

    growing: str
    known: tuple[Known, ...] = ()

    def __call__(self, before: Formula, after: Formula) -> Verdict:
        """Return the verdict; raises `NotVerified` for another limit."""
        import sympy

        left, relation, right = sides_of(before)
        value = as_sympy(limit(self.growing, right), self.known)
        if relation == "≤" and value == 0 and is_a(left, "norm"):
            relation = "="
        claimed = sides_of(after)
        if claimed[0] is not limit(self.growing, left) or claimed[1] != relation:
            raise NotVerified(f"not about the limit of the line before: {after.text()}")
        if sympy.simplify(as_sympy(claimed[2]) - value) != 0 and as_sympy(claimed[2]) != value:
            raise NotVerified(f"the limit is {value}: {after.text()}")
        return Verdict("derived", "SymPy's limit")
