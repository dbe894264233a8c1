"""Tests whose time was frozen or moved by freezegun or time-machine."""

from __future__ import annotations

from collections.abc import Callable

import pytest

pytest.importorskip("freezegun", reason="freezegun is not installed: nox -s programs")
pytest.importorskip("time_machine", reason="time-machine is not installed: nox -s programs")

Run = Callable[..., pytest.RunResult]
TESTS = """
    from datetime import datetime, timezone

    import freezegun
    import pytest
    import time_machine

    MOMENT = datetime(2020, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
    TOOLS = {
        "freezegun": lambda: freezegun.freeze_time(MOMENT),
        "time-machine": lambda: time_machine.travel(MOMENT, tick=False),
    }

    @pytest.fixture(params=TOOLS)
    def frozen(request):
        with TOOLS[request.param]():
            yield

    def check(s3):
        s3.client.put_object(Bucket=s3.bucket, Key="k", Body=b"1")
        assert s3.client.head_object(Bucket=s3.bucket, Key="k")["LastModified"] == MOMENT
        [record] = [one for one in s3.requests if one.operation == "HeadObject"]
        assert 0 <= record.seconds < 60

    @pytest.mark.parametrize("tool", TOOLS)
    def test_within(s3, tool):
        s3.put("before", b"1")
        with TOOLS[tool]():
            check(s3)
        s3.put("after", b"1")
        assert s3.keys() == ["after", "before", "k"]
        s3.assert_called("PutObject", times=1)

    def test_before_the_server(frozen, s3):
        check(s3)
        s3.clock.move(days=31)
        s3.client.put_object(Bucket=s3.bucket, Key="later")
        moved = s3.client.head_object(Bucket=s3.bucket, Key="later")["LastModified"]
        assert (moved - MOMENT).days == 31

    def test_afterwards(s3):
        s3.client.put_object(Bucket=s3.bucket, Key="k")
        s3.assert_called("PutObject", times=1)
"""


def test_a_server_in_a_thread_follows(run: Run) -> None:
    run(TESTS).assert_outcomes(passed=5)


def test_a_server_that_starts_in_a_frozen_test_goes_on_after_it(run: Run) -> None:
    run(TESTS, "-k", "test_before_the_server or test_afterwards").assert_outcomes(passed=3, deselected=2)


def test_a_server_in_a_process_says_why_it_does_not(run: Run) -> None:
    result = run(TESTS, "--s3-emulator=process", "-k", "test_before_the_server")
    result.assert_outcomes(failed=2, deselected=3)
    result.stdout.fnmatch_lines(["*RequestTimeTooSkewed*use --s3-emulator=thread, whose server follows it*"])
