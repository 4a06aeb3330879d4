"""The lines of a closed form, and how a mistake changes some of them.

A line is an equation of the closed form, known by its left side: an adjoint, such as δ_{f,t}, or a
gradient, such as dL/dW_f. A mistake is a change of lines; two mistakes are one change after the
other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import NamedTuple

from derivations.bptt.form import ClosedForm
from derivations.matrix import (
    ADD,
    NEXT,
    NOW,
    Expression,
    Moment,
    add,
    as_product,
    at,
    hadamard,
    name_of,
    substitute,
    symbols,
    total,
)

Lines = dict[Expression, Expression]  # the right side of each line, by its left side
Change = Callable[[Expression], Expression]


class Edit(NamedTuple):
    """The change of one line, which is named by its left side."""

    line: Expression
    change: Change


class Site(NamedTuple):
    """A place where a mistake can be made: one line, or several that change together."""

    where: str
    edits: tuple[Edit, ...]


def recursions(form: ClosedForm) -> Lines:
    """Return the adjoint equations that matter for a gradient, in their order."""
    return {d.left: d.right for d in form.recursions}


def parameter_gradients(form: ClosedForm) -> Lines:
    """Return the gradients of the parameters."""
    return {total(p.symbol): form.gradients[p.name] for p in form.template.parameters}


def initial_gradients(form: ClosedForm) -> Lines:
    """Return the gradients of the initial states."""
    first = {f"{name_of(s).letter}_0": at(s, Moment("", 0)) for s in form.template.states}
    return {total(state): form.gradients[name] for name, state in first.items()}


def lines_of(form: ClosedForm) -> Lines:
    """Return every line of the closed form, those of adjoints that nothing reads included."""
    adjoints = {d.left: d.right for d in form.adjoints}
    return adjoints | parameter_gradients(form) | initial_gradients(form)


def altered(form: ClosedForm, edits: Iterable[Edit]) -> ClosedForm | None:
    """Return the closed form with the edits made, one after the other.

    None when they change nothing, when shapes do not fit, or when a line would read what is not
    known there: nobody could have computed with it.
    """
    lines = right = lines_of(form)
    try:
        for line, change in edits:
            lines = {**lines, line: change(lines[line])}
    except TypeError:
        return None
    wrong = _with_lines(form, lines)
    return wrong if lines != right and can_run(wrong) else None


def changed_lines(right: ClosedForm, wrong: ClosedForm) -> Lines:
    """Return the lines of the wrong form that are not those of the right one."""
    before, after = lines_of(right), lines_of(wrong)
    return {line: after[line] for line in before if after[line] is not before[line]}


def _with_lines(form: ClosedForm, lines: Mapping[Expression, Expression]) -> ClosedForm:
    adjoints = tuple(replace(d, right=lines.get(d.left, d.right)) for d in form.adjoints)
    names = [p.name for p in form.template.parameters]
    names += [f"{name_of(state).letter}_0" for state in form.template.states]
    lefts = [*parameter_gradients(form), *initial_gradients(form)]
    gradients = {name: lines[left] for name, left in zip(names, lefts, strict=True)}
    return replace(form, adjoints=adjoints, gradients=gradients)


def can_run(form: ClosedForm) -> bool:
    """Say whether every line reads only what is known when it is computed."""
    known: set[Expression] = set()
    for definition in form.adjoints:
        read = symbols(definition.right)
        if {s for s in read if name_of(s).kind == "total" and name_of(s).moment == NOW} - known:
            return False
        known.add(definition.left)
    return all(name_of(s).moment != NEXT for s in symbols(*form.gradients.values()))


# ----------------------------------------------------------------------------- parts of a line


def terms_of(right: Expression) -> tuple[Expression, ...]:
    """Return the terms of a sum; of anything else, itself."""
    return right.arguments if right.operation is ADD else (right,)


def factors_of(term: Expression) -> tuple[Expression, ...]:
    """Return the factors of an elementwise product, without its constant."""
    return as_product([term])[1]


def dropping(*terms: Expression) -> Change:
    """Return the change that leaves terms out."""
    return lambda right: add(*(term for term in terms_of(right) if term not in terms))


def putting(old: Expression, new: Expression) -> Change:
    """Return the change that puts one expression in the place of another."""
    return lambda right: substitute(right, {old: new}.get)


def renaming(names: Mapping[Expression, Expression]) -> Change:
    """Return the change that puts several expressions in the place of others."""
    return lambda right: substitute(right, names.get)


def becoming(new: Expression) -> Change:
    """Return the change of a whole right side."""
    return lambda _: new


def refactored(term: Expression, old: Iterable[Expression], new: Expression | None) -> Expression:
    """Return a product with the factors `old`, if all are there, replaced by `new` or left out."""
    coefficient, factors = as_product([term])
    kept, removed = list(factors), list(old)
    if not all(factor in kept for factor in removed):
        return term
    place = kept.index(removed[0])
    for factor in removed:
        kept.remove(factor)
    return hadamard(coefficient, *kept[:place], *([] if new is None else [new]), *kept[place:])


def refactoring(old: Iterable[Expression], new: Expression | None) -> Change:
    """Return the change that replaces factors, or leaves them out, in every term that has them."""
    removed = tuple(old)
    return lambda right: add(*(refactored(term, removed, new) for term in terms_of(right)))
