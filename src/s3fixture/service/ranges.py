"""Byte ranges of GetObject, HeadObject and UploadPartCopy.

Sources: RFC 9110 section 14; https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from s3fixture import refusals
from s3fixture.errors import S3Error

# No object has a size of more than 19 digits; longer numbers are not well-formed.
_RANGE = re.compile(r"bytes=([0-9]{0,19})-([0-9]{0,19})")
_COPY_RANGE = re.compile(r"bytes=([0-9]{1,19})-([0-9]{1,19})")


@dataclass(frozen=True, slots=True)
class ByteRange:
    """`length` bytes from `start` of an object of `size` bytes."""

    start: int
    length: int
    size: int

    @property
    def content_range(self) -> str:
        return f"bytes {self.start}-{self.start + self.length - 1}/{self.size}"


def parse_range(header: str, size: int) -> ByteRange | None:
    """The range of a `Range` header; None when S3 ignores it: several ranges, or not well-formed.

    Raises InvalidRange when no byte of the object is in it.
    """
    match = _RANGE.fullmatch(header)
    if match is None:
        return None
    first, last = match.groups()
    if not first and not last:
        return None
    if first and last and int(first) > int(last):
        return None
    if first:
        start, end = int(first), min(int(last) if last else size - 1, size - 1)
    else:
        start, end = max(size - int(last), 0), size - 1
        if not size and int(last):  # the last bytes of an empty object are the whole object
            return None
    if start > end:
        raise S3Error("InvalidRange", RangeRequested=header, ActualObjectSize=str(size))
    return ByteRange(start, end - start + 1, size)


def parse_copy_range(header: str, size: int) -> ByteRange:
    """The range of `x-amz-copy-source-range`, which must have both ends and be inside the source.

    Raises InvalidArgument when it is malformed or ends outside, InvalidRequest when it begins outside.
    """
    match = _COPY_RANGE.fullmatch(header)
    first, last = (int(match[1]), int(match[2])) if match else (1, 0)
    if first > last:
        raise refusals.COPY_RANGE_MALFORMED(header)
    if first >= size:
        raise refusals.COPY_RANGE_BEGINS_OUTSIDE()
    if last >= size:
        raise refusals.COPY_RANGE_ENDS_OUTSIDE(header, size=str(size))
    return ByteRange(first, last - first + 1, size)
