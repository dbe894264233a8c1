"""The condition keys of a request, computed when a policy asks for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from s3fixture.auth.authenticate import Authentication
from s3fixture.clock import Clock

if TYPE_CHECKING:
    from s3fixture.wire.request import Request
    from s3fixture.wire.target import Target


class RequestContext(Mapping[str, Sequence[str]]):
    """Lower-case condition key -> values, of one request.

    `params` are boto3's; `existing_tags` is called only for s3:ExistingObjectTag/<key>.
    """

    def __init__(
        self,
        request: Request,
        target: Target,
        authentication: Authentication,
        clock: Clock,
        params: Mapping[str, Any],
        existing_tags: Callable[[], Mapping[str, str]] | None = None,
    ) -> None:
        raise NotImplementedError

    def __getitem__(self, key: str) -> Sequence[str]:
        raise NotImplementedError

    def __iter__(self) -> Iterator[str]:
        raise NotImplementedError

    def __len__(self) -> int:
        raise NotImplementedError
