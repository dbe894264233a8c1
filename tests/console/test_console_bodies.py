"""The beginnings of bodies, kept while a page asks for them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.request import Request, urlopen

import pytest
from botocore.exceptions import ClientError
from console_visitor import Box, Visitor

from s3fixture.app.recorded_bodies import LIMIT
from s3fixture.console.pages.watch import unframed

if TYPE_CHECKING:
    from playwright.sync_api import Page


def bodies(visitor: Visitor, box: Box, position: int = -1) -> tuple[str, str]:
    record = box.app.log.entries()[position]
    found = visitor.get(f"/api/watch/{record.request_id}/bodies").json or {}
    return found["sent"], found["answered"]


@pytest.fixture
def looking(box: Box) -> Iterator[None]:
    """As long as the test."""
    box.console.bodies.start()
    yield
    box.console.bodies.stop()


def test_nothing_is_kept_unless_somebody_looks(visitor: Visitor, box: Box) -> None:
    assert box.app.bodies is None
    box.s3.put_object(Bucket="data", Key="k", Body=b"12345")
    assert bodies(visitor, box) == ("", "")
    answer = visitor.http.get("/api/watch", query_string={"bodies": "1"})
    assert box.app.bodies is not None
    answer.close()
    assert box.app.bodies is None


@pytest.mark.usefixtures("looking")
class TestLooking:
    def test_both_bodies_begin_so(self, visitor: Visitor, box: Box) -> None:
        box.s3.put_object(Bucket="data", Key="k", Body=b"12345")
        assert bodies(visitor, box) == ("12345", "")
        box.s3.get_object(Bucket="data", Key="k")["Body"].read()
        assert bodies(visitor, box) == ("", "12345")
        box.s3.put_object_tagging(Bucket="data", Key="k", Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
        assert "<Value>b</Value>" in bodies(visitor, box)[0]
        with pytest.raises(ClientError):
            box.s3.get_object(Bucket="data", Key="none")
        assert "<Code>NoSuchKey</Code>" in bodies(visitor, box)[1]

    def test_a_large_body_arrives_and_its_beginning_is_kept(self, visitor: Visitor, box: Box) -> None:
        body = b"x" * 3_000_000
        box.s3.put_object(Bucket="data", Key="large", Body=body)
        assert bodies(visitor, box)[0] == "x" * LIMIT
        assert box.s3.get_object(Bucket="data", Key="large")["Body"].read() == body
        assert bodies(visitor, box)[1] == "x" * LIMIT

    def test_bytes_are_shown_as_digits(self, visitor: Visitor, box: Box) -> None:
        box.s3.put_object(Bucket="data", Key="k", Body=b"\0\1\2")
        assert bodies(visitor, box)[0].startswith("00000000  00 01 02")

    def test_the_last_requests_are_kept(self, visitor: Visitor, box: Box) -> None:
        for number in range(203):
            box.s3.put_object(Bucket="data", Key="k", Body=str(number).encode())
        assert bodies(visitor, box, -200) == ("3", "")
        assert bodies(visitor, box, -201) == ("", "")

    def test_answers_with_keys_are_not_kept(self, visitor: Visitor, box: Box) -> None:
        form = b"Action=GetSessionToken&Version=2011-06-15"
        with pytest.raises(OSError):  # noqa: PT011 - nobody signed it; what counts is that it was looked at
            urlopen(Request(box.api_url, form, {"Content-Type": "application/x-www-form-urlencoded"}))
        assert bodies(visitor, box) == ("", "")

    def test_others_see_no_bodies_of_requests_that_are_not_theirs(self, other: Visitor, box: Box) -> None:
        box.s3.put_object(Bucket="data", Key="k", Body=b"12345")
        record = box.app.log.entries()[-1]
        assert other.get(f"/api/watch/{record.request_id}/bodies").status_code == 404

    def test_the_owner_of_a_bucket_sees_no_bodies_of_others_requests_to_it(
        self, visitor: Visitor, other: Visitor, box: Box
    ) -> None:
        other.ask("POST", "/api/buckets", {"name": "others"})
        with pytest.raises(ClientError):
            box.s3.list_objects_v2(Bucket="others")
        assert "<Code>AccessDenied</Code>" in bodies(visitor, box)[1]
        assert bodies(other, box) == ("", "")


@pytest.mark.parametrize(
    ("framed", "payload"),
    [
        (b"5;chunk-signature=abc\r\n12345\r\n3\r\nabc\r\n0\r\nx-amz-checksum-crc32:x\r\n\r\n", b"12345abc"),
        (b"ffff;chunk-signature=abc\r\n123", b"123"),
        (b"nonsense", b""),
        (b"", b""),
    ],
)
def test_chunks_are_taken_out_of_their_framing(framed: bytes, payload: bytes) -> None:
    assert unframed(framed) == payload


def test_a_page_shows_bodies_while_its_switch_is_on(page: Page, box: Box) -> None:
    page.get_by_role("link", name="Requests").click()
    page.get_by_role("switch", name="Bodies").click()
    page.get_by_text("Live", exact=True).wait_for()
    for _ in range(600):
        if box.app.bodies is not None:
            break
        page.wait_for_timeout(50)
    policy = {"Version": "2012-10-17", "Statement": []}
    with pytest.raises(ClientError):
        box.s3.put_bucket_policy(Bucket="data", Policy=json.dumps(policy))
    page.get_by_role("button", name="PutBucketPolicy").click()
    assert '"Statement": []' in page.get_by_role("region", name="Body of the request").inner_text()
    assert "<Error>" in page.get_by_role("region", name="Body of the answer").inner_text()
    page.get_by_role("button", name="Close").click()
    page.goto(box.console_url)
    for _ in range(600):
        if box.app.bodies is None:
            return
        box.s3.list_buckets()  # a stream notices at its next message that nobody is there
        page.wait_for_timeout(100)
    raise AssertionError("bodies are still kept")
