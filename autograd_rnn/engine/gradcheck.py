"""`gradcheck`: the rules of differentiation held against derivatives found without rules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from autograd_rnn.engine.functional import grad, jvp, vjp
from autograd_rnn.engine.graph import Graph, Node
from autograd_rnn.engine.numeric import (
    Estimate,
    Vector,
    VectorFunction,
    by_differences,
    estimate,
)
from autograd_rnn.engine.record import apply
from autograd_rnn.engine.tensor import Tensor
from autograd_rnn.engine.vectors import Layout, VectorProblem


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the rules give and what is right, at the entry where they differ most.

    Attributes:
        check: which rules: "VJP" (run on Tensors, as `grad` runs them) or "backward()" (the same,
            run on arrays), "VJP along random directions", "JVP"; or for second order the two
            modes, as "forward over reverse".
        entry: where, e.g. "args[0].W_f[2, 1]".
        found: the rules' number. expected: the number found without rules.
        method: how `expected` was found.
        allowed: the largest difference that rounding explains.

    """

    check: str
    entry: str
    found: Any
    expected: Any
    method: str
    allowed: float

    @property
    def excess(self) -> float:
        """The difference as a multiple of what is allowed; infinite where the shapes differ."""
        if isinstance(self.found, tuple):
            return float("inf")
        excess = abs(self.found - self.expected) / max(self.allowed, np.finfo(float).tiny)
        return float("inf") if np.isnan(excess) else float(excess)

    def __bool__(self) -> bool:
        return self.excess <= 1.0

    def __str__(self) -> str:
        return (
            f"{self.check} at {self.entry}: {self.found} by the rules, {self.expected} by "
            f"{self.method} (allowed to differ by {self.allowed:.1e})"
        )


@dataclass(frozen=True, slots=True)
class GradcheckReport:
    """What `gradcheck` found. True only if all was judged and all was right.

    Attributes:
        comparisons: one a check.
        moved: how far the arguments were moved to get away from a kink; 0 if they were not.
        undecided: the entries beside which there is a kink all the same, so that differences
            cannot judge them.
        changed: the node whose value is no longer what was computed, if there is one.
        culprit: where a check failed, the first operation that fails by itself, and how.

    """

    comparisons: tuple[Comparison, ...]
    moved: float = 0.0
    undecided: tuple[str, ...] = ()
    changed: str = ""
    culprit: str = ""

    @property
    def worst(self) -> Comparison:
        """The comparison that comes nearest to failing, or fails most."""
        return max(self.comparisons, key=lambda comparison: comparison.excess)

    @property
    def failures(self) -> tuple[Comparison, ...]:
        """The comparisons that fail, first order first."""
        return tuple(comparison for comparison in self.comparisons if not comparison)

    @property
    def verdict(self) -> str:
        """Say "right", "wrong", or "undecided"."""
        if self.changed or self.failures:
            return "wrong"
        return "undecided" if self.undecided else "right"

    def __bool__(self) -> bool:
        return self.verdict == "right"

    def __str__(self) -> str:
        shown = self.failures or (self.comparisons and (self.worst,))
        notes = {
            "the first operation that fails by itself: ": self.culprit,
            "changed after it was recorded: ": self.changed,
            "too near to a kink to judge: ": ", ".join(self.undecided),
            "moved away from a kink by about ": f"{self.moved:g}" if self.moved else "",
        }
        told = [what + note for what, note in notes.items() if note]
        return "\n  ".join([f"gradcheck: {self.verdict}", *map(str, shown), *told])

    __repr__ = __str__


def gradcheck(
    function: Callable[..., Any],
    args: Sequence[Any],
    order: int = 2,
    seed: int = 0,
    entries: int = 200,
) -> GradcheckReport:
    """Check the derivatives of `function` at `args`, in reverse and in forward mode.

    What is right is found without rules, as exactly as the function allows: by the complex step
    if differences confirm that it is analytic, else by central differences; and along random
    directions, which no entry escapes. Everything is done in float64. At a kink nothing is
    right, so the arguments are moved a little if there is one.

    Args:
        function: takes arrays, Tensors or trees of them; returns a Tensor or a tree of Tensors.
        args: its arguments; all floats in them are differentiated.
        order: 1, or 2 for second derivatives as well, in the three mixtures of modes.
        seed: of all that is random here.
        entries: so many elements of the arguments are moved one by one, chosen at random if there
            are more.

    Returns:
        A report, which is true if all is right: `assert gradcheck(f, args)`. It names the worst
        entry and, if a check fails, the first operation that fails by itself.

    Raises:
        ValueError: `order` is neither 1 nor 2, `entries` is below 1, or there are no floats to
            differentiate, or none come out.

    """
    if order not in (1, 2):
        raise ValueError(f"gradcheck looks at derivatives of order 1 or 2, not {order}")
    if entries < 1:
        raise ValueError(f"gradcheck moves at least one entry, not {entries}")
    problem = VectorProblem(function, args)
    report = _checked(problem, order, np.random.default_rng(seed), entries)
    if report.changed or not report.failures:
        return report
    return replace(report, culprit=_culprit(problem, order, seed))


def _checked(
    problem: VectorProblem, order: int, rng: np.random.Generator, entries: int
) -> GradcheckReport:
    """Make every comparison, away from kinks, and see whether the graph is still what it was."""
    w = rng.normal(size=problem.outputs.size)
    functions = [problem.values] + ([problem.gradient(w)] if order == 2 else [])
    x, moved = _away_from_kinks(functions, problem.start, rng)
    graph = Graph(*problem.called(*problem.tensors(x)))
    before = [np.array(node.value) for node in graph]
    made = [*_first_order(problem, x, w, rng, entries)]
    if order == 2:
        made += _second_order(problem, x, w, rng)
    comparisons = tuple(comparison for comparison, _ in made if comparison is not None)
    undecided = tuple(dict.fromkeys(name for _, names in made for name in names))
    return GradcheckReport(comparisons, moved, undecided, _changed(graph, before, problem, x))


def _away_from_kinks(
    functions: Sequence[VectorFunction], start: Vector, rng: np.random.Generator
) -> tuple[Vector, float]:
    """Return a point where every function is smooth along a random direction, and how far it is.

    Where none is found it is the start: the kinks are told entry by entry.
    """
    for distance in (0.0, 0.01, 0.02, 0.04, 0.08):
        x = start + distance * rng.normal(size=start.size)
        d = _directions(rng, start.size, 1)
        if not any(by_differences(f, x, d).kinks[0] for f in functions):
            return x, distance
    return start, 0.0


def _directions(rng: np.random.Generator, size: int, count: int) -> list[Vector]:
    drawn = rng.normal(size=(count, size))
    return [d / (np.linalg.norm(d) or 1.0) for d in drawn]


Outcome = tuple[Comparison | None, list[str]]  # None where a kink leaves nothing to compare


def _first_order(
    problem: VectorProblem, x: Vector, w: Vector, rng: np.random.Generator, entries: int
) -> list[Outcome]:
    """VJPs against single entries, VJP and JVP against random directions."""
    inputs, xs = problem.inputs, problem.tensors(x)
    _, pull = vjp(problem.called, *xs)
    pulled = pull(problem.outputs.split(w))
    wrong = inputs.misfit(pulled)
    if wrong is not None:
        return [(_misfit("VJP", inputs, pulled, wrong), [])]
    g = inputs.join(pulled)
    chosen = np.sort(rng.permutation(x.size)[:entries])
    along = _directions(rng, x.size, 3)
    known = estimate(problem.values, x, along, probe=along[0])
    single = _weighted(estimate(problem.values, x, _units(x.size, chosen), probe=along[0]), w)
    names, group = [inputs.name(i) for i in chosen], inputs.group[chosen]
    lines, one = [f"random direction {k}" for k in range(len(along))], np.zeros(len(along), int)
    projected = np.array([g @ d for d in along])
    return [
        _compared("VJP", g[chosen], single, names, group),
        _compared("backward()", _raw_gradient(problem, x, w)[chosen], single, names, group),
        _compared("VJP along random directions", projected, _weighted(known, w), lines, one),
        *(_pushed(problem, xs, d, known, k) for k, d in enumerate(along)),
    ]


def _raw_gradient(problem: VectorProblem, x: Vector, w: Vector) -> Vector:
    """Return the gradient that backward() leaves: the rules run on arrays, nothing is recorded."""
    xs = problem.tensors(x)
    y = problem.weighted(w)(*xs)
    if y.node.needs_grad:
        y.backward()
    return problem.inputs.join([None if x.grad is None else Tensor(x.grad) for x in xs])


def _units(size: int, chosen: Vector) -> Iterator[Vector]:
    return ((np.arange(size) == i).astype(float) for i in chosen)


def _weighted(known: Estimate, w: Vector) -> Estimate:
    """Return the estimate of Σ w y."""
    noise = known.noise * max(1.0, float(np.sum(np.abs(w))))
    return replace(known, values=(w @ known.values)[None], noise=noise)


def _column(known: Estimate, k: int) -> Estimate:
    """Return what happens along direction k, an entry an output."""
    column = known.values[:, k]
    return replace(known, values=column[None], kinks=known.kinks[k : k + 1] * column.size)


def _compared(
    check: str, found: Vector, known: Estimate, names: Sequence[str], group: Vector
) -> Outcome:
    """Compare entry by entry, each relative to the largest of its group: one leaf's entries."""
    smooth = [i for i, kink in enumerate(known.kinks) if not kink]
    undecided = [name for name, kink in zip(names, known.kinks, strict=True) if kink]
    if not smooth:
        return None, undecided
    expected = known.values[0]
    scale = np.zeros(group.max() + 1)
    np.maximum.at(scale, group, np.maximum(np.abs(found), np.abs(expected)))
    allowed = known.tolerance * scale[group] + known.noise
    every = [
        Comparison(check, names[i], float(found[i]), float(expected[i]), known.method, allowed[i])
        for i in smooth
    ]
    return max(every, key=lambda comparison: comparison.excess), undecided


def _misfit(check: str, layout: Layout, found: Sequence[Any], k: int) -> Comparison:
    return Comparison(check, layout.paths[k], found[k].shape, layout.shapes[k], "its shape", 0.0)


def _pushed(
    problem: VectorProblem, xs: Sequence[Tensor], d: Vector, known: Estimate, k: int
) -> Outcome:
    """Compare the JVP along direction k with what is known of it, an entry an output."""
    outputs = problem.outputs
    _, moved = jvp(problem.called, xs, problem.inputs.split(d))
    wrong = outputs.misfit(moved)
    if wrong is not None:
        return _misfit("JVP", outputs, moved, wrong), []
    names = [outputs.name(i) for i in range(outputs.size)]
    return _compared("JVP", outputs.join(moved), _column(known, k), names, outputs.group)


# --- second order: the Hessian of Σ w y times v, by each mixture of modes ----------------------

Scalar = Callable[..., Tensor]
Leaves = Sequence[Any]


def _reverse_over_reverse(scalar: Scalar, xs: Leaves, vs: Leaves) -> Leaves:
    slopes = _slopes(scalar)

    def along(*moving: Tensor) -> Tensor:
        pairs = zip(slopes(*moving), vs, strict=True)
        return sum(((g * v).sum() for g, v in pairs), start=Tensor(0.0))

    return _slopes(along)(*xs)


def _forward_over_reverse(scalar: Scalar, xs: Leaves, vs: Leaves) -> Leaves:
    moved: Leaves = jvp(_slopes(scalar), xs, vs)[1]
    return moved


def _reverse_over_forward(scalar: Scalar, xs: Leaves, vs: Leaves) -> Leaves:
    def along(*moving: Tensor) -> Tensor:
        tangent = jvp(scalar, moving, vs)[1]
        return Tensor(0.0) if tangent is None else tangent

    return _slopes(along)(*xs)


MIXTURES = {
    "reverse over reverse": _reverse_over_reverse,
    "forward over reverse": _forward_over_reverse,
    "reverse over forward": _reverse_over_forward,
}


def _slopes(scalar: Scalar) -> Callable[..., Leaves]:
    """Return the gradient in all arguments, zero where it does not exist."""

    def slopes(*xs: Tensor) -> Leaves:
        found = grad(scalar, range(len(xs)))(*xs)
        return [
            Tensor(np.zeros(x.shape)) if g is None else g for g, x in zip(found, xs, strict=True)
        ]

    return slopes


def _second_order(
    problem: VectorProblem, x: Vector, w: Vector, rng: np.random.Generator
) -> list[Outcome]:
    """Compare each mixture with the change of the gradient, which the first order has judged."""
    inputs, scalar = problem.inputs, problem.weighted(w)
    (v,) = _directions(rng, x.size, 1)
    known = _column(estimate(problem.gradient(w), x, [v], probe=v), 0)
    names = [inputs.name(i) for i in range(inputs.size)]
    made: list[Outcome] = []
    for check, mixture in MIXTURES.items():
        found = mixture(scalar, problem.tensors(x), inputs.split(v))
        wrong = inputs.misfit(found)
        if wrong is not None:
            made.append((_misfit(check, inputs, found, wrong), []))
        else:
            made.append(_compared(check, inputs.join(found), known, names, inputs.group))
    return made


# --- whose fault it is -------------------------------------------------------------------------


def _changed(graph: Graph, before: Sequence[Vector], problem: VectorProblem, x: Vector) -> str:
    """Find a node that no longer has the value it had, or not the one its inputs give.

    An operation that writes into an array it returned before, or into one it was given, changes
    what was recorded behind the graph's back.
    """
    problem.value(x + 1e-3)  # calls every operation elsewhere, so that shared memory shows
    for node, value in zip(graph, before, strict=True):
        if not np.array_equal(node.value, value, equal_nan=True):
            return repr(node)
    fresh: dict[Node, Vector] = {}
    for node, value in zip(graph, before, strict=True):
        fresh[node] = value
        if node.primitive is not None:
            inputs = [fresh[below].copy() for below in node.inputs]
            fresh[node] = np.array(node.primitive.kernel(*inputs, **node.attrs))
        if not np.allclose(value, fresh[node], rtol=1e-9, atol=1e-12, equal_nan=True):
            return repr(node)
    return ""


def _culprit(problem: VectorProblem, order: int, seed: int) -> str:
    """Name the first operation of the graph that fails a check of its own.

    Of equal operations on equal shapes the first three are looked at.
    """
    looked: Counter[Any] = Counter()
    for node in Graph(*problem.called(*problem.tensors(problem.start))):
        alike = (node.primitive, *[below.shape for below in node.inputs])
        empty = any(0 in side.shape for side in (node, *node.inputs))
        if node.primitive is None or not node.needs_grad or empty or looked[alike] == 3:
            continue
        looked[alike] += 1
        moving = [i for i, below in enumerate(node.inputs) if below.needs_grad]
        alone = VectorProblem(_operation_of(node, moving), [node.inputs[i].value for i in moving])
        report = _checked(alone, order, np.random.default_rng(seed), entries=20)
        if report.failures:
            return f"{node!r}: {report.failures[0]}"
    return ""


def _operation_of(node: Node, moving: Sequence[int]) -> Callable[..., Any]:
    """Return what `node` does as a function of its differentiable inputs."""

    def alone(*xs: Any) -> Any:
        inputs = [below.value for below in node.inputs]
        for i, x in zip(moving, xs, strict=True):
            inputs[i] = x
        return apply(node.op, *inputs, **node.attrs)

    return alone
