"""The scalar handle, for anyone who comes from micrograd."""

from __future__ import annotations

from typing import Any

from autograd_rnn.engine.arrays import number_array
from autograd_rnn.engine.graph import Node
from autograd_rnn.engine.record import apply, variable
from autograd_rnn.engine.tensor import Tensor


class Value(Tensor):
    """A scalar in a graph, with micrograd's vocabulary: `data`, `grad`, `relu`, `backward`.

    Args:
        data: one number; it becomes a float.
        name: what the equations call it.

    Raises:
        TypeError: `data` is not one number.

    >>> a, b = Value(-4.0), Value(2.0)
    >>> c = a * b + b**3
    >>> c.backward()
    >>> c, a.grad, b.grad
    (Value(data=0.0, grad=1.0), 2.0, 8.0)

    """

    __slots__ = ()

    def __init__(self, data: Any, name: str = "") -> None:
        array = number_array(data, float)
        if array.shape != ():
            raise TypeError(f"a Value is one number, not shape {array.shape}: use Tensor")
        self.node = variable(array, name)

    @property
    def data(self) -> float:
        """The number."""
        return float(self.node.value)

    @data.setter
    def data(self, value: Any) -> None:
        Tensor.data.__set__(self, value)  # type: ignore[attr-defined]

    @property
    def grad(self) -> float:
        """The gradient that `backward()` left; 0.0 where it did not reach, as in micrograd."""
        grad = self.node.box.grad
        return 0.0 if grad is None else float(grad)

    @grad.setter
    def grad(self, value: Any) -> None:
        Tensor.grad.__set__(self, value)  # type: ignore[attr-defined]

    @classmethod
    def of(cls, node: Node) -> Any:
        """Hold a node; an array, where a Value met one, is held as a Tensor."""
        if node.shape:
            return Tensor.of(node)
        handle = cls.__new__(cls)
        handle.node = node
        return handle

    def relu(self) -> Value:
        """max(0, x)."""
        return apply("relu", self)

    def tanh(self) -> Value:
        """Hyperbolic tangent."""
        return apply("tanh", self)

    def exp(self) -> Value:
        """Exponential."""
        return apply("exp", self)

    def log(self) -> Value:
        """Natural logarithm."""
        return apply("log", self)

    def sigmoid(self) -> Value:
        """The logistic function."""
        return apply("sigmoid", self)

    def __repr__(self) -> str:
        return f"Value(data={self.data}, grad={self.grad})"
