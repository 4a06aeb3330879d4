"""The same session in a terminal: commands, pipes, and how it is left."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from derivations import derive, walk
from derivations.typography.characters import columns
from derivations.walking.terminal import COMMANDS, SHORT, run

RNN = derive("rnn", wrt="W")


def session(*lines: str, width: int = 100, derivation=RNN) -> str:
    """Return what a session writes whose commands are piped in."""
    out = io.StringIO()
    console = Console(file=out, width=width)
    run(walk(derivation), console, io.StringIO("".join(f"{line}\n" for line in lines)))
    return out.getvalue()


class Typist(io.StringIO):
    """Somebody at a keyboard, who may press Ctrl-C."""

    def isatty(self) -> bool:
        return True


def typed(monkeypatch, *keys) -> str:
    """Return what a session shows to somebody who types; an exception is pressed, not typed."""
    waiting, asked = iter([*keys, EOFError]), []

    def read(prompt: str) -> str:
        asked.append(prompt)
        key = next(waiting)
        if isinstance(key, type):
            raise key
        return key

    monkeypatch.setattr("builtins.input", read)
    out = io.StringIO()
    run(walk(RNN), Console(file=out, width=100), Typist())
    return out.getvalue() + "".join(asked)


def test_a_piped_session_reads_like_the_session_that_it_was():
    shown = session("next", "", "hint", "why", "quit", "next")
    assert "> next\n1 of 4: Who reads whom" in shown
    assert "2 of 4: Adjoint of the hidden state" in shown
    assert "Hint 1" in shown
    assert "3 of 4" not in shown  # nothing is read after quit
    assert shown.rstrip().endswith("Until next time.")


def test_what_is_no_command_is_an_answer():
    shown = session("n", "dL/dh_t = ∂⁺ℓ_t/∂h_t + W_h.T @ delta_{t+1}", "where")
    assert "Equal: this is the next line" in shown
    assert "2/4" in shown
    shown = session("answer dL/dh_t = ∂⁺ℓ_t/∂h_t", "witness")
    assert "immediate derivative, not the total one" in shown
    assert "x_1" in shown


def test_a_word_that_is_neither_is_told_so():
    shown = session("nxet")
    assert "cannot be read" in shown
    assert "Nor is it a command; help lists them." in shown


def test_it_speaks_of_commands_and_not_of_methods():
    shown = session("next", "hint", "expand", "n", "e", "dL/dh_t = h_t", "all")
    assert "()" not in shown
    assert "You can: next, hint, answer" in shown


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("rule", "rule what? It takes a rule."),
        ("rule quotient", "no line here follows by 'quotient'"),
        ("save no/such/folder/w.json", "No such file"),
        ("save", "save what?"),
    ],
)
def test_refusals_are_sentences(line, told):
    shown = session(line)
    assert told in " ".join(shown.split())
    assert "Traceback" not in shown


def test_help_names_every_command():
    shown = session("?")
    assert all(f"    {name}" in shown for name in COMMANDS)
    assert set(SHORT.values()) <= set(COMMANDS)


@pytest.mark.parametrize("name", [n for n in COMMANDS if n not in ("quit", "save")])
def test_every_command_does_something(name):
    text = {"rule": " chain", "understand": " chain", "answer": " h_t"}.get(name, "")
    shown = session("n", "n", f"{name}{text}")
    assert len(shown) > len(session("n", "n")) + len(name)


@pytest.mark.parametrize("leaving", [EOFError, KeyboardInterrupt])
def test_leaving_is_polite_and_offers_to_keep_the_place(monkeypatch, tmp_path, leaving):
    file = tmp_path / "place.json"
    shown = typed(monkeypatch, "next", leaving, str(file))
    assert "Keep your place in a file?" in shown
    assert walk.load(file).line.rule == RNN[0].rule
    shown = typed(monkeypatch, "next", leaving, KeyboardInterrupt)
    assert "Until next time." in shown


def test_nothing_is_offered_where_nothing_is_lost(monkeypatch, tmp_path):
    assert "Keep your place" not in typed(monkeypatch, "why", "quit")
    assert "Keep your place" not in typed(monkeypatch, "n", f"save {tmp_path / 'w'}", "quit")
    assert "Keep your place" in typed(monkeypatch, "n", f"save {tmp_path / 'w'}", "n", "quit")


def test_ctrl_c_stops_a_command_and_not_the_session(monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("derivations.walking.cursor.Walk.answer", interrupted)
    shown = session("h_t", "next")
    assert "Stopped." in shown
    assert "1 of 4" in shown


@pytest.mark.parametrize("width", [60, 100])
def test_lines_fit_the_terminal(width):
    shown = session("next", "next", "all", width=width, derivation=derive("lstm", wrt="W_f"))
    widest = max(columns(line) for line in shown.split("\n") if not line.startswith(">"))
    assert widest <= max(width, 72)  # a factor longer than a line is not broken


def test_colours_are_off_with_no_color(monkeypatch):
    def shown() -> str:
        out = io.StringIO()
        run(walk(RNN), Console(file=out, force_terminal=True), io.StringIO("next\n"))
        return out.getvalue()

    assert "\x1b[36m" in shown()
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[36m" not in shown()
