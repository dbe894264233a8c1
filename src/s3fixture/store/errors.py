"""What the store raises besides S3FixtureError."""

from __future__ import annotations

from s3fixture.errors import S3FixtureError


class StorageFull(Exception):  # noqa: N818 - a condition, as StopIteration is
    """There is no room for the bytes or for the row; nothing of the change was kept."""


class Gone(LookupError):  # noqa: N818 - likewise
    """The body to copy was removed, or rolled back, since its row was read."""


class Damaged(S3FixtureError):  # noqa: N818 - likewise
    """What is stored was changed from outside, or by the disk: a body, or the index. Says which."""


class Superseded(Exception):  # noqa: N818 - likewise
    """A change by a request that began before the store was rolled back."""
