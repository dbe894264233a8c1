"""The credential of signature version 4: `ACCESS_KEY/20130524/us-east-1/s3/aws4_request`.

S3 words these errors alike in the Authorization header, in a URL and in a form, inside another error
for each: `auth_refusals.CREDENTIAL_IN_HEADER` and its neighbours.
"""

from __future__ import annotations

from collections.abc import Mapping

from s3fixture.named_tuples import NamedTuple
from s3fixture.refusals import Refusal
from s3fixture.regions import Regions
from s3fixture.wire import times


class Credential(NamedTuple):
    access_key: str
    date: str
    region: str
    scope: str


def parse_credential(
    text: str, regions: Regions, refusals: Mapping[str, Refusal], *, service: str = "s3"
) -> Credential:
    """Checked against the regions of the server. Raises S3Error: `refusals` has it for each part."""
    # Split from the right: an access key may hold a slash on servers other than S3.
    parts = text.rsplit("/", 4)
    if len(parts) != 5 or not parts[0]:
        raise refusals["form"](text)
    access_key, date, sent_region, sent_service, terminal = parts
    if sent_service != service:
        raise refusals["service"](text, service=sent_service, expected=service)
    if terminal != "aws4_request":
        raise refusals["terminal"](text, terminal=terminal)
    if not times.is_scope_date(date):
        raise refusals["date"](text, date=date)
    if not regions.takes(sent_region):
        home = regions.home
        refusal = refusals["region"](text, region=sent_region, expected=home)
        if refusal.code != "InvalidArgument":  # which forms are answered with
            refusal.fields["Region"] = home
        refusal.headers["x-amz-bucket-region"] = home  # an answer to HEAD has no document that tells it
        raise refusal
    return Credential(access_key, date, sent_region, f"{date}/{sent_region}/{service}/aws4_request")
