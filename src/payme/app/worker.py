"""The worker: runs the jobs that transactions left, until it is told to stop."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

import asyncpg
import structlog
from pgqueuer import PgQueuer
from pgqueuer.executors import DatabaseRetryEntrypointExecutor
from pgqueuer.models import Job, Schedule

from payme import c2b, payments, receipts, reconciliation, refunds
from payme.alerts import Part
from payme.alerts import jobs as alert_jobs
from payme.anchors import PROVED_BACK
from payme.anchors import jobs as anchor_jobs
from payme.app.assembly import Assembly
from payme.c2b import jobs as c2b_jobs
from payme.callbacks import jobs as callback_jobs
from payme.credit import jobs as credit_jobs
from payme.identity import every_business
from payme.inquiries import jobs as inquiry_jobs
from payme.kit.db.pool import APP_ROLE
from payme.kit.db.transaction import Database
from payme.kit.errors import Refusal
from payme.kit.rounds import pause
from payme.ledger import jobs as ledger_jobs
from payme.payments import jobs as payment_jobs
from payme.push_limits import jobs as push_limit_jobs
from payme.receipts import jobs as receipt_jobs
from payme.reconciliation import jobs as reconciliation_jobs
from payme.refunds import jobs as refund_jobs
from payme.reminders import jobs as reminder_jobs
from payme.replay import jobs as replay_jobs
from payme.reports import jobs as report_jobs
from payme.seals import jobs as seal_jobs
from payme.settlement import jobs as settlement_jobs
from payme.sms import jobs as sms_jobs
from payme.statements import jobs as statement_jobs
from payme.webhooks import jobs as webhook_jobs

RECONNECT_MAX_S = 5.0
LOOK_EVERY_S = 0.1
"""A customer stands at the till while a callback waits; looking costs one index entry."""
AWAY_S = 1.0
DRAIN_S = 10.0
_SILENT = ("P7", "P10", "R3")
log = structlog.get_logger(__name__)

Work = Callable[[Mapping[str, str]], Awaitable[None]]


def work_by_name(assembly: Assembly) -> dict[str, Work]:
    """Return every job of the product by the name under which it is enqueued."""

    async def submit_payment(payload: Mapping[str, str]) -> None:
        await payment_jobs.submit_payment(assembly.desk, payload)

    async def check_payment(payload: Mapping[str, str]) -> None:
        await inquiry_jobs.check_payment(assembly.inquiries, payload)

    async def register_c2b(payload: Mapping[str, str]) -> None:
        await c2b_jobs.register_c2b(assembly.c2b, payload)

    async def reverse_refund(payload: Mapping[str, str]) -> None:
        await refund_jobs.reverse_refund(assembly.refunds, payload)

    async def check_refund(payload: Mapping[str, str]) -> None:
        await refund_jobs.check_refund(assembly.refunds, payload)

    async def verify_receipt(payload: Mapping[str, str]) -> None:
        await receipt_jobs.verify_receipt(assembly.receipts, payload)

    async def pull_next(payload: Mapping[str, str]) -> None:
        await receipt_jobs.pull_next(assembly.receipts, payload)

    return {
        c2b.REGISTER_C2B: register_c2b,
        payments.SUBMIT_PAYMENT: submit_payment,
        payments.CHECK_PAYMENT: check_payment,
        refunds.REVERSE_REFUND: reverse_refund,
        refunds.CHECK_REFUND: check_refund,
        receipts.VERIFY_RECEIPT: verify_receipt,
        receipts.PULL_NEXT: pull_next,
    }


async def run_worker(assembly: Assembly, dsn: str, stop: asyncio.Event) -> None:
    """Run jobs, apply callbacks, send what is to be sent, ask the books until ``stop``, whatever PostgreSQL does."""
    await asyncio.gather(
        _run_jobs(assembly, dsn, stop),
        apply_callbacks(assembly.database, stop),
        webhook_jobs.keep_sending(assembly.office, stop),
        sms_jobs.keep_sending(assembly.sms, stop),
        seal_jobs.keep_sealing(assembly.seals, stop),
        anchor_jobs.keep_telling(assembly.anchors, stop),
        alert_jobs.keep_telling(assembly.alerts, stop),
        reconciliation_jobs.keep_looking(assembly.database, stop),
        alert_jobs.keep_watch(assembly.alerts, stop, beating=Part.WORKER),
    )


async def apply_callbacks(database: Database, stop: asyncio.Event) -> None:
    """Apply callbacks as they come in, until ``stop`` is set."""
    while not stop.is_set():
        pause_s = LOOK_EVERY_S
        try:
            while not stop.is_set() and await settlement_jobs.drain_callbacks(database):
                pass
        except Refusal as away:
            log.warning("callbacks_wait_for_database", error=away.code, retry_in_s=AWAY_S)
            pause_s = AWAY_S
        except Exception:
            log.exception("callbacks_not_drained")
            pause_s = AWAY_S
        await pause(stop, pause_s)


async def _run_jobs(assembly: Assembly, dsn: str, stop: asyncio.Event) -> None:
    delay_s = 0.1
    while not stop.is_set():
        try:
            await _run_connected(assembly, dsn, stop)
            delay_s = 0.1
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as lost:
            log.warning("worker_lost_database", error=type(lost).__name__, retry_in_s=delay_s)
            await pause(stop, delay_s)
            delay_s = min(delay_s * 2, RECONNECT_MAX_S)


async def _run_connected(assembly: Assembly, dsn: str, stop: asyncio.Event) -> None:
    connection = await asyncpg.connect(
        dsn, server_settings={"application_name": "payme worker", "role": APP_ROLE, "timezone": "UTC"}
    )
    queue = PgQueuer.from_asyncpg_connection(connection)
    for name, work in work_by_name(assembly).items():
        _register(queue, name, work)

    _schedule(queue, assembly)
    _schedule_days(queue, assembly)
    _schedule_proof(queue, assembly)
    _schedule_forgetting(queue, assembly)
    _schedule_reminders(queue, assembly)

    async def stop_queue() -> None:
        await stop.wait()
        queue.shutdown.set()

    stopper = asyncio.create_task(stop_queue())
    runner = asyncio.create_task(
        queue.run(
            batch_size=20,
            dequeue_timeout=timedelta(seconds=5),
            max_concurrent_tasks=40,
            shutdown_on_listener_failure=True,
        )
    )
    try:
        await asyncio.wait({stopper, runner}, return_when=asyncio.FIRST_COMPLETED)
        await asyncio.wait_for(runner, DRAIN_S)
    finally:
        stopper.cancel()
        runner.cancel()
        connection.terminate()


def _schedule(queue: PgQueuer, assembly: Assembly) -> None:
    database = assembly.database

    @queue.schedule("sweep_payments", "*/5 * * * *")
    async def sweep_payments(_: Schedule) -> None:
        async for business_id in every_business(database):
            await inquiry_jobs.sweep_payments(assembly.inquiries, business_id)
            await receipt_jobs.sweep_questions(assembly.receipts, business_id)

    @queue.schedule("pull_money", "*/15 * * * *")
    async def pull_money(_: Schedule) -> None:
        """Book what Safaricom lists and nobody told us of."""
        async for business_id in every_business(database):
            await receipt_jobs.pull_money(assembly.receipts, business_id)

    @queue.schedule("report_loose_money", "*/5 * * * *")
    async def report_loose_money(_: Schedule) -> None:
        """Money that nobody claims is somebody's; after a quarter of an hour a person should look."""
        await reconciliation.verify(database, only=("P8",), open_issues=True)

    @queue.schedule("report_silence", "7 * * * *")
    async def report_silence(_: Schedule) -> None:
        """Payments without an end and claims without an answer must not wait for the night to be seen."""
        await reconciliation.verify(database, only=_SILENT, open_issues=True)


def _schedule_days(queue: PgQueuer, assembly: Assembly) -> None:
    """Do what a new day asks for."""
    database = assembly.database

    @queue.schedule("find_overdue", "10 21 * * *")  # ten past midnight in Nairobi: a day more has gone by
    async def find_overdue(_: Schedule) -> None:
        async for business_id in every_business(database):
            await credit_jobs.find_overdue(database, business_id)

    @queue.schedule("keep_ended_days", "20 * * * *")
    async def keep_ended_days(_: Schedule) -> None:
        """Add up the day that ended, some hours after it; every hour, for whoever was asleep at night."""
        async for business_id in every_business(database):
            await report_jobs.keep_ended_days(database, business_id)
            await ledger_jobs.keep_ended_days(database, business_id)

    @queue.schedule("compare_statements", "25 * * * *")
    async def compare_statements(_: Schedule) -> None:
        """Settle what differed from M-PESA's statement and agrees by now: a callback came late, say."""
        async for business_id in every_business(database):
            await statement_jobs.compare_again(database, business_id)

    @queue.schedule("verify", "0 0 * * *")  # three in the morning in Nairobi
    async def verify(_: Schedule) -> None:
        await reconciliation_jobs.ask_everybody(database, begin=True)

    @queue.schedule("verify_on", "*/10 * * * *")
    async def verify_on(_: Schedule) -> None:
        """Go on with a night that was interrupted."""
        await reconciliation_jobs.ask_everybody(database, begin=False)


async def prove_audits(assembly: Assembly) -> None:
    """Let the audit of every business prove itself, by what the places outside were told lately."""
    database = assembly.database
    public = assembly.seals.public_keys()
    found = await anchor_jobs.ask_places(assembly.anchors, database.seams.clock.now() - PROVED_BACK)
    for place, reason in found.unasked.items():
        log.error("anchors_unread", place=place, error=reason)
    async for business_id in every_business(database):
        anchors = found.anchors.get(business_id, ())
        evidence = seal_jobs.evidence_of(public, anchors, found.restores, is_whole=not found.unasked)
        await replay_jobs.prove_audit(database, business_id, evidence)


def _schedule_proof(queue: PgQueuer, assembly: Assembly) -> None:
    @queue.schedule("prove_audits", "30 1 * * *")  # half past four in the morning in Nairobi
    async def prove(_: Schedule) -> None:
        await prove_audits(assembly)


def _schedule_reminders(queue: PgQueuer, assembly: Assembly) -> None:
    """Remind customers by day, twice, in case one of the times was missed; nobody is reminded twice."""

    @queue.schedule("remind_customers", "10 6,12 * * *")  # ten past nine in Nairobi, and past three in the afternoon
    async def remind_customers(_: Schedule) -> None:
        async for business_id in every_business(assembly.database):
            await reminder_jobs.remind(assembly.database, business_id)


def _schedule_forgetting(queue: PgQueuer, assembly: Assembly) -> None:
    """Delete what would grow for ever and is no book."""
    database = assembly.database

    @queue.schedule("forget_old_pushes", "37 * * * *")
    async def forget_old_pushes(_: Schedule) -> None:
        await push_limit_jobs.forget_old_pushes(database)

    @queue.schedule("forget_runs", "15 0 * * *")
    async def forget_runs(_: Schedule) -> None:
        await reconciliation_jobs.forget_runs(database)

    @queue.schedule("forget_webhooks", "30 0 * * *")
    async def forget_webhooks(_: Schedule) -> None:
        await webhook_jobs.forget_ended(database)

    @queue.schedule("forget_orphans", "45 0 * * *")
    async def forget_orphans(_: Schedule) -> None:
        forgotten = await callback_jobs.forget_orphans(database, assembly.settings.orphans_kept_days)
        log.info("orphans_forgotten", callbacks=forgotten)


def _register(queue: PgQueuer, name: str, work: Work) -> None:
    @queue.entrypoint(
        name,
        on_failure="hold",
        executor_factory=lambda parameters: DatabaseRetryEntrypointExecutor(
            parameters=parameters, max_attempts=8, initial_delay=timedelta(milliseconds=200)
        ),
    )
    async def run(job: Job) -> None:
        structlog.contextvars.bind_contextvars(job=name, request_id=f"job-{job.id}")
        await work(json.loads(job.payload or b"{}"))
