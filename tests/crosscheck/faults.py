"""Ways to break one rule of one primitive, and to mend it again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np

from autograd_rnn.cells import CELLS
from autograd_rnn.crosscheck import Problem, pose
from autograd_rnn.engine import PRIMITIVES, Graph
from autograd_rnn.engine.primitive import Primitive, Rule

Fault = Callable[[Rule], Rule]


def wrong_sign(rule: Rule) -> Rule:
    return lambda *args, **attrs: -1.0 * rule(*args, **attrs)


def missing_term(rule: Rule) -> Rule:
    return lambda *args, **attrs: 0.0 * rule(*args, **attrs)


def doubled_term(rule: Rule) -> Rule:
    return lambda *args, **attrs: 2.0 * rule(*args, **attrs)


FAULTS = (wrong_sign, missing_term, doubled_term)

# Rules that use the wrong one of the numbers they are given.
WRONG_ARGUMENT: dict[tuple[str, int], Rule] = {
    ("tanh", 0): lambda g, y, x: g * (1.0 - x * x),
    ("sigmoid", 0): lambda g, y, x: g * (x * (1.0 - x)),
    ("relu", 0): lambda g, y, x: g * (g > 0),
    ("multiply", 0): lambda g, y, a, b: g * y,  # not a, which is b in the square of an error
    ("multiply", 1): lambda g, y, a, b: g * b,
    ("subtract", 0): lambda g, y, a, b: g * y,
    ("subtract", 1): lambda g, y, a, b: -g * y,
    ("add", 0): lambda g, y, a, b: g * y,
    ("add", 1): lambda g, y, a, b: g * y,
    ("negative", 0): lambda g, y, a: -a,
    ("matmul", 0): lambda g, y, a, b, ta, tb: np.tanh(g) @ b,
    ("matmul", 1): lambda g, y, a, b, ta, tb: y.T @ a,
    ("carry", 0): lambda g, y, x, slot, recurrence: x,
    ("sum", 0): lambda g, y, x, axes, keepdims: x,
    ("log_softmax", 0): lambda g, y, x, axis: g - np.exp(x) * g.sum(axis, keepdims=True),
    ("concatenate", 0): lambda g, y, h, x, axis: h,
    ("concatenate", 1): lambda g, y, h, x, axis: x,
    ("add_n", 0): lambda g, y, *terms: terms[0] * g,
    ("add_n", 1): lambda g, y, *terms: terms[1] * g,
}


@contextmanager
def broken(name: str, position: int, fault: Rule | Fault, rules: str = "vjp") -> Iterator[None]:
    """Break the rule of one input of one primitive for a while.

    `fault` is a wrong rule, or makes one from the right rule.
    """
    right = PRIMITIVES[name]
    rule = right.vjp_of(position) if rules == "vjp" else right.jvp_of(position)
    wrong = fault(rule) if fault in FAULTS else fault
    PRIMITIVES[name] = replace(right, **{rules: _with(right, position, wrong, rules)})
    try:
        yield
    finally:
        PRIMITIVES[name] = right


def _with(right: Primitive, position: int, wrong: Rule, rules: str) -> Any:
    given = getattr(right, rules)
    if isinstance(given, tuple):
        return (*given[:position], wrong, *given[position + 1 :])

    def many(i: int, *args: Any, **attrs: Any) -> Any:
        return wrong(*args, **attrs) if i == position else given(i, *args, **attrs)

    return many


def problem(kind: str, loss: str = "squared error", **options: Any) -> Problem:
    """A small problem with sizes all different, and no zero anywhere."""
    cell = CELLS[kind].init(3, 5, rng=1, **options)
    rng = np.random.default_rng(2)
    for name, parameter in cell.parameters.items():
        if name.startswith("b"):
            parameter.data = rng.normal(size=parameter.shape)
    return pose(cell, loss=loss, batch=2, steps=4, classes=6, seed=3)


def edges(kind: str, loss: str, **options: Any) -> list[tuple[str, int]]:
    """Every primitive that the problem's graph uses, with each input that is differentiated.

    All but `index`, which has no rule of its own: what it took is put back by `assemble`.
    """
    used: dict[tuple[str, int], None] = {}
    for node in Graph(problem(kind, loss, **options).total):
        if node.primitive and node.primitive.differentiable and not node.primitive.assembles:
            for position, below in enumerate(node.inputs):
                if below.needs_grad:
                    many = min(position, 1) if node.primitive.many else position
                    used[node.op, many] = None
    return sorted(used)
