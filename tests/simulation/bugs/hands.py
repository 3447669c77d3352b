"""Planted where money is in people's hands: paid without a prompt, claimed at the till, given back."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from unittest.mock import patch
from uuid import UUID

from payme import money
from payme.kit.db.transaction import Tx
from payme.money import Booking, Claim, MoneyIn, MoneyReceived, NewMoney, Source
from payme.money import repository as money_repository
from payme.refunds import Refund
from payme.refunds import rules as refund_rules
from payme.refunds import services as refund_services
from payme.refunds.models import Attempt, NotReversed
from payme.settlement import services as settlement_services
from tests.simulation.world import World


@contextmanager
def claim_without_lock(_: World) -> Iterator[None]:
    """Money that waits is given a purpose without being held."""

    async def guard_money(tx: Tx, money_in_id: UUID) -> None:
        return None

    with patch("payme.money.repository.guard_money", guard_money):
        yield


@contextmanager
def waiting_money_applied_twice(_: World) -> Iterator[None]:
    """What of a receipt waits is taken to be all of it, whatever was claimed of it before."""

    async def hold(tx: Tx, money_in_id: UUID) -> Booking:
        held = await honest(tx, money_in_id)
        return replace(held, loose=held.money.amount)

    honest = money.hold
    with patch.object(money, "hold", hold):
        yield


@contextmanager
def confirmation_booked_twice(_: World) -> Iterator[None]:
    """A receipt that is told of again is taken for new money."""

    async def book(tx: Tx, new: NewMoney) -> Booking | None:
        booking = await honest(tx, new)
        return booking and replace(booking, is_new=True, loose=booking.money.amount)

    honest = money.book
    with patch.object(money, "book", book):
        yield


@contextmanager
def typed_account_believed(_: World) -> Iterator[None]:
    """Whoever types the code of a prompt is taken to have paid the prompt, whatever they paid."""
    with patch("payme.settlement.rules.is_of_prompt", lambda *_: True):
        yield


@contextmanager
def message_taken_for_money(_: World) -> Iterator[None]:
    """A message that a customer shows is booked as what it says."""

    async def claim(
        tx: Tx,
        sale_id: UUID,
        receipt: str,
        amount: Decimal,
        payer_name: str,
        paid_at: datetime | None,
        booked: MoneyIn | None,
    ) -> Claim:
        if booked is None:
            said = MoneyIn(
                id=tx.new_id(),
                shortcode="600990",
                receipt=receipt,
                amount=amount,
                phone="",
                payer_name=payer_name,
                account_reference="",
                paid_at=paid_at or tx.now,
                source=Source.STATUS,
                callback_id=None,
                created_at=tx.now,
            )
            if await money_repository.list_receipt(tx, said.shortcode, receipt, said.id):
                money_repository.insert_money_in(tx, said)
                tx.emit(MoneyReceived(said.id, said.shortcode, said.receipt, said.amount, said.source))
                await settlement_services._place(tx, Booking(said, is_new=True, loose=amount), sale_id)  # noqa: SLF001
                booked = said
        return await honest(tx, sale_id, receipt, amount, payer_name, paid_at, booked)

    honest = money.claim
    with patch.object(money, "claim", claim):
        yield


@contextmanager
def refund_approved_by_who_asked(_: World) -> Iterator[None]:
    """Whoever asked for a refund may agree to it."""
    with patch.object(refund_rules, "check_other_person", lambda *_: None):
        yield


@contextmanager
def refund_paid_twice(_: World) -> Iterator[None]:
    """A refund that is paid can be paid again."""
    honest = refund_rules.may_move
    with patch.object(refund_rules, "may_move", lambda now, then: now is then or honest(now, then)):
        yield


@contextmanager
def refund_not_set_aside(_: World) -> Iterator[None]:
    """Money that is to be given back stays where others find it."""

    async def set_aside(tx: Tx, refund: Refund) -> None:
        return None

    with patch.object(refund_services, "_set_aside", set_aside):
        yield


@contextmanager
def refund_taken_from_nowhere(_: World) -> Iterator[None]:
    """Money is set aside for a refund, and what it stood for before stands as well."""

    async def move(tx: Tx, money_in_id: UUID, given: money.Share, reason: str) -> None:
        booked = await money.get_money_in(tx, money_in_id)
        await money.allocate(tx, Booking(booked, is_new=True, loose=given.amount), [given])

    with patch.object(money, "move", move):
        yield


@contextmanager
def payout_receipt_used_twice(_: World) -> Iterator[None]:
    """One payout of M-PESA is written down for two refunds."""

    async def is_new_receipt(tx: Tx, receipt: str) -> bool:
        return True

    with patch.object(refund_services, "_is_new_receipt", is_new_receipt):
        yield


@contextmanager
def silence_taken_for_refusal(_: World) -> Iterator[None]:
    """A reversal that Daraja did not answer is thought not to have happened."""

    def lose(tx: Tx, attempt: Attempt, refund: Refund, why: str, callback_id: UUID | None) -> bool:
        lost.append((attempt, refund, why, callback_id))
        return True

    async def stop_waiting(tx: Tx, attempt_id: UUID) -> None:
        await honest_stop(tx, attempt_id)
        await refuse(tx)

    async def record_answer(tx: Tx, attempt_id: UUID, answer: object) -> None:
        await honest_record(tx, attempt_id, answer)  # type: ignore[arg-type]  # handed on as it came
        await refuse(tx)

    async def refuse(tx: Tx) -> None:
        while lost:
            attempt, refund, why, callback_id = lost.pop()
            await refund_services._not_reversed(tx, attempt, refund, NotReversed("1", why), callback_id)  # noqa: SLF001

    lost: list[tuple[Attempt, Refund, str, UUID | None]] = []
    honest_stop, honest_record = refund_services.stop_waiting, refund_services.record_answer
    with (
        patch.object(refund_services, "_lose", lose),
        patch.object(refund_services, "stop_waiting", stop_waiting),
        patch.object(refund_services, "record_answer", record_answer),
    ):
        yield
