"""Snippets to copy: how each client connects to the server, or reads one object."""

from __future__ import annotations

import json
import shlex
from dataclasses import replace

from s3fixture.client_options import Connection
from s3fixture.console.rendering import visible
from s3fixture.environment import variables, without_temporary_paths
from s3fixture.named_tuples import NamedTuple

_PANDAS = {".csv": "read_csv", ".parquet": "read_parquet", ".json": "read_json"}


MASK = "*" * 8  # shown instead of a secret


class Snippet(NamedTuple):
    """`id` identifies it within a page. `masked`: the text without secrets; "" when it has no secrets."""

    id: str
    title: str
    text: str
    masked: str = ""


def connection_snippets(to: Connection, bucket: str) -> list[Snippet]:
    """How each client connects to this server."""
    whole = _connection_snippets(to, bucket)
    masked = _connection_snippets(replace(to, secret_key=MASK), bucket)
    return [
        snippet._replace(masked=other.text if other.text != snippet.text else "")
        for snippet, other in zip(whole, masked, strict=True)
    ]


def _connection_snippets(to: Connection, bucket: str) -> list[Snippet]:
    # Without files of this machine, because the reader may be on another one.
    values = without_temporary_paths(variables(to, bucket or None, environ={}))
    target = f"s3://{bucket or 'BUCKET'}"
    keys = f"{shlex.quote(to.access_key)} {shlex.quote(to.secret_key)}"
    exports = "\n".join(f"export {name}={shlex.quote(value)}" for name, value in values.items())
    dotenv = "\n".join(f"{name}={json.dumps(value)}" for name, value in values.items())
    boto3 = f'{_client(to)}\nprint(s3.list_buckets()["Buckets"])'
    return [
        Snippet("shell", "Every client, by variables", exports),
        Snippet("dotenv", ".env file", dotenv),
        Snippet("boto3", "boto3", boto3),
        Snippet(
            "aws", "AWS CLI", f"# with the variables above\naws s3 ls {target if bucket else ''}".rstrip()
        ),
        Snippet(
            "mc",
            "mc, the client of MinIO",
            f"mc alias set s3fixture {to.url} {keys}\nmc ls s3fixture{'/' + bucket if bucket else ''}",
        ),
        Snippet(
            "mlflow",
            "MLflow",
            "# with the variables above\n"
            f"mlflow server --backend-store-uri sqlite:///mlflow.db --artifacts-destination {target}",
        ),
        Snippet("s3fs", "pandas and s3fs", _s3fs(to, target)),
    ]


def object_snippets(bucket: str, key: str, version_id: str) -> list[Snippet]:
    """How each client reads one object, with the variables of the page "Connect"."""
    uri = f"s3://{bucket}/{key}"
    named = f"Bucket={as_python(bucket)}, Key={as_python(key)}"
    if version_id:
        named += f", VersionId={as_python(version_id)}"
    lines = [
        Snippet("boto3", "boto3", f'boto3.client("s3").get_object({named})["Body"].read()'),
        Snippet("aws", "AWS CLI", _aws(bucket, key, version_id)),
    ]
    if not version_id:
        lines.append(Snippet("mlflow", "MLflow", f"mlflow.artifacts.download_artifacts({as_python(uri)})"))
        reader = next((name for ending, name in _PANDAS.items() if key.lower().endswith(ending)), None)
        if reader:
            lines.append(Snippet("pandas", "pandas", f"pandas.{reader}({as_python(uri)})"))
    return lines


def _client(to: Connection) -> str:
    arguments = (
        ("endpoint_url", to.url),
        ("aws_access_key_id", to.access_key),
        ("aws_secret_access_key", to.secret_key),
        ("region_name", to.region),
    )
    lines = "\n".join(f"    {name}={as_python(value)}," for name, value in arguments)
    return f'import boto3\n\ns3 = boto3.client(\n    "s3",\n{lines}\n)'


def _s3fs(to: Connection, target: str) -> str:
    options = {"key": to.access_key, "secret": to.secret_key, "endpoint_url": to.url}
    arguments = f"    {as_python(f'{target}/KEY')},\n    storage_options={json.dumps(options)},\n"
    return f"import pandas\n\npandas.read_csv(\n{arguments})"


def _aws(bucket: str, key: str, version_id: str) -> str:
    if not version_id:
        return f"aws s3 cp {as_shell(f's3://{bucket}/{key}')} ."
    name = key.rstrip("/").rpartition("/")[2] or "object"
    return (
        f"aws s3api get-object --bucket {shlex.quote(bucket)} --key {as_shell(key)} "
        f"--version-id {shlex.quote(version_id)} {as_shell(name)}"
    )


def as_shell(text: str) -> str:
    """A word for the shell; invisible characters as escapes of bash and zsh."""
    if visible(text) == text:
        return shlex.quote(text)
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"$'{_escaped(escaped)}'"


def as_python(text: str) -> str:
    """A string literal of Python. JSON has the same escapes for quotes and control characters."""
    return _escaped(json.dumps(text, ensure_ascii=False))


def _escaped(text: str) -> str:
    """The text with invisible characters as escapes, which are the same in Python, bash and zsh."""
    return "".join(char if visible(char) == char else _escape(ord(char)) for char in text)


def _escape(code: int) -> str:
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
