"""Reads of the lines to Daraja."""

from payme.daraja.models import Standing
from payme.daraja.types import Call, Line
from payme.kit.db.transaction import Tx


async def get_standing(tx: Tx, line: Line, call: Call) -> Standing:
    """Return how a line stands for one kind of call; a line that never failed is well."""
    found = await tx.row(
        Standing,
        """
        SELECT coalesce(breaker.failures, 0) AS failures, breaker.open_until, breaker.probe_until,
               coalesce(breaker.era, 0) AS era, pace.not_before
          FROM (VALUES ($1::text, $2::text, $3::text)) AS line (base_url, shortcode, call)
          LEFT JOIN daraja_breakers AS breaker USING (base_url, shortcode)
          LEFT JOIN daraja_paces AS pace USING (base_url, shortcode, call)
        """,
        line.base_url,
        line.shortcode,
        call,
    )
    assert found is not None, "a line always stands somehow"  # noqa: S101
    return found
