"""The simple recurrent network (Elman 1990)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

from autograd_rnn.cells.cell import Cell
from autograd_rnn.engine import Tensor, at, concatenate, relu, sigmoid, tanh

ACTIVATIONS: dict[str, Callable[[Any], Any]] = {"tanh": tanh, "logistic": sigmoid, "relu": relu}


@dataclass(frozen=True)
class RNNCell(Cell):
    """h_t = φ(W [h_{t-1}, x_t] + b).

    Args:
        W: (hidden, hidden + inputs). b: (hidden,).
        activation: φ, one of "tanh", "logistic", "relu".

    Raises:
        ValueError: an unknown activation, or shapes that do not fit.

    """

    kind: ClassVar[str] = "rnn"
    gates: ClassVar[tuple[str, ...]] = ("",)

    W: Tensor
    b: Tensor
    activation: str = field(default="tanh", metadata={"static": True})

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.activation not in ACTIVATIONS:
            raise ValueError(
                f"activation {self.activation!r}: an RNN takes one of {', '.join(ACTIVATIONS)}"
            )

    def __call__(self, x: Any, state: tuple[Any, ...]) -> tuple[Tensor, ...]:
        """Take one step; x (batch, inputs), state (h,)."""
        (h,) = state
        with at(gate="hidden state"):
            a = (concatenate([h, x], axis=-1) @ self.W.T + self.b).named("a")
            return (ACTIVATIONS[self.activation](a).named("h"),)
