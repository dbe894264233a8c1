"""The checks: what a store must do so that its users can say that it has a feature.

A check raises Lacking, or the error of the client, where the store cannot do it, and yields a sentence for
each answer that differs from S3's but that clients can cope with. The codes are S3's:
https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import quote, urlsplit

from botocore.config import Config
from botocore.exceptions import ClientError

from s3fixture.backends.bucket_setup import error_code, put_policy
from s3fixture.backends.capabilities import CAPABILITIES
from s3fixture.checksums import checksum_of
from s3fixture.limits import PART_SIZE
from s3fixture.probing.probed_store import ProbedStore

Differences = Iterator[str]

_KEYS = ("k", "a/b/c.txt", "with space+plus", "ünï/中文", "percent%2F&=?")
_CHECKSUMS = ("CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256")
_NO_ETAG = '"00000000000000000000000000000000"'
_EXPIRY_SECONDS = 10.0  # in which a URL must have expired that was made for two
_WORM = ("AccessDenied", "InvalidRequest")  # the second is MinIO's


class Lacking(Exception):  # noqa: N818 - a finding, named as what it is
    """The store does not do what the check is about."""


@dataclass(frozen=True, slots=True)
class Check:
    """`capability`: its name is one of CAPABILITIES. `basic`: every store that is called S3 does this."""

    name: str
    meaning: str
    run: Callable[[ProbedStore], Differences]
    capability: bool = False
    basic: bool = False


def _must(holds: bool, otherwise: str) -> None:
    if not holds:
        raise Lacking(otherwise)


def _refused(
    what: str, as_s3: str, call: Callable[..., Any], only: Collection[str] = (), **arguments: Any
) -> Differences:
    """The call must fail; `as_s3` is the status and code of S3. `only`: the accepted codes; (): all."""
    try:
        call(**arguments)
    except ClientError as error:
        code = error_code(error)
        status = int(error.response["ResponseMetadata"]["HTTPStatusCode"])
        answer = f"{status} {code}" if code != str(status) else code
        _must(400 <= status < 500 and (not only or code in only), f"{what}: {answer}")
        if answer != as_s3:
            yield f"{what}: {answer}, not {as_s3}"
        return
    raise Lacking(f"{what}: is not refused")


def _listed(store: ProbedStore, bucket: str) -> list[str]:
    return [item["Key"] for item in store.client.list_objects_v2(Bucket=bucket).get("Contents", [])]


def _keys(store: ProbedStore) -> Differences:
    bucket = store.bucket()
    for key in _KEYS:
        which: Any = {"Bucket": bucket, "Key": key}
        store.client.put_object(**which, Body=b"bytes", ContentType="text/x-test", Metadata={"a": "b"})
        found = store.client.get_object(**which)
        _must(found["Body"].read() == b"bytes", f"{key!r}: the bytes differ")
        _must(found["ContentType"] == "text/x-test", f"{key!r}: the content type differs")
        _must(_listed(store, bucket) == [key], f"{key!r}: is listed as something else")
        if found.get("Metadata") != {"a": "b"}:
            yield f"the metadata is {found.get('Metadata')}, not {{'a': 'b'}}"
        _must(
            found["ETag"] == f'"{hashlib.md5(b"bytes", usedforsecurity=False).hexdigest()}"', "no MD5 as ETag"
        )
        store.client.delete_object(**which)
        _must(_listed(store, bucket) == [], f"{key!r}: is listed after it was deleted")


def _listings(store: ProbedStore) -> Differences:
    bucket = store.bucket()
    for number in range(5):
        store.client.put_object(Bucket=bucket, Key=f"folder-{number}/k", Body=b"")
    pages = store.client.get_paginator("list_objects_v2").paginate(
        Bucket=bucket, Delimiter="/", PaginationConfig={"PageSize": 2}
    )
    found = [[prefix["Prefix"] for prefix in page.get("CommonPrefixes", [])] for page in pages]
    everything = [prefix for page in found for prefix in page]
    _must(everything == [f"folder-{number}/" for number in range(5)], f"lists {everything}")
    if [len(page) for page in found] != [2, 2, 1]:
        yield f"pages of {[len(page) for page in found]} folders where 2 were asked for"


def _multipart(store: ProbedStore) -> Differences:
    upload: Any = {"Bucket": store.bucket(), "Key": "k"}
    upload["UploadId"] = store.client.create_multipart_upload(**upload)["UploadId"]
    bodies = (b"1" * PART_SIZE, b"2")
    parts: list[Any] = [
        {
            "PartNumber": number,
            "ETag": store.client.upload_part(**upload, PartNumber=number, Body=body)["ETag"],
        }
        for number, body in enumerate(bodies, 1)
    ]
    done = store.client.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
    which: Any = {"Bucket": upload["Bucket"], "Key": "k"}
    ranged = store.client.get_object(**which, Range=f"bytes={PART_SIZE - 1}-")
    _must(ranged["Body"].read() == b"12", "the parts are not one object")
    digests = b"".join(hashlib.md5(body, usedforsecurity=False).digest() for body in bodies)
    expected = f'"{hashlib.md5(digests, usedforsecurity=False).hexdigest()}-2"'
    if done.get("ETag") != expected:
        yield f"the ETag is {done.get('ETag')}, not {expected}"


def _ranges(store: ProbedStore) -> Differences:
    which: Any = {"Bucket": store.bucket(), "Key": "k"}
    store.client.put_object(**which, Body=b"0123456789")
    for range_, expected in (("bytes=2-4", b"234"), ("bytes=-3", b"789"), ("bytes=7-99", b"789")):
        found = store.client.get_object(**which, Range=range_)
        _must(found["Body"].read() == expected, f"{range_}: other bytes")
        if found["ResponseMetadata"]["HTTPStatusCode"] != 206:
            yield f"{range_}: {found['ResponseMetadata']['HTTPStatusCode']}, not 206"
    yield from _refused(
        "a range behind the end", "416 InvalidRange", store.client.get_object, **which, Range="bytes=50-60"
    )


def _copies(store: ProbedStore) -> Differences:
    bucket = store.bucket()
    source: Any = {"Bucket": bucket, "Key": "with space+plus"}
    store.client.put_object(**source, Body=b"bytes", Metadata={"a": "b"})
    store.client.copy_object(Bucket=bucket, Key="copy", CopySource=source)
    found = store.client.get_object(Bucket=bucket, Key="copy")
    _must(found["Body"].read() == b"bytes", "the bytes differ")
    _must(found["Metadata"] == {"a": "b"}, "the metadata is lost")
    replaced: Any = {"MetadataDirective": "REPLACE", "Metadata": {"c": "d"}}
    store.client.copy_object(
        Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": "copy"}, **replaced
    )
    found = store.client.get_object(Bucket=bucket, Key="copy")
    _must(found["Metadata"] == {"c": "d"}, "metadata cannot be replaced")
    yield from _refused(
        "a copy of what is not there",
        "404 NoSuchKey",
        store.client.copy_object,
        Bucket=bucket,
        Key="x",
        CopySource={"Bucket": bucket, "Key": "missing"},
    )


def _batch_deletes(store: ProbedStore) -> Differences:
    bucket = store.bucket()
    for key in ("a", "b", "kept"):
        store.client.put_object(Bucket=bucket, Key=key, Body=b"")
    objects: list[Any] = [{"Key": key} for key in ("a", "b", "missing")]
    answer = store.client.delete_objects(Bucket=bucket, Delete={"Objects": objects})
    _must(_listed(store, bucket) == ["kept"], "not all were deleted")
    deleted = sorted(item["Key"] for item in answer.get("Deleted", []))
    if deleted != ["a", "b", "missing"]:
        yield f"the answer names {deleted} as deleted, not a, b and missing"


def _errors(store: ProbedStore) -> Differences:
    bucket, missing = store.bucket(), store.name_of_no_bucket()
    client = store.client
    client.delete_object(Bucket=bucket, Key="missing")  # is no error
    yield from _refused("a missing key", "404 NoSuchKey", client.get_object, Bucket=bucket, Key="missing")
    yield from _refused("HEAD of a missing key", "404", client.head_object, Bucket=bucket, Key="missing")
    yield from _refused("a missing bucket", "404 NoSuchBucket", client.list_objects_v2, Bucket=missing)
    upload: Any = {"Bucket": bucket, "Key": "k", "UploadId": "missing"}
    try:
        yield from _refused("a missing upload", "404 NoSuchUpload", client.abort_multipart_upload, **upload)
    except Lacking as lack:  # MinIO's; harmless, as the upload is gone either way
        yield str(lack)
    client.put_object(Bucket=bucket, Key="k", Body=b"")
    yield from _refused("removing a full bucket", "409 BucketNotEmpty", client.delete_bucket, Bucket=bucket)


def _signatures(store: ProbedStore) -> Differences:
    bucket = store.bucket()
    right = {
        "aws_access_key_id": store.endpoint.access_key,
        "aws_secret_access_key": store.endpoint.secret_key,
    }
    for name, code in (
        ("aws_access_key_id", "InvalidAccessKeyId"),
        ("aws_secret_access_key", "SignatureDoesNotMatch"),
    ):
        client = store.client_with(**{**right, name: "something-else"})
        what = f"a wrong {'access' if 'access_key_id' in name else 'secret'} key"
        yield from _refused(what, f"403 {code}", client.put_object, Bucket=bucket, Key="k", Body=b"1")
    status = store.ask(store.url(bucket, "k")).status
    if status != 403:
        yield f"a request without keys: {status}, not 403"


def _presigned_urls(store: ProbedStore) -> Differences:
    which: Any = {"Bucket": store.bucket(), "Key": "k"}
    store.client.put_object(**which, Body=b"1")
    url = store.client.generate_presigned_url("get_object", Params=which, ExpiresIn=2)
    status = store.ask(url).status
    _must(status == 200, f"a fresh URL: {status}")
    deadline = time.monotonic() + _EXPIRY_SECONDS
    while status == 200 and time.monotonic() < deadline:
        time.sleep(0.2)
        status = store.ask(url).status
    _must(status in (400, 403), "URLs do not expire" if status == 200 else f"an expired URL: {status}")
    if status != 403:
        yield f"an expired URL: {status}, not 403"  # rclone's


def _bucket_policy(store: ProbedStore) -> Differences:
    bucket = store.bucket()
    store.client.put_object(Bucket=bucket, Key="k", Body=b"1")
    url = store.url(bucket, "k")
    before = store.ask(url).status
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": ["*"]},
        "Action": ["s3:GetObject"],
        "Resource": [f"arn:aws:s3:::{bucket}/*"],
    }
    put_policy(store.client, bucket, json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    with_policy = store.ask(url).status
    store.client.delete_bucket_policy(Bucket=bucket)
    found = [before, with_policy, store.ask(url).status]
    _must(
        found == [403, 200, 403], f"without, with, and again without a policy: {found}, not [403, 200, 403]"
    )
    yield from ()


def _checksums(store: ProbedStore) -> Differences:
    bucket = store.bucket()
    for name in _CHECKSUMS:
        member = f"Checksum{name}"
        right: Any = {member: checksum_of(name, b"bytes")}
        wrong: Any = {member: checksum_of(name, b"others")}
        damaged: Any = {"Bucket": bucket, "Key": "damaged", "Body": b"bytes", **wrong}
        yield from _refused(f"a wrong {name}", "400 BadDigest", store.client.put_object, **damaged)
        store.client.put_object(Bucket=bucket, Key=name, Body=b"bytes", **right)
        head: Any = store.client.head_object(Bucket=bucket, Key=name, ChecksumMode="ENABLED")
        _must(head.get(member) == right[member], f"{name} is not kept")
    _must(sorted(_listed(store, bucket)) == sorted(_CHECKSUMS), "damaged bytes were kept")


def _conditional_writes(store: ProbedStore) -> Differences:
    which: Any = {"Bucket": store.bucket(), "Key": "k"}
    etag = store.client.put_object(**which, Body=b"1", IfNoneMatch="*")["ETag"]
    conditions: Any = ({"IfNoneMatch": "*"}, {"IfMatch": _NO_ETAG})
    for condition in conditions:
        yield from _precondition(store.client.put_object, **which, Body=b"2", **condition)
    store.client.put_object(**which, Body=b"3", IfMatch=etag)
    _must(store.client.get_object(**which)["Body"].read() == b"3", "a write whose condition holds is lost")


def _conditional_deletes(store: ProbedStore) -> Differences:
    which: Any = {"Bucket": store.bucket(), "Key": "k"}
    etag = store.client.put_object(**which, Body=b"1")["ETag"]
    yield from _precondition(store.client.delete_object, **which, IfMatch=_NO_ETAG)
    store.client.delete_object(**which, IfMatch=etag)
    _must(_listed(store, which["Bucket"]) == [], "a delete whose condition holds does nothing")


def _precondition(call: Callable[..., Any], **arguments: Any) -> Differences:
    """With a condition that does not hold."""
    name = next(name for name in ("IfMatch", "IfNoneMatch") if name in arguments)
    only = ("PreconditionFailed",)
    yield from _refused(f"{name} that does not hold", "412 PreconditionFailed", call, only, **arguments)


def _cors(store: ProbedStore) -> Differences:
    bucket = store.bucket()
    rule: Any = {
        "AllowedMethods": ["PUT"],
        "AllowedOrigins": ["https://app.example"],
        "AllowedHeaders": ["*"],
    }
    store.client.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [rule]})
    found = [
        store.ask(
            store.url(bucket, "k"),
            "OPTIONS",
            {"Origin": f"https://{origin}.example", "Access-Control-Request-Method": "PUT"},
        ).status
        for origin in ("app", "other")
    ]
    _must(found == [200, 403], f"preflight requests of a known and another origin: {found}, not [200, 403]")
    yield from ()


def _tagging(store: ProbedStore) -> Differences:
    bucket = store.bucket()
    tags: Any = {"TagSet": [{"Key": "team", "Value": "data + more"}]}
    store.client.put_bucket_tagging(Bucket=bucket, Tagging=tags)
    store.client.put_object(Bucket=bucket, Key="k", Body=b"1", Tagging=f"team={quote('data + more')}")
    found = store.client.get_bucket_tagging(Bucket=bucket)["TagSet"]
    _must(found == tags["TagSet"], f"the bucket's tags are {found}")
    found = store.client.get_object_tagging(Bucket=bucket, Key="k")["TagSet"]
    _must(found == tags["TagSet"], f"the object's tags are {found}")
    yield from ()


def _versioning(store: ProbedStore) -> Differences:
    which: Any = {"Bucket": store.bucket(), "Key": "k"}
    store.client.put_bucket_versioning(Bucket=which["Bucket"], VersioningConfiguration={"Status": "Enabled"})
    first, second = (store.client.put_object(**which, Body=body)["VersionId"] for body in (b"1", b"2"))
    marker = store.client.delete_object(**which)["VersionId"]
    yield from _refused("a deleted key", "404 NoSuchKey", store.client.get_object, ("NoSuchKey",), **which)
    kept = store.client.get_object(**which, VersionId=first)["Body"].read()
    _must(kept == b"1", "the first version has other bytes")
    _must(_listed(store, which["Bucket"]) == [], "a deleted key is listed")
    store.client.delete_object(**which, VersionId=marker)
    _must(store.client.get_object(**which)["VersionId"] == second, "without its marker a key stays deleted")


def _object_lock(store: ProbedStore) -> Differences:
    bucket = store.bucket(object_lock=True)
    until = datetime.now(timezone.utc) + timedelta(days=1)
    locks: Any = {
        "a legal hold": {"ObjectLockLegalHoldStatus": "ON"},
        "retention": {"ObjectLockMode": "GOVERNANCE", "ObjectLockRetainUntilDate": until},
    }
    for name, lock in locks.items():
        which: Any = {"Bucket": bucket, "Key": name}
        which["VersionId"] = store.client.put_object(**which, Body=b"1", **lock)["VersionId"]
        what = f"deleting under {name}"
        yield from _refused(what, "403 AccessDenied", store.client.delete_object, _WORM, **which)
        _must(store.client.get_object(**which)["Body"].read() == b"1", f"{name} does not hold")


def _post_forms(store: ProbedStore) -> Differences:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTForms.html"""
    bucket = store.bucket()
    limit: Any = [["content-length-range", 1, 10]]
    form = store.client.generate_presigned_post(bucket, "k", Conditions=limit, ExpiresIn=60)
    boundary = "probe-of-a-form"
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}

    def post(content: bytes) -> int:
        fields = [(f'name="{name}"', value.encode()) for name, value in form["fields"].items()]
        fields.append(('name="file"; filename="f"', content))
        parts = [
            f"--{boundary}\r\nContent-Disposition: form-data; {head}\r\n\r\n".encode() + value + b"\r\n"
            for head, value in fields
        ]
        return store.ask(
            form["url"], "POST", headers, b"".join(parts) + f"--{boundary}--\r\n".encode()
        ).status

    status = post(b"bytes")
    _must(status in (200, 201, 204), f"a form: {status}")
    _must(store.client.get_object(Bucket=bucket, Key="k")["Body"].read() == b"bytes", "the bytes differ")
    if status != 204:
        yield f"a form: {status}, not 204"
    too_large = post(b"more than ten bytes")
    _must(400 <= too_large < 500, f"more bytes than the form allows: {too_large}")
    if too_large != 400:
        yield f"more bytes than the form allows: {too_large}, not 400"


def _virtual_hosts(store: ProbedStore) -> Differences:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html"""
    which: Any = {"Bucket": store.bucket(), "Key": "k"}
    store.client.put_object(**which, Body=b"1")
    endpoint = store.endpoint.url.replace("//127.0.0.1", "//localhost")
    client = store.client_with(endpoint_url=endpoint, config=Config(s3={"addressing_style": "virtual"}))
    signed = urlsplit(client.generate_presigned_url("get_object", Params=which, ExpiresIn=60))
    _must(signed.netloc.startswith(which["Bucket"]), "an IP address has no subdomains; give a host name")
    status = store.ask(
        f"{store.endpoint.url}{signed.path}?{signed.query}", headers={"Host": signed.netloc}
    ).status
    _must(status == 200, f"a bucket as a subdomain: {status}")
    yield from ()


def _lifecycle(store: ProbedStore) -> Differences:
    bucket = store.bucket()
    rule: Any = {"ID": "old", "Status": "Enabled", "Filter": {"Prefix": "logs/"}, "Expiration": {"Days": 30}}
    store.client.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": [rule]})
    found = store.client.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    _must(found[0].get("Expiration", {}).get("Days") == 30, f"the rules are {found}")
    if found != [rule]:
        yield f"the rules are given back as {found}"


def _encryption(store: ProbedStore) -> Differences:
    which: Any = {"Bucket": store.bucket(), "Key": "k"}
    store.client.put_object(**which, Body=b"1", ServerSideEncryption="AES256")
    found = store.client.head_object(**which).get("ServerSideEncryption")
    _must(found == "AES256", f"the object says {found}")
    yield from ()


def _acls(store: ProbedStore) -> Differences:
    """Where the owner of a bucket has switched ACLs on, which AWS requires since April 2023."""
    bucket = store.bucket()
    ownership: Any = {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
    yield from _tried(
        "PutBucketOwnershipControls",
        store.client.put_bucket_ownership_controls,
        Bucket=bucket,
        OwnershipControls=ownership,
    )
    yield from _tried("DeletePublicAccessBlock", store.client.delete_public_access_block, Bucket=bucket)
    try:
        store.client.head_bucket(Bucket=bucket)
    except ClientError as error:  # a server that ignores the subresource has deleted the bucket
        raise Lacking("DeletePublicAccessBlock removes the bucket") from error
    store.client.put_object(Bucket=bucket, Key="public", Body=b"1", ACL="public-read")
    store.client.put_object(Bucket=bucket, Key="private", Body=b"1")
    found = [store.ask(store.url(bucket, key)).status for key in ("public", "private")]
    _must(found == [200, 403], f"everybody reads a public and a private object: {found}, not [200, 403]")


def _tried(operation: str, call: Callable[..., Any], **arguments: Any) -> Differences:
    """Make the call; an error of the store is a difference."""
    try:
        call(**arguments)
    except ClientError as error:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        yield f"{operation}: {status} {error_code(error)}"


def _object_attributes(store: ProbedStore) -> Differences:
    which: Any = {"Bucket": store.bucket(), "Key": "k"}
    etag = store.client.put_object(**which, Body=b"bytes")["ETag"]
    found = store.client.get_object_attributes(**which, ObjectAttributes=["ETag", "ObjectSize"])
    _must(found.get("ObjectSize") == 5, f"the size is {found.get('ObjectSize')}")
    if found.get("ETag") != etag.strip('"'):
        yield f"the ETag is {found.get('ETag')}, not {etag.strip(chr(34))}"


def _capability(name: str, run: Callable[[ProbedStore], Differences]) -> Check:
    return Check(name, CAPABILITIES[name], run, capability=True)


CHECKS = (
    Check("keys", "keys of any characters keep bytes, type and metadata", _keys, basic=True),
    Check("listings", "folders are listed page by page", _listings, basic=True),
    Check("multipart", "an upload in parts becomes one object", _multipart, basic=True),
    Check("ranges", "parts of objects can be read", _ranges),
    Check("copies", "objects are copied, and metadata replaced", _copies),
    Check("batch-deletes", "many objects are deleted by one request", _batch_deletes),
    Check("errors", "what is missing, or in the way, is an error with S3's code", _errors),
    _capability("signatures", _signatures),
    _capability("presigned-urls", _presigned_urls),
    Check("post-forms", "browsers upload by forms, within the limits of their policy", _post_forms),
    Check("virtual-hosts", "a bucket is a subdomain", _virtual_hosts),
    _capability("checksums", _checksums),
    _capability("conditional-writes", _conditional_writes),
    _capability("conditional-deletes", _conditional_deletes),
    _capability("versioning", _versioning),
    _capability("object-lock", _object_lock),
    _capability("tagging", _tagging),
    _capability("bucket-policy", _bucket_policy),
    Check("acls", "ACLs open single objects to everybody", _acls),
    _capability("cors", _cors),
    Check("lifecycle", "buckets keep lifecycle rules", _lifecycle),
    Check("encryption", "objects are stored with SSE-S3", _encryption),
    Check("object-attributes", "GetObjectAttributes answers", _object_attributes),
)
