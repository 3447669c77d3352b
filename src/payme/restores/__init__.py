"""Restores: what waited to leave when a backup was made does not leave a second time."""

from payme.restores.models import HeldBack
from payme.restores.services import hold_back

__all__ = ["HeldBack", "hold_back"]
