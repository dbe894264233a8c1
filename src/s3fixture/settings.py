"""The settings of one server: a frozen record, and the order in which its sources win."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from s3fixture.errors import S3FixtureError, SettingError, did_you_mean, similar_name

DEFAULT_ACCESS_KEY = "minioadmin"
DEFAULT_SECRET_KEY = "minioadmin123"  # noqa: S105 - the default the replaced MinIO was run with
DEFAULT_REGION = "us-east-1"
DEFAULT_PORT = 9000
# The profiles of defaults for new buckets; what each means: service.profiles.
DEFAULTS = ("aws", "minio")
DEFAULT_CONSOLE_PORT = 9001
DURABILITIES = ("power", "process")  # what an answered write in `data_dir` survives the end of
METRICS = ("off", "jwt", "public")  # not counted; for those who have a token; for everybody
_CHOICES: Mapping[str, tuple[str, ...]] = {
    "defaults": DEFAULTS,
    "durability": DURABILITIES,
    "metrics": METRICS,
}
_HTTP = ("http://", "https://")
_WEBHOOK_ENABLE = "MINIO_NOTIFY_WEBHOOK_ENABLE"
# Setting -> MinIO's variable for the webhook "_"; with _NAME behind it for another.
_WEBHOOK_VARIABLES: Mapping[str, str] = {
    "webhooks": "MINIO_NOTIFY_WEBHOOK_ENDPOINT",
    "webhook_tokens": "MINIO_NOTIFY_WEBHOOK_AUTH_TOKEN",
}
KMS_KEY_FORMAT = "KEY[,alias/NAME ...][,disabled|pending-deletion]"

# Environment variable -> setting. MinIO's names, because existing compose files and .env files have them.
ENVIRONMENT: Mapping[str, str] = {
    "MINIO_ROOT_USER": "access_key",
    "MINIO_ROOT_PASSWORD": "secret_key",
    "MINIO_REGION": "region",
    "MINIO_SERVER_URL": "public_url",
    "S3FIXTURE_HOST": "host",
    "S3FIXTURE_PORT": "port",
    "S3FIXTURE_CONSOLE_PORT": "console_port",
    "S3FIXTURE_DATA_DIR": "data_dir",
    "S3FIXTURE_DURABILITY": "durability",
    "S3FIXTURE_PUBLIC_URL": "public_url",
    "S3FIXTURE_EVENTS_ENDPOINT": "events_endpoint",
    "S3FIXTURE_WEBHOOKS": "webhooks",
    "S3FIXTURE_LIFECYCLE_DAY": "lifecycle_day",
    "S3FIXTURE_KMS_KEYS": "kms_keys",
    "S3FIXTURE_SSE_OVER_HTTP": "sse_over_http",
    "S3FIXTURE_DEFAULTS": "defaults",
    "S3FIXTURE_WEBSITE_HOSTS": "website_hosts",
    "S3FIXTURE_USERS": "users",
    "S3FIXTURE_WEB_IDENTITY": "web_identity",
    "S3FIXTURE_METRICS": "metrics",
    "S3FIXTURE_TLS": "tls",
    "S3FIXTURE_TLS_CERT": "tls_cert",
    "S3FIXTURE_TLS_KEY": "tls_key",
    "S3FIXTURE_TLS_CA": "tls_ca",
    "S3FIXTURE_IMAGE": "image",
    "S3FIXTURE_BINARY": "binary",
    "S3FIXTURE_ENDPOINT_URL": "endpoint_url",
}

_PREFIX = "S3FIXTURE_"
# The variables of options of pytest that are no settings of a server: pytest_plugin/options.py.
_PYTEST_VARIABLES = frozenset(
    {
        "S3FIXTURE_ALLOW",
        "S3FIXTURE_BACKEND",
        "S3FIXTURE_BUCKETS",
        "S3FIXTURE_EMULATOR",
        "S3FIXTURE_GUARD",
        "S3FIXTURE_POLICY_REPORT",
        "S3FIXTURE_REPORT",
        "S3FIXTURE_REPORT_JSON",
        "S3FIXTURE_SEEDS",
    }
)
OTHER_VARIABLES: Mapping[str, str] = {
    "S3FIXTURE_DEBUG": "1: commands show the traceback of an unexpected error",
    "S3FIXTURE_RUN_URL": "set by `s3fixture run`: the server that commands started by it use",
    "S3FIXTURE_STATE_DIR": "the folder of the project's server, instead of `.s3fixture`",
    "S3FIXTURE_TOOLS_IMAGE": "the image of s3fixture in the compose files of `s3fixture init`",
}
VARIABLES = _PYTEST_VARIABLES.union(
    OTHER_VARIABLES, (name for name in ENVIRONMENT if name.startswith(_PREFIX))
)
"""All variables that s3fixture reads."""


_SECRETS = frozenset({"identities", "secret_key", "users", "webhook_tokens"})


@dataclass(frozen=True, slots=True, repr=False)
class Settings:
    """All settings of a server. The comments are their descriptions in docs/settings.md."""

    host: str = "127.0.0.1"  # the address to listen on
    port: int = 0  # the port to listen on; 0: any free one
    console_port: int | None = None  # the console's port; 0: any free one; None: no console
    access_key: str = DEFAULT_ACCESS_KEY  # the main access key
    secret_key: str = DEFAULT_SECRET_KEY  # its secret
    region: str = DEFAULT_REGION  # the region of clients, and of requests whose signature names none
    pinned: bool = False  # whether signatures for other regions are refused
    data_dir: Path | None = None  # the folder of the data; None: in memory
    durability: str = "power"  # what an answered write survives: a power failure, or the `process`
    identities: tuple[str, ...] = ()  # further accounts: NAME:ACCESS_KEY:SECRET_KEY[:CANONICAL_ID[:EMAIL]]
    users: tuple[str, ...] = ()  # users with policies of IAM, as --user has them
    web_identity: str = ""  # whose tokens STS believes: "unverified" (any), a key's file, "" (none)
    kms_keys: tuple[str, ...] = ()  # the keys that there are, as --kms-key has them; (): any name is one
    sse_over_http: bool = True  # take customers' keys and KMS without TLS, which S3 itself never does
    base_hosts: tuple[str, ...] = ("localhost", "s3.localhost")  # hosts H whose BUCKET.H is that bucket
    website_hosts: tuple[str, ...] = ()  # further names under which a label is a bucket's website
    header_limit: int = 64 * 1024  # bytes of request line and headers
    idle_timeout: float = 60.0  # seconds that a connection may stay silent
    public_url: str = ""  # where clients elsewhere reach the server; "": where it listens
    image: str = ""  # the image of the backend container; "": the default one
    binary: str = ""  # the program of the backend binary, name or path; "": the first that is found
    endpoint_url: str = ""  # the store of the backend external
    events_endpoint: str = ""  # a URL that speaks SQS, SNS, Lambda and EventBridge; "": none
    webhooks: tuple[str, ...] = ()  # NAME=URL: the destination arn:minio:sqs::NAME:webhook of events
    webhook_tokens: tuple[str, ...] = ()  # NAME=TOKEN: the Authorization header for a webhook
    lifecycle_day: float = 86_400.0  # seconds that a day of lifecycle rules lasts
    volume: str = ""  # a named volume of the backend container for its data, instead of a folder
    tls: bool = False  # serve over TLS, with a certificate made here unless there is `tls_cert`
    tls_dir: Path | None = None  # the folder that keeps the certificate made here; None: a temporary one
    tls_cert: Path | None = None  # the certificate to serve with, and its chain, in PEM; it makes `tls` true
    tls_key: Path | None = None  # the key of that certificate; None: it is in the same file
    tls_ca: Path | None = None  # the authority that clients trust for it; None: one of their own, or its own
    metrics: str = "off"  # whether requests are counted for Prometheus: off, jwt or public
    defaults: str = "aws"  # what new buckets are like: aws or minio

    def __repr__(self) -> str:
        """What is not the default; of secrets only that they are not."""
        given = (
            (each.name, getattr(self, each.name))
            for each in fields(self)
            if getattr(self, each.name) != each.default
        )
        shown = (f"{name}={'...' if name in _SECRETS else repr(value)}" for name, value in given)
        return f"Settings({', '.join(shown)})"

    def __post_init__(self) -> None:
        if self.tls_cert:
            object.__setattr__(self, "tls", True)
        _check_values(self)
        _check_certificate(self)
        _check_urls(self)
        public_host = urlsplit(self.public_url).hostname or ""
        if public_host.strip(".0123456789") and public_host not in self.base_hosts:  # not an IP address
            object.__setattr__(self, "base_hosts", (*self.base_hosts, public_host))

    @classmethod
    def load(cls, *sources: Mapping[str, Any], environ: Mapping[str, str] | None = None) -> Settings:
        """The first source with a value that is not None or () wins; then the environment; then the default.

        Callers pass their sources in the order argument, command line, ini. Raises S3FixtureError for a
        value that cannot be used.
        """
        environ = os.environ if environ is None else environ
        _check_spelling(environ)
        from_environment: dict[str, Any] = {
            name: environ[key] for key, name in ENVIRONMENT.items() if environ.get(key)
        }
        from_environment = _minio_webhooks(environ) | _minio_metrics(environ) | from_environment
        chosen: dict[str, Any] = {}
        for source in (*sources, from_environment):
            for name, value in source.items():
                if value is not None and value != ():
                    chosen.setdefault(name, value)
        if "tls" in chosen and not _convert("tls", chosen["tls"]):  # as --no-tls where variables name files
            chosen = {name: value for name, value in chosen.items() if not name.startswith("tls")}
        if "region" in chosen:  # who names a region wants the endpoint of that region
            chosen.setdefault("pinned", True)
        return replace(cls(), **{name: _convert(name, value) for name, value in chosen.items()})


def _check_values(settings: Settings) -> None:
    """Raise S3FixtureError for a choice, a number or a key that no server takes."""
    for name, choices in _CHOICES.items():
        value = getattr(settings, name)
        if value not in choices:
            raise S3FixtureError(f"{name} cannot be {value!r}; choose one of {', '.join(choices)}")
    for name, port in (("port", settings.port), ("console port", settings.console_port or 0)):
        if not 0 <= port <= 65535:
            raise S3FixtureError(f"{name} {port} is not a port number; use 0 (any free one) to 65535")
    if len(settings.access_key) < 3:
        raise S3FixtureError(
            f"the access key {settings.access_key!r} is too short; it needs at least 3 characters"
        )
    if len(settings.secret_key) < 8:
        raise S3FixtureError("the secret key is too short; it needs at least 8 characters")
    for name in ("header_limit", "idle_timeout"):
        value = getattr(settings, name)
        if not value > 0:  # also refuses NaN
            raise S3FixtureError(f"{name} must be more than 0, not {value:g}")
    if not 0 < settings.lifecycle_day <= 86_400:
        raise S3FixtureError(
            f"a day of lifecycle rules cannot last {settings.lifecycle_day:g} seconds; "
            "use more than 0 and at most 86400"
        )


def _check_certificate(settings: Settings) -> None:
    for name in ("tls_key", "tls_ca"):
        file = getattr(settings, name)
        if file and not settings.tls_cert:
            raise SettingError(
                f"{file} belongs to a certificate of your own, and no certificate is given",
                f"name the certificate with {{tls_cert}}, or leave out {{{name}}}",
            )


def _check_urls(settings: Settings) -> None:
    urls = {"the public URL": settings.public_url, "the endpoint for events": settings.events_endpoint}
    for name, url in urls.items():
        if url and not url.startswith(_HTTP):
            raise S3FixtureError(f"{name} {url!r} is not a URL; write it as http://HOST:PORT")
    for webhook in settings.webhooks:
        name, _, url = webhook.partition("=")
        if not name or ":" in name or not url.startswith(_HTTP):
            raise S3FixtureError(f"{webhook!r} is not a webhook; write it as NAME=http://HOST:PORT/PATH")


def _check_spelling(environ: Mapping[str, str]) -> None:
    """S3FixtureError for a variable that looks like a misspelt one of VARIABLES. Others are left alone."""
    known = {name.removeprefix(_PREFIX) for name in VARIABLES}
    for name in environ:
        rest = name.removeprefix(_PREFIX)
        if rest == name or rest in known:
            continue
        like = similar_name(rest, known)
        if like:
            raise S3FixtureError(f"the variable {name} is not read; did you mean {_PREFIX}{like}?")


def _minio_webhooks(environ: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Webhooks as MinIO's variables name them; what is not enabled is none.

    https://github.com/minio/minio/blob/master/docs/bucket/notifications/README.md
    """
    names = [
        key.removeprefix(_WEBHOOK_ENABLE).removeprefix("_") or "_"
        for key, value in environ.items()
        if key.startswith(_WEBHOOK_ENABLE) and value.lower() in ("on", "true", "1")
    ]
    found: dict[str, tuple[str, ...]] = {}
    for setting, variable in _WEBHOOK_VARIABLES.items():
        values = [(name, environ.get(variable if name == "_" else f"{variable}_{name}")) for name in names]
        found[setting] = tuple(f"{name}={value}" for name, value in values if value)
    return {setting: values for setting, values in found.items() if values}


def _minio_metrics(environ: Mapping[str, str]) -> dict[str, str]:
    """Who may read metrics, as MinIO's variable says it; what is not public needs a token.

    https://github.com/minio/minio/blob/master/cmd/metrics-router.go
    """
    kind = environ.get("MINIO_PROMETHEUS_AUTH_TYPE", "").lower()
    if not kind:
        return {}
    return {"metrics": "public" if kind == "public" else "jwt"}


_FLAGS: Mapping[str, bool] = {
    **dict.fromkeys(("1", "true", "on", "yes"), True),
    **dict.fromkeys(("0", "false", "off", "no"), False),
}


def parse_flag(value: object) -> bool:
    """A boolean, or the words for one in variables and files. Raises ValueError for anything else."""
    text = str(value).lower()
    if text not in _FLAGS:
        raise ValueError("write true or false")
    return _FLAGS[text]


def _whole_number(value: Any) -> int:
    try:
        return int(value)
    except ValueError as error:
        raise ValueError("write a whole number") from error


def _number(value: Any) -> float:
    try:
        return float(value)
    except ValueError as error:
        raise ValueError("write a number") from error


def _words(value: str | Iterable[str]) -> tuple[str, ...]:
    """A variable separates its items by spaces."""
    return tuple(value.split() if isinstance(value, str) else value)


def _items(value: str | Iterable[str]) -> tuple[str, ...]:
    """Items that may contain spaces; a string is one item."""
    return (value,) if isinstance(value, str) else tuple(value)


_CONVERTERS: Mapping[str, Any] = {
    "port": _whole_number,
    "console_port": _whole_number,
    "header_limit": _whole_number,
    "idle_timeout": _number,
    "lifecycle_day": _number,
    "data_dir": Path,
    "identities": _items,
    "users": _words,
    "webhooks": _words,
    "webhook_tokens": _items,
    "kms_keys": _words,
    "sse_over_http": parse_flag,
    "tls": parse_flag,
    **dict.fromkeys(("tls_dir", "tls_cert", "tls_key", "tls_ca"), Path),
    "base_hosts": _items,
    "pinned": parse_flag,
    "website_hosts": _words,
}
_NAMES = frozenset(field.name for field in fields(Settings))


def _convert(name: str, value: Any) -> Any:
    if name not in _NAMES:
        near = did_you_mean(name, _NAMES) or f"; the settings are {', '.join(sorted(_NAMES))}"
        raise S3FixtureError(f"there is no setting {name!r}{near}")
    try:
        return _CONVERTERS.get(name, str)(value)
    except (TypeError, ValueError) as error:
        raise S3FixtureError(f"{value!r} is not a valid {name}: {error}") from error
