import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from derivations import derive
from derivations.chance.scalars import Constant, Sum, Variable
from derivations.matrix import (
    OPERATIONS,
    Moment,
    add,
    apply,
    below,
    beside,
    component,
    diag,
    divide,
    identity,
    in_order,
    inner,
    jacobian,
    largest_entry,
    largest_over,
    largest_singular_value,
    limit,
    negate,
    norm,
    number,
    ones,
    over,
    product_over,
    repeated,
    rowsoftmax,
    smaller,
    softmax,
    squared_norm,
    symbol,
    total_jacobian,
    trace,
)
from derivations.notation import presets
from derivations.prose import Name, pieces, to_html, to_latex
from derivations.show import FORMATS, html, latex, markdown, text
from derivations.step import Derivation, Equation, Lines, Step, Symbol, Verdict, Words, numbered
from derivations.typography.characters import columns
from tests.derivations.catalogue import TOPICS, derived

EXAMPLES = {
    "xavier": derived("xavier"),
    "weakened": derived("xavier").without("zero-mean weights"),
    "rnn": derived("rnn"),
    "lstm": derive("lstm", wrt="W_f", steps=3),
    "gru": derived("gru"),
    "loss": derive("gru", wrt="W_y", loss="cross-entropy"),
}
EXAMPLES["ng"] = EXAMPLES["lstm"].in_notation("ng")
EXAMPLES["greff"] = EXAMPLES["lstm"].in_notation("greff")
EXAMPLES["keras"] = EXAMPLES["gru"].in_notation("keras")
VERDICT = Verdict("tested", by="dual numbers over GF(p)", sizes="T = 2", error_bound="2⁻⁵⁶")


@pytest.fixture(params=EXAMPLES)
def example(request):
    return EXAMPLES[request.param]


def hostile():
    """A derivation whose words would break a careless exporter."""
    words = '<b>&"x_{a&b}" 100% $5 #1 {y} ~^\\ δ_{t+1} “ok” φ′'
    step = Step(words, Words("a < b"), Words(words), words + "!", VERDICT, assumptions=(words,))
    symbols = (Symbol(Words("<i>"), words, "n × m"),)
    return Derivation("a-topic", words, Words(words), (step,), symbols, words, words)


def every_operation():
    """A derivation in which every operation of matrix expressions occurs."""
    k, t = Moment("k"), Moment("t")
    h, past, x = (symbol(letter, ("n", "1"), m) for letter, m in (("h", t), ("h", k), ("x", t)))
    W, J = symbol("W", ("n", "n")), symbol("J", ("n", "n"), k)
    chain = product_over("k", Moment("k", 1), t, J.T)
    lines = (
        Equation(total_jacobian(h, past), chain),
        Equation(jacobian(h, past), diag(1 - h**2) @ W),
        Equation(x, over("k", Moment("", 1), Moment("t", -1), chain @ past)),
        Equation(x, softmax(h) + ones("n") - identity("n") @ apply("relu′", h) / apply("σ", x)),
        Equation(trace(W.T @ W), inner(h, x) + squared_norm(h) * number(2) + component(h, 0)),
        Equation(add(negate(h), apply("tanh", x)), beside(W, W) @ below(h, x)),
        Equation(trace(W @ ones("n", "n")), trace(rowsoftmax(divide(W, W)))),
        Equation(norm(W) * largest_entry(h), repeated("k", Moment("", 1), t, norm(h))),
        Equation(largest_over("k", Moment("", 1), t, norm(past)), limit("t", norm(h))),
        Equation(smaller(number(1), norm(h)), largest_singular_value(W)),
    )
    step = Step("Look", lines[0], Lines(*lines), "Every sign must be written.", VERDICT)
    used = {node.operation.name for e in lines for node in in_order(e.left, e.right)}
    assert used == set(OPERATIONS)
    return Derivation("operations", "Every operation", Lines(*lines), (step,))


def test_an_unknown_format_is_refused_with_those_there_are():
    with pytest.raises(
        ValueError, match="no format 'pdf'; there are: text, latex, markdown, html, json"
    ):
        EXAMPLES["xavier"].to("pdf")


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_tells_every_rule(example, format):
    shown = example.to(format)
    written = {"latex": to_latex, "html": to_html, "markdown": markdown.prose}.get(format, str)
    assert all(written(step.rule) in shown for _, step in numbered(example.steps))


@pytest.mark.parametrize("format", FORMATS)
def test_showing_is_reproducible(example, format):
    assert example.to(format) == example.to(format)


# --------------------------------------------------------------------------------------- text


def test_text_fits_a_terminal(example):
    assert max(map(columns, example.to("text").splitlines())) <= text.WIDTH


@pytest.mark.parametrize("notation", presets())
def test_every_line_of_the_catalogue_fits_a_terminal_in_every_notation(notation):
    for topic in TOPICS:
        lines = derived(topic).in_notation(notation).to("text").splitlines()
        assert [line for line in lines if columns(line) > text.WIDTH] == [], topic


def test_long_lines_are_broken_before_an_operator_outside_brackets():
    line = "y = " + " + ".join(f"(a_{i} - b_{i})" for i in range(12))
    parts = text.broken(line, 40)
    assert len(parts) > 2
    assert all(len(part) <= 40 for part in parts)
    assert all(part.startswith("    + (") for part in parts[1:])
    assert " ".join(part.strip() for part in parts) == line


def test_a_line_that_cannot_be_broken_stays_whole():
    assert text.broken("x" * 200, 40) == ["x" * 200]


def test_a_before_that_was_just_reached_is_not_repeated():
    shown = EXAMPLES["xavier"].to("text")
    assert shown.count("Var(y) = Σ_{j=1}^{n_in} Var(w_j) E[x_j²]") == 1


def test_verdicts_are_words():
    assert "✓ exact: moment algebra; n_in = 1, 2, 3" in EXAMPLES["xavier"].to("text")


# -------------------------------------------------------------------------------------- latex

COMMANDS = """
    documentclass usepackage setlength textwidth oddsidemargin parindent parskip allowdisplaybreaks
    title author date begin end maketitle section textbf textheight topmargin quad
    displaystyle operatorname mathrm emergencystretch
    left right frac tfrac sqrt sum neq leq geq delta varphi sigma ell partial odot top small textit
    par item leftmargin bigskip noindent text textbackslash textasciitilde textasciicircum prod
    lambda theta approx in to langle rangle bmatrix times cdot surd infty nabla dots tanh log exp
    mathbf mathcal tilde bar hat Gamma
"""


@pytest.fixture(params=[*EXAMPLES, "hostile", "operations"])
def any_example(request):
    more = {"hostile": hostile, "operations": every_operation}
    return EXAMPLES.get(request.param) or more[request.param]()


def test_latex_is_well_formed(any_example):
    document = any_example.to("latex")
    assert document.isascii()
    assert set(re.findall(r"\\([a-zA-Z]+)", document)) <= set(COMMANDS.split())
    assert re.findall(r"\\usepackage\{(.*?)\}", document) == ["amsmath"]
    assert _unbalanced(document) == []


def _unbalanced(document):
    """Return what is open where it should not be: braces, fences, environments, math."""
    opening = {"{": "}", r"\left": r"\right", r"\(": r"\)", r"\[": r"\]"}
    stack = []
    token = (
        r"\\left(?![a-z])|\\right(?![a-z])|\\begin\{[\w*]+\}|\\end\{[\w*]+\}|\\[()\[\]]|(?<!\\)[{}]"
    )
    plain = re.sub(r"\\\\\[2pt\]|\\\\", "", document)  # line ends are no openings
    for found in re.findall(token, plain):
        if found in opening:
            stack.append(opening[found])
        elif found.startswith(r"\begin"):
            stack.append(found.replace("begin", "end"))
        elif not stack or stack.pop() != found:
            return [found, *stack]
    return stack


@pytest.mark.parametrize(
    "broken", [r"\frac{a}{b", r"\left( a", r"\begin{aligned} a", r"\( a \]", "a}"]
)
def test_the_balance_test_sees_what_is_broken(broken):
    assert _unbalanced(broken)


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no LaTeX on this machine")
def test_latex_compiles(any_example, tmp_path):
    (tmp_path / "derivation.tex").write_text(any_example.to("latex"), encoding="ascii")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "derivation.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout[-800:]
    assert "Overfull" not in done.stdout


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no LaTeX on this machine")
@pytest.mark.parametrize("notation", ["house", "ng", "keras"])
def test_the_whole_catalogue_compiles_and_no_line_sticks_out(notation, tmp_path):
    pages = [derived(topic).in_notation(notation).to("latex") for topic in TOPICS]
    preamble = pages[0].partition(r"\title{")[0]
    bodies = [r"\title{" + page.partition(r"\title{")[2] for page in pages]
    plain = [re.sub(r"\\(begin|end)\{document\}", "", body) for body in bodies]
    told = [rf"\typeout{{::{topic}}}{body}" for topic, body in zip(TOPICS, plain, strict=True)]
    document = [preamble, r"\begin{document}", *told, r"\end{document}"]
    (tmp_path / "all.tex").write_text("\n".join(document), encoding="ascii")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "all.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout[-800:]
    for topic, log in zip(TOPICS, done.stdout.split("::")[1:], strict=True):
        assert "Overfull" not in log, topic


def test_long_sums_are_broken_between_terms_only():
    n = Constant("n")
    term = Sum("j", n, (Variable("w", "j") + Variable("x", "j")) ** 2)
    total = term + term + term - term + term + term + term - term
    shown = latex.display(Equation(Variable("y"), total))
    assert shown.count(r"&\quad") == 1
    assert shown.count("w_{j} + x_{j}") == 8


def test_words_of_other_languages_keep_their_accents():
    assert to_latex("Koutník and Schröder") == r"Koutn\'{i}k and Schr\"{o}der"
    assert to_latex("dx̂ and ȳ") == r"d\(\hat{x}\) and \(\bar{y}\)"


def test_a_character_without_latex_is_refused_rather_than_lost():
    with pytest.raises(ValueError, match="'☃'"):
        to_latex("snow ☃")


# ----------------------------------------------------------------------------------- markdown


def test_markdown_has_no_html_and_balanced_mathematics(any_example):
    source = any_example.to("markdown")
    displays = re.findall(r"\$\$(.*?)\$\$", source, re.DOTALL)
    assert displays
    outside = re.sub(r"\$\$.*?\$\$", "", source, flags=re.DOTALL)
    inline = re.findall(r"(?<!\\)\$(.*?)(?<!\\)\$", outside)
    assert all(_unbalanced(mathematics) == [] for mathematics in [*displays, *inline])
    words = re.sub(r"(?<!\\)\$.*?(?<!\\)\$", "", outside)
    assert not re.search(r"(?<!\\)<", words)
    assert "$" not in re.sub(r"\\\$", "", words)


def test_details_stand_in_quotations_below_their_step():
    source = EXAMPLES["lstm"].to("markdown")
    assert "\n### 2. Adjoint of the hidden state\n" in source
    assert "\n> **2.1 Through the pre-activation of the forget gate of the step after.**" in source
    assert "\n> > **5.1.1 " in source
    assert not re.search(r"^#+ 2\.1", source, re.MULTILINE)


def test_words_that_mean_something_to_markdown_are_escaped():
    assert markdown.prose("a*b [c] <d> `e` $5 #1") == r"a\*b \[c\] \<d\> \`e\` \$5 \#1"
    assert markdown.prose("of h_{t-1}, n_in") == r"of $h_{t-1}$, $n_{\mathrm{in}}$"


# --------------------------------------------------------------------------------------- html

# https://www.w3.org/TR/mathml-core/
MATHML_CORE = """
    math annotation maction merror mfrac mi mmultiscripts mn mo mover mpadded mphantom mprescripts
    mroot mrow ms mspace msqrt mstyle msub msubsup msup mtable mtd mtext mtr munder munderover
    none semantics
"""
ARITY = {"mfrac": 2, "msub": 2, "msup": 2, "munder": 2, "mover": 2, "msubsup": 3, "munderover": 3}
VOID = {"meta", "br", "hr"}


class Page(HTMLParser):
    """Checks nesting while reading, and keeps what the tests ask about."""

    def __init__(self, source):
        super().__init__()
        self.open, self.tags, self.ids, self.links, self.attributes = [], [], [], [], []
        self.feed(source)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]
        self.ids += [value for name, value in attrs if name == "id"]
        self.links += [value for name, value in attrs if name in ("href", "src")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.fixture
def page_source(any_example):
    return any_example.to("html")


def test_the_page_stands_alone(page_source):
    page = Page(page_source)
    assert page_source.startswith('<!doctype html>\n<html lang="en">')
    assert "viewport" in page_source
    assert {"main", "h1", "h2", "h3", "title"} <= set(page.tags)
    assert not {"script", "link", "img", "iframe"} & set(page.tags)
    assert not any(name.startswith("on") for name in page.attributes)
    assert all(link.startswith("#") for link in page.links)
    assert "url(" not in page_source
    assert "@import" not in page_source
    assert "http" not in page_source


def test_every_link_leads_somewhere_and_no_id_twice(page_source):
    page = Page(page_source)
    assert len(set(page.ids)) == len(page.ids)
    assert {link.removeprefix("#") for link in page.links} <= set(page.ids)


def test_headings_leave_no_level_out(page_source):
    levels = [int(tag[1]) for tag in Page(page_source).tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(lower - upper <= 1 for upper, lower in pairwise(levels))


def test_the_mathematics_is_mathml_core(page_source):
    found = re.findall(r"<math.*?</math>", page_source, re.DOTALL)
    assert found
    for source in found:
        for element in ElementTree.fromstring(source).iter():
            assert element.tag in MATHML_CORE.split()
            assert len(element) == ARITY.get(element.tag, len(element)), source
            if element.tag in ("mi", "mn", "mo", "mtext"):
                assert len(element) == 0
                assert element.text


def test_verdicts_are_told_in_words_not_only_in_looks(page_source):
    plain = re.sub("<[^>]*>", "", page_source)
    assert "What the verdicts mean" in plain
    assert re.search("✓ (derived|exact|tested)", plain)


def test_short_derivations_have_no_contents_and_long_ones_do():
    assert "<nav" in EXAMPLES["xavier"].to("html")
    assert "<nav" not in hostile().to("html")


def test_a_fragment_is_no_page_and_paints_nothing():
    source = html.fragment(EXAMPLES["xavier"])
    assert not {"html", "body", "main", "title"} & set(Page(source).tags)
    assert "body {" not in source
    assert "prefers-color-scheme" not in source


def test_long_sums_take_several_rows_of_one_table():
    terms = [Variable("w", "j") * Variable("x", "j")] * 30
    total = terms[0] + terms[1]
    for term in terms[2:]:
        total = total + term
    shown = html.display(Equation(Variable("y"), total))
    assert shown.count("<mtr>") == 3
    assert shown.count("<mi>w</mi>") == 30
    assert html.display(Equation(Variable("y"), terms[0])).count("<mtr>") == 1


def test_bare_formulas_stand_on_lines_of_their_own():
    shown = html.display(Lines(Words("given"), Equation(Words("a"), Words("b"))))
    assert shown.count("<mtr>") == 2
    assert 'columnspan="3"' in shown


# --------------------------------------------------------------------------------------- json


def test_the_trace_has_every_field(example):
    told_all = json.loads(example.to("json"))
    assert told_all["format"] == "autograd-rnn derivation"
    assert told_all["version"] == 2
    assert told_all["notation"] == example.notation
    assert told_all["topic"] == example.topic
    assert told_all["statement"]["text"] == example.statement.text()
    assert len(told_all["steps"]) == len(example)
    assert len(told_all["symbols"]) == len(example.symbols)
    for told, step in zip(told_all["steps"], example, strict=True):
        assert told["rule"] == step.rule
        assert told["before"] == {"text": step.before.text(), "latex": step.before.latex()}
        assert told["after"]["text"] == step.after.text()
        assert told["verdict"]["kind"] == step.verdict.kind
        assert told["assumptions"] == list(step.assumptions)
        assert len(told["substeps"]) == len(step.substeps)


# -------------------------------------------------------------------------------------- prose


def test_names_with_subscripts_are_found_in_sentences():
    sentence = "E[w_j]² of n_in and h_{t-1}, δ_{f,t}, W_{fh}; no _name, no 2^k, but dL/dh_t"
    found = list(pieces(sentence))
    assert [p for p in found if isinstance(p, Name)] == [
        Name("w", "j"),
        Name("n", "in", is_word=True),
        Name("h", "t-1"),
        Name("δ", "f,t"),
        Name("W", "fh"),
        Name("h", "t"),
    ]
    assert to_latex("n_in, h_{t-1}") == r"\(n_{\mathrm{in}}\), \(h_{t-1}\)"
    assert "<mtext>in</mtext>" in to_html("n_in")
    assert "<mtext>" not in to_html("W_{fh}")


def test_names_in_other_notations_are_found_in_sentences():
    found = pieces("a^⟨t-1⟩, Γ_f^⟨t⟩, c̃_t, ō^t, y^{t-1} and recurrent_kernel_f")
    assert [p for p in found if isinstance(p, Name)] == [
        Name("a", "", "⟨t-1⟩"),
        Name("Γ", "f", "⟨t⟩"),
        Name("c̃", "t"),
        Name("ō", "", "t"),
        Name("y", "", "t-1"),
        Name("recurrent_kernel", "f"),
    ]
    assert to_latex("Γ_f^⟨t⟩") == r"\(\Gamma_{f}^{\langle t\rangle}\)"
    assert to_latex("recurrent_kernel_f") == r"\(\mathrm{recurrent\_kernel}_{f}\)"
    assert "<mi>f</mi><mrow><mo stretchy" in to_html("Γ_f^⟨t⟩")
    assert '<mover><mi>c</mi><mo stretchy="false">˜</mo></mover>' in to_html("c̃_t")
