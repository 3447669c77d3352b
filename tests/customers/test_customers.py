"""Customers are added, changed, listed and found."""

from uuid import uuid4

import pytest

from payme import customers
from payme.customers import (
    Customer,
    CustomerChange,
    CustomerDraft,
    CustomerPhoneTaken,
    CustomerUnknown,
    OtherPhoneUnknown,
)
from payme.identity import InvalidPhone
from payme.kit.db.transaction import Database
from tests.support.people import adds_customer, told_of
from tests.support.shops import Shop, make_shop
from tests.support.together import count, together


async def found(shop: Shop, typed: str, limit: int = 10) -> list[str | None]:
    return [one.name for one in await shop.transact(customers.search_customers, typed, limit)]


async def test_a_customer_is_kept_as_added_with_the_number_in_one_form(shop: Shop) -> None:
    added = await adds_customer(shop, "Wanjiku Kamau", "0712 345 678", "Pays on Fridays", ("Estate", "estate"))

    assert await shop.transact(customers.get_customer, added.id) == added
    assert (added.phone, added.tags, added.note) == ("+254712345678", ["Estate"], "Pays on Fridays")
    assert await told_of(shop) == [("customer_added", {})]


async def test_a_number_is_one_customers_however_it_is_written(shop: Shop, database: Database) -> None:
    first = await adds_customer(shop, "Wanjiku", "0712345678")

    for written in ("+254 712 345 678", "254712345678", "712345678"):
        with pytest.raises(CustomerPhoneTaken) as refused:
            await adds_customer(shop, "Shiku", written)
        assert refused.value.facts() == {"customer_id": first.id}
    await adds_customer(await make_shop(database, paybill=False), "Wanjiku", "0712345678")
    for name in ("Otieno", "Otieno"):
        await adds_customer(shop, name)


async def test_of_many_at_once_one_gets_the_number_and_all_are_told_who(shop: Shop) -> None:
    results = await together(8, lambda n: adds_customer(shop, f"Mteja {n}", "0712345678"))

    (winner,) = (result for result in results if isinstance(result, Customer))
    refused = [result for result in results if isinstance(result, CustomerPhoneTaken)]
    assert [refusal.customer_id for refusal in refused] == [winner.id] * 7


async def test_what_is_no_number_is_refused(shop: Shop) -> None:
    with pytest.raises(InvalidPhone):
        await adds_customer(shop, "Wanjiku", "0712")


async def test_a_change_says_which_fields_and_never_what_was_in_them(shop: Shop) -> None:
    before = await adds_customer(shop, "Wanjiku", "0712345678")

    await shop.transact(customers.change_customer, before.id, CustomerChange(name="Njeri", phone="0722345678"))
    again = await shop.transact(customers.change_customer, before.id, CustomerChange(name="Njeri"))

    kept = await shop.transact(customers.get_customer, before.id)
    assert (again, kept.name, kept.phone) == (kept, "Njeri", "+254722345678")
    assert await told_of(shop) == [("customer_added", {}), ("customer_changed", {"fields": ["name", "phone"]})]
    assert await found(shop, "wanj") == await found(shop, "0712") == []
    assert await found(shop, "nje") == await found(shop, "0722 345") == ["Njeri"]
    await adds_customer(shop, "Somebody new", "0712345678")


async def test_another_customers_number_cannot_be_taken(shop: Shop) -> None:
    first = await adds_customer(shop, "Wanjiku", "0712345678")
    other = await adds_customer(shop, "Shiku", "0722345678")

    with pytest.raises(CustomerPhoneTaken) as refused:
        await shop.transact(customers.change_customer, other.id, CustomerChange(phone="0712345678"))
    assert refused.value.customer_id == first.id
    with pytest.raises(CustomerUnknown):
        await shop.transact(customers.change_customer, uuid4(), CustomerChange(name="X"))


async def test_two_who_change_to_one_number_at_once_do_not_both_get_it(shop: Shop) -> None:
    people = [await adds_customer(shop, f"Mteja {n}") for n in range(6)]

    results = await together(
        6, lambda n: shop.transact(customers.change_customer, people[n].id, CustomerChange(phone="0712345678"))
    )

    assert (count(results, Customer), count(results, CustomerPhoneTaken)) == (1, 5)


async def test_other_numbers_are_kept_or_taken_away_and_never_added(shop: Shop) -> None:
    stays, goes = await adds_customer(shop, "Wanjiku", "0712345678"), await adds_customer(shop, "Shiku", "0722345678")
    await shop.transact(customers.merge_customers, stays.id, goes.id)

    with pytest.raises(CustomerPhoneTaken) as refused:
        await adds_customer(shop, "Brian", "0722345678")
    assert refused.value.customer_id == stays.id
    with pytest.raises(OtherPhoneUnknown):
        await shop.transact(customers.change_customer, stays.id, CustomerChange(other_phones=("0733000000",)))

    swapped = await shop.transact(customers.change_customer, stays.id, CustomerChange(phone="0722345678"))
    assert (swapped.phone, swapped.other_phones) == ("+254722345678", [])
    await adds_customer(shop, "The one who has the number now", "0712345678")


async def test_a_number_that_the_operator_gave_to_somebody_else_can_be_let_go(shop: Shop) -> None:
    stays, goes = await adds_customer(shop, "Wanjiku", "0712345678"), await adds_customer(shop, "Shiku", "0722345678")
    await shop.transact(customers.merge_customers, stays.id, goes.id)

    kept = await shop.transact(customers.change_customer, stays.id, CustomerChange(other_phones=()))

    assert (kept.phone, kept.other_phones) == ("+254712345678", [])
    assert await found(shop, "0722") == []
    assert await found(shop, "shiku") == ["Wanjiku"]
    await adds_customer(shop, "Brian", "0722345678")


async def test_customers_are_listed_by_name_page_by_page(shop: Shop) -> None:
    for name in ("Otieno", "akinyi", "Wanjiku", "Baraka"):
        await adds_customer(shop, name)

    first = await shop.transact(customers.list_customers, None, 3)
    rest = await shop.transact(customers.list_customers, first[-1].id, 3)

    assert [[one.name for one in page] for page in (first, rest)] == [["akinyi", "Baraka", "Otieno"], ["Wanjiku"]]
    await shop.transact(customers.erase_customer, first[-1].id)
    restarted = await shop.transact(customers.list_customers, first[-1].id, 9)
    assert [one.name for one in restarted] == ["akinyi", "Baraka", "Wanjiku"]


async def test_another_shops_customers_are_not_there(shop: Shop, database: Database) -> None:
    other = await make_shop(database, paybill=False)
    theirs = await adds_customer(other, "Wanjiku", "0712345678")

    assert await found(shop, "wanjiku") == await shop.transact(customers.list_customers, None, 5) == []
    with pytest.raises(CustomerUnknown):
        await shop.transact(customers.get_customer, theirs.id)


async def test_an_empty_draft_of_a_number_is_no_number(shop: Shop) -> None:
    with pytest.raises(InvalidPhone):
        await shop.transact(customers.add_customer, CustomerDraft("Wanjiku", " "))
