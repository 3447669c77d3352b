"""Daraja, pretended: Safaricom's M-Pesa API for tests, trials and demonstrations, with a ledger of the truth.

An independent HTTP server. It shares no code with the client it is there to test. docs/simulator.md says how to use
it; `scenarios.py` and `GET /simulator/phones` which phone number brings what, `faults.py` and `GET /simulator/faults`
what can go wrong.
"""

from payme.simulator.faults import FAULTS, read_rule
from payme.simulator.main import create_simulator
from payme.simulator.models import Delivery, FaultRule, Faults, Merchant, SimulatorConfig
from payme.simulator.types import BalanceItem, Fault, Outage, Outcome, PayerAnswer, PromptState

__all__ = [
    "FAULTS",
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
    "read_rule",
]
