"""The credential of signature version 4: `ACCESS_KEY/20130524/us-east-1/s3/aws4_request`.

S3 words these errors alike in the Authorization header, in a URL and in a form, inside another error
for each; `ErrorFactory` makes that error from the wording.
"""

from __future__ import annotations

from collections.abc import Callable

from s3fixture.errors import S3Error
from s3fixture.named_tuples import NamedTuple
from s3fixture.regions import Regions
from s3fixture.wire import times

ErrorFactory = Callable[..., S3Error]


class Credential(NamedTuple):
    access_key: str
    date: str
    region: str
    scope: str


def parse_credential(
    text: str, regions: Regions, make_error: ErrorFactory, *, service: str = "s3"
) -> Credential:
    """Checked against the regions of the server. Raises what `make_error(wording, **fields)` returns."""
    # Split from the right: an access key may hold a slash on servers other than S3.
    parts = text.rsplit("/", 4)
    if len(parts) != 5 or not parts[0]:
        raise make_error(
            'the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".'
        )
    access_key, date, sent_region, sent_service, terminal = parts
    if sent_service != service:
        raise make_error(f'incorrect service "{sent_service}". This endpoint belongs to "{service}".')
    if terminal != "aws4_request":
        raise make_error(f'incorrect terminal "{terminal}". This endpoint uses "aws4_request".')
    if not times.is_scope_date(date):
        raise make_error(
            f'incorrect date format "{date}". This date in the credential must be in the format "yyyyMMdd".'
        )
    if not regions.takes(sent_region):
        home = regions.home
        refusal = make_error(f"the region '{sent_region}' is wrong; expecting '{home}'", Region=home)
        refusal.headers["x-amz-bucket-region"] = home  # an answer to HEAD has no document that tells it
        raise refusal
    return Credential(access_key, date, sent_region, f"{date}/{sent_region}/{service}/aws4_request")
