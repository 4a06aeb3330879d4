"""Real-time recurrent learning: the gradient carried forward, what it costs, and that it is BPTT's.

Source: R. J. Williams and D. Zipser, "A learning algorithm for continually running fully recurrent
neural networks", Neural Computation 1(2), 1989.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import product

from derivations.arithmetic import FRACTIONS
from derivations.blackboard import Blackboard
from derivations.catalogue.recurrent import (
    COLUMNS,
    MEANINGS,
    ZERO,
    I,
    W_h,
    a,
    h,
    h_slope,
    past,
    recurrent,
    state_equations,
)
from derivations.matrix import (
    FIRST,
    SCALAR,
    Expression,
    Moment,
    at,
    element,
    identity,
    immediate,
    inner,
    moving,
    number,
    over,
    over_time,
    symbol,
    total,
    total_jacobian,
    trace,
    value_at,
)
from derivations.network import STEPS, TOTAL_LOSS
from derivations.step import (
    Check,
    Derivation,
    Equation,
    Formula,
    Lines,
    NotVerified,
    Verdict,
    Words,
)
from derivations.template import Definition

SOURCE = "Williams and Zipser 1989, A learning algorithm for continually running networks"
UNITS = Moment("n")
W_moved, h_moved, a_moved = moving(W_h), moving(h), moving(a)
weight, unit = element(W_h, ("i", "j")), element(h, ("k",))
past_moved = total_jacobian(element(past, ("l",)), weight)
by_unit = over("l", FIRST, UNITS, element(W_h, ("k", "l")) * past_moved)
ENTRY = element(h_slope, ("k",)) * (by_unit + element(I, ("i", "k")) * element(past, ("j",)))
"""One entry of what is carried forward, dh_t[k]/dW_h[i,j], from those of the step before."""


def rtrl(activation: str = "tanh") -> Derivation:
    """Derive RTRL along a direction and entry by entry, its cost, and its equality with BPTT."""
    unit_matrix = Definition(I, identity("n"), meaning="identity: I[i,k] is 1 where i = k, else 0")
    network = replace(recurrent(activation, unit_matrix), moving=frozenset({"W_h"}))
    places = {"i": COLUMNS, "j": COLUMNS, "k": COLUMNS}
    board = Blackboard(network, Lines(*state_equations(network)), indices={"t": STEPS, **places})
    recursion = _forward(board)
    _entries(board, recursion)
    _equality(board, recursion)
    board.line(
        "Entry by entry",
        Equation(element(total(W_h), ("i", "j")), over_time(_loss_by_entries())),
        "Move one weight and no other: this is what RTRL adds up while it runs forward.",
    )
    return board.derivation(
        "rtrl",
        Lines(Equation(total_jacobian(unit, weight), ENTRY), board.at),
        meanings=MEANINGS,
        summary="The derivative of the state is carried forward beside the state: no backward "
        "pass, at n³ numbers and of the order of n⁴ products a step. The gradient is that of BPTT.",
        source=SOURCE,
    )


def _forward(board: Blackboard) -> Equation:
    """Write the recursion along any direction dW_h."""
    board.line(
        "Two products move",
        Equation(a_moved, W_moved @ past + W_h @ moving(past)),
        "In W_h h_{t-1} both factors move: the weights now, the state because they moved before.",
    )
    recursion = Equation(h_moved, h_slope * (W_h @ moving(past) + W_moved @ past))
    board.line(
        "Through the activation",
        recursion,
        "Each unit moves by its slope; so dh_t follows from dh_{t-1}, forward in time.",
    )
    board.line(
        "Where it starts",
        Lines(Equation(moving(at(h, ZERO)), number(0)), recursion),
        "No weight moves the initial state.",
    )
    return recursion


def _entries(board: Blackboard, recursion: Equation) -> None:
    """Write the recursion for one unit and one weight, and count."""
    board.line(
        "Unit by unit, weight by weight",
        Equation(total_jacobian(unit, weight), ENTRY),
        "For dW_h take 1 at row i, column j and 0 elsewhere: dW_h h_{t-1} is h_{t-1}[j] in row i.",
        source="Williams and Zipser 1989",
        before=recursion,
    )
    n = symbol("n", SCALAR)
    board.line(
        "Count",
        Lines(
            Equation(Words("numbers kept"), n**3),
            Equation(Words("products a step"), n**4 + 2 * n**3),
        ),
        "There is a number for every unit k and every weight i, j, and each takes n products for "
        "the sum, one with I and one with the slope.",
        check=counted(ENTRY),
    )


def _equality(board: Blackboard, recursion: Equation) -> None:
    """Write that the sum over time of what RTRL reads off is ⟨dL/dW_h, dW_h⟩."""
    delta, later = total(a), total(h)
    board.line(
        "What the adjoint sees of it",
        Equation(
            inner(later, h_moved), inner(delta, W_moved @ past) + inner(W_h.T @ delta, moving(past))
        ),
        "Slopes may go over to the adjoint, where they make δ_t, and W_h goes over transposed.",
        before=recursion,
    )
    board.line(
        "The recursion of BPTT",
        Equation(
            inner(W_h.T @ delta, moving(past)),
            inner(total(past) - immediate(past), moving(past)),
        ),
        "What h_{t-1} receives from step t is its adjoint without the loss of its own step.",
        before=Equation(total(past), immediate(past) + W_h.T @ delta),
    )
    board.line(
        "Add up over time",
        Equation(over_time(inner(immediate(h), h_moved)), over_time(inner(delta, W_moved @ past))),
        "What step t passes to step t-1 is there with both signs, at T nothing comes from later, "
        "and dh_0 = 0: all that telescopes is gone.",
        source="Werbos 1990, for the recursion",
    )
    equality = Equation(over_time(inner(immediate(h), h_moved)), trace(total(W_h).T @ W_moved))
    board.line(
        "The same gradient",
        Lines(Equation(moving(TOTAL_LOSS), over_time(inner(immediate(h), h_moved))), equality),
        "On the left what RTRL adds up, on the right the gradient of BPTT, Σ δ_t h_{t-1}ᵀ, along "
        "the same direction.",
    )


def _loss_by_entries() -> Expression:
    read = element(immediate(h), ("k",)) * total_jacobian(unit, weight)
    return over("k", FIRST, UNITS, read)


# ------------------------------------------------------------------------------------- counting


@dataclass
class Tally:
    """A scalar that counts the products of scalars that are taken, together with all others."""

    taken: list[None]

    def __mul__(self, other: Tally) -> Tally:
        self.taken.append(None)
        return self

    def __add__(self, other: Tally) -> Tally:
        return self


def counted(entry: Expression) -> Check:
    """Return a check of two lines in n: how many entries there are, and their products.

    `entry` is the formula of one of them, for the unit k and the weight i, j.
    """

    def check(_: Formula, after: Formula) -> Verdict:
        assert isinstance(after, Lines)
        for n in COUNTED_AT:
            for line, count in zip(after.lines, _counts(entry, n), strict=True):
                assert isinstance(line, Equation)
                assert isinstance(line.right, Expression)
                said = value_at(line.right, {}, lambda *_, n=n: Fraction(n), FRACTIONS)
                if said != count:
                    raise NotVerified(f"{line.text()}: for n = {n} there are {count}")
        return Verdict("exact", "counted on the formula", f"n = {COUNTED_AT[0]}..{COUNTED_AT[-1]}")

    return check


COUNTED_AT = (1, 2, 3, 4, 5)
"""Enough to tell any two polynomials of degree 4 without constant term apart."""


def _counts(entry: Expression, n: int) -> tuple[int, int]:
    taken: list[None] = []
    places = list(product(range(1, n + 1), repeat=3))
    for i, j, k in places:
        value_at(entry, {"n": n, "i": i, "j": j, "k": k}, lambda *_: Tally(taken), FRACTIONS)
    return len(places), len(taken)
