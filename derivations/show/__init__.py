"""A derivation as a text, a LaTeX document, Markdown, a web page or data.

Each format is one module; all of them read the same record and none computes anything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from derivations.show import html, latex, markdown, text, trace
from derivations.step import Derivation

FORMATS: Mapping[str, Callable[[Derivation], str]] = {
    "text": text.document,
    "latex": latex.document,
    "markdown": markdown.document,
    "html": html.document,
    "json": trace.document,
}


def render(derivation: Derivation, format: str) -> str:
    """Return the derivation in one of `FORMATS`.

    Raises ValueError, naming the formats there are, for any other.
    """
    if format not in FORMATS:
        raise ValueError(f"no format {format!r}; there are: {', '.join(FORMATS)}")
    return FORMATS[format](derivation)
