"""The merchants of this Daraja: who they are, where their C2B letters go, and who may pull."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from payme.simulator.errors import MerchantConflict
from payme.simulator.models import Merchant, Urls


class Merchants:
    """Every shortcode with its app; at most `limit` of them."""

    def __init__(self, merchants: Iterable[Merchant], limit: int) -> None:
        """Begin with these."""
        self._limit = limit
        self._by_shortcode: dict[str, Merchant] = {}
        self._by_number: dict[str, str] = {}
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
        others = [one for one in self._by_shortcode.values() if one.shortcode != merchant.shortcode]
        is_new = merchant.shortcode not in self._by_shortcode
        if is_new and len(others) >= self._limit:
            raise MerchantConflict(f"There are {self._limit} merchants already.")
        for other in others:
            if {merchant.shortcode, merchant.party_b} & {other.shortcode, other.party_b}:
                raise MerchantConflict(f"The number belongs to {other.shortcode} ({other.name}).")
            if other.consumer_key == merchant.consumer_key and other.consumer_secret != merchant.consumer_secret:
                raise MerchantConflict(f"The consumer key has another secret at {other.shortcode}.")
        if not is_new:
            self._by_number.pop(self._by_shortcode[merchant.shortcode].party_b, None)
        self._by_shortcode[merchant.shortcode] = merchant
        self._by_number[merchant.party_b] = merchant.shortcode
        return is_new

    def knows(self, key: str, secret: str) -> bool:
        """Whether an app with this key and secret exists."""
        return any(one.consumer_key == key and one.consumer_secret == secret for one in self._by_shortcode.values())

    def of_app(self, app: str, number: str) -> Merchant | None:
        """Find the app's own merchant by its shortcode or till number."""
        merchant = self._by_shortcode.get(number) or self.paid_at(number)
        return merchant if merchant and merchant.consumer_key == app else None

    def paid_at(self, number: str) -> Merchant | None:
        """Find who is paid when a customer dials this till or paybill."""
        return self._by_shortcode.get(self._by_number.get(number, ""))

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
