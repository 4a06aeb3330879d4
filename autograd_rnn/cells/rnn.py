"""The simple recurrent network (Elman 1990)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from autograd_rnn.cells.activation import ACTIVATIONS, Activation, activation
from autograd_rnn.cells.cell import ABSENT, SETTING, Cell, affine
from autograd_rnn.engine import Tensor, at, concatenate


@dataclass(frozen=True)
class RNNCell(Cell):
    """h_t = φ(W [h_{t-1}, x_t] + b).

    Args:
        W: (hidden, hidden + inputs). b: (hidden,).
        activation: φ, one of "tanh", "logistic", "relu", "identity", or a function.
        bias: whether there is b.

    """

    kind: ClassVar[str] = "rnn"
    gates: ClassVar[tuple[str, ...]] = ("",)
    choices: ClassVar = {"activation": ACTIVATIONS, "bias": (True, False)}

    W: Tensor
    b: Tensor = ABSENT
    activation: Activation = field(default="tanh", metadata=SETTING)
    bias: bool = field(default=True, metadata=SETTING)

    def __call__(self, x: Any, state: tuple[Any, ...]) -> tuple[Tensor, ...]:
        """Take one step; x (batch, inputs), state (h,)."""
        (h,) = state
        with at(gate="hidden state"):
            a = affine(self.W, concatenate([h, x], axis=-1), self.b).named("a")
            return (activation(self.activation)(a).named("h"),)
