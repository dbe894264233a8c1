"""What each capability promises, on whatever server the options name.

    pytest tests/anywhere --s3-backend=binary --s3-binary=minio

The checks are those of `s3fixture probe`. They run everywhere, and are skipped where the server claims no
such thing; what no capability is about is checked of our own server.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from s3fixture.backends.capabilities import CAPABILITIES, EMULATOR_ONLY
from s3fixture.backends.endpoint import Endpoint
from s3fixture.probing.checks import CHECKS, Check
from s3fixture.probing.probed_store import ProbedStore

if TYPE_CHECKING:
    from _pytest.mark.structures import ParameterSet


def needing(check: Check) -> ParameterSet:
    """The check as a parameter, with what a server must have for it."""
    marks = [pytest.mark.s3(requires=check.name)] if check.capability else []
    return pytest.param(check, id=check.name, marks=marks)


@pytest.mark.parametrize("check", [needing(check) for check in CHECKS])
def test_the_server_does_what_it_claims(check: Check, s3_server: Endpoint) -> None:
    ours = s3_server.backend == "emulator"
    if not (check.capability or check.basic or ours):
        pytest.skip("no capability is about this")
    store = ProbedStore(s3_server, f"{s3_server.bucket_prefix}probe-")
    try:
        differences = list(check.run(store))
    finally:
        left = store.remove_buckets()
    assert left == []
    assert not ours or differences == []


def test_each_capability_has_its_check() -> None:
    checked = {check.name for check in CHECKS if check.capability}
    assert checked == CAPABILITIES.keys() - EMULATOR_ONLY - {"identities"}
