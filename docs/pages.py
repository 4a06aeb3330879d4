"""What the pages that are made at build time have in common."""

from __future__ import annotations

import re
from pathlib import Path

CODE = re.compile(r"(``.+?``|`[^`]+`)")


def write_if_new(path: Path, page: str) -> None:
    """Write a page unless it is there as it is, so that Sphinx need not read it again."""
    if not path.exists() or path.read_text(encoding="utf-8") != page:
        path.write_text(page, encoding="utf-8")


def escaped(words: str) -> str:
    """Return words with what Markdown would read as markup escaped, outside of code."""
    parts = CODE.split(words)
    return "".join(part if CODE.match(part) else _bare(part) for part in parts)


def _bare(words: str) -> str:
    return re.sub(r"([\\*_\[\]<>{}|#])", r"\\\1", words)
