"""What every format must decide alike: which lines of a step to show, and where to break them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from derivations.step import VERDICTS, Derivation, Equation, Formula, Lines, Step, numbered

MEANINGS = {
    "derived": "an instance of a rule that is valid for all sizes",
    "exact": "an exact identity at the sizes stated",
    "tested": "true at random points at the sizes stated, up to the error bound stated",
}


def kinds(derivation: Derivation) -> list[str]:
    """Return the kinds of verdict that a derivation has."""
    found = {step.verdict.kind for _, step in numbered(derivation.steps) if step.verdict}
    return [kind for kind in VERDICTS if kind in found]


def lines_of(formula: Formula) -> tuple[Formula, ...]:
    """Return the lines of a formula of several, or the formula itself."""
    return formula.lines if isinstance(formula, Lines) else (formula,)


def siblings(steps: Sequence[Step]) -> Iterator[tuple[Step, bool]]:
    """Pair each step with whether its `before` is news: not what the step before it came to."""
    reached: Formula | None = None
    for step in steps:
        yield step, reached is None or step.before.text() != reached.text()
        reached = step.after


def packed(terms: Sequence[str], width_of: Callable[[str], int], width: int) -> list[str]:
    """Join the terms of a sum into as few lines as their widths allow."""
    lines = list(terms[:1])
    for term in terms[1:]:
        if width_of(lines[-1]) + width_of(term) <= width:
            lines[-1] += term
        else:
            lines.append(term)
    return lines


def sides(formula: Formula) -> tuple[Formula | None, str, Formula]:
    """Return left side, relation and right side; a bare formula is a right side."""
    if isinstance(formula, Equation):
        return formula.left, formula.relation, formula.right
    return None, "", formula


def results_of(statement: Formula) -> list[Formula]:
    """Return what a statement is about: its lines for no single step t, where there are such."""
    from derivations.matrix import Expression, free_indices
    from derivations.notation import house_form

    def is_whole(line: Formula) -> bool:
        left, _, right = sides(line)
        house = house_form(left or right)
        return isinstance(house, Expression) and "t" not in free_indices(house)

    lines = lines_of(statement)
    return [line for line in lines if is_whole(line)] or list(lines)
