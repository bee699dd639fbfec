"""What must hold for whatever a person chooses."""

import itertools
import json
from functools import cache

import pytest
import step_samples as samples
from step_samples import iam_arn

from personalize_perms import documents, steps
from personalize_perms.documents import DocumentKind
from personalize_perms.model import ownership
from personalize_perms.model.resources import Desired, ManagedPolicy, Role
from personalize_perms.model.settings import Hardening, KmsAccess, Settings, SourceConditions, UserAccess, Workflow

WORKFLOWS = [(one,) for one in Workflow] + [tuple(Workflow)]


def setup(preset: UserAccess, partition: str, hardening: Hardening, workflows: tuple[Workflow, ...]) -> Settings:
    place = samples.PLACES[partition]
    people = preset is not UserAccess.NONE
    return samples.settings_for(
        *workflows,
        name="team-a",
        user_access=preset,
        hardening=hardening,
        assumable_by=(iam_arn("user/ada", place),) if people else (),
        saml_provider=iam_arn("saml-provider/Corp", place) if people else None,
    )


@cache
def all_desired(preset: UserAccess, partition: str, hardening: Hardening) -> list[tuple[Settings, Desired]]:
    place = samples.PLACES[partition]
    found = []
    for workflows, access, conditions in itertools.product(WORKFLOWS, KmsAccess, SourceConditions):
        base = setup(preset, partition, hardening, workflows)
        changed = samples.replace(base, kms_access=access, source_conditions=conditions)
        found.append((changed, samples.desire(changed, place, keys=[samples.key_arn(place)])))
    return found


pytestmark = [
    pytest.mark.parametrize("partition", samples.PLACES),
    pytest.mark.parametrize("hardening", Hardening),
    pytest.mark.parametrize("preset", UserAccess),
]


def test_nothing_becomes_public_and_every_statement_is_marked_as_ours(
    preset: UserAccess, partition: str, hardening: Hardening
) -> None:
    for _, desired in all_desired(preset, partition, hardening):
        for statement in samples.all_statements(desired):
            assert ownership.is_own_sid(statement["Sid"], "team-a")
            assert statement["Effect"] == "Allow"
            assert "NotPrincipal" not in statement
            principal = statement.get("Principal", {})
            assert isinstance(principal, dict)
            assert "*" not in json.dumps(principal)


def test_no_other_partition_and_no_placeholder_is_left_in_anything(
    preset: UserAccess, partition: str, hardening: Hardening
) -> None:
    for _, desired in all_desired(preset, partition, hardening):
        text = repr(desired.resources)
        assert "${" not in text
        assert text.count("arn:") == text.count(f"arn:{partition}:")


def test_only_what_was_named_is_reached_and_stars_stand_where_aws_knows_nothing_narrower(
    preset: UserAccess, partition: str, hardening: Hardening
) -> None:
    place = samples.PLACES[partition]
    s3 = f"arn:{partition}:s3:::"
    named = {f"{s3}acme-data", f"{s3}acme-data/in/*", f"{s3}acme-results", f"{s3}acme-results/out/*"}
    for _, desired in all_desired(preset, partition, hardening):
        own = samples.role_policy(desired)
        for statement in own:
            actions = {str(action) for action in samples.several(statement["Action"])}
            resources = {str(resource) for resource in samples.several(statement["Resource"])}
            if resources == {"*"}:
                assert actions in ({"personalize:*"}, {"cloudwatch:PutMetricData"})
            else:
                assert resources <= named | {str(samples.key_arn(place))}


def test_documents_fit_and_their_sids_are_unique(preset: UserAccess, partition: str, hardening: Hardening) -> None:
    for _, desired in all_desired(preset, partition, hardening):
        for resource in desired.resources:
            statements = getattr(resource, "statements", ())
            sids = [statement["Sid"] for statement in statements]
            assert len(sids) == len(set(sids))
            kind = {ManagedPolicy: DocumentKind.MANAGED_POLICY, Role: DocumentKind.TRUST_POLICY}.get(type(resource))
            if kind:
                assert statements
                assert documents.size(kind, documents.new_document(statements)) <= documents.LIMITS[kind]


def test_the_same_settings_always_make_the_same_resources_each_once(
    preset: UserAccess, partition: str, hardening: Hardening
) -> None:
    settings = setup(preset, partition, hardening, tuple(Workflow))
    assert steps.conflicts(settings) == ()
    assert steps.missing(settings) == ()
    place = samples.PLACES[partition]
    one, other = (samples.desire(settings, place, keys=[samples.key_arn(place)]) for _ in range(2))
    assert repr(one) == repr(other)
    assert len({repr(resource) for resource in one.resources}) == len(one.resources)
