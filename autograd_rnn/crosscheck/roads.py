"""The five roads to one gradient, and what each shares with the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from autograd_rnn.cells import Cell
from autograd_rnn.crosscheck.problem import Array, Problem
from autograd_rnn.engine import Graph, Node
from autograd_rnn.engine.differentiate import pull_back, push_forward
from derivations import closed_form
from derivations.catalogue import SETTINGS

# The complex step subtracts nothing, so it loses nothing however small it is.
TINY_STEP = 1e-100
ENTRY_WORK = 500_000  # entries times nodes; above this, random directions instead
ELEMENT_WORK = 30_000  # scalar multiplications of one forward pass; above this, no element form
DIRECTIONS = 3  # along each parameter


@dataclass(frozen=True)
class Road:
    """One way to the gradient.

    Attributes:
        name: what the report calls it.
        how: what it computed: the whole gradient, or derivatives along random directions.
        shares: what it has in common with other roads, and what not.
        gradients: by parameter, its whole gradient (entry by entry or at once); or
        along: by parameter, the derivative along each of the problem's directions.

    """

    name: str
    how: str
    shares: str
    gradients: Mapping[str, Array] = field(default_factory=dict)
    along: Mapping[str, Array] = field(default_factory=dict)


class Roads:
    """The roads through one problem; each is walked when it is first asked for."""

    def __init__(self, problem: Problem, seed: int = 0) -> None:
        self.problem = problem
        self._rng = np.random.default_rng(seed)

    # --- reverse mode ------------------------------------------------------------------------

    @cached_property
    def graph(self) -> Graph:
        """The loss's graph, unrolled."""
        return Graph(self.problem.total)

    @cached_property
    def consumers(self) -> dict[Node, list[Node]]:
        """The readers of every node."""
        return self.graph.consumers()

    @cached_property
    def cotangents(self) -> dict[Node, Any]:
        """What one backward pass leaves at every node."""
        return pull_back({self.problem.total.node: np.ones(())})

    @cached_property
    def bptt(self) -> Road:
        """Backpropagation through time: the recorded graph, walked backwards."""
        found = self.cotangents
        gradients = {
            name: np.asarray(found.get(p.node, np.zeros(p.shape)))
            for name, p in self.problem.parameters.items()
        }
        shares = "reverse mode; the engine's graph, kernels and VJP rules"
        return Road("BPTT", "whole gradient", shares, gradients)

    @cached_property
    def form(self) -> Any:
        """The closed form of this cell and loss, from the derivations."""
        problem = self.problem
        return closed_form(problem.cell.kind, loss=problem.loss, **options_of(problem.cell))

    @cached_property
    def derived(self) -> Any:
        """The matrix closed form evaluated: gradients, and every value and adjoint."""
        return self.form.evaluate(**arguments_of(self.problem))

    @cached_property
    def matrix_form(self) -> Road:
        """The δ recursions and Σ_t δ_t [h_{t-1}; x_t]ᵀ, evaluated with matrices."""
        shares = "reverse mode, as BPTT; its equations and code are the derivations' own"
        return Road("matrix closed form", "whole gradient", shares, self._named(self.derived))

    @property
    def elements_fit(self) -> bool:
        """Whether the element form is small enough to be worth its time."""
        batch, steps, inputs = self.problem.xs.shape
        hidden = self.problem.cell.hidden
        width = inputs + hidden + self.problem.targets.shape[2]
        return len(self.problem.cell.gates) * batch * steps * hidden * width <= ELEMENT_WORK

    @cached_property
    def on_elements(self) -> Any:
        """The closed form on explicit scalar elements, at this problem's sizes."""
        sizes = self.problem.sizes
        return self.form.on_elements(
            n=sizes["hidden"],
            m=sizes["inputs"],
            steps=sizes["steps"],
            k=sizes.get("classes"),
            batch=sizes["batch"],
        )

    @cached_property
    def element_form(self) -> Road:
        """The closed form on explicit elements, evaluated one number at a time."""
        derived = self.on_elements.evaluate(**arguments_of(self.problem))
        shares = "reverse mode; the matrix form's derivation, but scalar arithmetic"
        return Road("element closed form", "whole gradient", shares, self._named(derived))

    def _named(self, evaluation: Any) -> dict[str, Array]:
        gradients = {**evaluation.gradients, "x": self._of_inputs(evaluation)}
        return {name: np.asarray(gradients[name]) for name in self.problem.parameters}

    def _of_inputs(self, evaluation: Any) -> Array:
        steps = range(1, self.problem.sizes["steps"] + 1)
        return np.stack([evaluation.adjoints["x", t] for t in steps], axis=1)

    # --- forward, and no mode at all -----------------------------------------------------------

    @cached_property
    def entry_by_entry(self) -> bool:
        """Whether every single entry of every parameter is worth a pass of its own."""
        entries = sum(p.size for p in self.problem.parameters.values())
        return entries * len(self.graph) <= ENTRY_WORK

    @cached_property
    def directions(self) -> dict[str, Array]:
        """By parameter, the directions to go along, one a row: every entry, or a random few."""
        found = {}
        for name, p in self.problem.parameters.items():
            if self.entry_by_entry:
                rows = np.eye(p.size)
            else:
                rows = self._rng.normal(size=(DIRECTIONS, p.size))
                rows /= np.linalg.norm(rows, axis=1, keepdims=True)
            found[name] = rows.reshape(-1, *p.shape)
        return found

    @cached_property
    def forward_mode(self) -> Road:
        """Real-time recurrent learning: tangents carried forward, step by step."""
        shares = "forward mode; the engine's graph, kernels and JVP rules, but no VJP"
        return self._walked("forward mode (RTRL)", shares, self.tangents)

    @cached_property
    def complex_step(self) -> Road:
        """Im L(θ + iεv) / ε: the forward pass alone, on complex numbers."""
        shares = "no mode; the engine's graph and kernels, but no rule of differentiation"
        return self._walked("complex step", shares, self.complex_values)

    def tangents(self, name: str, direction: Array) -> dict[Node, Any]:
        """Push one direction of one parameter forward: the tangent of every node it moves."""
        leaf = self.problem.parameters[name].node
        return push_forward([self.problem.total.node], {leaf: direction})

    def complex_values(self, name: str, direction: Array) -> dict[Node, Any]:
        """The same tangents by the complex step."""
        leaf = self.problem.parameters[name].node
        moved = np.asarray(leaf.value) + 1j * TINY_STEP * direction
        values = self.graph.evaluate({leaf: moved})
        return {node: np.imag(value) / TINY_STEP for node, value in values.items()}

    def _walked(self, name: str, shares: str, walk: Any) -> Road:
        total = self.problem.total.node
        along = {
            parameter: np.array([walk(parameter, v).get(total, 0.0) for v in rows], float)
            for parameter, rows in self.directions.items()
        }
        if not self.entry_by_entry:
            return Road(name, f"{DIRECTIONS} random directions a parameter", shares, along=along)
        whole = {
            parameter: values.reshape(self.problem.parameters[parameter].shape)
            for parameter, values in along.items()
        }
        return Road(name, "entry by entry", shares, whole)


def options_of(cell: Cell) -> dict[str, Any]:
    """Return the cell's settings as the derivations take them.

    Raises:
        ValueError: a variant that the derivations do not have.

    """
    known, options = SETTINGS.get(cell.kind, {}), {}
    for name, value in cell.settings.items():
        if value in known.get(name, ()):
            options[name] = value
        elif value != getattr(type(cell), name):  # a field's default is the class's
            raise ValueError(
                f"there is no derivation of an {cell.kind} with {name}={value!r} to hold its "
                "gradients against; gradcheck them instead"
            )
    return options


def arguments_of(problem: Problem) -> dict[str, Any]:
    """Return the problem's numbers as the derivations take them."""
    values = {name: np.asarray(p.data) for name, p in problem.parameters.items()}
    initial = {slot: values.pop(f"{slot}_0") for slot in problem.cell.slots}
    return {
        "inputs": values.pop("x"),
        "parameters": values,
        "targets": problem.targets,
        "initial": initial,
    }
