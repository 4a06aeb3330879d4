"""The pages that are made at build time: one for each derivation, and the errata."""

from __future__ import annotations

from pathlib import Path

from pages import escaped, write_if_new

from derivations.errata import ERRATA
from derivations.topics import TOPICS

PAGE = """# {title}

In a REPL: `derive("{name}")`.

```{{rnn-derivation}} {name}
```
"""
ERRATUM = """## {name}

{source}

- wrong: {wrong}
- right: {right}
- {found}

{why} See [{topic}]({topic}.md).
"""


def write_pages(folder: Path) -> None:
    """Write a page a topic, their index, and the errata into a folder; nothing else is left in it.

    A page holds a directive, which derives as the page is read.
    """
    names = list(TOPICS)
    pages = {name: PAGE.format(title=TOPICS[name].title, name=name) for name in names}
    pages |= {"errata": _errata(), "index": _index(names)}
    folder.mkdir(exist_ok=True)
    for old in folder.glob("*.md"):
        if old.stem not in pages:
            old.unlink()
    for name, page in pages.items():
        write_if_new(folder / f"{name}.md", page)


def _errata() -> str:
    entries = [
        ERRATUM.format(
            name=erratum.name,
            source=f"{erratum.source[:1].upper()}{erratum.source[1:]}.",
            wrong=escaped(erratum.wrong),
            right=escaped(erratum.right),
            why=erratum.why,
            topic=erratum.topic,
            found=escaped(str(erratum.counterexample())),
        )
        for erratum in ERRATA.values()
    ]
    head = "# Errata\n\nPublished errors, each with numbers that are computed when this is built.\n"
    return "\n".join([head, *entries])


def _index(names: list[str]) -> str:
    rows = [f"| [{name}]({name}.md) | {escaped(TOPICS[name].line)} |" for name in names]
    table = "\n".join(["| topic | |", "| --- | --- |", *rows])
    toctree = "\n".join(["```{toctree}", ":hidden:", "", *names, "errata", "```"])
    words = (
        "Everything that is proved here, each page made by the derivation itself when these pages "
        "are built: a line is shown only if it was verified a moment before."
    )
    errata = "[Errata](errata.md) of lectures and papers."
    return "\n\n".join(["# The catalogue", words, table, errata, toctree]) + "\n"
