"""Where Amazon Personalize is, and which partition a Region belongs to.

A copy of botocore's endpoint data, so that the offline dry run need not import botocore; a test compares the two.
A live run asks botocore itself before it refuses a Region, because this table ages.
"""

from typing import Final

PERSONALIZE_REGIONS: Final[dict[str, tuple[str, ...]]] = {
    "aws": (
        "ap-northeast-1",
        "ap-northeast-2",
        "ap-south-1",
        "ap-southeast-1",
        "ap-southeast-2",
        "ca-central-1",
        "eu-central-1",
        "eu-west-1",
        "us-east-1",
        "us-east-2",
        "us-west-2",
    ),
    "aws-cn": ("cn-north-1",),
}


def partition_with_personalize(region: str) -> str | None:
    """Return the partition in which Amazon Personalize runs in `region`, or None where it does not."""
    return next((name for name, regions in PERSONALIZE_REGIONS.items() if region in regions), None)
