"""Expectations and variances, exactly, from what is assumed and from nothing else.

A `World` knows some facts about families of random variables (the weights ``w_1, w_2, ...``, the
inputs ``x_1, x_2, ...``) and can say what the expectation of any polynomial in them is. What the
facts do not settle stays an unknown ``E(...)``. So an equation that needs a fact fails without it,
and the `difference` of its two sides *is* the term that the fact was there to remove.

>>> from derivations.chance.scalars import E, Variable
>>> w, x = Variable("w", "j"), Variable("x", "j")
>>> apart = Independent("w", "x")
>>> difference(E(w * x), E(w) * E(x), World(frozenset({apart})), {"j": 1})
0
>>> difference(E(w * x), E(w) * E(x), World(frozenset()), {"j": 1})
E(w[1]*x[1]) - E(w[1])*E(x[1])
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from typing import Any, TypeVar

import sympy

from derivations.chance.facts import (
    Above,
    Below,
    Bernoulli,
    Certain,
    Definition,
    Fact,
    Gaussian,
    Given,
    Identical,
    Independent,
    Linear,
    Mean,
    Same,
    Symmetric,
    Uniform,
    ZeroMean,
)
from derivations.chance.scalars import TYPICAL, Bindings, Scalar

EXPECTED = sympy.Function("E")  # a moment that no fact settles
LIMIT = sympy.Function("lim")  # a limit that no fact settles

_SLACK = sympy.Symbol("slack", positive=True)
_SLOPE = sympy.Symbol("α", positive=True)  # of the leaky ReLU, left of 0
_F = TypeVar("_F", ZeroMean, Mean, Certain, Symmetric, Uniform, Gaussian, Bernoulli)

FUNCTIONS: Mapping[str, Callable[[Any], Any]] = {
    "abs": sympy.Abs,
    "relu": lambda v: (v + sympy.Abs(v)) / 2,
    "leaky": lambda v: v * (1 + _SLOPE) / 2 + sympy.Abs(v) * (1 - _SLOPE) / 2,
    "tanh": sympy.tanh,
    "σ": lambda v: (1 + sympy.tanh(v / 2)) / 2,
}
"""The activation functions: of |v|, tanh and polynomials, whose symmetries SymPy knows."""


@dataclass(frozen=True)
class World:
    """What is known: facts about families of random variables, and the sizes that have numbers."""

    facts: frozenset[Fact] = frozenset()
    sizes: Mapping[str, int] = field(default_factory=dict)
    _moments: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)

    # ------------------------------------------------------------------- what formulas ask for

    def number(self, number: int | Fraction) -> Any:
        """Return the number as SymPy's."""
        return sympy.Rational(number.numerator, number.denominator)

    def root(self, value: Any) -> Any:
        """Return the square root."""
        return sympy.sqrt(value)

    def constant(self, name: str) -> Any:
        """Return π, the size, what a definition or a bound says, or else a positive symbol."""
        if name == "π":
            return sympy.pi
        if name in self.sizes:
            return sympy.Integer(self.sizes[name])
        for fact in self.facts:
            if isinstance(fact, Definition | Below | Above) and fact.constant == name:
                return self._bound(fact)
        letter = name.partition("_")[0]
        return sympy.Symbol(letter if Same(letter) in self.facts else name, positive=True)

    def _bound(self, fact: Definition | Below | Above) -> Any:
        """Return what the constant is, with a positive slack of its own where it is not settled."""
        if isinstance(fact, Definition):
            return fact.meaning.value(self, {})
        bound = fact.bound.value(self, {})
        return bound / (1 + _SLACK) if isinstance(fact, Below) else bound * (1 + _SLACK)

    def variable(self, family: str, index: int) -> Any:
        """Return a member of the family as a random quantity, or as the number it is."""
        certain = self._about(family, Certain)
        if certain:
            return sympy.Integer(certain.number)
        if self._given(family) and Identical(family) in self.facts:
            index = TYPICAL
        return variable(family, index)

    def apply(self, function: str, value: Any) -> Any:
        """Return the activation function at the value, or its tangent where that is assumed."""
        if Linear(function) in self.facts:
            return FUNCTIONS[function](sympy.S.Zero) + self.slope(function) * value
        return FUNCTIONS[function](value)

    def slope(self, function: str) -> Any:
        """Return the derivative of the activation function at 0."""
        v = sympy.Symbol("v", real=True)
        return sympy.diff(FUNCTIONS[function](v), v).subs(v, 0)

    def derivative(self, value: Any, by: Any) -> Any:
        """Return the derivative of the value with respect to one variable."""
        return sympy.diff(value, by)

    def limit(self, value: Any, name: str) -> Any:
        """Return the limit as a constant grows, where SymPy finds a finite one.

        Of a family at that time, such as ``z_L``, nothing is known that a limit could use.
        """
        if any(family(v).endswith(f"@{name}") for v in value.atoms(sympy.Indexed)):
            return LIMIT(value)
        opaque = {call: sympy.Dummy(positive=True) for call in value.atoms(EXPECTED)}
        growing = sympy.Symbol(name, positive=True)
        try:
            found = sympy.limit(value.xreplace(opaque), growing, sympy.oo)
        except NotImplementedError:  # it depends on what is not known
            return LIMIT(value)
        if found.is_finite is not True:
            return LIMIT(value)
        return found.xreplace({dummy: call for call, dummy in opaque.items()})

    def expectation(self, value: Any) -> Any:
        """Return the expectation of a polynomial in the random variables."""
        terms = sympy.Add.make_args(sympy.expand(value))
        for term in terms:
            if term not in self._moments:
                self._moments[term] = self._of_term(term)
        return sympy.Add(*(self._moments[term] for term in terms))

    # ----------------------------------------------------------------- how a moment is settled

    def _of_term(self, term: Any) -> Any:
        """Split off what is not random; independent parts of the rest have expectations apart."""
        result, parts = sympy.S.One, list[tuple[set[Any], Any]]()
        for factor in sympy.Mul.make_args(term):
            met = self._random(factor)
            if not met:
                result *= factor
                continue
            tied = [part for part in parts if not self._apart(met, part[0])]
            parts = [part for part in parts if part not in tied]
            product = sympy.Mul(factor, *(its for _, its in tied))
            parts.append((met.union(*(variables for variables, _ in tied)), product))
        for variables, product in parts:
            result *= self._of_part(variables, product)
        return result

    def _random(self, value: Any) -> set[Any]:
        """Return the random variables in a value; in an expectation they are random no more."""
        if value.func == EXPECTED:
            return set()
        if isinstance(value, sympy.Indexed):
            return set() if self._given(family(value)) else {value}
        return set().union(*(self._random(argument) for argument in value.args))

    def _apart(self, some: Iterable[Any], others: Iterable[Any]) -> bool:
        return all(self._independent(one, other) for one in some for other in others)

    def _independent(self, one: Any, other: Any) -> bool:
        first, second = family(one), family(other)
        facts = {Independent(first, second), Independent(second, first)}
        return one != other and bool(facts & self.facts)

    def _of_part(self, variables: set[Any], product: Any) -> Any:
        """Return one moment: settled by a fact about a single variable, or left unknown."""
        if len(variables) > 1:
            return EXPECTED(product)
        [variable] = variables
        settled = self._settled(variable, product)
        if settled is not None:
            return settled
        return EXPECTED(product.xreplace({variable: self._typical(variable)}))

    def _typical(self, member: Any) -> Any:
        """Return the member that stands for all that are distributed alike."""
        name = family(member)
        letter = name.partition("@")[0]
        known = next((one for one in (letter, name) if Identical(one) in self.facts), None)
        return variable(known, TYPICAL) if known else member

    def _settled(self, variable: Any, product: Any) -> Any | None:
        """Return the expectation of a function of one variable, if a fact says what it is."""
        name = family(variable)
        mean, bernoulli = self._about(name, Mean), self._about(name, Bernoulli)
        if bernoulli:
            chance = bernoulli.chance.value(self, {})
            return product.subs(variable, 1) * chance + product.subs(variable, 0) * (1 - chance)
        if product == variable and mean:
            return self.variable(mean.of, int(variable.indices[0]))
        if product == variable and self._about(name, ZeroMean):
            return sympy.S.Zero
        if self._even(name) and sympy.expand(product.xreplace({variable: -variable})) == -product:
            return sympy.S.Zero
        uniform, gaussian = self._about(name, Uniform), self._about(name, Gaussian)
        degree = _degree(variable, product)
        if uniform and degree is not None:
            return uniform_moment(degree, uniform.limit)
        if gaussian and degree is not None:
            return gaussian_moment(degree) * gaussian.deviation.value(self, {}) ** degree
        return None

    def _even(self, name: str) -> bool:
        return bool(
            self._about(name, Symmetric)
            or self._about(name, Uniform)
            or self._about(name, Gaussian)
        )

    def _given(self, name: str) -> bool:
        return any(isinstance(fact, Given) and name in fact.families for fact in self.facts)

    def _about(self, family: str, kind: type[_F]) -> _F | None:
        """Return the fact of this kind about the family, if there is one."""
        found = (fact for fact in self.facts if isinstance(fact, kind))
        return next((fact for fact in found if fact.family == family), None)


@cache
def variable(family: str, index: int) -> Any:
    """Return the SymPy symbol for the member of a family."""
    return sympy.IndexedBase(family, real=True)[index]


def family(variable: Any) -> str:
    """Return the name of the family that a member belongs to."""
    return str(variable.base.label)


def _degree(variable: Any, product: Any) -> int | None:
    """Return k where the product is ``|v|^k``, or ``v^k`` with k even, and None elsewhere."""
    degree = 0
    for base, exponent in product.as_powers_dict().items():
        if base not in (variable, sympy.Abs(variable)):
            return None
        if base == variable and exponent % 2:
            return None
        degree += int(exponent)
    return degree


@cache
def uniform_moment(degree: int, limit: str) -> Any:
    """Return ``∫ |u|^degree / (2 limit) du`` from ``-limit`` to ``limit``."""
    a, u = sympy.Symbol(limit, positive=True), sympy.Symbol("u", positive=True)
    return sympy.integrate(u**degree / a, (u, 0, a))


@cache
def gaussian_moment(degree: int) -> Any:
    """Return ``E|u|^degree`` for a standard normal u, integrated exactly."""
    u = sympy.Symbol("u", positive=True)
    density = sympy.exp(-(u**2) / 2) / sympy.sqrt(2 * sympy.pi)
    return 2 * sympy.integrate(u**degree * density, (u, 0, sympy.oo))


# ------------------------------------------------------------------------------ are two equal?


def typical_families(value: Any) -> frozenset[str]:
    """Return the families of which the value mentions a typical member."""
    return frozenset(family(v) for v in value.atoms(sympy.Indexed) if v.indices[0] == TYPICAL)


def difference(before: Scalar, after: Scalar, world: World, at: Bindings | None = None) -> Any:
    """Return ``before − after`` in the world, expanded: 0 when, and only when, they are equal."""
    value = sympy.expand(before.value(world, at or {}) - after.value(world, at or {}))
    return sympy.S.Zero if vanishes(value) else value


def vanishes(value: Any) -> bool:
    """Say whether a value is 0, whatever its moments and symbols are.

    A point where it is not 0 refutes; only algebra confirms.
    """
    value = sympy.expand(value)
    if value == 0:
        return True
    opaque = value.xreplace({call: _stand_in(call) for call in value.atoms(EXPECTED, LIMIT)})
    if _refuted(opaque):
        return False
    numerator, _ = sympy.fraction(sympy.together(opaque))
    return bool(sympy.expand(numerator) == 0)


def _refuted(value: Any) -> bool:
    symbols = value.atoms(sympy.Indexed) | value.atoms(sympy.Symbol)
    number = sympy.N(value.xreplace({symbol: _place(symbol) for symbol in symbols}), 30)
    return not number.is_finite or bool(abs(number) > sympy.Float("1e-15"))


@cache
def _stand_in(call: Any) -> Any:
    """Return a symbol in the place of a moment that is not known; all of them are positive here."""
    return sympy.Symbol(f"<{call}>", positive=True)


@cache
def _place(symbol: Any) -> Any:
    return sympy.Rational(random.Random(str(symbol)).randint(2, 10**6), 10**5)
