"""What a number system brings: its numbers, and its functions of one element.

Everything else (shapes, pieces, sums, products) NumPy does on arrays of any object that can be
added and multiplied, so the engine's own kernels serve every algebra.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]  # of dtype object: its elements are an algebra's numbers


@dataclass(frozen=True)
class Algebra:
    """A number system to evaluate a graph in.

    Attributes:
        name: what messages call it.
        number: make one of its numbers of a Python number, or of what else it can read. Of its
            own numbers it makes themselves.
        holds: whether something is one of its numbers. A float is none, even where the algebra
            could add one: a result that holds a float was rounded on the way.
        functions: by the name of an operation, a function of one element of each input, and of
            the operation's attributes by name.

    """

    name: str
    number: Callable[[Any], Any]
    holds: Callable[[Any], bool]
    functions: Mapping[str, Callable[..., Any]]

    def array(self, values: Any) -> Array:
        """Return `values` with every element made one of these numbers."""
        return _each(self.number, values)

    def result(self, values: Any) -> Array:
        """Return what an operation gave as an array of these numbers.

        Raises:
            TypeError: an element is neither such a number nor an integer or truth value.

        """
        return _each(self._result, values)

    def _result(self, value: Any) -> Any:
        if self.holds(value):
            return value
        if isinstance(value, int):  # NumPy's own zeros and truth values
            return self.number(value)
        raise TypeError(f"it gives {value!r}, a {type(value).__name__}")


def _each(function: Callable[[Any], Any], values: Any) -> Array:
    # NumPy unwraps an array of no axes when it computes; here everything stays an array.
    return boxed(np.frompyfunc(function, 1, 1)(boxed(values)))


def boxed(value: Any) -> Array:
    """Return an array of objects: a NumPy array's elements, or one object by itself."""
    if isinstance(value, (np.ndarray, np.generic)):
        return np.asarray(value).astype(object)
    array = np.empty((), object)
    array[()] = value
    return array


# For any numbers that can be put in order; the comparisons themselves NumPy knows.
ORDERED: dict[str, Callable[..., Any]] = {
    "maximum": max,
    "minimum": min,
    "relu": lambda x: x if x > 0 else 0,
}
