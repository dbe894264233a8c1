"""Events in tests: what code that is notified would get."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Run = Callable[..., pytest.RunResult]


@pytest.fixture(autouse=True, params=["thread", "process"])
def emulator(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("S3FIXTURE_EMULATOR", request.param)


def test_events_of_a_bucket_are_collected(run: Run) -> None:
    run(
        """
        import threading

        def test_all(s3):
            with s3.events() as events:
                s3.client.put_object(Bucket=s3.bucket, Key="a b", Body=b"1")
                s3.client.delete_object(Bucket=s3.bucket, Key="a b")
                assert events.names == ["ObjectCreated:Put", "ObjectRemoved:Delete"]
                assert len(events) == 2
                assert events[0]["s3"]["object"]["key"] == "a+b"
            s3.put("c")
            assert len(events) == 0
            assert "NotificationConfiguration" not in s3.client.get_bucket_notification_configuration(
                Bucket=s3.bucket
            )

        def test_some(s3):
            with s3.events(s3.bucket, "s3:ObjectCreated:*", prefix="in/", suffix=".csv") as events:
                for key in ("in/a.csv", "in/a.txt", "b.csv"):
                    s3.put(key)
                s3.client.delete_object(Bucket=s3.bucket, Key="in/a.csv")
                assert [record["s3"]["object"]["key"] for record in events] == ["in/a.csv"]

        def test_those_that_come_later_are_waited_for(s3):
            with s3.events() as events:
                timer = threading.Timer(0.2, s3.put, ["late"])
                timer.start()
                (record,) = events.wait(1, timeout=10)
                timer.join()
                assert record["s3"]["object"]["key"] == "late"

        def test_the_clock_makes_events(s3):
            rule = {"Status": "Enabled", "Filter": {}, "Expiration": {"Days": 1}}
            s3.client.put_bucket_lifecycle_configuration(
                Bucket=s3.bucket, LifecycleConfiguration={"Rules": [rule]}
            )
            s3.put("a")
            with s3.events() as events:
                s3.clock.move(days=3)
                assert events.names == ["LifecycleExpiration:Delete"]
        """
    ).assert_outcomes(passed=4)


def test_what_does_not_come_is_said_with_what_came(run: Run) -> None:
    result = run(
        """
        def test_more_than_there_are(s3):
            with s3.events() as events:
                s3.put("a")
                events.wait(2, timeout=0.01)

        def test_no_bucket(s3):
            with s3.events("nowhere"):
                pass

        def test_no_event(s3):
            with s3.events(s3.bucket, "ObjectCreated"):
                pass

        def test_no_such_event(s3):
            with s3.events(s3.bucket, "s3:ObjectCreate:*") as events:
                assert events.names == []
        """
    )
    result.assert_outcomes(failed=4)
    result.stdout.fnmatch_lines(
        ["*'s3:ObjectCreate:*' is not an event of S3; did you mean 's3:ObjectCreated:*'*"]
    )
    result.stdout.fnmatch_lines(["*expected 2 events within 0.01 seconds; there were:", "*:Put */a"])
    result.stdout.fnmatch_lines(["*there is no bucket 'nowhere'*make it first*"])
    result.stdout.fnmatch_lines(["*'ObjectCreated' is not an event of S3*"])
