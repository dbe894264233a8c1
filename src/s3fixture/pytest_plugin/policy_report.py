"""`--s3-policy-report`: the smallest policy that allows all requests of a test run.

The permissions of each test are sent with the report of its teardown, as for `--s3-report`.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from pathlib import Path

import pytest

from s3fixture.auth.actions import Permission
from s3fixture.auth.policies.least import least_policy
from s3fixture.sizes import counted

PROPERTY = "s3fixture-policy"
# Stands for the bucket that a fixture made for one test. No bucket of S3 has capitals in its name.
OWN_BUCKET = "BUCKET"
# Characters of a managed policy, without white space.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
_MOST_CHARACTERS = 6144


def part_of_test(needs: Iterable[Permission], own_buckets: Collection[str]) -> str:
    """The permissions that one test needed, as JSON."""
    return json.dumps(
        [need._replace(bucket=OWN_BUCKET) if need.bucket in own_buckets else need for need in needs]
    )


class PolicyReporter:
    """A plugin of pytest that collects the permissions of all tests and writes one policy at the end."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._needs: set[Permission] = set()
        self._length = 0

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        for name, text in report.user_properties:
            if name == PROPERTY and report.when == "teardown":
                self._needs.update(Permission(*need) for need in json.loads(str(text)))

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if not hasattr(session.config, "workerinput"):
            policy = least_policy(self._needs)
            self._length = len(json.dumps(policy, separators=(",", ":")))
            self._file.write_text(json.dumps(policy, indent=2) + "\n", encoding="utf-8")

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        actions = counted(len({need.action for need in self._needs}), "action")
        terminalreporter.write_line(
            f"s3fixture: wrote the policy that the tests need ({actions}) to {self._file}"
        )
        if self._length > _MOST_CHARACTERS:
            terminalreporter.write_line(
                f"s3fixture: the policy has {self._length} characters; a managed policy of IAM has at most "
                f"{_MOST_CHARACTERS}: split its statements among several policies"
            )
