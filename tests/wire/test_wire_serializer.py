"""Answers as S3 writes them, where the model does not say how."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from botocore.eventstream import EventStreamBuffer
from botocore.parsers import create_parser
from hypothesis import given
from hypothesis import strategies as st
from wire_shapes import MODEL, understand

from s3fixture.errors import S3Error
from s3fixture.model import tables
from s3fixture.model.tables import UNDECLARED_ERRORS
from s3fixture.wire.document_writers import Entries
from s3fixture.wire.protocol import Protocol
from s3fixture.wire.request import Response

PROTOCOL = Protocol()
DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>\n'
XMLNS = b' xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
NOON = datetime(2024, 2, 29, 12, 0, 0, 250_000, tzinfo=timezone.utc)


def text(response: Response) -> str:
    assert isinstance(response.body, bytes)
    assert ("Content-Length", str(len(response.body))) in response.headers
    return response.body.removeprefix(DECLARATION).replace(XMLNS, b"").decode()


def read(document: object) -> ElementTree.Element:
    assert isinstance(document, bytes)
    return ElementTree.fromstring(document)  # noqa: S314 - we wrote it


def header(response: Response, name: str) -> str | None:
    return next((value for key, value in response.headers if key == name), None)


@pytest.mark.parametrize(("operation", "root"), tables.ROOT_NAMES.items())
def test_roots_have_the_names_and_the_namespace_of_s3(operation: str, root: str) -> None:  # quirk 28
    shape = MODEL.operation_model(operation).output_shape
    assert shape is not None
    payload = shape.serialization.get("payload")

    response = PROTOCOL.serialize(operation, {payload: {}} if payload else {})

    assert isinstance(response.body, bytes)
    start = b"" if operation in tables.UNDECLARED else DECLARATION
    assert response.body == start + b"<" + root.encode() + XMLNS + b"/>"
    assert header(response, "Content-Type") == (
        None if operation in tables.WITHOUT_TYPE else "application/xml"
    )


@pytest.mark.skipif(
    "ListObjectAnnotations" not in MODEL.operation_names, reason="this botocore does not know annotations"
)
@pytest.mark.parametrize("operation", ["ListObjectAnnotations", "PutObjectAnnotation"])
def test_a_root_that_no_table_names_is_the_output_shape(operation: str) -> None:
    # As the "Response Syntax" of both operations' pages in the API reference has them.
    response = PROTOCOL.serialize(operation, {"Key": "k"})

    assert isinstance(response.body, bytes)
    assert response.body.startswith(DECLARATION + f"<{operation}Output".encode() + XMLNS)


def test_the_head_of_a_listing_stands_before_its_entries() -> None:  # quirk 29
    entry = {"Size": 1, "Key": "k", "ETag": "e", "LastModified": NOON, "Owner": {"ID": "o"}}
    result = {
        "Contents": [{**entry, "StorageClass": "STANDARD"}],
        "IsTruncated": False,
        "MaxKeys": 1000,
        "Name": "b",
        "Prefix": "",
        "Marker": "",
    }

    assert text(PROTOCOL.serialize("ListObjects", result)) == (
        "<ListBucketResult><Name>b</Name><Prefix></Prefix><Marker></Marker><MaxKeys>1000</MaxKeys>"
        "<IsTruncated>false</IsTruncated><Contents><Key>k</Key>"
        "<LastModified>2024-02-29T12:00:00.000Z</LastModified><ETag>&quot;e&quot;</ETag><Size>1</Size>"
        "<Owner><ID>o</ID></Owner><StorageClass>STANDARD</StorageClass></Contents></ListBucketResult>"
    )


@pytest.mark.parametrize(
    ("region", "inner"), [("eu-west-1", b">eu-west-1</LocationConstraint>"), (None, b"/>")]
)
def test_a_location_is_the_text_of_the_root(region: str | None, inner: bytes) -> None:  # quirk 30
    answer = PROTOCOL.serialize("GetBucketLocation", {"LocationConstraint": region}).body

    assert answer == DECLARATION + b"<LocationConstraint" + XMLNS + inner


def test_times_are_utc_whatever_zone_they_came_in() -> None:  # quirk 31
    local = NOON.astimezone(timezone(timedelta(hours=5, minutes=30)))
    retention = {"Retention": {"Mode": "GOVERNANCE", "RetainUntilDate": local}}

    assert "2024-02-29T12:00:00.250Z" in text(PROTOCOL.serialize("GetObjectRetention", retention))
    head = PROTOCOL.serialize("HeadObject", {"LastModified": local}, "HEAD")
    assert header(head, "Last-Modified") == "Thu, 29 Feb 2024 12:00:00 GMT"
    copied = text(PROTOCOL.serialize("CopyObject", {"CopyObjectResult": {"LastModified": local}}))
    assert "<LastModified>2024-02-29T12:00:00.000Z</LastModified>" in copied


def test_etags_are_quoted_except_in_object_attributes() -> None:  # quirk 32
    assert header(PROTOCOL.serialize("PutObject", {"ETag": "abc-2"}), "ETag") == '"abc-2"'
    assert header(PROTOCOL.serialize("PutObject", {"ETag": '"abc"'}), "ETag") == '"abc"'
    assert "<ETag>abc</ETag>" in text(PROTOCOL.serialize("GetObjectAttributes", {"ETag": "abc"}))


def test_encoded_listings_use_the_encoding_of_forms() -> None:  # quirk 33
    result = {
        "EncodingType": "url",
        "Prefix": "a b/ä~*",
        "Delimiter": "/",
        "ContinuationToken": "a+b/=",
        "Contents": [{"Key": "a+ b(1)&<"}],
        "CommonPrefixes": [{"Prefix": "x\x01/"}],
    }

    answer = text(PROTOCOL.serialize("ListObjectsV2", result))

    assert "<Prefix>a+b/%C3%A4%7E*</Prefix>" in answer
    assert "<Delimiter>/</Delimiter>" in answer
    assert "<ContinuationToken>a+b/=</ContinuationToken>" in answer
    assert "<Key>a%2B+b%281%29%26%3C</Key>" in answer
    assert "<CommonPrefixes><Prefix>x%01/</Prefix></CommonPrefixes>" in answer


def test_what_xml_cannot_hold_is_written_as_a_reference_in_results() -> None:  # quirk 34
    answer = text(PROTOCOL.serialize("ListObjects", {"Contents": [{"Key": '\x01\ufffe\t\n\r<&>"'}]}))

    assert "<Key>&#x1;&#xfffe;&#x9;&#xa;&#xd;&lt;&amp;&gt;&quot;</Key>" in answer


def test_what_xml_cannot_hold_is_replaced_in_errors() -> None:  # quirk 34
    error = S3Error("NoSuchKey", Key="a\x01\ufffe\ud800<b")
    response = PROTOCOL.serialize_error(error, request_id="R", host_id="H")

    assert read(response.body).findtext("Key") == "a\ufffd\ufffd\ufffd<b"


@pytest.mark.parametrize(
    ("operation", "status"),
    [("DeleteObject", 204), ("PutBucketPolicy", 204), ("PutBucketTagging", 204), ("PutObject", 200)],
)
def test_statuses_are_those_of_s3(operation: str, status: int) -> None:  # quirk 35
    response = PROTOCOL.serialize(operation, {})

    assert response.status == status
    assert (response.body is None) == (status == 204)


def test_an_error_is_bare_and_botocore_reads_it() -> None:  # quirk 36
    error = S3Error("NoSuchKey", headers={"x-amz-delete-marker": "true"}, Key="a&b")
    response = PROTOCOL.serialize_error(error, request_id="R", host_id="H")

    assert isinstance(response.body, bytes)
    assert response.body == DECLARATION + (
        b"<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message><Key>a&amp;b</Key>"
        b"<RequestId>R</RequestId><HostId>H</HostId></Error>"
    )
    assert header(response, "x-amz-delete-marker") == "true"
    read = create_parser("rest-xml").parse(
        {"status_code": response.status, "headers": dict(response.headers), "body": response.body},
        MODEL.shape_for("GetObjectOutput"),
    )
    assert read["Error"]["Code"] == "NoSuchKey"
    assert read["Error"]["Key"] == "a&b"


def test_an_error_has_no_body_with_head() -> None:  # quirk 36
    error = S3Error("NoSuchKey")
    response = PROTOCOL.serialize_error(error, request_id="R", host_id="H", method="HEAD")

    assert (response.status, response.body) == (404, None)


def test_versions_and_delete_markers_are_mixed_newest_first() -> None:  # quirk 37
    def entry(key: str, minutes: int) -> dict[str, object]:
        return {"Key": key, "VersionId": f"{key}{minutes}", "LastModified": NOON + timedelta(minutes=minutes)}

    result = {
        "Versions": [entry("a", 3), entry("a", 1), entry("ä", 0)],
        "DeleteMarkers": [entry("a", 2), entry("b", 0)],
        "CommonPrefixes": [{"Prefix": "p/"}],
    }

    root = read(PROTOCOL.serialize("ListObjectVersions", result).body)

    assert [element.tag.rpartition("}")[2] for element in root] == [
        *("Version", "DeleteMarker", "Version", "DeleteMarker", "Version", "CommonPrefixes")
    ]
    assert [element[1].text for element in root[:5]] == ["a3", "a2", "a1", "b0", "ä0"]


def test_some_errors_have_no_declaration() -> None:  # quirk 38
    for operation, codes in UNDECLARED_ERRORS.items():
        for code in (*codes, "NoSuchBucket"):
            response = PROTOCOL.serialize_error(
                S3Error(code), request_id="R", host_id="H", operation=operation
            )
            assert isinstance(response.body, bytes)
            assert response.body.startswith(DECLARATION) is (code == "NoSuchBucket"), (operation, code)
            assert read(response.body).findtext("Code") == code


def test_metadata_that_is_not_ascii_is_encoded() -> None:  # quirk 27
    response = PROTOCOL.serialize("HeadObject", {"Metadata": {"a_b": "\xc4M", "c": "plain"}}, "HEAD")

    assert header(response, "x-amz-meta-a_b") == "=?UTF-8?B?w4RN?="
    assert header(response, "x-amz-meta-c") == "plain"


def test_a_header_never_has_two_lines() -> None:
    result = {"ContentType": "a\r\nX-Evil: 1", "Metadata": {"m": "x\nY: 1"}, "ContentDisposition": "€"}
    response = PROTOCOL.serialize("GetObject", {**result, "Body": [b""]}, "GET")

    assert header(response, "Content-Type") == "a  X-Evil: 1"
    assert header(response, "x-amz-meta-m") == "=?UTF-8?Q?x=0AY:_1?="
    assert header(response, "Content-Disposition") == "?"


def test_expires_goes_out_as_it_came_in() -> None:  # quirk 18
    assert header(PROTOCOL.serialize("GetObject", {"Expires": "tomorrow"}), "Expires") == "tomorrow"


def test_a_result_may_set_status_and_headers() -> None:
    result = {
        "HTTPStatusCode": 206,
        "HTTPHeaders": {"X-Extra": "1"},
        "ContentRange": "bytes 0-0/5",
        "ContentLength": 1,
    }
    stream = iter([b"h"])
    response = PROTOCOL.serialize("GetObject", {**result, "Body": stream}, "GET")

    assert response.status == 206
    assert response.body is stream
    assert response.headers == [
        ("Content-Range", "bytes 0-0/5"),
        ("Content-Length", "1"),
        ("X-Extra", "1"),
    ]


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("GET", 304), ("DELETE", 204)])
def test_some_answers_have_no_body(method: str, status: int) -> None:
    response = PROTOCOL.serialize("ListObjects", {"HTTPStatusCode": status, "Name": "b"}, method)

    assert (response.status, response.body, response.headers) == (status, None, [])


def test_an_answer_without_members_is_empty_and_says_so() -> None:
    response = PROTOCOL.serialize("PutObject", {}, "PUT")

    assert (response.body, response.headers) == (b"", [("Content-Length", "0")])


def test_a_policy_is_json() -> None:
    response = PROTOCOL.serialize("GetBucketPolicy", {"Policy": '{"a": "ä"}'}, "GET")

    assert response.body == '{"a": "ä"}'.encode()
    assert header(response, "Content-Type") == "application/json"


def test_a_grantee_has_its_type_in_an_attribute() -> None:
    grant = {"Grantee": {"Type": "Group", "URI": "u"}, "Permission": "READ"}
    operation = MODEL.operation_model("GetBucketAcl")
    response = PROTOCOL.serialize("GetBucketAcl", {"Grants": [grant]}, "GET")

    assert (
        '<Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="Group"><URI>u</URI>'
        in text(response)
    )
    assert understand(operation, response) == {"Grants": [grant]}


def test_events_are_framed_as_botocore_reads_them() -> None:
    events = [
        {"Records": {"Payload": b"a,b\n"}},
        {"Cont": {}},
        {"Stats": {"Details": {"BytesScanned": 4, "BytesProcessed": 4, "BytesReturned": 4}}},
        {"End": {}},
    ]
    response = PROTOCOL.serialize("SelectObjectContent", {"Payload": events}, "POST")
    buffer = EventStreamBuffer()
    assert not isinstance(response.body, bytes)
    buffer.add_data(b"".join(response.body or ()))

    messages: list[Any] = list(buffer)

    assert [message.headers[":event-type"] for message in messages] == ["Records", "Cont", "Stats", "End"]
    assert messages[0].payload == b"a,b\n"
    stats = read(messages[2].payload)
    assert [element.text for element in stats] == ["4", "4", "4"]


COLUMNS = ("Key", "LastModified", "ETag", "Size", "StorageClass", "ChecksumAlgorithm", "ChecksumType")
ROWS = st.tuples(
    st.text(min_size=1, max_size=20),
    st.floats(0, 4_000_000_000),
    st.sampled_from(["d41d8cd98f00b204e9800998ecf8427e", "d41d8cd98f00b204e9800998ecf8427e-2", "<&>"]),
    st.integers(0, 2**40),
    st.sampled_from(["STANDARD", "GLACIER", "NOT&ONE"]),
    st.sampled_from(["", "CRC32", "NOT<ONE"]),
    st.sampled_from(["", "FULL_OBJECT"]),
)


@given(st.lists(ROWS, max_size=5), st.sampled_from(["url", None]))
def test_rows_of_entries_are_written_as_the_mappings_that_they_stand_for(
    rows: list[tuple[Any, ...]], encoding: str | None
) -> None:
    def written(contents: object) -> Response:
        return PROTOCOL.serialize("ListObjectsV2", {"EncodingType": encoding, "Contents": contents})

    entries = Entries(COLUMNS, rows, lists=frozenset({"ChecksumAlgorithm"}))

    assert written(entries).body == written(list(entries)).body
    assert [entry["Key"] for entry in entries[:2]] == [row[0] for row in rows[:2]]


def test_a_member_that_is_none_is_as_one_that_is_not_there() -> None:
    entries = [{"Key": "a", "Size": 1, "StorageClass": None}, {"Key": "b", "Size": None}, {"Key": "c"}]

    body = text(PROTOCOL.serialize("ListObjectsV2", {"Contents": entries}))

    assert body.count("<Size>") == 1
    assert "None" not in body
    assert "StorageClass" not in body
