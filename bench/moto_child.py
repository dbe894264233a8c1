"""moto's server in a process of its own, until the standard input ends: `python -m bench.moto_child KEYS`.

That many keys are in its bucket before it answers, put there past HTTP: a hundred thousand
requests to it would take ten minutes.
"""

from __future__ import annotations

import logging
import sys


def fill(bucket: str, keys: list[str]) -> None:
    """Put empty objects into moto's model of this process."""
    from moto.s3.models import s3_backends

    backend = s3_backends["123456789012"]["aws"]
    backend.create_bucket(bucket, "us-east-1")
    for key in keys:
        backend.put_object(bucket, key, b"")


def main() -> None:
    from moto.server import ThreadedMotoServer

    from bench.listing import BUCKET, key_names

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    keys = key_names(int(sys.argv[1]))
    if keys:
        fill(BUCKET, keys)
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    print("http://{}:{}".format(*server.get_host_and_port()), flush=True)
    sys.stdin.read()
    server.stop()


if __name__ == "__main__":
    main()
