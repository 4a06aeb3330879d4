"""What is written around a picture: its title, its notes, and the legend of shared weights."""

from __future__ import annotations

from autograd_rnn.diagrams.layout import Layout
from autograd_rnn.diagrams.scene import Scene


def caption(layout: Layout, scene: Scene, title: str) -> Layout:
    return layout
