"""Who comes in, and who does not."""

from __future__ import annotations

import pytest
from console_visitor import Box, Visitor

from s3fixture.auth.identity import Identity
from s3fixture.console.routes import OPEN, RULES
from s3fixture.console.security import CSRF_HEADER
from s3fixture.console.sessions import IDLE, LIFETIME, Sessions
from s3fixture.console.throttle import Throttle

SOMEBODY = Identity("somebody", "somekey", "somesecret")


class Time:
    """Seconds that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    "path", sorted({rule.rule.replace("<bucket>", "data") for rule in RULES if rule.endpoint not in OPEN})
)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_without_a_log_in_nothing_is_shown(stranger: Visitor, path: str, method: str) -> None:
    answer = stranger.http.open(path, method=method)
    assert answer.status_code in (303, 401)
    assert "data" not in answer.text.replace("?next=", "").replace("%2Fdata", "")


def test_a_page_asked_for_without_log_in_comes_after_it(stranger: Visitor) -> None:
    asked = stranger.get("/buckets/data/", prefix="model/")
    assert asked.location == "/login?next=%2Fbuckets%2Fdata%2F%3Fprefix%3Dmodel%2F"
    keys = {
        "access_key": "minioadmin",
        "secret_key": "minioadmin123",
        "next": "/buckets/data/?prefix=model%2F",
    }
    assert stranger.http.post("/login", data=keys).location == "/buckets/data/?prefix=model%2F"


@pytest.mark.parametrize(
    "target", ["//evil.example/", "https://evil.example/", "/\\evil.example", "/a\nb", ""]
)
def test_a_log_in_leads_nowhere_else(stranger: Visitor, target: str) -> None:
    keys = {"access_key": "minioadmin", "secret_key": "minioadmin123", "next": target}
    assert stranger.http.post("/login", data=keys).location == "/"


def test_the_cookie_is_out_of_reach_for_scripts_and_other_sites(stranger: Visitor) -> None:
    cookie = stranger.log_in().headers["Set-Cookie"]
    assert "; HttpOnly" in cookie
    assert "; SameSite=Lax" in cookie
    assert f"; Max-Age={int(LIFETIME)}" in cookie


@pytest.mark.parametrize(
    ("access_key", "secret_key"), [("minioadmin", "wrong"), ("nobody", "minioadmin123"), ("", "")]
)
def test_wrong_keys_do_not_open(stranger: Visitor, access_key: str, secret_key: str) -> None:
    answer = stranger.log_in(access_key, secret_key)
    assert answer.status_code == 401
    assert "The access key or the secret key is wrong." in answer.text
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("token", ["", "forged", "a" * 3000, "\u00e9"])
def test_a_forged_cookie_is_refused(stranger: Visitor, token: str) -> None:
    stranger.http.set_cookie("s3fixture_console_80", token)
    assert stranger.get("/").status_code == 303


def test_logging_out_ends_the_session_also_for_a_copy_of_the_cookie(visitor: Visitor, box: Box) -> None:
    cookie = visitor.http.get_cookie("s3fixture_console_80")
    assert cookie is not None
    assert visitor.http.post("/logout", data={"csrf": visitor.csrf}).location == "/login"
    thief = Visitor(box.console)
    thief.http.set_cookie("s3fixture_console_80", cookie.value)
    assert thief.get("/").status_code == 303


def test_a_log_in_gets_a_new_token_whatever_cookie_was_there(stranger: Visitor) -> None:
    stranger.http.set_cookie("s3fixture_console_80", "planted")
    stranger.log_in()
    cookie = stranger.http.get_cookie("s3fixture_console_80")
    assert cookie is not None
    assert cookie.value != "planted"


def test_sessions_expire() -> None:
    time = Time()
    sessions = Sessions(time)
    token, _ = sessions.begin(SOMEBODY)
    time.now += IDLE - 1
    assert sessions.find(token)
    time.now += IDLE + 1
    assert sessions.find(token) is None
    token, _ = sessions.begin(SOMEBODY)
    for _ in range(int(LIFETIME / IDLE) + 1):
        time.now += IDLE - 1
        sessions.find(token)
    assert sessions.find(token) is None


def test_the_number_of_sessions_is_bounded() -> None:
    sessions = Sessions()
    first, _ = sessions.begin(SOMEBODY)
    tokens = [sessions.begin(SOMEBODY)[0] for _ in range(500)]
    assert sessions.find(first) is None
    assert sessions.find(tokens[-1])


@pytest.mark.parametrize("token", ["", "wrong"])
def test_a_change_without_the_pages_token_is_refused(visitor: Visitor, token: str) -> None:
    answer = visitor.http.delete("/api/buckets/empty", headers={CSRF_HEADER: token})
    assert answer.status_code == 403
    assert visitor.get("/buckets/empty/").status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://localhost:9000"},  # the API's own port: the same site, but not the same origin
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_change_that_another_page_sends_is_refused(visitor: Visitor, headers: dict[str, str]) -> None:
    answer = visitor.http.delete("/api/buckets/empty", headers={CSRF_HEADER: visitor.csrf, **headers})
    assert answer.status_code == 403
    assert visitor.http.post("/login", data={"access_key": "a"}, headers=headers).status_code == 403


def test_the_token_of_one_session_is_no_good_in_another(visitor: Visitor, other: Visitor) -> None:
    answer = visitor.http.delete("/api/buckets/empty", headers={CSRF_HEADER: other.csrf})
    assert answer.status_code == 403


def test_repeated_wrong_log_ins_have_to_wait(stranger: Visitor) -> None:
    answers = [stranger.log_in("minioadmin", "wrong").status_code for _ in range(6)]
    assert answers == [401] * 5 + [429]
    late = stranger.log_in()
    assert late.status_code == 429, "the right keys wait, too"
    assert int(late.headers["Retry-After"]) >= 1


def test_the_wait_grows_ends_and_is_forgotten() -> None:
    time = Time()
    throttle = Throttle(time)
    waits = []
    for _ in range(16):
        throttle.failed("key a")
        waits.append(throttle.wait("key a", "address b"))
    assert waits[:8] == [0, 0, 0, 0, 1, 2, 4, 8]
    assert waits[-1] == 60
    assert throttle.wait("key other") == 0
    time.now += 61
    assert throttle.wait("key a") == 0
    throttle.succeeded("key a")
    throttle.failed("key a")
    assert throttle.wait("key a") == 0


def test_guessing_many_names_takes_bounded_memory() -> None:
    throttle = Throttle()
    for number in range(3000):
        throttle.failed(f"key {number}")
    assert len(throttle._failures) == 2000


def test_one_sees_what_one_may_see(other: Visitor, box: Box) -> None:
    assert "/buckets/" not in other.get("/").text
    refused = other.get("/buckets/data/")
    assert refused.status_code == 403
    assert "AccessDenied" in refused.text
    box.s3.put_bucket_policy(
        Bucket="data",
        Policy=(
            '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*",'
            '"Action":"s3:ListBucket","Resource":"arn:aws:s3:::data"}}'
        ),
    )
    shown = other.get("/")
    assert "Shared with you" in shown.text
    assert "/buckets/data/" in shown.text
    assert "iris.csv" in other.get("/buckets/data/").text
    assert other.get("/buckets/data/download", key="iris.csv").status_code == 403
    assert other.ask("POST", "/api/buckets/data/delete", {"objects": [{"key": "iris.csv"}]}).json["errors"]  # type: ignore[index]


def test_every_answer_has_the_headers_that_keep_pages_safe(visitor: Visitor, stranger: Visitor) -> None:
    for answer in (
        visitor.get("/"),
        visitor.get("/nowhere"),
        stranger.get("/login"),
        visitor.get("/api/usage"),
    ):
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["Cache-Control"] == "no-store"
