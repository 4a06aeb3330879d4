"""Pictures for those who do not see them: a title, a description, and a note on every node."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree

from autograd_rnn.diagrams.letters import count_of, plain, printable
from autograd_rnn.diagrams.scene import ColumnKind, Item, Kind, Scene

SVG = "http://www.w3.org/2000/svg"
MOST_NOTES = 60  # a description is listened to


def describe(scene: Scene) -> str:
    """Tell a scene in sentences, in the order of reading: parameters first, then step by step.

    Steps repeat each other, so the nodes of the first are told one by one, of the others not.
    """
    return " ".join([*_parameters(scene), *_columns(scene), *(f"{note}." for note in scene.notes)])


def _parameters(scene: Scene) -> Iterator[str]:
    entries = [
        f"{shared.letter} of shape {shared.shape}, read at {count_of(len(shared.steps), 'step')}"
        for shared in scene.shared
    ]
    if entries:
        yield f"Shared over the steps: {'; '.join(entries)}."
    if scene.slots:
        yield f"Carried from step to step: {', '.join(scene.slots)}."


def _columns(scene: Scene) -> Iterator[str]:
    told = False
    for number, column in enumerate(scene.columns):
        notes = _notes(scene, number)
        name = plain(column.label)
        if column.kind is ColumnKind.STEP and told:
            yield f"{name}: likewise, {len(notes)} nodes."
        else:
            yield f"{name}: {_listed(notes)}."
        told = told or column.kind is ColumnKind.STEP
    outside = _notes(scene, None)
    if outside:
        yield f"{'Outside of the steps: ' * bool(scene.columns)}{_listed(outside)}."


def _notes(scene: Scene, column: int | None) -> list[str]:
    left_out = (Kind.ALIAS, Kind.ENTRY)
    return [i.note for i in scene.items if i.column == column and i.kind not in left_out]


def _listed(notes: list[str]) -> str:
    more = f"; and {len(notes) - MOST_NOTES} more" if len(notes) > MOST_NOTES else ""
    return "; ".join(notes[:MOST_NOTES]) + more


def accessible_svg(drawn: bytes, scene: Scene, title: str) -> str:
    """Return Graphviz's SVG with a title, a description and notes in place of its own ids.

    Args:
        drawn: the SVG as Graphviz wrote it.
        scene: what it shows. title: what it is called.

    """
    ElementTree.register_namespace("", SVG)
    root = ElementTree.fromstring(drawn)
    notes = {item.id: item for item in scene.items}
    for group in root.iter(f"{{{SVG}}}g"):
        _retitle(group, notes)
    for text in root.iter(f"{{{SVG}}}text"):
        _lower(text)
    root.set("role", "img")
    root.set("style", "max-width: 100%; height: auto")  # a wide picture shrinks to its page
    for name, words in (("desc", describe(scene)), ("title", title)):
        element = ElementTree.Element(f"{{{SVG}}}{name}")
        element.text = printable(words)
        root.insert(0, element)
    return ElementTree.tostring(root, encoding="unicode")


def _retitle(group: ElementTree.Element, items: dict[str, Item]) -> None:
    """Put an item's note where Graphviz put a node's id; a browser shows it on hovering."""
    title = group.find(f"{{{SVG}}}title")
    if title is None:
        return
    if group.get("class") == "node" and title.text in items:
        title.text = printable(items[title.text].note)
    else:
        group.remove(title)
    group.attrib.pop("id", None)  # several pictures on a page would repeat it


def _lower(text: ElementTree.Element) -> None:
    """Set a subscript lower; browsers do not know baseline-shift on a text of its own."""
    if text.attrib.pop("baseline-shift", "") == "sub":
        drop = 0.3 * float(text.get("font-size", "10"))
        text.set("y", f"{float(text.get('y', '0')) + drop:.2f}")
