"""Looking into an object without keeping it: by its first bytes, which never run and are never trusted."""

from s3fixture.console.preview.show import PICTURE_LIMIT, Preview, not_shown, preview

__all__ = ["PICTURE_LIMIT", "Preview", "not_shown", "preview"]
