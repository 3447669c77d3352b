"""Shops that write, tell and refund, as their own rooms' tests make them."""

from tests.alerts.conftest import mail, telling
from tests.refunds.conftest import till
from tests.reminders.conftest import lending, network

__all__ = ["lending", "mail", "network", "telling", "till"]
