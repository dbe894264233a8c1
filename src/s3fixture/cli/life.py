"""The life of a box: started, ready, asked to end, gone."""

from __future__ import annotations

from collections.abc import Callable

from s3fixture.cli import output
from s3fixture.cli.box import box, wait_for_end
from s3fixture.cli.box_log import LOGGER, Early, log_requests, logged
from s3fixture.cli.plan import BoxPlan
from s3fixture.cli.signals import Stopped, stop_on_signals
from s3fixture.cli.state import Box, StateFolder

Announce = Callable[[Box, BoxPlan], None]


def live(plan: BoxPlan, folder: StateFolder, *, announce: Announce | None = None) -> int:
    """Be the box until a signal or `down` ends it; exit code 0, for that is how a box is meant to end.

    `announce` is told when the box is ready; with it, requests are printed too. Raises S3FixtureError, and
    `Stopped` when a signal comes before the box is ready.
    """
    with (
        stop_on_signals(),
        Early() as early,
        box(plan, folder, output.progress()) as (endpoint, found),
        logged(folder.log, printed=announce is not None),
    ):
        try:
            early.take_over()
            for seed in plan.seeds:
                LOGGER.info("%s", seed.report())
            LOGGER.info("ready at %s", found.url)
            log_requests(endpoint)
            if announce:
                announce(found, plan)
            wait_for_end(folder)
            LOGGER.info("stopped by `s3fixture down`")
        except Stopped as signal:
            LOGGER.info("stopped by %s", signal.name)
    return 0
