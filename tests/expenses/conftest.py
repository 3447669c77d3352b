"""The same street as where statements are compared, and a shop whose clock a test sets."""

from tests.reports.conftest import books, clock, shop
from tests.statements.conftest import street

__all__ = ["books", "clock", "shop", "street"]
