"""The judge of a closed form: numbers of a finite field that move along random directions.

Nothing here trusts a pull-back. A `Judge` nudges a parameter or a variable, lets everything
downstream move in dual numbers, and compares what the loss does with what the closed form says.
What fails is `NotVerified`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, partial
from typing import Any

import numpy as np

from derivations.arithmetic import NumberSystem, add_up, over_arrays
from derivations.bptt.evaluation import (
    Environment,
    Evaluation,
    Key,
    Run,
    blocks_of,
    key,
    sequences,
)
from derivations.bptt.form import ClosedForm
from derivations.degrees import Degree, Degrees, power_of_two
from derivations.field import MERSENNE_FIELD, Dual, PrimeField
from derivations.matrix import Expression, array_of, name_of
from derivations.nudging import filled
from derivations.sizes import Sizes
from derivations.step import NotVerified, Verdict
from derivations.template import Template
from derivations.truth import SMALL
from derivations.verify import sizes_text

Claim = Mapping[Key, Any]  # what is said to be the gradient with respect to each of these


@dataclass(frozen=True, eq=False)
class Judge:
    """Holds a closed form against dual numbers run forward, at one random point of a prime field.

    A claim is a gradient: of a parameter, of an initial state (``h_0``), or of a variable at a step
    (``h_2``), for which it is the total derivative of the loss.
    """

    form: ClosedForm
    sizes: Sizes = SMALL
    field: PrimeField = MERSENNE_FIELD

    def wrong(self, names: Iterable[str] | None = None) -> list[str]:
        """Return the names of the claims that do not hold, of all claims or of those named."""
        return [name for name in names or self.claims if not self.holds(name)]

    def holds(self, name: str) -> bool:
        """Say whether the loss moves as the claim says, along a random direction."""
        claim = self.claims[name]
        directions = {place: self._direction(place, array.shape) for place, array in claim.items()}
        moved = _loss(self.form, self._given, self.sizes, self._system, directions)
        said = add_up([np.sum(array * directions[place]) for place, array in claim.items()])
        return bool(moved.tangent == said.tangent)

    def verdict(self, names: Iterable[str] | None = None) -> Verdict:
        """Return the verdict on the claims; raises `NotVerified` naming those that do not hold."""
        names = list(self.claims if names is None else names)
        wrong = self.wrong(names)
        if wrong:
            raise NotVerified(f"not the total derivative of the loss: {', '.join(wrong)}")
        by = f"dual numbers over a prime field, {self.form.template.name} run forward"
        letters = [d for d in self.sizes.dimensions if d in self._letters]
        sizes = sizes_text(self.sizes, letters)
        return Verdict("tested", by, sizes, self.error_bound(len(names)))

    def error_bound(self, claims: int) -> str:
        """Return a bound on the probability that one of so many claims is wrong unnoticed."""
        return power_of_two(claims * self._worst, self.field.prime)

    @cached_property
    def claims(self) -> dict[str, Claim]:
        """Every claim of the closed form, by name, evaluated at the random point."""
        found = _run(self.form, self._given, self.sizes, self._system)
        return _claims(self.form, found, self.sizes)

    @property
    def _letters(self) -> set[str]:
        shapes = [block.shape for p in self.form.template.parameters for block in p.blocks]
        return {"T", *(letter for shape in shapes for letter in shape)} - {"1"}

    @cached_property
    def _system(self) -> NumberSystem:
        return over_arrays(self.field.system)

    @cached_property
    def _given(self) -> Environment:
        def draw(*label: object) -> Dual:
            return self.field.dual(self.field.random(*label))

        return given(self.form.template, self.sizes, draw, self._system)

    def _direction(self, place: Key, shape: tuple[int, ...]) -> Any:
        label = ("direction", *place)
        return filled(shape, lambda *ij: self.field.dual(0, self.field.random(*label, *ij)))

    @cached_property
    def _worst(self) -> int:
        """The numerator of the error bound: all claims checked once more, in degrees."""
        degrees = Degrees()
        system = over_arrays(degrees.system)
        start = given(self.form.template, self.sizes, lambda *_: Degree(1), system)
        claims = _claims(self.form, _run(self.form, start, self.sizes, system), self.sizes)
        parts = {place: array for claim in claims.values() for place, array in claim.items()}
        one = Degree(0, 1)
        directions = {place: np.full(array.shape, one) for place, array in parts.items()}
        moved = _loss(self.form, start, self.sizes, system, directions)
        said = sum(entry.value + 1 for array in parts.values() for entry in array.flat)
        return degrees.bound(moved.tangent + said)


def _run(form: ClosedForm, start: Environment, sizes: Sizes, system: NumberSystem) -> Evaluation:
    run = Run(form, dict(start), sizes, system)
    run.through_time()
    return run.result()


def _claims(form: ClosedForm, found: Evaluation, sizes: Sizes) -> dict[str, Claim]:
    """Return what the evaluation says is the gradient with respect to each thing it names."""
    claims: dict[str, Claim] = {}
    for parameter in form.template.parameters:
        gradient = found.gradients[parameter.name]
        claims[parameter.name] = dict(blocks_of(parameter, gradient, sizes))
    for (letter, t), adjoint in found.adjoints.items():
        claims[f"{letter}_{t}"] = {("value", letter, t): adjoint.T}
    return claims


def given(
    template: Template, sizes: Sizes, draw: Callable[..., Any], system: NumberSystem
) -> Environment:
    """Return arrays of drawn scalars for everything the equations start from."""
    blocks = [block for parameter in template.parameters for block in parameter.blocks]
    places: list[tuple[Expression, int | None, tuple[int, ...]]]
    places = [(block, None, sizes.of(block.shape)) for block in blocks]
    places += [(state, 0, sizes.of((state.shape[0], "B"))) for state in template.states]
    for symbol in sequences(template):
        shape = sizes.of((symbol.shape[0], "B"))
        places += [(symbol, t, shape) for t in range(1, sizes.steps + 1)]
    environment: Environment = {}
    for symbol, t, shape in places:
        place = name_of(symbol).kind, name_of(symbol).letter, t
        environment[place] = filled(shape, partial(draw, *place))
        if template.loss and template.loss.targets_sum_to_one and symbol is template.loss.target:
            rest = add_up(list(environment[place][:-1]))
            environment[place][-1] = system.number(Fraction(1)) - rest
    return environment


def _loss(
    form: ClosedForm,
    start: Environment,
    sizes: Sizes,
    system: NumberSystem,
    nudges: Mapping[Key, Any],
) -> Any:
    """Return the loss when each of these moves by its nudge and all that follows moves along."""

    def nudged(place: Key, array: Any) -> Any:
        return array + nudges[place] if place in nudges else array

    environment = {place: nudged(place, array) for place, array in start.items()}
    for t in range(1, sizes.steps + 1):

        def lookup(symbol: Expression, t: int = t) -> Any:
            return environment[key(name_of(symbol), t)]

        for symbol, order in form.tapes.equations:
            place = key(name_of(symbol), t)
            environment[place] = nudged(place, array_of(order, lookup, system))
    return _total_loss(form.template, environment, sizes)


def _total_loss(template: Template, environment: Environment, sizes: Sizes) -> Any:
    steps = range(1, sizes.steps + 1)
    if template.loss is not None:
        objective = name_of(template.loss.objective).letter
        return add_up([np.sum(environment["value", objective, t]) for t in steps])
    # An abstract loss is one whose immediate derivative is the given one: Σ_t ⟨∂⁺ℓ_t/∂h_t, h_t⟩.
    letter = name_of(template.output).letter
    products = [
        environment["immediate", letter, t] * environment["value", letter, t] for t in steps
    ]
    return add_up([np.sum(product) for product in products])
