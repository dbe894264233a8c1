"""Templates of arguments, variables and files, with names such as `{access_key}`, and the values for them.

`images` and `programs` start their servers with these.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from s3fixture.settings import Settings

Keys = tuple[str, str]  # access key and secret key


def garage_keys(access_key: str, secret_key: str) -> Keys:
    """Garage takes keys of one form only, `GK` and 24 hex digits with a secret of 64: made from ours."""
    return (
        "GK" + hashlib.sha256(access_key.encode()).hexdigest()[:24],
        hashlib.sha256(f"{access_key}:{secret_key}".encode()).hexdigest(),
    )


def keys_of(server: str, settings: Settings) -> Keys:
    """The keys that a server of this kind is given."""
    if server == "garage":
        return garage_keys(settings.access_key, settings.secret_key)
    return settings.access_key, settings.secret_key


@dataclass(frozen=True, slots=True)
class TemplateValues:
    """The values that templates are filled with."""

    values: Mapping[str, object]

    @classmethod
    def of(cls, server: str, settings: Settings, **more: object) -> TemplateValues:
        """From the settings and whatever the way of running adds, such as port and folders."""
        access_key, secret_key = keys_of(server, settings)
        values = {"access_key": access_key, "secret_key": secret_key}
        return cls({**values, "region": settings.region, "defaults": settings.defaults, **more})

    def fill(self, template: str) -> str:
        """Replace the names in braces. Other braces stay, because configuration files are full of them."""
        for name, value in self.values.items():
            template = template.replace("{" + name + "}", str(value))
        return template

    def secret(self) -> str:
        """64 hex digits for servers that want a secret between their own parts."""
        return hashlib.sha256(str(self.values["secret_key"]).encode()).hexdigest()

    def fill_all(self, templates: Iterable[str]) -> list[str]:
        return [self.fill(template) for template in templates]

    def fill_values(self, templates: Mapping[str, str]) -> dict[str, str]:
        return {name: self.fill(template) for name, template in templates.items()}


# Garage reads no addresses and folders from the environment, so it gets a file.
GARAGE_FILE = """\
metadata_dir = "{data}/meta"
data_dir = "{data}/data"
db_engine = "sqlite"
replication_factor = 1
rpc_bind_addr = "127.0.0.1:{rpc_port}"
rpc_public_addr = "127.0.0.1:{rpc_port}"
rpc_secret = "{rpc_secret}"

[s3_api]
s3_region = "{region}"
api_bind_addr = "{host}:{port}"
"""
