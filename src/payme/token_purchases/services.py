"""Commands of token purchases: ask a phone for the price of a package, and credit tokens when the money is there."""

from decimal import Decimal
from typing import Final
from uuid import UUID

from payme import payments, wallet
from payme.kit.db.transaction import Tx
from payme.payments import Ask, PaymentFor, Terms
from payme.token_purchases import queries, repository, rules
from payme.token_purchases.errors import PackageNotSold
from payme.token_purchases.events import TokensOrdered
from payme.token_purchases.models import Credited, Order, TokenPurchase

LIVE_MAX: Final = 3
"""Purchases of one business for which phones are asked at the same time."""


async def buy_tokens(tx: Tx, tokens: int, phone: str, terms: Terms) -> TokenPurchase:
    """Ask a phone for the price of a package; the tokens come with the money.

    Each purchase has one attempt: whoever did not pay buys again. Locks: TOKEN_PURCHASE, PUSH_COUNT.
    Raises: PackageNotSold, TooManyTokenPurchases, MpesaUnavailable, PhoneNotValid, PushLimitReached.
    Emits: TokensOrdered, PaymentRequested.
    """
    package = await wallet.find_package(tx, tokens)
    if package is None:
        raise PackageNotSold(tokens=tokens)
    await repository.guard_beginning(tx)
    rules.may_begin(await repository.count_live(tx), LIVE_MAX)
    wish = Ask(PaymentFor.TOKENS, None, package.price, phone)
    payment = await payments.ask(tx, wish, terms.platform, terms)
    order = Order(tx.new_id(), payment.id, package.tokens, package.price, None)
    repository.insert_purchase(tx, order)
    tx.emit(TokensOrdered(order.id, payment.id, order.tokens, order.price))
    return await queries.get_purchase(tx, order.id)


async def receive_money(tx: Tx, payment_id: UUID, paid: Decimal, receipt: str) -> Credited:
    """Credit what money bought, however late it came; once, so a second receipt buys nothing.

    Locks: TOKEN_PURCHASE, WALLET. Raises: nothing. Emits: TokensPurchased.
    """
    order = await repository.lock_of_payment(tx, payment_id)
    assert order is not None, "a payment for tokens has its purchase"  # noqa: S101
    if order.credited_tokens is not None:
        return Credited.nothing(order.id)
    credited = rules.credited(order, paid)
    settled = await wallet.credit_purchase(tx, order.id, credited.tokens) if credited.tokens else 0
    repository.update_credited(tx, credited, settled, paid, receipt)
    return credited
