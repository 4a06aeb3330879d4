"""An operator on functions of one argument, made one on functions of many."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def unary_to_nary(operator: Callable[..., Any]) -> Callable[..., Any]:
    def of_many(fun: Callable[..., Any], argnum: int = 0, *rest: Any) -> Callable[..., Any]:
        def applied(*args: Any) -> Any:
            def of_one(x: Any) -> Any:
                return fun(*args[:argnum], x, *args[argnum + 1 :])

            return operator(of_one, args[argnum], *rest)

        return applied

    return of_many
