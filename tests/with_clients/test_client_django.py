"""django-storages, led by the variables alone: a project's files and its static files."""

from __future__ import annotations

import io
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from s3fixture import S3

django: Any = pytest.importorskip("django")
S3_STORAGE = "storages.backends.s3.S3Storage"


@pytest.fixture
def storages(s3_env: object, s3: S3) -> Iterator[Any]:
    """The storages of a project whose settings name a bucket and nothing else."""
    from django.conf import settings
    from django.core.files.storage import storages
    from django.test.utils import override_settings

    if not settings.configured:
        settings.configure(INSTALLED_APPS=["django.contrib.staticfiles"], STATIC_URL="static/")
        django.setup()
    options = {"bucket_name": s3.bucket}
    backends = {
        "default": {"BACKEND": S3_STORAGE, "OPTIONS": options},
        "staticfiles": {"BACKEND": "storages.backends.s3.S3StaticStorage", "OPTIONS": options},
    }
    with override_settings(STORAGES=backends):
        yield storages


def test_a_file_is_saved_listed_linked_and_deleted(storages: Any, s3: S3) -> None:
    from django.core.files.base import ContentFile

    storage = storages["default"]
    name = storage.save("photos/ü.txt", ContentFile(b"first"))
    other = storage.save("photos/ü.txt", ContentFile(b"second"))

    assert name in (other, "photos/ü.txt")
    assert storage.exists(name)
    assert storage.size(name) in (5, 6)
    with storage.open(name) as file:
        assert file.read() == s3.get(name)
    folders, files = storage.listdir("photos")
    assert (folders, files) == ([], [key.removeprefix("photos/") for key in s3.keys()])  # noqa: SIM118
    with urllib.request.urlopen(storage.url(name), timeout=10) as answer:
        assert answer.read() == s3.get(name)
    storage.delete(name)
    assert not storage.exists(name)


def test_a_large_file_is_written_in_parts(storages: Any, s3: S3) -> None:
    data = b"x" * 11 * 1024 * 1024

    with storages["default"].open("large", "wb") as file:
        file.write(data)

    assert s3.get("large") == data
    s3.assert_called("CompleteMultipartUpload", times=1)


def test_static_files_are_collected(storages: Any, s3: S3, tmp_path: Any) -> None:
    from django.core.management import call_command
    from django.test.utils import override_settings

    (tmp_path / "site.css").write_text("b {}")
    with override_settings(
        STATICFILES_DIRS=[str(tmp_path)],
        STATICFILES_FINDERS=["django.contrib.staticfiles.finders.FileSystemFinder"],
    ):
        call_command("collectstatic", interactive=False, stdout=io.StringIO())

    assert s3.get("site.css") == b"b {}"
    assert s3.client.head_object(Bucket=s3.bucket, Key="site.css")["ContentType"] == "text/css"
