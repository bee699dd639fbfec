"""The CloudFormation template: what it says is what is wanted, here and in another account."""

from collections.abc import Mapping
from dataclasses import replace
from importlib import import_module
from typing import Any

import pytest
import step_samples as samples
from exported import (
    document_of,
    every_set_up,
    golden,
    merged,
    parameters,
    pseudo,
    resolved,
    template,
    with_variables,
)
from golden_samples import cases, desire

from personalize_perms.export import cloudformation
from personalize_perms.export.parcel import Parcel, title, unseen
from personalize_perms.model.errors import SettingsError
from personalize_perms.model.names import AccountId, S3Location
from personalize_perms.model.resources import (
    BucketPolicyStatements,
    Desired,
    KeyGrant,
    KeyPolicyStatements,
    ManagedPolicy,
    PolicyAttachment,
    Role,
    TrustPolicyStatements,
)
from personalize_perms.model.settings import Place, Settings

LINTED = every_set_up()


def made(parcel: Parcel) -> str:
    return cloudformation.export(parcel).files[f"{parcel.desired.name}.yaml"]


def properties(text: str, place: Place, **chosen: str) -> dict[str, Mapping[str, Any]]:
    """The resolved properties of all resources, by type and name of what they are."""
    parsed = template(text)
    values = {**pseudo(place), **parameters(parsed), **chosen}
    found = {}
    for one in parsed["Resources"].values():
        inner = resolved(one["Properties"], values)
        name = next(inner[key] for key in ("RoleName", "ManagedPolicyName", "Bucket") if key in inner)
        found[f"{one['Type']} {name}"] = inner
    return found


@pytest.mark.parametrize("place", samples.PLACES.values(), ids=samples.PLACES)
def test_what_ours_is_stands_in_the_template_whole(place: Place) -> None:
    for name, desired in golden(place).items():
        if not any(isinstance(one, Role | ManagedPolicy) for one in desired.resources):
            with pytest.raises(SettingsError, match="nothing of this set-up"):  # no template may be without resources
                made(unseen(desired))
            continue
        found = properties(made(unseen(desired)), place)
        wanted = [one for one in desired.resources if isinstance(one, Role | ManagedPolicy)]
        assert len(found) == len(wanted), name
        for part in unseen(desired).parts:
            match part.resource:
                case Role() as role:
                    inner = found[f"AWS::IAM::Role {role.name}"]
                    assert inner["AssumeRolePolicyDocument"] == document_of(part)
                    assert (inner["Path"], inner["Description"]) == (role.path, role.description)
                    assert inner.get("PermissionsBoundary", "") == role.boundary_arn
                    assert {tag["Key"]: tag["Value"] for tag in inner["Tags"]} == dict(role.tags)
                case ManagedPolicy() as policy:
                    inner = found[f"AWS::IAM::ManagedPolicy {policy.name}"]
                    assert inner["PolicyDocument"] == document_of(part)
                    assert inner["Description"] == policy.description
                    assert holders(text_holders(inner), desired) == wanted_holders(desired, policy.arn)


def text_holders(inner: Mapping[str, Any]) -> set[str]:
    return {f"{kind[:-1].lower()}/{name}" for kind in ("Users", "Groups", "Roles") for name in inner.get(kind, [])}


def holders(found: set[str], desired: Desired) -> set[str]:
    """A reference to a role of the template is its name."""
    names = {
        cloudformation.camel(role.name if role.name.endswith("role") else f"{role.name} role"): role.name
        for role in desired.resources
        if isinstance(role, Role)
    }
    return {f"role/{names[one.removeprefix('role/ref ')]}" if one.startswith("role/ref ") else one for one in found}


def wanted_holders(desired: Desired, policy: str) -> set[str]:
    found = (one for one in desired.resources if isinstance(one, PolicyAttachment) and one.policy_arn == policy)
    return {f"{one.principal_kind}/{one.principal_name}" for one in found}


def test_in_another_account_it_is_what_would_be_wanted_there() -> None:
    there = Place(account=AccountId("999988887777"), region="us-west-2", partition="aws")
    ours = Settings(inputs=(samples.INPUT,), outputs=(samples.OUTPUT,), tags=(("team", "x"),))
    theirs = replace(ours, inputs=(S3Location(bucket="other-data", prefix="in/"),))
    found = properties(made(unseen(desire(ours, samples.AWS))), there, AcmeDataBucket="other-data")
    assert found == properties(made(unseen(desire(theirs, there))), there)


@pytest.mark.parametrize("name", [name for name, settings in cases(samples.AWS).items() if not settings.serves])
def test_what_it_cannot_hold_is_left_out_and_named_with_its_statements(name: str) -> None:
    desired = golden(samples.AWS)[name]
    export = cloudformation.export(unseen(desired))
    text = export.files[f"{desired.name}.yaml"]
    shared = (BucketPolicyStatements, KeyPolicyStatements, KeyGrant, TrustPolicyStatements)
    wanted = [one for one in desired.resources if isinstance(one, shared)]
    assert sorted(title(one.resource) for one in export.left_out) == sorted(map(title, wanted))
    for one in wanted:
        assert f"# NOT IN HERE: {title(one)}" in text
        for statement in getattr(one, "statements", ()):
            assert f'#         "Sid": "{statement["Sid"]}"' in text


def test_where_it_can_hold_nothing_all_of_it_is_named_instead_of_a_template_that_is_refused() -> None:
    serving = [desired for desired in golden(samples.AWS).values() if desired.name == "central"]
    assert serving
    for desired in serving:
        with pytest.raises(SettingsError) as error:
            made(unseen(desired))
        assert all(title(one) in error.value.reason for one in desired.resources)


def test_statements_of_others_stand_in_it_to_the_letter() -> None:
    for name, desired in golden(samples.AWS).items():
        parcel = merged(desired)
        text = made(parcel)
        found = properties(text, samples.AWS)
        for part in parcel.parts:
            if isinstance(part.resource, BucketPolicyStatements):
                inner = found[f"AWS::S3::BucketPolicy {part.resource.bucket}"]
                assert inner["PolicyDocument"] == document_of(part), name
                # An account that others' documents are for is no parameter.
                assert set(template(text).get("Parameters", {})) <= {"PermissionsBoundaryArn"}


def test_policy_variables_of_ours_stay_beside_the_stack_s_own() -> None:
    parcel = unseen(with_variables(golden(samples.AWS)["first-steps"]))
    text = made(parcel)
    assert "${AcmeDataBucket}/${!aws:username}/${!*}/%{x}/*" in text
    found = properties(text, samples.AWS)
    for part in parcel.parts:
        if isinstance(part.resource, ManagedPolicy):
            assert found[f"AWS::IAM::ManagedPolicy {part.resource.name}"]["PolicyDocument"] == document_of(part)


def test_nothing_that_others_rely_on_goes_with_the_stack() -> None:
    text = made(merged(golden(samples.AWS)["everything-strict"]))
    for one in template(text)["Resources"].values():
        if one["Type"] == "AWS::S3::BucketPolicy":
            assert (one["DeletionPolicy"], one["UpdateReplacePolicy"]) == ("Retain", "Retain")


@pytest.fixture(scope="module")
def cfnlint() -> Any:
    return import_module("cfnlint.api")


def lint(cfnlint: Any, text: str) -> list[str]:
    """Errors and warnings; its advice (I...) is about more than a template has to say."""
    return [str(match) for match in cfnlint.lint_all(text) if not match.rule.id.startswith("I")]


@pytest.mark.parametrize(
    ("name", "settings", "place"),
    [
        pytest.param(*one, id=one[0], marks=() if number % 29 == 0 else pytest.mark.long)
        for number, one in enumerate(LINTED)
    ],
)
def test_cfn_lint_finds_nothing(name: str, settings: Settings, place: Place, cfnlint: Any) -> None:
    assert lint(cfnlint, made(unseen(desire(settings, place)))) == []


@pytest.mark.parametrize("name", ["everything-documented", "adopted-role-strict", "metrics-strict"])
def test_cfn_lint_finds_nothing_in_a_template_with_documents_of_others(name: str, cfnlint: Any) -> None:
    desired = golden(samples.AWS)[name]
    parcel = merged(desired)
    plain = [replace(part, document=_readable(document_of(part))) if part.foreign else part for part in parcel.parts]
    assert lint(cfnlint, made(replace(parcel, parts=tuple(plain)))) == []


def _readable(document: dict[str, Any]) -> dict[str, Any]:
    """The document without what AWS itself would refuse, which cfn-lint says, too."""
    first, second, *own = document["Statement"]
    first = {**first, "Resource": "arn:aws:s3:::acme-data/home/${aws:username}/*"}
    first["Condition"] = {"StringLike": {"aws:PrincipalTag/team": "${aws:PrincipalTag/team}"}}
    second = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::acme-data/*"}
    return {"Version": "2012-10-17", "Statement": [first, second, *own]}


def test_cfn_lint_would_find_a_mistake(cfnlint: Any) -> None:
    text = made(unseen(golden(samples.AWS)["first-steps"]))
    assert lint(cfnlint, text.replace("AssumeRolePolicyDocument", "AssumePolicy"))
    assert lint(cfnlint, text.replace("${AWS::Partition}", "${AWS::Partitions}"))
