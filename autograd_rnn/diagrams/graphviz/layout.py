"""Where everything of an arbitrary graph is: Graphviz finds the places, in a child process.

Graphviz is told how large each box is and which boxes share a frame, and tells where they are.
What they look like is not its business, so a picture needs no fonts.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from autograd_rnn.diagrams.graphviz.render import render
from autograd_rnn.diagrams.lanes.boxes import content_of
from autograd_rnn.diagrams.lanes.layout import Box, Frame, Label, Layout, Point, Wire
from autograd_rnn.diagrams.scene.items import ColumnKind, Edge, Item, Kind, Scene
from autograd_rnn.diagrams.typography.typeset import set_line

MARGIN, STRIP, FOOT = 22.0, 15.0, 26.0
GATE_SIZE, STEP_SIZE = 12.0, 14.0


def graphviz_layout(scene: Scene, timeout: float) -> Layout:
    """Return the layout of any scene; data flow to the right, or upwards where there is time.

    Raises:
        DrawingTimeout: Graphviz did not finish in `timeout` seconds.
        DrawingError: it failed.

    """
    found = json.loads(render("\n".join(_source(scene)), "dot", ["-Tjson0"], timeout))
    return _Placed(scene, found).layout()


# ------------------------------------------------------------------------------ what Graphviz gets


def _source(scene: Scene) -> Iterator[str]:
    direction = "BT" if scene.columns else "LR"
    yield f"digraph {{ graph [rankdir={direction} newrank=true nodesep=0.2 ranksep=0.4]"
    yield 'node [shape=box fixedsize=true label=""]'
    for number in (*range(len(scene.columns)), None):
        items = [item for item in scene.items if item.column == number]
        if number is not None:
            yield f"subgraph cluster_{number} {{ graph [margin=10 {_room(0, FOOT, at_top=True)}]"
        yield from _groups(scene, number, items)
        if number is not None:
            yield "}"
    for edge in scene.edges:
        yield f"{edge.source} -> {edge.target}{' [constraint=false]' * edge.crosses}"
    yield "}"


def _groups(scene: Scene, column: int | None, items: list[Item]) -> Iterator[str]:
    mirrored = bool(scene.columns)  # what grows upwards is one that grows downwards, mirrored
    for number, group in enumerate(("", *scene.groups)):
        inside = [item for item in items if item.group == group]
        if not inside:
            continue
        if group:
            width = set_line((group,), GATE_SIZE).width
            room = _room(width, STRIP, at_top=not mirrored)
            yield f"subgraph cluster_{column}_{number} {{ graph [margin=6 {room}]"
        for item in inside:
            size = content_of(item)
            yield f"{item.id} [width={size.width / 72:.4f} height={size.height / 72:.4f}]"
        if group:
            yield "}"


def _room(width: float, height: float, at_top: bool) -> str:
    """Return the label of a frame that is as large as what will be written there."""
    cell = f'<td width="{width:.0f}" height="{height:.0f}" fixedsize="true"></td>'
    table = f'<table border="0" cellspacing="0" cellpadding="0"><tr>{cell}</tr></table>'
    return f'label=<{table}> labelloc="{"t" if at_top else "b"}"'


# ---------------------------------------------------------------------------- what Graphviz answers


class _Placed:
    """Reads Graphviz's answer: points, y upwards, and splines that end in an arrow's tip."""

    def __init__(self, scene: Scene, found: Mapping[str, Any]) -> None:
        self.scene = scene
        left, bottom, right, top = _numbers(found["bb"])
        self.left, self.top = left, top
        self.width, self.height = right - left + 2 * MARGIN, top - bottom + 2 * MARGIN
        self.objects = found.get("objects", [])
        self.edges = found.get("edges", [])

    def layout(self) -> Layout:
        """Return the picture."""
        places = {one["name"]: one for one in self.objects if "pos" in one}
        frames = tuple(self._frames())
        return Layout(
            width=round(self.width, 2),
            height=round(self.height, 2),
            boxes=tuple(self._box(item, places[item.id]) for item in self.scene.items),
            wires=tuple(self._wires()),
            frames=frames,
            labels=tuple(_name_of(frame) for frame in frames),
        )

    def _point(self, pair: str) -> Point:
        x, y = _numbers(pair)
        return round(x - self.left + MARGIN, 2), round(self.top - y + MARGIN, 2)

    def _box(self, item: Item, one: Mapping[str, Any]) -> Box:
        (x, y), size = self._point(one["pos"]), content_of(item)
        left, top = round(x - size.width / 2, 2), round(y - size.height / 2, 2)
        return Box(item, left, top, size.width, size.height)

    def _frames(self) -> Iterator[Frame]:
        for one in self.objects:
            _, _, place = one["name"].partition("cluster_")
            if not place or "bb" not in one:
                continue
            column, _, group = place.partition("_")
            x0, y0, x1, y1 = _numbers(one["bb"])
            (left, bottom), (right, top) = self._point(f"{x0},{y0}"), self._point(f"{x1},{y1}")
            size = round(right - left, 2), round(bottom - top - (0 if group else FOOT), 2)
            yield Frame(left, top, *size, *self._named(column, group))

    def _named(self, column: str, group: str) -> Any:
        if group:
            name = self.scene.groups[int(group) - 1]
            return (name,), "gate", name
        shown = self.scene.columns[int(column)]
        return shown.label, "gap" if shown.kind is ColumnKind.GAP else "step", ""

    def _wires(self) -> Iterator[Wire]:
        kinds = {item.id: item.kind for item in self.scene.items}
        edges: dict[tuple[str, str], list[Edge]] = {}
        for edge in self.scene.edges:
            edges.setdefault((edge.source, edge.target), []).append(edge)
        names = [one["name"] for one in self.objects]
        for one in self.edges:
            source, target = names[one["tail"]], names[one["head"]]
            edge = edges[source, target].pop(0)
            kind: Any = "rail" if edge.slot else "wire"
            if kinds[source] is Kind.ALIAS:
                kind = "alias"
            points = tuple(self._spline(one["pos"]))
            yield Wire(source, target, points, kind, edge.slot, curved=True)

    def _spline(self, pos: str) -> Iterable[Point]:
        """Return the control points of an edge; its last piece goes on to the arrow's tip."""
        parts = pos.split(" ")
        tip = [self._point(part[2:]) for part in parts if part.startswith("e,")]
        points = [self._point(part) for part in parts if not part[0].isalpha()]
        if not tip:
            return points
        (x0, y0), (x1, y1) = points[-1], tip[0]
        thirds = [(x0 + (x1 - x0) * k / 3, y0 + (y1 - y0) * k / 3) for k in (1, 2)]
        return [*points, *thirds, tip[0]]


def _name_of(frame: Frame) -> Label:
    """Return the name of a frame: of a gate at its upper left, of a step below it."""
    if frame.kind == "gate":
        return Label(frame.label, frame.x + 6, frame.y + 13, GATE_SIZE, role="gate")
    middle, foot = frame.x + frame.width / 2, frame.y + frame.height + 18
    return Label(frame.label, round(middle, 2), round(foot, 2), STEP_SIZE, "middle", "step")


def _numbers(text: str) -> list[float]:
    return [float(number) for number in text.split(",")]
