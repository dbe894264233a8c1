"""`s3fixture restart`: the server of this project once more, as it was started."""

from __future__ import annotations

import click

from s3fixture.cli.state_folder import StateFolder
from s3fixture.errors import S3FixtureError


@click.command("restart", short_help="Stop the server of this project, and start it as before.")
def command() -> int:
    """Stop the detached server of this project, and start it again with the options and ports that it had.

    Data in a folder stays; data in memory is gone, but buckets and seeds of its options are made anew. A
    server that was killed is started again as well.
    """
    from s3fixture.cli.commands.up import announce
    from s3fixture.cli.detach import launch
    from s3fixture.cli.ending import end_server
    from s3fixture.cli.server_plan import ServerPlan

    folder = StateFolder.nearest()
    known = folder.plan()
    if known is None:
        raise S3FixtureError(_why_not(folder))
    plan = ServerPlan.from_json(known)  # before anything is stopped: a seed may be gone
    end_server(folder)
    announce(launch(plan, folder), plan, stop="s3fixture down")
    return 0


def _why_not(folder: StateFolder) -> str:
    if folder.is_taken():
        return (
            f"the server of {folder.project} runs in a terminal or still starts; end it there with Ctrl-C, "
            "and start it again"
        )
    return f"no server runs for {folder.project}; start one with `s3fixture up --detach`"
