"""The SQL that the wallet writes, and its lock. The wallet is the hottest row of a shop: it is locked last."""

from collections.abc import Sequence
from uuid import UUID

from payme.kit.db.locks import LockRank
from payme.kit.db.transaction import Tx
from payme.wallet.models import Wallet, WalletForSale
from payme.wallet.rules import Credit, Step

_WALLET = "wallet"


def insert_wallet(tx: Tx, balance: int) -> None:
    """Write the wallet of a new business."""
    tx.write(
        """
        INSERT INTO wallets (business_id, balance_tokens, owed_tokens, created_at, updated_at)
        VALUES ($1, $2, 0, $3, $3)
        """,
        tx.business_id,
        balance,
        tx.now,
    )


def look_up(tx: Tx) -> None:
    """Let the next read take the wallet's lock along; ``lock_wallet`` then costs no round trip."""
    tx.carry_lock(
        _WALLET,
        LockRank.WALLET,
        "SELECT balance_tokens, owed_tokens FROM wallets WHERE business_id = $1",
        tx.business_id,
    )


async def lock_wallet(tx: Tx) -> Wallet:
    """Return the wallet, ours until the transaction ends; every business has one from its first day."""
    if not tx.carries(_WALLET):
        look_up(tx)
    found = await tx.carried(_WALLET)
    return Wallet(found["balance_tokens"], found["owed_tokens"])


async def lock_wallet_for_sale(tx: Tx, sale_id: UUID) -> WalletForSale:
    """Return the wallet, ours until the transaction ends, and what was done for a sale that the caller has locked."""
    locked = await tx.lock(
        WalletForSale,
        LockRank.WALLET,
        """
        SELECT balance_tokens, owed_tokens,
               ARRAY(SELECT done.type FROM wallet_transactions AS done
                      WHERE done.business_id = $1 AND done.sale_id = $2) AS done
          FROM wallets
         WHERE business_id = $1
        """,
        tx.business_id,
        sale_id,
    )
    assert locked, "every business has a wallet from its first day"  # noqa: S101
    return locked[0]


def update_balance(tx: Tx, balance: int) -> None:
    """Write the balance of the locked wallet."""
    tx.write(
        "UPDATE wallets SET balance_tokens = $2, updated_at = $3 WHERE business_id = $1",
        tx.business_id,
        balance,
        tx.now,
    )


def update_credited(tx: Tx, credit: Credit) -> None:
    """Write what a purchase left in the locked wallet."""
    tx.write(
        "UPDATE wallets SET balance_tokens = $2, owed_tokens = $3, updated_at = $4 WHERE business_id = $1",
        tx.business_id,
        credit.balance_after,
        credit.owed_after,
        tx.now,
    )


def insert_purchase(tx: Tx, credit: Credit, purchase_id: UUID) -> None:
    """Write the change of the wallet that a purchase made."""
    tx.write(
        """
        INSERT INTO wallet_transactions
               (business_id, id, type, change_tokens, balance_after, change_owed, owed_after, purchase_id, created_at)
        VALUES ($1, $2, 'purchase', $3, $4, $5, $6, $7, $8)
        """,
        tx.business_id,
        tx.new_id(),
        credit.balance_after - credit.balance_before,
        credit.balance_after,
        credit.owed_after - credit.owed_before,
        credit.owed_after,
        purchase_id,
        tx.now,
    )


def insert_transactions(tx: Tx, steps: Sequence[Step], owed: int, sale_id: UUID | None, reason: str) -> None:
    """Write changes of the wallet, in order."""
    tx.write(
        """
        INSERT INTO wallet_transactions
               (business_id, id, type, change_tokens, balance_after, owed_after, sale_id, reason, created_at)
        SELECT $1, step.id, step.type, step.change, step.balance_after, $2, $3, $4, $5
          FROM unnest($6::uuid[], $7::text[], $8::integer[], $9::integer[]) AS step (id, type, change, balance_after)
        """,
        tx.business_id,
        owed,
        sale_id,
        reason,
        tx.now,
        [tx.new_id() for _ in steps],
        [step.type.value for step in steps],
        [step.change for step in steps],
        [step.balance_after for step in steps],
    )
