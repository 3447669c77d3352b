"""The routes of identity, as a client meets them."""

from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI

from payme import identity
from payme.http.transact import SESSION_COOKIE
from payme.identity import Role, rules
from payme.kit.db.transaction import Database
from tests.identity.conftest import Till, TurnedClock
from tests.identity.test_businesses import entries_of
from tests.identity.test_members import member_of
from tests.support.shops import PASSWORD, Person, Shop, make_person
from tests.support.together import together

IPHONE = {"User-Agent": "Duka/1"}


def refused(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


def sign_in_of(person: Person, password: str = PASSWORD) -> dict[str, str]:
    return {"email": person.email, "password": password}


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def test_a_person_signs_up_in_and_out(till: Till) -> None:
    client = till(headers=IPHONE)
    email = f"{uuid4().hex}@duka.example"

    signed_up = await client.post(
        "/v1/users", json={"email": f" {email.upper()} ", "name": " Mama Mboga ", "password": PASSWORD}
    )
    signed_in = await client.post("/v1/sessions", json={"email": email, "password": PASSWORD})
    token = signed_in.json()["token"]
    me = await client.get("/v1/me", headers=bearer(token))
    signed_out = await client.delete("/v1/sessions/current", headers=bearer(token))
    client.cookies.clear()
    after = await client.get("/v1/me", headers=bearer(token))

    assert (signed_up.status_code, signed_in.status_code, signed_out.status_code) == (201, 201, 204)
    assert signed_up.json() == me.json() == signed_in.json()["user"]
    assert (me.json()["email"], me.json()["name"]) == (email, "Mama Mboga")
    assert "password" not in signed_up.text
    assert refused(after) == (401, "sign_in_required")


async def test_the_cookie_of_a_session_is_for_our_own_pages_only(till: Till, shop: Shop) -> None:
    client = till()
    answer = await client.post("/v1/sessions", json=sign_in_of(shop.owner))

    name, _, attributes = answer.headers["set-cookie"].partition("=")
    token, *flags = attributes.split("; ")
    assert name == SESSION_COOKIE == "__Host-session"
    assert token == answer.json()["token"]
    assert {flag.lower() for flag in flags} == {"httponly", "secure", "samesite=strict", "path=/", "max-age=2592000"}
    assert answer.headers["cache-control"] == "no-store"
    assert (await client.get("/v1/me")).json()["email"] == shop.owner.email
    foreign = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
    for headers in (foreign, {"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "same-site"}):
        assert refused(await client.delete("/v1/sessions/current", headers=headers)) == (403, "wrong_origin")
    own = {"Sec-Fetch-Site": "same-origin", "Origin": "https://payme.test"}
    gone = await client.delete("/v1/sessions/current", headers=own)
    assert gone.status_code == 204
    assert SESSION_COOKIE not in client.cookies


async def test_a_foreign_page_signs_nobody_in(till: Till, shop: Shop) -> None:
    answer = await till().post("/v1/sessions", json=sign_in_of(shop.owner), headers={"Origin": "https://evil.example"})

    assert refused(answer) == (403, "wrong_origin")
    assert "set-cookie" not in answer.headers


async def test_signing_in_again_in_one_browser_ends_the_session_before(till: Till, database: Database) -> None:
    person = await make_person(database)
    client = till()
    first = (await client.post("/v1/sessions", json=sign_in_of(person))).json()["token"]
    second = (await client.post("/v1/sessions", json=sign_in_of(person))).json()["token"]

    assert first != second
    assert refused(await till().get("/v1/me", headers=bearer(first))) == (401, "sign_in_required")
    assert (await till().get("/v1/me", headers=bearer(second))).status_code == 200
    assert (await till().get("/v1/me", headers=person.headers)).status_code == 200


async def test_an_unknown_person_and_a_wrong_password_get_the_same_answer(till: Till, shop: Shop) -> None:
    wrong = await till().post("/v1/sessions", json=sign_in_of(shop.owner, "maziwa na mkate"))
    unknown = await till().post("/v1/sessions", json={"email": "nobody@duka.example", "password": PASSWORD})

    assert refused(wrong) == (401, "wrong_email_or_password")
    assert wrong.content == unknown.content
    assert wrong.headers == unknown.headers


async def test_an_unknown_person_costs_a_hash_too(app: FastAPI, till: Till, database: Database) -> None:
    compared: list[str] = []

    def matches(password_hash: str, password: str) -> bool:
        compared.append(password_hash)
        return rules.password_matches(password_hash, password)

    app.state.sign_in_limits = identity.SignInLimits(database.seams, matches)
    await till().post("/v1/sessions", json={"email": "nobody@duka.example", "password": PASSWORD})

    assert compared == [rules.NOBODYS_HASH]


async def test_a_guesser_waits_and_the_owner_elsewhere_does_not(till: Till, shop: Shop, clock: TurnedClock) -> None:
    guesser = till("10.6.6.6")
    for number in range(rules.FREE_FAILURES):
        answer = await guesser.post("/v1/sessions", json=sign_in_of(shop.owner, f"a guess {number}"))
        assert refused(answer) == (401, "wrong_email_or_password")

    waiting = await guesser.post("/v1/sessions", json=sign_in_of(shop.owner))
    elsewhere = await till("10.0.0.1").post("/v1/sessions", json=sign_in_of(shop.owner))
    clock.turn(seconds=1)
    waited = await guesser.post("/v1/sessions", json=sign_in_of(shop.owner))

    assert refused(waiting) == (429, "rate_limited")
    assert waiting.headers["retry-after"] == "1"
    assert elsewhere.status_code == 201
    assert waited.status_code == 201


async def test_who_signs_up_and_in_all_day_never_waits(till: Till, shop: Shop) -> None:
    client = till()

    for _ in range(rules.FREE_FAILURES + 1):
        body = {"email": f"{uuid4().hex}@duka.example", "name": "Mtu", "password": PASSWORD}
        assert (await client.post("/v1/users", json=body)).status_code == 201
        assert (await client.post("/v1/sessions", json=sign_in_of(shop.owner))).status_code == 201


async def test_guesses_at_one_moment_are_counted_too(till: Till, shop: Shop) -> None:
    client = till("10.6.6.6")

    answers = await together(
        20, lambda number: client.post("/v1/sessions", json=sign_in_of(shop.owner, f"a guess {number}"))
    )

    codes = [answer.status_code for answer in answers if isinstance(answer, httpx.Response)]
    assert (codes.count(401), codes.count(429)) == (rules.FREE_FAILURES, 20 - rules.FREE_FAILURES)


async def test_asking_who_has_an_account_gets_slow(till: Till, shop: Shop) -> None:
    client = till("10.6.6.6")
    body = {"email": shop.owner.email, "name": "Mtu", "password": PASSWORD}

    answers = [refused(await client.post("/v1/users", json=body)) for _ in range(rules.FREE_FAILURES + 1)]

    assert answers == [(409, "email_taken")] * rules.FREE_FAILURES + [(429, "rate_limited")]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"password": "password123"}, "weak_password"),
        ({"password": "short"}, "invalid_request"),
        ({"password": "x" * 129}, "invalid_request"),
        ({"email": "no address"}, "invalid_request"),
        ({"email": "a\x00@b"}, "invalid_request"),
        ({"name": "  "}, "invalid_request"),
        ({"admin": True}, "invalid_request"),
    ],
)
async def test_a_sign_up_that_makes_no_sense_is_refused(till: Till, change: dict[str, object], code: str) -> None:
    body = {"email": f"{uuid4().hex}@duka.example", "name": "Mtu", "password": PASSWORD, **change}

    assert refused(await till().post("/v1/users", json=body)) == (422, code)


async def test_a_lost_phone_is_signed_out_from_another(till: Till, database: Database) -> None:
    person = await make_person(database)
    phone = (await till("10.0.0.9", headers=IPHONE).post("/v1/sessions", json=sign_in_of(person))).json()
    client = till(headers=person.headers)

    listed = (await client.get("/v1/sessions")).json()["items"]
    ended = await client.delete(f"/v1/sessions/{phone['session']['id']}")

    assert [(one["device"], one["address"], one["current"]) for one in listed] == [
        ("Duka/1", "10.0.0.9", False),
        ("test", "", True),
    ]
    assert phone["token"] not in str(listed)
    assert ended.status_code == 204
    assert refused(await till().get("/v1/me", headers=bearer(phone["token"]))) == (401, "sign_in_required")
    assert refused(await client.delete(f"/v1/sessions/{phone['session']['id']}")) == (404, "session_not_found")
    assert len((await client.get("/v1/sessions")).json()["items"]) == 1


async def test_a_session_of_somebody_else_cannot_be_ended(till: Till, shop: Shop, other_shop: Shop) -> None:
    answer = await till(headers=shop.owner.headers).delete(f"/v1/sessions/{other_shop.owner.session_id}")

    assert refused(answer) == (404, "session_not_found")
    assert (await till(headers=other_shop.owner.headers).get("/v1/me")).status_code == 200


async def test_one_sees_ones_businesses_with_ones_role_page_by_page(
    till: Till, database: Database, shop: Shop, other_shop: Shop
) -> None:
    invited = await other_shop.transact(identity.invite_member, Role.CASHIER)
    client = till(headers=shop.owner.headers)
    joined = await client.post("/v1/invitations/accept", json={"token": invited.token})

    first = (await client.get("/v1/businesses", params={"limit": 1})).json()
    second = (await client.get("/v1/businesses", params={"limit": 1, "cursor": first["next_cursor"]})).json()

    assert joined.json() == {"business_id": str(other_shop.business_id), "name": "Duka la pili", "role": "cashier"}
    assert first["items"] == [{"business_id": str(shop.business_id), "name": "Duka", "role": "owner"}]
    assert second == {"items": [joined.json()], "next_cursor": None}
    assert refused(await client.get("/v1/businesses", params={"cursor": "?"})) == (400, "invalid_cursor")


async def test_an_owner_changes_the_business(till: Till, shop: Shop) -> None:
    client = till(headers=shop.owner.headers)
    path = f"/v1/businesses/{shop.business_id}"

    changed = await client.patch(path, json={"phone": "0712345678"})
    renamed = await client.patch(path, json={"name": "Duka Jipya"})
    silent = await client.patch(path, json={"phone": None})
    wrong = await client.patch(path, json={"phone": "12"})

    assert (changed.json()["name"], changed.json()["phone"]) == ("Duka", "+254712345678")
    assert (renamed.json()["name"], renamed.json()["phone"]) == ("Duka Jipya", "+254712345678")
    assert (silent.json()["name"], silent.json()["phone"]) == ("Duka Jipya", None)
    assert refused(wrong) == (422, "invalid_phone")
    assert (await client.get(path)).json() == silent.json()


async def test_an_owner_invites_promotes_and_removes(till: Till, database: Database, shop: Shop) -> None:
    client = till(headers=shop.owner.headers)
    path = f"/v1/businesses/{shop.business_id}"
    person = await make_person(database, "Mgeni")

    invited = await client.post(f"{path}/invitations", json={"role": "cashier"})
    await till(headers=person.headers).post("/v1/invitations/accept", json={"token": invited.json()["token"]})
    listed = (await client.get(f"{path}/members", params={"limit": 3})).json()
    rest = (await client.get(f"{path}/members", params={"limit": 3, "cursor": listed["next_cursor"]})).json()
    member = rest["items"][0]
    promoted = await client.patch(f"{path}/members/{member['id']}", json={"role": "manager"})
    removed = await client.delete(f"{path}/members/{member['id']}")

    assert invited.status_code == 201
    assert invited.headers["cache-control"] == "no-store"
    assert [one["role"] for one in listed["items"]] == ["owner", "manager", "cashier"]
    assert (member["name"], member["user_id"]) == ("Mgeni", str(person.user_id))
    assert promoted.json() == {**member, "role": "manager"}
    assert removed.status_code == 204
    assert refused(await till(headers=person.headers).get(path)) == (404, "not_found")
    assert refused(await client.delete(f"{path}/members/{member['id']}")) == (404, "member_not_found")
    actions = [entry.action for entry in await entries_of(shop)]
    assert actions[:4] == ["member_removed", "role_changed", "member_joined", "member_invited"]


async def test_an_owner_sees_and_takes_back_invitations(till: Till, shop: Shop) -> None:
    client = till(headers=shop.owner.headers)
    path = f"/v1/businesses/{shop.business_id}/invitations"
    invited = (await client.post(path, json={"role": "manager"})).json()

    taken_back = await client.delete(f"{path}/{invited['invitation']['id']}")
    listed = (await client.get(path, params={"limit": 1})).json()

    assert taken_back.status_code == 204
    assert listed["items"][0]["id"] == invited["invitation"]["id"]
    assert listed["items"][0]["state"] == "revoked"
    assert listed["next_cursor"]
    assert invited["token"] not in str(listed)
    assert refused(await client.delete(f"{path}/{invited['invitation']['id']}")) == (409, "invitation_revoked")
    assert refused(await client.delete(f"{path}/{uuid4()}")) == (404, "invitation_not_found")
    used = await till(headers=shop.person("cashier").headers).post(
        "/v1/invitations/accept", json={"token": invited["token"]}
    )
    assert refused(used) == (409, "invitation_revoked")


async def test_the_last_owner_cannot_leave(till: Till, shop: Shop) -> None:
    client = till(headers=shop.owner.headers)
    owner = await member_of(shop, shop.owner)
    path = f"/v1/businesses/{shop.business_id}/members/{owner.id}"

    for answer in (await client.delete(path), await client.patch(path, json={"role": "cashier"})):
        assert refused(answer) == (409, "last_owner")
        assert answer.json()["member_id"] == str(owner.id)


def routes_of(business_id: UUID) -> list[tuple[str, str, dict[str, str] | None, str]]:
    path = f"/v1/businesses/{business_id}"
    return [
        ("GET", path, None, "business.read"),
        ("PATCH", path, {"name": "Duka la mwizi"}, "business.change"),
        ("GET", f"{path}/members", None, "members.read"),
        ("PATCH", f"{path}/members/{uuid4()}", {"role": "owner"}, "members.change"),
        ("DELETE", f"{path}/members/{uuid4()}", None, "members.change"),
        ("GET", f"{path}/invitations", None, "members.read"),
        ("POST", f"{path}/invitations", {"role": "owner"}, "members.change"),
        ("DELETE", f"{path}/invitations/{uuid4()}", None, "members.change"),
    ]


async def test_strangers_find_nothing_and_members_only_what_their_role_allows(
    till: Till, shop: Shop, other_shop: Shop
) -> None:
    before = [entry.id for entry in await entries_of(shop)]

    for method, path, body, permission in routes_of(shop.business_id):
        assert refused(await till().request(method, path, json=body)) == (401, "sign_in_required")
        stranger = await till(headers=other_shop.owner.headers).request(method, path, json=body)
        assert refused(stranger) == (404, "not_found")
        for role in (Role.MANAGER, Role.CASHIER):
            answer = await till(headers=shop.person(role).headers).request(method, path, json=body)
            if permission in identity.PERMISSIONS[role]:
                assert answer.status_code == 200
            else:
                assert refused(answer) == (403, "not_allowed")
                assert answer.json()["permission"] == permission

    assert [entry.id for entry in await entries_of(shop)] == before


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/me"),
        ("GET", "/v1/sessions"),
        ("DELETE", "/v1/sessions/current"),
        ("DELETE", f"/v1/sessions/{UUID(int=7)}"),
        ("GET", "/v1/businesses"),
        ("POST", "/v1/invitations/accept"),
    ],
)
async def test_without_a_session_there_is_nothing_of_ones_own(till: Till, method: str, path: str) -> None:
    body = {"token": "x"} if method == "POST" else None

    for headers in (None, bearer("nobody's"), {"Authorization": "Basic eDp5"}, {"Cookie": f"{SESSION_COOKIE}=x"}):
        assert refused(await till(headers=headers).request(method, path, json=body)) == (401, "sign_in_required")


def test_every_body_has_an_example_that_is_true(app: FastAPI) -> None:
    schemas = app.openapi()["components"]["schemas"]
    bodies = {name: schema for name, schema in schemas.items() if name.endswith("In")}

    assert set(bodies) == {"AcceptIn", "BusinessChangeIn", "RoleIn", "SignInIn", "SignUpIn"}
    assert all(schema["examples"] for schema in bodies.values())
