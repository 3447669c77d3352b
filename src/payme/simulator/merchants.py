"""The merchants of this Daraja: who they are, where their C2B letters go, and who may pull."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from payme.simulator.errors import MerchantConflict
from payme.simulator.models import Merchant, Urls


@dataclass(frozen=True, slots=True)
class _App:
    secret: str
    users: int


class Merchants:
    """Every shortcode with its app; at most `limit` of them."""

    def __init__(self, merchants: Iterable[Merchant], limit: int) -> None:
        """Begin with these."""
        self._limit = limit
        self._by_shortcode: dict[str, Merchant] = {}
        self._owners: dict[str, str] = {}
        self._apps: dict[str, _App] = {}
        self._urls: dict[str, Urls] = {}
        self._nominated: dict[str, str] = {}
        for merchant in merchants:
            self.register(merchant)

    @property
    def by_shortcode(self) -> Mapping[str, Merchant]:
        """All of them, by the shortcode that Daraja knows them by."""
        return MappingProxyType(self._by_shortcode)

    def register(self, merchant: Merchant) -> bool:
        """Add a merchant, or change the one with this shortcode. Tells whether it is new. Raises MerchantConflict.

        Its number must not be another's, and one consumer key has one secret, which only its sole user may change.
        """
        known = self._by_shortcode.get(merchant.shortcode)
        if known is None and len(self._by_shortcode) >= self._limit:
            raise MerchantConflict(f"There are {self._limit} merchants already.")
        for number in (merchant.shortcode, merchant.party_b):
            owner = self._owners.get(number, merchant.shortcode)
            if owner != merchant.shortcode:
                raise MerchantConflict(f"The number {number} belongs to {owner}.")
        app = self._apps.get(merchant.consumer_key)
        users = (app.users if app else 0) - int(known is not None and known.consumer_key == merchant.consumer_key)
        if app and users and app.secret != merchant.consumer_secret:
            raise MerchantConflict("The consumer key has another secret at another shortcode.")
        if known:
            self._remove(known)
        self._by_shortcode[merchant.shortcode] = merchant
        self._owners |= dict.fromkeys((merchant.shortcode, merchant.party_b), merchant.shortcode)
        users = self._apps[merchant.consumer_key].users if merchant.consumer_key in self._apps else 0
        self._apps[merchant.consumer_key] = _App(merchant.consumer_secret, users + 1)
        return known is None

    def _remove(self, merchant: Merchant) -> None:
        for number in {merchant.shortcode, merchant.party_b}:
            del self._owners[number]
        app = self._apps.pop(merchant.consumer_key)
        if app.users > 1:
            self._apps[merchant.consumer_key] = replace(app, users=app.users - 1)

    def knows(self, key: str, secret: str) -> bool:
        """Whether an app with this key and secret exists."""
        return key in self._apps and self._apps[key].secret == secret

    def of_app(self, app: str, number: str) -> Merchant | None:
        """Find the app's own merchant by its shortcode or till number."""
        merchant = self._by_shortcode.get(number) or self.paid_at(number)
        return merchant if merchant and merchant.consumer_key == app else None

    def paid_at(self, number: str) -> Merchant | None:
        """Find who is paid when a customer dials this till or paybill."""
        merchant = self._by_shortcode.get(self._owners.get(number, ""))
        return merchant if merchant and merchant.party_b == number else None

    def urls(self, shortcode: str) -> Urls | None:
        """Tell where the C2B letters of a shortcode go, if they were registered."""
        return self._urls.get(shortcode)

    def set_urls(self, shortcode: str, urls: Urls) -> None:
        """Keep the C2B addresses of a shortcode."""
        self._urls[shortcode] = urls

    def forget_urls(self, shortcode: str) -> None:
        """Delete the C2B addresses of a shortcode, as its owner can in Safaricom's portal."""
        self._urls.pop(shortcode, None)

    def nominate(self, shortcode: str, phone: str) -> bool:
        """Let a shortcode pull its transactions. Tells whether that is new."""
        is_new = shortcode not in self._nominated
        self._nominated[shortcode] = phone
        return is_new

    def may_pull(self, shortcode: str) -> bool:
        """Whether this shortcode was registered for pulling."""
        return shortcode in self._nominated
