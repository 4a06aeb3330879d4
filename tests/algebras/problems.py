"""Cells with losses and the recorded graph of all their gradients, every dimension different."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd_rnn.algebras import Algebra, Ball, evaluate
from autograd_rnn.cells import CELLS
from autograd_rnn.engine import Graph, Tensor, value_and_grad
from autograd_rnn.layers import squared_error
from autograd_rnn.sequence import unroll
from derivations import closed_form
from tests.derivations.problems import problem

KINDS = [
    ("rnn", {"activation": "tanh"}),
    ("rnn", {"activation": "logistic"}),
    ("rnn", {"activation": "relu"}),
    ("lstm", {}),
    ("gru", {}),
]
LOSSES = ["squared error", None]


@dataclass(frozen=True)
class Gradients:
    """A loss, the parameters and initial states below it, and its gradients, by name."""

    loss: Tensor
    leaves: dict[str, Tensor]
    found: dict[str, Tensor]

    @property
    def graph(self) -> Graph:
        return Graph(self.loss, *self.found.values())

    def in_algebra(self, algebra: Algebra) -> dict[str, Any]:
        values = evaluate(self.graph, algebra)
        return {name: values[g.node] for name, g in self.found.items()}


def loss_of(kind: str, parameters: Any, xs: Any, initial: Any, arguments: Any, options: Any) -> Any:
    cell = CELLS[kind](**parameters, **options)
    state = tuple(initial[slot] for slot in cell.slots)
    outputs = unroll(cell, xs, state=state).stacked
    if "targets" in arguments:
        return squared_error(outputs, arguments["targets"])
    return (outputs * arguments["upstream"]).sum()


def posed(kind: str, loss: str | None, options: dict[str, Any], **sizes: int) -> tuple[Any, Any]:
    """Return the closed form of the derivations, and its arguments, drawn at random."""
    form = closed_form(kind, loss=loss, **options)
    return form, problem(form, **sizes)


def gradients(kind: str, arguments: dict[str, Any], options: dict[str, Any]) -> Gradients:
    """Record the backward pass of the engine for the same arguments."""

    def loss(parameters: Any, initial: Any) -> Any:
        return loss_of(kind, parameters, arguments["inputs"], initial, arguments, options)

    parameters, initial = (
        {name: Tensor(value) for name, value in arguments[group].items()}
        for group in ("parameters", "initial")
    )
    y, found = value_and_grad(loss, (0, 1))(parameters, initial)
    return Gradients(y, named(parameters, initial), named(*found))


def named(parameters: dict[str, Tensor], initial: dict[str, Tensor]) -> dict[str, Tensor]:
    return parameters | {f"{slot}_0": value for slot, value in initial.items()}


def middle(number: Any) -> float:
    """Return any algebra's number as a float."""
    return float((number.low + number.high) / 2) if isinstance(number, Ball) else float(number)


def floats(array: Any) -> Any:
    return np.vectorize(middle, otypes=[float])(array)
