"""Differentiation of the graph: backward (pull-back), forward (push-forward), as functions.

Both walks run the same rules. On raw arrays they compute; recording, they run on Tensors and
what comes out is a graph again, each node of it standing at the place of the forward node it
came from.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd_rnn.engine.arrays import number_array
from autograd_rnn.engine.graph import Node, topological
from autograd_rnn.engine.place import Stamp, stamped
from autograd_rnn.engine.primitive import OperationError
from autograd_rnn.engine.record import apply, constant
from autograd_rnn.engine.tensor import Tensor

Cotangents = dict[Node, Any]


def pull_back(
    outputs: Mapping[Node, Any], wrt: Iterable[Node] | None = None, record: bool = False
) -> Cotangents:
    """Walk the graph backwards: the cotangent of every node between `wrt` and `outputs`.

    Args:
        outputs: the cotangent of each output; arrays, or Tensors when recording.
        wrt: where to stop; None means every differentiable leaf.
        record: run the rules on Tensors, so that the result can be differentiated again.

    Returns:
        A cotangent for every node reached, `wrt` and interior. A node that is not reached is
        absent: no gradient is not a zero gradient.

    """
    order, wanted = _plan(outputs, wrt, record)
    pending: Cotangents = defaultdict(list, {node: [g] for node, g in outputs.items()})
    cotangents: Cotangents = {}
    for node in reversed(order):
        reached = node in pending or (record and _is_carry(node))
        if not reached or node not in wanted:
            continue
        if record:
            with stamped(Stamp(node.place, "backward", node)):
                cotangents[node] = _hand_down(node, pending, wanted, record)
        else:  # on scalars even an empty context would cost more than the arithmetic
            cotangents[node] = _hand_down(node, pending, wanted, record)
    return cotangents


def _hand_down(node: Node, pending: Cotangents, wanted: set[Node], record: bool) -> Any:
    """Return the whole cotangent of `node`, having left at each input what it adds there."""
    parts = pending.pop(node, None) or [Tensor.of(constant(np.zeros(node.shape, node.dtype)))]
    g = total_of(parts, node)
    for _, below, part in contributions_of(node, g, wanted, record):
        pending[below].append(part)
    return g


def _plan(
    outputs: Iterable[Node], wrt: Iterable[Node] | None, record: bool
) -> tuple[list[Node], set[Node]]:
    """Return the walk's order, and the nodes that lie on a path from `wrt`."""
    order = topological(outputs)
    targets = None if wrt is None else set(wrt)
    if record:
        # A planner rolls equal steps into a loop, so the last step and the first must look like
        # the others: every carried state has a cotangent, be it zero.
        unrolled = {node.attrs["recurrence"]: None for node in order if _is_carry(node)}
        order = topological([*outputs, *(last for run in unrolled for last in run.last())])
        if targets is not None:
            targets.update(first for run in unrolled for first in run.initial)
    if targets is None:
        return order, {node for node in order if node.needs_grad}
    wanted: set[Node] = set()
    for node in order:
        if node in targets or not wanted.isdisjoint(node.inputs):
            wanted.add(node)
    return order, wanted


def _is_carry(node: Node) -> bool:
    return node.primitive is not None and node.primitive.name == "carry"


def _operands(node: Node, record: bool) -> tuple[Any, list[Any]]:
    """Return what a rule runs on: a node's value and its inputs', or Tensors when recording."""
    if record:
        return Tensor.of(node), [Tensor.of(below) for below in node.inputs]
    return node.value, [below.value for below in node.inputs]


@dataclass(frozen=True, slots=True)
class _Piece:
    """A cotangent that is zero but for what `index` took: kept small until it is assembled."""

    g: Any
    key: Any


def contributions_of(
    node: Node, g: Any, wanted: set[Node], record: bool
) -> Iterator[tuple[int, Node, Any]]:
    """Yield what `node`, with cotangent g, adds to the cotangent of each input."""
    primitive = node.primitive
    if primitive is None or not primitive.differentiable:
        return
    y, inputs = _operands(node, record)
    for position, below in enumerate(node.inputs):
        if below in wanted and below.needs_grad:
            if primitive.assembles:
                yield position, below, _Piece(g, node.attrs["key"])
            else:
                part = primitive.pull(position, g, y, inputs, node.attrs)
                yield position, below, unbroadcast(part, below.shape)


def unbroadcast(part: Any, shape: tuple[int, ...]) -> Any:
    """Sum `part` over the axes that broadcasting stretched: the transpose of broadcasting."""
    return part if part.shape == shape else apply("sum_to", part, shape=shape)


def total_of(parts: list[Any], node: Node) -> Any:
    """Add up all contributions to one node: one n-ary sum, never a chain."""
    if _Piece in map(type, parts):
        pieces = [part for part in parts if isinstance(part, _Piece)]
        keys = tuple(piece.key for piece in pieces)
        whole = apply("assemble", *(piece.g for piece in pieces), keys=keys, shape=node.shape)
        parts = [*(part for part in parts if not isinstance(part, _Piece)), whole]
    return parts[0] if len(parts) == 1 else apply("add_n", *parts)


def push_forward(
    outputs: Iterable[Node], tangents: Mapping[Node, Any], record: bool = False
) -> Cotangents:
    """Walk the graph forwards: the tangent of every node above those in `tangents`.

    Through an unrolled network this is real-time recurrent learning: each step carries
    dh_t/dθ on to the next (Williams & Zipser 1989).

    Args:
        outputs: where to stop.
        tangents: the tangent of some nodes; arrays, or Tensors when recording.
        record: run the rules on Tensors.

    Returns:
        A tangent for every node that `tangents` moves; a node that stays put is absent.

    """
    moved: Cotangents = {}
    for node in topological(outputs):
        if node in tangents:
            moved[node] = tangents[node]
        elif node.primitive is not None and node.primitive.differentiable:
            with stamped(Stamp(node.place, "forward", node)) if record else nullcontext():
                if parts := list(_effects(node, moved, record)):
                    moved[node] = _stretch(total_of(parts, node), node.shape)
    return moved


def _effects(node: Node, moved: Cotangents, record: bool) -> Iterator[Any]:
    """Yield the tangent of `node` that each moving input causes."""
    assert node.primitive is not None
    y, inputs = _operands(node, record)
    for position, below in enumerate(node.inputs):
        if below in moved:
            yield node.primitive.push(position, moved[below], y, inputs, node.attrs)


def _stretch(part: Any, shape: tuple[int, ...]) -> Any:
    return part if part.shape == shape else apply("broadcast_to", part, shape=shape)


def backward(y: Tensor, gradient: Any = None) -> None:
    """Leave dy/dv in the `.grad` of every v below y.

    Leaves accumulate over calls, as optimizers expect; computed nodes hold the last call's
    gradient. The graph is neither changed nor destroyed.

    Args:
        y: where to start.
        gradient: y's cotangent, of y's shape; may be left out for a scalar.

    Raises:
        OperationError: `gradient` is missing or has the wrong shape, or nothing below y can be
            differentiated.

    """
    cotangents = pull_back({y.node: seed(y, gradient)})
    if not cotangents:
        raise OperationError(
            f"backward: nothing below {y.node!r} can be differentiated: make a leaf with "
            "Tensor(array of floats)"
        )
    for node, g in cotangents.items():
        box = node.box
        leaf_again = node.primitive is None and box.grad is not None
        box.grad = box.grad + g if leaf_again else g


def seed(y: Tensor, gradient: Any) -> Any:
    """Return the cotangent that a backward pass from `y` starts with."""
    if gradient is None:
        if y.size != 1:
            raise OperationError(
                f"backward from shape {y.shape} needs a gradient of that shape: "
                "y.backward(gradient), or reduce first, e.g. y.sum().backward()"
            )
        return np.ones(y.shape, y.dtype)
    seed = number_array(gradient, y.dtype)
    if seed.shape != y.shape:
        raise OperationError(f"backward: gradient of shape {seed.shape} for a y of {y.shape}")
    return seed
