"""The gated recurrent unit, reset before the product (Cho et al. 2014; Chung et al. 2014)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from autograd_rnn.cells.cell import Cell, gate
from autograd_rnn.engine import Tensor, at, concatenate, sigmoid, tanh


@dataclass(frozen=True)
class GRUCell(Cell):
    """h_t = z * g + (1 - z) * h_{t-1} with g on [r * h_{t-1}, x_t], z and r on [h_{t-1}, x_t].

    The sign is the lectures': an update gate of 0 keeps the past.

    Args:
        W_z, W_r, W_g: (hidden, hidden + inputs), for update gate, reset gate and candidate.
        b_z, b_r, b_g: (hidden,).

    """

    kind: ClassVar[str] = "gru"
    gates: ClassVar[tuple[str, ...]] = ("z", "r", "g")

    W_z: Tensor
    b_z: Tensor
    W_r: Tensor
    b_r: Tensor
    W_g: Tensor
    b_g: Tensor

    def __call__(self, x: Any, state: tuple[Any, ...]) -> tuple[Tensor, ...]:
        """Take one step; x (batch, inputs), state (h,)."""
        (h,) = state
        hx = concatenate([h, x], axis=-1)
        z = gate("update gate", "z", sigmoid, hx, self.W_z, self.b_z)
        r = gate("reset gate", "r", sigmoid, hx, self.W_r, self.b_r)
        with at(gate="candidate"):
            rhx = concatenate([r * h, x], axis=-1)
        g = gate("candidate", "g", tanh, rhx, self.W_g, self.b_g)
        with at(gate="hidden state"):
            return ((z * g + (1.0 - z) * h).named("h"),)
