"""A tour of what a strict S3 does. Run it with:

s3fixture run --seed examples/seed -- python examples/tour.py
"""

from __future__ import annotations

import io
import os
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError

BUCKET = "mlflow-artifacts"
MIB = 1024**2

s3 = boto3.client("s3")  # endpoint and keys come from the variables that `s3fixture run` set


def show(what: str, result: str) -> None:
    print(f"  {what:<44} {result}")


def refused(call: object, **arguments: object) -> str:
    """The status and code that S3 refuses a call with."""
    try:
        call(**arguments)  # type: ignore[operator]
    except ClientError as error:
        response = error.response
        return f"{response['ResponseMetadata']['HTTPStatusCode']} {response['Error']['Code']}"
    return "was not refused"


def main() -> None:
    print(f"S3 at {os.environ['AWS_ENDPOINT_URL_S3']}")
    for bucket in s3.list_buckets()["Buckets"]:
        keys = [entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket["Name"])["Contents"]]
        show(f"seeded: {bucket['Name']}", ", ".join(keys))

    intruder = boto3.client("s3", aws_access_key_id="minioadmin", aws_secret_access_key="not the secret")
    show("a wrong secret", refused(intruder.list_buckets))
    show(
        "an upload whose checksum does not fit",
        refused(s3.put_object, Bucket=BUCKET, Key="damaged", Body=b"bytes", ChecksumSHA256="A" * 43 + "="),
    )
    show("  and what it left behind", refused(s3.get_object, Bucket=BUCKET, Key="damaged"))

    with ThreadPoolExecutor(20) as pool:
        race = list(
            pool.map(
                lambda n: refused(s3.put_object, Bucket=BUCKET, Key="lock", Body=b"%d" % n, IfNoneMatch="*"),
                range(20),
            )
        )
    won, lost = race.count("was not refused"), race.count("412 PreconditionFailed")
    show("20 writers race with If-None-Match: *", f"{won} won, {lost} got 412 PreconditionFailed")

    started = time.perf_counter()
    config = TransferConfig(multipart_threshold=8 * MIB, max_concurrency=10)
    s3.upload_fileobj(io.BytesIO(bytes(64 * MIB)), BUCKET, "model.bin", Config=config)
    seconds = time.perf_counter() - started
    show(
        "64 MiB in 8 parallel parts",
        f"{seconds:.2f} s, ETag {s3.head_object(Bucket=BUCKET, Key='model.bin')['ETag']}",
    )

    link = s3.generate_presigned_url("get_object", {"Bucket": "datasets", "Key": "wine.csv"}, ExpiresIn=60)
    with urllib.request.urlopen(link) as answer:
        show("a presigned link, read without keys", answer.readline().decode().strip())

    started = time.perf_counter()
    for n in range(500):
        s3.put_object(Bucket=BUCKET, Key=f"small/{n}", Body=b"x" * 1024)
    show("500 small objects, one after the other", f"{500 / (time.perf_counter() - started):.0f} a second")


if __name__ == "__main__":
    main()
