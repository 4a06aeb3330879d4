"""The Sphinx extension: what its directives make, and what they refuse, with file and line."""

import re
from io import StringIO

import pytest

pytest.importorskip("sphinx", reason="Sphinx is an extra: make test installs it")
from sphinx.application import Sphinx
from sphinx.errors import ConfigError

from autograd_rnn.diagrams import stepper
from autograd_rnn.figures import Figure
from derivations import derive
from derivations.show.html import fragment as html_of

CONF = 'project = "t"\nextensions = ["autograd_rnn.sphinx"]\nhtml_theme = "{theme}"\n'


def build(folder, page, builder="html", theme="furo", conf=""):
    out, warnings = attempt(folder, page, builder, theme, conf)
    assert "ERROR" not in warnings
    return out


def attempt(folder, page, builder="html", theme="furo", conf=""):
    """Build a page; return the folder it is built into, and what Sphinx warns of."""
    (folder / "conf.py").write_text(CONF.format(theme=theme) + conf)
    if not (index := folder / "index.rst").exists() or index.read_text() != page:
        index.write_text(page)
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
   :variant: reset-after
   :width: 70%
   :name: the-gru

   A *caption*.

   What stands below it.
"""
OWN_NETWORK = """
from autograd_rnn import RNNCell, unroll

def network():
    return unroll(RNNCell.init(inputs=3, hidden=2, rng=0), steps=4)
"""


def images(page):
    """Return the attributes of each image of a page."""
    return [dict(re.findall(r'([a-z]+)="([^"]*)"', tag)) for tag in re.findall("<img [^>]*>", page)]


def test_a_diagram_has_a_light_and_a_dark_face_and_words(tmp_path):
    out = build(tmp_path, DIAGRAM)
    page = (out / "index.html").read_text()
    faces = re.findall(r'<a class="only-(light|dark)" href="_images/[^"]+"><img ', page)
    assert faces == ["light", "dark"]
    assert "<em>caption</em>" in page
    assert "What stands below it." in page
    files = sorted(path.name for path in (out / "_images").iterdir())
    assert len(files) == 2
    for image, theme in zip(images(page), faces, strict=True):
        assert image["alt"].startswith("GRU unrolled over 2 steps. Shared over the steps: ")
        assert image["style"] == "width: 70%"
        svg = (out / image["src"]).read_text()
        assert image["src"].endswith(f"-{theme}.svg")
        drawn = Figure("gru", variant="reset-after", steps=2, theme=theme).draw()
        assert svg == drawn.svg()
        assert int(image["width"]) == round(drawn.layout.width)


def test_the_style_sheet_is_there(tmp_path):
    out = build(tmp_path, DIAGRAM)
    assert "rnn-diagram.css" in (out / "index.html").read_text()
    assert ".rnn-picture" in (out / "_static" / "rnn-diagram.css").read_text()


def test_another_theme_follows_the_readers_setting(tmp_path):
    page = (build(tmp_path, DIAGRAM, theme="alabaster") / "index.html").read_text()
    assert re.search(r'<source media="\(prefers-color-scheme: dark\)" srcset="[^"]+-dark', page)


def test_a_theme_chosen_for_all_pages_or_for_one_picture(tmp_path):
    page = (build(tmp_path, DIAGRAM, conf='rnn_diagram_theme = "print"') / "index.html").read_text()
    assert re.findall(r"-(\w+)\.svg", " ".join(image["src"] for image in images(page))) == ["print"]
    one = DIAGRAM.replace(":steps: 2", ":theme: dark")
    page = (build(tmp_path, one, conf='rnn_diagram_theme = "print"') / "index.html").read_text()
    assert [image["src"][-8:] for image in images(page)] == ["dark.svg"]
    with pytest.raises(ConfigError, match="choose one of auto, light"):
        build(tmp_path, DIAGRAM, conf='rnn_diagram_theme = "pink"')


def test_a_picture_within_the_page(tmp_path):
    out = build(tmp_path, DIAGRAM.replace(":steps: 2", ":inline:"))
    page = (out / "index.html").read_text()
    assert page.count('<div class="only-') == 2
    assert page.count('style="width: 70%; max-width: 100%') == 2
    assert not (out / "_images").exists()
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))


def test_an_alternative_text_and_a_scale_of_ones_own(tmp_path):
    page = "Title\n=====\n\n.. rnn-diagram:: rnn\n   :alt: A network.\n   :scale: 50\n"
    first, _ = images((build(tmp_path, page) / "index.html").read_text())
    assert first["alt"] == "A network."
    assert first["style"] == f"width: {int(first['width']) / 2:g}px"


def test_a_network_of_ones_own_by_its_path_and_by_lines(tmp_path, monkeypatch):
    (tmp_path / "pages_own_network.py").write_text(OWN_NETWORK)
    monkeypatch.syspath_prepend(str(tmp_path))
    page = (
        "Title\n=====\n\n.. rnn-diagram:: pages_own_network:network\n\n   Mine.\n\n"
        ".. rnn-diagram:: python\n   :caption: Also *mine*.\n\n"
        "   from pages_own_network import network\n   network()\n"
    )
    out = build(tmp_path, page)
    written = (out / "index.html").read_text()
    svgs = [(out / image["src"]).read_text() for image in images(written)]
    assert len(svgs) == 4
    assert svgs[:2] == svgs[2:]
    assert svgs[0] == Figure("rnn", steps=4).draw().svg()
    assert "Mine." in written
    assert "Also <em>mine</em>." in written


def test_a_diagram_is_drawn_once_for_a_description(tmp_path):
    out = build(tmp_path, DIAGRAM)
    made = {p: p.stat().st_mtime_ns for p in (tmp_path / "doctrees/rnn-figures").iterdir()}
    assert out == build(tmp_path, DIAGRAM + "\nMore words.\n")
    again = {p: p.stat().st_mtime_ns for p in (tmp_path / "doctrees/rnn-figures").iterdir()}
    assert again == made


def test_a_page_is_read_again_when_the_program_is_another(tmp_path, monkeypatch):
    def read():
        page = tmp_path / "doctrees" / "index.doctree"
        build(tmp_path, DIAGRAM)
        return page.stat().st_mtime_ns

    first = read()
    assert read() == first
    monkeypatch.setattr("autograd_rnn.sphinx.program_digest", lambda: "another")
    assert read() > first


def test_latex_gets_a_pdf(tmp_path):
    out = build(tmp_path, DIAGRAM, "latex")
    (picture,) = out.glob("*-light.pdf")
    assert picture.read_bytes().startswith(b"%PDF")
    assert rf"[width=0.7\linewidth]{{{{{picture.name}}}}}" in next(out.glob("*.tex")).read_text()


@pytest.mark.parametrize("builder", ["text", "man", "texinfo", "xml"])
def test_others_get_the_description(tmp_path, builder):
    out = build(tmp_path, DIAGRAM, builder)
    written = [path.read_text() for path in out.rglob("*") if path.suffix not in (".svg", ".pdf")]
    assert any("GRU unrolled over 2 steps" in words for words in written)


def test_an_electronic_book_has_the_light_face_alone(tmp_path):
    out = build(tmp_path, DIAGRAM, "epub")
    page = (out / "index.xhtml").read_text()
    assert len(images(page)) == 1
    assert (out / images(page)[0]["src"]).exists()


def test_a_derivation_is_mathml_on_a_page_and_latex_in_latex(tmp_path):
    page = (
        "Title\n=====\n\n.. rnn-derivation:: rnn\n   :wrt: W\n   :steps: 2\n   :notation: varma\n"
    )
    html = (build(tmp_path, page) / "index.html").read_text()
    assert html_of(derive("rnn", wrt="W", steps=2, notation="varma"), titled=False) in html
    tex = next(build(tmp_path, page, "latex").glob("*.tex")).read_text()
    assert r"\begin{align*}" in tex
    text = (build(tmp_path, page, "text") / "index.txt").read_text()
    assert "Adjoint of the hidden state" in text


def test_a_derivation_without_an_assumption(tmp_path):
    (assumption, *_) = derive("xavier").assumptions
    page = f"Title\n=====\n\n.. rnn-derivation:: xavier\n   :without: {assumption}\n"
    html = (build(tmp_path, page) / "index.html").read_text()
    assert html_of(derive("xavier").without(assumption), titled=False) in html


@pytest.mark.parametrize(
    ("directive", "said"),
    [
        (".. rnn-diagram:: lstmm", "no cell 'lstmm'; did you mean 'lstm'"),
        (".. rnn-diagram:: lstm\n   :view: side", "choose one of"),
        (".. rnn-diagram:: lstm\n   :settings: peepholes", "peepholes=diagonal"),
        (".. rnn-diagram:: lstm\n   :settings: peephole=matrix", "did you mean 'peepholes'"),
        (".. rnn-diagram:: lstm\n   :drawn: some", "elide, all, or the numbers"),
        (".. rnn-diagram:: lstm\n   :drawn: 1, 9", "there is no step 9 of 3"),
        (".. rnn-diagram:: lstm\n   :scale: big", "write a percentage"),
        (".. rnn-diagram:: lstm\n   :notation: nn", "no notation is called"),
        (".. rnn-diagram:: there.is:none", "No module named 'there'"),
        (".. rnn-diagram:: math:pi", "cannot draw float"),
        (".. rnn-diagram:: python\n\n   x = 1", "the last line must be what is drawn"),
        (".. rnn-diagram:: python\n\n   1\n   1 / 0", "line 2: ZeroDivisionError"),
        (".. rnn-derivation:: lstmm", "the nearest is 'lstm'"),
        (".. rnn-derivation:: rnn\n   :wrt: V", "there are"),
        (".. rnn-derivation:: xavier\n   :wrt: W", "so not wrt"),
        (".. rnn-derivation:: rnn\n   :notation: nn", "no notation is called"),
    ],
)
def test_what_cannot_be_made_is_refused_with_its_line(tmp_path, directive, said):
    _, warnings = attempt(tmp_path, f"Title\n=====\n\n{directive}\n")
    assert re.search(r"index\.rst:4: ERROR: ", warnings)
    assert warnings.count("ERROR") == 1
    assert said in warnings


STEPPER = """
Title
=====

.. rnn-stepper:: rnn
   :steps: 2
   :title: Both passes

   Press a key.
"""


def test_a_stepper_is_a_page_in_a_frame(tmp_path):
    out = build(tmp_path, STEPPER)
    page = (out / "index.html").read_text()
    (place,) = re.findall(r'<iframe src="([^"]+)" title="Both passes"', page)
    made = (out / place).read_text()
    loss = Figure("rnn", steps=2, loss="squared error").network()
    assert made == stepper(loss, title="Both passes").html()
    assert "Press a key." in page


@pytest.mark.parametrize("builder", ["text", "man", "texinfo", "latex"])
def test_a_stepper_is_its_title_where_nothing_can_be_pressed(tmp_path, builder):
    out = build(tmp_path, STEPPER, builder)
    written = [
        path.read_text()
        for path in out.rglob("*")
        if path.suffix in (".txt", ".1", ".texi", ".tex")
    ]
    assert any("Both passes" in words for words in written)


def test_a_stepper_looks_as_its_options_say(tmp_path):
    looks = "   :view: unrolled\n   :drawn: 1, 3\n   :theme: dark\n   :notation: ng\n"
    source = f"Title\n=====\n\n.. rnn-stepper:: gru\n   :steps: 5\n{looks}"
    out = build(tmp_path, source)
    (place,) = re.findall(r'<iframe src="([^"]+)"', (out / "index.html").read_text())
    loss = Figure("gru", steps=5, loss="squared error").network()
    made = stepper(loss, view="unrolled", steps=[1, 3], theme="dark", notation="ng")
    assert (out / place).read_text() == made.html()


@pytest.mark.parametrize(
    ("option", "said"),
    [(":view: rolled", "choose 'op' or 'unrolled'"), (":theme: blue", "choose one of auto")],
)
def test_what_a_stepper_cannot_be_is_refused_with_its_line(tmp_path, option, said):
    _, warnings = attempt(tmp_path, f"Title\n=====\n\n.. rnn-stepper:: rnn\n   {option}\n")
    assert "index.rst:4: ERROR: rnn-stepper: " in warnings
    assert said in warnings


def test_a_stepper_needs_a_loss(tmp_path):
    lines = OWN_NETWORK.replace("\n", "\n   ") + "network()"
    _, warnings = attempt(tmp_path, f"Title\n=====\n\n.. rnn-stepper:: python\n{lines}\n")
    assert "index.rst:4: ERROR: rnn-stepper: both passes are those of a loss" in warnings
