"""S3 servers as containers of testcontainers. Needs `pip install 's3fixture[container]'`."""

from __future__ import annotations

from s3fixture.backends.s3_container import S3Container, S3WaitStrategy

__all__ = ["S3Container", "S3WaitStrategy"]
