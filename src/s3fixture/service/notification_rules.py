"""Which rules of a bucket's notification configuration match an event, and its destinations.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import quote_plus

from s3fixture.named_tuples import NamedTuple

# Member of the configuration -> the member of its rules that names the destination.
DESTINATIONS: Mapping[str, str] = {
    "TopicConfigurations": "TopicArn",
    "QueueConfigurations": "QueueArn",
    "LambdaFunctionConfigurations": "LambdaFunctionArn",
}
EVENT_BRIDGE = "EventBridgeConfiguration"
_ACCESSED = "s3:ObjectAccessed:"
MINIO_EVENTS = frozenset(f"{_ACCESSED}{name}" for name in ("*", "Get", "Head"))
"""Events of reads, which S3 has not. https://github.com/minio/minio/blob/master/internal/event/name.go"""


class Rule(NamedTuple):
    """One destination and its events, as configured: with "s3:", and perhaps a "*" at the end."""

    id: str
    arn: str
    events: tuple[str, ...]
    prefix: str
    suffix: str

    def matches(self, name: str, key: str) -> bool:
        """Whether the event `name` (without "s3:") of `key` goes there.

        Filters are compared with the key, and with its encoded form in records, because S3's guide says that
        special characters in a filter are encoded.
        """
        return any(covers(event, f"s3:{name}") for event in self.events) and (
            self._fits(key) or self._fits(quote_plus(key, safe="/"))
        )

    def _fits(self, key: str) -> bool:
        return key.startswith(self.prefix) and key.endswith(self.suffix)


class Notifications(NamedTuple):
    """A configuration; `bridge`: every event also goes to EventBridge."""

    rules: tuple[Rule, ...]
    bridge: bool


def covers(event: str, name: str) -> bool:
    """Whether a configured event, such as s3:ObjectCreated:*, includes the event `name`.

    `s3:*`, which only those who watch or listen say, means all events of S3: none of reads.
    """
    if event == "s3:*":
        return not name.startswith(_ACCESSED)
    return name.startswith(event[:-1]) if event.endswith("*") else name == event


def rules_of(configuration: Mapping[str, Any]) -> Iterator[Rule]:
    """The rules of a NotificationConfiguration, with boto3's names and types."""
    for member, destination in DESTINATIONS.items():
        for rule in configuration.get(member, ()):
            filters = {
                found["Name"].lower(): found["Value"]
                for found in rule.get("Filter", {}).get("Key", {}).get("FilterRules", ())
            }
            yield Rule(
                rule["Id"],
                rule[destination],
                tuple(rule["Events"]),
                filters.get("prefix", ""),
                filters.get("suffix", ""),
            )


@lru_cache(maxsize=64)  # a pure function of its argument
def parse_notifications(document: str) -> Notifications:
    """The rules in the document that `notifications` stores."""
    configuration = json.loads(document)
    return Notifications(tuple(rules_of(configuration)), EVENT_BRIDGE in configuration)
