"""Answers about chance: what is written alike, and what is equal by algebra of constants.

A formula about expectations has no values at a point. So a line is known when it is written as it
is shown, up to spaces, and a right side made of constants alone, such as 2/(n_in + n_out), when
SymPy finds it equal. Everything else is undecided.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from derivations.answers.answer import BY_ALGEBRA, Answer, equal, undecided, unreadable
from derivations.answers.targets import Board, Target
from derivations.arithmetic import NumberSystem
from derivations.chance.scalars import Constant, Scalar
from derivations.equivalence import Different, Witness
from derivations.grammar import FormulaError, Vocabulary, parse
from derivations.matrix import SCALAR, Expression, elements_of, in_order, name_of, symbol
from derivations.notation import formulas_of
from derivations.show.layout import lines_of
from derivations.show.page import Heading, Page, Table
from derivations.step import Derivation, Equation, Formula, NotVerified

ONLY = (
    "about chance only lines that are written as they are shown are known, and right sides of "
    "constants alone"
)


def constants_of(derivation: Derivation) -> list[str]:
    """Return the names of the constants in the formulas of a derivation."""
    found = (name for formula in formulas_of(derivation) for name in _constants(formula))
    return list(dict.fromkeys(found))


def judged_as_scalar(board: Board, text: str) -> Answer:
    """Return what is to be said to a line about a derivation of scalar formulas."""
    left, _, right = text.rpartition("=")
    names = [symbol(name, SCALAR) for name in constants_of(board.derivation)]
    try:
        said = _in_sympy(parse(right.strip(), Vocabulary.of(names)))
    except FormulaError as error:
        return unreadable(error) if _is_of_constants(right, names) else undecided(ONLY)
    about = board.named(left) if left.strip() else board.all
    fitting = {t: value for t in about if (value := _closed(t)) is not None}
    for target, value in fitting.items():
        if _vanishes(value - said):
            return equal(BY_ALGEBRA, target, board)
    if not left.strip() or not fitting:
        return undecided("it equals none of the lines here that are made of constants alone")
    target, value = next(iter(fitting.items()))
    return _compared(target, value, said)


def counts_as_equal(one: Expression, other: Expression) -> bool:
    """Say whether SymPy finds two scalar expressions equal, for all positive letters."""
    from derivations.chance.scalar_algebra import as_sympy

    try:
        return _vanishes(as_sympy(one) - as_sympy(other))
    except (NotVerified, TypeError, KeyError):  # it is no scalar, or not of that kind
        return False


def _is_of_constants(right: str, names: list[Expression]) -> bool:
    """Say whether every word in it is a constant, so that what cannot be read is a slip."""
    known = {name_of(one).letter for one in names} | {"sqrt", "exp", "log"}
    return set(re.findall(r"[^\W\d]\w*", right)) <= known


def _compared(target: Target, value: Any, said: Any) -> Answer:
    """Return different with a point where the two sides certainly differ, or undecided."""
    import sympy

    letters = sorted((value - said).free_symbols, key=str)
    values = {letter: sympy.Rational(k + 3, 2) for k, letter in enumerate(letters)}
    truth, other = (side.subs(values) for side in (value, said))
    gap = sympy.N(truth - other, 30)
    if not gap.is_real or abs(gap) < sympy.Float("1e-20"):
        return undecided("SymPy cannot tell whether it is equal")
    given = {str(letter): float(value) for letter, value in values.items()}
    one, two = (str(sympy.N(side, 8)) for side in (truth, other))
    place = ", ".join(f"{letter} = {value}" for letter, value in values.items())
    witness = Witness({}, {}, (1, 1), one, two, given)
    assert target.left is not None
    page = Page(
        Heading("Different."),
        f"At {place}:" if place else "As numbers:",
        Table((("yours", two), (target.left.text(), one))),
    )
    return Answer("different", page, finding=Different(witness))


# ---------------------------------------------------------------------------------- by algebra


def _closed(target: Target) -> Any:
    """Return a right side of constants alone in SymPy, None for any other."""
    from derivations.chance.moments import World

    right = target.right
    if target.relation != "=" or not isinstance(right, Scalar) or target.left is None:
        return None
    try:
        value = right.value(World(), {})
    except (KeyError, TypeError, ValueError):  # it speaks of indices
        return None
    names = set(_constants(right))
    return value if {str(s) for s in value.free_symbols} <= names and not _calls(value) else None


def _calls(value: Any) -> bool:
    from sympy.core.function import AppliedUndef

    return bool(value.atoms(AppliedUndef))


def _vanishes(value: Any) -> bool:
    import sympy

    return bool(sympy.simplify(value) == 0)


def _constants(formula: Formula) -> Iterator[str]:
    """Yield the names of the constants in a formula, however deep."""
    waiting: list[Any] = [formula]
    while waiting:
        part = waiting.pop()
        if isinstance(part, Constant):
            yield part.name
        elif isinstance(part, tuple):
            waiting += part
        elif isinstance(part, Scalar):
            waiting += vars(part).values()
        elif isinstance(part, Equation):
            waiting += [part.left, part.right]
        elif part is not formula:
            continue
        else:
            waiting += [line for line in lines_of(part) if line is not part]


def _in_sympy(expression: Expression) -> Any:
    import sympy

    def number(value: Fraction) -> Any:
        return sympy.Rational(value.numerator, value.denominator)

    functions = {"√": sympy.sqrt, "exp": sympy.exp, "log": sympy.log, "tanh": sympy.tanh}
    system = NumberSystem(number, functions, lambda terms: sympy.Add(*terms))

    def lookup(one: Expression) -> list[list[Any]]:
        letter = name_of(one).letter
        return [[sympy.pi if letter == "π" else sympy.Symbol(letter, positive=True)]]

    return elements_of(list(in_order(expression)), lookup, system)[0][0]
