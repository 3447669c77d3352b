"""Payment configs: a business's own paybill or till, its Daraja credentials sealed, and whose number is whose."""

from payme.payment_configs.errors import (
    EnvironmentNotOffered,
    InitiatorIncomplete,
    NumberTaken,
    PaymentConfigMissing,
    PaymentConfigNotFound,
    PaymentConfigsBusy,
    TillNumberWrong,
    TooManyPaymentConfigs,
)
from payme.payment_configs.events import (
    PaymentConfigActivated,
    PaymentConfigAdded,
    PaymentConfigChanged,
    PaymentConfigDeactivated,
    PaymentConfigResealed,
)
from payme.payment_configs.models import ConfigChange, ConfigDraft, NumberOwner, PaymentConfig, Strongbox
from payme.payment_configs.queries import (
    find_active,
    find_number_owner,
    find_with_initiator,
    get_active,
    get_config,
    list_configs,
    list_under_other_keys,
)
from payme.payment_configs.rules import base_url_of
from payme.payment_configs.services import (
    activate_config,
    add_config,
    change_config,
    deactivate_config,
    find_initiator,
    lock_config,
    open_account,
    reseal,
)
from payme.payment_configs.types import Environment, SecretField, ShortcodeKind

__all__ = [
    "ConfigChange",
    "ConfigDraft",
    "Environment",
    "EnvironmentNotOffered",
    "InitiatorIncomplete",
    "NumberOwner",
    "NumberTaken",
    "PaymentConfig",
    "PaymentConfigActivated",
    "PaymentConfigAdded",
    "PaymentConfigChanged",
    "PaymentConfigDeactivated",
    "PaymentConfigMissing",
    "PaymentConfigNotFound",
    "PaymentConfigResealed",
    "PaymentConfigsBusy",
    "SecretField",
    "ShortcodeKind",
    "Strongbox",
    "TillNumberWrong",
    "TooManyPaymentConfigs",
    "activate_config",
    "add_config",
    "base_url_of",
    "change_config",
    "deactivate_config",
    "find_active",
    "find_initiator",
    "find_number_owner",
    "find_with_initiator",
    "get_active",
    "get_config",
    "list_configs",
    "list_under_other_keys",
    "lock_config",
    "open_account",
    "reseal",
]
