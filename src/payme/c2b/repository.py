"""The SQL that C2B writes."""

from uuid import UUID

from payme.c2b.types import RegistrationState
from payme.kit.db.transaction import Tx
from payme.payment_configs import PaymentConfig


def request_registration(tx: Tx, config: PaymentConfig, *, rejects_unknown_accounts: bool) -> None:
    """Write that Safaricom is to be told where to tell of money paid by hand; asked again, the last wish stands."""
    tx.write(
        """
        INSERT INTO confirmation_registrations (business_id, payment_config_id, shortcode, till_number,
                                       rejects_unknown_accounts, state, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, 'requested', $6, $6)
        ON CONFLICT (business_id, payment_config_id) DO UPDATE
           SET shortcode = $3, till_number = $4, rejects_unknown_accounts = $5, state = 'requested', said = '',
               updated_at = $6
        """,
        tx.business_id,
        config.id,
        config.shortcode,
        config.till_number,
        rejects_unknown_accounts,
        tx.now,
    )


def answer_registration(tx: Tx, payment_config_id: UUID, state: RegistrationState, said: str) -> None:
    """Write what Safaricom answered."""
    tx.write(
        """
        UPDATE confirmation_registrations SET state = $3, said = left($4, 500), updated_at = $5
         WHERE business_id = $1 AND payment_config_id = $2
        """,
        tx.business_id,
        payment_config_id,
        state,
        said,
        tx.now,
    )
