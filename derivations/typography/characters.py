"""What single characters are in LaTeX, and how wide they are in a terminal."""

from __future__ import annotations

import unicodedata

_GREEK = """
    αalpha βbeta γgamma δdelta εvarepsilon ζzeta ηeta θtheta κkappa λlambda μmu νnu ξxi πpi ρrho
    σsigma τtau φvarphi χchi ψpsi ωomega ΓGamma ΔDelta ΘTheta ΛLambda ΞXi ΨPsi ΩOmega
"""
_RAISED = enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")

MATH: dict[str, str] = {
    **{pair[0]: rf"\{pair[1:]}" for pair in _GREEK.split()},
    **{raised: f"^{{{digit}}}" for digit, raised in _RAISED},
    "Σ": r"\sum", "Π": r"\prod", "∂": r"\partial", "∇": r"\nabla", "∞": r"\infty",
    "ℓ": r"\ell", "ℒ": r"\mathcal{L}", "𝟏": r"\mathbf{1}", "½": r"\tfrac{1}{2}", "√": r"\surd",
    "⊙": r"\odot", "∘": r"\circ", "×": r"\times", "·": r"\cdot", "∗": r"\ast", "−": "-",
    "≤": r"\leq", "≥": r"\geq", "≠": r"\neq", "≈": r"\approx", "∈": r"\in", "→": r"\to",
    "←": r"\leftarrow",
    "‖": r"\|", "⟨": r"\langle", "⟩": r"\rangle",
    "′": "'", "⊤": r"\top", "ᵀ": r"^{\top}", "⁺": "^{+}", "⁻": "^{-}",
}  # fmt: skip
"""A character of mathematics in LaTeX's math mode; ASCII stands for itself."""

ACCENTS: dict[str, tuple[str, str]] = {
    "\u0302": (r"\hat", "ˆ"),
    "\u0303": (r"\tilde", "˜"),
    "\u0304": (r"\bar", "¯"),
}
"""A combining mark: its command in LaTeX, and what stands over the letter in MathML."""


UPRIGHT_WORDS = ("max", "min")  # what may stand below a letter and is no row of letters


TEXT_ACCENTS: dict[str, str] = {
    "\u0300": r"\`", "\u0301": r"\'", "\u0302": r"\^", "\u0303": r"\~", "\u0304": r"\=",
    "\u0308": r'\"', "\u030a": r"\r", "\u030c": r"\v", "\u0327": r"\c",
}  # fmt: skip
"""A combining mark over a letter of a word, such as a name's: its command in LaTeX's text."""


def math(characters: str) -> str:
    """Return the characters in LaTeX's math mode.

    Raises ValueError for a character that has no LaTeX here: none is lost silently.
    """
    if characters in UPRIGHT_WORDS:
        return rf"\mathrm{{{characters}}}"
    return "".join(_math(character) for character in characters).strip()


def _math(character: str) -> str:
    if character in MATH:
        return MATH[character] + " "
    if not character.isascii():
        raise ValueError(f"no LaTeX is known for the character {character!r}")
    return character


def accented(letter: str) -> tuple[str, str]:
    """Split a letter from the combining marks over it: ``c̃`` is c and a tilde."""
    bare = unicodedata.normalize("NFD", letter)
    marks = "".join(character for character in bare if unicodedata.combining(character))
    return bare.translate({ord(mark): None for mark in marks}), marks


def columns(text: str) -> int:
    """Return how many columns of a terminal a line takes: combining marks take none."""
    return sum(not unicodedata.combining(character) for character in text)
