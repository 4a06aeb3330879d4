"""Trees of parameters: cells (dataclasses), dicts, lists and tuples, taken apart and rebuilt."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any


def leaves_of(tree: Any) -> list[Any]:
    """List the arrays, numbers and Tensors of `tree`, in a fixed order (fields, then keys)."""
    parts = _parts(tree)
    if parts is None:
        return [tree]
    return [leaf for part in parts for leaf in leaves_of(part)]


def rebuild(tree: Any, leaves: Sequence[Any]) -> Any:
    """Return a tree like `tree` with other leaves, given in the order of `leaves_of`."""
    return _rebuild(tree, iter(leaves))


def leaves_like(tree: Any, like: Any) -> list[Any]:
    """List what `tree`, built like `like`, has at each leaf of `like`: None may stand there."""
    parts = _parts(like)
    if parts is None:
        return [tree]
    pairs = zip(_parts(tree) or [], parts, strict=True)
    return [leaf for part, like_part in pairs for leaf in leaves_like(part, like_part)]


def paths_of(tree: Any, root: str) -> list[str]:
    """List how the leaves of `tree` are reached from `root`: root.W_f, root[0], root['b']."""
    parts = _parts(tree)
    if parts is None:
        return [root]
    if is_dataclass(tree):
        steps = [f".{name}" for name in parameter_names(tree)]
    else:
        steps = [f"[{key!r}]" for key in (tree if isinstance(tree, dict) else range(len(parts)))]
    return [
        path
        for part, step in zip(parts, steps, strict=True)
        for path in paths_of(part, root + step)
    ]


def plain(tree: Any) -> Any:
    """Return `tree` with a dict by name for each dataclass, whose fields can hold any shape."""
    parts = _parts(tree)
    if parts is None:
        return tree
    inner = [plain(part) for part in parts]
    if is_dataclass(tree):
        return dict(zip(parameter_names(tree), inner, strict=True))
    return _with_parts(tree, inner)


def _parts(tree: Any) -> list[Any] | None:
    """Return the parts of one level of a tree; None for a leaf."""
    if is_dataclass(tree):
        return [getattr(tree, name) for name in parameter_names(tree)]
    if isinstance(tree, dict):
        return list(tree.values())
    if isinstance(tree, (list, tuple)):
        return list(tree)
    return [] if tree is None else None  # None holds no leaf: a gradient or bias that is not there


def _rebuild(tree: Any, leaves: Iterator[Any]) -> Any:
    parts = _parts(tree)
    if parts is None:
        return next(leaves)
    return _with_parts(tree, [_rebuild(part, leaves) for part in parts])


def _with_parts(tree: Any, parts: list[Any]) -> Any:
    """Return one level of a tree with other parts."""
    if is_dataclass(tree) and not isinstance(tree, type):
        return replace(tree, **dict(zip(parameter_names(tree), parts, strict=True)))
    if isinstance(tree, dict):
        return dict(zip(tree, parts, strict=True))
    if tree is None:
        return None
    return type(tree)(*parts) if hasattr(tree, "_fields") else type(tree)(parts)


def parameter_names(cell: Any) -> list[str]:
    """List the fields of a dataclass that hold parameters: all but those marked static."""
    return [field.name for field in fields(cell) if not field.metadata.get("static")]
