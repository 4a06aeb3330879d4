"""The handle people hold: an array that remembers how it was made."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, NoReturn

import numpy as np

from autograd_rnn.engine.arrays import number_array, snapshot
from autograd_rnn.engine.graph import NO_ATTRS, make_node, renamed
from autograd_rnn.engine.place import Place
from autograd_rnn.engine.primitive import PRIMITIVES, OperationError
from autograd_rnn.engine.record import Handle, apply, refused_ufunc, variable


class Tensor(Handle):
    """An array in a graph. Operations on it follow NumPy and record what they did.

    Args:
        data: anything NumPy makes a number array of; it is copied. Floats (and complex) can be
            differentiated, integers and booleans cannot.
        dtype: as in NumPy.
        name: what the equations call it.

    Raises:
        TypeError: ragged data, or data that are not numbers.

    """

    __slots__ = ()

    def __init__(self, data: Any, dtype: Any = None, name: str = "") -> None:
        self.node = variable(number_array(data, dtype), name)

    @property
    def data(self) -> Any:
        """The value, read-only; assigning rebinds this handle and leaves old graphs as they are."""
        if self.node.value is None:
            raise ValueError(f"{self.node!r} is a symbol and has no value")
        return snapshot(self.node.value)

    @data.setter
    def data(self, value: Any) -> None:
        if self.node.primitive is not None:
            raise OperationError(
                f"only a leaf's data can be assigned, and {self.node!r} was computed: "
                "assign to what it was computed from, or make a new Tensor"
            )
        self.node = variable(self._fitting("data", value), self.node.name, self.node.box)

    @property
    def grad(self) -> Any:
        """The gradient that `backward()` left, or None where it did not reach."""
        grad = self.node.box.grad
        return None if grad is None else snapshot(grad)

    @grad.setter
    def grad(self, value: Any) -> None:
        self.node.box.grad = None if value is None else self._fitting("grad", value)

    def _fitting(self, what: str, value: Any) -> np.ndarray[Any, Any]:
        """Copy `value` into an array of this Tensor's shape and dtype."""
        array = number_array(value, self.dtype)
        if array.shape != self.shape:
            raise OperationError(
                f"{what} of shape {array.shape} assigned to {self.node!r}: shapes must match"
            )
        return array

    @property
    def shape(self) -> tuple[int, ...]:
        """A tuple of ints, as in NumPy."""
        return self.node.shape

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.node.shape)

    @property
    def size(self) -> int:
        """The number of elements."""
        return math.prod(self.node.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        """As in NumPy."""
        return self.node.dtype

    @property
    def name(self) -> str:
        """What the equations call it."""
        return self.node.name

    @property
    def place(self) -> Place:
        """Where in the network it stands."""
        return self.node.place

    @property
    def T(self) -> Tensor:
        """The transpose; in `a @ b.T` it becomes part of the product."""
        return self.transpose()

    def named(self, name: str) -> Tensor:
        """Return the same value under a name of the equations."""
        # A leaf keeps its name and its gradient: what is named is what reads it.
        read = self if self.node.primitive else apply("identity", self)
        return type(self).of(renamed(read.node, name))

    def backward(self, gradient: Any = None) -> None:
        """Leave dself/dv in `.grad` of everything below; see `differentiate.backward`."""
        from autograd_rnn.engine.differentiate import backward

        backward(self, gradient)

    # --- NumPy's operators -------------------------------------------------------------------

    def __add__(self, other: Any) -> Tensor:
        return apply("add", self, other)

    def __radd__(self, other: Any) -> Tensor:
        return apply("add", other, self)

    def __sub__(self, other: Any) -> Tensor:
        return apply("subtract", self, other)

    def __rsub__(self, other: Any) -> Tensor:
        return apply("subtract", other, self)

    def __mul__(self, other: Any) -> Tensor:
        return apply("multiply", self, other)

    def __rmul__(self, other: Any) -> Tensor:
        return apply("multiply", other, self)

    def __truediv__(self, other: Any) -> Tensor:
        return apply("divide", self, other)

    def __rtruediv__(self, other: Any) -> Tensor:
        return apply("divide", other, self)

    def __pow__(self, other: Any) -> Tensor:
        return apply("power", self, other)

    def __rpow__(self, other: Any) -> Tensor:
        return apply("power", other, self)

    def __neg__(self) -> Tensor:
        return apply("negative", self)

    def __matmul__(self, other: Any) -> Tensor:
        from autograd_rnn.engine.rules.product import matmul

        return matmul(self, other)

    def __rmatmul__(self, other: Any) -> Tensor:
        from autograd_rnn.engine.rules.product import matmul

        return matmul(other, self)

    def __getitem__(self, key: Any) -> Tensor:
        from autograd_rnn.engine.rules.structure import index

        return index(self, key)

    def sum(self, axis: Any = None, keepdims: bool = False) -> Tensor:
        """Add up elements, as `numpy.sum`."""
        from autograd_rnn.engine.rules.reduction import sum as total

        return total(self, axis, keepdims)

    def mean(self, axis: Any = None, keepdims: bool = False) -> Tensor:
        """Average elements, as `numpy.mean`."""
        from autograd_rnn.engine.rules.reduction import mean

        return mean(self, axis, keepdims)

    def reshape(self, *shape: Any) -> Tensor:
        """Give the same elements another shape, as `numpy.reshape`."""
        from autograd_rnn.engine.rules.structure import reshape

        return reshape(self, shape[0] if len(shape) == 1 else shape)

    def transpose(self, *axes: Any) -> Tensor:
        """Permute axes, as `numpy.transpose`."""
        from autograd_rnn.engine.rules.structure import transpose

        return transpose(self, axes[0] if len(axes) == 1 else axes or None)

    def __setitem__(self, key: Any, value: Any) -> NoReturn:
        raise TypeError(
            f"a Tensor is never changed in place ({self.node!r}): "
            "write where(mask, new, old), or build it with concatenate or stack"
        )

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        # np.tanh(tensor) and array + tensor record like tanh(tensor) and tensor + array.
        name = ufunc.__name__
        if method != "__call__" or options:
            raise refused_ufunc(ufunc, method, inputs, options)
        if name == "matmul":
            from autograd_rnn.engine.rules.product import matmul

            return matmul(*inputs)
        if name not in PRIMITIVES:
            known = ", ".join(sorted(PRIMITIVES))
            raise TypeError(f"np.{name} is not in the table of operations: {known}")
        return apply(name, *inputs)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NoReturn:
        raise TypeError(f"{self.node!r} does not turn into an array unasked: write tensor.data")

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("a Tensor of no axes has no length")
        return self.shape[0]

    def __iter__(self) -> Iterator[Tensor]:
        return (self[i] for i in range(len(self)))

    def __bool__(self) -> bool:
        return bool(self.data)

    def __float__(self) -> float:
        return float(self.data)

    def __repr__(self) -> str:
        name = f", name={self.name!r}" if self.name else ""
        if self.node.value is None:
            return f"{type(self).__name__}(symbol of shape {self.shape}{name})"
        data = np.array2string(np.asarray(self.node.value), separator=", ", prefix="Tensor(")
        return f"Tensor({data}{name})"


def symbol(shape: Sequence[int], name: str, dtype: Any = float) -> Tensor:
    """Make a leaf of a known shape and no value, for graphs that are only looked at."""
    of = np.dtype(dtype)
    return Tensor.of(make_node(None, (), NO_ATTRS, tuple(shape), of, None, of.kind in "fc", name))
