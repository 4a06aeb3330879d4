"""What may be assumed of families of random variables, one fact a class.

A fact says what it says and no more: `moments.World` uses it to settle moments, and what the facts
at hand do not settle stays unknown. Several facts about one family must be true together.
"""

from __future__ import annotations

from dataclasses import dataclass

from derivations.chance.scalars import Scalar


@dataclass(frozen=True)
class Independent:
    """The family `first` as a whole is independent of `second`; of itself: its members are."""

    first: str
    second: str


@dataclass(frozen=True)
class ZeroMean:
    """Every member of the family has expectation 0."""

    family: str


@dataclass(frozen=True)
class Mean:
    """Every member of the family has the member of `of` with the same index as expectation."""

    family: str
    of: str


@dataclass(frozen=True)
class Identical:
    """All members of the family, at all times, have the same distribution, each taken alone."""

    family: str


@dataclass(frozen=True)
class Certain:
    """Every member of the family is this number."""

    family: str
    number: int


@dataclass(frozen=True)
class Given:
    """The members of these families are held fixed: each is some number, and not random."""

    families: tuple[str, ...]


@dataclass(frozen=True)
class Symmetric:
    """Every member of the family has the same distribution as its negative."""

    family: str


@dataclass(frozen=True)
class Uniform:
    """Every member of the family is uniform between minus and plus the constant `limit`."""

    family: str
    limit: str


@dataclass(frozen=True)
class Gaussian:
    """Every member of the family is normal, with mean 0 and this standard deviation."""

    family: str
    deviation: Scalar


@dataclass(frozen=True)
class Bernoulli:
    """Every member of the family is 1 with probability `chance`, and 0 otherwise."""

    family: str
    chance: Scalar


@dataclass(frozen=True)
class Linear:
    """The activation function is what its tangent at 0 says it is."""

    function: str


@dataclass(frozen=True)
class Same:
    """The constant is the same number whatever its index."""

    constant: str


@dataclass(frozen=True)
class Definition:
    """The constant stands for this quantity."""

    constant: str
    meaning: Scalar


@dataclass(frozen=True)
class Below:
    """The positive constant is less than this positive quantity."""

    constant: str
    bound: Scalar


@dataclass(frozen=True)
class Above:
    """The positive constant is greater than this positive quantity."""

    constant: str
    bound: Scalar


Fact = (
    Independent
    | ZeroMean
    | Mean
    | Identical
    | Certain
    | Given
    | Symmetric
    | Uniform
    | Gaussian
    | Bernoulli
    | Linear
    | Same
    | Definition
    | Below
    | Above
)
