"""Delivers messages: in order to each destination, repeated after a failure, given up in the end."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from s3fixture.records import UndeliveredEvent
from s3fixture.service.destinations import Undeliverable, Unreachable

if TYPE_CHECKING:
    from s3fixture.service.background import Background
    from s3fixture.store import Job

_PAUSES = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0)  # seconds until the next attempt; the last one from then on
_PATIENCE = 600.0  # seconds after which a message is given up when an attempt fails
_LOG = logging.getLogger("s3fixture")


def run(background: Background, job: Job) -> float | None:
    """Deliver one message."""
    destinations = background.destinations
    if job.id in destinations.delivered:  # a rollback restored the job, but the message was delivered before
        return None
    now = background.clock.time()
    try:
        destinations.send(job.body)
    except (Undeliverable, Unreachable) as error:
        given_up = isinstance(error, Undeliverable) or now - job.made > _PATIENCE
        pause = _PAUSES[min(job.attempts, len(_PAUSES) - 1)]
        _tell(background, job, str(error), given_up=given_up, pause=pause)
        return None if given_up else now + pause
    destinations.delivered.append(job.id)
    return None


def _tell(background: Background, job: Job, reason: str, *, given_up: bool, pause: float) -> None:
    body = job.body
    place = f"s3://{body['bucket']}/{body['key']}"
    outlook = "it is given up" if given_up else f"the next attempt is in {pause:g} s"
    _LOG.warning(
        "%s of %s was not delivered to %s: %s; %s", body["event"], place, body["arn"], reason, outlook
    )
    background.destinations.undelivered.append(
        UndeliveredEvent(
            background.clock.time(),
            body["event"],
            body["bucket"],
            body["key"],
            body["arn"],
            reason,
            job.attempts + 1,
            given_up,
        )
    )
