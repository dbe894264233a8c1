"""Temporary keys for the token of an identity provider; by real boto3 and real tokens."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from service_helpers import send

import s3fixture
from s3fixture.app import App
from s3fixture.errors import S3FixtureError
from s3fixture.settings import Settings

jwt: Any = pytest.importorskip("jwt")

ROLE = "arn:aws:iam::123456789012:role/reader"
SECRET = "a secret of more than thirty-two bytes"
LONG_AFTER = 4_000_000_000
PERSON = {"iss": "https://idp.example", "sub": "me-and-you", "aud": ["app", "b"], "exp": LONG_AFTER}
READ = json.dumps(
    {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:List*", "Resource": "*"}}
)


def client_of(service: str, url: str, keys: dict[str, Any] | None = None) -> Any:
    signing = {} if keys else {"signature_version": UNSIGNED}
    session: Any = boto3.session.Session()  # typed for names that are literals only
    return session.client(
        service,
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id=keys["AccessKeyId"] if keys else None,
        aws_secret_access_key=keys["SecretAccessKey"] if keys else None,
        aws_session_token=keys["SessionToken"] if keys else None,
        config=Config(retries={"total_max_attempts": 1}, **signing),
    )


def ask(url: str, token: str, **options: Any) -> Any:
    return client_of("sts", url).assume_role_with_web_identity(
        RoleArn=ROLE, RoleSessionName="me", WebIdentityToken=token, **options
    )


@contextmanager
def believing(setting: str) -> Iterator[str]:
    with s3fixture.serve(web_identity=setting) as server:
        yield server.url


@pytest.fixture
def key_file(tmp_path: Path) -> Callable[[bytes], str]:
    def write(key: bytes) -> str:
        path = tmp_path / "key"
        path.write_bytes(key)
        return str(path)

    return write


def refusal(url: str, token: str) -> tuple[str, str]:
    with pytest.raises(ClientError) as error:
        ask(url, token)
    told = error.value.response["Error"]
    return told["Code"], told["Message"]


def test_a_token_gives_keys(key_file: Callable[[bytes], str]) -> None:
    with believing(key_file(SECRET.encode())) as url:
        answer = ask(url, jwt.encode(PERSON, SECRET), Policy=READ)
        told = (answer["SubjectFromWebIdentityToken"], answer["Provider"], answer["Audience"])
        assert told == ("me-and-you", "https://idp.example", "app")
        assert answer["AssumedRoleUser"]["Arn"] == "arn:aws:sts::123456789012:assumed-role/reader/me"
        session = client_of("s3", url, answer["Credentials"])
        session.list_buckets()
        with pytest.raises(ClientError, match="AccessDenied"):
            session.create_bucket(Bucket="bucket")


def test_a_key_takes_only_what_it_signed(key_file: Callable[[bytes], str]) -> None:
    private = rsa.generate_private_key(65537, 2048)
    public = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    other = rsa.generate_private_key(65537, 2048)
    with believing(key_file(public)) as url:
        ask(url, jwt.encode(PERSON, private, "RS256"))
        for forged in (
            jwt.encode(PERSON, other, "RS256"),
            jwt.encode(PERSON, None, "none"),
            jwt.encode(PERSON, SECRET),
            _signed_with_the_public_key(public),
            jwt.encode(PERSON, private, "RS256")[:-8],
        ):
            assert refusal(url, forged)[0] == "InvalidIdentityToken"


def test_a_weak_key_verifies_nothing(key_file: Callable[[bytes], str]) -> None:
    weak = rsa.generate_private_key(65537, 1024)  # noqa: S505 - what is tested
    public = weak.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    signer = jwt.PyJWT({"enforce_minimum_key_length": False})
    with pytest.warns(match="1024"):
        token = signer.encode(PERSON, weak, "RS256")
    with believing(key_file(public)) as url:
        assert refusal(url, token)[0] == "InvalidIdentityToken"


def _signed_with_the_public_key(public: bytes) -> str:
    """The well-known forgery: a public key taken for a secret. PyJWT itself would not sign so."""
    from hmac import digest

    parts = [json.dumps(part).encode() for part in ({"alg": "HS256", "typ": "JWT"}, PERSON)]
    text = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    signature = base64.urlsafe_b64encode(digest(public.strip(), text, "sha256")).rstrip(b"=")
    return (text + b"." + signature).decode()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"exp": 1}, "ExpiredTokenException"),
        ({"exp": float("nan")}, "InvalidIdentityToken"),
        ({"exp": float("-inf")}, "InvalidIdentityToken"),
        ({"exp": -(10**400)}, "InvalidIdentityToken"),
        ({"exp": 10**400}, "InvalidIdentityToken"),
        ({"exp": None}, "InvalidIdentityToken"),
        ({"exp": "soon"}, "InvalidIdentityToken"),
        ({"exp": True}, "InvalidIdentityToken"),
        ({"sub": None}, "InvalidIdentityToken"),
        ({"sub": {}}, "InvalidIdentityToken"),
        ({"sub": "\ud800"}, "InvalidIdentityToken"),
        ({"aud": []}, "InvalidIdentityToken"),
        ({"aud": {}}, "InvalidIdentityToken"),
    ],
)
def test_what_a_token_must_say(change: dict[str, Any], code: str) -> None:
    header = base64.urlsafe_b64encode(b'{"alg":"HS256","typ":"JWT"}').rstrip(b"=")
    claims = base64.urlsafe_b64encode(json.dumps({**PERSON, **change}).encode()).rstrip(b"=")
    with believing("unverified") as url:
        assert refusal(url, f"{header.decode()}.{claims.decode()}.")[0] == code


def test_hostile_tokens_are_refused() -> None:
    deep = base64.urlsafe_b64encode(b"[" * 7000).decode()
    good = jwt.encode({**PERSON, "sub": "<&\x00>"}, SECRET)
    with believing("unverified") as url:
        assert ask(url, good)["SubjectFromWebIdentityToken"] == "<&\ufffd>"
        for token in ("x" * 20_000, "....", "é.é.é", f"{deep}.{deep}.", f"{good.split('.')[0]}.{deep}."):
            assert refusal(url, token)[0] == "InvalidIdentityToken"
        assert refusal(url, "x" * 20_001)[0] == "ValidationError"


def test_it_is_off_unless_turned_on(url: str) -> None:
    code, message = refusal(url, jwt.encode(PERSON, SECRET))
    assert (code, "S3FIXTURE_WEB_IDENTITY" in message) == ("AccessDenied", True)


def test_saml_which_is_unsigned_too_is_no_operation_here(url: str) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    reply = send(url, "POST", "/", b"Action=AssumeRoleWithSAML&Version=2011-06-15", form)
    assert (reply.status, b"<Code>InvalidAction</Code>" in reply.body) == (400, True)


def test_nothing_else_is_answered_unsigned(url: str) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for action in ("GetCallerIdentity", "GetSessionToken", "AssumeRole", "", "Other"):
        reply = send(url, "POST", "/", f"Action={action}&Version=2011-06-15".encode(), form)
        assert (reply.status, b"<Code>MissingAuthenticationToken</Code>" in reply.body) == (403, True)


@pytest.mark.parametrize(
    ("key", "words"),
    [
        (b"short", "has 5 bytes"),
        (None, "cannot be read"),
        (b"-----BEGIN PUBLIC KEY-----\nx", "holds no usable public key"),
    ],
)
def test_a_wrong_key_is_told_at_the_start(
    tmp_path: Path, key_file: Callable[[bytes], str], key: bytes | None, words: str
) -> None:
    setting = str(tmp_path / "missing") if key is None else key_file(key)
    with pytest.raises(S3FixtureError, match=words), closing(App(Settings(web_identity=setting))):
        pass
