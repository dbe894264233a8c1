"""Who asks: the one entry of this room for a request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from s3fixture.auth.identity import Identities, Identity
from s3fixture.clock import Clock

if TYPE_CHECKING:
    from s3fixture.wire.request import Request
    from s3fixture.wire.target import Target


class ChunkVerifier(Protocol):
    """Checks the chain of signatures of one aws-chunked body, in the order of its chunks."""

    def verify_chunk(self, signature: str, chunk_sha256_hex: str) -> None: ...

    def verify_trailer(self, signature: str, trailer_sha256_hex: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Authentication:
    """Who asks and how; also what the payload must be checked against (`identity` None: anonymous)."""

    identity: Identity | None
    kind: Literal["anonymous", "header", "presigned", "post"]
    content_sha256: str = ""
    chunk_verifier: ChunkVerifier | None = None
    signature_version: Literal["", "AWS", "AWS4-HMAC-SHA256"] = ""
    signed_at: float | None = None  # seconds since the epoch


class Authenticator:
    """Checks the signature of requests against `identities` by the time of `clock`."""

    def __init__(self, identities: Identities, clock: Clock, region: str) -> None:
        self.identities = identities
        self.clock = clock
        self.region = region

    def authenticate(self, request: Request, target: Target) -> Authentication:
        """Raises S3Error as S3 does when the credentials are malformed, unknown, expired or wrong."""
        raise NotImplementedError
