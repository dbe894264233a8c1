"""What the store raises besides S3FixtureError."""

from __future__ import annotations


class StorageFull(Exception):
    """There is no room for the bytes or for the row; nothing of the change was kept."""


class Gone(LookupError):
    """A body is asked for whose last reference was removed, or rolled back, since its row was read."""
