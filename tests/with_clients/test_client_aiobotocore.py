"""aiobotocore, led by the variables alone."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from s3fixture import S3

session: Any = pytest.importorskip("aiobotocore.session")


def test_a_hundred_writes_at_once(s3_env: object, s3: S3) -> None:
    async def job() -> list[str]:
        async with session.get_session().create_client("s3") as client:
            await asyncio.gather(
                *(client.put_object(Bucket=s3.bucket, Key=f"{n:03}", Body=b"x") for n in range(100))
            )
            pages = client.get_paginator("list_objects_v2").paginate(
                Bucket=s3.bucket, PaginationConfig={"PageSize": 30}
            )
            return [entry["Key"] async for page in pages for entry in page["Contents"]]

    assert asyncio.run(job()) == [f"{n:03}" for n in range(100)]
