"""How a formula differs from another, as one sees it: matching terms first, then their factors.

Terms and factors are matched by their values, so it does not matter how or in which order they are
written.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from derivations.diagnosis.fingerprints import Point, Print
from derivations.matrix import (
    SUM_OVER,
    Expression,
    as_product,
    hadamard,
    number,
)
from derivations.mistakes.lines import terms_of


@dataclass(frozen=True)
class Difference:
    """What is wrong in one term, or that a term is missing or too many.

    `term` is a term of the right formula, None when there is none such; `missing` and `extra` are
    the factors that are lacking and those that should not be there.
    """

    term: Expression | None
    missing: tuple[Expression, ...] = ()
    extra: tuple[Expression, ...] = ()

    def __str__(self) -> str:
        if self.term is None:
            return f"a term too many: {_product(self.extra)}"
        if self.missing == (self.term,) and not self.extra:
            return f"a term is missing: {self.term.text()}"
        if self.extra == (number(-1),) and not self.missing:
            return f"the sign of the term {self.term.text()}"
        return f"in the term {self.term.text()}: {self._factors()}"

    def _factors(self) -> str:
        if self.missing and self.extra:
            return f"{_product(self.extra)} in place of {_product(self.missing)}"
        if self.missing:
            return f"missing factor {_product(self.missing)}"
        return f"a factor {_product(self.extra)} too many"


def _product(factors: Iterable[Expression]) -> str:
    return hadamard(*factors).text()


def differences(point: Point, right: Expression, given: Expression, free: bool) -> list[Difference]:
    """Return how `given` differs from `right`; `free` says whether t is free in them."""
    while right.operation is given.operation is SUM_OVER and right.data == given.data:
        (right,), (given,), free = right.arguments, given.arguments, True
    matching = _Matching(point, free)
    lacking = matching.without(terms_of(right), terms_of(given))
    surplus = matching.without(terms_of(given), terms_of(right))
    found = []
    while lacking and surplus:
        term, other = max(
            ((r, g) for r in lacking for g in surplus), key=lambda pair: matching.likeness(*pair)
        )
        if not matching.likeness(term, other) and len(lacking) + len(surplus) > 2:
            break
        lacking.remove(term)
        surplus.remove(other)
        found.append(matching.compared(term, other))
    found += [Difference(term, missing=(term,)) for term in lacking]
    return found + [Difference(None, extra=(term,)) for term in surplus]


class _Matching:
    """Matches expressions by their values."""

    def __init__(self, point: Point, free: bool) -> None:
        self.point, self.free = point, free

    def print_of(self, expression: Expression) -> Print | Expression:
        """Return the fingerprint, or the expression itself when it has no value here."""
        try:
            return self.point.fingerprint(expression, self.free)
        except (LookupError, TypeError):
            return expression

    def without(self, ones: Iterable[Expression], others: Iterable[Expression]) -> list[Expression]:
        """Return those of the one kind that are not among the others, each counted once."""
        left = list(map(self.print_of, others))
        kept = []
        for one in ones:
            seen = self.print_of(one)
            if seen in left:
                left.remove(seen)
            else:
                kept.append(one)
        return kept

    def likeness(self, one: Expression, other: Expression) -> int:
        """Return how many factors two terms share."""
        factors = as_product([one])[1]
        return len(factors) - len(self.without(factors, as_product([other])[1]))

    def compared(self, term: Expression, other: Expression) -> Difference:
        """Return what the other term lacks of the first, and has too much."""
        coefficient, factors = as_product([term])
        scale, given = as_product([other])
        missing, extra = self.without(factors, given), self.without(given, factors)
        ratio = Fraction(scale, coefficient)
        scaled = [number(ratio)] if ratio != 1 else []
        return Difference(term, tuple(missing), (*scaled, *extra))
