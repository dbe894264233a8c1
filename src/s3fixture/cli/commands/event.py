"""`s3fixture event`: where the events of a bucket go."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from s3fixture.cli import output
from s3fixture.cli.addresses import parse_bucket
from s3fixture.cli.event_names import names_of
from s3fixture.cli.groups import VerbGroup
from s3fixture.cli.options import ServerChoice, target_options
from s3fixture.errors import S3FixtureError
from s3fixture.service.notification_rules import DESTINATIONS, rules_of

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from s3fixture.cli.addresses import Remote
    from s3fixture.service.notification_rules import Rule

# Service in an ARN -> the member of the configuration that has its rules.
_MEMBERS: Mapping[str, str] = {
    "sqs": "QueueConfigurations",
    "sns": "TopicConfigurations",
    "lambda": "LambdaFunctionConfigurations",
}
_DEFAULT = "put,delete"
_prefix_option = click.option("--prefix", metavar="TEXT", help="Of keys that begin so.")
_suffix_option = click.option("--suffix", metavar="TEXT", help="Of keys that end so.")


@click.group(
    "event",
    cls=VerbGroup,
    aliases={"list": "ls", "remove": "rm"},
    short_help="Show and set where the events of buckets go.",
)
def command() -> None:
    """Show and set the event notifications of buckets.

    A destination is an ARN: arn:minio:sqs::NAME:webhook of `up --webhook NAME=URL`, or one of SQS, SNS or
    Lambda at `up --events-endpoint URL`.
    """


@command.command("add", short_help="Add a destination.")
@click.option(
    "--event",
    "--events",
    "events",
    default=_DEFAULT,
    show_default=True,
    metavar="EVENTS",
    help="put, delete, get, ilm, replica, or names of S3, separated by commas.",
)
@_prefix_option
@_suffix_option
@click.option("--ignore-existing", "-p", is_flag=True, help="Succeed if it is there already.")
@target_options
@click.argument("arn")
def add(
    target: str,
    arn: str,
    events: str,
    prefix: str | None,
    suffix: str | None,
    ignore_existing: bool,
    as_json: bool,
    server: ServerChoice,
) -> int:
    """Send the events of s3://BUCKET to ARN, too.

    \b
    s3fixture event add s3://data arn:minio:sqs::orders:webhook
    s3fixture event add s3://data arn:minio:sqs::orders:webhook --event put --prefix in/ --suffix .csv
    s3fixture event add s3://data arn:aws:sqs:us-east-1:123456789012:jobs --event s3:ObjectTagging:*
    """
    member = _member_of(arn)
    wanted = names_of(events)
    place, client = _open(target, server)
    configuration = _configuration(client, place)
    same = [rule for rule in rules_of(configuration) if _is_like(rule, arn, wanted, prefix, suffix)]
    if same and not ignore_existing:
        raise S3FixtureError(
            f"{place} sends these events to {arn} already; to accept that, add --ignore-existing"
        )
    if not same:
        filters = {"Prefix": prefix, "Suffix": suffix}
        rule: dict[str, Any] = {DESTINATIONS[member]: arn, "Events": wanted}
        found = [{"Name": name, "Value": value} for name, value in filters.items() if value]
        if found:
            rule["Filter"] = {"Key": {"FilterRules": found}}
        configuration[member] = [*configuration.get(member, []), rule]
        _put(client, place, configuration)
    text = f"{place} sends {', '.join(wanted)} to {arn}"
    output.say_result(place, "add", output.printable(text), as_json=as_json, arn=arn)
    return 0


@command.command("ls", short_help="Show them.")
@target_options
@click.argument("arn", required=False)
def list_events(target: str, arn: str | None, as_json: bool, server: ServerChoice) -> int:
    """Show where the events of s3://BUCKET go; with ARN only what goes there."""
    place, client = _open(target, server)
    rules = [rule for rule in rules_of(_configuration(client, place)) if arn in (None, rule.arn)]
    if as_json:
        for rule in rules:
            found = {"id": rule.id, "arn": rule.arn, "event": list(rule.events)}
            output.say_json({"status": "success", **found, "prefix": rule.prefix, "suffix": rule.suffix})
    elif rules:
        rows = [
            [output.printable(text) for text in (rule.arn, ",".join(rule.events), rule.prefix, rule.suffix)]
            for rule in rules
        ]
        output.say(output.table(["ARN", "EVENTS", "PREFIX", "SUFFIX"], rows))
    return 0


@command.command("rm", short_help="Remove a destination.")
@click.option("--event", "--events", "events", metavar="EVENTS", help="Only where just these are sent.")
@_prefix_option
@_suffix_option
@click.option("--force", is_flag=True, help="All destinations, when no ARN is named.")
@target_options
@click.argument("arn", required=False)
def remove(
    target: str,
    arn: str | None,
    events: str | None,
    prefix: str | None,
    suffix: str | None,
    force: bool,
    as_json: bool,
    server: ServerChoice,
) -> int:
    """Send the events of s3://BUCKET to ARN no more."""
    if arn is None and not force:
        raise click.UsageError("name the ARN of a destination, or remove all destinations with --force")
    wanted = names_of(events) if events else None
    place, client = _open(target, server)
    configuration = _configuration(client, place)
    gone = {
        rule.id
        for rule in rules_of(configuration)
        if arn is None or _is_like(rule, arn, wanted, prefix, suffix)
    }
    if arn is not None and not gone:
        raise S3FixtureError(f"{place} sends no such events to {arn}; `s3fixture event ls {place}` lists all")
    for member in DESTINATIONS:
        if member in configuration:
            configuration[member] = [rule for rule in configuration[member] if rule["Id"] not in gone]
    _put(client, place, configuration)
    text = f"{place} sends such events to {arn} no more" if arn else f"{place} sends no events any more"
    named = {"arn": arn} if arn else {}
    output.say_result(place, "rm", output.printable(text), as_json=as_json, **named)
    return 0


def _is_like(rule: Rule, arn: str, events: list[str] | None, prefix: str | None, suffix: str | None) -> bool:
    """Whether the rule is this one, as far as it is described."""
    return (
        rule.arn == arn
        and (events is None or set(rule.events) == set(events))
        and (prefix is None or rule.prefix == prefix)
        and (suffix is None or rule.suffix == suffix)
    )


def _member_of(arn: str) -> str:
    """The member of the configuration that has rules for this ARN. Raises S3FixtureError."""
    parts = arn.split(":")
    if len(parts) < 6 or parts[0] != "arn" or parts[2] not in _MEMBERS:
        raise S3FixtureError(
            f"{arn!r} is not the ARN of a destination; write it as arn:minio:sqs::NAME:webhook, or as one of "
            "SQS, SNS or Lambda"
        )
    return _MEMBERS[parts[2]]


def _open(target: str, server: ServerChoice) -> tuple[Remote, S3Client]:
    from s3fixture.cli.target_server import client_of, connect

    place = parse_bucket(target)
    return place, client_of(connect(server, place))


def _configuration(client: S3Client, place: Remote) -> dict[str, Any]:
    found: Any = client.get_bucket_notification_configuration(Bucket=place.bucket)
    return {name: value for name, value in found.items() if name != "ResponseMetadata"}


def _put(client: S3Client, place: Remote, configuration: Any) -> None:
    client.put_bucket_notification_configuration(Bucket=place.bucket, NotificationConfiguration=configuration)
