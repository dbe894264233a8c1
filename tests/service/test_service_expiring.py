"""Lifecycle rules carried out by the server's clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from service_helpers import DAY, MIB, put_parts

from s3fixture.app import App
from s3fixture.service import lifecycle_jobs
from s3fixture.store import Index, Version

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

LARGE = b"." * (128 * 1024)  # bytes: the smallest that S3 moves to another class by itself
PassDays = Callable[[float], None]


@pytest.fixture
def noon(app: App) -> datetime:
    """The clock stands at the next noon, so that no midnight comes unasked for."""
    app.clock.freeze()
    now = app.clock.time()
    app.clock.let_pass(DAY - now % DAY + DAY / 2)
    return app.clock.now()


@pytest.fixture
def pass_days(app: App, noon: datetime) -> PassDays:
    """Let days pass and have done what is due."""

    def pass_days(days: float) -> None:
        app.clock.let_pass(days * DAY)
        app.background.clock_changed()

    return pass_days


@pytest.fixture
def versioned(client: S3Client, bucket: str) -> str:
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    return bucket


def rule(client: S3Client, bucket: str, **actions: Any) -> None:
    """One rule, for all objects unless it has a Filter."""
    whole: Any = {"Rules": [{"ID": "r", "Status": "Enabled", "Filter": {}, **actions}]}
    client.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration=whole)


def keys(client: S3Client, bucket: str) -> list[str]:
    return [entry["Key"] for entry in client.list_objects_v2(Bucket=bucket).get("Contents", ())]


def versions(client: S3Client, bucket: str) -> list[str]:
    """Version ids, newest first, delete markers as "-"."""
    found = client.list_object_versions(Bucket=bucket)
    marked = [(entry["LastModified"], "-") for entry in found.get("DeleteMarkers", ())]
    kept = [(entry["LastModified"], entry["VersionId"]) for entry in found.get("Versions", ())]
    return [name for _, name in sorted(marked + kept, reverse=True)]


def test_an_object_expires_at_the_midnight_after_its_days(
    client: S3Client, bucket: str, pass_days: PassDays
) -> None:
    client.put_object(Bucket=bucket, Key="before")
    rule(client, bucket, Expiration={"Days": 3})
    client.put_object(Bucket=bucket, Key="after")
    pass_days(3.4)  # made at noon, and so due at midnight after the third day
    assert keys(client, bucket) == ["after", "before"]
    pass_days(0.1)
    assert keys(client, bucket) == []


def test_a_rule_is_carried_out_every_day(client: S3Client, bucket: str, pass_days: PassDays) -> None:
    rule(client, bucket, Expiration={"Days": 1})
    for key in ("first", "second", "third"):
        client.put_object(Bucket=bucket, Key=key)
        pass_days(1)
    assert keys(client, bucket) == ["third"]


def test_a_date_in_the_past_acts_from_the_next_midnight_on(
    client: S3Client, bucket: str, pass_days: PassDays
) -> None:
    client.put_object(Bucket=bucket, Key="a")
    rule(client, bucket, Expiration={"Date": datetime(2020, 1, 1, tzinfo=timezone.utc)})
    pass_days(0.25)
    assert keys(client, bucket) == ["a"]
    pass_days(0.25)
    assert keys(client, bucket) == []
    client.put_object(Bucket=bucket, Key="b")
    pass_days(1)
    assert keys(client, bucket) == []


def test_a_date_to_come_is_waited_for(
    client: S3Client, bucket: str, noon: datetime, pass_days: PassDays
) -> None:
    client.put_object(Bucket=bucket, Key="a")
    date = noon.replace(hour=0) + timedelta(days=10)
    rule(client, bucket, Expiration={"Date": date})
    pass_days(9)
    assert keys(client, bucket) == ["a"]
    pass_days(1)
    assert keys(client, bucket) == []


def test_filters_choose_what_expires(client: S3Client, bucket: str, pass_days: PassDays) -> None:
    both = {"And": {"Prefix": "a", "Tags": [{"Key": "k", "Value": "v"}], "ObjectSizeGreaterThan": 3}}
    rule(client, bucket, Filter=both, Expiration={"Days": 1})
    client.put_object(Bucket=bucket, Key="a-all", Body=b"four", Tagging="k=v&l=w")
    client.put_object(Bucket=bucket, Key="a-small", Body=b"3..", Tagging="k=v")
    client.put_object(Bucket=bucket, Key="a-untagged", Body=b"four")
    client.put_object(Bucket=bucket, Key="b-else", Body=b"four", Tagging="k=v")
    pass_days(31)
    assert keys(client, bucket) == ["a-small", "a-untagged", "b-else"]


def test_a_rule_that_is_disabled_or_gone_does_nothing(
    client: S3Client, bucket: str, pass_days: PassDays
) -> None:
    client.put_object(Bucket=bucket, Key="a")
    rule(client, bucket, Status="Disabled", Expiration={"Days": 1})
    pass_days(5)
    rule(client, bucket, Expiration={"Days": 1})
    client.delete_bucket_lifecycle(Bucket=bucket)
    pass_days(5)
    assert keys(client, bucket) == ["a"]
    rule(client, bucket, Expiration={"Days": 1})
    pass_days(5)
    assert keys(client, bucket) == []


def test_a_bucket_that_was_made_anew_has_no_rules(client: S3Client, bucket: str, pass_days: PassDays) -> None:
    rule(client, bucket, Expiration={"Days": 1})
    client.delete_bucket(Bucket=bucket)
    client.create_bucket(Bucket=bucket)
    client.put_object(Bucket=bucket, Key="a")
    pass_days(5)
    assert keys(client, bucket) == ["a"]


def test_a_clock_that_goes_back_is_followed(client: S3Client, bucket: str, pass_days: PassDays) -> None:
    rule(client, bucket, Expiration={"Days": 1})
    pass_days(100)
    pass_days(-100)
    client.put_object(Bucket=bucket, Key="a")
    pass_days(2)
    assert keys(client, bucket) == []


def test_with_versions_expiring_puts_a_marker_on_top(
    client: S3Client, versioned: str, noon: datetime, pass_days: PassDays
) -> None:
    kept = client.put_object(Bucket=versioned, Key="a")["VersionId"]
    rule(client, versioned, Expiration={"Days": 1})
    pass_days(30)
    assert versions(client, versioned) == ["-", kept]
    (marker,) = client.list_object_versions(Bucket=versioned)["DeleteMarkers"]
    assert marker["LastModified"] == noon.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(2)


def test_in_a_suspended_bucket_the_null_version_goes_and_others_stay(
    client: S3Client, versioned: str, pass_days: PassDays
) -> None:
    client.put_object(Bucket=versioned, Key="numbered")
    client.put_bucket_versioning(Bucket=versioned, VersioningConfiguration={"Status": "Suspended"})
    client.put_object(Bucket=versioned, Key="null")
    rule(client, versioned, Expiration={"Date": datetime(2020, 1, 1, tzinfo=timezone.utc)})
    pass_days(1)
    found = client.list_object_versions(Bucket=versioned)
    assert [entry["Key"] for entry in found["Versions"]] == ["numbered"]
    assert [(entry["Key"], entry["VersionId"]) for entry in found["DeleteMarkers"]] == [
        ("null", "null"),
        ("numbered", "null"),
    ]


def test_noncurrent_versions_go_when_they_have_been_so_long_enough(
    client: S3Client, versioned: str, pass_days: PassDays
) -> None:
    rule(client, versioned, NoncurrentVersionExpiration={"NoncurrentDays": 5})
    made = []
    for days in (3, 3, 2):
        made.append(client.put_object(Bucket=versioned, Key="a")["VersionId"])
        pass_days(days)
    assert versions(client, versioned) == made[::-1]
    pass_days(0.5)  # the first one is noncurrent since noon five days and a half ago
    assert versions(client, versioned) == made[:0:-1]
    pass_days(100)
    assert versions(client, versioned) == [made[2]]


def test_so_many_newer_noncurrent_versions_are_kept(
    client: S3Client, versioned: str, pass_days: PassDays
) -> None:
    made = [client.put_object(Bucket=versioned, Key="a")["VersionId"] for _ in range(10)]
    rule(
        client,
        versioned,
        NoncurrentVersionExpiration={"NoncurrentDays": 1, "NewerNoncurrentVersions": 5},
    )
    pass_days(2)
    found = client.list_object_versions(Bucket=versioned)["Versions"]
    assert [entry["VersionId"] for entry in found] == made[:3:-1]


def test_a_marker_that_is_left_alone_goes(client: S3Client, versioned: str, pass_days: PassDays) -> None:
    client.put_object(Bucket=versioned, Key="a")
    client.delete_object(Bucket=versioned, Key="a")
    client.delete_object(Bucket=versioned, Key="only-marked")
    rule(client, versioned, Expiration={"ExpiredObjectDeleteMarker": True})
    pass_days(1)
    (marker,) = client.list_object_versions(Bucket=versioned)["DeleteMarkers"]
    assert marker["Key"] == "a"


def test_days_of_a_rule_remove_lone_markers_as_well(
    client: S3Client, versioned: str, pass_days: PassDays
) -> None:
    client.put_object(Bucket=versioned, Key="a")
    client.delete_object(Bucket=versioned, Key="a")
    rule(
        client,
        versioned,
        Expiration={"Days": 5},
        NoncurrentVersionExpiration={"NoncurrentDays": 1},
    )
    pass_days(2)
    assert versions(client, versioned) == ["-"]
    pass_days(4)
    assert versions(client, versioned) == []


def test_a_month_at_once_is_a_month_day_by_day(client: S3Client, versioned: str, pass_days: PassDays) -> None:
    client.put_object(Bucket=versioned, Key="a")
    rule(
        client,
        versioned,
        Expiration={"Days": 10},
        NoncurrentVersionExpiration={"NoncurrentDays": 10},
    )
    pass_days(15)
    assert len(versions(client, versioned)) == 2  # the marker is of the tenth day
    pass_days(16)
    assert versions(client, versioned) == []


def test_locked_versions_stay(client: S3Client, pass_days: PassDays, noon: datetime) -> None:
    client.create_bucket(Bucket="locked", ObjectLockEnabledForBucket=True)
    until = noon + timedelta(days=20)
    client.put_object(
        Bucket="locked", Key="kept", ObjectLockMode="GOVERNANCE", ObjectLockRetainUntilDate=until, Body=b"1"
    )
    client.put_object(Bucket="locked", Key="held", ObjectLockLegalHoldStatus="ON", Body=b"1")
    client.put_object(Bucket="locked", Key="free", Body=b"1")
    rule(
        client,
        "locked",
        Expiration={"Days": 1},
        NoncurrentVersionExpiration={"NoncurrentDays": 1},
    )
    pass_days(10)
    left = client.list_object_versions(Bucket="locked")["Versions"]
    assert [entry["Key"] for entry in left] == ["held", "kept"]
    pass_days(15)
    left = client.list_object_versions(Bucket="locked")["Versions"]
    assert [entry["Key"] for entry in left] == ["held"]


def test_uploads_that_nobody_completes_are_aborted(
    client: S3Client, bucket: str, app: App, pass_days: PassDays
) -> None:
    old = put_parts(client, bucket, "a/1", [b"." * MIB])
    put_parts(client, bucket, "b/1", [b"1"])
    rule(
        client,
        bucket,
        Filter={"Prefix": "a/"},
        AbortIncompleteMultipartUpload={"DaysAfterInitiation": 2},
    )
    pass_days(2)
    new = put_parts(client, bucket, "a/1", [b"1"])
    pass_days(1)
    found = client.list_multipart_uploads(Bucket=bucket)["Uploads"]
    assert [entry["Key"] for entry in found] == ["a/1", "b/1"]
    assert found[0]["UploadId"] == new
    with pytest.raises(client.exceptions.NoSuchUpload):
        client.list_parts(Bucket=bucket, Key="a/1", UploadId=old)


def classes(client: S3Client, bucket: str) -> dict[str, str]:
    return {
        entry["Key"]: entry["StorageClass"]
        for entry in client.list_objects_v2(Bucket=bucket).get("Contents", ())
    }


def test_objects_go_down_the_classes(client: S3Client, bucket: str, pass_days: PassDays) -> None:
    etag = client.put_object(Bucket=bucket, Key="a", Body=LARGE)["ETag"]
    modified = client.head_object(Bucket=bucket, Key="a")["LastModified"]
    steps = [
        {"Days": 30, "StorageClass": "STANDARD_IA"},
        {"Days": 60, "StorageClass": "GLACIER"},
        {"Days": 150, "StorageClass": "DEEP_ARCHIVE"},
    ]
    rule(client, bucket, Transitions=steps, Expiration={"Days": 365})
    seen = []
    for days in (29, 2, 30, 90, 215):
        pass_days(days)
        seen.append(classes(client, bucket).get("a"))
    assert seen == ["STANDARD", "STANDARD_IA", "GLACIER", "DEEP_ARCHIVE", None]
    client.put_object(Bucket=bucket, Key="a", Body=LARGE)
    pass_days(100)
    answer = client.head_object(Bucket=bucket, Key="a")
    assert (answer["StorageClass"], answer["ETag"]) == ("GLACIER", etag)
    assert answer["LastModified"] > modified


def test_objects_never_go_up(client: S3Client, bucket: str, pass_days: PassDays) -> None:
    client.put_object(Bucket=bucket, Key="a", Body=LARGE, StorageClass="GLACIER")
    rule(client, bucket, Transitions=[{"Days": 0, "StorageClass": "GLACIER_IR"}])
    pass_days(1)
    assert classes(client, bucket) == {"a": "GLACIER"}


@pytest.mark.parametrize(
    ("minimum", "target", "filtered", "moved"),
    [
        ("all_storage_classes_128K", "GLACIER", False, False),
        ("all_storage_classes_128K", "GLACIER", True, True),
        ("varies_by_storage_class", "GLACIER", False, True),
        ("varies_by_storage_class", "INTELLIGENT_TIERING", False, False),
    ],
)
def test_small_objects_stay_unless_the_rule_says_so(
    client: S3Client, bucket: str, pass_days: PassDays, minimum: Any, target: str, filtered: bool, moved: bool
) -> None:
    client.put_object(Bucket=bucket, Key="a", Body=b"small")
    whole: Any = {
        "Rules": [
            {
                "Status": "Enabled",
                "Filter": {"ObjectSizeGreaterThan": 1} if filtered else {},
                "Transitions": [{"Days": 0, "StorageClass": target}],
            }
        ]
    }
    client.put_bucket_lifecycle_configuration(
        Bucket=bucket, LifecycleConfiguration=whole, TransitionDefaultMinimumObjectSize=minimum
    )
    pass_days(1)
    assert classes(client, bucket) == {"a": target if moved else "STANDARD"}


def test_noncurrent_versions_move_too(client: S3Client, versioned: str, pass_days: PassDays) -> None:
    for _ in range(3):
        client.put_object(Bucket=versioned, Key="a", Body=LARGE)
    rule(
        client,
        versioned,
        NoncurrentVersionTransitions=[
            {"NoncurrentDays": 1, "StorageClass": "GLACIER_IR", "NewerNoncurrentVersions": 1}
        ],
        NoncurrentVersionExpiration={"NoncurrentDays": 30},
    )
    pass_days(2)
    found = client.list_object_versions(Bucket=versioned)["Versions"]
    assert [entry["StorageClass"] for entry in found] == ["STANDARD", "STANDARD", "GLACIER_IR"]


def test_a_large_bucket_is_done_in_slices(
    client: S3Client, versioned: str, pass_days: PassDays, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lifecycle_jobs, "_SLICE", 2)
    for key in ("a", "b", "c"):
        for _ in range(5):
            client.put_object(Bucket=versioned, Key=key)
        put_parts(client, versioned, key, [b"1"])
    rule(
        client,
        versioned,
        Expiration={"Days": 1},
        NoncurrentVersionExpiration={"NoncurrentDays": 1, "NewerNoncurrentVersions": 2},
        AbortIncompleteMultipartUpload={"DaysAfterInitiation": 1},
    )
    pass_days(10)
    found = client.list_object_versions(Bucket=versioned)
    assert [entry["Key"] for entry in found["Versions"]] == ["a", "a", "b", "b", "c", "c"]
    assert [entry["Key"] for entry in found["DeleteMarkers"]] == ["a", "b", "c"]
    assert "Uploads" not in client.list_multipart_uploads(Bucket=versioned)


@pytest.mark.parametrize("size", [1, 3, 250])
def test_only_names_that_begin_like_a_rule_are_looked_at(
    client: S3Client, bucket: str, pass_days: PassDays, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(lifecycle_jobs, "_SLICE", size)
    prefixes = ("b/", "b/1", "d", "f/none/", "\N{EURO SIGN}")
    names = [
        f"{folder}{number}" for folder in ("a/", "b/", "c/", "e/", "\N{EURO SIGN}/") for number in range(12)
    ]
    for name in (*names, "b/", "d", "\U0001f600"):
        client.put_object(Bucket=bucket, Key=name)
    rules = [
        {"ID": prefix, "Status": "Enabled", "Filter": {"Prefix": prefix}, "Expiration": {"Days": 1}}
        for prefix in prefixes
    ]
    whole: Any = {"Rules": rules}
    client.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration=whole)
    seen: list[str] = []
    walk = Index.walk_versions

    def watched(index: Index, bucket_id: int, key: str, seq: int, limit: int) -> list[Version]:
        found = walk(index, bucket_id, key, seq, limit)
        seen.extend(version.key for version in found)
        return found

    monkeypatch.setattr(Index, "walk_versions", watched)
    pass_days(2)
    left = {name for name in (*names, "\U0001f600") if not name.startswith(prefixes)}
    assert set(keys(client, bucket)) == left
    if size < len(names):
        assert sum(name in left for name in seen) <= 2 * size * len(prefixes)  # two midnights


def test_a_walk_during_which_the_clock_moves_is_followed_by_another(
    app: App, client: S3Client, bucket: str, pass_days: PassDays
) -> None:
    client.put_object(Bucket=bucket, Key="a")
    rule(client, bucket, Expiration={"Days": 10})
    app.clock.let_pass(DAY)
    with app.store.read() as index:
        job = index.due_jobs(app.clock.time(), index.newest_job() or 0, 1)[0]
    again = lifecycle_jobs.run(app.background, job)  # the versions, none of which is due; uploads are left
    assert again == job.due
    pass_days(30)
    assert keys(client, bucket) == []
