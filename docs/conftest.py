"""What the examples of a page add to the table of operations goes when the page ends."""

from collections.abc import Iterator

import pytest

from autograd_rnn.engine import PRIMITIVES

# Made when the pages are built; the docstrings in them are executed where they stand.
collect_ignore = ["_build", "catalogue", "figures", "reference"]


@pytest.fixture(autouse=True)
def the_table_as_it_was() -> Iterator[None]:
    """Put the table of operations back."""
    before = dict(PRIMITIVES)
    yield
    PRIMITIVES.clear()
    PRIMITIVES.update(before)
