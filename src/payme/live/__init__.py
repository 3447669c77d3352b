"""Live status: screens that follow payments and tills, and are told when something they show changed."""

from payme.live.errors import TooManyStreams
from payme.live.models import TillView
from payme.live.queries import get_till
from payme.live.services import Streams, announce
from payme.live.types import Limits, Rhythm

__all__ = ["Limits", "Rhythm", "Streams", "TillView", "TooManyStreams", "announce", "get_till"]
