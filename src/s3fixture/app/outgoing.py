"""How the body of an answer is sent: at once when it is small, by the kernel when it is one file."""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from s3fixture.store import BodyReader

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


class _ReaderFile(io.FileIO):
    """The file that a reader is about; closing it closes the reader, which keeps the file until then."""

    def __init__(self, reader: BodyReader, path: Path, offset: int) -> None:
        self._reader = reader  # set first, so that it is closed even if the file cannot be opened
        super().__init__(path)
        self.seek(offset)

    def close(self) -> None:
        super().close()
        self._reader.close()


def outgoing(body: bytes | Iterable[bytes] | None, environ: WSGIEnvironment) -> Iterable[bytes]:
    """The WSGI result for `body`; for files, PEP 3333's `wsgi.file_wrapper`."""
    if body is None:
        return ()
    if isinstance(body, bytes):
        return (body,)
    if not isinstance(body, BodyReader):
        return body
    data = body.data
    if data is not None:
        return (data,)
    place, wrapper = body.path_and_offset, environ.get("wsgi.file_wrapper")
    if place is None or wrapper is None:
        return body
    wrapped: Iterable[bytes] = wrapper(_ReaderFile(body, *place))
    return wrapped
