"""A backup that is restored after what it held left: by the truth of those outside, nothing leaves a second time."""

import asyncio
import json
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI

from payme import issues, payments, refunds, sales, sms, webhooks
from payme.alerts import services as alert_services
from payme.app.assembly import Assembly, assemble, terms_of
from payme.app.restoring import with_database
from payme.app.settings import Settings
from payme.app.worker import run_worker
from payme.issues import Issue, IssueFilter, NewIssue
from payme.money import find_by_receipt
from payme.payment_configs import SecretField, add_config
from payme.payments import PaymentState
from payme.refunds import Refund, RefundState
from payme.simulator import Merchant, SimulatorConfig, create_simulator
from payme.sms import Language, SmsDraft, SmsFilter, SmsPurpose, SmsState
from payme.webhooks import EndpointDraft
from payme.webhooks.types import CHOSEN
from tests.app.test_audit_command import Sealed
from tests.refunds.conftest import Till
from tests.simulator.shop import served
from tests.support.africastalking import API_KEY, USERNAME, AfricasTalkingServer, sending_server
from tests.support.by_hand import notice, registers
from tests.support.database import embedded_postgres
from tests.support.goods import has_stock, opens_sale
from tests.support.mail_server import MailServer, receiving_mail
from tests.support.people import adds_customer, new_phone
from tests.support.shops import BOX, Shop, make_shop, paybill_draft
from tests.webhooks.receiver import Receiver, receiving

PAYER = "254722000123"
LOOKED_S = 4.0
"""Long enough for the worker to look at everything several times."""


@dataclass
class World:
    """Everybody whom the shop sends something, and what is known there."""

    here: Sealed
    daraja: httpx.AsyncClient
    network: AfricasTalkingServer
    mail: MailServer
    receiver: Receiver
    letters: list[str]
    """What M-PESA posted to the shop, by the secret of the path; none of it reaches the books."""
    environ: dict[str, str]
    shortcode: str = field(default_factory=lambda: paybill_draft().shortcode)

    @property
    def settings(self) -> Settings:
        return Settings.from_environ(self.here.environ | self.environ)

    async def payme(self, *words: str) -> dict[str, Any]:
        told = await asyncio.to_thread(lambda: self.here.payme(*words, "--json", **self.environ))
        assert told.exit_code == 0, (told.output, told.exception)
        return dict(json.loads(told.stdout))

    @asynccontextmanager
    async def assembled(self) -> AsyncIterator[Assembly]:
        async with assemble(self.settings, self.here.dsn) as assembly:
            yield assembly

    async def works(self, until: Callable[[], Awaitable[bool]] | None = None) -> None:
        """Let the worker run, until it is true, or a while."""
        async with self.assembled() as assembly:
            stop = asyncio.Event()
            running = asyncio.create_task(run_worker(assembly, self.here.dsn, stop))
            async with asyncio.timeout(60):
                while until is not None and not await until():  # noqa: ASYNC110  it happens behind sockets
                    await asyncio.sleep(0.1)
            if until is None:
                await asyncio.sleep(LOOKED_S)
            stop.set()
            await running

    async def totals(self) -> dict[str, Any]:
        """What moved, by M-PESA's own ledger."""
        return dict((await self.daraja.get("/simulator/payments")).json()["totals"])


@pytest.fixture
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sealed]:
    with embedded_postgres() as server:
        Sealed(server, Path()).execute("CREATE DATABASE payme")
        installation = Sealed(with_database(server, "payme"), tmp_path_factory.mktemp("data"))
        installation.data_dir.chmod(0o700)
        installation.payme("migrate")
        yield installation


@pytest.fixture
async def world(here: Sealed) -> AsyncIterator[World]:
    draft = paybill_draft()
    passkey = draft.secrets[SecretField.PASSKEY]
    config = SimulatorConfig(seed=1, fast=True, merchants=(Merchant(shortcode=draft.shortcode, passkey=passkey),))
    letters: list[str] = []
    deaf = FastAPI()

    @deaf.post("/callbacks/{secret}")
    async def loses(secret: str) -> None:
        """What comes after the backup is lost with the machine."""
        letters.append(secret)

    async with (
        served(create_simulator(config)) as theirs,
        served(deaf) as ours,
        httpx.AsyncClient(base_url=theirs, trust_env=False) as daraja,
        sending_server() as network,
        receiving_mail() as mail,
        receiving() as receiver,
    ):
        environ = {
            "PAYME_SIMULATOR_URL": theirs,
            "PAYME_PUBLIC_URL": ours,
            "PAYME_SMS_PROVIDER": "africastalking",
            "PAYME_AFRICASTALKING_USERNAME": USERNAME,
            "PAYME_AFRICASTALKING_API_KEY": API_KEY,
            "PAYME_AFRICASTALKING_URL": network.url,
            "PAYME_MAIL_PROVIDER": "smtp",
            "PAYME_SMTP_URL": f"smtp://127.0.0.1:{mail.port}",
            "PAYME_MAIL_FROM": "payme@shop.example",
        }
        yield World(here, daraja, network, mail, receiver, letters, environ, draft.shortcode)


@dataclass
class Waiting:
    """A shop of which one thing of each kind waits to leave."""

    shop: Shop
    push: UUID
    ordered: Refund
    agreed: Refund
    messages: int


async def waits(world: World, assembly: Assembly) -> Waiting:
    """Make a shop, and everything that can wait."""
    shop = await make_shop(assembly.database, paybill=False)
    draft = paybill_draft(initiator_name="testapi", shortcode=world.shortcode)
    secrets = {**draft.secrets, SecretField.INITIATOR_CREDENTIAL: b64encode(b"x" * 256).decode()}
    await shop.transact(add_config, replace(draft, secrets=secrets), BOX)
    till = Till(shop, await registers(shop))
    paid = []
    for amount in (900, 300, 200):
        asked = {"phone": PAYER, "to": world.shortcode, "amount": amount, "account": ""}
        receipt = (await world.daraja.post("/simulator/payments", json=asked)).json()["receipt"]
        await till.safaricom.confirms(notice(receipt, f"{amount}.00"))
        money = await shop.transact(find_by_receipt, receipt)
        assert money is not None
        paid.append(money)
    ordered = await till.agreed(paid[1])
    await till.orders_reversal(ordered, sends=False)
    agreed = await till.agreed(paid[2], "200.00")
    customer = await adds_customer(shop, phone=new_phone())
    for purpose in SmsPurpose:
        text = SmsDraft(purpose, Language.ENGLISH, "+254712345678", f"Duka: {purpose}", customer.id)
        await shop.transact(sms.queue_message, text)
        if purpose is SmsPurpose.DUE_SOON:  # one reminder of a customer waits at a time
            customer = await adds_customer(shop, phone=new_phone())
    url = EndpointDraft(world.receiver.url, "", CHOSEN)
    await shop.transact(webhooks.register_endpoint, url, BOX.keys)
    await shop.transact(issues.open_issues, [NewIssue("late_money", uuid4(), {"detail": "an alert waits"})])
    await shop.transact(alert_services.write_alerts)
    await shop.transact(issues.open_issues, [NewIssue("contradiction", uuid4(), {"detail": "untold"})])
    sugar = await has_stock(shop, price="150.00")
    sale = (await opens_sale(shop, (sugar, "1"))).sale
    terms = terms_of(world.settings, assembly.desk.accounts.strongbox)
    push = await shop.transact(sales.ask_mpesa, sale.id, PAYER, None, terms)
    return Waiting(shop, push.id, ordered, agreed, len(SmsPurpose))


async def test_what_left_after_the_backup_does_not_leave_again_after_the_restore(world: World) -> None:
    async with world.assembled() as assembly:
        waiting = await waits(world, assembly)
    file = (await world.payme("backup"))["file"]

    async def everything_left() -> bool:
        totals = await world.totals()
        heard = {one.json["type"] for one in world.receiver.received}
        return (
            len(world.network.sent) >= 2  # by night what is no receipt and not urgent waits for the morning
            and (totals["reversed_amount"], totals["payments"]) == (300, 4)
            and len(world.letters) >= 2
            and heard >= {"sale.opened", "payment.requested", "issue.opened"}
            and len(world.mail.got) >= 2
        )

    await world.works(everything_left)
    rang, moved = list(world.network.sent), await world.totals()
    mails, news, answers = list(world.mail.got), list(world.receiver.received), list(world.letters)

    told = await world.payme("restore", file)
    await world.works()

    assert told["proved"]["clean"]
    held = {"messages": waiting.messages, "alerts": 1, "pushes": 1, "reversals": 1, "refunds": 1}
    assert {name: told["held_back"][name] for name in held} == held
    assert world.network.sent == rang
    assert await world.totals() == moved
    assert world.letters == answers  # M-PESA was ordered nothing, not even what it would refuse
    again = world.receiver.received[len(news) :]
    assert {one.id for one in again if not is_of_restore(one.json)} <= {one.id for one in news}
    assert not {str(mail["Subject"]) for mail in mails} & {
        str(mail["Subject"]) for mail in world.mail.got[len(mails) :]
    }
    await stands_for_a_person(world, waiting)


def is_of_restore(news: dict[str, Any]) -> bool:
    """Whether a system is told of an issue that the restore itself opened."""
    return news["type"] == "issue.opened" and news["data"]["kind"] in {"unsettled_refund", "restored_refund"}


async def stands_for_a_person(world: World, waiting: Waiting) -> None:
    """Say where everything stands that was held back."""
    async with world.assembled() as assembly:
        shop = replace(waiting.shop, database=assembly.database)
        texts = await shop.transact(sms.list_messages, SmsFilter(), None, 100)
        assert {(text.state, text.code) for text in texts} == {(SmsState.WITHDRAWN, "restored")}
        assert (await shop.transact(payments.get_payment, waiting.push)).state is PaymentState.UNKNOWN
        assert (await shop.transact(refunds.get_refund, waiting.ordered.id)).state is RefundState.UNKNOWN
        found: list[Issue] = await shop.transact(issues.list_issues, IssueFilter(is_open=True), None, 100)
        of_refunds = {(issue.kind, issue.subject_id) for issue in found if issue.kind.endswith("_refund")}
        assert of_refunds == {("unsettled_refund", waiting.ordered.id), ("restored_refund", waiting.agreed.id)}
        await shop.transact(refunds.withdraw_refund, waiting.agreed.id, "it was paid, says M-PESA", role="manager")
        found = await shop.transact(issues.list_issues, IssueFilter(is_open=True), None, 100)
        assert "restored_refund" not in {issue.kind for issue in found}
        assert await shop.disagreements() == []
