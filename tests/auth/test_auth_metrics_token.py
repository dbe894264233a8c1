"""Which tokens read metrics. PyJWT, which others make them with, is the oracle."""

from __future__ import annotations

import base64
import hmac
import json
import re
from typing import Any

import jwt
import pytest

from s3fixture.auth.metrics_token import check_token, make_token
from s3fixture.errors import S3Error

NOW = 1_800_000_000.0
KEYS = ("minioadmin", "minioadmin123")
# As `mc admin prometheus generate` makes it, but for the time.
CLAIMS = {"exp": int(NOW) + 3600, "iss": "prometheus", "sub": "minioadmin"}

pytestmark = pytest.mark.filterwarnings("ignore:The HMAC key is")  # PyJWT thinks as we do of such secrets


def token(claims: dict[str, Any] = CLAIMS, *, key: str = KEYS[1], algorithm: str = "HS512") -> str:
    return jwt.encode(claims, key, algorithm)


def reason(authorization: str, now: float = NOW) -> str:
    """Why it is refused."""
    with pytest.raises(S3Error) as caught:
        check_token(authorization, *KEYS, now)
    assert caught.value.code == "AccessDenied"
    assert "s3fixture env --format prometheus" in caught.value.message
    return caught.value.reason


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
def test_a_signed_token_is_taken(algorithm: str) -> None:
    check_token(f"Bearer {token(algorithm=algorithm)}", *KEYS, NOW)


@pytest.mark.parametrize(
    "claims",
    [
        {**CLAIMS, "accessKey": "minioadmin", "sub": "anybody"},
        {"iss": "prometheus", "sub": "minioadmin"},
        {**CLAIMS, "nbf": int(NOW) - 1, "iat": NOW - 0.5, "aud": "anyone"},
    ],
    ids=["accessKey", "without end", "with a beginning"],
)
def test_minio_would_take_it(claims: dict[str, Any]) -> None:
    check_token(f"bearer {token(claims)}", *KEYS, NOW)


def test_ours_is_read_by_others() -> None:
    made = make_token(*KEYS, NOW)
    check_token(f"Bearer {made}", *KEYS, NOW)
    claims = jwt.decode(made, KEYS[1], ["HS512"], issuer="prometheus")
    assert claims == {"exp": int(NOW) + 100 * 365 * 86_400, "iss": "prometheus", "sub": "minioadmin"}


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({**CLAIMS, "exp": int(NOW)}, "has expired"),
        ({**CLAIMS, "exp": float("nan")}, "has expired"),
        ({**CLAIMS, "nbf": int(NOW) + 1}, r"not valid yet \(nbf\)"),
        ({**CLAIMS, "iat": int(NOW) + 1}, r"not valid yet \(iat\)"),
        ({**CLAIMS, "iss": "web"}, "issuer"),
        ({"exp": int(NOW) + 1, "sub": "minioadmin"}, "issuer"),
        ({**CLAIMS, "sub": "otherkey"}, "not for the server's main access key"),
        ({**CLAIMS, "accessKey": "otherkey"}, "not for the server's main access key"),
        ({"exp": int(NOW) + 1, "iss": "prometheus"}, "not for the server's main access key"),
    ],
)
def test_a_claim_that_is_wrong(claims: dict[str, Any], why: str) -> None:
    assert re.search(why, reason(f"Bearer {token(claims)}"))


def test_it_ends_by_the_clock_of_the_server() -> None:
    check_token(f"Bearer {token()}", *KEYS, NOW + 3599)
    assert "expired" in reason(f"Bearer {token()}", NOW + 3600)


def test_the_signature_counts() -> None:
    assert "signature" in reason(f"Bearer {token(key='anothersecret')}")
    head, payload, signature = token().split(".")
    assert "signature" in reason(f"Bearer {head}.{payload}.{signature[:-3]}AAA")
    assert "signature" in reason(f"Bearer {head}.{payload}.")


def encoded(document: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(document).encode()).decode().rstrip("=")


@pytest.mark.parametrize("algorithm", ["none", "None", "RS256", "ES256", "HS1", "", None, ["HS512"]])
def test_no_token_chooses_how_it_is_checked(algorithm: object) -> None:
    unsigned = f"{encoded({'alg': algorithm})}.{encoded(CLAIMS)}."
    assert "HS256, HS384 or HS512" in reason(f"Bearer {unsigned}")


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "..",
        "...",
        "a.b.c",
        "e30.e30.e30.e30",
        f"{encoded({'alg': 'HS512'})}.{encoded([])}.e30",
        f"{encoded('HS512')}.{encoded(CLAIMS)}.e30",
        f"{encoded({'alg': 'HS512'})}.{encoded({**CLAIMS, 'exp': 1})}.*",
        f"{base64.urlsafe_b64encode(b'[' * 30_000).decode()}.e30.e30",
        f"{base64.urlsafe_b64encode(b'1' * 9_000).decode()}.e30.e30",
        "\xe9.\xff.\xa0",
    ],
)
def test_what_is_no_token_is_refused(text: str) -> None:
    assert reason(f"Bearer {text}")


@pytest.mark.parametrize("exp", [True, "2030", None, [], {}])
def test_a_time_that_is_no_number(exp: object) -> None:
    signed = f"{encoded({'alg': 'HS512'})}.{encoded({**CLAIMS, 'exp': exp})}"
    digest = hmac.digest(KEYS[1].encode(), signed.encode(), "sha512")
    made = f"{signed}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"
    assert "not a number" in reason(f"Bearer {made}")


@pytest.mark.parametrize("authorization", ["", "Basic bWluaW86YWRtaW4=", "Bearer", "AWS4-HMAC-SHA256 x"])
def test_another_authorization_is_none(authorization: str) -> None:
    assert reason(authorization) == "there is no bearer token"
