"""The Terraform code: what it says is what is wanted, and every name in it is the provider's."""

from dataclasses import replace
from typing import Any, Final

import pytest
import step_samples as samples
from exported import blocks, code, document_of, evaluated, golden, merged, terraform_values
from golden_samples import cases

from personalize_perms.export import terraform
from personalize_perms.export.parcel import Parcel, Part, Shared, unseen
from personalize_perms.model.resources import (
    BucketPolicyStatements,
    KeyGrant,
    KeyPolicyStatements,
    ManagedPolicy,
    PolicyAttachment,
    Role,
    TrustPolicyStatements,
)
from personalize_perms.model.settings import Place

META = frozenset({"lifecycle", "depends_on"})
SCHEMA: Final = {
    "aws_iam_policy": "name path description policy tags",
    "aws_iam_role": "name path description permissions_boundary assume_role_policy tags",
    "aws_iam_role_policy_attachment": "role policy_arn",
    "aws_iam_user_policy_attachment": "user policy_arn",
    "aws_iam_group_policy_attachment": "group policy_arn",
    "aws_s3_bucket_policy": "bucket policy",
    "aws_kms_key_policy": "key_id policy",
    "aws_kms_grant": "name key_id grantee_principal operations",
}
"""Arguments of hashicorp/aws 6.25.0, those that are used; from the provider's own schema."""
REQUIRED: Final = {
    "aws_iam_policy": {"policy"},
    "aws_iam_role": {"assume_role_policy"},
    "aws_kms_grant": {"key_id", "grantee_principal", "operations"},
}


def made(parcel: Parcel) -> str:
    return terraform.export(parcel).files[f"{parcel.desired.name}.tf"]


def resources(text: str, place: Place) -> list[tuple[str, str, dict[str, Any]]]:
    parsed = code(text)
    return blocks(parsed, terraform_values(place, parsed))


def document(found: list[tuple[str, str, dict[str, Any]]], part: Part) -> Any:
    """The document that the code gives to a part's resource."""
    match part.resource:
        case ManagedPolicy(name=name):
            kind, key, field = "aws_iam_policy", name, "policy"
        case Role(name=name) | TrustPolicyStatements(role_name=name):
            kind, key, field = "aws_iam_role", name, "assume_role_policy"
        case BucketPolicyStatements(bucket=name):
            kind, key, field = "aws_s3_bucket_policy", name, "policy"
        case KeyPolicyStatements(key_arn=arn):
            kind, key, field = "aws_kms_key_policy", arn.rpartition("/")[2], "policy"
        case _:
            return None
    names = ("name", "bucket", "key_id")
    return next(body[field] for its, _, body in found if its == kind and key in [body.get(one) for one in names])


@pytest.mark.parametrize("place", samples.PLACES.values(), ids=samples.PLACES)
def test_every_document_stands_in_it_whole(place: Place) -> None:
    for name, desired in golden(place).items():
        for parcel in (unseen(desired), merged(desired)):
            found = resources(made(parcel), place)
            for part in parcel.parts:
                if part.document is not None:
                    assert document(found, part) == document_of(part), name
            tags = {body["name"]: body["tags"] for kind, _, body in found if kind == "aws_iam_policy"}
            policies = [one for one in desired.resources if isinstance(one, ManagedPolicy)]
            assert tags == {policy.name: dict(policy.tags) for policy in policies}
            attached = [body for kind, _, body in found if kind.endswith("_attachment")]
            assert len(attached) == sum(isinstance(one, PolicyAttachment) for one in desired.resources)


@pytest.mark.parametrize("name", cases(samples.AWS))
def test_every_name_is_the_provider_s(name: str) -> None:
    desired = golden(samples.AWS)[name]
    for parcel in (unseen(desired), merged(desired)):
        found = resources(made(parcel), samples.AWS)
        assert len({(kind, label) for kind, label, _ in found}) == len(found)
        for kind, _, body in found:
            known = set(SCHEMA[kind].split())
            assert set(body) <= known | META
            assert set(body) >= REQUIRED.get(kind, known)


def test_what_exists_is_imported_by_its_own_id() -> None:
    parcel = merged(golden(samples.AWS)["everything-strict"])
    parcel = replace(parcel, parts=tuple(replace(part, exists=True, grant_id="g1") for part in parcel.parts))
    text = made(parcel)
    parsed = code(text)
    imports = {one["to"].strip("${}"): evaluated(one["id"], {}) for one in parsed["import"]}
    found = {f"{kind}.{label}": body for kind, label, body in resources(text, samples.AWS)}
    assert imports.keys() == found.keys()
    for address, body in found.items():
        name = body.get("name") or body.get("bucket") or body.get("key_id")
        account = samples.ACCOUNT
        match address.partition(".")[0]:
            case "aws_iam_policy":
                assert imports[address] == f"arn:aws:iam::{account}:policy/{name}"
            case "aws_iam_role" | "aws_s3_bucket_policy" | "aws_kms_key_policy":
                assert imports[address] == name
            case _:
                assert imports[address].partition("/")[2].startswith(f"arn:aws:iam::{account}:policy/")


def test_a_grant_that_exists_is_imported_with_its_key() -> None:
    desired = golden(samples.AWS)["adopted-role-strict"]
    grant = next(one for one in desired.resources if isinstance(one, KeyGrant))
    parts = tuple(
        replace(part, exists=True, grant_id="g1") if part.resource == grant else part for part in merged(desired).parts
    )
    assert f'id = "{samples.KEY_ID}:g1"' in made(replace(merged(desired), parts=parts))


def test_documents_of_others_cannot_be_destroyed_or_put_into_another_account() -> None:
    for name in ("everything-strict", "adopted-role-strict"):
        parcel = merged(golden(samples.AWS)[name])
        shared = sum(isinstance(part.resource, Shared) for part in parcel.parts)
        text = made(parcel)
        assert text.count("prevent_destroy = true") == shared > 0
        assert text.count(f'local.account_id == "{samples.ACCOUNT}"') == shared


def test_of_an_adopted_role_only_the_trust_policy_is_managed() -> None:
    found = resources(made(merged(golden(samples.AWS)["adopted-role-strict"])), samples.AWS)
    role = next(body for kind, _, body in found if kind == "aws_iam_role")
    ignored = role["lifecycle"][0]["ignore_changes"]
    assert {"tags", "tags_all", "description", "permissions_boundary", "max_session_duration"} <= {
        one.strip("${}") for one in ignored
    }


def test_without_the_account_what_belongs_to_others_is_left_out_and_named() -> None:
    desired = golden(samples.AWS)["everything-strict"]
    export = terraform.export(unseen(desired))
    wanted = [one for one in desired.resources if isinstance(one, Shared)]
    assert [one.resource for one in export.left_out] == wanted
    assert "aws_s3_bucket_policy" not in export.files["shop.tf"]
    assert export.files["shop.tf"].count("# NOT IN HERE: ") == len(wanted)
