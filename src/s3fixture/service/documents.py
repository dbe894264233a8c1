"""The texts kept with a bucket: its CORS rules, tags, policy and the like."""

from __future__ import annotations

from s3fixture.errors import S3Error
from s3fixture.service.call import Call, Params

LIFECYCLE = "lifecycle"


def kept_document(call: Call, params: Params, kind: str, missing: str) -> str:
    """The bucket's text of this kind. Raises NoSuchBucket, and the code `missing` where there is none."""
    with call.store.read() as index:
        bucket = call.bucket(index, params["Bucket"])
        document = index.get_document(bucket.id, kind)
    if document is None:
        raise S3Error(missing, BucketName=bucket.name)
    return document


def keep_document(call: Call, params: Params, kind: str, document: str) -> None:
    """Keep this text in place of the former one. Raises NoSuchBucket."""
    with call.store.write() as index:
        index.put_document(call.bucket(index, params["Bucket"]).id, kind, document)


def drop_document(call: Call, params: Params, kind: str) -> None:
    """Succeeds also where there is none. Raises NoSuchBucket."""
    with call.store.write() as index:
        index.delete_document(call.bucket(index, params["Bucket"]).id, kind)
