"""NumPy, but what our engine has of it runs in our engine when a Tensor comes in."""

from __future__ import annotations

import sys
from functools import wraps
from types import ModuleType
from typing import Any

import numpy

import autograd_rnn.engine as ar

ASKS_ONLY = {"shape", "ndim", "size", "iscomplexobj", "result_type"}  # they read no element

for _module in ("random", "linalg", "fft"):
    sys.modules[f"{__name__}.{_module}"] = getattr(numpy, _module)


def __getattr__(name: str) -> Any:
    theirs, ours = getattr(numpy, name), getattr(ar, name, None)
    if isinstance(theirs, (type, ModuleType)) or not callable(theirs):
        return theirs
    if ours is None and isinstance(theirs, numpy.ufunc):
        return theirs  # NumPy hands it to the Tensor

    @wraps(theirs)
    def either(*args: Any, **options: Any) -> Any:
        if name in ASKS_ONLY or not _holds_tensor(args):
            return theirs(*args, **options)
        if ours is None:
            raise NotImplementedError(f"np.{name} is not among our operations")
        return ours(*args, **options)

    return either


def array(data: Any, *args: Any, **options: Any) -> Any:
    """numpy.array; nested sequences with Tensors in them are stacked."""
    if isinstance(data, (list, tuple)) and _holds_tensor(data):
        return ar.stack([array(part) for part in data])
    return data if isinstance(data, ar.Tensor) else numpy.array(data, *args, **options)


def _holds_tensor(data: Any) -> bool:
    if isinstance(data, (list, tuple)):
        return any(_holds_tensor(part) for part in data)
    return isinstance(data, ar.Tensor)
