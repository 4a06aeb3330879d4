"""What formulas mean, by shape: products, blocks; two readings that differ are refused."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from typing import NamedTuple

from derivations.matrix import (
    SCALAR,
    Expression,
    below,
    beside,
    divide,
    hadamard,
    is_a,
    is_number,
    matmul,
)

SHORT = 40
MAX_DIGITS = 30


class Misfit(ValueError):  # noqa: N818 - it says what was found
    """Shapes do not fit, or two readings do; the message says what to write instead."""

    def __init__(self, reason: str, position: int) -> None:
        super().__init__(reason)
        self.position = position


class Sign(NamedTuple):
    """What stands between two factors, and where: ``@ · * ⊙ /``, or ``""`` for nothing."""

    sign: str
    position: int


MATRIX, ELEMENTWISE, OVER = ("", "·", "@"), ("*", "⊙"), ("/",)


def shape_of(expression: Expression) -> str:
    """Return a shape as one writes it."""
    return " × ".join(expression.shape)


def brief(expression: Expression) -> str:
    """Return an expression for a message, or its shape where it is long."""
    text = expression.text()
    return text if len(text) <= SHORT else f"(...: {shape_of(expression)})"


def product_of(factors: Sequence[Expression], signs: Sequence[Sign]) -> Expression:
    """Return the product of factors with signs between them.

    A matrix product, written ``@`` or not at all, and an elementwise one, written ``*`` or ``⊙``,
    have no order of precedence that everybody agrees on. Where they meet, and where something
    follows a fraction, there must be only one reading that fits or scalars that make all the same.
    Raises Misfit.
    """
    first = 0  # 2 a ⊙ b is 2 (a ⊙ b), 2 A b is 2 (A b)
    while first < len(signs) and not signs[first].sign and is_a(factors[first], "number"):
        first += 1
    coefficients, factors, signs = factors[:first], factors[first:], signs[first:]
    scalars: list[Expression] = []
    under: list[tuple[Sign, Expression]] = []
    if {sign.sign in MATRIX for sign in signs} == {True, False}:
        scalars, under, factors, signs = _without_scalars(factors, signs)
    core = _only_reading(factors, signs)
    core = hadamard(*scalars, core) if scalars else core
    for sign, factor in under:
        core = _times(core, factor, sign)
    product = hadamard(*coefficients, core) if coefficients else core
    if has_large_number(product):
        place = signs[0].position if signs else 0
        raise Misfit(f"a number has at most {MAX_DIGITS} digits, and so has a product", place)
    return product


def has_large_number(product: Expression) -> bool:
    """Say whether the number, or the number in front, has too many digits."""
    one = product.arguments[0] if is_a(product, "negate") else product
    one = one.arguments[0] if is_a(one, "elementwise product") else one
    if not is_a(one, "number"):
        return False
    return bool(max(abs(one.data.numerator), one.data.denominator) >= 10**MAX_DIGITS)


def _without_scalars(
    factors: Sequence[Expression], signs: Sequence[Sign]
) -> tuple[list[Expression], list[tuple[Sign, Expression]], list[Expression], list[Sign]]:
    """Return the scalars that multiply, those that divide, and the product without them.

    A scalar may be taken out where no factor to its right could bind to it first.
    """
    scalars: list[Expression] = []
    under: list[tuple[Sign, Expression]] = []
    kept, between = [factors[0]], []
    following = [*(sign.sign in MATRIX for sign in signs[1:]), False]
    for sign, factor, bound in zip(signs, factors[1:], following, strict=True):
        if factor.shape == SCALAR and sign.sign not in MATRIX and not bound:
            if sign.sign in OVER:
                under.append((sign, factor))
            else:
                scalars.append(factor)
        else:
            kept.append(factor)
            between.append(sign)
    while between and kept[0].shape == SCALAR and between[0].sign in ELEMENTWISE:
        scalars.append(kept.pop(0))
        between.pop(0)
    return scalars, under, kept, between


def _only_reading(factors: Sequence[Expression], signs: Sequence[Sign]) -> Expression:
    """Return the reading that fits; raises Misfit when none does, or two that differ."""
    if {sign.sign in MATRIX for sign in signs} != {True, False}:
        return _read(factors, signs, (OVER, ELEMENTWISE, MATRIX))
    for over, sign in pairwise(signs):
        if over.sign in OVER and sign.sign in ("", "·"):
            raise Misfit("this is ambiguous: write (a / b) c or a / (b c)", sign.position)
    found: dict[Expression, None] = {}
    misfits: list[Misfit] = []
    for reading in _READINGS:
        try:
            found[reading(factors, signs)] = None
        except Misfit as misfit:
            misfits.append(misfit)
    if not found:
        raise misfits[0]
    if len(found) > 1:
        one, other = (brief(reading) for reading in list(found)[:2])
        written = f"{one} or {other}" if one != other else "parentheses around what goes together"
        raise Misfit(f"this is ambiguous: write {written}", signs[1].position)
    return next(iter(found))


def _read(
    factors: Sequence[Expression], signs: Sequence[Sign], levels: Sequence[tuple[str, ...]]
) -> Expression:
    """Return the product when the signs of each level bind tighter than those after it."""
    left, between = list(factors), list(signs)
    for level in levels:
        grouped, rest = [[left[0]]], []
        inside: list[list[Sign]] = [[]]
        for sign, factor in zip(between, left[1:], strict=True):
            if sign.sign in level:
                grouped[-1].append(factor)
                inside[-1].append(sign)
            else:
                grouped.append([factor])
                inside.append([])
                rest.append(sign)
        left = [_run(run, run_signs) for run, run_signs in zip(grouped, inside, strict=True)]
        between = rest
    return left[0]


def _from_the_right(factors: Sequence[Expression], signs: Sequence[Sign]) -> Expression:
    """Return the product when every sign takes all that follows it."""
    product = factors[-1]
    for factor, sign in zip(factors[-2::-1], signs[::-1], strict=True):
        product = _times(factor, product, sign)
    return product


_READINGS: tuple[Callable[[Sequence[Expression], Sequence[Sign]], Expression], ...] = (
    partial(_read, levels=(MATRIX, OVER, ELEMENTWISE)),
    partial(_read, levels=(OVER, ELEMENTWISE, MATRIX)),
    partial(_read, levels=((*MATRIX, *OVER, *ELEMENTWISE),)),  # as Python does
    _from_the_right,
)


def _run(factors: list[Expression], signs: list[Sign]) -> Expression:
    """Return a run of factors whose signs bind alike, from left to right."""
    if len(factors) > 2 and all(sign.sign in ELEMENTWISE for sign in signs):
        whole = next((factor for factor in factors if factor.shape != SCALAR), factors[0])
        for factor, sign in zip(factors[1:], signs, strict=True):
            if factor.shape not in (SCALAR, whole.shape):
                return _times(whole, factor, sign)
        return hadamard(*factors)
    product = factors[0]
    for factor, sign in zip(factors[1:], signs, strict=True):
        product = _times(product, factor, sign)
    return product


def _times(left: Expression, right: Expression, sign: Sign) -> Expression:
    try:
        return _PRODUCTS[sign.sign](left, right)
    except TypeError as error:
        shapes = f"{brief(left)} is {shape_of(left)} and {brief(right)} is {shape_of(right)}"
        raise Misfit(f"{shapes}: {_instead(left, right, sign.sign)}", sign.position) from error


def _matrix_product(left: Expression, right: Expression) -> Expression:
    """Return the matrix product, or a multiple where one of the two is a scalar."""
    if left.shape[1] != right.shape[0] and SCALAR in (left.shape, right.shape):
        return hadamard(left, right)
    return matmul(left, right)


def _at(left: Expression, right: Expression) -> Expression:
    if is_a(left, "number") or is_a(right, "number"):
        raise TypeError("@ does not scale")
    return matmul(left, right)


def _quotient(left: Expression, right: Expression) -> Expression:
    if is_number(right, 0):
        raise TypeError("division by 0")
    return divide(left, right)


_PRODUCTS: dict[str, Callable[[Expression, Expression], Expression]] = {
    "": _matrix_product, "·": _matrix_product, "@": _at,
    "*": hadamard, "⊙": hadamard, "/": _quotient,
}  # fmt: skip


def _instead(left: Expression, right: Expression, sign: str) -> str:
    if sign == "/":
        return "nothing is divided by 0" if is_number(right, 0) else "/ divides element by element"
    if sign == "@" and (is_a(left, "number") or is_a(right, "number")):
        return "a number scales with *"
    fits = left.shape[1] == right.shape[0]
    if sign in ELEMENTWISE:
        return f"{sign} is elementwise; " + (
            "write @ for the matrix product" if fits else "the shapes must be the same"
        )
    if left.shape == right.shape:
        return "write ⊙ or * for the elementwise product"
    for one, other, written in ((left.T, right, "left"), (left, right.T, "right")):
        if one.shape[1] == other.shape[0]:
            return f"the matrix product fits if the {written} factor is transposed"
    return "the matrix product wants as many columns on the left as there are rows on the right"


# ------------------------------------------------------------------------------------------ blocks


def stack_of(rows: Sequence[Sequence[Expression]]) -> Expression:
    """Return blocks beside and below each other; raises Misfit."""
    try:
        return below(*(beside(*row) for row in rows))
    except TypeError as error:
        shapes = ", ".join(shape_of(block) for row in rows for block in row)
        raise Misfit(f"these blocks do not fit together: {shapes}", 0) from error


def stack_that_fits(blocks: Sequence[Expression]) -> Expression:
    """Return blocks with commas between them, below or beside each other, whichever fits."""
    fits = []
    for build in (below, beside):
        try:
            fits.append(build(*blocks))
        except TypeError:
            continue
    if len(fits) == 2:
        raise Misfit("this is ambiguous: write [a; b] for below, [a  b] for beside", 0)
    return fits[0] if fits else stack_of([blocks])
