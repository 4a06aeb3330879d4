"""Scalar formulas about chance: sums, products, expectations, variances.

A formula is a small tree built with ordinary operators. It shows itself, and it has a `value` in a
`World` (see `moments`), which is how its author's claims are checked: what is printed is what
was verified.

>>> w, x = Variable("w", "j"), Variable("x", "j")
>>> print(Sum("j", Constant("n", "in"), w * x) ** 2)
(Σ_{j=1}^{n_in} w_j x_j)²
>>> print(Var(w) * (Var(x) + E(x) ** 2))
Var(w_j) (Var(x_j) + E[x_j]²)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import prod
from typing import TYPE_CHECKING, Any, ClassVar

from derivations.chance.typography import ChanceLatex, ChanceMathml, ChanceText
from derivations.step import Shown

if TYPE_CHECKING:
    from derivations.chance.moments import World

Bindings = Mapping[str, int]  # what each summation index stands for just now

TYPICAL = 0  # the index of "any member of the family"
ALONE = -1  # the index of a quantity that belongs to no family

SUM, PRODUCT, POWER, ATOM = range(4)  # how tightly a formula holds together


Style = ChanceText | ChanceLatex | ChanceMathml
TEXT, LATEX, MATHML = ChanceText(), ChanceLatex(), ChanceMathml()


class Scalar(Shown):
    """A formula that stands for one number, random or not."""

    binding: ClassVar[int] = ATOM

    def show(self, style: Style) -> str:
        """Return how the formula looks in a style."""
        raise NotImplementedError

    def value(self, world: World, at: Bindings) -> Any:
        """Return the SymPy expression that the formula is in the world, its indices bound."""
        raise NotImplementedError

    def text(self) -> str:
        """Return Unicode for a terminal."""
        return self.show(TEXT)

    def latex(self) -> str:
        """Return LaTeX for inside math mode."""
        return self.show(LATEX)

    def mathml(self) -> str:
        """Return MathML Core without its ``<math>`` wrapper."""
        return self.show(MATHML)

    def __add__(self, other: Scalar | int) -> Plus:
        return Plus((*_terms(self), *_terms(scalar(other))))

    def __sub__(self, other: Scalar | int) -> Plus:
        return Plus((*_terms(self), Negative(scalar(other))))

    def __mul__(self, other: Scalar | int) -> Times:
        return Times((*_factors(self), *_factors(scalar(other))))

    def __rmul__(self, other: int) -> Times:
        return scalar(other) * self

    def __truediv__(self, other: Scalar | int) -> Over:
        return Over(self, scalar(other))

    def __rtruediv__(self, other: int) -> Over:
        return Over(scalar(other), self)

    def __pow__(self, exponent: Scalar | int) -> Power:
        return Power(self, exponent)

    def __neg__(self) -> Negative:
        return Negative(self)


def scalar(value: Scalar | int) -> Scalar:
    """Return the value as a formula."""
    return Number(value) if isinstance(value, int) else value


def _terms(formula: Scalar) -> tuple[Scalar, ...]:
    return formula.terms if isinstance(formula, Plus) else (formula,)


def _factors(formula: Scalar) -> tuple[Scalar, ...]:
    return formula.factors if isinstance(formula, Times) else (formula,)


def _held(formula: Scalar, binding: int, style: Style) -> str:
    """Show the formula, in brackets when it holds together less tightly than its place asks."""
    shown = formula.show(style)
    drawn_fraction = isinstance(formula, Over) and style is not TEXT
    tight = POWER if drawn_fraction else formula.binding
    return shown if tight >= binding else style.fence(shown)


def _ends_tight(formula: Scalar) -> bool:
    """Say whether a product can be divided without brackets around it."""
    return isinstance(formula, Times) and not isinstance(formula.factors[-1], Sum | Over | Limit)


def _applied(name: str, fences: str, arguments: list[Scalar], style: Style) -> str:
    inner = arguments[0].show(style)
    for argument in arguments[1:]:
        inner = style.row([inner, style.sign(",").lstrip(), argument.show(style)])
    return style.row([style.word(name), style.fence(inner, *fences)])


@dataclass(frozen=True)
class Number(Scalar):
    """A whole number, or one half."""

    number: int | Fraction

    def show(self, style: Style) -> str:
        """Return the digits."""
        return style.number(Fraction(self.number))

    def value(self, world: World, at: Bindings) -> Any:
        """Return the number as SymPy's."""
        return world.number(self.number)


HALF = Number(Fraction(1, 2))


@dataclass(frozen=True)
class Decimal(Scalar):
    """A rounded number: it claims that the truth is within half a unit of its last digit."""

    digits: str

    @property
    def exactly(self) -> Fraction:
        """The number that the digits stand for."""
        return Fraction(self.digits)

    @property
    def tolerance(self) -> Fraction:
        """Half a unit of the last digit."""
        return Fraction(1, 2 * 10 ** len(self.digits.partition(".")[2]))

    def show(self, style: Style) -> str:
        """Return the digits."""
        return style.decimal(self.digits)

    def value(self, world: World, at: Bindings) -> Any:
        """Return the number that the digits stand for."""
        return world.number(self.exactly)


@dataclass(frozen=True)
class Constant(Scalar):
    """A positive quantity that is not random, such as ``n_in``, or ``n_l`` with an index l."""

    letter: str
    word: str = ""

    @property
    def name(self) -> str:
        """``n_in``: the key under which a world may give it a value."""
        return f"{self.letter}_{self.word}" if self.word else self.letter

    def show(self, style: Style) -> str:
        """Return the letter, its word or index as a subscript."""
        if len(self.word) > 1:
            return style.size(self.letter, self.word)
        return style.letter(self.letter, self.word)

    def value(self, world: World, at: Bindings) -> Any:
        """Return its value in the world, or a positive symbol."""
        place = at.get(self.word, self.word)
        return world.constant(f"{self.letter}_{place}" if self.word else self.letter)


@dataclass(frozen=True)
class Variable(Scalar):
    """A random variable: ``w_j`` of a family, or ``w``, which stands for any one of them.

    Families of different `time` are different ones, such as the ``g_{j,t}`` and ``g_{j,t+1}``.
    """

    family: str
    index: str = ""
    time: str = ""

    @property
    def name(self) -> str:
        """``g@t+1``: the name of the family in a world and in facts."""
        return f"{self.family}@{self.time}" if self.time else self.family

    def show(self, style: Style) -> str:
        """Return ``w_j``."""
        subscripts = (part for part in (self.index, self.time) if part)
        return style.letter(self.family, ",".join(subscripts))

    def value(self, world: World, at: Bindings) -> Any:
        """Return the family's member at the index, or its typical member."""
        name = f"{self.family}@{at.get(self.time, self.time)}" if self.time else self.family
        return world.variable(name, at[self.index] if self.index else TYPICAL)


@dataclass(frozen=True)
class Slope(Scalar):
    """The slope ``φ'(a)`` of the activation function at a random pre-activation."""

    at: str

    @property
    def name(self) -> str:
        """``φ′(a)``: the name of this random quantity in a world."""
        return f"φ′({self.at})"

    def show(self, style: Style) -> str:
        """Return ``φ′(a)``."""
        return style.row([style.word("φ′"), style.fence(style.letter(self.at))])

    def value(self, world: World, at: Bindings) -> Any:
        """Return a random variable of its own."""
        return world.variable(self.name, ALONE)


def member(family: str, index: str) -> Variable | Slope:
    """Return the formula for a member of the family: the opposite of `value`."""
    slope = Slope(family[len("φ′(") : -1])
    letter, _, time = family.partition("@")
    return slope if slope.name == family else Variable(letter, index, time)


@dataclass(frozen=True)
class Adjoint(Scalar):
    """The total derivative ``dL/da`` of the loss, a random variable."""

    of: str

    def show(self, style: Style) -> str:
        """Return ``dL/da``."""
        return style.derivative(style.letter("L"), style.letter(self.of), "d")

    def value(self, world: World, at: Bindings) -> Any:
        """Return a random variable of its own."""
        return world.variable(f"dL/d{self.of}", ALONE)


@dataclass(frozen=True)
class Derivative(Scalar):
    """The derivative of a formula with respect to one of its variables."""

    of: Scalar
    by: Variable
    binding: ClassVar[int] = POWER

    def show(self, style: Style) -> str:
        """Return ``d(of)/dby``."""
        return style.derivative(style.fence(self.of.show(style)), self.by.show(style), "d")

    def value(self, world: World, at: Bindings) -> Any:
        """Return what differentiating the value gives."""
        return world.derivative(self.of.value(world, at), self.by.value(world, at))


@dataclass(frozen=True)
class Negative(Scalar):
    """A formula with a minus sign."""

    body: Scalar
    binding: ClassVar[int] = PRODUCT

    def show(self, style: Style) -> str:
        """Return ``-body``."""
        return style.row([style.sign("-").strip(), _held(self.body, PRODUCT, style)])

    def value(self, world: World, at: Bindings) -> Any:
        """Return minus the body's value."""
        return -self.body.value(world, at)


@dataclass(frozen=True)
class Plus(Scalar):
    """A sum of terms, in the order given."""

    terms: tuple[Scalar, ...]
    binding: ClassVar[int] = SUM

    def show(self, style: Style) -> str:
        """Return the terms with their signs between them."""
        parts = [self.terms[0].show(style)]
        for term in self.terms[1:]:
            sign, body = ("-", term.body) if isinstance(term, Negative) else ("+", term)
            parts += [style.sign(sign), _held(body, PRODUCT, style)]
        return style.row(parts)

    def value(self, world: World, at: Bindings) -> Any:
        """Return the sum of the terms' values."""
        return sum(term.value(world, at) for term in self.terms)


@dataclass(frozen=True)
class Times(Scalar):
    """A product of factors, in the order given."""

    factors: tuple[Scalar, ...]
    binding: ClassVar[int] = PRODUCT

    def show(self, style: Style) -> str:
        """Return the factors side by side."""
        *rest, last = self.factors
        # A sum sign reaches to the end of its term, so only the last factor may show one bare.
        shown = _held(last, PRODUCT if isinstance(last, Sum | Over) else POWER, style)
        for factor in reversed(rest):
            shown = style.juxtapose(_held(factor, POWER, style), shown)
        return shown

    def value(self, world: World, at: Bindings) -> Any:
        """Return the product of the factors' values."""
        product = world.number(1)
        for factor in self.factors:
            product = product * factor.value(world, at)
        return product


@dataclass(frozen=True)
class Over(Scalar):
    """A fraction."""

    above: Scalar
    below: Scalar
    binding: ClassVar[int] = PRODUCT

    def show(self, style: Style) -> str:
        """Return the fraction, in brackets above and below where it stands on one line."""
        loosest = POWER if style is TEXT else SUM
        above = PRODUCT if style is TEXT and _ends_tight(self.above) else loosest
        return style.fraction(_held(self.above, above, style), _held(self.below, loosest, style))

    def value(self, world: World, at: Bindings) -> Any:
        """Return the quotient of the values."""
        return self.above.value(world, at) / self.below.value(world, at)


@dataclass(frozen=True)
class Power(Scalar):
    """A power: a whole one, or one whose exponent is a formula such as L."""

    base: Scalar
    exponent: Scalar | int
    binding: ClassVar[int] = POWER

    def show(self, style: Style) -> str:
        """Return the base with a raised exponent."""
        base = self.base
        held = style.fence(base.show(style)) if isinstance(base, Over) else _held(base, ATOM, style)
        if isinstance(self.exponent, int):
            return style.raised(held, str(self.exponent))
        return style.power(held, self.exponent.show(style))

    def value(self, world: World, at: Bindings) -> Any:
        """Return the power of the base's value."""
        return self.base.value(world, at) ** scalar(self.exponent).value(world, at)


@dataclass(frozen=True)
class Root(Scalar):
    """A square root."""

    body: Scalar

    def show(self, style: Style) -> str:
        """Return the body under a root."""
        return style.root(self.body.show(style))

    def value(self, world: World, at: Bindings) -> Any:
        """Return the root of the body's value."""
        return world.root(self.body.value(world, at))


@dataclass(frozen=True)
class Sum(Scalar):
    """A sum over an index from 1 to `upper`, leaving out the value of the index `but`."""

    index: str
    upper: Scalar
    body: Scalar
    but: str = ""
    binding: ClassVar[int] = PRODUCT
    sign: ClassVar[str] = "Σ"

    def show(self, style: Style) -> str:
        """Return the sign and the body."""
        body = _held(self.body, PRODUCT, style)
        return style.indexed(self.sign, self.index, self.but, self.upper.show(style), body)

    def value(self, world: World, at: Bindings) -> Any:
        """Return the sum of the body's values; the world must give `upper` a number."""
        return sum(self.values(world, at), world.number(0))

    def values(self, world: World, at: Bindings) -> list[Any]:
        """Return the body's value at each value of the index."""
        left_out = at[self.but] if self.but else None
        indices = (i for i in range(1, int(self.upper.value(world, at)) + 1) if i != left_out)
        return [self.body.value(world, {**at, self.index: i}) for i in indices]


@dataclass(frozen=True)
class Product(Sum):
    """A product over an index from 1 to `upper`; 1 where `upper` is 0."""

    sign: ClassVar[str] = "Π"

    def value(self, world: World, at: Bindings) -> Any:
        """Return the product of the body's values; the world must give `upper` a number."""
        return prod(self.values(world, at), start=world.number(1))


@dataclass(frozen=True)
class Limit(Scalar):
    """The limit of a formula as a constant grows."""

    growing: str
    body: Scalar
    binding: ClassVar[int] = PRODUCT

    def show(self, style: Style) -> str:
        """Return ``lim`` and the body."""
        return style.limit(style.letter(self.growing), _held(self.body, PRODUCT, style))

    def value(self, world: World, at: Bindings) -> Any:
        """Return the limit where the world can take it."""
        return world.limit(self.body.value(world, at), self.growing)


@dataclass(frozen=True)
class Applied(Scalar):
    """An activation function of a formula; ``abs`` is shown between bars."""

    function: str
    body: Scalar

    def show(self, style: Style) -> str:
        """Return ``tanh(body)``."""
        if self.function == "abs":
            return style.fence(self.body.show(style), "|", "|")
        return _applied(self.function, "()", [self.body], style)

    def value(self, world: World, at: Bindings) -> Any:
        """Return what the function is in the world, at the body's value."""
        return world.apply(self.function, self.body.value(world, at))


@dataclass(frozen=True)
class SlopeAtZero(Scalar):
    """The derivative of an activation function at 0."""

    function: str

    def show(self, style: Style) -> str:
        """Return ``tanh′(0)``."""
        return style.row([style.word(f"{self.function}′"), style.fence(style.number(Fraction(0)))])

    def value(self, world: World, at: Bindings) -> Any:
        """Return the number that differentiation gives."""
        return world.slope(self.function)


@dataclass(frozen=True)
class E(Scalar):
    """The expectation of a formula."""

    body: Scalar

    def show(self, style: Style) -> str:
        """Return ``E[body]``."""
        return _applied("E", "[]", [self.body], style)

    def value(self, world: World, at: Bindings) -> Any:
        """Return the expectation of the body's value."""
        return world.expectation(self.body.value(world, at))


@dataclass(frozen=True)
class Cov(Scalar):
    """The covariance of two formulas, ``E[a b] - E[a] E[b]``."""

    first: Scalar
    second: Scalar

    def show(self, style: Style) -> str:
        """Return ``Cov(a, b)``."""
        return _applied("Cov", "()", [self.first, self.second], style)

    def value(self, world: World, at: Bindings) -> Any:
        """Return the covariance of the two values."""
        first, second = self.first.value(world, at), self.second.value(world, at)
        product_of_means = world.expectation(first) * world.expectation(second)
        return world.expectation(first * second) - product_of_means


@dataclass(frozen=True)
class Var(Scalar):
    """The variance of a formula, its covariance with itself."""

    body: Scalar

    def show(self, style: Style) -> str:
        """Return ``Var(body)``."""
        return _applied("Var", "()", [self.body], style)

    def value(self, world: World, at: Bindings) -> Any:
        """Return the variance of the body's value."""
        return Cov(self.body, self.body).value(world, at)
