"""Style sheets, JavaScript modules and icons: files of this package, read once."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

_FOLDER = Path(__file__).parent / "static"
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """One file, with its ETag for caches."""

    content: bytes
    content_type: str
    etag: str


class Assets:
    """All assets, by name."""

    def __init__(self) -> None:
        self._assets = {path.name: _read(path) for path in sorted(_FOLDER.iterdir()) if path.suffix in _TYPES}
        # One version for all, because modules import each other by plain names.
        digest = hashlib.sha256("".join(asset.etag for asset in self._assets.values()).encode())
        self.version = digest.hexdigest()[:12]

    def get(self, name: str) -> Asset | None:
        """The file of this name."""
        return self._assets.get(name)

    def path(self, name: str) -> str:
        """The path of a file. It changes when any asset changes."""
        assert name in self._assets, name
        return f"/static/{self.version}/{name}"


def _read(path: Path) -> Asset:
    content = path.read_bytes()
    return Asset(content, _TYPES[path.suffix], hashlib.sha256(content).hexdigest()[:20])
