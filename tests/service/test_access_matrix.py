"""Every way to the bytes of an object against every kind of refusal: all ways get the same answer.

The ways stand in `access_ways`. Which operations need one is found in the model and in the table of
permissions, so that an operation that is added and has no way in the matrix fails here.
"""

from __future__ import annotations

import base64
import inspect
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from access_refusals import (
    ACL_REFUSALS,
    DELETE_REFUSALS,
    OPEN,
    READ_ACTIONS,
    READ_REFUSALS,
    SECRET,
    SESSION_REFUSALS,
    WRITE_REFUSALS,
    Vault,
    allow_all,
    its_own_policies_refuse,
    restrict,
)
from access_ways import (
    BODY,
    BUCKET,
    DELETES,
    NOT_THERE,
    PAGES,
    READ,
    READS,
    REFUSED,
    WRITES,
    Caller,
    Goal,
    Reading,
    Way,
    begin_uploads,
    describe_in_console,
    make_caller,
    restore_in_console,
)
from service_helpers import MAIN_KEYS, NewClient
from werkzeug.test import Client

from s3fixture.app import App
from s3fixture.app.steps import HANDLERS, LISTEN, STEPS
from s3fixture.auth.actions import permissions
from s3fixture.backends.control import Control
from s3fixture.backends.running_requests import RunningRequests
from s3fixture.console import caller as console_caller
from s3fixture.console import login
from s3fixture.console.application import Console
from s3fixture.console.control_api import ControlApi
from s3fixture.console.pages import (
    browse,
    buckets,
    connect,
    control,
    locks,
    object_changes,
    settings,
    several,
    static,
    uploads,
    watch,
)
from s3fixture.console.routes import RULES
from s3fixture.console.usage import UsageSamples
from s3fixture.model import load_model
from s3fixture.model.shapes import OperationModel
from s3fixture.service import OPERATIONS
from s3fixture.wire.copy_source import CopySource

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MODEL = load_model()
ROLE = {"RoleArn": "arn:aws:iam::123456789012:role/reader", "RoleSessionName": "me"}
LOGGED_IN = ("owner", "other", "denied", "unmentioned")
EVERYBODY = (*LOGGED_IN, "anonymous", "session", "token")
# Pages of the console that hold no bytes of objects.
WITHOUT_BYTES = frozenset(
    (
        *(login.show_login, login.log_in, login.log_out, static.serve_asset, buckets.show_buckets),
        *(connect.show_connect, watch.show_watch, watch.stream, watch.usage, browse.show_folder),
        *(uploads.show_uploads, uploads.abort, settings.show_settings, settings.put_versioning),
        *(settings.put_public, settings.put_policy, settings.put_cors, settings.put_lifecycle),
        *(
            buckets.create_bucket,
            buckets.delete_bucket,
            object_changes.put_tags,
            locks.put_default,
            locks.put_lock,
        ),
        *(settings.put_events, several.folder_size, watch.show_repeat_commands),
    )
)
# Those that write, delete or copy; what they ask for is in the matrix by its operation.
CHANGING = frozenset(
    (
        *(uploads.put_object, uploads.begin, uploads.put_part, uploads.complete),
        *(
            object_changes.empty_bucket,
            object_changes.delete_objects,
            object_changes.restore_version,
            object_changes.put_metadata,
        ),
    )
)
# Those that are the operator's alone, or show how the bodies of requests began that one may watch.
OPERATORS = frozenset({control.state, control.perform, watch.show_bodies})
# The steps of a request that may answer it, and the rows of the matrix that go there.
ANSWERING: Mapping[str, tuple[str, ...]] = {
    "answer_minio": (),
    "find_website": tuple(PAGES),
    "answer_other_services": (),
    "inject_fault": (),  # errors of S3 alone
    "answer_preflight": (),
    "answer_by_handler": ("form of version 4", "form of version 2"),
    "serialize": ("get",),
}


def actions_of(operation: str) -> set[str]:
    """What an operation needs at the most."""
    shape = MODEL.operation_model(operation).input_shape
    members = shape.members if shape else {}
    params = {"Bucket": "b", "Key": "k", "VersionId": "v", "CopySource": CopySource("b", "k", "v")}
    named = {name: value for name, value in params.items() if name in members}
    both = (named, {**named, "VersionId": None})
    return {permission.action for params in both for permission in permissions(operation, params)}


def gives_bytes(operation: OperationModel) -> bool:
    """Whether an answer is a stream of what an object holds."""
    members = operation.output_shape.members.values() if operation.output_shape else ()
    return any({"streaming", "eventstream"} & member.serialization.keys() for member in members)


def test_every_operation_that_reads_objects_has_a_way_in_the_matrix() -> None:
    reading = {
        name
        for name in MODEL.operation_names
        if gives_bytes(MODEL.operation_model(name)) or not actions_of(name).isdisjoint(READ_ACTIONS)
    }
    assert reading - {row.operation for row in READS.values()} == set()


def test_every_operation_that_writes_objects_has_a_way_in_the_matrix() -> None:
    writing = {name for name in MODEL.operation_names if "s3:PutObject" in actions_of(name)}
    assert writing - {operation for operation, _ in WRITES.values()} == set()


def test_every_operation_that_deletes_versions_has_a_way_in_the_matrix() -> None:
    deleting = {name for name in MODEL.operation_names if "s3:DeleteObjectVersion" in actions_of(name)}
    assert deleting - {operation for operation, _ in DELETES.values()} == set()


def test_every_route_of_the_console_is_in_the_matrix() -> None:
    reading = {row.route for row in READS.values() if row.route is not None}
    assert {rule.endpoint for rule in RULES} == reading | CHANGING | WITHOUT_BYTES | OPERATORS


def test_every_step_that_answers_is_in_the_matrix() -> None:
    returned = {step.__name__: str(inspect.signature(step).return_annotation) for step in STEPS}
    answering = {name for name, annotation in returned.items() if "Response" in annotation}
    assert answering == ANSWERING.keys()
    assert HANDLERS.keys() == {"PostObject", LISTEN}  # a write, and events, which have no bytes
    assert {row for rows in ANSWERING.values() for row in rows} <= {*READS, *PAGES, *WRITES}


KNOWN = OPERATIONS.keys() & set(load_model().operation_names)  # an older botocore knows fewer


@pytest.fixture
def vault(client: S3Client) -> Vault:
    client.create_bucket(Bucket=BUCKET, ObjectLockEnabledForBucket=True)

    def put(key: str, **options: Any) -> str:
        version = client.put_object(Bucket=BUCKET, Key=key, Body=BODY, **options)["VersionId"]
        if ANNOTATED:
            client.put_object_annotation(Bucket=BUCKET, Key=key, AnnotationName="a", AnnotationPayload=BODY)
        return version

    old = put(SECRET, Tagging="secret=yes")
    put(SECRET)
    put(OPEN)
    return Vault(client, Goal(SECRET, old), Goal(SECRET), Goal(OPEN))


def temporary(url: str, operation: str, **options: Any) -> tuple[str, str, str]:
    """Keys of the main account's, from STS."""
    sts: Any = boto3.session.Session().client(
        "sts",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id=MAIN_KEYS[0],
        aws_secret_access_key=MAIN_KEYS[1],
    )
    found = getattr(sts, operation)(**options)["Credentials"]
    return found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"]


@pytest.fixture(scope="module")
def console(app: App, url: str) -> Iterator[Console]:
    usage = UsageSamples(app.store, app.clock)
    control = ControlApi(Control(app, RunningRequests(app)), app.settings)
    console = Console(app, usage, api_url=url, control=control)
    yield console
    console.close()
    usage.close()


@pytest.fixture(scope="module")
def known_callers(console: Console, url: str, new_client: NewClient) -> Mapping[str, Caller]:
    keys = {
        "owner": MAIN_KEYS,
        "other": ("otheraccesskey", "othersecretkey"),
        "anonymous": (),
        "session": temporary(url, "assume_role", **ROLE),
        "token": temporary(url, "get_session_token"),
        "denied": ("deniedkey", "deniedsecret"),
        "unmentioned": ("unmentionedkey", "unmentionedsecret"),
    }
    return {who: make_caller(console, url, new_client, found, f"{who}s-own") for who, found in keys.items()}


@pytest.fixture
def narrowed(console: Console, url: str, new_client: NewClient) -> Callable[..., Caller]:
    """A caller with keys from STS of its own: `narrowed(**options of AssumeRole)`."""
    new_client().create_bucket(Bucket="sessions-own")

    def make(**options: Any) -> Caller:
        keys = temporary(url, "assume_role", **ROLE, **options)
        return make_caller(console, url, new_client, keys, "sessions-own")

    return make


@pytest.fixture
def callers(known_callers: Mapping[str, Caller]) -> Mapping[str, Caller]:
    """Each with an empty bucket."""
    for caller in known_callers.values():
        caller.helper.create_bucket(Bucket=caller.own)
    own = known_callers["anonymous"].own
    everything = [f"arn:aws:s3:::{own}", f"arn:aws:s3:::{own}/*"]
    allow = {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": everything}
    helper = known_callers["anonymous"].helper
    helper.delete_public_access_block(Bucket=own)
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    helper.put_bucket_policy(Bucket=own, Policy=policy)
    return known_callers


def ways_of(who: str) -> Mapping[str, Reading]:
    """The console takes no temporary keys, and pages of websites are for callers who do not sign."""
    if who == "anonymous":
        return {**READS, **PAGES}
    return {name: row for name, row in READS.items() if row.route is None or who in LOGGED_IN}


def look(caller: Caller, who: str, vault: Vault) -> Mapping[tuple[str, Goal], str]:
    """What comes of every way to every goal."""
    return {
        (name, goal): reading.way(caller, goal)
        for name, reading in ways_of(who).items()
        for goal in vault.goals
        if (reading.names_version if goal.version else not reading.needs_version)
    }


def verdict(who: str, name: str, *, refused: bool) -> str:
    reading = ways_of(who)[name]
    if reading.operation not in KNOWN:
        return NOT_THERE
    return REFUSED if refused or (who == "anonymous" and reading.signed) else READ


@pytest.mark.parametrize("who", EVERYBODY)
@pytest.mark.parametrize("refusal", READ_REFUSALS)
def test_all_ways_to_read_get_the_same_answer(
    vault: Vault, callers: Mapping[str, Caller], refusal: str, who: str
) -> None:
    arrange, refuses = READ_REFUSALS[refusal]
    if who == "anonymous":
        vault.publish()
    arrange(vault)
    public = arrange is restrict
    seen = look(callers[who], who, vault)
    expected = {}
    for name, goal in seen:
        refused = refuses(vault, who, goal) or its_own_policies_refuse(who, goal, public=public)
        expected[name, goal] = verdict(who, name, refused=refused)
    assert seen == expected


# What ACLs of objects speak of. A copy needs tags and annotations as well, where there are any.
BY_ACL = frozenset({"GetObject", "HeadObject", "SelectObjectContent", "UploadPartCopy"})
ANNOTATED = "GetObjectAnnotation" in KNOWN


@pytest.mark.parametrize("who", ["other", "anonymous"])
@pytest.mark.parametrize("refusal", ACL_REFUSALS)
def test_all_ways_to_read_what_an_acl_opens_get_the_same_answer(
    vault: Vault, callers: Mapping[str, Caller], refusal: str, who: str
) -> None:
    arrange, refuses = ACL_REFUSALS[refusal]
    arrange(vault)
    seen = look(callers[who], who, vault)
    expected = {}
    for name, goal in seen:
        operation = ways_of(who)[name].operation
        copied_whole = operation == "CopyObject" and not ANNOTATED and goal != vault.old
        closed = operation not in BY_ACL and not copied_whole
        expected[name, goal] = verdict(who, name, refused=closed or refuses(vault, who, goal))
    assert seen == expected


@pytest.mark.parametrize("refusal", SESSION_REFUSALS)
def test_all_ways_to_read_with_narrowed_keys_get_the_same_answer(
    vault: Vault, narrowed: Callable[..., Caller], refusal: str
) -> None:
    statements, refuses = SESSION_REFUSALS[refusal]
    caller = narrowed(Policy=json.dumps({"Version": "2012-10-17", "Statement": statements(vault)}))
    seen = look(caller, "session", vault)
    assert seen == {
        (name, goal): verdict("session", name, refused=refuses(vault, "session", goal)) for name, goal in seen
    }


def test_no_way_to_read_is_open_to_keys_that_have_ended(
    app: App, vault: Vault, narrowed: Callable[..., Caller]
) -> None:
    allow_all(vault)
    caller = narrowed(DurationSeconds=900)
    assert READ in look(caller, "session", vault).values()
    app.clock.let_pass(1000)
    ended = {"400 ExpiredToken", "400 400", "400 ", NOT_THERE}  # HEAD has no document that could say it
    assert set(look(caller, "session", vault).values()) <= ended


@pytest.mark.parametrize("copy", [restore_in_console, describe_in_console])
@pytest.mark.parametrize("who", ["owner", "other"])
@pytest.mark.parametrize("refusal", READ_REFUSALS)
def test_an_old_version_comes_back_only_for_those_who_may_read_it(
    vault: Vault, callers: Mapping[str, Caller], refusal: str, who: str, copy: Way
) -> None:
    arrange, refuses = READ_REFUSALS[refusal]
    arrange(vault)
    before = vault.versions()
    expected = REFUSED if refuses(vault, who, vault.old) else READ
    assert copy(callers[who], vault.old) == expected
    assert (vault.versions() == before) is (expected == REFUSED)


def test_pages_without_bytes_read_none(
    vault: Vault, callers: Mapping[str, Caller], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: set[str] = set()
    perform = console_caller.Caller.perform

    def record(self: console_caller.Caller, operation: str, /, **params: Any) -> Any:
        asked.add(operation)
        return perform(self, operation, **params)

    monkeypatch.setattr(console_caller.Caller, "perform", record)
    for rule in RULES:
        if rule.endpoint in WITHOUT_BYTES - {watch.stream} and "GET" in (rule.methods or ()):
            path = rule.rule.replace("<bucket>", BUCKET)
            callers["owner"].console.get(path, query_string={"key": SECRET, "prefix": "top/"})
    assert asked
    assert asked.isdisjoint({row.operation for row in READS.values()} - {"HeadObject"})


def test_only_the_operator_has_the_state_of_the_server(
    app: App, vault: Vault, known_callers: Mapping[str, Caller]
) -> None:
    api = Client(ControlApi(Control(app, RunningRequests(app)), app.settings))
    for who, caller in known_callers.items():
        keys = base64.b64encode(":".join(caller.keys[:2]).encode()).decode()
        headers = {"Authorization": f"Basic {keys}"} if caller.keys else {}
        address = {"REMOTE_ADDR": f"127.0.0.{len(who)}"}  # wrong keys slow their address down
        with closing(api.get("/control/state", headers=headers, environ_base=address)) as reply:
            found = reply.status_code, BODY in reply.data
        assert found == ((200, True) if who == "owner" else (403, False))
        with closing(caller.console.get("/api/control/state")) as reply:
            found = reply.status_code, BODY in reply.data
        assert found == ((200, True) if who == "owner" else (403 if caller.csrf else 401, False))


@pytest.mark.parametrize("name", [name for name, reading in READS.items() if reading.names_owner])
def test_all_ways_to_read_check_the_owner_that_is_expected(
    app: App, vault: Vault, callers: Mapping[str, Caller], name: str
) -> None:
    account = next(identity.account_id for identity in app.identities if identity.root)
    for goal in vault.goals:
        for owner, verdict in ((account, READ), ("000000000002", REFUSED)):
            asked = Goal(goal.key, goal.version, owner)
            assert READS[name].way(callers["owner"], asked) == verdict


@pytest.mark.parametrize("who", LOGGED_IN)
@pytest.mark.parametrize("refusal", WRITE_REFUSALS)
def test_all_ways_to_write_get_the_same_answer(
    vault: Vault, callers: Mapping[str, Caller], refusal: str, who: str
) -> None:
    arrange, refuses = WRITE_REFUSALS[refusal]
    vault.client.put_object(Bucket=BUCKET, Key=SECRET, Body=BODY, Tagging="secret=yes")
    begin_uploads(callers[who], vault.client, vault.current, vault.open)
    arrange(vault)
    seen, expected = {}, {}
    for name, (_, way) in WRITES.items():
        for goal in (vault.current, vault.open):
            before = vault.versions()
            seen[name, goal] = way(callers[who], goal)
            expected[name, goal] = READ
            if refuses(vault, who, goal) or its_own_policies_refuse(who, goal, public=arrange is restrict):
                expected[name, goal] = REFUSED
            assert seen[name, goal] == READ or vault.versions() == before
    assert seen == expected


@pytest.mark.parametrize("who", LOGGED_IN)
@pytest.mark.parametrize("way", DELETES)
@pytest.mark.parametrize("refusal", DELETE_REFUSALS)
def test_all_ways_to_delete_a_version_get_the_same_answer(
    vault: Vault, callers: Mapping[str, Caller], refusal: str, way: str, who: str
) -> None:
    arrange, refuses = DELETE_REFUSALS[refusal]
    arrange(vault)
    refused = its_own_policies_refuse(who, vault.old, public=arrange is restrict)
    expected = REFUSED if refused or refuses(vault, who, vault.old) else READ
    assert DELETES[way][1](callers[who], vault.old) == expected
    assert (vault.old.version in vault.versions()) is (expected == REFUSED)
