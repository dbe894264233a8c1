"""A request's body, decoded and verified while it is read: lengths, chunks, digests, checksums, trailers.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Protocol

from s3fixture import checksums, refusals
from s3fixture.checksums import ALGORITHMS, BY_HEADER, HEADER_PREFIX, Algorithm, Hasher
from s3fixture.errors import S3Error
from s3fixture.model.tables import CHECKSUM_FIRST, STREAMED
from s3fixture.wire.chunked import ChunkedReader, ChunkVerifier
from s3fixture.wire.numbers import parse_count
from s3fixture.wire.request import Request, Stream

BLOCK = 1024 * 1024  # bytes that `read_all` asks for at once
UNSIGNED = "UNSIGNED-PAYLOAD"
SIGNED_CHUNKS = frozenset(
    {"STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"}
)
UNSIGNED_CHUNKS = frozenset({"STREAMING-UNSIGNED-PAYLOAD-TRAILER"})
_TRAILER = "-TRAILER"
_NO_CHECKSUMS = frozenset(HEADER_PREFIX + name for name in ("algorithm", "mode", "type"))
HEX_SHA256 = re.compile(r"[0-9A-Fa-f]{64}")


class PayloadAuth(Protocol):
    """What authentication knows of the body."""

    @property
    def content_sha256(self) -> str: ...

    @property
    def chunk_verifier(self) -> ChunkVerifier | None: ...


class Payload:
    """The body as the client meant it. `size` is known before a byte is read.

    `want` and `expect_checksums` come before the first read. Everything is verified inside the read that
    meets the last byte, so whoever stores the bytes must be ready to throw them away until then.
    """

    __slots__ = (
        "_chunked",
        "_content_md5",
        "_expected",
        "_finished",
        "_hashers",
        "_left",
        "_sha256",
        "_source",
        "_trailer",
        "_updates",
        "declared_algorithm",
        "digests_last",
        "hex_digest",
        "length_known",
        "size",
    )

    def __init__(self, source: Stream | ChunkedReader, size: int, *, length_known: bool = True) -> None:
        self.size = size
        self.length_known = length_known
        self.declared_algorithm: str | None = None
        self.digests_last = False  # whether `verify` compares them, rather than the read that meets the end
        self.hex_digest = False  # how BadDigest writes the Content-MD5: quirk 49
        self._source = source
        self._chunked = source if isinstance(source, ChunkedReader) else None
        self._left = size
        self._finished = False
        self._hashers: dict[str, Hasher] = {}
        self._updates: list[Callable[[bytes], object]] = []
        self._content_md5 = ""  # base64, what the client says
        self._sha256 = ""  # hex, what the client signed
        self._trailer = ""  # algorithm that x-amz-trailer announces
        self._expected: tuple[str, str] | None = None  # algorithm, base64

    @property
    def md5(self) -> bytes:
        """The digest of what was read; only for payloads that stream into objects."""
        return self._hashers["MD5"].digest()

    def checksum(self, algorithm: str) -> str:
        """The checksum of what was read, in base64; `want` must have asked for it."""
        return checksums.encode(self._hashers[algorithm].digest())

    def want(self, algorithm: str) -> None:
        """Compute this checksum too."""
        if algorithm not in self._hashers:
            hasher = ALGORITHMS[algorithm].new()
            self._hashers[algorithm] = hasher
            self._updates.append(hasher.update)

    def expect_digests(self, content_md5: str | None, content_sha256: str) -> None:
        """Verify Content-MD5 and x-amz-content-sha256, a digest or ""."""
        if content_md5 is not None:
            check_md5(content_md5)
            self._content_md5 = content_md5
            self.want("MD5")
        if content_sha256:
            self._sha256 = content_sha256
            self.want("SHA256")

    def expect_checksums(self, headers: Mapping[str, str]) -> None:
        """Verify what x-amz-checksum-* or x-amz-trailer promise.

        Raises S3Error InvalidRequest for promises that contradict each other or cannot be kept.
        """
        sent = one_checksum(headers)
        trailer = headers.get("x-amz-trailer", "")
        if sent and trailer:
            raise refusals.CHECKSUM_AND_TRAILER()
        named = headers.get("x-amz-sdk-checksum-algorithm", "").strip().upper()
        if sent:
            self._expected = sent.name, headers[sent.header]
            self.declared_algorithm = sent.name
            self.want(sent.name)
        elif trailer:
            self._expect_trailer(trailer.strip().lower())
        elif named:
            raise refusals.ALGORITHM_WITHOUT_CHECKSUM()
        if named and named != self.declared_algorithm:
            raise refusals.CHECKSUM_MALFORMED(header="x-amz-sdk-checksum-algorithm")

    def _expect_trailer(self, name: str) -> None:
        if name not in BY_HEADER:
            raise refusals.TRAILER_UNKNOWN()
        self._trailer = self.declared_algorithm = BY_HEADER[name].name
        self.want(self._trailer)

    def read(self, n: int = -1) -> bytes:
        """Up to n bytes; all that is left without n; b"" at the end. Raises S3Error, see above."""
        if n < 0:
            return b"".join(iter(lambda: self.read(BLOCK), b""))
        if n == 0 or self._left == 0:
            if n:
                self._finish()
            return b""
        data = self._source.read(min(n, self._left))
        if not data:
            raise refusals.DECODED_LENGTH() if self._chunked else S3Error("IncompleteBody")
        self._left -= len(data)
        for update in self._updates:
            update(data)
        if self._left == 0:
            self._finish()
        return data

    def read_all(self, limit: int) -> bytes:
        """The whole body; MaxMessageLengthExceeded when it has more than `limit` bytes."""
        if self.size > limit:
            raise S3Error("MaxMessageLengthExceeded", MaxMessageLengthBytes=str(limit))
        if not (self.size or self._hashers or self._chunked):  # nothing to read and nothing to verify
            return b""
        return self.read()

    def _finish(self) -> None:
        if self._finished:
            return
        self._finished = True
        if self._chunked is not None:
            if self._chunked.read(1):  # more data than x-amz-decoded-content-length says
                raise refusals.DECODED_LENGTH()
            self._take_trailers(self._chunked.trailers)
        if not self.digests_last:
            self._verify_sha256()
            self._verify_rest()

    def verify(self) -> None:
        """Compare what was read with its digests, for a document that is judged before them (quirk 24)."""
        self._verify_rest()
        self._verify_sha256()

    def _verify_rest(self) -> None:
        self._verify_md5()
        if self._expected is not None:
            algorithm, expected = self._expected
            compare(algorithm, expected, self.checksum(algorithm))

    def _take_trailers(self, trailers: Mapping[str, str]) -> None:
        """Quirk 40."""
        announced = ALGORITHMS[self._trailer].header if self._trailer else None
        if set(trailers) != ({announced} if announced else set()):
            raise S3Error("MalformedTrailerError")
        if announced:
            value = trailers[announced]
            if not ALGORITHMS[self._trailer].is_value(value):
                raise refusals.TRAILING_CHECKSUM_MALFORMED(header=announced)
            self._expected = self._trailer, value

    def _verify_sha256(self) -> None:
        if self._sha256:
            computed = self._hashers["SHA256"].digest().hex()
            if computed != self._sha256.lower():
                raise S3Error(
                    "XAmzContentSHA256Mismatch",
                    ClientComputedContentSHA256=self._sha256,
                    S3ComputedContentSHA256=computed,
                )

    def _verify_md5(self) -> None:
        if self._content_md5:
            compare_md5(self._content_md5, self.md5, hex_digest=self.hex_digest)


def check_md5(content_md5: str) -> None:
    """Raise InvalidDigest for a Content-MD5 that is not a digest in base64."""
    if len(checksums.decode(content_md5)) != 16:
        raise S3Error("InvalidDigest", None, headers=None, **{"Content-MD5": content_md5})


def compare_md5(content_md5: str, digest: bytes, *, hex_digest: bool = True) -> None:
    """Raise BadDigest, which writes what was expected as `hex_digest` says, and where: quirk 49."""
    computed = checksums.encode(digest)
    if computed == content_md5:
        return
    if hex_digest:
        expected = checksums.decode(content_md5).hex()
        raise S3Error("BadDigest", ExpectedDigest=expected, CalculatedDigest=computed)
    raise S3Error("BadDigest", CalculatedDigest=computed, ExpectedDigest=content_md5)


def one_checksum(headers: Mapping[str, str]) -> Algorithm | None:
    """The algorithm of the x-amz-checksum-* that was sent, in headers or in the fields of a form.

    Raises InvalidRequest for several, for an unknown algorithm, and for a value that cannot be right.
    """
    sent = [name for name in headers if name.startswith(HEADER_PREFIX) and name not in _NO_CHECKSUMS]
    if not sent:
        return None
    if len(sent) > 1:
        raise refusals.SEVERAL_CHECKSUMS()
    algorithm = BY_HEADER.get(sent[0])
    if algorithm is None:
        raise refusals.CHECKSUM_UNKNOWN()
    value, *others = headers[algorithm.header].split(",")  # of a header that was sent more than once
    if others:
        raise refusals.CHECKSUM_TWICE(others[0].strip(), ArgumentName=algorithm.header)
    if not algorithm.is_value(value):
        raise refusals.CHECKSUM_MALFORMED(header=algorithm.header)
    return algorithm


def open_payload(request: Request, authentication: PayloadAuth, operation: str) -> Payload:
    """The payload of a request; raises S3Error for headers that cannot be right.

    A body whose length is not known is not refused here but by those operations that need it.
    """
    headers, sha256 = request.headers, authentication.content_sha256
    if operation in CHECKSUM_FIRST:
        one_checksum(headers)
    if sha256 in SIGNED_CHUNKS or sha256 in UNSIGNED_CHUNKS:
        if sha256.endswith(_TRAILER) and operation not in STREAMED:
            raise refusals.TRAILER_OF_NO_UPLOAD()
        payload = _open_chunked(request, authentication, signed=sha256 in SIGNED_CHUNKS)
        sha256 = ""  # it says how the body is framed
    else:
        if sha256 and sha256 != UNSIGNED and not HEX_SHA256.fullmatch(sha256):
            raise refusals.CONTENT_SHA256(sha256)
        payload = _open_plain(request)
    if sha256 == UNSIGNED or (sha256 == checksums.EMPTY_SHA256 and not payload.size):
        sha256 = ""  # nothing to verify, or known to be right
    if "content-md5" in headers or sha256:
        payload.expect_digests(headers.get("content-md5"), sha256)
    return payload


def _open_plain(request: Request) -> Payload:
    headers = request.headers
    length = headers.get("content-length")
    if length is not None:
        return Payload(request.body, _length(length))
    if "transfer-encoding" in headers:  # quirk 41
        raise S3Error("NotImplemented", Header="Transfer-Encoding")
    return Payload(request.body, 0, length_known=False)


def _open_chunked(request: Request, authentication: PayloadAuth, *, signed: bool) -> Payload:
    verifier = authentication.chunk_verifier
    if signed and verifier is None:
        raise refusals.UNSIGNED_CHUNKS()
    size = _length(request.headers.get("x-amz-decoded-content-length", ""))  # quirk 16
    return Payload(ChunkedReader(request.body, verifier, signed=signed), size)


def _length(text: str) -> int:
    length = parse_count(text)
    if length is None:
        raise S3Error("MissingContentLength")
    return length


def compare(algorithm: str, expected: str, computed: str) -> None:
    """Raise BadDigest unless the computed checksum is what the client said."""
    if computed != expected:
        raise refusals.CHECKSUM_WRONG(algorithm=algorithm)
