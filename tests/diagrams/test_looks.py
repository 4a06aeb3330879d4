"""Letters, colours and outlines."""

from __future__ import annotations

import pytest

from autograd_rnn.diagrams.typography.letters import Letter
from autograd_rnn.diagrams.typography.palette import THEMES, contrast
from autograd_rnn.diagrams.typography.paths import svg_path
from autograd_rnn.diagrams.typography.typeset import ACCENTS, EM, set_line


@pytest.mark.parametrize(
    ("name", "t", "letter"),
    [
        ("h", 3, Letter("h", "3")),
        ("a_f", 3, Letter("a", "f,3")),
        ("W_f", None, Letter("W", "f")),
        ("_", None, Letter("_")),
        ("h_0", None, Letter("h", "0")),
    ],
)
def test_letters_have_their_subscripts(name, t, letter):
    assert Letter.of(name, t) == letter


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_text_can_be_read_on_every_fill(theme):
    for number in range(-1, len(theme.hues)):
        for fill in (theme.paper, theme.frame_fill(number), theme.chip_fill(number)):
            assert contrast(theme.ink, fill) >= 4.5


def test_contrast_is_that_of_wcag():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.478, abs=1e-3)
    assert contrast("#ffffff", "#777777") == contrast("#777777", "#ffffff")


def test_gates_of_a_cell_have_hues_of_their_own():
    for theme in (THEMES["light"], THEMES["dark"]):
        fills = [theme.chip_fill(number) for number in range(len(theme.hues))]
        assert len(set(fills)) == len(fills) == 8


# --- outlines ---------------------------------------------------------------------------------


def test_a_line_is_as_wide_as_its_glyphs_and_letters_differ_in_width():
    wide, narrow = (set_line((word,), 20.0).width for word in ("WWWW", "llll"))
    assert wide > 2 * narrow
    line = set_line(("= ", Letter("h", "12")), 20.0)
    last = line.glyphs[-1]
    assert line.width > last.x + last.glyph.advance * last.size
    assert set_line(("= ", Letter("h", "12")), 40.0).width == pytest.approx(
        2 * line.width, abs=0.05
    )


def test_numbers_are_mathematics_however_small():
    for number in ("= 0.25", "= 9.003e-07", "[1e+04 2]"):
        assert {placed.glyph.face for placed in set_line((number,), 10.0).glyphs} == {"letters"}
    assert {placed.glyph.face for placed in set_line(("one e-1",), 10.0).glyphs} == {"words"}


def test_scripts_are_smaller_one_below_and_one_above_in_one_place():
    base, below, *above = set_line((Letter("Γ", "f", "⟨2⟩"),), 10.0).glyphs
    assert below.size == above[0].size == pytest.approx(0.7 * base.size)
    assert below.y > 0 > above[0].y
    assert below.x == above[0].x


@pytest.mark.parametrize("mark", ACCENTS)
def test_an_accent_stands_over_its_letter(mark):
    bare, marked = set_line((Letter("c"),), 100.0), set_line((Letter("c" + mark),), 100.0)
    assert marked.width == bare.width
    letter, accent = marked.glyphs
    (low, high) = (
        [y for _, n in placed.glyph.commands for y in n[1::2]] for placed in (letter, accent)
    )
    scale = 100.0 / EM
    assert accent.y + max(high) * scale < letter.y + min(low) * scale  # y points down


def test_a_character_that_one_font_has_not_comes_from_the_other():
    (glyph,) = set_line((Letter("ж"),), 10.0).glyphs
    assert glyph.glyph.face in ("letters", "words")
    assert glyph.glyph.commands


def test_paths_are_short():
    square = [("M", (10.0, 10.0)), ("L", (12.5, 10.0)), ("L", (12.5, 12.0)), ("L", (9.0, 11.0))]
    assert svg_path([*square, ("Z", ())]) == "M10 10h2.5v2l-3.5-1z"
