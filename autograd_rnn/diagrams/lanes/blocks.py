"""What is laid out once: the template of a stretch of time, or what stands outside of time.

A block is wired once. It has numbers once for each width: a step whose letters have more digits
needs wider boxes.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from autograd_rnn.diagrams.lanes.boxes import Content, content_of
from autograd_rnn.diagrams.lanes.grid import Placing
from autograd_rnn.diagrams.lanes.measure import Measure
from autograd_rnn.diagrams.lanes.patches import patches_of
from autograd_rnn.diagrams.lanes.placing import place
from autograd_rnn.diagrams.lanes.routes import wire
from autograd_rnn.diagrams.scene.items import Edge, Item, Kind, Scene
from autograd_rnn.diagrams.scene.template import NoLanes, Role, Template

MOST_FROM_SKY = 60  # wires from elsewhere into a step; more cannot be told apart


@dataclass
class Block:
    """A template that is placed and wired.

    Attributes:
        items: what stands in it, by id.
        sources: for each of the edges that come from elsewhere, the name that its net has.

    """

    scene: Scene
    items: dict[str, Item]
    template: Template
    placing: Placing
    sources: dict[Edge, str]
    to_sky: list[Role]
    measured: dict[int, Measure] = field(default_factory=dict)

    def measure(self, item: Item) -> Measure:
        """Return the numbers for the step of an item."""
        return self.measures[self._digits(item)]

    def _digits(self, item: Item) -> int:
        return 0 if item.column is None or self.annotated else self._digits_of[item.column]

    @cached_property
    def _digits_of(self) -> list[int]:
        return [len(str(column.step)) for column in self.scene.columns]

    @cached_property
    def annotated(self) -> bool:
        """Whether boxes hold values, whose widths differ everywhere."""
        return any(item.lines for item in self.items.values())

    @cached_property
    def measures(self) -> dict[int, Measure]:
        """The numbers for each count of digits."""
        widest: dict[int, dict[Role, Content]] = {}
        overall: dict[Role, Content] = {}
        for item in self._wide():
            role = self.template.role_of.get(item.id)
            if role is None:
                continue
            content = content_of(item)
            for known in (widest.setdefault(self._digits(item), {}), overall):
                known[role] = content.with_room_for(known.get(role, content))
        wiring = wire(self.placing, self.to_sky, self._from_sky())
        patches = patches_of(self.placing, wiring)
        tallest = Measure(self.placing, wiring, patches, overall, {}).heights()
        return {
            digits: Measure(self.placing, wiring, patches, overall | own, tallest)
            for digits, own in widest.items()
        }

    def _wide(self) -> Iterable[Item]:
        """Return the items that may be the widest: without values, those of the last steps."""
        if self.annotated:
            return self.items.values()
        last: dict[Hashable, Item] = {}
        for item in self.items.values():
            written = tuple(p if isinstance(p, str) else p.base for p in item.symbol)
            last[self.template.role_of.get(item.id), self._digits(item), written] = item
        return last.values()

    def _from_sky(self) -> list[tuple[str, Role]]:
        ends = {
            (name, self.template.role_of[edge.target]): None for edge, name in self.sources.items()
        }
        names = {name for name, _ in ends}
        if len(names) > MOST_FROM_SKY:
            raise NoLanes(f"a step reads {len(names)} values of other steps")
        return list(ends)

    @property
    def height(self) -> float:
        """How high it is, the same for all widths."""
        return next(iter(self.measures.values())).height


def block_of(
    scene: Scene,
    items: Iterable[Item],
    template: Template,
    sources: Mapping[Edge, str],
    rising: Iterable[str],
) -> Block:
    """Lay out some items together.

    Args:
        scene: the picture. items: those of one stretch of time, or of what is outside of it.
        template: what they have in common.
        sources: the edges into these items from elsewhere, and the names of their nets.
        rising: the ids of those that are read elsewhere.

    """
    held = {item.id: item for item in items}
    placing = place(template, scene.groups, scene.lanes, scene.low)
    roles = dict.fromkeys(template.role_of[n] for n in rising if n in template.role_of)
    own = {edge: name for edge, name in sources.items() if edge.target in held}
    unplaced = [held[e.target] for e in own if template.role_of.get(e.target) not in placing.cells]
    if any(item.kind is not Kind.ENTRY for item in unplaced):
        raise NoLanes(f"there is no place for {unplaced[0].note}")
    return Block(scene, held, template, placing, own, [r for r in roles if r in placing.cells])
