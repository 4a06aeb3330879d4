"""What each step's loss says about each use of a shared weight: the terms of a double sum.

The gradient of a shared weight is a sum over its uses, and each of these a sum over the losses
that the use has an influence on: dL/dW = Σ_t Σ_{k ≤ t} dL_t/dh_t · dh_t/dh_k · ∂h_k/∂W, where the
innermost derivative holds h_{k-1} fixed (Pascanu et al. 2013, equations 4 and 5).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from autograd_rnn.diagrams.gradients.backward import Backward, accumulate, losses_of
from autograd_rnn.diagrams.scene.items import Scene
from autograd_rnn.diagrams.scene.reading import Reading
from autograd_rnn.engine import Node

Use = tuple[Node, Node]  # a weight, and the operation that reads it


class Term(NamedTuple):
    """What one loss adds to what one use of a weight receives.

    Attributes:
        t: the step of the loss; None for all the other steps together.
        goals: where the step hands over to the loss.
        amount: the part.

    """

    t: int | None
    goals: tuple[Node, ...]
    amount: Any


def terms_of_uses(
    reading: Reading, scene: Scene, totals: Mapping[Node, Any]
) -> dict[Use, tuple[Term, ...]]:
    """Take apart, by the steps of the losses, what each use of a shared weight receives.

    Args:
        reading: the graph of a loss. scene: what of it is drawn.
        totals: the gradient of every node.

    Returns:
        the terms of each use: one for each step that is drawn, one for all others together;
        nothing where one step has the whole loss.

    """
    drawn = {t for times in reading.timeline.drawn for t in times}
    starts: dict[int | None, dict[Node, Any]] = {}
    for step, handed in losses_of(reading, totals).items():
        for node, amount in handed.items():
            accumulate(starts.setdefault(step if step in drawn else None, {}), node, amount)
    found: dict[Use, list[Term]] = {}
    for t in sorted(starts, key=lambda t: (t is None, t)) if len(starts) > 1 else ():
        for use, amount in Backward(reading, scene, starts[t]).uses.items():
            found.setdefault(use, []).append(Term(t, tuple(starts[t]), amount))
    return {use: tuple(terms) for use, terms in found.items()}
