"""A request's body, decoded and verified while it is read."""

from __future__ import annotations

from typing import Protocol

from s3fixture.wire.request import Request


class ChunkVerifier(Protocol):
    """Checks the chain of signatures of a signed aws-chunked body; raises S3Error."""

    def verify_chunk(self, signature: str, chunk_sha256_hex: str) -> None: ...

    def verify_trailer(self, signature: str, trailer_sha256_hex: str) -> None: ...


class PayloadAuth(Protocol):
    """What authentication knows of the body."""

    @property
    def content_sha256(self) -> str: ...

    @property
    def chunk_verifier(self) -> ChunkVerifier | None: ...


class Payload:
    """The body as the client meant it. `size` is known before a byte is read."""

    size: int
    md5: bytes  # after the end
    checksums: dict[str, str]  # after the end: algorithm -> base64
    declared_algorithm: str | None

    def want(self, algorithm: str) -> None:
        """Compute this checksum too; before the first read."""
        raise NotImplementedError

    def read(self, n: int = -1) -> bytes:
        raise NotImplementedError

    def read_all(self, limit: int) -> bytes:
        raise NotImplementedError


def open_payload(request: Request, authentication: PayloadAuth) -> Payload:
    """The payload of a request; raises S3Error for headers that cannot be right."""
    raise NotImplementedError
