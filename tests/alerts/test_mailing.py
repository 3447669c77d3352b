"""What a mail server answers decides whether an alert goes again; e-mails lie in a file until one is set up."""

import json
import ssl
from datetime import UTC, datetime, timedelta
from io import StringIO
from ipaddress import ip_address
from pathlib import Path
from uuid import uuid4

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from payme.alerts import (
    AlertSettings,
    AlertState,
    Mail,
    MailConsole,
    MailFile,
    NobodyToTell,
    NotTaken,
    Refused,
    Smtp,
    SmtpAccount,
    Taken,
    read_gauges,
)
from payme.alerts.services import record_try
from payme.identity import InvalidEmail, InvalidPhone
from payme.issues import Severity
from tests.alerts.conftest import Telling
from tests.support.mail_server import MailServer, receiving_mail

AT = datetime(2026, 3, 1, 9, tzinfo=UTC)


def a_mail() -> Mail:
    return Mail(
        uuid4(), ("asha@shop.example", "otieno@shop.example"), "[high] Duka: pesa", "Habari.\n.\nAsante.\n", AT, 1
    )


def smtp(server: MailServer, *, user: str | None = None, password: str | None = None, is_tls: bool = False) -> Smtp:
    return Smtp(SmtpAccount("127.0.0.1", server.port, is_tls, user, password, "payme@shop.example"), try_s=1.0)


async def test_a_mail_has_its_own_id_and_says_that_a_machine_wrote_it(mail: MailServer) -> None:
    letter = a_mail()

    assert await smtp(mail).send(letter) == Taken()

    [got] = mail.got
    assert mail.recipients == [list(letter.to)]
    assert (str(got["Message-ID"]), str(got["Auto-Submitted"])) == (f"<{letter.id}@shop.example>", "auto-generated")
    assert str(got["Date"]) == "Sun, 01 Mar 2026 09:00:00 +0000"
    assert got.get_content().splitlines() == letter.text.splitlines()


@pytest.mark.parametrize(
    ("trouble", "outcome"),
    [
        ({".": "550 we do not want it"}, Refused("550 we do not want it")),
        ({".": "451 later"}, NotTaken("451 later")),
        ({"RCPT": "550 nobody here"}, Refused("550 nobody here")),
        ({"RCPT": "450 full"}, NotTaken("450 full")),
        ({"CONNECT": "554 go away"}, Refused("554 go away")),
    ],
)
async def test_an_answer_is_for_good_or_for_now(
    mail: MailServer, trouble: dict[str, str], outcome: Refused | NotTaken
) -> None:
    mail.trouble = trouble
    assert await smtp(mail).send(a_mail()) == outcome


@pytest.mark.parametrize("place", ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "."])
async def test_a_server_that_hangs_up_has_not_taken_it(mail: MailServer, place: str) -> None:
    mail.trouble = {place: "hang up"}
    assert isinstance(await smtp(mail).send(a_mail()), NotTaken)


async def test_a_mail_server_is_greeted_without_a_mail(mail: MailServer) -> None:
    assert await smtp(mail).greet() == Taken()
    assert (mail.said, mail.got) == (["EHLO", "NOOP", "QUIT"], [])
    for word in ("CONNECT", "NOOP"):
        mail.trouble = {word: "554 go away"}
        assert await smtp(mail).greet() == Refused("554 go away")


async def test_a_password_is_not_said_without_tls(mail: MailServer) -> None:
    outcome = await smtp(mail, user="payme", password="siri").send(a_mail())

    assert outcome == NotTaken("the server offers no TLS, so the password was not said")
    assert "AUTH" not in mail.said


async def test_a_server_that_cannot_do_tls_is_not_spoken_to_in_plain(mail: MailServer) -> None:
    mail.offers = ("STARTTLS",)
    mail.trouble = {"STARTTLS": "220 go ahead"}
    assert isinstance(await smtp(mail, user="payme", password="siri").send(a_mail()), NotTaken)
    assert isinstance(await smtp(mail, is_tls=True).send(a_mail()), NotTaken)
    assert mail.got == []


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of this machine, with its key, that nobody else trusts."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2120, 1, 1, tzinfo=UTC))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    place = tmp_path_factory.mktemp("tls") / "server.pem"
    plain = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    place.write_bytes(made.public_bytes(serialization.Encoding.PEM) + key.private_bytes(*plain))
    return place


@pytest.mark.parametrize("from_the_first_byte", [True, False])
async def test_a_password_is_said_over_tls_to_a_server_that_is_who_it_says(
    certificate: Path, from_the_first_byte: bool
) -> None:
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(certificate)
    async with receiving_mail(serving, from_the_first_byte=from_the_first_byte) as server:
        account = SmtpAccount("127.0.0.1", server.port, from_the_first_byte, "payme", "siri", "payme@shop.example")
        trusting = Smtp(account, try_s=5.0, tls=lambda: ssl.create_default_context(cafile=certificate))
        assert await trusting.send(a_mail()) == Taken()
        assert "AUTH" in server.said
        server.trouble = {"AUTH": "535 it is not you"}
        assert await trusting.send(a_mail()) == Refused("535 it is not you")
        assert isinstance(await Smtp(account, try_s=5.0).send(a_mail()), NotTaken)
        assert len(server.got) == 1


async def test_without_a_mail_server_mails_lie_in_a_file_that_only_we_read(tmp_path: Path) -> None:
    mailer = MailFile(tmp_path / "data" / "mail.jsonl", bytes_max=1)
    for _ in range(2):
        assert await mailer.send(a_mail()) == Taken()

    [line] = (tmp_path / "data" / "mail.jsonl").read_text("utf-8").splitlines()
    assert json.loads(line)["subject"] == "[high] Duka: pesa"
    assert (tmp_path / "data" / "mail.old").exists()
    assert (tmp_path / "data" / "mail.jsonl").stat().st_mode & 0o077 == 0
    (tmp_path / "file").write_text("in the way")
    assert isinstance(await MailFile(tmp_path / "file" / "mail.jsonl").send(a_mail()), NotTaken)


async def test_the_console_shows_a_mail(capsys: pytest.CaptureFixture[str]) -> None:
    out = StringIO()
    assert await MailConsole(out).send(a_mail()) == Taken()
    assert out.getvalue().startswith("E-mail to asha@shop.example, otieno@shop.example: [high] Duka: pesa\nHabari.")
    await MailConsole().send(a_mail())
    assert "pesa" in capsys.readouterr().out


async def test_an_alert_goes_again_and_again_for_hours_and_then_failed(telling: Telling) -> None:
    telling.mail.trouble = {".": "451 later"}
    await telling.opens()
    waits = [timedelta(), *(timedelta(seconds=one) for one in (10, 60, 600, 3600, 6 * 3600))]
    at = telling.desk.database.seams.clock.now()
    for wait in waits:
        at += wait
        assert await telling.at(at).tells() >= 1
        assert await telling.at(at).tells() == 0

    [alert, *_] = [one for one in await telling.alerts() if one.word == "opened"]
    assert (alert.state, alert.tries, alert.note) == (AlertState.FAILED, 6, "451 later")
    assert len(set(telling.mail.ids)) == 2  # itself, and that nobody looked


async def test_a_mail_that_nobody_accepts_has_failed_at_once(telling: Telling) -> None:
    telling.mail.trouble = {"RCPT": "550 nobody here"}
    await telling.opens()
    await telling.tells()

    [alert] = await telling.alerts()
    assert (alert.state, alert.tries, alert.note) == (AlertState.FAILED, 1, "550 nobody here")
    late = Mail(alert.id, (), "", "", AT, 1)
    await telling.shop.transact(record_try, late, Taken())
    assert [one.state for one in await telling.alerts()] == [AlertState.FAILED]


async def test_gauges_count_what_waits_and_what_failed(telling: Telling) -> None:
    before = await read_gauges(telling.desk.database)
    telling.mail.trouble = {"RCPT": "550 nobody here"}
    await telling.opens()
    await telling.tells()
    telling.mail.trouble = {"RCPT": "450 full"}
    await telling.opens("W1")
    await telling.tells()

    after = await read_gauges(telling.desk.database)
    assert (after.waiting - before.waiting, after.failed - before.failed) == (1, 1)


async def test_settings_are_kept_in_one_form(telling: Telling) -> None:
    chosen = await telling.chooses(
        emails=["Asha@Shop.Example", "asha@shop.example"], sms_at_least=Severity.HIGH, phones=["0712 345678"]
    )

    assert (chosen.emails, chosen.phones) == (["asha@shop.example"], ["+254712345678"])
    assert await telling.chooses(emails=["asha@shop.example"], sms_at_least=Severity.HIGH, phones=["+254712345678"])
    for wrong, refusal in (
        ({"emails": ["nobody"]}, InvalidEmail),
        ({"phones": ["12"]}, InvalidPhone),
        ({"sms_at_least": Severity.LOW}, NobodyToTell),
    ):
        with pytest.raises(refusal):
            await telling.chooses(**wrong)
    assert "asha" not in repr(AlertSettings(None, ["asha@shop.example"], None, [], sms_at_night=False, an_hour=1))
