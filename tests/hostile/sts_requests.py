"""Questions to STS, valid and hostile, and the temporary keys that come of them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from random import Random
from typing import Any
from urllib.parse import quote_from_bytes, urlencode

from asking import KEYS, Keys, Sent, ask, signed
from mutations import VALUES, mutate

from s3fixture.app import App
from s3fixture.app.sts import OPERATIONS

ACTIONS = (*OPERATIONS, *OPERATIONS, "AssumeRoleWithSAML", "GetFederationToken", "Nonsense", "")
FORM = {"content-type": "application/x-www-form-urlencoded"}
ROLE = "arn:aws:iam::123456789012:role/team/reader"
SECRET = b"a secret of more than thirty-two bytes"  # of the identity provider
READ_ALL = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}]}'
NARROW = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::data/*",'
    '"Condition":{"StringLike":{"s3:prefix":["a*"]},"DateLessThan":{"aws:CurrentTime":"2030-01-01T00:00:00Z"}}},'
    '{"Effect":"Deny","NotAction":"s3:GetObject","Resource":"*"}]}'
)
POLICIES = (
    *(READ_ALL, NARROW, "", "{", "[]", "{}", "null", "[" * 1000, '{"Statement":' * 300, "x" * 2049),
    READ_ALL.replace("*", "*" * 900),
    READ_ALL.replace("s3:Get*", "${" * 900),
    NARROW.replace("2030-01-01T00:00:00Z", "9" * 400),
    NARROW.replace("a*", "${aws:username}" * 20),
)
ARNS = (
    *(ROLE, "arn:aws:iam::123456789012:role/" + "x" * 65, "arn:aws:iam::123456789012:role/", "arn" * 20),
    *(":" * 30, "arn:aws:iam::\u0661\u0662\u0663456789012:role/reader", "arn:aws:sts::123456789012:role/a"),
    *("arn:aws:iam::123456789012:user/me-and-you", ROLE + "\n", ROLE + "/" * 1900),
)
FIELDS: Mapping[str, tuple[str, ...]] = {
    "RoleArn": (ROLE, *ARNS),
    "RoleSessionName": ("me", "m", "x" * 65, "a b", "\u00e9\u00e9", "=,.@-"),
    "DurationSeconds": (
        "900",
        "3600",
        "43200",
        "129601",
        "899",
        "-900",
        "9" * 400,
        "1e9",
        "\u0663600",
        "900.5",
    ),
    "Policy": POLICIES,
    "PolicyArns.member.1.arn": ("arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess",),
    "ExternalId": ("a",),
    "SerialNumber": ("arn:aws:iam::123456789012:mfa/me",),
    "TokenCode": ("123456",),
    "Tags.member.1.Key": ("a",),
    "Version": ("2011-06-15", "2010-05-08"),
}
HEADERS: tuple[Any, ...] = (
    *(
        {"alg": "HS256"},
        {"alg": "HS256", "typ": "JWT"},
        {"alg": "none"},
        {"alg": "RS256"},
        {"alg": ["HS256"]},
    ),
    *({"alg": None}, {"alg": 5}, {}, [], "x", {"alg": "HS256", "b64": False, "crit": ["b64"]}),
    *({"alg": "HS256", "crit": "x"}, {"alg": "HS256", "crit": [[]]}, {"alg": "HS256", "kid": {"a": 1}}),
    *({"alg": "HS256", "jku": "http://127.0.0.1:1/"}, {"alg": "HS256", "jwk": {"kty": "oct", "k": "AA"}}),
    *(
        {"alg": "HS256", "zip": "DEF"},
        {"alg": "HS256", "x5c": ["x"]},
        {"alg": "x" * 3000},
        {"enc": "A128GCM"},
    ),
)
CLAIMS: Mapping[str, tuple[Any, ...]] = {
    "iss": ("https://idp.example", "", None, 5, "\ud800", "x" * 5000, "<a>&\n\x00"),
    "sub": ("me", "", [], {}, "\u20ac\x01", "x" * 5000),
    "aud": ("app", ["app", "b"], [], [None], {}, "\r\na: b", ["x" * 5000]),
    "exp": (4_000_000_000, 0, -1, 10**30, 1e308, "4000000000", None, True, [], 1.5),
    "nbf": (10**30, "x", []),
    "iat": (10**30, {}),
    "jti": (5, []),
}


def temporary_keys(app: App) -> list[Keys]:
    """Whole ones, narrowed ones, some that have ended, and some whose token is another's."""
    found = []
    for fields in (
        {"Action": "AssumeRole", "RoleArn": ROLE, "RoleSessionName": "me"},
        {"Action": "AssumeRole", "RoleArn": ROLE, "RoleSessionName": "me", "Policy": READ_ALL},
        {"Action": "AssumeRole", "RoleArn": ROLE, "RoleSessionName": "me", "Policy": NARROW},
        {"Action": "GetSessionToken"},
    ):
        sent = Sent("POST", "/", dict(FORM), urlencode({"Version": "2011-06-15", **fields}).encode())
        reply = ask(app, signed(sent, service="sts"))
        assert reply.status == 200, reply.body
        names = ("AccessKeyId", "SecretAccessKey", "SessionToken")
        texts = [re.search(f"<{name}>(.*?)</{name}>", reply.body.decode()) for name in names]
        access_key, secret_key, token = (text[1] if text else "" for text in texts)
        found.append(Keys(access_key, secret_key, token))
    ended = app.authenticator.context.sessions.issue(app.identities.main, 1)
    found.append(Keys(ended.access_key, ended.secret_key, ended.session_token))
    found.append(found[0]._replace(token=found[3].token))
    return found


def question(rng: Random, keys: list[Keys]) -> Sent:
    """A question to STS, signed or not."""
    fields = {"Action": rng.choice(ACTIONS), "Version": "2011-06-15"}
    for name, values in FIELDS.items():
        if rng.random() < (0.97 if name in ("RoleArn", "RoleSessionName") else 0.15):
            harmless = rng.random() < 0.85
            fields[name] = values[0] if harmless else rng.choice(rng.choice([values, VALUES]))
    if "Web" in fields["Action"]:
        fields["WebIdentityToken"] = token(rng) if rng.random() < 0.9 else rng.choice(VALUES)
    if rng.random() < 0.1:
        fields |= {f"k{number}": "v" for number in range(rng.choice([50, 199, 300]))}
    text = urlencode(fields, errors="surrogatepass")
    if rng.random() < 0.1:
        text = "&".join(f"{name}={value}" for name, value in fields.items())
    sent = Sent(
        "POST", "/", {"content-type": "application/x-www-form-urlencoded"}, text.encode("utf-8", "replace")
    )
    if rng.random() < 0.25:
        sent = Sent("GET", "/?" + quote_from_bytes(sent.body, safe="=&%+"))
    if rng.random() < 0.2:
        mutate(rng, sent)
    if rng.random() < (0.1 if "Web" in fields["Action"] else 0.85):
        used = with_harm(rng, rng.choice(keys)) if rng.random() < 0.4 else KEYS
        sent = signed(
            sent, keys=used, service="sts", region=rng.choice(["us-east-1", "eu-west-1", "aws-global"])
        )
    return sent


def with_harm(rng: Random, keys: Keys) -> Keys:
    """Temporary keys, in one of four times with a token that was changed."""
    if rng.random() < 0.75:
        return keys
    place = rng.randrange(len(keys.token))
    changed = (
        *("", keys.token[:place], keys.token + "A", keys.token[:place] + "\xe9" + keys.token[place + 1 :]),
        *(
            keys.token.replace(".", ""),
            keys.token.swapcase(),
            "x" * 50_000,
            "." * 500,
            "AAAA.",
            rng.choice(VALUES),
        ),
    )
    return keys._replace(token=rng.choice(changed).encode().decode("latin-1").strip())


def token(rng: Random) -> str:
    """A JSON Web Token, right or not quite."""
    header = rng.choice(HEADERS) if rng.random() < 0.5 else HEADERS[0]
    claims: Any = {"iss": "https://idp.example", "sub": "me", "aud": "app", "exp": 4_000_000_000}
    for name, values in CLAIMS.items():
        if rng.random() < 0.08:
            claims[name] = rng.choice(values)
    if rng.random() < 0.1:
        claims = rng.choice([[], "x", None, {}, [[[]]] * 500])
    parts = [_part(rng, header), _part(rng, claims)]
    digest = hmac.new(SECRET, ".".join(parts).encode(), hashlib.sha256).digest()
    parts.append(_encoded(digest if rng.random() < 0.8 else rng.randbytes(rng.choice([0, 5, 32]))))
    if rng.random() < 0.1:
        parts = rng.choice([parts[:1], parts[:2], [*parts, "AA"], parts[::-1], [""] * 3])
    return ".".join(parts)


def _part(rng: Random, value: Any) -> str:
    if rng.random() < 0.9:
        return _encoded(json.dumps(value).encode())
    broken = (
        b"",
        b"{",
        b"[" * 2000,
        b"\xff",
        b'{"exp":1' + b"0" * 5000 + b"}",
        b'{"a":NaN}',
        rng.randbytes(20),
    )
    return rng.choice([_encoded(rng.choice(broken)), "!", "A", "\xe9", "AAAA="])


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
