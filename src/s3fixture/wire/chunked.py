"""The aws-chunked framing: sizes, signatures and trailers around a body.

    <hex size>[;chunk-signature=<64 hex>]CRLF <data> CRLF ... 0[;chunk-signature=...]CRLF [trailers] CRLF

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
"""

from __future__ import annotations

import hashlib
from typing import Protocol

from s3fixture.errors import S3Error
from s3fixture.expressions import Expression
from s3fixture.wire.request import Stream

MIN_CHUNK = 8192  # bytes; only the last chunk may have fewer
_MAX_LINE = 1024
_MAX_TRAILERS = 16 * 1024
_READ = 64 * 1024
_HEADER = Expression(rb"([0-9A-Fa-f]{1,16})(?:;chunk-signature=([0-9a-f]{64}))?")
_TRAILER_SIGNATURE = "x-amz-trailer-signature"


class ChunkVerifier(Protocol):
    """Checks the chain of signatures of a signed aws-chunked body, in the order of its chunks."""

    def verify_chunk(self, signature: str, chunk_sha256_hex: str) -> None:
        """Raises S3Error SignatureDoesNotMatch."""

    def verify_trailer(self, signature: str, trailer_sha256_hex: str) -> None:
        """After the last chunk. Raises S3Error SignatureDoesNotMatch."""


class ChunkedReader:
    """The data between the frames of `source`, read as it is asked for; never more than 64 KiB are held.

    `verifier` checks signed chunks; without one, chunks must be unsigned. After the end, `trailers` has the
    trailing headers by lower-case name. All that is wrong with the framing is IncompleteBody (quirk 39).
    """

    def __init__(self, source: Stream, verifier: ChunkVerifier | None, *, signed: bool) -> None:
        self.trailers: dict[str, str] = {}
        self._source = source
        self._verifier = verifier
        self._signed = signed
        self._buffer = b""
        self._position = 0
        self._left = 0  # data bytes left in this chunk
        self._last_size = MIN_CHUNK
        self._number = 0
        self._signature = ""
        self._hash = hashlib.sha256()
        self._ended = False

    def read(self, n: int) -> bytes:
        """Up to n bytes (n > 0); b"" after the last chunk and its trailers were seen and are right."""
        if self._left == 0 and (self._ended or not self._next_chunk()):
            return b""
        data = self._take(min(n, self._left))
        self._left -= len(data)
        if self._signed:
            self._hash.update(data)
        if self._left == 0:
            self._end_chunk()
        return data

    def _next_chunk(self) -> bool:
        size, self._signature = self._header()
        self._number += 1
        if size and self._last_size < MIN_CHUNK:
            raise S3Error("InvalidChunkSizeError", Chunk=str(self._number), BadChunkSize=str(self._last_size))
        self._last_size = self._left = size
        if size:
            return True
        self._ended = True
        self._verify_chunk()
        self._read_trailers()
        return False

    def _header(self) -> tuple[int, str]:
        match = _HEADER.fullmatch(self._line())
        if match is None or (match[2] is not None) != self._signed:
            raise S3Error("IncompleteBody")
        return int(match[1], 16), (match[2] or b"").decode()

    def _end_chunk(self) -> None:
        if self._exactly(2) != b"\r\n":
            raise S3Error("IncompleteBody")
        self._verify_chunk()

    def _verify_chunk(self) -> None:
        if self._signed:
            if self._verifier is not None:
                self._verifier.verify_chunk(self._signature, self._hash.hexdigest())
            self._hash = hashlib.sha256()

    def _read_trailers(self) -> None:
        """Everything up to the end. The documentation writes LF CRLF between them, SDKs write CRLF."""
        while len(self._buffer) - self._position <= _MAX_TRAILERS and self._fill():
            pass
        rest = self._buffer[self._position :]
        if len(rest) > _MAX_TRAILERS:
            raise S3Error("MalformedTrailerError")
        if rest != b"\r\n" and not rest.endswith(b"\n\r\n"):
            raise S3Error("IncompleteBody")
        for line in filter(None, (line.rstrip(b"\r") for line in rest.split(b"\n"))):
            if b"\r" in line:
                raise S3Error("IncompleteBody")
            name, colon, value = line.decode("latin-1").partition(":")
            if not colon:
                raise S3Error("IncompleteBody")
            if name.strip().lower() in self.trailers:
                raise S3Error("MalformedTrailerError")
            self.trailers[name.strip().lower()] = value.strip()
        self._verify_trailers()

    def _verify_trailers(self) -> None:
        signature = self.trailers.pop(_TRAILER_SIGNATURE, None)
        if not self._signed or not self.trailers:
            return
        if signature is None:
            raise S3Error("IncompleteBody")
        if self._verifier is not None:
            canonical = "".join(f"{name}:{value}\n" for name, value in sorted(self.trailers.items()))
            self._verifier.verify_trailer(signature, hashlib.sha256(canonical.encode("latin-1")).hexdigest())

    def _line(self) -> bytes:
        while True:
            end = self._buffer.find(b"\r\n", self._position)
            if end >= 0:
                line = self._buffer[self._position : end]
                self._position = end + 2
                return line
            if len(self._buffer) - self._position > _MAX_LINE or not self._fill():
                raise S3Error("IncompleteBody")

    def _take(self, n: int) -> bytes:
        """Up to n bytes, at least one; straight from the source when nothing is held."""
        if self._position >= len(self._buffer):
            data = self._source.read(n)
        else:
            data = self._buffer[self._position : self._position + n]
            self._position += len(data)
        if not data:
            raise S3Error("IncompleteBody")
        return data

    def _exactly(self, n: int) -> bytes:
        while len(self._buffer) - self._position < n:
            if not self._fill():
                raise S3Error("IncompleteBody")
        data = self._buffer[self._position : self._position + n]
        self._position += n
        return data

    def _fill(self) -> bool:
        data = self._source.read(_READ)
        self._buffer = self._buffer[self._position :] + data
        self._position = 0
        return bool(data)
