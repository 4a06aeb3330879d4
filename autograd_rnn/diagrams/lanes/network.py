"""Unrolled networks on lanes: what a step looks like is laid out once, and repeated in time.

Each stretch of time and what stands outside of time is a block (`blocks`), placed on a grid
(`placing`), wired (`routes`) and given numbers (`measure`). Here blocks are set side by side, and
joined by rails and by wires through the sky (`crossings`). The work is linear in the number of
steps; steps look alike and rails lie in line.
"""

from __future__ import annotations

from autograd_rnn.diagrams.lanes.captions import caption
from autograd_rnn.diagrams.lanes.emission import Emission
from autograd_rnn.diagrams.lanes.layout import Dress, Layout
from autograd_rnn.diagrams.lanes.plan import Plan
from autograd_rnn.diagrams.scene.items import ColumnKind, Scene
from autograd_rnn.diagrams.scene.template import NoLanes

__all__ = ["NoLanes", "lay_out"]


def lay_out(scene: Scene, title: str = "", dress: Dress = lambda layout: layout) -> Layout:
    """Return where everything of an unrolled network stands.

    Args:
        scene: what is shown. title: a heading, "" for none.
        dress: what is laid over it, and stands under it.

    Raises:
        NoLanes: the scene has no steps, or is wired in a way that lanes have no room for.

    """
    if not any(column.kind is ColumnKind.STEP for column in scene.columns):
        raise NoLanes("there are no time steps in this graph")
    return caption(dress(Emission(Plan(scene)).layout()), scene, title)
