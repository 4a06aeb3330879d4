"""What makes a line about sizes believed: named lemmas, exact algebra, limits, enclosures.

A norm bound is an instance of a `Lemma`: its right side must be, to the letter, what the lemma
makes of the right side before, at a place where a larger part makes a larger whole. Besides, every
bound is tried at points made to break it (`Adversary`). The tries prove nothing; a bound that they
refute is `NotVerified`, whatever lemma it names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from derivations.adversary import Adversary
from derivations.matrix import (
    SCALAR,
    Expression,
    Moment,
    Over,
    add,
    divide,
    exponent,
    free_indices,
    hadamard,
    instance,
    is_a,
    largest_entry,
    largest_singular_value,
    make,
    name_of,
    norm,
    number,
    rebuilt,
    repeated,
    substitute,
    symbols,
)
from derivations.step import Check, Equation, Formula, NotVerified, Verdict, Words

# --------------------------------------------------------------------------------------- lemmas

Rewrite = Callable[[Expression], Expression | None]


@dataclass(frozen=True, eq=False)
class Lemma:
    """A named rule: what it makes of a part of a formula, and whether that is equal or larger."""

    name: str
    relation: str
    rewrite: Rewrite


def _submultiplicative(node: Expression) -> Expression | None:
    (inside,) = node.arguments if is_a(node, "norm") else (node,)
    if inside is node:
        return None
    if is_a(inside, "matrix product"):
        return hadamard(*(norm(factor) for factor in inside.arguments))
    if is_a(inside, "product over"):
        return rebuilt(inside, (norm(inside.arguments[0]),))
    return None


def _triangle(node: Expression) -> Expression | None:
    if not is_a(node, "norm"):
        return None
    (inside,) = node.arguments
    if is_a(inside, "add"):
        return add(*(norm(term) for term in inside.arguments))
    if is_a(inside, "sum over"):
        return rebuilt(inside, (norm(inside.arguments[0]),))
    return norm(inside.arguments[0]) if is_a(inside, "negate") else None


def _of_diagonal(node: Expression) -> Expression | None:
    if is_a(node, "norm") and is_a(node.arguments[0], "diagonal"):
        return largest_entry(node.arguments[0].arguments[0])
    return None


def _of_transpose(node: Expression) -> Expression | None:
    if is_a(node, "norm") and is_a(node.arguments[0], "transpose"):
        return norm(node.arguments[0].arguments[0])
    return None


def _singular(node: Expression) -> Expression | None:
    if (
        is_a(node, "norm")
        and is_a(node.arguments[0], "symbol")
        and "1" not in node.arguments[0].shape
    ):
        return largest_singular_value(node.arguments[0])
    return None


def _equal_factors(node: Expression) -> Expression | None:
    if is_a(node, "product over") and node.shape == SCALAR:
        (body,) = node.arguments
        if not _mentions(body, node.data.variable):
            return make("power over", (body,), node.data)
    return None


def _power_of_number(node: Expression) -> Expression | None:
    if not is_a(node, "norm") or not is_a(node.arguments[0], "power over"):
        return None
    (power,) = node.arguments
    return rebuilt(power, (norm(power.arguments[0]),))


def _constant_out(node: Expression) -> Expression | None:
    """Take the factors that do not mention the index of a sum out of it."""
    if not is_a(node, "sum over") or not is_a(node.arguments[0], "elementwise product"):
        return None
    index, factors = node.data.variable, node.arguments[0].arguments
    free = [factor for factor in factors if not _mentions(factor, index)]
    bound = [factor for factor in factors if _mentions(factor, index)]
    return hadamard(*free, rebuilt(node, (hadamard(*bound),))) if free else None


def _mentions(expression: Expression, index: str) -> bool:
    return index in free_indices(expression)


SUBMULTIPLICATIVE = Lemma("‖A B‖ ≤ ‖A‖ ‖B‖", "≤", _submultiplicative)
TRIANGLE = Lemma("the triangle inequality", "≤", _triangle)
DIAGONAL = Lemma("‖diag(v)‖ = max|v|", "=", _of_diagonal)
TRANSPOSE = Lemma("‖Aᵀ‖ = ‖A‖", "=", _of_transpose)
SINGULAR_VALUE = Lemma("the spectral norm is the largest singular value", "=", _singular)
EQUAL_FACTORS = Lemma("equal factors make a power", "=", _equal_factors)
POWER_OF_NUMBER = Lemma("the absolute value of a power is that power of it", "=", _power_of_number)
CONSTANT_FACTORS = Lemma("constant factors leave a sum", "=", _constant_out)


def at_most(part: Expression, bound: Expression, name: str) -> Lemma:
    """Return the lemma that `part`, at this or any other step t, is at most `bound`."""
    offsets = {_moment(one).offset for one in symbols(part) if name_of(one).moment}

    def rewrite(node: Expression) -> Expression | None:
        if node is part:
            return bound
        moments = {_moment(one) for one in symbols(node) if name_of(one).moment}
        steps = [moment.later(-offset) for moment in moments for offset in offsets]
        return bound if any(instance(part, step) is node for step in steps) else None

    return Lemma(name, "≤", rewrite)


def scaled(*positive: Expression) -> Lemma:
    """Return the lemma that scalars leave a norm, with bars unless they are never negative.

    That is decided by their form, and by what is said to be `positive`.
    """
    known = frozenset(positive)

    def rewrite(node: Expression) -> Expression | None:
        if not is_a(node, "norm") or not is_a(node.arguments[0], "elementwise product"):
            return None
        factors = node.arguments[0].arguments
        scalars = [factor for factor in factors if factor.shape == SCALAR]
        rest = [factor for factor in factors if factor.shape != SCALAR]
        bare = (factor if nonnegative(factor, known) else norm(factor) for factor in scalars)
        return hadamard(*bare, norm(hadamard(*rest))) if scalars and rest else None

    return Lemma("‖c A‖ = |c| ‖A‖", "=", rewrite)


def powers_at_most_one(base: Expression, name: str) -> Lemma:
    """Return the lemma that no power of `base`, which is at most 1, is more than 1."""

    def rewrite(node: Expression) -> Expression | None:
        return number(1) if is_a(node, "power over") and node.arguments[0] is base else None

    return Lemma(name, "≤", rewrite)


def geometric_tail(ratio: Expression) -> Lemma:
    """Return the lemma that powers of a ratio below 1, from the K-th on, sum to ratio^K/(1-ratio).

    The powers must be ratio^{t-k} for k from 1, or any later step, to t-K, or any K of one letter.
    """

    def rewrite(node: Expression) -> Expression | None:
        if not is_a(node, "sum over") or not is_a(node.arguments[0], "power over"):
            return None
        (power,), (index, lower, upper) = node.arguments, node.data
        lowest = exponent(Over(index, upper.later(1), power.data.upper))
        if power.arguments[0] is not ratio or lower.base or lower.offset < 1:
            return None
        if power.data.lower != Moment(index, 1) or len(lowest.terms) != 1 or lowest.offset:
            return None
        return divide(repeated(power.data.variable, Moment("", 1), lowest, ratio), 1 - ratio)

    return Lemma("the geometric series", "≤", rewrite)


def stands_for(part: Expression, name: Expression) -> Lemma:
    """Return the lemma that `name` was defined to be `part`."""
    text = f"{part.text()} = {name.text()}"
    return Lemma(text, "=", lambda node: name if node is part else None)


def _moment(symbol: Expression) -> Moment:
    moment = name_of(symbol).moment
    assert moment is not None
    return moment


# ---------------------------------------------------------------------------- where they may act

_NEVER_NEGATIVE = {"norm", "largest entry", "largest singular value", "squared norm"}
_AS_THEIR_PARTS = {"sum over", "product over", "power over", "largest over", "add", "divide"}
_AS_THEIR_PARTS |= {"elementwise product", "smaller of"}


def nonnegative(node: Expression, known: frozenset[Expression]) -> bool:
    """Say whether a scalar is at least 0 whatever its symbols are; `known` are said to be."""
    if node in known or node.operation.name in _NEVER_NEGATIVE:
        return True
    if is_a(node, "number"):
        return bool(node.data >= 0)
    in_parts = node.operation.name in _AS_THEIR_PARTS
    return in_parts and all(nonnegative(part, known) for part in node.arguments)


def _grows_with(node: Expression, known: frozenset[Expression]) -> Sequence[int]:
    """Return the positions of the arguments with which a node grows."""
    if node.operation.name in {"add", "sum over", "largest over", "smaller of", "limit"}:
        return range(len(node.arguments))
    if node.operation.name in _AS_THEIR_PARTS and nonnegative(node, known):
        return range(1 if is_a(node, "divide") else len(node.arguments))
    return ()


def applied(lemma: Lemma, node: Expression, known: frozenset[Expression]) -> Expression:
    """Return what the lemma makes of a formula.

    An equality acts anywhere, an inequality wherever a larger part makes a larger whole.
    """
    made = lemma.rewrite(node)
    if made is not None:
        return made
    everywhere = range(len(node.arguments))
    grows = everywhere if lemma.relation == "=" else _grows_with(node, known)
    parts = tuple(
        applied(lemma, part, known) if i in grows else part for i, part in enumerate(node.arguments)
    )
    return rebuilt(node, parts)


# --------------------------------------------------------------------------------------- checks


@dataclass(frozen=True)
class ByLemmas:
    """Checks that a line is what named lemmas, one after the other, make of the line before.

    With `of_norms`, the lemmas act on the norm of the right side before. `known` are formulas that
    are not negative: by definition, or by an assumption of the step.
    """

    lemmas: tuple[Lemma, ...]
    adversary: Adversary | None = None
    of_norms: bool = False
    known: frozenset[Expression] = frozenset()

    def __call__(self, before: Formula, after: Formula) -> Verdict:
        """Return the verdict; raises `NotVerified` for what is not the lemmas' doing."""
        left, relation, right = sides_of(before)
        if self.of_norms:
            left, right = norm(left), norm(right)
        for lemma in self.lemmas:
            made = applied(lemma, right, self.known)
            if made is right:
                raise NotVerified(f"{lemma.name} says nothing about {right.text()}")
            right, relation = made, "≤" if "≤" in (relation, lemma.relation) else "="
        if sides_of(after) != (left, relation, right):
            raise NotVerified(f"{self._names} gives {left.text()} {relation} {right.text()}")
        return Verdict("derived", f"{self._names}{self._tried(left, relation, right)}")

    @property
    def _names(self) -> str:
        return " and ".join(dict.fromkeys(lemma.name for lemma in self.lemmas))

    def _tried(self, left: Expression, relation: str, right: Expression) -> str:
        if self.adversary is None:
            return ""
        points = self.adversary.refute(left, relation, right)
        return f"; not refuted at {points} adversarial points"


def sides_of(formula: Formula) -> tuple[Expression, str, Expression]:
    """Return left side, relation and right side; an expression equals itself.

    Raises `NotVerified` for what is no claim about expressions.
    """
    if isinstance(formula, Expression):
        return formula, "=", formula
    if isinstance(formula, Equation):
        left, right = formula.left, formula.right
        if isinstance(left, Expression) and isinstance(right, Expression):
            return left, formula.relation, right
    raise NotVerified(f"no claim about expressions: {formula.text()}")


@dataclass(frozen=True)
class Abbreviated:
    """Checks a line by another check, with names written out as what they stand for."""

    check: Check
    names: Mapping[Expression, Expression]

    def __call__(self, before: Formula, after: Formula) -> Verdict:
        """Return the verdict; raises `NotVerified` where the other check does."""
        return self.check(self._written_out(before), self._written_out(after))

    def _written_out(self, formula: Formula) -> Formula:
        if isinstance(formula, Expression):
            return substitute(formula, self.names.get)
        if isinstance(formula, Equation):
            left, right = self._written_out(formula.left), self._written_out(formula.right)
            return Equation(left, right, formula.relation)
        raise NotVerified(f"no claim about expressions: {formula.text()}")


@dataclass(frozen=True)
class Recalled:
    """Checks that a line is what another derivation came to."""

    topic: str
    statement: Formula

    def __call__(self, before: Formula, after: Formula) -> Verdict:
        """Return the verdict; raises `NotVerified` for any other line."""
        if after != self.statement:
            raise NotVerified(f"{self.topic} came to {self.statement.text()}")
        return Verdict("derived", f"the derivation {self.topic}")


def provided(condition: str, formula: Formula) -> Equation:
    """Return the statement that a condition, said in words, implies a formula."""
    return Equation(Words(condition), formula, "⇒")
