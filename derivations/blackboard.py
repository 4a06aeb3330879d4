"""The blackboard: lines written one below the other, each verified as it is written.

A line that does not hold cannot be written: `Blackboard.line` raises `NotVerified`. By default a
line is held against the truth of the network that the derivation is about; another check can be
named.

>>> from derivations.matrix import NOW, PREVIOUS, at, symbol, total
>>> from derivations.network import Network
>>> from derivations.step import Equation
>>> from derivations.template import Definition
>>> R, h, L = symbol("R", ("n", "n")), symbol("h", ("n", "1"), NOW), symbol("L", ("1", "1"))
>>> board = Blackboard(Network((Definition(h, R @ at(h, PREVIOUS)),)), start=h)
>>> print(board.line("Insert", R @ at(h, PREVIOUS), "The state is defined so.").verdict.kind)
tested
>>> board.line("Insert", R.T @ at(h, PREVIOUS), "A transpose too many.")
Traceback (most recent call last):
    ...
derivations.step.NotVerified: R h_{t-1} = Rᵀ h_{t-1} does not hold at t = 1
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from derivations.matrix import Expression, name_of
from derivations.network import Network, Range
from derivations.step import Check, Derivation, Equation, Formula, Lines, Step, Symbol
from derivations.topics import TOPICS
from derivations.truth import SMALL, Truth


class Blackboard:
    """Lines about a network, verified one by one; `derivation` makes them one.

    `sizes` adds letters to those at which lines are tested (n = 2, m = 3, k = 4, T = 3), and
    `indices` says what other free indices than t run over, such as k = 0 .. t - 1.
    """

    def __init__(
        self,
        network: Network,
        start: Formula,
        *,
        sizes: Mapping[str, int] | None = None,
        indices: Mapping[str, Range] | None = None,
    ) -> None:
        dimensions = {**SMALL.dimensions, **(sizes or {})}
        self.truth = Truth(network, type(SMALL)(dimensions), indices=indices)
        self.at: Formula = start
        self.steps: list[Step] = []

    def line(
        self,
        rule: str,
        after: Formula,
        why: str,
        *,
        before: Formula | None = None,
        check: Check | None = None,
        details: Iterable[Step] = (),
        changed: Formula | None = None,
        source: str = "",
        assumptions: Sequence[str] = (),
    ) -> Step:
        """Write the next line and return its step.

        It follows from the line above, or from `before`. Raises `NotVerified` for a line that does
        not hold.
        """
        start = self.at if before is None else before
        step = Step.checked(
            rule,
            start,
            after,
            why,
            check or self.truth.check,
            changed=changed_part(start, after) if changed is None else changed,
            substeps=tuple(details),
            source=source,
            assumptions=tuple(assumptions),
        )
        self.steps.append(step)
        self.at = after
        return step

    def aside(self, start: Formula) -> Blackboard:
        """Return an empty blackboard about the same network: for the details of a line."""
        other = object.__new__(Blackboard)
        other.truth, other.at, other.steps = self.truth, start, []
        return other

    def derivation(
        self,
        topic: str,
        statement: Formula | None = None,
        *,
        title: str = "",
        meanings: Mapping[str, str] | None = None,
        summary: str = "",
        source: str = "",
        weakened: Callable[[str], Derivation] | None = None,
    ) -> Derivation:
        """Return what stands on the board as a derivation of its last line, or of `statement`.

        A topic of the catalogue has a `title` there. `meanings` explains, by letter, what is given;
        what is defined brings its own.
        """
        return Derivation(
            topic=topic,
            title=title or TOPICS[topic].title,
            statement=self.at if statement is None else statement,
            steps=tuple(self.steps),
            symbols=tuple(table_of_symbols(self.truth.network, meanings or {})),
            source=source,
            summary=summary,
            weakened=weakened,
            truth=self.truth,
        )


def table_of_symbols(network: Network, meanings: Mapping[str, str]) -> Iterable[Symbol]:
    """Yield a row for everything that has a name in the network.

    Raises ValueError for a symbol that nothing explains.
    """
    defined = {name_of(d.left).letter: d.meaning for d in network.equations}
    for one in network.vocabulary:
        letter = name_of(one).letter
        meaning = meanings.get(letter) or defined.get(letter)
        if not meaning:
            raise ValueError(f"nothing explains {one.text()}: name it in `meanings`")
        yield row(one, meaning)


def row(name: Expression, meaning: str) -> Symbol:
    """Return the row of a table of symbols for one symbol."""
    sizes = (f"({size})" if "+" in size else size for size in name.shape)
    return Symbol(name, meaning, " × ".join(sizes))


def changed_part(before: Formula, after: Formula) -> Formula:
    """Return the smallest part of `before` that stands in the place of what is new in `after`."""
    if isinstance(before, Lines) and isinstance(after, Lines):
        kept = {line.text() for line in after.lines}
        gone = [line for line in before.lines if line.text() not in kept]
        return gone[0] if len(gone) == 1 else before
    if isinstance(before, Equation) and isinstance(after, Equation):
        if before.left.text() == after.left.text():
            return changed_part(before.right, after.right)
        return before
    if isinstance(before, Expression) and isinstance(after, Expression):
        return _changed_within(before, after)
    return before


def _changed_within(before: Expression, after: Expression) -> Expression:
    while before.operation is after.operation and before.data == after.data:
        pairs: list[tuple[Any, Any]] = list(zip(before.arguments, after.arguments, strict=False))
        different = [(a, b) for a, b in pairs if a is not b]
        if len(before.arguments) != len(after.arguments) or len(different) != 1:
            break
        ((before, after),) = different
    return before
