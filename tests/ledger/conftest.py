"""A shop whose clock a test sets, so that days pass."""

from tests.reports.conftest import books, clock, shop

__all__ = ["books", "clock", "shop"]
