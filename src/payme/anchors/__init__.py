"""Anchors: places outside of the database are told how far the audit is sealed, so that no end of it can be cut off."""

from payme.anchors.models import PlaceState, Testimony
from payme.anchors.queries import list_places
from payme.anchors.types import PROVED_BACK

__all__ = ["PROVED_BACK", "PlaceState", "Testimony", "list_places"]
