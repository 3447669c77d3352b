"""Decisions of receipt links."""

import base64
import hashlib
import html
from collections.abc import Sequence
from datetime import datetime
from string import Template
from typing import Final

from payme.receipt_links.errors import ReceiptGone, TooManyLinks
from payme.receipt_links.models import ReceiptLink
from payme.receipt_links.types import LINKS_OF_SALE, TOKEN_LENGTH

_PAGE: Final = Template(
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="robots" content="noindex, nofollow">'
    '<meta name="viewport" content="width=device-width, initial-scale=1"><title>$title</title></head>'
    "<body><pre>$receipt</pre></body></html>\n"
)


def token_of(randomness: str) -> str:
    """Return the secret of an address, made of what is random: letters and digits alone, which no telephone cuts."""
    digest = hashlib.sha256(randomness.encode()).digest()
    return base64.b32encode(digest).decode().lower()[:TOKEN_LENGTH]


def may_share(links: Sequence[ReceiptLink], at: datetime) -> None:
    """Raise TooManyLinks at the limit of those that are good."""
    if sum(is_good(link, at) for link in links) >= LINKS_OF_SALE:
        raise TooManyLinks(LINKS_OF_SALE)


def is_good(link: ReceiptLink, at: datetime) -> bool:
    """Say whether an address shows its receipt."""
    return link.revoked_at is None and at < link.expires_at


def good(link: ReceiptLink | None, at: datetime) -> ReceiptLink:
    """Return a link that shows its receipt; raises ReceiptGone."""
    if link is None or not is_good(link, at):
        raise ReceiptGone
    return link


def page_of(receipt: str, title: str) -> str:
    """Write a page that shows a receipt and nothing else; what shops and goods are called is text, never markup."""
    return _PAGE.substitute(title=html.escape(title), receipt=html.escape(receipt))
