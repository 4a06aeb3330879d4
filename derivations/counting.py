"""What makes a count believed: it is counted again, on the equations or on the shapes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from derivations.chance.scalar_algebra import as_sympy
from derivations.matrix import SCALAR, Expression, add, in_order, is_a, number, symbol
from derivations.step import Equation, Formula, Lines, NotVerified, Verdict, Words
from derivations.template import Definition, Parameter, Template

# --------------------------------------------------------------------------- operations of a step


def operations(template: Template, equation: Definition, sort: str) -> int:
    """Return how many operations of a sort an equation of a cell has.

    The sums that make W [h; x] + b belong to this affine map and do not count.
    """
    count = _COUNTS[sort]
    return sum(count(template, node) for node in in_order(equation.right))


def _activations(_: Template, node: Expression) -> int:
    return int(is_a(node, "function"))


def _products(_: Template, node: Expression) -> int:
    return len(node.arguments) - 1 if is_a(node, "elementwise product") else 0


def _subtractions(_: Template, node: Expression) -> int:
    return sum(is_a(term, "negate") for term in node.arguments) if is_a(node, "add") else 0


def _additions(template: Template, node: Expression) -> int:
    if not is_a(node, "add"):
        return 0
    affine = sum(_is_affine(template, term) for term in node.arguments)
    return len(node.arguments) - _subtractions(template, node) - max(1, affine)


def _is_affine(template: Template, term: Expression) -> bool:
    """Say whether a term is a bias, or the product of a block of [W_h  W_x]."""
    stacked = {block for p in template.parameters if len(p.blocks) > 1 for block in p.blocks}
    biases = {p.symbol for p in template.parameters if p.symbol.shape[1] == "1"}
    return term in biases or (is_a(term, "matrix product") and term.arguments[0] in stacked)


_COUNTS = {
    "activations": _activations,
    "elementwise products": _products,
    "additions": _additions,
    "subtractions": _subtractions,
}
SORTS = tuple(_COUNTS)


@dataclass(frozen=True)
class Counted:
    """Checks the counts of operations by sort: equation by equation, or all together."""

    template: Template
    together: bool

    def claim(self) -> Lines:
        """Return the lines that are right: ``activations = 1 + 1 + 1 + 1 + 1``, or ``= 5``."""
        lines = []
        for sort in SORTS:
            counts = [operations(self.template, one, sort) for one in self.template.cell]
            each = [number(sum(counts))] if self.together else [number(c) for c in counts if c]
            lines += [Equation(Words(sort), add(*each))] if any(counts) else []
        return Lines(*lines)

    def __call__(self, before: Formula, after: Formula) -> Verdict:
        """Return the verdict; raises `NotVerified` for other counts."""
        if after != self.claim():
            raise NotVerified(f"not what is counted: {after.text()}")
        return Verdict("exact", "counted on the equations", "one step")


# -------------------------------------------------------------------------- parameters of a model


def length(dimension: str) -> Expression:
    """Return a dimension such as n or n+m as a scalar that can be computed with."""
    return add(
        *(number(int(d)) if d.isdigit() else symbol(d, SCALAR) for d in dimension.split("+"))
    )


def numbers_in(parameter: Parameter) -> Expression:
    """Return how many numbers a parameter has: rows times columns."""
    rows, columns = parameter.symbol.shape
    return length(rows) * length(columns)


@dataclass(frozen=True)
class AddsUp:
    """Checks that a polynomial in the sizes is the number of parameters of these shapes."""

    parameters: Sequence[Parameter]

    def __call__(self, before: Formula, after: Formula) -> Verdict:
        """Return the verdict; raises `NotVerified` for another number."""
        counted = [as_sympy(numbers_in(parameter)) for parameter in self.parameters]
        if not isinstance(after, Equation) or not _same_polynomial(after.right, sum(counted)):
            raise NotVerified(f"the shapes add up to {sum(counted)}: {after.text()}")
        return Verdict("exact", "the shapes added up by SymPy", "all n and m")


def _same_polynomial(claimed: Formula, counted: Any) -> bool:
    import sympy

    return isinstance(claimed, Expression) and bool(sympy.expand(as_sympy(claimed) - counted) == 0)


@dataclass(frozen=True)
class AtSizes:
    """Checks that a polynomial has this value where its letters are these numbers."""

    sizes: Mapping[str, int]

    def __call__(self, before: Formula, after: Formula) -> Verdict:
        """Return the verdict; raises `NotVerified` for another value."""
        if not isinstance(before, Equation) or not isinstance(after, Equation):
            raise NotVerified(f"no count: {after.text()}")
        if before.left != after.left or not isinstance(before.right, Expression):
            raise NotVerified(f"another model: {after.text()}")
        polynomial = as_sympy(before.right)
        value = polynomial.subs({s: self.sizes[s.name] for s in polynomial.free_symbols})
        if not _same_polynomial(after.right, value):
            raise NotVerified(f"there are {value}: {after.text()}")
        sizes = ", ".join(f"{letter} = {size}" for letter, size in self.sizes.items())
        return Verdict("exact", "SymPy", sizes)
