"""What a server may be able to do, by the names that `@pytest.mark.s3(requires=...)` takes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from s3fixture.errors import S3FixtureError, did_you_mean

SNAPSHOT = "snapshot"
EMULATOR_ONLY = frozenset({SNAPSHOT, "clock", "faults", "requests"})

CAPABILITIES: Mapping[str, str] = {
    SNAPSHOT: "the state can be remembered and rolled back",
    "clock": "its time can be moved and frozen",
    "faults": "requests can be made to fail",
    "requests": "requests are recorded",
    "bucket-policy": "bucket policies are enforced",
    "checksums": "checksums of all of S3's algorithms are verified and stored",
    "conditional-deletes": "If-Match holds for deletes",
    "conditional-writes": "If-Match and If-None-Match hold for writes",
    "cors": "buckets have CORS rules, which preflight requests obey",
    "identities": "there are several accounts, with keys and buckets of their own",
    "object-lock": "retention and legal holds are enforced",
    "presigned-urls": "presigned URLs work, and expire",
    "signatures": "requests with wrong keys or signatures are refused",
    "tagging": "buckets and objects have tags",
    "versioning": "buckets keep versions of their objects",
}


def check_known(names: Iterable[str]) -> None:
    """S3FixtureError for a name that no server could ever have, such as a misspelt one."""
    for name in names:
        if name not in CAPABILITIES:
            near = did_you_mean(name, CAPABILITIES) or f"; the capabilities are {', '.join(CAPABILITIES)}"
            raise S3FixtureError(f"there is no capability {name!r}{near}")
