"""Every formula of the catalogue with one thing wrong in it, to see that its check notices.

The kinds of mistakes are those people make: two factors exchanged, a transpose dropped, an index
shifted, a sum lost, a sign swapped, a term or factor forgotten, a number or a letter mistaken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from derivations.chance import scalar_mutations
from derivations.chance.scalars import Scalar
from derivations.matrix import (
    MATMUL,
    NUMBER,
    SYMBOL,
    Expression,
    at,
    instance,
    is_binder,
    make,
    name_of,
    number,
)
from derivations.step import Equation, Formula, Lines, Step
from tests.derivations.slips import (
    others_alike,
    part_dropped,
    places,
    sign_swapped,
    square_dropped,
    transpose_dropped,
)

Kind = Callable[[Expression, Expression], Iterator[Expression]]


def factors_exchanged(node: Expression, _: Expression) -> Iterator[Expression]:
    if node.operation is MATMUL:
        left, right = node.arguments
        if left is not right:
            yield right @ left


def index_shifted(node: Expression, _: Expression) -> Iterator[Expression]:
    if node.operation is SYMBOL and name_of(node).moment is not None:
        moment = name_of(node).moment
        yield from (at(node, moment.later(by)) for by in (-1, 1))


def sum_lost(node: Expression, _: Expression) -> Iterator[Expression]:
    if is_binder(node):
        variable, _, upper = node.data
        yield instance(node.arguments[0], upper, variable)


def bound_shifted(node: Expression, _: Expression) -> Iterator[Expression]:
    if is_binder(node):
        bounds = node.data
        yield make(node.operation, node.arguments, bounds._replace(lower=bounds.lower.later(1)))
        yield make(node.operation, node.arguments, bounds._replace(upper=bounds.upper.later(-1)))


def number_mistaken(node: Expression, _: Expression) -> Iterator[Expression]:
    if node.operation is NUMBER:
        yield number(node.data + 1)


def letter_mistaken(node: Expression, root: Expression) -> Iterator[Expression]:
    yield from others_alike(node, root)


KINDS: tuple[Kind, ...] = (
    factors_exchanged,
    transpose_dropped,
    index_shifted,
    sum_lost,
    bound_shifted,
    sign_swapped,
    part_dropped,
    square_dropped,
    number_mistaken,
    letter_mistaken,
)


def mutations(formula: Formula) -> Iterator[tuple[str, Formula]]:
    """Yield the kind of each mistake and the formula with it, each different from the right one."""
    if isinstance(formula, Expression):
        yield from _of_expression(formula)
    elif isinstance(formula, Lines):
        for i, line in enumerate(formula.lines):
            for kind, wrong in mutations(line):
                yield kind, Lines(*formula.lines[:i], wrong, *formula.lines[i + 1 :])
    elif isinstance(formula, Equation):
        for kind, wrong in mutations(formula.right):
            yield kind, replace(formula, right=wrong)
    elif isinstance(formula, Scalar):
        yield from scalar_mutations.mutations(formula)
    else:
        yield from _own(formula)


def _own(formula: Formula) -> Iterator[tuple[str, Formula]]:
    """Other formulas know themselves how they can be mistaken, or have nothing to be mistaken."""
    for wrong in getattr(formula, "mutations", list)():
        yield type(formula).__name__, wrong


def _of_expression(right: Expression) -> Iterator[tuple[str, Expression]]:
    seen = {right}
    for node, put in places(right):
        for kind in KINDS:
            try:
                candidates = list(kind(node, right))
            except TypeError:  # shapes do not fit: nobody could have written it
                continue
            for new in candidates:
                try:
                    wrong = put(new)
                except TypeError:
                    continue
                if wrong not in seen:
                    seen.add(wrong)
                    yield kind.__name__, wrong


def wrong_steps(step: Step) -> Iterator[tuple[str, Formula]]:
    """Yield what could wrongly stand after the step, but not what stood before it."""
    before = step.before.text()
    for kind, wrong in mutations(step.after):
        if wrong.text() != before:
            yield kind, wrong
