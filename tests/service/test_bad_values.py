"""Numbers, dates, names and stored values that are out of bounds: each is refused, or harmless for good."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from service_helpers import MAIN_KEYS, Reply, Signer, send, sign

from s3fixture import limits
from s3fixture.app import App

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_s3 import S3Client

DIGITS = "9" * 5000  # more than Python makes a number of
DATES = (
    "Fri, 24 May " + "9" * 20 + " 00:00:00 GMT",
    "Fri, 24 May 2013 " + "9" * 20 + ":00:00 GMT",
    "Fri, 24 May 2013 00:00:00 +" + "9" * 30,
    "9" * 20 + "-01-01T00:00:00Z",
    "9999-12-31T23:59:59-23:59",
    "0001-01-01T00:00:00+23:59",
    "Fri, 31 Dec 9999 23:59:59 -2359",
    "99991231T235959Z",
    "\u0662\u0660\u0661\u0663-\u0660\u0661-\u0660\u0661",  # digits that are not ASCII
    DIGITS,
    "-" + DIGITS,
    "1e308",
    "NaN",
)
NUMBERS = (DIGITS, "-" + DIGITS, "9" * 19, "-" + "9" * 19, "1e308", "1_0", "\u0663", "0x10", " ", "NaN")


@pytest.fixture
def key(client: S3Client, bucket: str) -> str:
    client.put_object(Bucket=bucket, Key="k", Body=b"0123456789")
    return "k"


def signed(
    url: str, method: str, target: str, body: bytes = b"", headers: dict[str, str] | None = None
) -> Reply:
    """Names that must be signed are; values that botocore cannot sign go out as they are."""
    names = {name: value for name, value in (headers or {}).items() if name.startswith("x-amz-")}
    sent = sign(url, method, target, body, names, signer=Signer(MAIN_KEYS, "us-east-1", None))
    return send(url, method, target, body, {**sent, **(headers or {})})


def is_answered(reply: Reply) -> bool:
    return reply.status < 500 or reply.status == 501


@pytest.mark.parametrize("number", NUMBERS)
def test_ranges_of_strange_numbers(url: str, bucket: str, key: str, number: str) -> None:
    for text in (f"bytes={number}-", f"bytes=0-{number}", f"bytes=-{number}", f"bytes={number}-{number}"):
        expected = (200, 206, 416) if len(text) < limits.HEADER_SECTION else (400,)
        assert signed(url, "GET", f"/{bucket}/{key}", headers={"Range": text}).status in expected
        copied = {"x-amz-copy-source": f"/{bucket}/{key}", "x-amz-copy-source-range": text}
        assert is_answered(signed(url, "PUT", f"/{bucket}/new?partNumber=1&uploadId=x", headers=copied))


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize(
    "query",
    ["max-keys=", "uploads&max-uploads=", "versions&max-keys=", "uploadId=x&max-parts=", "partNumber="],
)
def test_parameters_of_strange_numbers(url: str, bucket: str, key: str, query: str, number: str) -> None:
    for path in (f"/{bucket}", f"/{bucket}/{key}"):
        assert is_answered(signed(url, "GET", f"{path}?{query}{quote(number)}"))


# Query, the parameter that it ends in, and what S3 says of a negative one. S3 reads them as Java reads an
# int: a plus sign is taken (of a part's number: justincormack/argmin), and what has more than 32 bits is no
# integer (brekkylab/backlot, moto).
NEGATIVE = "Argument {} must be an integer between 0 and 2147483647"
INTEGERS = [
    ("max-keys", "max-keys", NEGATIVE.format("maxKeys")),
    ("list-type=2&max-keys", "max-keys", NEGATIVE.format("maxKeys")),
    ("versions&max-keys", "max-keys", "max-keys cannot be negative"),
    ("uploads&max-uploads", "max-uploads", NEGATIVE.format("max-uploads")),
    ("max-parts", "max-parts", NEGATIVE.format("max-parts")),
    ("part-number-marker", "part-number-marker", NEGATIVE.format("part-number-marker")),
]


@pytest.fixture
def counted(client: S3Client, bucket: str) -> Callable[[str], str]:
    """What a query must be sent to, to be read."""
    upload = client.create_multipart_upload(Bucket=bucket, Key="u")["UploadId"]

    def target(query: str) -> str:
        of_parts = query.startswith(("max-parts", "part-number-marker"))
        return f"/{bucket}/u?uploadId={quote(upload)}&{query}" if of_parts else f"/{bucket}?{query}"

    return target


@pytest.mark.parametrize(("query", "name", "words"), INTEGERS)
def test_integers_are_read_as_java_reads_them(
    url: str, counted: Callable[[str], str], query: str, name: str, words: str
) -> None:
    for taken in ("%2B5", "05", "%2B0005", "2147483647", "0000000000005"):
        assert signed(url, "GET", counted(f"{query}={taken}")).status == 200, taken
    for refused in ("5%2B", "%205", "5%20", "5.0", "5e0", "0x5", "--5", "2147483648", "-2147483649", "5_0"):
        reply = signed(url, "GET", counted(f"{query}={refused}"))
        assert (reply.status, reply.code) == (400, "InvalidArgument"), refused
        assert reply.field("Message") == f"Provided {name} not an integer or within integer range"
    assert signed(url, "GET", counted(f"{query}=-1")).field("Message") == words


def test_the_number_of_a_part_is_read_in_the_same_way(client: S3Client, url: str, bucket: str) -> None:
    upload = client.create_multipart_upload(Bucket=bucket, Key="u")["UploadId"]
    for number in ("%2B1", "02", "%2B0003", "4&partNumber=0"):
        target = f"/{bucket}/u?partNumber={number}&uploadId={quote(upload)}"
        assert signed(url, "PUT", target, b"x").status == 200, number
    parts = client.list_parts(Bucket=bucket, Key="u", UploadId=upload)["Parts"]
    assert [part["PartNumber"] for part in parts] == [1, 2, 3, 4]
    for number in ("%205", "5.0", "", "0", "-1", "10001", "4294967297", "0&partNumber=4"):
        reply = signed(url, "PUT", f"/{bucket}/u?partNumber={number}&uploadId={quote(upload)}", b"x")
        assert reply.field("Message") == "Part number must be an integer between 1 and 10000, inclusive"


@pytest.mark.parametrize("date", DATES)
def test_strange_dates_of_signatures(url: str, bucket: str, date: str) -> None:
    authorization = sign(url, "GET", f"/{bucket}")["Authorization"]
    for name in ("Date", "x-amz-date"):
        for credentials in (authorization, "AWS minioadmin:AAAA"):
            reply = send(url, "GET", f"/{bucket}", headers={"Authorization": credentials, name: date})
            assert reply.status in (400, 403)
    credential = f"minioadmin/{quote(date[:8])}/us-east-1/s3/aws4_request"
    query = f"X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={credential}&X-Amz-Date={quote(date)}"
    query += "&X-Amz-SignedHeaders=host&X-Amz-Signature=0"
    for expires in ("604800", *map(quote, NUMBERS)):
        assert send(url, "GET", f"/{bucket}?{query}&X-Amz-Expires={expires}").status in (400, 403)
        version_2 = f"AWSAccessKeyId=minioadmin&Signature=0&Expires={expires}"
        assert send(url, "GET", f"/{bucket}?{version_2}").status == 403


@pytest.mark.parametrize("date", DATES)
def test_strange_dates_of_conditions_and_locks(url: str, bucket: str, key: str, date: str) -> None:
    for name in ("If-Modified-Since", "If-Unmodified-Since"):
        assert signed(url, "GET", f"/{bucket}/{key}", headers={name: date}).status in (200, 304, 400, 412)
    lock = {"x-amz-object-lock-mode": "GOVERNANCE", "x-amz-object-lock-retain-until-date": date}
    assert is_answered(signed(url, "PUT", f"/{bucket}/{key}", headers=lock))
    document = f"<Retention><Mode>GOVERNANCE</Mode><RetainUntilDate>{date}</RetainUntilDate></Retention>"
    assert is_answered(signed(url, "PUT", f"/{bucket}/{key}?retention", document.encode()))


def test_the_last_day_of_the_calendar(client: S3Client, new_bucket_with_lock: str) -> None:
    bucket = new_bucket_with_lock
    until = "9999-12-31T23:59:59.999Z"
    client.put_object(Bucket=bucket, Key="k", Body=b"")
    retention = {"Mode": "GOVERNANCE", "RetainUntilDate": until}
    client.put_object_retention(Bucket=bucket, Key="k", Retention=retention)  # type: ignore[arg-type]  # botocore takes text, too
    assert client.get_object_retention(Bucket=bucket, Key="k")["Retention"]["RetainUntilDate"].year == 9999
    assert client.head_object(Bucket=bucket, Key="k")["ObjectLockRetainUntilDate"].year == 9999


@pytest.fixture
def new_bucket_with_lock(client: S3Client) -> str:
    client.create_bucket(Bucket="locked-for-ages", ObjectLockEnabledForBucket=True)
    return "locked-for-ages"


def test_a_clock_cannot_leave_the_calendar(app: App) -> None:
    for seconds in (1e300, -1e12, float("nan"), float("inf"), 3e11):
        with pytest.raises(Exception, match="the clock cannot be moved by"):
            app.clock.let_pass(seconds)
        with pytest.raises(Exception, match="it goes from 1970 to the year 8999"):
            app.clock.move(seconds)


RULE = "<CORSRule><AllowedMethod>GET</AllowedMethod><AllowedOrigin>*</AllowedOrigin>{}</CORSRule>"


@pytest.mark.parametrize("text", ["x&#10;y", "x&#13;&#10;set-cookie: a", "€", "\u0085", "x&#9;y", "ü"])
def test_rules_for_browsers_cannot_break_answers(url: str, bucket: str, key: str, text: str) -> None:
    inner = f"<ExposeHeader>{text}</ExposeHeader><AllowedHeader>{text}</AllowedHeader><ID>{text}</ID>"
    document = f"<CORSConfiguration>{RULE.format(inner)}</CORSConfiguration>".encode()
    reply = signed(url, "PUT", f"/{bucket}?cors", document)
    assert reply.status in (200, 400)
    for method in ("GET", "HEAD"):
        reply = signed(url, method, f"/{bucket}/{key}", headers={"Origin": "http://a"})
        assert reply.status == 200
        assert "set-cookie" not in reply.headers
    assert signed(url, "GET", f"/{bucket}/missing", headers={"Origin": "http://a"}).status == 404
    asked = {"Origin": "http://a", "Access-Control-Request-Method": "GET"}
    assert send(url, "OPTIONS", f"/{bucket}/{key}", headers=asked).status in (200, 403)
    assert signed(url, "GET", f"/{bucket}?cors").status in (200, 404)


@pytest.mark.parametrize(
    "text",
    [
        "\xc5 \u2013 \u2026",
        "\u65e5\u672c\u8a9e",
        "a\tb",
        'attachment; filename="\xfc"',
        "\u0085",
        "\u2028",
        "x" * 300,  # in each of them; together they may have 2 KB
        "=?UTF-8?Q?=0A?=",
    ],
)
def test_stored_headers_come_back_as_the_bytes_that_were_sent(url: str, bucket: str, text: str) -> None:
    """What clients send as UTF-8 goes through us as ISO-8859-1, byte by byte."""
    names = ("content-type", "content-disposition", "cache-control", "content-language", "expires")
    put = sign(url, "PUT", f"/{bucket}/k")
    assert send(url, "PUT", f"/{bucket}/k", b"", {**put, **dict.fromkeys(names, text)}).status == 200
    reply = send(url, "GET", f"/{bucket}/k", headers=sign(url, "GET", f"/{bucket}/k"))
    assert reply.status == 200
    assert {name: reply.headers[name] for name in names} == dict.fromkeys(
        names, text.encode().decode("latin-1")
    )


@pytest.mark.parametrize("text", ["a%0Ab", "%E2%82%AC", "%C3%BC", "a%00b", "%7F", "a%09b"])
def test_overrides_cannot_break_an_answer(url: str, bucket: str, key: str, text: str) -> None:
    for name in ("content-type", "content-disposition", "expires", "cache-control", "content-encoding"):
        reply = signed(url, "GET", f"/{bucket}/{key}?response-{name}={text}")
        assert reply.status in (200, 400)


@pytest.mark.parametrize(
    "boundary",
    [
        "boundary*=UTF-8''%E2%82%AC",
        "boundary*=UTF-8''%00",
        f"boundary={'b' * 5000}",
        "boundary=",
        'boundary="',
    ],
)
def test_strange_boundaries_of_forms(url: str, bucket: str, boundary: str) -> None:
    headers = {"Content-Type": f"multipart/form-data; {boundary}"}
    reply = send(url, "POST", f"/{bucket}", b"--b\r\n\r\n", headers)
    assert (reply.status, reply.code) == (400, "MalformedPOSTRequest")
