"""What can be typed about a derivation, in the letters that it is written in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from derivations.grammar import Vocabulary
from derivations.matrix import PREVIOUS, Expression, at, immediate, name_of, total
from derivations.notation import Written, formulas_of, house_form
from derivations.show.layout import lines_of
from derivations.show.page import Heading, Page, Table
from derivations.step import Derivation, Equation, Formula
from derivations.typography import Text
from derivations.typography.naming import HOUSE, Naming, is_delta

SIGNS = (
    "Signs: + - / @ (the matrix product) * or ⊙ (elementwise) ** .T or ᵀ, Σ_{t=1}^T, [a; b] one "
    "below the other; as text, in Unicode or in LaTeX."
)


def lettering_of(derivation: Derivation) -> Naming:
    """Return the letters that a derivation is written in."""
    written = (side for side in _sides(derivation) if isinstance(side, Written))
    return next((side.lettering for side in written), HOUSE)


def vocabulary_of(derivation: Derivation) -> Vocabulary:
    """Return what can be typed about a derivation: all that it names, in its own letters."""
    houses = map(house_form, _sides(derivation))
    expressions = [side for side in houses if isinstance(side, Expression)]
    if derivation.truth is not None:
        expressions += derivation.truth.network.vocabulary
    return replace(Vocabulary.of(expressions), naming=lettering_of(derivation))


def _sides(derivation: Derivation) -> Iterator[Formula]:
    for formula in formulas_of(derivation):
        for line in lines_of(formula):
            yield from (line.left, line.right) if isinstance(line, Equation) else (line,)


def typed(derivation: Derivation) -> Page:
    """List what can be typed in an answer, with shapes and meanings."""
    vocabulary = vocabulary_of(derivation)
    meanings = {symbol.name.text(): symbol.meaning for symbol in derivation.symbols}
    style = Text(vocabulary.naming)
    names = {symbol.written(style): symbol for symbol in vocabulary.symbols}
    rows = [
        (name, " × ".join(symbol.shape), meanings.get(name, "")) for name, symbol in names.items()
    ]
    if not rows:
        from derivations.answers.scalar_answers import constants_of

        constants = ", ".join(constants_of(derivation)) or "none"
        words = f"Constants: {constants}. Whole lines can be typed as they are shown."
        return Page(Heading("What can be typed"), words)
    functions = f"Functions: {', '.join(vocabulary.functions)}."
    return Page(
        Heading("What can be typed"), Table(tuple(rows)), functions, SIGNS, *_about_time(vocabulary)
    )


def _about_time(vocabulary: Vocabulary) -> Iterator[str]:
    """Yield how another step and derivatives are written, with symbols that there are."""
    style = Text(vocabulary.naming)
    timed = [s for s in vocabulary.symbols if name_of(s).moment]
    if timed:
        yield f"Another step: {at(timed[0], PREVIOUS).written(style)}."
    some = (timed or list(vocabulary.symbols))[0]
    whole, now = (kind(some).written(style) for kind in (total, immediate))
    deltas = [total(s).written(style) for s in timed if is_delta(name_of(s).letter, "total")]
    also = f" That of a pre-activation is {deltas[0]}." if deltas else ""
    yield f"Derivatives: {whole} is the total one, {now} the immediate one, ∂ is either.{also}"
