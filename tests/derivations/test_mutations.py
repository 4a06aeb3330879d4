"""`make slow`: every step of the whole catalogue, with one thing wrong, must be caught.

Few mutations are none: what they give is another way to write the same. Each of them must have one
of the `EXPLANATIONS`, and at least 98 in 100 of all must be caught.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from derivations import derive
from derivations.catalogue import VARIANTS
from derivations.matrix import MATMUL, TRACE, TRANSPOSE, Expression, free_indices, in_order
from derivations.step import Equation, Formula, Lines, NotVerified, Step, numbered
from derivations.truth import Truth
from tests.derivations import chance_equivalents
from tests.derivations.mutated import wrong_steps

CELLS = ("rnn", "lstm", "gru")


def every_derivation() -> list[tuple[str, dict[str, Any]]]:
    """Return every topic, and the cells in all variants and under all losses."""
    topics = [(topic, {}) for topic in derive()]
    losses = ("squared error", "cross-entropy")
    topics += [(cell, {"loss": loss, "steps": 2}) for cell in CELLS for loss in losses]
    topics += [(cell, {"variant": name}) for cell in CELLS for name in VARIANTS[cell]]
    return topics


def symmetric_jacobian(truth: Truth | None, step: Step, kind: str, wrong: Formula) -> bool:
    """The Jacobian of a softmax, or of what goes element by element, is its own transpose."""
    if kind != "transpose_dropped" or truth is None:
        return False
    kept = {node for side in sides(wrong) for node in in_order(side) if node.operation is TRANSPOSE}
    right = [node for side in sides(step.after) for node in in_order(side)]
    dropped = [n.arguments[0] for n in right if n.operation is TRANSPOSE and n not in kept]
    # One that stands in the formula more than once may have lost its transpose in one place only.
    return any(is_symmetric(truth, node) for node in dropped or [n.arguments[0] for n in kept])


def is_symmetric(truth: Truth, node: Expression) -> bool:
    if node.operation.name not in ("Jacobian", "total Jacobian"):
        return False
    value = truth.value(node, **dict.fromkeys(free_indices(node), 2))
    pairs = zip(value.flat, value.T.flat, strict=True)
    return value.shape[0] == value.shape[1] and all(a.value == b.value for a, b in pairs)


def cyclic_trace(step: Step, kind: str, wrong: Formula) -> bool:
    """tr(A B) = tr(B A)."""
    return kind == "factors_exchanged" and any(
        node.operation is TRACE and node.arguments[0].operation is MATMUL
        for side in sides(wrong)
        for node in in_order(side)
    )


def empty_term(step: Step, kind: str, wrong: Formula) -> bool:
    """Σ_{t=1}^T Σ_{k=1}^{t-K}: with K at least 1 the term at t = 1 is a sum of nothing."""
    return kind == "bound_shifted" and "Σ_{t=2}^T Σ_{k=1}^{t-K}" in wrong.text()


EXPLANATIONS: tuple[Callable[[Step, str, Formula], bool], ...] = (
    cyclic_trace,
    empty_term,
    *chance_equivalents.EXPLANATIONS,
)


def sides(formula: Formula) -> list[Expression]:
    if isinstance(formula, Lines):
        return [side for line in formula.lines for side in sides(line)]
    if isinstance(formula, Equation):
        return sides(formula.left) + sides(formula.right)
    return [formula] if isinstance(formula, Expression) else []


def is_caught(step: Step, wrong: Formula) -> bool:
    assert step.check is not None
    try:
        step.check(step.before, wrong)
    except NotVerified:
        return True
    return False


def survivors(topic: str, options: dict[str, Any]) -> tuple[int, list[str]]:
    """Return how many mutations there are, and those that were not caught."""
    number, left = 0, []
    derivation = derive(topic, **options)
    for place, step in numbered(derivation.steps):
        for kind, wrong in wrong_steps(step):
            number += 1
            if not is_caught(step, wrong):
                why = [e.__name__ for e in EXPLANATIONS if e(step, kind, wrong)]
                if symmetric_jacobian(derivation.truth, step, kind, wrong):
                    why.append("symmetric_jacobian")
                left.append(f"{topic} {place} {kind} {why}: {wrong.text()}")
    return number, left


@pytest.mark.slow
def test_every_step_of_the_catalogue_is_mutated_and_caught(capsys):
    total, left = 0, []
    for topic, options in every_derivation():
        number, survived = survivors(topic, options)
        total, left = total + number, left + survived
        with capsys.disabled():
            print(f"{topic:24} {options!s:56} {number:6} mutations, {len(survived)} not caught")
    with capsys.disabled():
        print(f"{total} mutations, {total - len(left)} caught ({1 - len(left) / total:.2%})")
    assert not [line for line in left if "[]" in line]
    assert len(left) <= 0.02 * total


@pytest.mark.parametrize("topic", list(derive()))
def test_every_step_can_be_asked_again(topic):
    for place, step in numbered(derive(topic).steps):
        assert step.check is not None, f"{topic} {place}: {step.rule}"
        assert step.check(step.before, step.after) == step.verdict
