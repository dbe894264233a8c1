"""The headers about lifecycle rules: when the object expires, and when the upload is aborted.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-expire-general-considerations.html
https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateMultipartUpload.html (x-amz-abort-date)
"""

from __future__ import annotations

from urllib.parse import quote

from s3fixture.limits import LATEST_TIME
from s3fixture.service.bucket_documents import LIFECYCLE
from s3fixture.service.call import Call, Result
from s3fixture.service.lifecycle_rules import parse_rules
from s3fixture.store import Upload
from s3fixture.wire.times import http_date

_WITH_EXPIRATION = frozenset(
    {"CompleteMultipartUpload", "CopyObject", "GetObject", "HeadObject", "PutObject"}
)
_PLAIN = "".join(chr(code) for code in range(0x20, 0x7F) if chr(code) not in '"%')


def follow(call: Call, result: Result) -> None:
    """x-amz-expiration of the current version; S3 leaves it out where the request names a version."""
    if call.operation not in _WITH_EXPIRATION or "versionId" in call.target.query:
        return
    fact = call.facts[-1]
    with call.store.read() as index:
        document = index.get_document(fact.bucket.id, LIFECYCLE)
    if document is None or not fact.version.is_latest:
        return
    due = parse_rules(document).expiry(fact.version, call.settings.lifecycle_day)
    if due is not None and due.at <= LATEST_TIME:
        date = http_date(due.at)
        result["Expiration"] = f'expiry-date="{date}", rule-id="{_in_header(due.rule_id)}"'


def abort_notice(call: Call, document: str, upload: Upload) -> Result:
    """x-amz-abort-date and x-amz-abort-rule-id, if a rule of `document` aborts the upload."""
    due = parse_rules(document).abort(upload, call.settings.lifecycle_day)
    if due is None or due.at > LATEST_TIME:
        return {}
    return {"AbortDate": due.at, "AbortRuleId": _in_header(due.rule_id)}


def _in_header(rule_id: str) -> str:
    """The id as S3 sends it, without encoding, but without characters that would break the header."""
    return quote(rule_id, safe=_PLAIN)
