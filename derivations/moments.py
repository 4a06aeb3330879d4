"""Expectations and variances, exactly, from what is assumed and from nothing else.

A `World` knows some facts about families of random variables (the weights ``w_1, w_2, ...``, the
inputs ``x_1, x_2, ...``) and can say what the expectation of any polynomial in them is. What the
facts do not settle stays an unknown ``E(...)``. So an equation that needs a fact fails without it,
and the `difference` of its two sides *is* the term that the fact was there to remove.

>>> from derivations.scalars import E, Variable
>>> w, x = Variable("w", "j"), Variable("x", "j")
>>> apart = Independent("w", "x")
>>> difference(E(w * x), E(w) * E(x), World(frozenset({apart})), {"j": 1})
0
>>> difference(E(w * x), E(w) * E(x), World(frozenset()), {"j": 1})
E(w[1]*x[1]) - E(w[1])*E(x[1])
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import permutations
from math import factorial
from typing import Any

import sympy

from derivations.scalars import (
    ALONE,
    TYPICAL,
    Bindings,
    Constant,
    Cov,
    E,
    Negative,
    Number,
    Plus,
    Power,
    Scalar,
    Sum,
    Times,
    Var,
    member,
)

_expected = sympy.Function("E")


@dataclass(frozen=True)
class Independent:
    """The family `first` as a whole is independent of `second`; of itself: its members are."""

    first: str
    second: str


@dataclass(frozen=True)
class ZeroMean:
    """Every member of the family has expectation 0."""

    family: str


@dataclass(frozen=True)
class Identical:
    """All members of the family have the same distribution; of joint ones it says nothing."""

    family: str


@dataclass(frozen=True)
class Certain:
    """Every member of the family is this number."""

    family: str
    number: int


@dataclass(frozen=True)
class Uniform:
    """Every member of the family is uniform between minus and plus the constant `limit`."""

    family: str
    limit: str


Fact = Independent | ZeroMean | Identical | Certain | Uniform


@dataclass(frozen=True)
class World:
    """What is known: facts about families of random variables, and the sizes that have numbers."""

    facts: frozenset[Fact] = frozenset()
    sizes: Mapping[str, int] = field(default_factory=dict)

    def number(self, number: int) -> Any:
        """Return the number as SymPy's."""
        return sympy.Integer(number)

    def root(self, value: Any) -> Any:
        """Return the square root."""
        return sympy.sqrt(value)

    def constant(self, name: str) -> Any:
        """Return the size, or a positive symbol where none is given."""
        known = self.sizes.get(name)
        return sympy.Symbol(name, positive=True) if known is None else sympy.Integer(known)

    def variable(self, family: str, index: int) -> Any:
        """Return a member of the family as a random quantity."""
        for fact in self.facts:
            if isinstance(fact, Certain) and fact.family == family:
                return sympy.Integer(fact.number)
        return sympy.IndexedBase(family)[index]

    def expectation(self, value: Any) -> Any:
        """Return the expectation of a polynomial in the random variables."""
        return sum(
            (self._of_term(t) for t in sympy.Add.make_args(sympy.expand(value))), sympy.S.Zero
        )

    def _of_term(self, term: Any) -> Any:
        """Split off what is not random; independent parts of the rest have expectations apart."""
        result, random = sympy.S.One, {}
        for factor in sympy.Mul.make_args(term):
            base, exponent = factor.as_base_exp()
            if isinstance(base, sympy.Indexed):
                random[base] = exponent
            else:
                result *= factor
        for part in self._independent_parts(random):
            result *= self._of_part({variable: random[variable] for variable in part})
        return result

    def _independent_parts(self, variables: Iterable[Any]) -> list[set[Any]]:
        """Put two variables in the same part unless the facts say they are independent."""
        parts: list[set[Any]] = []
        for variable in sorted(variables, key=str):
            tied = [p for p in parts if any(not self._independent(variable, v) for v in p)]
            parts = [p for p in parts if p not in tied] + [{variable}.union(*tied)]
        return parts

    def _independent(self, one: Any, other: Any) -> bool:
        first, second = _family(one), _family(other)
        return bool({Independent(first, second), Independent(second, first)} & self.facts)

    def _of_part(self, powers: dict[Any, Any]) -> Any:
        """Return one moment: settled by a fact about a single variable, or left unknown."""
        if len(powers) > 1:
            return _expected(sympy.Mul(*(v**p for v, p in powers.items())))
        [(variable, power)] = powers.items()
        family = _family(variable)
        for fact in self.facts:
            if isinstance(fact, Uniform) and fact.family == family:
                return uniform_moment(int(power), fact.limit)
        if power == 1 and ZeroMean(family) in self.facts:
            return sympy.S.Zero
        if Identical(family) in self.facts:
            variable = sympy.IndexedBase(family)[TYPICAL]
        return _expected(variable**power)


def _family(variable: Any) -> str:
    return str(variable.base.label)


@cache
def uniform_moment(power: int, limit: str) -> Any:
    """Return ``∫ u^power / (2 limit) du`` from ``-limit`` to ``limit``."""
    a, u = sympy.Symbol(limit, positive=True), sympy.Symbol("u", real=True)
    return sympy.integrate(u**power / (2 * a), (u, -a, a))


def typical_families(value: Any) -> frozenset[str]:
    """Return the families of which the value mentions a typical member."""
    return frozenset(_family(v) for v in value.atoms(sympy.Indexed) if v.indices[0] == TYPICAL)


def difference(before: Scalar, after: Scalar, world: World, at: Bindings | None = None) -> Any:
    """Return ``before − after`` in the world, expanded: 0 when, and only when, they are equal.

    The two are polynomials in the moments, so expanding decides.
    """
    return sympy.expand(before.value(world, at or {}) - after.value(world, at or {}))


# ------------------------------------------------------------- from a value back to a formula


def spell(value: Any, names: Mapping[int, str]) -> Scalar:
    """Write a value as a formula in which the members have the indices named."""
    terms = sympy.Add.make_args(sympy.expand(value))
    return _collected([_formula(term, names) for term in terms])


def spell_sum(value: Any, size: int, upper: Scalar, indices: tuple[str, ...]) -> Scalar:
    """Write a value, computed with `upper` = `size`, as sums over one or both indices.

    Terms that differ only in the numbers of their members become one sum, and terms without
    numbered members are taken to come `upper` times. Raises ValueError when the value is no such
    sum: a term of it is missing, or has another factor than the rest.
    """
    by_depth: dict[int, list[Any]] = {}
    for term in _representatives(value, size):
        by_depth.setdefault(len(_numbers(term)), []).append(term)
    names = dict(enumerate(indices, start=1))
    sums = [
        _summed(spell(sympy.Add(*by_depth[depth]), names), depth, upper, indices)
        for depth in sorted(by_depth)
    ]
    return sums[0] if len(sums) == 1 else Plus(tuple(sums))


def _representatives(value: Any, size: int) -> list[Any]:
    """Return, for each shape of term, the term whose sum over its indices is in the value."""
    found: dict[Any, dict[Any, Any]] = {}
    for term in sympy.Add.make_args(sympy.expand(value)):
        factor, shape = term.as_coeff_Mul()
        found.setdefault(_renumbered(shape), {})[shape] = factor
    return [shape * _common_factor(shape, terms, size) for shape, terms in found.items()]


def _common_factor(shape: Any, terms: dict[Any, Any], size: int) -> Any:
    depth = len(_numbers(shape))
    if depth == 0:
        return next(iter(terms.values())) / size
    ways = factorial(size) // factorial(size - depth)
    repeats = ways // len(terms)  # a term that is symmetric in its indices is met more than once
    if len(set(terms.values())) != 1 or repeats * len(terms) != ways:
        raise ValueError(f"{shape} does not come in a whole sum over its indices")
    return next(iter(terms.values())) / repeats


def _numbers(shape: Any) -> list[int]:
    return sorted({int(v.indices[0]) for v in shape.atoms(sympy.Indexed)} - {TYPICAL, ALONE})


def _renumbered(shape: Any) -> Any:
    """Return the same shape with its members numbered from 1, in the first of all ways."""
    numbers = _numbers(shape)
    orders = permutations(range(1, len(numbers) + 1))
    ways = [dict(zip(numbers, order, strict=True)) for order in orders]
    return min((_renamed(shape, way) for way in ways), key=sympy.default_sort_key)


def _renamed(shape: Any, way: dict[int, int]) -> Any:
    numbers = {v: int(v.indices[0]) for v in shape.atoms(sympy.Indexed)}
    return shape.xreplace({v: v.base[way.get(number, number)] for v, number in numbers.items()})


def _summed(body: Scalar, depth: int, upper: Scalar, indices: tuple[str, ...]) -> Scalar:
    if depth == 0:
        return upper * body
    if depth == 2:
        body = Sum(indices[1], upper, body, but=indices[0])
    return Sum(indices[0], upper, body)


def _formula(term: Any, names: Mapping[int, str]) -> Scalar:
    """Write a product of numbers, constants, variables and moments as a formula."""
    number, rest = term.as_coeff_Mul()
    factors = [_factor(f, names) for f in sympy.Mul.make_args(rest) if f != 1]
    if abs(number) != 1 or not factors:
        factors.insert(0, _rational(abs(number)))
    product = factors[0] if len(factors) == 1 else Times(tuple(factors))
    return Negative(product) if number < 0 else product


def _rational(number: Any) -> Scalar:
    above, below = Number(int(number.p)), Number(int(number.q))
    return above if number.q == 1 else above / below


def _factor(factor: Any, names: Mapping[int, str]) -> Scalar:
    base, exponent = factor.as_base_exp()
    shown = _base(base, names)
    return shown if exponent == 1 else Power(shown, int(exponent))


def _base(base: Any, names: Mapping[int, str]) -> Scalar:
    if isinstance(base, sympy.Indexed):
        return member(_family(base), names.get(int(base.indices[0]), ""))
    if base.func == _expected:
        return E(_formula(base.args[0], names))
    letter, _, word = str(base).partition("_")
    return Constant(letter, word)


def _collected(terms: list[Scalar]) -> Scalar:
    """Write the sum of the terms with the factors that all of them share in front, once."""
    terms = sorted(terms, key=lambda term: isinstance(term, Negative))
    bodies = [term.body if isinstance(term, Negative) else term for term in terms]
    factors = [list(body.factors) if isinstance(body, Times) else [body] for body in bodies]
    shared = [f for f in factors[0] if all(f in others for others in factors[1:])]
    if len(terms) == 1:
        return terms[0]
    rest = [_product([f for f in its if f not in shared]) for its in factors]
    signed = zip(terms, rest, strict=True)
    left = tuple(Negative(r) if isinstance(term, Negative) else r for term, r in signed)
    return _product([*shared, _covariance(left) or Plus(left)])


def _covariance(terms: tuple[Scalar, ...]) -> Scalar | None:
    """Recognize ``E[u v] - E[u] E[v]``."""
    match terms:
        case E(whole), Negative(Power(E(v), 2)) if _powers(whole) == _powers(v) + _powers(v):
            return Var(v)
        case E(whole), Negative(Times((E(u), E(v)))) if _powers(whole) == _powers(u) + _powers(v):
            return Cov(u, v)
    return None


def _powers(product: Scalar) -> Counter[Scalar]:
    """Count the factors of a product."""
    counts: Counter[Scalar] = Counter()
    for factor in product.factors if isinstance(product, Times) else (product,):
        base, exponent = (
            (factor.base, factor.exponent) if isinstance(factor, Power) else (factor, 1)
        )
        counts[base] += exponent
    return counts


def _product(factors: list[Scalar]) -> Scalar:
    return factors[0] if len(factors) == 1 else Times(tuple(factors)) if factors else Number(1)
