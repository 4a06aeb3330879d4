"""Formulas about chance with one thing wrong in them, to see that a check notices.

The kinds of mistakes are those people make: a term or factor forgotten, a sign swapped, a power or
index mistaken, a sum lost, E[v²] taken for E[v]² or for Var(v), one number or letter for another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from fractions import Fraction
from typing import Any

from derivations.chance.scalars import (
    Applied,
    Constant,
    Cov,
    Decimal,
    Derivative,
    E,
    Limit,
    Negative,
    Number,
    Over,
    Plus,
    Power,
    Root,
    Scalar,
    SlopeAtZero,
    Sum,
    Times,
    Var,
    Variable,
)
from derivations.step import Equation, Formula, Lines

Mutation = tuple[str, Scalar]


def wrong_formulas(formula: Formula) -> Iterator[tuple[str, Formula]]:
    """Yield the kind of each mistake and the formula with it: a formula, an equation, or lines."""
    if isinstance(formula, Scalar):
        yield from mutations(formula)
    elif isinstance(formula, Equation):
        for kind, left in wrong_formulas(formula.left):
            yield kind, replace(formula, left=left)
        for kind, right in wrong_formulas(formula.right):
            yield kind, replace(formula, right=right)
    elif isinstance(formula, Lines):
        for i, line in enumerate(formula.lines):
            for kind, wrong in wrong_formulas(line):
                yield kind, Lines(*formula.lines[:i], wrong, *formula.lines[i + 1 :])


def mutations(formula: Scalar) -> Iterator[Mutation]:
    """Yield the kind of each mistake and the formula with it, for every place in the formula."""
    for put, part in _places(formula):
        for kind, mistake in KINDS.items():
            for wrong in mistake(part):
                if wrong != part:
                    yield kind, put(wrong)


def _places(formula: Scalar) -> Iterator[tuple[Callable[[Scalar], Scalar], Scalar]]:
    """Yield every part, and what puts another in its place."""
    yield (lambda wrong: wrong), formula
    for name, i, part in _parts(formula):
        for put, inner in _places(part):

            def put_part(wrong: Scalar, put: Any = put, name: str = name, i: int = i) -> Scalar:
                return _with_part(formula, name, i, put(wrong))

            yield put_part, inner


def _parts(formula: Scalar) -> Iterator[tuple[str, int, Scalar]]:
    """Yield the field, the position in it, and the formula there."""
    for spec in fields(formula):  # type: ignore[arg-type]  # every formula is a dataclass
        value = getattr(formula, spec.name)
        for i, part in enumerate(value if isinstance(value, tuple) else (value,)):
            if isinstance(part, Scalar) and spec.name != "upper":
                yield spec.name, i, part


def _with_part(formula: Any, name: str, i: int, part: Scalar) -> Scalar:
    value = getattr(formula, name)
    new = (*value[:i], part, *value[i + 1 :]) if isinstance(value, tuple) else part
    changed: Scalar = replace(formula, **{name: new})
    return changed


# -------------------------------------------------------------------------------- the mistakes


def _part_dropped(part: Scalar) -> Iterator[Scalar]:
    match part:
        case Plus(terms) if len(terms) > 1:
            yield from (Plus(terms[:i] + terms[i + 1 :]) for i in range(len(terms)))
        case Times(factors) if len(factors) > 1:
            kept = (i for i, factor in enumerate(factors) if factor != Number(1))
            yield from (Times(factors[:i] + factors[i + 1 :]) for i in kept)
        case Over(above, _):
            yield above
        case Root(body) | Derivative(body, _) | Limit(_, body):
            yield body


def _sign_swapped(part: Scalar) -> Iterator[Scalar]:
    match part:
        case Plus(terms):
            for i, term in enumerate(terms):
                swapped = term.body if isinstance(term, Negative) else Negative(term)
                yield Plus((*terms[:i], swapped, *terms[i + 1 :]))
        case Negative(body):
            yield body


def _power_mistaken(part: Scalar) -> Iterator[Scalar]:
    if isinstance(part, Power) and isinstance(part.exponent, int):
        yield part.base
        yield Power(part.base, part.exponent + 1)
    elif isinstance(part, Power):
        yield Power(part.base, part.exponent + 1)
    elif isinstance(part, E | Var | Variable | Constant):
        yield Power(part, 2)


def _index_mistaken(part: Scalar) -> Iterator[Scalar]:
    if isinstance(part, Variable) and part.index:
        yield replace(part, index="")
    if isinstance(part, Variable) and part.time:
        yield replace(part, time="")
    if isinstance(part, Constant) and part.word:
        yield replace(part, word="")


def _sum_lost(part: Scalar) -> Iterator[Scalar]:
    if isinstance(part, Sum):
        yield part.body
        if not part.but:
            yield replace(part, upper=part.upper - 1)
            yield replace(part, upper=part.upper + 1)


def _moment_mistaken(part: Scalar) -> Iterator[Scalar]:
    match part:
        case E(Power(base, 2)):
            yield E(base) ** 2
            yield Var(base)
        case E(body):
            yield Var(body)
        case Var(body):
            yield E(body)
            yield E(body**2)
        case Cov(first, second):
            yield E(first * second)
            yield E(first) * E(second)


def _fraction_inverted(part: Scalar) -> Iterator[Scalar]:
    if isinstance(part, Over):
        yield Over(part.below, part.above)


def _number_mistaken(part: Scalar) -> Iterator[Scalar]:
    match part:
        case Number(number):
            yield Number(number + 1)
            yield Number(2 * number)
        case Decimal(digits):
            last = str((int(digits[-1]) + 1) % 10)
            yield Decimal(digits[:-1] + last)
            yield Decimal(str(float(2 * Fraction(digits))))


def _function_mistaken(part: Scalar) -> Iterator[Scalar]:
    others = {"relu": "tanh", "tanh": "σ", "σ": "relu", "leaky": "relu"}
    if isinstance(part, Applied | SlopeAtZero) and part.function in others:
        yield replace(part, function=others[part.function])


KINDS: dict[str, Callable[[Scalar], Iterator[Scalar]]] = {
    "part dropped": _part_dropped,
    "sign swapped": _sign_swapped,
    "power mistaken": _power_mistaken,
    "index mistaken": _index_mistaken,
    "sum lost": _sum_lost,
    "moment mistaken": _moment_mistaken,
    "fraction inverted": _fraction_inverted,
    "number mistaken": _number_mistaken,
    "function mistaken": _function_mistaken,
}
