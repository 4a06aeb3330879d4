"""What derivations of layers share: a loss that may be any function of the output.

Only its derivative ∂⁺ℓ/∂y there is given: by the chain rule nothing else of it matters. So it may
as well be linear, L = Σ ∂⁺ℓ/∂y ⊙ y, whose derivative with respect to y is the given one.
"""

from __future__ import annotations

from derivations.blackboard import Blackboard
from derivations.matrix import (
    NOW,
    SCALAR,
    Expression,
    immediate,
    name_of,
    over_time,
    pairing,
    symbol,
)
from derivations.step import Formula, Lines
from derivations.template import Definition

LOSS = symbol("L", SCALAR)


def any_loss(output: Expression) -> Definition:
    """Return the definition of L; an output at step t is read at every step."""
    once = pairing(immediate(output), output)
    whole = over_time(once) if name_of(output).moment == NOW else once
    return Definition(LOSS, whole, meaning="loss, any function of the output")


def lines_of(board: Blackboard) -> Lines:
    """Return all that the board has derived, one below the other."""
    lines: list[Formula] = []
    for step in board.steps:
        lines += step.after.lines if isinstance(step.after, Lines) else (step.after,)
    return Lines(*lines)
