"""Receipts: what Safaricom is asked about them: what became of one that somebody claims, and which there were."""

from payme.receipts.events import PullRegistered, ReceiptUnanswered
from payme.receipts.models import Question
from payme.receipts.queries import find_question
from payme.receipts.services import PULL_NEXT, VERIFY_RECEIPT, ask_about, note_unanswered

__all__ = [
    "PULL_NEXT",
    "VERIFY_RECEIPT",
    "PullRegistered",
    "Question",
    "ReceiptUnanswered",
    "ask_about",
    "find_question",
    "note_unanswered",
]
