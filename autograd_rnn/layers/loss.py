"""Losses of one step: sums over the batch and over the units."""

from __future__ import annotations

from typing import Any

from autograd_rnn.engine import Tensor, at, log_softmax
from autograd_rnn.engine.rules.reduction import sum as total


def squared_error(h: Any, target: Any) -> Tensor:
    """Return ½ Σ (h - y)²; both (batch, units)."""
    with at(gate="loss"):
        error = h - target
        return (0.5 * total(error * error)).named("ℓ")


def cross_entropy(scores: Any, target: Any) -> Tensor:
    """Return -Σ y ln softmax(s); both (batch, classes), y one-hot or a distribution."""
    with at(gate="loss"):
        return (-total(target * log_softmax(scores))).named("ℓ")
