"""Listings: prefix, delimiter, markers, pages. Every step is an index seek; nothing is scanned."""

from __future__ import annotations

from s3fixture.store.rows import Page, UploadPage
from s3fixture.store.tables import Tables


class Listing(Tables):
    """The part of the index that lists."""

    def list_objects(
        self,
        bucket_id: int,
        *,
        prefix: str = "",
        delimiter: str = "",
        start: str = "",
        inclusive: bool = False,
        limit: int = 1000,
    ) -> Page:
        """The current objects in the order of their keys' UTF-8 bytes, those greater than `start`.

        `inclusive` lets `start` itself in. Keys with the delimiter behind the prefix fold into one common
        prefix, up to and including the delimiter. A group that `start` lies in or equals was already
        listed and is not listed again. `limit` counts entries and prefixes; 0 gives an empty page that is
        not truncated.
        """
        raise NotImplementedError

    def list_versions(
        self,
        bucket_id: int,
        *,
        prefix: str = "",
        delimiter: str = "",
        key_marker: str = "",
        version_id_marker: str = "",
        limit: int = 1000,
    ) -> Page:
        """All versions and delete markers, by key and then newest first, behind the markers.

        Without a `version_id_marker` the listing goes on with the first key greater than `key_marker`,
        with one behind that version of it. A version that is gone (deleted since the last page) makes it
        go on with all that is left of the key.
        """
        raise NotImplementedError

    def list_uploads(
        self,
        bucket_id: int,
        *,
        prefix: str = "",
        delimiter: str = "",
        key_marker: str = "",
        upload_id_marker: str = "",
        limit: int = 1000,
    ) -> UploadPage:
        """Uploads in progress, by key and then oldest first, behind the markers as in `list_versions`."""
        raise NotImplementedError
