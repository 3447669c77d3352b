"""Safaricom asks before a customer's money moves: it is wanted, unless the shop wants only what names a sale."""

from pathlib import Path

import pytest

from payme import c2b, payment_configs
from payme.app.main import create_app
from payme.app.services import AppServices
from payme.c2b import Answer, RegistrationState, find_registration
from payme.c2b.jobs import C2bDesk, register_c2b
from payme.callbacks import CallbackState
from payme.daraja import Access
from payme.kit.db.transaction import Database, Tx
from payme.payment_configs import PaymentConfigNotFound
from payme.settlement.jobs import drain_callbacks
from payme.shortcodes import OrderAnswer, Refused, Taken, Unknown
from tests.callbacks.test_keeping import away
from tests.support.by_hand import Safaricom, new_receipt, notice, registers
from tests.support.daraja import Counter
from tests.support.goods import has_stock, opens_sale
from tests.support.shops import BOX, Shop, make_shop
from tests.support.web import a_client, settings_of


@pytest.fixture
async def shop(database: Database) -> Shop:
    return await make_shop(database)


async def ask(database: Database, secret: str, body: bytes, tmp_path: Path) -> tuple[int, str]:
    app = create_app(AppServices(settings=settings_of({"PAYME_DATA_DIR": str(tmp_path)}), database=database))
    async with a_client(app) as safaricom:
        answer = await safaricom.post(f"/callbacks/ask/{secret}", content=body)
    return answer.status_code, answer.json()["ResultCode"]


@pytest.mark.parametrize("rejects", [False, True])
@pytest.mark.parametrize("account", ["the sale", "the prompt", "MAMA MBOGA"])
async def test_only_a_shop_that_wants_it_turns_away_what_names_no_sale(
    shop: Shop, tmp_path: Path, rejects: bool, account: str
) -> None:
    safaricom = await registers(shop, rejects=rejects)
    sale = (await opens_sale(shop, (await has_stock(shop), "2"))).sale
    payment = await Counter(shop).asks(sale.id)
    typed = {"the sale": f"Receipt {sale.number}", "the prompt": payment.account_reference}.get(account, account) or ""

    answer = await ask(shop.database, safaricom.validation, notice("UKM12AB3CD", account=typed), tmp_path)

    turned_away = rejects and account == "MAMA MBOGA"
    assert answer == (200, Answer.UNKNOWN_ACCOUNT if turned_away else Answer.ACCEPT)


async def test_whatever_goes_wrong_money_is_not_turned_away(shop: Shop, tmp_path: Path) -> None:
    safaricom = await registers(shop, rejects=True)

    for database, secret, body in (
        (shop.database, safaricom.validation, b"<html>"),
        (shop.database, "nobody's path", notice("UKM12AB3CD")),
        (shop.database, safaricom.confirmation, notice("UKM12AB3CD")),
        (away(), safaricom.validation, notice("UKM12AB3CD")),
    ):
        assert await ask(database, secret, body, tmp_path) == (200, "0")


async def test_a_question_is_kept_and_has_no_effect(shop: Shop, tmp_path: Path) -> None:
    safaricom = await registers(shop)
    await ask(shop.database, safaricom.validation, notice("UKM12AB3CD"), tmp_path)

    while await drain_callbacks(shop.database):
        pass

    async def closed(tx: Tx) -> list[tuple[str, str]]:
        rows = await tx.records("SELECT state, reason FROM callbacks WHERE business_id = $1", tx.business_id)
        return [(row["state"], row["reason"]) for row in rows]

    assert await shop.transact(closed) == [(CallbackState.DUPLICATE, "answered at the door")]


async def test_asking_again_keeps_the_last_wish_and_both_addresses(shop: Shop) -> None:
    first = await registers(shop)
    second = await registers(shop, rejects=True)
    assert first.confirmation != second.confirmation

    asked = await shop.transact(find_registration, first.config_id)
    assert asked is not None
    assert (asked.state, asked.rejects_unknown_accounts) == (RegistrationState.REQUESTED, True)
    await shop.transact(c2b.record_c2b, first.config_id, RegistrationState.REFUSED, "Urls are already registered.")
    answered = await shop.transact(find_registration, first.config_id)
    assert answered is not None
    assert (answered.state, answered.said) == (RegistrationState.REFUSED, "Urls are already registered.")
    for safaricom in (first, second):
        assert await safaricom.confirms(notice(new_receipt(shop))) is CallbackState.APPLIED


async def test_no_config_no_addresses(shop: Shop) -> None:
    with pytest.raises(PaymentConfigNotFound):
        await shop.transact(c2b.request_c2b, shop.business_id, False)
    with pytest.raises(c2b.C2bNotRequested):
        await shop.transact(c2b.open_c2b, shop.business_id)


class PlayedRegistrar:
    """Daraja, which is told two addresses."""

    def __init__(self, answer: OrderAnswer) -> None:
        self.answer = answer
        self.told: list[tuple[str, str]] = []

    async def register_urls(self, access: Access, confirmation_url: str, validation_url: str) -> OrderAnswer:
        self.told.append((confirmation_url, validation_url))
        return self.answer


@pytest.mark.parametrize(
    ("answer", "state", "said"),
    [
        (Taken("conversation"), RegistrationState.REGISTERED, ""),
        (Refused("500.003.1001", "Urls are already registered."), RegistrationState.REFUSED, "already registered"),
        (Unknown("timeout"), RegistrationState.REQUESTED, "not known"),
    ],
)
async def test_safaricom_is_told_two_secret_addresses(
    shop: Shop, answer: OrderAnswer, state: RegistrationState, said: str
) -> None:
    config = await shop.transact(payment_configs.get_active)
    await shop.transact(c2b.request_c2b, config.id, False)
    registrar = PlayedRegistrar(answer)
    desk = C2bDesk(shop.database, registrar, BOX, "https://shop.invalid")

    await register_c2b(desk, {"business_id": str(shop.business_id), "config_id": str(config.id)})

    [(confirmation, validation)] = registrar.told
    assert confirmation.startswith("https://shop.invalid/callbacks/")
    assert validation.startswith("https://shop.invalid/callbacks/ask/")
    registered = await shop.transact(find_registration, config.id)
    assert registered is not None
    assert registered.state is state
    assert said in registered.said
    told = Safaricom(shop, config.id, config.shortcode, confirmation.rsplit("/", 1)[1], validation)
    assert await told.confirms(notice(new_receipt(shop))) is CallbackState.APPLIED
