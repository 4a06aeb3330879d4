"""Colours. One hue a gate, told apart by colour-blind readers too (Okabe & Ito 2008).

Colour is never the only carrier: the gate's name stands on its frame. Text on every fill has a
contrast of 4.5:1 or more (WCAG 2.2, criterion 1.4.3).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

OKABE_ITO = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#999999", "#f0e442")
GREYS = ("#000000",)

# From little to much: even steps of lightness and hue in OKLCH, lightness falling towards the ink,
# so that the order shows without hues too. The first has a contrast of 3:1 to the paper.
EMBERS = ("#c8801f", "#cd5811", "#b92846", "#8a1264", "#53106b", "#241051")
GLOW = ("#7854b6", "#ad5bb2", "#e8668e", "#fb8e62", "#f7c066", "#faea89")
SHADES = ("#8c8c8c", "#000000")


@dataclass(frozen=True, slots=True)
class Theme:
    """What a picture is coloured with.

    Attributes:
        paper: the background. ink: text and bold lines. thin: thin lines. faint: frames.
        accent: a path that is pointed out, in broad lines.
        hues: of the gates, in order; taken again from the first when there are more gates.
        frame: how much of its hue a gate's frame is filled with, from 0 to 1.
        chip: the same for the symbol of an operation.
        scale: colours of quantities, from little to much.

    """

    paper: str
    ink: str
    thin: str
    faint: str
    accent: str
    hues: tuple[str, ...]
    frame: float
    chip: float
    scale: tuple[str, ...]

    @property
    def calm(self) -> Theme:
        """The same with the gates' own colours stepping back, where colours tell quantities."""
        return replace(self, frame=self.frame * 0.45, chip=self.chip * 0.4)

    def hue(self, number: int) -> str:
        """Return the hue of a gate; a picture's ink for no gate (-1)."""
        return self.thin if number < 0 else self.hues[number % len(self.hues)]

    def colour_of(self, value: float) -> str:
        """Return the colour of a quantity, from 0, little, to 1, much."""
        place = min(max(value, 0.0), 1.0) * (len(self.scale) - 1)
        low = min(int(place), len(self.scale) - 2)
        return mix(self.scale[low + 1], self.scale[low], round(place - low, 2))

    def frame_fill(self, number: int) -> str:
        """Return what a gate's frame is filled with."""
        return mix(self.hue(number), self.paper, self.frame)

    def chip_fill(self, number: int) -> str:
        """Return what the symbols of a gate's operations are filled with."""
        return mix(self.hue(number), self.paper, self.chip)


THEMES = {
    "light": Theme(
        "#ffffff", "#14161a", "#5c6370", "#a8adb8", "#c2185b", OKABE_ITO, 0.11, 0.38, EMBERS
    ),
    "dark": Theme(
        "#15181e", "#f2f3f5", "#a4abb8", "#596070", "#ff6fae", OKABE_ITO, 0.16, 0.42, GLOW
    ),
    "print": Theme("#ffffff", "#000000", "#333333", "#777777", "#000000", GREYS, 0.0, 0.12, SHADES),
}


@cache
def mix(colour: str, paper: str, share: float) -> str:
    """Return `share` of a colour on paper, as #rrggbb."""
    pairs = zip(_channels(colour), _channels(paper), strict=True)
    return "#" + "".join(f"{round(share * c + (1 - share) * p):02x}" for c, p in pairs)


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, from 1 to 21, as WCAG 2.2 defines it."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in (channel / 255 for channel in _channels(colour))
    ]
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
