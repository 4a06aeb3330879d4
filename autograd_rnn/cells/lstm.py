"""Long short-term memory with a forget gate (Hochreiter & Schmidhuber 1997; Gers et al. 2000)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from autograd_rnn.cells.cell import Cell, gate
from autograd_rnn.engine import Tensor, at, concatenate, sigmoid, tanh


@dataclass(frozen=True)
class LSTMCell(Cell):
    """c_t = f * c_{t-1} + i * g and h_t = o * tanh(c_t), all gates on [h_{t-1}, x_t].

    Args:
        W_f, W_i, W_g, W_o: (hidden, hidden + inputs), for forget gate, input gate, candidate
            and output gate.
        b_f, b_i, b_g, b_o: (hidden,).

    """

    kind: ClassVar[str] = "lstm"
    gates: ClassVar[tuple[str, ...]] = ("f", "i", "g", "o")
    slots: ClassVar[tuple[str, ...]] = ("h", "c")

    W_f: Tensor
    b_f: Tensor
    W_i: Tensor
    b_i: Tensor
    W_g: Tensor
    b_g: Tensor
    W_o: Tensor
    b_o: Tensor

    def __call__(self, x: Any, state: tuple[Any, ...]) -> tuple[Tensor, ...]:
        """Take one step; x (batch, inputs), state (h, c)."""
        h, c = state
        hx = concatenate([h, x], axis=-1)
        f = gate("forget gate", "f", sigmoid, hx, self.W_f, self.b_f)
        i = gate("input gate", "i", sigmoid, hx, self.W_i, self.b_i)
        g = gate("candidate", "g", tanh, hx, self.W_g, self.b_g)
        o = gate("output gate", "o", sigmoid, hx, self.W_o, self.b_o)
        with at(gate="cell state"):
            c = (f * c + i * g).named("c")
        with at(gate="hidden state"):
            h = (o * tanh(c)).named("h")
        return h, c
