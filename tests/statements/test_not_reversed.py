"""A reversal that only our books have is missed where statements cover all of the time in which it was."""

from dataclasses import replace
from decimal import Decimal

import asyncpg
import pytest

from payme.statements import Fix, Reason
from tests.statements.conftest import Street
from tests.support.by_hand import new_receipt


def reversed_by_mpesa(street: Street, receipt: str, *, ordered: int, paid: int, payout: str | None) -> str:
    """Plant what only our books say: M-PESA gave the money of a receipt back."""
    return f"""
        WITH booked AS (
            SELECT * FROM money_in
             WHERE business_id = '{street.shop.business_id}' AND receipt = '{receipt}'),
        config AS (SELECT id FROM payment_configs WHERE business_id = '{street.shop.business_id}' LIMIT 1),
        refund AS (
            INSERT INTO refunds (business_id, id, money_in_id, shortcode, amount, reason, state, method, payout_receipt,
                                 requested_by, decided_by, paid_by, paid_at, created_at, updated_at)
            SELECT business_id, gen_random_uuid(), id, shortcode, amount, 'a mistake', 'paid', 'reversal',
                   {f"'{payout}'" if payout else "NULL"}, gen_random_uuid(), gen_random_uuid(), gen_random_uuid(),
                   '{street.at(paid)}', '{street.at(ordered)}', '{street.at(paid)}' FROM booked RETURNING *)
        INSERT INTO refund_attempts (business_id, id, refund_id, payment_config_id, state, created_at, updated_at)
        SELECT refund.business_id, gen_random_uuid(), refund.id, config.id, 'done', '{street.at(ordered)}',
               '{street.at(paid)}' FROM refund, config
    """


@pytest.mark.parametrize(
    ("came", "ordered", "paid", "known", "missed"),
    [
        (10, 20, 21, True, True),
        (2, 20, 21, True, True),  # it came before statements begin, and was ordered while they cover
        (2, 20, 21, False, False),  # M-PESA says that it was so already: when, nobody knows
        (10, 20, 21, False, True),
        (10, 20, 58, True, False),  # its result came late, beyond what statements cover
        (10, 2, 21, True, False),
    ],
)
async def test_a_reversal_that_only_our_books_have(
    street: Street, owner_dsn: str, came: int, ordered: int, paid: int, known: bool, missed: bool
) -> None:
    receipt, payout = new_receipt(street.shop), new_receipt(street.shop)
    await street.books(receipt, "300", street.at(came))
    street.portal.pays(receipt, street.at(came), "300", reason="Pay Bill")
    await street.paid_by_hand(3)
    await street.paid_by_hand(55)
    owner = await asyncpg.connect(owner_dsn)
    await owner.execute(
        reversed_by_mpesa(street, receipt, ordered=ordered, paid=paid, payout=payout if known else None)
    )
    await owner.close()
    portal = street.portal if came > 3 else replace(street.portal, rows=street.portal.rows[1:])
    await street.brings(portal)

    told = [one for one in await street.differences() if one.reason is not Reason.OURS_ONLY]
    assert [(one.reason, one.fix, one.amount) for one in told] == (
        [(Reason.NOT_REVERSED, Fix.WRITE_ENTRY, Decimal(300))] if missed else []
    )
    if missed:
        assert [kind for kind, _ in await street.issues()] == ["statement_not_reversed"]
        portal.reverses(payout, street.at(20), "300", receipt)  # a statement shows it after all
        await street.brings(portal)
        assert await street.told() == []
