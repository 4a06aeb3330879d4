"""Hints for a line, each saying more than the one before, the last being the line itself."""

from __future__ import annotations

from derivations.matrix import Expression, symbols
from derivations.notation import Written, house_form
from derivations.show.layout import lines_of, sides
from derivations.show.page import Part
from derivations.step import Formula, Step

Hint = tuple[str, *tuple[Part, ...]]
"""A few words, and what may follow them on lines of their own."""


def hints(step: Step) -> list[Hint]:
    """Return the hints for a line, in the order in which they are given."""
    found: list[Hint] = [(f"the rule is “{step.rule}”.",), ("the reason.", step.why)]
    if step.changed is not None and step.changed.text() != step.before.text():
        found.append(("this part changes.", step.changed))
    found += _left_sides(step.after)
    found += _ingredients(step.after)
    return [*found, ("the whole line.", step.after)]


def _left_sides(formula: Formula) -> list[Hint]:
    told = []
    for line in lines_of(formula):
        left, relation, right = sides(line)
        expression = house_form(right)
        shape = f", {_shape(expression)}" if isinstance(expression, Expression) else ""
        if left is not None:
            told.append(f"{left.text()} {relation} …{shape}")
        elif shape:
            told.append(f"it has no left side{shape}")
    return [("what it says something about.", *told)] if told else []


def _shape(expression: Expression) -> str:
    rows, columns = expression.shape
    if (rows, columns) == ("1", "1"):
        return "a number"
    return f"a column, {rows} × 1" if columns == "1" else f"a matrix, {rows} × {columns}"


def _ingredients(formula: Formula) -> list[Hint]:
    """Return the hint that names what the right sides are made of, where they are expressions."""
    made_of: dict[str, None] = {}
    for line in lines_of(formula):
        _, _, right = sides(line)
        expression = house_form(right)
        if isinstance(expression, Expression):
            for one in symbols(expression):
                shown = Written(one, right.lettering) if isinstance(right, Written) else one
                made_of[shown.text()] = None
    return [("what it is made of.", ", ".join(made_of))] if made_of else []
