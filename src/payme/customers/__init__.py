"""Customers: who buys, how they are found, and which of them are one person."""

from payme.customers.errors import (
    CustomerErased,
    CustomerMerged,
    CustomerPhoneTaken,
    CustomerUnknown,
    MergedTooLarge,
    OtherPhoneUnknown,
    SameCustomer,
)
from payme.customers.events import CustomerAdded, CustomerChanged, CustomersMerged, PersonErased
from payme.customers.models import Customer
from payme.customers.queries import (
    customers_by_id,
    get_customer,
    get_named,
    ids_of_person,
    list_customers,
    list_merged,
    search_customers,
)
from payme.customers.schemas import CustomerOut, MergeIn
from payme.customers.services import add_customer, change_customer, erase_customer, hold_customers, merge_customers
from payme.customers.types import UNCHANGED, CustomerChange, CustomerDraft, CustomerState

__all__ = [
    "UNCHANGED",
    "Customer",
    "CustomerAdded",
    "CustomerChange",
    "CustomerChanged",
    "CustomerDraft",
    "CustomerErased",
    "CustomerMerged",
    "CustomerOut",
    "CustomerPhoneTaken",
    "CustomerState",
    "CustomerUnknown",
    "CustomersMerged",
    "MergeIn",
    "MergedTooLarge",
    "OtherPhoneUnknown",
    "PersonErased",
    "SameCustomer",
    "add_customer",
    "change_customer",
    "customers_by_id",
    "erase_customer",
    "get_customer",
    "get_named",
    "hold_customers",
    "ids_of_person",
    "list_customers",
    "list_merged",
    "merge_customers",
    "search_customers",
]
