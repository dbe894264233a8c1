"""`s3fixture probe`: what an S3 store can do, and where it differs from S3."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from s3fixture.cli import output
from s3fixture.cli.failures import FAILED
from s3fixture.cli.options import ServerChoice, json_option

if TYPE_CHECKING:
    from s3fixture.backends.endpoint import Endpoint
    from s3fixture.probing.checks import Check
    from s3fixture.probing.probe import Result
    from s3fixture.probing.probed_store import ProbedStore

_LACKS = 4  # this exit code says that the store was asked, and cannot do it
_COLOURS = {"yes": "green", "differs": "yellow", "no": "red"}


@click.command("probe", short_help="Find out what an S3 store can do.")
@click.argument("endpoint", metavar="[ENDPOINT]", required=False)
@click.option("--only", multiple=True, metavar="CHECK", help="Make this check. Repeatable.  [default: all]")
@click.option("--strict", is_flag=True, help="Count answers that differ from S3's as lacking.")
@click.option("--list", "listed", is_flag=True, help="List the checks, and make none.")
@click.option("--access-key", metavar="KEY", help="The access key for the store.")
@click.option("--secret-key", metavar="KEY", help="The secret key.")
@click.option("--profile", metavar="NAME", help="Take keys and region from this profile in ~/.aws.")
@click.option("--region", metavar="NAME", help="The region of the store.")
@json_option
def command(
    endpoint: str | None,
    only: tuple[str, ...],
    strict: bool,
    listed: bool,
    as_json: bool,
    **connection: str | None,
) -> int:
    """Find out what the S3 store at ENDPOINT can do, and what it does otherwise than S3.

    Without ENDPOINT it is the project's server. The command makes buckets of its own, whose names begin with
    s3fx-, and removes them again, also on Ctrl-C; it touches no others. The keys come from the options, a
    profile, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.

    \b
    Exit codes:
    0  it can do all that was checked
    1  it could not be asked, or a bucket could not be removed
    4  it lacks something that was checked, or with --strict does it differently
    """
    from s3fixture.probing.checks import CHECKS

    wanted = _chosen(CHECKS, only)
    if listed:
        output.say(output.pairs([(check.name, check.meaning) for check in wanted], indent=""))
        return 0

    from s3fixture.probing.probe import AS_S3, LACKING, check_usable, run_checks

    with _store(endpoint, **connection) as (store, left):
        server = check_usable(store)
        show: _Lines | _Objects = _Objects() if as_json else _Lines(wanted)
        show.begin(store.endpoint, server)
        results = []
        for result in run_checks(store, wanted):
            show.result(result)
            results.append(result)
    show.end(results)
    if left:
        return FAILED
    bad = [each for each in results if each.result == LACKING or (strict and each.result != AS_S3)]
    return _LACKS if bad else 0


def _chosen(checks: Sequence[Check], only: Iterable[str]) -> list[Check]:
    names = [check.name for check in checks]
    for name in only:
        if name not in names:
            raise click.UsageError(f"there is no check {name!r}; the checks are {', '.join(names)}")
    return [check for check in checks if check.name in only or not only]


@contextmanager
def _store(
    url: str | None,
    access_key: str | None,
    secret_key: str | None,
    profile: str | None,
    region: str | None,
) -> Iterator[tuple[ProbedStore, list[str]]]:
    """The store. In the end, however it comes, all buckets that were made there are removed; the list is what
    could not be."""
    from dataclasses import replace

    from s3fixture.backends.runs import new_run
    from s3fixture.cli.server_failures import note_places
    from s3fixture.cli.target_server import check_keys, connect
    from s3fixture.probing.probed_store import ProbedStore

    if profile and (access_key or secret_key):
        raise click.UsageError("--profile cannot be given with --access-key or --secret-key; choose one way")
    check_keys(access_key, secret_key)
    token = None
    if profile:
        access_key, secret_key, token, its_region = _of_profile(profile)
        region = region or its_region
    endpoint = connect(ServerChoice(url, access_key, secret_key)).endpoint()
    if not access_key and endpoint.access_key == os.environ.get("AWS_ACCESS_KEY_ID"):
        token = os.environ.get("AWS_SESSION_TOKEN")
    endpoint.region = region or endpoint.region
    store = ProbedStore(endpoint, replace(new_run(), worker="probe").prefix, token)
    note_places(store.client)
    left: list[str] = []
    try:
        yield store, left
    finally:
        left += store.remove_buckets()
        for error in left:
            output.print_error(error)


def _of_profile(name: str) -> tuple[str, str, str | None, str | None]:
    """Access key, secret key, session token and region, as botocore finds them. Raises S3FixtureError."""
    from botocore.exceptions import BotoCoreError

    from s3fixture.cli.aws_profiles import profile_session
    from s3fixture.errors import S3FixtureError

    session = profile_session(name)
    try:
        credentials = session.get_credentials()
        region = session.get_config_variable("region")
    except BotoCoreError as error:
        raise S3FixtureError(
            f"the profile {name!r} cannot be used: {error}; correct ~/.aws/config"
        ) from error
    if credentials is None:
        raise S3FixtureError(f"the profile {name!r} has no keys; add them to ~/.aws/credentials")
    keys = credentials.get_frozen_credentials()
    return str(keys.access_key), str(keys.secret_key), keys.token, region


class _Lines:
    """For people: a table, each row as soon as it is known."""

    _HEAD = ("CHECK", "RESULT", "DIFFERENCES FROM S3")

    def __init__(self, checks: Sequence[Check]) -> None:
        names = (len(check.name) for check in checks)
        self._widths = (max(*names, len(self._HEAD[0])), max(map(len, (*_COLOURS, self._HEAD[1]))), 0)

    def begin(self, endpoint: Endpoint, server: str) -> None:
        output.say(f"{endpoint.url}{f' ({output.printable(server)})' if server else ''}")
        output.say(output.style(output.row(self._HEAD, self._widths), dim=True))

    def result(self, found: Result) -> None:
        first, *others = found.notes or ("",)
        result = output.style(found.result.ljust(self._widths[1]), fg=_COLOURS[found.result])
        output.say(output.row((found.check.name, result, output.printable(first)), self._widths))
        for note in others:
            output.say(output.row(("", "", output.printable(note)), self._widths))

    def end(self, results: Sequence[Result]) -> None:
        counts = _counts(results)
        output.say(f"{counts['yes']} as S3, {counts['differs']} differ, {counts['no']} lacking")


class _Objects:
    """For programs: an object for each check, and one for all."""

    def begin(self, endpoint: Endpoint, server: str) -> None:
        self._store = {"endpoint": endpoint.url, "server": server}

    def result(self, found: Result) -> None:
        output.say_json(
            {
                "check": found.check.name,
                "meaning": found.check.meaning,
                "result": found.result,
                "notes": list(found.notes),
            }
        )

    def end(self, results: Sequence[Result]) -> None:
        output.say_json({**self._store, **_counts(results)})


def _counts(results: Sequence[Result]) -> dict[str, int]:
    return {word: sum(found.result == word for found in results) for word in _COLOURS}
