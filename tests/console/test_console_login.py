"""Who comes in, and who does not."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from console_visitor import Box, Visitor

from s3fixture.app import App
from s3fixture.auth.identity import Identity
from s3fixture.console.application import Console
from s3fixture.console.routes import OPEN, RULES
from s3fixture.console.security import CSRF_HEADER
from s3fixture.console.sessions import IDLE, LIFETIME, Sessions
from s3fixture.console.throttle import Throttle
from s3fixture.console.usage import UsageSamples
from s3fixture.settings import Settings

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
        {"Origin": "http://["},
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


def test_trying_many_keys_at_once_is_no_use(box: Box) -> None:
    def guess(number: int) -> int:
        return Visitor(box.console).log_in("minioadmin", f"guess {number}").status_code

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(guess, range(40)))
    assert (answers.count(401), answers.count(429)) == (5, 35)


def test_the_wait_grows_ends_and_is_forgotten() -> None:
    time = Time()
    throttle = Throttle(time)
    assert [throttle.enter("10.0.0.1", "a") for _ in range(5)] == [0] * 5
    waits = []
    for _ in range(8):
        waits.append(throttle.enter("10.0.0.1", "b"))
        time.now += waits[-1]
        assert throttle.enter("10.0.0.1", "a") == 0
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]
    time.now += 901
    assert throttle.enter("10.0.0.1", "a") == 0
    assert throttle.enter("10.0.0.1", "a") == 0


def test_the_right_keys_get_in_however_many_wrong_ones_others_try(stranger: Visitor, box: Box) -> None:
    for number in range(20):
        attacker = Visitor(box.console, address=f"10.0.0.{number % 3}")
        assert attacker.log_in("minioadmin", "wrong").status_code in (401, 429)
    assert Visitor(box.console, address="10.0.0.0").log_in().status_code == 429
    assert Visitor(box.console, address="10.0.0.4").log_in().status_code == 303
    for number in range(20):  # nor does the success help those who guess
        attacker = Visitor(box.console, address=f"10.0.0.{number % 3}")
        assert attacker.log_in("minioadmin", "wrong").status_code == 429


def test_success_forgets_what_was_mistyped() -> None:
    time = Time()
    throttle = Throttle(time)
    for _ in range(10):
        assert [throttle.enter("::1", "mine") for _ in range(5)] == [0] * 5
        throttle.succeeded("::1", "mine")


def test_keys_of_ones_own_do_not_help_to_guess_others() -> None:
    throttle = Throttle(Time())
    waits = []
    for _ in range(6):
        waits.append(throttle.enter("10.0.0.1", "root"))
        if not throttle.enter("10.0.0.1", "mine"):
            throttle.succeeded("10.0.0.1", "mine")
    assert waits == [0] * 5 + [1]


@pytest.mark.parametrize(
    ("first", "second", "is_same"),
    [
        ("2001:db8::1", "2001:db8::2:3", True),
        ("2001:db8::1", "2001:db8:0:0:8000::1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:10.0.0.1", "10.0.0.1", True),
        ("::ffff:10.0.0.1", "::ffff:10.0.0.2", False),
        ("fe80::1%eth0", "fe80::2%eth1", True),
        ("10.0.0.1", "10.0.0.2", False),
        ("", "", True),
    ],
)
def test_an_address_is_as_much_of_it_as_its_owner_cannot_choose(
    first: str, second: str, is_same: bool
) -> None:
    throttle = Throttle(Time())
    for _ in range(5):
        throttle.enter(first, "key")
    assert bool(throttle.enter(second, "key")) is is_same


def test_guessing_from_many_addresses_takes_bounded_memory() -> None:
    throttle = Throttle()
    for number in range(3000):
        throttle.enter(f"address {number}", "k" * 10_000)
    assert len(throttle._failures) == 2000


@pytest.mark.parametrize(
    "host", ["localhost:9001", "127.0.0.1", "[::1]:9001", "console.localhost", "s3fixture:9001"]
)
def test_the_console_answers_to_names_of_this_machine(stranger: Visitor, host: str) -> None:
    assert stranger.http.get("/login", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    ("host", "status"), [("evil.example:9001", 403), ("127.0.0.1.evil.example", 403), ("[", 400)]
)
def test_a_name_that_others_point_at_this_machine_is_refused(
    stranger: Visitor, host: str, status: int
) -> None:
    """DNS rebinding: the page is of our origin then, and may know the usual keys."""
    keys = {"access_key": "minioadmin", "secret_key": "minioadmin123"}
    answer = stranger.http.post("/login", data=keys, headers={"Host": host, "Origin": f"http://{host}"})
    assert answer.status_code == status
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(
    "settings",
    [Settings(host="0.0.0.0"), Settings(public_url="https://s3.example.org")],  # noqa: S104
)
def test_other_names_are_for_those_who_ask_for_them(settings: Settings) -> None:
    app = App(settings)
    usage = UsageSamples(app.store, app.clock)
    console = Console(app, usage, api_url="http://127.0.0.1:9")
    answer = Visitor(console).http.get("/login", headers={"Host": "s3.example.org:9001"})
    assert answer.status_code == 200
    console.close()
    usage.close()
    app.close()


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


def test_who_may_not_list_a_bucket_does_not_learn_how_much_is_in_it(other: Visitor, box: Box) -> None:
    statement = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:ListBucketMultipartUploads",
        "Resource": "arn:aws:s3:::data",
    }
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    box.s3.put_bucket_policy(Bucket="data", Policy=json.dumps(policy))
    assert " objects</span>" not in other.get("/buckets/data/uploads").text
    policy["Statement"] = [{**statement, "Action": ["s3:ListBucketMultipartUploads", "s3:ListBucket"]}]
    box.s3.put_bucket_policy(Bucket="data", Policy=json.dumps(policy))
    assert " objects</span>" in other.get("/buckets/data/uploads").text


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
