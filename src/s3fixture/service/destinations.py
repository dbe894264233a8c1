"""Destinations of events: webhooks, and SQS, SNS, Lambda and EventBridge at a given endpoint.

Nothing is ever sent to AWS: without an endpoint such destinations do not exist. Webhooks have MinIO's names,
arn:minio:sqs::NAME:webhook.
https://github.com/minio/minio/blob/master/docs/bucket/notifications/README.md
"""

from __future__ import annotations

import json
import threading
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from s3fixture.named_tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from s3fixture.records import UndeliveredEvent
    from s3fixture.settings import Settings

_CONNECT, _READ = 2.0, 5.0  # seconds
_KEPT = 100  # records of events that could not be delivered
_REMEMBERED = 10_000  # ids of messages that were delivered
_MOST_WATCHED = 10_000  # records that a watcher has not taken yet
_TOO_BUSY = frozenset({408, 425, 429})  # statuses below 500 after which another attempt may succeed
# Service of an ARN -> the element of a configuration in which it stands.
_SERVICES: Mapping[str, str] = {"sqs": "Queue", "sns": "Topic", "lambda": "CloudFunction"}
BRIDGE = "eventbridge"  # in place of an ARN
_NO_ENDPOINT = "no endpoint for events of AWS's services is set; use --events-endpoint URL"


class ArnError(ValueError):
    """The text is not the ARN of a destination of this kind."""


class Unreachable(Exception):  # noqa: N818 - named as what it is
    """The delivery failed and may succeed later."""


class Undeliverable(Exception):  # noqa: N818 - named as what it is
    """The delivery failed and would fail again."""


class Arn(NamedTuple):
    """`service` is "sqs", "sns", "lambda" or "webhook"."""

    service: str
    region: str
    account: str
    name: str


def parse_arn(text: str, element: str = "") -> Arn:
    """Raises ArnError for an invalid ARN, or one that is not for `element` (Queue, Topic, CloudFunction)."""
    parts = text.split(":")
    if parts[:3] == ["arn", "minio", "sqs"] and len(parts) == 6 and parts[5] == "webhook" and parts[4]:
        parsed = Arn("webhook", parts[3], "", parts[4])
        fits = element in ("", "Queue")
    elif len(parts) >= 6 and parts[0] == "arn" and parts[1].startswith("aws") and parts[2] in _SERVICES:
        name = ":".join(parts[5:]).removeprefix("function:")
        parsed = Arn(parts[2], parts[3], parts[4], name)
        fits = element in ("", _SERVICES[parts[2]]) and all(parsed)
    else:
        fits = False
    if not fits:
        raise ArnError(text)
    return parsed


class Destinations:
    """The destinations of one server, for any thread."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._clients: dict[tuple[str, str, str], Any] = {}
        self._making = threading.Lock()
        self._tokens = dict(_pair(token) for token in settings.webhook_tokens)
        self.delivered: deque[int] = deque(maxlen=_REMEMBERED)  # ids of jobs
        self.undelivered: deque[UndeliveredEvent] = deque(maxlen=_KEPT)
        self.watchers = Watchers()
        self.endpoint = ""
        self.webhooks: dict[str, str] = {}
        self.reset()

    def reset(self) -> None:
        """Back to the destinations of the settings; forget failures and records."""
        self.endpoint = self._settings.events_endpoint
        self.webhooks = dict(_pair(webhook) for webhook in self._settings.webhooks)
        self.undelivered.clear()
        self.watchers.clear()

    def missing(self, arns: Iterable[str]) -> dict[str, str]:
        """The ARNs that do not exist -> S3's message. No ARN of an endpoint that does not answer exists."""
        missing: dict[str, str] = {}
        is_down = not self.endpoint
        for text in arns:
            arn = parse_arn(text)
            if arn.service == "webhook":
                if arn.name not in self.webhooks:
                    missing[text] = _CHECKS["sqs"][1]
                continue
            check, reason = _CHECKS[arn.service]
            try:
                if not is_down:
                    with _failures():
                        check(self._client(arn.service, arn.region), arn, text)
                    continue
            except Unreachable:
                is_down = True
            except Undeliverable:
                pass
            missing[text] = reason.format(arn=text)
        return missing

    def send(self, body: Mapping[str, Any]) -> None:
        """Deliver the message of a job. Raises Unreachable, Undeliverable."""
        text = body["arn"]
        if text == BRIDGE:
            self._send_to_service("events", body["region"], None, body)
            return
        arn = parse_arn(text)
        if arn.service == "webhook":
            self._post(arn.name, body)
        else:
            self._send_to_service(arn.service, arn.region, arn, body)

    def _send_to_service(self, service: str, region: str, arn: Arn | None, body: Mapping[str, Any]) -> None:
        if not self.endpoint:
            raise Undeliverable(_NO_ENDPOINT)
        with _failures():
            _SENDERS[service](self._client(service, region), arn, body)

    def _post(self, name: str, body: Mapping[str, Any]) -> None:
        import urllib3  # imported when used: few servers have webhooks

        url = self.webhooks.get(name)
        if url is None:
            known = ", ".join(sorted(self.webhooks)) or "none"
            raise Undeliverable(f"there is no webhook {name!r} ({known}); name it with --webhook {name}=URL")
        message = dict(body["message"])
        if "Records" in message:  # receivers made for MinIO look for these
            message |= {"EventName": body["event"], "Key": f"{body['bucket']}/{body['key']}"}
        headers = {"Content-Type": "application/json", "User-Agent": "s3fixture"}
        if name in self._tokens:
            token = self._tokens[name]
            headers["Authorization"] = token if " " in token else f"Bearer {token}"
        try:
            with urllib3.PoolManager(timeout=urllib3.Timeout(connect=_CONNECT, read=_READ)) as pool:
                answer = pool.request(
                    "POST",
                    url,
                    body=json.dumps(message).encode(),
                    headers=headers,
                    retries=False,
                    redirect=False,
                    preload_content=False,  # the status counts; nobody waits for a body that does not end
                )
                answer.close()
        except urllib3.exceptions.HTTPError as error:
            raise Unreachable(f"{url}: {error}") from error
        if answer.status >= 500 or answer.status in _TOO_BUSY:
            raise Unreachable(f"{url} answered {answer.status}")
        if answer.status >= 300:
            raise Undeliverable(f"{url} answered {answer.status}")

    def _client(self, service: str, region: str) -> Any:
        from botocore.config import Config

        from s3fixture.boto3_sessions import isolated_session

        with self._making:
            name = (self.endpoint, service, region)
            if name not in self._clients:
                settings = self._settings
                session = isolated_session(settings.access_key, settings.secret_key, region)
                self._clients[name] = session.client(  # type: ignore[call-overload]  # any service's
                    service,
                    endpoint_url=self.endpoint,
                    config=Config(
                        connect_timeout=_CONNECT,
                        read_timeout=_READ,
                        retries={"total_max_attempts": 1},
                        proxies={},
                    ),
                )
            return self._clients[name]


class Watchers:
    """Give records to the watchers of a bucket in this process."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._records: dict[str, list[dict[str, Any]]] = defaultdict(list)

    def add(self, watcher: str, record: dict[str, Any]) -> None:
        with self._changed:
            records = self._records[watcher]
            records.append(record)
            del records[:-_MOST_WATCHED]
            self._changed.notify_all()

    def records(self, watcher: str, count: int, timeout: float) -> list[dict[str, Any]]:
        """Wait for `count` records, at most `timeout` seconds. Returns the records so far."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._records[watcher]) >= count, timeout)
            return list(self._records[watcher])

    def take(self, watcher: str, timeout: float) -> list[dict[str, Any]]:
        """Wait for a record, at most `timeout` seconds. Returns the records since the last call."""
        with self._changed:
            self._changed.wait_for(lambda: self._records[watcher], timeout)
            return self._records.pop(watcher)

    def clear(self) -> None:
        """Forget the records of all watchers."""
        with self._changed:
            self._records.clear()

    def forget(self, watcher: str) -> None:
        with self._changed:
            self._records.pop(watcher, None)


@contextmanager
def _failures() -> Iterator[None]:
    """Raise Unreachable for botocore's errors, or Undeliverable when the service refuses."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        status = error.response["ResponseMetadata"].get("HTTPStatusCode", 500)
        later = status >= 500 or status in _TOO_BUSY
        raise (Unreachable if later else Undeliverable)(str(error)) from error
    except BotoCoreError as error:
        raise Unreachable(str(error)) from error


def _queue_url(client: Any, arn: Arn) -> str:
    url: str = client.get_queue_url(QueueName=arn.name, QueueOwnerAWSAccountId=arn.account)["QueueUrl"]
    return url


def _send_to_queue(client: Any, arn: Arn, body: Mapping[str, Any]) -> None:
    trace = body.get("trace")
    attributes = {"AWSTraceHeader": {"DataType": "String", "StringValue": trace}} if trace else {}
    client.send_message(
        QueueUrl=_queue_url(client, arn),
        MessageBody=json.dumps(body["message"]),
        MessageSystemAttributes=attributes,
    )


def _send_to_topic(client: Any, _arn: Arn, body: Mapping[str, Any]) -> None:
    client.publish(
        TopicArn=body["arn"], Subject="Amazon S3 Notification", Message=json.dumps(body["message"])
    )


def _send_to_function(client: Any, _arn: Arn, body: Mapping[str, Any]) -> None:
    client.invoke(
        FunctionName=body["arn"], InvocationType="Event", Payload=json.dumps(body["message"]).encode()
    )


def _send_to_bridge(client: Any, _arn: None, body: Mapping[str, Any]) -> None:
    message = body["message"]
    answer = client.put_events(Entries=[{**message, "Detail": json.dumps(message["Detail"])}])
    if answer.get("FailedEntryCount"):
        raise Undeliverable(f"EventBridge refused it: {answer['Entries'][0].get('ErrorMessage')}")


_SENDERS: Mapping[str, Callable[[Any, Any, Mapping[str, Any]], None]] = {
    "events": _send_to_bridge,
    "lambda": _send_to_function,
    "sns": _send_to_topic,
    "sqs": _send_to_queue,
}
# Service -> how to check that a destination exists, and S3's message when it does not.
_CHECKS: Mapping[str, tuple[Callable[[Any, Arn, str], object], str]] = {
    "sqs": (lambda client, arn, _: _queue_url(client, arn), "The destination queue does not exist"),
    "sns": (
        lambda client, _, text: client.get_topic_attributes(TopicArn=text),
        "The destination topic does not exist",
    ),
    "lambda": (
        lambda client, _, text: client.get_function(FunctionName=text),
        "Not authorized to invoke function [{arn}]",
    ),
}


def _pair(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name, value
