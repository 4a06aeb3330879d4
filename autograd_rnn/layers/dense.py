"""A readout: scores from a hidden state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd_rnn.cells.initialization import Rng, xavier_uniform
from autograd_rnn.engine import Tensor, at


@dataclass(frozen=True)
class Dense:
    """s = W_y h + b_y, for rows of examples.

    Args:
        W_y: (outputs, hidden). b_y: (outputs,).

    """

    W_y: Tensor
    b_y: Tensor

    @classmethod
    def init(cls, hidden: int, outputs: int, *, rng: Rng = None) -> Dense:
        """Make a readout with Xavier-uniform weights and zero biases."""
        array = xavier_uniform(outputs, hidden, np.random.default_rng(rng))
        return cls(Tensor(array, name="W_y"), Tensor(np.zeros(outputs), name="b_y"))

    @property
    def parameters(self) -> dict[str, Tensor]:
        """The parameters by name."""
        return {"W_y": self.W_y, "b_y": self.b_y}

    def __call__(self, h: Any) -> Tensor:
        """Return the scores (..., outputs) of h (..., hidden)."""
        with at(gate="scores"):
            return (h @ self.W_y.T + self.b_y).named("s")
