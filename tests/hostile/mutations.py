"""What is done to a valid request before it is signed: each kind of harm that a request can try."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from asking import Sent
from valid_requests import BOUNDARY, framed, part

DIGITS = "9" * 5000
VALUES = (
    *(
        "",
        " ",
        "0",
        "-1",
        "1",
        "9" * 19,
        "9" * 20,
        DIGITS,
        "-" + DIGITS,
        "1e308",
        "NaN",
        "inf",
        "0x10",
        "1_0",
    ),
    *(
        "\u0663",
        "\xb2",
        "null",
        "true",
        "*",
        "**",
        "a*b*c",
        "/",
        "//",
        "../..",
        "%",
        "%zz",
        "%00",
        "%ff",
        "\x7f",
    ),
    *("9999-12-31T23:59:59Z", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "99991231T235959Z"),
    *(
        "Fri, 31 Dec 9999 23:59:59 -2359",
        "Fri, 24 May " + "9" * 20 + " 00:00:00 GMT",
        "1970-01-01",
        "-62135596801",
    ),
    *(
        "bytes=0-" + DIGITS,
        f"bytes={DIGITS}-",
        "bytes=-",
        "bytes=1-0",
        "bytes= 0-1",
        "bytes=" + " " * 5000 + "x",
    ),
    *(
        "\u20ac",
        "\xe9",
        "\u65e5\u672c",
        "a\tb",
        "=?UTF-8?B?////?=",
        "=?UTF-8?Q?=0A=00?=",
        "a,b",
        '"a","b',
        '"' * 50,
    ),
    *(
        "x" * 300,
        "x" * 5000,
        "a=b&a=c",
        "a=%zz",
        "&".join(f"k{n}=v" for n in range(60)),
        "arn:aws:s3:::data/*",
    ),
    *(
        "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        "UNSIGNED-PAYLOAD",
        "${" * 40,
    ),
    *(
        "http://a/",
        "https://a/\u20ac",
        "//a",
        "boundary*=UTF-8''%E2%82%AC",
        "AAAA",
        "AAAAAA==",
        "null\x85",
        "0" * 64,
    ),
)
_DATES = tuple(value for value in VALUES if "99" in value or "1970" in value or value.startswith("0001"))
_RANGES = tuple(value for value in VALUES if value.startswith("bytes="))
_BOUNDARIES = ("\u20ac", "*=UTF-8''%E2%82%AC", "=" + "b" * 500, "", "=b")
# Headers and parameters with the values that could hurt whoever reads them; of all others, any may.
TELLING = {
    "range": _RANGES,
    "x-amz-copy-source-range": _RANGES,
    **dict.fromkeys(("date", "x-amz-date", "if-modified-since", "if-unmodified-since", "X-Amz-Date"), _DATES),
    **dict.fromkeys(("x-amz-object-lock-retain-until-date", "Expires"), _DATES),
    "content-type": tuple(f"multipart/form-data; boundary{more}" for more in _BOUNDARIES),
}
READ_FOR = {
    "GET": ("range", "range", "if-modified-since"),
    "HEAD": ("range", "if-unmodified-since"),
    "PUT": ("x-amz-copy-source-range", "x-amz-object-lock-retain-until-date"),
    "POST": ("content-type",),
}
HEADERS = (
    *(
        "range",
        "if-match",
        "if-none-match",
        "if-modified-since",
        "if-unmodified-since",
        "content-type",
        "origin",
    ),
    *(
        "content-md5",
        "content-encoding",
        "content-disposition",
        "expires",
        "cache-control",
        "x-amz-copy-source",
    ),
    *(
        "x-amz-copy-source-range",
        "x-amz-tagging",
        "x-amz-meta-a",
        "x-amz-acl",
        "x-amz-storage-class",
        "x-amz-date",
    ),
    *(
        "x-amz-checksum-crc32",
        "x-amz-checksum-sha256",
        "x-amz-checksum-algorithm",
        "x-amz-trailer",
        "date",
        "host",
    ),
    *("x-amz-decoded-content-length", "x-amz-metadata-directive", "x-amz-object-attributes", "x-amz-mfa"),
    *(
        "x-amz-expected-bucket-owner",
        "x-amz-object-lock-mode",
        "x-amz-object-lock-retain-until-date",
        "referer",
    ),
    *(
        "x-amz-website-redirect-location",
        "x-amz-server-side-encryption",
        "x-amz-content-sha256",
        "transfer-encoding",
    ),
    *(
        "access-control-request-method",
        "access-control-request-headers",
        "authorization",
        "x-amz-security-token",
    ),
    *(
        "x-amz-grant-read",
        "x-amz-mp-object-size",
        "x-amz-sdk-checksum-algorithm",
        "content-language",
        "user-agent",
    ),
)
PARAMETERS = (
    *(
        "acl",
        "cors",
        "delete",
        "tagging",
        "policy",
        "lifecycle",
        "uploads",
        "uploadId",
        "partNumber",
        "versionId",
    ),
    *(
        "versions",
        "versioning",
        "retention",
        "legal-hold",
        "object-lock",
        "restore",
        "select",
        "select-type",
        "torrent",
    ),
    *(
        "list-type",
        "max-keys",
        "prefix",
        "delimiter",
        "marker",
        "key-marker",
        "version-id-marker",
        "encoding-type",
    ),
    *(
        "continuation-token",
        "start-after",
        "max-parts",
        "part-number-marker",
        "max-uploads",
        "response-expires",
    ),
    *(
        "response-content-type",
        "response-content-disposition",
        "website",
        "notification",
        "replication",
        "logging",
    ),
    *(
        "encryption",
        "ownershipControls",
        "publicAccessBlock",
        "X-Amz-Signature",
        "AWSAccessKeyId",
        "Signature",
        "id",
    ),
)
METHODS = ("GET", "PUT", "POST", "DELETE", "HEAD", "OPTIONS", "PATCH")


def in_header(rng: Random, sent: Sent) -> None:
    name = rng.choice(rng.choice([HEADERS, [*sent.headers, *HEADERS]]))
    values = TELLING.get(name, VALUES) if rng.random() < 0.7 else VALUES
    sent.headers[name] = rng.choice(values).encode().decode("latin-1").strip()


def in_telling_header(rng: Random, sent: Sent) -> None:
    """One that requests of this method are read for."""
    name = rng.choice(READ_FOR.get(sent.method, ("date",)))
    sent.headers[name] = rng.choice(TELLING[name]).encode().decode("latin-1")


def without_header(rng: Random, sent: Sent) -> None:
    if sent.headers:
        del sent.headers[rng.choice(sorted(sent.headers))]


def in_query(rng: Random, sent: Sent) -> None:
    path, _, query = sent.target.partition("?")
    pairs = [pair.partition("=") for pair in query.split("&") if pair]
    value = "".join(f"%{byte:02x}" for byte in rng.choice(VALUES).encode()) if rng.random() < 0.8 else "%zz"
    if pairs and rng.random() < 0.6:
        place = rng.randrange(len(pairs))
        pairs[place] = (pairs[place][0], "=", value)
    else:
        pairs.append((rng.choice(PARAMETERS), "=", value if rng.random() < 0.7 else ""))
    sent.target = path + "?" + "&".join(map("".join, pairs))


def in_path(rng: Random, sent: Sent) -> None:
    path, question, query = sent.target.partition("?")
    more = rng.choice(
        ["/", "//", "/..", "/../..", "%00", "%ff", "%zz", "/%2e%2e/", "k" * 1100, "%c3%bc", "/./", "\\"]
    )
    place = rng.randint(1, len(path))
    sent.target = path[:place] + more + path[place:] + question + query


def in_method(rng: Random, sent: Sent) -> None:
    sent.method = rng.choice(METHODS)


def in_bytes(rng: Random, sent: Sent) -> None:
    """A byte added, some taken away, a piece doubled."""
    body = sent.body
    for _ in range(rng.randint(1, 4)):
        start = rng.randint(0, len(body))
        end = start + rng.randint(1, 20)
        more = rng.choice([rng.randbytes(1) + body[start:], body[end:], body[start:end] + body[start:]])
        body = body[:start] + more
    sent.body = body


def in_text(rng: Random, sent: Sent) -> None:
    """The text of an element, of a value in JSON, or of a field."""
    value = rng.choice(VALUES).replace("\x7f", "&#127;").encode()
    pieces = sent.body.split(rng.choice([b">", b'": "', b"\r\n\r\n"]), rng.randint(1, 8))
    if len(pieces) > 1:
        end = max(pieces[-1].find(b"<"), pieces[-1].find(b'"'), 0)
        divider = sent.body[len(pieces[0]) : len(pieces[0]) + 1] or b">"
        sent.body = divider.join([*pieces[:-1], value + pieces[-1][end:]])


def of_elements(rng: Random, sent: Sent) -> None:
    sent.body = rng.choice(
        [
            b"",
            b"<a>" * rng.choice([10, 40, 5000]),
            b"<Delete>" + b"<Object><Key>k</Key></Object>" * rng.choice([1, 1001, 5000]) + b"</Delete>",
            b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
            b'<?xml version="1.0" encoding="utf-16"?><a/>',
            sent.body * 2,
            sent.body[: len(sent.body) // 2],
            sent.body.replace(b"><", b">x<"),
            b"{" * 3000,
            b'{"Version": "2012-10-17", "Statement": [' + b"{}," * 50 + b"{}]}",
            rng.randbytes(200),
        ]
    )


def as_chunks(rng: Random, sent: Sent) -> None:
    sent.headers["x-amz-content-sha256"] = rng.choice(
        ["STREAMING-UNSIGNED-PAYLOAD-TRAILER", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"]
    )
    sent.headers["x-amz-decoded-content-length"] = str(len(sent.body) + rng.choice([0, 0, 1, -1]))
    sent.headers["x-amz-trailer"] = "x-amz-checksum-crc32"
    sent.body = framed(rng, sent.body)
    if rng.random() < 0.5:
        in_bytes(rng, sent)


def as_form(rng: Random, sent: Sent) -> None:
    names = (
        "key",
        "acl",
        "policy",
        "x-amz-date",
        "x-amz-credential",
        "x-amz-signature",
        "tagging",
        "file",
        "x-amz-meta-a",
    )
    fields = [part(rng.choice(names), rng.choice(VALUES).encode()) for _ in range(rng.randint(0, 6))]
    preamble = rng.choice([b"", b"", b"x" * 30_000, b"\r\n" * 10])
    sent.body = preamble + b"".join(fields) + sent.body
    sent.method, sent.target = "POST", sent.target.partition("?")[0].rstrip("/") or "/data"
    boundary = rng.choice([BOUNDARY, BOUNDARY, "", "b" * 80, "*=UTF-8''%E2%82%AC"])
    sent.headers["content-type"] = f"multipart/form-data; boundary={boundary}"


MUTATIONS: tuple[Callable[[Random, Sent], None], ...] = (
    *(in_telling_header,) * 6,
    *(in_header, in_header, in_header, without_header, in_query, in_query, in_path, in_method),
    *(in_bytes, in_text, in_text, of_elements, as_chunks, as_form),
)


def mutate(rng: Random, sent: Sent) -> None:
    """Once or more often, in place."""
    for _ in range(rng.choice([0, 1, 1, 1, 2, 2, 3, 5])):
        rng.choice(MUTATIONS)(rng, sent)
