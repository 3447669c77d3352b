"""The gate: tokens, outages, and what the gateway refuses before any product is asked."""

import base64
import binascii
import json
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from payme.simulator import rules
from payme.simulator.core import Core
from payme.simulator.errors import (
    ConnectionCut,
    FirewallBlocked,
    GatewayRefusal,
    PageServed,
    SpikeArrested,
    UnknownApp,
)
from payme.simulator.faults import FaultBoard
from payme.simulator.models import AccessToken, Faults
from payme.simulator.types import Answer, JsonObject, Outage, Stage

TOKENS_MAX = 10_000
LOCKED = "Unable to lock subscriber, a transaction is already in process for the current subscriber"

_NO_PRODUCT = "Error Occurred - Invalid Access Token - Invalid API call as no apiproduct match found"
_ENVELOPES: Mapping[Answer, tuple[int, str, str]] = {
    Answer.SERVER_ERROR: (500, "500.003.1001", "Internal Server Error"),
    Answer.QUOTA: (500, "500.003.03", "Error Occurred: Quota Violation"),
    Answer.TOKEN_REVOKED: (404, "404.001.03", "Invalid Access Token"),
    Answer.WRONG_PRODUCT: (401, "401.003.01", _NO_PRODUCT),
    Answer.BUSY: (500, "500.003.02", "System is busy. Please try again in few minutes."),
    Answer.MAINTENANCE: (500, "500.002.1001", "Service is currently under maintenance. Please try again later"),
    Answer.PHONE_LOCKED: (500, "500.001.1001", LOCKED),
    Answer.NO_ICCID: (500, "500.001.1001", "[CBS - ] No ICCID found"),
}


class Gate:
    """Daraja's gateway."""

    def __init__(self, core: Core) -> None:
        """Begin with no tokens and nothing wrong."""
        self.faults = Faults()
        self.board = FaultBoard(core.config.faults, core.rng)
        self._core = core
        self._tokens: OrderedDict[str, AccessToken] = OrderedDict()
        self._tokens_issued = 0
        self._requests_refused = 0

    def issue_token(self, authorization: str, grant_type: str) -> AccessToken:
        """Give a bearer token for Basic credentials. Raises GatewayRefusal, UnknownApp."""
        self.check_outage()
        if self.board.draw(Stage.TOKEN):
            raise FirewallBlocked
        scheme, _, encoded = authorization.partition(" ")
        if scheme.lower() != "basic":
            raise GatewayRefusal(400, "400.008.01", "Invalid Authentication passed")
        if grant_type != "client_credentials":
            raise GatewayRefusal(400, "400.008.02", "Invalid grant type passed")
        try:
            key, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
        except (binascii.Error, ValueError):
            raise UnknownApp from None
        if not self._core.merchants.knows(key, secret):
            raise UnknownApp
        self._tokens_issued += 1
        life_s = self._core.config.token_life_s
        token = AccessToken(
            value=rules.access_token(self._core.rng("token", self._tokens_issued)),
            consumer_key=key,
            life_s=life_s,
            expires_at=self._core.clock() + timedelta(seconds=life_s),
        )
        self._tokens[token.value] = token
        if len(self._tokens) > TOKENS_MAX:
            self._tokens.popitem(last=False)
        return token

    def authorize(self, authorization: str, *, invalid: tuple[int, str] = (404, "404.001.03")) -> str:
        """Tell the consumer key a bearer token speaks for. Raises GatewayRefusal.

        `invalid` is the status and code by which this product says that it does not know the token.
        """
        self.check_outage()
        scheme, _, value = authorization.partition(" ")
        if scheme.lower() != "bearer" or not value:
            raise GatewayRefusal(404, "404.001.04", "Invalid Authentication Header")
        token = self._tokens.get(value)
        if token is None or token.expires_at <= self._core.clock():
            raise GatewayRefusal(*invalid, "Invalid Access Token")
        return token.consumer_key

    def meet(self, *, phone: str | None = None, shortcode: str | None = None) -> Answer:
        """Tell how a request will be answered once its work is done. Raises the refusal when it never is."""
        self.check_outage()
        answer = self.board.draw_answer(phone=phone, shortcode=shortcode)
        refuse(answer)
        return answer

    def check_outage(self) -> None:
        """Refuse as Daraja does while it is down, if it is."""
        until = self.faults.outage_until
        if until is not None and self._core.clock() >= until:
            self.faults = replace(self.faults, outage=None, outage_until=None)
        if self.faults.outage is Outage.RESET:
            raise ConnectionCut
        if self.faults.outage is not None:
            refuse(Answer(self.faults.outage))

    def revoke_tokens(self) -> None:
        """Make every bearer token invalid before its time."""
        self._tokens.clear()

    def new_request_id(self) -> str:
        """Make a fresh requestId for an error envelope."""
        self._requests_refused += 1
        return rules.request_id(self._requests_refused, self._core.rng("refusal", self._requests_refused))


def spoil(answer: Answer, said: JsonObject) -> JsonObject:
    """Give an answer, or lose it on the way. Raises ConnectionCut."""
    if answer is Answer.RESET:
        raise ConnectionCut
    if answer is Answer.TRUNCATED:
        raise ConnectionCut(partial=json.dumps(said).encode()[:60])
    return said


def refuse(answer: Answer) -> None:
    """Raise the refusal an answer stands for, if it is one."""
    match answer:
        case Answer.CUT:
            raise ConnectionCut
        case Answer.HTML:
            raise PageServed
        case Answer.UNAVAILABLE:
            raise FirewallBlocked
        case Answer.SPIKE_ARREST:
            raise SpikeArrested
        case _ if answer in _ENVELOPES:
            raise GatewayRefusal(*_ENVELOPES[answer])
        case _:
            return
