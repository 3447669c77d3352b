"""The SQL that audit writes."""

from collections.abc import Sequence

from pydantic_core import to_json

from payme.audit.rules import facts_of
from payme.kit.db.transaction import Tx
from payme.kit.events import Event


def insert_entries(tx: Tx, events: Sequence[Event]) -> None:
    """Write an entry for each event."""
    tx.write(
        """
        INSERT INTO audit_entries
               (business_id, id, at, actor_kind, actor_name, user_id, request_id, action, subject_id, facts)
        SELECT $1, fact.id, $2, $3, $4, $5, $6, fact.action, fact.subject_id, fact.facts
          FROM unnest($7::uuid[], $8::text[], $9::uuid[], $10::text[]::jsonb[]) AS fact (id, action, subject_id, facts)
        """,
        tx.business_id,
        tx.now,
        tx.actor.kind,
        tx.actor.name,
        tx.actor.user_id,
        tx.request_id,
        [tx.new_id() for _ in events],
        [event.action() for event in events],
        [event.subject_id for event in events],
        [to_json(facts_of(event)).decode() for event in events],
    )
