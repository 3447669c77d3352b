"""What the gateway says, read in every shape it is known to say it."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payme.daraja import Health, Lost, NoToken, NotSent, Reply, Unsent, rules
from payme.daraja.models import Admitted, Held, Standing
from tests.mpesa.gateway import FIREWALL, SOAP_FAULT, SPIKE, STALE_TOKEN, Http, envelope

NOW = datetime(2026, 11, 22, 21, 30, 5, tzinfo=UTC)
SOON, LATER = NOW + timedelta(seconds=5), NOW + timedelta(seconds=9)


def reply(answer: Http) -> Reply:
    return Reply(answer.status, answer.body)


def reply_json(status: int, **said: object) -> Reply:
    return Reply(status, json.dumps(said).encode())


def test_a_timestamp_is_in_east_africa_time() -> None:
    assert rules.timestamp(NOW) == "20261123003005"


# Tokens


@pytest.mark.parametrize(
    ("said", "life_s"),
    [
        ("3599", 3599),
        (3599, 3599),
        (3599.0, 3599),
        ("0", 0),
        (None, 0),
        ("-5", 0),
        ("soon", 0),
        (10**9, 0),
        (99_999, 86_400),
    ],
)
def test_the_life_of_a_token_is_read_from_text_or_number(said: object, life_s: int) -> None:
    token = rules.token_answer(reply_json(200, access_token="t", expires_in=said), NOW)

    assert not isinstance(token, NoToken)
    assert token.expires_at == NOW + timedelta(seconds=life_s)
    assert token.refresh_at <= token.expires_at


def test_a_short_token_is_not_renewed_at_once() -> None:
    token = rules.token_answer(reply_json(200, access_token="t", expires_in="20"), NOW)
    assert not isinstance(token, NoToken)
    assert token.refresh_at == NOW + timedelta(seconds=15)


def test_an_order_that_has_a_number_is_not_sent_again_whatever_the_token() -> None:
    assert not rules.is_token_refused(reply_json(401, errorCode="401.002.01", CheckoutRequestID="ws_CO_1"))
    assert not rules.is_token_refused(reply(envelope(401, "500.001.1001", "")))


def _no_token(answer: Reply) -> NoToken:
    token = rules.token_answer(answer, NOW)
    assert isinstance(token, NoToken)
    return token


def test_what_is_said_of_a_token_is_kept_with_what_it_means_for_the_line() -> None:
    wrong_key = _no_token(Reply(400, b""))
    assert "consumer key and secret" in wrong_key.reason
    assert wrong_key.health is Health.WELL
    told = _no_token(reply(envelope(400, "400.008.02", "Invalid grant type passed")))
    assert told == NoToken("400.008.02", "M-PESA gave no access token: Invalid grant type passed", Health.WELL)
    assert _no_token(reply(FIREWALL)).health is Health.ILL


@pytest.mark.parametrize(
    "answer",
    [
        STALE_TOKEN,
        envelope(404, "404.001.04", "Invalid Authentication Header"),
        envelope(400, "400.003.01", "Invalid Access Token"),
        envelope(401, "401.002.01", "Error Occurred - Invalid Access Token - XXX"),
        envelope(401, "401.003.01", "Error Occurred - Invalid Access Token - no apiproduct match found"),
        Http(401),
    ],
)
def test_a_refused_token_is_known_in_every_wording(answer: Http) -> None:
    assert rules.is_token_refused(reply(answer))


@pytest.mark.parametrize("ended", [Lost("x"), NotSent(Unsent.CONNECT_FAILED), reply(SPIKE), reply(FIREWALL)])
def test_nothing_else_is_a_refused_token(ended: Reply | Lost | NotSent) -> None:
    assert not rules.is_token_refused(ended)


# Errors


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ({}, None),
        ({"errorCode": 7, "errorMessage": "x"}, ("7", "x")),
        ({"errorCode": None}, ("no_code", "")),
        ({"fault": {"faultstring": "x", "detail": {"errorcode": "a.b"}}}, ("a.b", "x")),
        ({"fault": {"faultstring": "x"}}, ("fault", "x")),
        ({"fault": "x"}, None),
        ({"Envelope": {"Body": {"Fault": {"faultcode": "s", "faultstring": "no vault"}}}}, ("soap_fault", "no vault")),
        ({"Envelope": {"a": 1, "soap:Body": {"Fault": {"ns:faultstring": {"$": "x"}}}}}, ("soap_fault", "x")),
        ({"Envelope": "x"}, ("soap_fault", "")),
    ],
)
def test_the_three_shapes_of_errors_are_read(said: Mapping[str, object], error: tuple[str, str] | None) -> None:
    assert rules.error_of(said) == error


def test_a_fault_without_end_is_not_followed() -> None:
    envelope: object = {"faultstring": "deep"}
    for _ in range(rules.TEXT_MAX + 2):
        envelope = {"in": envelope}
    assert rules.error_of({"Envelope": envelope}) == ("soap_fault", "")


@given(st.binary(max_size=300))
def test_no_answer_is_too_odd_to_be_read(body: bytes) -> None:
    rules.error_of(rules.read_object(body))


# The line


@pytest.mark.parametrize(
    ("ended", "health"),
    [
        (Lost("x"), Health.ILL),
        (NotSent(Unsent.CONNECT_FAILED), Health.ILL),
        (NotSent(Unsent.TOO_MANY_AT_ONCE), None),
        (reply(FIREWALL), Health.ILL),
        (reply(SOAP_FAULT), Health.ILL),
        (reply(envelope(500, "500.001.1001", "Wrong credentials")), Health.WELL),
        (Reply(500, SPIKE.body), Health.WELL),
        (reply(SPIKE), Health.WELL),
        (Reply(403, b"<html>"), Health.WELL),
        (Reply(200, b"odd"), Health.WELL),
        (NoToken("x", "y", Health.ILL), Health.ILL),
    ],
)
def test_only_silence_and_foreign_errors_speak_against_a_line(
    ended: Reply | Lost | NotSent | NoToken, health: Health | None
) -> None:
    assert rules.health_of(ended) is health


@pytest.mark.parametrize(
    ("standing", "hold"),
    [
        (Standing(0, None, None, 0, None), None),
        (Standing(0, None, None, 0, NOW), None),
        (Standing(0, None, None, 0, SOON), Held(Unsent.PACED, SOON)),
        (Standing(0, NOW, None, 1, None), None),
        (Standing(0, SOON, None, 1, None), Held(Unsent.BREAKER_OPEN, SOON)),
        (Standing(0, NOW, LATER, 1, None), Held(Unsent.BREAKER_OPEN, LATER)),
        (Standing(0, NOW, NOW, 1, None), None),
    ],
)
def test_a_line_is_held_while_it_is_open_probed_or_spared(standing: Standing, hold: Held | None) -> None:
    assert rules.held(standing, NOW) == hold


def test_a_call_through_a_half_open_line_is_its_probe() -> None:
    assert rules.admitted(Standing(0, NOW, None, 3, None)) == Admitted(3, 0, is_probe=True)
    assert rules.admitted(Standing(2, None, None, 3, None)) == Admitted(3, 2, is_probe=False)


@pytest.mark.parametrize(
    ("ended", "seconds"),
    [
        (reply(SPIKE), rules.SPARED_S),
        (Reply(429, b"", 30), 30),
        (Reply(429, b"", 99_999), rules.SPARED_MAX_S),
        (Reply(503, b"", 30), None),
        (Lost("x"), None),
    ],
)
def test_a_gateway_is_spared_as_long_as_it_asks(ended: Reply | Lost, seconds: int | None) -> None:
    assert rules.spared_s(ended) == seconds


@pytest.mark.parametrize(("header", "seconds"), [("30", 30), (None, None), ("", None), ("Wed, 21 Oct", None)])
def test_a_retry_after_is_seconds_or_nothing(header: str | None, seconds: int | None) -> None:
    assert rules.seconds_of(header) == seconds
