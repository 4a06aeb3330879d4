"""The reference: every public name with its signature and its docstring, made at build time."""

from __future__ import annotations

import inspect
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from textwrap import dedent
from typing import Any

from pages import escaped, write_if_new

import autograd_rnn
import derivations
from autograd_rnn import engine
from autograd_rnn.cells import Cell
from autograd_rnn.cells.cell import ABSENT

SECTIONS = {"Args": "Arguments", "Attributes": "Attributes", "Raises": "Raises"}
ENTRY = re.compile(r"(\*{0,2}\w+(?:, \*{0,2}\w+)*): ")  # "name: " or "one, two: "
ANOTHER = re.compile(r"(?<=\. )(\w+(?:, \w+)*): ")  # the next one, on the same line
TITLE = re.compile(r"[^:.(]*[^:.( ]")  # of a module: the docstring up to its first stop
PROPERTIES = (property, cached_property)


def write_reference(folder: Path) -> None:
    """Write a page for networks, one for the engine, and one for the derivations."""
    folder.mkdir(exist_ok=True)
    operations = set(engine.__all__)
    pages = {
        "networks": ("Networks", autograd_rnn, set(autograd_rnn.__all__) - operations),
        "engine": ("The engine", autograd_rnn, operations),
        "derivations": ("Derivations", derivations, set(derivations.__all__)),
    }
    for file, (title, module, names) in pages.items():
        write_if_new(folder / f"{file}.md", "\n".join(_page(title, module, names)))
    toctree = "\n".join(["```{toctree}", "", *pages, "```"])
    words = "The public names, each with the docstring that `help` shows."
    write_if_new(folder / "index.md", f"# Reference\n\n{words}\n\n{toctree}\n")


def _page(title: str, module: Any, names: set[str]) -> Iterator[str]:
    """Yield the lines of a page: a heading for each module that the names come from."""
    yield f"# {title}\n\n```{{py:currentmodule}} {module.__name__}\n```\n"
    home = module.__name__
    found: dict[str, list[str]] = defaultdict(list)
    for name in sorted(names, key=str.lower):
        thing = _thing(module, name)
        if callable(thing) and inspect.getdoc(thing) and thing.__module__.startswith(home):
            found[thing.__module__].append(name)
    for source, of_it in found.items():
        said = inspect.getdoc(sys.modules[source]) or source
        yield f"## {TITLE.match(said)[0].replace('`', '')}\n"
        for name in of_it:
            yield from _described(name, _thing(module, name))


def _thing(module: Any, name: str) -> Any:
    found = getattr(module, name)
    return getattr(found, name) if inspect.ismodule(found) else found  # crosscheck is both


def _described(name: str, thing: Any) -> Iterator[str]:
    kind = "class" if inspect.isclass(thing) else "function"
    yield f"````{{py:{kind}}} {name}{_signature(thing)}\n"
    yield from _prose(inspect.getdoc(thing) or "")
    if kind == "class":
        yield from _members(thing)
    yield "````\n"


def _members(thing: type) -> Iterator[str]:
    """Yield the methods and properties that a class defines and says something about."""
    for name, member in vars(thing).items():
        documented = inspect.getdoc(member)
        if name.startswith("_") or not documented or inspect.isclass(member):
            continue
        if isinstance(member, PROPERTIES):
            yield f"```{{py:property}} {name}\n"
        elif callable(member) or isinstance(member, classmethod | staticmethod):
            option = "\n:classmethod:" if isinstance(member, classmethod) else ""
            yield f"```{{py:method}} {name}{_signature(getattr(thing, name), bound=True)}{option}\n"
        else:
            continue
        yield from _prose(documented)
        yield "```\n"


# --------------------------------------------------------------------------------- signatures


def _signature(thing: Any, *, bound: bool = False) -> str:
    try:
        signature = inspect.signature(thing)
    except (TypeError, ValueError):
        return "(...)"
    cell = inspect.isclass(thing) and issubclass(thing, Cell)
    bare = [_plain(parameter, cell) for parameter in signature.parameters.values()]
    if bound and bare and bare[0].name in ("self", "cls"):
        bare = bare[1:]
    return str(signature.replace(parameters=bare, return_annotation=signature.empty))


class _Written(str):
    """A default as it is written in code."""

    __repr__ = str.__str__


def _plain(parameter: inspect.Parameter, cell: bool) -> inspect.Parameter:
    """Return the parameter without annotation, its default as one would write it."""
    default = parameter.default
    left_out = cell and default is ABSENT
    if default is not parameter.empty and (left_out or repr(default).startswith("<")):
        default = _Written(getattr(default, "__name__", "..."))
    return parameter.replace(annotation=parameter.empty, default=default)


# --------------------------------------------------------------------------------- docstrings


def _prose(documented: str) -> Iterator[str]:
    """Yield a docstring as Markdown: paragraphs, examples, and its sections as lists."""
    section = ""
    for block in re.split(r"\n\s*\n", documented):
        head, _, body = block.partition("\n")
        if head.rstrip(":") in SECTIONS and head.endswith(":"):
            section = head.rstrip(":")
            yield f"**{SECTIONS[section]}**\n"
            yield from _entries(body)
        elif block.startswith(">>>"):
            yield f"~~~python\n{block}\n~~~\n"
        elif section and block.startswith("    "):
            yield from _entries(block)
        else:
            section = ""
            yield f"{escaped(block)}\n"


def _entries(body: str) -> Iterator[str]:
    """Yield what a section says, an item for each line that begins one."""
    lines = dedent(body).splitlines()
    items: list[str] = []
    for line in lines:
        if line.startswith(" ") and items:
            items[-1] += f" {line.strip()}"
        else:
            items.append(line)
    yield from (f"- {_item(item)}" for item in items)
    yield ""


def _item(item: str) -> str:
    name = ENTRY.match(item)
    if not name:
        return escaped(item)
    said = ANOTHER.sub(r"`\1`: ", item[name.end() :])
    return f"`{name[1]}`: {escaped(said)}"
