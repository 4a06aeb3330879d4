"""A scene as DOT, the language of Graphviz: columns and gates are clusters, time runs right."""

from __future__ import annotations

from itertools import pairwise

import graphviz

from autograd_rnn.diagrams.dot_legend import legend_html
from autograd_rnn.diagrams.dot_nodes import Brush, node_attributes
from autograd_rnn.diagrams.dot_routes import route
from autograd_rnn.diagrams.palette import Theme
from autograd_rnn.diagrams.scene import Column, ColumnKind, Edge, Item, Kind, Scene
from autograd_rnn.diagrams.typography import LETTERS, TITLE_SIZE, WORDS, text_html, words


def dot_source(scene: Scene, theme: Theme, title: str = "") -> str:
    """Return the DOT source of a scene; equal scenes give equal bytes.

    Args:
        scene: what to draw.
        theme: its colours.
        title: a heading in the picture; none if empty.

    """
    return _Writer(scene, theme).write(title)


class _Writer:
    """Writes one scene. With time, data flow upwards and time to the right; else all to the right.

    Graphviz makes a picture that grows upwards by mirroring one that grows downwards: the label of
    a frame, said to be at the top, comes out at the bottom.
    """

    def __init__(self, scene: Scene, theme: Theme) -> None:
        self.scene = scene
        self.theme = theme
        self.routes = route(scene)
        self.number = {group: i for i, group in enumerate(scene.groups)}
        self.group = {item.id: item.group for item in scene.items}
        self.bottom = "t" if scene.columns else "b"

    def write(self, title: str) -> str:
        theme = self.theme
        graph = graphviz.Digraph("picture")
        graph.attr(rankdir="BT" if self.scene.columns else "LR", newrank="true")
        graph.attr(bgcolor=theme.paper, fontname=WORDS, fontcolor=theme.ink)
        graph.attr(nodesep="0.15", ranksep="0.32")
        graph.attr("node", fontname=WORDS, fontsize="13", fontcolor=theme.ink, color=theme.thin)
        graph.attr("edge", color=theme.thin, arrowsize="0.6", fontname=LETTERS)
        graph.attr(label=f"<{words(title, TITLE_SIZE)}>" if title else "", labelloc="t")
        with graph.subgraph(name="cluster_all") as whole:
            legend = legend_html(self.scene, theme, self.number)
            whole.attr(label=f"<{legend}>" if legend else "", labelloc=self.bottom, penwidth="0")
            for number, column in enumerate(self.scene.columns):
                self.column(whole, number, column)
            outside = [item for item in self.scene.items if item.column is None]
            if self.scene.columns:
                self.items(whole, outside)  # a frame would push the columns out of their order
            else:
                self.contents(whole, None)
        self.rails(graph)
        for edge in self.routes.edges:
            self.edge(graph, edge)
        return graph.source

    # --- frames ------------------------------------------------------------------------------

    def column(self, whole: graphviz.Digraph, number: int, column: Column) -> None:
        """Write one moment of time."""
        style = "rounded,dashed" if column.kind is ColumnKind.GAP else "rounded"
        with whole.subgraph(name=f"cluster_{number}") as frame:
            frame.attr(label=f"<{text_html(column.label)}>", fontsize="15")
            frame.attr(labelloc=self.bottom, labeljust="c", style=style, margin="8")
            frame.attr(color=self.theme.faint, penwidth="1.2")
            self.contents(frame, number)

    def contents(self, frame: graphviz.Digraph, column: int | None) -> None:
        """Write the items of one column: on the left those of no gate, then gate by gate."""
        items = [item for item in self.scene.items if item.column == column]
        place = "outside" if column is None else str(column)
        with frame.subgraph(name=f"cluster_{place}_") as bare:
            bare.attr(label="", style="", penwidth="0", margin="2")
            if column is not None:
                # Below a tenth of an inch, Graphviz fails to triangulate around the point.
                bare.node(_foot(column), "", shape="none", width="0.3", height="0.01")
            for point, its_column in self.routes.points.items():
                if its_column == column:
                    bare.node(point, "", shape="point", width="0.07", color=self.theme.ink)
            self.items(bare, [item for item in items if not item.group])
        for number, group in enumerate(self.scene.groups):
            inside = [item for item in items if item.group == group]
            if inside:
                with frame.subgraph(name=f"cluster_{place}_{number}") as gate:
                    self.gate(gate, group, inside)

    def gate(self, frame: graphviz.Digraph, group: str, items: list[Item]) -> None:
        """Write the items of one gate, in its colour."""
        number = self.number[group]
        frame.attr(label=f"<{words(group)}>", labelloc=self.bottom, labeljust="l", margin="6")
        frame.attr(style="rounded,filled", penwidth="1.2")
        frame.attr(color=self.theme.hue(number), fillcolor=self.theme.frame_fill(number))
        self.items(frame, items)

    def items(self, frame: graphviz.Digraph, items: list[Item]) -> None:
        """Write items into a frame."""
        for item in items:
            brush = Brush(self.theme, self.number.get(item.group, -1))
            frame.node(item.id, **node_attributes(item, brush))

    # --- lines -------------------------------------------------------------------------------

    def rails(self, graph: graphviz.Digraph) -> None:
        """Hold columns in the order of time, and what is one variable over time on one line."""
        rails: dict[str, list[str]] = {"": [_foot(i) for i in range(len(self.scene.columns))]}
        in_time = [item for item in self.scene.items if item.rail and item.column is not None]
        for item in sorted(in_time, key=lambda item: (item.column, item.kind is not Kind.ENTRY)):
            rails.setdefault(item.rail, []).append(item.id)
        for names in rails.values():
            with graph.subgraph() as line:
                line.attr(rank="same")
                for left, right in pairwise(names):
                    line.edge(left, right, style="invis")

    def edge(self, graph: graphviz.Digraph, edge: Edge) -> None:
        """Write one arrow."""
        look: dict[str, str] = {}
        if edge in self.routes.free:
            look["constraint"] = "false"
        elif self.group.get(edge.source) and self.group.get(edge.source) == self.group[edge.target]:
            look["weight"] = "4"  # a gate stays together
        if edge.target in self.routes.points:
            look["arrowhead"] = "none"
        if edge.slot:
            look |= {"penwidth": "2.4", "color": self.theme.ink, "arrowsize": "0.8"}
            look |= {"tailport": "e", "headport": "w"}
        graph.edge(edge.source, edge.target, **look)


def _foot(column: int) -> str:
    """Name the invisible point that holds a column in the order of time."""
    return f"foot_{column}"
