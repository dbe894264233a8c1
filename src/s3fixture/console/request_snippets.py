"""Commands that repeat a recorded request, with curl and with boto3."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from s3fixture.console.snippets import as_python, as_shell
from s3fixture.errors import S3Error
from s3fixture.settings import DEFAULT_REGION
from s3fixture.wire.copy_source import CopySource
from s3fixture.wire.request import Request, parse_target

if TYPE_CHECKING:
    from s3fixture.records import RequestRecord
    from s3fixture.wire.protocol import Protocol

_META = "x-amz-meta-"
# Headers that a client makes for each request, for its connection, signature and framing.
_MADE_ANEW = frozenset(
    (
        *("host", "date", "content-length", "content-md5", "expect", "transfer-encoding"),
        *("amz-sdk-invocation-id", "amz-sdk-request", "x-amz-date", "x-amz-content-sha256"),
        *("x-amz-decoded-content-length", "x-amz-sdk-checksum-algorithm", "x-amz-trailer"),
    )
)
_OF_URLS = ("x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-expires", "x-amz-signedheaders")
_FILE = "BODY"  # the name of a file with the body, which the reader has to provide


def curl_line(record: RequestRecord, endpoint: str, region: str) -> str:
    """The request with curl, signed by curl with the keys of the usual variables, or anonymous as it was."""
    method = {"GET": "", "HEAD": "--head"}.get(record.method, f"-X {as_shell(record.method)}")
    parts = ["curl", *([method] if method else []), as_shell(_url(record, endpoint))]
    if record.access_key or record.error_code:
        parts.append(f"--aws-sigv4 aws:amz:{region or DEFAULT_REGION}:s3")
        # Older versions of curl do not send it by themselves.
        parts.append("-H 'x-amz-content-sha256: UNSIGNED-PAYLOAD'")
        parts.append('--user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY"')
    parts += [f"-H {as_shell(f'{name}: {value}')}" for name, value in _headers(record).items()]
    if record.bytes_in:
        parts.append(f"--data-binary @{_FILE}")
    return " \\\n  ".join(parts)


def boto3_line(record: RequestRecord, protocol: Protocol) -> str:
    """The call of the client `s3`, without the contents of a document. "" when boto3 has no such call."""
    from botocore import xform_name  # imported when used, because it is slow

    if record.operation not in protocol.operations:
        return ""
    arguments = [f"{name}={_literal(value)}" for name, value in _parameters(record, protocol).items()]
    note = ""
    if record.bytes_in and record.operation in _STREAMED:
        arguments.append(f'Body=open("{_FILE}", "rb")')
    elif record.bytes_in:
        note = "  # add the members of its document"
    return f"s3.{xform_name(record.operation)}({', '.join(arguments)}){note}"


_STREAMED = frozenset({"PutObject", "UploadPart", "WriteGetObjectResponse"})


def _parameters(record: RequestRecord, protocol: Protocol) -> dict[str, Any]:
    """The parameters as the server read them; only those of the target if it refuses the others."""
    headers = {name: value for name, value in _headers(record).items() if "checksum" not in name}
    path = _path(record)
    request = Request(record.method, path, headers, BytesIO())
    tags = {"Tagging": headers["x-amz-tagging"]} if "x-amz-tagging" in headers else {}  # boto3's form
    try:
        target = parse_target(f"{path}{_query(record)}", "", ())
        return protocol.parse_head(record.operation, request, target) | tags
    except S3Error:
        named = (("Bucket", record.bucket), ("Key", record.key), ("VersionId", record.version_id))
        return {name: value for name, value in named if value}


def _headers(record: RequestRecord) -> dict[str, str]:
    """The headers that are about the object or the request, and the metadata."""
    sent = {name: value for name, value in record.headers.items() if name not in _MADE_ANEW}
    encodings = [part.strip() for part in sent.pop("content-encoding", "").split(",")]
    if kept := ",".join(part for part in encodings if part and part != "aws-chunked"):
        sent["content-encoding"] = kept
    return sent | {_META + name: value for name, value in record.metadata.items()}


def _url(record: RequestRecord, endpoint: str) -> str:
    return f"{endpoint}{_path(record)}{_query(record)}"


def _path(record: RequestRecord) -> str:
    bucket = f"/{quote(record.bucket, safe='')}" if record.bucket else "/"
    return f"{bucket}/{quote(record.key, safe='/~')}" if record.key else bucket


def _query(record: RequestRecord) -> str:
    """The query without a signature; sorted, because curl before version 8 signs it unsorted."""
    kept = [(name, value) for name, value in record.query.items() if name.lower() not in _OF_URLS]
    return f"?{urlencode(sorted(kept), quote_via=quote, safe='~')}" if kept else ""


def _literal(value: Any) -> str:
    """A literal of Python for boto3."""
    if isinstance(value, CopySource):
        named = {"Bucket": value.bucket, "Key": value.key}
        return _literal(named | ({"VersionId": value.version_id} if value.version_id else {}))
    if isinstance(value, datetime):
        return as_python(value.isoformat())
    if isinstance(value, str):
        return as_python(value)
    if isinstance(value, Mapping):
        inner = ", ".join(f"{as_python(str(name))}: {_literal(item)}" for name, item in value.items())
        return f"{{{inner}}}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_literal, value))}]"
    return repr(value)
