"""A web server that takes what a webhook is sent."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

HOOK = "arn:minio:sqs::hook:webhook"


class Receiver:
    """Messages are kept as they came; `statuses` are those of the next answers, then it is 200.

    `length` is the Content-Length of the answers, of which no byte is sent.
    """

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.statuses: list[int] = []
        self.length = 0
        self._changed = threading.Condition()
        self._ended = threading.Event()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = receiver._take(json.loads(body), dict(self.headers))
                self.send_response(status)
                self.send_header("Content-Length", str(receiver.length))
                self.end_headers()
                if receiver.length:
                    receiver._ended.wait()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/hook"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def _take(self, message: dict[str, Any], headers: dict[str, str]) -> int:
        with self._changed:
            status = self.statuses.pop(0) if self.statuses else 200
            if status < 300:
                self.messages.append(message)
                self.headers.append(headers)
            self._changed.notify_all()
            return status

    def wait(self, count: int) -> list[dict[str, Any]]:
        """The messages, when there are so many."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.messages) >= count, 10), self.messages
            return list(self.messages)

    def records(self, count: int) -> list[dict[str, Any]]:
        """The first so many records, without the test event."""
        messages = self.wait(count + 1)
        assert messages[0]["Event"] == "s3:TestEvent"
        return [record for message in messages[1:] for record in message["Records"]]

    def close(self) -> None:
        self._ended.set()
        self._server.shutdown()
        self._server.server_close()
