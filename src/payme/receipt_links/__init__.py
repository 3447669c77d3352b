"""Receipt links: a receipt that whoever has its address sees without signing in, handed over or sent by SMS."""

from payme.receipt_links.errors import NoPhone, NothingBought, ReceiptGone, TooManyLinks
from payme.receipt_links.events import ReceiptLinksRevoked, ReceiptShared
from payme.receipt_links.models import NewReceiptLink, ReceiptLink, Sharing
from payme.receipt_links.services import follow_link, revoke_links, send_receipt, share_receipt, show_receipt

__all__ = [
    "NewReceiptLink",
    "NoPhone",
    "NothingBought",
    "ReceiptGone",
    "ReceiptLink",
    "ReceiptLinksRevoked",
    "ReceiptShared",
    "Sharing",
    "TooManyLinks",
    "follow_link",
    "revoke_links",
    "send_receipt",
    "share_receipt",
    "show_receipt",
]
