"""Which environment variables which S3 client reads, and how to set and restore them.

Sources: https://docs.aws.amazon.com/sdkref/latest/guide/environment-variables.html for the AWS SDKs; the
other clients' own pages are named in the tables.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, quote, urlsplit

from s3fixture.cached_clients import read_again, without_cached_clients

if TYPE_CHECKING:
    from s3fixture.client_options import Connection

# A regular file, and not os.devnull: DVC wants one that it can parse.
NO_AWS_FILE = str(Path(__file__).with_name("no_aws_settings.ini"))

# Variable -> template. The comment says which client needs it.
_SET: Mapping[str, str] = {
    "AWS_ACCESS_KEY_ID": "{access_key}",
    "AWS_SECRET_ACCESS_KEY": "{secret_key}",
    "AWS_DEFAULT_REGION": "{region}",  # botocore, AWS CLI
    "AWS_REGION": "{region}",  # every other AWS SDK, TensorFlow
    "AWS_ENDPOINT_URL_S3": "{url}",  # current AWS SDKs, botocore >= 1.31, object_store
    "AWS_ENDPOINT_URL": "{url}",  # the same, for their other services: a stray STS call must not reach AWS
    "AWS_ENDPOINT": "{url}",  # older object_store (Polars, delta-rs), Bun
    "AWS_ALLOW_HTTP": "{plain}",  # object_store refuses http:// without it
    "AWS_VIRTUAL_HOSTED_STYLE_REQUEST": "false",  # object_store
    "AWS_S3_ENDPOINT": "{address}",  # GDAL, rasterio: https://gdal.org/user/virtual_file_systems.html
    "AWS_HTTPS": "{yes_when_tls}",  # GDAL
    "AWS_VIRTUAL_HOSTING": "FALSE",  # GDAL
    "AWS_CONFIG_FILE": "{nothing}",  # the developer's profiles, SSO sessions and credential processes
    "AWS_SHARED_CREDENTIALS_FILE": "{nothing}",  # the developer's keys
    "AWS_EC2_METADATA_DISABLED": "true",  # no machine role, and no wait for one where there is none
    "S3_ENDPOINT_URL": "{url}",  # s5cmd
    "S3_ENDPOINT": "{address}",  # TensorFlow, KServe: https://www.tensorflow.org/deploy/s3
    "S3_USE_HTTPS": "{one_when_tls}",  # TensorFlow, KServe
    "S3_VERIFY_SSL": "{one_when_tls}",  # TensorFlow, KServe
    # DuckDB's httpfs can only be led to virtual hosts by variables; it resolves *.localhost by itself.
    "DUCKDB_S3_ENDPOINT": "{name_address}",
    "DUCKDB_S3_USE_SSL": "{tls}",  # DuckDB's httpfs
    "MLFLOW_S3_ENDPOINT_URL": "{url}",  # https://mlflow.org/docs/latest/self-hosting/architecture/artifact-store
    "MLFLOW_BOTO_CLIENT_ADDRESSING_STYLE": "path",
    # pyiceberg, whose catalog `default` gives pyarrow no endpoint but that of its own properties.
    "PYICEBERG_CATALOG__DEFAULT__S3__ENDPOINT": "{url}",
    "PYICEBERG_CATALOG__DEFAULT__S3__ACCESS_KEY_ID": "{access_key}",
    "PYICEBERG_CATALOG__DEFAULT__S3__SECRET_ACCESS_KEY": "{secret_key}",
    "PYICEBERG_CATALOG__DEFAULT__S3__REGION": "{region}",
    "RCLONE_S3_PROVIDER": "Other",  # rclone's on-the-fly remote `:s3:bucket`
    "RCLONE_S3_ENV_AUTH": "true",
    "RCLONE_S3_ENDPOINT": "{url}",
    "MC_HOST_minio": "{url_with_keys}",  # MinIO's mc, as `mc ls minio`
}
# A value that a connection may have -> what is set with it.
_SET_WITH: Mapping[str, Mapping[str, str]] = {
    "bucket": {
        "MLFLOW_DEFAULT_ARTIFACT_ROOT": "s3://{bucket}",  # mlflow server --default-artifact-root
        "MLFLOW_ARTIFACTS_DESTINATION": "s3://{bucket}",  # mlflow server --artifacts-destination
    },
    # https://docs.aws.amazon.com/sdkref/latest/guide/feature-static-credentials.html
    "session_token": {
        "AWS_SESSION_TOKEN": "{session_token}",
        "PYICEBERG_CATALOG__DEFAULT__S3__SESSION_TOKEN": "{session_token}",
    },
    # Of a server over TLS. Only this one: all others of its kind (SSL_CERT_FILE, REQUESTS_CA_BUNDLE,
    # CURL_CA_BUNDLE) would take away from a process every other authority that it trusts, and with it every
    # other server.
    "ca_file": {"AWS_CA_BUNDLE": "{ca_file}"},
}
CA_FILE = "s3fixture-ca.pem"
_NO_PROXY = ("NO_PROXY", "no_proxy")  # clients differ in which they read; Windows knows no difference
_NO_PROXY_HOSTS = ("127.0.0.1", "localhost")
_LOOPBACK = ("127.0.0.1", "::1", "localhost")

# What would lead a client to other keys or to another server.
REMOVED: frozenset[str] = frozenset(
    {
        "AWS_ACCOUNT_ID",
        "AWS_AUTH_SCHEME_PREFERENCE",
        "AWS_CA_BUNDLE",
        "AWS_CREDENTIAL_EXPIRATION",  # botocore would try to refresh the keys set above
        "AWS_CREDENTIAL_FILE",
        "AWS_DEFAULT_PROFILE",
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
        "AWS_NO_SIGN_REQUEST",
        "AWS_PROFILE",
        "AWS_ROLE_ARN",
        "AWS_ROLE_SESSION_NAME",
        "AWS_S3_DISABLE_EXPRESS_SESSION_AUTH",
        "AWS_SECURITY_TOKEN",
        "AWS_SESSION_TOKEN",
        "AWS_SIGV4A_SIGNING_REGION_SET",
        "AWS_SKIP_SIGNATURE",
        "AWS_USE_DUALSTACK_ENDPOINT",
        "AWS_USE_FIPS_ENDPOINT",
        "AWS_VAULT",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "BOTO_CONFIG",  # keys of the first boto, which botocore still reads
        "MLFLOW_S3_EXPECTED_BUCKET_OWNER",
        "MLFLOW_S3_IGNORE_TLS",
        "MLFLOW_S3_UPLOAD_EXTRA_ARGS",
        "PYICEBERG_CATALOG__DEFAULT__S3__ANONYMOUS",
        "PYICEBERG_CATALOG__DEFAULT__S3__FORCE_VIRTUAL_ADDRESSING",
        "PYICEBERG_CATALOG__DEFAULT__S3__PROFILE_NAME",
        "PYICEBERG_CATALOG__DEFAULT__S3__ROLE_ARN",
        "PYICEBERG_CATALOG__DEFAULT__S3__SESSION_TOKEN",
        "PYICEBERG_CATALOG__DEFAULT__S3__SIGNER",
    }
)
REMOVED_PREFIXES = (
    "AWS_BEARER_TOKEN_",
    "AWS_CONTAINER_",
    "AWS_CSM_",
    "AWS_EC2_METADATA_SERVICE_",
    "AWS_ENDPOINT_URL_",  # of single services
    "AWS_LOGIN_",
    "AWS_SSO_",
    "PYICEBERG_CATALOG__DEFAULT__CLIENT__",  # keys for all services, pyiceberg's second choice
)
# Whatever a test changes among these is put back too, not only what was set for it.
_FAMILIES = ("AWS_", "MLFLOW_", "_MLFLOW_", "S3_", "RCLONE_S3_", "MC_HOST_", "DUCKDB_S3_", "PYICEBERG_")


def variables(
    to: Connection, bucket: str | None = None, *, environ: Mapping[str, str] | None = None
) -> dict[str, str]:
    """The variables that lead every client named above to a server; `bucket` becomes MLflow's artifact root.

    `environ` (default: os.environ) gives the NO_PROXY that is extended.
    """
    values = {**_template_values(to), "bucket": bucket}
    templates = dict(_SET)
    for name, more in _SET_WITH.items():
        if values[name]:
            templates |= more
    result = {name: template.format(**values) for name, template in templates.items()}
    no_proxy = _no_proxy(os.environ if environ is None else environ, urlsplit(to.url).hostname or "")
    return result | dict.fromkeys(_NO_PROXY, no_proxy)


def names_to_unset(environ: Mapping[str, str]) -> list[str]:
    """What must be unset in `environ` so that clients are no longer led to a server.

    NO_PROXY only where it names this machine alone: other hosts in it belong to the user. AWS_CA_BUNDLE only
    where it is an authority of this package.
    """
    ours = [
        name
        for name in _NO_PROXY
        if name in environ and set(filter(None, environ[name].split(","))) <= set(_NO_PROXY_HOSTS)
    ]
    ours += [name for name in _SET_WITH["ca_file"] if is_own_authority(environ.get(name, ""))]
    return [*_SET, *_SET_WITH["bucket"], *ours]


def without_temporary_paths(values: Mapping[str, str]) -> dict[str, str]:
    """The variables that a file may hold: none with a path of this installation, which may be removed.

    Without AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE, keys and endpoints still win: every AWS SDK looks
    at the environment before files.
    """
    return {name: value for name, value in values.items() if not is_no_aws_file(value)}


def is_own_authority(value: str) -> bool:
    """True for the path of the authority of one of our servers over TLS."""
    return Path(value).name == CA_FILE


def is_no_aws_file(value: str) -> bool:
    """True for the path of `NO_AWS_FILE`, of whichever installation."""
    return Path(value).name == Path(NO_AWS_FILE).name


def _template_values(to: Connection) -> dict[str, str | None]:
    keys = f"{quote(to.access_key, safe='')}:{quote(to.secret_key, safe='')}"
    return {
        **vars(to),
        "address": to.address,
        "name_address": _by_name(urlsplit(to.url)),
        "plain": "false" if to.uses_tls else "true",
        "tls": "true" if to.uses_tls else "false",
        "one_when_tls": "1" if to.uses_tls else "0",
        "yes_when_tls": "YES" if to.uses_tls else "NO",
        "url_with_keys": f"{to.scheme}://{keys}@{to.address}",
        "nothing": NO_AWS_FILE,
    }


def _by_name(parts: SplitResult) -> str:
    """Host and port; the loopback address by a name that can have a bucket's name before it.

    With TLS that is not localhost: OpenSSL takes no certificate for `*.localhost`.
    """
    if parts.hostname not in _LOOPBACK:
        return parts.netloc
    name = "s3.localhost" if parts.scheme == "https" else "localhost"
    return f"{name}:{parts.port}" if parts.port else name


def _no_proxy(environ: Mapping[str, str], host: str) -> str:
    present = environ.get("no_proxy") or environ.get("NO_PROXY") or ""
    hosts = [name.strip() for name in present.split(",") if name.strip()]
    if "*" in hosts:
        return "*"
    return ",".join(dict.fromkeys([*hosts, *_NO_PROXY_HOSTS, *filter(None, [host])]))


def is_removed(name: str) -> bool:
    """True for a variable that a client of the server must not see."""
    return name in REMOVED or name.startswith(REMOVED_PREFIXES)


def child_environ(values: Mapping[str, str], environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of a child process: `environ` (default: os.environ), cleaned, with `values` set."""
    environ = os.environ if environ is None else environ
    return {name: value for name, value in environ.items() if not is_removed(name)} | dict(values)


@contextmanager
def applied(
    values: Mapping[str, str], environ: MutableMapping[str, str] | None = None
) -> Iterator[MutableMapping[str, str]]:
    """Set `values`, hide what would lead elsewhere, and put everything back at the end.

    Everything: also what was changed inside, of the variables touched and of their families; and the clients
    that libraries keep, which would go on with the previous variables.
    """
    environ = os.environ if environ is None else environ
    before = dict(environ)
    with without_cached_clients():
        try:
            for name in [name for name in environ if is_removed(name) and name not in values]:
                del environ[name]
            environ.update(values)
            read_again()
            yield environ
        finally:
            _restore(environ, before, values)
            read_again()


def _restore(environ: MutableMapping[str, str], before: Mapping[str, str], values: Mapping[str, str]) -> None:
    ours = [name for name in {*environ, *before} if name in values or _is_in_family(name)]
    for name in ours:
        if name not in before:
            environ.pop(name, None)
        elif environ.get(name) != before[name]:
            environ[name] = before[name]


def _is_in_family(name: str) -> bool:
    return name.startswith(_FAMILIES) or is_removed(name)
