"""Reads of the wallet."""

from uuid import UUID

from payme.kit.db.transaction import Tx
from payme.wallet.models import TokenPackage, Wallet, WalletTransaction


async def get_wallet(tx: Tx) -> Wallet:
    """Return the wallet of the business."""
    wallet = await tx.row(
        Wallet,
        "SELECT balance_tokens, owed_tokens FROM wallets WHERE business_id = $1",
        tx.business_id,
    )
    assert wallet is not None, "every business has a wallet from its first day"  # noqa: S101
    return wallet


async def list_transactions(tx: Tx, after_id: UUID | None, limit: int) -> list[WalletTransaction]:
    """Return changes of the wallet, newest first, from the one before ``after_id``."""
    return await tx.rows(
        WalletTransaction,
        """
        SELECT id, type, change_tokens, balance_after, change_owed, owed_after, sale_id, purchase_id, reason,
               created_at
          FROM wallet_transactions
         WHERE business_id = $1
           AND sequence < coalesce((SELECT last.sequence FROM wallet_transactions AS last
                                     WHERE last.business_id = $1 AND last.id = $2::uuid), 9223372036854775807)
         ORDER BY sequence DESC
         LIMIT $3
        """,
        tx.business_id,
        after_id,
        limit,
    )


async def find_package(tx: Tx, tokens: int) -> TokenPackage | None:
    """Return the package of so many tokens, if it is sold."""
    return await tx.row(
        TokenPackage, "SELECT tokens, price FROM token_packages WHERE active AND tokens = $1::integer", tokens
    )


async def list_packages(tx: Tx) -> list[TokenPackage]:
    """Return what tokens are sold in, smallest first."""
    return await tx.rows(TokenPackage, "SELECT tokens, price FROM token_packages WHERE active ORDER BY tokens")
