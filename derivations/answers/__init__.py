"""A student's own line, judged: equal, different with a witness, or undecided.

A line may be the next of a derivation, a later one, or its result. What it says is read by
`derivations.grammar`, compared by `derivations.equivalence`, and, where it is wrong, explained by
the nearest known mistake. What cannot be decided is never called wrong, and what cannot be read is
answered with a caret under the place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from derivations.answers.answer import (
    AS_IT_STANDS,
    BY_ALGEBRA,
    Answer,
    equal,
    together,
    true,
    undecided,
    unreadable,
)
from derivations.answers.near_misses import NO_VALUE, agree, cell_of_asked, near_misses
from derivations.answers.targets import Board, Target
from derivations.answers.vocabulary import lettering_of, vocabulary_of
from derivations.equivalence import Different, Equal, Finding, Undecided, equivalent
from derivations.grammar import FormulaError, Line, Reading, parse, read
from derivations.grammar.source import MAX_LENGTH
from derivations.matrix import Expression, in_order, is_a, name_of
from derivations.show.layout import lines_of
from derivations.show.page import Heading, Note, Page, Part, Table
from derivations.step import Derivation, Equation, Formula, NotVerified, Step, Words
from derivations.truth import Truth
from derivations.typography import Text

MAX_LINES = 40
LONG = 400  # characters of a formula that are looked at to find the likest


def judged(derivation: Derivation, ahead: Mapping[str, Step], text: str) -> Answer:
    """Return what is to be said to a text, where these lines are still to come.

    Several lines of text are several equations.
    """
    board = Board(derivation, ahead)
    text = text[: MAX_LINES * (MAX_LENGTH + 1)]
    lines = [line[: MAX_LENGTH + 1] for line in text.splitlines() if line.strip()] or [text]
    if len(lines) > MAX_LINES:
        return undecided(f"no more than {MAX_LINES} lines are judged at once")
    answers = [_of_text(board, line) for line in lines]
    if len(lines) == 1:
        return answers[0]
    first = next(iter(ahead.values()), None)
    return together(lines, answers, len(lines_of(first.after)) if first else 0)


def _of_text(board: Board, text: str) -> Answer:
    alike = board.as_written(text)
    if alike is not None:
        return equal(AS_IT_STANDS, alike, board)
    vocabulary = vocabulary_of(board.derivation)
    if not vocabulary.symbols:
        from derivations.answers.scalar_answers import judged_as_scalar

        return judged_as_scalar(board, text)
    judge = Judge(board, board.derivation.truth)
    left, _, right = text.partition("=")
    named = [t for t in board.named(left) if isinstance(t.left, Words)]
    try:
        if named:  # words cannot be read
            return judge.among(named, parse(right.strip(), vocabulary))
        return _of_either_reading(judge, read(text, vocabulary))
    except FormulaError as error:
        return unreadable(error)


def _of_either_reading(judge: Judge, reading: Reading) -> Answer:
    """Return the answer to the reading of a bare ∂ that is right, and say which one it is."""
    total = judge.answer(reading.formula)
    if not reading.bare_partial:
        return total
    if total.kind == "equal":
        return total.noted("Your ∂ is right as the total derivative d.")
    if reading.immediate is not None:
        immediate = judge.answer(reading.immediate)
        if immediate.kind == "equal":
            return immediate.noted("Your ∂ is right as the immediate derivative ∂⁺, not as d.")
    return total.noted("Your ∂ was read as the total derivative d, and as the immediate one ∂⁺.")


@dataclass(frozen=True)
class Judge:
    """Judges lines about a derivation; `truth` is None where there is no network to run.

    `assuming` says what is assumed of the point at which the truth is computed.
    """

    board: Board
    truth: Truth | None
    assuming: str = ""

    def answer(self, line: Line) -> Answer:
        """Return the answer to an equation, or to a right side by itself."""
        if not isinstance(line, Equation):
            return self.among([t for t in self.board.all if t.relation == "="], line)
        left, right = line.left, line.right
        assert isinstance(left, Expression)
        assert isinstance(right, Expression)
        if left in in_order(right):
            return undecided("the left side stands on the right as well, so it says nothing")
        targets = self.board.about(left, line.relation)
        if line.relation != "=":
            return self._by_own_check(line, self._likest(targets, right))
        return self._of_equation(line, left, right, targets)

    def _likest(self, targets: Sequence[Target], right: Expression) -> Target | None:
        """Return the target that is equal to a right side and most like it, or else the first.

        What is still to come goes before what is not.
        """
        same = [t for t in targets if t.right is right]
        same = same or [t for t in targets if self._seems_same(t.right, right)]
        same = [t for t in same if t.number in self.board.ahead] or same
        text = right.text()[:LONG]
        close = {t: SequenceMatcher(None, text, t.right.text()[:LONG]).ratio() for t in same}
        return max(close, key=lambda t: close[t], default=next(iter(targets), None))

    def _of_equation(
        self, line: Equation, left: Expression, right: Expression, targets: Sequence[Target]
    ) -> Answer:
        target = self._likest(targets, right)
        if _misfit(left, right):
            return self._of_other_shape(left, right)
        finding = self._compared(left, right)
        if isinstance(finding, Equal):
            return self._equal(finding, right, target)
        doubtful = [t for t in targets if not self._holds(t)]
        if doubtful and (judge := self._where_it_holds(doubtful[0])):
            found = judge._of_equation(line, left, right, targets)
            return found.noted(f"Judged where {judge.assuming}.")
        if isinstance(finding, Different) and self._is_to_be_trusted(targets, doubtful):
            return self._different(finding, left, right, target)
        return self._by_own_check(line, target, finding)

    def _holds(self, target: Target) -> bool:
        """Say whether a line is true of the network as it is, without any assumption."""
        if not isinstance(target.left, Expression) or not isinstance(target.right, Expression):
            return False
        return self._agree(target.left, target.right)

    def _where_it_holds(self, target: Target) -> Judge | None:
        """Return a judge under whose assumption a line is true: that a column sums to one."""
        if self.truth is None or self.assuming:
            return None
        for one in self.truth.network.given:
            network = replace(self.truth.network, normalized=frozenset({name_of(one).letter}))
            truth = Truth(network, self.truth.sizes, indices=self.truth.indices)
            judge = replace(self, truth=truth, assuming=f"the entries of {one.text()} sum to one")
            if one.shape[1] == "1" and judge._holds(target):
                return judge
        return None

    def _is_to_be_trusted(self, targets: Sequence[Target], doubtful: Sequence[Target]) -> bool:
        """Say whether what differs is wrong: a line may need assumptions that are not made."""
        if targets or self.assuming:
            return not doubtful
        normalized = self.truth is not None and self.truth.network.normalized
        return bool(normalized) or not self.board.derivation.assumptions

    def _by_own_check(
        self, line: Equation, target: Target | None, finding: Finding | None = None
    ) -> Answer:
        """Ask who checked the line of the derivation, about this line in its place."""
        if target is None:
            return undecided("no line here is about this left side, and it holds or fails by more")
        assert isinstance(line.right, Expression)
        same = self._same(target.right, line.right)
        if same is not None:
            return self._equal(same, line.right, target)
        step = target.step
        try:
            if step is None or step.check is None or not target.alone:
                raise NotVerified("it cannot be asked about this line alone")
            verdict = step.check(step.before, line)
        except (NotVerified, TypeError, LookupError, ArithmeticError) as error:
            reason = finding.why if isinstance(finding, Undecided) else str(error)
            return undecided(f"the check of this line does not confirm it ({reason})")
        return self._equal(Equal("", by=f"the check of this line, {verdict}"), line.right, target)

    # --------------------------------------------------------------------- a right side by itself

    def among(self, targets: Sequence[Target], right: Expression) -> Answer:
        """Return the answer to the right side of one of these."""
        fitting = [t for t in targets if _fits(t.right, right)]
        target = self._likest(fitting, right)
        if target is None:
            return self._of_other_shape(None, right)
        if any(part is target.left for part in in_order(right)):
            return undecided("that is the left side of a line itself")
        same = self._same(target.right, right)
        if same is not None:
            return self._equal(same, right, target)
        assert isinstance(target.right, Expression)
        if isinstance(target.left, Expression):
            line = Equation(target.left, right)
            others = self.board.about(target.left)
            return self._of_equation(line, target.left, right, [target, *others])
        finding = self._compared(target.right, right)
        if isinstance(finding, Different):
            return self._different(finding, target.right, right, target)
        return undecided(finding.why if isinstance(finding, Undecided) else "the judges disagree")

    # ------------------------------------------------------------------------------ comparing

    def _agree(self, one: Expression, other: Expression) -> bool:
        return self.truth is not None and agree(self.truth, one, other)

    def _seems_same(self, one: Formula, other: Expression) -> bool:
        if not isinstance(one, Expression) or not _fits(one, other):
            return False
        if self.truth is not None:
            return self._agree(one, other)
        from derivations.answers.scalar_answers import counts_as_equal

        return counts_as_equal(one, other)

    def _same(self, one: Formula, other: Expression) -> Equal | None:
        """Say why two right sides are the same, or None if nothing says that they are."""
        if one is other:
            return AS_IT_STANDS
        if not isinstance(one, Expression) or not self._seems_same(one, other):
            return None
        if self.truth is None:
            return BY_ALGEBRA
        finding = self._compared(one, other)
        return finding if isinstance(finding, Equal) else None

    def _compared(self, left: Expression, right: Expression) -> Finding:
        if self.truth is None:
            return Undecided("there is no network here in which formulas could be given values")
        try:
            return equivalent(left, right, self.truth)
        except NO_VALUE as error:
            return Undecided(f"it has no value that could be compared: {error}")

    # ------------------------------------------------------------------------------ what is said

    def _equal(self, finding: Equal, right: object, target: Target | None) -> Answer:
        if target is None:
            return true(finding, "True, but no line here says it.")
        if _has_slopes(right) and not _has_slopes(target.right):
            return true(finding, "True, but slopes are left to be worked out in it.")
        return equal(finding, target, self.board)

    def _different(
        self, finding: Different, said: Expression, right: Expression, target: Target | None
    ) -> Answer:
        witness = finding.witness
        style = Text(lettering_of(self.board.derivation))
        name = said.written(style) if is_a(said, "symbol") else "the right one"
        i, j = witness.element
        parts: list[Part] = [
            Heading("Different."),
            f"At {witness.place}, element ({i}, {j}):",
            Table((("yours", witness.right), (name, witness.left))),
        ]
        assert self.truth is not None
        cell = cell_of_asked(self.board.derivation.asked)
        instead = target.right if target and isinstance(target.right, Expression) else None
        in_house = self.board.derivation.original is None
        found = near_misses(self.truth, cell, said, right, instead, in_house)
        parts += [f"Perhaps: {words}" for words in found]
        parts.append(Note("witness() shows all numbers of that point."))
        return Answer("different", Page(*parts), finding=finding, mistakes=found)

    def _of_other_shape(self, left: Expression | None, right: Expression) -> Answer:
        shown = " × ".join(right.shape)
        if left is None:
            coming = [t.right for t in self.board.all if isinstance(t.right, Expression)]
            transposed = [t for t in coming if self._agree(t, right.T)]
            parts: list[Part] = [f"Yours is {shown}; no line that is left is."]
        else:
            transposed = [left] if _fits(left, right.T) and self._agree(left, right.T) else []
            parts = [f"Yours is {shown}; it should be {' × '.join(left.shape)}."]
        mistakes = ("It is the right one, transposed.",) if transposed else ()
        page = Page(Heading("Different: the shape does not fit."), *parts, *mistakes)
        return Answer("different", page, mistakes=mistakes)


def _misfit(one: Expression, other: Expression) -> bool:
    return one.shape != other.shape and not is_a(one, "number") and not is_a(other, "number")


def _fits(one: object, other: Expression) -> bool:
    return isinstance(one, Expression) and not _misfit(one, other)


def _has_slopes(formula: object) -> bool:
    if not isinstance(formula, Expression):
        return False
    return any(is_a(e, "Jacobian") or is_a(e, "total Jacobian") for e in in_order(formula))
