"""The part of autograd's core that has a counterpart."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import __getattr__ as __getattr__
from . import make_vjp as _of_many


def make_vjp(fun: Callable[[Any], Any], x: Any) -> Any:
    return _of_many(fun)(x)
