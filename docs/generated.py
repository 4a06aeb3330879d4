"""The pages that are made at build time: one for each derivation, and the errata."""

from __future__ import annotations

from pathlib import Path

from derivations import derive
from derivations.errata import ERRATA
from derivations.show.html import fragment
from derivations.step import numbered
from derivations.topics import TOPICS

RAW = "```{{raw}} html\n{html}\n```\n"
ERRATUM = """## {name}

{source}

| | |
| --- | --- |
| wrong | {wrong} |
| right | {right} |
| computed | {found} |

{why} See [{topic}]({topic}.md).
"""


def write_pages(folder: Path) -> None:
    """Write a page a topic, their index, and the errata into a folder, which is emptied first."""
    folder.mkdir(exist_ok=True)
    for old in folder.glob("*.md"):
        old.unlink()
    names = list(TOPICS)
    for name in names:
        (folder / f"{name}.md").write_text(_page(name), encoding="utf-8")
    (folder / "errata.md").write_text(_errata(), encoding="utf-8")
    (folder / "index.md").write_text(_index(names), encoding="utf-8")


def _page(name: str) -> str:
    derivation = derive(name)
    body = RAW.format(html=fragment(derivation, titled=False))
    call = f'derive("{name}")'
    return f"# {derivation.title}\n\nIn a REPL: `{call}`.\n\n{body}"


def _errata() -> str:
    entries = [
        ERRATUM.format(
            name=erratum.name,
            source=f"{erratum.source[:1].upper()}{erratum.source[1:]}.",
            wrong=_in_a_cell(erratum.wrong),
            right=_in_a_cell(erratum.right),
            why=erratum.why,
            topic=erratum.topic,
            found=_in_a_cell(str(erratum.counterexample())),
        )
        for erratum in ERRATA.values()
    ]
    head = "# Errata\n\nPublished errors, each with numbers that are computed when this is built.\n"
    return "\n".join([head, *entries])


def _index(names: list[str]) -> str:
    rows = [
        f"| [{name}]({name}.md) | {_in_a_cell(TOPICS[name].line)} | {_lines_of(name)} |"
        for name in names
    ]
    table = "\n".join(["| topic | | lines, with details |", "| --- | --- | --- |", *rows])
    toctree = "\n".join(["```{toctree}", ":hidden:", "", *names, "errata", "```"])
    words = (
        "Everything that is proved here, each page made by the derivation itself when these pages "
        "are built: a line is shown only if it was verified a moment before."
    )
    errata = "[Errata](errata.md) of lectures and papers."
    return "\n\n".join(["# The catalogue", words, table, errata, toctree]) + "\n"


def _lines_of(name: str) -> int:
    return len(list(numbered(derive(name).steps)))


def _in_a_cell(words: str) -> str:
    return words.replace("|", "\\|")
