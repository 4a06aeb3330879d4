"""A function of trees of Tensors as a function of one vector, whose elements have names."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd_rnn.engine.arrays import number_array
from autograd_rnn.engine.batch import evaluate_at_points
from autograd_rnn.engine.functional import grad, tensors_of
from autograd_rnn.engine.graph import Graph
from autograd_rnn.engine.numeric import Vector, VectorFunction
from autograd_rnn.engine.record import variable
from autograd_rnn.engine.tensor import Tensor
from autograd_rnn.engine.trees import leaves_of, paths_of, rebuild


class Layout:
    """Some leaves as one vector, and what the elements of it are called."""

    def __init__(self, paths: Sequence[str], leaves: Sequence[Any]) -> None:
        self.paths = list(paths)
        self.shapes = [np.shape(leaf) for leaf in leaves]
        sizes = [math.prod(shape) for shape in self.shapes]
        self.size = sum(sizes)
        self.group = np.repeat(np.arange(len(sizes)), sizes)  # the leaf of each element
        self.starts = np.cumsum([0, *sizes])

    def split(self, vector: Vector) -> list[Vector]:
        """Cut a vector into the leaves."""
        parts = np.split(vector, self.starts[1:-1])
        return [part.reshape(shape) for part, shape in zip(parts, self.shapes, strict=True)]

    def join(self, leaves: Sequence[Any]) -> Vector:
        """Lay Tensors of these shapes out as a vector; None is a zero."""
        parts = [
            np.zeros(shape) if leaf is None else leaf.data
            for leaf, shape in zip(leaves, self.shapes, strict=True)
        ]
        return np.concatenate([np.ravel(part) for part in parts])

    def misfit(self, leaves: Sequence[Any]) -> int | None:
        """Find the first leaf that has not the shape it should have."""
        for k, (leaf, shape) in enumerate(zip(leaves, self.shapes, strict=True)):
            if leaf is not None and leaf.shape != shape:
                return k
        return None

    def name(self, i: int) -> str:
        """Return what element i is called."""
        k = self.group[i]
        where = np.unravel_index(i - self.starts[k], self.shapes[k])
        return self.paths[k] + (f"[{', '.join(map(str, where))}]" if where else "")


class VectorProblem:
    """A function of trees as a function of one vector.

    Attributes:
        start: the floats of the arguments, as a vector.
        inputs: their layout. outputs: that of the function's float results.

    Raises:
        ValueError: there are no floats to differentiate, or none come out.

    """

    def __init__(self, function: Callable[..., Any], args: Sequence[Any]) -> None:
        self.function = function
        self.args = list(args)
        self.leaves = leaves_of(self.args)
        self.moving = [i for i, leaf in enumerate(self.leaves) if _is_float(leaf)]
        paths = paths_of(self.args, "args")
        chosen = [self.leaves[i] for i in self.moving]
        self.inputs = Layout([paths[i] for i in self.moving], chosen)
        if not self.inputs.size:
            raise ValueError("gradcheck: there are no floats to differentiate in the arguments")
        self.start = np.concatenate([number_array(leaf, float).ravel() for leaf in chosen])
        xs = self.tensors(self.start)
        outputs = self.called(*xs)
        self._inputs, self._graph = [x.node for x in xs], Graph(*outputs)
        self.outputs = Layout([f"output {k}" for k in range(len(outputs))], outputs)
        if not self.outputs.size:
            raise ValueError("gradcheck: the function returns no floats: nothing has a derivative")

    def tensors(self, x: Vector) -> list[Tensor]:
        """Make the leaves that x holds, as the kind of handle that was given."""
        made = []
        for i, part in zip(self.moving, self.inputs.split(x), strict=True):
            given = self.leaves[i]
            kind = type(given) if isinstance(given, Tensor) else Tensor
            made.append(kind.of(variable(number_array(part), getattr(given, "name", ""))))
        return made

    def called(self, *moving: Tensor) -> list[Tensor]:
        """Call the function, and list its outputs that are floats."""
        leaves = list(self.leaves)
        for i, leaf in zip(self.moving, moving, strict=True):
            leaves[i] = leaf
        found = tensors_of(self.function, self.function(*rebuild(self.args, leaves)))
        return [y for y in found if y.dtype.kind in "fc"]

    def value(self, x: Vector) -> Vector:
        """Return all outputs at x, as a vector."""
        return self.outputs.join(self.called(*self.tensors(x)))

    def values(self, points: Vector) -> Vector:
        """Return all outputs at many points, a row each: at once, where the graph is all there is.

        A function may branch on its data, or compute beside the graph. So what the recorded graph
        says is believed only if calls agree, on both sides of where it was recorded.
        """
        if len(points) > 2:
            probes = _combined(points)
            found = self._at_once(np.concatenate([points, probes]))
            if _same(found[len(points) :], np.stack([self.value(probe) for probe in probes])):
                return found[: len(points)]
        return np.stack([self.value(point) for point in points])

    def _at_once(self, points: Vector) -> Vector:
        parts = np.split(points, self.inputs.starts[1:-1], axis=1)
        shapes = [(len(points), *shape) for shape in self.inputs.shapes]
        wide = [part.reshape(shape) for part, shape in zip(parts, shapes, strict=True)]
        outputs = evaluate_at_points(self._graph, dict(zip(self._inputs, wide, strict=True)))
        return np.concatenate([np.reshape(y, (len(points), -1)) for y in outputs], axis=1)

    def weighted(self, w: Vector) -> Callable[..., Tensor]:
        """Return the scalar function Σ w y of the leaves."""
        weights = self.outputs.split(w)

        def scalar(*moving: Tensor) -> Tensor:
            pairs = zip(weights, self.called(*moving), strict=True)
            return sum(((weight * y).sum() for weight, y in pairs), start=Tensor(0.0))

        return scalar

    def gradient(self, w: Vector) -> VectorFunction:
        """Return the gradient of Σ w y, by the rules, as a function of x."""
        slopes = grad(self.weighted(w), range(len(self.moving)))
        return lambda points: np.stack([self.inputs.join(slopes(*self.tensors(x))) for x in points])


def _combined(points: Vector) -> Vector:
    """Return two points, ahead and behind, that differ from the first in every way others do."""
    ways = points[1:] - points[0]
    weights = np.random.default_rng(len(points)).normal(size=len(ways)) / max(1.0, len(ways)) ** 0.5
    return points[0] + np.stack([weights @ ways, -weights @ ways])


def _same(found: Vector, called: Vector) -> bool:
    """Whether two ways to compute agree, the tiny imaginary parts of a complex step as well."""
    parts = ((np.real(found), np.real(called)), (np.imag(found), np.imag(called)))
    return all(
        bool(np.all(np.abs(a - b) <= 1e-13 * np.max(np.abs(b), initial=0.0))) for a, b in parts
    )


def _is_float(leaf: Any) -> bool:
    dtype = leaf.dtype if isinstance(leaf, Tensor) else np.asarray(leaf).dtype
    return bool(dtype.kind == "f")
