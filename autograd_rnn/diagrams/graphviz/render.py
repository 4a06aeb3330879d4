"""What Graphviz does for us, in a child process and for a limited time: laying out and drawing."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

CHILD = Path(__file__).with_name("child.py")


class DrawingError(RuntimeError):
    """Graphviz could not draw this graph."""


class DrawingTimeout(TimeoutError):  # noqa: N818 (named like what it is)
    """Graphviz did not finish in the time it was given, or would not."""


def render(source: str, program: str, arguments: Sequence[str], timeout: float) -> bytes:
    """Run a program of Graphviz on DOT source and return what it writes.

    Args:
        source: the DOT source. program: "dot" or "neato".
        arguments: its own, the format first: `["-Tpng", "-n2"]`.
        timeout: seconds after which the child is killed.

    Raises:
        DrawingTimeout: the time ran out.
        DrawingError: Graphviz failed; the message has its last words.

    """
    try:
        done = subprocess.run(
            [*command(program), *arguments],
            input=source.encode(),
            capture_output=True,
            timeout=timeout,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise DrawingTimeout(f"Graphviz did not finish in {timeout:g} s") from None
    if done.returncode or not done.stdout:
        words = done.stderr.decode(errors="replace").strip().splitlines()
        reason = ": ".join([f"exit status {done.returncode}", *words[-1:]])
        raise DrawingError(f"Graphviz could not draw this ({reason})")
    return done.stdout


def command(program: str) -> list[str]:
    """Return what runs here: the system's program, or the one inside pygraphviz's wheel."""
    found = shutil.which(program)
    # -P: the script's own folder stays off the path, or its modules would hide others' names.
    return [found] if found else [sys.executable, "-P", str(CHILD), program]
