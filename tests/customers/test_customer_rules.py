"""What a customer is found by, what a change makes, and how two become one, against rules that anyone can state."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from payme.customers import (
    CustomerChange,
    CustomerDraft,
    CustomerErased,
    CustomerMerged,
    CustomerState,
    CustomerUnknown,
    MergedTooLarge,
    OtherPhoneUnknown,
    SameCustomer,
    rules,
)
from payme.customers.models import Customer, CustomerPointer
from payme.identity import InvalidPhone

NOON = datetime(2026, 11, 23, 9, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)
PHONES = st.integers(700_000_000, 799_999_999).map(lambda national: f"+254{national}")
TAGS = st.lists(st.text(st.characters(codec="ascii", categories=["L"]), min_size=1, max_size=3), max_size=7)
NOTES = st.text(max_size=300).map(str.strip)


def person(**different: object) -> Customer:
    facts = {
        "id": uuid4(), "name": "Wanjiku", "phone": None, "note": "", "tags": [], "other_phones": [],
        "merged_into": None, "merged_at": None, "erased_at": None, "created_at": NOON, "updated_at": NOON,
    }  # fmt: skip
    return Customer(**{**facts, **different})  # type: ignore[arg-type]  # the test names fields


def both(*people: Customer) -> dict[UUID, Customer]:
    return {one.id: one for one in people}


@given(TAGS)
def test_tags_are_kept_once_each_in_order_whatever_their_case(tags: list[str]) -> None:
    kept = rules.tidied(tags)

    assert [tag.casefold() for tag in kept] == list(dict.fromkeys(tag.casefold() for tag in tags))
    assert rules.tidied(kept) == kept
    assert all(tag in tags for tag in kept)


def test_spaces_make_no_other_tag() -> None:
    assert rules.tidied(["Big  Buyer", "big buyer", " BIG BUYER "]) == ["Big Buyer"]


def test_a_draft_becomes_a_customer_with_one_way_to_write_the_number() -> None:
    made = rules.customer(CustomerDraft("Njeri", "0712 345 678", "n", ("A", "a")), UUID(int=1), NOON)

    assert (made.phone, made.tags, made.state, made.updated_at) == ("+254712345678", ["A"], CustomerState.LIVING, NOON)
    with pytest.raises(InvalidPhone):
        rules.customer(CustomerDraft("Njeri", "0712"), UUID(int=1), NOON)


def test_who_is_gone_cannot_change_and_says_where_to_look() -> None:
    stays = person()
    merged = person(merged_into=stays.id, merged_at=NOON)
    erased = person(name=None, erased_at=NOON)
    merged_and_erased = person(name=None, merged_into=stays.id, merged_at=NOON, erased_at=NOON)
    known = both(stays, merged, erased, merged_and_erased)

    assert rules.living(known, stays.id) is stays
    with pytest.raises(CustomerMerged) as refused:
        rules.living(known, merged.id)
    assert refused.value.merged_into == stays.id
    for gone in (erased, merged_and_erased):
        assert gone.state is CustomerState.ERASED
        with pytest.raises(CustomerErased):
            rules.living(known, gone.id)
    with pytest.raises(CustomerUnknown):
        rules.living(known, uuid4())
    assert merged.state is CustomerState.MERGED


def test_a_sale_that_names_who_was_merged_means_who_stayed() -> None:
    one, other = uuid4(), uuid4()

    assert rules.named(CustomerPointer(one, None, None), one) == one
    assert rules.named(CustomerPointer(one, other, None), one) == other
    with pytest.raises(CustomerErased):
        rules.named(CustomerPointer(one, other, NOON), one)
    with pytest.raises(CustomerUnknown):
        rules.named(None, one)


def test_a_change_touches_what_it_names_and_says_so() -> None:
    before = person(phone="+254712345678", other_phones=["+254722000000", "+254733000000"], tags=["a"], note="n")

    nothing = rules.change(before, CustomerChange(name="Wanjiku", phone="0712345678", tags=("a",)), LATER)
    assert (nothing.customer is before, nothing.fields, nothing.dropped_phones) == (True, (), [])

    own = rules.change(before, CustomerChange(phone="0722 000 000"), LATER)
    assert (own.customer.phone, own.customer.other_phones) == ("+254722000000", ["+254733000000"])
    assert (own.fields, own.dropped_phones) == (("phone", "other_phones"), ["+254722000000"])
    assert own.customer.updated_at == LATER

    fewer = rules.change(before, CustomerChange(name="Njeri", note="", tags=(), other_phones=("0733000000",)), LATER)
    assert fewer.fields == ("name", "note", "tags", "other_phones")
    assert fewer.dropped_phones == ["+254722000000"]
    assert rules.change(before, CustomerChange(phone=None), LATER).customer.phone is None
    with pytest.raises(OtherPhoneUnknown):
        rules.change(before, CustomerChange(other_phones=("0733000001",)), LATER)


@given(
    st.tuples(st.none() | PHONES, NOTES, TAGS, st.lists(PHONES, max_size=3)),
    st.tuples(st.none() | PHONES, NOTES, TAGS, st.lists(PHONES, max_size=3)),
)
def test_a_merge_loses_no_number_no_tag_and_no_note(
    one: tuple[str | None, str, list[str], list[str]], other: tuple[str | None, str, list[str], list[str]]
) -> None:
    numbers = [phone for phone in (one[0], other[0], *one[3], *other[3]) if phone]
    assume(len(set(numbers)) == len(numbers))
    stays, goes = (
        person(name=name, phone=phone, note=note, tags=rules.tidied(tags), other_phones=others)
        for name, (phone, note, tags, others) in (("Wanjiku", one), ("Shiku", other))
    )
    together = {tag.casefold() for tag in (*stays.tags, *goes.tags)}
    try:
        merged = rules.merge(both(stays, goes), stays.id, goes.id, [], LATER).customer
    except MergedTooLarge as refused:
        too_many_tags = refused.what == "tags" and len(together) > rules.TAGS_MAX
        assert too_many_tags or len(stays.note) + len(goes.note) >= rules.NOTE_MAX
        return

    assert (merged.id, merged.name, merged.updated_at) == (stays.id, "Wanjiku", LATER)
    assert sorted(phone for phone in (merged.phone, *merged.other_phones) if phone) == sorted(numbers)
    assert merged.phone == (stays.phone or goes.phone)
    assert {tag.casefold() for tag in merged.tags} == together
    assert stays.note in merged.note
    assert goes.note in merged.note


def test_a_note_that_both_have_stands_once() -> None:
    stays, goes = person(note="Pays on Fridays"), person(note="Pays on Fridays")

    merged = rules.merge(both(stays, goes), stays.id, goes.id, [], LATER)

    assert (merged.customer.note, merged.fields) == ("Pays on Fridays", ())


@pytest.mark.parametrize(
    ("stays", "goes", "others", "what"),
    [
        ({"tags": list("abcdef")}, {"tags": list("ghijk")}, 0, "tags"),
        ({"note": "x" * 300}, {"note": "y" * 200}, 0, "note"),
        ({}, {}, 20, "merged customers"),
    ],
)
def test_what_would_not_fit_is_refused_rather_than_cut(
    stays: dict[str, object], goes: dict[str, object], others: int, what: str
) -> None:
    one, other = person(**stays), person(**goes)
    with pytest.raises(MergedTooLarge) as refused:
        rules.merge(both(one, other), one.id, other.id, [person() for _ in range(others)], LATER)
    assert refused.value.what == what


def test_nobody_is_merged_with_themselves_or_with_the_gone() -> None:
    stays, gone = person(), person(name=None, erased_at=NOON)
    with pytest.raises(SameCustomer):
        rules.merge(both(stays), stays.id, stays.id, [], LATER)
    with pytest.raises(CustomerErased):
        rules.merge(both(stays, gone), stays.id, gone.id, [], LATER)
    with pytest.raises(CustomerUnknown):
        rules.merge(both(stays), stays.id, uuid4(), [], LATER)


def test_a_customer_is_found_by_name_number_and_tag_and_by_who_was_merged() -> None:
    one = person(name="Mama Njerĩ", phone="+254712345678", other_phones=["+255754123456"], tags=["Big Buyer"])

    found = rules.words_of(one, [person(name="Shiku")])

    assert found == [
        "mama", "njeri", "shiku", "big", "buyer",
        "254712345678", "712345678", "0712345678", "5678",
        "255754123456", "0255754123456", "3456",
    ]  # fmt: skip
    assert rules.words_of(person(name=None)) == []


@pytest.mark.parametrize("typed", ["0712 345 678", "0712-345-678", "+254 712 345", "0712.345", "712 345"])
def test_digits_with_signs_between_are_one_number(typed: str) -> None:
    (word,) = rules.typed_words(typed)
    assert any(known.startswith(word) for known in rules.words_of(person(phone="+254712345678")))


def test_letters_and_digits_are_words_of_their_own() -> None:
    assert rules.typed_words("Njeri 0712 345") == ["njeri", "0712345"]
