"""What x-amz-copy-source names."""

from __future__ import annotations

import pytest

from s3fixture.errors import S3Error
from s3fixture.wire.copy_source import CopySource, parse_copy_source


@pytest.mark.parametrize(
    ("header", "source"),
    [
        ("bucket/key", CopySource("bucket", "key")),
        ("/bucket/key", CopySource("bucket", "key")),
        ("bucket%2Fkey", CopySource("bucket", "key")),
        ("bucket/a/b//c", CopySource("bucket", "a/b//c")),
        ("bucket//key", CopySource("bucket", "/key")),
        ("bucket/a%20b+c%2Bd", CopySource("bucket", "a b c+d")),
        ("bucket/%C3%A9?x", CopySource("bucket", "é?x")),
        ("bucket/key?versionId=a%2Db", CopySource("bucket", "key", "a-b")),
        ("bucket/key?versionId=", CopySource("bucket", "key", "")),
        ("bucket/key%3FversionId=x", CopySource("bucket", "key?versionId=x")),
        ("http://127.0.0.1:9000/bucket/key?versionId=null", CopySource("bucket", "key", "null")),
        ("https://s3.amazonaws.com/bucket/http://x", CopySource("bucket", "http://x")),
    ],
)
def test_it_names_bucket_key_and_version(header: str, source: CopySource) -> None:
    assert parse_copy_source(header) == source


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("", "Invalid copy source bucket name"),
        ("/", "Invalid copy source bucket name"),
        ("//key", "Invalid copy source bucket name"),
        ("https://host", "Invalid copy source bucket name"),
        ("bucket", "Invalid copy source object key"),
        ("bucket/", "Invalid copy source object key"),
        ("bucket?versionId=x", "Invalid copy source object key"),
        ("bucket/%", "Invalid copy source encoding"),
        ("bucket/%ff", "Invalid copy source encoding"),
        ("bucket/a%00b", "Invalid copy source encoding"),
        ("bucket/key?versionId=%zz", "Invalid copy source encoding"),
    ],
)
def test_what_names_no_object_is_refused(header: str, message: str) -> None:
    with pytest.raises(S3Error, match=message) as caught:
        parse_copy_source(header)
    assert caught.value.code == "InvalidArgument"
    assert caught.value.fields["ArgumentName"] == "x-amz-copy-source"
