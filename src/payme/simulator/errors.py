"""The ways Daraja says no. Real clients meet three shapes of error, and sometimes none at all."""


class GatewayRefusal(Exception):
    """Daraja's own envelope: requestId, errorCode, errorMessage."""

    def __init__(self, status: int, code: str, message: str) -> None:
        """Keep what the envelope says."""
        super().__init__(f"{code} {message}")
        self.status = status
        self.code = code
        self.message = message


class SpikeArrested(Exception):
    """The policy fault of the Apigee gateway, HTTP 429."""


class FirewallBlocked(Exception):
    """The page of the web firewall, HTTP 503, not JSON."""


class UnknownApp(Exception):
    """OAuth with a wrong key or secret: HTTP 400 with an empty body."""


class ConnectionCut(Exception):
    """No answer: the connection dies. `partial` is what leaks out first; empty means a reset."""

    def __init__(self, partial: bytes = b"") -> None:
        """Keep what leaks out before the end."""
        super().__init__("connection cut")
        self.partial = partial


class PageServed(Exception):
    """A page of HTML with status 200, from something in between that is not Daraja."""


class TooManyFaults(Exception):
    """As many fault rules are on as may be."""


class PromptNotFound(Exception):
    """The phone page named a prompt the ledger does not know."""


class PromptNotWaiting(Exception):
    """The prompt is over, or it is not one that a person answers."""


class PromptNotSettled(Exception):
    """There is no callback to send again while the payer still decides."""


class MerchantConflict(Exception):
    """A merchant cannot be registered so: a number or a key is another's, or there are too many."""


class NoSuchNumber(Exception):
    """Nobody has the till or the paybill that was dialled, or the shortcode that was named."""


def c2b_refusal(reason: str) -> GatewayRefusal:
    """Refuse a C2B request with 400.003.02 and the reason."""
    return GatewayRefusal(400, "400.003.02", f"Bad Request - {reason}")


def bad_field(name: str) -> GatewayRefusal:
    """Refuse one field of a request by Daraja's name for it."""
    return GatewayRefusal(400, "400.002.02", f"Bad Request - Invalid {name}")


def busy_refusal() -> GatewayRefusal:
    """Refuse because too much is under way."""
    return GatewayRefusal(500, "500.003.02", "System is busy. Please try again in few minutes.")


def merchant_refusal(message: str) -> GatewayRefusal:
    """Refuse with 500.001.1001: one code that carries many meanings, told apart by the message only."""
    return GatewayRefusal(500, "500.001.1001", message)
