"""How much is measured."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Options:
    """Sizes of one run of the benchmark."""

    rounds: int = 60  # turns of each subject in rows that take milliseconds
    calls: int = 5  # calls in one turn
    seconds: int = 2  # of load in one turn
    load_rounds: int = 5
    connections: int = 8
    transfer_mib: int = 100
    transfer_rounds: int = 5
    keys: int = 100_000
    many_keys: int = 1_000_000
    pages: int = 1  # of a kind in one turn
    starts: int = 7
    tests: int = 10_000
    memory_mib: int = 1024
    servers: tuple[str, ...] = ()  # NAME=URL,ACCESS_KEY,SECRET_KEY, to be measured beside ours


QUICK = Options(
    rounds=5, calls=5, seconds=1, load_rounds=2, transfer_mib=16, transfer_rounds=2, keys=20_000, pages=2,
    many_keys=100_000, starts=2, tests=1000, memory_mib=128,
)  # fmt: skip
