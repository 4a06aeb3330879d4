"""A walk in a terminal: the same session as in Python, with commands for methods.

Whatever is no command is taken for an answer. Commands may be piped in as well; then they are
echoed, so that what is written reads like the session that it was.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple, TextIO

from rich.console import Console
from rich.text import Text

from derivations.show.page import Exactly, Heading, Note, Page, Part, Table, text_lines
from derivations.show.text import WIDTH
from derivations.walking.cursor import Walk

PROMPT = "> "
STYLES: Mapping[type, str] = {Heading: "bold", Note: "dim", Exactly: "yellow", str: ""}
FORMULA = "cyan"


class Command(NamedTuple):
    """What a word does to a walk; `takes` names what must follow it."""

    does: Callable[[Walk, str], Page]
    about: str
    takes: str = ""


COMMANDS: Mapping[str, Command] = {
    "next": Command(lambda w, _: w.next(), "the next line; an empty line does the same"),
    "back": Command(lambda w, _: w.back(), "the line before"),
    "all": Command(lambda w, _: w.all(), "all lines that are left"),
    "hint": Command(lambda w, _: w.hint(), "a hint for the next line; again for more"),
    "answer": Command(lambda w, text: w.answer(text).page, "judge a line of your own", "a formula"),
    "witness": Command(lambda w, _: w.witness(), "the numbers at which your line was different"),
    "why": Command(lambda w, _: w.why(), "why this line follows, and on whose word"),
    "expand": Command(lambda w, _: w.expand(), "open the sub-steps of this line"),
    "rule": Command(lambda w, name: w.rule(name), "go to the next line by a rule", "a rule"),
    "understand": Command(
        lambda w, name: w.understand(name), "pass lines by a rule silently", "a rule"
    ),
    "remaining": Command(lambda w, _: w.remaining(), "what is left"),
    "symbols": Command(lambda w, _: w.symbols(), "what can be typed in an answer"),
    "where": Command(lambda w, _: w.page(), "where you stand"),
    "save": Command(lambda w, file: w.save(file), "keep the place in a file", "a file"),
    "help": Command(lambda *_: commands(), "these words"),
    "quit": Command(lambda *_: Page(), "leave"),
}
SHORT: Mapping[str, str] = {
    "": "next",
    "n": "next",
    "b": "back",
    "h": "hint",
    "a": "answer",
    "w": "why",
    "e": "expand",
    "r": "remaining",
    "s": "symbols",
    "?": "help",
    "q": "quit",
    "exit": "quit",
}


def commands() -> Page:
    """Return the list of commands."""
    short = {long: letter for letter, long in SHORT.items() if letter}
    rows = tuple(
        (f"{name} {command.takes.upper()}".strip(), short.get(name, ""), command.about)
        for name, command in COMMANDS.items()
    )
    return Page(Table(rows), Note("Anything else is taken for an answer."))


def run(walk: Walk, console: Console, stream: TextIO | None = None) -> None:
    """Walk until the end of the input, Ctrl-C or ``quit``; then offer to keep the place."""
    session = _Session(walk, console, sys.stdin if stream is None else stream)
    session.show(walk.page(), Note("Type help for what can be typed."))
    for line in session.lines():
        name, rest = _command(line)
        if name == "quit":
            break
        session.obey(name, rest)
    session.leave()


class _Session:
    """A walk, and where its commands come from and its pages go to."""

    def __init__(self, walk: Walk, console: Console, stream: TextIO) -> None:
        self.walk, self.console, self.stream = walk, console, stream
        self.is_spoken = stream.isatty()
        self.is_kept = True

    def lines(self) -> Iterator[str]:
        """Yield the lines that are typed, until there are no more."""
        while (line := self.ask(PROMPT)) is not None:
            yield line

    def ask(self, prompt: str) -> str | None:
        """Return a line, None at the end of the input and for Ctrl-C."""
        try:
            if self.is_spoken:
                return input(prompt).strip()
            line = self.stream.readline()
        except (EOFError, KeyboardInterrupt):
            self.console.print()
            return None
        if line:
            self.print(f"{prompt}{line.strip()}", "bold")
        return line.strip() if line else None

    def obey(self, name: str, rest: str) -> None:
        """Carry out a command and show what it says; what it refuses is a sentence."""
        command = COMMANDS[name]
        if command.takes and not rest:
            self.show(Page(Note(f"{name} what? It takes {command.takes}.")))
            return
        try:
            page = command.does(self.walk, rest)
        except KeyboardInterrupt:
            page = Page(Note("Stopped."))
        except (ValueError, LookupError, OSError) as error:
            page = Page(Note(str(error.args[0]) if len(error.args) == 1 else str(error)))
        else:
            moves = name in ("next", "back", "all", "rule", "answer", "expand", "understand")
            self.is_kept = name == "save" or (self.is_kept and not moves)
        if name == "answer" and rest.isalpha() and isinstance(page.parts[-1], Exactly):
            page = Page(*page.parts, Note("Nor is it a command; help lists them."))
        self.show(page)

    def leave(self) -> None:
        """Offer to keep the place, where somebody is there to answer."""
        if self.is_spoken and not self.is_kept:
            file = self.ask("Keep your place in a file? Its name, or nothing: ")
            if file:
                self.obey("save", file)
        self.show(Page(Note("Until next time.")))

    def show(self, page: Page, *more: Part) -> None:
        """Print a page, as wide as the terminal allows."""
        width = min(self.console.width, WIDTH)
        for part in (*page.parts, *more):
            part = Note(_as_commands(part.words)) if isinstance(part, Note) else part
            for line in text_lines(part, width):
                self.print(line, STYLES.get(type(part), FORMULA))

    def print(self, line: str, style: str) -> None:
        """Print a line as it is: no markup, and nothing broken."""
        self.console.print(Text(line), style=style, highlight=False, soft_wrap=True)


def _as_commands(words: str) -> str:
    """Return a sentence that speaks of methods as one that speaks of commands."""
    return re.sub(r"\b([a-z]+)\((?:'\.\.\.'|file)?\)", r"\1", words)


def _command(line: str) -> tuple[str, str]:
    """Return the command and what follows it; anything else is an answer."""
    word, _, rest = line.partition(" ")
    name = SHORT.get(word, word)
    if name in COMMANDS and (COMMANDS[name].takes or not rest):
        return name, rest.strip()
    return "answer", line
