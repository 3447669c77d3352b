"""A till and a payment as they change: the state first, every change after it, and nothing lost."""

import asyncio
import contextlib
from dataclasses import replace
from uuid import uuid4

import asyncpg
import httpx
import pytest

from payme import claims, identity, sales
from payme.kit.db.transaction import Database
from payme.live import Rhythm, Streams, get_till
from payme.money import list_unclaimed
from payme.payments import Payment
from payme.sales import Cancellation
from tests.live.conftest import SLOW, Served, live, serving, until
from tests.support.by_hand import new_receipt, notice, registers
from tests.support.daraja import PHONE, TERMS, Counter, not_paid, paid
from tests.support.goods import has_stock, opens_sale
from tests.support.shops import Shop, acting, make_shop


def events(shop: Shop, payment: Payment) -> str:
    return f"/v1/businesses/{shop.business_id}/payments/{payment.id}/events"


async def asked(shop: Shop) -> tuple[Counter, Payment]:
    sugar = await has_stock(shop, quantity="100")
    opened = await opens_sale(shop, (sugar, "2"))
    counter = Counter(shop)
    payment = await shop.transact(sales.ask_mpesa, opened.sale.id, PHONE, None, TERMS)
    return counter, payment


async def test_a_payment_is_followed_to_its_end(database: Database, owner_dsn: str, shop: Shop) -> None:
    counter, payment = await asked(shop)
    async with (
        serving(database, owner_dsn, SLOW) as served,
        served.follows(shop.person("cashier"), events(shop, payment)) as reader,
    ):
        first = await reader.next()
        await counter.submits(payment)
        states = [(await reader.next()).data["state"]]
        while states[-1] != "submitted":
            states.append((await reader.next()).data["state"])
        await counter.receives(paid(await counter.payment(payment.id)), payment)
        last = await reader.next()
        truth = await served.get(shop.owner, f"/v1/businesses/{shop.business_id}/payments/{payment.id}")

    assert (first.event, first.data["state"]) == ("payment", "created")
    assert last.data["state"] == "succeeded"
    assert last.data == truth.json()


async def test_a_till_sees_sales_and_payments_come_change_and_go(
    database: Database, owner_dsn: str, shop: Shop
) -> None:
    sugar = await has_stock(shop, quantity="100")
    counter = Counter(shop)
    async with (
        serving(database, owner_dsn, SLOW) as served,
        served.follows(shop.person("cashier"), live(shop)) as reader,
    ):
        first = await reader.next()
        opened = await opens_sale(shop, (sugar, "2"))
        rung_up = await reader.next()
        payment = await shop.transact(sales.ask_mpesa, opened.sale.id, PHONE, None, TERMS)
        asking = await reader.next()
        await counter.submits(payment)
        await counter.receives(paid(await counter.payment(payment.id)), payment)
        while True:
            ended = await reader.next()
            if ended.data["sales"]:
                break
        truth = await served.get(shop.owner, f"/v1/businesses/{shop.business_id}/sales?limit=1")

    assert (first.event, first.data) == ("state", {"sales": [], "payments": [], "unclaimed_money": []})
    assert (rung_up.event, rung_up.data["sales"][0]["state"]) == ("change", "open")
    assert rung_up.data["gone"] == {"sales": [], "payments": [], "unclaimed_money": []}
    assert asking.data["payments"][0]["id"] == str(payment.id)
    assert asking.data["sales"] == []
    assert ended.data["sales"] == truth.json()["items"]
    assert ended.data["sales"][0]["state"] == "completed"


async def test_what_is_old_is_gone_from_the_till(served: Served, owner_dsn: str, shop: Shop) -> None:
    sugar = await has_stock(shop)
    opened = await opens_sale(shop, (sugar, "1"))
    owner = await asyncpg.connect(owner_dsn)
    async with served.follows(shop.owner, live(shop)) as reader:
        await reader.next()
        await shop.transact(sales.cancel_sale, opened.sale.id, Cancellation("left"))
        cancelled = await reader.next()
        await owner.execute(
            "UPDATE sales SET updated_at = updated_at - interval '1 hour' WHERE id = $1", opened.sale.id
        )
        gone = await reader.next()
    await owner.close()

    assert cancelled.data["sales"][0]["state"] == "cancelled"
    nothing: dict[str, list[str]] = {"sales": [], "payments": [], "unclaimed_money": []}
    assert gone.data == nothing | {"gone": nothing | {"sales": [str(opened.sale.id)]}}


async def test_money_paid_by_hand_comes_to_the_till_and_goes_when_it_is_claimed(
    database: Database, owner_dsn: str, shop: Shop
) -> None:
    sugar = await has_stock(shop, quantity="100")
    safaricom = await registers(shop)
    opened = await opens_sale(shop, (sugar, "2"))
    await safaricom.confirms(notice(new_receipt(shop), "120.00", account="MAMA MBOGA"))
    unclaimed = f"/v1/businesses/{shop.business_id}/unclaimed-money"
    async with (
        serving(database, owner_dsn, SLOW) as served,
        served.follows(shop.person("cashier"), live(shop)) as reader,
    ):
        first = await reader.next()
        before = (await served.get(shop.owner, unclaimed)).json()["items"]
        await safaricom.confirms(notice(new_receipt(shop), "300.00"))
        came = await reader.next()
        after = (await served.get(shop.owner, unclaimed)).json()["items"]
        [second, _] = await shop.transact(list_unclaimed, None, None, 50)
        await shop.transact(claims.claim_money, second.id, opened.sale.id)
        claimed = await reader.next()

    assert first.data["unclaimed_money"] == before
    assert [one["amount"] for one in before] == ["120.00"]
    assert [came.data["unclaimed_money"], *([one] for one in before)] == [[one] for one in after]
    assert claimed.data["sales"][0]["state"] == "completed"
    assert claimed.data["gone"]["unclaimed_money"] == [str(second.id)]


async def test_the_first_event_says_what_get_says(served: Served, shop: Shop) -> None:
    sugar = await has_stock(shop, quantity="100")
    counter, safaricom = Counter(shop), await registers(shop)
    for account in ("", "NOBODY"):
        await safaricom.confirms(notice(new_receipt(shop), account=account, phone=PHONE))
    for ends in (paid, not_paid, None):
        payment = await counter.asks((await opens_sale(shop, (sugar, "1"))).sale.id)
        if ends is not None:
            await counter.receives(ends(payment), payment)
    await shop.transact(sales.cancel_sale, (await opens_sale(shop, (sugar, "1"))).sale.id, Cancellation("left"))
    async with served.follows(shop.person("cashier"), live(shop)) as reader:
        first = await reader.next()

    gets = {"sales": "sales", "payments": "payments", "unclaimed_money": "unclaimed-money"}
    for kind, path in gets.items():
        truth = await served.get(shop.person("cashier"), f"/v1/businesses/{shop.business_id}/{path}?limit=100")
        assert first.data[kind] == truth.json()["items"], kind
        assert len(first.data[kind]) >= 2, kind
        assert PHONE not in truth.text
    assert {one["payer_phone"] for one in first.data["unclaimed_money"]} == {"2547*****678"}


async def test_who_may_not_see_payments_is_shown_no_money(shop: Shop) -> None:
    safaricom = await registers(shop)
    await safaricom.confirms(notice(new_receipt(shop)))
    sees_sales_only = replace(shop.actor("cashier"), permissions=frozenset({"sales.read"}))

    view = await shop.database.transact(acting(sees_sales_only, shop.business_id), get_till)

    assert (view.payments, view.unclaimed_money) == ((), ())
    assert len((await shop.transact(get_till)).unclaimed_money) == 1


async def test_a_cash_sale_is_no_news_and_tells_nobody(database: Database, owner_dsn: str, shop: Shop) -> None:
    sugar = await has_stock(shop)
    heard: list[object] = []
    listener = await asyncpg.connect(owner_dsn)
    await listener.add_listener("payme_notices", lambda *told: heard.append(told[3]))

    await opens_sale(shop, (sugar, "1"), cash="200.00")
    opened = await opens_sale(shop, (sugar, "1"))
    await until(lambda: heard)
    await shop.transact(sales.take_cash, opened.sale.id, opened.sale.total)
    await until(lambda: len(heard) > 1)
    await listener.close()

    assert heard == [shop.business_id.hex] * 2  # the sale that stood open, and its end; ids and nothing else


async def test_a_stream_goes_on_where_it_was_cut(served: Served, shop: Shop) -> None:
    sugar = await has_stock(shop)
    async with served.follows(shop.owner, live(shop)) as reader:
        await reader.next()
        last_id = reader.last_id

    async with served.follows(shop.owner, live(shop), last_id) as nothing_missed:
        await nothing_missed.beats()
        opened = await opens_sale(shop, (sugar, "1"))
        change = await nothing_missed.next()
    await opens_sale(shop, (sugar, "1"))
    async with served.follows(shop.owner, live(shop), nothing_missed.last_id) as one_missed:
        whole = await one_missed.next()
    async with served.follows(shop.owner, live(shop), "from-another-world") as stranger:
        same = await stranger.next()

    assert change.event == "change"
    assert change.data["sales"][0]["id"] == str(opened.sale.id)
    assert (whole.event, len(whole.data["sales"])) == ("state", 2)
    assert same.data == whole.data


async def test_whatever_happens_between_two_events_the_reader_ends_with_the_truth(
    database: Database, owner_dsn: str, shop: Shop
) -> None:
    sugar = await has_stock(shop, quantity="500")
    shown: dict[str, str] = {}
    async with (
        serving(database, owner_dsn, Rhythm(heartbeat_s=0.2, look_s=60, look_alone_s=60, rest_s=0.05)) as served,
        served.follows(shop.owner, live(shop)) as reader,
    ):

        async def read() -> None:
            while True:
                told = await reader.next()
                shown.update({sale["id"]: sale["state"] for sale in told.data["sales"]})

        reading = asyncio.create_task(read())

        async def trade(number: int) -> None:
            opened = await opens_sale(shop, (sugar, "1"))
            if number % 2:
                await shop.transact(sales.cancel_sale, opened.sale.id, Cancellation("left"))

        with contextlib.suppress(Exception):
            await asyncio.gather(*(trade(number) for number in range(10)))  # ten tokens
        truth = (await served.get(shop.owner, f"/v1/businesses/{shop.business_id}/sales?limit=100")).json()["items"]
        wanted = {sale["id"]: sale["state"] for sale in truth}
        await until(lambda: shown == wanted)
        reading.cancel()
    assert len(wanted) >= 10


@pytest.mark.parametrize("hears", [True, False])
async def test_a_stream_beats_and_tells_with_and_without_a_listener(
    database: Database, owner_dsn: str, shop: Shop, hears: bool
) -> None:
    sugar = await has_stock(shop)
    async with (
        serving(database, owner_dsn if hears else None) as served,
        served.follows(shop.owner, live(shop)) as reader,
    ):
        await reader.next()
        await reader.beats()
        await opens_sale(shop, (sugar, "1"))
        assert (await reader.next()).event == "change"


async def test_a_session_that_ends_ends_its_streams(served: Served, database: Database, shop: Shop) -> None:
    cashier = shop.person("cashier")
    async with served.follows(cashier, live(shop)) as reader, served.follows(shop.owner, live(shop)) as other:
        await reader.next()
        await other.next()
        await database.transact(cashier.scope(), identity.revoke_session, cashier.session_id)
        ended = await reader.next(5)
        await reader.ends()
        await other.beats()

    assert (ended.event, ended.data, ended.id) == ("end", {"code": "sign_in_required"}, "")


async def test_a_member_who_is_removed_sees_nothing_more(served: Served, shop: Shop) -> None:
    members = await shop.transact(identity.list_members, None, 50)
    [cashier] = [member for member in members if member.user_id == shop.person("cashier").user_id]
    async with served.follows(shop.person("cashier"), live(shop)) as reader:
        await reader.next()
        await shop.transact(identity.remove_member, cashier.id)
        ended = await reader.next(5)
        await reader.ends()

    assert (ended.event, ended.data) == ("end", {"code": "not_found"})


async def test_another_shop_is_not_followed_and_its_changes_wake_nobody(served: Served, database: Database) -> None:
    mine, theirs = await make_shop(database), await make_shop(database)
    counter, payment = await asked(theirs)

    for path in (
        live(theirs),
        events(theirs, payment),
        f"/v1/businesses/{mine.business_id}/payments/{payment.id}/events",
    ):
        answer = await served.get(mine.owner, path)
        assert answer.status_code == 404, path
    assert (
        await served.get(mine.owner, f"/v1/businesses/{mine.business_id}/payments/{uuid4()}/events")
    ).status_code == 404
    assert served.streams.count == 0

    async with served.follows(mine.owner, live(mine)) as reader:
        await reader.next()
        await counter.submits(payment)
        await counter.receives(not_paid(await counter.payment(payment.id)), payment)
        await reader.beats()


async def test_the_stranger_is_refused_before_any_stream(served: Served, shop: Shop) -> None:
    async with httpx.AsyncClient(base_url=served.url) as visitor:
        assert (await visitor.get(live(shop))).status_code == 401


async def test_nonsense_on_the_channel_wakes_nobody(served: Served, owner_dsn: str, shop: Shop) -> None:
    stranger = await asyncpg.connect(owner_dsn)
    async with served.follows(shop.owner, live(shop)) as reader:
        await reader.next()
        for text in ("", "nonsense", f"{shop.business_id} x", "x" * 7000):
            await stranger.execute("SELECT pg_notify('payme_notices', $1)", text)
        await reader.beats()
    await stranger.close()


async def test_a_notice_of_another_payment_wakes_nobody(shop: Shop) -> None:
    streams, payment_id = Streams(), uuid4()
    with (
        streams.seat(shop.owner.session_id, shop.business_id, payment_id) as mine,
        streams.seat(shop.owner.session_id, shop.business_id) as till,
    ):
        streams.hear(f"{shop.business_id.hex} {uuid4().hex}")
        assert not await mine.changed(0.01)
        assert await till.changed(0.01)
        streams.hear(f"{shop.business_id.hex} {payment_id.hex}")
        assert await mine.changed(0.01)
