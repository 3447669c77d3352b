"""How the house is put together for a process: the pool, the transactions, Daraja, and who is told what."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from urllib.parse import unquote, urlsplit
from uuid import UUID

import httpx

from payme import audit, issues, live, payments, webhooks
from payme.alerts import MailConsole, Mailer, MailFile, Smtp, SmtpAccount
from payme.alerts.jobs import AlertDesk
from payme.anchors.jobs import AnchorDesk, AnchorFile, AnchorMail, AnchorPlace, AnchorStore
from payme.app.logs import bind_facts
from payme.app.settings import AFRICASTALKING, SMTP, Settings, SettingsError
from payme.app.telemetry import TracedDaraja, TracedDatabase, Tracing
from payme.c2b.jobs import C2bDesk
from payme.daraja import Wire
from payme.inquiries.jobs import AccountOf, InquiryDesk
from payme.kit.db.jobs import PgQueuerJobs
from payme.kit.db.pool import AsyncpgPool, open_pool
from payme.kit.db.transaction import Database, Tx
from payme.kit.object_store import ObjectStore, StoreAccount
from payme.kit.seams import Seams, SystemClock
from payme.kit.secrets import KEY_BYTES, Keys, KeysInFile, KeysUnusable, given_keys
from payme.mpesa import Daraja, DarajaClient, MpesaAccount, TransactionType
from payme.payment_configs import Environment, Strongbox
from payme.payments import Accounts, Collector, Terms
from payme.payments.jobs import PushDesk
from payme.push_limits import PushLimits
from payme.receipt_links import Sharing
from payme.receipts.jobs import ReceiptDesk
from payme.refunds.jobs import RefundDesk
from payme.seals.jobs import SealDesk
from payme.settlement import book_listed
from payme.shortcodes import ShortcodeClient
from payme.sms import AfricasTalking, AfricasTalkingAccount, Carrier, Console, Outbox, SmsPrice
from payme.sms import Terms as SmsTerms
from payme.sms.jobs import SmsDesk
from payme.webhooks import Courier, PostOffice


def record(tx: Tx) -> None:
    """Tell every room that listens what a transaction emitted; runs before each commit."""
    audit.record_events(tx)
    issues.record_issues(tx)
    webhooks.record_news(tx)
    live.announce(tx)
    bind_facts(tx.events)


@dataclass(frozen=True)
class Assembly:
    """What one process works with."""

    settings: Settings
    pool: AsyncpgPool
    database: Database
    desk: PushDesk
    inquiries: InquiryDesk
    c2b: C2bDesk
    refunds: RefundDesk
    receipts: ReceiptDesk
    office: PostOffice
    sms: SmsDesk
    seals: SealDesk
    anchors: AnchorDesk
    alerts: AlertDesk


def platform_account(settings: Settings) -> MpesaAccount:
    """Return the platform's own account, which sells tokens."""
    return MpesaAccount(
        base_url=settings.daraja_urls[settings.platform_environment],
        consumer_key=settings.platform_consumer_key,
        consumer_secret=settings.platform_consumer_secret,
        shortcode=settings.platform_shortcode,
        passkey=settings.platform_passkey,
        party_b=settings.platform_shortcode,
        transaction_type=TransactionType.PAYBILL,
    )


def keys_of(settings: Settings, seams: Seams) -> Keys:
    """Return the keys of the shops' credentials; a file beside a database of our own is made at the first need.

    Where the database is another's, several machines may use it, and each would make a key that the others lack; only
    ``payme run`` makes one there. Raises SettingsError where the environment's cannot be used.
    """
    if settings.key_file is None:
        try:
            return given_keys(settings.secret_keys or "")
        except KeysUnusable as unusable:
            raise SettingsError(f"PAYME_SECRET_KEYS cannot be used: {unusable}.") from None
    ours = settings.uses_embedded_database and settings.secret_keys_file is None
    return KeysInFile(settings.key_file, (lambda: seams.new_bytes(KEY_BYTES)) if ours else None)


def make_keys(settings: Settings) -> None:
    """Make the file of keys where nobody named one and it is missing. Raises SecretKeysMissing where it cannot be."""
    if settings.key_file is not None and settings.secret_keys_file is None:
        KeysInFile(settings.key_file, lambda: Seams().new_bytes(KEY_BYTES))()


def accounts_of(settings: Settings, seams: Seams) -> Accounts:
    """Return what Daraja is spoken to with."""
    urls = {Environment(name): url for name, url in settings.daraja_urls.items()}
    return Accounts(platform_account(settings), Strongbox(keys_of(settings, seams), urls))


def account_of(accounts: Accounts) -> AccountOf:
    """Return how inquiries open the account that a payment was pushed from."""

    async def open_account(tx: Tx, payment_id: UUID) -> MpesaAccount:
        return await payments.open_account(tx, payment_id, accounts)

    return open_account


def terms_of(settings: Settings, box: Strongbox) -> Terms:
    """Return what asking a phone for money goes by."""
    return Terms(
        deadline_s=settings.payment_deadline_s,
        base_urls=box.base_urls,
        limits=PushLimits(
            per_phone=settings.pushes_per_phone,
            per_phone_a_day=settings.pushes_per_phone_a_day,
            per_cashier=settings.pushes_per_cashier,
            per_business=settings.pushes_per_business,
            key=lambda: box.keys().oldest,
        ),
        platform=Collector(
            shortcode=settings.platform_shortcode,
            base_url=settings.daraja_urls[settings.platform_environment],
            account_reference=settings.platform_account,
        ),
    )


def office_of(settings: Settings, database: Database, keys: Keys) -> PostOffice:
    """Return what sends webhooks; to this machine only where M-Pesa is pretended, too."""
    return PostOffice(database, Courier(loopback_allowed=settings.uses_simulator), keys)


def sharing_of(settings: Settings, keys: Keys) -> Sharing:
    """Return what receipts are shared by."""
    return Sharing(settings.public_url, keys)


def seal_keys_of(settings: Settings, keys: Keys) -> Keys:
    """Return the keys that the audit's signing keys are derived of: their own file's, else those of the secrets."""
    return keys if settings.audit_keys_file is None else KeysInFile(settings.audit_keys_file)


def anchor_file_of(settings: Settings) -> Path:
    """Return where the heads of the audit are told."""
    return settings.audit_anchor_file or settings.data_dir / "audit-anchors.jsonl"


def store_of(settings: Settings) -> ObjectStore | None:
    """Return the object store that is told of the heads of the audit, if there is one.

    It believes requests of now only, whatever clock the books are asked by.
    """
    if settings.audit_store_url is None:
        return None
    account = StoreAccount(
        url=settings.audit_store_url,
        region=settings.audit_store_region,
        key_id=settings.audit_store_key_id or "",
        secret_key=settings.audit_store_secret_key or "",
    )
    return ObjectStore(account, SystemClock().now)


def places_of(settings: Settings, seams: Seams, mailer: Mailer, store: ObjectStore | None) -> list[AnchorPlace]:
    """Return every place outside of the database that is told of the heads of the audit."""
    places: list[AnchorPlace] = [AnchorFile(anchor_file_of(settings), settings.audit_anchor_every_s)]
    if store is not None:
        places.append(AnchorStore(store, settings.audit_store_every_s))
    if settings.audit_mail_to:
        places.append(AnchorMail(mailer, settings.audit_mail_to, settings.audit_mail_every_s, seams.clock.now))
    return places


def carrier_of(settings: Settings, seams: Seams) -> Carrier:
    """Return who carries SMS."""
    if settings.sms_provider == AFRICASTALKING:
        account = AfricasTalkingAccount(
            base_url=settings.africastalking_url,
            username=settings.africastalking_username or "",
            api_key=settings.africastalking_api_key or "",
            sender_id=settings.africastalking_sender_id,
        )
        return AfricasTalking(account)
    return Console() if settings.sms_provider == "console" else Outbox(settings.data_dir / "sms.jsonl", seams.clock.now)


def sms_price_of(settings: Settings) -> SmsPrice:
    """Return what a message is taken to cost where nobody says."""
    return SmsPrice(Decimal(settings.sms_segment_price))


def sms_desk_of(settings: Settings, database: Database, keys: Keys) -> SmsDesk:
    """Return what sends SMS."""
    carrier = carrier_of(settings, database.seams)
    return SmsDesk(database, carrier, SmsTerms(sms_price_of(settings), keys, carrier.name))


def mail_account_of(settings: Settings) -> SmtpAccount:
    """Return how the mail server is spoken to."""
    parts = urlsplit(settings.smtp_url or "")
    is_tls = parts.scheme == "smtps"
    return SmtpAccount(
        host=parts.hostname or "",
        port=parts.port or (465 if is_tls else 587),
        is_tls=is_tls,
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        sender=settings.mail_from,
    )


def mailer_of(settings: Settings) -> Mailer:
    """Return who carries e-mail."""
    if settings.mail_provider == SMTP:
        return Smtp(mail_account_of(settings))
    return MailConsole() if settings.mail_provider == "console" else MailFile(settings.data_dir / "mail.jsonl")


@asynccontextmanager
async def assemble(
    settings: Settings, app_dsn: str, seams: Seams | None = None, tracing: Tracing | None = None
) -> AsyncIterator[Assembly]:
    """Open everything a process needs, and close it again; with ``tracing`` transactions and pushes make spans."""
    seams = seams or Seams()
    pool = await open_pool(app_dsn, limits=settings.pool_limits())
    try:
        async with httpx.AsyncClient() as http:
            jobs = PgQueuerJobs()
            daraja: Daraja
            if tracing is None:
                database = Database(pool, seams, record=record, jobs=jobs)
            else:
                database = TracedDatabase(pool, seams, record=record, jobs=jobs, tracing=tracing)
            wire = Wire(http, database, queries_per_minute=settings.daraja_queries_per_minute)
            daraja = DarajaClient(wire) if tracing is None else TracedDaraja(DarajaClient(wire), tracing)
            accounts = accounts_of(settings, seams)
            desk = PushDesk(database, daraja, accounts, settings.public_url)
            inquiries = InquiryDesk(database, daraja, account_of(accounts))
            office = office_of(settings, database, accounts.strongbox.keys)
            shortcodes = ShortcodeClient(wire)
            c2b = C2bDesk(database, shortcodes, accounts.strongbox, settings.public_url)
            refunds = RefundDesk(database, shortcodes, accounts.strongbox, settings.public_url)
            receipts = ReceiptDesk(database, shortcodes, accounts.strongbox, settings.public_url, book_listed)
            texts = sms_desk_of(settings, database, accounts.strongbox.keys)
            seals = SealDesk(database, seal_keys_of(settings, accounts.strongbox.keys))
            mailer, store = mailer_of(settings), store_of(settings)
            anchors = AnchorDesk(database, places_of(settings, seams, mailer, store))
            alerts = AlertDesk(database, mailer, settings.operator_email)
            try:
                yield Assembly(
                    settings, pool, database, desk, inquiries, c2b, refunds, receipts, office, texts, seals, anchors,
                    alerts,
                )  # fmt: skip
            finally:
                if store is not None:
                    await store.aclose()
                await texts.carrier.aclose()
                await office.courier.aclose()
                await wire.aclose()
    finally:
        await pool.close()
