"""`s3fixture retention`: how long versions cannot be removed."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import click

from s3fixture.cli import output
from s3fixture.cli.addresses import parse_bucket, parse_in_bucket
from s3fixture.cli.groups import VerbGroup
from s3fixture.cli.options import connection_options, json_option, versions_options
from s3fixture.errors import S3FixtureError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from s3fixture.cli.addresses import Remote
    from s3fixture.cli.versions import Choice, Which

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
@click.argument("target")
@_default_option
@click.option("--bypass", is_flag=True, help="Also shorten a retention in governance mode.")
@versions_options
@json_option
@connection_options
def set_retention(
    mode: str,
    validity: str,
    target: str,
    of_bucket: bool,
    bypass: bool,
    recursive: bool,
    version_id: str | None,
    versions: bool,
    rewind: str | None,
    as_json: bool,
    **connection: str | None,
) -> int:
    """Keep s3://BUCKET/KEY for VALIDITY, such as 30d or 1y (365 days), from now on.

    \b
    s3fixture retention set governance 30d s3://records/report.pdf
    s3fixture retention set compliance 1y s3://records/2026 --recursive --versions
    s3fixture retention set --default governance 30d s3://records
    """
    from s3fixture.cli.versions import Choice

    number, unit = _parse_validity(validity)
    choice = _checked(Choice(recursive, version_id, versions, rewind), of_bucket=of_bucket)
    mode = mode.upper()
    if of_bucket:
        place, client = parse_bucket(target), _client(connection)
        _put_default(client, place, {"Mode": mode, unit: number})
        _say_default(place, "set", {"Mode": mode, unit: number}, as_json=as_json)
        return 0
    until = datetime.now(timezone.utc) + timedelta(days=number * (_YEAR_DAYS if unit == "Years" else 1))
    retention = {"Mode": mode, "RetainUntilDate": until.replace(microsecond=0)}
    return _put(target, choice, retention, bypass=bypass, as_json=as_json, connection=connection)


@command.command("clear", short_help="Clear it.")
@click.argument("target")
@_default_option
@versions_options
@json_option
@connection_options
def clear_retention(
    target: str,
    of_bucket: bool,
    recursive: bool,
    version_id: str | None,
    versions: bool,
    rewind: str | None,
    as_json: bool,
    **connection: str | None,
) -> int:
    """Take the retention from s3://BUCKET/KEY; in governance mode that is possible, for who may bypass it."""
    from s3fixture.cli.versions import Choice

    choice = _checked(Choice(recursive, version_id, versions, rewind), of_bucket=of_bucket)
    if of_bucket:
        place, client = parse_bucket(target), _client(connection)
        _put_default(client, place, {})
        _say_default(place, "clear", {}, as_json=as_json)
        return 0
    return _put(target, choice, {}, bypass=True, as_json=as_json, connection=connection)


@command.command("info", short_help="Show it.")
@click.argument("target")
@_default_option
@versions_options
@json_option
@connection_options
def info(
    target: str,
    of_bucket: bool,
    recursive: bool,
    version_id: str | None,
    versions: bool,
    rewind: str | None,
    as_json: bool,
    **connection: str | None,
) -> int:
    """Show the retention of s3://BUCKET/KEY, or with --default what new versions in s3://BUCKET get."""
    from s3fixture.cli.versions import Choice, for_each

    choice = _checked(Choice(recursive, version_id, versions, rewind), of_bucket=of_bucket)
    place = parse_bucket(target) if of_bucket else parse_in_bucket(target)
    client = _client(connection)
    if of_bucket:
        _say_default(place, "info", _default_of(client, place), as_json=as_json)
        return 0

    def show(which: Which) -> None:
        _say(which, "info", _retention_of(client, which), as_json=as_json)

    return min(for_each(choice.of(client, place), show, alone=not choice.is_given), 1)


def _checked(choice: Choice, *, of_bucket: bool) -> Choice:
    if of_bucket and choice.is_given:
        raise click.UsageError("--default applies to a bucket; leave out the options that choose versions")
    return choice


def _parse_validity(text: str) -> tuple[int, str]:
    """A number, and Days or Years. Raises S3FixtureError."""
    number, unit = text[:-1], _UNITS.get(text[-1:].lower())
    if unit is None or not (number.isascii() and number.isdigit()) or not 0 < int(number[:6]) <= 36_500:
        raise S3FixtureError(f"{text!r} is not how long to keep something; write it as 30d or 1y")
    return int(number[:6]), unit


def _client(connection: dict[str, str | None]) -> S3Client:
    from s3fixture.cli.target_server import client_of, connect

    return client_of(connect(**connection))


def _put(
    target: str,
    choice: Choice,
    retention: dict[str, Any],
    *,
    bypass: bool,
    as_json: bool,
    connection: dict[str, str | None],
) -> int:
    from s3fixture.cli.versions import for_each

    place, client = parse_in_bucket(target), _client(connection)
    options: Any = {"BypassGovernanceRetention": True} if bypass else {}
    wanted: Any = retention

    def put(which: Which) -> None:
        client.put_object_retention(**which.parameters, Retention=wanted, **options)
        _say(which, "set" if retention else "clear", retention, as_json=as_json)

    return min(for_each(choice.of(client, place), put, alone=not choice.is_given), 1)


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
    if as_json:
        document = {"status": "success", "operation": operation, "resource": str(place)}
        output.say_json({**document, "mode": mode, "validity": f"{number}{unit.upper()}" if mode else None})
        return
    time = f"{mode} for {number} {unit.lower() if number != 1 else unit[:-1].lower()}" if mode else "none"
    output.say(f"Default retention of {place} is {time}")
