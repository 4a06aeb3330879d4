"""Mistakes about the loss: the error's sign and factor, the Jacobian of the softmax."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from derivations.matrix import SOFTMAX, Expression, add, hadamard, symbols, total
from derivations.mistakes.lines import Edit, Site, becoming, terms_of
from derivations.mistakes.roles import Roles, reads_adjoint


def error_reversed(cell: Roles) -> Iterator[Site]:
    """Yield y - h for h - y."""
    yield from _scaled(cell, -1)


def factor_two(cell: Roles) -> Iterator[Site]:
    """Yield 2 (h - y) for h - y."""
    yield from _scaled(cell, 2)


def factor_half(cell: Roles) -> Iterator[Site]:
    """Yield ½ (h - y) for h - y."""
    yield from _scaled(cell, Fraction(1, 2))


def _scaled(cell: Roles, factor: int | Fraction) -> Iterator[Site]:
    """Yield the error where it enters the adjoints, the terms that read no other, scaled."""
    loss = cell.template.loss
    for line, right in cell.recursions.items():
        if loss is not None and loss.target in symbols(right):
            yield Site("", (Edit(line, lambda right: _scaling(right, factor)),))


def _scaling(right: Expression, factor: int | Fraction) -> Expression:
    terms = terms_of(right)
    error = [term for term in terms if not reads_adjoint(term)]
    scaled = [hadamard(factor, add(*error))] if abs(factor) != 1 else [-term for term in error]
    return add(*scaled, *(term for term in terms if reads_adjoint(term)))


def softmax_elementwise(cell: Roles) -> Iterator[Site]:
    """Yield dL/dp ⊙ p ⊙ (1 - p) for the gradient through the whole Jacobian of the softmax."""
    for logits, p in _softmaxes(cell):
        yield Site("", (Edit(total(logits), becoming(total(p) * p * (1 - p))),))


def softmax_missing(cell: Roles) -> Iterator[Site]:
    """Yield dL/dp for dL/ds."""
    for logits, p in _softmaxes(cell):
        yield Site("", (Edit(total(logits), becoming(total(p))),))


def _softmaxes(cell: Roles) -> Iterator[tuple[Expression, Expression]]:
    for variable, definition in cell.definitions.items():
        if definition.right.operation is SOFTMAX:
            yield definition.right.arguments[0], variable
