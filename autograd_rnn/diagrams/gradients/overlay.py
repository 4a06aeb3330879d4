"""What is laid over a picture: gradients along its wires, the terms of a sum, a path.

`draw` asks here what its `show="flow"` and `highlight=` mean for a graph; what comes back dresses
the layout, and tells the same in words.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from autograd_rnn.diagrams.gradients.backward import (
    Backward,
    Moment,
    Terms,
    cuts_of,
    losses_of,
    node_of,
    norm_of,
    readers_at,
    terms_of,
)
from autograd_rnn.diagrams.gradients.emphasis import (
    Scale,
    chips_of,
    with_cuts,
    with_flows,
    with_path,
    with_shares,
    written,
)
from autograd_rnn.diagrams.gradients.highlight import path_through
from autograd_rnn.diagrams.gradients.strip import (
    title_of,
    with_accumulation,
    with_key,
    with_sentence,
    with_vanishing,
)
from autograd_rnn.diagrams.gradients.vanishing import left_out, vanishing_of
from autograd_rnn.diagrams.lanes.layout import Dress, Layout
from autograd_rnn.diagrams.scene.annotate import FLOW, scalar_of
from autograd_rnn.diagrams.scene.items import Item, Kind, Scene
from autograd_rnn.diagrams.scene.reading import Reading
from autograd_rnn.diagrams.typography.letters import Letter, Text, plain
from autograd_rnn.engine import Graph, Node, Tensor

MOST_TOLD = 12  # columns whose norms are told in words


@dataclass(frozen=True)
class Overlay:
    """What a picture shows beyond its graph.

    Attributes:
        dress: gives a layout its tones, and adds strips under it. keys: of colours, below them.
        lit: items on a path.
        told: sentences for those who do not see the picture.
        calm: whether the gates' own colours step back.

    """

    dress: tuple[Dress, ...] = ()
    keys: tuple[Dress, ...] = ()
    lit: frozenset[str] = frozenset()
    told: tuple[str, ...] = ()
    calm: bool = False

    def __call__(self, layout: Layout) -> Layout:
        """Dress a layout."""
        for dress in (*self.dress, *self.keys):
            layout = dress(layout)
        return layout

    def __or__(self, other: Overlay) -> Overlay:
        return Overlay(
            (*self.dress, *other.dress),
            (*self.keys, *other.keys),
            self.lit | other.lit,
            (*self.told, *other.told),
            self.calm or other.calm,
        )


BARE = Overlay()


def overlay_of(reading: Reading, scene: Scene, words: Collection[str], highlight: Any) -> Overlay:
    """Return what is laid over a picture.

    Args:
        reading: the graph as it is read. scene: what of it is drawn.
        words: what is shown; "flow" for gradients along wires.
        highlight: a shared weight, the sum over whose uses is shown; a weight, the step of its use
            and the step of a loss, the term that comes from one and leads to the other; a path; or
            None.

    Raises:
        ValueError: there is no scalar loss with values; steps are not drawn one by one; what is
            highlighted is not in the picture.

    """
    cuts = cuts_of(reading.graph, scene)
    shown = Overlay((partial(with_cuts, cuts=cuts),), told=tuple(_told_cuts(scene, cuts)))
    leaf, steps = _weight_and_steps(reading, highlight)
    if leaf is not None and steps:
        return shown | _term(reading, scene, leaf, *steps)
    if FLOW in words:
        shown |= _flow(reading, scene)
    if leaf is not None and _is_loss(reading.graph):
        return shown | _sum(reading, scene, leaf)
    if highlight is not None:
        lit = path_through(scene, reading.graph, highlight)
        shown |= Overlay((partial(with_path, lit=lit),), lit=lit, calm=True)
    return shown


def _told_cuts(scene: Scene, cuts: Collection[tuple[str, str]]) -> Iterator[str]:
    items = {item.id: item for item in scene.items}
    found = [
        plain((item.letter,) if item.letter else item.symbol)
        for item in (items[s] for s, t in sorted(cuts) if items[t].kind is Kind.OPERATION)
    ]
    if found:
        yield f"No gradient flows back to {', '.join(found)} from where it is stopped."


def _is_loss(graph: Graph) -> bool:
    """Whether a graph computes one number; only then is there a gradient to take apart."""
    output, *more = graph.outputs
    return not more and output.shape == () and output.value is not None


# ----------------------------------------------------------------------------------- the whole pass


def _pass(reading: Reading, scene: Scene, asked: str) -> Backward:
    output = scalar_of(reading.graph, asked)
    if scene.ends:
        raise ValueError(
            f"{asked} shows gradients step by step, and this view has one step: "
            "choose view='unrolled' or 'op'"
        )
    return Backward(reading, scene, {output: np.ones((), output.dtype)})


def _flow(reading: Reading, scene: Scene) -> Overlay:
    backward = _pass(reading, scene, f"show={FLOW!r}")
    scale = Scale.of(flow.norm or 0.0 for flow in backward.flows.values())
    found = tuple(vanishing_of(reading))
    loss = _letter(reading, reading.graph.outputs[0])
    key: Text = ("‖∂", loss, "/∂·‖ that flows back along a wire")
    strips = partial(with_vanishing, scene=scene, columns=backward.columns, found=found)
    missing = tuple(left_out(reading))
    told = [*_told(backward, loss), *map(_told_vanishing, found), *(f"{s}." for s in missing)]
    return Overlay(
        (
            partial(with_flows, flows=backward.flows, scale=scale),
            strips,
            *(partial(with_sentence, scene=scene, sentence=sentence) for sentence in missing),
        ),
        (partial(with_key, scene=scene, scale=scale, what=key),),
        told=tuple(told),
        calm=True,
    )


def _told(backward: Backward, loss: Letter) -> Iterator[str]:
    """Tell the norms, column by column, in the order of execution."""
    columns: dict[int | None, list[str]] = {}
    for item in backward.scene.items:
        if words := _norm_of_item(backward, item):
            columns.setdefault(item.column, []).append(words)
    yield f"Norms of the gradient of {loss}:"
    for number, column in enumerate(backward.scene.columns[:MOST_TOLD]):
        if number in columns:
            yield f"{plain(column.label)}: {', '.join(columns[number])}."
    if None in columns:
        yield f"Outside of the steps: {', '.join(columns[None])}."


def _norm_of_item(backward: Backward, item: Item) -> str:
    node = node_of(backward.reading.graph, item)
    if node is None or item.letter is None or item.kind in (Kind.ALIAS, Kind.ENTRY):
        return ""
    if node not in backward.totals:
        return f"{item.letter} none" if node.needs_grad else ""
    return f"{item.letter} {plain(written(norm_of(backward.totals[node])))}"


def _told_vanishing(one: Any) -> str:
    norms = "; ".join(
        f"{one.letters[slot][t]} {plain(written(norm))}"
        for slot, of in one.norms.items()
        for t, norm in of.items()
    )
    return f"{plain(title_of(one))}: {norms}."


def _letter(reading: Reading, node: Node) -> Letter:
    return reading.letter(node) or Letter("L")


# ----------------------------------------------------------------------------- a sum, and its terms


def _weight_and_steps(reading: Reading, highlight: Any) -> tuple[Node | None, tuple[int, ...]]:
    """Return the shared weight that is meant, and the steps of its use and of a loss."""
    steps: tuple[int, ...] = ()
    if isinstance(highlight, tuple) and len(highlight) == 3:
        _, *numbers = highlight
        if all(isinstance(number, int) for number in numbers):
            highlight, steps = highlight[0], tuple(numbers)
    leaf = _shared(reading, highlight)
    if steps and leaf is None:
        raise ValueError(f"highlight={highlight!r}: no weight that the steps share is called that")
    return leaf, steps


def _shared(reading: Reading, asked: Any) -> Node | None:
    shared = [leaf for leaf in reading.timeline.shared if leaf.needs_grad]
    if isinstance(asked, Tensor | Node):
        node = asked.node if isinstance(asked, Tensor) else asked
        return next((leaf for leaf in shared if node in (leaf, *leaf.inputs)), None)
    named = [leaf for leaf in shared if asked in (leaf.name, str(reading.letter(leaf)))]
    if len(named) > 1:
        raise ValueError(
            f"highlight={asked!r}: {len(named)} weights are called that: choose "
            f"{', '.join(str(reading.letter(leaf)) for leaf in named)}, or give the Tensor itself"
        )
    return named[0] if named else None


def _sum(reading: Reading, scene: Scene, leaf: Node) -> Overlay:
    backward = _pass(reading, scene, f"highlight={leaf.name!r}")
    terms, letter = terms_of(backward, leaf), _letter(reading, leaf)
    told = [f"The gradient of {letter}, of norm {plain(written(terms.total))}, is a sum of"]
    told.append("; ".join(_told_term(terms, moment) for moment in terms.arrays) + ".")
    name = f"n{reading.graph.ids[leaf]}"
    return Overlay(
        (
            partial(_with_chips, reading=reading, name=name, norms=terms.norms),
            partial(
                with_accumulation,
                scene=scene,
                columns=backward.columns,
                terms=terms,
                letters=(_letter(reading, reading.graph.outputs[0]), letter),
            ),
        ),
        told=tuple(told),
    )


def _told_term(terms: Terms, moment: Moment) -> str:
    norm, running = (plain(written(of[moment])) for of in (terms.norms, terms.running))
    return f"t = {moment[1]}: {norm}, sum {running}"


def _with_chips(
    layout: Layout, reading: Reading, name: str, norms: Mapping[Moment, float]
) -> Layout:
    """Fill the chips of a weight by the term of their step."""
    largest = max(norms.values()) or 1.0
    shares = {}
    timeline = reading.timeline
    for chip in chips_of(layout, name):
        number = int(chip.item.id.rpartition("_for_n")[2])
        reader = reading.graph.nodes[number]
        moment = max(timeline.stretch[reader], 0), timeline.moment[reader] or 0
        if moment in norms:
            shares[chip.item.id] = norms[moment] / largest
    return with_shares(layout, shares)


def _term(reading: Reading, scene: Scene, leaf: Node, use: int, loss: int) -> Overlay:
    """Return the overlay of what a loss says about one use of a weight."""
    letter = _letter(reading, leaf)
    asked = f"highlight=({str(letter)!r}, {use}, {loss})"
    whole = _pass(reading, scene, asked)
    drawn = {column.step for column in scene.columns}
    for step in (use, loss):
        if step < 1 or step not in drawn:
            raise ValueError(f"{asked}: step {step} is not drawn; steps='all' draws every step")
    start = losses_of(reading, whole.totals).get(loss, {})
    one = Backward(reading, scene, start, leaf, readers_at(reading, leaf, use))
    if leaf not in one.totals:
        raise ValueError(f"{asked}: the loss of step {loss} does not depend on it")
    lit = frozenset(n for names, flow in one.flows.items() if flow.norm is not None for n in names)
    scale = Scale.of(flow.norm or 0.0 for flow in one.flows.values())
    size, total = (plain(written(norm_of(b.totals[leaf]))) for b in (one, whole))
    loss_letter = _letter(reading, reading.graph.outputs[0])
    key: Text = (
        f"what the loss of step {loss} says about ", letter, f" at step {use}: a term of size ",
        *written(norm_of(one.totals[leaf])), " of ‖d", loss_letter, "/d", letter, "‖ = ",
        *written(norm_of(whole.totals[leaf])),
    )  # fmt: skip
    told = f"Pointed out: the term of the gradient of {letter} by its use at step {use} and the"
    return Overlay(
        (
            partial(with_flows, flows=one.flows, scale=scale),
            partial(with_path, lit=lit),
        ),
        (partial(with_key, scene=scene, scale=scale, what=key),),
        told=(f"{told} loss of step {loss}, of norm {size} of {total}.",),
        calm=True,
    )
