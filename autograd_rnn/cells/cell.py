"""What every cell has: named parameters, sizes, an initial state, and a gate to build from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from autograd_rnn.cells.initialization import Rng, xavier_uniform
from autograd_rnn.engine import Tensor, at
from autograd_rnn.engine.trees import parameter_names


@dataclass(frozen=True)
class Cell:
    """One step of a recurrent network: `state = cell(x, state)`.

    A cell is data. Its fields are its parameters, for each gate q a weight `W_q` of shape
    (hidden, hidden + inputs), which acts on `[h, x]`, and a bias `b_q` of shape (hidden,).
    Arrays given for them become Tensors.

    Raises:
        ValueError: parameters whose shapes do not fit each other.

    """

    kind: ClassVar[str] = ""
    gates: ClassVar[tuple[str, ...]] = ()
    slots: ClassVar[tuple[str, ...]] = ("h",)

    def __post_init__(self) -> None:
        for name in parameter_names(self):
            given = getattr(self, name)
            if given is not None and not isinstance(given, Tensor):
                dtype = None if np.asarray(given).dtype.kind in "fc" else float
                # A frozen dataclass fills its own fields this way.
                object.__setattr__(self, name, Tensor(given, dtype, name))
        self._check_shapes()

    @classmethod
    def init(
        cls, inputs: int, hidden: int, *, rng: Rng = None, dtype: Any = float, **options: Any
    ) -> Self:
        """Make a cell with Xavier-uniform weights and zero biases.

        Args:
            inputs: the size of x. hidden: the size of h.
            rng: a NumPy Generator, or a seed for one.
            dtype: of the parameters.
            options: the cell's own settings, e.g. `activation` of an RNN.

        Raises:
            ValueError: a size below 1.

        """
        if inputs < 1 or hidden < 1:
            raise ValueError(f"a cell needs sizes of at least 1, not {inputs=}, {hidden=}")
        generator = np.random.default_rng(rng)
        made: dict[str, Tensor] = {}
        for q in cls.gates:
            weight, bias = _names(q)
            array = xavier_uniform(hidden, hidden + inputs, generator)
            made[weight] = Tensor(array, dtype=dtype, name=weight)
            made[bias] = Tensor(np.zeros(hidden), dtype=dtype, name=bias)
        return cls(**made, **options)

    @property
    def parameters(self) -> dict[str, Tensor]:
        """The parameters by name, in the order of the equations."""
        return {name: getattr(self, name) for name in parameter_names(self)}

    @property
    def hidden(self) -> int:
        """The size of h."""
        return self._first_weight().shape[0]

    @property
    def inputs(self) -> int:
        """The size of x."""
        rows, columns = self._first_weight().shape
        return columns - rows

    def initial_state(self, batch: int) -> tuple[Tensor, ...]:
        """Return zeros of shape (batch, hidden) for every slot of the state."""
        dtype = self._first_weight().dtype
        zeros = np.zeros((batch, self.hidden), dtype)
        return tuple(Tensor(zeros, name=f"{slot}_0") for slot in self.slots)

    def __call__(self, x: Any, state: tuple[Any, ...]) -> tuple[Tensor, ...]:
        """Take one step.

        Args:
            x: (batch, inputs).
            state: one (batch, hidden) for each of `slots`.

        Returns:
            The next state, h first: h is also the step's output.

        """
        raise NotImplementedError

    def _first_weight(self) -> Tensor:
        return getattr(self, _names(self.gates[0])[0])

    def _check_shapes(self) -> None:
        weight = self._first_weight()
        if any(value is None for value in self.parameters.values()):
            return  # a tree of gradients, some of which do not exist
        if len(weight.shape) != 2 or weight.shape[1] <= weight.shape[0]:
            raise ValueError(
                f"{_names(self.gates[0])[0]} has shape {weight.shape}: a weight on [h, x] has "
                "shape (hidden, hidden + inputs)"
            )
        for q in self.gates:
            for name, shape in zip(_names(q), (weight.shape, weight.shape[:1]), strict=True):
                if getattr(self, name).shape != shape:
                    raise ValueError(
                        f"{name} has shape {getattr(self, name).shape}; to fit "
                        f"{_names(self.gates[0])[0]} it must be {shape}"
                    )


def _names(q: str) -> tuple[str, str]:
    """Return what the weight and the bias of gate q are called; an RNN's one gate has no letter."""
    return (f"W_{q}", f"b_{q}") if q else ("W", "b")


def gate(
    label: str, letter: str, activation: Callable[[Any], Any], operand: Any, W: Any, b: Any
) -> Tensor:
    """Return activation(W operand + b), standing at `label`; rows are examples.

    The pre-activation is called `a_letter`: its gradient is that gate's δ.
    """
    with at(gate=label):
        a = (operand @ W.T + b).named(f"a_{letter}")
        return activation(a).named(letter)
