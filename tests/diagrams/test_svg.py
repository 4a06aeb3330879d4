"""The SVG: the same bytes everywhere, nothing twice, and readable by everyone."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from itertools import product
from pathlib import Path as File
from xml.etree import ElementTree

import pytest

import autograd_rnn as ar
from autograd_rnn.diagrams import draw
from autograd_rnn.diagrams.formats.shapes import Look, Rectangle, Writing, shapes
from autograd_rnn.diagrams.formats.svg import svg_source, svg_to_point_at
from autograd_rnn.diagrams.typography.letters import printable
from autograd_rnn.diagrams.typography.palette import THEMES, Theme, contrast
from autograd_rnn.diagrams.typography.typeset import set_line
from tests.diagrams.scenes import CELLS, cell_of, loss_of, run_of

SVG = "{http://www.w3.org/2000/svg}"
VIEWS = ("op", "unrolled", "cell", "rolled")


def root_of(drawing):
    return ElementTree.fromstring(drawing.svg())


def ids_of(root):
    return [one.get("id") for one in root.iter() if one.get("id")]


# --- the same bytes ---------------------------------------------------------------------------

PROGRAM = """
import sys
from tests.diagrams.scenes import loss_of, run_of
from autograd_rnn.diagrams import draw
loss = loss_of(run_of("lstm", 6))
picture = draw(loss, view="op", show="formulas,shapes,values", title="T").svg()
sys.stdout.buffer.write(picture.encode())
"""


def test_two_runs_and_a_machine_with_nothing_on_it_make_the_same_bytes(tmp_path):
    show = "formulas,shapes,values"
    here = draw(loss_of(run_of("lstm", 6)), view="op", show=show, title="T").svg()
    assert here == draw(loss_of(run_of("lstm", 6)), view="op", show=show, title="T").svg()
    (tmp_path / "fonts.conf").write_text("<fontconfig></fontconfig>")
    there = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        capture_output=True,
        check=True,
        cwd=File(__file__).parents[2],
        env={"PYTHONHASHSEED": "3", "PATH": "", "FONTCONFIG_FILE": str(tmp_path / "fonts.conf")},
    )
    assert there.stdout.decode() == here


def test_it_needs_no_fonts():
    source = draw(cell_of("lstm"), show="shapes").svg()
    assert "<text" not in source
    assert "font-family" not in source
    assert "http" not in source.replace("http://www.w3.org/2000/svg", "")


# --- nothing twice ----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", CELLS)
def test_each_outline_stands_once_and_every_reference_leads_somewhere(kind):
    root = root_of(draw(run_of(kind, 5), view="op", show="shapes"))
    ids = ids_of(root)
    assert len(ids) == len(set(ids))
    outlines = [one.get("d") for one in root.find(f"{SVG}defs") if one.tag == f"{SVG}path"]
    assert len(outlines) == len(set(outlines)) > 20
    used = {use.get("href").removeprefix("#") for use in root.iter(f"{SVG}use")}
    assert used <= set(ids)
    defined = {one.get("id") for one in root.find(f"{SVG}defs")}
    assert defined <= used  # and nothing is there for nothing


def test_two_pictures_on_a_page_share_no_id():
    pictures = [
        draw(cell_of("lstm"), theme=theme, title=title) for theme in THEMES for title in "ab"
    ]
    every = Counter(name for picture in pictures for name in ids_of(root_of(picture)))
    assert set(every.values()) == {1}


def test_what_repeats_is_written_once():
    """Twice the steps are less than twice the bytes, and no more definitions of boxes.

    A letter of one step, which its box and its rail share, is defined too.
    """
    few, many = (draw(run_of("lstm", t), view="op", steps="all").svg() for t in (20, 40))
    assert len(many) < 2 * len(few)
    defined = [source[: source.index("</defs>")] for source in (few, many)]
    assert defined[0].count("<rect ") == defined[1].count("<rect ") > 20
    assert len(defined[1]) < 1.2 * len(defined[0])


# --- for those who do not see it --------------------------------------------------------------


@pytest.mark.parametrize(("kind", "view"), [*product(CELLS, VIEWS)])
def test_it_is_titled_and_described_and_every_box_has_its_sentence(kind, view):
    drawing = draw(run_of(kind, 3), view=view)
    root = root_of(drawing)
    assert root.get("role") == "img"
    assert [child.tag for child in root][:2] == [f"{SVG}title", f"{SVG}desc"]
    assert root[0].text == drawing.title
    assert root.get("aria-labelledby") == root[0].get("id")
    assert root.get("aria-describedby") == root[1].get("id")
    titles = [one.text for one in root.iter(f"{SVG}title")]
    assert all(box.item.note in titles for box in drawing.layout.boxes)
    assert all(any(group in title for title in titles) for group in drawing.scene.groups)
    for name in cell_of(kind).parameters:
        assert f"{name} of shape" in root[1].text


def test_the_description_follows_time_and_tells_what_is_left_out():
    told = root_of(draw(run_of("lstm", 7), view="op"))[1].text
    moments = ["Shared over the steps", "t = 0:", "t = 1:", "t = 2:", "t = 3 … 6:", "t = 7:"]
    positions = [told.index(moment) for moment in moments]
    assert positions == sorted(positions)
    assert "f_1 = sigmoid(a_f,1), shape (2, 4), lstm / forget gate / t=1" in told
    assert "7 steps in all; t = 3 … 6 are not drawn" in told


STRANGE = ('a"b', "<b>x</b>", "a:b", "back\\", "a\nb\x00c", "&amp;", "%d", "-", "_x", "é", "中")


@pytest.mark.parametrize("name", STRANGE)
def test_a_name_is_only_a_name(name):
    with ar.at(gate=name, t=1):
        y = ar.tanh(ar.Tensor([1.0, 2.0], name=name))
    drawing = draw(y, show="values", title=name)
    root = root_of(drawing)
    assert root[0].text == re.sub(r"\n", "?", printable(name))
    assert drawing.scene.groups == (name,)
    assert any(name in (one.get("data-item") or name) for one in root.iter(f"{SVG}g"))


def test_scripts_find_boxes_and_wires_by_name():
    drawing = draw(cell_of("gru"), view="op")
    looks = tuple(Look(THEMES[theme], drawing.scene.groups) for theme in ("light", "dark"))
    source, _ = svg_to_point_at(drawing.layout, looks, "t", "d")
    root = ElementTree.fromstring(source)
    items = [one.get("data-item") for one in root.iter() if one.get("data-item")]
    assert items == [box.item.id for box in drawing.layout.boxes]
    ends = {(g.get("data-from"), g.get("data-to")) for g in root.iter() if g.get("data-from")}
    assert ends == {(wire.source, wire.target) for wire in drawing.layout.wires}


def test_in_two_themes_each_part_has_its_colour_of_both():
    drawing = draw(cell_of("lstm"), view="op")
    looks = tuple(Look(THEMES[theme], drawing.scene.groups) for theme in ("light", "dark"))
    source, colours = svg_to_point_at(drawing.layout, looks, "t", "d")
    assert len(colours) > 10
    for i, look in enumerate(looks):
        painted = source
        for pair, name in colours.items():
            painted = painted.replace(f"var({name})", pair[i])
        alone, own = svg_to_point_at(drawing.layout, (look, look), "t", "d")
        for pair, name in own.items():
            alone = alone.replace(f"var({name})", pair[0])
        assert without_ids(painted) == without_ids(alone)
    assert svg_source(drawing.layout, looks[1], "t", "d").count(THEMES["dark"].paper) > 1


def without_ids(source: str) -> str:
    return re.sub(r'(id="|href="#|labelledby="|describedby=")\w{5}', r"\1", source)


# --- contrast, and colours that are not alone -------------------------------------------------


def pairs_of(drawing, theme: Theme):
    """Yield the colour of every text and the colour that lies under its middle."""
    painted: list[tuple[float, float, float, float, str]] = []
    look = replace(drawing.look, theme=theme)
    for group in shapes(drawing.layout, look):
        for stamp, x, y in group.placed:
            for part in stamp.parts:
                if isinstance(part, Rectangle) and part.pen.fill:
                    left, top = part.x + x, part.y + y
                    right, bottom = left + part.width, top + part.height
                    painted.append((left, top, right, bottom, part.pen.fill))
                elif isinstance(part, Writing):
                    width = set_line(part.text, part.size).width
                    at = part.x + x + width / 2, part.y + y - part.size * 0.3
                    under = [
                        fill
                        for left, top, right, bottom, fill in painted
                        if left <= at[0] <= right and top <= at[1] <= bottom
                    ]
                    yield part.colour, under[-1] if under else theme.paper


@pytest.mark.parametrize(("name", "view"), [*product(THEMES, VIEWS)])
def test_every_text_can_be_read_on_what_lies_under_it(name, view):
    thing = loss_of(run_of("lstm", 3)) if view in ("op", "unrolled") else cell_of("gru")
    pairs = set(pairs_of(draw(thing, view=view, show="shapes", title="T"), THEMES[name]))
    assert len(pairs) > (2 if name == "print" else 5)
    assert min(contrast(*pair) for pair in pairs) >= 4.5


def test_text_that_cannot_be_read_is_caught():
    faded = replace(THEMES["light"], ink="#8a8a8a")
    pairs = set(pairs_of(draw(cell_of("lstm")), faded))
    assert min(contrast(*pair) for pair in pairs) < 4.5


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_lines_can_be_seen_and_what_a_colour_says_is_said_otherwise_too(theme):
    assert contrast(theme.thin, theme.paper) >= 3
    assert contrast(theme.accent, theme.paper) >= 3
    drawing = draw(run_of("lstm", 9), view="op", highlight=("c_1", "c_2"))
    pens = {}
    for group in shapes(drawing.layout, replace(drawing.look, theme=theme)):
        for stamp, _, _ in group.placed:
            for part in stamp.parts:
                if group.kind == "wire" and part.pen.stroke:
                    pens.setdefault(part.pen.stroke, set()).add((part.pen.width, part.pen.dash))
    looks = [look for several in pens.values() for look in several]
    if theme.accent != theme.ink:
        assert len(looks) == len(set(looks))  # no two colours on lines alike
    aliases = [b for b in drawing.layout.boxes if b.item.kind == "alias"]
    assert aliases
    assert svg_source(drawing.layout, drawing.look, "t", "d").count("stroke-dasharray") >= 2


def test_a_path_is_pointed_out_by_width():
    plain, lit = draw(cell_of("lstm")), draw(cell_of("lstm"), highlight=("c_0", "c_3"))
    assert THEMES["light"].accent not in plain.svg()
    assert lit.svg().count(THEMES["light"].accent) > 1
    places = [
        [(b.item.id, b.x, b.y) for b in drawing.layout.boxes]
        + [(w.source, w.target, w.points) for w in drawing.layout.wires]
        for drawing in (plain, lit)
    ]
    assert places[0] == places[1]  # it moves nothing
    tones = {wire.tone for wire in lit.layout.wires}
    assert tones == {"", "aside"}  # what does not lie on it recedes
