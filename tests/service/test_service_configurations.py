"""Metrics, analytics, inventory, intelligent tiering; who pays, and acceleration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from service_helpers import refused, send_document

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

DESTINATION: Any = {"S3BucketDestination": {"Bucket": "arn:aws:s3:::reports", "Format": "CSV"}}
CONFIGURATIONS: dict[str, Any] = {
    "metrics": {"Filter": {"Prefix": "logs/"}},
    "analytics": {
        "Filter": {"Prefix": "logs/"},
        "StorageClassAnalysis": {"DataExport": {"OutputSchemaVersion": "V_1", "Destination": DESTINATION}},
    },
    "inventory": {
        "Destination": DESTINATION,
        "IsEnabled": True,
        "IncludedObjectVersions": "All",
        "Schedule": {"Frequency": "Daily"},
        "OptionalFields": ["Size", "ETag"],
    },
    "intelligent_tiering": {
        "Status": "Enabled",
        "Tierings": [{"Days": 90, "AccessTier": "ARCHIVE_ACCESS"}],
    },
}
KINDS = sorted(CONFIGURATIONS)
DEEP = "DEEP_ARCHIVE_ACCESS"
TAG: Any = {"Key": "k", "Value": "v"}
BAD_IDS = {  # what an id that cannot be is refused with
    "analytics": "MalformedXML",
    "intelligent_tiering": "InvalidConfigId",
    "inventory": "InvalidConfigurationId",
    "metrics": "MalformedXML",
}


def tiering(days: int, tier: str = "ARCHIVE_ACCESS") -> Any:
    return {"Days": days, "AccessTier": tier}


class Store:
    """One kind's operations, by their names in boto3."""

    def __init__(self, client: S3Client, bucket: str, kind: str) -> None:
        self._client, self._bucket, self._kind = client, bucket, kind
        self.member = "".join(word.capitalize() for word in kind.split("_")) + "Configuration"

    def put(self, name: str, document_id: str = "", **changes: Any) -> None:
        document = {**CONFIGURATIONS[self._kind], "Id": document_id or name, **changes}
        self._ask("put_bucket_{}_configuration", Id=name, **{self.member: document})

    def get(self, name: str) -> Any:
        return self._ask("get_bucket_{}_configuration", Id=name)[self.member]

    def delete(self, name: str) -> None:
        self._ask("delete_bucket_{}_configuration", Id=name)

    def list(self, **options: Any) -> Any:
        return self._ask("list_bucket_{}_configurations", **options)

    def _ask(self, method: str, **params: Any) -> Any:
        return getattr(self._client, method.format(self._kind))(Bucket=self._bucket, **params)


@pytest.mark.parametrize("kind", KINDS)
def test_a_configuration_is_kept_listed_and_deleted(client: S3Client, bucket: str, kind: str) -> None:
    store = Store(client, bucket, kind)
    assert f"{store.member}List" not in store.list()
    for name in ("b", "a"):
        store.put(name)
    assert store.get("a") == {**CONFIGURATIONS[kind], "Id": "a"}
    listed = store.list()
    assert [one["Id"] for one in listed[f"{store.member}List"]] == ["a", "b"]
    assert listed["IsTruncated"] is False
    store.delete("a")
    for ask in (store.get, store.delete):
        with refused("NoSuchConfiguration", 404):
            ask("a")


@pytest.mark.parametrize("kind", KINDS)
def test_the_id_of_the_document_is_that_of_the_request(client: S3Client, bucket: str, kind: str) -> None:
    with refused("IdMismatch" if kind == "inventory" else "MalformedXML", 400):
        Store(client, bucket, kind).put("a", "b")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["x" * 65, "a b", "a/b", "\xfc"])
def test_an_id_has_up_to_64_characters_of_names(client: S3Client, bucket: str, kind: str, name: str) -> None:
    store = Store(client, bucket, kind)
    with refused(BAD_IDS[kind], 400):
        store.put(name)
    store.put("aZ.9-_" + "x" * 58)


def test_tiers_may_have_their_bounds(client: S3Client, bucket: str) -> None:
    store = Store(client, bucket, "intelligent_tiering")
    for tierings in ([tiering(90), tiering(180, DEEP)], [tiering(729), tiering(730, DEEP)], [tiering(730)]):
        store.put("a", Tierings=tierings)
        assert store.get("a")["Tierings"] == tierings


@pytest.mark.parametrize("kind", KINDS)
def test_no_bucket_has_no_configurations(client: S3Client, kind: str) -> None:
    store = Store(client, "missing", kind)
    for ask in (store.put, store.get, store.delete):
        with refused("NoSuchBucket", 404):
            ask("a")
    with refused("NoSuchBucket", 404):
        store.list()


def test_configurations_come_in_pages_of_a_hundred(client: S3Client, bucket: str) -> None:
    store = Store(client, bucket, "metrics")
    for number in range(102):
        store.put(f"{number:03}")
    first = store.list()
    assert len(first["MetricsConfigurationList"]) == 100
    rest = store.list(ContinuationToken=first["NextContinuationToken"])
    assert [one["Id"] for one in rest["MetricsConfigurationList"]] == ["100", "101"]


@pytest.mark.parametrize(
    ("kind", "changes", "code"),
    [
        ("metrics", {"Filter": {"Prefix": "a", "Tag": {"Key": "k", "Value": "v"}}}, "MalformedXML"),
        (
            "inventory",
            {"Destination": {"S3BucketDestination": {"Bucket": "b", "Format": "CSV"}}},
            "InvalidS3DestinationBucket",
        ),
        ("inventory", {"Schedule": {"Frequency": "Hourly"}}, "MalformedXML"),
        ("inventory", {"OptionalFields": ["Nonsense"]}, "MalformedXML"),
        ("metrics", {"Filter": {"And": {"Prefix": "a"}}}, "MalformedXML"),
        ("analytics", {"Filter": {"And": {"Tags": [TAG]}}}, "MalformedXML"),
        ("intelligent_tiering", {"Status": "Perhaps"}, "MalformedXML"),
        ("intelligent_tiering", {"Tierings": []}, "MalformedXML"),
        ("intelligent_tiering", {"Tierings": [tiering(90, "WARM")]}, "MalformedXML"),
        ("intelligent_tiering", {"Tierings": [tiering(89)]}, "InvalidAccessTier"),
        ("intelligent_tiering", {"Tierings": [tiering(731)]}, "InvalidAccessTier"),
        ("intelligent_tiering", {"Tierings": [tiering(179, DEEP)]}, "InvalidAccessTier"),
        ("intelligent_tiering", {"Tierings": [tiering(731, DEEP)]}, "InvalidAccessTier"),
        ("intelligent_tiering", {"Tierings": [tiering(90), tiering(91)]}, "InvalidAccessTier"),
        ("intelligent_tiering", {"Tierings": [tiering(200), tiering(200, DEEP)]}, "InvalidAccessTier"),
        ("intelligent_tiering", {"Filter": {"Prefix": ""}}, "InvalidPrefix"),
        ("intelligent_tiering", {"Filter": {"And": {"Prefix": "a"}}}, "InvalidAnd"),
        ("intelligent_tiering", {"Filter": {"And": {"Tags": [TAG, TAG]}}}, "InvalidAnd"),
    ],
)
def test_a_wrong_configuration_is_refused(
    client: S3Client, bucket: str, kind: str, changes: Any, code: str
) -> None:
    store = Store(client, bucket, kind)
    with refused(code, 400):
        store.put("a", **changes)
    with refused("NoSuchConfiguration"):
        store.get("a")


def test_the_owner_pays_until_it_is_said_otherwise(url: str, client: S3Client, bucket: str) -> None:
    assert client.get_bucket_request_payment(Bucket=bucket)["Payer"] == "BucketOwner"
    client.put_bucket_request_payment(Bucket=bucket, RequestPaymentConfiguration={"Payer": "Requester"})
    assert client.get_bucket_request_payment(Bucket=bucket)["Payer"] == "Requester"
    document = b"<RequestPaymentConfiguration><Payer>Nobody</Payer></RequestPaymentConfiguration>"
    assert send_document(url, "PUT", f"/{bucket}?requestPayment", document).code == "MalformedXML"
    with refused("NoSuchBucket", 404):
        client.get_bucket_request_payment(Bucket="missing")


def test_acceleration_has_no_state_until_it_is_set(url: str, client: S3Client, bucket: str) -> None:
    assert "Status" not in client.get_bucket_accelerate_configuration(Bucket=bucket)
    for status in ("Enabled", "Suspended"):
        configuration: Any = {"Status": status}
        client.put_bucket_accelerate_configuration(Bucket=bucket, AccelerateConfiguration=configuration)
        assert client.get_bucket_accelerate_configuration(Bucket=bucket)["Status"] == status
    for inner in (b"<Status>enabled</Status>", b""):
        document = b"<AccelerateConfiguration>" + inner + b"</AccelerateConfiguration>"
        assert send_document(url, "PUT", f"/{bucket}?accelerate", document).code == "MalformedXML"
    client.create_bucket(Bucket="with.dots")
    for status in ("Enabled", "random"):  # the name is judged before the document, as recorded at AWS
        configuration = {"Status": status}
        with refused("InvalidRequest", 400) as response:
            client.put_bucket_accelerate_configuration(
                Bucket="with.dots", AccelerateConfiguration=configuration
            )
        assert "not supported for buckets with periods" in response["Error"]["Message"]
