"""What all steps of a picture have in common: each item's role, and who reads whom, laid out once.

Two items of different steps have the same role when they are of the same gate and called alike but
for the time. The template of a step is the union of the roles of all steps: the first or the last
may lack some of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Hashable, Iterable
from dataclasses import dataclass, field
from heapq import heappop, heappush

from autograd_rnn.diagrams.scene.items import Edge, Item, Kind, Scene
from autograd_rnn.diagrams.typography.letters import Letter, Text

Role = tuple[Hashable, ...]
ELEMENTWISE = {"+", "⊙", "−", "×"}


class NoLanes(ValueError):  # noqa: N818 - it says what was met
    """A scene cannot be laid out in lanes."""


@dataclass
class Template:
    """The roles of a step and how they are connected.

    Attributes:
        roles: an item for each role, in the order of execution.
        role_of: the role of each item, by id.
        reads: for each role, what of its own step it reads, without aliases and entries.
        aliases: for each role, the shared leaves attached to it.
        enters: for each rail, the roles that read what it carries into the step.
        leaves: for each rail, the role whose value it carries out of the step.

    """

    roles: dict[Role, Item] = field(default_factory=dict)
    role_of: dict[str, Role] = field(default_factory=dict)
    reads: dict[Role, list[Role]] = field(default_factory=dict)
    aliases: dict[Role, list[Role]] = field(default_factory=dict)
    enters: dict[str, list[Role]] = field(default_factory=dict)
    leaves: dict[str, Role] = field(default_factory=dict)

    def readers(self) -> dict[Role, list[Role]]:
        """Return, for each role, the roles of its own step that read it."""
        found: dict[Role, list[Role]] = {role: [] for role in self.reads}
        for role, sources in self.reads.items():
            for source in sources:
                found[source].append(role)
        return found

    def ordered(self) -> list[Role]:
        """Return the roles of a step so that each comes after what it reads.

        Raises `NoLanes` where steps differ so much that there is no such order.
        """
        readers, order = self.readers(), list(self.reads)
        number = {role: i for i, role in enumerate(order)}
        missing = {role: len(reads) for role, reads in self.reads.items()}
        waiting = [number[role] for role, count in missing.items() if not count]
        done: list[Role] = []
        while waiting:  # the first in the order of execution that is ready
            done.append(order[heappop(waiting)])
            for reader in readers[done[-1]]:
                missing[reader] -= 1
                if not missing[reader]:
                    heappush(waiting, number[reader])
        if len(done) < len(missing):
            raise NoLanes("the steps of this graph are not built alike")
        return done

    def carousel(self, rail: str) -> list[Role]:
        """Return the roles on the way of a state through its step, if all are elementwise.

        Such a state, the LSTM's c or the GRU's h, can pass the step unchanged. The way is the
        shortest one; it is empty where there is none.
        """
        end = self.leaves.get(rail)
        readers = self.readers()
        ways = [[first] for first in self.enters.get(rail, ()) if self.is_elementwise(first)]
        seen: set[Role] = set()
        while ways and end is not None:
            way = ways.pop(0)
            if way[-1] == end:
                return way
            for role in readers[way[-1]]:
                if role not in seen and self.is_elementwise(role):
                    seen.add(role)
                    ways.append([*way, role])
        return []

    def is_elementwise(self, role: Role) -> bool:
        """Whether the role only adds or multiplies element by element."""
        item = self.roles[role]
        signs = [part.strip() for part in item.symbol if isinstance(part, str)]
        return item.kind is Kind.OPERATION and bool(signs) and signs[-1] in ELEMENTWISE

    def part(self, wanted: Iterable[Role]) -> Template:
        """Return the template of some of the roles."""
        kept = set(wanted)
        enters = {
            rail: found
            for rail, readers in self.enters.items()
            if (found := [role for role in readers if role in kept])
        }
        return Template(
            roles={role: item for role, item in self.roles.items() if role in kept},
            reads={
                role: [read for read in reads if read in kept]
                for role, reads in self.reads.items()
                if role in kept
            },
            aliases={role: found for role, found in self.aliases.items() if role in kept},
            enters=enters,
            leaves={rail: role for rail, role in self.leaves.items() if role in kept},
        )


def template_of(scene: Scene, ids: Collection[str]) -> Template:
    """Return what the steps that some items of a scene belong to have in common."""
    made = Template()
    items = {item.id: item for item in scene.items}
    _assign_roles(made, [item for item in scene.items if item.id in ids])
    met: Counter[Role] = Counter()
    for edge in scene.edges:
        if edge.target in ids and edge.source in ids:
            _attach(made, items, edge, met)
            _connect(made, items, edge)
    for edge in scene.edges:
        beside = items[edge.target].stretch == items[edge.source].stretch
        if edge.slot and edge.source in made.role_of and beside:
            made.leaves.setdefault(items[edge.target].rail, made.role_of[edge.source])
    return made


def _assign_roles(made: Template, items: Iterable[Item]) -> None:
    met: Counter[tuple[int | None, Role]] = Counter()
    for item in items:
        if item.kind is Kind.ALIAS:
            continue
        looks: Role = (
            item.kind,
            item.lane,
            item.group,
            item.rail,
            item.letter and item.kind is not Kind.ENTRY and timeless(item.letter),
            item.letter is None and _timeless_text(item.symbol),
        )
        role = (*looks, met[item.column, looks])
        met[item.column, looks] += 1
        made.role_of[item.id] = role
        made.roles.setdefault(role, item)
        if item.kind is not Kind.ENTRY:
            made.reads.setdefault(role, [])
        if item.rail and item.kind is Kind.OPERATION:
            made.leaves.setdefault(item.rail, role)


def _attach(made: Template, items: dict[str, Item], edge: Edge, met: Counter[Role]) -> None:
    """Give an alias its role: that of its letter beside its reader."""
    alias, reader = items[edge.source], made.role_of.get(edge.target)
    if alias.kind is Kind.ALIAS and reader is not None:
        seen = (alias.letter, edge.target)
        role: Role = (Kind.ALIAS, alias.letter, reader, met[seen])
        met[seen] += alias.id not in made.role_of
        made.role_of[alias.id] = role
        made.roles.setdefault(role, alias)


def _connect(made: Template, items: dict[str, Item], edge: Edge) -> None:
    source, target = items[edge.source], items[edge.target]
    role, read = made.role_of.get(edge.target), made.role_of.get(edge.source)
    same_column = source.column == target.column
    if role is None or read is None or target.kind is Kind.ENTRY or not same_column:
        return
    if source.kind is Kind.ALIAS:
        known = made.aliases.setdefault(role, [])
    elif source.kind is Kind.ENTRY:
        known, read = made.enters.setdefault(source.rail, []), role
    else:
        known = made.reads[role]
    if read not in known:
        known.append(read)


def timeless(letter: Letter) -> tuple[str, ...]:
    """Return the letter without its time step: a_f,2 becomes a_f, and a^⟨2⟩ becomes a."""
    scripts = [script.split(",") for script in (letter.sub, letter.sup)]
    kept = [[part for part in parts if not part.strip("⟨⟩()").isdigit()] for parts in scripts]
    return letter.base, *map(",".join, kept)


def _timeless_text(text: Text) -> tuple[Hashable, ...]:
    return tuple("·" if isinstance(part, Letter) else part for part in text)
