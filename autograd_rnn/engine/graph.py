"""What is recorded: immutable nodes, the place each stands at, and a numbering of them.

Nothing here recurses, so a chain of a million nodes is walked like any other graph.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

import numpy as np

from autograd_rnn.engine.display import show
from autograd_rnn.engine.place import NOWHERE, Place, Stamp, current_stamp, stamped

if TYPE_CHECKING:
    from autograd_rnn.engine.primitive import Primitive

Shape = tuple[int, ...]
NO_ATTRS: Mapping[str, Any] = {}


class Box:
    """Where the handles of a node find its gradient: the one thing about a node that changes."""

    __slots__ = ("grad",)

    def __init__(self) -> None:
        self.grad: Any = None


class _Draft:
    """A node while it is being filled in. `make_node` turns it into a `Node`."""

    __slots__ = (
        "__weakref__",
        "attrs",
        "box",
        "dtype",
        "inputs",
        "name",
        "needs_grad",
        "primitive",
        "shape",
        "stamp",
        "value",
    )
    primitive: Primitive | None
    inputs: tuple[Node, ...]
    attrs: Mapping[str, Any]
    shape: Shape
    dtype: np.dtype[Any]
    value: Any
    name: str
    stamp: Stamp
    needs_grad: bool
    box: Box


class Node(_Draft):
    """One operation in the graph. Immutable; equal only to itself.

    Attributes:
        primitive: the operation, or None for a leaf.
        inputs: the nodes it reads, in order; the same node twice is two edges.
        attrs: the operation's constant arguments (axis, key, ...), hashable.
        shape: a tuple of ints. dtype: a NumPy dtype.
        value: the array, or None in a graph of symbols.
        name: what it is called in the equations (`a_f`), or "".
        needs_grad: whether a differentiable leaf lies below it.

    """

    __slots__ = ()

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"a Node is immutable: to change {name}, make a new Tensor")

    @property
    def place(self) -> Place:
        """Where it stands in the network."""
        return self.stamp.place

    @property
    def phase(self) -> str:
        """The phase that made it: "forward" or "backward"."""
        return self.stamp.phase

    @property
    def origin(self) -> Node | None:
        """For a backward node, the forward node that it differentiates."""
        return self.stamp.origin

    @property
    def op(self) -> str:
        """The operation's name; a leaf is a "variable" or a "constant"."""
        if self.primitive is not None:
            return self.primitive.name
        return "variable" if self.needs_grad else "constant"

    def __repr__(self) -> str:
        name = f" {self.name}" if self.name else ""
        place = f" at {self.place}" if str(self.place) else ""
        return f"<{self.op}{name} {self.shape}{place}>"


def make_node(
    primitive: Primitive | None,
    inputs: tuple[Node, ...],
    attrs: Mapping[str, Any],
    shape: Shape,
    dtype: np.dtype[Any],
    value: Any,
    needs_grad: bool,
    name: str = "",
    box: Box | None = None,
) -> Node:
    """Make a node at the current place; a leaf stands outside of time and place."""
    node = _Draft()
    node.primitive = primitive
    node.inputs = inputs
    node.attrs = attrs
    node.shape = shape
    node.dtype = dtype
    node.value = value
    node.needs_grad = needs_grad
    node.name = name
    node.stamp = NOWHERE if primitive is None else current_stamp()
    node.box = Box() if box is None else box
    # Freezing by class costs a fifth of setting nine fields through object.__setattr__.
    node.__class__ = Node
    return node  # type: ignore[return-value]


def renamed(node: Node, name: str) -> Node:
    """Return a copy of `node` that is called `name`."""
    with stamped(node.stamp):
        return make_node(
            node.primitive,
            node.inputs,
            node.attrs,
            node.shape,
            node.dtype,
            node.value,
            node.needs_grad,
            name,
        )


def topological(outputs: Iterable[Node]) -> list[Node]:
    """List every node below `outputs`, inputs before readers, in one deterministic order."""
    order: dict[Node, None] = {}
    seen: set[Node] = set()
    stack = list(outputs)[::-1]
    while stack:
        node = stack[-1]
        if node not in seen:
            seen.add(node)
            stack += [below for below in node.inputs[::-1] if below not in seen]
        else:
            order.setdefault(stack.pop())  # a node is pushed once for each reader
    return list(order)


class HasNode(Protocol):
    """A handle on a node: a `Tensor` or a `Value`."""

    @property
    def node(self) -> Node:
        """The node that is held."""


class Graph:
    """Everything some outputs need, numbered: `graph.ids[node]` runs from 0, inputs first.

    The numbering depends on nothing but the graph's own shape and the order of inputs.

    Args:
        outputs: Tensors, Values or nodes.

    """

    def __init__(self, *outputs: HasNode | Node) -> None:
        held = [out if isinstance(out, Node) else out.node for out in outputs]
        self.outputs: tuple[Node, ...] = tuple(held)
        self.nodes: tuple[Node, ...] = tuple(topological(held))
        self.ids: dict[Node, int] = {node: i for i, node in enumerate(self.nodes)}

    def __len__(self) -> int:
        return len(self.nodes)

    def __iter__(self) -> Iterator[Node]:
        return iter(self.nodes)

    def __repr__(self) -> str:
        edges = sum(len(node.inputs) for node in self.nodes)
        return f"<Graph of {len(self)} nodes and {edges} edges>"

    @property
    def leaves(self) -> tuple[Node, ...]:
        """The nodes that read nothing: parameters, inputs, constants."""
        return tuple(node for node in self.nodes if node.primitive is None)

    def consumers(self) -> dict[Node, list[Node]]:
        """Map each node to its readers; a node read twice by one reader lists it twice."""
        readers: dict[Node, list[Node]] = {node: [] for node in self.nodes}
        for node in self.nodes:
            for below in node.inputs:
                readers[below].append(node)
        return readers

    def evaluate(self, leaves: Mapping[Any, Any]) -> dict[Node, Any]:
        """Compute every node again with other values at some leaves.

        Args:
            leaves: arrays by leaf (a Tensor or its node), of any dtype, complex included.

        Returns:
            The value of every node.

        Raises:
            ValueError: a leaf has neither a value of its own nor one here.

        """
        given = {getattr(leaf, "node", leaf): array for leaf, array in leaves.items()}
        values: dict[Node, Any] = {}
        for node in self.nodes:
            if node.primitive is None:
                values[node] = given.get(node, node.value)
                if values[node] is None:
                    raise ValueError(f"{node!r} is a symbol: give evaluate() a value for it")
            else:
                inputs = [values[below] for below in node.inputs]
                values[node] = node.primitive.kernel(*inputs, **node.attrs)
        return values

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return show(self)
