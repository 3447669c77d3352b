"""Settings: read once, refused clearly, described, and never telling a secret."""

from decimal import Decimal
from ipaddress import ip_network
from pathlib import Path

import pytest

from payme.alerts import MailConsole, MailFile, Smtp
from payme.app.assembly import carrier_of, mail_account_of, mailer_of, sms_price_of
from payme.app.described import describe, unknown_variables
from payme.app.settings import Settings, SettingsError
from payme.kit.seams import Seams
from payme.sms import AfricasTalking, Console, Outbox

REAL_DARAJA = {
    "PAYME_PLATFORM_ENVIRONMENT": "production",
    "PAYME_PLATFORM_CONSUMER_KEY": "canary-key-1",
    "PAYME_PLATFORM_CONSUMER_SECRET": "canary-secret-1",
    "PAYME_PLATFORM_PASSKEY": "canary-passkey-1",
}


def test_an_empty_environment_opens_a_shop_on_this_machine_with_the_simulator() -> None:
    settings = Settings.from_environ({})

    assert (settings.host, settings.port) == ("127.0.0.1", 8000)
    assert settings.public_url == "http://127.0.0.1:8000"
    assert settings.daraja_urls == {
        "simulator": "http://127.0.0.1:8001",
        "sandbox": "https://sandbox.safaricom.co.ke",
        "production": "https://api.safaricom.co.ke",
    }
    assert (settings.platform_shortcode, settings.platform_account) == ("650880", "37605544")
    assert settings.uses_simulator
    assert settings.uses_embedded_database
    assert settings.payment_deadline_s == 120


def test_defaults_follow_what_is_set() -> None:
    settings = Settings.from_environ(
        {"PAYME_PORT": "9000", "PAYME_SIMULATOR_PORT": "9001", "PAYME_PLATFORM_SHORTCODE": "600000", "PAYME_HOST": " "}
    )

    assert settings.public_url == "http://127.0.0.1:9000"
    assert settings.simulator_url == "http://127.0.0.1:9001"
    assert settings.platform_shortcode == "600000"
    assert settings.host == "127.0.0.1"


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("PAYME_SMS_PROVIDER", "pigeon", "file or console or africastalking"),
        ("PAYME_SMS_SEGMENT_PRICE", "0,80", "an amount such as 0.80"),
        ("PAYME_PORT", "eight thousand", "a whole number from 1 to 65535"),
        ("PAYME_PORT", "70000", "a whole number from 1 to 65535"),
        ("PAYME_POOL_ACQUIRE_S", "nan", "seconds from 0.1 to 120"),
        ("PAYME_LOG_LEVEL", "chatty", "debug or info or warning or error"),
        ("PAYME_DATABASE_URL", "mysql://h/db", "postgresql:// or postgres://"),
        ("PAYME_PUBLIC_URL", "shop.example", "http:// or https://"),
        ("PAYME_TRUSTED_PROXIES", "10.0.0.0/99", "addresses or networks"),
        ("PAYME_PLATFORM_SHORTCODE", "12", "5 to 7 digits"),
        ("PAYME_PLATFORM_ENVIRONMENT", "real", "simulator or sandbox or production"),
    ],
)
def test_a_bad_value_is_named_with_what_is_allowed(name: str, value: str, allowed: str) -> None:
    with pytest.raises(SettingsError) as refused:
        Settings.from_environ({name: value})

    assert str(refused.value).startswith(f"{name} is {value!r}; it must be ")
    assert allowed in str(refused.value)


def test_every_bad_value_is_told_at_once() -> None:
    with pytest.raises(SettingsError) as refused:
        Settings.from_environ({"PAYME_PORT": "x", "PAYME_LOG_FORMAT": "xml"})

    assert len(str(refused.value).splitlines()) == 2


def test_a_refused_address_does_not_show_its_password() -> None:
    with pytest.raises(SettingsError) as refused:
        Settings.from_environ({"PAYME_DATABASE_URL": "mysql://me:canary@h/db"})

    assert "canary" not in str(refused.value)


def test_real_daraja_needs_real_keys() -> None:
    with pytest.raises(SettingsError, match="PAYME_PLATFORM_CONSUMER_KEY"):
        Settings.from_environ({"PAYME_PLATFORM_ENVIRONMENT": "production"})

    real = Settings.from_environ(REAL_DARAJA)
    assert not real.uses_simulator
    assert list(real.daraja_urls) == ["sandbox", "production"]


def test_sms_go_to_a_file_until_somebody_who_carries_them_is_set_whole(tmp_path: Path) -> None:
    at_home = Settings.from_environ({"PAYME_DATA_DIR": str(tmp_path)})
    assert isinstance(carrier_of(at_home, Seams()), Outbox)
    assert isinstance(carrier_of(Settings.from_environ({"PAYME_SMS_PROVIDER": "console"}), Seams()), Console)
    assert sms_price_of(at_home).per_segment == Decimal("0.80")
    with pytest.raises(SettingsError, match="PAYME_AFRICASTALKING_API_KEY"):
        Settings.from_environ({"PAYME_SMS_PROVIDER": "africastalking", "PAYME_AFRICASTALKING_USERNAME": "duka"})

    whole = {"PAYME_SMS_PROVIDER": "africastalking", "PAYME_AFRICASTALKING_API_KEY": "canary-sms-key"}
    for username, host in (("duka", "api.africastalking.com"), ("sandbox", "api.sandbox.africastalking.com")):
        environ = whole | {"PAYME_AFRICASTALKING_USERNAME": username}
        settings = Settings.from_environ(environ)
        assert settings.africastalking_url == f"https://{host}"
        carrier = carrier_of(settings, Seams())
        assert isinstance(carrier, AfricasTalking)
        assert "canary" not in repr(settings) + str(describe(environ)) + repr(vars(carrier))
        assert "canary-sms-key" in settings.secrets()


def test_the_app_login_needs_a_database() -> None:
    with pytest.raises(SettingsError, match="PAYME_APP_DATABASE_URL"):
        Settings.from_environ({"PAYME_APP_DATABASE_URL": "postgresql://app@h/db"})


def test_one_port_is_not_given_twice() -> None:
    with pytest.raises(SettingsError, match="PAYME_SIMULATOR_PORT"):
        Settings.from_environ({"PAYME_PORT": "8001"})


def test_no_secret_is_shown() -> None:
    environ = REAL_DARAJA | {
        "PAYME_DATABASE_URL": "postgresql://owner:canary-password-1@db/payme?sslmode=require",
        "PAYME_METRICS_TOKEN": "canary-token-1",
    }
    settings = Settings.from_environ(environ)

    shown = repr(settings) + str(settings) + "".join(map(str, describe(environ)))

    assert "canary" not in shown
    assert "postgresql://owner:********@db/payme?sslmode=require" in shown
    assert {secret for secret in settings.secrets() if secret.startswith("canary")} == {
        "canary-key-1", "canary-secret-1", "canary-passkey-1", "canary-password-1", "canary-token-1"
    }  # fmt: skip


def test_every_variable_is_described() -> None:
    described = {line.name: line for line in describe({"PAYME_PORT": "9000"})}

    assert described["PAYME_PORT"].value == "9000"
    assert described["PAYME_PORT"].default == "8000"
    assert described["PAYME_PORT"].is_set
    assert not described["PAYME_HOST"].is_set
    assert all(line.meaning.endswith((".", ")")) and line.allowed for line in described.values())
    assert all(
        ("(seconds)" in line.meaning) == name.endswith("_S") for name, line in described.items() if "RATE" not in name
    )


def test_a_typing_error_in_a_name_is_noticed() -> None:
    assert unknown_variables({"PAYME_PROT": "1", "PAYME_PORT": "1", "PATH": "/bin"}) == [
        "PAYME_PROT is not a setting. Did you mean PAYME_PORT?"
    ]


def test_proxies_are_networks() -> None:
    settings = Settings.from_environ({"PAYME_TRUSTED_PROXIES": "10.0.0.0/8, 192.168.1.7"})

    assert settings.trusted_proxies == (ip_network("10.0.0.0/8"), ip_network("192.168.1.7/32"))


def test_mail_lies_in_a_file_until_a_server_is_named() -> None:
    assert isinstance(mailer_of(Settings.from_environ({})), MailFile)
    assert isinstance(mailer_of(Settings.from_environ({"PAYME_MAIL_PROVIDER": "console"})), MailConsole)
    with pytest.raises(SettingsError, match="PAYME_SMTP_URL must name your mail server"):
        Settings.from_environ({"PAYME_MAIL_PROVIDER": "smtp"})

    address = "smtp://asha%40shop.example:si%3Ari@mail.example"
    settings = Settings.from_environ({"PAYME_MAIL_PROVIDER": "smtp", "PAYME_SMTP_URL": address})
    account = mail_account_of(settings)
    assert (account.user, account.password) == ("asha@shop.example", "si:ri")
    assert (account.host, account.port, account.is_tls) == ("mail.example", 587, False)
    assert "si:ri" not in repr(account)
    assert "si%3Ari" not in repr(settings)
    assert {address, "si%3Ari", "si:ri"} <= set(settings.secrets())
    tls = mail_account_of(Settings.from_environ({"PAYME_SMTP_URL": "smtps://mail.example"}))
    assert (tls.port, tls.is_tls, tls.user) == (465, True, None)
    assert isinstance(mailer_of(settings), Smtp)
