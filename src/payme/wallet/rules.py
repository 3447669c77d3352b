"""Arithmetic of the wallet."""

from collections.abc import Collection
from dataclasses import dataclass

from payme.wallet.errors import WalletExhausted
from payme.wallet.models import Wallet
from payme.wallet.types import TokenWarning, TransactionType

_CHANGE = {TransactionType.RESERVE: -1, TransactionType.CHARGE: 0, TransactionType.REFUND: 1}


@dataclass(frozen=True, slots=True)
class Step:
    """One change of the balance."""

    type: TransactionType
    change: int
    balance_before: int
    balance_after: int


def steps(balance: int, types: Collection[TransactionType]) -> list[Step]:
    """Decide the changes for the token of a sale, one after the other.

    Raises WalletExhausted where a token is needed and none is left.
    """
    decided = []
    for kind in types:
        after = balance + _CHANGE[kind]
        if after < 0:
            raise WalletExhausted(balance)
        decided.append(Step(kind, _CHANGE[kind], balance, after))
        balance = after
    return decided


def granted(balance: int, tokens: int) -> Step:
    """Decide the change for tokens that the platform gives."""
    assert tokens > 0, "a grant gives tokens"  # noqa: S101
    return Step(TransactionType.GRANT, tokens, balance, balance + tokens)


@dataclass(frozen=True, slots=True)
class Credit:
    """What tokens that were bought do to a wallet: they settle what is owed, and the rest is the balance's."""

    settled: int
    balance_before: int
    balance_after: int
    owed_before: int
    owed_after: int


def credited(wallet: Wallet, tokens: int) -> Credit:
    """Decide the change for tokens that were bought: what is owed is settled first."""
    assert tokens > 0, "a purchase brings tokens"  # noqa: S101
    balance, owed = wallet.balance_tokens, wallet.owed_tokens
    settled = min(owed, tokens)
    return Credit(settled, balance, balance + tokens - settled, owed, owed - settled)


def crossed(before: int, after: int) -> TokenWarning | None:
    """Return the warning that a change of the balance calls for, None where it is the same or milder than before."""
    warning = Wallet(after, 0).warning
    return warning if after < before and warning is not Wallet(before, 0).warning else None


def may_charge(done: Collection[str]) -> bool:
    """Say whether a sale's token may be charged: reserved, and nothing after that."""
    return set(done) == {TransactionType.RESERVE}


def may_refund(done: Collection[str]) -> bool:
    """Say whether a sale's token may come back: reserved, charged or not, and not come back yet."""
    return TransactionType.RESERVE in done and TransactionType.REFUND not in done
