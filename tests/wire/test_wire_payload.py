"""Bodies that are what they say, and bodies that lie."""

from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial

import pytest
from botocore.httpchecksum import AwsChunkedWrapper, BaseChecksum
from wire_shapes import Auth

from s3fixture import checksums, refusals
from s3fixture.errors import S3Error
from s3fixture.wire.chunked import ChunkedReader
from s3fixture.wire.payload import Payload, open_payload
from s3fixture.wire.request import Request

SIGNED = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
SIGNED_TRAILER = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
UNSIGNED_TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
HELLO_CRC32 = checksums.checksum_of("CRC32", b"hello")


@dataclass
class Verifier:
    """Signatures are the digests of what they sign."""

    chunks: list[str] = field(default_factory=list)

    def verify_chunk(self, signature: str, chunk_sha256_hex: str) -> None:
        self.chunks.append(chunk_sha256_hex)
        if signature != chunk_sha256_hex:
            raise S3Error("SignatureDoesNotMatch")

    def verify_trailer(self, signature: str, trailer_sha256_hex: str) -> None:
        if signature != trailer_sha256_hex:
            raise S3Error("SignatureDoesNotMatch")


def open_body(body: bytes, headers: Mapping[str, str], sha256: str = "UNSIGNED-PAYLOAD") -> Payload:
    sent = {"content-length": str(len(body)), **headers}
    verifier = Verifier() if sha256.startswith("STREAMING-AWS4") else None
    payload = open_payload(
        Request("PUT", "/b/k", sent, io.BytesIO(body)), Auth(sha256, verifier), "PutObject"
    )
    payload.expect_checksums(sent)
    return payload


def chunked(body: bytes, size: int, headers: Mapping[str, str], sha256: str = UNSIGNED_TRAILER) -> Payload:
    return open_body(body, {"x-amz-decoded-content-length": str(size), **headers}, sha256)


def sign(parts: Iterable[bytes], trailer: str = "") -> bytes:
    framed = b"".join(
        b"%x;chunk-signature=%s\r\n%s\r\n" % (len(part), hashlib.sha256(part).hexdigest().encode(), part)
        for part in (*parts, b"")
    )
    if not trailer:
        return framed
    signature = hashlib.sha256(trailer.encode()).hexdigest()
    return framed[:-2] + f"{trailer.strip()}\r\nx-amz-trailer-signature:{signature}\r\n\r\n".encode()


def refusal(act: Callable[[], object]) -> S3Error:
    with pytest.raises(S3Error) as caught:
        act()
    return caught.value


@pytest.mark.parametrize("step", [1, 3, 1 << 20])
def test_a_plain_body_is_read_in_steps_and_digested(step: int) -> None:
    payload = open_body(b"hello", {})
    payload.want("MD5")
    payload.want("CRC64NVME")

    data = b"".join(iter(lambda: payload.read(step), b""))

    assert data == b"hello"
    assert payload.size == 5
    assert payload.md5 == hashlib.md5(b"hello", usedforsecurity=False).digest()
    assert payload.checksum("CRC64NVME") == checksums.checksum_of("CRC64NVME", b"hello")


def test_the_read_that_meets_the_last_byte_verifies() -> None:
    payload = open_body(b"hello", {"x-amz-checksum-crc32": HELLO_CRC32[::-1].replace("=", "A")[:6] + "=="})

    error = refusal(lambda: payload.read(5))

    assert error.code == "BadDigest"
    assert error.message == "The CRC32 you specified did not match the calculated checksum."


def test_an_empty_body_is_verified_too() -> None:
    assert open_body(b"", {"content-md5": base64.b64encode(hashlib.md5(b"").digest()).decode()}).read() == b""
    assert refusal(open_body(b"", {"content-md5": "A" * 22 + "=="}).read).code == "BadDigest"
    assert open_body(b"", {}, checksums.EMPTY_SHA256).read() == b""
    assert refusal(open_body(b"", {}, "0" * 64).read).code == "XAmzContentSHA256Mismatch"


@pytest.mark.parametrize(
    ("headers", "sha256", "code"),
    [
        ({"content-md5": "A" * 22 + "=="}, "UNSIGNED-PAYLOAD", "BadDigest"),
        ({}, "0" * 64, "XAmzContentSHA256Mismatch"),
        ({}, checksums.EMPTY_SHA256, "XAmzContentSHA256Mismatch"),
        ({"content-length": "6"}, "UNSIGNED-PAYLOAD", "IncompleteBody"),
        ({"x-amz-checksum-sha256": "A" * 43 + "="}, "UNSIGNED-PAYLOAD", "BadDigest"),
    ],
)
def test_a_body_that_is_not_what_its_headers_say_is_refused(
    headers: Mapping[str, str], sha256: str, code: str
) -> None:
    assert refusal(open_body(b"hello", headers, sha256).read).code == code


def test_a_body_that_ends_early_is_refused_in_the_words_that_s3_sends() -> None:
    error = refusal(open_body(b"hello", {"content-length": "6"}, "UNSIGNED-PAYLOAD").read)

    assert error.message == "The request body terminated unexpectedly"


@pytest.mark.parametrize(
    ("headers", "sha256", "code"),
    [
        ({"content-md5": "no base64"}, "UNSIGNED-PAYLOAD", "InvalidDigest"),
        ({"content-md5": ""}, "UNSIGNED-PAYLOAD", "InvalidDigest"),
        ({"content-md5": "AAAA"}, "UNSIGNED-PAYLOAD", "InvalidDigest"),
        ({"x-amz-checksum-crc32": "AAAA"}, "UNSIGNED-PAYLOAD", "InvalidRequest"),
        ({"x-amz-checksum-crc32": "é"}, "UNSIGNED-PAYLOAD", "InvalidRequest"),
        (
            {"x-amz-checksum-crc32": HELLO_CRC32, "x-amz-checksum-md5": "A" * 22 + "=="},
            "UNSIGNED-PAYLOAD",
            "InvalidRequest",
        ),
        (
            {"x-amz-checksum-crc32": HELLO_CRC32, "x-amz-trailer": "x-amz-checksum-crc32"},
            "UNSIGNED-PAYLOAD",
            "InvalidRequest",
        ),
        ({"x-amz-sdk-checksum-algorithm": "CRC32"}, "UNSIGNED-PAYLOAD", "InvalidRequest"),
        ({"x-amz-sdk-checksum-algorithm": "CRC31"}, "UNSIGNED-PAYLOAD", "InvalidRequest"),
        (
            {"x-amz-checksum-crc32": HELLO_CRC32, "x-amz-sdk-checksum-algorithm": "SHA1"},
            "UNSIGNED-PAYLOAD",
            "InvalidRequest",
        ),
        ({"x-amz-checksum-crc31": "AAAA"}, "UNSIGNED-PAYLOAD", "InvalidRequest"),
        (
            {"x-amz-checksum-crc32": f"{HELLO_CRC32}, {HELLO_CRC32}"},
            "UNSIGNED-PAYLOAD",
            "InvalidArgument",
        ),
        ({"x-amz-trailer": "x-amz-meta-a"}, "UNSIGNED-PAYLOAD", "InvalidRequest"),
        ({"content-length": "-1"}, "UNSIGNED-PAYLOAD", "MissingContentLength"),
        ({"content-length": "²"}, "UNSIGNED-PAYLOAD", "MissingContentLength"),
        ({}, "STREAMING-SOMETHING", "InvalidArgument"),
        ({}, UNSIGNED_TRAILER, "MissingContentLength"),
        ({"x-amz-decoded-content-length": "12x"}, UNSIGNED_TRAILER, "MissingContentLength"),
    ],
)
def test_headers_that_cannot_be_right_are_refused_before_a_byte_is_read(
    headers: Mapping[str, str], sha256: str, code: str
) -> None:
    assert refusal(lambda: open_body(b"hello", headers, sha256)).code == code


def test_a_signed_stream_without_a_signature_to_start_from_is_refused() -> None:
    request = Request("PUT", "/b/k", {"x-amz-decoded-content-length": "5"}, io.BytesIO(b""))

    assert refusal(lambda: open_payload(request, Auth(SIGNED), "PutObject")).code == "InvalidRequest"


def test_a_chunked_transfer_coding_without_length_is_not_implemented() -> None:
    request = Request("PUT", "/b/k", {"transfer-encoding": "chunked"}, io.BytesIO(b"hello"))

    assert refusal(lambda: open_payload(request, Auth(), "PutObject")).code == "NotImplemented"


def test_an_unknown_length_is_left_to_the_operation() -> None:
    payload = open_payload(Request("DELETE", "/b/k", {}, io.BytesIO(b"")), Auth(), "PutObject")

    assert (payload.size, payload.length_known, payload.read()) == (0, False, b"")


@pytest.mark.parametrize("algorithm", checksums.ALGORITHMS)
@pytest.mark.parametrize("size", [0, 1, 8192, 300_000])
def test_what_botocore_streams_with_a_trailer_is_understood(algorithm: str, size: int) -> None:
    data = bytes(i % 251 for i in range(size))
    row = checksums.ALGORITHMS[algorithm]
    expected = checksums.checksum_of(algorithm, data)

    class Known(BaseChecksum):
        """Stands in for botocore's checksum, which needs awscrt for some algorithms."""

        def update(self, chunk: bytes | bytearray) -> None: ...

        def b64digest(self) -> str:
            return expected

    wrapped = AwsChunkedWrapper(io.BytesIO(data), Known, row.header, chunk_size=8192).read()

    payload = chunked(wrapped, size, {"x-amz-trailer": row.header})

    assert payload.read() == data
    assert payload.checksum(algorithm) == expected
    assert payload.declared_algorithm == algorithm


@pytest.mark.parametrize("step", [1, 7, 1 << 20])
def test_signed_chunks_are_verified_one_by_one(step: int) -> None:
    parts = [b"a" * 8192, b"b" * 10_000, b"c"]
    payload = chunked(sign(parts), 18_193, {}, SIGNED)

    assert b"".join(iter(lambda: payload.read(step), b"")) == b"".join(parts)


def test_a_chunk_with_a_wrong_signature_is_refused() -> None:
    body = sign([b"hello"]).replace(b"hello", b"HELLO")

    assert refusal(chunked(body, 5, {}, SIGNED).read).code == "SignatureDoesNotMatch"


def test_the_last_empty_chunk_is_verified() -> None:
    body = sign([b"hello"])
    last = body.rindex(b"=") + 1
    forged = body[:last] + b"0" * 64 + body[last + 64 :]

    assert refusal(chunked(forged, 5, {}, SIGNED).read).code == "SignatureDoesNotMatch"


def test_signed_trailers_are_verified() -> None:
    """justincormack/argmin, crates/s3-tests/tests/chunked.rs: without a signature it is IncompleteBody."""
    trailer = f"x-amz-checksum-crc32:{HELLO_CRC32}\n"
    announced = {"x-amz-trailer": "x-amz-checksum-crc32"}
    body = sign([b"hello"], trailer)
    unsigned = body[: body.index(b"x-amz-trailer-signature")] + b"\r\n"
    forged = body[:-68] + b"0" * 64 + b"\r\n\r\n"

    assert chunked(body, 5, announced, SIGNED_TRAILER).read() == b"hello"
    assert refusal(chunked(unsigned, 5, announced, SIGNED_TRAILER).read).code == "IncompleteBody"
    assert refusal(chunked(forged, 5, announced, SIGNED_TRAILER).read).code == "SignatureDoesNotMatch"


def test_the_trailers_of_the_documentation_end_in_lf_crlf() -> None:
    body = f"5\r\nhello\r\n0\r\nx-amz-checksum-crc32:{HELLO_CRC32}\n\r\n".encode()

    assert chunked(body, 5, {"x-amz-trailer": "x-amz-checksum-crc32"}).read() == b"hello"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (f"x-amz-checksum-crc32:{HELLO_CRC32}\r\n\r\n", None),
        ("\r\n", "MalformedTrailerError"),
        (f"x-amz-checksum-crc32c:{HELLO_CRC32}\r\n\r\n", "MalformedTrailerError"),
        (f"x-amz-checksum-crc32:{HELLO_CRC32}\r\nx-amz-meta-a:b\r\n\r\n", "MalformedTrailerError"),
        (f"x-amz-checksum-crc32:{HELLO_CRC32}\r\nx-amz-checksum-crc32:a\r\n\r\n", "MalformedTrailerError"),
        ("no colon\r\n\r\n", "IncompleteBody"),
        ("x-amz-checksum-crc32:invalid\r\n\r\n", "InvalidRequest"),
        ("x-amz-checksum-crc32:AAAAAA==\r\n\r\n", "BadDigest"),
        (f"x-amz-checksum-crc32:{HELLO_CRC32}\r\n", "IncompleteBody"),
        ("", "IncompleteBody"),
        ("x" * 20_000, "MalformedTrailerError"),
    ],
)
def test_trailers_are_held_against_what_was_announced(body: str, code: str | None) -> None:
    announced = {"x-amz-trailer": "x-amz-checksum-crc32"}
    payload = chunked(b"5\r\nhello\r\n0\r\n" + body.encode(), 5, announced)

    if code is None:
        assert payload.read() == b"hello"
    else:
        assert refusal(payload.read).code == code


@pytest.mark.parametrize("trailer", ["x-amz-checksum-crc32", "X-Amz-Checksum-CRC32"])
def test_a_checksum_may_not_come_both_before_and_after_the_body(trailer: str) -> None:
    """justincormack/argmin, crates/s3-tests/tests/chunked.rs"""
    sent = {"x-amz-trailer": trailer, "x-amz-checksum-crc32": HELLO_CRC32}
    error = refusal(lambda: chunked(b"", 5, sent))

    assert (error.code, error.status) == ("InvalidRequest", 400)
    assert error.message == "Expecting a single x-amz-checksum- header"


def test_the_name_of_a_trailer_may_be_written_in_any_case() -> None:
    announced = {"x-amz-trailer": " X-Amz-Checksum-CRC32 ", "x-amz-sdk-checksum-algorithm": " crc32 "}
    body = f"5\r\nhello\r\n0\r\nX-AMZ-checksum-crc32: {HELLO_CRC32} \r\n\r\n".encode()
    assert chunked(body, 5, announced).read() == b"hello"


def test_a_trailer_that_was_not_announced_is_refused() -> None:
    body = f"5\r\nhello\r\n0\r\nx-amz-checksum-crc32:{HELLO_CRC32}\r\n\r\n".encode()

    assert refusal(chunked(body, 5, {}).read).code == "MalformedTrailerError"


def test_a_trailer_after_signed_chunks_that_have_none_is_an_incomplete_body() -> None:
    """justincormack/argmin, crates/s3-tests/tests/chunked.rs"""
    body = sign([b"hello"])[:-2] + b"x-amz-checksum-crc32:AAAA\r\n\r\n"

    assert refusal(chunked(body, 5, {}, SIGNED).read).code == "IncompleteBody"


@pytest.mark.parametrize(
    "body",
    [
        b"A\ndummy data\r\n0\r\n\r\n",
        b"A\r\ndummy data0\r\n\r\n",
        b"A\r\nXYZ\r\ndummy data\r\n0\r\n\r\n",
        b"B\r\ndummy data\r\n0\r\n\r\n",
        b"9\r\ndummy data\r\n0\r\n\r\n",
        b"A\r\ndummy data\r\n0\r\n",
        b"A\r\ndummy data\r\n",
        b"A\r\ndummy data",
        b"A\r\n",
        b"",
        b"-A\r\ndummy data\r\n0\r\n\r\n",
        b"0xA\r\ndummy data\r\n0\r\n\r\n",
        b"zz\r\ndummy data\r\n0\r\n\r\n",
        b"ffffffffffffffff\r\ndummy data",
        b"A;chunk-signature=" + b"0" * 64 + b"\r\ndummy data\r\n0\r\n\r\n",
        b"1" * 100_000,
        b"B\r\ndummy data!\r\n0\r\n\r\n",
        b"A\r\ndummy dataXX0\r\n\r\n",
        b"A;x=y\r\ndummy data\r\n0\r\n\r\n",
        b"A \r\ndummy data\r\n0\r\n\r\n",
        b"5\r\ndummy\r\n0\r\n\r\n",
        b"0\r\n\r\n",
        b"A\r\ndummy data\r\nA\r\ndummy data\r\n0\r\n\r\n",
    ],
)
def test_framing_that_lies_is_an_incomplete_body(body: bytes) -> None:
    payload = chunked(body, 10, {})

    assert refusal(payload.read).code in ("IncompleteBody", "InvalidChunkSizeError")


@pytest.mark.parametrize("size", [9, 11])
@pytest.mark.parametrize("signed", [True, False])
def test_whole_chunks_of_another_sum_have_words_of_their_own(size: int, signed: bool) -> None:
    body = sign([b"dummy data"]) if signed else b"A\r\ndummy data\r\n0\r\n\r\n"
    error = refusal(chunked(body, size, {}, SIGNED if signed else UNSIGNED_TRAILER).read)

    assert error.code == "IncompleteBody"
    assert error.message == (
        "You did not provide the number of bytes specified by the Content-Length HTTP header"
    )
    ended = refusal(chunked(b"A\r\ndummy data\r\n", 10, {}).read)
    assert (ended.code, ended.message) == ("IncompleteBody", "The request body terminated unexpectedly")


@pytest.mark.parametrize(
    ("begin", "goes_on", "code"),
    [
        (b"", b"1", "IncompleteBody"),
        (b"A;chunk-signature=", b"0", "IncompleteBody"),
        (b"0\r\n", b"x", "MalformedTrailerError"),
        (b"0\r\n", b"x:y\r\n", "MalformedTrailerError"),
    ],
)
def test_a_line_that_never_ends_and_trailers_without_end_are_not_kept(
    begin: bytes, goes_on: bytes, code: str
) -> None:
    class Endless:
        given = 0

        def read(self, n: int = -1, /) -> bytes:
            data = (begin if not self.given else b"") + goes_on * 1000
            self.given += len(data)
            assert self.given < 1 << 20
            return data[:n]

    source = Endless()
    assert refusal(lambda: ChunkedReader(source, None, signed=False).read(10)).code == code
    assert source.given < 32 * 1024


def test_after_the_end_there_is_nothing_and_nothing_of_nothing_is_no_end() -> None:
    reader = ChunkedReader(io.BytesIO(b"2\r\nab\r\n0\r\n\r\n"), None, signed=False)
    assert [reader.read(10) for _ in range(3)] == [b"ab", b"", b""]
    payload = open_body(b"ab", {})
    assert [payload.read(n) for n in (0, 1, 0, 9, 0, 9)] == [b"", b"a", b"", b"b", b"", b""]


def test_an_empty_document_is_verified_too() -> None:
    other = base64.b64encode(hashlib.md5(b"other", usedforsecurity=False).digest()).decode()
    assert open_body(b"", {}).read_all(10) == b""
    for headers in ({"content-md5": other}, {"x-amz-checksum-crc32": HELLO_CRC32}):
        assert refusal(partial(open_body(b"", headers).read_all, 10)).code == "BadDigest"
    assert refusal(lambda: chunked(b"0\r\n", 0, {}).read_all(10)).code == "IncompleteBody"


def test_an_algorithm_without_its_checksum_is_told_from_another_algorithm() -> None:
    lacking = refusal(lambda: open_body(b"x", {"x-amz-sdk-checksum-algorithm": "SHA1"}))
    other = {"x-amz-checksum-crc32": HELLO_CRC32, "x-amz-sdk-checksum-algorithm": "SHA1"}
    assert lacking.message == refusals.ALGORITHM_WITHOUT_CHECKSUM().message
    assert refusal(lambda: open_body(b"hello", other)).message != lacking.message
    same = {**other, "x-amz-sdk-checksum-algorithm": "crc32"}
    assert open_body(b"hello", same).read() == b"hello"


def test_a_carriage_return_in_a_trailer_is_an_incomplete_body() -> None:
    announced = {"x-amz-trailer": "x-amz-checksum-crc32"}
    body = (
        f"5\r\nhello\r\n0\r\nx-amz-checksum-crc32:{HELLO_CRC32}\rx-amz-trailer-signature:a\r\n\r\n".encode()
    )

    assert refusal(chunked(body, 5, announced).read).code == "IncompleteBody"


@pytest.mark.parametrize("name", ["algorithm", "mode", "type"])
def test_what_is_said_about_a_checksum_is_none(name: str) -> None:
    assert open_body(b"hello", {f"x-amz-checksum-{name}": "CRC32"}).read() == b"hello"


def test_a_document_may_come_in_signed_chunks() -> None:
    body = sign([b"hello"])
    request = Request("PUT", "/b?tagging", {"x-amz-decoded-content-length": "5"}, io.BytesIO(body))
    assert open_payload(request, Auth(SIGNED, Verifier()), "PutBucketTagging").read() == b"hello"


@pytest.mark.parametrize("operation", ["ListBuckets", "PutBucketTagging", "DeleteObjects", "CopyObject"])
@pytest.mark.parametrize("sha256", [UNSIGNED_TRAILER, SIGNED_TRAILER])
def test_only_what_streams_into_the_store_has_trailers(operation: str, sha256: str) -> None:
    headers = {"x-amz-decoded-content-length": "0"}
    request = Request("PUT", "/b/k", headers, io.BytesIO(b""))
    error = refusal(lambda: open_payload(request, Auth(sha256, Verifier()), operation))

    assert (error.code, error.status) == ("InvalidRequest", 400)
    assert error.message == "The value of x-amz-content-sha256 header is invalid."


@pytest.mark.parametrize(
    ("sizes", "allowed"),
    [
        ([8192, 8192, 100], True),
        ([100], True),
        ([100, 8192], False),
        ([8192, 10, 100], False),
    ],
)
def test_only_the_last_chunk_may_be_small(sizes: list[int], allowed: bool) -> None:
    """justincormack/argmin, crates/s3-tests/tests/chunked.rs (the status)"""
    body = b"".join(b"%x\r\n%s\r\n" % (size, b"x" * size) for size in sizes) + b"0\r\n\r\n"
    payload = chunked(body, sum(sizes), {})

    if allowed:
        assert len(payload.read()) == sum(sizes)
    else:
        error = refusal(payload.read)
        assert (error.code, error.status) == ("InvalidChunkSizeError", 403)
        small = next(number for number, size in enumerate(sizes, 1) if size < 8192)
        assert error.fields == {"Chunk": str(small + 1), "BadChunkSize": str(sizes[small - 1])}


@pytest.mark.parametrize("piece", [1, 2, 7])
def test_frames_and_trailers_may_come_in_pieces(piece: int) -> None:
    class Source(io.BytesIO):
        def read(self, n: int | None = -1, /) -> bytes:
            return super().read(min(n or 0, piece))

    def read(body: bytes) -> bytes:
        headers = {"x-amz-decoded-content-length": "5", "x-amz-trailer": "x-amz-checksum-crc32"}
        request = Request("PUT", "/b/k", headers, Source(body))
        payload = open_payload(request, Auth(UNSIGNED_TRAILER), "PutObject")
        payload.expect_checksums(headers)
        return payload.read()

    body = f"5\r\nhello\r\n0\r\nx-amz-checksum-crc32:{HELLO_CRC32}\r\n\r\n".encode()
    assert read(body) == b"hello"
    wrong = body.replace(HELLO_CRC32.encode(), b"AAAAAA==")
    assert refusal(lambda: read(wrong)).code == "BadDigest"


def test_a_document_has_a_limit() -> None:
    assert refusal(lambda: open_body(b"x" * 11, {}).read_all(10)).code == "MaxMessageLengthExceeded"
    assert open_body(b"x" * 10, {}).read_all(10) == b"x" * 10


def test_no_more_is_read_from_the_source_than_was_asked_for_and_64_kib() -> None:
    asked: list[int] = []

    class Source(io.BytesIO):
        def read(self, n: int | None = -1, /) -> bytes:
            asked.append(n or 0)
            return super().read(n)

    data = bytes(1 << 20)
    body = b"100000\r\n" + data + b"\r\n0\r\n\r\n"
    headers = {"x-amz-decoded-content-length": str(1 << 20)}
    payload = open_payload(Request("PUT", "/b/k", headers, Source(body)), Auth(UNSIGNED_TRAILER), "PutObject")

    while payload.read(1000):
        pass

    assert max(asked) <= 64 * 1024
