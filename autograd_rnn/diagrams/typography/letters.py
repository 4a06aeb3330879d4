"""Letters and symbols: how a node is written in a picture, as the equations write it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from autograd_rnn.engine import Node


@dataclass(frozen=True, slots=True)
class Letter:
    """A name of the equations: a base with a subscript and a superscript, as in a_f,2.

    The last part of one of these may be the step; `time` says of which.

    >>> str(Letter.of("a_f", t=2)), str(Letter.of("h", t=1)), str(Letter("Γ", "f", "⟨2⟩"))
    ('a_f,2', 'h_1', 'Γ_f^⟨2⟩')
    """

    base: str
    sub: str = ""
    sup: str = ""
    time: Literal["", "sub", "sup"] = field(default="", compare=False, repr=False)

    @classmethod
    def of(cls, name: str, t: int | None = None) -> Letter:
        """Take a node's name apart and add its time step."""
        base, _, sub = name.partition("_")
        if not base:
            base, sub = name, ""
        if t is None:
            return cls(base, sub)
        return cls(base, ",".join(part for part in (sub, str(t)) if part), time="sub")

    def __str__(self) -> str:
        below, above = self.sub and f"_{self.sub}", self.sup and f"^{self.sup}"
        return f"{self.base}{below}{above}"


def printable(text: str) -> str:
    """Return a text that any picture can hold: names may hold control characters, XML may not."""
    if text.isprintable():  # nearly always, and much faster
        return text
    return "".join(c if c.isprintable() else "?" for c in text)


def count_of(number: int, thing: str, things: str = "") -> str:
    """Return ``1 step`` or ``3 steps``."""
    return f"{number:,} {thing if number == 1 else things or thing + 's'}"


# A line of words and letters; a writer decides what italics and subscripts look like.
Text = tuple[str | Letter, ...]
Line = str | Text  # of those below a box
Spell = Callable[[str, int | None], Letter]  # writes a name and its step as a letter


def as_text(line: Line) -> Text:
    """Return a line as text."""
    return (line,) if isinstance(line, str) else line


def plain(text: Text) -> str:
    """Write a text without typography: f_2 ⊙ c_1."""
    return "".join(str(part) for part in text)


def at_any_time(text: Text, step: int) -> Text:
    """Return a line that was written at a step as it is at any step t.

    What is no time stays, as the number of a layer or an exponent.

    >>> text = (Letter.of("h", 2), " + ", Letter("c", "f", "⟨1⟩", "sup"), " + ", Letter("W", "2"))
    >>> plain(at_any_time(text, step=2))
    'h_t + c_f^⟨t−1⟩ + W_2'
    """
    names = {str(step): "t", str(step - 1): "t−1", str(step + 1): "t+1"}

    def general(script: str) -> str:
        *before, last = script.split(",")
        bare = last.strip("⟨⟩()")
        return ",".join([*before, last.replace(bare, names[bare])]) if bare in names else script

    def at_t(letter: Letter) -> Letter:
        if letter.time == "sub":
            return replace(letter, sub=general(letter.sub))
        return replace(letter, sup=general(letter.sup)) if letter.time else letter

    return tuple(part if isinstance(part, str) else at_t(part) for part in text)


# Operations written between their operands; where these can be exchanged, the symbol is enough.
EXCHANGEABLE = {"add": "+", "add_n": "+", "multiply": "⊙"}
ORDERED = {"subtract": "−", "divide": "/", "greater": ">", "equal": "="}

# Operations written before their operand, where the table's own name is not what one writes.
FUNCTIONS = {
    "negative": "−",
    "sigmoid": "σ",
    "log": "ln",
    "log_softmax": "ln softmax",
    "maximum": "max",
    "minimum": "min",
    "sqrt": "√",
    "sum": "Σ",
    "sum_to": "Σ",
    "transpose": "ᵀ",
    "broadcast_to": "broadcast",
    "identity": "=",
}
BLANK: Text = ("·",)
LONGEST_LIST = 4


@dataclass(frozen=True, slots=True)
class Pen:
    """Writes operations.

    Args:
        letter: what a node is called, None if the equations do not name it.
        is_weight: whether a node is a weight, a bias or a piece of one.

    """

    letter: Callable[[Node], Letter | None]
    is_weight: Callable[[Node], bool]

    def symbol(self, node: Node) -> Text:
        """Write the operation of `node`: σ, ⊙, W_f·, [h_1, x_2], 1 − z_2."""
        if node.op in EXCHANGEABLE:
            return self._exchangeable(node)
        if node.op == "power":
            return raised(*self._operands(node))
        if node.op in ORDERED:
            return joined(self._operands(node), f" {ORDERED[node.op]} ")
        special = {"matmul": self._product, "concatenate": self._list, "index": key}
        if node.op in special:
            return special[node.op](node)
        numbers = [number(below) for below in node.inputs if is_number(below)]
        name = FUNCTIONS.get(node.op, node.op.replace("_", " "))
        named = Letter(name) if name.replace(" ", "").isalpha() else name
        return (named, f"(·, {', '.join(numbers)})") if numbers else (named,)

    def operand(self, node: Node) -> Text:
        """Write an input: its letter, its number, or a blank where it has neither."""
        if is_number(node):
            return (number(node),)
        letter = self.letter(node)
        if letter is not None:
            return (letter,)
        if node.inputs and self.is_weight(node):  # W[:, :2]
            return (*self.operand(node.inputs[0]), *key(node))
        return BLANK

    def _operands(self, node: Node) -> list[Text]:
        return [self.operand(below) for below in node.inputs]

    def _exchangeable(self, node: Node) -> Text:
        numbers = [number(below) for below in node.inputs if is_number(below)]
        return (" ".join([*numbers, _sign(node)]),)

    def _product(self, node: Node) -> Text:
        side = weight_side(node, self.is_weight)
        if side is not None:
            return (*self.operand(node.inputs[side]), " ·")
        turned = (node.attrs["ta"], node.attrs["tb"])
        sides = zip(self._operands(node), turned, strict=True)
        return joined([(*side, "ᵀ") if turn else side for side, turn in sides], " @ ")

    def _short_formula(self, node: Node) -> Text:
        """Write an input; one without a letter by what it is made of, r_2 ⊙ h_1."""
        if self.letter(node) is None and node.op in EXCHANGEABLE:
            return joined(self._operands(node), f" {_sign(node)} ")
        return self.operand(node)

    def _list(self, node: Node) -> Text:
        parts = [self._short_formula(below) for below in node.inputs]
        if len(parts) > LONGEST_LIST:
            parts = [parts[0], ("…",), parts[-1]]
        return ("[", *joined(parts, ", "), "]")


def raised(base: Text, exponent: Text) -> Text:
    """Write a power: a number above the last character of its base, another exponent after ^.

    >>> plain(raised((Letter("b"),), ("2",))), plain(raised(("·",), (Letter("n"),)))
    ('b^2', '· ^ n')
    """
    *before, last = base
    (number, *more) = exponent
    if more or isinstance(number, Letter) or (isinstance(last, Letter) and last.sup):
        return (*base, " ^ ", *exponent)
    if isinstance(last, Letter):
        return (*before, replace(last, sup=number))
    return (*before, *filter(None, [last[:-1]]), Letter(last[-1], sup=number))


def weight_side(node: Node, is_weight: Callable[[Node], bool]) -> int | None:
    """Return which input of a product is the weight that acts on the other, None for neither.

    Rows times a transposed weight is what the equations write as weight times column.
    """
    turned = (node.attrs["ta"], node.attrs["tb"])
    for side, seen in ((1, (False, True)), (0, (False, False))):
        if turned == seen and is_weight(node.inputs[side]):
            return side
    return None


def _sign(node: Node) -> str:
    of_numbers = node.op == "multiply" and any(below.shape == () for below in node.inputs)
    return "×" if of_numbers else EXCHANGEABLE[node.op]


def joined(parts: Sequence[Text], between: str) -> Text:
    """Write texts one after the other, with the same between them."""
    text: list[str | Letter] = []
    for part in parts:
        text += [between, *part] if text else part
    return tuple(text)


def key(node: Node) -> Text:
    """Write what an `index` takes: [:, 2:]."""
    written = ", ".join("…" if part is ... else repr(part) for part in node.attrs["key"])
    return (f"[{written}]" if len(written) <= 24 else f"[{written[:24]}…]",)


def is_number(node: Node) -> bool:
    """Whether `node` is a plain number, which is written where it is used and not drawn."""
    return node.op == "constant" and node.shape == () and not node.name and node.value is not None


def number(node: Node) -> str:
    """Write a constant of shape (), a negative one with the sign that formulas have."""
    written = digits(node.value)
    return f"−{written[1:]}" if written.startswith("-") else written


def digits(value: Any) -> str:
    """Write one number with four significant digits."""
    return str(value) if isinstance(value, bool) else f"{value + 0:.4g}"  # + 0: no minus zero
