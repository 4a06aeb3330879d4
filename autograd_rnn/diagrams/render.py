"""From DOT to SVG, PNG and PDF: Graphviz in a child process, for a limited time."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

CHILD = Path(__file__).with_name("graphviz_child.py")
ARGUMENTS = {"svg": ["-Tsvg"], "png": ["-Tpng", "-Gdpi=192"], "pdf": ["-Tpdf"]}


class DrawingError(RuntimeError):
    """Graphviz could not draw this graph."""


class DrawingTimeout(TimeoutError):  # noqa: N818 (named like what it is)
    """Graphviz did not finish in the time it was given."""


def render(dot: str, kind: str, timeout: float) -> bytes:
    """Lay out and draw DOT source.

    Args:
        dot: the source. kind: "svg", "png" or "pdf".
        timeout: seconds after which the child is killed.

    Raises:
        DrawingTimeout: the time ran out.
        DrawingError: Graphviz failed; the message has its last words.

    """
    arguments = [*command(), *ARGUMENTS[kind]]
    try:
        done = subprocess.run(
            arguments, input=dot.encode(), capture_output=True, timeout=timeout, check=False
        )
    except subprocess.TimeoutExpired:
        raise DrawingTimeout(
            f"Graphviz did not finish in {timeout:g} s: draw fewer steps, leave "
            "steps='elide', or give it longer with timeout=..."
        ) from None
    if done.returncode or not done.stdout:
        words = done.stderr.decode(errors="replace").strip().splitlines()
        reason = ": ".join([f"exit status {done.returncode}", *words[-1:]])
        raise DrawingError(f"Graphviz could not draw this ({reason})")
    return done.stdout


def command() -> list[str]:
    """Return what draws here: the system's `dot`, or the one inside pygraphviz's wheel."""
    dot = shutil.which("dot")
    # -P: the script's own folder stays off the path, or its modules would hide others' names.
    return [dot] if dot else [sys.executable, "-P", str(CHILD)]
