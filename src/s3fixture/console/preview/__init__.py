"""Looking into an object without keeping it: by its first bytes, which never run and are never trusted."""

from s3fixture.console.preview.renderer import Renderer
from s3fixture.console.preview.show import (
    LIMIT,
    SNIFFED,
    WORKER_LIMIT,
    Preview,
    beginning,
    is_rendered,
    preview,
    read_range,
)

__all__ = [
    "LIMIT",
    "SNIFFED",
    "WORKER_LIMIT",
    "Preview",
    "Renderer",
    "beginning",
    "is_rendered",
    "preview",
    "read_range",
]
