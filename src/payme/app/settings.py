"""Every setting of the product: read once from the environment, frozen, and described for ``payme config``."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Self
from urllib.parse import unquote, urlsplit

from payme.app import defaults
from payme.app.variables import (
    ADDRESSES,
    ANY_TEXT,
    DIRECTORY,
    NETWORKS,
    OPTIONAL_BUCKET,
    OPTIONAL_FILE,
    OPTIONAL_TEXT,
    Network,
    Variable,
    choice,
    number,
    optional_url,
    text,
    url,
    variable,
    whole,
)
from payme.kit.db.embedded import default_data_dir
from payme.kit.db.pool import PoolLimits

SANDBOX_PASSKEY = "bfb279f9aa9bdbcf158e97dd71a467cd2e0c893059b10f78e6b72ada1ed2c919"  # public, of the sandbox
SIMULATOR_KEY = "simulator"
SIMULATOR = "simulator"
AFRICASTALKING = "africastalking"
SMTP = "smtp"
_PORT = whole(1, 65535)


class SettingsError(Exception):
    """Some variables have values that cannot be used; the message names each and says what is allowed."""


@dataclass(frozen=True, repr=False)
class Settings:
    """What the operator decided. Times end in ``_s`` (seconds), rates in ``_per_s``, sizes in ``_bytes``."""

    database_url: str | None = variable(
        "PAYME_DATABASE_URL", "", "Your own PostgreSQL, as its owner; without it one is run for you.",
        optional_url("postgresql", "postgres"),
    )  # fmt: skip
    app_database_url: str | None = variable(
        "PAYME_APP_DATABASE_URL", "", "The same database for a login of role payme_app; without it the owner's login.",
        optional_url("postgresql", "postgres"),
    )  # fmt: skip
    data_dir: Path = variable(  # noqa: RUF009  variable() is a field()
        "PAYME_DATA_DIR", lambda environ: str(default_data_dir(environ)), "Where the database of our own lies.",
        DIRECTORY,
    )  # fmt: skip
    postgres_bin: str | None = variable(
        "PAYME_POSTGRES_BIN", "", "The bin directory of the PostgreSQL to run; without it the bundled one.",
        OPTIONAL_TEXT,
    )  # fmt: skip

    host: str = variable("PAYME_HOST", "127.0.0.1", "The address to listen on; 0.0.0.0 is every one.", ANY_TEXT)
    port: int = variable("PAYME_PORT", "8000", "The port of the web server.", _PORT)
    web_processes: int = variable(
        "PAYME_WEB_PROCESSES", lambda _: str(min(os.cpu_count() or 1, 4)),
        "Processes of the web server; without it one a core, and 4 at most.", whole(1, 64, "processes"),
    )  # fmt: skip
    simulator_port: int = variable("PAYME_SIMULATOR_PORT", "8001", "The port of the M-Pesa simulator.", _PORT)
    public_url: str = variable(
        "PAYME_PUBLIC_URL", lambda environ: f"http://127.0.0.1:{environ.get('PAYME_PORT') or '8000'}",
        "Where M-Pesa reaches this server; callback addresses begin with it.", url("http", "https"),
    )  # fmt: skip
    trusted_proxies: tuple[Network, ...] = variable(
        "PAYME_TRUSTED_PROXIES", "", "Proxies whose X-Forwarded-For and X-Forwarded-Proto are believed.", NETWORKS
    )

    callback_sources: tuple[Network, ...] = variable(
        "PAYME_CALLBACK_SOURCES", defaults.callback_sources,
        "Where M-Pesa calls from; a callback from elsewhere is kept and waits for a person. Without it Safaricom's "
        "known addresses where tokens are sold in production, else anywhere; 0.0.0.0/0,::/0 is anywhere.", NETWORKS,
    )  # fmt: skip
    orphans_kept_days: int = variable(
        "PAYME_ORPHANS_KEPT_DAYS", "30",
        "How long callbacks on addresses that nobody was given are kept (days); every other callback stays.",
        whole(1, 3650, "days"),
    )  # fmt: skip
    spool_max_bytes: int = variable(
        "PAYME_SPOOL_MAX_BYTES", "67108864",
        "How much the spool in the data directory may hold while the database is away (bytes).",
        whole(1 << 20, 1 << 34, "bytes"),
    )  # fmt: skip

    simulator_url: str = variable(
        "PAYME_SIMULATOR_URL", defaults.simulator, "Where the M-Pesa simulator is.", url("http", "https")
    )
    platform_environment: str = variable(
        "PAYME_PLATFORM_ENVIRONMENT", SIMULATOR, "The M-Pesa in which tokens are sold. Shops may use the simulator "
        "too while it is that.", choice("simulator", "sandbox", "production"),
    )  # fmt: skip
    platform_shortcode: str = variable(
        "PAYME_PLATFORM_SHORTCODE", "650880", "The paybill that sells tokens.", text(r"[0-9]{5,7}", "5 to 7 digits")
    )
    platform_account: str = variable(
        "PAYME_PLATFORM_ACCOUNT", "37605544", "The account reference of token sales.",
        text(r"[0-9A-Za-z]{1,12}", "1 to 12 letters and digits"),
    )  # fmt: skip
    platform_consumer_key: str = variable(
        "PAYME_PLATFORM_CONSUMER_KEY", SIMULATOR_KEY, "The consumer key of the platform's Daraja app.", ANY_TEXT,
        secret=True,
    )  # fmt: skip
    platform_consumer_secret: str = variable(
        "PAYME_PLATFORM_CONSUMER_SECRET", SIMULATOR_KEY, "The consumer secret of the platform's Daraja app.", ANY_TEXT,
        secret=True,
    )  # fmt: skip
    platform_passkey: str = variable(
        "PAYME_PLATFORM_PASSKEY", SANDBOX_PASSKEY, "The passkey of the platform's paybill.", ANY_TEXT, secret=True
    )
    secret_keys: str | None = variable(
        "PAYME_SECRET_KEYS", "", "The keys of the shops' M-Pesa credentials, the newest first: v2:base64,v1:base64.",
        OPTIONAL_TEXT, secret=True,
    )  # fmt: skip
    secret_keys_file: Path | None = variable(  # noqa: RUF009  variable() is a field()
        "PAYME_SECRET_KEYS_FILE", "", "The same keys in a file, one a line; without it secret-keys in PAYME_DATA_DIR, "
        "which payme run makes.", OPTIONAL_FILE,
    )  # fmt: skip
    audit_keys_file: Path | None = variable(  # noqa: RUF009  variable() is a field()
        "PAYME_AUDIT_KEYS_FILE", "", "Keys of their own for the seals of the audit, as in PAYME_SECRET_KEYS_FILE; "
        "without it those sign, too.", OPTIONAL_FILE,
    )  # fmt: skip
    audit_anchor_file: Path | None = variable(  # noqa: RUF009  variable() is a field()
        "PAYME_AUDIT_ANCHOR_FILE", "", "Where the heads of the audit are told outside of the database; without it "
        "audit-anchors.jsonl in PAYME_DATA_DIR. Best on another disk.", OPTIONAL_FILE,
    )  # fmt: skip
    audit_anchor_every_s: float = variable(
        "PAYME_AUDIT_ANCHOR_EVERY_S", "900", "How often, at the most, heads are told there (seconds).",
        number(1, 86_400, "seconds"),
    )  # fmt: skip
    audit_mail_to: tuple[str, ...] = variable(
        "PAYME_AUDIT_MAIL_TO", "", "Who is written to of the heads of the audit: people who keep their e-mail where "
        "nobody who runs this server can delete it.", ADDRESSES,
    )  # fmt: skip
    audit_mail_every_s: float = variable(
        "PAYME_AUDIT_MAIL_EVERY_S", "86400", "How often, at the most (seconds).", number(3600, 2_678_400, "seconds")
    )
    audit_store_url: str | None = variable(
        "PAYME_AUDIT_STORE_URL", "", "The object store (S3) that is told of the heads: endpoint, bucket and folder, "
        "such as https://s3.eu-central-1.amazonaws.com/bucket/payme.", OPTIONAL_BUCKET,
    )  # fmt: skip
    audit_store_region: str = variable(
        "PAYME_AUDIT_STORE_REGION", defaults.store_region, "Its region; without it that of the address, or us-east-1.",
        ANY_TEXT,
    )  # fmt: skip
    audit_store_key_id: str | None = variable(
        "PAYME_AUDIT_STORE_KEY_ID", "", "The access key that may put, get and list there.", OPTIONAL_TEXT
    )
    audit_store_secret_key: str | None = variable(
        "PAYME_AUDIT_STORE_SECRET_KEY", "", "The secret of that key.", OPTIONAL_TEXT, secret=True
    )
    audit_store_every_s: float = variable(
        "PAYME_AUDIT_STORE_EVERY_S", "3600", "How often, at the most, an object is put (seconds).",
        number(60, 86_400, "seconds"),
    )  # fmt: skip
    daraja_queries_per_minute: int = variable(
        "PAYME_DARAJA_QUERIES_PER_MINUTE", "5", "How often M-Pesa may be asked each kind of question of one shortcode.",
        whole(1, 6_000, "questions a minute"),
    )  # fmt: skip
    payment_deadline_s: int = variable(
        "PAYME_PAYMENT_DEADLINE_S", "120", "After this a payment nobody heard of is expired (seconds).",
        whole(1, 3600, "seconds"),
    )  # fmt: skip

    pushes_per_phone: int = variable(
        "PAYME_PUSHES_PER_PHONE", "3", "Requests to pay that a phone may get in ten minutes, from all shops together.",
        whole(1, 1_000, "requests"),
    )  # fmt: skip
    pushes_per_phone_a_day: int = variable(
        "PAYME_PUSHES_PER_PHONE_A_DAY", "10", "Requests to pay that a phone may get in 24 hours.",
        whole(1, 10_000, "requests"),
    )  # fmt: skip
    pushes_per_cashier: int = variable(
        "PAYME_PUSHES_PER_CASHIER", "60", "Requests to pay that one person may send in ten minutes; 0 is any number.",
        whole(0, 10_000, "requests"),
    )  # fmt: skip
    pushes_per_business: int = variable(
        "PAYME_PUSHES_PER_BUSINESS", "300", "Requests to pay that a shop may send in ten minutes; 0 is any number.",
        whole(0, 10_000, "requests"),
    )  # fmt: skip

    pool_connections_max: int = variable(
        "PAYME_POOL_CONNECTIONS_MAX", "10", "Database sessions of one process.", whole(1, 500, "sessions")
    )
    pool_acquire_s: float = variable(
        "PAYME_POOL_ACQUIRE_S", "10", "How long a request waits for a session (seconds).", number(0.1, 120, "seconds")
    )
    connect_timeout_s: float = variable(
        "PAYME_CONNECT_TIMEOUT_S", "10", "How long connecting may take (seconds).", number(0.1, 120, "seconds")
    )
    statement_timeout_s: float = variable(
        "PAYME_STATEMENT_TIMEOUT_S", "15", "How long one statement may take (seconds).", number(0.1, 3600, "seconds")
    )
    idle_in_transaction_timeout_s: float = variable(
        "PAYME_IDLE_IN_TRANSACTION_TIMEOUT_S", "20", "How long a transaction may do nothing (seconds).",
        number(0.1, 3600, "seconds"),
    )  # fmt: skip

    sms_provider: str = variable(
        "PAYME_SMS_PROVIDER", "file", "Who carries SMS: Africa's Talking, or, for trying it out, a file in the data "
        "directory or the console of the worker.", choice("file", "console", "africastalking"),
    )  # fmt: skip
    sms_segment_price: str = variable(
        "PAYME_SMS_SEGMENT_PRICE", "0.80", "What an SMS of one part is taken to cost where the provider does not say "
        "(KES).", text(r"[0-9]{1,3}(\.[0-9]{1,4})?", "an amount such as 0.80"),
    )  # fmt: skip
    africastalking_username: str | None = variable(
        "PAYME_AFRICASTALKING_USERNAME", "", "The username of the Africa's Talking app; sandbox sends to no telephone.",
        OPTIONAL_TEXT,
    )  # fmt: skip
    africastalking_api_key: str | None = variable(
        "PAYME_AFRICASTALKING_API_KEY", "", "The API key of that app.", OPTIONAL_TEXT, secret=True
    )
    africastalking_sender_id: str | None = variable(
        "PAYME_AFRICASTALKING_SENDER_ID", "", "The sender that customers see, as Africa's Talking registered it; "
        "without it the account's own.", OPTIONAL_TEXT,
    )  # fmt: skip
    africastalking_url: str = variable(
        "PAYME_AFRICASTALKING_URL", defaults.africastalking, "Where Africa's Talking is reached.", url("http", "https")
    )

    mail_provider: str = variable(
        "PAYME_MAIL_PROVIDER", "file", "Who carries e-mail: a mail server, or, for trying it out, a file in the data "
        "directory or the console of the worker.", choice("file", "console", "smtp"),
    )  # fmt: skip
    smtp_url: str | None = variable(
        "PAYME_SMTP_URL", "", "The mail server, such as smtp://user:password@mail.example:587; smtps:// is TLS from "
        "the first byte. Signs that an address keeps for itself are written as %40.", optional_url("smtp", "smtps"),
        secret=True,
    )  # fmt: skip
    mail_from: str = variable(
        "PAYME_MAIL_FROM", "payme@localhost", "Whom e-mails come from.", text(r"[^@\s]+@[^@\s]+", "an address")
    )
    operator_email: str | None = variable(
        "PAYME_OPERATOR_EMAIL", "", "Who runs this server, and is written to when something of all shops is wrong.",
        OPTIONAL_TEXT,
    )  # fmt: skip

    session_rate_per_s: float = variable(
        "PAYME_SESSION_RATE_PER_S", "100", "Requests a second of one session, or of one address without one.",
        number(0.1, 1_000_000, "requests a second"),
    )  # fmt: skip
    session_burst: int = variable(
        "PAYME_SESSION_BURST", "200", "Requests at once before that rate counts.", whole(1, 1_000_000, "requests")
    )
    sign_in_rate_per_s: float = variable(
        "PAYME_SIGN_IN_RATE_PER_S", "1", "Sign-ins and sign-ups a second of one address.",
        number(0.01, 1_000_000, "requests a second"),
    )  # fmt: skip
    sign_in_burst: int = variable(
        "PAYME_SIGN_IN_BURST", "30", "Sign-ins and sign-ups at once of one address.", whole(1, 1_000_000, "requests")
    )
    callback_rate_per_s: float = variable(
        "PAYME_CALLBACK_RATE_PER_S", "2000", "M-Pesa callbacks a second of one address.",
        number(0.1, 1_000_000, "requests a second"),
    )  # fmt: skip
    callback_burst: int = variable(
        "PAYME_CALLBACK_BURST", "20000", "M-Pesa callbacks at once of one address.", whole(1, 10_000_000, "requests")
    )
    body_max_bytes: int = variable(
        "PAYME_BODY_MAX_BYTES", "1048576", "The largest request (bytes).", whole(1024, 1 << 30, "bytes")
    )
    drain_s: int = variable(
        "PAYME_DRAIN_S", "10", "How long running requests may finish at the stop (seconds).", whole(0, 120, "seconds")
    )
    drain_notice_s: float = variable(
        "PAYME_DRAIN_NOTICE_S", "0", "How long /readyz says 503 before the door closes, for a load balancer (seconds).",
        number(0, 120, "seconds"),
    )  # fmt: skip

    log_level: str = variable(
        "PAYME_LOG_LEVEL", "info", "The least that is logged.", choice("debug", "info", "warning", "error")
    )
    log_format: str = variable(
        "PAYME_LOG_FORMAT", "json", "Lines for a machine or a person.", choice("json", "console")
    )
    metrics_token: str | None = variable(
        "PAYME_METRICS_TOKEN", "", "Opens /metrics to others than this machine, as a Bearer token.", OPTIONAL_TEXT,
        secret=True,
    )  # fmt: skip
    otlp_endpoint: str | None = variable(
        "OTEL_EXPORTER_OTLP_ENDPOINT", "", "Where OpenTelemetry traces are sent; without it none are made.",
        optional_url("http", "https"),
    )  # fmt: skip

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Self:
        """Read the environment. Raises SettingsError, which names every variable that is wrong."""
        values: dict[str, object] = {}
        wrong: list[str] = []
        for field_name, described in described_settings().items():
            given = described.text(environ)
            try:
                values[field_name] = described.kind.read(given)
            except ValueError:
                shown = described.show(given)
                wrong.append(f"{described.name} is {shown!r}; it must be {described.kind.allowed}. {described.meaning}")
        if wrong:
            raise SettingsError("\n".join(wrong))
        settings = cls(**values)  # type: ignore[arg-type]  # each was read by its own field
        settings._agree()
        return settings

    def _agree(self) -> None:
        wrong = []
        if self.uses_simulator and self.port == self.simulator_port:
            wrong.append("PAYME_PORT and PAYME_SIMULATOR_PORT are the same; give each its own.")
        if not self.uses_simulator and SIMULATOR_KEY in {self.platform_consumer_key, self.platform_consumer_secret}:
            wrong.append(
                "PAYME_PLATFORM_ENVIRONMENT is not the simulator, so PAYME_PLATFORM_CONSUMER_KEY and "
                "PAYME_PLATFORM_CONSUMER_SECRET must be those of your Daraja app."
            )
        if self.sms_provider == AFRICASTALKING and not (self.africastalking_username and self.africastalking_api_key):
            wrong.append(
                "PAYME_SMS_PROVIDER is africastalking, so PAYME_AFRICASTALKING_USERNAME and "
                "PAYME_AFRICASTALKING_API_KEY must be those of your app."
            )
        if self.mail_provider == SMTP and not self.smtp_url:
            wrong.append("PAYME_MAIL_PROVIDER is smtp, so PAYME_SMTP_URL must name your mail server.")
        if self.audit_store_url and not (self.audit_store_key_id and self.audit_store_secret_key):
            wrong.append("PAYME_AUDIT_STORE_URL needs PAYME_AUDIT_STORE_KEY_ID and PAYME_AUDIT_STORE_SECRET_KEY.")
        if self.secret_keys and self.secret_keys_file:
            wrong.append("PAYME_SECRET_KEYS and PAYME_SECRET_KEYS_FILE are both set; give one of them.")
        if self.app_database_url and not self.database_url:
            wrong.append("PAYME_APP_DATABASE_URL is of no use without PAYME_DATABASE_URL.")
        if wrong:
            raise SettingsError("\n".join(wrong))

    @property
    def uses_simulator(self) -> bool:
        """Whether shops may collect from the simulator, and so pretended money."""
        return self.platform_environment == SIMULATOR

    @property
    def daraja_urls(self) -> Mapping[str, str]:
        """Return the hosts that may be spoken to, one an environment; nobody can name another."""
        pretended = {SIMULATOR: self.simulator_url} if self.uses_simulator else {}
        return {**pretended, **defaults.DARAJA_URLS}

    @property
    def key_file(self) -> Path | None:
        """Return the file of the keys; None where the environment itself has them."""
        return None if self.secret_keys is not None else self.secret_keys_file or self.data_dir / "secret-keys"

    @property
    def uses_embedded_database(self) -> bool:
        """Whether we run PostgreSQL ourselves."""
        return self.database_url is None

    def pool_limits(self) -> PoolLimits:
        """Return the limits of the database sessions."""
        return PoolLimits(
            connections_max=self.pool_connections_max,
            acquire_s=self.pool_acquire_s,
            connect_s=self.connect_timeout_s,
            statement_s=self.statement_timeout_s,
            idle_in_transaction_s=self.idle_in_transaction_timeout_s,
        )

    def secrets(self) -> tuple[str, ...]:
        """Return every secret in plain, for whoever must keep them out of logs."""
        found = [getattr(self, name) for name, described in described_settings().items() if described.secret]
        addresses = (self.database_url, self.app_database_url, self.smtp_url)
        passwords = [urlsplit(address).password or "" for address in addresses if address]
        found += [*passwords, *map(unquote, passwords)]
        parts = [part for value in found if value for part in (value, *value.replace(",", " ").split())]
        return tuple(value for value in parts if value != SIMULATOR_KEY)

    def __repr__(self) -> str:
        """Show every value, the secrets masked."""
        shown = ", ".join(
            f"{name}={described.show(_as_text(getattr(self, name)))!r}"
            for name, described in described_settings().items()
        )
        return f"Settings({shown})"


def described_settings() -> dict[str, Variable]:
    """Return every variable by the field that it sets, in the order of this file."""
    return {field.name: field.metadata["variable"] for field in fields(Settings)}


def _as_text(value: object) -> str:
    if value is None:
        return ""
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
