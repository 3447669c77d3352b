"""What an object store and people were told is read back, and judged by; nothing of it is taken on trust."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from textwrap import wrap

import pytest

from payme.alerts import MailFile, Smtp, SmtpAccount
from payme.anchors.jobs import AnchorDesk, AnchorMail, AnchorStore, as_testimony, ask_places, read_saved
from payme.kit.db.transaction import Database
from payme.kit.object_store import ObjectStore, StoreAccount
from payme.seals import FaultKind, restored_of
from payme.seals.jobs import evidence_of
from tests.support.database import in_time
from tests.support.goods import has_tokens
from tests.support.mail_server import MailServer, receiving_mail
from tests.support.object_store import KEY_ID, REGION, SECRET_KEY, StoreServer, storing
from tests.support.seals import KEYS, desk_of, judged, sealed_shop, seals_and_tells
from tests.support.shops import make_shop

TO = ("asha@shop.example", "books@elsewhere.example")


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
async def server() -> AsyncIterator[StoreServer]:
    async with storing() as running:
        yield running


@pytest.fixture
async def store(server: StoreServer) -> AsyncIterator[AnchorStore]:
    opened = ObjectStore(StoreAccount(f"{server.url}/payme", REGION, KEY_ID, SECRET_KEY), now, try_s=1.0)
    place = AnchorStore(opened, 1e-6)
    place.name = f"store {server.port}"
    yield place
    await opened.aclose()


@pytest.fixture
async def mail_server() -> AsyncIterator[MailServer]:
    async with receiving_mail() as running:
        yield running


@pytest.fixture
def mail(mail_server: MailServer) -> AnchorMail:
    mailer = Smtp(SmtpAccount("127.0.0.1", mail_server.port, False, None, None, "payme@shop.example"), try_s=1.0)
    place = AnchorMail(mailer, TO, 1e-6, now)
    place.name = f"email {mail_server.port}"
    return place


async def test_a_store_gets_an_object_a_batch_and_gives_all_back(
    database: Database, server: StoreServer, store: AnchorStore
) -> None:
    server.page = 2
    shops = [await make_shop(database) for _ in range(2)]
    for _ in range(10):
        await has_tokens(shops[0], 1)
        await seals_and_tells(database, store, *shops)
    server.objects["payme/README.txt"] = b"of somebody else"

    found = await ask_places(AnchorDesk(database, [store]))

    assert (len(server.objects), found.unasked) == (11, {})
    assert [one.number for one in found.anchors[shops[0].business_id]] == list(range(1, 11))
    assert (await judged(shops[0], found.anchors[shops[0].business_id])).faults == ()
    since = found.anchors[shops[0].business_id][7].sealed_at
    lately = (await ask_places(AnchorDesk(database, [store]), since)).anchors[shops[0].business_id]
    assert {8, 9, 10} <= {one.number for one in lately}


async def test_what_the_store_was_told_and_did_not_say_is_not_told_twice(
    database: Database, server: StoreServer, store: AnchorStore
) -> None:
    shop, at = await make_shop(database), now()
    server.answers = ["keep and hang up"]
    assert await seals_and_tells(in_time(database, at), store, shop) == 0
    assert await seals_and_tells(in_time(database, at + timedelta(minutes=2)), store, shop) == 1
    assert len(server.objects) == 1


@pytest.mark.parametrize("spoilt", [b"", b"{}\n", None])
async def test_an_object_that_somebody_changed_is_no_object_of_ours(
    database: Database, server: StoreServer, store: AnchorStore, spoilt: bytes | None
) -> None:
    shop = await make_shop(database)
    await seals_and_tells(database, store, shop)
    (key,) = server.objects
    server.objects[key] = server.objects[key].replace(b'"number":1', b'"number":2') if spoilt is None else spoilt

    assert "is no anchor" in (await ask_places(AnchorDesk(database, [store]))).unasked[store.name]


async def test_a_store_that_cannot_be_asked_is_named(
    database: Database, server: StoreServer, store: AnchorStore
) -> None:
    server.answers = [(403, "AccessDenied")]
    assert (await ask_places(AnchorDesk(database, [store]))).unasked == {store.name: "it answers 403 AccessDenied"}


async def test_people_get_one_mail_of_all_heads_that_proves_them(
    database: Database, mail_server: MailServer, mail: AnchorMail, tmp_path: Path
) -> None:
    shops = [await make_shop(database) for _ in range(3)]

    assert await seals_and_tells(database, mail, *shops) == 3

    (got,) = mail_server.got
    assert mail_server.recipients == [list(TO)]
    assert str(got["Subject"]).endswith("3 heads")
    assert [one async for one in mail.read(None)] == []
    for place, whole in saved(got, tmp_path):
        found = as_testimony(read_saved(place))
        assert len(found.anchors) == 3, whole
        for shop in shops:
            assert (await judged(shop, found.anchors[shop.business_id])).faults == ()
    cut = tmp_path / "cut off"
    cut.write_text(got.get_content().rstrip()[:-10])
    with pytest.raises(ValueError, match="no whole lines"):
        read_saved(cut)


def saved(got: EmailMessage, folder: Path) -> list[tuple[Path, str]]:
    """A mail as people's programs keep it."""
    text = got.get_content()
    encoded, forwarded = EmailMessage(policy=SMTP), EmailMessage(policy=SMTP)
    for header in ("From", "To", "Subject"):
        encoded[header] = forwarded[header] = got[header]
    encoded.set_content(text, cte="quoted-printable")
    forwarded.set_content("See below: I kept this.")
    forwarded.add_attachment(got)
    kept = {
        "as it came": got.as_bytes(),
        "encoded": encoded.as_bytes(),
        "base64": _as_base64(encoded).as_bytes(),
        "forwarded": forwarded.as_bytes(),
        "copied": text.encode(),
        "quoted": "\n".join(f"> {line}" for line in text.splitlines()).encode(),
        "wrapped": "\n".join(part for line in text.splitlines() for part in wrap(line, 76) or [""]).encode(),
        "lines": "".join(line for line in text.splitlines(keepends=True) if line.startswith("{")).encode(),
    }
    for name, content in kept.items():
        (folder / name).write_bytes(content)
    return [(folder / name, name) for name in kept]


def _as_base64(message: EmailMessage) -> EmailMessage:
    again = EmailMessage(policy=SMTP)
    again["Subject"] = message["Subject"]
    again.set_content(message.get_content(), cte="base64")
    return again


@pytest.mark.parametrize(
    "text", ["", "Subject: hello\n\nnothing of ours", '{"line_is":"anchor","business_id":\n', 'x {"line_is":"end"}']
)
def test_a_mail_that_lost_a_part_is_not_taken_for_a_whole_one(tmp_path: Path, text: str) -> None:
    place = tmp_path / "mail.eml"
    place.write_text(text)
    with pytest.raises(ValueError):  # noqa: PT011  of several readers
        read_saved(place)


async def test_a_mail_that_was_not_taken_goes_again_as_the_same(
    database: Database, mail_server: MailServer, mail: AnchorMail
) -> None:
    shop, at = await make_shop(database), now()
    for minutes, trouble in ((0, "hang up"), (2, "451 later"), (20, "550 not you")):
        mail_server.trouble = {".": trouble}
        assert await seals_and_tells(in_time(database, at + timedelta(minutes=minutes)), mail, shop) == 0
    mail_server.trouble = {}
    assert await seals_and_tells(in_time(database, at + timedelta(hours=2)), mail, shop) == 1
    assert await seals_and_tells(in_time(database, at + timedelta(hours=4)), mail, shop) == 0
    assert (len(mail_server.got), len(set(mail_server.ids))) == (4, 1)


async def test_without_a_mail_server_heads_lie_in_a_file(database: Database, tmp_path: Path) -> None:
    shop = await make_shop(database)
    mail = AnchorMail(MailFile(tmp_path / "mail.jsonl"), TO, 1e-6, now)
    mail.name = f"file of {shop.business_id}"[:40]
    assert await seals_and_tells(database, mail, shop) == 1
    assert "payme audit verify --anchor" in (tmp_path / "mail.jsonl").read_text()


async def test_what_a_restore_lost_is_given_up_and_stays_visible(database: Database) -> None:
    shop, anchors = await sealed_shop(database)
    public, ring = desk_of(database).public_keys(), KEYS()
    secret = ring.keys[ring.current]
    lost = [replace(one, number=one.number + 4) for one in anchors]  # seals that are gone, signed as ever
    made_at = anchors[-1].sealed_at
    lost = [replace(one, sealed_at=made_at + timedelta(hours=1)) for one in lost]
    said = restored_of(2, made_at, made_at + timedelta(hours=2), secret)

    cut = await judged(shop, [*anchors, *lost])
    assert {fault.kind for fault in cut.faults} == {FaultKind.TAIL_CUT}
    verdict = await judged(shop, [*anchors, *lost], restores=[said, said])
    assert (verdict.faults, verdict.anchors, verdict.given_up, verdict.restores) == ((), 4, 4, (said,))
    late = replace(lost[0], sealed_at=made_at + timedelta(hours=3))
    assert (await judged(shop, [*anchors, late], restores=[said])).faults

    for forged in (
        replace(said, restored_at=said.restored_at + timedelta(hours=1)),
        replace(said, made_at=made_at - timedelta(hours=1)),
        replace(said, era=3),
        replace(said, key_id="0" * 16),
    ):
        evidence = evidence_of(public, [*anchors, *lost], [forged])
        assert (evidence.given_up, evidence.forged) == (0, [forged])
        kinds = [fault.kind for fault in (await judged(shop, [*anchors, *lost], restores=[forged])).faults]
        assert kinds == [FaultKind.ANCHOR_FORGED, FaultKind.TAIL_CUT]


async def test_a_restore_is_told_to_every_place_with_the_next_heads(
    database: Database, server: StoreServer, store: AnchorStore, mail_server: MailServer, mail: AnchorMail
) -> None:
    ring = KEYS()
    said = restored_of(2, now() - timedelta(hours=1), now(), ring.keys[ring.current])

    await asyncio.gather(store.tell([said]), mail.tell([said]))

    (got,) = mail_server.got
    assert str(got["Subject"]).startswith("[PayMe] A backup was restored.")
    (message,) = [message_from_bytes(got.as_bytes())]
    assert '"line_is":"restored"' in str(message.get_payload())
    found = await ask_places(AnchorDesk(database, [store]))
    assert found.restores == [said]
