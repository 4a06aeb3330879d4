"""What derivations of layers share: a loss that may be any function of the output.

Only its derivative ∂⁺ℓ/∂y there is given: by the chain rule nothing else of it matters. So it may
as well be linear, L = Σ ∂⁺ℓ/∂y ⊙ y, whose derivative with respect to y is the given one.
"""

from __future__ import annotations

from derivations.blackboard import Blackboard
from derivations.matrix import SCALAR, Expression, immediate, inner, symbol, trace
from derivations.step import Formula, Lines
from derivations.template import Definition

LOSS = symbol("L", SCALAR)


def pairing(output: Expression) -> Expression:
    """Return ⟨∂⁺ℓ/∂y, y⟩, the sum of the products element by element, for one output y."""
    given = immediate(output)
    return inner(given, output) if output.shape[1] == "1" else trace(given.T @ output)


def any_loss(total: Expression) -> Definition:
    """Return the definition of L, given the `pairing` of an output or a sum of them."""
    return Definition(LOSS, total, meaning="loss, any function of the output")


def lines_of(board: Blackboard) -> Lines:
    """Return all that the board has derived, one below the other."""
    lines: list[Formula] = []
    for step in board.steps:
        lines += step.after.lines if isinstance(step.after, Lines) else (step.after,)
    return Lines(*lines)
