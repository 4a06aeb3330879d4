"""What is said to a student's line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from derivations.answers.targets import Board, Target, plain
from derivations.equivalence import Different, Equal, Finding, Undecided
from derivations.grammar import FormulaError
from derivations.show.page import Exactly, Heading, Note, Page, Part, Table

Kind = Literal["equal", "different", "undecided", "unreadable"]
AS_IT_STANDS = Equal("", by="its letters: it is written alike")
BY_ALGEBRA = Equal("", by="SymPy, for any positive values of the letters")
WORST_FIRST: tuple[Kind, ...] = ("unreadable", "different", "undecided", "equal")


@dataclass(frozen=True, repr=False)
class Answer:
    """What is said to a line: its `kind`, and a `page` that says it in words.

    `line` is the number of the line of the derivation that it is, if it is one; `is_next` says
    whether it is the whole of the next line, `is_result` whether it is one of the results.
    `finding` has the error bound or the witness, `mistakes` the nearest known mistakes.
    """

    kind: Kind
    page: Page
    line: str | None = None
    is_next: bool = False
    is_result: bool = False
    finding: Finding | None = None
    mistakes: tuple[str, ...] = ()

    def noted(self, note: str) -> Answer:
        """Return the answer with a sentence more."""
        return replace(self, page=Page(*self.page.parts, Note(note)))

    def witness(self) -> Page:
        """Return all numbers of the point at which the line was found to be different."""
        if not isinstance(self.finding, Different):
            return Page(Note("There is no witness: nothing was shown to be different."))
        witness = self.finding.witness
        rows = tuple((name, "=", str(rows)) for name, rows in witness.given.items())
        return Page(Heading(f"The witness: {witness.place}"), Table(rows))

    def __repr__(self) -> str:
        return self.page.text()

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(self.page.text())

    def _repr_html_(self) -> str:
        return self.page.html()

    def _repr_latex_(self) -> str | None:
        return self.page._repr_latex_()


def unreadable(error: FormulaError) -> Answer:
    """Return the answer to what is no formula, with a caret under the place."""
    return Answer("unreadable", Page(Heading("This cannot be read."), Exactly(str(error))))


def undecided(why: str) -> Answer:
    """Return the answer to what could not be judged."""
    page = Page(Heading("Undecided, which does not mean wrong."), f"The reason: {why}.")
    return Answer("undecided", page, finding=Undecided(why))


def true(finding: Equal, words: str) -> Answer:
    """Return the answer to what is true but none of the lines that are asked for."""
    return Answer("equal", Page(Heading(words), said_of(finding)), finding=finding)


def equal(finding: Equal, target: Target, board: Board) -> Answer:
    """Return the answer to what says the same as a line."""
    return Answer(
        "equal",
        Page(Heading(f"Equal: this is {board.where(target)}."), said_of(finding)),
        line=target.number or None,
        is_next=board.is_next(target) and target.alone,
        is_result=board.is_result(target),
        finding=finding,
    )


def said_of(finding: Equal) -> Note:
    """Return on whose word something is equal."""
    if finding.by:
        return Note(f"By {finding.by}.")
    return Note(f"Equal at random points of prime fields; error bound {finding.bound}.")


def together(lines: Sequence[str], answers: Sequence[Answer], equations: int) -> Answer:
    """Return one answer to several lines; `equations` are so many as the next line has."""
    parts: list[Part] = []
    for line, answer in zip(lines, answers, strict=True):
        parts += [Exactly(line.strip()), *answer.page.parts]
    kind = next(kind for kind in WORST_FIRST if any(a.kind == kind for a in answers))
    numbers = {answer.line for answer in answers}
    one_line = numbers.pop() if len(numbers) == 1 else None
    every = len({plain(line) for line in lines}) == equations
    return Answer(
        kind,
        Page(*parts),
        line=one_line,
        is_next=kind == "equal" and one_line is not None and every,
        is_result=all(answer.is_result for answer in answers),
        mistakes=tuple(words for answer in answers for words in answer.mistakes),
    )
