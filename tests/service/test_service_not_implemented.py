"""Every operation of the model that has no function here says so by its name, and changes nothing."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore.model import ListShape, MapShape, ServiceModel, Shape, StructureShape
from service_helpers import NewClient, Reply, refused, signed

from s3fixture.model import load_model
from s3fixture.service import OPERATIONS, REFUSED, STORED_ONLY, implementation

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MODEL = ServiceModel(load_model().description)
# Older names of operations, which share method and path with the present ones.
RENAMED = {
    "GetBucketLifecycle": "GetBucketLifecycleConfiguration",
    "GetBucketNotification": "GetBucketNotificationConfiguration",
    "PutBucketLifecycle": "PutBucketLifecycleConfiguration",
    "PutBucketNotification": "PutBucketNotificationConfiguration",
}
# On a host that boto3 does not use with an endpoint of one's own, the same request lists all buckets.
ELSEWHERE = {"ListDirectoryBuckets"}
MISSING = [
    name
    for name in MODEL.operation_names
    if RENAMED.get(name, name) not in OPERATIONS and name not in ELSEWHERE
]
_SCALARS: dict[str, Any] = {
    "string": "a-text-of-some-length",
    "integer": 1,
    "long": 1,
    "boolean": True,
    "blob": b"blob",
    "timestamp": datetime(2030, 1, 1, tzinfo=timezone.utc),
}


def minimal(shape: Shape, name: str = "") -> Any:
    """The least value that botocore takes for a shape."""
    if isinstance(shape, StructureShape):
        chosen = shape.required_members or list(shape.members)[: int(shape.is_tagged_union)]
        return {member: minimal(shape.members[member], member) for member in chosen}
    if isinstance(shape, ListShape):
        return [minimal(shape.member, name)]
    if isinstance(shape, MapShape):
        return {}
    if name == "Bucket":
        return "bucket"
    enum = getattr(shape, "enum", None)
    return enum[0] if enum else _SCALARS[shape.type_name]


@pytest.mark.usefixtures("bucket")
@pytest.mark.parametrize("operation", MISSING)
def test_an_operation_that_is_not_implemented_says_so_by_name(new_client: NewClient, operation: str) -> None:
    client = new_client(inject_host_prefix=False)
    shape = MODEL.operation_model(operation).input_shape
    method = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", operation).lower()
    with refused("NotImplemented", 501) as response:
        getattr(client, method)(**(minimal(shape) if shape else {}))
    assert response["Error"]["Message"] == f"{operation} is not implemented: {REFUSED[operation]}"


of_today = pytest.mark.skipif(
    "GetObjectAnnotation" not in MODEL.operation_names, reason="this botocore knows fewer operations"
)


@of_today
def test_what_is_implemented_is_in_the_model() -> None:
    assert set(OPERATIONS) <= set(MODEL.operation_names)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_operation_of_the_table_has_its_function(operation: str) -> None:
    assert implementation(operation).__module__.endswith(OPERATIONS[operation])


@pytest.mark.parametrize("subresource", ["website", "acl", "encryption", "abac", "append"])
def test_a_subresource_never_falls_through_to_the_plain_operation(
    url: str, client: S3Client, bucket: str, subresource: str
) -> None:
    client.put_object(Bucket=bucket, Key="k", Body=b"kept")

    def ask(method: str, path: str) -> Reply:
        return signed(url, method, f"{path}?{subresource}", b"<x/>")

    assert ask("PUT", "/fresh").status != 200
    assert ask("PUT", f"/{bucket}/k").status != 200
    ask("DELETE", f"/{bucket}/k")
    ask("DELETE", f"/{bucket}")
    with refused("404"):
        client.head_bucket(Bucket="fresh")
    assert client.get_object(Bucket=bucket, Key="k")["Body"].read() == b"kept"


# The page that tells it.

PAGE = Path(__file__).parents[2] / "docs" / "operations.md"
_HEAD = """\
# Operations

This page lists what this server does with each operation of S3. `NotImplemented` is S3's own code for an
operation that a server does not have; its message has the reason below. [conformance.md](conformance.md) says
how answers were compared with S3's, and what differs.

"Stored only" means that a setting is checked, stored and returned, but has no effect. Encryption does less
than at S3: it is answered, but bytes are stored as they came
([decision 10](decisions/0010-encryption-is-answered.md)).

This page is made from the tables in `src/s3fixture/service/__init__.py` by
`python tests/service/test_service_not_implemented.py`, and a test compares them.

| operation | here |
|---|---|
"""


def here(operation: str) -> str:
    if operation in RENAMED:
        return f"as `{RENAMED[operation]}`, its newer name"
    if operation in REFUSED:
        return f"`NotImplemented`: {REFUSED[operation]}"
    module = OPERATIONS[operation]  # KeyError: an operation that is in no table
    return f"stored only: {STORED_ONLY[module]}" if module in STORED_ONLY else "answered"


def page() -> str:
    rows = {name: here(name) for name in MODEL.operation_names} | {"PostObject": "answered, from HTML forms"}
    return _HEAD + "".join(f"| `{name}` | {rows[name]} |\n" for name in sorted(rows))


@of_today
def test_the_page_of_operations_says_what_the_tables_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == page()


def test_only_modules_that_there_are_store_only() -> None:
    assert STORED_ONLY.keys() <= set(OPERATIONS.values())


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
