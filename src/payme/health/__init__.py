"""Health: how a business does, as one number and the parts that it is made of."""

from payme.health.models import Figures, Health, Part
from payme.health.queries import get_health
from payme.health.types import PARTS, PartName

__all__ = ["PARTS", "Figures", "Health", "Part", "PartName", "get_health"]
