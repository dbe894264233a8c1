"""A pytest plugin that leads LocalStack's tests of S3 to the server of `nox -s recorded`.

Those tests compare answers with ones recorded at AWS, which makes them a measure for any S3. Nothing
of them is kept here; the session gets a checkout of localstack/localstack by its path.
"""

from __future__ import annotations

import inspect
import os
import re
import socket
import sys
from collections.abc import Iterable
from importlib import import_module
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

import pytest

from s3fixture.auth.identity import Identity

MAIN = Identity("recorded", os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"])
SECOND = Identity("second", "RECORDEDSECONDKEY001", "recorded-second-secret-0001")
ENDPOINT = urlsplit(os.environ["AWS_ENDPOINT_URL"])
BASE = "localhost"  # virtual hosts are BUCKET.s3.localhost
# What needs another service than S3, and what is about LocalStack alone.
OTHER_SERVICES = re.compile(
    r"client\w*(?:\(\))?\.(?:kms|iam|sts|sqs|sns|lambda_|awslambda|events|logs|cloudformation|s3control|ssm)\b"
)
OTHER_FIXTURES = re.compile(r"kms|sqs|sns|lambda|iam|role|queue|topic|events|cfn|deploy|cloudformation")
OWN_MARKERS = frozenset({"only_localstack", "aws_only_localstack"})

os.environ.update(
    TEST_AWS_ENDPOINT_URL=ENDPOINT.geturl(),
    TEST_AWS_ACCOUNT_ID=MAIN.account_id,
    TEST_AWS_ACCESS_KEY_ID=MAIN.access_key,
    TEST_AWS_SECRET_ACCESS_KEY=MAIN.secret_key,
    SECONDARY_TEST_AWS_ACCOUNT_ID=SECOND.account_id,
    SECONDARY_TEST_AWS_ACCESS_KEY_ID=SECOND.access_key,
    SECONDARY_TEST_AWS_SECRET_ACCESS_KEY=SECOND.secret_key,
    AWS_DEFAULT_REGION="us-east-1",
    TEST_SKIP_LOCALSTACK_START="1",
    DISABLE_EVENTS="1",
    GATEWAY_LISTEN=ENDPOINT.netloc,
    LOCALSTACK_HOST=f"{BASE}:{ENDPOINT.port}",
    USE_SSL="0",
)
for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"):  # the tests make clients of other services, too
    os.environ.pop(name, None)


def _url(host: str) -> str:
    return f"http://{host}:{ENDPOINT.port}"


def _endpoint_url(region: str = "", localstack_host: str | None = None) -> str:
    regional = f"s3.{region}.{BASE}" if region and region != "us-east-1" else ""
    return _url(regional or localstack_host or str(ENDPOINT.hostname))


def _bucket_url_vhost(bucket_name: str, region: str = "", localstack_host: str | None = None) -> str:
    regional = f"{region}." if region and region != "us-east-1" else ""
    return _url(f"{bucket_name}.{localstack_host or f's3.{regional}{BASE}'}")


def _website_bucket_url(bucket_name: str) -> str:
    return _url(f"{bucket_name}.s3-website-us-east-1.{BASE}")


_HELPERS = {helper.__name__: helper for helper in (_endpoint_url, _bucket_url_vhost, _website_bucket_url)}


def _lead_names_here() -> None:
    """Resolve all names under the base to the server, whatever this machine knows of them."""
    resolve: Any = socket.getaddrinfo

    def lead(host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host or ""
        ours = name == BASE or name.endswith(f".{BASE}")
        return resolve(str(ENDPOINT.hostname) if ours else host, port, *args, **kwargs)

    socket.getaddrinfo = lead


def _prepare_localstack() -> None:
    """Its constants say where it would listen and with which keys it would sign."""
    version = ModuleType("localstack.version")  # a checkout has not made this module
    vars(version).update(version="0.0.0", __version__="0.0.0")
    sys.modules.setdefault("localstack.version", version)
    constants = import_module("localstack.constants")
    vars(constants).update(DEFAULT_PORT_EDGE=ENDPOINT.port, LOCALHOST_HOSTNAME=BASE)
    vars(import_module("localstack.config")).update(
        S3_VIRTUAL_HOSTNAME=f"s3.{BASE}", S3_STATIC_WEBSITE_HOSTNAME=f"s3-website-us-east-1.{BASE}"
    )
    vars(import_module("localstack.services.s3.constants")).update(
        DEFAULT_PRE_SIGNED_ACCESS_KEY_ID=MAIN.access_key,
        DEFAULT_PRE_SIGNED_SECRET_ACCESS_KEY=MAIN.secret_key,
    )


_lead_names_here()
_prepare_localstack()


class _VirtualHosts:
    @pytest.fixture
    def s3_vhost_client(self, aws_client_factory: Any) -> Any:
        """A client that puts the bucket into the host, which is one of this machine's names."""
        config = import_module("botocore.config").Config(s3={"addressing_style": "virtual"})
        return aws_client_factory(config=config, region_name="us-east-1", endpoint_url=_url(f"s3.{BASE}")).s3


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    fixtures: Any = import_module("localstack.testing.pytest.fixtures")
    fixtures.is_api_enabled = lambda api: False  # account ids come from here, not from STS
    config.pluginmanager.register(_VirtualHosts(), "recorded-virtual-hosts")


def _is_about_s3(item: Any) -> bool:
    if any(mark.name in OWN_MARKERS for mark in item.iter_markers()):
        return False
    params = getattr(getattr(item, "callspec", None), "params", {})
    if params.get("verify_signature") is False or item.name == "test_set_external_hostname":
        return False
    if "_notifications_" in item.path.name or any(map(OTHER_FIXTURES.search, item.fixturenames)):
        return False
    return not OTHER_SERVICES.search(inspect.getsource(item.function))


def pytest_collection_modifyitems(config: pytest.Config, items: list[Any]) -> None:
    chosen: list[Any] = []
    others: list[Any] = []
    for item in items:
        _replace_helpers(item.module)
        (chosen if _is_about_s3(item) else others).append(item)
    items[:] = chosen
    config.hook.pytest_deselected(items=others)


def _replace_helpers(module: Any) -> None:
    for name, helper in _helpers_of(module):
        setattr(module, name, helper)


def _helpers_of(module: Any) -> Iterable[tuple[str, Any]]:
    return ((name, helper) for name, helper in _HELPERS.items() if hasattr(module, name))
