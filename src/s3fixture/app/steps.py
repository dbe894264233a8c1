"""The way of a request: one ordered tuple of steps. The first that returns a response ends it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module

from s3fixture import limits, service
from s3fixture.app.exchange import Exchange
from s3fixture.errors import S3Error
from s3fixture.expressions import Expression
from s3fixture.feature_refusals import ANONYMOUS, MINIO_PARAMETER
from s3fixture.refusals import SIGNATURE_VERSION
from s3fixture.service import implementation
from s3fixture.service.preconditions import NotModified
from s3fixture.wire.payload import open_payload
from s3fixture.wire.request import Request, Response, parse_target
from s3fixture.wire.router import POST_OBJECT

Step = Callable[[Exchange], "Response | None"]

MINIO = "/minio/"
HEALTH = frozenset(f"{MINIO}health/{probe}" for probe in ("live", "ready", "cluster", "cluster/read"))
_READING = frozenset({"GET", "HEAD"})
# What an endpoint answers about buckets of all regions.
_OF_ALL_REGIONS = frozenset({"CreateBucket", "GetBucketLocation"})
# Operations whose access may depend on what stands in their document.
_DECIDED_BY_DOCUMENT = frozenset(
    {"DeleteObjects", "PutObjectLegalHold", "PutObjectRetention", "PutObjectTagging"}
)
# Operation -> the argument, "" for none, that S3 judges when it has found the bucket; others come before.
# Measured: refusals.BACKLOT.
_AFTER_BUCKET = {"GetObject": "partNumber", "GetObjectAttributes": "", "HeadObject": "partNumber"}
_LISTINGS = frozenset({"ListObjects", "ListObjectsV2"})  # which judge their arguments before they look for it
# S3 finds the rule for an answer before it acts: scality/cloudserver, tests/functional (run against S3, too).
_CHANGE_CORS = frozenset({"DeleteBucket", "DeleteBucketCors", "PutBucketCors"})
METRICS = (f"{MINIO}v2/metrics/", f"{MINIO}metrics/v3", f"{MINIO}prometheus/metrics")
LISTEN = "ListenNotification"  # to events, with MinIO's API
# Parameters by which MinIO's clients ask for what S3 does not have, and the operations that such a request
# would be at S3.
_MINIO_PARAMETERS = frozenset(
    {"events", "replication-check", "replication-metrics", "replication-reset", "replication-reset-status"}
)
_MINIO_PARAMETERS_AT_S3 = frozenset({"CreateBucket", "ListBuckets", "ListObjects"})
# Operations that one function answers, in place of the further steps -> its module, imported when used, and
# its name.
HANDLERS: Mapping[str, tuple[str, str]] = {
    POST_OBJECT: ("forms", "post_object"),
    LISTEN: ("listening", "listen"),
}
ADMINISTRATION = Expression(f"{MINIO}(admin|kms)/v[0-9]+/")


def answer_minio(exchange: Exchange) -> Response | None:
    """MinIO's health checks, which all mean that this code runs, and metrics.

    Its administration is refused by name. Whatever else begins so is about a bucket of that name: what is
    written there must not be answered as if it were a health check.
    """
    target = exchange.request.target
    if not target.startswith(MINIO):
        return None
    path = target.partition("?")[0]
    if ADMINISTRATION.match(path):
        from s3fixture.app.administration import refusal  # imported when used: few clients are `mc admin`

        raise refusal(path)
    if exchange.request.method not in _READING:
        return None
    signed = exchange.request.headers.get("authorization", "").startswith("AWS")
    if path in HEALTH and not signed:  # probes may send other credentials, such as those of `curl -u`
        return Response(200, [("Content-Length", "0")], b"")
    if path.startswith(METRICS):
        from s3fixture.app import scraping  # imported when used: few servers are scraped

        return scraping.answer(exchange, path)
    return None


def find_website(exchange: Exchange) -> Response | None:
    """Requests to the host of a website, which are answered as pages."""
    settings, host = exchange.app.settings, exchange.request.host
    if "s3-website" not in host and not settings.website_hosts:
        return None
    from s3fixture.app.website_hosting import Website, site_of

    site = site_of(host, settings.website_hosts)
    if site is None:
        return None
    exchange.website = Website(exchange, *site)
    return follow(WEBSITE_STEPS, exchange)


def find_page(exchange: Exchange) -> Response | None:
    assert exchange.website is not None
    return exchange.website.find()


def answer_page(exchange: Exchange) -> Response:
    assert exchange.website is not None
    return exchange.website.answer(exchange.result)


def answer_other_services(exchange: Exchange) -> Response | None:
    """Refuse requests that are signed for another service of AWS, in that service's protocol."""
    authorization = exchange.request.headers.get("authorization")
    if authorization is None:
        return _answer_unsigned(exchange) if exchange.request.method == "POST" else None
    if "/s3/aws4_request" in authorization:
        return None
    from s3fixture.app import other_services  # imported when used: few requests are not S3's

    service = other_services.service_of(exchange.request)
    if service == "sts":
        from s3fixture.app import sts  # imported when used, as above

        return sts.answer(exchange)
    return other_services.answer(exchange, service) if service else None


def _answer_unsigned(exchange: Exchange) -> Response | None:
    """Answer requests to STS with a token instead of a signature; S3's forms go to buckets, in multipart."""
    from s3fixture.app import other_services  # imported when used, as above

    if not exchange.request.headers.get("content-type", "").startswith(other_services.FORM):
        return None
    find_target(exchange)
    if exchange.target.bucket is not None:
        return None
    from s3fixture.app import sts  # imported when used, as above

    return sts.answer(exchange)


def find_target(exchange: Exchange) -> None:
    """Raises RequestHeaderSectionTooLarge (measured: versity/versitygw issue 2180), InvalidURI."""
    request = exchange.request
    if request.head_bytes - len(request.target) > limits.HEADER_SECTION:
        _check_header_section(request)
    exchange.target = parse_target(request.target, request.host, exchange.app.settings.base_hosts)


def _check_header_section(request: Request) -> None:
    """A session token does not count: unlike AWS's, those of this server have the session policy in them."""
    token = request.headers.get("x-amz-security-token", "")
    if request.head_bytes - len(request.target) - len(token) > limits.HEADER_SECTION:
        raise S3Error("RequestHeaderSectionTooLarge", MaxSizeAllowed=str(limits.HEADER_SECTION))


def route(exchange: Exchange) -> None:
    request = exchange.request
    operation = exchange.app.protocol.route(request.method, exchange.target, request.headers)
    exchange.operation = operation
    if operation in _MINIO_PARAMETERS_AT_S3 and exchange.target.query:
        _find_minio(exchange)


def _find_minio(exchange: Exchange) -> None:
    """Set the operation LISTEN if a client of MinIO asks for it. Raises NotImplemented for other calls."""
    named = _MINIO_PARAMETERS & exchange.target.query.keys()
    if not named or not exchange.app.speaks_minio(exchange.request):
        return
    if "events" not in named:
        raise MINIO_PARAMETER(name=min(named))
    if exchange.operation != "CreateBucket":
        exchange.operation = LISTEN


def answer_preflight(exchange: Exchange) -> Response | None:
    """Answer a preflight, which browsers send without credentials."""
    if exchange.operation != "PreflightRequest":
        return None
    from s3fixture.service.cors import preflight  # imported when used: only browsers ask

    headers = preflight(exchange.app.store, exchange.bucket, exchange.key, exchange.request.headers)
    return Response(200, [*headers, ("Content-Length", "0")], b"")


def inject_fault(exchange: Exchange) -> Response | None:
    return exchange.app.faults.inject(exchange) if exchange.app.faults else None


def answer_by_handler(exchange: Exchange) -> Response | None:
    """Answer a form, which has its credentials in the body, or a listener, whose answer does not end."""
    handler = HANDLERS.get(exchange.operation)
    if handler is None:
        return None
    module, function = handler
    response: Response = getattr(import_module(f"{__package__}.{module}"), function)(exchange)
    return response


def refuse_unimplemented(exchange: Exchange) -> None:
    """Raise NotImplemented, before the signature: WriteGetObjectResponse is signed for another service."""
    implementation(exchange.operation)


def authenticate(exchange: Exchange) -> None:
    exchange.authentication = exchange.app.authenticator.authenticate(exchange.request, exchange.target)


def refuse_empty_bucket_name(exchange: Exchange) -> None:
    """A path such as //key has a bucket whose name is empty. S3 checks the signature first."""
    if exchange.target.bucket == "":
        raise S3Error("InvalidBucketName", BucketName="")


def find_region(exchange: Exchange) -> None:
    """A bucket answers in its own region only. Raises PermanentRedirect, which says where that is.

    Signatures of version 2 name no region and follow the bucket; raises InvalidRequest in a newer region.
    """
    assert exchange.authentication is not None
    if exchange.authentication.signature_version == "AWS":
        _check_version_2(exchange)
        return
    region = exchange.authentication.region
    if not region or exchange.target.bucket is None or exchange.operation in _OF_ALL_REGIONS:
        return
    with exchange.app.store.read() as index:
        bucket = index.get_bucket(exchange.target.bucket)
    if bucket is not None and bucket.region != region:
        raise S3Error(
            "PermanentRedirect",
            headers={"x-amz-bucket-region": bucket.region},
            Endpoint=exchange.request.host,
            Bucket=bucket.name,
        )


def _check_version_2(exchange: Exchange) -> None:
    regions, name = exchange.app.authenticator.context.regions, exchange.bucket
    if not regions.version_4_only:
        return
    bucket = None
    if name and exchange.operation not in _OF_ALL_REGIONS:
        with exchange.app.store.read() as index:
            bucket = index.get_bucket(name)
    region = bucket.region if bucket else regions.home
    if region in regions.version_4_only:
        refusal = SIGNATURE_VERSION()
        refusal.headers["x-amz-bucket-region"] = region
        raise refusal


def refuse_anonymous(exchange: Exchange) -> None:
    """Refuse operations that unsigned callers can never do, before a document of theirs is read."""
    assert exchange.authentication is not None
    if exchange.authentication.identity is not None:
        return
    refusal = ANONYMOUS.get(exchange.operation)
    if refusal is not None:
        raise refusal()
    app, operation = exchange.app, exchange.operation
    if not app.protocol.reads_document(operation):
        return
    _find_bucket(exchange)
    if operation in _DECIDED_BY_DOCUMENT:
        if not app.access.may_let_in_anyone(exchange.bucket, operation):
            reason = f"neither the bucket's policy nor its ACL allows unsigned requests for {operation}"
            raise S3Error("AccessDenied", reason=reason)
        return
    call = exchange.call_of(operation, exchange.authentication)
    app.access.check(call, app.protocol.parse_head(operation, exchange.request, exchange.target))


def parse(exchange: Exchange) -> None:
    """A body that is a document is read here, after the signature was checked."""
    assert exchange.authentication is not None
    app, operation = exchange.app, exchange.operation
    try:
        payload = open_payload(exchange.request, exchange.authentication, operation)
        exchange.params = app.protocol.parse(operation, exchange.request, exchange.target, payload)
    except S3Error as error:
        # Arguments come before the bucket, digests and documents after it. Measured: refusals.BACKLOT.
        argument = error.fields.get("ArgumentName", "") if error.code == "InvalidArgument" else None
        if operation != "CreateBucket" and argument in (None, "id", _AFTER_BUCKET.get(operation)):
            _find_bucket(exchange)
        raise


def _find_bucket(exchange: Exchange) -> None:
    """Raise NoSuchBucket, as S3 does before it reads what is to be done with the bucket."""
    with exchange.app.store.read() as index:
        if exchange.bucket and index.get_bucket(exchange.bucket) is None:
            raise S3Error("NoSuchBucket", BucketName=exchange.bucket)


def authorize(exchange: Exchange) -> None:
    assert exchange.authentication is not None
    app = exchange.app
    call = exchange.call = exchange.call_of(exchange.operation, exchange.authentication)
    try:
        app.access.check(call, exchange.params)
    except S3Error as refusal:
        if exchange.operation == "HeadBucket":
            _tell_region(exchange, refusal)
        raise


def _tell_region(exchange: Exchange, refusal: S3Error) -> None:
    """Whom S3 does not let in still learns from HeadBucket in which region the bucket is.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html
    """
    with exchange.app.store.read() as index:
        bucket = index.get_bucket(exchange.bucket)
    if bucket is not None:
        refusal.headers["x-amz-bucket-region"] = bucket.region


def perform(exchange: Exchange) -> None:
    assert exchange.call is not None
    if exchange.operation in _CHANGE_CORS:
        exchange.cors_headers = exchange.app.cors_headers(exchange)
    try:
        exchange.result = service.perform(exchange.call, exchange.params)
    except NotModified as answer:
        exchange.result = answer.result()
    except S3Error as error:
        if error.code == "InvalidArgument" and exchange.operation in _LISTINGS:
            _find_bucket(exchange)
        raise


def serialize(exchange: Exchange) -> Response:
    return exchange.app.protocol.serialize(exchange.operation, exchange.result, exchange.request.method)


def follow(steps: tuple[Step, ...], exchange: Exchange) -> Response:
    """The answer of the first step that has one; the last always has."""
    for step in steps:
        response = step(exchange)
        if response is not None:
            return response
    raise AssertionError("the last step answers")


WEBSITE_STEPS: tuple[Step, ...] = (
    find_page,
    answer_preflight,
    inject_fault,
    parse,
    authorize,
    perform,
    answer_page,
)
STEPS: tuple[Step, ...] = (
    answer_minio,
    find_website,
    answer_other_services,
    find_target,
    route,
    inject_fault,
    answer_preflight,
    answer_by_handler,
    refuse_unimplemented,
    authenticate,
    refuse_empty_bucket_name,
    find_region,
    refuse_anonymous,
    parse,
    authorize,
    perform,
    serialize,
)
