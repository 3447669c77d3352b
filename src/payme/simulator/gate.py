"""The gate: tokens, outages, and what the gateway refuses before any product is asked."""

import base64
import binascii
from collections import OrderedDict
from datetime import timedelta
from typing import assert_never

from payme.simulator import rules
from payme.simulator.core import Core
from payme.simulator.errors import (
    ConnectionCut,
    FirewallBlocked,
    GatewayRefusal,
    SpikeArrested,
    UnknownApp,
    merchant_refusal,
)
from payme.simulator.models import AccessToken, Faults
from payme.simulator.types import Answer, Outage

TOKENS_MAX = 10_000
LOCKED = "Unable to lock subscriber, a transaction is already in process for the current subscriber"
BUSY = "System is busy. Please try again in few minutes."

_MAINTENANCE = "Service is currently under maintenance. Please try again later"


class Gate:
    """Daraja's gateway."""

    def __init__(self, core: Core) -> None:
        """Begin with no tokens and nothing wrong."""
        self.faults = Faults()
        self._core = core
        self._tokens: OrderedDict[str, AccessToken] = OrderedDict()
        self._tokens_issued = 0
        self._requests_refused = 0

    def issue_token(self, authorization: str, grant_type: str) -> AccessToken:
        """Give a bearer token for Basic credentials. Raises GatewayRefusal, UnknownApp."""
        self.check_outage()
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

    def check_outage(self) -> None:
        """Refuse as Daraja does while it is down, if it is."""
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


def refuse(answer: Answer) -> None:
    """Raise the refusal an answer stands for, if it is one."""
    match answer:
        case Answer.UNAVAILABLE:
            raise FirewallBlocked
        case Answer.SPIKE_ARREST:
            raise SpikeArrested
        case Answer.BUSY:
            raise GatewayRefusal(500, "500.003.02", BUSY)
        case Answer.MAINTENANCE:
            raise GatewayRefusal(500, "500.002.1001", _MAINTENANCE)
        case Answer.PHONE_LOCKED:
            raise merchant_refusal(LOCKED)
        case Answer.NO_ICCID:
            raise merchant_refusal("[CBS - ] No ICCID found")
        case Answer.ACCEPTED | Answer.SLOW | Answer.RESET | Answer.TRUNCATED:
            return
        case _:
            assert_never(answer)
