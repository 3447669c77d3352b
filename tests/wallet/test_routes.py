"""The wallet over HTTP."""

import httpx

from payme.kit.db.transaction import Database
from tests.support.shops import make_person, make_shop
from tests.support.web import a_client, an_app


async def test_a_person_opens_a_business_and_finds_ten_tokens(database: Database) -> None:
    person = await make_person(database)
    async with a_client(an_app(database), token=person.token) as client:
        opened = await client.post("/v1/businesses", json={"name": "Duka la Amani", "phone": "+254712345678"})
        assert opened.status_code == 201, opened.text
        business = opened.json()
        wallet = await client.get(f"/v1/businesses/{business['business_id']}/wallet")

    assert (business["name"], business["phone"], business["time_zone"]) == (
        "Duka la Amani",
        "+254712345678",
        "Africa/Nairobi",
    )
    assert wallet.json() == {"balance_tokens": 10, "owed_tokens": 0, "warning": "low"}


async def test_nobody_opens_a_business_unasked(database: Database) -> None:
    async with a_client(an_app(database)) as client:
        answer = await client.post("/v1/businesses", json={"name": "Duka"})

    assert answer.status_code == 401


async def test_everybody_sees_what_tokens_cost(database: Database) -> None:
    async with a_client(an_app(database)) as client:
        answer = await client.get("/v1/token-packages")

    assert answer.json()["items"][0] == {"tokens": 30, "price": "50.00"}


async def test_the_wallet_shows_its_changes_to_its_own_shop_only(database: Database) -> None:
    shop, neighbour = await make_shop(database), await make_shop(database)
    async with a_client(an_app(database), token=shop.person("cashier").token) as client:
        own = f"/v1/businesses/{shop.business_id}/wallet"
        other = f"/v1/businesses/{neighbour.business_id}/wallet"
        page = (await client.get(f"{own}/transactions", params={"limit": 1})).json()
        refused = [await client.get(other), await client.get(f"{other}/transactions")]
        nonsense = await client.get(f"{own}/transactions", params={"cursor": "nonsense"})

    assert [(row["type"], row["change_tokens"], row["reason"]) for row in page["items"]] == [
        ("grant", 10, "starting grant")
    ]
    assert page["next_cursor"] is None
    assert [answer.status_code for answer in refused] == [httpx.codes.NOT_FOUND] * 2
    assert (nonsense.status_code, nonsense.json()["code"]) == (400, "invalid_cursor")
