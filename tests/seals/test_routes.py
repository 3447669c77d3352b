"""Seals and public keys over HTTP."""

import base64

from payme.kit.db.transaction import Database
from payme.seals import key_id
from tests.support.seals import sealed_shop
from tests.support.web import a_client, an_app


async def test_the_owner_sees_the_seals_and_the_keys_that_signed_them(database: Database) -> None:
    shop, anchors = await sealed_shop(database)
    async with a_client(an_app(database), token=shop.owner.token) as client:
        path = f"/v1/businesses/{shop.business_id}/audit-seals"
        seals = (await client.get(path, params={"limit": 2})).json()["items"]
        older = (await client.get(path, params={"before": seals[-1]["number"]})).json()["items"]
        keys = (await client.get(f"{path}/public-keys")).json()["items"]

    assert [seal["number"] for seal in seals + older] == [4, 3, 2, 1]
    assert seals[0]["digest"] == anchors[-1].digest.hex()
    assert keys[0]["current"]
    assert keys[0]["key_id"] == key_id(base64.b64decode(keys[0]["public_key"]))
