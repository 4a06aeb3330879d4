"""PNG and PDF: drawn by Graphviz at the places of the layout, wherever Graphviz comes from."""

from __future__ import annotations

import json
import re
import shutil
import struct
import subprocess
import sys
import zlib
from dataclasses import replace
from pathlib import Path as File

import pytest

from autograd_rnn.diagrams import draw
from autograd_rnn.diagrams.formats.xdot import _dashes, _joined, xdot_source
from autograd_rnn.diagrams.graphviz.render import command, render
from autograd_rnn.diagrams.scene.items import Kind
from autograd_rnn.diagrams.typography.palette import THEMES
from autograd_rnn.diagrams.typography.paths import cubics
from tests.diagrams.scenes import cell_of, loss_of, run_of

FILTERS = {
    0: lambda a, b, c: 0,
    1: lambda a, b, c: a,
    2: lambda a, b, c: b,
    3: lambda a, b, c: (a + b) // 2,
    4: lambda a, b, c: min((a, b, c), key=lambda v: abs(a + b - c - v)),
}


def pixels(png: bytes) -> tuple[int, int, list[bytes], int]:
    """Return width, height, rows and bytes a pixel of an 8-bit PNG."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    at, data, head = 8, b"", b""
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        kind, content = png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        head, data = (
            (content, data) if kind == b"IHDR" else (head, data + content * (kind == b"IDAT"))
        )
        at += length + 12
    width, height, depth, colour = struct.unpack(">IIBB", head[:10])
    assert depth == 8
    step = {2: 3, 6: 4}[colour]
    raw, rows, before = zlib.decompress(data), [], bytes(width * step)
    for y in range(height):
        line = raw[y * (width * step + 1) : (y + 1) * (width * step + 1)]
        predict, row = FILTERS[line[0]], bytearray()
        for i, value in enumerate(line[1:]):
            left = row[i - step] if i >= step else 0
            corner = before[i - step] if i >= step else 0
            row.append((value + predict(left, before[i], corner)) % 256)
        rows.append(bytes(row))
        before = bytes(row)
    return width, height, rows, step


def misplaced(drawing, png: bytes, scale: float) -> list[str]:
    """Return the boxes whose colour is not where the layout says."""
    width, height, rows, step = pixels(png)
    assert abs(width - drawing.layout.width * scale) <= 2
    assert abs(height - drawing.layout.height * scale) <= 2
    theme, found = drawing.look.theme, []
    for box in drawing.layout.boxes:
        if box.item.kind is Kind.ALIAS:
            continue  # has no room beside its letter
        number = drawing.look.number(box.item.group)
        fill = theme.chip_fill(number) if box.item.kind is Kind.OPERATION else theme.paper
        for x in (box.x + 3.5, box.right - 3.5):  # where no letter is
            row, column = round(box.centre[1] * scale), round(x * scale)
            seen = rows[row][column * step : column * step + 3]
            if (
                max(abs(a - int(fill[i : i + 2], 16)) for a, i in zip(seen, (1, 3, 5), strict=True))
                > 3
            ):
                found.append(box.item.id)
    return found


def test_a_png_has_every_box_where_the_layout_says():
    drawing = replace(draw(run_of("rnn", 2), view="op"), scale=1.0)
    png = drawing.png()
    assert misplaced(drawing, png, 1.0) == []
    moved = [replace(box, x=box.x + 13, y=box.y - 21) for box in drawing.layout.boxes]
    elsewhere = replace(drawing)
    elsewhere.__dict__["layout"] = replace(drawing.layout, boxes=tuple(moved))
    assert misplaced(elsewhere, png, 1.0)  # the check sees what is in the wrong place


def test_scale_is_pixels_of_a_png_for_one_of_the_svg():
    sizes = {}
    for scale in (1, 2.5):
        drawing = draw(cell_of("rnn"), scale=scale)
        png = drawing.png()
        sizes[scale] = struct.unpack(">I", png[16:20])[0] / drawing.layout.width
    assert sizes[1] == pytest.approx(1, abs=0.01)
    assert sizes[2.5] == pytest.approx(2.5, abs=0.01)


def test_a_pdf_is_one_page_of_the_pictures_size_without_fonts():
    drawing = draw(cell_of("lstm"), theme="dark")
    pdf = drawing.pdf()
    (box,) = re.findall(rb"/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)", pdf) or [(b"0", b"0")]
    if b"/ObjStm" not in pdf:
        assert float(box[0]) == pytest.approx(drawing.layout.width * 0.75, abs=1)
    assert pdf.startswith(b"%PDF-")
    assert b"/FontFile" not in pdf


def test_a_picture_too_large_for_a_png_is_refused_with_advice():
    with pytest.raises(ValueError, match=r"fewer steps, choose a smaller scale="):
        draw(run_of("lstm", 99), steps="all").png()


def test_no_line_of_the_source_is_longer_than_graphviz_reads():
    drawing = draw(loss_of(run_of("lstm", 5)), show="values")
    source = xdot_source(drawing.layout, drawing.look)
    assert max(map(len, source.splitlines())) < 16_000 < len(source)


def test_contours_are_one_curve_and_what_is_dashed_is_pieces():
    outer = [(0.0, 0.0), (1.0, 0.0), (2.0, 0.0), (3.0, 0.0)]
    inner = [(1.0, 1.0), (1.0, 2.0), (1.0, 3.0), (1.0, 4.0)]
    joined = _joined([outer, inner])
    assert (len(joined) - 1) % 3 == 0
    assert joined[: len(outer)] == outer
    assert joined[-1] == outer[0]  # back where it began, so that nothing else is enclosed
    straight = [(0.0, 0.0), (0.0, 0.0), (10.0, 0.0), (10.0, 0.0)]
    dashes = [[x for x, _ in piece] for piece in _dashes(straight, (3.0, 1.0))]
    assert dashes == [[0, 3], [4, 7], [8, 10]]


def test_paths_are_cubic_curves():
    commands = [("M", (0.0, 0.0)), ("L", (3.0, 0.0)), ("Q", (6.0, 0.0, 6.0, 3.0)), ("Z", ())]
    (points,) = cubics(commands)
    assert points[:4] == [(0, 0), (0, 0), (3, 0), (3, 0)]
    assert points[4:7] == [(5, 0), (6, 1), (6, 3)]
    assert points[-1] == (0, 0)


# --- where Graphviz comes from ----------------------------------------------------------------

BARE = """
import json
from tests.diagrams.scenes import run_of
from autograd_rnn.diagrams import draw
drawing = draw(run_of("lstm", 2))
print(json.dumps([drawing.svg()[:5], drawing.png()[:4].hex(), drawing.pdf()[:5].decode()]))
"""


def test_it_draws_where_path_is_empty():
    done = subprocess.run(
        [sys.executable, "-c", BARE],
        env={"PATH": ""},
        capture_output=True,
        cwd=File(__file__).parents[2],
        check=True,
    )
    assert json.loads(done.stdout) == ["<svg ", "89504e47", "%PDF-"]


def test_a_program_on_the_path_is_preferred(tmp_path, monkeypatch):
    script = tmp_path / "neato"
    script.write_text(f"#!{sys.executable}\nimport sys\nprint('drawn by', *sys.argv[1:])\n")
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert render("digraph {}", "neato", ["-Tpng", "-n2"], 30) == b"drawn by -Tpng -n2\n"
    assert command("dot")[0] == sys.executable


@pytest.mark.skipif(not shutil.which("neato"), reason="no Graphviz of the system's own")
def test_the_systems_graphviz_and_the_wheels_draw_the_same_picture(monkeypatch):
    drawing = replace(draw(cell_of("rnn"), theme="dark"), scale=1.0)
    assert drawing.look.theme is THEMES["dark"]
    assert misplaced(drawing, drawing.png(), 1.0) == []
    monkeypatch.setenv("PATH", "")
    assert misplaced(drawing, drawing.png(), 1.0) == []
