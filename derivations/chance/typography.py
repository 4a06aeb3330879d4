"""The three hands of `derivations.typography`, with the words that only chance needs."""

from __future__ import annotations

from derivations.typography import Latex, Mathml, Text

_GREEK = {"π": r"\pi", "α": r"\alpha", "ĝ": r"\hat{g}"}
_SIGNS = {"Σ": (r"\sum", "∑"), "Π": (r"\prod", "∏")}


class ChanceText(Text):
    """Unicode, with the words that only chance needs."""

    def size(self, letter: str, word: str) -> str:
        """Return ``n_in``."""
        return f"{letter}_{word}"

    def decimal(self, digits: str) -> str:
        """Return the digits."""
        return digits

    def root(self, body: str) -> str:
        """Return ``√(body)``, or ``√2`` for a short one."""
        return f"√{body}" if len(body) == 1 else f"√({body})"

    def power(self, base: str, exponent: str) -> str:
        """Return the base with its exponent raised, or behind a caret where it is no number."""
        if exponent.lstrip("-").isdigit():
            return self.raised(base, exponent)
        return f"{base}^{exponent}" if len(exponent) == 1 else f"{base}^{{{exponent}}}"

    def indexed(self, sign: str, index: str, but: str, upper: str, body: str) -> str:
        """Return ``Σ_{j=1}^{n} body``, or ``Σ_{k≠j} body``."""
        if but:
            return f"{sign}_{{{index}≠{but}}} {body}"
        return f"{sign}_{{{index}=1}}^{{{upper.replace(' ', '')}}} {body}"

    def limit(self, growing: str, body: str) -> str:
        """Return ``lim_{L→∞} body``."""
        return f"lim_{{{growing}→∞}} {body}"


class ChanceLatex(Latex):
    """LaTeX, with the words that only chance needs."""

    def letter(self, letter: str, subscript: str = "") -> str:
        """Return the letter, which may be one that only chance needs."""
        return super().letter(_GREEK.get(letter, letter), subscript)

    def size(self, letter: str, word: str) -> str:
        """Return the letter with its word as an upright subscript."""
        return rf"{letter}_{{\mathrm{{{word}}}}}"

    def decimal(self, digits: str) -> str:
        """Return the digits."""
        return digits

    def root(self, body: str) -> str:
        r"""Return ``\sqrt``."""
        return rf"\sqrt{{{body}}}"

    def power(self, base: str, exponent: str) -> str:
        """Return ``base^{exponent}``."""
        return f"{base}^{{{exponent}}}"

    def indexed(self, sign: str, index: str, but: str, upper: str, body: str) -> str:
        r"""Return ``\sum`` or ``\prod``."""
        limits = rf"_{{{index} \neq {but}}}" if but else f"_{{{index}=1}}^{{{upper}}}"
        return rf"{_SIGNS[sign][0]}{limits} {body}"

    def limit(self, growing: str, body: str) -> str:
        r"""Return ``\lim``."""
        return rf"\lim_{{{growing} \to \infty}} {body}"


class ChanceMathml(Mathml):
    """MathML, with the words that only chance needs."""

    def word(self, name: str) -> str:
        """Return an upright identifier, even one of a single letter such as E."""
        return f'<mi mathvariant="normal">{name}</mi>'

    def size(self, letter: str, word: str) -> str:
        """Return ``<msub>`` with the word as text."""
        return f"<msub><mi>{letter}</mi><mtext>{word}</mtext></msub>"

    def decimal(self, digits: str) -> str:
        """Return ``<mn>``."""
        return f"<mn>{digits}</mn>"

    def root(self, body: str) -> str:
        """Return ``<msqrt>``."""
        return f"<msqrt>{body}</msqrt>"

    def power(self, base: str, exponent: str) -> str:
        """Return ``<msup>``; the exponent is an element."""
        return f"<msup>{base}{exponent}</msup>"

    def indexed(self, sign: str, index: str, but: str, upper: str, body: str) -> str:
        """Return ``<munderover>``, or ``<munder>`` where an index is left out, and the body."""
        start = f"<mo>≠</mo><mi>{but}</mi>" if but else "<mo>=</mo><mn>1</mn>"
        under = f"<mo>{_SIGNS[sign][1]}</mo><mrow><mi>{index}</mi>{start}</mrow>"
        shown = f"<munder>{under}</munder>" if but else f"<munderover>{under}{upper}</munderover>"
        return self.row([shown, body])

    def limit(self, growing: str, body: str) -> str:
        """Return ``<munder>`` and the body."""
        under = f"<mrow>{growing}<mo>→</mo><mi>∞</mi></mrow>"
        return self.row([f"<munder><mo>lim</mo>{under}</munder>", body])
