"""The index: everything that can be asked of it or done to it."""

from __future__ import annotations

from s3fixture.store.annotations import Annotations
from s3fixture.store.buckets import Buckets
from s3fixture.store.jobs import Jobs
from s3fixture.store.listing import Listing
from s3fixture.store.versions import Versions


class Index(Buckets, Versions, Listing, Jobs, Annotations):
    """Rows and references to bodies; only valid inside `Store.read` and, for changes, `Store.write`."""
