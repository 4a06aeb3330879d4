"""Long short-term memory with a forget gate (Hochreiter & Schmidhuber 1997; Gers et al. 2000)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from autograd_rnn.cells.activation import ACTIVATIONS, Activation, activation
from autograd_rnn.cells.cell import ABSENT, SETTING, Cell, Shapes, absent, affine, without
from autograd_rnn.engine import Tensor, at, clip, concatenate

SHAPES_OF_PEEPHOLES: dict[str, Callable[[int], Shapes]] = {
    "none": lambda hidden: {},
    "diagonal": lambda hidden: dict.fromkeys(("P_f", "P_i", "P_o"), (hidden,)),
    "matrix": lambda hidden: dict.fromkeys(("P_f", "P_i", "P_o"), (hidden, hidden)),
}
PEEPHOLES: dict[str, Callable[[Any, Any], Any]] = {
    "diagonal": lambda P, c: P * c,
    "matrix": lambda P, c: c @ P.T,
}


@dataclass(frozen=True)
class LSTMCell(Cell):
    """c_t = f * c_{t-1} + i * g and h_t = o * tanh(c_t), all gates on [h_{t-1}, x_t].

    Args:
        W_f, W_i, W_g, W_o: (hidden, hidden + inputs), for forget gate, input gate, candidate
            and output gate.
        b_f, b_i, b_g, b_o: (hidden,).
        P_f, P_i, P_o: the peepholes: (hidden,) if diagonal, (hidden, hidden) if matrices.
        W_p: (projection, hidden), the projection.
        peepholes: "none", "diagonal" (Gers & Schmidhuber 2000) or "matrix" (gates on [c, h, x]):
            forget and input gate see c_{t-1}, the output gate sees c_t.
        gates_read: "h", or "c" for the seminar's LSTM, whose three gates act on [c_{t-1}, x_t]
            and whose candidate alone acts on [h_{t-1}, x_t].
        coupled: whether f = 1 - i, without W_f, b_f and P_f (Greff et al. 2017, CIFG).
        gate_activation, candidate_activation, output_activation: "tanh", "logistic", "relu",
            "identity", or a function; output_activation="identity" is h = o * c.
        projection: the size of h = W_p (o * tanh(c)) (Sak et al. 2014); None for no projection,
            and then h has the size of c. With it the W_q are (hidden, projection + inputs).
        clip: the largest size of a pre-activation; what is beyond is cut off, and has no gradient.
        bias: whether there are b_f, b_i, b_g, b_o.

    """

    kind: ClassVar[str] = "lstm"
    gates: ClassVar[tuple[str, ...]] = ("f", "i", "g", "o")
    slots: ClassVar[tuple[str, ...]] = ("h", "c")
    choices: ClassVar = {
        "peepholes": tuple(SHAPES_OF_PEEPHOLES),
        "gates_read": ("h", "c"),
        "coupled": (False, True),
        "gate_activation": ACTIVATIONS,
        "candidate_activation": ACTIVATIONS,
        "output_activation": ACTIVATIONS,
        "bias": (True, False),
    }

    W_f: Tensor = ABSENT
    b_f: Tensor = ABSENT
    W_i: Tensor = ABSENT
    b_i: Tensor = ABSENT
    W_g: Tensor = ABSENT
    b_g: Tensor = ABSENT
    W_o: Tensor = ABSENT
    b_o: Tensor = ABSENT
    P_f: Tensor = ABSENT
    P_i: Tensor = ABSENT
    P_o: Tensor = ABSENT
    W_p: Tensor = ABSENT
    peepholes: str = field(default="none", metadata=SETTING)
    gates_read: str = field(default="h", metadata=SETTING)
    coupled: bool = field(default=False, metadata=SETTING)
    gate_activation: Activation = field(default="logistic", metadata=SETTING)
    candidate_activation: Activation = field(default="tanh", metadata=SETTING)
    output_activation: Activation = field(default="tanh", metadata=SETTING)
    projection: int | None = field(default=None, metadata=SETTING)
    clip: float | None = field(default=None, metadata=SETTING)
    bias: bool = field(default=True, metadata=SETTING)

    @classmethod
    def shapes(cls, inputs: int, hidden: int, **settings: Any) -> Shapes:
        """Return the shape of every parameter of a variant by name."""
        outputs = settings.get("projection") or hidden
        found = super().shapes(inputs + outputs - hidden, hidden, **settings)
        found |= SHAPES_OF_PEEPHOLES[settings.get("peepholes", "none")](hidden)
        if settings.get("projection"):
            found["W_p"] = (outputs, hidden)
        return without(found, "W_f", "b_f", "P_f") if settings.get("coupled") else found

    @property
    def outputs(self) -> int:
        """The size of h."""
        return self.projection or self.hidden

    def __call__(self, x: Any, state: tuple[Any, ...]) -> tuple[Tensor, ...]:
        """Take one step; x (batch, inputs), state (h, c)."""
        h, c = state
        hx = concatenate([h, x], axis=-1)
        read = hx if self.gates_read == "h" else concatenate([c, x], axis=-1)
        i = self._gate("input gate", "i", read, self.W_i, self.b_i, self.P_i, c)
        f = self._forget_gate(i, read, c)
        g = self._gate("candidate", "g", hx, self.W_g, self.b_g)
        with at(gate="cell state"):
            c = (f * c + i * g).named("c")
        o = self._gate("output gate", "o", read, self.W_o, self.b_o, self.P_o, c)
        return self._hidden_state(o, c), c

    def _gate(
        self, label: str, letter: str, operand: Any, W: Any, b: Any, P: Any = ABSENT, c: Any = None
    ) -> Tensor:
        """Return φ(W operand + b + P c), standing at `label`, its pre-activation `a_letter`."""
        φ = activation(self.candidate_activation if letter == "g" else self.gate_activation)
        with at(gate=label):
            a = affine(W, operand, b)
            if not absent(P):
                a = a + PEEPHOLES[self.peepholes](P, c)
            a = a.named(f"a_{letter}")
            return φ(a if self.clip is None else clip(a, -self.clip, self.clip)).named(letter)

    def _forget_gate(self, i: Any, read: Any, c: Any) -> Tensor:
        if not self.coupled:
            return self._gate("forget gate", "f", read, self.W_f, self.b_f, self.P_f, c)
        with at(gate="forget gate"):
            return (1.0 - i).named("f")

    def _hidden_state(self, o: Any, c: Any) -> Tensor:
        with at(gate="hidden state"):
            h = o * activation(self.output_activation)(c)
            return (h if absent(self.W_p) else h @ self.W_p.T).named("h")

    @classmethod
    def _check_settings(cls, settings: Mapping[str, Any]) -> None:
        super()._check_settings(settings)
        projection, largest = settings.get("projection"), settings.get("clip")
        if projection is not None and projection < 1:
            raise ValueError(f"{projection=}: the size of h is at least 1")
        if projection is not None and settings.get("gates_read") == "c":
            raise ValueError("gates that read c are not projected: leave out projection")
        if largest is not None and not largest > 0:
            raise ValueError(f"clip={largest!r}: the largest pre-activation is above 0")
