"""Replay: the audit alone gives what every book holds, or somebody changed one of the two."""

from payme.replay.models import Difference, Held, Replayed, Told
from payme.replay.rules import BOOKS, BROKEN, Book
from payme.replay.services import replay, replay_business

__all__ = ["BOOKS", "BROKEN", "Book", "Difference", "Held", "Replayed", "Told", "replay", "replay_business"]
