"""Pure decisions of statements: what each line that is not plainly in the books is."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Final
from uuid import UUID

from payme.callbacks import PathKind
from payme.issues import NewIssue, Settled
from payme.kit.money import ZERO
from payme.messages import UnreadableNotice, read_notice, read_result
from payme.money import is_same_phone
from payme.mpesa import UnreadableCallback, read_callback
from payme.payment_configs import PaymentConfig
from payme.statement_files import FileLine, StatementFile
from payme.statements.errors import (
    DifferenceSettled,
    FixNotByAdjustment,
    StatementNotOurs,
    StatementOfUnknownShortcode,
)
from payme.statements.models import Difference, Finding, Moved, Prompt, Span, Standing, Suspect, Told, Unseen, Waiting
from payme.statements.types import ADJUSTABLE, EARLY_S, EDGE_S, FACTS_MAX, FIXES, Fix, Reason

_EARLY: Final = timedelta(seconds=EARLY_S)
_ASKED_BEFORE: Final = timedelta(hours=1)
_EDGE: Final = timedelta(seconds=EDGE_S)


# Files


def config_of(configs: Sequence[PaymentConfig], said: str | None) -> PaymentConfig:
    """Return the config whose statement it is: of the number that is said, else the only one there is.

    The active one goes before others of the same number. Raises StatementNotOurs, StatementOfUnknownShortcode.
    """
    if said is None:
        if len({config.shortcode for config in configs}) != 1:
            raise StatementOfUnknownShortcode
        said = configs[0].shortcode
    ours = [config for config in configs if said in config.numbers]
    if not ours:
        raise StatementNotOurs(shortcode=said)
    return next((config for config in ours if config.active), ours[0])


def covered(file: StatementFile, now: datetime) -> Span | None:
    """Return the time that a file tells all of.

    What it says of its period is believed where that is over; a period that goes on, like no period, ends with the
    newest line.
    """
    times = [line.completed_at for line in file.lines]
    start, end = file.preamble.from_at, file.preamble.to_at
    after_last = max(times) + timedelta(seconds=1) if times else None
    if start is None or end is None:
        return Span(min(times), after_last) if after_last else None
    if end > now:
        end = after_last or start
    times_in = [start, *times]
    return Span(min(times_in), max(end, after_last or end)) if min(times_in) < max(end, after_last or end) else None


def batches(lines: Sequence[FileLine], size: int) -> list[list[FileLine]]:
    """Cut lines into batches that name no line twice, in the order of their key: two imports never wait in a circle."""
    once = {(line.receipt, line.kind, line.direction, line.amount): line for line in reversed(lines)}
    ordered = [once[key] for key in sorted(once)]
    return [ordered[start : start + size] for start in range(0, len(ordered), size)]


def merged(spans: Iterable[Span]) -> list[Span]:
    """Join times that overlap or touch, oldest first."""
    joined: list[Span] = []
    for span in sorted(spans, key=lambda one: (one.start, one.end)):
        if joined and span.start <= joined[-1].end:
            joined[-1] = replace(joined[-1], end=max(joined[-1].end, span.end))
        else:
            joined.append(span)
    return joined


def clipped(spans: Iterable[Span], within: Span) -> list[Span]:
    """Return the joined times as far as they are within another."""
    inner = (Span(max(one.start, within.start), min(one.end, within.end)) for one in merged(spans))
    return [span for span in inner if span.start < span.end]


def well_covered(spans: Iterable[Span], wanted: Span) -> list[Span]:
    """Return when within a wanted time whatever was paid must be on a statement: not at the edge of what they cover."""
    inner = (Span(one.start + _EDGE, one.end - _EDGE) for one in merged(spans) if one.end - one.start > 2 * _EDGE)
    return clipped(inner, wanted)


def unseen(refunds: Iterable[Unseen], covered: Sequence[Span]) -> list[Finding]:
    """Name the refunds whose reversal should be on the statements: they cover all of the time in which it was."""
    return [
        Finding(
            reason=Reason.NOT_REVERSED,
            fix=FIXES[Reason.NOT_REVERSED][True],
            subject_id=one.refund_id,
            line_id=None,
            money_in_id=one.money_in_id,
            payment_id=None,
            callback_id=None,
            receipt=one.receipt,
            amount=one.amount,
            at=one.paid_at,
        )
        for one in refunds
        if well_covered(covered, one.span) == [one.span]
    ]


# Differences


def named_by(told: Iterable[Told]) -> list[Waiting]:
    """Return which callbacks name a receipt; what cannot be read names none."""
    return [Waiting(one.id, receipt) for one in told if (receipt := _receipt_named(one))]


def _receipt_named(told: Told) -> str | None:
    try:
        if told.kind is PathKind.STK:
            return read_callback(told.body).receipt
        return (read_notice if told.kind is PathKind.CONFIRMATION else read_result)(told.body).receipt
    except (UnreadableCallback, UnreadableNotice):
        return None


@dataclass(frozen=True, slots=True)
class World:
    """What is known besides the lines: callbacks by the receipt they name, and prompts by reference and by amount."""

    waiting: Mapping[str, Waiting]
    by_reference: Mapping[str, Prompt]
    by_amount: Mapping[Decimal, Sequence[Prompt]]

    @classmethod
    def of(cls, waiting: Iterable[Waiting], prompts: Iterable[Prompt]) -> "World":
        """Put what is known in order."""
        by_amount: dict[Decimal, list[Prompt]] = defaultdict(list)
        by_reference = {}
        for prompt in prompts:
            by_reference[prompt.account_reference] = prompt
            by_amount[prompt.amount].append(prompt)
        named = {one.receipt: one for one in waiting}
        return cls(MappingProxyType(named), MappingProxyType(by_reference), MappingProxyType(by_amount))


def asked_within(span: Span) -> Span:
    """Return when a prompt was sent that was paid within a time: a prompt is live for minutes."""
    return Span(span.start - _ASKED_BEFORE, span.end)


def judge(suspect: Suspect, world: World) -> Finding:
    """Name the one reason why a payment on a statement is not in the books as it is there."""
    if suspect.is_again or (suspect.is_elsewhere and suspect.booked_id is None):
        return _found(Reason.DUPLICATE_RECEIPT, suspect)
    if suspect.booked_amount is not None:
        return _judge_booked(suspect, suspect.booked_amount)
    waiting = world.waiting.get(suspect.receipt)
    if waiting is not None:
        return replace(_found(Reason.LATE_CALLBACK, suspect), callback_id=waiting.id)
    prompt = world.by_reference.get(suspect.account_reference)
    if prompt is None and not suspect.account_reference:
        prompt = _asked_for(suspect, world.by_amount.get(suspect.amount, ()))
    if prompt is None:
        return _found(Reason.UNKNOWN, suspect)
    return replace(_found(_reason_of_prompt(suspect, prompt), suspect), payment_id=prompt.id)


def _judge_booked(suspect: Suspect, booked: Decimal) -> Finding:
    if suspect.booked_shortcode != suspect.shortcode:
        return _found(Reason.WRONG_TILL, suspect)
    assert suspect.amount != booked, "a line that is plainly booked is no suspect"  # noqa: S101
    reason = Reason.SHORT if suspect.amount < booked else Reason.OVER
    return _found(reason, suspect, suspect.amount - booked)


def _reason_of_prompt(suspect: Suspect, prompt: Prompt) -> Reason:
    if prompt.shortcode != suspect.shortcode:
        return Reason.WRONG_TILL
    if suspect.amount == prompt.amount:
        # Whoever typed the code on another phone paid for the sale, but did not answer the prompt: that may come, too.
        is_anothers = is_same_phone(suspect.phone, prompt.phone) is False
        return Reason.UNKNOWN if is_anothers else Reason.MISSING_CALLBACK
    return Reason.SHORT if suspect.amount < prompt.amount else Reason.OVER


def _asked_for(suspect: Suspect, prompts: Sequence[Prompt]) -> Prompt | None:
    """Return the one prompt for just this amount that may have been answered then by just this phone."""
    found = [
        one
        for one in prompts
        if suspect.by_prompt
        and one.shortcode == suspect.shortcode
        and one.created_at - _EARLY <= suspect.completed_at <= one.deadline_at
        and is_same_phone(suspect.phone, one.phone) is not False
    ]
    return found[0] if len(found) == 1 else None


def _found(reason: Reason, suspect: Suspect, amount: Decimal | None = None) -> Finding:
    return Finding(
        reason=reason,
        fix=FIXES[reason][suspect.booked_id is not None],
        subject_id=suspect.id,
        line_id=suspect.id,
        money_in_id=suspect.booked_id,
        payment_id=None,
        callback_id=None,
        receipt=suspect.receipt,
        amount=suspect.amount if amount is None else amount,
        at=suspect.completed_at,
    )


def other(reason: Reason, moved: Moved) -> Finding:
    """Name a difference that is not about a payment on a statement; its subject is the line, where there is one."""
    subject_id = moved.line_id or moved.money_in_id
    assert subject_id is not None, "it is about a line or a receipt of money"  # noqa: S101
    return Finding(
        reason=reason,
        fix=FIXES[reason][moved.money_in_id is not None],
        subject_id=subject_id,
        line_id=moved.line_id,
        money_in_id=moved.money_in_id,
        payment_id=None,
        callback_id=None,
        receipt=moved.receipt,
        amount=moved.amount,
        at=moved.at,
    )


def check_adjustable(difference: Difference) -> None:
    """Refuse what an adjustment cannot put right. Raises DifferenceSettled, FixNotByAdjustment."""
    if difference.settled_at is not None:
        raise DifferenceSettled(difference.id, difference.settled_by)
    if difference.fix not in ADJUSTABLE:
        raise FixNotByAdjustment(difference.id, difference.fix)


def standing(difference: Difference) -> Standing:
    """Return what of an open difference a comparison knows it by."""
    return Standing(difference.id, difference.reason, difference.subject_id, difference.amount)


_SAYS: Final[Mapping[Reason, str]] = MappingProxyType(
    {
        Reason.LATE_CALLBACK: "was paid, and the callback that says so had no effect yet",
        Reason.MISSING_CALLBACK: "was paid for what we asked for, and no callback came",
        Reason.DUPLICATE_RECEIPT: "is on the statement under a receipt that stands for something else",
        Reason.WRONG_TILL: "was paid to another of the shop's numbers than we asked for or booked",
        Reason.REVERSED: "was given back to the payer by M-PESA, and the books still have it",
        Reason.NOT_REVERSED: "was given back by M-PESA, say the books, and no statement shows it",
        Reason.SHORT: "is less than we booked or asked for",
        Reason.OVER: "is more than we booked or asked for",
        Reason.UNKNOWN: "was paid, and is nothing that we asked this payer for",
        Reason.MOVED: "moved by the portal, and no expense or refund says what for",
        Reason.OURS_ONLY: "is in the books, and the statement does not have it",
    }
)


def issues_of(found: Sequence[Finding], shortcode: str, payment_config_id: UUID) -> list[NewIssue]:
    """Return what a person must look at: each difference, but all fees of a shortcode together."""
    issues = [
        NewIssue(
            f"statement_{one.reason}",
            one.subject_id,
            {
                "detail": f"{one.receipt}: KES {one.amount} {_SAYS[one.reason]}",
                "shortcode": shortcode,
                "receipt": one.receipt,
                "amount": f"{one.amount:.2f}",
                "at": one.at.isoformat(),
                "fix": one.fix.value,
            },
        )
        for one in found
        if one.reason is not Reason.FEE
    ]
    fees = [one for one in found if one.reason is Reason.FEE]
    if fees:
        total = sum((one.amount for one in fees), ZERO)
        facts: dict[str, object] = {
            "detail": f"M-PESA took KES {-total} in {len(fees)} charges, which are not booked",
            "shortcode": shortcode,
            "lines": len(fees),
            "amount": f"{total:.2f}",
            "receipts": [one.receipt for one in fees[:FACTS_MAX]],
            "fix": Fix.BOOK_FEES.value,
        }
        issues.append(NewIssue(f"statement_{Reason.FEE}", payment_config_id, facts))
    return issues


def settled_of(gone: Sequence[Standing], why: str, fees_of: UUID | None) -> list[Settled]:
    """Return which issues are settled with differences that are gone; ``fees_of`` is a config without unbooked fees."""
    settled = [Settled(f"statement_{one.reason}", one.subject_id, why) for one in gone if one.reason is not Reason.FEE]
    return settled if fees_of is None else [*settled, Settled(f"statement_{Reason.FEE}", fees_of, why)]


def changes(standing: Iterable[Standing], found: Iterable[Finding]) -> tuple[list[Finding], list[Standing]]:
    """Return what is found newly, and what stood and is gone; a difference that became another is both."""
    now = {(one.subject_id, one.reason, one.amount): one for one in found}
    before = {(one.subject_id, one.reason, one.amount): one for one in standing}
    return [one for key, one in now.items() if key not in before], [
        one for key, one in before.items() if key not in now
    ]
