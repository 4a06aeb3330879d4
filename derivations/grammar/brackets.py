"""Brackets: what is made of what stands in them when they close."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from derivations.grammar.atoms import Atoms, Bare
from derivations.grammar.frames import CLOSED_BY, Frame, Operand, Stack, closing, joined
from derivations.grammar.lexer import Token, tokens_of
from derivations.grammar.meaning import Misfit, Sign, product_of, stack_of, stack_that_fits
from derivations.grammar.names import Vocabulary
from derivations.grammar.source import BEGIN
from derivations.matrix import SCALAR, Expression, largest_entry, norm, smaller, squared_norm

SEPARATORS = {"[": ";,", BEGIN: ";&", "min": ","}


class Next(NamedTuple):
    """The token to go on with, and whether a factor is due there."""

    at: int
    due: bool


class Brackets:
    """A line that is being read, as far as its brackets; a bare ∂ is read as `bare`."""

    def __init__(self, text: str, vocabulary: Vocabulary, bare: Bare = "d") -> None:
        self.source, self.tokens = tokens_of(text, vocabulary)
        self.vocabulary = vocabulary
        self.atoms = Atoms(self.source, self.tokens, vocabulary, bare)
        self.stack = Stack(self.source)
        self.sides: list[Operand] = []
        self.relations: list[Token] = []

    def is_at(self, at: int, sort: str, value: str) -> bool:
        """Say whether this sort of token, with this value, is there."""
        return (self.tokens[at].sort, self.tokens[at].value) == (sort, value)

    def factor(self, operand: Operand, after: int) -> Next:
        """Take what has been read as a factor of the innermost product."""
        self.stack.top.factors.append(operand)
        return Next(after, False)

    def open(self, frame: Frame, after: int) -> Next:
        """Go one level deeper."""
        self.stack.open(frame)
        return Next(after, True)

    def brace(self, at: int) -> None:
        r"""Refuse a ``\frac`` without a brace there."""
        if not self.is_at(at, "open", "{"):
            self.source.fail(r"write \frac{...}{...} with braces", self.tokens[at].start)

    def between(self, token: Token, at: int) -> Next:
        """Finish a block at the comma, semicolon or ampersand behind it."""
        frame = self.stack.term()
        if token.value not in SEPARATORS.get(frame.bracket, ""):
            shown = self.source.written(token.start)
            self.source.fail(f"{shown} stands only between blocks in brackets", token.start)
        self.block(frame, token.value)
        if token.value == ";":
            frame.rows.append([])
        return Next(at + 1, True)

    def block(self, frame: Frame, separator: str) -> None:
        """Finish a block."""
        frame.rows[-1].append(self.stack.sum(frame))
        frame.separators.add(separator)

    def close(self, token: Token, at: int) -> Next:
        """Finish what is in brackets."""
        frame = self.stack.term()
        if not frame.bracket:
            self.source.fail("this closes nothing that is open", token.start)
        if token.value != CLOSED_BY.get(frame.bracket, frame.bracket):
            self.source.fail(f"{closing(frame.bracket)} is due here", token.start)
        inside = self.stack.sum(frame)._replace(start=frame.place, reaching=frozenset())
        if frame.bracket in SEPARATORS:
            frame.rows[-1].append(inside)
            return self.stacked(frame, at)
        self.stack.frames.pop()
        close = {
            **dict.fromkeys(("function", "root"), self._applied),
            **dict.fromkeys(("‖", "|", "max"), self._norm),
            "top": self._top,
        }
        if frame.bracket == "bottom":
            return self._bottom(frame.data, inside, frame, at)
        if frame.bracket in close:
            return close[frame.bracket](frame, inside, at)
        return self.factor(inside, at + 1)

    def _applied(self, frame: Frame, inside: Operand, at: int) -> Next:
        function: Callable[[Expression], Expression] = frame.data
        return self.factor(inside.becoming(self._shaped(function, inside, frame)), at + 1)

    def _norm(self, frame: Frame, inside: Operand, at: int) -> Next:
        """Finish ‖x‖, ‖x‖², which is one thing of a column, |x| of a scalar, or max|x|."""
        power, shape = self.tokens[at + 1], inside.expression.shape
        if frame.bracket == "|" and shape != SCALAR:
            self.source.fail("|x| is of a scalar: write ‖x‖ for a norm", frame.place)
        squared = power.sort == "power" and power.value.exponent == 2 and shape[1] == "1"
        squared = squared and frame.bracket == "‖"
        function = squared_norm if squared else largest_entry if frame.bracket == "max" else norm
        value = self._shaped(function, inside, frame)
        return self.factor(inside.becoming(value), at + 2 if squared else at + 1)

    def _shaped(
        self, function: Callable[[Expression], Expression], inside: Operand, frame: Frame
    ) -> Expression:
        try:
            return function(inside.expression)
        except TypeError as error:
            self.source.fail(f"this wants another shape: {error}", frame.place)

    def _top(self, frame: Frame, inside: Operand, at: int) -> Next:
        self.brace(at + 1)
        return self.open(Frame("bottom", frame.place, inside), at + 2)

    def _bottom(self, top: Operand, inside: Operand, frame: Frame, at: int) -> Next:
        try:
            value = product_of([top.expression, inside.expression], [Sign("/", frame.place)])
        except Misfit as misfit:
            self.source.fail(str(misfit), misfit.position)
        return self.factor(joined(value, [top, inside]), at + 1)

    def _smaller(self, frame: Frame, at: int) -> Next:
        (parts,) = frame.rows
        if [part.expression.shape for part in parts] != [SCALAR, SCALAR]:
            self.source.fail("min is of two scalars: min(a, b)", frame.place)
        value = smaller(*(part.expression for part in parts))
        return self.factor(joined(value, parts)._replace(start=frame.place), at + 1)

    def stacked(self, frame: Frame, at: int) -> Next:
        """Finish blocks in brackets; a single one in [ ] is in parentheses."""
        self.stack.frames.pop()
        if frame.bracket == "min":
            return self._smaller(frame, at)
        if frame.side_by_side is not None and "  " not in frame.separators:
            self.source.fail(
                "this is ambiguous in [ ]: put ( ) around a product, or write two spaces between "
                "blocks beside each other",
                frame.side_by_side,
            )
        parts = [part for row in frame.rows for part in row]
        blocks = [[part.expression for part in row] for row in frame.rows]
        try:
            commas = frame.separators & {","}
            if commas and len(frame.separators) > 1:
                raise Misfit("write ; below and two spaces beside, or commas alone", 0)
            value = stack_that_fits(blocks[0]) if commas else stack_of(blocks)
        except Misfit as misfit:
            self.source.fail(str(misfit), frame.place)
        made = joined(value, parts) if len(parts) > 1 else parts[0]
        return self.factor(made._replace(start=frame.place), at + 1)
