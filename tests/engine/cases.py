"""One entry a primitive: what to feed it. A primitive without an entry fails the tests."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from autograd_rnn.engine.primitive import PRIMITIVES
from autograd_rnn.engine.rules.recurrence import Recurrence
from autograd_rnn.engine.rules.structure import frozen_key, thawed

Array = np.ndarray[Any, Any]
Shape = tuple[int, ...]
Domain = Callable[[np.random.Generator, Shape], Array]


def anything(rng: np.random.Generator, shape: Shape) -> Array:
    return rng.normal(size=shape)


def positive(rng: np.random.Generator, shape: Shape) -> Array:
    return rng.uniform(0.5, 2.0, size=shape)


def mask(rng: np.random.Generator, shape: Shape) -> Array:
    return rng.random(size=shape) < 0.5


@dataclass(frozen=True)
class Case:
    """Shapes of the inputs, attributes, and where the inputs come from."""

    name: str
    shapes: tuple[Shape, ...]
    attrs: dict[str, Any] = field(default_factory=dict)
    domains: tuple[Domain, ...] = (anything,)

    @property
    def inputs(self) -> list[Array]:
        rng = np.random.default_rng(len(self.shapes))
        domains = self.domains * len(self.shapes) if len(self.domains) == 1 else self.domains
        return [domain(rng, shape) for domain, shape in zip(domains, self.shapes, strict=True)]

    @property
    def positions(self) -> list[int]:
        """The inputs that can be differentiated."""
        return [i for i, x in enumerate(self.inputs) if x.dtype.kind == "f"]

    def __str__(self) -> str:
        shapes = "-".join("x".join(map(str, shape)) or "scalar" for shape in self.shapes)
        return f"{self.name}-{shapes}" + "".join(f"-{v}" for v in self.attrs.values())


@dataclass(frozen=True)
class Entry:
    """What to feed one primitive.

    Attributes:
        shapes: a few chosen inputs: all sizes distinct.
        drawn: any inputs that fit.

    """

    shapes: Sequence[tuple[Any, ...]]
    drawn: st.SearchStrategy[tuple[Any, ...]]
    domains: tuple[Domain, ...] = (anything,)


def sides(least: int = 1, smallest: int = 1) -> st.SearchStrategy[Shape]:
    return hnp.array_shapes(min_dims=least, min_side=smallest, max_dims=3, max_side=4)


def broadcasting(count: int) -> st.SearchStrategy[tuple[Any, ...]]:
    found = hnp.mutually_broadcastable_shapes(num_shapes=count, min_side=0, max_dims=3, max_side=4)
    return found.map(lambda drawn: drawn.input_shapes)


UNARY = Entry([((2, 3),), ((),)], broadcasting(1))
POSITIVE_UNARY = Entry(UNARY.shapes, UNARY.drawn, (positive,))
BINARY = Entry([((2, 3), (2, 3)), ((2, 1, 4), (3, 1)), ((), (2, 3)), ((5,), ())], broadcasting(2))


@st.composite
def summed(draw: st.DrawFn) -> tuple[Any, ...]:
    shape = draw(sides(0, 0))
    axes = draw(st.sets(st.integers(0, len(shape) - 1))) if shape else set()
    return (shape, {"axes": tuple(sorted(axes)), "keepdims": draw(st.booleans())})


@st.composite
def reduced(draw: st.DrawFn) -> tuple[Any, ...]:
    """As `summed`, but of nothing there is no largest."""
    shape = draw(sides(0))
    axes = draw(st.sets(st.integers(0, len(shape) - 1))) if shape else set()
    return (shape, {"axes": tuple(sorted(axes)), "keepdims": draw(st.booleans())})


@st.composite
def run_along(draw: st.DrawFn) -> tuple[Any, ...]:
    shape = draw(sides(smallest=0))
    axis = draw(st.integers(0, len(shape) - 1))
    return (shape, {"axis": axis, "reverse": draw(st.booleans())})


@st.composite
def narrowed(draw: st.DrawFn) -> tuple[Shape, Shape]:
    """A shape, and one that broadcasts to it."""
    wide = draw(sides(0, 0))
    kept = wide[draw(st.integers(0, len(wide))) :]
    return wide, tuple(1 if draw(st.booleans()) else size for size in kept)


@st.composite
def reshaped(draw: st.DrawFn) -> tuple[Any, ...]:
    shape = draw(sides(0))
    size = math.prod(shape)
    rows = draw(st.sampled_from([n for n in range(1, size + 1) if size % n == 0]))
    return (shape, {"shape": draw(st.sampled_from([(rows, size // rows), (size,), (1, size, 1)]))})


@st.composite
def permuted(draw: st.DrawFn) -> tuple[Any, ...]:
    shape = draw(sides())
    return (shape, {"axes": tuple(draw(st.permutations(range(len(shape)))))})


@st.composite
def along_an_axis(draw: st.DrawFn) -> tuple[Any, ...]:
    shape = draw(sides())
    return (shape, {"axis": draw(st.integers(0, len(shape) - 1))})


@st.composite
def products(draw: st.DrawFn) -> tuple[Any, ...]:
    batch = draw(hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=2, max_side=3))
    m, k, n = (draw(st.integers(1, 4)) for _ in range(3))
    ta, tb = draw(st.booleans()), draw(st.booleans())
    a, b = (k, m) if ta else (m, k), (n, k) if tb else (k, n)
    batch_a, batch_b = batch.input_shapes
    return ((*batch_a, *a), (*batch_b, *b), {"ta": ta, "tb": tb})


@st.composite
def contracted(draw: st.DrawFn) -> tuple[Any, ...]:
    """One to three terms of letters of distinct sizes; a size of 1 broadcasts."""
    sizes = dict(zip("abcd", (2, 3, 4, 5), strict=True))
    term = st.permutations("abcd").flatmap(lambda p: st.sampled_from([p[:n] for n in range(4)]))
    terms = draw(st.lists(term, min_size=1, max_size=3))
    letters = sorted({letter for term in terms for letter in term})
    output = draw(st.permutations(letters))[: draw(st.integers(0, 3))]
    narrow = draw(st.lists(st.booleans(), min_size=12, max_size=12).map(iter))
    shapes = [tuple(1 if next(narrow) else sizes[x] for x in term) for term in terms]
    subscripts = ",".join(map("".join, terms)) + "->" + "".join(output)
    return (*shapes, {"subscripts": subscripts})


@st.composite
def slid(draw: st.DrawFn) -> tuple[Any, ...]:
    """An array, and windows that fit on its last axes."""
    shape = draw(sides(smallest=1))
    count = draw(st.integers(1, min(2, len(shape))))
    room = shape[len(shape) - count :]
    size = tuple(draw(st.integers(1, n)) for n in room)
    return (shape, {"size": size, "stride": tuple(draw(st.integers(1, 3)) for _ in room)})


def laid_back(drawn: tuple[Any, ...]) -> tuple[Any, ...]:
    """The windows of such an array, to be added where they came from."""
    shape, attrs = drawn
    return (PRIMITIVES["windows"].shape(shape, **attrs), {**attrs, "shape": shape})


@st.composite
def keys(draw: st.DrawFn, shape: Shape) -> Any:
    """Any index of an array: basic, a mask, or integer arrays with repeats."""
    kind = draw(st.sampled_from(["basic", "mask", "integers", "mixed"]))
    if kind == "basic" or not shape:
        return draw(hnp.basic_indices(shape, allow_newaxis=True))
    if kind == "mask":
        return draw(hnp.arrays(bool, shape))
    picks = st.lists(st.integers(-shape[0], shape[0] - 1), min_size=1, max_size=5)
    rows = np.array(draw(picks))
    if kind == "integers" or len(shape) == 1:
        return rows
    return (rows, slice(None, None, draw(st.sampled_from([1, 2, -1]))), None)


@st.composite
def taken(draw: st.DrawFn) -> tuple[Any, ...]:
    shape = draw(sides(0))
    return (shape, {"key": frozen_key(draw(keys(shape)))})


@st.composite
def assembled(draw: st.DrawFn) -> tuple[Any, ...]:
    shape = draw(sides(0))
    found = [frozen_key(draw(keys(shape))) for _ in range(draw(st.integers(1, 3)))]
    parts = [np.empty(shape)[thawed(key)].shape for key in found]
    return (*parts, {"keys": tuple(found), "shape": shape})


@st.composite
def joined(draw: st.DrawFn) -> tuple[Any, ...]:
    shape = draw(sides())
    axis = draw(st.integers(0, len(shape) - 1))
    widths = draw(st.lists(st.integers(1, 4), min_size=1, max_size=4))
    return (*((*shape[:axis], n, *shape[axis + 1 :]) for n in widths), {"axis": axis})


@st.composite
def stacked(draw: st.DrawFn) -> tuple[Any, ...]:
    shape = draw(sides(0))
    axis = draw(st.integers(0, len(shape)))
    return (*[shape] * draw(st.integers(1, 4)), {"axis": axis})


ROWS = np.array([2, 0, 2, -1])  # row 2 three times
PICKED = (slice(None), np.array([True, False, True]))
NO_RECURRENCE = {"slot": "h", "recurrence": Recurrence(("h",), ())}

EXTREME = Entry(
    [
        ((2, 3, 4), {"axes": (0, 2), "keepdims": False}),
        ((2, 3, 4), {"axes": (1,), "keepdims": True}),
        ((2, 3), {"axes": (0, 1), "keepdims": False}),
    ],
    reduced(),
)
WINDOWS: list[tuple[Any, ...]] = [
    ((2, 3, 7), {"size": (3,), "stride": (2,)}),
    ((2, 5, 7), {"size": (2, 3), "stride": (1, 2)}),
    ((2, 8), {"size": (2,), "stride": (3,)}),
]

ENTRIES: dict[str, Entry] = {
    "add": BINARY,
    "subtract": BINARY,
    "multiply": BINARY,
    "divide": Entry(BINARY.shapes, BINARY.drawn, (anything, positive)),
    "power": Entry(BINARY.shapes, BINARY.drawn, (positive, anything)),
    "maximum": BINARY,
    "minimum": BINARY,
    "less": BINARY,
    "less_equal": BINARY,
    "greater": BINARY,
    "greater_equal": BINARY,
    "equal": BINARY,
    "not_equal": BINARY,
    "negative": UNARY,
    "absolute": UNARY,
    "identity": UNARY,
    "stop_gradient": UNARY,
    "exp": UNARY,
    "expm1": UNARY,
    "log": POSITIVE_UNARY,
    "log1p": POSITIVE_UNARY,
    "sqrt": POSITIVE_UNARY,
    "sin": UNARY,
    "cos": UNARY,
    "tanh": UNARY,
    "sigmoid": UNARY,
    "relu": UNARY,
    "softplus": UNARY,
    "where": Entry(
        [((2, 3), (2, 3), (2, 3)), ((3, 1), (2, 1, 4), ())],
        broadcasting(3),
        (mask, anything, anything),
    ),
    "softmax": Entry(
        [((2, 3), {"axis": 1}), ((2, 3, 4), {"axis": 1}), ((5,), {"axis": 0})], along_an_axis()
    ),
    "log_softmax": Entry(
        [((2, 3), {"axis": 1}), ((2, 3, 4), {"axis": 0}), ((5,), {"axis": 0})], along_an_axis()
    ),
    "sum": Entry(
        [
            ((2, 3, 4), {"axes": (0, 2), "keepdims": False}),
            ((2, 3, 4), {"axes": (1,), "keepdims": True}),
            ((2, 3), {"axes": (0, 1), "keepdims": False}),
        ],
        summed(),
    ),
    "max": EXTREME,
    "min": EXTREME,
    "logsumexp": EXTREME,
    "cumsum": Entry(
        [
            ((2, 3, 4), {"axis": 1, "reverse": False}),
            ((2, 5), {"axis": 1, "reverse": True}),
        ],
        run_along(),
    ),
    "einsum": Entry(
        [
            ((2, 3), (3, 4), {"subscripts": "ij,jk->ik"}),
            ((2, 3, 4), {"subscripts": "ijk->ki"}),
            ((2, 3), (4, 3), (4,), {"subscripts": "ij,kj,k->ji"}),
            ((1, 3), (2, 1), {"subscripts": "ij,ij->i"}),
            ((2, 3), (), {"subscripts": "ij,->j"}),
        ],
        contracted(),
    ),
    "windows": Entry(WINDOWS, slid()),
    "overlap_add": Entry([laid_back(drawn) for drawn in WINDOWS], slid().map(laid_back)),
    "sum_to": Entry(
        [((2, 3, 4), {"shape": (3, 1)}), ((2, 3), {"shape": ()})],
        narrowed().map(lambda pair: (pair[0], {"shape": pair[1]})),
    ),
    "broadcast_to": Entry(
        [((3, 1), {"shape": (2, 3, 4)}), ((), {"shape": (2, 3)})],
        narrowed().map(lambda pair: (pair[1], {"shape": pair[0]})),
    ),
    "matmul": Entry(
        [
            ((2, 3), (3, 4), {"ta": False, "tb": False}),
            ((3, 2), (3, 4), {"ta": True, "tb": False}),
            ((2, 3), (4, 3), {"ta": False, "tb": True}),
            ((3, 2), (4, 3), {"ta": True, "tb": True}),
            ((5, 2, 3), (3, 4), {"ta": False, "tb": False}),
            ((5, 2, 3), (4, 3), {"ta": False, "tb": True}),
            ((5, 3, 2), (3, 4), {"ta": True, "tb": False}),
            ((2, 3), (5, 4, 3), {"ta": False, "tb": True}),
            ((5, 1, 2, 3), (6, 3, 4), {"ta": False, "tb": False}),
        ],
        products(),
    ),
    "reshape": Entry([((2, 3, 4), {"shape": (4, 6)}), ((), {"shape": (1, 1)})], reshaped()),
    "transpose": Entry([((2, 3, 4), {"axes": (1, 2, 0)}), ((2, 3), {"axes": (1, 0)})], permuted()),
    "index": Entry(
        [
            ((3, 4), {"key": frozen_key(ROWS)}),
            ((2, 3), {"key": frozen_key(PICKED)}),
            ((2, 3, 4), {"key": frozen_key((1, ..., None, slice(None, None, -2)))}),
        ],
        taken(),
    ),
    "assemble": Entry(
        [
            ((4, 5), {"keys": (frozen_key(ROWS),), "shape": (3, 5)}),
            ((5,), (3, 2), {"keys": ((1,), frozen_key((..., [0, 4]))), "shape": (3, 5)}),
        ],
        assembled(),
    ),
    "concatenate": Entry(
        [((2, 3), (2, 4), (2, 1), {"axis": 1}), ((3, 2), (4, 2), {"axis": 0})], joined()
    ),
    "stack": Entry([((2, 3), (2, 3), (2, 3), {"axis": 1}), ((), (), {"axis": 0})], stacked()),
    "add_n": Entry([((2, 3), (2, 3), (3,), (2, 1))], broadcasting(4)),
    "carry": Entry([((2, 3), NO_RECURRENCE)], sides(0).map(lambda s: (s, NO_RECURRENCE))),
}


def case_of(name: str, drawn: tuple[Any, ...]) -> Case:
    shapes = tuple(part for part in drawn if isinstance(part, tuple))
    attrs = next((part for part in drawn if isinstance(part, dict)), {})
    return Case(name, shapes, attrs, ENTRIES[name].domains)


CASES = [case_of(name, given) for name, entry in ENTRIES.items() for given in entry.shapes]
