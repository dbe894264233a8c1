"""Byte ranges of GetObject, HeadObject and UploadPartCopy.

Sources: RFC 9110 section 14; https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from s3fixture.errors import S3Error

# No object has more bytes than 19 digits can say; what has more digits is not well-formed.
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
    """The range a `Range` header asks for; None where S3 ignores it: not one range, or not well-formed.

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
    if start > end:
        raise S3Error("InvalidRange", RangeRequested=header, ActualObjectSize=str(size))
    return ByteRange(start, end - start + 1, size)


def parse_copy_range(header: str, size: int) -> ByteRange:
    """The range of `x-amz-copy-source-range`, which must be whole and inside the source.

    Raises InvalidArgument when it is malformed, InvalidRange when it leaves the source.
    """
    match = _COPY_RANGE.fullmatch(header)
    if match is None:
        raise S3Error(
            "InvalidArgument",
            "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last "
            "are the zero-based offsets of the first and last bytes to copy",
            ArgumentName="x-amz-copy-source-range",
            ArgumentValue=header,
        )
    first, last = int(match[1]), int(match[2])
    if first > last or last >= size:
        raise S3Error(
            "InvalidArgument" if last >= size else "InvalidRange",
            f"Range specified is not valid for source object of size: {size}",
            ArgumentName="x-amz-copy-source-range",
            ArgumentValue=header,
        )
    return ByteRange(first, last - first + 1, size)
