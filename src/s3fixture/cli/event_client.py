"""Listening to the events of a server over HTTP, as MinIO's clients do.

https://github.com/minio/minio-go/blob/master/bucket-notification.go (ListenBucketNotification)
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import HTTPClientError
from botocore.httpsession import URLLib3Session
from urllib3.exceptions import HTTPError

from s3fixture.cli.addresses import Remote
from s3fixture.errors import S3FixtureError
from s3fixture.wire.xml_parser import DocumentError, parse_document

if TYPE_CHECKING:
    from s3fixture.cli.target_server import Target

_PING = 10  # seconds after which a silent server gives a sign of life
_CONNECT_SECONDS = 5
# A server with the defaults of AWS offers this API of MinIO to the clients that know it.
_AGENT = "s3fixture (MinIO)"
_CHUNK = 65536  # bytes
_LONGEST = 1024 * 1024  # bytes of a line: some records


def listen(
    endpoint: Target, place: Remote, events: Sequence[str], prefix: str, suffix: str
) -> Iterator[dict[str, Any]]:
    """S3's records of events as they happen, of all buckets when `place` names none; it does not end.

    Raises S3FixtureError when the server refuses, or does not go on.
    """
    verify: Any = endpoint.ca_file or True
    timeout: Any = (_CONNECT_SECONDS, 3 * _PING)  # the stubs know less than botocore takes
    session = URLLib3Session(verify=verify, timeout=timeout)
    wanted = [
        *(("events", event) for event in events),
        ("prefix", prefix),
        ("suffix", suffix),
        ("ping", _PING),
    ]
    request = AWSRequest(
        "GET",
        f"{endpoint.url}/{place.bucket}?{urlencode(wanted, quote_via=quote)}",
        headers={"User-Agent": _AGENT},
        stream_output=True,
    )
    keys = Credentials(endpoint.access_key, endpoint.secret_key, endpoint.session_token)
    S3SigV4Auth(keys, "s3", endpoint.region).add_auth(request)
    response = session.send(request.prepare())
    if response.status_code != 200:
        raise S3FixtureError(f"{place.at('')}: {_refusal(response.status_code, response.content)}")
    try:
        for line in _lines(response.raw.stream(_CHUNK)):
            yield from json.loads(line)["Records"] or ()
    except (HTTPError, HTTPClientError, ValueError, LookupError) as error:
        raise S3FixtureError(f"the events of {endpoint.url} cannot be read: {error}") from error
    raise S3FixtureError(f"{endpoint.url} ended the stream of events; start the command again")


def _lines(chunks: Iterator[bytes]) -> Iterator[bytes]:
    rest = b""
    for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        yield from (line for line in lines if line.strip())
        if len(rest) > _LONGEST:
            raise ValueError(f"the server sent a line of more than {_LONGEST} bytes")


def _refusal(status: int, body: bytes) -> str:
    try:
        found = {node.name: node.text for node in parse_document(body).children}
    except DocumentError:
        found = {}
    return f"{found.get('Code', status)}: {found.get('Message', 'this server does not tell of events so')}"
