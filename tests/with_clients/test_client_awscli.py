"""The AWS CLI, version 1, led by the variables of `s3_env` alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from s3fixture import S3

MIB = 1024 * 1024
Aws = Callable[..., "subprocess.CompletedProcess[bytes]"]


@pytest.fixture
def aws(s3_env: object, tmp_path: Path) -> Aws:
    """Run a command in a folder of its own; its output is in `stdout` and `stderr`."""

    def aws(*arguments: str, code: int = 0, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        done = subprocess.run(
            [sys.executable, "-m", "awscli", *arguments],
            cwd=tmp_path,
            env={**os.environ, "AWS_PAGER": ""},
            input=stdin,
            capture_output=True,
            timeout=100,
            check=False,
        )
        assert done.returncode == code, done.stderr.decode()
        return done

    return aws


def parsed(done: subprocess.CompletedProcess[bytes]) -> Any:
    return json.loads(done.stdout)


def test_a_large_file_goes_up_is_copied_and_comes_down(aws: Aws, s3: S3, tmp_path: Path) -> None:
    (tmp_path / "large.bin").write_bytes(os.urandom(9 * MIB))

    aws("s3", "cp", "--quiet", "large.bin", f"s3://{s3.bucket}/models/")
    aws("s3", "cp", "--quiet", f"s3://{s3.bucket}/models/large.bin", f"s3://{s3.bucket}/copy ü+.bin")
    aws("s3", "cp", "--quiet", f"s3://{s3.bucket}/copy ü+.bin", "back.bin")

    assert (tmp_path / "back.bin").read_bytes() == (tmp_path / "large.bin").read_bytes()
    s3.assert_called("CompleteMultipartUpload", times=2, status=200)


def test_a_folder_is_synchronized_both_ways(aws: Aws, s3: S3, tmp_path: Path) -> None:
    for name in ("1.txt", "a/2.txt", "a/b/sp ace+ü.txt"):
        path = tmp_path / "source" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name, encoding="utf-8")
        os.utime(path, (1_700_000_000, 1_700_000_000))  # a file of this very second counts as newer

    aws("s3", "sync", "source", f"s3://{s3.bucket}/backup")
    assert b"upload" not in aws("s3", "sync", "source", f"s3://{s3.bucket}/backup").stdout
    (tmp_path / "source" / "1.txt").unlink()
    aws("s3", "sync", "source", f"s3://{s3.bucket}/backup", "--delete")
    aws("s3", "sync", f"s3://{s3.bucket}/backup", "restored")

    assert s3.keys() == ["backup/a/2.txt", "backup/a/b/sp ace+ü.txt"]
    assert (tmp_path / "restored/a/b/sp ace+ü.txt").read_text(encoding="utf-8") == "a/b/sp ace+ü.txt"
    aws("s3", "rm", "--recursive", f"s3://{s3.bucket}/")
    assert s3.keys() == []


def test_a_pipe_and_a_link(aws: Aws, s3: S3) -> None:
    aws("s3", "cp", "-", f"s3://{s3.bucket}/piped", stdin=b"from a pipe")

    link = aws("s3", "presign", f"s3://{s3.bucket}/piped").stdout.decode().strip()

    with urllib.request.urlopen(link, timeout=10) as answer:
        assert answer.read() == b"from a pipe"


def test_settings_of_a_bucket_are_read(aws: Aws, s3: S3) -> None:
    s3.put("k", b"")
    for arguments in (("get-bucket-acl",), ("get-object-acl", "--key", "k")):
        grants = parsed(aws("s3api", *arguments, "--bucket", s3.bucket))["Grants"]
        assert [grant["Permission"] for grant in grants] == ["FULL_CONTROL"]
    done = aws(
        "s3api", "put-object-acl", "--bucket", s3.bucket, "--key", "k", "--acl", "public-read", code=255
    )
    assert b"AccessControlListNotSupported" in done.stderr


def test_what_is_not_there_is_said(aws: Aws, s3: S3) -> None:
    assert b"404" in aws("s3", "cp", f"s3://{s3.bucket}/missing", "x", code=1).stderr
    assert b"NoSuchBucket" in aws("s3", "ls", "s3://no-such-bucket", code=255).stderr
