"""The SQL of the lines to Daraja. Each statement decides by itself, so that no line is ever locked over a thought."""

from datetime import datetime

from payme.daraja.types import Call, Line
from payme.kit.db.transaction import Tx


async def claim_pace(tx: Tx, line: Line, call: Call, not_before: datetime) -> bool:
    """Write that a call goes now and the next not before that instant; False where another was first."""
    return bool(
        await tx.records(
            """
            INSERT INTO daraja_paces AS pace (base_url, shortcode, call, not_before)
            VALUES ($1, $2, $3, $4)
            ON CONFLICT (base_url, shortcode, call) DO UPDATE SET not_before = excluded.not_before
             WHERE pace.not_before <= $5
            RETURNING call
            """,
            line.base_url,
            line.shortcode,
            call,
            not_before,
            tx.now,
        )
    )


def slow_down(tx: Tx, line: Line, call: Call, not_before: datetime) -> None:
    """Write that Daraja wants to be spared until an instant."""
    tx.write(
        """
        INSERT INTO daraja_paces AS pace (base_url, shortcode, call, not_before)
        VALUES ($1, $2, $3, $4)
        ON CONFLICT (base_url, shortcode, call)
        DO UPDATE SET not_before = greatest(pace.not_before, excluded.not_before)
        """,
        line.base_url,
        line.shortcode,
        call,
        not_before,
    )


async def claim_probe(tx: Tx, line: Line, era: int, until: datetime) -> bool:
    """Write that the probe of a half-open line is ours until it ends, or that instant; False where another's is."""
    return bool(
        await tx.records(
            """
            UPDATE daraja_breakers SET probe_until = $4, updated_at = $5
             WHERE base_url = $1 AND shortcode = $2 AND era = $3 AND open_until <= $5
               AND (probe_until IS NULL OR probe_until <= $5)
            RETURNING era
            """,
            line.base_url,
            line.shortcode,
            era,
            until,
            tx.now,
        )
    )


def count_failure(tx: Tx, line: Line, era: int, failures_max: int, open_until: datetime) -> None:
    """Write one more failure in a row; the one that is too many opens the breaker."""
    tx.write(
        """
        INSERT INTO daraja_breakers AS breaker (base_url, shortcode, failures, era, updated_at)
        VALUES ($1, $2, 1, $3, $4)
        ON CONFLICT (base_url, shortcode) DO UPDATE
           SET failures = CASE WHEN breaker.failures + 1 < $5 THEN breaker.failures + 1 ELSE 0 END,
               open_until = CASE WHEN breaker.failures + 1 < $5 THEN NULL ELSE $6::timestamptz END,
               era = CASE WHEN breaker.failures + 1 < $5 THEN breaker.era ELSE breaker.era + 1 END,
               updated_at = $4
         WHERE breaker.era = $3 AND breaker.open_until IS NULL
        """,
        line.base_url,
        line.shortcode,
        era,
        tx.now,
        failures_max,
        open_until,
    )


def forget_failures(tx: Tx, line: Line, era: int) -> None:
    """Write that the line answers."""
    tx.write(
        """
        UPDATE daraja_breakers SET failures = 0, updated_at = $4
         WHERE base_url = $1 AND shortcode = $2 AND era = $3 AND open_until IS NULL
        """,
        line.base_url,
        line.shortcode,
        era,
        tx.now,
    )


def end_probe(tx: Tx, line: Line, era: int, open_until: datetime | None) -> None:
    """Write what a probe found: None closes the breaker, an instant opens it again."""
    tx.write(
        """
        UPDATE daraja_breakers SET failures = 0, open_until = $4, probe_until = NULL, era = era + 1, updated_at = $5
         WHERE base_url = $1 AND shortcode = $2 AND era = $3
        """,
        line.base_url,
        line.shortcode,
        era,
        open_until,
        tx.now,
    )


def give_probe_back(tx: Tx, line: Line, era: int) -> None:
    """Write that a probe was given up before anything could be learned; the next call is the probe."""
    tx.write(
        """
        UPDATE daraja_breakers SET probe_until = NULL, updated_at = $4
         WHERE base_url = $1 AND shortcode = $2 AND era = $3
        """,
        line.base_url,
        line.shortcode,
        era,
        tx.now,
    )
