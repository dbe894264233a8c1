"""Every way to read, write and delete the bytes of objects: what the matrix of access tests goes through.

An operation that reads, writes or deletes and has no way here fails `test_access_matrix`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus, urlencode, urlsplit
from zipfile import ZipFile

from botocore import UNSIGNED
from botocore.exceptions import ClientError
from service_helpers import NewClient, Reply, send, signed
from werkzeug.test import Client

from s3fixture.console.application import Console
from s3fixture.console.pages import downloads, object_changes, objects, rendered, several
from s3fixture.console.security import CSRF_FIELD, CSRF_HEADER

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

BODY = b"the bytes of a secret"
BUCKET = "vault"
SITE = f"{BUCKET}.s3-website-us-east-1.localhost"
READ, REFUSED, NOT_THERE = "read", "refused", "not there"


@dataclass(frozen=True)
class Goal:
    """An object, or one of its versions; `owner` is an account to name as the expected one."""

    key: str
    version: str = ""
    owner: str = ""

    @property
    def params(self) -> dict[str, Any]:
        version = {"VersionId": self.version} if self.version else {}
        return {"Bucket": BUCKET, "Key": self.key, **version}

    @property
    def expected(self) -> dict[str, Any]:
        return {"ExpectedBucketOwner": self.owner} if self.owner else {}

    def source(self, encode: Callable[[str], str] = quote) -> str:
        return f"{BUCKET}/{encode(self.key)}" + (f"?versionId={encode(self.version)}" if self.version else "")


@dataclass
class Caller:
    """Who asks, with each of the clients that one may have; without `keys` nobody.

    `own` is a bucket that the caller may do everything in, and `helper` a client of somebody who may, too.
    """

    url: str
    keys: tuple[str, ...]
    own: str
    helper: S3Client
    client: S3Client
    version_4: S3Client
    version_2: S3Client
    console: Client
    csrf: str
    uploads: dict[str, tuple[str, str]]  # key -> an upload that its owner began, and its part's ETag

    def signed(self, method: str, path: str, headers: Mapping[str, str] | None = None) -> Reply:
        if not self.keys:
            return send(self.url, method, path, b"", headers)
        return signed(self.url, method, path, b"", headers, keys=self.keys)


def make_caller(console: Console, url: str, new_client: NewClient, keys: tuple[str, ...], own: str) -> Caller:
    """Logged in to the console, too, which takes neither temporary keys nor none."""
    browser = Client(lambda environ, start: console({**environ, "REMOTE_ADDR": "127.0.0.1"}, start))
    csrf = ""
    if len(keys) == 2:
        browser.post("/login", data={"access_key": keys[0], "secret_key": keys[1]})
        found = re.search(r'name="csrf-token" content="([^"]*)"', browser.get("/connect").text)
        assert found, "the console did not log in"
        csrf = found[1]

    def client(version: Any = None) -> S3Client:
        options = {"signature_version": version} if version else {}
        if not keys:
            return new_client(signature_version=UNSIGNED)
        return new_client(keys[0], keys[1], token=keys[2] if len(keys) > 2 else None, **options)

    return Caller(
        url=url,
        keys=keys,
        own=own,
        helper=client() if len(keys) == 2 else new_client(),
        client=client(),
        version_4=client("s3v4"),
        version_2=client("s3"),
        console=browser,
        csrf=csrf,
        uploads={},
    )


Way = Callable[[Caller, Goal], str]


def _verdict(status: int, code: str, *, done: bool) -> str:
    """Of an answer by HTTP."""
    if done and status < 300:
        return READ
    if status == 501:
        return NOT_THERE
    return REFUSED if status in (303, 403) else f"{status} {code}"  # 303: the console asks to log in


def _asked(act: Callable[[], Any]) -> str:
    """Of a call of boto3's."""
    try:
        answer = act()
    except ClientError as error:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        return _verdict(status, error.response["Error"]["Code"], done=False)
    body = answer.get("Body")
    assert body is None or body.read() in BODY
    return READ


def _fetched(link: str, method: str = "GET", body: bytes = b"") -> str:
    parts = urlsplit(link)
    reply = send(f"http://{parts.netloc}", method, f"{parts.path}?{parts.query}", body)
    return _verdict(reply.status, reply.code, done=method != "GET" or reply.body == BODY)


def _link(client: S3Client, operation: str, goal: Goal, **params: Any) -> str:
    return client.generate_presigned_url(operation, Params={**goal.params, **params})


# Reading.


def _get(caller: Caller, goal: Goal, **options: Any) -> str:
    return _asked(lambda: caller.client.get_object(**goal.params, **goal.expected, **options))


def _head(caller: Caller, goal: Goal, **options: Any) -> str:
    return _asked(lambda: caller.client.head_object(**goal.params, **goal.expected, **options))


def _attributes(caller: Caller, goal: Goal) -> str:
    wanted: Any = ["ETag", "ObjectSize", "Checksum"]
    return _asked(
        lambda: caller.client.get_object_attributes(**goal.params, **goal.expected, ObjectAttributes=wanted)
    )


def _torrent(caller: Caller, goal: Goal) -> str:
    return _asked(lambda: caller.client.get_object_torrent(Bucket=BUCKET, Key=goal.key))


def _annotation(caller: Caller, goal: Goal) -> str:
    version = f"&versionId={goal.version}" if goal.version else ""
    reply = caller.signed("GET", f"/{BUCKET}/{quote(goal.key)}?annotation&annotationName=a{version}")
    return _verdict(reply.status, reply.code, done=True)


def _select(caller: Caller, goal: Goal) -> str:
    def select() -> object:
        answer = caller.client.select_object_content(
            Bucket=BUCKET,
            Key=goal.key,
            Expression="SELECT * FROM S3Object",
            ExpressionType="SQL",
            InputSerialization={"CSV": {}},
            OutputSerialization={"CSV": {}},
        )
        list(answer["Payload"])  # or its connection stays open
        return answer

    return _asked(select)


def _copy(encode: Callable[[str], str], prefix: str = "") -> Way:
    """A copy whose source is written in one of the ways that S3 understands."""

    def copy(caller: Caller, goal: Goal) -> str:
        headers = {"x-amz-copy-source": prefix + goal.source(encode)}
        if goal.owner:
            headers["x-amz-source-expected-bucket-owner"] = goal.owner
        reply = caller.signed("PUT", f"/{caller.own}/copy", headers)
        return _verdict(reply.status, reply.code, done=True)

    return copy


def _every_letter(text: str) -> str:
    return "".join(f"%{byte:02x}" for byte in text.encode())


def _part_copy(caller: Caller, goal: Goal) -> str:
    upload = caller.helper.create_multipart_upload(Bucket=caller.own, Key="parts")["UploadId"]
    options: Any = {"CopySource": goal.params}
    if goal.owner:
        options["ExpectedSourceBucketOwner"] = goal.owner
    return _asked(
        lambda: caller.client.upload_part_copy(
            Bucket=caller.own,
            Key="parts",
            UploadId=upload,
            PartNumber=1,
            **options,
        )
    )


def _presigned(client: str) -> Way:
    return lambda caller, goal: _fetched(_link(getattr(caller, client), "get_object", goal))


def _console(page: str) -> Way:
    def look(caller: Caller, goal: Goal) -> str:
        query = {"key": goal.key, **({"version": goal.version} if goal.version else {})}
        answer = caller.console.get(f"/buckets/{BUCKET}/{page}", query_string=query)
        return _verdict(answer.status_code, "", done=BODY in answer.data)

    return look


def _console_picture(caller: Caller, goal: Goal) -> str:
    """What may be read and is no picture is refused as that."""
    verdict = _console("image")(caller, goal)
    return READ if verdict.startswith("415") else verdict


def _console_rendered(caller: Caller, goal: Goal) -> str:
    verdict = _console("rendered")(caller, goal)
    return READ if verdict.startswith("415") else verdict


def _console_compared(caller: Caller, goal: Goal) -> str:
    """A version beside itself."""
    query = {"key": goal.key, "left": goal.version, "right": goal.version}
    answer = caller.console.get(f"/buckets/{BUCKET}/compare", query_string=query)
    return _verdict(answer.status_code, "", done=answer.status_code == 200)


def _console_share(caller: Caller, goal: Goal) -> str:
    """A link is given to those only for whom it works."""
    document = {"key": goal.key, "version": goal.version, "expires": 60}
    answer = caller.console.post(
        f"/api/buckets/{BUCKET}/share", json=document, headers={CSRF_HEADER: caller.csrf}
    )
    if answer.status_code != 200:
        return REFUSED if answer.status_code == 401 else _verdict(answer.status_code, "", done=False)
    path = urlsplit((answer.json or {})["url"])
    reply = send(caller.url, "GET", f"{path.path}?{path.query}", b"", {"Host": path.netloc})
    assert reply.body == BODY
    return READ


def _named(goal: Goal) -> dict[str, str]:
    return {"key": goal.key, **({"version": goal.version} if goal.version else {})}


def _console_zip(caller: Caller, goal: Goal) -> str:
    """A file with all that was chosen and that one may read."""
    chosen = json.dumps({"objects": [_named(goal)]})
    form = {"chosen": chosen, "base": "", CSRF_FIELD: caller.csrf}
    answer = caller.console.post(f"/buckets/{BUCKET}/zip", data=form)
    if not answer.data.startswith(b"PK"):
        return _verdict(answer.status_code, "", done=False)
    with ZipFile(BytesIO(answer.data)) as found:
        return READ if BODY in [found.read(name) for name in found.namelist()] else REFUSED


def _console_copy(caller: Caller, goal: Goal) -> str:
    document = {"bucket": caller.own, "replace": True, "objects": [{**_named(goal), "to": "copied"}]}
    return _asked_console(caller, "POST", "copy", document)


def _asked_console(caller: Caller, method: str, action: str, document: Mapping[str, Any]) -> str:
    """Of a call of the console's own modules."""
    answer = caller.console.open(
        f"/api/buckets/{BUCKET}/{action}",
        method=method,
        json=document,
        headers={CSRF_HEADER: caller.csrf},
    )
    errors = (answer.json or {}).get("errors")
    return REFUSED if errors or answer.status_code == 401 else _verdict(answer.status_code, "", done=True)


def _site(method: str, index: Callable[[Goal], tuple[str, str]], *, error: bool = False) -> Way:
    """A page of the bucket as a website. `index` gives the name of its index documents, and a path."""

    def look(caller: Caller, goal: Goal) -> str:
        suffix, path = index(goal)
        site: Any = {"IndexDocument": {"Suffix": suffix}}
        if error:
            site["ErrorDocument"] = {"Key": goal.key}
        caller.helper.put_bucket_website(Bucket=BUCKET, WebsiteConfiguration=site)
        reply = send(caller.url, method, quote(path), b"", {"Host": SITE})
        if BODY in reply.body or (method == "HEAD" and reply.status == 200):
            return READ
        return REFUSED if error and reply.status == 404 else _verdict(reply.status, "", done=False)

    return look


def _as_index(goal: Goal) -> tuple[str, str]:
    """The object as the index document of its folder."""
    folder, _, name = goal.key.rpartition("/")
    return name, f"/{folder}/" if folder else "/"


@dataclass(frozen=True)
class Reading:
    """A way to read, the operation that it asks for, and what it can name.

    `route` is the page of the console. `signed`: not without a signature, whatever is allowed to everybody.
    """

    operation: str
    way: Way
    names_version: bool = True
    names_owner: bool = False
    needs_version: bool = False
    route: Any = None
    signed: bool = False


READS: Mapping[str, Reading] = {
    "get": Reading("GetObject", _get, names_owner=True),
    "get, a range": Reading("GetObject", lambda c, g: _get(c, g, Range="bytes=0-2"), names_owner=True),
    "get, a part": Reading("GetObject", lambda c, g: _get(c, g, PartNumber=1), names_owner=True),
    "head": Reading("HeadObject", _head, names_owner=True),
    "head, a part": Reading("HeadObject", lambda c, g: _head(c, g, PartNumber=1), names_owner=True),
    "attributes": Reading("GetObjectAttributes", _attributes, names_owner=True),
    "annotation": Reading("GetObjectAnnotation", _annotation),
    "torrent": Reading("GetObjectTorrent", _torrent, names_version=False),
    "select": Reading("SelectObjectContent", _select, names_version=False, signed=True),
    "copy": Reading("CopyObject", _copy(quote), names_owner=True, signed=True),
    "copy, + for a space": Reading("CopyObject", _copy(quote_plus), names_owner=True, signed=True),
    "copy, every letter encoded": Reading("CopyObject", _copy(_every_letter), names_owner=True, signed=True),
    "copy, with a slash": Reading("CopyObject", _copy(quote, "/"), names_owner=True, signed=True),
    "copy, a whole URL": Reading(
        "CopyObject", _copy(quote_plus, "https://s3.test/"), names_owner=True, signed=True
    ),
    "part copy": Reading("UploadPartCopy", _part_copy, names_owner=True, signed=True),
    "link of version 4": Reading("GetObject", _presigned("version_4")),
    "link of version 2": Reading("GetObject", _presigned("version_2")),
    "console, download": Reading("GetObject", _console("download"), route=downloads.download, signed=True),
    "console, preview": Reading("GetObject", _console("object"), route=objects.show_object, signed=True),
    "console, picture": Reading("GetObject", _console_picture, route=downloads.show_image, signed=True),
    "console, rendered": Reading("GetObject", _console_rendered, route=rendered.show_rendered, signed=True),
    "console, compared": Reading(
        "GetObject", _console_compared, needs_version=True, route=rendered.compare, signed=True
    ),
    "console, ZIP": Reading("GetObject", _console_zip, route=several.zip_objects, signed=True),
    "console, copy": Reading("CopyObject", _console_copy, route=several.copy_objects, signed=True),
    "console, link": Reading("GetObject", _console_share, route=object_changes.share, signed=True),
}
# The same of a bucket that is a website, whose pages are for callers who do not sign.
PAGES: Mapping[str, Reading] = {
    "page": Reading("GetObject", _site("GET", lambda goal: ("index", f"/{goal.key}")), names_version=False),
    "page, its head": Reading(
        "HeadObject", _site("HEAD", lambda goal: ("index", f"/{goal.key}")), names_version=False
    ),
    "page, index document": Reading("GetObject", _site("GET", _as_index), names_version=False),
    "page, error document": Reading(
        "GetObject", _site("GET", lambda _: ("index", "/missing"), error=True), names_version=False
    ),
}


# Writing: each way stores b"new" under the key of the goal, or fails.


def _put(caller: Caller, goal: Goal) -> str:
    return _asked(lambda: caller.client.put_object(Bucket=BUCKET, Key=goal.key, Body=b"new"))


def _copy_to(caller: Caller, goal: Goal) -> str:
    caller.client.put_object(Bucket=caller.own, Key="new", Body=b"new")
    source = f"{caller.own}/new"
    return _asked(lambda: caller.client.copy_object(Bucket=BUCKET, Key=goal.key, CopySource=source))


def begin_uploads(caller: Caller, owner: S3Client, *goals: Goal) -> None:
    """So that each step of an upload can be judged by itself."""
    for goal in goals:
        named: Any = {"Bucket": BUCKET, "Key": goal.key}
        upload = owner.create_multipart_upload(**named)["UploadId"]
        etag = owner.upload_part(**named, UploadId=upload, PartNumber=1, Body=b"new")["ETag"]
        caller.uploads[goal.key] = upload, etag


def _begin(caller: Caller, goal: Goal) -> str:
    return _asked(lambda: caller.client.create_multipart_upload(Bucket=BUCKET, Key=goal.key))


def _step(act: Callable[[Caller, Mapping[str, Any], str], Any]) -> Way:
    def step(caller: Caller, goal: Goal) -> str:
        upload, etag = caller.uploads[goal.key]
        named = {"Bucket": BUCKET, "Key": goal.key, "UploadId": upload}
        return _asked(lambda: act(caller, named, etag))

    return step


def _put_part(caller: Caller, named: Mapping[str, Any], _etag: str) -> Any:
    return caller.client.upload_part(**named, PartNumber=1, Body=b"new")


def _copy_part(caller: Caller, named: Mapping[str, Any], _etag: str) -> Any:
    caller.client.put_object(Bucket=caller.own, Key="new", Body=b"new")
    return caller.client.upload_part_copy(**named, PartNumber=1, CopySource=f"{caller.own}/new")


def _complete(caller: Caller, named: Mapping[str, Any], etag: str) -> Any:
    parts: Any = {"Parts": [{"PartNumber": 1, "ETag": etag}]}
    return caller.client.complete_multipart_upload(**named, MultipartUpload=parts)


def _put_link(client: str) -> Way:
    return lambda caller, goal: _fetched(
        _link(getattr(caller, client), "put_object", Goal(goal.key)), "PUT", b"new"
    )


def _form(client: str) -> Way:
    def post(caller: Caller, goal: Goal) -> str:
        fields = getattr(caller, client).generate_presigned_post(BUCKET, goal.key)["fields"]
        pieces = [
            f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            for name, value in fields.items()
        ]
        pieces.append('--x\r\nContent-Disposition: form-data; name="file"\r\n\r\nnew\r\n--x--\r\n')
        kind = {"Content-Type": "multipart/form-data; boundary=x"}
        reply = send(caller.url, "POST", f"/{BUCKET}", "".join(pieces).encode(), kind)
        return _verdict(reply.status, reply.code, done=True)

    return post


def _console_upload(caller: Caller, goal: Goal) -> str:
    query = urlencode({"key": goal.key})
    answer = caller.console.put(
        f"/api/buckets/{BUCKET}/object?{query}", data=b"new", headers={CSRF_HEADER: caller.csrf}
    )
    return _verdict(answer.status_code, "", done=True)


WRITES: Mapping[str, tuple[str, Way]] = {
    "put": ("PutObject", _put),
    "copy": ("CopyObject", _copy_to),
    "upload, begin": ("CreateMultipartUpload", _begin),
    "upload, a part": ("UploadPart", _step(_put_part)),
    "upload, a part by copy": ("UploadPartCopy", _step(_copy_part)),
    "upload, complete": ("CompleteMultipartUpload", _step(_complete)),
    "link of version 4": ("PutObject", _put_link("version_4")),
    "link of version 2": ("PutObject", _put_link("version_2")),
    "form of version 4": ("PostObject", _form("version_4")),
    "form of version 2": ("PostObject", _form("version_2")),
    "console": ("PutObject", _console_upload),
}


# Deleting: each way removes the version that the goal names for good, or fails.


def _delete(caller: Caller, goal: Goal, **options: Any) -> str:
    return _asked(lambda: caller.client.delete_object(**goal.params, **options))


def _delete_many(caller: Caller, goal: Goal) -> str:
    objects: Any = {"Objects": [{"Key": goal.key, "VersionId": goal.version}]}
    errors = caller.client.delete_objects(Bucket=BUCKET, Delete=objects).get("Errors", [])
    return REFUSED if [error["Code"] for error in errors] == ["AccessDenied"] else READ


def _delete_link(client: str) -> Way:
    return lambda caller, goal: _fetched(_link(getattr(caller, client), "delete_object", goal), "DELETE")


def _console_delete(path: str) -> Way:
    def delete(caller: Caller, goal: Goal) -> str:
        document = {"objects": [{"key": goal.key, "version": goal.version}]} if path == "delete" else {}
        answer = caller.console.post(
            f"/api/buckets/{BUCKET}/{path}", json=document, headers={CSRF_HEADER: caller.csrf}
        )
        errors = (answer.json or {}).get("errors", [])
        return REFUSED if errors else _verdict(answer.status_code, "", done=True)

    return delete


def restore_in_console(caller: Caller, goal: Goal) -> str:
    """A copy of the version that the goal names becomes the latest."""
    return _asked_console(caller, "POST", "restore", _named(goal))


def describe_in_console(caller: Caller, goal: Goal) -> str:
    """The same with other metadata."""
    return _asked_console(caller, "PUT", "metadata", {**_named(goal), "headers": {}, "metadata": []})


DELETES: Mapping[str, tuple[str, Way]] = {
    "delete": ("DeleteObject", _delete),
    "delete many": ("DeleteObjects", _delete_many),
    "link of version 4": ("DeleteObject", _delete_link("version_4")),
    "link of version 2": ("DeleteObject", _delete_link("version_2")),
    "console, one": ("DeleteObjects", _console_delete("delete")),
    "console, all": ("DeleteObjects", _console_delete("empty")),
}
