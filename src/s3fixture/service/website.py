"""The configuration of a bucket as a website: what may be put, and where its rules lead a browser.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/WebsiteHosting.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/how-to-page-redirect.html
Messages: answers recorded from S3, except where another source stands beside them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import quote

from s3fixture.errors import S3Error
from s3fixture.service.call import Call, Params, Result
from s3fixture.service.documents import drop_document, keep_document, kept_document

WEBSITE = "website"  # the kind of the document that holds a bucket's configuration
_MISSING = "NoSuchWebsiteConfiguration"
_MOST_RULES = 50
_PROTOCOLS = frozenset({"http", "https"})
_IN_PATHS = "/!$&'()*+,;=:@~"  # what stays as it is

Site = Mapping[str, Any]  # a configuration, as boto3 names its members


class Redirect(NamedTuple):
    """Where a browser is sent: an HTTP status and an address."""

    status: int
    location: str


def get_bucket_website(call: Call, params: Params) -> Result:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketWebsite.html"""
    site: Result = json.loads(kept_document(call, params, WEBSITE, _MISSING))
    return site


def put_bucket_website(call: Call, params: Params) -> Result:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketWebsite.html"""
    site = params["WebsiteConfiguration"]
    _check(site)
    keep_document(call, params, WEBSITE, json.dumps(site))
    return {}


def delete_bucket_website(call: Call, params: Params) -> Result:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketWebsite.html"""
    drop_document(call, params, WEBSITE)
    return {}


def _check(site: Site) -> None:
    """Raises InvalidArgument, InvalidRequest and MalformedXML."""
    everywhere = site.get("RedirectAllRequestsTo")
    if everywhere is not None:
        if len(site) > 1:
            raise S3Error(
                "InvalidArgument",
                "RedirectAllRequestsTo cannot be provided in conjunction with other Routing Rules.",
                ArgumentName="RedirectAllRequestsTo",
                ArgumentValue="not null",
            )
        _check_place(everywhere)
        return
    if "IndexDocument" not in site:
        raise S3Error(
            "InvalidArgument",
            "A value for IndexDocument Suffix must be provided if RedirectAllRequestsTo is empty",
            ArgumentName="IndexDocument",
            ArgumentValue="null",
        )
    suffix = site["IndexDocument"]["Suffix"]
    _check_name("IndexDocument", "Suffix", suffix, well_formed="/" not in suffix)
    if "ErrorDocument" in site:
        _check_name("ErrorDocument", "Key", site["ErrorDocument"]["Key"])
    if "RoutingRules" in site:
        _check_rules(site["RoutingRules"])


def _check_name(element: str, member: str, value: str, *, well_formed: bool = True) -> None:
    if not value or not well_formed:
        raise S3Error(
            "InvalidArgument",
            f"The {element} {member} is not well formed",
            ArgumentName=element,
            ArgumentValue=value,
        )


def _check_rules(rules: list[Site]) -> None:
    """Words about their number and about codes: versity/versitygw, s3err."""
    if not rules:
        raise S3Error("MalformedXML")
    if len(rules) > _MOST_RULES:
        raise S3Error(
            "InvalidRequest",
            f"{len(rules)} routing rules provided, the number of routing rules in a website configuration is "
            f"limited to {_MOST_RULES}.",
        )
    for rule in rules:
        _check_condition(rule.get("Condition"))
        _check_redirect(rule["Redirect"])


def _check_condition(condition: Site | None) -> None:
    if condition is None:
        return
    if not condition:
        raise S3Error(
            "InvalidRequest",
            "Condition cannot be empty. To redirect all requests without a condition, the condition element "
            "shouldn't be present.",
        )
    code = condition.get("HttpErrorCodeReturnedEquals")
    if code is not None and not 400 <= _number(code) < 600:
        raise S3Error(
            "InvalidRequest",
            f"The provided HTTP error code ({code}) is not valid. Valid codes are 4XX or 5XX.",
        )


def _check_redirect(redirect: Site) -> None:
    if not redirect:
        raise S3Error("MalformedXML")
    _check_place(redirect)
    if "ReplaceKeyWith" in redirect and "ReplaceKeyPrefixWith" in redirect:
        raise S3Error("InvalidRequest", "You can only define ReplaceKeyPrefix or ReplaceKey but not both.")
    code = redirect.get("HttpRedirectCode")
    if code is not None and not 300 < _number(code) < 400:
        raise S3Error(
            "InvalidRequest",
            f"The provided HTTP redirect code ({code}) is not valid. Valid codes are 3XX except 300.",
        )


def _check_place(redirect: Site) -> None:
    """Words about a blank host: ceph/ceph, src/rgw/rgw_website.cc."""
    if redirect.get("Protocol", "http") not in _PROTOCOLS:
        raise S3Error(
            "InvalidRequest",
            "Invalid protocol, protocol can be http or https. If not defined the protocol will be selected "
            "automatically.",
        )
    if redirect.get("HostName") == "":
        raise S3Error(
            "InvalidRequest",
            "The HostName cannot be blank. To redirect within the same domain, the element should not be "
            "present.",
        )


def _number(code: str) -> int:
    return int(code) if code.isascii() and code.isdigit() and len(code) == 3 else 0


def redirect_all(site: Site, scheme: str, target: str) -> Redirect | None:
    """Where a site that only leads elsewhere leads; `target` is the request's, with its query."""
    everywhere = site.get("RedirectAllRequestsTo")
    if everywhere is None:
        return None
    return Redirect(301, f"{everywhere.get('Protocol', scheme)}://{everywhere['HostName']}{target}")


def redirect_by_rule(site: Site, key: str, scheme: str, host: str, status: int = 0) -> Redirect | None:
    """Where the first rule that fits leads; with `status` 0 one that needs no error, else one that does."""
    for rule in site.get("RoutingRules", ()):
        condition = rule.get("Condition", {})
        prefix = condition.get("KeyPrefixEquals", "")
        if _number(condition.get("HttpErrorCodeReturnedEquals", "")) == status and key.startswith(prefix):
            return _follow(rule["Redirect"], key, prefix, scheme, host)
    return None


def _follow(redirect: Site, key: str, prefix: str, scheme: str, host: str) -> Redirect:
    if "ReplaceKeyWith" in redirect:
        key = redirect["ReplaceKeyWith"]
    elif "ReplaceKeyPrefixWith" in redirect:
        key = redirect["ReplaceKeyPrefixWith"] + key[len(prefix) :]
    place = f"{redirect.get('Protocol', scheme)}://{redirect.get('HostName', host)}"
    return Redirect(int(redirect.get("HttpRedirectCode", 301)), f"{place}/{quote(key, safe=_IN_PATHS)}")
