"""Which answers are missing, which contradict each other, and which belong to another account."""

from typing import Any

import pytest
import step_samples as samples
from step_samples import PLACES, iam_arn, settings_for

from personalize_perms import steps
from personalize_perms.model.errors import SettingsError, TemplateError
from personalize_perms.model.options import BY_FIELD
from personalize_perms.model.settings import Settings, UserAccess, Workflow
from personalize_perms.steps.context import Context
from personalize_perms.templates import Templates

OIDC = iam_arn("oidc-provider/idp.example.com")


def missing(settings: Settings) -> list[str]:
    return [item.option for item in steps.missing(settings)]


@pytest.mark.parametrize("workflow", Workflow)
def test_a_workflow_asks_for_the_locations_that_it_uses(workflow: Workflow) -> None:
    wanted = {
        Workflow.IMPORT: ["inputs"],
        Workflow.DATA_DELETION: ["inputs"],
        Workflow.BATCH: ["inputs", "outputs"],
        Workflow.EXPORT: ["outputs"],
        Workflow.METRICS_S3: ["outputs"],
    }
    assert missing(Settings(workflows=(workflow,))) == wanted.get(workflow, [])
    assert missing(settings_for(workflow)) == []


def test_everything_that_is_missing_is_told_at_once() -> None:
    settings = Settings(workflows=(Workflow.BATCH,), oidc_provider=OIDC)
    found = missing(settings)
    assert found == ["oidc_audience", "oidc_subject", "inputs", "outputs"]
    assert set(found) <= set(BY_FIELD)
    assert all(item.why for item in steps.missing(settings))


def test_at_least_one_workflow_is_needed() -> None:
    assert missing(Settings(workflows=())) == ["workflows"]


CONFLICTS: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "name-and-adopt": ({"role_arn": iam_arn("role/x"), "role_name": "y"}, ("--role-name", "--role-arn")),
    "path-and-adopt": ({"role_arn": iam_arn("role/x"), "role_path": "/y/"}, ("--role-path", "--role-arn")),
    "text-and-adopt": ({"role_arn": iam_arn("role/x"), "role_description": "y"}, ("--role-description",)),
    "tighten-new": ({"tighten_trust": True}, ("--tighten-trust", "--role-arn")),
    "mfa-for-nobody": ({"require_mfa": True}, ("--require-mfa", "--assumable-by")),
    "audience-alone": ({"oidc_audience": "a"}, ("--oidc-audience", "--oidc-provider")),
    "subject-alone": ({"oidc_subject": "a"}, ("--oidc-subject", "--oidc-provider")),
    "none-user": ({"user_access": UserAccess.NONE, "attach_users": ("a",)}, ("--attach-user ", "--user-access none")),
    "none-group": ({"user_access": UserAccess.NONE, "attach_groups": ("a",)}, ("--attach-group ",)),
    "none-role": ({"user_access": UserAccess.NONE, "attach_roles": ("a",)}, ("--attach-role ",)),
    "none-assumed": ({"user_access": UserAccess.NONE, "assumable_by": (iam_arn("user/a"),)}, ("--assumable-by ",)),
    "none-saml": ({"user_access": UserAccess.NONE, "saml_provider": iam_arn("saml-provider/a")}, ("--saml-provider",)),
    "none-oidc": (
        {"user_access": UserAccess.NONE, "oidc_provider": OIDC, "oidc_audience": "a", "oidc_subject": "b"},
        ("--oidc-provider",),
    ),
    "none-name": ({"user_access": UserAccess.NONE, "user_policy_name": "a"}, ("--user-policy-name",)),
    "service-role-for-people": ({"attach_roles": ("PERSONALIZE-service-role",)}, ("--attach-role", "service role")),
    "made-role": (
        {"attach_roles": ("personalize-USERS",), "assumable_by": (iam_arn("user/a"),)},
        ("--attach-role personalize-USERS",),
    ),
    "same-role": (
        {"role_name": "personalize-Users", "assumable_by": (iam_arn("user/a"),)},
        ("personalize-Users", "--role-name"),
    ),
    "policy-name": ({"user_policy_name": "Personalize-service-access"}, ("--user-policy-name",)),
    "policy-name-2": ({"user_policy_name": "personalize-service-access-12"}, ("--user-policy-name",)),
    "tag-twice": ({"tags": (("Team", "a"), ("team", "b"))}, ("--tag", "team")),
    "too-many-tags": ({"tags": tuple((f"t{number}", "") for number in range(25))}, ("--tag", "24")),
}


@pytest.mark.parametrize(("changes", "words"), CONFLICTS.values(), ids=CONFLICTS)
def test_a_contradiction_is_told_in_one_sentence_with_its_flags(
    changes: dict[str, Any], words: tuple[str, ...]
) -> None:
    (sentence,) = steps.conflicts(settings_for(**changes))
    for word in words:
        assert word in sentence


FINE: dict[str, dict[str, Any]] = {
    "nothing": {},
    "adopted": {"role_arn": iam_arn("role/x"), "tighten_trust": True},
    "no-users": {"user_access": UserAccess.NONE},
    "users": {"assumable_by": (iam_arn("user/a"),), "require_mfa": True, "attach_groups": ("a",)},
    "oidc": {"oidc_provider": OIDC, "oidc_audience": "a", "oidc_subject": "b"},
    "near-names": {"user_policy_name": "personalize-service-access-x", "role_name": "personalize-users"},
    "many-tags": {"tags": tuple((f"t{number}", "") for number in range(24))},
}


@pytest.mark.parametrize("changes", FINE.values(), ids=FINE)
def test_answers_that_go_together_are_no_contradiction(changes: dict[str, Any]) -> None:
    assert steps.conflicts(settings_for(**changes)) == ()


ABROAD = samples.Place(account=samples.AccountId("444455556666"), region="eu-west-1", partition="aws")


@pytest.mark.parametrize("place", [ABROAD, PLACES["aws-cn"]], ids=["account", "partition"])
@pytest.mark.parametrize(
    ("field", "arn"),
    [
        ("role_arn", iam_arn("role/x")),
        ("permissions_boundary", iam_arn("policy/x")),
        ("saml_provider", iam_arn("saml-provider/x")),
        ("oidc_provider", OIDC),
    ],
)
def test_what_belongs_to_another_account_or_partition_is_refused_by_its_flag(
    place: samples.Place, field: str, arn: samples.Arn
) -> None:
    settings = settings_for(**{field: arn}, oidc_audience="a", oidc_subject="b")
    with pytest.raises(SettingsError) as refused:
        samples.desire(settings, place)
    assert f"{BY_FIELD[field].flag} {arn}" in refused.value.message


def test_a_user_of_another_partition_is_refused() -> None:
    with pytest.raises(SettingsError, match="--assumable-by"):
        samples.desire(settings_for(assumable_by=(iam_arn("user/a"),)), PLACES["aws-cn"])


def test_a_policy_of_aws_may_be_the_boundary() -> None:
    boundary = samples.Arn.parse("arn:aws:iam::aws:policy/PowerUserAccess")
    samples.desire(settings_for(permissions_boundary=boundary))


def test_a_role_of_aws_cannot_be_adopted() -> None:
    with pytest.raises(SettingsError, match="--role-arn"):
        samples.desire(settings_for(role_arn=samples.Arn.parse("arn:aws:iam::aws:role/x")))


def test_everything_that_is_out_of_place_is_told_at_once() -> None:
    settings = settings_for(role_arn=iam_arn("role/x"), saml_provider=iam_arn("saml-provider/x"))
    with pytest.raises(SettingsError) as refused:
        samples.desire(settings, ABROAD)
    assert "--role-arn" in refused.value.message
    assert "--saml-provider" in refused.value.message


def test_every_setting_is_asked_by_one_step_at_the_most() -> None:
    asked = [field for step in steps.STEPS for field in step.FIELDS]
    assert len(asked) == len(set(asked))
    assert set(BY_FIELD) - set(asked) == {
        *("name", "workflows", "tags", "hardening", "bucket_owners", "serve_accounts", "serve_org")
    }


def test_the_steps_come_in_the_order_of_the_guide_and_introduce_themselves() -> None:
    names = [getattr(step, "__name__", "").rpartition(".")[2] for step in steps.STEPS]
    assert names == ["user_access", "service_role", "trust_policy", "kms_key", "s3_bucket"]
    for step in steps.STEPS:
        assert step.TITLE
        assert 20 < len(step.WHY) < 200
        assert step.DOCS.startswith("https://docs.aws.amazon.com/personalize/")


class _Shared(Templates):
    """Templates of a security team that use one Sid twice."""

    def statements(self, name: str) -> tuple[samples.Statement, ...]:
        return tuple({**one, "Sid": "Same"} for one in super().statements(name))


def test_two_templates_in_one_document_must_not_share_a_sid() -> None:
    templates = _Shared(samples.TEMPLATES._root)
    with pytest.raises(TemplateError, match="Same"):
        steps.desire(Context(settings=settings_for(), place=samples.AWS, keys=(), templates=templates))
