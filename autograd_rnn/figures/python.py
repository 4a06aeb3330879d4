"""What a figure draws where it is given in Python: an object by its path, or some lines of code."""

from __future__ import annotations

import ast
import re
from functools import lru_cache
from importlib import import_module
from inspect import isfunction
from operator import attrgetter
from traceback import extract_tb
from typing import Any

from autograd_rnn.figures.words import BadFigure

PATH = re.compile(r"([A-Za-z_][\w.]*):([A-Za-z_][\w.]*)")  # module:attribute
LINES = "<lines of a figure>"


@lru_cache(maxsize=64)  # a figure is asked for its digest and for each theme
def made_by(python: str) -> Any:
    """Return what ``module:attribute`` is, or the value of the last of some lines.

    A function is called, without arguments. Raises BadFigure for whatever goes wrong in them, with
    the line.
    """
    path = PATH.fullmatch(python.strip())
    try:
        found = attrgetter(path[2])(import_module(path[1])) if path else _last_value(python)
        return found() if isfunction(found) else found
    except BadFigure:
        raise
    except Exception as error:  # it is somebody else's code
        told = f"{type(error).__name__}: {error}"
        raise BadFigure(f"python: {_line_of(error)}{told}") from error


def module_of(python: str) -> str:
    """Return the module of a path, "" for lines of code."""
    path = PATH.fullmatch(python.strip())
    return path[1] if path else ""


def _last_value(lines: str) -> Any:
    *before, last = ast.parse(lines, LINES).body or [ast.Pass()]
    if not isinstance(last, ast.Expr):
        raise BadFigure(
            "python: the last line must be what is drawn, such as: unroll(cell, steps=3)"
        )
    names: dict[str, Any] = {"__name__": "figure"}
    exec(compile(ast.Module(before, []), LINES, "exec"), names)
    return eval(compile(ast.Expression(last.value), LINES, "eval"), names)


def _line_of(error: Exception) -> str:
    if isinstance(error, SyntaxError) and error.filename == LINES:
        return f"line {error.lineno}: "
    lines = [frame.lineno for frame in extract_tb(error.__traceback__) if frame.filename == LINES]
    return f"line {lines[-1]}: " if lines else ""
