"""Options: command line, ini file, environment; and what people read when they are wrong."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest

Run = Callable[..., pytest.RunResult]

SHOWS = """
def test_shows(s3_server, s3_client):
    print("SERVER", s3_server.url, type(s3_server).__name__)
    print("BUCKETS", [bucket["Name"] for bucket in s3_client.list_buckets()["Buckets"]])
"""


def shown(result: pytest.RunResult, word: str) -> str:
    result.assert_outcomes(passed=1)
    return next(line for line in result.outlines if f"{word} " in line).partition(f"{word} ")[2]


@pytest.fixture
def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port: int = sock.getsockname()[1]
        return port


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        yield sock.getsockname()[1]


def test_the_command_line_wins_over_ini_and_environment(
    run: Run, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("S3FIXTURE_BUCKETS", "from-environment,second")
    assert shown(run(SHOWS, "-s"), "BUCKETS") == "['from-environment', 'second']"

    pytester.makeini("[pytest]\ns3_bucket =\n    from-ini\n    other\ns3_emulator = process\n")
    result = run(SHOWS, "-s")
    assert shown(result, "BUCKETS") == "['from-ini', 'other']"
    assert shown(result, "SERVER").endswith("ProcessEndpoint")

    result = run(SHOWS, "-s", "--s3-bucket=from-line", "--s3-bucket=more", "--s3-emulator=thread")
    assert shown(result, "BUCKETS") == "['from-line', 'more']"
    assert shown(result, "SERVER").endswith("ThreadEndpoint")


DEFAULTS = """
def test_shows(s3_client, s3_bucket):
    controls = s3_client.get_bucket_ownership_controls(Bucket=s3_bucket)["OwnershipControls"]
    print("OWNERSHIP", controls["Rules"][0]["ObjectOwnership"])
"""


def test_what_new_buckets_are_like_can_be_chosen(
    run: Run, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert shown(run(DEFAULTS, "-s"), "OWNERSHIP") == "BucketOwnerEnforced"
    monkeypatch.setenv("S3FIXTURE_DEFAULTS", "minio")
    assert shown(run(DEFAULTS, "-s"), "OWNERSHIP") == "ObjectWriter"
    pytester.makeini("[pytest]\ns3_defaults = aws\n")
    assert shown(run(DEFAULTS, "-s"), "OWNERSHIP") == "BucketOwnerEnforced"
    assert shown(run(DEFAULTS, "-s", "--s3-defaults=minio"), "OWNERSHIP") == "ObjectWriter"
    pytester.makeini("[pytest]\ns3_defaults = ceph\n")
    result = run(DEFAULTS)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*defaults cannot be 'ceph'; choose one of aws, minio*"])


def test_the_port_can_be_chosen(run: Run, free_port: int) -> None:
    result = run(SHOWS, "-s", f"--s3-port={free_port}")

    assert shown(result, "SERVER").startswith(f"http://127.0.0.1:{free_port} ")


def test_a_flag_can_be_switched_off(
    run: Run, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytester.makeini("[pytest]\ns3_report = no\ns3_guard = false\n")
    result = run("def test_without_s3(): ...")
    result.stdout.no_fnmatch_line("*requests to S3*")
    result.stdout.no_fnmatch_line("s3fixture: *")
    run("def test_without_s3(): ...", "--s3-report").stdout.fnmatch_lines(["*requests to S3*"])
    pytester.makeini("[pytest]\n")
    monkeypatch.setenv("S3FIXTURE_REPORT", "0")
    run("def test_without_s3(): ...").stdout.no_fnmatch_line("*requests to S3*")
    monkeypatch.setenv("S3FIXTURE_REPORT", "perhaps")
    result = run("def test_without_s3(): ...")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*'perhaps' is not a value of --s3-report: write true or false*"])


def test_keys_come_from_minios_variables(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINIO_ROOT_USER", "somebody")
    monkeypatch.setenv("MINIO_ROOT_PASSWORD", "somebodys-secret")

    run(
        """
def test_keys(s3_server, s3_client):
    assert s3_server.access_key == "somebody"
    s3_client.list_buckets()
"""
    ).assert_outcomes(passed=1)


def test_the_folder_of_s3fixture_up_is_left_alone(
    run: Run, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("S3FIXTURE_DATA_DIR", str(pytester.path / "data"))

    run(SHOWS).assert_outcomes(passed=1)

    assert not (pytester.path / "data").exists()


def test_seeds_of_the_ini_file_are_found_beside_it(run: Run, pytester: pytest.Pytester) -> None:
    bucket = pytester.path / "seeds" / "models"
    bucket.mkdir(parents=True)
    (bucket / "a").write_text("1")
    pytester.makeini("[pytest]\ns3_seed = seeds\n")
    below = pytester.mkdir("below")
    (below / "test_below.py").write_text(SHOWS)
    pytester.chdir()

    result = pytester.runpytest_inprocess("-s", "below")

    assert shown(result, "BUCKETS") == "['models']"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--s3-backend=external"], "the backend 'external' needs the address of the store"),
        (["--s3-endpoint-url=http://h:1"], "--s3-endpoint-url needs --s3-backend=external"),
        (["--s3-image=minio"], "--s3-image needs --s3-backend=container"),
        (["--s3-port=http"], "'http' is not a valid port"),
        (["--s3-port=99999"], "port 99999 is not a port number"),
        (["--s3-seed=missing"], "missing"),
        (["--s3-bucket=No_Good"], "the bucket 'No_Good' cannot be made"),
        (["-o", "s3_backend=minio"], "s3_backend is 'minio'; choose one of emulator, container"),
        (["-o", "s3_emulator=fork"], "s3_emulator is 'fork'; choose one of thread, process"),
    ],
)
def test_what_cannot_be_had_is_one_usage_error_for_the_session(
    run: Run, arguments: list[str], message: str
) -> None:
    result = run("def test_one(s3_client): ...\ndef test_two(s3_client): ...", *arguments)

    result.assert_outcomes()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    lines = [line for line in result.outlines + result.errlines if "s3fixture: " in line and message in line]
    assert len(lines) == 1
    assert "During handling" not in result.stdout.str()
    assert "src/s3fixture" not in result.stdout.str()


def test_under_xdist_each_worker_says_it_once(run: Run) -> None:
    result = run("def test_one(s3_client): ...\ndef test_two(s3_client): ...\n" * 5, "-n", "1", "--s3-port=x")

    result.assert_outcomes(errors=1)
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["s3fixture: 'x' is not a valid port*"])


@pytest.mark.parametrize(
    ("variable", "meant"),
    [("S3FIXTURE_BACKENDS", "S3FIXTURE_BACKEND"), ("S3FIXTURE_SEED", "S3FIXTURE_SEEDS")],
)
def test_a_misspelt_variable_is_told(
    run: Run, monkeypatch: pytest.MonkeyPatch, variable: str, meant: str
) -> None:
    monkeypatch.setenv(variable, "container")

    result = run("def test_one(s3_client): ...")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"*s3fixture: the variable {variable} is not read; did you mean {meant}[?]"])


def test_others_variables_are_left_alone(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("S3FIXTURE_OUR_OWN_THING", "1")

    run("def test_one(s3_client): ...").assert_outcomes(passed=1)


def test_a_taken_port_is_named_with_the_option_that_changes_it(run: Run, taken_port: int) -> None:
    result = run("def test_one(s3_client): ...", f"--s3-port={taken_port}")

    result.stdout.fnmatch_lines([f"*port {taken_port} on 127.0.0.1 is already in use*--s3-port*"])


def test_an_unknown_choice_on_the_command_line_is_refused_at_once(run: Run) -> None:
    result = run("", "--s3-backend=minio")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--s3-backend: there is no backend 'minio'; choose from emulator*"])


def test_wrong_options_do_not_matter_where_no_test_uses_s3(run: Run) -> None:
    run("def test_one(): ...", "--s3-backend=container", "--s3-port=http").assert_outcomes(passed=1)


def test_a_factorys_arguments_win_over_the_options(run: Run) -> None:
    result = run(
        """
from s3fixture import factories

threaded = factories.s3_server(emulator="thread")
other = factories.s3_server()

def test_kinds(s3_server, threaded, other):
    kinds = [type(server).__name__ for server in (s3_server, threaded, other)]
    assert kinds == ["ProcessEndpoint", "ThreadEndpoint", "ProcessEndpoint"]
""",
        "--s3-emulator=process",
    )

    result.assert_outcomes(passed=1)


def test_a_factorys_server_for_tests_lives_in_memory(run: Run) -> None:
    result = run(
        """
from s3fixture import factories

durable = factories.s3_server(data_dir="data")

def test_durable(durable): ...
"""
    )

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*keeps its data in memory*leave out data_dir*"])


def test_the_options_are_in_the_help(run: Run) -> None:
    help_text = run("", "--help").stdout.str()

    for name in ("backend", "emulator", "endpoint-url", "image", "port", "bucket", "seed", "user"):
        assert f"--s3-{name}=" in help_text
        assert f"s3_{name.replace('-', '_')} (" in help_text


OVER_TLS = """
import os, boto3

def test_shows(s3_server, s3_env, s3_bucket, s3_fsspec_options):
    client = boto3.client("s3")
    client.put_object(Bucket=s3_bucket, Key="k", Body=b"hello")
    assert client.get_object(Bucket=s3_bucket, Key="k")["Body"].read() == b"hello"
    assert (s3_fsspec_options["client_kwargs"].get("verify") == s3_server.ca_file)
    print("SCHEME", s3_server.url.partition(":")[0], os.environ.get("AWS_CA_BUNDLE") == s3_server.ca_file)
"""


@pytest.fixture(scope="module")
def trustme() -> Any:
    """Imported before pytester, which forgets what was imported since, and cryptography loads only once."""
    return pytest.importorskip("trustme", reason="needs s3fixture[tls]")


@pytest.mark.usefixtures("trustme")
def test_the_server_is_over_tls_where_that_is_asked_for(
    run: Run, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert shown(run(OVER_TLS, "-s"), "SCHEME") == "http True"
    assert shown(run(OVER_TLS, "-s", "--s3-tls"), "SCHEME") == "https True"
    assert shown(run(OVER_TLS, "-s", "--s3-tls", "--s3-emulator=process"), "SCHEME") == "https True"
    pytester.makeini("[pytest]\ns3_tls = true\n")
    assert shown(run(OVER_TLS, "-s"), "SCHEME") == "https True"
    monkeypatch.setenv("S3FIXTURE_TLS", "yes")
    pytester.makeini("[pytest]\ns3_tls = no\n")
    assert shown(run(OVER_TLS, "-s"), "SCHEME") == "http True"


@pytest.fixture
def certificate(pytester: pytest.Pytester, trustme: Any) -> dict[str, str]:
    """A certificate for this machine, its key and its authority, in files of the folder `certs`."""
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    folder = pytester.mkdir("certs")
    blobs = {"cert": issued.cert_chain_pems[0], "key": issued.private_key_pem, "ca": authority.cert_pem}
    for name, blob in blobs.items():
        blob.write_to_path(str(folder / f"{name}.pem"))
    return {f"tls_{name}": f"certs/{name}.pem" for name in blobs}


def test_the_server_has_a_certificate_of_the_users(
    run: Run, pytester: pytest.Pytester, certificate: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    options = [f"--s3-{name.replace('_', '-')}={path}" for name, path in certificate.items()]
    assert shown(run(OVER_TLS, "-s", *options), "SCHEME") == "https True"
    assert shown(run(OVER_TLS, "-s", *options, "--s3-emulator=process"), "SCHEME") == "https True"
    for name, path in certificate.items():
        monkeypatch.setenv(f"S3FIXTURE_{name.upper()}", path)
    assert shown(run(OVER_TLS, "-s"), "SCHEME") == "https True"
    for name in certificate:
        monkeypatch.delenv(f"S3FIXTURE_{name.upper()}")
    # A path in the ini file begins there, wherever pytest is started.
    pytester.makeini("[pytest]\n" + "".join(f"s3_{name} = {path}\n" for name, path in certificate.items()))
    monkeypatch.chdir(pytester.mkdir("elsewhere"))
    assert shown(run(OVER_TLS, "-s", str(pytester.path)), "SCHEME") == "https True"


def test_a_certificate_that_does_not_fit_is_said_with_the_options_of_pytest(
    run: Run, certificate: dict[str, str]
) -> None:
    trustme = pytest.importorskip("trustme", reason="needs s3fixture[tls]")
    result = run(SHOWS, "--s3-tls-key", certificate["tls_key"])
    assert "with --s3-tls-cert, or leave out --s3-tls-key" in result.stdout.str() + result.stderr.str()
    trustme.CA().issue_cert("store.example.com").private_key_and_cert_chain_pem.write_to_path("other.pem")
    result = run(SHOWS, "--s3-tls-cert", "other.pem")
    said = result.stdout.str() + result.stderr.str()
    assert "name another with --s3-tls-cert, or one of its names with host= or public_url=" in said
