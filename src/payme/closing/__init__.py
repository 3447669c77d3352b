"""Closing: what is still on its way when somebody counts a drawer. Reads of other rooms' books, no writes."""

from payme.closing.models import Unsettled
from payme.closing.queries import list_unsettled

__all__ = ["Unsettled", "list_unsettled"]
