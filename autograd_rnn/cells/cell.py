"""What every cell has: named parameters, sizes, an initial state, and a gate to build from."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Self

import numpy as np

from autograd_rnn.cells.activation import ACTIVATIONS, Function
from autograd_rnn.cells.initialization import Rng, xavier_uniform
from autograd_rnn.engine import Tensor, at
from autograd_rnn.engine.trees import parameter_names

Shapes = dict[str, tuple[int, ...]]

# A parameter that a variant does not have. An empty tuple is a tree without leaves, so a tree of
# gradients, where None means "not reached", has none at that place either.
ABSENT: Any = ()

# Marks a field that is no parameter but says which variant the cell is.
SETTING = {"static": True}


@dataclass(frozen=True)
class Cell:
    """One step of a recurrent network: `state = cell(x, state)`.

    A cell is data. Its fields are its parameters, for each gate q a weight `W_q` of shape
    (hidden, hidden + inputs), which acts on `[h, x]`, and a bias `b_q` of shape (hidden,); after
    them come the settings that make it the variant it is. Arrays given for parameters become
    Tensors; a parameter that the variant does not have is left out.

    Raises:
        ValueError: an unknown setting; a parameter that is missing or that this variant does not
            have; parameters whose shapes do not fit each other.

    """

    kind: ClassVar[str] = ""
    gates: ClassVar[tuple[str, ...]] = ()
    slots: ClassVar[tuple[str, ...]] = ("h",)
    choices: ClassVar[Mapping[str, Iterable[Any]]] = {}

    def __post_init__(self) -> None:
        for name in parameter_names(self):
            given = getattr(self, name)
            if given is not None and not absent(given) and not isinstance(given, Tensor):
                dtype = None if np.asarray(given).dtype.kind in "fc" else float
                # A frozen dataclass fills its own fields this way.
                object.__setattr__(self, name, Tensor(given, dtype, name))
        self._check_shapes()

    @classmethod
    def shapes(cls, inputs: int, hidden: int, **settings: Any) -> Shapes:
        """Return the shape of every parameter of a variant by name, in the order of the fields.

        Raises:
            ValueError: an unknown setting.

        """
        cls._check_settings(settings)
        found: Shapes = {}
        for q in cls.gates:
            weight, bias = _names(q)
            found |= {weight: (hidden, hidden + inputs), bias: (hidden,)}
        return found if settings.get("bias", True) else without(found, "b")

    @classmethod
    def init(
        cls, inputs: int, hidden: int, *, rng: Rng = None, dtype: Any = float, **settings: Any
    ) -> Self:
        """Make a cell with Xavier-uniform weights and zero biases.

        Args:
            inputs: the size of x. hidden: the size of h.
            rng: a NumPy Generator, or a seed for one.
            dtype: of the parameters.
            settings: the cell's own, e.g. `activation` of an RNN.

        Raises:
            ValueError: a size below 1, or an unknown setting.

        """
        if inputs < 1 or hidden < 1:
            raise ValueError(f"a cell needs sizes of at least 1, not {inputs=}, {hidden=}")
        generator = np.random.default_rng(rng)
        made: dict[str, Tensor] = {}
        for name, shape in cls.shapes(inputs, hidden, **settings).items():
            array = xavier_uniform(*shape, generator) if len(shape) == 2 else np.zeros(shape)
            made[name] = Tensor(array, dtype=dtype, name=name)
        return cls(**made, **settings)

    @property
    def parameters(self) -> dict[str, Tensor]:
        """The parameters by name, in the order of the fields."""
        held = {name: getattr(self, name) for name in parameter_names(self)}
        return {name: value for name, value in held.items() if not absent(value)}

    @property
    def settings(self) -> dict[str, Any]:
        """What makes this cell the variant it is, by name."""
        names = [f.name for f in fields(self) if f.metadata.get("static")]
        return {name: getattr(self, name) for name in names}

    @property
    def hidden(self) -> int:
        """The size of the state."""
        return self._weight().shape[0]

    @property
    def outputs(self) -> int:
        """The size of h, which is `hidden` unless a variant projects it."""
        return self.hidden

    @property
    def inputs(self) -> int:
        """The size of x."""
        return self._weight().shape[1] - self.outputs

    def initial_state(self, batch: int) -> tuple[Tensor, ...]:
        """Return zeros of shape (batch, size) for every slot of the state."""
        dtype = self._weight().dtype
        sizes = [self.outputs if slot == "h" else self.hidden for slot in self.slots]
        return tuple(
            Tensor(np.zeros((batch, size), dtype), name=f"{slot}_0")
            for slot, size in zip(self.slots, sizes, strict=True)
        )

    def __call__(self, x: Any, state: tuple[Any, ...]) -> tuple[Tensor, ...]:
        """Take one step.

        Args:
            x: (batch, inputs).
            state: one (batch, size) for each of `slots`.

        Returns:
            The next state, h first: h is also the step's output.

        """
        raise NotImplementedError

    def _weight_name(self) -> str:
        return next(name for name in self.parameters if name.startswith("W"))

    def _weight(self) -> Tensor:
        """Return the weight that tells the sizes."""
        return getattr(self, self._weight_name())

    @classmethod
    def _check_settings(cls, settings: Mapping[str, Any]) -> None:
        for name, known in cls.choices.items():
            chosen = settings.get(name, getattr(cls, name))  # a field's default is the class's
            if chosen not in known and not (known is ACTIVATIONS and callable(chosen)):
                names = ", ".join(map(str, known))
                raise ValueError(f"{name} {chosen!r}: the {cls.kind} takes one of {names}")

    def _check_shapes(self) -> None:
        held = self.parameters
        if any(value is None for value in held.values()):
            return  # a tree of gradients, some of which do not exist
        self._check_names(held, self.shapes(1, 1, **self.settings))
        first, weight = self._weight_name(), self._weight()
        if weight.ndim != 2 or self.inputs < 1:
            raise ValueError(
                f"{first} has shape {weight.shape}: a weight on [h, x] has shape "
                "(hidden, hidden + inputs)"
            )
        expected = self.shapes(self.inputs, self.hidden, **self.settings)
        for name, right in expected.items():
            if held[name].shape != right:
                raise ValueError(
                    f"{name} has shape {held[name].shape}; to fit {first} it must be {right}"
                )

    def _check_names(self, held: Container[str], expected: Mapping[str, Any]) -> None:
        for name in parameter_names(self):
            if (name in held) != (name in expected):
                told = ", ".join(f"{key}={value!r}" for key, value in self.settings.items())
                raise ValueError(
                    f"{name} is {'missing' if name in expected else 'one too many'}: "
                    f"this {self.kind} ({told}) has {', '.join(expected)}"
                )


def absent(parameter: Any) -> bool:
    """Whether a field stands for a parameter that the variant does not have."""
    return isinstance(parameter, tuple) and not parameter


def without(shapes: Shapes, *beginnings: str) -> Shapes:
    """Return the shapes of all but the parameters whose names begin so."""
    return {name: shape for name, shape in shapes.items() if not name.startswith(beginnings)}


def _names(q: str) -> tuple[str, str]:
    """Return what the weight and the bias of gate q are called; an RNN's one gate has no letter."""
    return (f"W_{q}", f"b_{q}") if q else ("W", "b")


def affine(W: Any, operand: Any, b: Any) -> Any:
    """Return W operand + b, or W operand where there is no bias; rows are examples."""
    product = operand @ W.T
    return product if absent(b) else product + b


def gate(label: str, letter: str, activation: Function, operand: Any, W: Any, b: Any) -> Tensor:
    """Return activation(W operand + b), standing at `label`; rows are examples.

    The pre-activation is called `a_letter`: its gradient is that gate's δ.
    """
    with at(gate=label):
        a = affine(W, operand, b).named(f"a_{letter}")
        return activation(a).named(letter)
