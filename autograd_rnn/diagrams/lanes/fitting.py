"""What is left out where nothing is asked for, so that a picture can be read on a slide.

What fits is measured on the gates of the graph, in its letters and under its heading, without
values: whatever is shown of a graph, the same steps are drawn where it is unrolled, and its nodes
stand in the same places.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from autograd_rnn.diagrams.lanes.boxes import content_of
from autograd_rnn.diagrams.lanes.layout import Layout
from autograd_rnn.diagrams.lanes.network import NoLanes, lay_out
from autograd_rnn.diagrams.scene.compose import compose
from autograd_rnn.diagrams.scene.timeline import Steps, Timeline, read_time
from autograd_rnn.diagrams.scene.views import ONE_STEP, view_of
from autograd_rnn.diagrams.typography.letters import Letter, Spell
from autograd_rnn.engine import Graph
from autograd_rnn.engine.rules.recurrence import Recurrence

WIDTH, HEIGHT = 1280.0, 720.0  # of a slide
LEAST_LETTER = 12.0  # that can be read on it
Low = Literal[0, 1, 2, 3]


@dataclass(frozen=True, slots=True)
class Fit:
    """How a graph is drawn.

    Attributes:
        timeline: its steps, and which are drawn. low: how much height is saved.

    """

    timeline: Timeline
    low: Low = 0


def fit(
    graph: Graph,
    known: Iterable[Recurrence],
    steps: Steps,
    view: str = "unrolled",
    spell: Spell = Letter.of,
    title: str = "",
) -> Fit:
    """Return how a graph is drawn: with as many steps as can be read.

    Args:
        graph: the graph. known: recurrences it comes from.
        steps: which are drawn: "all", "elide", or their numbers.
        view: a view of one step leaves no steps out.
        spell: writes a name and its step as a letter. title: the heading.

    """
    timeline = read_time(graph, known, steps)
    if not timeline.times:
        return Fit(timeline)
    found = _fitted(_Measured(graph, spell, title), timeline)
    return found if steps == "elide" and view not in ONE_STEP else replace(found, timeline=timeline)


@dataclass(frozen=True, slots=True)
class _Measured:
    """What is measured."""

    graph: Graph
    spell: Spell
    title: str

    def layouts(self, timeline: Timeline) -> Iterator[tuple[Low, Layout]]:
        """Yield the layouts of some steps, ever lower, as long as they are not too wide."""
        scene = view_of(compose(self.graph, timeline, spell=self.spell), "unrolled")
        choices: tuple[Low, ...] = (0, 1, 2, 3)
        for low in choices:
            layout = lay_out(replace(scene, low=low), self.title)
            yield low, layout
            if layout.width / layout.height > WIDTH / HEIGHT:
                break


def _fitted(measured: _Measured, timeline: Timeline) -> Fit:
    """Return the first choice that can be read, or else the one that is read most easily."""
    best, largest = Fit(timeline), 0.0
    for shown in timeline.elisions():
        try:
            for low, layout in measured.layouts(shown):
                size = letter_on_a_slide(layout)
                if size > largest:
                    best, largest = Fit(shown, low), size
                if size >= LEAST_LETTER:
                    return best
        except NoLanes:
            break
    return best


def letter_on_a_slide(layout: Layout) -> float:
    """Return the size of the smallest letters in pixels, where the picture fills a slide."""
    sizes = {label.size for label in layout.labels}
    sizes.update(label.size for box in layout.boxes for label in content_of(box.item).labels)
    return min(sizes, default=0.0) * min(WIDTH / layout.width, HEIGHT / layout.height)
