"""While Daraja does not answer the cashier hears so at once, and everything but the push goes on."""

from datetime import timedelta
from decimal import Decimal

import pytest

from payme import sales
from payme.daraja import MpesaUnavailable
from payme.kit.db.transaction import Database, Tx
from payme.sales import SaleState
from tests.support.daraja import PHONE, TERMS
from tests.support.goods import has_stock, opens_sale
from tests.support.shops import make_shop


@pytest.mark.parametrize(("open_s", "probe_s", "spared_s"), [(20, None, None), (-1, 20, None), (None, None, 20)])
async def test_a_push_is_refused_at_once_and_cash_is_taken(
    database: Database, open_s: int | None, probe_s: int | None, spared_s: int | None
) -> None:
    shop = await make_shop(database)
    assert shop.paybill is not None
    line = (TERMS.base_urls[shop.paybill.environment], shop.paybill.shortcode)
    opened = await opens_sale(shop, (await has_stock(shop), "1"))

    async def hold(tx: Tx) -> None:
        def at(seconds: int | None) -> object:
            return None if seconds is None else tx.now + timedelta(seconds=seconds)

        tx.write(
            """
            INSERT INTO daraja_breakers (base_url, shortcode, failures, open_until, probe_until, era, updated_at)
            VALUES ($1, $2, 0, $3, $4, 1, $5)
            """,
            *(*line, at(open_s), at(probe_s), tx.now),
        )
        if spared_s is not None:
            tx.write(
                "INSERT INTO daraja_paces (base_url, shortcode, call, not_before) VALUES ($1, $2, 'push', $3)",
                *(*line, at(spared_s)),
            )

    await shop.transact(hold)

    with pytest.raises(MpesaUnavailable) as told:
        await shop.transact(sales.ask_mpesa, opened.sale.id, PHONE, None, TERMS)
    assert 15 <= told.value.retry_after_s <= 20
    paid = await shop.transact(sales.take_cash, opened.sale.id, Decimal(500))
    assert paid.sale.state is SaleState.COMPLETED
