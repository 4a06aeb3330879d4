"""The reference: every public name with its signature and its docstring, made at build time."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import autograd_rnn
import derivations
from autograd_rnn import engine

ENTRY = """## {name}

```python
{call}
```

{first}

{rest}
"""


def write_reference(folder: Path) -> None:
    """Write a page for networks, one for the engine, and one for the derivations."""
    folder.mkdir(exist_ok=True)
    operations = set(engine.__all__)
    pages = {
        "networks": ("Networks", autograd_rnn, set(autograd_rnn.__all__) - operations),
        "engine": ("The engine's operations", autograd_rnn, operations),
        "derivations": ("Derivations", derivations, derivations.__all__),
    }
    for file, (title, module, names) in pages.items():
        entries = "\n".join(_entries(module, names))
        (folder / f"{file}.md").write_text(f"# {title}\n\n{entries}", encoding="utf-8")
    toctree = "\n".join(["```{toctree}", "", *pages, "```"])
    words = "The public names, each with the docstring that `help` shows."
    (folder / "index.md").write_text(f"# Reference\n\n{words}\n\n{toctree}\n", encoding="utf-8")


def _entries(module: Any, names: Iterable[str]) -> Iterator[str]:
    for name in sorted(names, key=str.lower):
        thing = getattr(module, name)
        documented = inspect.getdoc(thing)
        if documented and (callable(thing) or inspect.isclass(thing)):
            first, _, rest = documented.partition("\n")
            yield ENTRY.format(
                name=f"`{name}`",
                call=f"{name}{_signature(thing)}",
                first=first,
                rest=f"```text\n{rest.strip()}\n```" if rest.strip() else "",
            )


def _signature(thing: Any) -> str:
    try:
        signature = inspect.signature(thing)
    except (TypeError, ValueError):
        return "(...)"
    bare = [_plain(parameter) for parameter in signature.parameters.values()]
    return str(signature.replace(parameters=bare, return_annotation=signature.empty))


class _Written(str):
    """A default as it is written in code."""

    __repr__ = str.__str__


def _plain(parameter: inspect.Parameter) -> inspect.Parameter:
    """Return the parameter without annotation, its default as one would write it."""
    default = parameter.default
    if default is not parameter.empty and repr(default).startswith("<"):
        default = _Written(getattr(default, "__name__", "..."))
    return parameter.replace(annotation=parameter.empty, default=default)
