"""Changes to objects: delete, restore, tag; and links to share."""

from __future__ import annotations

from typing import Any

from werkzeug.wrappers import Response

from s3fixture.auth.sigv4 import KEY_LIFETIME
from s3fixture.clock import utc
from s3fixture.console.lock_facts import why_protected
from s3fixture.console.rendering import moment, object_path
from s3fixture.console.share_links import presign
from s3fixture.console.visit import PageError, Visit, json_response
from s3fixture.service.metadata import SYSTEM_METADATA
from s3fixture.wire.copy_source import CopySource

# Members of HeadObject's answer that a copy would otherwise get from the bucket's defaults.
_KEPT = ("StorageClass", "ServerSideEncryption", "SSEKMSKeyId", "BucketKeyEnabled")
_STEP = 1000  # objects removed by one request; the page sends several, and shows its progress


def delete_objects(visit: Visit, bucket: str) -> Response:
    """POST /api/buckets/<bucket>/delete {objects: [{key, version}], prefix, bypass}: one step of a deletion.

    Answers {deleted, errors, more}. With a prefix, deletes everything under it; with `bypass` also versions
    under a retention in governance mode.
    """
    document = visit.document()
    more, objects = False, [identifier(entry) for entry in list_of(document.get("objects"))]
    prefix = document.get("prefix")
    if isinstance(prefix, str) and prefix:
        found = visit.caller.perform("ListObjectsV2", Bucket=bucket, Prefix=prefix, MaxKeys=_STEP)
        objects, more = [{"Key": entry["Key"]} for entry in found["Contents"]], found["IsTruncated"]
    return _delete(visit, bucket, objects, more=more, bypass=bool(document.get("bypass")))


def empty_bucket(visit: Visit, bucket: str) -> Response:
    """POST /api/buckets/<bucket>/empty {bypass}: one step of removing all versions of everything."""
    bypass = bool(visit.document().get("bypass"))
    found = visit.caller.perform("ListObjectVersions", Bucket=bucket, MaxKeys=_STEP)
    entries = [*found["Versions"], *found["DeleteMarkers"]]
    objects = [{"Key": entry["Key"], "VersionId": entry["VersionId"]} for entry in entries]
    return _delete(visit, bucket, objects, more=found["IsTruncated"], bypass=bypass)


def restore_version(visit: Visit, bucket: str) -> Response:
    """POST /api/buckets/<bucket>/restore {key, version}: a copy of that version becomes the latest."""
    named = identifier(visit.document())
    key, version = named["Key"], named.get("VersionId", "")
    visit.caller.perform("CopyObject", Bucket=bucket, Key=key, CopySource=CopySource(bucket, key, version))
    return json_response({"path": object_path(bucket, key)})


def put_tags(visit: Visit, bucket: str) -> Response:
    """PUT /api/buckets/<bucket>/tags {key, version, tags: [[name, value]]}."""
    document = visit.document()
    try:
        tags = [{"Key": str(name), "Value": str(value)} for name, value in list_of(document.get("tags"))]
    except (TypeError, ValueError):
        raise PageError(400, "The tags cannot be read.") from None
    visit.caller.perform("PutObjectTagging", **named_version(bucket, document), Tagging={"TagSet": tags})
    return json_response({"tags": len(tags)})


def put_metadata(visit: Visit, bucket: str) -> Response:
    """PUT /api/buckets/<bucket>/metadata {key, headers: {ContentType: …}, metadata: [[name, value]]}.

    It is a copy onto itself, as S3 has no other way. Tags, storage class and encryption stay; ACL and lock do
    not.
    """
    document = visit.document()
    named = identifier(document)
    headers = document.get("headers")
    try:
        metadata = {str(name): str(value) for name, value in list_of(document.get("metadata"))}
        found = {str(name): str(value) for name, value in headers.items() if value}  # type: ignore[union-attr]
    except (AttributeError, TypeError, ValueError):
        raise PageError(400, "The metadata cannot be read.") from None
    if unknown := found.keys() - SYSTEM_METADATA.keys():
        raise PageError(400, f"S3 does not store a header {min(unknown)}.")
    head = visit.caller.perform("HeadObject", Bucket=bucket, **named)
    kept = {name: head[name] for name in _KEPT if head.get(name)}
    visit.caller.perform(
        "CopyObject",
        Bucket=bucket,
        Key=named["Key"],
        CopySource=CopySource(bucket, named["Key"], named.get("VersionId")),
        CopySourceIfMatch=head["ETag"],  # the version that was read above
        MetadataDirective="REPLACE",
        Metadata=metadata,
        **found,
        **kept,
    )
    return json_response({"path": object_path(bucket, named["Key"])})


def share(visit: Visit, bucket: str) -> Response:
    """POST /api/buckets/<bucket>/share {key, version, expires}: a presigned link."""
    document = visit.document()
    named, expires = identifier(document), document.get("expires")
    if not isinstance(expires, int) or not 0 < expires <= KEY_LIFETIME:
        raise PageError(400, f"A link can be valid for 1 to {KEY_LIFETIME:,} seconds.")
    visit.caller.perform("HeadObject", Bucket=bucket, **named)  # so that the link works
    now = visit.caller.app.clock.time()
    url = presign(visit.connection, {"Bucket": bucket, **named}, expires=expires, now=now)
    return json_response({"url": url, "until": f"{moment(utc(now + expires))} UTC"})


def _delete(
    visit: Visit, bucket: str, objects: list[dict[str, str]], *, more: bool, bypass: bool
) -> Response:
    errors: list[dict[str, Any]] = []
    if objects:
        params: dict[str, Any] = {"Bucket": bucket, "Delete": {"Objects": objects, "Quiet": True}}
        if bypass:
            params["BypassGovernanceRetention"] = True
        errors = visit.caller.perform("DeleteObjects", **params)["Errors"]
    return json_response(
        {
            "deleted": len(objects) - len(errors),
            "errors": [
                {"key": error.get("Key", ""), "message": _reason(visit, bucket, error)}
                for error in errors[:20]
            ],
            "more": more and not errors,  # objects that cannot be removed would be listed again and again
        }
    )


def _reason(visit: Visit, bucket: str, error: dict[str, Any]) -> str:
    """S3's message, and the lock that protects a version."""
    message = str(error["Message"])
    if error["Code"] != "AccessDenied" or not error.get("VersionId"):
        return message
    named = {"Bucket": bucket, "Key": error["Key"], "VersionId": error["VersionId"]}
    head = visit.caller.attempt("HeadObject", "AccessDenied", "NoSuchVersion", "MethodNotAllowed", **named)
    return " ".join(filter(None, (message, why_protected(head, visit.now) if head else "")))


def named_version(bucket: str, document: dict[str, Any]) -> dict[str, str]:
    """Bucket, Key and VersionId from {key, version}. Raises PageError."""
    return {"Bucket": bucket, **identifier(document)}


def identifier(entry: Any) -> dict[str, str]:
    """Key and VersionId from {key, version}. Raises PageError."""
    if not isinstance(entry, dict) or not isinstance(entry.get("key"), str) or not entry["key"]:
        raise PageError(400, "The request names no object.")
    version = entry.get("version")
    return {"Key": entry["key"]} | ({"VersionId": str(version)} if version else {})


def list_of(value: Any) -> list[Any]:
    """The value if it is a list, else an empty list."""
    return value if isinstance(value, list) else []
