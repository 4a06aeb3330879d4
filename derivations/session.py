"""The REPL: what can be derived, by name.

Everything is imported on first use, so that importing `derivations` costs next to nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from html import escape
from typing import Any, overload

from derivations.step import Derivation


class UnknownTopic(LookupError, ValueError):  # noqa: N818 - it says what was met
    """There is no derivation of that name."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        self.nearest = get_close_matches(str(name).lower(), known, n=1, cutoff=0)[0]
        super().__init__(
            f"no derivation is called {name!r}; the nearest is {self.nearest!r}, "
            f"and there are: {', '.join(known)}"
        )


@dataclass(frozen=True)
class Topic:
    """Something that can be derived: its title, one line about it, the options it takes."""

    name: str
    title: str
    line: str
    build: Callable[..., Derivation]
    options: tuple[str, ...] = ()


class Topics(Collection[str]):
    """The names of what can be derived; shows itself as a list with a line about each."""

    def __init__(self, *topics: Topic) -> None:
        self._topics = {topic.name: topic for topic in topics}

    def __contains__(self, name: object) -> bool:
        return name in self._topics

    def __getitem__(self, name: str) -> Topic:
        if name not in self._topics:
            raise UnknownTopic(name, list(self))
        return self._topics[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._topics)

    def __len__(self) -> int:
        return len(self._topics)

    def __repr__(self) -> str:
        topics = self._topics.values()
        name = max(len(topic.name) for topic in topics)
        title = max(len(topic.title) for topic in topics)
        return "\n".join(f"{t.name:<{name}}  {t.title:<{title}}  {t.line}" for t in topics)

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><th><code>{escape(topic.name)}</code></th>"
            f"<td>{escape(topic.title)}</td><td>{escape(topic.line)}</td></tr>"
            for topic in self._topics.values()
        )
        return f"<table>{rows}</table>"


def _cell(name: str) -> Callable[..., Derivation]:
    def build(
        wrt: str | None = None,
        steps: int | None = None,
        loss: str | None = None,
        **settings: Any,
    ) -> Derivation:
        from derivations.catalogue import template
        from derivations.recurrence import derive_bptt

        return derive_bptt(template(name, loss=loss, **settings), wrt, steps)

    return build


def _xavier() -> Derivation:
    from derivations.catalogue.initialization import xavier

    return xavier()


TOPICS = Topics(
    Topic(
        "rnn",
        "Backpropagation through time",
        "A plain recurrent network, to the gradient of its weights.",
        _cell("rnn"),
        ("wrt", "steps", "activation", "loss"),
    ),
    Topic(
        "lstm",
        "BPTT for the LSTM",
        "Four gates and a cell state, to the gradient of every weight.",
        _cell("lstm"),
        ("wrt", "steps", "loss"),
    ),
    Topic(
        "gru",
        "BPTT for the GRU",
        "Update and reset gate, the reset before the product.",
        _cell("gru"),
        ("wrt", "steps", "loss"),
    ),
    Topic(
        "xavier",
        "Xavier initialization",
        "Why the variance of a weight starts at 2/(n_in + n_out).",
        _xavier,
    ),
)


@overload
def derive() -> Topics: ...


@overload
def derive(
    topic: str,
    *,
    wrt: str | None = None,
    steps: int | None = None,
    activation: str | None = None,
    loss: str | None = None,
) -> Derivation: ...


def derive(
    topic: str | None = None,
    *,
    wrt: str | None = None,
    steps: int | None = None,
    activation: str | None = None,
    loss: str | None = None,
) -> Topics | Derivation:
    """Derive a topic, or list the topics there are when none is named.

    `wrt` names the parameter to derive the gradient of, such as ``"W_f"`` (all of them otherwise);
    `steps` writes the result out for that many time steps; `activation` is the plain network's:
    tanh, logistic or relu; `loss` is ``"squared error"``, ``"cross-entropy"`` or None, for any.

    Raises UnknownTopic, which names the nearest one, and ValueError for an option that the topic
    does not take or a value that it does not know.
    """
    if topic is None:
        return TOPICS
    found = TOPICS[topic]
    options = {"wrt": wrt, "steps": steps, "activation": activation, "loss": loss}
    given = {name: value for name, value in options.items() if value is not None}
    for name in given:
        _refuse_untaken(found, name)
    if steps is not None:
        _refuse_bad_steps(steps)
    return found.build(**given)


def _refuse_untaken(topic: Topic, option: str) -> None:
    if option not in topic.options:
        taken = f"only {', '.join(topic.options)}" if topic.options else "no options"
        raise ValueError(f"the derivation {topic.name!r} takes {taken}, so not {option}")


def _refuse_bad_steps(steps: object) -> None:
    if not isinstance(steps, int) or isinstance(steps, bool) or steps < 1:
        raise ValueError(f"steps must be a whole number of time steps, at least 1, not {steps!r}")
