"""What an object is, by its first bytes, its name and its content type, in this order."""

from __future__ import annotations

PARQUET = b"PAR1"
# First bytes -> what it is.
_MAGIC = (
    (b"%PDF-", "pdf"),
    (PARQUET, "parquet"),
    (b"\x1f\x8b\x08", "gzip"),
    (b"Obj\x01", "avro"),
    (b"\x93NUMPY", "numpy"),
    (b"PK\x03\x04", "zip"),
    (b"ARROW1", "arrow"),
)
_ARROW_STREAM = b"\xff\xff\xff\xff"  # how each of its messages begins; other files may begin so, too
# What `render_worker` renders, in a frame of its own -> the module that it needs.
RENDERED = {"markdown": "markdown_it", "notebook": "pygments", "code": "pygments", "terminal": "html"}

_IMAGES = (  # SVG is not among them: it is a document that runs scripts
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"\x00\x00\x01\x00", "image/x-icon"),
)
_ENDINGS = {
    "csv": "csv",
    "tsv": "csv",
    "json": "json",
    "ipynb": "notebook",
    "md": "markdown",
    "markdown": "markdown",
    "geojson": "json",
    "yaml": "yaml",
    "yml": "yaml",
    **dict.fromkeys(
        (
            *("c", "cc", "cpp", "cs", "css", "go", "h", "hpp", "html", "ini", "java", "js", "kt", "lua"),
            *("php", "pl", "proto", "py", "pyi", "r", "rb", "rs", "scala", "sh", "sql", "swift", "tf"),
            *("toml", "ts", "tsx", "xml"),
        ),
        "code",
    ),
}
_NAMES = {"MLmodel": "yaml"}
_CONTENT_TYPES = {
    "text/csv": "csv",
    "text/tab-separated-values": "csv",
    "application/json": "json",
    "application/yaml": "yaml",
    "application/x-yaml": "yaml",
    "text/yaml": "yaml",
    "text/x-yaml": "yaml",
}


def image_type(first: bytes) -> str | None:
    """The content type of a picture that browsers show safely; None for anything else."""
    for magic, content_type in _IMAGES:
        if first.startswith(magic):
            return content_type
    if first[:2] == b"BM" and first[6:10] == bytes(4):  # a table may begin with BMI
        return "image/bmp"
    if first[:4] == b"RIFF" and first[8:12] == b"WEBP":
        return "image/webp"
    if first[4:12] in (b"ftypavif", b"ftypavis"):
        return "image/avif"
    return None


def kind(key: str, content_type: str, first: bytes) -> str:
    """Such as "image", "csv" or "markdown"; "text" or "binary" when nothing else is known."""
    if image_type(first):
        return "image"
    for magic, name in _MAGIC:
        if first.startswith(magic):
            return name
    if is_binary(first):
        return "arrow" if first.startswith(_ARROW_STREAM) and key.endswith(".arrow") else "binary"
    found = _by_name(key, content_type)
    return "terminal" if found == "text" and b"\x1b[" in first else found


def _by_name(key: str, content_type: str) -> str:
    name = key.rpartition("/")[2]
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    media_type = content_type.partition(";")[0].strip().lower()
    return _NAMES.get(name) or _ENDINGS.get(ending) or _CONTENT_TYPES.get(media_type) or "text"


def is_binary(data: bytes) -> bool:
    """Whether it is not text: it has NUL, or is not UTF-8 (apart from a character cut off at its end)."""
    if b"\0" in data:
        return True
    for cut in range(4):
        try:
            data[: len(data) - cut].decode()
        except UnicodeDecodeError:
            continue
        return False
    return True
