"""The gated recurrent unit (Cho et al. 2014; Chung et al. 2014), in all its variants."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

from autograd_rnn.cells.cell import ABSENT, SETTING, Cell, Shapes, affine, gate, without
from autograd_rnn.engine import Tensor, at, concatenate, sigmoid, tanh


def _reset_before(cell: GRUCell, r: Any, h: Any, x: Any) -> Tensor:
    with at(gate="candidate"):
        rhx = concatenate([r * h, x], axis=-1)
    return gate("candidate", "g", tanh, rhx, cell.W_g, cell.b_g)


def _reset_after(cell: GRUCell, r: Any, h: Any, x: Any) -> Tensor:
    with at(gate="candidate"):
        W_gh = cell.W_g[:, : cell.hidden].named("W_gh")
        W_gx = cell.W_g[:, cell.hidden :].named("W_gx")
        q = affine(W_gh, h, cell.b_gh).named("q")
        a = (affine(W_gx, x, cell.b_g) + r * q).named("a_g")
        return tanh(a).named("g")


CANDIDATES = {"before": _reset_before, "after": _reset_after}
KEEPS: dict[str, Callable[[Any, Any, Any], Any]] = {
    "1-z": lambda z, g, h: z * g + (1.0 - z) * h,
    "z": lambda z, g, h: (1.0 - z) * g + z * h,
}


@dataclass(frozen=True)
class GRUCell(Cell):
    """h_t = z * g + (1 - z) * h_{t-1} with g on [r * h_{t-1}, x_t], z and r on [h_{t-1}, x_t].

    Args:
        W_z, W_r, W_g: (hidden, hidden + inputs), for update gate, reset gate and candidate.
        b_z, b_r, b_g: (hidden,).
        b_gh: (hidden,), inside the reset of the variant "after" and nowhere else.
        reset: "before" the product, g = tanh(W_g [r * h, x] + b_g), as Chung et al. have it;
            "after" it, g = tanh(W_gx x + b_g + r * (W_gh h + b_gh)), as cuDNN, PyTorch and Keras
            do; or "none", the simplified GRU, which has no reset gate.
        keeps: which of "1-z" and "z" keeps the past. "1-z", h = z * g + (1 - z) * h, is the
            lectures' and Chung's; "z", h = (1 - z) * g + z * h, is that of Cho et al. and of the
            frameworks.
        bias: whether there are b_z, b_r, b_g and b_gh.

    """

    kind: ClassVar[str] = "gru"
    gates: ClassVar[tuple[str, ...]] = ("z", "r", "g")
    choices: ClassVar = {
        "reset": (*CANDIDATES, "none"),
        "keeps": tuple(KEEPS),
        "bias": (True, False),
    }

    W_z: Tensor
    b_z: Tensor = ABSENT
    W_r: Tensor = ABSENT
    b_r: Tensor = ABSENT
    W_g: Tensor = ABSENT
    b_g: Tensor = ABSENT
    b_gh: Tensor = ABSENT
    reset: str = field(default="before", metadata=SETTING)
    keeps: str = field(default="1-z", metadata=SETTING)
    bias: bool = field(default=True, metadata=SETTING)

    @classmethod
    def shapes(cls, inputs: int, hidden: int, **settings: Any) -> Shapes:
        """Return the shape of every parameter of a variant by name."""
        found = super().shapes(inputs, hidden, **settings)
        if settings.get("reset") == "none":
            return without(found, "W_r", "b_r")
        if settings.get("reset") == "after" and settings.get("bias", True):
            return {**found, "b_gh": (hidden,)}
        return found

    def __call__(self, x: Any, state: tuple[Any, ...]) -> tuple[Tensor, ...]:
        """Take one step; x (batch, inputs), state (h,)."""
        (h,) = state
        hx = concatenate([h, x], axis=-1)
        z = gate("update gate", "z", sigmoid, hx, self.W_z, self.b_z)
        if self.reset == "none":
            g = gate("candidate", "g", tanh, hx, self.W_g, self.b_g)
        else:
            r = gate("reset gate", "r", sigmoid, hx, self.W_r, self.b_r)
            g = CANDIDATES[self.reset](self, r, h, x)
        with at(gate="hidden state"):
            return (KEEPS[self.keeps](z, g, h).named("h"),)
