"""Products summed over chosen axes: dot, outer, tensordot, and einsum, which says all of them."""

from __future__ import annotations

import math
import string
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_rnn.engine.graph import Shape
from autograd_rnn.engine.primitive import broadcast, define
from autograd_rnn.engine.record import apply, axes_of, refusal
from autograd_rnn.engine.rules.product import matmul
from autograd_rnn.engine.rules.structure import index, reshape, transpose

# --- the primitive: explicit subscripts, no ellipsis, no letter twice in one operand -----------


def _terms(subscripts: str) -> tuple[list[str], str]:
    """Return the letters of each operand, and of the result."""
    left, _, output = subscripts.partition("->")
    return left.split(","), output


def _contracted(*operands: Any, subscripts: str) -> Any:
    return np.einsum(subscripts, *operands, optimize=True)


def _contracted_shape(*shapes: Shape, subscripts: str) -> Shape:
    terms, output = _terms(subscripts)
    sizes: dict[str, int] = {}
    for term, shape in zip(terms, shapes, strict=True):
        for letter, size in zip(term, shape, strict=True):
            (sizes[letter],) = broadcast((sizes.get(letter, 1),), (size,))
    return tuple(sizes[letter] for letter in output)


def _pulled(i: int, g: Any, y: Any, operands: Sequence[Any], subscripts: str) -> Any:
    """Contract g with the other operands to the letters of operand i."""
    terms, output = _terms(subscripts)
    x, term = operands[i], terms[i]
    given = [output, *terms[:i], *terms[i + 1 :]]
    found = "".join(letter for letter in term if letter in "".join(given))
    part = apply(
        "einsum", g, *operands[:i], *operands[i + 1 :], subscripts=f"{','.join(given)}->{found}"
    )
    # A letter that nothing else has was only summed over: each of its elements gets the same.
    sizes = iter(part.shape)
    part = reshape(part, [next(sizes) if letter in found else 1 for letter in term])
    return apply("broadcast_to", part, shape=broadcast(part.shape, x.shape))


def _pushed(i: int, dx: Any, y: Any, operands: Sequence[Any], subscripts: str) -> Any:
    return apply("einsum", *operands[:i], dx, *operands[i + 1 :], subscripts=subscripts)


define(
    "einsum",
    kernel=_contracted,
    shape=_contracted_shape,
    vjp=_pulled,
    jvp=_pushed,
    many=True,
    latex=r"\operatorname{{einsum}}_{{\mathtt{{{subscripts}}}}}({args})",
)

# --- einsum as people write it -----------------------------------------------------------------


def einsum(subscripts: str, *operands: Any) -> Any:
    """Multiply, sum and rearrange by letters, as `numpy.einsum`.

    Args:
        subscripts: one letter an axis, operands apart by commas, and after "->" those of the
            result; without it, the letters that stand once, in alphabetical order. "..." stands
            for all axes that are not named; they broadcast.
        operands: arrays.

    Raises:
        OperationError: subscripts that say nothing, or that do not fit the operands.
        TypeError: subscripts that are not letters (NumPy's other form).

    >>> A, x = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([1.0, -1.0])
    >>> einsum("ij,j->i", A, x), einsum("ii", A)
    (array([-1., -1.]), np.float64(5.0))

    """
    if not isinstance(subscripts, str):
        raise TypeError('einsum takes its subscripts first, as letters: einsum("ij,j->i", A, x)')
    try:
        terms, output = _explicit(subscripts.replace(" ", ""), [np.ndim(x) for x in operands])
    except ValueError as error:
        raise refusal("einsum", operands, f"{subscripts!r}: {error}") from None
    simple = [_diagonal(x, term) for x, term in zip(operands, terms, strict=True)]
    unique = ["".join(dict.fromkeys(term)) for term in terms]
    return apply("einsum", *simple, subscripts=f"{','.join(unique)}->{output}")


def _explicit(subscripts: str, ndims: Sequence[int]) -> tuple[list[str], str]:
    """Spell out what may be left unsaid: the result, and the axes of an ellipsis."""
    terms, output = _terms(subscripts)
    if len(terms) != len(ndims):
        raise ValueError(f"{len(terms)} terms for {len(ndims)} operands")
    unused = "".join(letter for letter in string.ascii_letters if letter not in subscripts)
    terms, rest = _without_dots(terms, ndims, unused)
    counts = Counter("".join(terms))
    if not set(counts) <= set(string.ascii_letters):
        raise ValueError("subscripts are letters")
    if "->" not in subscripts:
        output = "..." + "".join(sorted(x for x in counts if counts[x] == 1 and x not in rest))
    if rest and "..." not in output:
        raise ValueError("the result has no place for the axes of '...'")
    output = output.replace("...", rest)
    if not set(output) <= set(counts) or len(set(output)) < len(output):
        raise ValueError(f"the result {output!r} takes letters that no term has, or one twice")
    return terms, output


def _without_dots(terms: Sequence[str], ndims: Sequence[int], unused: str) -> tuple[list[str], str]:
    """Give the axes of every ellipsis letters, the last axes the same; return these letters too."""
    named = [len(term.replace("...", "")) for term in terms]
    dotted = [n - k for term, n, k in zip(terms, ndims, named, strict=True) if "..." in term]
    rest = unused[: max(dotted, default=0)]
    spelt = [
        term.replace("...", rest[len(rest) - (n - k) :])
        for term, n, k in zip(terms, ndims, named, strict=True)
    ]
    for term, letters, ndim in zip(terms, spelt, ndims, strict=True):
        if len(letters) != ndim:
            raise ValueError(f"{term!r} does not name {ndim} axes")
    return spelt, rest


def _diagonal(x: Any, term: str) -> Any:
    """Take the diagonal of the axes that share a letter, so that each letter stands once."""
    unique = dict.fromkeys(term)
    if len(unique) == len(term):
        return x
    letters = list(term)
    for letter in unique:
        if letters.count(letter) > 1:
            x, letters = _diagonal_of(x, letters, letter)
    return transpose(x, [letters.index(letter) for letter in unique])


def _diagonal_of(x: Any, letters: list[str], letter: str) -> tuple[Any, list[str]]:
    """Bring the axes of `letter` to the front and go along them together."""
    shared = [i for i, c in enumerate(letters) if c == letter]
    others = [i for i, c in enumerate(letters) if c != letter]
    sizes = {x.shape[i] for i in shared}
    if len(sizes) > 1:
        raise refusal("einsum", [x], f"axes {letter!r} of sizes {sorted(sizes)} have no diagonal")
    steps = np.arange(sizes.pop())
    moved = index(transpose(x, [*shared, *others]), (steps,) * len(shared))
    return moved, [letter, *(letters[i] for i in others)]


# --- dot, outer, tensordot -------------------------------------------------------------------


def tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    """Sum products over axes of a paired with axes of b, as `numpy.tensordot`.

    Args:
        a, b: arrays.
        axes: how many, the last of a with the first of b; or the axes of a and the axes of b.

    Raises:
        OperationError: axes that are not there, or not as many, or of other sizes.

    """
    of_a, of_b = _paired_axes(a, b, axes)
    if [a.shape[i] for i in of_a] != [b.shape[i] for i in of_b]:
        raise refusal("tensordot", [a, b], f"axes {of_a} and {of_b} differ in size or number")
    kept_a = [i for i in range(np.ndim(a)) if i not in of_a]
    kept_b = [i for i in range(np.ndim(b)) if i not in of_b]
    summed = math.prod(a.shape[i] for i in of_a)
    rows, columns = [a.shape[i] for i in kept_a], [b.shape[i] for i in kept_b]
    left = reshape(transpose(a, [*kept_a, *of_a]), (math.prod(rows), summed))
    right = reshape(transpose(b, [*of_b, *kept_b]), (summed, math.prod(columns)))
    return reshape(matmul(left, right), [*rows, *columns])


def _paired_axes(a: Any, b: Any, axes: Any) -> tuple[tuple[int, ...], tuple[int, ...]]:
    if isinstance(axes, (int, np.integer)):
        count = int(axes)
        of_a, of_b = range(np.ndim(a) - count, np.ndim(a)), range(count)
    else:
        of_a, of_b = axes
    return (
        axes_of("tensordot", of_a, np.ndim(a), a, b),
        axes_of("tensordot", of_b, np.ndim(b), a, b),
    )


def dot(a: Any, b: Any) -> Any:
    """Sum products over the last axis of a and the last but one of b, as `numpy.dot`."""
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        return apply("multiply", a, b)
    if np.ndim(a) <= 2 and np.ndim(b) <= 2:
        return matmul(a, b)
    return tensordot(a, b, axes=((-1,), (-1 if np.ndim(b) == 1 else -2,)))


def outer(a: Any, b: Any) -> Any:
    """Multiply every element of a by every element of b, as `numpy.outer`: (a.size, b.size)."""
    return apply("multiply", reshape(a, (-1, 1)), reshape(b, (1, -1)))
