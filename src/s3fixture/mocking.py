"""`mock_s3`: S3 for a function, a class or a block, for those who have used moto's `mock_aws`.

It is a real server within the process, so every client of S3 in it is served, and not boto3's alone.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import ExitStack
from functools import wraps
from inspect import getattr_static, isasyncgenfunction, iscoroutinefunction, isfunction, isgeneratorfunction
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar, cast, overload
from unittest import TestCase

from s3fixture.auth.authentication import MOTO_KEY
from s3fixture.environment import applied
from s3fixture.serving import Buckets, Seeds, bucket_names, serve

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from s3fixture.backends.endpoint import Endpoint
    from s3fixture.setting_arguments import SettingArguments

_T = TypeVar("_T", bound=Callable[..., Any])  # a function or a class
# With the keys that moto sets it does not matter which of the two is the outer one.
_KEYS = {"access_key": MOTO_KEY, "secret_key": "FOOBARSECRET"}
_OTHER_SERVICES = "AWS_ENDPOINT_URL"


class MockS3:
    """Starts a server, empty but for `buckets` and `seed`, while what it decorates, or its block, runs.

    Made by `mock_s3`. As a context manager it gives the Endpoint; one object may be used again and again,
    also within itself.
    """

    def __init__(
        self, *, buckets: Buckets = (), seed: Seeds = None, **settings: Unpack[SettingArguments]
    ) -> None:
        self._arguments: dict[str, Any] = {
            **_KEYS,
            **settings,
            "buckets": bucket_names(buckets),
            "seed": seed,
        }
        self._entered: list[ExitStack] = []

    def __enter__(self) -> Endpoint:
        with ExitStack() as stack:
            endpoint = stack.enter_context(serve(**self._arguments))
            stack.enter_context(applied(_variables(endpoint)))
            self._entered.append(stack.pop_all())
        return endpoint

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._entered.pop().__exit__(kind, error, trace)

    def __call__(self, target: _T) -> _T:
        """Decorate a function, also an asynchronous one, or a class of tests.

        Each test of a class has a server of its own: of a `unittest.TestCase` from `setUp` to `tearDown`, of
        another class without them. Raises TypeError for what cannot be decorated.
        """
        if isinstance(target, type):
            _decorate_class(self, target)
            return cast("_T", target)
        if not callable(target):
            raise TypeError(f"mock_s3 cannot decorate {target!r}; for a bucket, write mock_s3(buckets=...)")
        return cast("_T", self._around(target))

    def _around(self, function: Callable[..., Any]) -> Callable[..., Any]:
        if isgeneratorfunction(function) or isasyncgenfunction(function):
            raise TypeError(
                f"mock_s3 cannot decorate the generator {function.__qualname__}; write `with mock_s3():` "
                "in it"
            )
        if iscoroutinefunction(function):

            @wraps(function)
            async def served_async(*args: Any, **kwargs: Any) -> Any:
                with self:
                    return await function(*args, **kwargs)

            return served_async

        @wraps(function)
        def served(*args: Any, **kwargs: Any) -> Any:
            with self:
                return function(*args, **kwargs)

        return served


def _decorate_class(mock: MockS3, target: type) -> None:
    if issubclass(target, TestCase):
        target.run = mock._around(target.run)  # type: ignore[method-assign]  # it has the same signature
        return
    prepared = next((name for name in ("setup_method", "setup") if hasattr(target, name)), None)
    if prepared:
        raise TypeError(
            f"mock_s3 cannot decorate {target.__qualname__}, because {prepared} runs before the server is "
            'started; mark the class with @pytest.mark.usefixtures("s3_env") instead'
        )
    for name in dir(target):
        found = getattr_static(target, name) if name.startswith("test") else None
        if isfunction(found):
            setattr(target, name, mock._around(found))
        elif isinstance(found, (staticmethod, classmethod)):
            setattr(target, name, type(found)(mock._around(found.__func__)))


def _variables(endpoint: Endpoint) -> dict[str, str]:
    """What leads clients here. With moto in the process the other services are moto's."""
    values = endpoint.environ()
    if "moto" in sys.modules:
        del values[_OTHER_SERVICES]
    return values


@overload
def mock_s3(target: _T, /) -> _T: ...
@overload
def mock_s3(*, buckets: Buckets = (), seed: Seeds = None, **settings: Unpack[SettingArguments]) -> MockS3: ...
def mock_s3(
    target: Callable[..., Any] | None = None,
    /,
    *,
    buckets: Buckets = (),
    seed: Seeds = None,
    **settings: Unpack[SettingArguments],
) -> Any:
    """S3 within this process for a function or class of tests (`@mock_s3`), or a block (`with mock_s3():`).

    Clients find it by the environment, which is put back at the end, with the clients that libraries keep.
    `buckets`, `seed` and `settings` are those of `serve`. Within moto's `mock_aws`, or around it, S3 is
    served here and all other services by moto. Raises S3FixtureError as `serve` does, when it is entered.
    """
    mock = MockS3(buckets=buckets, seed=seed, **settings)
    return mock if target is None else mock(target)
