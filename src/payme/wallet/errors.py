"""What the wallet refuses."""

from dataclasses import dataclass

from payme.kit.errors import PaymentRequired


@dataclass(eq=False)
class WalletExhausted(PaymentRequired):
    """A sale costs a token and none is left."""

    code = "wallet_exhausted"
    title = "No tokens are left."
    advice = "Buy tokens; the smallest package is enough to go on selling."
    balance: int
