"""What a wrong line may have meant: the nearest known mistakes, in a teacher's words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from derivations.matrix import Expression, immediate, is_a, name_of, number, shifted
from derivations.template import Template
from derivations.truth import Truth

NO_VALUE = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What numbers of some kind raise where a formula has no value in them."""

NEAREST = 2  # so many mistakes are named at most


def near_misses(
    truth: Truth,
    cell: Template | None,
    said: Expression,
    wrong: Expression,
    right: Expression | None,
    in_house: bool = True,
) -> tuple[str, ...]:
    """Return sentences that each name a mistake that leads to a wrong line, the likeliest first.

    `said` is what `wrong` should be equal to, by name or as an expression, and `right` what stands
    in its place in the derivation, where there is such a line. For a `cell` its known mistakes are
    looked up; otherwise, and for what they do not explain, what is written by mistake anywhere.
    What can only be said in the letters of the house is left out unless it is `in_house`.
    """
    if _is_adjoint(said) and agree(truth, immediate(said), wrong):
        return ("This is the immediate derivative, not the total one.",)
    known = _list(_of_cell(cell, said, wrong, in_house)) if cell else []
    known = known or [
        words for words, other in _anywhere(said, right) if agree(truth, other, wrong)
    ]
    known = known or (_list(_differences(cell, said, wrong)) if cell and in_house else [])
    return tuple(known[:NEAREST])


def cell_of_asked(asked: Mapping[str, Any]) -> Template | None:
    """Return the equations of the cell that a derivation was asked for, None for other topics."""
    from derivations.catalogue import CELLS
    from derivations.catalogue.cells import template_of

    options = {k: v for k, v in asked.items() if k not in ("topic", "wrt", "steps", "without")}
    topic = asked.get("topic")
    return template_of(topic, **options) if topic in CELLS else None


def _of_cell(cell: Template, said: Expression, wrong: Expression, in_house: bool) -> Iterator[str]:
    from derivations.diagnosis import diagnosis_of

    for found in diagnosis_of(cell).nearest(*_now(said, wrong)) if _is_adjoint(said) else ():
        for mistake in found.mistakes:
            where = f" ({found.where})" if found.where and in_house else ""
            yield f"{mistake.title}{where}. {mistake.hint}"


def _differences(cell: Template, said: Expression, wrong: Expression) -> Iterator[str]:
    from derivations.diagnosis import diagnosis_of

    for found in diagnosis_of(cell).differences(*_now(said, wrong)) if _is_adjoint(said) else ():
        yield f"{found}."


def _list(sentences: Iterator[str]) -> list[str]:
    """Return the sentences; none where a formula has no value at the points of the diagnosis."""
    try:
        return list(sentences)
    except NO_VALUE:
        return []


def _is_adjoint(said: Expression) -> bool:
    return is_a(said, "symbol") and name_of(said).kind == "total"


def _now(said: Expression, wrong: Expression) -> tuple[Expression, Expression]:
    """Return both at step t, where the line is about a step before or after."""
    moment = name_of(said).moment
    steps = -moment.offset if moment is not None and moment.base else 0
    return shifted(said, steps), shifted(wrong, steps)


def _anywhere(said: Expression, right: Expression | None) -> Iterator[tuple[str, Expression]]:
    """Yield what is often written in the place of a formula, and what to say to it."""
    yield "The sign is the other one.", -said
    if is_a(said, "symbol") and name_of(said).moment is not None:
        for steps, word in ((1, "after"), (-1, "before")):
            yield f"This belongs to the step {word}.", shifted(said, steps)
    if right is not None and is_a(right, "sum over"):
        yield "The sum is missing: this is what one step contributes.", right.arguments[0]
    yield "A factor 2 is missing.", said / number(2)
    yield "There is a factor 2 too many.", said * 2


def agree(truth: Truth, one: Expression, other: Expression) -> bool:
    """Say whether both have values, and the same."""
    try:
        return truth.agree(one, other)
    except NO_VALUE:
        return False
