"""The job queue: pgqueuer's tables, written in our own transaction."""

import json
from collections.abc import Sequence
from datetime import timedelta

from pgqueuer.db import AsyncpgDriver
from pgqueuer.queries import Queries

from payme.kit.db.ports import Connection, Job


class PgQueuerJobs:
    """Enqueues with the connection whose transaction is open: a job lives and dies with its cause."""

    async def enqueue(self, connection: Connection, jobs: Sequence[Job]) -> None:
        """Store the jobs."""
        await Queries(AsyncpgDriver(connection)).enqueue(  # type: ignore[arg-type]  # the pool's proxy of a connection
            [job.name for job in jobs],
            [json.dumps(job.payload).encode() for job in jobs],
            [0] * len(jobs),
            [timedelta(seconds=job.delay_s) for job in jobs],
        )
