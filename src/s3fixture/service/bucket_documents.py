"""The texts kept with a bucket: its CORS rules, tags, policy and the like."""

from __future__ import annotations

from s3fixture.errors import S3Error
from s3fixture.service.call import Call, Params

ACL = "acl"  # the grants on the bucket; an extra record has those of an object under this name
OBJECT_ACLS = "object-acls"  # some object has an ACL, or an owner, of its own; without it nobody has to look
POLICY = "policy"
# The kinds that react to what is done in the bucket.
LIFECYCLE = "lifecycle"
NOTIFICATION = "notification"
LOGGING = "logging"
REPLICATION = "replication"
WATCHED = "watched"  # rules of those who watch the bucket in a test, as in a notification configuration
TOLD = frozenset({NOTIFICATION, WATCHED})  # whose buckets tell of events


def new_id() -> str:
    """For a rule that came without one; S3 makes 48 characters: base64 of a UUID's text."""
    import base64  # imported when used: every start imports this module
    import uuid

    return base64.b64encode(str(uuid.uuid4()).encode()).decode()


def get_document(call: Call, params: Params, kind: str, missing: str) -> str:
    """The bucket's text of this kind. Raises NoSuchBucket, and the code `missing` where there is none."""
    with call.store.read() as index:
        bucket = call.bucket(index, params["Bucket"])
        document = index.get_document(bucket.id, kind)
    if document is None:
        raise S3Error(missing, BucketName=bucket.name)
    return document


def put_document(call: Call, params: Params, kind: str, document: str) -> None:
    """Keep this text in place of the former one. Raises NoSuchBucket."""
    with call.store.write() as index:
        index.put_document(call.bucket(index, params["Bucket"]).id, kind, document)


def delete_document(call: Call, params: Params, kind: str) -> None:
    """Succeeds also where there is none. Raises NoSuchBucket."""
    with call.store.write() as index:
        index.delete_document(call.bucket(index, params["Bucket"]).id, kind)
