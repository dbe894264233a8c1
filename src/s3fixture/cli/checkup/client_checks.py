"""Do the clients' variables fit together, and could a real account leak in?"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from s3fixture import environment
from s3fixture.cli.checkup.findings import (
    Finding,
    Surroundings,
    client_with_short_timeouts,
    note,
    ok,
    problem,
)
from s3fixture.cli.target_server import ENDPOINT_VARIABLES, connect
from s3fixture.client_options import Connection

_CLEAN = 's3fixture run -- COMMAND, or eval "$(s3fixture env)", keep it out'
_AWS_FILES = {
    "AWS_CONFIG_FILE": Path("config"),
    "AWS_SHARED_CREDENTIALS_FILE": Path("credentials"),
}


def variables(seen: Surroundings) -> Iterator[Finding]:
    """Which clients are led to a server."""
    unset = [name for name in ENDPOINT_VARIABLES if name not in seen.endpoints]
    if len(unset) == len(ENDPOINT_VARIABLES):
        yield note(
            "variables",
            "no client is led to a server: boto3 would ask AWS itself",
            'eval "$(s3fixture env)", or s3fixture run -- COMMAND',
        )
    elif unset:
        yield problem(
            "variables",
            f"{', '.join(seen.endpoints)} is set, but {', '.join(unset)} is not: some clients go elsewhere",
            'eval "$(s3fixture env)" sets all of them',
        )
    elif len({url.rstrip("/") for url in seen.endpoints.values()}) > 1:
        pairs = ", ".join(f"{name}={url}" for name, url in seen.endpoints.items())
        yield problem(
            "variables",
            f"clients are led to different servers: {pairs}",
            'eval "$(s3fixture env)" sets all alike',
        )
    else:
        yield ok("variables", "boto3, MLflow and the others are led to the same server")


def accounts(seen: Surroundings) -> Iterator[Finding]:
    """What there is of a real AWS account."""
    to = Connection("http://any", "any", "any", "any")
    ours = environment.variables(to)  # AWS_ENDPOINT_URL_S3 is of a family too
    foreign = sorted(
        name
        for name, value in seen.environ.items()
        if value and environment.is_removed(name) and name not in ours
        if not environment.is_own_authority(value)
    )
    level = problem if seen.endpoints else note
    for name in foreign:
        yield level("account", f"{name} is set, and clients use it", f"unset {name}; {_CLEAN}")
    files = [path for path in _aws_files(seen) if path.is_file() and path.stat().st_size]
    sso = _home(seen) / ".aws" / "sso" / "cache"
    if sso.is_dir() and any(sso.glob("*.json")):
        files.append(sso)
    if files:
        names = ", ".join(str(path) for path in files)
        yield note("account", f"a client without endpoint reaches a real account: {names}", _CLEAN)
    if not foreign and not files:
        yield ok("account", "no real AWS profile, session or role can leak in")


def mlflow(seen: Surroundings) -> Iterator[Finding]:
    """MLflow's own variables."""
    environ = seen.environ
    if environ.get("MLFLOW_S3_IGNORE_TLS", "").lower() in ("true", "1"):
        yield note(
            "mlflow", "MLFLOW_S3_IGNORE_TLS turns the check of certificates off", "unset MLFLOW_S3_IGNORE_TLS"
        )
    if environ.get("MLFLOW_TRACKING_URI"):
        yield ok("mlflow", f"MLFLOW_TRACKING_URI={environ['MLFLOW_TRACKING_URI']}")
    for name in ("MLFLOW_DEFAULT_ARTIFACT_ROOT", "MLFLOW_ARTIFACTS_DESTINATION"):
        if environ.get(name):
            yield _artifact_root(name, environ[name], seen)


def _artifact_root(name: str, value: str, seen: Surroundings) -> Finding:
    parts = urlsplit(value)
    if parts.scheme != "s3":
        return note("mlflow", f"{name}={value} is not in S3", "write s3://BUCKET, if it should be")
    if not seen.urls:
        return problem(
            "mlflow", f"{name}={value}, but there is no server", "start one: s3fixture up --detach"
        )
    bucket = parts.netloc
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        client_with_short_timeouts(connect().endpoint()).head_bucket(Bucket=bucket)
    except ClientError:
        return problem(
            "mlflow", f"{name}={value}, but there is no such bucket", f"s3fixture mb s3://{bucket}"
        )
    except BotoCoreError as error:
        return problem("mlflow", f"{name}={value} cannot be checked: {error}", "start the server")
    return ok("mlflow", f"{name}={value}")


def _aws_files(seen: Surroundings) -> Iterator[Path]:
    for name, default in _AWS_FILES.items():
        named = seen.environ.get(name)
        if named not in (os.devnull, environment.NO_AWS_FILE):
            yield Path(named).expanduser() if named else _home(seen) / ".aws" / default


def _home(seen: Surroundings) -> Path:
    return Path(seen.environ.get("HOME") or seen.environ.get("USERPROFILE") or Path.home())
