"""Tags on the command line: `a=1 b=2`, or as mc has them: `a=1&b=2`."""

from __future__ import annotations

from collections.abc import Sequence

from s3fixture.errors import S3FixtureError

Tags = dict[str, str]


def parse_tags(texts: Sequence[str]) -> Tags:
    """Names and values. Raises S3FixtureError for text that is not a tag, and for one given twice."""
    found: Tags = {}
    for text in [part for each in texts for part in each.split("&")]:
        name, mark, value = text.partition("=")
        if not mark or not name:
            raise S3FixtureError(f"{text!r} is not a tag; write it as KEY=VALUE")
        if name in found:
            raise S3FixtureError(f"the tag {name!r} is given twice; give it once")
        found[name] = value
    return found
