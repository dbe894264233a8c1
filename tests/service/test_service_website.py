"""Buckets as websites: what may be configured, and what a browser gets."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from service_helpers import Reply, refused, send, send_document

from s3fixture.app import App
from s3fixture.app.website_hosting import site_of

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

INDEX: dict[str, Any] = {"IndexDocument": {"Suffix": "index.html"}}
BOTH: dict[str, Any] = {**INDEX, "ErrorDocument": {"Key": "error.html"}}
HOST = "bucket.s3-website-us-east-1.localhost"
Get = Callable[..., Reply]


def rules(*redirects: Any) -> dict[str, Any]:
    """A site with these rules, each a condition (None: none) and a redirect."""
    listed = [{"Redirect": to} | ({"Condition": when} if when else {}) for when, to in redirects]
    return {**BOTH, "RoutingRules": listed}


@pytest.fixture
def get(url: str) -> Get:
    """Ask a site: `get(path, method, **headers)`."""

    def ask(
        path: str = "/", method: str = "GET", body: bytes = b"", host: str = HOST, **headers: str
    ) -> Reply:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return send(url, method, path, body, {"Host": host, **named})

    return ask


@pytest.fixture
def site(client: S3Client, bucket: str) -> Callable[..., None]:
    """Make the bucket a site that everyone may read, with these pages: `site(configuration, key="text")`."""

    def make(configuration: dict[str, Any], *keys: str, listed: bool = True) -> None:
        client.put_bucket_website(Bucket=bucket, WebsiteConfiguration=configuration)  # type: ignore[arg-type]  # tests send what is none, too
        for key in keys:
            client.put_object(Bucket=bucket, Key=key, Body=key.encode(), ContentType="text/html")
        allow(client, bucket, *(["s3:ListBucket"] if listed else []), "s3:GetObject")

    return make


def allow(client: S3Client, bucket: str, *actions: str) -> None:
    statements = [
        {
            "Effect": "Allow",
            "Principal": "*",
            "Action": action,
            "Resource": f"arn:aws:s3:::{bucket}" + ("" if action == "s3:ListBucket" else "/*"),
        }
        for action in actions
    ]
    client.delete_public_access_block(Bucket=bucket)
    client.put_bucket_policy(
        Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": statements})
    )


def test_a_configuration_is_given_back(client: S3Client, bucket: str) -> None:
    with refused("NoSuchWebsiteConfiguration", 404):
        client.get_bucket_website(Bucket=bucket)
    wanted = rules(
        ({"KeyPrefixEquals": "a/", "HttpErrorCodeReturnedEquals": "404"}, {"ReplaceKeyPrefixWith": ""}),
        (None, {"HostName": "example.com", "Protocol": "https", "HttpRedirectCode": "307"}),
    )
    for configuration in (wanted, {"RedirectAllRequestsTo": {"HostName": "example.com"}}):
        client.put_bucket_website(Bucket=bucket, WebsiteConfiguration=configuration)  # type: ignore[arg-type]  # a plain dict
        got = client.get_bucket_website(Bucket=bucket)
        assert {name: value for name, value in got.items() if name != "ResponseMetadata"} == configuration
    for _ in range(2):
        client.delete_bucket_website(Bucket=bucket)
    with refused("NoSuchWebsiteConfiguration", 404):
        client.get_bucket_website(Bucket=bucket)


@pytest.mark.parametrize(
    ("configuration", "code", "message"),
    [
        ({}, "InvalidArgument", "A value for IndexDocument Suffix must be provided"),
        (
            {"IndexDocument": {"Suffix": "a/b"}},
            "InvalidArgument",
            "The IndexDocument Suffix is not well formed",
        ),
        ({"IndexDocument": {"Suffix": ""}}, "InvalidArgument", "The IndexDocument Suffix is not well formed"),
        (
            {**INDEX, "RedirectAllRequestsTo": {"HostName": "h"}},
            "InvalidArgument",
            "RedirectAllRequestsTo cannot",
        ),
        ({"RedirectAllRequestsTo": {"HostName": ""}}, "InvalidRequest", "The HostName cannot be blank."),
        (
            {"RedirectAllRequestsTo": {"HostName": "h", "Protocol": "ftp"}},
            "InvalidRequest",
            "Invalid protocol",
        ),
        (rules((None, {"Protocol": "gopher"})), "InvalidRequest", "Invalid protocol"),
        (
            rules((None, {"HttpRedirectCode": "300"})),
            "InvalidRequest",
            "The provided HTTP redirect code (300)",
        ),
        (
            rules(({"HttpErrorCodeReturnedEquals": "302"}, {"ReplaceKeyWith": "a"})),
            "InvalidRequest",
            "The provided HTTP error code (302) is not valid.",
        ),
        (
            rules((None, {"ReplaceKeyWith": "a", "ReplaceKeyPrefixWith": "b"})),
            "InvalidRequest",
            "You can only define ReplaceKeyPrefix or ReplaceKey but not both.",
        ),
        (
            {**INDEX, "RoutingRules": [{"Condition": {}, "Redirect": {"ReplaceKeyWith": "a"}}]},
            "InvalidRequest",
            "Condition cannot be empty.",
        ),
        ({**INDEX, "RoutingRules": []}, "MalformedXML", "The XML"),
        ({**INDEX, "RoutingRules": [{"Redirect": {}}]}, "MalformedXML", "The XML"),
        (rules(*[(None, {"ReplaceKeyWith": "a"})] * 51), "InvalidRequest", "51 routing rules provided"),
    ],
)
def test_what_is_no_site_is_refused(
    client: S3Client, bucket: str, configuration: Any, code: str, message: str
) -> None:
    with refused(code, 400) as response:
        client.put_bucket_website(Bucket=bucket, WebsiteConfiguration=configuration)
    assert message in response["Error"]["Message"]


@pytest.mark.parametrize(
    ("member", "message", "known", "unknown"),
    [
        (
            "HttpRedirectCode",
            "The provided HTTP redirect code ({}) is not valid. Valid codes are 3XX except 300.",
            ("301", "305", "307", "308"),
            ("0", "300", "306", "309", "399", "3010"),
        ),
        (
            "HttpErrorCodeReturnedEquals",
            "The provided HTTP error code ({}) is not valid. Valid codes are 4XX or 5XX.",
            ("400", "417", "500", "505"),
            ("0", "302", "399", "418", "499", "506", "999999999"),
        ),
    ],
)
def test_codes_are_numbers_that_s3_knows(
    client: S3Client, bucket: str, member: str, message: str, known: tuple[str, ...], unknown: tuple[str, ...]
) -> None:
    def put(code: str) -> None:
        place = {"ReplaceKeyWith": "a"}
        rule = ({member: code}, place) if member.startswith("HttpError") else (None, {**place, member: code})
        site: Any = rules(rule)
        client.put_bucket_website(Bucket=bucket, WebsiteConfiguration=site)

    for code in known:
        put(code)
    for code in unknown:
        with refused("InvalidRequest", 400) as response:
            put(code)
        assert response["Error"]["Message"] == message.format(code)
    for code in ("three", "3xx", "-301", "\u0664\u0660\u0664", "4" * 5000):
        with refused("MalformedXML", 400):
            put(code)


def test_an_error_document_has_a_name(url: str, bucket: str) -> None:
    index, error = (
        "<IndexDocument><Suffix>i</Suffix></IndexDocument>",
        "<ErrorDocument><Key/></ErrorDocument>",
    )
    document = f"<WebsiteConfiguration>{index}{error}</WebsiteConfiguration>".encode()
    reply = send_document(url, "PUT", f"/{bucket}?website", document)
    assert (reply.status, reply.field("Message")) == (400, "The ErrorDocument Key is not well formed")


def test_pages_are_served_to_everyone(get: Get, site: Any, client: S3Client, bucket: str) -> None:
    site(INDEX, "index.html", "docs/index.html", "a b/\u00e9.html")
    for path, text in (
        ("/", b"index.html"),
        ("/docs/", b"docs/index.html"),
        ("/docs/index.html?versionId=none&response-content-type=x", b"docs/index.html"),
        ("/a%20b/%C3%A9.html", "a b/\u00e9.html".encode()),
    ):
        reply = get(path)
        assert (reply.status, reply.body, reply.headers["content-type"]) == (200, text, "text/html")
    head = get("/", "HEAD")
    assert (head.status, head.body, head.headers["content-length"]) == (200, b"", "10")
    etag = client.head_object(Bucket=bucket, Key="index.html")["ETag"]
    assert get("/", If_None_Match=etag).status == 304
    assert get("/", If_Match='"no"').status == 412
    part = get("/", Range="bytes=0-1")
    assert (part.status, part.body) == (206, b"in")
    assert get("/", Authorization="AWS4-HMAC-SHA256 nonsense").status == 200


def test_a_folder_is_found_without_its_slash(get: Get, site: Any) -> None:
    site(INDEX, "docs/index.html", listed=False)
    reply = get("/docs")
    assert (reply.status, reply.headers["location"]) == (302, "/docs/")
    assert reply.headers["x-amz-error-code"] == "Found"
    assert get("/other").status == 403


def test_errors_are_pages(get: Get, site: Any) -> None:
    site(INDEX)
    reply = get("/no<where>")
    assert (reply.status, reply.headers["content-type"]) == (404, "text/html; charset=utf-8")
    ids = (reply.headers["x-amz-request-id"], reply.headers["x-amz-id-2"])
    assert reply.body.decode() == (
        "<html>\n<head><title>404 Not Found</title></head>\n<body>\n<h1>404 Not Found</h1>\n<ul>\n"
        "<li>Code: NoSuchKey</li>\n<li>Message: The specified key does not exist.</li>\n"
        "<li>Key: no&lt;where&gt;</li>\n"
        f"<li>RequestId: {ids[0]}</li>\n<li>HostId: {ids[1]}</li>\n</ul>\n<hr/>\n"
        "</body>\n</html>\n"
    )
    head = get("/nowhere", "HEAD")
    assert (head.status, head.body) == (404, b"")
    assert head.headers["x-amz-error-code"] == "NoSuchKey"
    assert head.headers["x-amz-error-message"] == "The specified key does not exist."
    assert head.headers["x-amz-error-detail-key"] == "nowhere"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_a_site_is_only_read(get: Get, site: Any, method: str) -> None:
    site(BOTH, "error.html", "index.html")
    reply = get("/", method)
    assert reply.status == 405
    assert b"<li>Code: MethodNotAllowed</li>" in reply.body
    assert f"<li>Method: {method}</li>\n<li>ResourceType: OBJECT</li>".encode() in reply.body


def test_what_is_not_public_is_not_shown(get: Get, client: S3Client, bucket: str) -> None:
    client.put_bucket_website(Bucket=bucket, WebsiteConfiguration=BOTH)  # type: ignore[arg-type]  # a plain dict
    client.put_object(Bucket=bucket, Key="index.html", Body=b"secret")
    reply = get("/")
    assert reply.status == 403
    assert b"<li>Code: AccessDenied</li>\n<li>Message: Access Denied</li>" in reply.body
    assert b"An Error Occurred While Attempting to Retrieve a Custom Error Document" in reply.body
    assert b"secret" not in reply.body


def test_an_error_document_comes_with_the_error(get: Get, site: Any) -> None:
    site(BOTH)
    reply = get("/a")
    assert reply.status == 404
    assert b"<li>Key: a</li>" in reply.body
    assert b"Document</h3>\n<ul>\n<li>Code: NoSuchKey</li>" in reply.body
    assert b"<li>Key: error.html</li>" in reply.body
    site(BOTH, "error.html")
    reply = get("/a")
    assert (reply.status, reply.body) == (404, b"error.html")
    assert reply.headers["x-amz-error-code"] == "NoSuchKey"
    assert get("/a", "HEAD").headers["content-length"] == "10"


def test_a_site_may_only_lead_elsewhere(get: Get, site: Any) -> None:
    site({"RedirectAllRequestsTo": {"HostName": "example.com", "Protocol": "https"}}, "index.html")
    for method in ("GET", "HEAD"):
        reply = get("/a/b%20c?d=e", method)
        assert (reply.status, reply.body) == (301, b"")
        assert reply.headers["location"] == "https://example.com/a/b%20c?d=e"


def test_an_object_may_lead_elsewhere(get: Get, site: Any, client: S3Client, bucket: str) -> None:
    site(BOTH)
    client.put_object(Bucket=bucket, Key="old", Body=b"here", WebsiteRedirectLocation="/new page")
    client.put_object(Bucket=bucket, Key="error.html", WebsiteRedirectLocation="https://example.com/?a=b#c")
    assert (get("/old").status, get("/old").headers["location"]) == (301, "/new%20page")
    assert (get("/x").status, get("/x").headers["location"]) == (301, "https://example.com/?a=b#c")


def test_rules_lead_by_prefix_and_by_error(get: Get, site: Any, client: S3Client, bucket: str) -> None:
    site(
        rules(
            ({"KeyPrefixEquals": "both/", "HttpErrorCodeReturnedEquals": "404"}, {"ReplaceKeyWith": "b"}),
            ({"KeyPrefixEquals": "docs/"}, {"ReplaceKeyPrefixWith": "documents/"}),
            ({"KeyPrefixEquals": "gone/"}, {"ReplaceKeyPrefixWith": ""}),
            ({"KeyPrefixEquals": "host/"}, {"HostName": "example.com", "HttpRedirectCode": "307"}),
            ({"KeyPrefixEquals": "index"}, {"ReplaceKeyWith": "never for the root"}),
            ({"HttpErrorCodeReturnedEquals": "404"}, {"ReplaceKeyWith": "not found", "Protocol": "https"}),
        ),
        "index.html",
        "docs/a",
        "both/here",
        "error.html",
    )
    for path, status, location in (
        ("/docs/a", 301, f"http://{HOST}/documents/a"),
        ("/gone/x/y", 301, f"http://{HOST}/x/y"),
        ("/host/k", 307, "http://example.com/host/k"),
        ("/both/nothing", 301, f"http://{HOST}/b"),
        ("/nothing", 301, f"https://{HOST}/not%20found"),
    ):
        reply = get(path)
        assert (reply.status, reply.headers["location"]) == (status, location)
    assert get("/both/here").body == b"both/here"
    assert get("/").body == b"index.html"
    client.delete_bucket_policy(Bucket=bucket)
    assert get("/both/here").status == 403  # there is no rule for it


@pytest.mark.parametrize(
    ("redirect", "path", "location"),
    [
        ({"ReplaceKeyPrefixWith": "new/"}, "/old/a?b=c&d", "new/a?b=c&d"),
        ({"ReplaceKeyWith": "one"}, "/old/a?b=c%20d", "one?b=c%20d"),
        ({"Protocol": "https"}, "/old/a?", "old/a"),
        # A replacement is part of an address, and what is left of the key is not.
        (
            {"ReplaceKeyPrefixWith": "resize?key="},
            "/old/%3Fa%23b%25/c%20d.png",
            "resize?key=%3Fa%23b%25/c%20d.png",
        ),
        ({"ReplaceKeyPrefixWith": "#!/"}, "/old/a", "#!/a"),
        ({"ReplaceKeyWith": "a%20b c?d#e"}, "/old/a", "a%20b%20c?d#e"),
    ],
)
@pytest.mark.parametrize("condition", [{}, {"HttpErrorCodeReturnedEquals": "404"}])
def test_a_rule_keeps_the_query_and_writes_a_replacement_as_it_is(
    get: Get, site: Any, redirect: dict[str, str], condition: dict[str, str], path: str, location: str
) -> None:
    site(rules(({"KeyPrefixEquals": "old/", **condition}, redirect)))
    place = f"{redirect.get('Protocol', 'http')}://{HOST}"
    assert get(path).headers["location"] == f"{place}/{location}"


def test_no_document_writes_a_header(get: Get, site: Any) -> None:
    site({"RedirectAllRequestsTo": {"HostName": "example.com\nSet-Cookie: a=b"}})
    reply = get("/")
    assert "set-cookie" not in reply.headers
    assert reply.headers["location"].startswith("http://example.com%0A")


@pytest.mark.parametrize(
    ("host", "code"),
    [
        ("bucket.s3-website.localhost", "NoSuchWebsiteConfiguration"),
        ("bucket.s3-website.us-east-1.localhost:1234", "NoSuchWebsiteConfiguration"),
        ("none-such.s3-website-us-east-1.localhost", "NoSuchBucket"),
        ("bucket.s3-website-eu-west-1.localhost", "IncorrectEndpoint"),
    ],
)
@pytest.mark.usefixtures("bucket")
def test_the_host_names_the_bucket(get: Get, host: str, code: str) -> None:
    reply = get("/a/b", host=host)
    assert reply.headers["x-amz-error-code"] == code
    assert f"<li>Code: {code}</li>".encode() in reply.body


def test_hosts_of_the_api_are_no_sites() -> None:
    for host in ("bucket.localhost", "localhost:9000", "s3-website.localhost", "", "a.s3-websites.localhost"):
        assert site_of(host, ("web.test",)) is None
    assert site_of("www.example.com.web.test:80", ("web.test",)) == ("www.example.com", "")
    assert site_of("a.b.s3-website.localhost", ()) == ("a.b", "")


def test_a_site_may_have_a_host_of_its_own(
    get: Get, site: Any, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    site(INDEX, "index.html")
    known = app.settings.identities
    settings = type(app.settings).load({"website_hosts": ("web.test",), "identities": known}, environ={})
    monkeypatch.setattr(app, "settings", settings)
    assert get("/", host="bucket.web.test").body == b"index.html"


def test_browsers_of_other_origins_may_ask_a_site(get: Get, site: Any, client: S3Client, bucket: str) -> None:
    site(INDEX, "index.html")
    client.put_bucket_cors(
        Bucket=bucket,
        CORSConfiguration={"CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["http://a.test"]}]},
    )
    asked = get("/", "OPTIONS", Origin="http://a.test", Access_Control_Request_Method="GET")
    assert (asked.status, asked.headers["access-control-allow-origin"]) == (200, "http://a.test")
    assert get("/", Origin="http://a.test").headers["access-control-allow-origin"] == "http://a.test"


def test_what_is_asked_of_a_site_shows_in_the_log(get: Get, site: Any, app: App) -> None:
    site(INDEX, "index.html")
    app.log.clear()
    get("/")
    get("/none")
    first, second = app.log.entries()
    assert (first.operation, first.bucket, first.key, first.status) == (
        "GetObject",
        "bucket",
        "index.html",
        200,
    )
    assert (second.status, second.error_code) == (404, "NoSuchKey")
