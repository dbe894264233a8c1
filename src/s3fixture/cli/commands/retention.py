"""`s3fixture retention`: how long versions cannot be removed."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import click

from s3fixture.cli import output
from s3fixture.cli.addresses import parse_bucket, parse_in_bucket
from s3fixture.cli.groups import VerbGroup
from s3fixture.cli.options import ServerChoice, versions_options
from s3fixture.errors import S3FixtureError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from s3fixture.cli.addresses import Remote
    from s3fixture.cli.chosen_versions import Choice, Which

_UNITS = {"d": "Days", "y": "Years"}
_YEAR_DAYS = 365  # as S3 counts the years of a bucket's default
_NO_RETENTION = "NoSuchObjectLockConfiguration"  # of a version
_NO_LOCK = "ObjectLockConfigurationNotFoundError"  # of a bucket
_default_option = click.option(
    "--default", "of_bucket", is_flag=True, help="What new versions in s3://BUCKET get."
)


@click.group("retention", cls=VerbGroup, short_help="Show and set how long objects cannot be removed.")
def command() -> None:
    """Show and set retention, under which versions cannot be removed.

    The bucket needs object lock: s3fixture mb --with-lock. Who may do so can remove what is under governance
    before its time (rm --bypass), and nobody what is under compliance.
    """


@command.command("set", short_help="Set it.")
@click.argument("mode", type=click.Choice(["governance", "compliance"], case_sensitive=False))
@click.argument("validity")
@_default_option
@click.option("--bypass", is_flag=True, help="Also shorten a retention in governance mode.")
@versions_options
def set_retention(
    mode: str,
    validity: str,
    target: str,
    of_bucket: bool,
    bypass: bool,
    choice: Choice,
    as_json: bool,
    server: ServerChoice,
) -> int:
    """Keep s3://BUCKET/KEY for VALIDITY, such as 30d or 1y (365 days), from now on.

    \b
    s3fixture retention set governance 30d s3://records/report.pdf
    s3fixture retention set compliance 1y s3://records/2026 --recursive --versions
    s3fixture retention set --default governance 30d s3://records
    """
    number, unit = _parse_validity(validity)
    mode = mode.upper()
    if of_bucket:
        place, client = _bucket(target, choice, server)
        _put_default(client, place, {"Mode": mode, unit: number})
        _say_default(place, "set", {"Mode": mode, unit: number}, as_json=as_json)
        return 0
    until = datetime.now(timezone.utc) + timedelta(days=number * (_YEAR_DAYS if unit == "Years" else 1))
    retention = {"Mode": mode, "RetainUntilDate": until.replace(microsecond=0)}
    return _put(target, choice, retention, server, bypass=bypass, as_json=as_json)


@command.command("clear", short_help="Clear it.")
@_default_option
@versions_options
def clear_retention(target: str, of_bucket: bool, choice: Choice, as_json: bool, server: ServerChoice) -> int:
    """Take the retention from s3://BUCKET/KEY; in governance mode that is possible, for who may bypass it."""
    if of_bucket:
        place, client = _bucket(target, choice, server)
        _put_default(client, place, {})
        _say_default(place, "clear", {}, as_json=as_json)
        return 0
    return _put(target, choice, {}, server, bypass=True, as_json=as_json)


@command.command("info", short_help="Show it.")
@_default_option
@versions_options
def info(target: str, of_bucket: bool, choice: Choice, as_json: bool, server: ServerChoice) -> int:
    """Show the retention of s3://BUCKET/KEY, or with --default what new versions in s3://BUCKET get."""
    from s3fixture.cli.chosen_versions import act_on

    if of_bucket:
        place, client = _bucket(target, choice, server)
        _say_default(place, "info", _default_of(client, place), as_json=as_json)
        return 0
    place = parse_in_bucket(target)
    client = _client(server, place)

    def show(which: Which) -> None:
        _say(which, "info", _retention_of(client, which), as_json=as_json)

    return act_on(client, place, choice, show)


def _bucket(target: str, choice: Choice, server: ServerChoice) -> tuple[Remote, S3Client]:
    """The bucket that --default is about."""
    if choice.is_given:
        raise click.UsageError("--default applies to a bucket; leave out the options that choose versions")
    place = parse_bucket(target)
    return place, _client(server, place)


def _parse_validity(text: str) -> tuple[int, str]:
    """A number, and Days or Years. Raises S3FixtureError."""
    number, unit = text[:-1], _UNITS.get(text[-1:].lower())
    if unit is None or not (number.isascii() and number.isdigit()) or not 0 < int(number[:6]) <= 36_500:
        raise S3FixtureError(f"{text!r} is not how long to keep something; write it as 30d or 1y")
    return int(number[:6]), unit


def _client(server: ServerChoice, place: Remote) -> S3Client:
    from s3fixture.cli.target_server import client_of, connect

    return client_of(connect(server, place))


def _put(
    target: str,
    choice: Choice,
    retention: dict[str, Any],
    server: ServerChoice,
    *,
    bypass: bool,
    as_json: bool,
) -> int:
    from s3fixture.cli.chosen_versions import act_on

    place = parse_in_bucket(target)
    client = _client(server, place)
    options: Any = {"BypassGovernanceRetention": True} if bypass else {}
    wanted: Any = retention

    def put(which: Which) -> None:
        client.put_object_retention(**which.parameters, Retention=wanted, **options)
        _say(which, "set" if retention else "clear", retention, as_json=as_json)

    return act_on(client, place, choice, put)


def _retention_of(client: S3Client, which: Which) -> dict[str, Any]:
    """Empty where there is none."""
    from botocore.exceptions import ClientError

    try:
        found: Any = client.get_object_retention(**which.parameters).get("Retention", {})
    except ClientError as error:
        if error.response["Error"]["Code"] != _NO_RETENTION:
            raise
        return {}
    return dict(found)


def _put_default(client: S3Client, place: Remote, retention: dict[str, Any]) -> None:
    rule = {"Rule": {"DefaultRetention": retention}} if retention else {}
    configuration: Any = {"ObjectLockEnabled": "Enabled", **rule}
    client.put_object_lock_configuration(Bucket=place.bucket, ObjectLockConfiguration=configuration)


def _default_of(client: S3Client, place: Remote) -> dict[str, Any]:
    """Empty where there is none. Raises S3FixtureError for a bucket without object lock."""
    from botocore.exceptions import ClientError

    try:
        found: Any = client.get_object_lock_configuration(Bucket=place.bucket)["ObjectLockConfiguration"]
    except ClientError as error:
        if error.response["Error"]["Code"] != _NO_LOCK:
            raise
        raise S3FixtureError(
            f"{place} has no object lock; make a bucket that has with `s3fixture mb --with-lock`"
        ) from error
    return dict(found.get("Rule", {}).get("DefaultRetention", {}))


def _say(which: Which, operation: str, retention: dict[str, Any], *, as_json: bool) -> None:
    mode, until = retention.get("Mode"), retention.get("RetainUntilDate")
    if as_json:
        document = {"status": "success", "operation": operation, **which.document}
        output.say_json({**document, "mode": mode, "until": until})
    elif until is None:
        output.say(f"{'none':10}  {'':24}  {which}")
    else:
        output.say(f"{mode:10}  until {until:%Y-%m-%d %H:%M:%S}  {which}")


def _say_default(place: Remote, operation: str, retention: dict[str, Any], *, as_json: bool) -> None:
    """Such as `GOVERNANCE for 30 days`."""
    unit = next((unit for unit in _UNITS.values() if unit in retention), "Days")
    number, mode = retention.get(unit, 0), retention.get("Mode")
    time = f"{mode} for {number} {unit.lower() if number != 1 else unit[:-1].lower()}" if mode else "none"
    validity = f"{number}{unit.upper()}" if mode else None
    text = f"Default retention of {place} is {time}"
    output.say_result(place, operation, text, as_json=as_json, mode=mode, validity=validity)
