"""What places outside of the database are told, and how they stand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from payme.seals import Anchor, Restored


@dataclass(frozen=True, slots=True)
class TakenPlace:
    """A place that is ours to tell; ``tries`` counts this one, ``told_era`` is the last restore that it knows of."""

    tries: int
    told_era: int


@dataclass(frozen=True, slots=True)
class PlaceState:
    """How a place stands."""

    place: str
    due_at: datetime
    told_at: datetime | None
    failing_since: datetime | None
    note: str


@dataclass(frozen=True, slots=True)
class Testimony:
    """What places outside tell, and why some could not be asked."""

    anchors: Mapping[UUID, Sequence[Anchor]] = field(default_factory=dict)
    restores: Sequence[Restored] = ()
    unasked: Mapping[str, str] = field(default_factory=dict)
