"""An atheris target: whatever is typed is read or refused, in bounded work, and reads back.

    python -m tests.fuzz.formulas CORPUS -max_total_time=600

libFuzzer steers by the branches of `derivations.grammar` that an input reaches. What it finds is an
input for which something else than FormulaError is raised, the work is out of proportion, or what
was read is not what its own text and LaTeX are read as.
"""

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["derivations.grammar"]):
    from derivations.grammar import FormulaError, Vocabulary, parse
    from derivations.grammar.parser import Parser
    from derivations.grammar.source import MAX_LENGTH

from derivations.matrix import NOW, SCALAR, Expression, symbol

KNOWN = Vocabulary.of(
    [
        *(symbol(letter, ("n", "1"), NOW) for letter in ("h", "c", "a", "a_f")),
        *(symbol("x", ("m", "1"), NOW), symbol("s", SCALAR, NOW), symbol("b_f", ("n", "1"))),
        *(symbol("R", ("n", "n")), symbol("W_x", ("n", "m"))),
    ]
)
SEEDS = (
    "(1 - h_t**2) * (R.T @ delta_t)",
    r"\frac{dL}{dh_t} = \sum_{t=1}^{T} \delta_{f,t} h_{t-1}^\top",
    "∂⁺ℓ_t/∂h_t + (∂⁺h_{t+1}/∂h_t)ᵀ dL/dh_{t+1}",
    "½ ‖h_t - c_t‖² + tr(R) ⊙ [h_{t-1}; x_t]ᵀ [R  W_x]",
    r"\begin{bmatrix} R & W_x \\ \end{bmatrix} \left( \tanh\left(c_t\right) \right)",
    "lim_{t→∞} ‖R‖ ≤ max_{1≤k≤t} |s_k| + σ_max(R)^{t-k} min(1, s_t) max|h_t|",
    "Π_{j=k+1}^t R^{⊙2} + I_n - diag(h_t[3] 𝟏_n)",
)
ALLOWED_WORK = 4  # steps for each character


def one_input(data: bytes) -> None:
    """Read a line, and read again what was read."""
    text = data.decode("utf-8", errors="surrogateescape")  # what is no UTF-8 is a lone surrogate
    try:
        parser = Parser(text, KNOWN)
    except FormulaError as refusal:
        return check_refusal(refusal, text)
    try:
        sides = parser.line()
    except FormulaError as refusal:
        return check_refusal(refusal, text)
    finally:
        check_work(parser, text)
    return check_sides(sides)


def check_refusal(refusal: FormulaError, text: str) -> None:
    """Raise AssertionError where a refusal does not point at a place in the text."""
    assert 0 <= refusal.position <= len(text)
    assert "^" in str(refusal).rsplit("\n", 1)[-1]


def check_work(parser: Parser, text: str) -> None:
    """Raise AssertionError where reading took more steps than the length allows."""
    assert parser.stack.steps <= ALLOWED_WORK * len(text) + ALLOWED_WORK


def check_sides(sides: list[Expression]) -> None:
    """Raise AssertionError where what was read is not read again from what it shows."""
    for side in sides:
        for shown in (side.text(), side.latex()):
            if len(shown) <= MAX_LENGTH:
                assert parse(shown, KNOWN) is side, shown


def main() -> None:
    """Write the seeds into the corpus, where one is named, and run libFuzzer."""
    if len(sys.argv) > 1 and not sys.argv[1].startswith("-"):
        corpus = Path(sys.argv[1])
        corpus.mkdir(parents=True, exist_ok=True)
        for number, seed in enumerate(SEEDS):
            (corpus / f"seed-{number}").write_text(seed, encoding="utf-8")
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
