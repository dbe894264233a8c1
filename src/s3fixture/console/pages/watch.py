"""The live requests to the API, and the usage of the buckets over time."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Response

from s3fixture.console.feed import Batch, Viewer
from s3fixture.console.pages.control import may_control
from s3fixture.console.preview import beginning
from s3fixture.console.request_snippets import boto3_line, curl_line
from s3fixture.console.usage import EVERY
from s3fixture.console.visit import NO_STORE, PageError, Visit, json_response
from s3fixture.errors import ERRORS, S3Error
from s3fixture.records import EFFECTS
from s3fixture.wire.protocol import Protocol

if TYPE_CHECKING:
    from s3fixture.records import RequestRecord

_HEXADECIMAL = frozenset(b"0123456789abcdefABCDEF")


def show_watch(visit: Visit) -> Response:
    """GET /watch."""
    return visit.page(
        "watch.html",
        title="Requests",
        sees_all=visit.session.identity.root,
        may_control=may_control(visit),
        in_memory=visit.caller.app.settings.data_dir is None,
        effects=EFFECTS,
        operations=sorted(visit.caller.app.protocol.operations),
        codes=sorted(ERRORS),
    )


def show_repeat_commands(visit: Visit, request_id: str) -> Response:
    """GET /api/watch/<request_id>: {curl, boto3}, commands that repeat this request."""
    record, app = _record(visit, request_id), visit.caller.app
    return json_response(
        {
            "curl": curl_line(record, visit.endpoint, app.settings.region),
            "boto3": boto3_line(record, app.protocol),
        }
    )


def show_bodies(visit: Visit, request_id: str) -> Response:
    """GET /api/watch/<request_id>/bodies: {sent, answered}, their first bytes; "" when not recorded.

    Only for the operator and the sender: the owner of a bucket need not own its objects.
    """
    record, recorder = _record(visit, request_id), visit.caller.app.bodies
    identity = visit.session.identity
    may_see = identity.root or record.access_key == identity.access_key
    found = recorder.of(request_id) if recorder and may_see else None
    if found is None:
        return json_response({"sent": "", "answered": ""})
    framed = "aws-chunked" in record.headers.get("content-encoding", "") or "x-amz-trailer" in record.headers
    sent = unframed(found.sent) if framed else found.sent
    return json_response({"sent": beginning(sent), "answered": beginning(found.answered)})


def _record(visit: Visit, request_id: str) -> RequestRecord:
    """Raises PageError."""
    found = [record for record in visit.caller.app.log.entries() if record.request_id == request_id]
    if not visible_to(visit, found):
        raise PageError(404, "This request is no longer among the last 1,000.")
    return found[0]


def usage(visit: Visit) -> Response:
    """GET /api/usage: [time, objects, bytes] of the person's own buckets; empty for a user, who owns none."""
    identity = visit.session.identity
    samples = [] if identity.is_limited else visit.console.usage.of(identity.canonical_id)
    return json_response({"every": EVERY, "samples": samples})


def stream(visit: Visit) -> Response:
    """GET /api/watch?bodies=: Server-Sent Events, each a list of requests; bodies=1 records bodies."""
    who, after = visit.session.identity.access_key, visit.request.headers.get("Last-Event-ID", "")
    viewer = visit.console.feed.watch(who, after)
    if viewer is None:
        raise PageError(503, "Too many windows show requests; close one.")
    headers = {**NO_STORE, "X-Accel-Buffering": "no"}
    return Response(
        _Events(viewer, visit, with_bodies=visit.argument("bodies") == "1"),
        headers=headers,
        content_type="text/event-stream",
    )


def unframed(data: bytes) -> bytes:
    """The payload in the first bytes of a body in aws-chunked encoding."""
    payload = b""
    while data:
        line, _, data = data.partition(b"\r\n")
        digits = line.partition(b";")[0]
        if not 0 < len(digits) <= 8 or not set(digits) <= _HEXADECIMAL:
            break
        length = int(digits, 16)
        payload += data[:length]
        data = data[length + 2 :]
    return payload


class _Events:
    """The body of the stream; `close` is called when the browser has disconnected."""

    def __init__(self, viewer: Viewer, visit: Visit, *, with_bodies: bool) -> None:
        self._viewer = viewer
        self._visit = visit
        self._with_bodies = with_bodies
        if with_bodies:
            visit.console.bodies.start()

    def __iter__(self) -> Iterator[bytes]:
        yield b"retry: 1000\n\n"
        for batch in self._viewer:
            if not self._logged_in():
                return
            yield self._event(batch)

    def close(self) -> None:
        self._viewer.close()
        if self._with_bodies:
            self._with_bodies = False
            self._visit.console.bodies.stop()

    def _logged_in(self) -> bool:
        """Whether the person is still logged in; a log-out ends the stream in all windows."""
        return self._visit.is_current()

    def _event(self, batch: Batch) -> bytes:
        if not batch.records and not batch.lost:
            return b": still here\n\n"
        shown = visible_to(self._visit, batch.records)
        document = {"requests": [describe(self._visit, record) for record in shown], "lost": batch.lost}
        last = f"id: {batch.records[-1].request_id}\n" if batch.records else ""
        return f"{last}data: {json.dumps(document)}\n\n".encode()


def visible_to(visit: Visit, records: list[RequestRecord]) -> list[RequestRecord]:
    """What this person may see: the operator all, others their own, accounts those to their buckets."""
    identity = visit.session.identity
    if identity.root:
        return records
    if identity.is_limited:
        return [record for record in records if record.access_key == identity.access_key]
    with visit.caller.app.store.read() as index:
        rows = {name: index.get_bucket(name) for name in {record.bucket for record in records}}
    # Only since the bucket was made, because an earlier one of its name may have had another owner.
    own = {
        name: row.created
        for name, row in rows.items()
        if row is not None and row.owner == identity.canonical_id
    }
    return [
        record
        for record in records
        if record.access_key == identity.access_key or own.get(record.bucket, math.inf) <= record.time
    ]


def describe(visit: Visit, record: RequestRecord) -> dict[str, Any]:
    """A record for the page; an error with the document that the client got."""
    described: dict[str, Any] = record._asdict()
    identity = visit.caller.app.identities.by_access_key(record.access_key)
    described["who"] = identity.name if identity else ""
    described["xml"] = _error_document(visit.caller.app.protocol, record)
    return described


def _error_document(protocol: Protocol, record: RequestRecord) -> str:
    """The body of the error, made again from the record, without the random HostId."""
    if record.error_code not in ERRORS:
        return ""
    error = S3Error(record.error_code, record.error_message, headers=None, **record.error_fields)
    body = protocol.serialize_error(error, request_id=record.request_id, host_id="").body
    return body.decode("utf-8", "replace").replace("<HostId></HostId>", "") if isinstance(body, bytes) else ""
