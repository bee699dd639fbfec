import json
import shutil
from pathlib import Path

import pytest
import step_samples as samples
from step_samples import SERVICE, iam_arn, settings_for

from personalize_perms.model.settings import Hardening, SourceConditions, Workflow
from personalize_perms.templates import Templates

WHO = ("Service", SERVICE)


@pytest.mark.parametrize("partition", samples.PLACES)
@pytest.mark.parametrize("hardening", Hardening)
@pytest.mark.parametrize("adopted", ["", "role/x"])
def test_personalize_assumes_the_role_for_this_account_and_region_only(
    partition: str, hardening: Hardening, adopted: str
) -> None:
    place = samples.PLACES[partition]
    role = iam_arn(adopted, place) if adopted else None
    trust = samples.trust_policy(samples.desire(settings_for(role_arn=role, hardening=hardening), place))
    source = f"arn:{partition}:personalize:{place.region}:{place.account}:dataset-import-job/a"
    right = {"aws:SourceAccount": str(place.account), "aws:SourceArn": source}
    assert samples.allows(trust, "sts:AssumeRole", principal=WHO, context=right)
    assert not samples.allows(trust, "sts:AssumeRole", principal=("Service", "ec2.amazonaws.com"), context=right)
    for wrong in (
        {},
        {"aws:SourceAccount": str(place.account)},
        {"aws:SourceArn": source},
        {**right, "aws:SourceAccount": "444455556666"},
        {**right, "aws:SourceArn": source.replace(place.account, "444455556666")},
        {**right, "aws:SourceArn": source.replace(place.region, "us-east-2")},
        {**right, "aws:SourceArn": source.replace(":personalize:", ":forecast:")},
    ):
        assert not samples.allows(trust, "sts:AssumeRole", principal=WHO, context=wrong), wrong


@pytest.mark.parametrize(
    ("hardening", "operator"), [(Hardening.DOCUMENTED, "StringLike"), (Hardening.STRICT, "ArnLike")]
)
def test_the_documented_form_compares_as_the_guide_does_and_the_strict_one_as_iam_recommends(
    hardening: Hardening, operator: str
) -> None:
    condition = samples.trust_policy(samples.desire(settings_for(hardening=hardening)))[0]["Condition"]
    assert isinstance(condition, dict)
    assert [*condition] == ["StringEquals", operator]


@pytest.mark.parametrize("hardening", Hardening)
def test_conditions_everywhere_stand_on_every_statement_of_the_service_and_on_none_of_the_role(
    hardening: Hardening,
) -> None:
    settings = settings_for(
        *Workflow, hardening=hardening, source_conditions=SourceConditions.ALL, assumable_by=(iam_arn("user/ada"),)
    )
    key = samples.key_arn(samples.AWS)
    desired = samples.desire(settings, keys=[key])
    wanted = samples.trust_policy(desired)[0]["Condition"]
    seen = {"Service": 0, "AWS": 0}
    for statement in (
        *samples.bucket_policy(desired, "acme-data"),
        *samples.bucket_policy(desired, "acme-results"),
        *samples.key_policy(desired, key),
    ):
        principal = statement["Principal"]
        assert isinstance(principal, dict)
        (kind,) = principal
        seen[kind] += 1
        assert statement.get("Condition") == (wanted if kind == "Service" else None)
    assert seen["Service"] >= 4
    assert seen["AWS"] == 2
    assert all("Condition" not in one for one in samples.role_policy(desired))


def test_conditions_everywhere_come_with_a_warning_and_the_way_back() -> None:
    found = samples.desire(settings_for(outputs=(), source_conditions=SourceConditions.ALL)).findings
    assert [one.check for one in found] == ["source-conditions-unproven"]
    assert "--source-conditions trust" in found[0].remedy


@pytest.mark.parametrize("hardening", Hardening)
def test_by_default_bucket_and_key_carry_no_conditions(hardening: Hardening) -> None:
    key = samples.key_arn(samples.AWS)
    desired = samples.desire(settings_for(*Workflow, hardening=hardening), keys=[key])
    for statement in (*samples.bucket_policy(desired, "acme-data"), *samples.key_policy(desired, key)):
        assert "Condition" not in statement


@pytest.mark.parametrize("condition", [{}, {"StringLike": {"aws:SourceArn": "arn:${Partition}:personalize:*"}}])
def test_a_template_of_ones_own_that_lets_personalize_in_for_anybody_is_warned_of(
    condition: dict[str, object], tmp_path: Path
) -> None:
    folder = Path(__file__).parents[3] / "policies"
    mine = Path(shutil.copytree(folder, tmp_path / "mine"))
    template = mine / "trust" / "service-role.json"
    document = json.loads(template.read_text(encoding="utf-8"))
    document["Statement"][0]["Condition"] = condition
    template.write_text(json.dumps(document), encoding="utf-8")

    (found,) = samples.desire(settings_for(outputs=()), templates=Templates.load(mine)).findings
    assert found.check == "trust-without-source-conditions"
    assert samples.desire(settings_for(outputs=()), templates=Templates.load(folder)).findings == ()
