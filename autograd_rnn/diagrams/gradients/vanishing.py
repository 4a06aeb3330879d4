"""How much of the last state depends on each state before it: ‖∂h_T/∂h_t‖, step by step.

The norm is the spectral one, the most by which a small change of h_t can grow on its way to h_T.
Of a batch it is that of the sequence that it is largest for. All ways count: ∂h_T/∂c_t of an LSTM
has also what goes through h_t, which is computed from c_t.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from autograd_rnn.diagrams.scene.bands import Band
from autograd_rnn.diagrams.scene.reading import Reading
from autograd_rnn.diagrams.typography.letters import Letter
from autograd_rnn.engine import Node
from autograd_rnn.engine.differentiate import pull_back

States = list[tuple[int, tuple[Node, ...]]]  # after each turn, with its step
MOST_ROWS = 64  # of Jacobians; each takes a backward pass of its own
MOST_VISITS = 250_000  # of nodes in all these passes: a few seconds
STEEPEST = {"tanh": 1.0, "sigmoid": 0.25, "relu": 1.0}  # the largest slope of an activation


@dataclass(frozen=True)
class Vanishing:
    """The norms of the Jacobians of one recurrence.

    Attributes:
        last: the letter of the last state, h_T. stretch: the stretch of time that they lie in.
        row: how many recurrences of this stretch lie below. step: the step T of the last state.
        norms: for each slot, ‖∂h_T/∂s_t‖ by step t; a state without influence is left out.
        letters: of these states.
        sequences: of how many sequences of the batch, from the first; 0 for all.
        bound: (γσ)^(T-t) by step, where that is one: γ the steepest slope of the activation, σ the
            largest singular value of the recurrent weight.

    """

    last: Letter
    stretch: int
    row: int
    step: int
    norms: dict[str, dict[int, float]]
    letters: dict[str, dict[int, Letter]]
    sequences: int
    bound: dict[int, float]


def vanishing_of(reading: Reading) -> Iterator[Vanishing]:
    """Yield the norms for each recurrence of a graph that has values."""
    for band in reading.timeline.bands:
        states = _states(reading, band)
        if len(states) < 2 or not states[-1][1][0].needs_grad:
            continue
        count, batch = _sequences(reading, states[-1][1][0])
        norms = _norms(reading, band, states, count)
        if norms:
            letters = _letters(reading, band, states)
            yield Vanishing(
                letters[band.recurrence.slots[0]][states[-1][0]],
                band.stretch,
                band.row,
                states[-1][0],
                norms,
                letters,
                count if count < batch else 0,
                _bound(states),
            )


def left_out(reading: Reading) -> Iterator[str]:
    """Yield a sentence for each recurrence whose Jacobians would take too long."""
    for band in reading.timeline.bands:
        states = _states(reading, band)
        if len(states) > 1 and not _sequences(reading, states[-1][1][0])[0]:
            last = _letters(reading, band, states)[band.recurrence.slots[0]][states[-1][0]]
            passes = states[-1][1][0].shape[-1]
            yield (
                f"How {last} depends on the states before it is not shown: "
                f"that takes {passes} backward passes, one a unit"
            )


def _sequences(reading: Reading, last: Node) -> tuple[int, int]:
    """Return of how many sequences Jacobians are computed, and how many there are."""
    batch, units = last.shape if len(last.shape) == 2 else (1, last.shape[-1])
    rows = min(MOST_ROWS, MOST_VISITS // len(reading.graph))
    return min(batch, rows // units), batch


def _letters(reading: Reading, band: Band, states: States) -> dict[str, dict[int, Letter]]:
    return {
        slot: {t: reading.letter(state[i]) or Letter.of(slot, t) for t, state in states}
        for i, slot in enumerate(band.recurrence.slots)
    }


def _states(reading: Reading, band: Band) -> States:
    """Return the states after each turn that are in the graph, with their steps."""
    known = reading.graph.ids
    turns = zip(band.times, band.recurrence.carried, strict=False)
    states = [(t, tuple(carry.inputs[0] for carry in carried)) for t, carried in turns]
    return [(t, state) for t, state in states if state[0] in known]


def _norms(reading: Reading, band: Band, states: States, count: int) -> dict[str, dict[int, float]]:
    last = states[-1][1][0]
    wrt = [node for _, state in states for node in state if node in reading.graph.ids]
    rows: dict[Node, list[list[Any]]] = {node: [] for node in wrt}
    for sequence in range(count):
        passes = [pull_back({last: e}, wrt) for e in _units(last, sequence)]
        for node in wrt:
            if any(node in found for found in passes):
                zero = np.zeros(node.shape)
                rows[node].append([found.get(node, zero) for found in passes])
    found: dict[str, dict[int, float]] = {}
    for i, slot in enumerate(band.recurrence.slots):
        for t, state in states:
            if rows.get(state[i]) and state[i].needs_grad:
                found.setdefault(slot, {})[t] = max(map(_spectral, rows[state[i]]))
    return found


def _units(last: Node, sequence: int) -> Iterator[Any]:
    """Yield, for each unit of one sequence's last state, the cotangent that picks it out."""
    for unit in range(last.shape[-1]):
        e = np.zeros(last.shape, last.dtype)
        e[(sequence, unit) if e.ndim == 2 else unit] = 1.0
        yield e


def _spectral(rows: list[Any]) -> float:
    return float(np.linalg.norm(np.stack([np.ravel(row) for row in rows]), 2))


# ---------------------------------------------------------------------------------------- the bound


def _bound(states: States) -> dict[int, float]:
    """Return (γσ)^(T-t) for h_t = φ(W [h_{t-1}, x_t] + b), alike at all steps; else nothing."""
    factors = {_factor(state, before) for (_, before), (_, state) in pairwise(states)}
    if len(factors) != 1 or None in factors:
        return {}
    (factor,) = factors
    assert factor is not None
    turns = len(states)
    return {t: factor ** (turns - 1 - turn) for turn, (t, _) in enumerate(states)}


def _factor(state: tuple[Node, ...], before: tuple[Node, ...]) -> float | None:
    """Return γσ of one step, None where it is built otherwise."""
    node, steepest = state[0], 1.0
    if len(state) != 1:
        return None
    if node.op in STEEPEST:
        steepest, node = STEEPEST[node.op], node.inputs[0]
    while node.op in ("identity", "add"):
        products = [below for below in node.inputs if below.op in ("matmul", "identity")]
        if len(products) != 1:
            return None
        (node,) = products
    if node.op != "matmul":
        return None
    weight, joined = _sides(node)
    if weight is None or joined.op != "concatenate":
        return None
    start = 0
    for below in joined.inputs:
        if below.op == "carry" and below.inputs[0] is before[0]:
            part = weight[:, start : start + below.shape[-1]]
            return steepest * float(np.linalg.norm(part, 2))
        start += below.shape[-1]
    return None


def _sides(product: Node) -> tuple[Any, Node]:
    """Return the weight of a product, (units, inputs), and what it acts on."""
    (left, right), (ta, tb) = product.inputs, (product.attrs["ta"], product.attrs["tb"])
    if right.primitive is None and len(right.shape) == 2:
        return (right.value if tb else right.value.T), left
    if left.primitive is None and len(left.shape) == 2:
        return (left.value.T if ta else left.value), right
    return None, left
