"""Spark reads and writes through Hadoop's S3A, as docs/client-fixtures.md says: `nox -s spark`."""

from __future__ import annotations

import shutil

import pytest
from test_client_pages import SECTIONS

needs_java = pytest.mark.skipif(not shutil.which("java"), reason="Spark runs on Java, which is not here")


@needs_java
@pytest.mark.timeout(600)  # Spark's packages are downloaded, and its start alone takes half a minute
def test_the_code_of_the_page_passes(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(SECTIONS["Spark"])
    pytester.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=1)
