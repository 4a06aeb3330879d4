"""Comparisons: masks of booleans, through which no gradient flows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_rnn.engine.primitive import broadcast, define
from autograd_rnn.engine.record import apply


def _by_real_part(compare: Callable[..., Any]) -> Callable[..., Any]:
    # The complex step moves only the imaginary part: which branch is taken stays the same.
    return lambda a, b: compare(np.real(a), np.real(b))


# Name: its kernel, and its sign.
COMPARISONS = {
    "less": (_by_real_part(np.less), "<"),
    "less_equal": (_by_real_part(np.less_equal), r"\le"),
    "greater": (_by_real_part(np.greater), ">"),
    "greater_equal": (_by_real_part(np.greater_equal), r"\ge"),
    "equal": (np.equal, "="),
    "not_equal": (np.not_equal, r"\ne"),
}
for _name, (_kernel, _sign) in COMPARISONS.items():
    define(
        _name,
        kernel=_kernel,
        shape=broadcast,
        latex=f"[{{0}} {_sign} {{1}}]",
        differentiable=False,
    )


def less(a: Any, b: Any) -> Any:
    """Whether a < b, elementwise: a boolean mask, which has no gradient."""
    return apply("less", a, b)


def less_equal(a: Any, b: Any) -> Any:
    """Whether a ≤ b, elementwise: a boolean mask, which has no gradient."""
    return apply("less_equal", a, b)


def greater(a: Any, b: Any) -> Any:
    """Whether a > b, elementwise: a boolean mask, which has no gradient."""
    return apply("greater", a, b)


def greater_equal(a: Any, b: Any) -> Any:
    """Whether a ≥ b, elementwise: a boolean mask, which has no gradient."""
    return apply("greater_equal", a, b)


def equal(a: Any, b: Any) -> Any:
    """Whether a = b, elementwise: a boolean mask, which has no gradient."""
    return apply("equal", a, b)


def not_equal(a: Any, b: Any) -> Any:
    """Whether a ≠ b, elementwise: a boolean mask, which has no gradient."""
    return apply("not_equal", a, b)
