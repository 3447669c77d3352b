"""Daraja, pretended: Safaricom's M-Pesa API for tests, trials and demonstrations, with a ledger of the truth.

An independent HTTP server. It shares no code with the client it is there to test. Which phone number brings what is
told by `scenarios.py` and by `GET /simulator/phones`.
"""

from payme.simulator.main import create_simulator
from payme.simulator.models import Delivery, FaultRule, Faults, Merchant, SimulatorConfig
from payme.simulator.types import BalanceItem, Fault, Outage, Outcome, PayerAnswer, PromptState

__all__ = [
    "BalanceItem",
    "Delivery",
    "Fault",
    "FaultRule",
    "Faults",
    "Merchant",
    "Outage",
    "Outcome",
    "PayerAnswer",
    "PromptState",
    "SimulatorConfig",
    "create_simulator",
]
