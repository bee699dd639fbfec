"""CloudFormation as moto plays it, which knows no bucket policies: those are added here."""

import json
from typing import Any

from fake_aws import FakeAws
from moto.cloudformation import parsing
from moto.core.common_models import CloudFormationModel
from moto.s3.models import s3_backends
from moto.utilities.utils import get_partition


class BucketPolicy(CloudFormationModel):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-s3-bucketpolicy.html"""

    __module__ = "moto.s3.bucket_policy"  # moto tells services apart by the module

    def __init__(self, bucket: str) -> None:
        self.physical_resource_id = bucket

    @staticmethod
    def cloudformation_name_type() -> str:
        return ""

    @staticmethod
    def cloudformation_type() -> str:
        return "AWS::S3::BucketPolicy"

    @classmethod
    def create_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: dict[str, Any], account_id: str, region_name: str, **_: Any
    ) -> "BucketPolicy":
        properties = cloudformation_json["Properties"]
        backend = s3_backends[account_id][get_partition(region_name)]
        backend.put_bucket_policy(properties["Bucket"], json.dumps(properties["PolicyDocument"]).encode())
        return cls(properties["Bucket"])


def deploy(aws: FakeAws, template: str) -> None:
    """Make a stack of the template, in the account of the fake."""
    for known in (parsing.get_model_list, parsing.get_model_map, parsing.get_name_type_map):
        known.cache_clear()
    stacks = aws.client("cloudformation")
    stacks.create_stack(StackName="personalize", TemplateBody=template, Capabilities=["CAPABILITY_NAMED_IAM"])
    assert stacks.describe_stacks(StackName="personalize")["Stacks"][0]["StackStatus"] == "CREATE_COMPLETE"
