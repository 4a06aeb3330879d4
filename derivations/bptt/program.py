"""Adjoint equations written out for t = T .. 1 are a program; here it is run and its end judged.

Each line may read what lines above it define. The last ones are the gradients, and they are held
against what the loss does when all parameters are nudged at once, along a random direction: one run
forward, however many steps there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from derivations.arithmetic import add_up
from derivations.degrees import power_of_two
from derivations.matrix import Bindings, Expression, Name, name_of, value_at
from derivations.network import Network
from derivations.nudging import Array, DegreeNumbers, FieldNumbers, Numbers
from derivations.sizes import Sizes
from derivations.step import Equation, Formula, Lines, NotVerified, Verdict
from derivations.truth import Forward, Key, Truth


@dataclass(frozen=True)
class Program:
    """Judges adjoint equations with numbers for t, whose last lines are gradients."""

    network: Network
    sizes: Sizes

    def check(self, before: Formula, after: Formula) -> Verdict:
        """Return the verdict on the gradients at the end.

        Raises `NotVerified` naming those that are wrong, or a line that reads what no line above it
        defines.
        """
        lines = list(_equations(after))
        gradients = self._run(self._truth, lines)
        wrong = [name_of(s).letter for s in gradients if not self._holds({s: gradients[s]})]
        if wrong:
            raise NotVerified(f"not the total derivative of the loss: {', '.join(wrong)}")
        letters = [d for d in ("n", "m", "k", "T") if d in self._letters(gradients)]
        sizes = ", ".join(f"{d} = {self.sizes.dimensions[d]}" for d in letters)
        by = "dual numbers over a prime field, the lines carried out in their order"
        return Verdict("tested", by, sizes, self._error_bound(lines))

    @cached_property
    def _truth(self) -> Truth:
        return self._made(FieldNumbers())

    def _made(self, numbers: Numbers) -> Truth:
        truth = Truth(self.network, self.sizes, numbers)
        truth.base.through_time()
        return truth

    def _run(self, truth: Truth, lines: Iterable[Equation]) -> dict[Expression, Array]:
        """Carry the lines out and return those that are gradients of what is given."""
        known: dict[Name, Array] = {}
        gradients: dict[Expression, Array] = {}

        def leaf(node: Expression, bindings: Bindings) -> Array:
            if truth.constant(node) is not None or name_of(node).kind != "total":
                return truth.leaf(node, bindings)
            if name_of(node) not in known:
                raise NotVerified(f"{node.text()} is read before a line defines it")
            return known[name_of(node)]

        for line in lines:
            left, right = line.left, line.right
            assert isinstance(left, Expression)
            assert isinstance(right, Expression)
            value = value_at(right, truth.bindings, leaf, truth.numbers.system)
            found = np.broadcast_to(np.asarray(value), self.sizes.of(left.shape))
            known[name_of(left)] = found
            if self._is_given(left):
                gradients[left] = found
        return gradients

    def _is_given(self, adjoint: Expression) -> bool:
        letter, moment, _, _ = name_of(adjoint)
        t = None if moment is None else moment.offset
        defined = self.network.definition(letter, t, self.sizes.dimensions)
        return letter in self.network.stored or defined is None

    def _holds(self, gradients: Mapping[Expression, Array]) -> bool:
        moved, said = self._balance(self._truth, gradients)
        return bool(moved.tangent == said.value)

    def _balance(self, truth: Truth, gradients: Mapping[Expression, Array]) -> tuple[Any, Any]:
        """Return the loss, moving, and what the gradients say of how it moves."""
        nudges: dict[Key, Array] = {}
        said = []
        for adjoint, claimed in gradients.items():
            for block, part in self._blocks(adjoint, claimed):
                moment = name_of(block).moment
                key = (name_of(block).letter, None if moment is None else moment.offset)
                nudges[key] = truth.numbers.draw(("direction", *key), part.shape)
                said += list((part * nudges[key]).flat)
        loss = self.network.loss
        assert loss is not None
        run = Forward(truth, nudges).through_time()
        return run.value(loss, None).flat[0], add_up(said)

    def _blocks(self, adjoint: Expression, claimed: Array) -> Iterator[tuple[Expression, Array]]:
        blocks = self.network.stored.get(name_of(adjoint).letter, (adjoint,))
        start = 0
        for block in blocks:
            (width,) = self.sizes.of(block.shape[1:])
            yield block, claimed[:, start : start + width]
            start += width

    def _error_bound(self, lines: Iterable[Equation]) -> str:
        numbers, judge = DegreeNumbers(), self._truth.numbers
        assert isinstance(judge, FieldNumbers)
        shadow = self._made(numbers)
        moved, said = self._balance(shadow, self._run(shadow, lines))
        return power_of_two(numbers.degrees.bound(moved.tangent + said.value), judge.field.prime)

    def _letters(self, gradients: Iterable[Expression]) -> set[str]:
        shapes = [d for g in [*gradients, *self.network.given] for d in g.shape]
        return {"T", *(part for d in shapes for part in d.split("+"))}


def _equations(after: Formula) -> Iterator[Equation]:
    for line in after.lines if isinstance(after, Lines) else (after,):
        if not isinstance(line, Equation) or not isinstance(line.left, Expression):
            raise TypeError(f"{line.text()} defines nothing")
        yield line
