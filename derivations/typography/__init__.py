"""One formula, three hands: Unicode for a terminal, LaTeX, and MathML Core.

An operation of `derivations.matrix` says *once* how it looks, in the words of a `Style` (a
fraction, a subscript, a row); each style writes those words in its own language.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction

from derivations.typography.characters import ACCENTS, UPRIGHT_WORDS, accented, math
from derivations.typography.naming import HOUSE, Naming, is_delta


class Style:
    """The vocabulary in which operations describe how they look; one hand is one subclass.

    A `flat` style writes fractions on one line, where they may need parentheses. `naming` says what
    letters the names of symbols are written in.
    """

    flat = False

    def __init__(self, naming: Naming = HOUSE) -> None:
        self.naming = naming

    # ------------------------------------------------------------------------ alike in every hand

    def name(self, letter: str, moment: str = "") -> str:
        """Return a symbol, given its letter in the house such as ``W_fh``, and its time."""
        glyph = self.naming.glyph(letter, moment)
        shown = self.letter(glyph.letter, glyph.subscript)
        return self.superscript(shown, glyph.superscript) if glyph.superscript else shown

    def symbol(self, letter: str, moment: str = "", kind: str = "value") -> str:
        """Return a symbol of any kind: a value, a derivative of the loss or a differential.

        The total derivative by a pre-activation is written δ.
        """
        if is_delta(letter, kind) and not self.naming.deltas:
            return self.name(f"δ{letter[1:]}", moment)
        shown = self.name(letter, moment)
        if kind == "differential":
            return self.row([self.word("d"), shown])
        if kind == "total" and self.naming.deltas:
            return self.row([self.letter("δ"), shown])
        if kind == "total":
            return self.derivative(self.name("L"), shown, "d")
        if kind == "immediate":
            return self.derivative(self.name("ℓ", moment), shown, "∂⁺")
        return shown

    def times(self) -> str:
        """Return the sign of an elementwise product, with the space it wants around it."""
        return self.sign(self.naming.product)

    # ------------------------------------------------------------------------- each hand's own

    def letter(self, letter: str, subscript: str = "") -> str:
        """Return an identifier such as h, δ or c̃, with a subscript such as ``f,t-1``."""
        raise NotImplementedError

    def superscript(self, name: str, superscript: str) -> str:
        """Return an identifier with a superscript, such as a time in brackets."""
        raise NotImplementedError

    def word(self, name: str) -> str:
        """Return the name of a function, such as tanh or σ."""
        raise NotImplementedError

    def number(self, value: Fraction) -> str:
        """Return an integer or a fraction."""
        raise NotImplementedError

    def sign(self, sign: str) -> str:
        """Return one of the signs ``+ - ⊙``, with the space it wants around it."""
        raise NotImplementedError

    def row(self, parts: Sequence[str]) -> str:
        """Return the parts side by side, with nothing between them."""
        raise NotImplementedError

    def juxtapose(self, left: str, right: str) -> str:
        """Return a product whose sign is not written."""
        raise NotImplementedError

    def fence(self, inner: str, left: str = "(", right: str = ")") -> str:
        """Return the inner part between parentheses or bars that grow with it."""
        raise NotImplementedError

    def raised(self, base: str, exponent: str) -> str:
        """Return the base with an exponent: an integer, or ``⊤`` for the transpose."""
        raise NotImplementedError

    def fraction(self, top: str, bottom: str) -> str:
        """Return top over bottom."""
        raise NotImplementedError

    def derivative(self, of: str, by: str, sign: str) -> str:
        """Return the derivative of one letter by another, with the sign ``d`` or ``∂⁺``."""
        raise NotImplementedError

    def stack(self, parts: Sequence[str], upright: bool) -> str:
        """Return blocks beside each other or, if `upright`, below each other."""
        raise NotImplementedError

    def over(self, sign: str, lower: str, upper: str, body: str) -> str:
        """Return the sum (Σ) or the product (Π) of the body over an index."""
        raise NotImplementedError

    def element(self, base: str, indices: str) -> str:
        """Return one element of a matrix, such as ``W_f[1,3]``."""
        raise NotImplementedError


_RAISED = str.maketrans("0123456789-⊤", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻ᵀ")
_WORDS = {"tanh", "log", "exp"}  # functions that LaTeX knows
_N_ARY = {"Σ": "∑", "Π": "∏"}  # MathML has signs of its own for these
_UPRIGHT = "ΓΔΘΛΞΠΣΦΨΩ"  # as in LaTeX
_DERIVATIVES = {"d": ("d", "d"), "∂⁺": (r"\partial^{+}", r"\partial")}


class Text(Style):
    """Unicode on one line."""

    flat = True

    def letter(self, letter: str, subscript: str = "") -> str:
        """Return ``h_t`` or ``h_{t-1}``: braces only where the subscript is more than a letter."""
        return f"{letter}_{_braced(subscript)}" if subscript else letter

    def superscript(self, name: str, superscript: str) -> str:
        """Return ``a^⟨t-1⟩`` or ``y^{t-1}``: braces where no brackets are there already."""
        return f"{name}^{superscript if superscript[0] == '⟨' else _braced(superscript)}"

    def word(self, name: str) -> str:
        """Return the name."""
        return name

    def number(self, value: Fraction) -> str:
        """Return ``½`` for a half, digits otherwise."""
        return "½" if value == Fraction(1, 2) else str(value)

    def sign(self, sign: str) -> str:
        """Return the sign between spaces."""
        return f" {sign} "

    def row(self, parts: Sequence[str]) -> str:
        """Return the parts side by side."""
        return "".join(parts)

    def juxtapose(self, left: str, right: str) -> str:
        """Return the factors with a space between them."""
        return f"{left} {right}"

    def fence(self, inner: str, left: str = "(", right: str = ")") -> str:
        """Return the inner part between the fences."""
        return f"{left}{inner}{right}"

    def raised(self, base: str, exponent: str) -> str:
        """Return the base with the exponent in raised characters; ⊙ has none."""
        return base + (f"^{{{exponent}}}" if "⊙" in exponent else exponent.translate(_RAISED))

    def fraction(self, top: str, bottom: str) -> str:
        """Return ``top / bottom``."""
        return f"{top} / {bottom}"

    def derivative(self, of: str, by: str, sign: str) -> str:
        """Return ``dL/dh_t`` or ``∂⁺ℓ_t/∂h_t``."""
        return f"{sign}{of}/{sign[0]}{by}"

    def stack(self, parts: Sequence[str], upright: bool) -> str:
        """Return ``[A  B]``, or ``[u; v]`` if upright."""
        return f"[{('; ' if upright else '  ').join(parts)}]"

    def over(self, sign: str, lower: str, upper: str, body: str) -> str:
        """Return ``Σ_{t=1}^T body``."""
        return f"{sign}_{{{lower}}}^{_braced(upper)} {body}"

    def element(self, base: str, indices: str) -> str:
        """Return ``base[i,j]``."""
        return f"{base}[{indices}]"


def _braced(script: str) -> str:
    return script if len(script) == 1 else f"{{{script}}}"


class Latex(Style):
    """LaTeX for inside math mode; nothing beyond amsmath."""

    def letter(self, letter: str, subscript: str = "") -> str:
        r"""Return ``h_{t-1}``, ``\tilde{c}_{t}``, ``h_{t}'``; a word stands upright."""
        whole, marks = accented(letter)
        bare = whole.rstrip("′")
        primes = "'" * (len(whole) - len(bare))  # last, where an exponent may follow them
        is_word = len(bare) > 1 and not bare.startswith("\\")
        escaped = bare.replace("_", r"\_")
        name = rf"\mathrm{{{escaped}}}" if is_word else math(bare)
        for mark in marks:
            name = f"{ACCENTS[mark][0]}{{{name}}}"
        return (f"{name}_{{{math(subscript)}}}" if subscript else name) + primes

    def superscript(self, name: str, superscript: str) -> str:
        r"""Return ``a^{\langle t \rangle}``."""
        return f"{name}^{{{math(superscript)}}}"

    def word(self, name: str) -> str:
        r"""Return ``\tanh``, ``\sigma``, or ``\operatorname``; a prime stays a prime."""
        bare = name.rstrip("′")
        own = math(bare) if len(bare) == 1 and not bare.isascii() else rf"\operatorname{{{bare}}}"
        command = rf"\{bare}" if bare in _WORDS else own
        return command + "'" * (len(name) - len(bare))

    def number(self, value: Fraction) -> str:
        r"""Return digits, or ``\tfrac`` for a fraction."""
        if value.denominator == 1:
            return str(value)
        sign = "-" if value < 0 else ""
        return rf"{sign}\tfrac{{{abs(value.numerator)}}}{{{value.denominator}}}"

    def sign(self, sign: str) -> str:
        """Return the sign between spaces."""
        return f" {math(sign)} "

    def row(self, parts: Sequence[str]) -> str:
        """Return the parts side by side; a space ends a command before a letter."""
        return re.sub(r"(\\[a-zA-Z]+)\0(?=[a-zA-Z])", r"\1 ", "\0".join(parts)).replace("\0", "")

    def juxtapose(self, left: str, right: str) -> str:
        """Return the factors with a thin space between them."""
        return rf"{left} \, {right}"

    def fence(self, inner: str, left: str = "(", right: str = ")") -> str:
        r"""Return the inner part between ``\left`` and ``\right``."""
        return rf"\left{math(left)} {inner} \right{math(right)}"

    def raised(self, base: str, exponent: str) -> str:
        """Return ``base^{exponent}``."""
        return f"{base}^{{{math(exponent)}}}"

    def fraction(self, top: str, bottom: str) -> str:
        r"""Return ``\frac``."""
        return rf"\frac{{{top}}}{{{bottom}}}"

    def derivative(self, of: str, by: str, sign: str) -> str:
        r"""Return ``\frac{dL}{dh_{t}}``."""
        top, bottom = _DERIVATIVES[sign]
        return rf"\frac{{{top} {of}}}{{{bottom} {by}}}"

    def stack(self, parts: Sequence[str], upright: bool) -> str:
        """Return a ``bmatrix``."""
        between = r" \\ " if upright else " & "
        return rf"\begin{{bmatrix}} {between.join(parts)} \end{{bmatrix}}"

    def over(self, sign: str, lower: str, upper: str, body: str) -> str:
        r"""Return ``\sum`` or ``\prod``."""
        return rf"{math(sign)}_{{{lower}}}^{{{upper}}} {body}"

    def element(self, base: str, indices: str) -> str:
        """Return ``base[i,j]``."""
        return f"{base}[{indices}]"


class Mathml(Style):
    """MathML Core: every part is one element, so parts can be children of any other."""

    def letter(self, letter: str, subscript: str = "") -> str:
        """Return ``<mi>``, in ``<msub>`` where there is a subscript."""
        whole, marks = accented(letter)
        bare = whole.rstrip("′")
        upright = ' mathvariant="normal"' if bare in _UPRIGHT else ""
        base = f"<mi{upright}>{bare}</mi>"
        for mark in marks:  # as an accent it would touch the letter in many fonts
            base = f'<mover>{base}<mo stretchy="false">{ACCENTS[mark][1]}</mo></mover>'
        shown = f"<msub>{base}{self._tokens(subscript)}</msub>" if subscript else base
        return self._above(shown, f"<mo>{whole[len(bare) :]}</mo>") if whole != bare else shown

    def superscript(self, name: str, superscript: str) -> str:
        """Return ``<msup>``, or ``<msubsup>`` where there is a subscript, so that both align."""
        return self._above(name, self._tokens(superscript))

    def _above(self, name: str, above: str) -> str:
        if name.startswith("<msub>"):
            return (
                f"<msubsup>{name.removeprefix('<msub>').removesuffix('</msub>')}{above}</msubsup>"
            )
        return f"<msup>{name}{above}</msup>"

    def word(self, name: str) -> str:
        """Return an identifier; one of several letters stands upright by itself."""
        return f"<mi>{name}</mi>"

    def number(self, value: Fraction) -> str:
        """Return ``<mn>``, or ``<mfrac>`` for a fraction."""
        digits = f"<mn>{abs(value.numerator)}</mn>"
        if value.denominator != 1:
            digits = f"<mfrac>{digits}<mn>{value.denominator}</mn></mfrac>"
        return self.row([self.sign("-"), digits]) if value < 0 else digits

    def sign(self, sign: str) -> str:
        """Return ``<mo>``; a minus is a minus and no hyphen."""
        return f"<mo>{sign.replace('-', '−')}</mo>"

    def row(self, parts: Sequence[str]) -> str:
        """Return ``<mrow>``."""
        return f"<mrow>{''.join(parts)}</mrow>"

    def juxtapose(self, left: str, right: str) -> str:
        """Return the factors around an invisible times and a thin space."""
        return self.row([left, '<mo>&#x2062;</mo><mspace width="0.17em"/>', right])

    def fence(self, inner: str, left: str = "(", right: str = ")") -> str:
        """Return the inner part between stretching fences."""
        return self.row([f"<mo>{left}</mo>", inner, f"<mo>{right}</mo>"])

    def raised(self, base: str, exponent: str) -> str:
        """Return ``<msup>``."""
        return self._above(base, self._tokens(exponent))

    def fraction(self, top: str, bottom: str) -> str:
        """Return ``<mfrac>``."""
        return f"<mfrac>{top}{bottom}</mfrac>"

    def derivative(self, of: str, by: str, sign: str) -> str:
        """Return ``<mfrac>`` with a sign of differentiation above and below."""
        d = f"<mi>{sign[0]}</mi>"
        above = f"<msup>{d}<mo>+</mo></msup>" if sign == "∂⁺" else d
        return self.fraction(self.row([above, of]), self.row([d, by]))

    def stack(self, parts: Sequence[str], upright: bool) -> str:
        """Return a ``<mtable>`` in brackets."""
        cells = [f"<mtd>{part}</mtd>" for part in parts]
        rows = [f"<mtr>{cell}</mtr>" for cell in cells] if upright else ["<mtr>", *cells, "</mtr>"]
        return self.fence(f"<mtable>{''.join(rows)}</mtable>", "[", "]")

    def over(self, sign: str, lower: str, upper: str, body: str) -> str:
        """Return ``<munderover>`` before the body."""
        limits = self._tokens(lower) + self._tokens(upper)
        return self.row([f"<munderover><mo>{_N_ARY[sign]}</mo>{limits}</munderover>", body])

    def element(self, base: str, indices: str) -> str:
        """Return ``base[i,j]``."""
        return self.row([base, self.fence(self._tokens(indices), "[", "]")])

    def _tokens(self, characters: str) -> str:
        """Return a subscript such as ``f,t-1``, each token in the element it belongs in."""
        if characters in UPRIGHT_WORDS:
            return f"<mi>{characters}</mi>"
        parts = [self._token(token) for token in re.findall(r"\d+|.", characters)]
        return parts[0] if len(parts) == 1 else self.row(parts)

    def _token(self, token: str) -> str:
        if token.isalpha():
            return f"<mi>{token}</mi>"
        if token.isdigit():
            return f"<mn>{token}</mn>"
        if token in "⟨⟩()":
            return f'<mo stretchy="false" lspace="0" rspace="0">{token}</mo>'
        return self.sign(token)


TEXT, LATEX, MATHML = Text(), Latex(), Mathml()
