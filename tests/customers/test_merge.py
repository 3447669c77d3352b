"""Two customers are one person: one stays, the other leads to it, whoever comes at the same moment."""

from uuid import UUID, uuid4

import pytest

from payme import credit, customers, sales
from payme.customers import (
    Customer,
    CustomerChange,
    CustomerErased,
    CustomerMerged,
    CustomerState,
    CustomerUnknown,
    SameCustomer,
)
from payme.kit.db.transaction import Tx
from payme.sales import SaleFilter, SaleView
from tests.support.goods import draft_of, has_stock, has_tokens
from tests.support.people import adds_customer, told_of
from tests.support.shops import Shop
from tests.support.together import count, together


async def merges(shop: Shop, stays: UUID, goes: UUID) -> Customer:
    return await shop.transact(credit.merge_customers, stays, goes, role="manager")


async def longest_way(shop: Shop) -> int:
    """How many steps the longest chain of pointers has."""

    async def read(tx: Tx) -> int:
        return int(
            await tx.value(
                """
                SELECT count(*) FROM customers AS one JOIN customers AS other
                    ON other.business_id = $1 AND other.id = one.merged_into
                 WHERE one.business_id = $1 AND other.merged_into IS NOT NULL
                """,
                tx.business_id,
            )
        )

    return 1 + await shop.transact(read)


async def test_one_stays_and_has_what_both_had(shop: Shop) -> None:
    stays = await adds_customer(shop, "Wanjiku", None, "Pays on Fridays", ("Estate",))
    goes = await adds_customer(shop, "Shiku", "0722345678", "Owes an egg tray", ("ESTATE", "Wholesale"))

    merged = await merges(shop, stays.id, goes.id)

    assert (merged.id, merged.name, merged.phone, merged.other_phones) == (stays.id, "Wanjiku", "+254722345678", [])
    assert (merged.note, merged.tags) == ("Pays on Fridays\nOwes an egg tray", ["Estate", "Wholesale"])
    gone = await shop.transact(customers.get_customer, goes.id)
    assert (gone.state, gone.merged_into, gone.name, gone.phone) == (CustomerState.MERGED, stays.id, "Shiku", None)
    assert (gone.note, gone.tags) == ("", [])
    for typed in ("wanj", "shiku", "0722", "whole"):
        found = await shop.transact(customers.search_customers, typed, 5)
        assert [one.id for one in found] == [stays.id]
    assert [one.id for one in await shop.transact(customers.list_customers, None, 5)] == [stays.id]
    assert (await told_of(shop))[-1] == (
        "customers_merged",
        {"duplicate_id": str(goes.id), "fields": ["phone", "note", "tags"]},
    )


async def test_a_second_number_becomes_another_number_that_finds_the_person(shop: Shop) -> None:
    stays, goes = await adds_customer(shop, "Wanjiku", "0712345678"), await adds_customer(shop, "Shiku", "0722345678")

    merged = await merges(shop, stays.id, goes.id)

    assert (merged.phone, merged.other_phones) == ("+254712345678", ["+254722345678"])
    assert [one.id for one in await shop.transact(customers.search_customers, "0722 345", 5)] == [stays.id]


async def test_the_same_merge_again_does_nothing(shop: Shop) -> None:
    stays, goes = await adds_customer(shop, "Wanjiku"), await adds_customer(shop, "Shiku")
    merged = await merges(shop, stays.id, goes.id)

    assert await merges(shop, stays.id, goes.id) == merged
    assert [action for action, _ in await told_of(shop)].count("customers_merged") == 1


async def test_what_cannot_be_merged(shop: Shop) -> None:
    one, other, third = [await adds_customer(shop, name) for name in ("Wanjiku", "Shiku", "Ciku")]
    await merges(shop, one.id, other.id)

    with pytest.raises(SameCustomer):
        await merges(shop, one.id, one.id)
    for unknown in ((one.id, uuid4()), (uuid4(), one.id)):
        with pytest.raises(CustomerUnknown):
            await merges(shop, *unknown)
    for stays, goes in ((other.id, third.id), (third.id, other.id), (other.id, one.id)):
        with pytest.raises(CustomerMerged) as refused:
            await merges(shop, stays, goes)
        assert refused.value.merged_into == one.id
    with pytest.raises(CustomerMerged):
        await shop.transact(customers.change_customer, other.id, CustomerChange(name="X"))
    await shop.transact(customers.erase_customer, one.id)
    with pytest.raises(CustomerErased):
        await merges(shop, third.id, one.id)


async def test_chains_are_one_step_long(shop: Shop) -> None:
    people = [await adds_customer(shop, f"Mteja {n}", f"071234567{n}") for n in range(5)]

    for stays, goes in ((1, 0), (2, 1), (4, 3), (4, 2)):
        merged = await merges(shop, people[stays].id, people[goes].id)

    assert await longest_way(shop) == 1
    assert merged.phone == "+254712345674"
    assert sorted(merged.other_phones) == [f"+25471234567{n}" for n in range(4)]
    for person in people:
        ids = await shop.transact(customers.ids_of_person, person.id)
        assert ids == sorted(one.id for one in people)
        assert await shop.transact(customers.get_named, person.id) == people[4].id


async def test_of_two_merges_the_other_way_round_at_once_one_wins(shop: Shop) -> None:
    for _ in range(5):
        pair = [await adds_customer(shop, "Wanjiku"), await adds_customer(shop, "Shiku")]

        results = await together(
            8,
            lambda n, pair=pair: merges(shop, pair[n % 2].id, pair[1 - n % 2].id),  # type: ignore[misc]
        )

        assert {result.merged_into for result in results if isinstance(result, CustomerMerged)} == {
            result.id for result in results if isinstance(result, Customer)
        }
        assert (count(results, Customer), count(results, CustomerMerged)) == (4, 4)


async def test_many_merges_at_once_leave_one_person_and_no_chain(shop: Shop) -> None:
    people = [await adds_customer(shop, f"Mteja {n}", f"071234568{n}") for n in range(8)]

    await together(8, lambda n: merges(shop, people[(n + 1) % 8].id, people[n].id))
    while len(living := await shop.transact(customers.list_customers, None, 9)) > 1:
        await together(4, lambda n: merges(shop, living[n % 2].id, living[1 - n % 2].id))

    assert await longest_way(shop) == 1
    (one,) = living
    assert len({one.phone, *one.other_phones}) == 8
    assert len(await shop.transact(customers.ids_of_person, one.id)) == 8
    for n in range(8):
        found = await shop.transact(customers.search_customers, f"071234568{n}", 5)
        assert [somebody.id for somebody in found] == [one.id]


async def test_a_sale_that_names_a_customer_while_they_are_merged_is_in_the_history(shop: Shop) -> None:
    sugar = await has_stock(shop, quantity="100")
    await has_tokens(shop, 20)
    stays, goes = await adds_customer(shop, "Wanjiku"), await adds_customer(shop, "Shiku")

    async def sells_or_merges(n: int) -> SaleView | Customer:
        if n == 4:
            return await merges(shop, stays.id, goes.id)
        draft = draft_of((sugar, "1"), cash="150.00", customer=goes.id)
        return await shop.transact(sales.open_sale, draft, role="cashier")

    results = await together(9, sells_or_merges)

    assert count(results, SaleView) == 8
    for asked in (stays.id, goes.id):
        bought = await shop.transact(sales.list_sales, SaleFilter(customer_id=asked), None, 20)
        assert len(bought) == 8
        totals = await shop.transact(sales.get_customer_totals, asked)
        assert (totals.sales, totals.spent, totals.open_sales) == (8, 1200, 0)
    assert await shop.disagreements() == []


async def test_a_merge_and_an_erasure_at_once_leave_nothing_behind(shop: Shop) -> None:
    for _ in range(4):
        stays, goes = await adds_customer(shop, "Wanjiku", None, "a", ("t",)), await adds_customer(shop, "Shiku")

        async def act(n: int, stays: Customer = stays, goes: Customer = goes) -> Customer:
            if n % 2:
                return await shop.transact(customers.erase_customer, stays.id)
            return await merges(shop, stays.id, goes.id)

        await together(6, act)

        left = [await shop.transact(customers.get_customer, one.id) for one in (stays, goes)]
        assert left[0].state is CustomerState.ERASED
        assert left[1].state is (CustomerState.LIVING if left[1].merged_into is None else CustomerState.ERASED)
