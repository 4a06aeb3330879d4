"""Arrays that nobody can change behind a graph's back: copied in, read-only out."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_rnn.engine.place import standing


class Snapshot(np.ndarray[Any, np.dtype[Any]]):
    """What `.data` and `.grad` return: a read-only array whose `-=` makes a new one.

    So `p.data -= 0.1 * p.grad` rebinds `p.data`, while graphs made before keep their values.
    """

    def __setitem__(self, key: Any, value: Any) -> None:
        if not self.flags.writeable:
            raise ValueError(
                f"this array of shape {self.shape} is read-only, for graphs hold it: "
                "assign a whole new one to .data or .grad, or change a copy()"
            )
        super().__setitem__(key, value)

    def __array_wrap__(self, array: Any, context: Any = None, return_scalar: bool = False) -> Any:
        return array[()] if return_scalar else np.asarray(array)


def _out_of_place(ufunc: np.ufunc) -> Any:
    return lambda self, other: ufunc(np.asarray(self), other)


for _name, _ufunc in {
    "__iadd__": np.add,
    "__isub__": np.subtract,
    "__imul__": np.multiply,
    "__itruediv__": np.true_divide,
    "__ipow__": np.power,
}.items():
    setattr(Snapshot, _name, _out_of_place(_ufunc))


def snapshot(value: Any) -> Any:
    """Return `value` as a read-only array; scalars are immutable already."""
    if not isinstance(value, np.ndarray):
        return np.asarray(value)[()]
    view = value.view(Snapshot)
    view.flags.writeable = False
    return view


def number_array(data: Any, dtype: Any = None) -> np.ndarray[Any, Any]:
    """Copy `data` into an array of numbers that nobody else can change."""
    if hasattr(data, "node"):
        data = data.data
    try:
        array = np.array(data)
    except ValueError as error:
        raise TypeError(
            f"rows of different lengths make no array of numbers{standing()}: pad them to "
            f"one length, and tell unroll() their lengths. NumPy says: {error}"
        ) from None
    except TypeError as error:
        raise TypeError(f"this is no array of numbers{standing()}: {error}") from None
    if array.dtype.kind not in "fciub":
        raise TypeError(
            f"a Tensor holds numbers, not {array.dtype} of shape {array.shape}{standing()}: pass "
            "floats, e.g. np.asarray(data, float)"
        )
    if dtype is not None:  # only now: NumPy would read None as nan, and "3" as 3
        array = array.astype(dtype, copy=False)
    array.flags.writeable = False
    return array
