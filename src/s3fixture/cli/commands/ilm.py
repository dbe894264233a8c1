"""`s3fixture ilm`: lifecycle rules of buckets."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from s3fixture.cli import output
from s3fixture.cli.addresses import parse_bucket
from s3fixture.cli.groups import VerbGroup
from s3fixture.cli.options import ServerChoice, connection_options, target_options
from s3fixture.errors import S3FixtureError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from s3fixture.cli.addresses import Remote
    from s3fixture.cli.ilm_rules import Rule

_NONE = "NoSuchLifecycleConfiguration"
_COUNT = click.IntRange(1)


@click.group("ilm", cls=VerbGroup, short_help="Show and set the lifecycle rules of buckets.")
def command() -> None:
    """Show and set the lifecycle rules of buckets."""


@command.group(
    "rule", cls=VerbGroup, aliases={"list": "ls", "remove": "rm"}, short_help="Show and set lifecycle rules."
)
def rules_group() -> None:
    """Show, add, change and remove the lifecycle rules of buckets."""


def _rule_options(decorated: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(
        (
            click.option("--prefix", metavar="TEXT", help="Objects whose keys begin so."),
            click.option("--tags", metavar="TAGS", help="Objects with these tags, as 'a=1&b=2'."),
            click.option("--size-gt", metavar="SIZE", help="Objects larger than 512, 64KiB or 10MB."),
            click.option("--size-lt", metavar="SIZE", help="Objects smaller than that."),
            click.option(
                "--expire-days", "--expiry-days", type=_COUNT, metavar="N", help="Remove after so many days."
            ),
            click.option(
                "--expire-delete-marker",
                is_flag=True,
                help="Remove a delete marker when no version is behind it.",
            ),
            click.option(
                "--noncurrent-expire-days",
                type=_COUNT,
                metavar="N",
                help="Remove versions so many days after newer ones came.",
            ),
            click.option(
                "--noncurrent-expire-newer",
                type=_COUNT,
                metavar="N",
                help="But keep the newest N of these.",
            ),
            click.option(
                "--transition-days",
                type=click.IntRange(0),
                metavar="N",
                help="Move to --transition-tier after so many days.",
            ),
            click.option(
                "--transition-tier", metavar="CLASS", help="A storage class, such as GLACIER or STANDARD_IA."
            ),
            click.option(
                "--noncurrent-transition-days",
                type=click.IntRange(0),
                metavar="N",
                help="Move versions so many days after newer ones came.",
            ),
            click.option("--noncurrent-transition-tier", metavar="CLASS", help="To this storage class."),
            click.option(
                "--abort-multipart-days",
                type=_COUNT,
                metavar="N",
                help="Abort uploads that are not completed after so many days.",
            ),
        )
    ):
        decorated = option(decorated)
    return decorated


@rules_group.command("add", short_help="Add one.")
@_rule_options
@target_options
def add(
    target: str,
    as_json: bool,
    server: ServerChoice,
    **options: Any,
) -> int:
    """Add a rule to s3://BUCKET; the others stay.

    \b
    s3fixture ilm rule add --expire-days 30 --prefix tmp/ s3://data
    s3fixture ilm rule add --noncurrent-expire-days 7 --noncurrent-expire-newer 2 s3://data
    s3fixture ilm rule add --transition-days 90 --transition-tier GLACIER --size-gt 1MiB s3://data
    """
    from s3fixture.cli.ilm_rules import new_rule

    rule = new_rule(options)
    place, client = _open(target, server)
    _put(client, place, [*_rules(client, place), rule])
    text = f"Added the rule {rule['ID']} to {place}"
    output.say_result(place, "add", output.printable(text), as_json=as_json, id=rule["ID"])
    return 0


@rules_group.command("edit", short_help="Change one.")
@click.option("--id", "name", metavar="ID", required=True, help="The rule, as ls shows it.")
@click.option("--enable/--disable", default=None, help="Let it act, or keep it for later.")
@_rule_options
@target_options
def edit(
    target: str,
    name: str,
    enable: bool | None,
    as_json: bool,
    server: ServerChoice,
    **options: Any,
) -> int:
    """Change what the options say about a rule of s3://BUCKET; the rest of it stays.

    \b
    s3fixture ilm rule edit --id old-logs --expire-days 60 s3://data
    s3fixture ilm rule edit --id old-logs --disable s3://data
    """
    from s3fixture.cli.ilm_rules import changed_rule

    place, client = _open(target, server)
    rules = _rules(client, place)
    number = _find(rules, name, place)
    rules[number] = changed_rule(rules[number], options)
    if enable is not None:
        rules[number]["Status"] = "Enabled" if enable else "Disabled"
    _put(client, place, rules)
    text = f"Changed the rule {name} of {place}"
    output.say_result(place, "edit", output.printable(text), as_json=as_json, id=name)
    return 0


@rules_group.command("ls", short_help="Show them.")
@target_options
def list_rules(target: str, as_json: bool, server: ServerChoice) -> int:
    """Show the lifecycle rules of s3://BUCKET; --json has an object for each, with S3's names."""
    from s3fixture.cli.ilm_rules import actions_of, filter_text

    place, client = _open(target, server)
    rules = _rules(client, place, must_exist=True)
    if as_json:
        for rule in rules:
            output.say_json({"status": "success", "operation": "ls", "resource": str(place), "rule": rule})
        return 0
    rows = [
        [output.printable(text) for text in (rule["ID"], rule["Status"], filter_text(rule), what, action)]
        for rule in rules
        for what, action in actions_of(rule)
    ]
    output.say(output.table(["ID", "STATUS", "OBJECTS", "OF THESE", "ACTION"], rows))
    return 0


@rules_group.command("rm", short_help="Remove one, or all.")
@click.option("--id", "name", metavar="ID", help="The rule, as ls shows it.")
@click.option("--all", "everything", is_flag=True, help="All rules; needs --force.")
@click.option("--force", is_flag=True, help="Confirm --all.")
@target_options
def remove(
    target: str, name: str | None, everything: bool, force: bool, as_json: bool, server: ServerChoice
) -> int:
    """Remove a lifecycle rule of s3://BUCKET."""
    if bool(name) == everything:
        raise click.UsageError("name one rule with --id, or all with --all --force")
    if everything and not force:
        raise click.UsageError("--all removes all rules; add --force to confirm")
    place, client = _open(target, server)
    rules = _rules(client, place, must_exist=name is not None)
    if name is not None:
        del rules[_find(rules, name, place)]
    _put(client, place, rules if name else [])
    text = f"Removed {f'the rule {name}' if name else 'all rules'} of {place}"
    named = {"id": name} if name else {}
    output.say_result(place, "rm", output.printable(text), as_json=as_json, **named)
    return 0


@rules_group.command("export", short_help="Write them as a file.")
@click.argument("target")
@connection_options
def export(target: str, server: ServerChoice) -> int:
    """Write the rules of s3://BUCKET to standard output as JSON that `import` reads, also that of mc."""
    from s3fixture.cli.ilm_rules import to_json

    place, client = _open(target, server)
    output.say(to_json(_rules(client, place, must_exist=True)))
    return 0


@rules_group.command("import", short_help="Read them from a file.")
@target_options
def import_rules(target: str, as_json: bool, server: ServerChoice) -> int:
    """Replace the rules of s3://BUCKET by those on standard input, in JSON as `export` or mc writes it.

    \b
    s3fixture ilm rule import s3://data < lifecycle.json
    """
    from s3fixture.cli.ilm_rules import from_json

    rules = from_json(sys.stdin.buffer.read(), "standard input")
    place, client = _open(target, server)
    _put(client, place, rules)
    output.say_result(place, "import", f"{place} has these lifecycle rules now", as_json=as_json)
    return 0


def _open(target: str, server: ServerChoice) -> tuple[Remote, S3Client]:
    from s3fixture.cli.target_server import client_of, connect

    place = parse_bucket(target)
    return place, client_of(connect(server, place))


def _rules(client: S3Client, place: Remote, *, must_exist: bool = False) -> list[Rule]:
    from botocore.exceptions import ClientError

    try:
        found: Any = client.get_bucket_lifecycle_configuration(Bucket=place.bucket)["Rules"]
    except ClientError as error:
        if error.response["Error"]["Code"] != _NONE or must_exist:
            raise
        return []
    return list(found)


def _put(client: S3Client, place: Remote, rules: list[Any]) -> None:
    if rules:
        client.put_bucket_lifecycle_configuration(
            Bucket=place.bucket, LifecycleConfiguration={"Rules": rules}
        )
    else:
        client.delete_bucket_lifecycle(Bucket=place.bucket)


def _find(rules: list[Rule], name: str, place: Remote) -> int:
    """The number of the rule. Raises S3FixtureError with the name that was likely meant."""
    from s3fixture.errors import similar_name

    names = [rule.get("ID", "") for rule in rules]
    if name in names:
        return names.index(name)
    like = similar_name(name, names)
    hint = f"did you mean {like!r}?" if like else f"`s3fixture ilm rule ls {place}` lists them"
    raise S3FixtureError(f"{place} has no lifecycle rule {name!r}; {hint}")
