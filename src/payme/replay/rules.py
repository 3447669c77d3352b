"""How each entry of the audit changes each book, from nothing; pure, and in Python where invariant A4 asks in SQL."""

from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from payme.issues import NewIssue, Settled
from payme.replay.models import Standing, Told, Value

NOTHING: Final = Decimal(0)
BROKEN: Final = "entries that do not follow from one another"
_PAYMENT_RANKS: Final = ("created", "submitting", "unknown", "submitted", "expired", "failed", "succeeded")
_SALE_RANKS: Final = ("open", "completed", "partly_returned", "returned", "cancelled", "voided")
NOT_REPLAYED: Final = "audit_not_replayed"
_TOLD_BY_ANCHORS: Final = frozenset({"audit_rewritten", "audit_tail_cut", "audit_anchor_forged"})

Key = tuple[UUID, str]
Teller = Callable[["Book", UUID, Mapping[str, Any]], None]


def gone(
    standing: Iterable[Standing], found: Iterable[NewIssue], anchored: Container[int], *, judged: bool, replayed: bool
) -> list[Settled]:
    """Return open issues that were not found again; one that an anchor told waits for that anchor to be asked again."""
    still = {(issue.kind, issue.subject_id) for issue in found}
    return [
        Settled(one.kind, one.subject_id, "the audit proves itself again")
        for one in standing
        if (replayed if one.kind == NOT_REPLAYED else judged) and (one.kind, one.subject_id) not in still
        if one.kind not in _TOLD_BY_ANCHORS or one.seal in anchored
    ]


class Book:
    """One book of a shop, told by entries, about in order: figures and states by what they are of."""

    def __init__(self, name: str, tellers: Mapping[str, Teller]) -> None:
        """Begin with nothing; ``tellers`` say what each action does."""
        self.name = name
        self.actions = tuple(tellers)
        self._tellers = tellers
        self._values: dict[Key, Value] = {}
        self._loose: dict[Key, Counter[Value]] = {}
        self.share, self.shares = 0, 1

    def keeps(self, subject_id: UUID) -> bool:
        """Say whether it keeps what is told of a subject: all of it, or where it is one of several shares, its own."""
        return self.shares == 1 or subject_id.int % self.shares == self.share

    def take(self, told: Told) -> None:
        """Let an entry change the book."""
        self._tellers[told.action](self, told.subject_id, told.facts)

    def put(self, subject_id: UUID, part: str, value: Value) -> None:
        """Write what was said once."""
        if self.keeps(subject_id):
            self._values[subject_id, part] = value

    def add(self, subject_id: UUID, part: str, change: str | Decimal) -> None:
        """Add a change to a figure."""
        value = self._values.get((subject_id, part), NOTHING)
        assert isinstance(value, Decimal), "a state is not added to"  # noqa: S101
        self.put(subject_id, part, value + Decimal(change))

    def step(self, subject_id: UUID, part: str, before: str | int, after: str | int) -> None:
        """Go from one figure to the next; one that does not follow waits for that which leads to it."""
        self._go((subject_id, part), NOTHING, Decimal(before), Decimal(after))

    def move(self, subject_id: UUID, part: str, before: str, after: str) -> None:
        """Go from one state to the next."""
        self._go((subject_id, part), "", before, after)

    def rise(self, subject_id: UUID, part: str, state: str, ranks: tuple[str, ...]) -> None:
        """Keep the state of the highest rank."""
        value = self._values.get((subject_id, part))
        if value is None or ranks.index(str(value)) < ranks.index(state):
            self.put(subject_id, part, state)

    def _go(self, key: Key, nothing: Value, before: Value, after: Value) -> None:
        if not self.keeps(key[0]):
            return
        loose = self._loose.get(key)
        value = self._values.setdefault(key, nothing)
        if loose is None and value == before:
            self._values[key] = after
            return
        if loose is None:
            loose = self._loose[key] = Counter({value: 1})
        loose[before] -= 1
        loose[after] += 1
        ends = [(end, count) for end, count in loose.items() if count]
        if len(ends) == 1 and ends[0][1] == 1:  # each step now has the one that leads to it, but the last
            self._values[key] = ends[0][0]
            del self._loose[key]

    def told(self, subject_id: UUID, part: str) -> Value | None:
        """Return what the entries give, and forget it; None where they say nothing."""
        value = self._values.pop((subject_id, part), None)
        return BROKEN if self._loose.pop((subject_id, part), None) else value

    def rest(self) -> Iterator[tuple[UUID, str, Value]]:
        """Yield what was told and is not nothing, and nobody asked for."""
        for (subject_id, part), value in self._values.items():
            if (subject_id, part) in self._loose:
                yield subject_id, part, BROKEN
            elif value not in {NOTHING, ""}:
                yield subject_id, part, value


def _granted(book: Book, business_id: UUID, facts: Mapping[str, Any]) -> None:
    del business_id
    book.step(_WALLET, "tokens", facts["balance_before"], facts["balance_after"])


def _purchased(book: Book, purchase_id: UUID, facts: Mapping[str, Any]) -> None:
    _granted(book, purchase_id, facts)
    book.step(_WALLET, "owed", facts["owed_before"], facts["owed_after"])


_WALLET: Final = UUID(int=0)  # a business has one wallet, which needs no name


def wallet() -> Book:
    """Begin tokens: what is left, and what is owed."""
    return Book(
        "wallet",
        {
            "tokens_granted": _granted,
            "tokens_purchased": _purchased,
            "token_reserved": _granted,
            "token_charged": _granted,
            "token_refunded": _granted,
        },
    )


def _ordered(book: Book, purchase_id: UUID, facts: Mapping[str, Any]) -> None:
    book.put(purchase_id, "ordered", Decimal(facts["tokens"]))
    book.put(purchase_id, "price", Decimal(facts["price"]))


def _credited(book: Book, purchase_id: UUID, facts: Mapping[str, Any]) -> None:
    book.add(purchase_id, "credited", Decimal(facts["tokens"]))
    book.add(purchase_id, "settled", Decimal(facts["settled"]))


def token_purchases() -> Book:
    """Begin tokens that were bought: how many were ordered, and how many came."""
    return Book("token purchases", {"tokens_ordered": _ordered, "tokens_purchased": _credited})


def _received(book: Book, _: UUID, facts: Mapping[str, Any]) -> None:
    for batch in facts["batches"]:
        book.step(UUID(batch["batch_id"]), "goods", 0, batch["quantity"])


def _batches(book: Book, _: UUID, facts: Mapping[str, Any]) -> None:
    for change in facts["changes"]:
        book.step(UUID(change["batch_id"]), "goods", change["available_before"], change["available_after"])


def stock() -> Book:
    """Begin goods of each delivery that are left."""
    return Book(
        "stock",
        {
            "stock_received": _received,
            "stock_taken": _batches,
            "stock_given_back": _batches,
            "stock_adjusted": _batches,
        },
    )


def _opened(book: Book, sale_id: UUID, facts: Mapping[str, Any]) -> None:
    book.rise(sale_id, "state", "open", _SALE_RANKS)
    book.put(sale_id, "total", Decimal(facts["total"]))


def _paid(book: Book, sale_id: UUID, facts: Mapping[str, Any]) -> None:
    book.add(sale_id, "paid", Decimal(facts["after"]) - Decimal(facts["before"]))


def _put_on_account(book: Book, sale_id: UUID, facts: Mapping[str, Any]) -> None:
    book.add(sale_id, "on account", Decimal(facts["after"]) - Decimal(facts["before"]))


def _completed(book: Book, sale_id: UUID, _: Mapping[str, Any]) -> None:
    book.rise(sale_id, "state", "completed", _SALE_RANKS)


def _undone(state: str) -> Teller:
    def undo(book: Book, sale_id: UUID, facts: Mapping[str, Any]) -> None:
        book.rise(sale_id, "state", state, _SALE_RANKS)
        book.add(sale_id, "paid", -Decimal(facts["cash_returned"]) - Decimal(facts["mpesa_released"]))
        book.add(sale_id, "on account", -Decimal(facts["account_reversed"]))

    return undo


def _came_back(book: Book, sale_id: UUID, facts: Mapping[str, Any]) -> None:
    book.rise(sale_id, "state", facts["state"], _SALE_RANKS)
    book.step(sale_id, "returned", facts["returned_before"], facts["returned_after"])


def sales() -> Book:
    """Begin sales: state, total, and what of it is paid, on account, and came back."""
    return Book(
        "sales",
        {
            "sale_opened": _opened,
            "sale_paid": _paid,
            "sale_put_on_account": _put_on_account,
            "sale_completed": _completed,
            "sale_cancelled": _undone("cancelled"),
            "sale_voided": _undone("voided"),
            "sale_returned": _came_back,
        },
    )


def _taken(book: Book, payment_id: UUID, facts: Mapping[str, Any]) -> None:
    book.put(payment_id, "amount", Decimal(facts["amount"]))
    book.put(payment_id, "state", "succeeded")


def _requested(book: Book, payment_id: UUID, facts: Mapping[str, Any]) -> None:
    book.put(payment_id, "amount", Decimal(facts["amount"]))
    book.rise(payment_id, "state", "created", _PAYMENT_RANKS)


def _climbed(book: Book, payment_id: UUID, facts: Mapping[str, Any]) -> None:
    book.rise(payment_id, "state", facts["after"], _PAYMENT_RANKS)


def _cash_back(book: Book, sale_id: UUID, facts: Mapping[str, Any]) -> None:
    book.add(sale_id, "cash given back", facts["amount"])


def payments() -> Book:
    """Begin payments: how much, and how far they came; and the cash that sales gave back."""
    return Book(
        "payments",
        {
            "cash_taken": _taken,
            "payment_requested": _requested,
            "payment_moved": _climbed,
            "cash_returned": _cash_back,
        },
    )


def _booked(book: Book, money_in_id: UUID, facts: Mapping[str, Any]) -> None:
    book.put(money_in_id, "amount", Decimal(facts["amount"]))


def _allocated(book: Book, money_in_id: UUID, facts: Mapping[str, Any]) -> None:
    book.add(money_in_id, f"for {facts['purpose']}", facts["amount"])
    book.add(money_in_id, "for anything", facts["amount"])


def _spent(sign: int) -> Teller:
    return lambda book, expense_id, facts: book.add(expense_id, "amount", sign * Decimal(facts["amount"]))


def money() -> Book:
    """Begin receipts of money, and what each is for; and what was spent by no drawer, and not taken back."""
    spent = {"expense_recorded": _spent(1), "expense_reversed": _spent(-1)}
    return Book("money", {"money_received": _booked, "money_allocated": _allocated, **spent})


def _cash_for_sale(book: Book, _: UUID, facts: Mapping[str, Any]) -> None:
    if facts["sale_id"] is not None:
        book.add(UUID(facts["sale_id"]), "paid", facts["amount"])


def _money_for_sale(book: Book, _: UUID, facts: Mapping[str, Any]) -> None:
    if facts["purpose"] == "sale":
        book.add(UUID(facts["sale_id"]), "paid", facts["amount"])


def _cash_from_sale(book: Book, sale_id: UUID, facts: Mapping[str, Any]) -> None:
    book.add(sale_id, "paid", -Decimal(facts["amount"]))


def _released_by_return(book: Book, _: UUID, facts: Mapping[str, Any]) -> None:
    for back in facts["money_back"]:
        if back["way"] == "mpesa":
            book.add(UUID(facts["sale_id"]), "paid", back["amount"])


def money_of_sales() -> Book:
    """Begin what of each sale is paid, as the money tells it and not the sale: the two must say the same.

    A sale whose goods come back keeps what was paid; its M-Pesa money goes to be refunded.
    """
    return Book(
        "money of sales",
        {
            "cash_taken": _cash_for_sale,
            "money_allocated": _money_for_sale,
            "cash_returned": _cash_from_sale,
            "goods_returned": _released_by_return,
        },
    )


def _asked_back(book: Book, refund_id: UUID, facts: Mapping[str, Any]) -> None:
    book.put(refund_id, "amount", Decimal(facts["amount"]))
    book.move(refund_id, "state", "", "requested")


def _moved(book: Book, document_id: UUID, facts: Mapping[str, Any]) -> None:
    book.move(document_id, "state", facts["before"], facts["after"])


def refunds() -> Book:
    """Begin refunds: how much, and how far they came."""
    return Book("refunds", {"refund_requested": _asked_back, "refund_moved": _moved})


def _returned(book: Book, return_id: UUID, facts: Mapping[str, Any]) -> None:
    book.put(return_id, "amount", Decimal(facts["amount"]))
    for back in facts["money_back"]:
        book.add(return_id, f"back by {back['way']}", back["amount"])


def _void_moved(book: Book, void_id: UUID, facts: Mapping[str, Any]) -> None:
    _moved(book, void_id, facts)
    for back in facts["money_back"]:
        book.add(void_id, f"back by {back['way']}", back["amount"])


def returns() -> Book:
    """Begin goods that came back and sales that were voided: how much, and which way the money went."""
    return Book(
        "returns",
        {"goods_returned": _returned, "void_requested": _asked_back, "void_moved": _void_moved},
    )


def _account_moved(book: Book, account_id: UUID, facts: Mapping[str, Any]) -> None:
    book.step(account_id, "due", facts["due_before"], facts["due_after"])
    book.step(account_id, "customer credit", facts["credit_before"], facts["credit_after"])


def credit() -> Book:
    """Begin what customers owe and are owed, and what is given up of it."""
    return Book(
        "credit",
        {"credit_moved": _account_moved, "write_off_requested": _asked_back, "write_off_moved": _moved},
    )


def _drawer_opened(book: Book, drawer_id: UUID, facts: Mapping[str, Any]) -> None:
    book.add(drawer_id, "cash float", facts["opening_float"])


def _cash_moved(book: Book, drawer_id: UUID, facts: Mapping[str, Any]) -> None:
    book.add(drawer_id, f"cash {facts['kind']}", facts["amount"])


def _into_drawer(book: Book, _: UUID, facts: Mapping[str, Any]) -> None:
    if facts["drawer_id"] is not None:
        kind = "sale" if facts["sale_id"] is not None else "repayment"
        book.add(UUID(facts["drawer_id"]), f"cash {kind}", facts["amount"])


def _counted(book: Book, drawer_id: UUID, facts: Mapping[str, Any]) -> None:
    book.add(drawer_id, f"{facts['tender']} {facts['kind']}", facts["amount"])


def drawers() -> Book:
    """Begin drawers: what each counted, by tender and reason."""
    return Book(
        "drawers",
        {
            "drawer_opened": _drawer_opened,
            "cash_moved": _cash_moved,
            "cash_taken": _into_drawer,
            "money_counted": _counted,
        },
    )


BOOKS: Final[tuple[Callable[[], Book], ...]] = (
    wallet,
    token_purchases,
    stock,
    sales,
    money_of_sales,
    payments,
    money,
    refunds,
    returns,
    credit,
    drawers,
)
