"""An object of one server as the file that s3transfer uploads to another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from s3transfer.subscribers import BaseSubscriber
from s3transfer.utils import S3_RETRYABLE_DOWNLOAD_ERRORS

from s3fixture.cli.addresses import Remote
from s3fixture.cli.properties import Properties, carried, changes_tags, merged
from s3fixture.errors import S3FixtureError

if TYPE_CHECKING:
    from botocore.response import StreamingBody
    from mypy_boto3_s3 import S3Client
    from s3transfer.futures import TransferFuture

    from s3fixture.cli.items import Item

_ATTEMPTS = 5  # to read on, as s3transfer has for downloads


class ObjectReader(BaseSubscriber):
    """Opens the object when its upload begins, and tells the upload its size and what else belongs to it.

    That is its headers, metadata and tags, changed by what is `wanted`.

    A connection that breaks is made again where it broke, and only if the object is still the same: nothing
    of it is kept but the part that s3transfer asks for.
    """

    def __init__(self, client: S3Client, item: Item, version: str | None, wanted: Properties) -> None:
        super().__init__()
        assert isinstance(item.place, Remote)
        self._client = client
        self._place = item.place
        self._size = item.size
        self._wanted = wanted
        self._which: Any = {"Bucket": item.place.bucket, "Key": item.place.key}
        self._which |= {"VersionId": version} if version else {}
        self._same: Any = {"IfMatch": f'"{item.etag}"'} if item.etag else {}
        self._body: StreamingBody | None = None
        self._position = 0

    def on_queued(self, future: TransferFuture, **kwargs: Any) -> None:
        """Called by s3transfer before it decides how to upload."""
        found = self._get()
        future.meta.provide_transfer_size(self._size)
        call: Any = future.meta.call_args  # the stubs have a dict
        extra = call.extra_args
        extra.update(merged(carried(found), self._wanted))
        if found.get("TagCount") and not changes_tags(self._wanted):
            tags = self._client.get_object_tagging(**self._which)["TagSet"]
            extra["Tagging"] = urlencode({tag["Key"]: tag["Value"] for tag in tags})

    def on_done(self, future: TransferFuture, **kwargs: Any) -> None:
        """Called by s3transfer at the end, whatever that is."""
        self._close()

    def read(self, size: int = -1) -> bytes:
        """So many bytes (-1: all), fewer only at the end. S3FixtureError when the rest does not come."""
        wanted = self._size - self._position
        wanted = wanted if size < 0 else min(size, wanted)
        data = bytearray()
        attempts = _ATTEMPTS
        while len(data) < wanted:
            try:
                body = self._body or self._get()["Body"]
                chunk = body.read(wanted - len(data))
                if not chunk:
                    raise S3FixtureError(f"{self._place} ended after {self._position} of {self._size} bytes")
            except S3_RETRYABLE_DOWNLOAD_ERRORS as error:
                self._close()
                attempts -= 1
                if not attempts:
                    raise S3FixtureError(f"{self._place} broke off again and again: {error}") from error
                continue
            data += chunk
            self._position += len(chunk)
        return bytes(data)

    def _get(self) -> Any:
        span: Any = {"Range": f"bytes={self._position}-"} if self._position else {}
        found: Any = self._client.get_object(**self._which, **self._same, **span)
        self._body = found["Body"]
        return found

    def _close(self) -> None:
        if self._body is not None:
            self._body.close()
        self._body = None
