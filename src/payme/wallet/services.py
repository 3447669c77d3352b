"""Commands of the wallet: one token a sale, reserved, then charged or refunded."""

from uuid import UUID

from payme import identity
from payme.identity import Business
from payme.kit.db.transaction import Tx
from payme.wallet import repository, rules
from payme.wallet.events import (
    TokenCharged,
    TokenRefunded,
    TokenReserved,
    TokensGranted,
    TokensLow,
    TokensPurchased,
)
from payme.wallet.types import STARTING_GRANT, TransactionType

_EVENTS = {
    TransactionType.RESERVE: TokenReserved,
    TransactionType.CHARGE: TokenCharged,
    TransactionType.REFUND: TokenRefunded,
}


async def welcome(tx: Tx, name: str, phone: str | None) -> Business:
    """Open a business for the person who asks, with its wallet.

    Locks: none. Raises: InvalidPhone, TooManyBusinesses. Emits: BusinessOpened, TokensGranted.
    """
    business = await identity.open_business(tx, name, phone)
    await open_wallet(tx)
    return business


async def open_wallet(tx: Tx) -> None:
    """Give a new business its wallet and the starting grant.

    Locks: none. Raises: nothing. Emits: TokensGranted.
    """
    step = rules.granted(0, STARTING_GRANT)
    repository.insert_wallet(tx, step.balance_after)
    _write_grant(tx, step, 0, "starting grant")


async def grant_tokens(tx: Tx, tokens: int, reason: str) -> None:
    """Give tokens that were not bought; only a part of the system does this, never a member.

    Locks: WALLET. Raises: nothing. Emits: TokensGranted.
    """
    assert tx.actor.kind == "system", "no member may give tokens"  # noqa: S101
    wallet = await repository.lock_wallet(tx)
    step = rules.granted(wallet.balance_tokens, tokens)
    repository.update_balance(tx, step.balance_after)
    _write_grant(tx, step, wallet.owed_tokens, reason)


async def credit_purchase(tx: Tx, purchase_id: UUID, tokens: int) -> int:
    """Give tokens that were bought; what is owed is settled from them first. Returns how many settled a debt.

    The caller holds the purchase; the unique index on its entry stands behind it.
    Locks: WALLET. Raises: nothing. Emits: TokensPurchased.
    """
    credit = rules.credited(await repository.lock_wallet(tx), tokens)
    repository.update_credited(tx, credit)
    repository.insert_purchase(tx, credit, purchase_id)
    tx.emit(
        TokensPurchased(
            purchase_id,
            tokens,
            credit.settled,
            credit.balance_before,
            credit.balance_after,
            credit.owed_before,
            credit.owed_after,
        )
    )
    return credit.settled


def look_up(tx: Tx) -> None:
    """Let the next read take the wallet's lock along; a token is then reserved or spent without a round trip.

    Locks: WALLET. Raises: nothing. Emits: nothing.
    """
    repository.look_up(tx)


async def reserve_token(tx: Tx, sale_id: UUID) -> None:
    """Set a token aside for a sale that is rung up and not yet paid.

    Locks: WALLET. Raises: WalletExhausted. Emits: TokenReserved, TokensLow.
    """
    wallet = await repository.lock_wallet(tx)
    _write(tx, sale_id, rules.steps(wallet.balance_tokens, [TransactionType.RESERVE]), wallet.owed_tokens)


async def spend_token(tx: Tx, sale_id: UUID) -> None:
    """Reserve and charge at once, for a sale that is rung up and paid in one transaction.

    Locks: WALLET. Raises: WalletExhausted. Emits: TokenReserved, TokenCharged,
    TokensLow.
    """
    wallet = await repository.lock_wallet(tx)
    types = [TransactionType.RESERVE, TransactionType.CHARGE]
    _write(tx, sale_id, rules.steps(wallet.balance_tokens, types), wallet.owed_tokens)


async def charge_token(tx: Tx, sale_id: UUID) -> None:
    """Make the reserved token of a completed sale final; the caller holds the sale.

    Locks: WALLET. Raises: nothing. Emits: TokenCharged.
    """
    wallet = await repository.lock_wallet_for_sale(tx, sale_id)
    assert rules.may_charge(wallet.done), f"the token of sale {sale_id} is {wallet.done}, not reserved"  # noqa: S101
    _write(tx, sale_id, rules.steps(wallet.balance_tokens, [TransactionType.CHARGE]), wallet.owed_tokens)


async def refund_token(tx: Tx, sale_id: UUID) -> None:
    """Put the token of a cancelled or voided sale back; the caller holds the sale.

    Locks: WALLET. Raises: nothing. Emits: TokenRefunded.
    """
    wallet = await repository.lock_wallet_for_sale(tx, sale_id)
    assert rules.may_refund(wallet.done), f"the token of sale {sale_id} is {wallet.done}: nothing to refund"  # noqa: S101
    _write(tx, sale_id, rules.steps(wallet.balance_tokens, [TransactionType.REFUND]), wallet.owed_tokens)


def _write(tx: Tx, sale_id: UUID, steps: list[rules.Step], owed: int) -> None:
    if steps[-1].balance_after != steps[0].balance_before:
        repository.update_balance(tx, steps[-1].balance_after)
    repository.insert_transactions(tx, steps, owed, sale_id, "")
    for step in steps:
        tx.emit(_EVENTS[step.type](sale_id, step.balance_before, step.balance_after))
    warning = rules.crossed(steps[0].balance_before, steps[-1].balance_after)
    if warning is not None:
        tx.emit(TokensLow(tx.business_id, warning, steps[-1].balance_after))


def _write_grant(tx: Tx, step: rules.Step, owed: int, reason: str) -> None:
    repository.insert_transactions(tx, [step], owed, None, reason)
    tx.emit(TokensGranted(tx.business_id, step.change, reason, step.balance_before, step.balance_after))
