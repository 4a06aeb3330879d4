"""What stands out in a layout: wires by the gradient along them, chips by their share, a path.

Each function takes a layout and returns it with other tones and widths; nothing moves.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from autograd_rnn.diagrams.gradients.backward import Flow
from autograd_rnn.diagrams.gradients.tones import width_of
from autograd_rnn.diagrams.lanes.layout import Box, Layout, Wire
from autograd_rnn.diagrams.scene.items import Kind
from autograd_rnn.diagrams.typography.letters import Letter, Text, plain

MOST_DECADES = 8  # of a scale; what is smaller is drawn like its smallest
ROUND_STEPS = (1, 2, 5)
Flows = Mapping[tuple[str, str], Flow]


@dataclass(frozen=True)
class Scale:
    """A logarithmic scale of norms; `low` and `high` are its ends."""

    low: float
    high: float

    @classmethod
    def of(cls, norms: Iterable[float]) -> Scale:
        """Return the scale for some norms, its ends round; those that are 0 do not count."""
        positive = [norm for norm in norms if norm > 0 and math.isfinite(norm)]
        if not positive:
            return cls(0.1, 1.0)
        high = min(x for x in _round_numbers(max(positive)) if x >= max(positive))
        least = max(min(positive), high / 10**MOST_DECADES)
        low = max(x for x in _round_numbers(least) if x <= least)
        return cls(low, high) if low < high else cls(high / 10, high)

    def value(self, norm: float) -> float:
        """Return where a norm lies, from 0 to 1."""
        if norm <= self.low:
            return 0.0
        share = math.log(norm / self.low) / math.log(self.high / self.low)
        return min(round(share, 4), 1.0)

    def ticks(self, apart: float) -> list[float]:
        """Return numbers to write beside the scale: its ends, and powers of ten between them.

        Args:
            apart: how far from each other they are at least, as a part of the scale.

        """
        first, last = math.ceil(math.log10(self.low)), math.floor(math.log10(self.high))
        found = [self.low, self.high]
        for exponent in range(last, first - 1, -1):
            power = float(f"1e{exponent}")
            if all(abs(self.value(power) - self.value(one)) >= apart for one in found):
                found.append(power)
        return sorted(found)


def _round_numbers(near: float) -> list[float]:
    exponent = math.floor(math.log10(near))
    return [float(f"{m}e{k}") for k in range(exponent - 1, exponent + 2) for m in ROUND_STEPS]


def written(number: float) -> Text:
    """Write a norm with two significant digits: 0.0012, 3.4 · 10^-6.

    >>> plain(written(0.00123)), plain(written(123.4)), plain(written(3.42e-6)), plain(written(0))
    ('0.0012', '123', '3.4·10^−6', '0')
    """
    if number == 0 or 1e-3 <= number < 1e4:
        return (f"{number:.0f}" if number >= 100 or number == 0 else f"{number:.2g}",)
    mantissa, _, exponent = f"{number:.1e}".partition("e")
    power = Letter("10", "", str(int(exponent)).replace("-", "−"))
    factor = mantissa.removesuffix(".0")
    return (power,) if factor == "1" else (f"{factor}·", power)


# -------------------------------------------------------------------------------------------- wires


def with_flows(layout: Layout, flows: Flows, scale: Scale) -> Layout:
    """Return the layout with each wire the wider, the larger the gradient that flows back along it.

    Wires of one source that run together show the widest of them. The dots of branches are left
    out: widths tell them.
    """
    names = {box.item.id: plain(_name(box)) for box in layout.boxes}
    wires = tuple(_toned(wire, flows, scale, names) for wire in layout.wires)
    return replace(layout, wires=wires, joints=())


def _toned(wire: Wire, flows: Flows, scale: Scale, names: Mapping[str, str]) -> Wire:
    flow = flows.get((wire.source, wire.target))
    if wire.kind == "gap":
        flow = _through(wire.source, flows)
    if flow is None:
        return wire
    ends = names.get(wire.target, ""), names.get(wire.source, "")
    way = f"from {ends[0]} back to {ends[1]}" if all(ends) else "back along this line"
    if flow.cut:
        return replace(wire, tone="none", cut=True, note=f"no gradient flows {way}: it is stopped")
    if flow.norm is None:
        return replace(wire, tone="none", note=f"no gradient flows {way}")
    note = f"a gradient of norm {plain(written(flow.norm))} flows {way}"
    if flow.norm == 0:
        return replace(wire, tone="zero", note=note)
    value = scale.value(flow.norm)
    return replace(wire, tone="flow", value=value, width=width_of(value), note=note)


def _through(gap: str, flows: Flows) -> Flow | None:
    """Return what flows through steps that are not drawn: the middle of what leaves and enters."""
    ends = [flow.norm for names, flow in flows.items() if gap in names]
    known = [norm for norm in ends if norm]
    if not known:
        return Flow(0.0 if 0.0 in ends else None) if ends else None
    return Flow(math.exp(sum(map(math.log, known)) / len(known)))


def _name(box: Box) -> Text:
    return (box.item.letter,) if box.item.letter else box.item.symbol


def with_cuts(layout: Layout, cuts: Collection[tuple[str, str]]) -> Layout:
    """Return the layout with the wires cut along which a gradient is stopped."""
    if not cuts:
        return layout
    wires = (replace(w, cut=True) if (w.source, w.target) in cuts else w for w in layout.wires)
    return replace(layout, wires=tuple(wires))


# ------------------------------------------------------------------------------ what is pointed out


def with_path(layout: Layout, lit: Collection[str]) -> Layout:
    """Return the layout with all that does not lie on a path receding; its chips stand out."""
    boxes = tuple(
        replace(box, emphasis=1.0 if box.item.kind is Kind.ALIAS else None)
        if box.item.id in lit
        else replace(box, emphasis=0.0)
        for box in layout.boxes
    )
    wires = tuple(
        wire
        if wire.source in lit and (wire.target in lit or wire.kind == "gap")
        else replace(wire, tone="aside", cut=False, note="")
        for wire in layout.wires
    )
    return replace(layout, boxes=boxes, wires=wires, joints=())


def with_shares(layout: Layout, shares: Mapping[str, float]) -> Layout:
    """Return the layout with each chip of a weight filled by its share of the largest term.

    Args:
        layout: the picture. shares: from 0 to 1, by the ids of the chips.

    """
    boxes = tuple(
        replace(box, emphasis=max(round(shares[box.item.id], 3), 0.01))
        if box.item.id in shares
        else box
        for box in layout.boxes
    )
    wires = tuple(
        replace(wire, tone="chosen", width=width_of(shares[wire.source] * 0.6))
        if wire.source in shares and wire.kind == "alias"
        else wire
        for wire in layout.wires
    )
    return replace(layout, boxes=boxes, wires=wires)


def chips_of(layout: Layout, node: str) -> list[Box]:
    """Return the chips that stand for a shared leaf, given its id."""
    prefix = f"{node}_for_"
    return [
        box
        for box in layout.boxes
        if box.item.kind is Kind.ALIAS and box.item.id.startswith(prefix)
    ]
