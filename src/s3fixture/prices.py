"""What AWS charges for requests and for data that leaves it: what a run of tests would cost there.

https://aws.amazon.com/s3/pricing/
"""

from __future__ import annotations

from collections.abc import Mapping

REGION = "us-east-1"
STORAGE_CLASS = "STANDARD"
AS_OF = "2026-11-27"  # when these were written down
WRITES, READS, FREE = "PUT, COPY, POST, LIST", "GET and others", "DELETE, CANCEL"
REQUESTS: Mapping[str, float] = {WRITES: 0.005 / 1000, READS: 0.0004 / 1000, FREE: 0.0}  # US dollars each
OUT = 0.09 / 1e9  # US dollars for a byte to the internet, beyond what is free
_FREE_OPERATIONS = ("Delete", "Abort", "sts:")
_READING_POSTS = ("SelectObjectContent",)  # the table has SELECT beside GET
_LISTINGS = ("ListBuckets", "ListObjectVersions", "ListObjects", "ListMultipartUploads", "ListParts")


def price_class(operation: str, method: str) -> str:
    """WRITES, READS or FREE."""
    if operation.startswith(_FREE_OPERATIONS) or method == "DELETE":
        return FREE
    if operation in _READING_POSTS:
        return READS
    if method in ("PUT", "POST") or operation.startswith(_LISTINGS):
        return WRITES
    return READS


def cost(operation: str, method: str, bytes_out: int) -> float:
    """What a request costs, in US dollars, if its answer goes to the internet."""
    return REQUESTS[price_class(operation, method)] + bytes_out * OUT
