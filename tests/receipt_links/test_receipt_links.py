"""A receipt is seen by whoever has its address and by nobody else, and goes to the customer's telephone."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from payme import customers, receipt_links, returns, sales, sms
from payme.kit.db.transaction import Database
from payme.receipt_links import NewReceiptLink, NothingBought, ReceiptGone, Sharing, TooManyLinks
from payme.sales import Cancellation
from payme.sms import Language, Outbox, SmsFilter, SmsMessage, SmsState, Terms, TooManyReceipts
from payme.sms.jobs import SmsDesk, send_due
from tests.sms.conftest import PRICE
from tests.support.database import in_time
from tests.support.goods import draft_of, has_stock, opens_sale
from tests.support.people import adds_customer, new_phone
from tests.support.shops import BOX, Shop, make_shop
from tests.support.together import count, together
from tests.support.web import a_client, an_app

SHARING = Sharing("http://shop.test", BOX.keys)
TOKEN = re.compile(r"http://shop\.test/r/([a-z2-7]{26})")


@dataclass
class Selling:
    """A shop with a sale of 300, and a visitor who signed in nowhere."""

    shop: Shop
    sale_id: UUID
    visitor: httpx.AsyncClient

    async def shares(self) -> NewReceiptLink:
        return await self.shop.transact(receipt_links.share_receipt, self.sale_id, SHARING, role="cashier")

    async def sends(self, phone: str | None = None, sale_id: UUID | None = None) -> SmsMessage:
        return await self.shop.transact(
            receipt_links.send_receipt, sale_id or self.sale_id, phone, SHARING, role="cashier"
        )


@pytest.fixture
async def selling(database: Database) -> AsyncIterator[Selling]:
    shop = await make_shop(database, "Mama Njeri's <b>Duka</b>")
    sugar = await has_stock(shop)
    opened = await opens_sale(shop, (sugar, "2"), cash="300.00")
    async with a_client(an_app(database)) as visitor:
        yield Selling(shop, opened.sale.id, visitor)


async def test_whoever_has_the_address_sees_the_receipt_and_nothing_else(selling: Selling) -> None:
    new = await selling.shares()

    page = await selling.visitor.get(new.address)
    text = await selling.visitor.get(new.address, headers={"Accept": "text/plain"})

    assert page.status_code == text.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "<b>" not in page.text
    assert "Mama Njeri&#x27;s &lt;b&gt;Duka&lt;/b&gt;" in page.text
    assert "TOTAL KES" in text.text
    assert "300.00" in text.text
    for answer in (page, text):
        assert answer.headers["cache-control"] == "no-store"
        assert "noindex" in answer.headers["x-robots-tag"]
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert '<meta name="robots" content="noindex, nofollow">' in page.text


async def test_a_wrong_an_ended_and_a_revoked_address_are_the_same_404(selling: Selling, database: Database) -> None:
    new, other = await selling.shares(), await selling.shares()
    token = TOKEN.fullmatch(new.address)
    assert token is not None
    wrong = await selling.visitor.get(f"/r/{token[1][:-1]}{'a' if token[1][-1] != 'a' else 'b'}")
    late = in_time(database, new.link.expires_at)
    async with a_client(an_app(late)) as visitor:
        ended = await visitor.get(new.address)
    almost = in_time(database, new.link.expires_at - timedelta(seconds=1))
    async with a_client(an_app(almost)) as visitor:
        assert (await visitor.get(new.address)).status_code == 200
    assert await selling.shop.transact(receipt_links.revoke_links, selling.sale_id) == 2
    revoked = await selling.visitor.get(other.address)

    bodies: list[dict[str, Any]] = [answer.json() for answer in (wrong, ended, revoked)]
    assert [answer.status_code for answer in (wrong, ended, revoked)] == [404, 404, 404]
    assert {body["code"] for body in bodies} == {"receipt_gone"}
    assert {body["title"] for body in bodies} == {ReceiptGone.title}
    assert await selling.shop.transact(receipt_links.revoke_links, selling.sale_id) == 0


async def test_the_secret_of_an_address_is_in_no_table(selling: Selling, owner_dsn: str) -> None:
    new = await selling.shares()
    sent = await selling.sends("0712345678")
    connection = await asyncpg.connect(owner_dsn)
    try:
        tables = await connection.fetch("SELECT relname FROM pg_class WHERE relkind = 'r' AND relname LIKE '%s'")
        names = [row["relname"] for row in tables if not row["relname"].startswith(("pg_", "sql_"))]
        assert {"receipt_links", "receipt_link_tokens", "sms_messages", "audit_entries"} <= set(names)
        for name in names:
            found = await connection.fetchval(
                f"SELECT count(*) FROM {name} AS t WHERE t::text LIKE $1", f"%{new.token}%"
            )
            assert found == 0, name
        assert not TOKEN.search(await connection.fetchval("SELECT text FROM sms_messages WHERE id = $1", sent.id))
    finally:
        await connection.close()


async def test_the_customer_gets_total_and_address_by_sms(selling: Selling, database: Database, tmp_path: Any) -> None:
    phone = new_phone()
    customer = await adds_customer(selling.shop, phone=phone)
    sugar = await has_stock(selling.shop, "Flour", "150.00")
    sold = await selling.shop.transact(
        sales.open_sale, draft_of((sugar, "2"), cash="300.00", customer=customer.id), role="cashier"
    )
    outbox = tmp_path / "data" / "sms.jsonl"
    carrier = Outbox(outbox, database.seams.clock.now)
    desk = SmsDesk(database, carrier, Terms(PRICE, BOX.keys, carrier.name))

    queued = await selling.sends(sale_id=sold.sale.id)
    assert await send_due(desk, selling.shop.business_id) == 1

    line = outbox.read_text(encoding="utf-8")
    assert f'"to": "+254{phone[1:]}"' in line
    assert "KES 300.00" in line
    token = TOKEN.search(line)
    assert token is not None
    assert (await selling.visitor.get(f"/r/{token[1]}")).status_code == 200
    message = await selling.shop.transact(sms.get_message, queued.id)
    assert (message.state, message.customer_id, message.cost) == (SmsState.SENT, customer.id, 0)
    assert message.segments == 1
    assert outbox.stat().st_mode & 0o077 == 0


async def test_eight_taps_at_once_send_a_receipt_three_times_at_most(selling: Selling) -> None:
    results = await together(8, lambda _: selling.sends("0712345678"))

    assert count(results, SmsMessage) == 3
    assert count(results, TooManyReceipts) == 5


async def test_one_number_gets_five_receipts_a_day(selling: Selling, database: Database) -> None:
    sugar = await has_stock(selling.shop, "Salt", "10.00", "100")
    phone = new_phone()

    async def sends_another(_: int) -> SmsMessage:
        sold = await opens_sale(selling.shop, (sugar, "1"), cash="10.00")
        return await selling.sends(phone, sold.sale.id)

    for number in range(5):
        await sends_another(number)
    with pytest.raises(TooManyReceipts):
        await sends_another(5)
    tomorrow = in_time(database, datetime.now().astimezone() + timedelta(hours=25))
    sold = await opens_sale(selling.shop, (sugar, "1"), cash="10.00")
    later = Shop(tomorrow, selling.shop.business_id, selling.shop.owner, selling.shop.people)
    await later.transact(receipt_links.send_receipt, sold.sale.id, phone, SHARING)


async def test_a_receipt_goes_only_where_somebody_says_and_never_of_one_that_was_undone(selling: Selling) -> None:
    sugar = await has_stock(selling.shop, "Tea", "50.00")
    opened = await opens_sale(selling.shop, (sugar, "1"))
    with pytest.raises(receipt_links.NoPhone):
        await selling.sends()
    await selling.shop.transact(sales.cancel_sale, opened.sale.id, Cancellation("a mistake"))

    with pytest.raises(NothingBought):
        await selling.sends("0712345678", opened.sale.id)
    await selling.shop.transact(returns.void_sale, selling.sale_id, Cancellation("a mistake"))
    with pytest.raises(NothingBought):
        await selling.sends("0712345678")


async def test_who_was_merged_is_written_to_as_who_stayed_and_who_was_erased_not_at_all(selling: Selling) -> None:
    stays, goes = [await adds_customer(selling.shop, phone=new_phone()) for _ in range(2)]
    sugar = await has_stock(selling.shop, "Rice", "50.00")
    sold = await selling.shop.transact(sales.open_sale, draft_of((sugar, "1"), customer=goes.id), role="cashier")
    await selling.shop.transact(customers.merge_customers, stays.id, goes.id)
    await selling.shop.transact(sms.set_preference, [stays.id], stays.id, Language.SWAHILI, True)

    message = await selling.sends(sale_id=sold.sale.id)
    assert (message.customer_id, message.phone) == (stays.id, stays.phone)
    assert message.language is Language.SWAHILI
    assert message.text is not None
    assert "asante" in message.text
    await selling.shop.transact(customers.erase_customer, stays.id)
    with pytest.raises(receipt_links.NoPhone):
        await selling.sends(sale_id=sold.sale.id)


async def test_a_receipt_has_twenty_good_addresses_at_most(selling: Selling) -> None:
    for _ in range(20):
        await selling.shares()
    with pytest.raises(TooManyLinks):
        await selling.shares()
    await selling.shop.transact(receipt_links.revoke_links, selling.sale_id)
    await selling.shares()


async def test_the_routes_share_send_and_take_back(selling: Selling, database: Database) -> None:
    at = f"/v1/businesses/{selling.shop.business_id}"
    async with a_client(an_app(database), token=selling.shop.person("cashier").token) as till:
        shared = await till.post(f"{at}/sales/{selling.sale_id}/receipt-links")
        key = {"Idempotency-Key": str(uuid4())}
        body = {"phone": "0712 345 678"}
        sent = await till.post(f"{at}/sales/{selling.sale_id}/receipt-sms", json=body, headers=key)
        again = await till.post(f"{at}/sales/{selling.sale_id}/receipt-sms", json=body, headers=key)
        bad = await till.post(
            f"{at}/sales/{selling.sale_id}/receipt-sms", json={"phone": "0712345"}, headers={"Idempotency-Key": "k" * 9}
        )
        revoked = await till.delete(f"{at}/sales/{selling.sale_id}/receipt-links")
        closed = await till.get(f"{at}/sms-messages")

    assert shared.status_code == 201
    assert shared.json()["address"].startswith("http://127.0.0.1:8000/r/")
    assert sent.status_code == 202
    assert again.text == sent.text
    assert "712" not in sent.text
    assert bad.status_code == 422
    assert revoked.json() == {"revoked": 2}
    assert closed.status_code == 403
    async with a_client(an_app(database), token=selling.shop.person("manager").token) as office:
        (listed,) = (await office.get(f"{at}/sms-messages", params={"purpose": "receipt"})).json()["items"]
        one = (await office.get(f"{at}/sms-messages/{listed['id']}")).json()
    assert listed == one
    assert listed["phone"] == "2547*****678"
    assert (await selling.shop.transact(sms.list_messages, SmsFilter(sale_id=selling.sale_id), None, 10))[
        0
    ].segments == 1


async def test_whoever_guesses_addresses_is_slowed_down_and_signing_in_is_not(selling: Selling) -> None:
    guesses: list[httpx.Response] = []
    while len(guesses) < 1000 and (not guesses or guesses[-1].status_code == 404):  # a slow machine is given more
        guesses.append(await selling.visitor.get(f"/r/{'a' * 20}{len(guesses):06}"))

    assert len(guesses) > 60
    assert guesses[-1].status_code == 429
    assert int(guesses[-1].headers["retry-after"]) >= 1
    signing_in = await selling.visitor.post("/v1/sessions", json={"email": "a@b.example", "password": "no such one"})
    assert signing_in.status_code == 401
