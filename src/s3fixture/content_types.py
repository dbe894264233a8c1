"""Content types by file name, the same on every machine."""

from __future__ import annotations

import mimetypes
from collections.abc import Mapping

# Not the machine's own tables (mimetypes.guess_type reads them): a seed must be the same everywhere.
_TYPES = mimetypes.MimeTypes()

# What the standard library does not know on every Python version, and formats of data.
_MORE: Mapping[str, str] = {
    ".csv": "text/csv",
    ".ipynb": "application/x-ipynb+json",
    ".jsonl": "application/jsonl",
    ".md": "text/markdown",
    ".parquet": "application/vnd.apache.parquet",
    ".webp": "image/webp",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
}
for _suffix, _type in _MORE.items():
    _TYPES.add_type(_type, _suffix)

# A compressed file is stored as such: with the inner type, clients would show or unpack it wrongly.
_COMPRESSED: Mapping[str, str] = {
    "gzip": "application/gzip",
    "bzip2": "application/x-bzip2",
    "xz": "application/x-xz",
    "compress": "application/x-compress",
    "br": "application/x-brotli",
}


def guess(name: str) -> str | None:
    """The content type for a file of this name; None when nothing is known."""
    content_type, encoding = _TYPES.guess_type(name.rpartition("/")[2], strict=True)
    if encoding:
        return _COMPRESSED.get(encoding, "application/octet-stream")
    return content_type
