"""Residual blocks x_{l+1} = x_l + F_l(x_l): the identity carries the gradient past every block.

F_l may be any function. The lines are tested with F_l(x) = U_l tanh(V_l x), of which no line makes
any use. The depth D takes the place of the time T, and l that of t.

Source: K. He, X. Zhang, S. Ren and J. Sun, "Identity mappings in deep residual networks", ECCV
2016, equations 3 to 5.
"""

from __future__ import annotations

from derivations.blackboard import Blackboard
from derivations.catalogue.upstream import LOSS, any_loss
from derivations.matrix import (
    Moment,
    apply,
    at,
    identity,
    instance,
    jacobian,
    moving,
    over,
    product_over,
    symbol,
    total,
    total_jacobian,
)
from derivations.network import Network
from derivations.step import Derivation, Equation, Lines
from derivations.template import Definition

SOURCE = "He et al. 2016, equations 3 to 5"

START, L, ABOVE = Moment("", 0), Moment("l"), Moment("l", 1)
DEPTH, TOP = Moment("D"), Moment("D", -1)

x, f, s = (symbol(letter, ("n", "1"), L) for letter in "xfs")
above, top = at(x, ABOVE), at(x, DEPTH)
U, V = symbol("U", ("n", "k"), L), symbol("V", ("k", "n"), L)
I = identity("n")

BRANCH = Definition(f, U @ apply("tanh", V @ x), meaning="branch F_l(x_l)")
BLOCK = Definition(above, x + f, meaning="signal")
BRANCHES = Definition(s, over("k", L, TOP, at(f, Moment("k"))), meaning="branches from l on")
NETWORK = Network(
    (BRANCH, BLOCK, BRANCHES, any_loss(top)),
    loss=LOSS,
    moving=frozenset("x"),
    ranges={"x": (Moment("", 1), DEPTH), "f": (START, TOP), "s": (START, TOP)},
)
SIZES = {"D": 3}


def residual() -> Derivation:
    """Derive ``dx_{l+1}/dx_l = I + ∂⁺f_l/∂x_l`` and what reaches x_l from the top of the stack."""
    board = Blackboard(NETWORK, start=BLOCK, sizes=SIZES, indices={"l": (START, TOP)})
    _one_block(board)
    _a_stack(board)
    return board.derivation(
        "residual",
        statement=Lines(
            Equation(total_jacobian(above, x), I + jacobian(f, x)),
            Equation(total(x), (I + total_jacobian(s, x)).T @ total(top)),
        ),
        meanings={
            "x": "signal between the blocks",
            "U": "weights of the branch, here an example",
            "V": "weights of the branch, here an example",
        },
        summary="The gradient at the top reaches every layer unchanged, plus what branches add.",
        source=SOURCE,
    )


def _one_block(board: Blackboard) -> None:
    own = jacobian(f, x)
    board.line(
        "Differentiate the block",
        Equation(moving(above), moving(x) + own @ moving(x)),
        "A sum moves with both of its terms, and the branch moves by its Jacobian.",
    )
    board.line(
        "The Jacobian of a block",
        Equation(total_jacobian(above, x), I + own),
        "The signal itself is multiplied by the identity; take dx_l out to the right.",
        source=SOURCE,
    )
    board.line(
        "Backward through a block",
        Equation(total(x), total(above) + own.T @ total(above)),
        "The transpose of I + ∂⁺f_l/∂x_l: one road around the branch, one through it.",
    )


def _a_stack(board: Blackboard) -> None:
    board.line(
        "A stack of blocks",
        Lines(Equation(top, x + s), BRANCHES),
        "Each block adds its branch, so from x_l on the branches add up.",
        before=BLOCK,
    )
    board.line(
        "Its Jacobian",
        Equation(total_jacobian(top, x), I + total_jacobian(s, x)),
        "The sum moves with both terms, as for one block.",
    )
    board.line(
        "The gradient from the top",
        Equation(total(x), (I + total_jacobian(s, x)).T @ total(top)),
        "Whatever the branches do, dL/dx_D itself is one of the terms that arrive.",
        source=SOURCE,
    )
    factors = product_over("k", L, TOP, I + instance(jacobian(f, x), Moment("k"), "l"))
    board.line(
        "Compare with the product",
        Equation(total_jacobian(top, x), factors),
        "The chain rule multiplies the blocks; multiplied out, one term is the identity alone.",
        before=Equation(total_jacobian(top, x), I + total_jacobian(s, x)),
    )
