"""The Sphinx extension: what its directives make, and what they refuse, with file and line."""

import re
from io import StringIO

import pytest

pytest.importorskip("sphinx", reason="Sphinx is an extra: make test installs it")
from sphinx.application import Sphinx

CONF = 'project = "t"\nextensions = ["autograd_rnn.sphinx"]\nhtml_theme = "{theme}"\n'


def build(folder, page, builder="html", theme="furo"):
    out, warnings = attempt(folder, page, builder, theme)
    assert "ERROR" not in warnings
    return out


def attempt(folder, page, builder="html", theme="furo"):
    """Build a page; return the folder it is built into, and what Sphinx warns of."""
    (folder / "conf.py").write_text(CONF.format(theme=theme))
    (folder / "index.rst").write_text(page)
    out = folder / f"out-{builder}"
    warnings = StringIO()
    places = (folder, folder, out, folder / "doctrees", builder)
    Sphinx(*places, status=None, warning=warnings).build()
    return out, warnings.getvalue()


DIAGRAM = """
Title
=====

.. rnn-diagram:: gru
   :steps: 2
   :settings: reset=after
   :width: 70%

   A *caption*.
"""


def test_a_diagram_has_a_light_and_a_dark_face_and_words(tmp_path):
    out = build(tmp_path, DIAGRAM)
    page = (out / "index.html").read_text()
    faces = re.findall(r'<a class="only-(light|dark)" href="_images/[^"]+"><img ', page)
    assert faces == ["light", "dark"]
    assert 'alt="GRU unrolled over 2 steps. Shared over the steps: ' in page
    assert "<em>caption</em>" in page
    files = sorted(path.name for path in (out / "_images").iterdir())
    assert len(files) == 2
    assert all("<svg" in (out / "_images" / name).read_text() for name in files)


def test_another_theme_follows_the_readers_setting(tmp_path):
    page = (build(tmp_path, DIAGRAM, theme="alabaster") / "index.html").read_text()
    assert 'media="(prefers-color-scheme: dark)"' in page


def test_a_diagram_is_drawn_once_for_a_description(tmp_path):
    out = build(tmp_path, DIAGRAM)
    made = {p: p.stat().st_mtime_ns for p in (tmp_path / "doctrees/rnn-figures").iterdir()}
    (tmp_path / "index.rst").write_text(DIAGRAM + "\nMore words.\n")
    assert out == build(tmp_path, DIAGRAM + "\nMore words.\n")
    again = {p: p.stat().st_mtime_ns for p in (tmp_path / "doctrees/rnn-figures").iterdir()}
    assert again == made


def test_latex_gets_a_pdf_and_text_gets_the_description(tmp_path):
    out = build(tmp_path, DIAGRAM, "latex")
    (picture,) = out.glob("*-light.pdf")
    assert picture.read_bytes().startswith(b"%PDF")
    assert picture.name in next(out.glob("*.tex")).read_text()
    words = (build(tmp_path, DIAGRAM, "text") / "index.txt").read_text()
    assert "GRU unrolled over 2 steps" in words


def test_a_derivation_is_mathml_on_a_page_and_latex_in_latex(tmp_path):
    page = "Title\n=====\n\n.. rnn-derivation:: rnn\n   :wrt: W\n   :notation: varma\n"
    html = (build(tmp_path, page) / "index.html").read_text()
    assert "<math" in html
    assert "✓ tested" in html
    tex = next(build(tmp_path, page, "latex").glob("*.tex")).read_text()
    assert r"\begin{align*}" in tex


@pytest.mark.parametrize(
    ("directive", "said"),
    [
        (".. rnn-diagram:: lstmm", "did you mean 'lstm'"),
        (".. rnn-diagram:: lstm\n   :view: side", "choose one of"),
        (".. rnn-diagram:: lstm\n   :settings: peepholes", "peepholes=diagonal"),
        (".. rnn-diagram:: lstm\n   :notation: nn", "no notation is called"),
        (".. rnn-derivation:: lstmm", "the nearest is 'lstm'"),
        (".. rnn-derivation:: rnn\n   :wrt: V", "there are"),
    ],
)
def test_what_cannot_be_made_is_refused_with_its_line(tmp_path, directive, said):
    _, warnings = attempt(tmp_path, f"Title\n=====\n\n{directive}\n")
    (line,) = (line for line in warnings.splitlines() if "ERROR" in line)
    assert said in line
    assert re.search(r"index\.rst:4: ", line)
