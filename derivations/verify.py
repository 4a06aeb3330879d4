"""What makes a step believed: exact differentiation of an equation, element by element.

Nothing here trusts a pull-back. `exact_gradient` differentiates one equation with SymPy. What fails
is `NotVerified`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from derivations.matrix import (
    Expression,
    Grid,
    elements_of,
    in_order,
    spread,
)
from derivations.sizes import Sizes
from derivations.step import Check, Equation, Formula, NotVerified, Verdict
from derivations.template import Definition
from derivations.truth import SMALL


def exact_gradient(
    definition: Definition, upstream: Expression, by: Expression, claimed: Expression
) -> Verdict:
    """Return the verdict that `claimed` is the gradient of one equation with respect to a symbol.

    `upstream` is the gradient with respect to the equation's left side. Both sides are written out
    in elements, ⟨upstream, right side⟩ is differentiated by SymPy, and every element is compared.
    Raises `NotVerified` naming the first element that differs.
    """
    import sympy

    right = _sympy_elements(definition.right)
    weights = _sympy_elements(upstream)
    moved = sum(w[0] * r[0] for w, r in zip(weights, right, strict=True))
    said = _sympy_elements(claimed, {definition.left: right})
    for i, row in enumerate(_sympy_elements(by)):
        for j, scalar in enumerate(row):
            if not _equal(sympy.diff(moved, scalar), said[i][j]):
                place = f"element {i + 1},{j + 1}"
                raise NotVerified(f"{definition.text()} by {by.text()}, {place}: {claimed.text()}")
    return _exact([definition.right, upstream, by])


def identity_of(before: Formula, after: Formula) -> Verdict:
    """Return the verdict that one formula becomes the other by algebra alone, on elements.

    Every symbol may take any value: no equation between them is used. Equations must have the same
    left side. Raises `NotVerified` naming the first element that differs, and TypeError for
    formulas that are no expressions.
    """
    if isinstance(before, Equation) and isinstance(after, Equation):
        if before.left is not after.left:
            raise NotVerified(f"{before.left.text()} has become {after.left.text()}")
        before, after = before.right, after.right
    if not isinstance(before, Expression) or not isinstance(after, Expression):
        raise TypeError(f"{after.text()} is no matrix expression")
    one, other = _sympy_elements(before), _sympy_elements(after)
    height, width = max(len(one), len(other)), max(len(one[0]), len(other[0]))
    for i, (a, b) in enumerate(
        zip(spread(one, height, width), spread(other, height, width), strict=True), start=1
    ):
        for j, (u, v) in enumerate(zip(a, b, strict=True), start=1):
            if not _equal(u, v):
                raise NotVerified(f"element {i},{j} differs: {before.text()} and {after.text()}")
    return _exact([before, after])


def by_rule(rule: str, check: Check) -> Check:
    """Return a check that asks another and says `derived`: the line is an instance of the rule.

    So the word rests on a rule that is valid for all sizes, and the line is held against numbers.
    """

    def checked(before: Formula, after: Formula) -> Verdict:
        check(before, after)
        return Verdict("derived", rule)

    return checked


def exact_equality(left: Expression, right: Expression, sum_to_one: Expression) -> Verdict:
    """Return the verdict that two expressions agree when the elements of a column sum to one.

    Raises `NotVerified` naming the first element that differs.
    """
    *free, _ = _sympy_elements(sum_to_one)
    column = [*free, [1 - sum(row[0] for row in free)]]
    grids = [_sympy_elements(side, {sum_to_one: column}) for side in (left, right)]
    for i, (a, b) in enumerate(zip(*grids, strict=True), start=1):
        if not _equal(a[0], b[0]):
            raise NotVerified(f"element {i} differs: {left.text()} and {right.text()}")
    return _exact([left, right])


def _equal(a: Any, b: Any) -> bool:
    import sympy

    return bool(sympy.cancel(sympy.expand(a - b)) == 0)


def _exact(expressions: Iterable[Expression]) -> Verdict:
    met = {d for e in expressions for s in in_order(e) for d in s.shape} - {"1"}
    letters = [letter for letter in ("n", "m", "k") if letter in met]
    return Verdict("exact", "SymPy, element by element", sizes_text(SMALL, letters))


def _sympy_elements(expression: Expression, known: Mapping[Expression, Grid] | None = None) -> Grid:
    """Return the elements of an expression as SymPy's, those of a known symbol as given."""
    import sympy

    from derivations.symbolic import SYMPY

    def lookup(symbol: Expression) -> Grid:
        if known and symbol in known:
            return known[symbol]
        rows, columns = SMALL.of(symbol.shape)
        letter = symbol.text()
        return [[sympy.Symbol(f"{letter}[{i},{j}]") for j in range(columns)] for i in range(rows)]

    return elements_of(list(in_order(expression)), lookup, SYMPY)


def sizes_text(sizes: Sizes, letters: Iterable[str]) -> str:
    """Return the sizes as people write them: n = 2, m = 3, T = 3."""
    return ", ".join(f"{d} = {sizes.dimensions[d]}" for d in letters)
