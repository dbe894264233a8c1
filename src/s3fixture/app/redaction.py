"""What logs show of a request: nothing with which a reader could send requests, or decrypt objects.

A header is shown when it is in HEADERS or is metadata of the object. So is a query parameter with a name like
x-amz-*; of the others all are shown except those in SECRETS. The access logs of S3 and CloudTrail redact the
signatures of URLs, too:
https://docs.aws.amazon.com/prescriptive-guidance/latest/presigned-url-best-practices/logging-interactions.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from urllib.parse import unquote

from s3fixture.records import LONGEST_TEXT, RequestRecord
from s3fixture.wire.numbers import parse_count
from s3fixture.wire.request import parse_query

REDACTED = "REDACTED"  # in the place of a secret
META = "x-amz-meta-"
_ENCRYPTION = "x-amz-server-side-encryption"
_COPIED = "x-amz-copy-source"

# Headers of S3's model, of HTTP and of AWS's SDKs, in lower case. Left out: signatures, session tokens,
# customers' keys and their digests, codes of MFA devices, and the context of an encryption, which the model
# calls sensitive.
HEADERS = frozenset(
    (
        *("access-control-request-headers", "access-control-request-method", "amz-sdk-invocation-id"),
        *("amz-sdk-request", "cache-control", "content-disposition", "content-encoding", "content-language"),
        *("content-length", "content-md5", "content-type", "date", "expect", "expires", "host", "if-match"),
        *("if-modified-since", "if-none-match", "if-unmodified-since", "origin", "range"),
        *("transfer-encoding", "x-amz-acl", "x-amz-bucket-namespace", "x-amz-bucket-object-lock-enabled"),
        *("x-amz-bypass-governance-retention", "x-amz-checksum-algorithm", "x-amz-checksum-crc32"),
        *("x-amz-checksum-crc32c", "x-amz-checksum-crc64nvme", "x-amz-checksum-md5", "x-amz-checksum-mode"),
        *("x-amz-checksum-sha1", "x-amz-checksum-sha256", "x-amz-checksum-sha512", "x-amz-checksum-type"),
        *("x-amz-checksum-xxhash128", "x-amz-checksum-xxhash3", "x-amz-checksum-xxhash64"),
        *("x-amz-confirm-remove-self-bucket-access", "x-amz-content-sha256", _COPIED),
        *(f"{_COPIED}-if-match", f"{_COPIED}-if-modified-since", f"{_COPIED}-if-none-match"),
        *(f"{_COPIED}-if-unmodified-since", f"{_COPIED}-range"),
        f"{_COPIED}-server-side-encryption-customer-algorithm",
        *("x-amz-create-session-mode", "x-amz-date", "x-amz-decoded-content-length"),
        *("x-amz-expected-bucket-owner", "x-amz-grant-full-control", "x-amz-grant-read"),
        *("x-amz-grant-read-acp", "x-amz-grant-write", "x-amz-grant-write-acp"),
        *("x-amz-if-match-initiated-time", "x-amz-if-match-last-modified-time", "x-amz-if-match-size"),
        *("x-amz-max-parts", "x-amz-metadata-directive", "x-amz-mp-object-size"),
        *("x-amz-object-annotation-directive", "x-amz-object-attributes", "x-amz-object-if-match"),
        *("x-amz-object-lock-event-hold", "x-amz-object-lock-event-hold-duration-days"),
        *("x-amz-object-lock-event-hold-duration-years", "x-amz-object-lock-legal-hold"),
        *("x-amz-object-lock-mode", "x-amz-object-lock-retain-until-date", "x-amz-object-ownership"),
        *("x-amz-optional-object-attributes", "x-amz-part-number-marker", "x-amz-rename-source"),
        *("x-amz-rename-source-if-match", "x-amz-rename-source-if-modified-since"),
        *("x-amz-rename-source-if-none-match", "x-amz-rename-source-if-unmodified-since"),
        *("x-amz-request-payer", "x-amz-sdk-checksum-algorithm", _ENCRYPTION),
        *(f"{_ENCRYPTION}-aws-kms-key-id", f"{_ENCRYPTION}-bucket-key-enabled"),
        *(f"{_ENCRYPTION}-customer-algorithm", "x-amz-skip-destination-validation"),
        *("x-amz-source-expected-bucket-owner", "x-amz-storage-class", "x-amz-tagging"),
        *("x-amz-tagging-directive", "x-amz-trailer", "x-amz-transition-default-minimum-object-size"),
        *("x-amz-website-redirect-location", "x-amz-write-offset-bytes"),
    )
)
# Parameters of a presigned URL besides its signature and token, in lower case.
_OF_URLS = frozenset(
    f"x-amz-{name}" for name in ("algorithm", "credential", "date", "expires", "signedheaders")
)
SECRETS = frozenset({"authorization", "samlassertion", "signature", "webidentitytoken"})
_MOST = 64  # headers, or parameters, of one request
_ROOM = 8 * 1024  # characters of them together


def may_log_header(name: str) -> bool:
    """`name` is in lower case."""
    return name in HEADERS or name.startswith(META)


def may_log_parameter(name: str) -> bool:
    """Whether a query parameter, form field or element of an error may be shown."""
    lower = name.lower()
    if lower.startswith("x-amz-"):
        return lower in _OF_URLS or may_log_header(lower)
    return lower not in SECRETS


def redacted_url(url: str) -> str:
    """A URL or the target of a request, with REDACTED in the place of secret values in its query."""
    path, mark, query = url.partition("?")
    return f"{path}{mark}{_redacted_query(query)}"


def redacted_fields(fields: Mapping[str, str], target: str) -> dict[str, str]:
    """The elements of an error for the log; `target` is that of the request."""
    shown = {name: _FIELDS[name](text) if name in _FIELDS else text for name, text in fields.items()}
    if "ArgumentValue" in shown and not may_log_parameter(shown.get("ArgumentName", "")):
        shown["ArgumentValue"] = REDACTED
    if "URI" in shown and shown["URI"] in target.partition("?")[2]:
        shown["URI"] = REDACTED
    return {name: text[:LONGEST_TEXT] for name, text in shown.items()}


def completed(record: RequestRecord, headers: Mapping[str, str], raw_query: str) -> RequestRecord:
    """The record with the headers and query of its request."""
    items = parse_query(raw_query)
    query = _first(items)
    shown = {name: text for name, text in headers.items() if name in HEADERS}
    sent = (item for item in (*headers.items(), *items) if item[0].lower().startswith(META))
    return record._replace(
        query=bounded((name, text) for name, text in query.items() if may_log_parameter(name)),
        headers=bounded(shown.items()),
        metadata=record.metadata or bounded((name.lower()[len(META) :], text) for name, text in sent),
        version_id=record.version_id or query.get("versionId", "")[:LONGEST_TEXT],
        attempt=_attempt(headers.get("amz-sdk-request", "")),
        invocation_id=headers.get("amz-sdk-invocation-id", "")[:LONGEST_TEXT],
    )


def _first(items: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The first value of each name."""
    found: dict[str, str] = {}
    for name, value in items:
        found.setdefault(name, value)
    return found


def bounded(items: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The first values, up to the limit of characters for one request."""
    return dict(_within(items))


def _within(items: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    room = _ROOM
    for number, (name, value) in enumerate(items):
        room -= len(name) + len(value)
        if room < 0 or number == _MOST:
            return
        yield name, value


def _attempt(text: str) -> int:
    """The attempt in `attempt=2; max=5`, a header of AWS's SDKs; 0 without one."""
    for part in text.split(";"):
        name, _, value = part.strip().partition("=")
        if name == "attempt":
            return parse_count(value) or 0
    return 0


def _redacted_query(query: str) -> str:
    return "&".join([_redacted_pair(pair) for pair in query.split("&")])


def _redacted_pair(pair: str) -> str:
    name, mark, _ = pair.partition("=")
    return pair if not mark or may_log_parameter(unquote(name)) else f"{name}={REDACTED}"


def _redacted_canonical_request(text: str) -> str:
    """Its third line is the query; the headers follow up to an empty line."""
    method, _, rest = text.partition("\n")
    path, _, rest = rest.partition("\n")
    query, _, rest = rest.partition("\n")
    headers, _, rest = rest.partition("\n\n")
    lines = [_redacted_line(line) for line in headers.split("\n")]
    return "\n".join((method, path, _redacted_query(query), *lines, "", rest))


def _redacted_string_to_sign(text: str) -> str:
    """Version 4 signs a hash, version 2 the x-amz-* headers; a form's is its policy, which has its fields."""
    if text.startswith("AWS4-"):
        return text
    if "\n" not in text:
        return REDACTED
    lines = [_redacted_line(line) if line.startswith("x-amz-") else line for line in text.split("\n")]
    return "\n".join(lines)


def _redacted_line(line: str) -> str:
    name, mark, _ = line.partition(":")
    return line if not mark or may_log_header(name) else f"{name}:{REDACTED}"


def _redacted(_text: str) -> str:
    return REDACTED


# Element of an error -> the function that redacts it. Elements in bytes repeat the others.
_FIELDS: Mapping[str, Callable[[str], str]] = {
    "CanonicalRequest": _redacted_canonical_request,
    "CanonicalRequestBytes": _redacted,
    "SignatureProvided": _redacted,
    "StringToSign": _redacted_string_to_sign,
    "StringToSignBytes": _redacted,
    "Token-0": _redacted,
}
