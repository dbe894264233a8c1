"""The program that test_store_crash kills: many threads that put, replace, upload and delete.

Before it does something it prints what, and after it was acknowledged it says so. A line is
`intent|ack THREAD KEY NUMBER`; the body follows from the number alone.
"""

from __future__ import annotations

import itertools
import os
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from stored_bucket import StoredBucket

Say = Callable[..., None]

THREADS = 4
SIZES = (0, 10, 5_000, 70_000, 300_000)


def body_of(number: int) -> bytes:
    """The bytes that stand for a number; nought for a deletion."""
    return (b"%08d" % number) * (SIZES[number % len(SIZES)] // 8)


def say(*words: object) -> None:
    """One write call a line: what was said is outside of this process, whatever happens to it."""
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


def work(stored: StoredBucket, thread: int, numbers: Iterable[int], say: Say = say) -> None:
    there: dict[str, int] = {}
    for number in numbers:
        key = f"t{thread}/k{number % 7}"
        if number % 11 == 0:
            say("intent", key, 0)
            if stored.find(key) is not None:
                stored.remove(key)
            there.pop(key, None)
            say("ack", key, 0)
            continue
        source = next((name for name in there if name != key), None) if number % 13 == 0 else None
        there[key] = there[source] if source else number
        say("intent", key, there[key])
        if source:
            version = stored.find(source)
            assert version is not None
            stored.copy(version, key)
        elif number % 3 == 0:
            upload = stored.begin(key, f"u{thread}-{number}")
            half = len(body_of(number)) // 2
            stored.part(upload, 1, body_of(number)[:half])
            stored.part(upload, 2, body_of(number)[half:])
            stored.complete(upload)
        else:
            stored.put(key, body_of(number), extra={"number": number})
        say("ack", key, there[key])


def write(stored: StoredBucket, first: int, count: int | None = None, says: Sequence[Say] = ()) -> None:
    """Until it is killed, or `count` times in each of the threads; `says`: what each of them says it with."""
    numbers = [range(first, first + count) if count else itertools.count(first) for _ in range(THREADS)]
    threads = [
        threading.Thread(target=work, args=(stored, number, numbers[number], *says[number : number + 1]))
        for number in range(THREADS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    stored = StoredBucket(Path(sys.argv[1]))
    say("ready", "-", 0)
    write(stored, int(sys.argv[2]))
