"""Runs the checks on a store, one after the other, and removes every bucket that they made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError, ConnectTimeoutError, EndpointConnectionError
from botocore.parsers import ResponseParserError

from s3fixture.backends.bucket_setup import error_code
from s3fixture.errors import S3FixtureError
from s3fixture.probing.checks import Check, Lacking
from s3fixture.probing.probed_store import ProbedStore

AS_S3, DIFFERS, LACKING = "yes", "differs", "no"
# Errors of a client that did not get S3's answer: a member is missing, or the body cannot be parsed.
_WRONG_ANSWERS = (BotoCoreError, ResponseParserError, LookupError, OSError, TypeError, ValueError)


@dataclass(frozen=True, slots=True)
class Result:
    """`result` is AS_S3, DIFFERS or LACKING; `notes` say what differs, and why it is lacking."""

    check: Check
    result: str
    notes: tuple[str, ...] = ()


def check_usable(store: ProbedStore) -> str:
    """The header Server of its answers, or "".

    Raises botocore's errors, and S3FixtureError for a server that does not speak S3.
    """
    try:
        answer = store.client.list_objects_v2(Bucket=store.bucket())
    except ResponseParserError as error:
        raise _no_s3(store, error) from error
    except ClientError as error:
        if _has_code(error):
            raise
        raise _no_s3(store, error) from error
    store.remove_buckets()
    return str(answer["ResponseMetadata"]["HTTPHeaders"].get("server", ""))


def run_checks(store: ProbedStore, checks: Sequence[Check]) -> Iterator[Result]:
    """The results as they come. Raises botocore's errors when the store no longer answers at all."""
    for check in checks:
        yield _run(store, check)
        store.remove_buckets()


def _run(store: ProbedStore, check: Check) -> Result:
    notes: list[str] = []
    try:
        for difference in check.run(store):
            if difference not in notes:
                notes.append(difference)
    except (EndpointConnectionError, ConnectTimeoutError):
        raise
    except Lacking as lack:
        return Result(check, LACKING, (*notes, str(lack)))
    except ClientError as error:
        return Result(check, LACKING, (*notes, _shown(error)))
    except KeyError as error:
        return Result(check, LACKING, (*notes, f"the answer has no {error.args[0]}"))
    except _WRONG_ANSWERS as error:
        return Result(check, LACKING, (*notes, f"{type(error).__name__}: {error}"))
    return Result(check, DIFFERS if notes else AS_S3, tuple(notes))


def _no_s3(store: ProbedStore, error: Exception) -> S3FixtureError:
    return S3FixtureError(f"{store.endpoint.url} does not speak S3: {error}; check the address and its port")


def _has_code(error: ClientError) -> bool:
    """Whether the answer was an error of S3; botocore puts the status in place of a missing code."""
    status = error.response["ResponseMetadata"].get("HTTPStatusCode")
    return error_code(error) != str(status)


def _shown(error: ClientError) -> str:
    """Such as `PutBucketCors: 501 NotImplemented`."""
    status = str(error.response["ResponseMetadata"].get("HTTPStatusCode", ""))
    code = error_code(error)
    return f"{error.operation_name}: {' '.join(dict.fromkeys((status, code)))}"
