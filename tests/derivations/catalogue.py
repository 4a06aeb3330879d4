"""The catalogue, each topic derived once however many tests read it."""

from functools import cache

from derivations import derive
from derivations.step import Derivation

TOPICS = tuple(derive())


@cache
def derived(topic: str) -> Derivation:
    return derive(topic)
