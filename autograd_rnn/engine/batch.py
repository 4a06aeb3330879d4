"""A graph evaluated at many points at once: every value that varies has one more axis in front."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from autograd_rnn.engine.graph import Graph, Node
from autograd_rnn.engine.primitive import broadcast
from autograd_rnn.engine.rules.structure import Span, frozen_key

Attrs = Mapping[str, Any]
Shift = Callable[[Attrs, int], Attrs | None]


def _axis(attrs: Attrs, _: int) -> Attrs:
    return {**attrs, "axis": attrs["axis"] + (attrs["axis"] >= 0)}


def _key(attrs: Attrs, _: int) -> Attrs | None:
    basic = all(isinstance(part, (int, Span)) for part in attrs["key"])
    return {"key": (*frozen_key(slice(None)), *attrs["key"])} if basic else None


# What an operation's attributes become when an axis of `count` points is put in front; None where
# that cannot be said. Operations that are not here run point by point.
SHIFTS: dict[str, Shift] = {
    "carry": lambda attrs, count: attrs,
    "identity": lambda attrs, count: attrs,
    "stop_gradient": lambda attrs, count: attrs,
    "softmax": _axis,
    "log_softmax": _axis,
    "concatenate": _axis,
    "stack": _axis,
    "index": _key,
    "sum": lambda attrs, count: {**attrs, "axes": tuple(a + 1 for a in attrs["axes"])},
    "reshape": lambda attrs, count: {"shape": (count, *attrs["shape"])},
    "transpose": lambda attrs, count: {"axes": (0, *(a + 1 for a in attrs["axes"]))},
}


def evaluate_at_points(graph: Graph, leaves: Mapping[Node, Any]) -> list[Any]:
    """Compute the outputs of a graph at many points.

    Args:
        graph: the graph. leaves: (points, *shape) for the leaves that vary; all equally many.

    Returns:
        For each output an array (points, *shape).

    """
    count = len(next(iter(leaves.values())))
    values: dict[Node, Any] = {}
    varying = set(leaves)
    for node in graph:
        if node.primitive is None:
            values[node] = leaves.get(node, node.value)
            continue
        inputs = [values[below] for below in node.inputs]
        varies = [below in varying for below in node.inputs]
        if any(varies):
            varying.add(node)
            values[node] = _at_points(node, inputs, varies, count)
        else:
            values[node] = node.primitive.kernel(*inputs, **node.attrs)
    return [
        values[y] if y in varying else np.broadcast_to(values[y], (count, *y.shape))
        for y in graph.outputs
    ]


def _at_points(node: Node, inputs: Sequence[Any], varies: Sequence[bool], count: int) -> Any:
    """Run one operation at all points, in one call of its kernel where that is possible."""
    primitive = node.primitive
    assert primitive is not None
    if primitive.name == "matmul" or (primitive.shape is broadcast and not node.attrs):
        return primitive.kernel(*_aligned(node, inputs, varies), **node.attrs)
    shift = SHIFTS.get(primitive.name)
    attrs = shift(node.attrs, count) if shift else None
    if attrs is not None:
        pairs = zip(node.inputs, inputs, varies, strict=True)
        wide = [x if v else np.broadcast_to(x, (count, *below.shape)) for below, x, v in pairs]
        return primitive.kernel(*wide, **attrs)
    points = ([x[k] if v else x for x, v in zip(inputs, varies, strict=True)] for k in range(count))
    return np.stack([primitive.kernel(*point, **node.attrs) for point in points])


def _aligned(node: Node, inputs: Sequence[Any], varies: Sequence[bool]) -> list[Any]:
    """Give what varies as many axes as the widest input has, so that points meet points."""
    ndim = max(len(below.shape) for below in node.inputs)
    return [
        np.reshape(x, (len(x), *(1,) * (ndim - len(below.shape)), *below.shape)) if v else x
        for below, x, v in zip(node.inputs, inputs, varies, strict=True)
    ]
