"""The options of the plugin: command line, ini file, environment, in this order."""

from __future__ import annotations

import os
from argparse import ArgumentTypeError
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import pytest

from s3fixture.backends import BACKENDS, EMULATORS
from s3fixture.named_tuples import NamedTuple
from s3fixture.pytest_plugin import MAIN_SERVER, MARKER

_PREFIX = "s3_"

MARKER_HELP = (
    "s3(buckets=[...], seed=..., versioning=True, object_lock=True, requires=..., backends=[...], "
    "allow=[...], policy=...): make these buckets, and load this folder, manifest or saved state (or "
    "several), for this test alone; with versioning or object lock, in them and in s3_bucket; skip it where "
    "the backend lacks one of the required capabilities; run it once on each of these backends; let it reach "
    "these hosts of AWS; give its clients what this policy of IAM, a JSON file, allows."
)


class Option(NamedTuple):
    """One option; `variable` is its environment variable, in which `split` separates the items of a list."""

    name: str
    variable: str
    help: str
    choices: tuple[str, ...] = ()
    split: str = ""
    is_flag: bool = False
    is_path: bool = False  # a relative one begins where the option was given
    convert: Callable[[str], str] = str  # raises argparse.ArgumentTypeError
    metavar: str = "VALUE"

    @property
    def flag(self) -> str:
        return f"--s3-{self.name.replace('_', '-')}"

    @property
    def dest(self) -> str:
        return _PREFIX + self.name


def _checked_backends(text: str) -> str:
    for name in text.split(","):
        if name.strip() not in BACKENDS:
            raise ArgumentTypeError(f"there is no backend {name!r}; choose from {', '.join(BACKENDS)}")
    return text


OPTIONS = (
    Option(
        "backend",
        "S3FIXTURE_BACKEND",
        f"where the S3 server comes from: {', '.join(BACKENDS)}; with several, separated by commas, each "
        "test runs once on each",
        metavar="NAME",
        convert=_checked_backends,
    ),
    Option(
        "emulator",
        "S3FIXTURE_EMULATOR",
        "where the emulator runs: in a thread (quickest), or in a process of its own, for clients that hold "
        "the interpreter lock while they wait",
        tuple(EMULATORS),
    ),
    Option("endpoint_url", "S3FIXTURE_ENDPOINT_URL", "the server of --s3-backend=external", metavar="URL"),
    Option(
        "image",
        "S3FIXTURE_IMAGE",
        "the image of --s3-backend=container: a name of s3fixture's table, such as rustfs, or a reference",
        metavar="IMAGE",
    ),
    Option(
        "binary",
        "S3FIXTURE_BINARY",
        "the server program of --s3-backend=binary (default: the first that is on PATH)",
        metavar="PROGRAM",
    ),
    Option(
        "defaults",
        "S3FIXTURE_DEFAULTS",
        "what new buckets of the emulator are like: aws, as AWS makes them today, without ACLs and with all "
        "public access blocked (the default), or minio, which takes ACLs and public policies",
        ("aws", "minio"),  # settings.DEFAULTS, whose module would make every test run slower
    ),
    Option(
        "tls",
        "S3FIXTURE_TLS",
        "serve over TLS, with a certificate made here (default: plain HTTP)",
        is_flag=True,
    ),
    Option(
        "tls_cert",
        "S3FIXTURE_TLS_CERT",
        "serve over TLS with the certificate, and its chain, in this file",
        metavar="FILE",
        is_path=True,
    ),
    Option(
        "tls_key",
        "S3FIXTURE_TLS_KEY",
        "the key of --s3-tls-cert (default: in the same file)",
        metavar="FILE",
        is_path=True,
    ),
    Option(
        "tls_ca",
        "S3FIXTURE_TLS_CA",
        "the authority that clients have to trust for --s3-tls-cert (default: one that they trust anyway)",
        metavar="FILE",
        is_path=True,
    ),
    Option(
        "user",
        "S3FIXTURE_USERS",
        "a user who may do what a policy of IAM, a JSON file, allows, as NAME:ACCESS_KEY:SECRET_KEY:POLICY; "
        "repeatable",
        split=" ",
        metavar="USER",
    ),
    Option("port", "S3FIXTURE_PORT", "the port of the server (default: any free one)", metavar="PORT"),
    Option(
        "bucket", "S3FIXTURE_BUCKETS", "a bucket that every test finds; repeatable", split=",", metavar="NAME"
    ),
    Option(
        "seed",
        "S3FIXTURE_SEEDS",
        "a folder, manifest or saved state whose buckets and objects every test finds; repeatable",
        split=os.pathsep,
        metavar="PATH",
        is_path=True,
    ),
    Option(
        "guard",
        "S3FIXTURE_GUARD",
        "let no test of the run reach AWS (default: none that uses a fixture of s3fixture)",
        is_flag=True,
    ),
    Option(
        "report",
        "S3FIXTURE_REPORT",
        "tell at the end what the tests asked of S3, and what that would cost at AWS",
        is_flag=True,
    ),
    Option(
        "report_json",
        "S3FIXTURE_REPORT_JSON",
        "write the same into a file, test by test",
        metavar="FILE",
        is_path=True,
    ),
    Option(
        "policy_report",
        "S3FIXTURE_POLICY_REPORT",
        "write the smallest policy of IAM under which the tests would be allowed into a file",
        metavar="FILE",
        is_path=True,
    ),
    Option(
        "allow",
        "S3FIXTURE_ALLOW",
        "a host of AWS that tests may reach, such as 'sqs.*.amazonaws.com'; repeatable",
        split=",",
        metavar="HOST",
    ),
)


def add_options(parser: pytest.Parser) -> None:
    """Declare the options, also for the ini file."""
    group = parser.getgroup("s3", "S3 server (s3fixture)")
    for option in OPTIONS:
        group.addoption(option.flag, dest=option.dest, default=None, help=option.help, **_argument(option))
        kind: Literal["linelist", "string"] = "linelist" if option.split else "string"
        parser.addini(option.dest, f"the same as {option.flag}", type=kind, default=None)


def _argument(option: Option) -> dict[str, Any]:
    """The arguments for argparse."""
    if option.is_flag:
        return {"action": "store_const", "const": "yes"}
    if option.choices:
        return {"choices": option.choices}
    action = "append" if option.split else "store"
    return {"action": action, "metavar": option.metavar, "type": option.convert}


def flag(name: str) -> str:
    """The option's name on the command line; "" where there is no such option."""
    return next((option.flag for option in OPTIONS if option.name == name), "")


def value(config: pytest.Config, name: str) -> str | None:
    """The value of one option, or None."""
    found = values(config, name)
    return found[0] if found else None


def is_on(config: pytest.Config, name: str) -> bool:
    """Whether a flag is set. Raises UsageError for a value in an ini file or variable that is no boolean."""
    text = value(config, name)
    if text is None:
        return False
    from s3fixture.settings import parse_flag  # imported when used: most test runs set no flag

    try:
        return parse_flag(text)
    except ValueError as error:
        raise pytest.UsageError(f"{text!r} is not a value of {flag(name)}: {error}") from error


def backends(config: pytest.Config) -> list[str]:
    """The backends on which tests run; the names are not checked."""
    chosen = value(config, "backend") or "emulator"
    return [name.strip() for name in chosen.split(",") if name.strip()]


def parametrize_backends(metafunc: pytest.Metafunc) -> None:
    """Run a test on each backend of its marker, or else on those of the option, if it names several."""
    markers = metafunc.definition.iter_markers(MARKER)
    named = next((marker.kwargs["backends"] for marker in markers if "backends" in marker.kwargs), None)
    chosen = backends(metafunc.config) if named is None else _marked_backends(named)
    if named is not None or len(chosen) > 1:
        metafunc.parametrize(MAIN_SERVER, chosen, indirect=True, scope="session")


def _marked_backends(named: Any) -> list[str]:
    """The backends of a marker. Fails the collection of its file for anything else."""
    found = [named] if isinstance(named, str) else named
    if isinstance(found, (list, tuple)) and found and all(name in BACKENDS for name in found):
        return list(found)
    raise pytest.fail.Exception(
        f"s3fixture: @pytest.mark.s3(backends=...) takes one or more of {', '.join(BACKENDS)}, not {named!r}",
        pytrace=False,
    )


def values(config: pytest.Config, name: str) -> list[str]:
    """The values of one option from the first source that has any. Paths in an ini file start there."""
    option = next(option for option in OPTIONS if option.name == name)
    on_command_line = config.getoption(option.dest)
    if on_command_line:
        return _absolute(option, _as_list(on_command_line), config.invocation_params.dir)
    in_ini = _as_list(config.getini(option.dest))
    if in_ini:
        return _absolute(option, in_ini, config.inipath.parent if config.inipath else config.rootpath)
    in_environment = os.environ.get(option.variable, "")
    found = in_environment.split(option.split) if option.split else [in_environment]
    return _absolute(option, [value for value in found if value], config.invocation_params.dir)


def _as_list(value: str | list[str] | None) -> list[str]:
    if not value:
        return []
    return [value] if isinstance(value, str) else list(value)


def _absolute(option: Option, values: list[str], start: Path) -> list[str]:
    if option.is_path:
        return [str(start / value) for value in values]
    if option.name == "user" and values:
        # Imported when used, because it imports policies.
        from s3fixture.auth.users import with_absolute_paths

        return [with_absolute_paths(value, start) for value in values]
    return values
