"""Jobs: what is to be done later, kept with the data: a later server finds it, a rollback undoes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from s3fixture.store.rows import Job, Tables, from_json, to_json

_COLUMNS = "id, kind, queue, due, made, attempts, body"
_SELECT = f"SELECT {_COLUMNS} FROM jobs"  # noqa: S608 - all constants
_INSERT = f"INSERT INTO jobs ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)"  # noqa: S608 - all constants
# The first job of each queue; a seek for each queue, however long it is.
_HEADS = """
WITH RECURSIVE queues (name) AS (
    SELECT min(queue) FROM jobs
    UNION ALL
    SELECT (SELECT min(queue) FROM jobs WHERE queue > name) FROM queues WHERE name IS NOT NULL
), heads (id) AS (
    SELECT (SELECT min(id) FROM jobs WHERE queue = name) FROM queues WHERE name IS NOT NULL
)
"""
_DUE = (
    f"{_HEADS} {_SELECT} WHERE id IN (SELECT id FROM heads) "  # noqa: S608 - all constants
    "AND id <= ? AND due <= ? ORDER BY id LIMIT ?"
)
_NEXT = f"{_HEADS} SELECT min(due) FROM jobs WHERE id IN (SELECT id FROM heads)"  # noqa: S608 - all constants


class Jobs(Tables):
    """The part of the index that knows jobs. Times are the server clock's, in seconds since the epoch."""

    def add_job(self, kind: str, *, queue: str, due: float, made: float, body: Mapping[str, Any]) -> Job:
        """Add a job behind the others of its queue, which are done in this order."""
        job = Job(self.next_id(), kind, queue, due, made, 0, dict(body))
        self.execute(_INSERT, (*job[:6], to_json(body)))
        return job

    def get_job(self, job_id: int) -> Job | None:
        """The job of this id; None when it is done or was rolled back."""
        row = self.execute(f"{_SELECT} WHERE id = ?", (job_id,)).fetchone()
        return None if row is None else _job(row)

    def due_jobs(self, now: float, newest: int, limit: int) -> list[Job]:
        """The first of each queue that is due, those with ids up to `newest`, the oldest first."""
        return [_job(row) for row in self.execute(_DUE, (newest, now, limit))]

    def jobs_of(self, queue: str, limit: int) -> list[Job]:
        """The jobs of a queue in their order."""
        sql = f"{_SELECT} WHERE queue = ? ORDER BY id LIMIT ?"
        return [_job(row) for row in self.execute(sql, (queue, limit))]

    def newest_job(self) -> int:
        """The highest id of a job; 0 when there is none."""
        (newest,) = self.execute("SELECT max(id) FROM jobs").fetchone()
        return newest or 0

    def next_due(self) -> float | None:
        """When the next job is due; None when there is none."""
        (due,) = self.execute(_NEXT).fetchone()
        return None if due is None else float(due)

    def postpone_job(self, job: Job, due: float) -> None:
        """Run a job again at `due` or later, and count the attempt. Its queue waits for it."""
        self.execute("UPDATE jobs SET due = ?, attempts = attempts + 1 WHERE id = ?", (due, job.id))

    def set_due(self, queue: str, due: float) -> bool:
        """Set when the jobs of a queue are due. Returns whether it has any."""
        return self.execute("UPDATE jobs SET due = ? WHERE queue = ?", (due, queue)).rowcount > 0

    def update_job(self, job: Job, body: Mapping[str, Any]) -> None:
        """Replace the body of a job, which says how far it has come."""
        self.execute("UPDATE jobs SET body = ? WHERE id = ?", (to_json(body), job.id))

    def bring_forward(self, kind: str, due: float) -> None:
        """Let no job of this kind be due after `due`, because the clock was set back."""
        self.execute("UPDATE jobs SET due = ? WHERE kind = ? AND due > ?", (due, kind, due))

    def remove_job(self, job_id: int) -> None:
        """Remove a job that is done."""
        self.execute("DELETE FROM jobs WHERE id = ?", (job_id,))


def _job(row: tuple[Any, ...]) -> Job:
    return Job._make((*row[:6], from_json(row[6])))
