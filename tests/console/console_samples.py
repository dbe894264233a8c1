"""What is in the buckets when a test begins."""

from __future__ import annotations

import io
import json
import struct
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MLMODEL = """\
artifact_path: model
flavors:
  sklearn:
    sklearn_version: 1.5.0
run_id: 0a1b2c3d
"""
# Every way in which a name could leave its place in a page.
HOSTILE = (
    "<script>alert('key')</script>.txt",
    "<img src=x onerror=alert('key')>.txt",
    '"onmouseover="alert(\'key\')" x=".txt',
    "'); alert('key');//.txt",
    "{{ 7*7 }}{% raw %}.txt",
    "right\u202eto left\u2066.txt",
    "new\nline\ttab.txt",
    "a//b/../c.txt",
    "javascript:alert('key')",
    "ü" * 510 + ".bi",  # 1,023 bytes without a space
    "W" * 1020 + ".txt",
)
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(2)</script></svg>'
HTML = b"<!doctype html><script>alert('body')</script><img src=x onerror=alert('body')>"
PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj "
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 100]>>endobj trailer<</Root 1 0 R>>\n%%EOF\n"
)


def png(width: int = 60, height: int = 40) -> bytes:
    """A picture."""
    raw = b"".join(b"\0" + b"\x0a\x6b\x5e" * width for _ in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(raw)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


def parquet() -> bytes:
    """A table of 1,000 rows. ImportError without pyarrow."""
    import pyarrow
    from pyarrow import parquet as writer

    file = io.BytesIO()
    writer.write_table(pyarrow.table({"id": range(1000), "label": [f"row {n}" for n in range(1000)]}), file)
    return file.getvalue()


def fill(s3: S3Client) -> None:
    """Buckets `data`, `versioned` and `empty`."""
    for bucket in ("data", "versioned", "empty"):
        s3.create_bucket(Bucket=bucket)
    s3.put_bucket_versioning(Bucket="versioned", VersioningConfiguration={"Status": "Enabled"})
    for text in ("first", "second", "third"):
        s3.put_object(Bucket="versioned", Key="file.txt", Body=text.encode())
    s3.put_object(Bucket="versioned", Key="gone.txt", Body=b"gone")
    s3.delete_object(Bucket="versioned", Key="gone.txt")
    bodies = {
        "iris.csv": b"length,species\n5.1,setosa\n4.9,virginica\n",
        "model/MLmodel": MLMODEL.encode(),
        "model/metrics.json": json.dumps({"accuracy": 0.95, "loss": 0.1}).encode(),
        "model/model.pkl": bytes(range(256)),
        "notes.txt": b"plain text\nin two lines\n",
        "picture.png": png(),
        "drawing.svg": SVG,
        "page.html": HTML,
        "report.pdf": PDF,
    }
    for key, body in bodies.items():
        s3.put_object(Bucket="data", Key=key, Body=body, ContentType="text/html")
    s3.put_object(
        Bucket="data",
        Key="described.bin",
        Body=b"x",
        ContentType="application/x-thing",
        CacheControl="no-cache",
        Metadata={"author": "someone"},
        Tagging="stage=candidate&team=vision",
    )


def fill_hostile(s3: S3Client) -> None:
    """A bucket `hostile`, every name of which attacks the page."""
    s3.create_bucket(Bucket="hostile")
    for key in HOSTILE:
        s3.put_object(
            Bucket="hostile",
            Key=key,
            Body=HTML,
            ContentType="text/html",
            Metadata={"note": "<script>alert('metadata')</script>"},
            Tagging="stage=a+b",
        )
