"""From a value back to a formula: how what is left over without an assumption is written down."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from itertools import permutations
from math import factorial
from typing import Any

import sympy

from derivations.chance.moments import EXPECTED, family
from derivations.chance.scalars import (
    ALONE,
    TYPICAL,
    Applied,
    Constant,
    Cov,
    E,
    Negative,
    Number,
    Over,
    Plus,
    Power,
    Scalar,
    Sum,
    Times,
    Var,
    member,
)


def spell(value: Any, names: Mapping[int, str]) -> Scalar:
    """Write a value as a formula in which the members have the indices named.

    Raises ValueError for what is not made of numbers, constants, variables and moments.
    """
    terms = sympy.Add.make_args(sympy.expand(value))
    below, *others = {sympy.fraction(term.as_coeff_Mul()[1])[1] for term in terms}
    if len(terms) > 1 and below != 1 and not others:
        above = sympy.Add(*(term * below for term in terms))
        return Over(spell(above, names), _formula(below, names))
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
        return -(upper * body.body) if isinstance(body, Negative) else upper * body
    if depth == 2:
        body = Sum(indices[1], upper, body, but=indices[0])
    return Sum(indices[0], upper, body)


def _formula(term: Any, names: Mapping[int, str]) -> Scalar:
    """Write a product or quotient of numbers, constants, variables and moments as a formula."""
    number, rest = term.as_coeff_Mul()
    above, below = sympy.fraction(rest)
    numerator = _all_factors(abs(number).p, above, names)
    denominator = _all_factors(abs(number).q, below, names)
    formula = _product(numerator)
    if denominator:
        formula = Over(formula, _product(denominator))
    return Negative(formula) if number < 0 else formula


def _all_factors(number: Any, product: Any, names: Mapping[int, str]) -> list[Scalar]:
    factors = [_factor(f, names) for f in sympy.Mul.make_args(product) if f != 1]
    factors.sort(key=lambda factor: isinstance(factor, Applied))  # z |z|, as one writes it
    return factors if number == 1 else [Number(int(number)), *factors]


def _factor(factor: Any, names: Mapping[int, str]) -> Scalar:
    base, exponent = factor.as_base_exp()
    shown = _base(base, names)
    return shown if exponent == 1 else Power(shown, int(exponent))


def _base(base: Any, names: Mapping[int, str]) -> Scalar:
    if isinstance(base, sympy.Indexed):
        return member(family(base), names.get(int(base.indices[0]), ""))
    if base.func == EXPECTED:
        return E(_formula(base.args[0], names))
    if base.func == sympy.Abs:
        return Applied("abs", _base(base.args[0], names))
    if base.func == sympy.Add:
        return spell(base, names)
    if base.func == sympy.tanh:
        return Applied("tanh", spell(base.args[0], names))
    if isinstance(base, sympy.Integer):
        return Number(int(base))
    if not isinstance(base, sympy.Symbol):
        raise ValueError(f"there is no formula for {base}")
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
        assert isinstance(exponent, int)  # no other is spelled
        counts[base] += exponent
    return counts


def _product(factors: list[Scalar]) -> Scalar:
    return factors[0] if len(factors) == 1 else Times(tuple(factors)) if factors else Number(1)
