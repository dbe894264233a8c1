"""s3torchconnector, Amazon's S3 for PyTorch: datasets and checkpoints."""

from __future__ import annotations

from typing import Any

import pytest

from s3fixture import S3

torch: Any = pytest.importorskip("torch")
connector: Any = pytest.importorskip("s3torchconnector")


@pytest.fixture
def options(s3_env: object, s3: S3) -> dict[str, Any]:
    """It reads keys from the environment; region, endpoint and path style are its own options."""
    style = connector.S3ClientConfig(force_path_style=True)
    return {"region": s3.endpoint.region, "endpoint": s3.endpoint.url, "s3client_config": style}


@pytest.mark.parametrize("kind", ["S3MapDataset", "S3IterableDataset"])
def test_objects_are_a_dataset(s3: S3, options: dict[str, Any], kind: str) -> None:
    for number in range(3):
        s3.put(f"in/{number}", str(number))

    found = getattr(connector, kind).from_prefix(f"s3://{s3.bucket}/in/", **options)

    objects = [found[index] for index in range(len(found))] if kind == "S3MapDataset" else found
    assert [reader.read() for reader in objects] == [b"0", b"1", b"2"]


def test_a_checkpoint_is_saved_and_loaded(s3: S3, options: dict[str, Any]) -> None:
    checkpoint = connector.S3Checkpoint(**options)
    place = f"s3://{s3.bucket}/model.pt"
    model = torch.nn.Linear(1000, 1000)

    with checkpoint.writer(place) as file:
        torch.save(model.state_dict(), file)
    with checkpoint.reader(place) as file:
        state = torch.load(file)

    assert torch.equal(state["weight"], model.weight)
