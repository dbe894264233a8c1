"""Spark reads and writes through Hadoop's S3A, as docs/client-fixtures.md says: `nox -s more_clients`."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from test_client_pages import SECTIONS

pyspark: Any = pytest.importorskip("pyspark")
needs_java = pytest.mark.skipif(not shutil.which("java"), reason="Spark runs on Java, which is not here")


def hadoop() -> str:
    """The version of Hadoop that this Spark has, and hadoop-aws must have."""
    (jar,) = (Path(pyspark.__file__).parent / "jars").glob("hadoop-client-api-*.jar")
    return jar.stem.rpartition("-")[2]


@needs_java
@pytest.mark.timeout(900)  # Spark's packages are downloaded, and its start alone takes half a minute
def test_the_code_of_the_page_passes(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(re.sub(r"hadoop-aws:[\d.]+", f"hadoop-aws:{hadoop()}", SECTIONS["Spark"]))
    pytester.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=1)
