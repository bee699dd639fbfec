"""What other people's linters say about the rendered documents."""

import json
import warnings
from importlib import import_module
from typing import Any

import golden_samples
import pytest
import step_samples as samples
from step_samples import of_kind

from personalize_perms import documents
from personalize_perms.model.resources import (
    BucketPolicyStatements,
    KeyGrant,
    KeyPolicyStatements,
    ManagedPolicy,
    PolicyAttachment,
    Resource,
    Role,
    TrustPolicyStatements,
)

# AWS names no resource type as required for these, so parliament expects "*"; the optional types do narrow them.
TAG_ACTIONS = {"personalize:ListTagsForResource", "personalize:TagResource", "personalize:UntagResource"}


@pytest.fixture(scope="module")
def parliament() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it leaves its own data files open
        return import_module("parliament")


@pytest.fixture(scope="module")
def cfnlint() -> Any:
    return import_module("cfnlint.api")


def excused(finding: Any, statement: samples.Statement) -> bool:
    if finding.issue == "RESOURCE_STAR":
        return statement["Action"] == ["personalize:*"]
    if finding.issue == "RESOURCE_MISMATCH":
        return {item["action"] for item in finding.detail} <= TAG_ACTIONS
    return False


@pytest.mark.parametrize("name", golden_samples.cases(samples.AWS))
def test_parliament_finds_nothing_in_the_identity_documents(name: str, parliament: Any) -> None:
    desired = golden_samples.desire(golden_samples.cases(samples.AWS)[name], samples.AWS)
    for policy in of_kind(desired, ManagedPolicy):
        for statement in policy.statements:
            found = parliament.analyze_policy_string(json.dumps(documents.new_document([statement]))).findings
            assert [str(finding) for finding in found if not excused(finding, statement)] == []


def _resource(resource: Resource, number: int) -> dict[str, Any] | None:
    """Return a CloudFormation resource around the document, or None for what has none."""
    document = documents.new_document(getattr(resource, "statements", ()))
    match resource:
        case ManagedPolicy():
            return {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": document}}
        case Role() | TrustPolicyStatements():
            return {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": document}}
        case BucketPolicyStatements():
            bucket = {"PolicyDocument": document, "Bucket": f"bucket-{number}"}
            return {"Type": "AWS::S3::BucketPolicy", "Properties": bucket}
        case KeyPolicyStatements():
            return {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": document}}
        case _:
            return None


def _lint(cfnlint: Any, resources: list[Resource]) -> list[str]:
    wrapped = [_resource(resource, number) for number, resource in enumerate(resources)]
    named = {f"R{number}": resource for number, resource in enumerate(wrapped) if resource}
    found = cfnlint.lint_all(json.dumps({"AWSTemplateFormatVersion": "2010-09-09", "Resources": named}))
    # Its advice (I...) is about templates as such, which the documents are only wrapped into.
    return [str(match) for match in found if not match.rule.id.startswith("I")]


@pytest.mark.parametrize("partition", samples.PLACES)
def test_cfn_lint_finds_nothing_in_any_document(partition: str, cfnlint: Any) -> None:
    place = samples.PLACES[partition]
    cases = golden_samples.cases(place).values()
    assert _lint(cfnlint, [one for case in cases for one in golden_samples.desire(case, place).resources]) == []


def test_cfn_lint_would_find_a_mistake(cfnlint: Any) -> None:
    for resource in golden_samples.desire(
        golden_samples.cases(samples.AWS)["adopted-role-strict"], samples.AWS
    ).resources:
        if not isinstance(resource, PolicyAttachment | KeyGrant):
            broken = samples.replace(resource, statements=({**resource.statements[0], "Effect": "Perhaps"},))
            assert _lint(cfnlint, [broken]), resource
