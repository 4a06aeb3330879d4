"""Random cells of users: any graph over x and one to three states, with or without gates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

import autograd_rnn as ar

SIZE = 2
GATES = ("", "gate", "a long named gate", "memory", "read")
UNARY = {"tanh": ar.tanh, "sigmoid": ar.sigmoid, "one minus": lambda v: 1.0 - v}
BINARY = {"add": lambda a, b: a + b, "multiply": lambda a, b: a * b}
KINDS = (*UNARY, *BINARY, "matmul", "concatenate")


@dataclass(frozen=True)
class Operation:
    """One operation: at a gate, over values by number, maybe with a name."""

    kind: str
    gate: str
    operands: tuple[int, int]
    name: str


@dataclass(frozen=True)
class UserCell:
    """A cell made of operations; `ends` are the numbers of its new states."""

    slots: tuple[str, ...]
    operations: tuple[Operation, ...]
    ends: tuple[int, ...]

    kind = "mine"
    inputs = outputs = hidden = SIZE

    def initial_state(self, batch: int):
        return tuple(ar.Tensor(np.zeros((batch, SIZE)), name=f"{slot}_0") for slot in self.slots)

    def weights(self):
        rng = np.random.default_rng(len(self.operations))
        shapes = {"matmul": (SIZE, SIZE), "concatenate": (SIZE, 2 * SIZE)}
        return {
            i: ar.Tensor(rng.normal(size=shapes[operation.kind]), name=f"W_{i}")
            for i, operation in enumerate(self.operations)
            if operation.kind in shapes
        }

    def __call__(self, x, state):
        weights = self.__dict__.setdefault("_weights", self.weights())
        values = [x, *state]
        for i, operation in enumerate(self.operations):
            a, b = (values[operand % len(values)] for operand in operation.operands)
            with ar.at(gate=operation.gate):
                made = self._made(operation.kind, a, b, weights.get(i))
                values.append(made.named(operation.name) if operation.name else made)
        made = values[1 + len(state) :]
        return tuple(
            made[end % len(made)].named(slot)
            for slot, end in zip(self.slots, self.ends, strict=True)
        )

    @staticmethod
    def _made(kind, a, b, weight):
        if kind in UNARY:
            return UNARY[kind](a)
        if kind in BINARY:
            return BINARY[kind](a, b)
        return a @ weight.T if kind == "matmul" else ar.concatenate([a, b], axis=-1) @ weight.T


operations = st.builds(
    Operation,
    st.sampled_from(KINDS),
    st.sampled_from(GATES),
    st.tuples(st.integers(0, 20), st.integers(0, 20)),
    st.sampled_from(("", "", "u", "v")),
)


@st.composite
def user_cells(draw):
    slots = ("h", "c", "m")[: draw(st.integers(1, 3))]
    made = draw(st.lists(operations, min_size=1, max_size=9))
    ends = draw(st.tuples(*[st.integers(0, 20) for _ in slots]))
    return UserCell(slots, tuple(made), ends)
