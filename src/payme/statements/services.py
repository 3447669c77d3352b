"""Commands of statements: bring a file, keep its lines, and hold them against the books."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Final, Protocol, TypeVar, TypeVarTuple
from uuid import UUID

from payme import issues, money, payment_configs, settlement
from payme.kit.db.locks import LockRank
from payme.kit.db.transaction import Tx
from payme.kit.money import ZERO
from payme.money import Source
from payme.shortcodes import PulledMoney
from payme.statement_files import FileLine, StatementFile
from payme.statements import queries, repository, rules
from payme.statements.errors import DifferenceSettled, MoneyNotBookable, StatementOfUnknownShortcode
from payme.statements.events import EntryWritten, FeesBooked, StatementCompared, StatementImported
from payme.statements.models import Books, Compared, Difference, Finding, Import, Imported, Outgoing, Span, Standing
from payme.statements.types import BATCH, Fix, ImportState, Reason

CONFIGS_MAX: Final = 1_000
Result = TypeVar("Result")
Args = TypeVarTuple("Args")


class Run(Protocol):
    """Runs a command in a transaction of its own, for whoever brings the file."""

    async def __call__(self, work: Callable[[Tx, *Args], Awaitable[Result]], /, *args: *Args) -> Result:
        """Return what the command returns."""
        ...


async def import_statement(
    run: Run,
    file: StatementFile,
    file_name: str,
    shortcode: str | None,
    advance: Callable[[int], None] = lambda _: None,
) -> Imported:
    """Keep the lines of a file, some a transaction, and hold what it covers against the books.

    It is safe to repeat, also one that broke off: a line is kept once. ``advance`` is told how many lines are through.
    Locks: none over more than one transaction. Raises: StatementNotOurs, StatementOfUnknownShortcode.
    Emits: StatementImported, StatementCompared.
    """
    begun = await run(begin_import, file, file_name, shortcode)
    new = 0
    for batch in rules.batches(file.lines, BATCH):
        new += await run(keep_lines, begun.id, begun.shortcode, batch)
        advance(len(batch))
    done = await run(finish_import, begun.id, new, len(file.lines) - new)
    if done.covers_from is None or done.covers_to is None:
        return Imported(done, None)
    return Imported(done, await run(compare, done.shortcode, Span(done.covers_from, done.covers_to)))


async def expect_statement(tx: Tx) -> None:
    """Say whether there is anything that a statement could be about, before it is read.

    Locks: none. Raises: StatementOfUnknownShortcode. Emits: nothing.
    """
    if not await payment_configs.list_configs(tx, None, 1):
        raise StatementOfUnknownShortcode


async def begin_import(tx: Tx, file: StatementFile, file_name: str, shortcode: str | None) -> Import:
    """Write that a file is being read, after finding whose statement it is.

    Locks: none. Raises: StatementNotOurs, StatementOfUnknownShortcode. Emits: nothing.
    """
    configs = await payment_configs.list_configs(tx, None, CONFIGS_MAX)
    config = rules.config_of(configs, file.preamble.shortcode or shortcode)
    span = rules.covered(file, tx.now)
    new = Import(
        id=tx.new_id(),
        payment_config_id=config.id,
        shortcode=config.shortcode,
        file_name=file_name,
        file_digest=file.digest,
        form=file.form,
        state=ImportState.READING,
        covers_from=span.start if span else None,
        covers_to=span.end if span else None,
        rows=file.rows,
        new_lines=0,
        known_lines=0,
        not_completed=file.not_completed,
        refused=file.refused_count,
        imported_by=tx.actor.user_id,
        created_at=tx.now,
        updated_at=tx.now,
    )
    repository.insert_import(tx, new)
    return new


async def keep_lines(tx: Tx, import_id: UUID, shortcode: str, lines: Sequence[FileLine]) -> int:
    """Keep lines that are not kept yet; returns how many there were.

    Locks: none. Raises: nothing. Emits: nothing; the import as a whole is told when it is done.
    """
    return await repository.insert_lines(tx, import_id, shortcode, lines)


async def finish_import(tx: Tx, import_id: UUID, new_lines: int, known_lines: int) -> Import:
    """Write that all of a file is kept.

    Locks: none. Raises: StatementImportNotFound. Emits: StatementImported.
    """
    found = await queries.get_import(tx, import_id)
    repository.finish_import(tx, import_id, new_lines, known_lines)
    digest = found.file_digest.hex()
    tx.emit(StatementImported(import_id, found.shortcode, digest, found.rows, new_lines, known_lines, found.refused))
    return replace(found, state=ImportState.DONE, new_lines=new_lines, known_lines=known_lines, updated_at=tx.now)


async def compare(tx: Tx, shortcode: str, span: Span) -> Compared:
    """Hold what statements say of a shortcode in a time against the books, and write down where they differ.

    What stood and is gone is settled. Run twice, it finds nothing new.
    Locks: STATEMENT. Raises: nothing. Emits: StatementCompared.
    """
    await _guard(tx, shortcode)
    return await compare_held(tx, shortcode, span)


async def compare_held(tx: Tx, shortcode: str, span: Span) -> Compared:
    """Do as ``compare`` for whoever holds the shortcode already.

    Locks: none. Raises: nothing. Emits: StatementCompared.
    """
    books = await queries.get_books(tx, shortcode)
    found = await find_differences(tx, shortcode, span)
    standing = await queries.list_standing(tx, shortcode, span)
    new, gone = rules.changes(standing, found)
    if gone:
        await _settle(tx, books, shortcode, gone, "statement and books agree, or differ otherwise")
    for start in range(0, len(new), BATCH):
        await repository.insert_differences(tx, shortcode, new[start : start + BATCH])
    await issues.open_issues(tx, rules.issues_of(found, shortcode, books.payment_config_id))
    if new or gone:
        tx.emit(StatementCompared(books.payment_config_id, shortcode, len(found), len(new), len(gone)))
    return Compared(len(found), len(new), len(gone))


async def hold_outgoing(tx: Tx, receipt: str) -> Outgoing | None:
    """Return what the portal paid out under a receipt, with its shortcode ours until the transaction ends.

    None, and nothing is held, where no statement has it.
    Locks: STATEMENT. Raises: nothing. Emits: nothing.
    """
    found = await queries.find_outgoing(tx, receipt)
    if found is not None:
        await _guard(tx, found.shortcode)
    return found


async def hold_difference(tx: Tx, difference_id: UUID) -> Difference:
    """Return a difference that stands and that an adjustment can put right, ours until the transaction ends.

    Locks: STATEMENT. Raises: DifferenceNotFound, DifferenceSettled, FixNotByAdjustment. Emits: nothing.
    """
    found = await guard_difference(tx, difference_id)
    rules.check_adjustable(found)
    return found


async def guard_difference(tx: Tx, difference_id: UUID) -> Difference:
    """Return a difference, ours with all of its shortcode until the transaction ends.

    Locks: STATEMENT. Raises: DifferenceNotFound. Emits: nothing.
    """
    found = await queries.get_difference(tx, difference_id)
    await _guard(tx, found.shortcode)
    return await queries.get_difference(tx, difference_id)


async def carry_out(tx: Tx, difference: Difference, adjustment_id: UUID) -> Decimal:
    """Do what an approved adjustment says, once, and settle the difference; returns what it came to.

    Fees of the shortcode are booked all together. What is booked has the statement as its evidence.
    Locks: PAYMENT, RECEIPT, MONEY_IN, SALE, CREDIT_ACCOUNT, WALLET; the caller holds the difference, and writes the
    adjustment. Raises: MoneyNotBookable, DifferenceSettled. Emits: FeesBooked, EntryWritten, and what settlement and
    issues emit.
    """
    books = await queries.get_books(tx, difference.shortcode)
    gone, amount = [rules.standing(difference)], difference.amount
    if difference.fix is Fix.BOOK_MONEY:
        await _book_money(tx, books, difference)
    elif difference.fix is Fix.BOOK_FEES:
        gone = await repository.list_open_fees(tx, difference.shortcode)
        amounts = await repository.insert_fees(tx, difference.shortcode, adjustment_id)
        amount = -sum(amounts, ZERO)
        tx.emit(FeesBooked(adjustment_id, difference.shortcode, len(amounts), -amount))
    else:
        if difference.reason is Reason.MOVED:
            await _check_still_moved(tx, difference)
        repository.insert_entry(tx, difference, adjustment_id)
        tx.emit(EntryWritten(adjustment_id, difference.id, difference.receipt, difference.amount))
    await _settle(tx, books, difference.shortcode, gone, f"adjusted: {difference.fix}")
    return amount


async def _book_money(tx: Tx, books: Books, difference: Difference) -> None:
    assert difference.line_id is not None, "only what stands on a statement is booked"  # noqa: S101
    line = await queries.get_line(tx, difference.line_id)
    row = PulledMoney(line.receipt, line.amount, line.account_reference, line.phone, line.completed_at)
    prompt_id = difference.payment_id if difference.reason is Reason.MISSING_CALLBACK else None
    is_new = await settlement.book_listed(
        tx, books.payment_config_id, difference.shortcode, row, Source.STATEMENT, prompt_id
    )
    if not is_new:
        raise MoneyNotBookable(difference.id, difference.receipt)


async def _check_still_moved(tx: Tx, difference: Difference) -> None:
    """Refuse an entry of what an expense or a refund explains meanwhile; whoever records one guards its receipt."""
    await money.guard_receipt(tx, difference.receipt)
    span = Span(difference.at, difference.at + timedelta(microseconds=1))
    found = await queries.list_moved(tx, difference.shortcode, span)
    if (difference.line_id, difference.amount) not in {(one.line_id, one.amount) for one in found}:
        raise DifferenceSettled(difference.id, "an expense or a refund that was recorded meanwhile")


async def _settle(tx: Tx, books: Books, shortcode: str, gone: Sequence[Standing], why: str) -> None:
    await repository.settle_differences(tx, gone, why)
    no_fees = not await repository.has_open_fees(tx, shortcode)
    await issues.settle(tx, rules.settled_of(gone, why, books.payment_config_id if no_fees else None))


async def _guard(tx: Tx, shortcode: str) -> None:
    """Let one at a time compare a shortcode, or adjust a difference of it."""
    await tx.guard(LockRank.STATEMENT, f"{tx.business_id} {shortcode}")


async def find_differences(tx: Tx, shortcode: str, span: Span) -> list[Finding]:
    """Return where statement and books differ now, in a time of a shortcode since it is collected on with us.

    Locks: none. Raises: StatementNotOurs. Emits: nothing.
    """
    began_at = (await queries.get_books(tx, shortcode)).began_at
    span = Span(max(span.start, began_at), max(span.end, began_at))
    suspects = await queries.list_suspects(tx, shortcode, span)
    found: list[Finding] = []
    if suspects:
        references = sorted({one.account_reference for one in suspects if one.account_reference})
        amounts = sorted({one.amount for one in suspects if one.by_prompt and not one.account_reference})
        prompts = await queries.list_prompts(tx, references, amounts, rules.asked_within(span))
        world = rules.World.of(rules.named_by(await queries.list_waiting(tx)), prompts)
        found = [rules.judge(one, world) for one in suspects]
    found += [rules.other(Reason.REVERSED, one) for one in await queries.list_unrefunded(tx, shortcode, span)]
    found += [rules.other(Reason.FEE, one) for one in await queries.list_unbooked_fees(tx, shortcode, span)]
    found += [rules.other(Reason.MOVED, one) for one in await queries.list_moved(tx, shortcode, span)]
    covered = await queries.list_covered(tx, shortcode)
    found += rules.unseen(await repository.list_unseen(tx, shortcode, span), covered)
    for part in rules.well_covered(covered, span):
        found += [rules.other(Reason.OURS_ONLY, one) for one in await queries.list_ours_only(tx, shortcode, part)]
    return found
