"""AWS's regions, and which of them a server speaks for.

https://docs.aws.amazon.com/general/latest/gr/s3.html
"""

from __future__ import annotations

from s3fixture.named_tuples import NamedTuple

FIRST = "us-east-1"  # whose buckets need no location constraint, and whose endpoint makes buckets anywhere

NAMES = frozenset(
    (
        *("af-south-1", "ap-east-1", "ap-east-2", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3"),
        *("ap-south-1", "ap-south-2", "ap-southeast-1", "ap-southeast-2", "ap-southeast-3"),
        *("ap-southeast-4", "ap-southeast-5", "ap-southeast-6", "ap-southeast-7", "ca-central-1"),
        *("ca-west-1", "cn-north-1", "cn-northwest-1", "eu-central-1", "eu-central-2", "eu-north-1"),
        *("eu-south-1", "eu-south-2", "eu-west-1", "eu-west-2", "eu-west-3", "eusc-de-east-1"),
        *("il-central-1", "me-central-1", "me-south-1", "mx-central-1", "sa-east-1", FIRST, "us-east-2"),
        *("us-gov-east-1", "us-gov-west-1", "us-west-1", "us-west-2"),
    )
)
PARTITIONS = frozenset({"aws", "aws-cn", "aws-us-gov"})  # as ARNs name them

# Opened before 30 January 2014; botocore's endpoints.json lists the signatures of each region, too.
# https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html
_WITH_VERSION_2 = frozenset(
    (
        *("ap-northeast-1", "ap-southeast-1", "ap-southeast-2", "eu-west-1", "sa-east-1", FIRST),
        *("us-gov-west-1", "us-west-1", "us-west-2"),
    )
)
VERSION_4_ONLY = NAMES - _WITH_VERSION_2


class Regions(NamedTuple):
    """`home` is where unsigned requests go. An empty `accepted` takes every region."""

    home: str
    accepted: frozenset[str]
    version_4_only: frozenset[str] = frozenset()  # those that refuse signatures of version 2

    def takes(self, region: str) -> bool:
        """Whether a signature may name this region."""
        return region in self.accepted or not self.accepted


def regions_of(home: str, *, pinned: bool, version_4_only: frozenset[str] = frozenset()) -> Regions:
    """One endpoint for all regions, as S3's global one; or, pinned, the endpoint of one."""
    return Regions(home, frozenset({home}) if pinned else NAMES | {home}, version_4_only)
