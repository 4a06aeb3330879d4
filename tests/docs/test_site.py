"""The project's own documentation: built whole, with warnings as errors, and without a network."""

import json
import re
import shutil
import subprocess
import sys
from dataclasses import fields
from itertools import chain
from pathlib import Path

import pytest

from autograd_rnn.cells import CELLS
from autograd_rnn.figures import Figure, read_figures
from autograd_rnn.figures.systems import SYSTEMS
from derivations import derive
from derivations.catalogue import VARIANTS

pytest.importorskip(
    "furo", reason="the documentation's tools are an extra: make test installs them"
)
DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    source = folder / "docs"
    shutil.copytree(
        DOCS, source, ignore=shutil.ignore_patterns("_build", "catalogue", "figures", "reference")
    )
    command = [sys.executable, "-m", "sphinx", "-q", "-W", str(source), str(folder / "html")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=400, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return folder / "html"


def test_every_derivation_has_a_page_of_its_own(site):
    for topic in derive():
        assert "<math" in (site / "catalogue" / f"{topic}.html").read_text()


def test_the_errata_are_computed(site):
    page = (site / "catalogue" / "errata.html").read_text()
    assert page.count("by the wrong formula") >= 10


def test_every_public_name_is_in_the_reference(site):
    shown = "".join(path.read_text() for path in (site / "reference").glob("*.html"))
    for name in ("unroll", "LSTMCell", "draw", "crosscheck", "tanh", "hvp", "derive", "walk"):
        assert f">{name}</span>" in shown


def test_pictures_are_drawn_for_the_pages(site):
    gallery = (site / "gallery.html").read_text()
    shown = re.findall(r'src="(_images/[^"]+\.svg)"', gallery)
    assert len(shown) >= 20
    assert all((site / name).read_text().startswith("<svg") for name in shown)


def test_the_gallery_shows_every_cell_variant_and_system():
    written = (DOCS / "gallery.md").read_text()
    named = {*chain.from_iterable(VARIANTS.values()), *SYSTEMS}
    assert named - set(re.findall(r"^:(?:variant|system): (\S+)$", written, re.MULTILINE)) == set()
    assert set(re.findall(r"{rnn-diagram} (\w+)", written)) == {*CELLS, "python"}


def test_the_table_of_keys_has_every_key_and_its_default():
    page = (DOCS / "sphinx.md").read_text().split("## All keys")[1]
    rows = dict(re.findall(r"^\| `(\w+)` \|.*\|([^|]*)\|$", page, re.MULTILINE))
    keys = {field.name: field.default for field in fields(Figure)}
    assert {*rows} == {*keys, "file"}
    for key, default in keys.items():
        if isinstance(default, int | float) or key in ("view", "drawn", "theme"):
            assert rows[key].strip() == f"`{json.dumps(default)}`"


def test_the_figures_of_the_tutorial_are_drawn(site):
    for entry in read_figures(DOCS / "figures.toml"):
        assert (site.parent / "docs" / "figures" / entry.file).stat().st_size > 1000


def test_no_page_reads_anything_from_a_network(site):
    for page in site.rglob("*.html"):
        read = re.findall(
            r'<(?:script|link|img|iframe)[^>]*(?:src|href)="(https?:[^"]*)"', page.read_text()
        )
        assert read == [], page
