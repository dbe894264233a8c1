"""The texts kept with a bucket: its CORS rules, tags, policy and the like."""

from __future__ import annotations

from s3fixture.errors import S3Error
from s3fixture.service.call import Call, Params

ACL = "acl"  # the grants on the bucket; an extra record has those of an object under this name
OBJECT_ACLS = "object-acls"  # set once any object has its own ACL or owner
POLICY = "policy"
PAYMENT = "request-payment"
REQUESTER = "Requester"  # the document of a bucket whose requesters pay
# The kinds that react to what is done in the bucket.
LIFECYCLE = "lifecycle"
NOTIFICATION = "notification"
LOGGING = "logging"
REPLICATION = "replication"
WATCHED = "watched"  # rules of tests that watch the bucket, in the form of a notification configuration
WITH_EVENTS = frozenset({NOTIFICATION, WATCHED})  # buckets with one of these have events


def new_id() -> str:
    """An id for a rule without one. Like S3's it has 48 characters: base64 of a UUID's text."""
    import base64  # imported when used: every start imports this module
    import uuid

    return base64.b64encode(str(uuid.uuid4()).encode()).decode()


def get_document(call: Call, params: Params, kind: str, missing: str) -> str:
    """The bucket's document of this kind. Raises NoSuchBucket, or the code `missing` when it has none."""
    with call.store.read() as index:
        bucket = call.bucket(index, params["Bucket"])
        document = index.get_document(bucket.id, kind)
    if document is None:
        raise S3Error(missing, BucketName=bucket.name)
    return document


def put_document(call: Call, params: Params, kind: str, document: str) -> None:
    """Replace the document of this kind. Raises NoSuchBucket."""
    with call.store.write() as index:
        index.put_document(call.bucket(index, params["Bucket"]).id, kind, document)


def delete_document(call: Call, params: Params, kind: str) -> None:
    """Succeeds also when there is no such document. Raises NoSuchBucket."""
    with call.store.write() as index:
        index.delete_document(call.bucket(index, params["Bucket"]).id, kind)
