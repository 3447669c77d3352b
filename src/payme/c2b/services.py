"""Commands of C2B: where Safaricom tells of money that customers pay by hand, and what it is answered when it asks."""

from uuid import UUID

from payme import callbacks, payment_configs, payments, sales
from payme.c2b import queries, repository, rules
from payme.c2b.events import C2bAnswered, C2bRequested
from payme.c2b.models import C2bSecrets, Registration
from payme.c2b.types import Answer, RegistrationState
from payme.callbacks import PathKind
from payme.kit.db.transaction import Tx
from payme.messages import payment_code, read_notice, receipt_number

REGISTER_C2B = "register_c2b"


async def request_c2b(tx: Tx, config_id: UUID, rejects_unknown_accounts: bool) -> Registration:  # noqa: FBT001
    """Wish to be told of money that customers pay by hand; a job tells Safaricom where, after the commit.

    Locks: none. Raises: PaymentConfigNotFound. Emits: C2bRequested.
    """
    config = await payment_configs.get_config(tx, config_id)
    repository.request_registration(tx, config, rejects_unknown_accounts=rejects_unknown_accounts)
    tx.enqueue(REGISTER_C2B, {"business_id": str(tx.business_id), "config_id": str(config_id)})
    tx.emit(C2bRequested(config.id, config.shortcode, rejects_unknown_accounts))
    return await queries.get_registration(tx, config_id)


async def open_c2b(tx: Tx, config_id: UUID) -> C2bSecrets:
    """Make the two addresses at which Safaricom tells of money paid by hand; earlier ones stay good.

    Locks: none. Raises: C2bNotRequested. Emits: nothing.
    """
    await queries.get_registration(tx, config_id)
    return C2bSecrets(
        confirmation=callbacks.open_path(tx, PathKind.CONFIRMATION, config_id),
        validation=callbacks.open_path(tx, PathKind.VALIDATION, config_id),
    )


async def record_c2b(tx: Tx, payment_config_id: UUID, state: RegistrationState, said: str) -> None:
    """Write what Safaricom answered to the two addresses.

    Locks: none. Raises: nothing. Emits: C2bAnswered.
    """
    repository.answer_registration(tx, payment_config_id, state, said)
    tx.emit(C2bAnswered(payment_config_id, state, said))


async def answer_validation(tx: Tx, payment_config_id: UUID, body: bytes) -> Answer:
    """Say whether money that a customer is about to pay is wanted; what cannot be read is.

    Locks: none. Raises: UnreadableNotice. Emits: nothing.
    """
    notice = read_notice(body)
    registration = await queries.find_registration(tx, payment_config_id)
    code, number = payment_code(notice.account_reference), receipt_number(notice.account_reference)
    asked = await payments.find_by_reference(tx, code) if code else None
    sale = await sales.find_open_by_number(tx, number) if number else None
    return rules.answer_of(registration, names_open_sale=asked is not None or sale is not None)
