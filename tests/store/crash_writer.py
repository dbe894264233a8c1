"""The program that test_store_crash kills: many threads that put, replace, upload and delete.

Before it does something it prints what, and after it was acknowledged it says so. A line is
`intent|ack THREAD KEY NUMBER`; the body follows from the number alone.
"""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

from store_box import Box

SIZES = (0, 10, 5_000, 70_000, 300_000)


def body_of(number: int) -> bytes:
    """The bytes that stand for a number; nought for a deletion."""
    return (b"%08d" % number) * (SIZES[number % len(SIZES)] // 8)


def say(*words: object) -> None:
    """One write call a line: what was said is outside of this process, whatever happens to it."""
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


def work(box: Box, thread: int, first: int) -> None:
    number = first
    while True:
        number += 1
        key = f"t{thread}/k{number % 7}"
        if number % 11 == 0:
            say("intent", key, 0)
            if box.find(key) is not None:
                box.remove(key)
            say("ack", key, 0)
            continue
        say("intent", key, number)
        if number % 5 == 0:
            upload = box.begin(key, f"u{thread}-{number}")
            half = len(body_of(number)) // 2
            box.part(upload, 1, body_of(number)[:half])
            box.part(upload, 2, body_of(number)[half:])
            box.complete(upload)
        else:
            box.put(key, body_of(number), extra={"number": number})
        say("ack", key, number)


def main(folder: str, first: int) -> None:
    box = Box(Path(folder))
    say("ready", "-", 0)
    threads = [threading.Thread(target=work, args=(box, thread, first)) for thread in range(4)]
    for thread in threads:
        thread.start()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
