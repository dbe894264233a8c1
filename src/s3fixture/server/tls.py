"""A connection over TLS. Imported where there is a certificate, because `ssl` takes its time."""

from __future__ import annotations

import socket
import ssl
from contextlib import suppress
from typing import Any

from .connection import Connection, ServerContext
from .requests import Body, RequestHead

# OpenSSL's reasons for what does not begin as TLS does: it knows the names of four methods, and CONNECT.
_NO_TLS = frozenset({"HTTP_REQUEST", "HTTPS_PROXY_REQUEST", "WRONG_VERSION_NUMBER"})
_WANTS_TLS = "this port speaks TLS; use https:// instead of http:// in the address of the server"


class TlsConnection(Connection):
    """Shakes hands first, which waits for the client: so it is for the thread that serves the connection."""

    is_secure = True
    nothing_yet = (*Connection.nothing_yet, ssl.SSLWantReadError)
    no_room = (*Connection.no_room, ssl.SSLWantWriteError)

    def __init__(self, sock: socket.socket, peer: tuple[Any, ...], context: ServerContext) -> None:
        assert isinstance(sock, ssl.SSLSocket)
        self._tls = sock
        super().__init__(sock, peer, context)
        self._await("handshake", context.limits.head_seconds)

    def _serve_available(self) -> bool:
        if self._awaited == "handshake" and not self._shake_hands():
            return True
        return super()._serve_available()

    def _shake_hands(self) -> bool:
        """Whether that is done. OSError for a client that does not trust us, or speaks no TLS."""
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            return False
        except ssl.SSLError as error:
            if error.reason in _NO_TLS:
                self._refuse_plain_http()
                return False
            raise
        self._await_request()
        return True

    def _refuse_plain_http(self) -> None:
        """Answer plain HTTP on a TLS port in plain HTTP, as Go's servers (MinIO's among them) do."""
        content_type, body = self._context.error_body(400, _WANTS_TLS, "")
        head = f"HTTP/1.1 400 Bad Request\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n"
        with suppress(BlockingIOError):  # never: nothing was sent before
            socket.socket.send(self._tls, f"{head}Connection: close\r\n\r\n".encode() + body)
        self._linger()

    def _environment(self, head: RequestHead, body: Body) -> dict[str, Any]:
        """With what Apache's mod_ssl names so."""
        cipher = self._tls.cipher()
        return super()._environment(head, body) | {
            "SSL_PROTOCOL": self._tls.version() or "",
            "SSL_CIPHER": cipher[0] if cipher else "",
        }

    def _has_decrypted(self) -> bool:
        return self._tls.pending() > 0

    def _notify_close(self) -> None:
        """Send the close_notify of TLS, so that the client can tell the end of an answer from a cut."""
        try:
            self._tls.settimeout(0)  # sends ours, does not wait for the client's
            self._tls.unwrap()
        except (OSError, ValueError):
            pass  # it is to be closed anyway
