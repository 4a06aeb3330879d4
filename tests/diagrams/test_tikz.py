"""TikZ: plain pdfLaTeX compiles it, and it says what the picture says."""

from __future__ import annotations

import shutil
import subprocess

import pytest

import autograd_rnn as ar
from autograd_rnn.diagrams import draw
from autograd_rnn.diagrams.formats.tikz import latex
from autograd_rnn.diagrams.typography.letters import Letter
from tests.diagrams.scenes import loss_of, run_of

VIEWS = {
    "op": {"view": "op"},
    "unrolled": {"view": "unrolled", "show": "formulas", "title": "50% of {it}"},
    "cell": {"view": "cell", "theme": "dark", "notation": "ng"},
    "rolled": {"view": "rolled", "theme": "print", "notation": "greff"},
}


def has_tikz() -> bool:
    if not (shutil.which("pdflatex") and shutil.which("kpsewhich")):
        return False
    return (
        subprocess.run(["kpsewhich", "tikz.sty"], capture_output=True, check=False).returncode == 0
    )


def compile_with_pdflatex(folder, name: str) -> bytes:
    done = subprocess.run(
        ["pdflatex", "-interaction=batchmode", "-halt-on-error", name],
        cwd=folder,
        capture_output=True,
        check=False,
        timeout=120,
    )
    if done.returncode:
        raise ValueError((folder / name).with_suffix(".log").read_text(errors="replace")[-2000:])
    return (folder / name).with_suffix(".pdf").read_bytes()


@pytest.mark.skipif(not has_tikz(), reason="pdflatex with TikZ is not installed here")
@pytest.mark.parametrize("view", VIEWS)
def test_a_view_compiles_to_one_page(tmp_path, view):
    draw(run_of("lstm", 3), tmp_path / "a.tex", **VIEWS[view])
    pdf = compile_with_pdflatex(tmp_path, "a.tex")
    assert pdf.startswith(b"%PDF")
    log = (tmp_path / "a.log").read_text(errors="replace")
    assert "(1 page" in log
    assert "Missing character" not in log


@pytest.mark.skipif(not has_tikz(), reason="pdflatex with TikZ is not installed here")
def test_a_tikz_file_is_read_by_input_and_a_broken_one_is_caught(tmp_path):
    draw(loss_of(run_of("gru", 2)), tmp_path / "a.tikz", show="values,shapes")
    page = r"\documentclass{article}\usepackage{tikz}\begin{document}\input{a.tikz}\end{document}"
    (tmp_path / "page.tex").write_text(page)
    assert compile_with_pdflatex(tmp_path, "page.tex").startswith(b"%PDF")
    broken = (tmp_path / "a.tikz").read_text().replace(r"\tikzset{", r"\tikset{")
    (tmp_path / "a.tikz").write_text(broken)
    with pytest.raises(ValueError, match="!"):
        compile_with_pdflatex(tmp_path, "page.tex")


@pytest.mark.parametrize("view", VIEWS)
def test_it_is_plain_ascii_and_says_what_the_boxes_are(view):
    drawing = draw(run_of("lstm", 3), **VIEWS[view])
    source = drawing.tikz()
    body = [line for line in source.splitlines() if not line.startswith("%")]
    assert "\n".join(body).isascii()
    assert source.count(r"\begin{tikzpicture}") == source.count(r"\end{tikzpicture}") == 1
    comments = [line[2:] for line in source.splitlines() if line.startswith("% ")]
    assert all(box.item.note in comments for box in drawing.layout.boxes if box.item.note)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ((Letter("a", "f,2"),), "$a_{f,2}$"),
        ((Letter("Γ", "f", "⟨2⟩"),), r"$\Gamma_{f}^{\langle 2\rangle}$"),
        ((Letter("c̃", "", "⟨t−1⟩"),), r"$\tilde{c}^{\langle t- 1\rangle}$"),
        ((Letter("tanh"),), r"$\mathrm{tanh}$"),
        ((Letter("h", "1"), " = ", Letter("o", "1"), " ⊙ "), r"$h_{1}=o_{1}\odot $"),
        (("50% & more",), r"\textsf{50\% \& more}"),
        (("= 9.003e-07",), r"$=9.003\mathrm{e}{-}07$"),
        (("= [0.5 -1 …]",), r"$=[0.5\,-1\,\dots ]$"),
    ],
)
def test_letters_are_mathematics_and_words_are_words(text, written):
    assert latex(text) == written


def test_what_tex_cannot_say_or_draw_is_refused():
    with pytest.raises(ValueError, match="no LaTeX is known for the character '中'"):
        draw(ar.tanh(ar.Tensor([1.0], name="中"))).tikz()
    with pytest.raises(ValueError, match=r"TeX cannot draw a picture of .* fewer steps"):
        draw(run_of("lstm", 70), steps="all").tikz()


def test_small_numbers_between_words_are_written_too():
    assert latex(("about 9.06e-05 seconds",)) == r"\textsf{about 9.06e-05 seconds}"
    assert latex(("= 9.06e-05",)).startswith("$=9.06")
