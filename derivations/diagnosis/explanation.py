"""Which mistake do wrong numbers come from? Single mistakes first, then pairs, and no guessing.

An `Explainer` computes, for one set of arguments, the gradients to which every mistake leads. A
student's arrays are then compared with all of them. More than one formula that explains the numbers
explains nothing: the answer abstains, and says between which it cannot decide.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Any, Literal

import numpy as np

from derivations.arithmetic import ARRAYS
from derivations.bptt.evaluation import Arguments, Evaluation, Run
from derivations.bptt.form import ClosedForm
from derivations.diagnosis.fingerprints import Point
from derivations.mistakes import WrongForm, together, wrong_forms
from derivations.sizes import Sizes

Gradients = Mapping[str, Any]
Answer = Literal["right", "mistake", "undecided", "unknown"]

DISTINCT = Sizes({"1": 1, "n": 2, "m": 3, "k": 4, "T": 6, "B": 5})
"""Sizes at which two closed forms that agree are taken for the same formula."""


@dataclass(frozen=True)
class Explanation:
    """What is known of a student's gradients.

    `answer` is ``"right"``; ``"mistake"``, when one mistake or pair of mistakes explains the
    numbers and nothing else does; ``"undecided"``, when several different ones would; or
    ``"unknown"``. `candidates` are the wrong forms that explain them: for a mistake, all the names
    that the same formula goes by. `wrong` names the gradients that differ from the true ones.
    """

    answer: Answer
    candidates: tuple[WrongForm, ...] = ()
    wrong: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the mistakes, empty unless the answer is a mistake."""
        return self.candidates[0].names if self.answer == "mistake" else ()

    def __str__(self) -> str:
        if self.answer == "right":
            return "right"
        told = [candidate.text() for candidate in self.candidates]
        if self.answer == "mistake":
            return told[0]
        between = f"undecided between: {'; '.join(told)}" if told else "no known mistake"
        return f"wrong in {', '.join(self.wrong)}; {between}"


def explain_numbers(
    form: ClosedForm, arguments: Arguments, gradients: Gradients, tolerance: float = 1e-6
) -> Explanation:
    """Return what explains a student's gradients, given the arguments that they were computed from.

    `gradients` maps parameters and initial states (``h_0``) to arrays shaped as `evaluate` gives
    them; not all need be there. Numbers agree when they differ by at most `tolerance` times the
    largest number of their array. Raises ValueError for a name that is no gradient, for arrays of
    another shape, and when there are no gradients; as `evaluate` does for the arguments.
    """
    return Explainer(form, arguments, tolerance).explain(gradients)


class Explainer:
    """The gradients to which every single mistake leads, from the same arguments."""

    def __init__(self, form: ClosedForm, arguments: Arguments, tolerance: float = 1e-6) -> None:
        self.form, self.tolerance = form, tolerance
        self.sizes = arguments.sizes(form.template)
        run = Run(form, arguments.bound(form.template), self.sizes, ARRAYS)
        run.forward()
        self._forward = run.environment
        self.right = self.of(form).gradients
        self.mistakes = wrong_forms(form)
        self._known: dict[tuple[int, int], list[tuple[WrongForm, Gradients]]] = {}

    def of(self, form: ClosedForm) -> Evaluation:
        """Return what a closed form of this cell computes from the arguments."""
        run = Run(form, dict(self._forward), self.sizes, ARRAYS)
        run.backward()
        return run.result()

    @cached_property
    def outcomes(self) -> list[tuple[WrongForm, Gradients]]:
        """The gradients to which each single mistake leads."""
        return [(one, self.of(one.form).gradients) for one in self.mistakes]

    def explain(self, gradients: Gradients) -> Explanation:
        """Return what explains a student's gradients; see `explain_numbers`."""
        given = self._fitted(gradients)
        wrong = tuple(name for name in given if not self.agree(given, self.right, [name]))
        if not wrong:
            return Explanation("right")
        found = self._matching(given, self.outcomes)
        if not found:
            found = self._matching(given, list(self._pairs(given, set(wrong))))
        if not found:
            return Explanation("unknown", (), wrong)
        one = all(self.same_formula(found[0], other) for other in found[1:])
        return Explanation("mistake" if one else "undecided", tuple(found), wrong)

    def agree(self, one: Gradients, other: Gradients, names: Iterable[str]) -> bool:
        """Say whether two sets of gradients agree, as far as their names go."""
        return all(self._close(one[name], other[name], name) for name in names)

    def same_formula(self, one: WrongForm, other: WrongForm) -> bool:
        """Say whether two wrong forms have equal gradients at a random point of a prime field."""
        ours, theirs = (self._exact(wrong) for wrong in (one, other))
        pairs = [(a, b) for name in ours for a, b in _entries(ours[name], theirs[name])]
        return all(a.value == b.value for a, b in pairs)

    def _exact(self, wrong: WrongForm) -> Gradients:
        return self._point.of_wrong(wrong.form).gradients

    @cached_property
    def _point(self) -> Point:
        return Point(self.form, DISTINCT)

    def _matching(
        self, given: Gradients, outcomes: Iterable[tuple[WrongForm, Gradients]]
    ) -> list[WrongForm]:
        return [wrong for wrong, found in outcomes if self.agree(given, found, given)]

    def _pairs(self, given: Gradients, wrong: set[str]) -> Iterator[tuple[WrongForm, Gradients]]:
        """Yield the pairs that can explain the numbers, with the gradients they lead to.

        A gradient that only one of the two mistakes reaches is what that one alone makes of it.
        """
        reached = [reached & set(given) for reached in self._reached]
        agreeing = [
            {name for name in given if self.agree(given, found, [name])}
            for _, found in self.outcomes
        ]
        for i, j in combinations(range(len(self.mistakes)), 2):
            either, one, other = (
                reached[i] | reached[j],
                reached[i] - reached[j],
                reached[j] - reached[i],
            )
            if wrong <= either and one <= agreeing[i] and other <= agreeing[j]:
                yield from self._pair(i, j)

    @cached_property
    def _reached(self) -> list[set[str]]:
        """The gradients that each single mistake makes wrong."""
        return [
            {name for name in self.right if not self.agree(found, self.right, [name])}
            for _, found in self.outcomes
        ]

    def _pair(self, i: int, j: int) -> list[tuple[WrongForm, Gradients]]:
        if (i, j) not in self._known:
            made = together(self.mistakes[i], self.mistakes[j])
            self._known[i, j] = [(pair, self.of(pair.form).gradients) for pair in made]
        return self._known[i, j]

    def _close(self, one: Any, other: Any, name: str) -> bool:
        scale = float(np.max(np.abs(self.right[name]))) or 1.0
        return bool(np.max(np.abs(one - other)) <= self.tolerance * scale)

    def _fitted(self, gradients: Gradients) -> dict[str, Any]:
        if not gradients:
            raise ValueError("there are no gradients to explain")
        unknown = [name for name in gradients if name not in self.right]
        if unknown:
            known = ", ".join(self.right)
            raise ValueError(f"no gradient {', '.join(unknown)}; there are: {known}")
        fitted = {name: np.asarray(array, float) for name, array in gradients.items()}
        for name, array in fitted.items():
            if array.shape != (expected := np.shape(self.right[name])):
                raise ValueError(f"the gradient {name} has shape {array.shape}, not {expected}")
        return fitted


def _entries(one: Any, other: Any) -> Iterator[tuple[Any, Any]]:
    return zip(one.flat, other.flat, strict=True)


# --------------------------------------------------------------------------------- certificates


@dataclass(frozen=True)
class Certificate:
    """Which mistakes given arguments tell apart.

    `unseen` are the mistakes whose gradients are the true ones here; `confused` the pairs of other
    mistakes, different formulas, whose gradients agree here; `equivalent` the pairs that are the
    same formula, which no arguments can tell apart.
    """

    unseen: tuple[WrongForm, ...]
    confused: tuple[tuple[WrongForm, WrongForm], ...]
    equivalent: tuple[tuple[WrongForm, WrongForm], ...]

    @property
    def holds(self) -> bool:
        """Say whether every mistake is separated from the truth and from every other one."""
        return not self.unseen and not self.confused


def certificate(form: ClosedForm, arguments: Arguments, tolerance: float = 1e-6) -> Certificate:
    """Return which mistakes these arguments separate, from the truth and from one another.

    Gradients count as separate when they differ by more than three times the tolerance: then no
    student's numbers can agree with both. Raises ValueError as `evaluate` does.
    """
    explainer = Explainer(form, arguments, 3 * tolerance)
    names = list(explainer.right)
    right, outcomes = explainer.right, explainer.outcomes
    unseen = [wrong for wrong, found in outcomes if explainer.agree(right, found, names)]
    seen = [(wrong, found) for wrong, found in outcomes if wrong not in unseen]
    alike = [
        (one, other)
        for (one, ours), (other, theirs) in combinations(seen, 2)
        if explainer.agree(ours, theirs, names)
    ]
    same = [pair for pair in alike if explainer.same_formula(*pair)]
    confused = [pair for pair in alike if pair not in same]
    return Certificate(tuple(unseen), tuple(confused), tuple(same))
