"""Work that makes many objects and no cycles, without the collector of cycles.

A picture of a thousand steps is half a million objects that live until it is written. The collector
looks through all of them again whenever their number has grown by a quarter, and finds nothing.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Pause the collector of cycles, if it runs; as a decorator, during a call."""
    runs = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if runs:
            gc.enable()
