"""The configuration of a bucket as a website: its checks, and the redirects of its rules.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/WebsiteHosting.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/how-to-page-redirect.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from s3fixture import feature_refusals as refusals
from s3fixture import limits
from s3fixture.errors import S3Error
from s3fixture.named_tuples import NamedTuple
from s3fixture.service.bucket_documents import delete_document, get_document, put_document
from s3fixture.service.call import Call, Params, Result

WEBSITE = "website"  # the kind of the document that holds a bucket's configuration
_MISSING = "NoSuchWebsiteConfiguration"
_PROTOCOLS = frozenset({"http", "https"})
_IN_PATHS = "/!$&'()*+,;=:@~"  # what stays as it is

# The codes that S3 knows, which are fewer than its messages say: versity/versitygw, s3response/website.go.
_ERROR_CODES = frozenset((*range(400, 418), *range(500, 506)))
_REDIRECT_CODES = frozenset((301, 302, 303, 304, 305, 307, 308))
_LONGEST_CODE = 9  # digits; S3 reads an integer

Site = Mapping[str, Any]  # a configuration, as boto3 names its members


class Redirect(NamedTuple):
    """A redirect: an HTTP status and an address."""

    status: int
    location: str


def get_bucket_website(call: Call, params: Params) -> Result:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketWebsite.html"""
    site: Result = json.loads(get_document(call, params, WEBSITE, _MISSING))
    return site


def put_bucket_website(call: Call, params: Params) -> Result:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketWebsite.html"""
    site = params["WebsiteConfiguration"]
    check_site(site)
    put_document(call, params, WEBSITE, json.dumps(site))
    return {}


def delete_bucket_website(call: Call, params: Params) -> Result:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketWebsite.html"""
    delete_document(call, params, WEBSITE)
    return {}


def check_site(site: Site) -> None:
    """Raises InvalidArgument, InvalidRequest or MalformedXML."""
    everywhere = site.get("RedirectAllRequestsTo")
    if everywhere is not None:
        if len(site) > 1:
            raise refusals.REDIRECT_AND_RULES("not null")
        _check_place(everywhere)
        return
    if "IndexDocument" not in site:
        raise refusals.INDEX_MISSING("null")
    suffix = site["IndexDocument"]["Suffix"]
    _check_name("IndexDocument", "Suffix", suffix, well_formed="/" not in suffix)
    if "ErrorDocument" in site:
        _check_name("ErrorDocument", "Key", site["ErrorDocument"]["Key"])
    if "RoutingRules" in site:
        _check_rules(site["RoutingRules"])


def _check_name(element: str, member: str, value: str, *, well_formed: bool = True) -> None:
    if not value or not well_formed:
        raise refusals.NOT_WELL_FORMED(value, ArgumentName=element, member=member)


def _check_rules(rules: list[Site]) -> None:
    if not rules:
        raise S3Error("MalformedXML")
    if len(rules) > limits.ROUTING_RULES:
        raise refusals.TOO_MANY_RULES(count=str(len(rules)))
    for rule in rules:
        _check_condition(rule.get("Condition"))
        _check_redirect(rule["Redirect"])


def _check_condition(condition: Site | None) -> None:
    if condition is None:
        return
    if not condition:
        raise refusals.CONDITION_EMPTY()
    code = condition.get("HttpErrorCodeReturnedEquals")
    if code is not None and _number(code) not in _ERROR_CODES:
        raise refusals.ERROR_CODE(code=code)


def _check_redirect(redirect: Site) -> None:
    if not redirect:
        raise S3Error("MalformedXML")
    _check_place(redirect)
    if "ReplaceKeyWith" in redirect and "ReplaceKeyPrefixWith" in redirect:
        raise refusals.TWO_REPLACEMENTS()
    code = redirect.get("HttpRedirectCode")
    if code is not None and _number(code) not in _REDIRECT_CODES:
        raise refusals.REDIRECT_CODE(code=code)


def _check_place(redirect: Site) -> None:
    if redirect.get("Protocol", "http") not in _PROTOCOLS:
        raise refusals.PROTOCOL()
    if redirect.get("HostName") == "":
        raise refusals.HOST_BLANK()


def _number(code: str) -> int:
    """Raises MalformedXML: the codes are text in S3's model, and integers for S3."""
    if not (code.isascii() and code.isdigit() and len(code) <= _LONGEST_CODE):
        raise S3Error("MalformedXML")
    return int(code)


def redirect_all(site: Site, scheme: str, target: str) -> Redirect | None:
    """The redirect of a site that redirects all requests; `target` is the request's, with its query."""
    everywhere = site.get("RedirectAllRequestsTo")
    if everywhere is None:
        return None
    return Redirect(301, f"{everywhere.get('Protocol', scheme)}://{everywhere['HostName']}{target}")


def redirect_by_rule(
    site: Site, key: str, scheme: str, host: str, query: str, status: int = 0
) -> Redirect | None:
    """The redirect of the first matching rule: without an error condition for `status` 0, else with one.

    The request's query stays behind it: versity/versitygw, website/handler.go (as S3).
    """
    for rule in site.get("RoutingRules", ()):
        condition = rule.get("Condition", {})
        prefix = condition.get("KeyPrefixEquals", "")
        if int(condition.get("HttpErrorCodeReturnedEquals", 0)) == status and key.startswith(prefix):
            path = _path(rule["Redirect"], key, prefix)
            return _follow(rule["Redirect"], f"{path}?{query}" if query else path, scheme, host)
    return None


def _path(redirect: Site, key: str, prefix: str) -> str:
    """A replacement stands as it is, and may begin a query or a fragment; what is left of the key is a path.

    https://aws.amazon.com/blogs/compute/resize-images-on-the-fly-with-amazon-s3-aws-lambda-and-amazon-api-gateway/
    has a rule with `prod/resize?key=`.
    """
    if "ReplaceKeyWith" in redirect:
        replacement: str = redirect["ReplaceKeyWith"]
        return replacement
    if "ReplaceKeyPrefixWith" in redirect:
        return f"{redirect['ReplaceKeyPrefixWith']}{quote(key[len(prefix) :], safe=_IN_PATHS)}"
    return quote(key, safe=_IN_PATHS)


def _follow(redirect: Site, path: str, scheme: str, host: str) -> Redirect:
    place = f"{redirect.get('Protocol', scheme)}://{redirect.get('HostName', host)}"
    return Redirect(int(redirect.get("HttpRedirectCode", 301)), f"{place}/{path}")
