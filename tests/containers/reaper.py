"""What testcontainers' Ryuk does, for machines that cannot pull its image. Runs in a container of its own.

It listens on port 8080 and reads filters such as `label=org.testcontainers.session-id=ID`, one a line. Some
seconds after the connection of a process has ended, it removes what fits them and ends.
https://github.com/testcontainers/moby-ryuk
"""

from __future__ import annotations

import http.client
import json
import os
import socket
from contextlib import suppress
from urllib.parse import quote

SECONDS = float(os.environ.get("RYUK_RECONNECTION_TIMEOUT", "10s").rstrip("s"))


class Docker(http.client.HTTPConnection):
    """The engine's socket, as testcontainers mounts it."""

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect("/var/run/docker.sock")


def ask(method: str, path: str) -> bytes:
    connection = Docker("docker")
    connection.request(method, path)
    answer = connection.getresponse().read()
    connection.close()
    return answer


def remove(label: str) -> None:
    filters = quote(json.dumps({"label": [label]}))
    for container in json.loads(ask("GET", f"/containers/json?all=1&filters={filters}")):
        ask("DELETE", f"/containers/{container['Id']}?force=1&v=1")


def listen(connection: socket.socket, labels: set[str]) -> None:
    """Note the labels that a process sends, until it has ended."""
    with connection, connection.makefile("rw") as lines, suppress(ConnectionError):
        for line in lines:
            labels.add(line.strip().removeprefix("label="))
            lines.write("ACK\n")
            lines.flush()


def main() -> None:
    labels: set[str] = set()
    with socket.create_server(("", 8080)) as server, suppress(TimeoutError):
        while True:  # testcontainers keeps one connection for as long as its process lives
            connection, _ = server.accept()
            connection.settimeout(None)
            listen(connection, labels)
            server.settimeout(SECONDS)
    for label in labels:
        remove(label)


if __name__ == "__main__":
    main()
