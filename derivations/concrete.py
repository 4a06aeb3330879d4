"""Formulas about concrete numbers, worked out exactly by SymPy: examples and counterexamples."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np

from derivations.arithmetic import NumberSystem
from derivations.matrix import Bindings, Expression, is_a, value_at
from derivations.step import Equation, Formula, Lines, NotVerified, Verdict

Matrix = Sequence[Sequence[Fraction | int]]
Values = Mapping[Expression, Matrix | Expression]  # what symbols stand for


def _system() -> NumberSystem:
    import sympy

    def elementwise(function: Any) -> Any:
        return np.frompyfunc(function, 1, 1)

    return NumberSystem(
        number=lambda value: sympy.Rational(value.numerator, value.denominator),
        functions={
            "tanh": elementwise(sympy.tanh),
            "artanh": elementwise(sympy.atanh),
            "norm": lambda a: sympy.Max(*sympy.Matrix(a).singular_values()),
            "largest singular value": lambda a: sympy.Max(*sympy.Matrix(a).singular_values()),
            "largest entry": lambda a: sympy.Max(*map(abs, a.flat)),
            "smaller of": lambda *pair: sympy.Min(*(side.item() for side in pair)),
        },
    )


@dataclass(frozen=True)
class Concrete:
    """Checks equations about symbols that have these numbers, at these values of the indices.

    A symbol may also stand for another expression.

    What is verified is the line itself, whatever stood before it. Right sides of equations ``u =
    [2; 1]`` are the numbers themselves.
    """

    values: Values
    indices: Mapping[str, range] = field(default_factory=dict)

    def __call__(self, before: Formula, after: Formula) -> Verdict:
        """Return the verdict; raises `NotVerified` naming the equation that is false."""
        for line in after.lines if isinstance(after, Lines) else (after,):
            if not isinstance(line, Equation) or not self._holds(line):
                raise NotVerified(f"does not hold for these numbers: {line.text()}")
        at = ", ".join(f"{name} = {span[0]} .. {span[-1]}" for name, span in self.indices.items())
        return Verdict("exact", "SymPy, with these numbers", at or "the numbers given")

    def _holds(self, line: Equation) -> bool:
        left, right = line.left, line.right
        if not isinstance(left, Expression) or not isinstance(right, Expression):
            return False
        if left.shape != right.shape and ("1", "1") not in (left.shape, right.shape):
            return False
        return all(
            _related(self.value(left, case), line.relation, self.value(right, case))
            for case in self._cases()
        )

    def _cases(self) -> Iterator[dict[str, int]]:
        for numbers in product(*self.indices.values()):
            yield dict(zip(self.indices, numbers, strict=True))

    def value(self, expression: Expression, bindings: Bindings) -> Any:
        """Return the exact value of an expression, an array of SymPy's numbers."""
        if is_a(expression, "blocks below each other"):
            return np.concatenate([self.value(part, bindings) for part in expression.arguments])
        return np.atleast_2d(value_at(expression, bindings, self._leaf, _system()))

    def _leaf(self, node: Expression, bindings: Bindings) -> Any:
        import sympy

        known = self.values.get(node)
        if isinstance(known, Expression):
            return self.value(known, bindings)

        if is_a(node, "identity"):
            return np.array(sympy.eye(int(node.shape[0])), dtype=object)
        if known is None:
            raise NotVerified(f"{node.text()} has no number here")
        return np.array([[sympy.Rational(v) for v in row] for row in known], dtype=object)


def _related(one: Any, relation: str, other: Any) -> bool:
    import sympy

    pairs = list(zip(*(side.flat for side in np.broadcast_arrays(one, other)), strict=True))
    gaps = [sympy.simplify(a - b) for a, b in pairs]
    if relation == "=":
        return all(gap == 0 for gap in gaps)
    if relation == "≠":
        return any(gap != 0 for gap in gaps)
    return relation == "≤" and all(bool(gap <= 0) for gap in gaps)
