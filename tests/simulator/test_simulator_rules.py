"""The pure decisions of the simulator."""

from datetime import UTC, datetime
from random import Random

import pytest

from payme.simulator import Outcome, SimulatorConfig, rules
from payme.simulator.scenarios import SCRIPTS


@pytest.mark.parametrize(
    ("at", "begins"),
    [
        (datetime(2026, 5, 4, 18, 4, tzinfo=UTC), "UE4"),
        (datetime(2024, 1, 1, 0, 0, tzinfo=UTC), "SA1"),
        (datetime(2025, 9, 10, 9, 0, tzinfo=UTC), "TIA"),
        (datetime(2025, 12, 31, 20, 59, tzinfo=UTC), "TLV"),
        (datetime(2025, 12, 31, 21, 0, tzinfo=UTC), "UA1"),
    ],
)
def test_a_receipt_begins_with_the_day_in_east_africa(at: datetime, begins: str) -> None:
    receipt = rules.receipt_number(1, at, offset=0)

    assert receipt[:3] == begins
    assert len(receipt) == 10
    assert receipt.isalnum()
    assert receipt.upper() == receipt


def test_no_receipt_of_a_day_comes_twice() -> None:
    at = datetime(2026, 5, 4, tzinfo=UTC)

    assert len({rules.receipt_number(number, at, offset=12345) for number in range(50_000)}) == 50_000


def test_a_checkout_id_is_stamped_in_east_africa() -> None:
    at = datetime(2026, 5, 4, 22, 4, 10, tzinfo=UTC)

    assert rules.checkout_request_id(at, "254722000123", fraction=7) == "ws_CO_05052026010410007722000123"


@pytest.mark.parametrize("fast", [False, True])
def test_payments_take_as_long_as_they_should(*, fast: bool) -> None:
    config = SimulatorConfig(fast=fast)
    drawn = [rules.timeline(config, SCRIPTS[Outcome.PAID], Random(seed)) for seed in range(500)]
    totals = [timeline.settle_after_s + timeline.callback_after_s for timeline in drawn]

    shortest, longest = (0.04, 0.145) if fast else (8, 29)
    assert shortest <= min(totals)
    assert max(totals) <= longest
    assert max(totals) - min(totals) > (longest - shortest) / 2


def test_a_late_callback_is_scaled_unless_its_time_is_given() -> None:
    assert SimulatorConfig().late_s == 150
    assert SimulatorConfig(fast=True).late_s == 0.75
    assert SimulatorConfig(fast=True, late_after_s=2).late_s == 2
