"""Any number of merchants: registered, changed, told apart."""

from payme.simulator import SimulatorConfig
from tests.simulator.shop import OpenShop, Shop

PHONE = "254722000123"


async def test_a_merchant_registered_by_name_alone_gets_credentials_that_work(shop: Shop) -> None:
    made = await shop.direct("PUT", "/merchants/650880", {"name": "Mtandao"})
    merchant = made.json()
    shop.shortcode, shop.passkey, shop.bearer = "650880", merchant["passkey"], None
    shop.key, shop.secret = merchant["consumer_key"], merchant["consumer_secret"]

    checkout = await shop.push(PHONE)

    assert made.status_code == 201
    assert (await shop.truth_of(checkout))["shortcode"] == "650880"


async def test_a_till_registered_with_its_own_credentials_is_paid_at_its_till_number(shop: Shop) -> None:
    body = {"till": "5550001", "passkey": "p", "consumer_key": "k", "consumer_secret": "s", "name": "Duka"}
    await shop.direct("PUT", "/merchants/600111", body)
    shop.shortcode, shop.passkey, shop.key, shop.secret = "600111", "p", "k", "s"
    await shop.push(PHONE, TransactionType="CustomerBuyGoodsOnline", PartyB="5550001")
    [letter] = await shop.mailbox.wait_for(1)

    assert letter["ResultCode"] == 0
    assert (await shop.dials("5550001", 50)).status_code == 201


async def test_registering_again_changes_the_merchant_and_keeps_what_is_left_out(shop: Shop) -> None:
    first = await shop.direct("PUT", "/merchants/600111", {"till": "5550001"})
    second = await shop.direct("PUT", "/merchants/600111", {"till": "5550002", "consumer_secret": "two"})
    merchant = first.json()

    assert (first.status_code, second.status_code) == (201, 200)
    assert (await shop.dials("5550001", 50)).status_code == 404
    assert (await shop.dials("5550002", 50)).status_code == 201
    listed = (await shop.daraja.get("/simulator/merchants")).json()
    assert [(one["shortcode"], one["party_b"]) for one in listed] == [("174379", "174379"), ("600111", "5550002")]
    assert not any({"passkey", "consumer_key", "consumer_secret"} & set(one) for one in listed)
    assert "consumer_secret" not in second.json()
    shop.shortcode, shop.passkey, shop.key, shop.secret = "600111", merchant["passkey"], merchant["consumer_key"], "two"
    await shop.push(PHONE, TransactionType="CustomerBuyGoodsOnline", PartyB="5550002")


async def test_one_app_may_have_many_shortcodes(shop: Shop) -> None:
    app = {"consumer_key": "simulator", "consumer_secret": "simulator", "passkey": "p"}
    await shop.direct("PUT", "/merchants/600111", app)
    shop.shortcode, shop.passkey = "600111", "p"

    await shop.push(PHONE)


async def test_a_number_or_a_key_of_another_is_not_given_away(shop: Shop) -> None:
    await shop.direct("PUT", "/merchants/600113", {"consumer_key": "k", "consumer_secret": "s"})
    for shortcode, body in {
        "600111": {"till": "174379"},
        "174379": {"till": "600113"},
        "600112": {"consumer_key": "simulator", "consumer_secret": "other"},
    }.items():
        assert (await shop.daraja.put(f"/simulator/merchants/{shortcode}", json=body)).status_code == 409
    assert (await shop.daraja.put("/simulator/merchants/6001", json={})).status_code == 422


async def test_there_is_a_limit_to_merchants(open_shop: OpenShop) -> None:
    shop = await open_shop(SimulatorConfig(seed=1, fast=True, merchants_max=2))
    await shop.direct("PUT", "/merchants/600111", {})

    assert (await shop.daraja.put("/simulator/merchants/600112", json={})).status_code == 409
    await shop.direct("PUT", "/merchants/600111", {"name": "Again"})


async def test_the_same_seed_makes_the_same_credentials(open_shop: OpenShop) -> None:
    made = []
    for _ in range(2):
        shop = await open_shop(SimulatorConfig(seed=9, fast=True))
        made.append((await shop.direct("PUT", "/merchants/600111", {})).json())

    assert made[0] == made[1]


async def test_a_key_shared_by_two_keeps_its_secret_until_one_leaves_it(shop: Shop) -> None:
    app = {"consumer_key": "k", "consumer_secret": "s"}
    await shop.direct("PUT", "/merchants/600111", app)
    await shop.direct("PUT", "/merchants/600112", app)
    refused = await shop.daraja.put("/simulator/merchants/600112", json=app | {"consumer_secret": "t"})
    await shop.direct("PUT", "/merchants/600111", {"consumer_key": "own", "consumer_secret": "own"})
    await shop.direct("PUT", "/merchants/600112", app | {"consumer_secret": "t"})
    shop.key, shop.secret = "k", "t"

    assert refused.status_code == 409
    await shop.token()
