"""Who is told is the owner's to choose, over HTTP."""

from payme.kit.db.transaction import Database
from tests.alerts.conftest import Telling
from tests.support.web import a_client, an_app


async def test_an_owner_chooses_who_is_told_and_sees_what_was(database: Database, telling: Telling) -> None:
    shop, app = telling.shop, an_app(database)
    here = f"/v1/businesses/{shop.business_id}"
    await telling.opens()
    await telling.tells()
    chosen = {"email_at_least": "medium", "sms_at_least": "critical", "phones": ["0712345678"], "sms_at_night": True}
    async with a_client(app, token=shop.person("owner").token) as owner:
        before = (await owner.get(f"{here}/alert-settings")).json()
        assert (before["email_at_least"], before["sms_at_least"], before["an_hour"]) == ("high", None, 10)
        after = (await owner.put(f"{here}/alert-settings", json=chosen)).json()
        assert after == {**chosen, "phones": ["+254712345678"], "emails": [], "an_hour": 10}
        assert (await owner.get(f"{here}/alert-settings")).json() == after
        nobody = await owner.put(f"{here}/alert-settings", json={"email_at_least": None, "sms_at_least": "low"})
        assert (nobody.status_code, nobody.json()["code"]) == (422, "nobody_to_tell")
        listed = (await owner.get(f"{here}/alerts", params={"channel": "email", "state": "sent"})).json()
        assert [(one["kind"], one["issues"]) for one in listed["items"]] == [("late_money", 1)]
    async with a_client(app, token=shop.person("manager").token) as manager:
        assert (await manager.get(f"{here}/alert-settings")).status_code == 200
        assert (await manager.put(f"{here}/alert-settings", json=chosen)).status_code == 403
        assert (await manager.get(f"{here}/alerts")).status_code == 200
    async with a_client(app, token=shop.person("cashier").token) as cashier:
        assert (await cashier.get(f"{here}/alerts")).status_code == 403
