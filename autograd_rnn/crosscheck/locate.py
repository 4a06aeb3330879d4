"""Where two roads part: the first variable, gate and time step that differs.

Variables are compared by name, in the order in which they are computed. As everything that a
first difference was computed from agrees, the fault lies in the operations in between.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from autograd_rnn.crosscheck.problem import Array
from autograd_rnn.crosscheck.roads import Roads
from autograd_rnn.engine import Node, backward_steps

Variable = tuple[str, int]  # a letter of the equations and a step: ("a_f", 3)


@dataclass(frozen=True)
class Location:
    """The first place where two roads part.

    Attributes:
        what: "value", "gradient", "contribution" (of one step to a shared parameter), "sum over
            t" or "tangent".
        variable: the letter of the equations, e.g. "a_f", whose gradient is that gate's δ.
        gate: e.g. "forget gate". t: the time step, counted from 1; None outside of time.
        found: the number that is off. expected: the same number on the other road.
        suspects: the operations between the variable and those it is computed from.
        delta: the first δ to differ in consequence, e.g. "δ of the forget gate at t = 3"; "" if
            every δ agrees.

    """

    what: str
    variable: str
    gate: str
    t: int | None
    found: float
    expected: float
    suspects: tuple[str, ...]
    delta: str = ""

    def __str__(self) -> str:
        gate = f" ({self.gate})" if self.gate else ""
        step = "" if self.t is None else f" at t = {self.t}"
        return (
            f"the first {self.what} to differ is that of {self.variable}{gate}{step}: "
            f"{self.found:.6g} instead of {self.expected:.6g}. What it is computed from agrees, "
            f"so the fault lies in {' or '.join(self.suspects)}."
            + (f" The first δ to differ is the {self.delta}." if self.delta else "")
        )


def locate_reverse(roads: Roads) -> Location | None:
    """Find where BPTT and the matrix closed form part: value, gradient, then parameter."""
    location = _first_value(roads) or _first_gradient(roads)
    if location is None:
        return _first_contribution(roads)
    delta = _first_gradient(roads, only=lambda name: name.split("_")[0] == "a")
    if delta is None:
        return location
    step = f"δ of the {delta.gate} at t = {delta.t}"
    return replace(location, delta=step)


def locate_tangent(roads: Roads, parameter: str) -> Location | None:
    """Find the first node, in the order of the forward pass, where the tangents part."""
    for direction in roads.directions[parameter]:
        found = roads.tangents(parameter, direction)
        expected = roads.complex_values(parameter, direction)
        scale = max(float(np.max(np.abs(v))) for v in expected.values())
        for node in roads.graph:
            wrong = _difference(found.get(node, 0.0), expected[node], scale)
            if wrong:
                name = node.name or node.op
                return Location(
                    "tangent", name, node.place.gate, node.place.t, *wrong, suspects=(node.op,)
                )
    return None


def _first_value(roads: Roads) -> Location | None:
    values = {node: node.value for node in roads.graph}
    return _first(roads, roads.graph.nodes, values, roads.derived.values, "value", _below)


def _first_gradient(
    roads: Roads, only: Callable[[str], bool] = lambda name: True
) -> Location | None:
    adjoints = {key: array for key, array in roads.derived.adjoints.items() if only(key[0])}
    backwards = roads.graph.nodes[::-1]
    return _first(roads, backwards, roads.cotangents, adjoints, "gradient", _above)


Neighbours = Callable[[Roads, Node], Iterable[tuple[str, Node]]]


def _first(
    roads: Roads,
    order: Iterable[Node],
    found: Mapping[Node, Any],
    expected: Mapping[Variable, Array],
    what: str,
    neighbours: Neighbours,
) -> Location | None:
    """Return the first named node of `order` whose number differs from the derivation's."""
    known = variables(roads)
    scale = max(float(np.max(np.abs(array))) for array in expected.values())
    for node in order:
        if node not in known or known[node] not in expected:
            continue
        name, t = known[node]
        wrong = _difference(found.get(node, 0.0), expected[name, t], scale)
        if wrong:
            suspects = _between(roads, node, known, neighbours)
            return Location(what, name, node.place.gate, t, *wrong, suspects)
    return None


def variables(roads: Roads) -> dict[Node, Variable]:
    """Map the nodes that are variables of the equations to (letter, t).

    The loss of a step is none: the engine's is summed over the batch.
    """
    cell, values = roads.problem.cell, roads.derived.values
    initial = {
        value.node: (slot, 0) for slot, value in zip(cell.slots, roads.problem.state, strict=True)
    }
    steps = {node: (node.name, node.place.t or 0) for node in roads.graph if node.name}
    named = {**steps, **initial}
    return {n: v for n, v in named.items() if v in values and values[v].shape == n.shape}


def _between(
    roads: Roads, start: Node, known: Mapping[Node, Variable], neighbours: Neighbours
) -> tuple[str, ...]:
    """List the operations from `start` to the nearest variables that `neighbours` leads to."""
    operations: dict[str, None] = {}
    pending, seen = [start], {start}
    while pending:
        for operation, node in neighbours(roads, pending.pop()):
            operations[operation] = None
            if node not in known and node not in seen:
                seen.add(node)
                pending.append(node)
    return tuple(operations)


def _below(roads: Roads, node: Node) -> Iterable[tuple[str, Node]]:
    return [(node.op, below) for below in node.inputs]


def _above(roads: Roads, node: Node) -> Iterable[tuple[str, Node]]:
    readers = roads.consumers[node]
    yield from ((reader.op, reader) for reader in readers)
    if len(readers) > 1:
        yield "add_n", node  # which adds up what the readers send back
    if any(r.primitive and r.primitive.slopes and r.shape != node.shape for r in readers):
        yield "sum_to", node  # which undoes broadcasting


def _first_contribution(roads: Roads) -> Location | None:
    """Find the first step, from the last backwards, that adds a wrong part to a parameter."""
    leaves = {p.node: name for name, p in roads.problem.parameters.items()}
    steps = roads.problem.sizes["steps"]
    parts: dict[tuple[str, int], Any] = {}
    gates: dict[tuple[str, int], str] = {}
    for step in backward_steps(roads.problem.total):
        for part in step.contributions:
            name, t = leaves.get(part.input, ""), step.node.place.t
            if name and t is not None:
                parts[name, t] = parts.get((name, t), 0.0) + part.amount
                gates[name, t] = step.node.place.gate
    for t in range(steps, 0, -1):
        for node, name in leaves.items():
            if (name, t) not in parts or name not in roads.form.parameters:
                continue
            expected = roads.derived.terms(name, t)
            wrong = _difference(parts[name, t], expected, float(np.max(np.abs(expected))))
            if wrong:
                suspects = _between(roads, node, variables(roads), _above)
                return Location("contribution", name, gates[name, t], t, *wrong, suspects)
    return _first_sum(roads)


def _first_sum(roads: Roads) -> Location | None:
    """Every step's part is right, so what puts the parts together is not."""
    for name, leaf in roads.problem.parameters.items():
        found, expected = roads.bptt.gradients[name], roads.matrix_form.gradients[name]
        wrong = _difference(found, expected, float(np.max(np.abs(expected))))
        if wrong:
            pieces = any(r.primitive and r.primitive.assembles for r in roads.consumers[leaf.node])
            suspects = ("assemble" if pieces else "add_n",)
            return Location("sum over t", name, "", None, *wrong, suspects)
    return None


def _difference(found: Any, expected: Any, scale: float) -> tuple[float, float] | None:
    """Return the entries that differ most, if they differ by more than rounding."""
    found, expected = np.broadcast_arrays(found, expected)
    gap = np.abs(found - expected)
    allowed = 1e-8 * np.max(np.abs(expected), initial=0.0) + 1e-13 * scale
    if not gap.size or (np.nanmax(gap, initial=0.0) <= allowed and not np.isnan(gap).any()):
        return None
    worst = np.unravel_index(np.argmax(np.nan_to_num(gap, nan=np.inf)), gap.shape)
    return float(found[worst]), float(expected[worst])
