"""Values of formulas at one random point, exactly: what tells one formula from another.

A `Point` of a prime field knows every variable of a network there, and every adjoint by the closed
form. Two formulas that agree at it are taken for the same one; `derivations.truth` says what the
chance of an error is.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np

from derivations.bptt.evaluation import Evaluation, Run
from derivations.bptt.form import ClosedForm
from derivations.bptt.judge import given
from derivations.field import MERSENNE_FIELD
from derivations.matrix import (
    Bindings,
    Expression,
    free_indices,
    is_a,
    name_of,
    value_at,
)
from derivations.network import of_template
from derivations.nudging import FieldNumbers
from derivations.sizes import Sizes
from derivations.truth import SMALL, Truth

Array = Any  # an object array of dual numbers
EXAMPLES = 5
Print = tuple[object, ...]  # shapes and residues: equal for equal formulas


class Point:
    """A random point of the prime field, with all that a closed form computes there.

    `sizes` are by default the smallest at which nothing hides. A column stands for one example, of
    a batch of B = `EXAMPLES` that only a formula that divides by their number can tell.
    """

    def __init__(self, form: ClosedForm, sizes: Sizes = SMALL) -> None:
        self.form, self.sizes = form, sizes
        self.truth = Truth(of_template(form.template), sizes)
        self.system = FieldNumbers().system
        start = given(form.template, sizes, _drawn, self.system)
        self.run = Run(form, start, sizes, self.system)
        self.run.through_time()
        self.found = self.run.result()

    def of_wrong(self, form: ClosedForm) -> Evaluation:
        """Return what another closed form of the same cell computes at this point."""
        run = Run(form, dict(self.run.environment), self.sizes, self.system)
        run.backward()
        return run.result()

    def within_steps(self, form: ClosedForm) -> Evaluation:
        """Return the same, with what comes from the next step being right."""
        run = Run(form, dict(self.run.environment), self.sizes, self.system)
        for t in range(1, self.sizes.steps):  # so the adjoints of t + 1 are not replaced yet
            run.define(form.tapes.adjoints, t)
        run.define(form.tapes.last, self.sizes.steps)
        return run.result()

    def arrays(self, expression: Expression, free: bool) -> list[Array]:
        """Return the values of an expression: for t = 1 .. T when t is free, else the only one.

        Raises LookupError and TypeError for what has no value here.
        """
        if unknown := set(free_indices(expression)) - {"t", *self.sizes.dimensions}:
            raise LookupError(f"nothing says what {', '.join(sorted(unknown))} is")
        return [self._value(expression, bindings) for bindings in self._cases(free)]

    def fingerprint(self, expression: Expression, free: bool = True) -> Print:
        """Return the fingerprint of an expression, for t = 1 .. T when t is free."""
        return fingerprint(self.arrays(expression, free), self.sizes.of(expression.shape))

    def _cases(self, free: bool) -> Iterator[dict[str, int]]:
        bindings = {**self.sizes.dimensions, "B": EXAMPLES}
        for t in range(1, self.sizes.steps + 1) if free else ():
            yield {**bindings, "t": t}
        if not free:
            yield bindings

    def _value(self, expression: Expression, bindings: Bindings) -> Array:
        return np.asarray(value_at(expression, bindings, self._leaf, self.system))

    def _leaf(self, node: Expression, bindings: Bindings) -> Array:
        if is_a(node, "symbol") and not name_of(node).element:
            letter, moment, kind, _ = name_of(node)
            key = (kind, letter, None if moment is None else moment.at(bindings))
            if key in self.run.environment:
                return self.run.environment[key]
            if kind == "total" and moment is not None and moment.at(bindings) > self.sizes.steps:
                return np.full(self.sizes.of(node.shape), self.system.number(Fraction(0)))
        return self.truth.leaf(node, bindings)


def fingerprint(arrays: list[Array], shape: tuple[int, ...]) -> Print:
    """Return what tells these values from others, spread to their shape."""
    spread = [np.broadcast_to(array, shape) for array in arrays]
    return (shape, *(entry.value for array in spread for entry in array.flat))


def _drawn(*label: object) -> Any:
    return MERSENNE_FIELD.dual(MERSENNE_FIELD.random(*label))
