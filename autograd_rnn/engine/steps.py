"""The backward pass told one node at a time, for the REPL, the stepper and the grader."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from autograd_rnn.engine.differentiate import contributions_of, seed, total_of
from autograd_rnn.engine.graph import Node, topological
from autograd_rnn.engine.tensor import Tensor


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one node adds to the gradient of one of its inputs.

    Attributes:
        input: the node that receives it.
        local: the local derivative dnode/dinput, for elementwise operations; else None.
        amount: upstream times local, summed over broadcast axes.
        total: the sum that has reached the input so far, this included.

    """

    input: Node
    local: Any
    amount: Any
    total: Any


@dataclass(frozen=True, slots=True)
class BackwardStep:
    """One node of the backward pass, in the order in which it is visited.

    Attributes:
        node: the node. upstream: its whole gradient dy/dnode.
        contributions: one an edge to a differentiable input, in order.

    """

    node: Node
    upstream: Any
    contributions: tuple[Contribution, ...]


def backward_steps(y: Tensor, gradient: Any = None) -> Iterator[BackwardStep]:
    """Yield the backward pass, one record a node; leaves `.grad` alone.

    Args:
        y: where to start. gradient: as in `backward`.

    """
    wanted = {node for node in topological([y.node]) if node.needs_grad}
    totals: dict[Node, Any] = {y.node: seed(y, gradient)}
    for node in reversed(topological([y.node])):
        if node not in totals:
            continue
        upstream = totals[node]
        contributions = []
        for position, below, part in contributions_of(node, upstream, wanted, record=False):
            amount = total_of([part], below)
            before = totals.get(below)
            totals[below] = amount if before is None else before + amount
            slope = _slope(node, position)
            contributions.append(Contribution(below, slope, amount, totals[below]))
        yield BackwardStep(node, upstream, tuple(contributions))


def _slope(node: Node, position: int) -> Any:
    if node.primitive is None or not node.primitive.slopes:
        return None
    inputs = [below.value for below in node.inputs]
    return node.primitive.slopes[position](node.value, *inputs)
