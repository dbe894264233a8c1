"""What comes from outside is read in a time that grows as it does, and no faster.

The steps are counted, not timed: twice as much input may take twice as many. Each case also runs once at the
limit that the server has for such input; what takes long in C, where no steps are counted, meets the time
limit of the test there.
"""

from __future__ import annotations

import base64
import bz2
import gzip
import io
import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from io import BytesIO
from typing import Any, NamedTuple

import pytest
from counted_steps import steps

from s3fixture.app.form_fields import parameters, redirection
from s3fixture.auth import sigv4
from s3fixture.auth.identity import Identities
from s3fixture.auth.policies import parse_policy
from s3fixture.auth.post_policy import parse_post_policy
from s3fixture.console.preview.facts import yaml_facts
from s3fixture.console.preview.tabular import csv_table
from s3fixture.console.typed_documents import check_policy, cors_rules, lifecycle_rules
from s3fixture.console.visit import PageError
from s3fixture.errors import ClientDisconnected, S3Error
from s3fixture.server.bounds import Limits, MalformedRequest
from s3fixture.server.receiver import Receiver
from s3fixture.server.requests import HeadParser, open_body
from s3fixture.service import cors, preconditions, select
from s3fixture.wire.chunked import ChunkedReader
from s3fixture.wire.protocol import Protocol
from s3fixture.wire.request import parse_target
from s3fixture.wire.values import make_reader
from s3fixture.wire.xml_parser import DocumentError, parse_document

KIB = 1024
PROTOCOL = Protocol()
NOBODY = Identities()
REFUSALS = (S3Error, DocumentError, MalformedRequest, ClientDisconnected, PageError)


class Case(NamedTuple):
    """`call` with an input of some `limit` characters, elements or whatever the limit counts."""

    limit: int
    call: Callable[[int], object]


def policy(**elements: Any) -> str:
    statement = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::b/*",
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [{**statement, **elements}]})


def put_policy(**elements: Any) -> None:
    parse_policy(policy(**elements), "b", NOBODY)


def ask_policy(agent: str, **elements: Any) -> None:
    parsed = parse_policy(policy(**elements), "b", NOBODY)
    parsed.evaluate(None, "s3:GetObject", "arn:aws:s3:::b/key", {"aws:useragent": (agent,)})


def like(*patterns: str) -> dict[str, Any]:
    return {"Condition": {"StringLike": {"aws:UserAgent": patterns}}}


def post_policy(conditions: Any) -> None:
    document = {"expiration": "2030-01-01T00:00:00Z", "conditions": conditions}
    parsed = parse_post_policy(base64.b64encode(json.dumps(document).encode()).decode())
    parsed.check({"key": "k", "content-type": "a," * 1000}, "b", 0.0)


def nested_json(n: int) -> None:
    parse_post_policy(base64.b64encode(b'{"conditions":' + b"[" * n).decode())


def route(query: str) -> None:
    target = parse_target(f"/b/k?{query}", "", ())
    PROTOCOL.route("GET", target, {})
    sigv4.canonical_query(target.query_items)


def read_header(operation: str, member: str, text: str) -> None:
    shape = PROTOCOL.model.operation_model(operation).input_shape
    assert shape is not None
    read = make_reader(shape.members[member].serialization["name"], shape.members[member])
    assert read is not None
    read(text)


def read_list(text: str) -> None:
    read_header("GetObjectAttributes", "ObjectAttributes", text)


def read_tags(text: str) -> None:
    read_header("PutObject", "Tagging", text)


def read_frames(data: bytes) -> None:
    reader = ChunkedReader(BytesIO(data), None, signed=False)
    while reader.read(64 * KIB):
        pass


class Wire:
    """A socket that has all of `data`, in pieces of at most `piece` bytes."""

    def __init__(self, data: bytes, piece: int = 64 * KIB) -> None:
        self._data = BytesIO(data)
        self._piece = piece

    def recv(self, size: int) -> bytes:
        return self._data.read(min(size, self._piece))

    def settimeout(self, _seconds: float) -> None:
        """It never waits."""


def receiver(data: bytes, piece: int = 64 * KIB) -> Receiver:
    wire: Any = Wire(data, piece)
    return Receiver(wire, Limits(), lambda: False, (BlockingIOError,))


def read_head(data: bytes) -> None:
    head = receiver(data).head()
    if head is not None:
        HeadParser(Limits().header_count).parse(head)


def read_body(data: bytes) -> None:
    body = open_body(receiver(data), None, length=0, chunked=True)
    while body.read1():
        pass


def preflight(rules: int, asked: int) -> None:
    rule = {
        "AllowedOrigins": [f"http://*{n}" for n in range(rules)] + ["*"],
        "AllowedMethods": ["GET"],
        "AllowedHeaders": [f"{n}*" for n in range(rules)],
    }
    names = ",".join(f"x{n}" for n in range(asked))
    headers = {
        "origin": "http://a",
        "access-control-request-method": "GET",
        "access-control-request-headers": names,
    }
    cors.preflight(_OneBucket(json.dumps([rule])), "b", "k", headers)  # type: ignore[arg-type]  # all it asks for


class _OneBucket:
    """What CORS asks of a store and of its index, in one."""

    def __init__(self, document: str) -> None:
        self._document = document

    def read(self) -> _OneBucket:
        return self

    def __enter__(self) -> _OneBucket:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def get_bucket(self, _name: str) -> Any:
        return self

    id = 1

    def get_document(self, _bucket: int, _kind: str) -> str:
        return self._document


class _Table:
    """What becomes of records is not counted."""

    def fill_from_json(self, values: Iterable[Any]) -> None:
        for _ in values:
            pass

    fill_from_rows = staticmethod(lambda rows, _names: _Table().fill_from_json(rows))


def records(data: bytes, compression: str = "NONE", **source: Any) -> None:
    """The records of an object, as SelectObjectContent finds them before it asks its engine."""
    plain = select._decompress(data, compression)
    select._fill(_Table(), [], plain, source, None)  # type: ignore[arg-type]  # all it asks for


DOCUMENTS, LINES = {"Type": "DOCUMENT"}, {"Type": "LINES"}


CASES: Mapping[str, Case] = {
    # Policies of buckets: 20 KiB.
    "variable of spaces": Case(19_000, lambda n: put_policy(Resource="arn:aws:s3:::b/${" + " " * n)),
    "variables never closed": Case(9_000, lambda n: put_policy(Resource="arn:aws:s3:::b/" + "${" * n)),
    "defaults never closed": Case(4_000, lambda n: put_policy(Resource="arn:aws:s3:::b/" + "${a,'" * n)),
    "stars in a resource": Case(9_000, lambda n: put_policy(Resource="arn:aws:s3:::b/" + "*a" * n)),
    "stars in an action": Case(9_000, lambda n: put_policy(Action="s3:" + "*?" * n)),
    "actions": Case(2_500, lambda n: put_policy(Action=["s3:*"] * n)),
    "principals": Case(900, lambda n: put_policy(Principal={"AWS": ["123456789012"] * n})),
    "condition values": Case(2_500, lambda n: put_policy(**like(*["a*b"] * n))),
    "nested policy": Case(19_000, lambda n: parse_policy('{"Statement":' + "[" * n, "b", NOBODY)),
    # What they are compared with: a head of 64 KiB.
    "one long pattern": Case(19_000, lambda n: ask_policy("a" * 3 * n, **like("*?" + "a" * n + "b*"))),
    "many places": Case(6_000, lambda n: ask_policy("a" * 9 * n, **like("*a?" * n))),
    "many patterns": Case(2_500, lambda n: ask_policy("a" * 24 * n, **like(*["*?b*"] * n))),
    "filled patterns": Case(1_000, lambda n: ask_policy("a" * 60 * KIB, **like("${aws:useragent}" * n))),
    # The policy in a form: 20 KiB.
    "conditions": Case(700, lambda n: post_policy([["starts-with", "$content-type", ""]] * n)),
    "nested conditions": Case(14_000, nested_json),
    # Documents: 2 MiB.
    "elements": Case(500_000, lambda n: parse_document(b"<a>" + b"<b/>" * n + b"</a>")),
    "text between elements": Case(400_000, lambda n: parse_document(b"<a>" + b"x<b/>" * n + b"</a>")),
    "text between comments": Case(250_000, lambda n: parse_document(b"<a>" + b"x<!---->" * n + b"</a>")),
    "references": Case(400_000, lambda n: parse_document(b"<a>" + b"&lt;" * n + b"</a>")),
    "nested elements": Case(600_000, lambda n: parse_document(b"<a>" * n)),
    "attributes": Case(
        200_000, lambda n: parse_document(b"<a" + b"".join(b' a%d=""' % i for i in range(n)) + b"/>")
    ),
    "namespaces": Case(
        100_000, lambda n: parse_document(b"<a" + b"".join(b' xmlns:a%d="u"' % i for i in range(n)) + b"/>")
    ),
    "entities": Case(1, lambda n: parse_document(b'<!DOCTYPE a [<!ENTITY b "b">]><a>&b;</a>')),
    # Targets and headers: 64 KiB.
    "query parameters": Case(21_000, lambda n: route("&".join(f"a{i}" for i in range(n // 2)))),
    "subresources": Case(10_000, lambda n: route("&".join(f"acl{i}" for i in range(n // 2)) + "&acl&cors")),
    "escapes": Case(21_000, lambda n: route("a=" + "%41" * n)),
    "path": Case(21_000, lambda n: parse_target("/b/" + "../" * n, "", ())),
    "list in a header": Case(30_000, lambda n: read_list('"a",' * (n // 2))),
    "escaped list in a header": Case(30_000, lambda n: read_list('"' + '\\",' * (n // 2))),
    "entity tags": Case(30_000, lambda n: preconditions.matches('"a",' * (n // 2), "b")),
    "tags in a header": Case(30_000, lambda n: read_tags("&".join(f"a{i}=" for i in range(n // 2)))),
    "headers": Case(256, lambda n: read_head(b"GET / HTTP/1.1\r\nhost: a\r\n" + b"a: b\r\n" * n + b"\r\n")),
    "empty lines": Case(32 * KIB, lambda n: read_head(b"\r\n" * n)),
    "lines without an end": Case(32 * KIB, lambda n: read_head(b"a\r\n" * n)),
    "signed headers": Case(
        30_000, lambda n: sigv4.canonical_headers({"a": " " * n}, ["a"] * 2 + ["b"] * (n // 2))
    ),
    # Bodies, which have no limit: what counts is a step for so many bytes.
    "chunks": Case(50_000, lambda n: read_body(b"1\r\na\r\n" * n + b"0\r\n\r\n")),
    "chunk extensions": Case(2_000, lambda n: read_body((b"1;" + b"a" * 900 + b"\r\na\r\n") * n)),
    "trailers": Case(64, lambda n: read_body(b"0\r\n" + b"a: b\r\n" * n + b"\r\n")),
    "signed chunks": Case(
        100, lambda n: read_frames((b"2000\r\n" + b"a" * 8192 + b"\r\n") * n + b"0\r\n\r\n")
    ),
    "small chunks": Case(10_000, lambda n: read_frames(b"1\r\na\r\n" * n)),
    "trailing headers": Case(2_000, lambda n: read_frames(b"0\r\n" + b"a:b\n" * n + b"\r\n")),
    # Rules of 64 KiB, and all that a browser may ask for.
    "CORS rules": Case(1_500, lambda n: preflight(n, 8)),
    "CORS headers": Case(10_000, lambda n: preflight(8, n)),
    # Forms: 20 KiB.
    "form fields": Case(400, lambda n: parameters({f"x-amz-meta-{i}": "a" for i in range(n)})),
    "tags in a form": Case(
        600, lambda n: parameters({"tagging": "<T><S>" + "<Tag><Key>a</Key></Tag>" * n + "</S></T>"})
    ),
    "redirection": Case(
        9_000, lambda n: redirection({"redirect": "http://a/?" + "a&" * (n // 2)}, "b", "k", "e")
    ),
    # What the console shows: 256 KiB of a text. Sizes that tests have the time for.
    "nested YAML": Case(1, lambda _: yaml_facts("MLmodel", "[" * 60_000)),
    "YAML on one line": Case(10_000, lambda n: yaml_facts("MLmodel", "- " * (n // 2))),
    "YAML keys": Case(10_000, lambda n: yaml_facts("MLmodel", "a: 1\n" * (n // 5))),
    "YAML aliases": Case(10_000, lambda n: yaml_facts("MLmodel", "a: &a 1\nb: *a\n" * (n // 14))),
    "YAML numbers": Case(30_000, lambda n: yaml_facts("MLmodel", "run_id: 0x" + "f" * n)),
    "too long YAML": Case(1, lambda _: yaml_facts("MLmodel", "[" * 256 * KIB)),
    "CSV columns": Case(256 * KIB, lambda n: csv_table(io.BytesIO(("," * n).encode()))),
    "CSV quotes": Case(256 * KIB, lambda n: csv_table(io.BytesIO(('"' * n).encode()))),
    "CSV lines": Case(256 * KIB, lambda n: csv_table(io.BytesIO(("\n" * n).encode()))),
    # Objects that are selected from: 128 MiB. Sizes that tests have the time for.
    "JSON documents": Case(600_000, lambda n: records(b"1 " * n, JSON=DOCUMENTS)),
    "space between documents": Case(1_000_000, lambda n: records(b"1" + b" " * n, JSON=DOCUMENTS)),
    "JSON lines": Case(200_000, lambda n: records(b"1\n" * n, JSON=LINES)),
    "CSV records": Case(200_000, lambda n: records(b"1\n" * n, CSV={})),
    "CSV records of their own": Case(200_000, lambda n: records(b"1;" * n, CSV={"RecordDelimiter": ";"})),
    "members of GZIP": Case(600_000, lambda n: records(gzip.compress(b"") * n, "GZIP", JSON=LINES)),
    "members of BZIP2": Case(100_000, lambda n: records(bz2.compress(b"") * n, "BZIP2", JSON=LINES)),
    "a long member": Case(100, lambda n: records(gzip.compress(b" " * n * 1024 * KIB), "GZIP", JSON=LINES)),
    # What is typed into the console: 1 MiB.
    "policy typed": Case(8_000, lambda n: check_policy(policy(Action=["s3:*"] * n), "b", NOBODY)),
    "statements typed": Case(
        8_000, lambda n: check_policy('{"Id":"a","Statement":[' + "{}," * n + "{}]}", "b", NOBODY)
    ),
    "CORS typed": Case(5_000, lambda n: cors_rules("[" + '{"ID":"a"},' * n + "{}]")),
    "lifecycle typed": Case(5_000, lambda n: lifecycle_rules("[" + '{"ID":"a"},' * n + "{}]")),
}


@pytest.mark.parametrize("name", CASES)
def test_twice_as_much_takes_twice_as_many_steps(name: str) -> None:
    case = CASES[name]

    def run(size: int) -> None:
        with suppress(*REFUSALS):
            case.call(size)

    if case.limit > 1:
        part = max(case.limit // 16, 16)
        run(part)  # what is made at the first use does not count
        assert steps(lambda: run(2 * part)) <= 2.3 * steps(lambda: run(part)) + 200
    run(case.limit)
