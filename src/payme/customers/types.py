"""Words of customers."""

from dataclasses import dataclass
from enum import Enum, StrEnum


class CustomerState(StrEnum):
    """Whether a customer can be named: a merged or an erased one never again."""

    LIVING = "living"
    MERGED = "merged"
    ERASED = "erased"


class Unchanged(Enum):
    """A field that a change leaves as it is; None would mean: take it away."""

    UNCHANGED = "unchanged"


UNCHANGED = Unchanged.UNCHANGED


@dataclass(frozen=True, slots=True)
class CustomerDraft:
    """A customer to be added; ``phone`` as somebody wrote it."""

    name: str
    phone: str | None = None
    note: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CustomerChange:
    """What to change; ``other_phones`` are those to keep of the numbers that came by merging."""

    name: str | Unchanged = UNCHANGED
    phone: str | Unchanged | None = UNCHANGED
    note: str | Unchanged = UNCHANGED
    tags: tuple[str, ...] | Unchanged = UNCHANGED
    other_phones: tuple[str, ...] | Unchanged = UNCHANGED
