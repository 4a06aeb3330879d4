"""The REPL: what can be derived, by name.

Everything is imported on first use, so that importing `derivations` costs next to nothing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, overload

from derivations.step import Derivation
from derivations.topics import TOPICS, Topics


@overload
def derive() -> Topics: ...


@overload
def derive(topic: str, *, notation: str | None = None, **options: Any) -> Derivation: ...


def derive(
    topic: str | None = None, *, notation: str | None = None, **options: Any
) -> Topics | Derivation:
    """Derive a topic, or list the topics there are when none is named.

    For a cell, `wrt` names the parameter to derive the gradient of, such as ``"W_f"`` (all of them
    otherwise); `steps` writes the result out for that many time steps; `loss` is ``"squared
    error"``, ``"cross-entropy"`` or None, for any; `variant` is one by name, such as
    ``"reset-after"``, and single settings, such as the rnn's `activation`, can be given as well.
    `notation` names the letters in which it is written.

    Raises UnknownTopic, which names the nearest one, and ValueError for an option that the topic
    does not take or a value that it does not know.
    """
    if topic is None:
        return TOPICS
    found = TOPICS[topic]
    given = {name: value for name, value in options.items() if value is not None}
    if "steps" in given:
        _refuse_bad_steps(given["steps"])
    derivation = replace(found.derive(**given), asked={"topic": topic, **given})
    return derivation if notation is None else derivation.in_notation(notation)


def _refuse_bad_steps(steps: object) -> None:
    if not isinstance(steps, int) or isinstance(steps, bool) or steps < 1:
        raise ValueError(f"steps must be a whole number of time steps, at least 1, not {steps!r}")
