"""Facts of privacy."""

from dataclasses import dataclass

from payme.kit.events import Event


@dataclass(frozen=True)
class CustomerExported(Event):
    """Somebody read all that the shop holds about a customer, to hand it over."""

    sales: int
