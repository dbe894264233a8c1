"""Templates, and their filters for sizes, times and untrusted text."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from s3fixture.sizes import counted, human_size

_TEMPLATES = Path(__file__).parent / "templates"
# Characters that are invisible or reorder the text around them: C0, C1, zero width, bidirectional, fillers,
# tags. The module ui.js has the same.
_INVISIBLE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164"
    r"\ufeff\uffa0\ufff0-\ufffb\U000e0000-\U000e007f]"
)


def moment(when: datetime) -> str:
    """A time for people, in UTC."""
    return when.strftime("%Y-%m-%d %H:%M:%S")


def visible(text: str) -> str:
    """`text` with invisible and reordering characters written as code points."""
    return _INVISIBLE.sub(
        lambda match: f"\N{LEFT-POINTING ANGLE BRACKET}U+{ord(match[0]):04X}\N{RIGHT-POINTING ANGLE BRACKET}",
        text,
    )


def link(path: str, **query: Any) -> str:
    """A path of the console, with the non-empty parts of its query."""
    kept = {name: value for name, value in query.items() if value not in (None, "", False)}
    return f"{path}?{urlencode(kept)}" if kept else path


def bucket_path(bucket: str, page: str = "") -> str:
    """The path of a bucket's page."""
    return f"/buckets/{quote(bucket, safe='')}/{page}"


def object_path(bucket: str, key: str, page: str = "object", **query: Any) -> str:
    """The path of an object's page. The key is in the query, because a path would lose `//` and `..`."""
    return link(bucket_path(bucket, page), key=key, **query)


_FILTERS: Mapping[str, Callable[..., str]] = {
    "size": human_size,
    "moment": moment,
    "visible": visible,
    "plural": counted,
}


def environment(**names: Any) -> Environment:
    """The environment of the templates: everything is escaped, an unknown name is an error."""
    made = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(_FILTERS)
    made.globals.update(link=link, bucket_path=bucket_path, object_path=object_path, **names)
    return made
