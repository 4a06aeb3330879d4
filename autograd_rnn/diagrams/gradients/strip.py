"""What is drawn along time, under the graph: ‖∂h_T/∂h_t‖, the terms of a sum, and a scale's key.

Each strip stands under the steps that it is about. Steps that are not drawn have their bars too,
side by side in the gap's place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

from autograd_rnn.diagrams.gradients.backward import Moment, Terms
from autograd_rnn.diagrams.gradients.emphasis import Scale, written
from autograd_rnn.diagrams.gradients.sheet import MARGIN, Sheet, gaps, rounded
from autograd_rnn.diagrams.gradients.tones import width_of
from autograd_rnn.diagrams.gradients.vanishing import Vanishing
from autograd_rnn.diagrams.lanes.layout import Layout, Mark, Wire
from autograd_rnn.diagrams.scene.items import Scene
from autograd_rnn.diagrams.typography.letters import Letter, Text, at_any_time, plain
from autograd_rnn.diagrams.typography.typeset import set_line

AFTER = 14.0
TITLE_SIZE, NUMBER_SIZE, TICK_SIZE = 12.5, 11.0, 10.5
TITLE, NUMBER = 22.0, 15.0  # the heights of lines
PLOT, BARS = 66.0, 44.0  # the heights of the plot of a Jacobian's norms, and of the bars of terms
BAR, PITCH = 22.0, 46.0  # the width of a bar, and between those of two slots
LEADING = 12.0
KEY, KEY_PIECES, TICK_ROOM, SAMPLE = 230.0, 46, 36.0, 44.0


# --------------------------------------------------------------------- how gradients vanish in time


def with_vanishing(
    layout: Layout, scene: Scene, columns: Mapping[Moment, int], found: Sequence[Vanishing]
) -> Layout:
    """Return the layout with a strip of ‖∂h_T/∂h_t‖, one a row of recurrences."""
    sheet = Sheet(layout, scene, columns)
    for _, several in groupby(sorted(found, key=lambda v: v.row), key=lambda v: v.row):
        row = list(several)
        norms = [n for v in row for of in (*v.norms.values(), v.bound) for n in of.values()]
        least = min((norm for norm in norms if norm), default=1.0)
        scale = Scale.of([*norms, least / 2])  # so that the lowest bar has a height too
        top = sheet.y + TITLE + 8
        for one in row:
            _strip(sheet, one, scale, top)
        _axis(sheet, scale, top, row)
        many = any(len(one.norms) > 1 for one in row)
        sheet.y = top + PLOT + NUMBER * (1 + many) + AFTER
    return sheet.finished()


def with_sentence(layout: Layout, scene: Scene, sentence: str) -> Layout:
    """Return the layout with a line of words where a strip would be."""
    sheet = Sheet(layout, scene, {})
    sheet.write((sentence,), MARGIN, sheet.y + 13, TITLE_SIZE, "start")
    sheet.y += TITLE
    return sheet.finished()


def title_of(one: Vanishing) -> Text:
    """Return what a strip shows, as a line of text."""
    title: Text = ()
    for slot in one.norms:
        (state,) = at_any_time((one.letters[slot][one.step],), one.step)
        title += (" and " if title else "", "‖∂", one.last, "/∂", state, "‖")
    some = f", of the first {one.sequences} sequences" * bool(one.sequences)
    return (*title, f"   spectral norm{some}, on a logarithmic scale")


def _strip(sheet: Sheet, one: Vanishing, scale: Scale, top: float) -> None:
    foot = top + PLOT
    moments = [(one.stretch, t) for t in next(iter(one.norms.values()))]
    start = min(sheet.span(moment)[0] for moment in moments)
    sheet.write(title_of(one), start, top - 15, TITLE_SIZE, "start")
    for number, (slot, norms) in enumerate(one.norms.items()):
        kind = "other bar" if number else "bar"
        for t, norm in norms.items():
            if sheet.is_drawn((one.stretch, t)):
                _norm_bar(sheet, one, (slot, number, t), norm, scale, foot, kind)
    for gap in gaps(sheet, moments):
        inside = [norms[t] for norms in one.norms.values() for _, t in gap if t in norms]
        left, right = sheet.extent(gap)
        width = (right - left) / len(one.norms)
        for number, norms in enumerate(one.norms.values()):
            heights = [_height(scale, norms.get(t, 0.0)) for _, t in gap]
            kind = "other bar" if number else "bar"
            sheet.stairs(kind, left + width * number, width, foot, heights)
        sheet.write(_range(inside), (left + right) / 2, foot + NUMBER - 2, TICK_SIZE)
    if one.bound:
        _bound_line(sheet, one, scale, foot)


def _height(scale: Scale, norm: float) -> float:
    return PLOT * max(scale.value(norm), 0.02) if norm else 0.0


def _range(norms: Sequence[float]) -> Text:
    least, most = written(min(norms)), written(max(norms))
    return least if least == most else (*least, " … ", *most)


def _norm_bar(
    sheet: Sheet,
    one: Vanishing,
    of: tuple[str, int, int],
    norm: float,
    scale: Scale,
    foot: float,
    kind: str,
) -> None:
    slot, number, t = of
    left, right = sheet.span((one.stretch, t))
    height = _height(scale, norm)
    note = f"‖∂{one.last}/∂{one.letters[slot][t]}‖ = {plain(written(norm))}"
    slots = len(one.norms)
    pitch = min(PITCH, (right - left) / (slots + 0.5))
    x = (left + right) / 2 + pitch * (number - (slots - 1) / 2)
    sheet.bar(kind, x - BAR / 2, x + BAR / 2, foot, height, note)
    sheet.write(written(norm), x, foot + NUMBER - 2, NUMBER_SIZE)
    if slots > 1:
        sheet.write((one.letters[slot][t],), x, foot + 2 * NUMBER - 2, NUMBER_SIZE)


def _bound_line(sheet: Sheet, one: Vanishing, scale: Scale, foot: float) -> None:
    points = [
        (sheet.middle((one.stretch, t)), foot - PLOT * scale.value(bound))
        for t, bound in one.bound.items()
        if (one.stretch, t) in sheet.columns
    ]
    points.sort()
    if len(points) > 1:
        sheet.line("bound", *points)


def _axis(sheet: Sheet, scale: Scale, top: float, row: Sequence[Vanishing]) -> None:
    """Draw lines to read the heights from, below the bars, and their numbers at the right."""
    columns = [sheet.columns[v.stretch, t] for v in row for of in v.norms.values() for t in of]
    left, right = sheet.spans[min(columns)][0], sheet.spans[max(columns)][1]
    lines = []
    for tick in scale.ticks(LEADING / PLOT):
        y = top + PLOT * (1 - scale.value(tick))
        lines.append(Mark((rounded((left, y)), rounded((right, y))), "grid"))
        sheet.write(written(tick), right + 7, y + 3.5, TICK_SIZE, "start")
    sheet.marks[:0] = lines
    if any(one.bound for one in row):
        title = max(left + set_line(title_of(one), TITLE_SIZE).width for one in row)
        _key_of_bound(sheet, right, top, least=title + 16)


def _key_of_bound(sheet: Sheet, right: float, top: float, least: float) -> None:
    """Write what the dashed line is: at the right, but not before `least`."""
    y = top - 15
    text: Text = ("bound ", "(", Letter("γ"), Letter("σ", "max"), Letter(")", "", "T−t"))
    start = max(least, right - set_line(text, TITLE_SIZE).width - 40)
    sheet.line("bound", (start, y - 4), (start + 32, y - 4))
    sheet.write(text, start + 40, y, TITLE_SIZE, "start")


# ------------------------------------------------------------------------------- the terms of a sum


def with_accumulation(
    layout: Layout,
    scene: Scene,
    columns: Mapping[Moment, int],
    terms: Terms,
    letters: tuple[Letter, Letter],
) -> Layout:
    """Return the layout with a bus that adds up the terms of dL/dW, in the order of the pass.

    Args:
        letters: of the loss and of the weight.

    """
    sheet = Sheet(layout, scene, columns)
    top = sheet.y + TITLE + NUMBER
    foot = top + BARS
    moments = list(terms.arrays)
    start = min(sheet.span(moment)[0] for moment in moments)
    sheet.write(_sum_title(*letters), start, top - NUMBER - 7, TITLE_SIZE, "start")
    largest = max(terms.norms.values()) or 1.0
    for moment in filter(sheet.is_drawn, moments):
        _term(sheet, terms, moment, foot, BARS * terms.norms[moment] / largest, str(letters[1]))
    for gap in gaps(sheet, moments):
        left, right = sheet.extent(gap)
        sizes = [terms.norms[moment] for moment in sorted(gap)]
        sheet.stairs("chosen", left, right - left, foot, [BARS * s / largest for s in sizes])
        sheet.write(_range(sizes), (left + right) / 2, foot + NUMBER, TICK_SIZE)
    _bus(sheet, terms, moments, foot)
    sheet.write(_sum_words(terms, *letters), start, foot + 2 * NUMBER + 6, TITLE_SIZE, "start")
    sheet.y = foot + 2 * NUMBER + 6 + AFTER
    return sheet.finished()


def _sum_title(loss: Letter, weight: Letter) -> Text:
    return (
        "d", loss, "/d", weight, " = ", Letter("Σ", "t"), "   bars: the size of each term; ",
        "on the line: of the sum so far, as the backward pass adds it up",
    )  # fmt: skip


def _sum_words(terms: Terms, loss: Letter, weight: Letter) -> Text:
    """Say what the sum comes to, and which step adds most to it."""
    t = terms.largest[1]
    return (
        "‖d", loss, "/d", weight, "‖ = ", *written(terms.total),
        f"; the use at t = {t} contributes most, ", *written(terms.norms[terms.largest]),
    )  # fmt: skip


def _term(
    sheet: Sheet, terms: Terms, moment: Moment, foot: float, height: float, letter: str
) -> None:
    norm, running = terms.norms[moment], terms.running[moment]
    left, right = sheet.span(moment)
    note = f"{letter} at t = {moment[1]}: {plain(written(norm))}, sum {plain(written(running))}"
    x = (left + right) / 2
    sheet.bar("chosen", x - BAR / 2, x + BAR / 2, foot, height, note)
    sheet.write(written(norm), x, foot - height - 4, NUMBER_SIZE)
    sheet.write(("sum ", *written(running)), x, foot + NUMBER, NUMBER_SIZE)


def _bus(sheet: Sheet, terms: Terms, moments: Sequence[Moment], foot: float) -> None:
    """Draw the line that the terms stand on, with a head where the sum is whole."""
    (first, _), (_, last) = sheet.span(moments[0]), sheet.span(moments[-1])
    backwards = first > sheet.span(moments[-1])[0]
    goal = sheet.span(moments[-1])[0] if backwards else last
    start = sheet.middle(moments[0])
    sheet.line("bus", (start, foot), (goal, foot))
    away = 11.0 if backwards else -11.0
    head = ((goal, foot), (goal + away, foot - 6), (goal + away, foot + 6))
    sheet.marks.append(Mark(tuple(map(rounded, head)), "chosen"))


# ---------------------------------------------------------------------------------- the scale's key


def with_key(layout: Layout, scene: Scene, scale: Scale, what: Text) -> Layout:
    """Return the layout with a key of its wires: a wedge in all widths and colours."""
    sheet = Sheet(layout, scene, {})
    sheet.write(what, MARGIN, sheet.y + 13, TITLE_SIZE, "start")
    left = MARGIN + set_line(what, TITLE_SIZE).width + 18
    y = sheet.y + 9
    for piece in range(KEY_PIECES):
        ends = [piece / KEY_PIECES, (piece + 1) / KEY_PIECES]
        (x1, h1), (x2, h2) = ((left + KEY * v, width_of(v)) for v in ends)
        x2 += 0.5 * (piece < KEY_PIECES - 1)  # under the next, so that no seam shows
        corners = ((x1, y - h1), (x2, y - h2), (x2, y + h2), (x1, y + h1))
        sheet.marks.append(Mark(tuple(map(rounded, corners)), "scale", sum(ends) / 2))
    for tick in scale.ticks(TICK_ROOM / KEY):
        sheet.write(written(tick), left + KEY * scale.value(tick), y + 21, TICK_SIZE)
    sheet.y += 34
    _samples(sheet, left + KEY + 34, y)
    sheet.y += MARGIN / 2
    return sheet.finished()


def _samples(sheet: Sheet, x: float, y: float) -> None:
    """Draw a wire of each kind that has no place on the scale; in a row of its own if narrow."""
    texts: list[tuple[str, str, bool]] = [
        ("0", "zero", False), ("none", "none", False), ("cut", "none", True)
    ]  # fmt: skip
    widths = [SAMPLE + 7 + set_line((words,), TITLE_SIZE).width + 24 for words, *_ in texts]
    if x + sum(widths) > max(sheet.layout.width, x):
        x, y = MARGIN, sheet.y + 7
        sheet.y += 22
    for (words, tone, cut), width in zip(texts, widths, strict=True):
        points = (rounded((x, y)), rounded((x + SAMPLE, y)))
        sheet.wires.append(Wire("", "", points, tone=tone, cut=cut))  # type: ignore[arg-type]
        sheet.write((words,), x + SAMPLE + 7, y + 4, TITLE_SIZE, "start")
        x += width
