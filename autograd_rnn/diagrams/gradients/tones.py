"""How gradients look: the pens of wires, chips and marks.

Nothing is told by colour alone: much is also wide, 0 is dashed, none is dotted, a cut is a gap.
"""

from __future__ import annotations

from typing import NamedTuple

from autograd_rnn.diagrams.lanes.layout import Box, Mark, Wire
from autograd_rnn.diagrams.typography.palette import Theme, mix

Dash = tuple[float, ...]
NARROWEST, WIDEST = 1.2, 5.2
ZERO, NONE, ASIDE, BOUND = (7.0, 3.0), (1.2, 3.2), (3.0, 3.0), (6.0, 4.0)
TINT = 0.28  # of a gauge: how much of its colour there is in what lies behind letters


class Line(NamedTuple):
    """What something is drawn with, in the order in which a pen has it."""

    stroke: str = ""
    fill: str = ""
    width: float = 0.0
    dash: Dash = ()


def width_of(value: float) -> float:
    """Return the width of a wire, for a place from 0 to 1 on the scale."""
    return round(NARROWEST + (WIDEST - NARROWEST) * value, 2)


def aside(theme: Theme) -> str:
    """Return the colour of what recedes; it still has a contrast of 3:1 to the paper."""
    return mix(theme.thin, theme.paper, 0.68)


def wire_line(wire: Wire, theme: Theme) -> Line | None:
    """Return what a wire with a tone is drawn with; None for one without."""
    width = wire.width or NARROWEST
    if wire.cut and wire.tone == "none":
        return Line(theme.thin, "", 1.6)
    if wire.tone == "flow":
        return Line(theme.colour_of(wire.value or 0.0), "", width)
    if wire.tone == "chosen":
        return Line(theme.accent, "", width)
    if wire.tone in PENS:
        width, dash = PENS[wire.tone]
        return Line(aside(theme) if wire.tone == "aside" else theme.thin, "", width, dash)
    return None


def wire_rank(wire: Wire) -> tuple[int, float]:
    """Return what orders wires that lie on each other: the widest comes last, on top."""
    return TONES.index(wire.tone), wire.value or 0.0


TONES = ("aside", "none", "zero", "", "flow", "chosen")
PENS = {"zero": (1.2, ZERO), "none": (1.2, NONE), "aside": (0.9, ASIDE)}


def box_line(box: Box, theme: Theme) -> Line | None:
    """Return the outline of a box that recedes or stands out; None for one that does neither."""
    if box.emphasis is None:
        return None
    if box.emphasis == 0:
        return Line(aside(theme), theme.paper, 0.9, ASIDE)
    return Line(theme.accent, theme.paper, round(1.2 + 1.8 * box.emphasis, 2))


def gauge_fill(theme: Theme) -> str:
    """Return the colour of what a chip is filled with up to its share."""
    return mix(theme.accent, theme.paper, TINT)


def mark_line(mark: Mark, theme: Theme) -> Line:
    """Return what a mark is drawn with."""
    if mark.kind == "scale":
        return Line("", theme.colour_of(mark.value))
    return {
        "bar": Line("", theme.thin),
        "other bar": Line(theme.thin, mix(theme.thin, theme.paper, 0.15), 1.3),
        "chosen": Line("", theme.accent),
        "grid": Line(theme.faint, "", 0.8),
        "bound": Line(theme.ink, "", 1.4, BOUND),
        "bus": Line(theme.accent, "", 2.6),
    }[mark.kind]
