"""An audit entry in the shop's words."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final
from uuid import UUID

from payme.stories.models import Event, StoryLine

_NUMBER: Final = re.compile(r"#?([0-9]{1,18})")
_RECEIPT: Final = re.compile(r"[0-9A-Za-z]{6,20}")
Facts = Mapping[str, Any]


def meant(asked: str) -> tuple[UUID | None, int | None, str | None]:
    """Return what a person may mean: an id, the number of a sale, a receipt of M-PESA; or more than one of them."""
    text = asked.strip()
    number = _NUMBER.fullmatch(text)
    receipt = text.upper() if _RECEIPT.fullmatch(text) else None
    return _id(text), int(number[1]) if number else None, receipt


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def line_of(event: Event) -> StoryLine:
    """Tell an entry; one that has no words of its own says its name and figures."""
    words = _WORDS.get(event.action)
    sentence = words(event.facts) if words else _plainly(event)
    return StoryLine(event.id, event.at, event.who, event.action, sentence)


def _plainly(event: Event) -> str:
    figures = [
        f"{name.replace('_', ' ')} {value}"
        for name, value in event.facts.items()
        if isinstance(value, str | int) and value != "" and not isinstance(value, bool)
    ]
    name = event.action.replace("_", " ").capitalize()
    return f"{name}: {', '.join(figures)}." if figures else f"{name}."


def _because(facts: Facts, name: str = "reason") -> str:
    return f" ({facts[name]})" if facts.get(name) else ""


def _lines(facts: Facts) -> str:
    goods = ", ".join(f"{line['quantity']} at {line['unit_price']}" for line in facts["lines"])
    return f"Rung up as number {facts['number']} for KES {facts['total']}: {goods}."


def _moved_stock(word: str) -> Callable[[Facts], str]:
    def tell(facts: Facts) -> str:
        goods = ", ".join(
            f"{change['change'].lstrip('-')} (left {change['available_after']})" for change in facts["changes"]
        )
        return f"Goods {word}: {goods}."

    return tell


def _cash(facts: Facts) -> str:
    change = f", change {facts['change_given']}" if facts["change_given"] not in {"0", "0.00"} else ""
    return f"KES {facts['amount']} in cash{change}."


def _back(facts: Facts) -> str:
    return " and ".join(f"KES {part['amount']} by {part['way'].replace('_', ' ')}" for part in facts["money_back"])


def _allocated(facts: Facts) -> str:
    if facts["amount"].startswith("-"):
        return f"KES {facts['amount'][1:]} of the receipt no more for {facts['purpose']}."
    return f"KES {facts['amount']} of the receipt for {facts['purpose']}."


_WORDS: Final[Mapping[str, Callable[[Facts], str]]] = {
    "sale_opened": _lines,
    "sale_paid": lambda facts: f"Paid KES {facts['after']} of {facts['total']}.",
    "sale_put_on_account": lambda facts: f"On account: KES {facts['after']} of {facts['total']}.",
    "sale_completed": lambda facts: f"Completed: KES {facts['total']}.",
    "sale_cancelled": lambda facts: (
        f"Cancelled{_because(facts)}: KES {facts['cash_returned']} in cash given back, "
        f"{facts['mpesa_released']} of M-PESA waits."
    ),
    "sale_voided": lambda facts: (
        f"Voided{_because(facts)}: KES {facts['cash_returned']} in cash given back, "
        f"{facts['mpesa_released']} of M-PESA waits, {facts['account_reversed']} off the account."
    ),
    "sale_returned": lambda facts: (
        f"Goods worth KES {facts['amount']} came back; the sale is {_state(facts['state'])}."
    ),
    "goods_returned": lambda facts: f"Return {facts['number']} of KES {facts['amount']}: {_back(facts) or 'no money'}.",
    "void_requested": lambda facts: f"Asked to void KES {facts['amount']}{_because(facts)}.",
    "void_moved": lambda facts: f"The void is {_state(facts['after'])}{_because(facts, 'note')}.",
    "stock_taken": _moved_stock("left the shelf"),
    "stock_given_back": _moved_stock("back on the shelf"),
    "token_reserved": lambda facts: f"A token is set aside; {facts['balance_after']} left.",
    "token_charged": lambda facts: f"The token is spent; {facts['balance_after']} left.",
    "token_refunded": lambda facts: f"The token came back; {facts['balance_after']} left.",
    "cash_taken": _cash,
    "cash_returned": lambda facts: f"KES {facts['amount']} in cash given back.",
    "payment_requested": lambda facts: f"A phone is asked for KES {facts['amount']}, as {facts['account_reference']}.",
    "payment_moved": lambda facts: f"The request is {_state(facts['after'])}{_because(facts, 'note')}.",
    "money_received": lambda facts: (
        f"M-PESA receipt {facts['receipt']}: KES {facts['amount']} came ({facts['source']})."
    ),
    "money_allocated": _allocated,
    "refund_requested": lambda facts: f"Asked to refund KES {facts['amount']}{_because(facts)}.",
    "refund_moved": lambda facts: (
        f"The refund of KES {facts['amount']} is {_state(facts['after'])}{_because(facts, 'note')}."
    ),
    "credit_moved": lambda facts: (
        f"Account, {_state(facts['kind'])}: owes KES {facts['due_after']} (before {facts['due_before']}), "
        f"has KES {facts['credit_after']} with the shop{_because(facts)}."
    ),
}


def _state(word: str) -> str:
    return word.replace("_", " ")
