"""Ways to break one rule of one primitive, and to mend it again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from autograd_rnn.cells import CELLS
from autograd_rnn.crosscheck import Problem, pose
from autograd_rnn.engine import PRIMITIVES, Graph
from autograd_rnn.engine.primitive import Rule

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
    ("concatenate", 0): lambda g, y, parts, axis: parts[0],
    ("concatenate", 1): lambda g, y, parts, axis: parts[1],
    ("add_n", 0): lambda g, y, terms: terms[0] * g,
    ("add_n", 1): lambda g, y, terms: terms[1] * g,
}


@contextmanager
def broken(name: str, position: int, fault: Rule | Fault, rules: str = "vjp") -> Iterator[None]:
    """Break the rule of one input of one primitive for a while.

    `fault` is a wrong rule, or makes one from the right rule.
    """
    right = PRIMITIVES[name]
    rule = getattr(right, rules)
    wrong = _many(rule, position, fault) if right.many else _one(rule, position, fault)
    PRIMITIVES[name] = replace(right, **{rules: wrong})
    try:
        yield
    finally:
        PRIMITIVES[name] = right


def _wrong(rule: Rule, fault: Rule | Fault) -> Rule:
    return fault(rule) if fault in FAULTS else fault


def _one(rules: tuple[Rule, ...], position: int, fault: Rule | Fault) -> tuple[Rule, ...]:
    return tuple(_wrong(r, fault) if i == position else r for i, r in enumerate(rules))


def _many(rule: Rule, position: int, fault: Rule | Fault) -> Rule:
    """A rule for any number of inputs is broken for one of them."""

    def broken_at(i: int, *args: Any, **attrs: Any) -> Any:
        of_input: Rule = partial(rule, i)
        return (_wrong(of_input, fault) if i == position else of_input)(*args, **attrs)

    return broken_at


def problem(kind: str, loss: str = "squared error", **options: Any) -> Problem:
    """A small problem with sizes all different, and no zero anywhere."""
    cell = CELLS[kind].init(3, 5, rng=1, **options)
    rng = np.random.default_rng(2)
    for name, parameter in cell.parameters.items():
        if name.startswith(("b", "P")):  # both start from zeros
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
