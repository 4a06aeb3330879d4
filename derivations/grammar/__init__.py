r"""Formulas as people type them, in text, Unicode and LaTeX, read into typed expressions.

Nothing is evaluated and nothing is guessed: a name means what the vocabulary says, a product what
its shapes allow, and what can be read in two ways is refused with both of them named.

    >>> from derivations.matrix import NOW, symbol
    >>> known = Vocabulary.of([symbol("W_h", ("n", "n")), symbol("a", ("n", "1"), NOW)])
    >>> parse(r"W_h^\top \delta_{t+1}", known)
    <W_hᵀ δ_{t+1}: n × 1>
    >>> parse("W_h * delta_t", known)
    Traceback (most recent call last):
        ...
    derivations.grammar.errors.FormulaError: W_h is n × n and δ_t is n × 1: * is elementwise; write
    @ for the matrix product
        W_h * delta_t
            ^
"""

from __future__ import annotations

from dataclasses import dataclass

from derivations.grammar.atoms import Bare
from derivations.grammar.errors import FormulaError
from derivations.grammar.names import Vocabulary
from derivations.grammar.parser import Parser
from derivations.matrix import Expression
from derivations.step import Equation

Line = Expression | Equation

__all__ = ["FormulaError", "Line", "Reading", "Vocabulary", "parse", "parse_line", "read"]


@dataclass(frozen=True)
class Reading:
    """A line that was read, and how else its bare ∂ may be meant.

    In `formula` a bare ∂, as in ``∂L/∂h_t``, is the total derivative. If there is one, `immediate`
    is the formula with the immediate derivative instead, where that can be written.
    """

    formula: Line
    immediate: Line | None = None
    bare_partial: bool = False


def parse(text: str, vocabulary: Vocabulary) -> Expression:
    """Return the expression that is written; a bare ∂ is a total derivative.

    Raises FormulaError, with a caret under the place, for what cannot be read in exactly one way.
    """
    parser = Parser(text, vocabulary)
    sides = parser.line()
    if parser.relations:
        parser.source.fail("write one expression, without a relation", parser.relations[0].start)
    return sides[0]


def parse_line(text: str, vocabulary: Vocabulary) -> Line:
    """Return the equation, or the expression, that is written; raises FormulaError."""
    return _line(Parser(text, vocabulary))


def read(text: str, vocabulary: Vocabulary) -> Reading:
    """Return the line that is written, with both meanings of a bare ∂; raises FormulaError."""
    parser = Parser(text, vocabulary)
    formula = _line(parser)
    if not parser.atoms.bare_partial:
        return Reading(formula)
    immediate: Bare = "∂⁺"
    try:
        return Reading(formula, _line(Parser(text, vocabulary, immediate)), True)
    except FormulaError:
        return Reading(formula, None, True)


def _line(parser: Parser) -> Line:
    left, *right = parser.line()
    return Equation(left, right[0], parser.relations[0].value) if right else left
