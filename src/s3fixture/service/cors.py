"""CORS: the rules of a bucket, the answers to a browser's preflight, and the headers that rules add.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/cors.html
"""

from __future__ import annotations

import json
import string
from collections.abc import Mapping, Sequence
from typing import Any

from s3fixture import limits, refusals
from s3fixture.errors import S3Error
from s3fixture.service.bucket_documents import delete_document, get_document, put_document
from s3fixture.service.call import Call, Params, Result
from s3fixture.store import Store
from s3fixture.wire.header_values import header_value

CORS = "cors"  # the kind of the document that holds a bucket's rules
_METHODS = frozenset({"GET", "PUT", "POST", "DELETE", "HEAD"})
_MOST_HEADERS = 256  # headers in one preflight: each is compared with all headers of the rules
_TOKEN = string.ascii_letters + string.digits + "!#$%&'+-.^_`|~"  # RFC 9110 5.6.2, without the wildcard
_REQUEST_METHOD = "access-control-request-method"
_VARY = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method"

Rule = Mapping[str, Any]


def get_bucket_cors(call: Call, params: Params) -> Result:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketCors.html"""
    return {"CORSRules": json.loads(get_document(call, params, CORS, "NoSuchCORSConfiguration"))}


def put_bucket_cors(call: Call, params: Params) -> Result:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketCors.html"""
    rules = params["CORSConfiguration"].get("CORSRules") or []
    check_rules(rules)
    put_document(call, params, CORS, json.dumps(rules))
    return {}


def delete_bucket_cors(call: Call, params: Params) -> Result:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketCors.html"""
    delete_document(call, params, CORS)
    return {}


def check_rules(rules: Sequence[Rule]) -> None:
    """Raise MalformedXML or InvalidRequest, with the messages of `refusals`, for rules that S3 refuses."""
    if not rules:
        raise S3Error("MalformedXML")
    if len(rules) > limits.CORS_RULES:
        raise refusals.TOO_MANY_CORS_RULES()
    for rule in rules:
        _check_rule(rule)


def _check_rule(rule: Rule) -> None:
    if not rule.get("AllowedMethods") or not rule.get("AllowedOrigins"):
        raise S3Error("MalformedXML")
    if len(rule.get("ID") or "") > limits.CORS_RULE_ID_LENGTH:
        raise refusals.CORS_ID_TOO_LONG()
    for method in rule["AllowedMethods"]:
        if method not in _METHODS:
            raise refusals.CORS_METHOD(method=method)
    _check_wildcards("AllowedOrigin", rule["AllowedOrigins"])
    _check_wildcards("AllowedHeader", rule.get("AllowedHeaders", []))
    _check_exposed(rule.get("ExposeHeaders", []))


def _check_wildcards(element: str, values: Sequence[str]) -> None:
    for value in values:
        if value.count("*") > 1:
            raise refusals.CORS_WILDCARDS(element=element, value=value)


def _check_exposed(headers: Sequence[str]) -> None:
    for header in headers:
        if "*" in header:
            raise refusals.EXPOSED_WILDCARD(header=header)
        if not header or header.strip(_TOKEN):
            raise refusals.EXPOSED_CHARACTER(header=header)


def preflight(store: Store, bucket: str, key: str, headers: Mapping[str, str]) -> list[tuple[str, str]]:
    """The headers that answer an OPTIONS request. Raises BadRequest, AccessForbidden."""
    origin, method = headers.get("origin"), headers.get(_REQUEST_METHOD)
    if origin is None:
        raise refusals.PREFLIGHT_WITHOUT_ORIGIN()
    if method is not None and method not in _METHODS:
        raise refusals.PREFLIGHT_METHOD(method=method)
    asked = method or "OPTIONS"
    with store.read() as index:
        found = index.get_bucket(bucket)
    if found is None:
        raise refusals.PREFLIGHT_OF_NO_BUCKET(Method=asked, ResourceType="BUCKET")
    rules = _rules(store, bucket)
    if rules is None:
        raise refusals.PREFLIGHT_WITHOUT_RULES(Method=asked, ResourceType="BUCKET")
    wanted = _asked_headers(headers)
    rule = _find(rules, origin, method, wanted) if method else None
    if rule is None:
        raise refusals.PREFLIGHT_NOT_ALLOWED(Method=asked, ResourceType="OBJECT" if key else "BUCKET")
    return _allow(rule, origin, wanted)


def response_headers(
    store: Store, bucket: str, origin: str, method: str, headers: Mapping[str, str]
) -> list[tuple[str, str]]:
    """The headers that a bucket's rules add to the answer to a request with an Origin header.

    For a preflight, the method and headers that it announces count.
    """
    rules = _rules(store, bucket) or []
    wanted = _asked_headers(headers)
    rule = _find(rules, origin, headers.get(_REQUEST_METHOD, method), wanted)
    return _allow(rule, origin, wanted) if rule else []


def _asked_headers(headers: Mapping[str, str]) -> list[str]:
    names = headers.get("access-control-request-headers", "").split(",")
    return [name for name in (part.strip().lower() for part in names) if name]


def _allow(rule: Rule, origin: str, wanted: Sequence[str]) -> list[tuple[str, str]]:
    everyone = "*" in rule["AllowedOrigins"]
    headers = [
        ("Access-Control-Allow-Origin", "*" if everyone else header_value(origin)),
        ("Access-Control-Allow-Methods", ", ".join(rule["AllowedMethods"])),
        ("Vary", _VARY),
    ]
    if not everyone:
        headers.append(("Access-Control-Allow-Credentials", "true"))
    if rule.get("ExposeHeaders"):
        exposed = header_value(", ".join(rule["ExposeHeaders"]))
        headers.append(("Access-Control-Expose-Headers", exposed))
    if wanted:
        headers.append(("Access-Control-Allow-Headers", header_value(", ".join(wanted))))
    if rule.get("MaxAgeSeconds") is not None:
        headers.append(("Access-Control-Max-Age", str(rule["MaxAgeSeconds"])))
    return headers


def _rules(store: Store, name: str) -> Sequence[Rule] | None:
    with store.read() as index:
        bucket = index.get_bucket(name)
        if bucket is None:
            return None
        document = index.get_document(bucket.id, CORS)
    rules: Sequence[Rule] | None = json.loads(document) if document is not None else None
    return rules


def _find(rules: Sequence[Rule], origin: str, method: str, headers: Sequence[str]) -> Rule | None:
    """The first rule that allows the origin, method and headers; None for too many headers."""
    if len(headers) > _MOST_HEADERS:
        return None
    for rule in rules:
        if (
            method in rule["AllowedMethods"]
            and any(_fits(value, origin) for value in rule["AllowedOrigins"])
            and all(_allows_header(rule, header) for header in headers)
        ):
            return rule
    return None


def _allows_header(rule: Rule, header: str) -> bool:
    return any(_fits(value.lower(), header) for value in rule.get("AllowedHeaders", []))


def _fits(pattern: str, text: str) -> bool:
    """Whether `pattern`, with at most one `*`, matches `text`."""
    before, star, after = pattern.partition("*")
    if not star:
        return pattern == text
    return len(text) >= len(before) + len(after) and text.startswith(before) and text.endswith(after)
