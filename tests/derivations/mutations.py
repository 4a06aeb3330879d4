"""Wrong closed forms: every single mistake of a few kinds, at every place of every formula.

The kinds are those people make: a sign swapped, a term or factor dropped, a transpose forgotten, an
index off by one, one gate or weight taken for another, a square forgotten.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from derivations.bptt.form import ClosedForm
from derivations.matrix import (
    NEXT,
    NOW,
    PREVIOUS,
    SYMBOL,
    Expression,
    at,
    name_of,
    over_time,
)
from derivations.mistakes.lines import can_run
from tests.derivations.slips import (
    others_alike,
    part_dropped,
    places,
    sign_swapped,
    square_dropped,
    transpose_dropped,
)


def shifted_index(node: Expression, form: ClosedForm) -> Iterator[Expression]:
    """Shift what the cell computes by a step; before t = 1 only states are there to be read."""
    if node.operation is not SYMBOL:
        return
    name = name_of(node)
    if name.letter not in {name_of(d.left).letter for d in form.template.cell}:
        return
    states = {name_of(state).letter for state in form.template.states}
    moments = {PREVIOUS: [NOW], NOW: [NEXT], NEXT: [NOW]}[name.moment]
    if name.moment == NOW and name.kind == "value" and name.letter in states:
        moments.append(PREVIOUS)
    yield from (at(node, moment) for moment in moments)


def taken_for_another(node: Expression, form: ClosedForm) -> Iterator[Expression]:
    yield from others_alike(node, *(d.right for d in form.adjoints), *form.terms.values())


KINDS = (
    sign_swapped,
    part_dropped,
    transpose_dropped,
    square_dropped,
    shifted_index,
    taken_for_another,
)


def wrong_formulas(right: Expression, form: ClosedForm) -> Iterator[tuple[str, Expression]]:
    for node, put in places(right):
        for kind in KINDS:
            for new in kind(node, form):
                try:
                    wrong = put(new)
                except TypeError:  # shapes do not fit: nobody could have written it
                    continue
                if wrong is not right:
                    yield kind.__name__, wrong


def wrong_forms(form: ClosedForm) -> Iterator[tuple[str, str, ClosedForm]]:
    """Yield the kind of each mistake, the formula that has it, and the closed form with it.

    A line that reads what is not known yet is a mistake of order, not one of value.
    """
    for kind, formula, wrong in _wrong_forms(form):
        if can_run(wrong):
            yield kind, formula, wrong


def _wrong_forms(form: ClosedForm) -> Iterator[tuple[str, str, ClosedForm]]:
    for i, adjoint in enumerate(form.adjoints):
        for kind, wrong in wrong_formulas(adjoint.right, form):
            mistaken = replace(adjoint, right=wrong)
            adjoints = (*form.adjoints[:i], mistaken, *form.adjoints[i + 1 :])
            yield kind, mistaken.text(), replace(form, adjoints=adjoints)
    for name, term in form.terms.items():
        for kind, wrong in wrong_formulas(term, form):
            if wrong.shape == term.shape:
                gradients = {**form.gradients, name: over_time(wrong)}
                yield kind, f"d{name}: {wrong.text()}", replace(form, gradients=gradients)
