"""What there is on a server, asked for without boto3, whose start takes longer than the answer.

What is not answered with status 200 is asked for again with boto3, which tries again and explains.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote_plus, urlsplit

from s3fixture.auth import sigv4
from s3fixture.checksums import EMPTY_SHA256
from s3fixture.errors import S3FixtureError
from s3fixture.wire.times import parse_iso
from s3fixture.wire.xml_parser import DocumentError, Node, parse_document

if TYPE_CHECKING:
    from s3fixture.cli.target_server import Target

_SECONDS = 20.0  # for an answer
_MOST = 64 * 1024 * 1024  # bytes of one
_BOOLEAN, _OK = "true", 200
Entry = dict[str, Any]


# Element -> how its text is read; others are texts. Keys are encoded, since XML cannot have all of them.
_READERS: Mapping[str, Callable[[str], Any]] = {
    "Size": int,
    "IsLatest": lambda text: text == _BOOLEAN,
    "LastModified": parse_iso,
    "CreationDate": parse_iso,
    "Key": unquote_plus,
    "Prefix": unquote_plus,
}


@dataclass(frozen=True, slots=True)
class _Listing:
    """A way to list: its parameters, and the elements by which it goes on."""

    operation: str  # boto3's name
    query: Mapping[str, str]
    goes_on: Mapping[str, str]  # parameter of the next page -> element of this one


_OBJECTS = _Listing("list_objects_v2", {"list-type": "2"}, {"continuation-token": "NextContinuationToken"})
_VERSIONS = _Listing(
    "list_object_versions",
    {"versions": ""},
    {"key-marker": "NextKeyMarker", "version-id-marker": "NextVersionIdMarker"},
)


class Listings:
    """The buckets, objects and versions of a server, as boto3 has them."""

    def __init__(self, endpoint: Target, *, seconds: float = _SECONDS, patient: bool = True) -> None:
        """`seconds` for each answer; not `patient`: what is not answered at once raises S3FixtureError."""
        self._endpoint = endpoint
        self._seconds = seconds
        self._patient = patient

    def buckets(self) -> list[Entry]:
        """Name and CreationDate of each. Raises as boto3."""
        answer = self._get("", {})
        if answer is None:
            from s3fixture.cli.target_server import client_of

            return [dict(found) for found in client_of(self._endpoint).list_buckets()["Buckets"]]
        (buckets,) = (node for node in answer.children if node.name == "Buckets")
        return [_entry(node) for node in buckets.children]

    def objects(self, bucket: str, prefix: str, delimiter: str = "", limit: int = 0) -> Iterator[Entry]:
        """Pages with CommonPrefixes and Contents; `limit`: one page with so many. Raises as boto3."""
        return self._pages(_OBJECTS, bucket, prefix, delimiter, limit)

    def versions(self, bucket: str, prefix: str, delimiter: str = "", limit: int = 0) -> Iterator[Entry]:
        """Pages with CommonPrefixes, Versions and DeleteMarkers. Raises as boto3."""
        return self._pages(_VERSIONS, bucket, prefix, delimiter, limit)

    def _pages(
        self, listing: _Listing, bucket: str, prefix: str, delimiter: str, limit: int
    ) -> Iterator[Entry]:
        query = {**listing.query, "prefix": prefix, "encoding-type": "url"}
        query |= {"delimiter": delimiter} if delimiter else {}
        query |= {"max-keys": str(limit)} if limit else {}
        first = True
        while True:
            answer = self._get(bucket, query)
            if answer is None:
                if not first:  # boto3 begins anew, and what was told already must not be told twice
                    raise S3FixtureError(
                        f"{self._endpoint.url} stopped in the middle of a listing; try again"
                    )
                yield from self._asked_by_boto3(listing, bucket, prefix, delimiter, limit)
                return
            first = False
            yield _page(answer)
            texts = {node.name: node.text for node in answer.children}
            if limit or texts.get("IsTruncated") != _BOOLEAN:
                return
            for parameter, element in listing.goes_on.items():
                encoded = texts.get(element, "")
                query[parameter] = unquote_plus(encoded) if element == "NextKeyMarker" else encoded

    def _asked_by_boto3(
        self, listing: _Listing, bucket: str, prefix: str, delimiter: str, limit: int
    ) -> Iterator[Entry]:
        from s3fixture.cli.target_server import client_of

        options: Any = {"Bucket": bucket, "Prefix": prefix, "Delimiter": delimiter}
        client = client_of(self._endpoint)
        if limit:
            yield getattr(client, listing.operation)(**options, MaxKeys=limit)
        else:
            paginator: Any = client.get_paginator(listing.operation)  # type: ignore[call-overload]  # one of several names
            yield from paginator.paginate(**options)

    def _get(self, bucket: str, query: Mapping[str, str]) -> Node | None:
        """The document; None where the answer is none, for whatever reason."""
        parts = urlsplit(self._endpoint.url)
        path = f"{parts.path.rstrip('/')}/{quote(bucket, safe='')}"
        line = sigv4.canonical_query(query.items())
        ask = _ask_over_tls if parts.scheme == "https" else _ask
        try:
            headers = self._signed(parts.netloc, path, line)
            status, body = ask(self._endpoint, f"{path}?{line}", headers, self._seconds)
            if status == _OK:
                return parse_document(body)
        except (OSError, DocumentError, ValueError):
            pass  # boto3 will say it
        if not self._patient:
            raise S3FixtureError(f"{self._endpoint.url} does not answer at once")
        return None

    def _signed(self, host: str, path: str, query: str) -> dict[str, str]:
        timestamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        headers = {"host": host, "x-amz-content-sha256": EMPTY_SHA256, "x-amz-date": timestamp}
        date, region = timestamp[:8], self._endpoint.region
        scope = f"{date}/{region}/s3/aws4_request"
        if self._endpoint.session_token:
            headers["x-amz-security-token"] = self._endpoint.session_token
        signed = tuple(headers)  # which are in the order of their names
        names = ";".join(signed)
        request = sigv4.canonical_request(
            *("GET", sigv4.canonical_uri(path), query, sigv4.canonical_headers(headers, signed), names),
            EMPTY_SHA256,
        )
        signature = sigv4.signature(
            sigv4.signing_key(self._endpoint.secret_key, date, region),
            sigv4.string_to_sign(timestamp, scope, request),
        )
        credential = f"{self._endpoint.access_key}/{scope}"
        authorization = f"Credential={credential}, SignedHeaders={names}, Signature={signature}"
        return {**headers, "Authorization": f"{sigv4.ALGORITHM} {authorization}", "User-Agent": "s3fixture"}


def _ask(server: Target, path: str, headers: Mapping[str, str], seconds: float) -> tuple[int, bytes]:
    """Status and body, by HTTP/1.0: the answer ends with the connection.

    Without http.client, whose import takes longer than the rest of a completion in a shell.
    """
    parts = urlsplit(server.url)
    lines = [f"GET {path} HTTP/1.0", *(f"{name}: {value}" for name, value in headers.items())]
    if any("\r" in line or "\n" in line for line in lines):
        raise ValueError("a header has more than one line")
    host: Any = (parts.hostname or "").encode("ascii")  # for a text, Python would load its tables of IDNA
    with socket.create_connection((host, parts.port or 80), seconds) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode("ascii"))
        with connection.makefile("rb") as answer:
            head, _, body = answer.read(_MOST).partition(b"\r\n\r\n")
    return int(head.split(b" ", 2)[1]), body


def _ask_over_tls(server: Target, path: str, headers: Mapping[str, str], seconds: float) -> tuple[int, bytes]:
    from http.client import HTTPException  # imported when used: with TLS it takes its time anyway

    from s3fixture.backends.readiness import connection

    try:
        with closing(connection(server.url, seconds, server.ca_file)) as asked:
            asked.request("GET", path, headers=dict(headers))
            response = asked.getresponse()
            return response.status, response.read(_MOST)
    except HTTPException as error:
        raise OSError(f"no HTTP: {error}") from error


def _page(answer: Node) -> Entry:
    """Lists of boto3's names, each with its entries in their order."""
    lists = {"Contents": "Contents", "Version": "Versions", "DeleteMarker": "DeleteMarkers"}
    found: Entry = {name: [] for name in ("CommonPrefixes", *lists.values())}
    for node in answer.children:
        if node.name == "CommonPrefixes":
            found["CommonPrefixes"] += [{"Prefix": unquote_plus(inner.text)} for inner in node.children]
        elif node.name in lists:
            found[lists[node.name]].append(_entry(node))
    return found


def _entry(node: Node) -> Entry:
    return {inner.name: _READERS.get(inner.name, str)(inner.text) for inner in node.children}
