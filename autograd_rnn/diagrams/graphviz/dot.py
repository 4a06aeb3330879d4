"""A scene as DOT, for people who use Graphviz: steps and gates are clusters, time runs right.

The source is meant to be read and edited: ids are those of the graph, labels are letters with their
subscripts, and nothing in it serves a layout of ours.
"""

from __future__ import annotations

import html
from collections.abc import Iterator

import graphviz

from autograd_rnn.diagrams.scene.items import ColumnKind, Edge, Item, Kind, Scene
from autograd_rnn.diagrams.typography.letters import Letter, Line, Text, as_text, printable
from autograd_rnn.diagrams.typography.palette import Theme

SHAPES = {
    Kind.OPERATION: {"style": "rounded,filled"},
    Kind.INPUT: {"style": "filled", "penwidth": "1.6"},
    Kind.STATE: {"style": "filled", "penwidth": "1.6"},
    Kind.ALIAS: {"style": "rounded,dashed,filled"},
    Kind.ENTRY: {"shape": "plaintext"},
    Kind.GAP: {"shape": "plaintext"},
}


def dot_source(scene: Scene, theme: Theme, title: str = "") -> str:
    """Return the DOT source of a scene; equal scenes give equal bytes.

    Args:
        scene: what to draw. theme: its colours. title: a heading; none if empty.

    """
    graph = graphviz.Digraph("picture")
    graph.attr(rankdir="BT" if scene.columns else "LR", bgcolor=theme.paper, fontcolor=theme.ink)
    if title:
        graph.attr(label=_label((title,)), labelloc="t")
    graph.attr("node", shape="box", fontcolor=theme.ink, color=theme.thin, fillcolor=theme.paper)
    graph.attr("node", width="0.3", height="0.3", margin="0.08,0.04")
    graph.attr("edge", color=theme.thin, arrowsize="0.7")
    for number, column in enumerate(scene.columns):
        with graph.subgraph(name=f"cluster_{number}") as frame:
            style = "rounded,dashed" if column.kind is ColumnKind.GAP else "rounded"
            frame.attr(label=_label(column.label), style=style, color=theme.faint)
            _write_items(frame, scene, theme, number)
    _write_items(graph, scene, theme, None)
    for edge in scene.edges:
        graph.edge(edge.source, edge.target, **_edge(edge, theme))
    return str(graph.source)


def _write_items(frame: graphviz.Digraph, scene: Scene, theme: Theme, column: int | None) -> None:
    """Write the items of a column: those of no gate, then gate by gate."""
    for number, group in enumerate(("", *scene.groups), start=-1):
        items = [item for item in scene.items if (item.column, item.group) == (column, group)]
        if not group:
            for item in items:
                frame.node(item.id, **_node(item, theme, number))
        elif items:
            name = f"cluster_{'outside' if column is None else column}_{number}"
            with frame.subgraph(name=name) as gate:
                fill = theme.frame_fill(number)
                gate.attr(label=_label((group,)), style="rounded,filled", fillcolor=fill)
                gate.attr(color=theme.hue(number))
                for item in items:
                    gate.node(item.id, **_node(item, theme, number))


def _node(item: Item, theme: Theme, number: int) -> dict[str, str]:
    look = {"label": _label(tuple(_content(item)), item.lines), **SHAPES[item.kind]}
    if number >= 0:
        look["color"] = theme.hue(number)
    if item.kind is Kind.OPERATION:
        look["fillcolor"] = theme.chip_fill(number)
    return look


def _content(item: Item) -> Iterator[str | Letter]:
    """Yield what an item's label says: f_1 = σ, [h_0, x_1], W_f, ⋯ c ⋯."""
    if item.letter is not None:
        yield item.letter
    if item.letter is not None and item.symbol and item.kind is not Kind.GAP:
        yield " = "
    yield from item.symbol


def _edge(edge: Edge, theme: Theme) -> dict[str, str]:
    if not edge.slot:
        return {}
    # A state on its way through time must not push its reader up.
    return {"penwidth": "2.4", "color": theme.ink, "constraint": "false"}


def _label(text: Text, lines: tuple[Line, ...] = ()) -> str:
    """Return an HTML-like label: letters in italics with their scripts, a line below the other."""
    rows = [_html(text), *(_html(as_text(line)) for line in lines)]
    return f"<{'<br/>'.join(rows)}>"


def _html(text: Text) -> str:
    return "".join(map(_letter, text))


def _letter(part: str | Letter) -> str:
    if isinstance(part, str):
        return _escape(part)
    base = _escape(part.base)
    shown = f"<i>{base}</i>" if len(part.base) == 1 else base
    below = f"<sub>{_escape(part.sub)}</sub>" if part.sub else ""
    above = f"<sup>{_escape(part.sup)}</sup>" if part.sup else ""
    return shown + below + above


def _escape(words: str) -> str:
    return html.escape(printable(words)) or " "
