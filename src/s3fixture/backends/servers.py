"""The S3 servers that are known, however they are run: what they can do and when they are ready.

The facts that differ with the way they are run stand in `images` and `programs`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

_WITH_SIGNATURES = frozenset({"presigned-urls", "signatures"})
_USUAL = _WITH_SIGNATURES | {"bucket-policy", "cors", "object-lock", "tagging", "versioning"}
_CONDITIONS = frozenset({"conditional-deletes", "conditional-writes"})


@dataclass(frozen=True, slots=True)
class Server:
    """One kind of server.

    `health` is a path that answers 200 as soon as the server is ready; "": it has none on its S3 port, and
    a signed request must tell. `capabilities` are keys of `capabilities.CAPABILITIES`: what its own
    documentation says, and, where it could be tried, what `tests/anywhere` has seen. `identities` is nobody's
    but the emulator's: each server has an administration of its own for them. `banner` is the header Server
    of its answers, where that tells it from others. `volatile`: it keeps nothing when it is stopped.
    """

    name: str
    licence: str
    health: str
    capabilities: frozenset[str]
    note: str = ""
    banner: str = ""
    volatile: bool = False


_SERVERS = (
    Server("garage", "AGPL-3.0", "", _WITH_SIGNATURES | {"cors"}, "No versioning, no bucket policies."),
    Server(
        "localstack",
        "Apache-2.0",
        "/_localstack/health",
        frozenset({"bucket-policy", "checksums", "conditional-writes", "cors", "object-lock"})
        | {"presigned-urls", "tagging", "versioning"},
        "Takes any keys. Later releases want an account.",
        volatile=True,
    ),
    Server(
        "minio",
        "AGPL-3.0",
        "/minio/health/ready",
        (_USUAL | {"checksums", "conditional-writes"}) - {"cors"},
        "Archived: it gets no fixes any more. CORS is a setting of the server, not of buckets.",
        banner="MinIO",
    ),
    Server(
        "moto",
        "Apache-2.0",
        "/moto-api/",
        _CONDITIONS | {"cors", "object-lock", "tagging", "versioning"},
        "Takes any keys and checks no signatures. Presigned URLs do not expire.",
        volatile=True,
    ),
    Server("rclone", "MIT", "", _WITH_SIGNATURES, "Objects and multipart uploads only."),
    Server("rustfs", "Apache-2.0", "/health", _USUAL | {"conditional-writes"}, "Before its first release."),
    Server(
        "s3fixture",
        "Apache-2.0",
        "/minio/health/ready",
        _USUAL | _CONDITIONS | {"checksums"},
        "The emulator of this package, as a server.",
        banner="s3fixture",
    ),
    Server(
        "s3mock",
        "Apache-2.0",
        "/favicon.ico",
        _CONDITIONS | {"checksums"},
        "Takes any keys and checks no signatures. Objects have tags, buckets have none; locks are not "
        "enforced; there are versions, but deleted keys are listed, and stay deleted without their marker.",
        volatile=True,
    ),
    Server("seaweedfs", "Apache-2.0", "/healthz", _USUAL | {"conditional-writes"}),
    Server(
        "versitygw",
        "Apache-2.0",
        "/health",
        _USUAL | _CONDITIONS | {"checksums"},
        "A gateway to a file system; versions lie in a folder of their own.",
        banner="VERSITYGW",
    ),
)
SERVERS: Mapping[str, Server] = {server.name: server for server in _SERVERS}

# What is assumed of an unknown server: what every S3 server has.
UNKNOWN = Server("unknown", "", "", _WITH_SIGNATURES)


def server_with(banner: str) -> Server | None:
    """The server that has this in the header Server of its answers, None for one that cannot be told."""
    return next((server for server in _SERVERS if server.banner and server.banner == banner), None)
