"""The list of buckets; creating and deleting a bucket."""

from __future__ import annotations

from datetime import datetime

from werkzeug.wrappers import Response

from s3fixture.auth import acls
from s3fixture.auth.policies import is_public
from s3fixture.clock import utc
from s3fixture.console.rendering import bucket_path
from s3fixture.console.visit import Visit, json_response
from s3fixture.errors import S3Error
from s3fixture.named_tuples import NamedTuple
from s3fixture.service.acls import bucket_acl
from s3fixture.service.bucket_documents import POLICY
from s3fixture.service.bucket_settings import IGNORE_ACLS, RESTRICT, is_blocked
from s3fixture.service.ownership import acls_enabled
from s3fixture.settings import DEFAULT_REGION
from s3fixture.store import BucketRow, Index, Usage

PAGE_SIZE = 100
_LOOKED_AT = 1000  # buckets of other accounts that are checked for the permission to list them


class BucketLine(NamedTuple):
    """A row of the list; `versioning` and `object_lock` are "" when they were never on.

    `usage` is None without the permission to list the bucket.
    """

    name: str
    created: datetime
    usage: Usage | None
    versioning: str
    public: bool
    object_lock: str


def show_buckets(visit: Visit) -> Response:
    """GET /: the person's own buckets, and those of others that they may list."""
    owner = visit.session.identity.canonical_id
    search, after = visit.argument("search").strip(), visit.argument("after")
    visit.caller.perform("ListBuckets")  # checks the permission
    with visit.caller.app.store.read() as index:
        page = index.list_buckets(search, after, PAGE_SIZE, owner)
        lines = [_line(visit, index, row) for row in page.buckets]
        others = [row for row in index.list_buckets(search, "", _LOOKED_AT).buckets if row.owner != owner]
    own = [line if _may_list(visit, line.name) else line._replace(usage=None) for line in lines]
    shared = [row for row in others if visit.caller.may("s3:ListBucket", row.name)]
    with visit.caller.app.store.read() as index:
        others_lines = [_line(visit, index, row) for row in shared]
    return visit.page(
        "buckets.html",
        title="Buckets",
        buckets=own,
        shared=others_lines,
        search=search,
        after=after,
        next=page.buckets[-1].name if page.truncated else "",
        totals=_totals(own),
    )


def _may_list(visit: Visit, bucket: str) -> bool:
    """Whether the person may list a bucket of their account; only users need a permission for it."""
    return not visit.session.identity.is_limited or visit.caller.may("s3:ListBucket", bucket)


def _totals(lines: list[BucketLine]) -> tuple[int, int]:
    usages = [line.usage for line in lines if line.usage]
    return sum(usage.objects for usage in usages), sum(usage.bytes for usage in usages)


def bucket_line(visit: Visit, name: str) -> BucketLine:
    """The facts about one bucket for its pages. Raises NoSuchBucket."""

    with visit.caller.app.store.read() as index:
        row = index.get_bucket(name)
        if row is None:
            raise S3Error("NoSuchBucket", BucketName=name)
        line = _line(visit, index, row)
    return line if visit.caller.may("s3:ListBucket", name) else line._replace(usage=None)


def _line(visit: Visit, index: Index, row: BucketRow) -> BucketLine:
    """The facts from counters and three documents; the cost does not depend on the bucket's size."""
    public = _has_public_policy(visit, index, row) or _has_public_acl(index, row)
    return BucketLine(
        row.name, utc(row.created), index.usage(row.id), row.versioning, public, row.object_lock
    )


def _has_public_policy(visit: Visit, index: Index, row: BucketRow) -> bool:
    policy = index.get_document(row.id, POLICY)
    if policy is None or is_blocked(index, row, RESTRICT):
        return False
    return is_public(visit.caller.app.access.policy_of(row, policy))


def _has_public_acl(index: Index, row: BucketRow) -> bool:
    if not acls_enabled(row) or is_blocked(index, row, IGNORE_ACLS):
        return False
    return acls.is_public(bucket_acl(index, row))


def create_bucket(visit: Visit) -> Response:
    """POST /api/buckets {name, versioning, lock}: object lock includes versioning."""
    document = visit.document()
    name = str(document.get("name", "")).strip()
    region = visit.caller.app.settings.region
    location = {} if region == DEFAULT_REGION else {"LocationConstraint": region}
    lock = {"ObjectLockEnabledForBucket": True} if document.get("lock") else {}
    visit.caller.perform("CreateBucket", Bucket=name, CreateBucketConfiguration=location, **lock)
    if document.get("versioning") and not lock:
        status = {"Status": "Enabled"}
        visit.caller.perform("PutBucketVersioning", Bucket=name, VersioningConfiguration=status)
    return json_response({"path": bucket_path(name)}, 201)


def delete_bucket(visit: Visit, bucket: str) -> Response:
    """DELETE /api/buckets/<bucket>: delete an empty bucket."""
    visit.caller.perform("DeleteBucket", Bucket=bucket)
    return json_response({"path": "/"})
