"""Who can do what once a set-up stands: asked of an independent judge, for every way to set it up.

`aws_tables` says what AWS wants to be allowed; whatever else is asked must be denied.
"""

import itertools

import aws_tables as tables
import pytest
from aws_tables import ELSEWHERE, ON_BUCKETS, ON_KEYS, ON_OBJECTS, OTHER_SERVICES
from judge import Document, Request, allowed
from set_ups import (
    ACCOUNT,
    BUCKETS,
    INSIDE,
    OUTSIDE,
    PERSONALIZE,
    REGIONS,
    SERVICE_ROLE,
    STRANGER,
    SetUp,
    set_up,
)

from personalize_perms.model.names import Arn
from personalize_perms.model.settings import Hardening, KmsAccess, SourceConditions, UserAccess, Workflow

by_partition = pytest.mark.parametrize("partition", REGIONS)
by_hardening = pytest.mark.parametrize("hardening", Hardening)
by_preset = pytest.mark.parametrize("preset", UserAccess)
TOGETHER = [*((one,) for one in Workflow), *itertools.combinations(Workflow, 2), tuple(Workflow)]
by_workflows = pytest.mark.parametrize("workflows", TOGETHER, ids="+".join)


def here(way: SetUp, kind: str) -> str:
    if kind in tables.OWNED_BY_AWS:
        return f"arn:{way.place.partition}:personalize:::{kind}/aws-user-personalization"
    return way.arn("personalize", f"{kind}/shop/INTERACTIONS" if kind == "dataset" else f"{kind}/shop")


def needed_types(action: str, reached: tuple[str, ...]) -> tuple[str, ...]:
    if action in tables.TAGGING:
        return tuple(kind for kind in reached if kind in tables.TAGGABLE)
    return tables.NEEDS[action]


# --- People


def test_the_tables_hold_every_action_and_the_counts_of_the_reference() -> None:
    assert len(tables.EVERY_ACTION) == 83
    assert [len(set(actions)) for actions in tables.PRESETS.values()] == [29, 43, 3, 5, 16, 8, 40, 83, 0]
    assert set(tables.PRESETS) == set(tables.REACHES) == set(UserAccess)


@by_partition
@by_hardening
@by_preset
def test_people_may_do_every_action_of_their_preset_on_all_that_it_needs(
    partition: str, hardening: Hardening, preset: UserAccess
) -> None:
    way = set_up(partition, hardening=hardening, user_access=preset)
    for action in tables.PRESETS[preset]:
        for resource in [here(way, kind) for kind in needed_types(action, tables.REACHES[preset])] or ["*"]:
            assert way.user(f"personalize:{action}", resource), (action, resource)


@by_partition
@by_hardening
@by_preset
def test_people_may_do_no_other_action_of_personalize(partition: str, hardening: Hardening, preset: UserAccess) -> None:
    way = set_up(partition, hardening=hardening, user_access=preset)
    denied = set(tables.EVERY_ACTION) - set(tables.PRESETS[preset])
    assert preset is UserAccess.ADMIN or len(denied) >= 30
    for action in denied:
        for resource in ("*", *(here(way, kind) for kind in needed_types(action, tuple(tables.TYPES)))):
            assert not way.user(f"personalize:{action}", resource), (action, resource)


@by_partition
@by_hardening
@pytest.mark.parametrize("preset", [one for one in UserAccess if one is not UserAccess.ADMIN])
def test_people_reach_no_other_resource_account_region_or_partition(
    partition: str, hardening: Hardening, preset: UserAccess
) -> None:
    way = set_up(partition, hardening=hardening, user_access=preset)
    on_resources = [one for one in tables.PRESETS[preset] if one in tables.TAGGING or tables.NEEDS[one]]
    for action, kind in itertools.product(on_resources, tables.TYPES):
        own = here(way, kind)
        elsewhere = [own.replace(f"arn:{partition}:", "arn:aws-other:")]
        if kind not in tables.OWNED_BY_AWS:
            elsewhere += [own.replace(ACCOUNT, STRANGER), own.replace(way.place.region, "us-west-2")]
        for resource in elsewhere if kind in tables.REACHES[preset] else (own, *elsewhere):
            assert not way.user(f"personalize:{action}", resource), (action, resource)


@by_partition
@by_hardening
@by_preset
def test_people_get_no_access_to_the_data_its_keys_or_iam(
    partition: str, hardening: Hardening, preset: UserAccess
) -> None:
    way = set_up(partition, hardening=hardening, user_access=preset)
    asked = [(action, way.s3(path)) for action in ON_OBJECTS for path in (*INSIDE["input"], *OUTSIDE)]
    asked += [(action, way.s3(bucket)) for action in ON_BUCKETS for bucket in BUCKETS]
    asked += [(action, key) for action in ON_KEYS for key in way.keys.values()]
    asked += [(action, target) for action in ELSEWHERE for target in ("*", way.role, way.arn("iam", "user/ada"))]
    asked += [("cloudwatch:PutMetricData", "*")]
    assert len({action for action, _ in asked}) >= 30
    for action, resource in asked:
        assert not way.user(action, resource), (action, resource)


@by_partition
@by_hardening
@by_preset
def test_the_one_role_is_passed_to_the_one_service_by_those_who_start_jobs(
    partition: str, hardening: Hardening, preset: UserAccess
) -> None:
    to = "iam:PassedToService"
    way = set_up(partition, hardening=hardening, user_access=preset)
    role = way.role
    assert way.user("iam:PassRole", role, **{to: PERSONALIZE[1]}) is (preset in tables.PASS_ROLE)
    assert not way.user("iam:PassRole", role)
    for service in (*OTHER_SERVICES, "*"):
        assert not way.user("iam:PassRole", role, **{to: service}), service
    of_others = (role.replace(ACCOUNT, STRANGER), way.arn("iam", "role/ml/admin"), way.arn("iam", "role/ml/*"), "*")
    for other in (f"{role}2", f"{role}/x", role.replace("/ml/", "/"), role.replace("/ml/", "/ML/"), *of_others):
        assert not way.user("iam:PassRole", other, **{to: PERSONALIZE[1]}), other


@by_partition
@by_hardening
@by_preset
def test_what_people_may_do_depends_on_no_workflow_and_what_the_service_may_do_on_no_preset(
    partition: str, hardening: Hardening, preset: UserAccess
) -> None:
    alone = set_up(partition, hardening=hardening, user_access=preset)
    for workflow in Workflow:
        way = set_up(partition, (workflow,), hardening=hardening, user_access=preset)
        theirs, policy = {}, ("managed-policy", way.settings.user_policy)
        if preset is not UserAccess.NONE:
            theirs = {policy: alone.documents[policy]}
        without = set_up(partition, (workflow,), hardening=hardening, user_access=UserAccess.NONE)
        assert way.documents == {**without.documents, **theirs}


def test_of_an_adopted_role_people_pass_just_that_one() -> None:
    adopted = f"arn:aws:iam::{ACCOUNT}:role/team/forecasts"
    way = set_up("aws", role_path="/", role_arn=Arn.parse(adopted))
    assert way.user("iam:PassRole", adopted, **{"iam:PassedToService": PERSONALIZE[1]})
    assert not way.user("iam:PassRole", way.role, **{"iam:PassedToService": PERSONALIZE[1]})
    assert way.trusts("forecasts", PERSONALIZE, **way.source())
    assert not any(way.trusts("forecasts", PERSONALIZE, **strange) for strange in way.strange_sources())


# --- The service and its role


def s3_needed(workflows: tuple[Workflow, ...], direction: str) -> set[str]:
    return set().union(*(tables.S3_NEEDS[one][direction == "output"] for one in workflows))


@by_partition
@by_hardening
@by_workflows
def test_the_role_and_the_service_reach_in_s3_what_the_workflows_need_and_nothing_else(
    partition: str, hardening: Hardening, workflows: tuple[Workflow, ...]
) -> None:
    way = set_up(partition, workflows, hardening=hardening)
    needed = {direction: s3_needed(workflows, direction) for direction in INSIDE}
    inside = [(path, direction) for direction, paths in INSIDE.items() for path in paths]
    asked = [(action, path, action in needed[direction]) for action in ON_OBJECTS for path, direction in inside]
    asked += [(action, bucket, action in needed[whose]) for action in ON_BUCKETS for bucket, whose in BUCKETS.items()]
    asked += [(action, path, False) for action in ON_OBJECTS for path in OUTSIDE]
    asked += [(action, name, False) for name in ("acme-data-2", "xacme-data", "foreign") for action in ON_BUCKETS]
    assert len(asked) >= 200
    for action, path, wanted in asked:
        assert way.service_role(action, way.s3(path)) is wanted, (action, path)
        assert way.on_bucket(PERSONALIZE, action, path) is wanted, (action, path)


@by_partition
@by_hardening
@by_workflows
def test_a_bucket_policy_lets_in_nobody_but_the_service(
    partition: str, hardening: Hardening, workflows: tuple[Workflow, ...]
) -> None:
    way = set_up(partition, workflows, hardening=hardening)
    for who in (*way.people, ("AWS", way.role), *(("Service", name) for name in OTHER_SERVICES)):
        for path in (*INSIDE["input"], *INSIDE["output"]):
            assert not any(way.on_bucket(who, action, path) for action in ON_OBJECTS), (who, path)
        for bucket in BUCKETS:
            assert not any(way.on_bucket(who, action, bucket) for action in ON_BUCKETS), (who, bucket)


@by_partition
@by_hardening
def test_in_a_bucket_that_is_read_and_written_each_prefix_keeps_its_direction(
    partition: str, hardening: Hardening
) -> None:
    way = set_up(partition, (Workflow.BATCH,), hardening=hardening, outputs=("acme-data/out/",))
    needed = (("s3:GetObject", "/in/a"), ("s3:PutObject", "/out/a"), ("s3:ListBucket", ""))
    wrong = (("s3:PutObject", "/in/a"), ("s3:GetObject", "/out/a"), ("s3:GetObject", "/a"), ("s3:PutObject", "/a"))
    for action, key in (*needed, *wrong):
        path, wanted = f"acme-data{key}", (action, key) in needed
        assert way.service_role(action, way.s3(path)) is wanted, (action, path)
        assert way.on_bucket(PERSONALIZE, action, path) is wanted, (action, path)


@by_partition
@by_hardening
@by_workflows
def test_the_role_may_do_nothing_beside_its_data_but_send_metrics_and_what_the_guide_gives_it(
    partition: str, hardening: Hardening, workflows: tuple[Workflow, ...]
) -> None:
    way = set_up(partition, workflows, hardening=hardening)
    assert way.service_role("cloudwatch:PutMetricData") is (not tables.METRICS.isdisjoint(workflows))
    for action in tables.EVERY_ACTION:
        assert way.service_role(f"personalize:{action}") is (hardening is Hardening.DOCUMENTED), action
    for action, resource in itertools.product((*ELSEWHERE, "iam:PassRole"), ("*", way.role)):
        assert not way.service_role(action, resource), (action, resource)


def uses_of_keys(workflows: tuple[Workflow, ...]) -> dict[str, set[Workflow]]:
    chosen = set(workflows)
    return {
        "input": {one for one in chosen if tables.S3_NEEDS[one][0]},
        "output": {one for one in chosen if tables.S3_NEEDS[one][1]},
        "data": chosen - tables.WITHOUT_KEY if Workflow.ENCRYPTED_DATASET_GROUP in chosen else set(),
        "other": set(),
    }


def in_key_policy(name: str, workflows: tuple[Workflow, ...]) -> set[str]:
    if not uses_of_keys(workflows)[name]:
        return set()
    return tables.KEY_POLICY | ({tables.FOR_EXPORTS} if name == "data" and Workflow.EXPORT in workflows else set())


@by_partition
@by_hardening
@by_workflows
@pytest.mark.parametrize("conditions", SourceConditions)
def test_the_role_and_the_service_use_keys_as_the_workflows_need_it(
    partition: str, hardening: Hardening, workflows: tuple[Workflow, ...], conditions: SourceConditions
) -> None:
    way = set_up(partition, workflows, hardening=hardening, source_conditions=conditions)
    namesakes = [("AWS", f"{way.role}2"), ("AWS", way.role.replace("/ml/", "/"))]
    namesakes += [("AWS", way.role.replace(ACCOUNT, STRANGER)), *way.people]
    for (name, uses), action in itertools.product(uses_of_keys(workflows).items(), ON_KEYS):
        key, wanted = way.keys[name], action in in_key_policy(name, workflows)
        assert way.on_key(PERSONALIZE, action, key, **way.source()) is wanted, (name, action)
        assert way.on_key(("AWS", way.role), action, key) is wanted, (name, action)
        by_itself = action in tables.ROLE_KMS and bool(uses - tables.KEY_POLICY_IS_ENOUGH)
        assert way.service_role(action, key) is by_itself, (name, action)
        for who in (*namesakes, *(("Service", service) for service in OTHER_SERVICES)):
            assert not way.on_key(who, action, key, **way.source()), (who, action)


@by_partition
@by_hardening
@by_workflows
def test_with_a_grant_the_role_is_let_to_the_key_without_the_key_policy(
    partition: str, hardening: Hardening, workflows: tuple[Workflow, ...]
) -> None:
    way = set_up(partition, workflows, hardening=hardening, kms_access=KmsAccess.GRANT)
    assert {grant.grantee_arn for grant in way.grants} <= {way.role}
    for name, key in way.keys.items():
        wanted = in_key_policy(name, workflows)
        granted = {f"kms:{one}" for grant in way.grants if grant.key_arn == key for one in grant.operations}
        # No grant can hold ListGrants: only the role's own policy is left for it.
        assert granted == wanted - {"kms:ListGrants"}
        assert way.service_role("kms:ListGrants", key) is bool(wanted)
        for action in ON_KEYS:
            assert not way.on_key(("AWS", way.role), action, key), action
            assert way.on_key(PERSONALIZE, action, key) is (action in wanted), action
            assert not way.service_role(action, key) or action in tables.ROLE_KMS & wanted, action


@by_partition
@by_hardening
@by_workflows
def test_source_conditions_keep_strangers_off_data_and_keys_where_they_are_wanted(
    partition: str, hardening: Hardening, workflows: tuple[Workflow, ...]
) -> None:
    way = set_up(partition, workflows, hardening=hardening, source_conditions=SourceConditions.ALL)
    asked = [(action, path) for action in ON_OBJECTS for path in (INSIDE["input"][0], INSIDE["output"][1])]
    asked += [("s3:ListBucket", bucket) for bucket in BUCKETS]
    for action, path in asked:
        wanted = action in s3_needed(workflows, BUCKETS[path.partition("/")[0]])
        assert way.on_bucket(PERSONALIZE, action, path, **way.source()) is wanted, (action, path)
        for strange in way.strange_sources():
            assert not way.on_bucket(PERSONALIZE, action, path, **strange), (action, strange)
    for strange, action, key in itertools.product(way.strange_sources(), ON_KEYS, way.keys.values()):
        assert not way.on_key(PERSONALIZE, action, key, **strange), (action, strange)


# --- Who may take on which role


@by_partition
@by_hardening
@pytest.mark.parametrize("conditions", SourceConditions)
def test_only_personalize_assumes_the_service_role_and_only_for_this_account_and_region(
    partition: str, hardening: Hardening, conditions: SourceConditions
) -> None:
    way = set_up(partition, hardening=hardening, source_conditions=conditions)
    assert way.trusts(SERVICE_ROLE, PERSONALIZE, **way.source())
    for strange in way.strange_sources():
        assert not way.trusts(SERVICE_ROLE, PERSONALIZE, **strange), strange
    for who in (*way.people, ("AWS", way.role), *(("Service", name) for name in OTHER_SERVICES)):
        assert not way.trusts(SERVICE_ROLE, who, **way.source()), who
    for action in (
        "sts:AssumeRoleWithSAML",
        "sts:AssumeRoleWithWebIdentity",
        "sts:TagSession",
        "sts:SetSourceIdentity",
    ):
        assert not way.trusts(SERVICE_ROLE, PERSONALIZE, action, **way.source()), action


@by_partition
@by_hardening
@pytest.mark.parametrize("mfa", ["with MFA", ""])
def test_the_role_for_users_is_theirs_alone_and_asks_for_mfa_where_that_was_wanted(
    partition: str, hardening: Hardening, mfa: str
) -> None:
    ada, role = f"arn:{partition}:iam::{ACCOUNT}:user/ada", "personalize-users"
    way = set_up(partition, hardening=hardening, assumable_by=(Arn.parse(ada),), require_mfa=bool(mfa))
    with_mfa = {"aws_MultiFactorAuthPresent": "true"}
    assert way.trusts(role, ("AWS", ada), **with_mfa)
    assert way.trusts(role, ("AWS", ada), aws_MultiFactorAuthPresent="false") is not bool(mfa)
    assert way.trusts(role, ("AWS", ada)) is not bool(mfa)
    for name in (f"{ada}2", ada.replace("user/", "role/"), ada.replace(ACCOUNT, STRANGER), ada.replace("ada", "eve")):
        assert not way.trusts(role, ("AWS", name), **with_mfa), name
    assert not way.trusts(role, PERSONALIZE, **with_mfa, **way.source())
    assert not way.trusts(role, ("AWS", ada), "sts:TagSession", **with_mfa)


@by_partition
@by_hardening
def test_federated_people_come_from_the_named_provider_and_audience_and_with_oidc_as_the_one_subject(
    partition: str, hardening: Hardening
) -> None:
    base = f"arn:{partition}:iam::{ACCOUNT}"
    saml, oidc = f"{base}:saml-provider/Corp", f"{base}:oidc-provider/idp.example.com/pool"
    providers = {"saml_provider": Arn.parse(saml), "oidc_provider": Arn.parse(oidc)}
    way = set_up(partition, hardening=hardening, **providers, oidc_audience="shop", oidc_subject="user:ada")
    by_saml, by_oidc = "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"
    audiences = {"aws": "https://signin.aws.amazon.com/saml", "aws-cn": "https://signin.amazonaws.cn/saml"}
    for audience in (*audiences.values(), "https://evil.example.com", ""):
        let_in = way.trusts("personalize-saml", ("Federated", saml), by_saml, SAML_aud=audience)
        assert let_in is (audience == audiences[partition]), audience
    assert not way.trusts("personalize-saml", ("Federated", f"{saml}2"), by_saml, SAML_aud=audiences[partition])
    assert not way.trusts("personalize-saml", ("Federated", saml), by_oidc, SAML_aud=audiences[partition])
    aud, sub = "idp.example.com/pool_aud", "idp.example.com/pool_sub"
    for audience, subject in itertools.product(("shop", "shop2", "*"), ("user:ada", "user:eve", "user:ada2", "*")):
        let_in = way.trusts("personalize-oidc", ("Federated", oidc), by_oidc, **{aud: audience, sub: subject})
        assert let_in is ((audience, subject) == ("shop", "user:ada")), (audience, subject)
    assert not way.trusts("personalize-oidc", ("Federated", oidc), by_oidc, **{aud: "shop"})
    assert not way.trusts("personalize-oidc", ("Federated", saml), by_oidc, **{aud: "shop", sub: "user:ada"})


# --- The judge itself

OBJECT = "arn:aws:s3:::acme/in-2/a"


@pytest.mark.parametrize(
    ("changes", "context", "answer"),
    [
        ({}, {}, True),
        ({"Action": "S3:getO?ject"}, {}, True),
        ({"Action": "s3:Get"}, {}, False),
        ({"Resource": ["arn:aws:s3:::b", "arn:aws:s3:::ac*/in-?/*"]}, {}, True),
        ({"Resource": "arn:aws:s3:::acme/in/*"}, {}, False),
        ({"Resource": "arn:aws:s3:::ACME/*"}, {}, False),
        ({"Resource": "arn:aws:*:acme/in-2/a"}, {}, False),
        ({"Condition": {"StringEquals": {"AWS:x": ["1", "2"]}}}, {"aws:X": "2"}, True),
        ({"Condition": {"StringEquals": {"aws:x": "*"}}}, {"aws:x": "2"}, False),
        ({"Condition": {"StringEquals": {"aws:x": "1"}}}, {}, False),
        ({"Condition": {"StringEquals": {"aws:x": "1", "aws:y": "2"}}}, {"aws:x": "1"}, False),
        ({"Condition": {"ArnLike": {"aws:x": "arn:aws:p:r:1:*"}}}, {"aws:x": "arn:aws:p:r:1:a:b"}, True),
        ({"Condition": {"ArnLike": {"aws:x": "arn:aws:p:r:*"}}}, {"aws:x": "arn:aws:p:r:1:a"}, False),
        ({"Condition": {"Bool": {"aws:x": "True"}}}, {"aws:x": "true"}, True),
    ],
)
def test_the_judge_matches_as_iam_does_and_a_deny_wins(
    changes: dict[str, object], context: dict[str, str], answer: object
) -> None:
    request = Request(action="s3:GetObject", resource=OBJECT, context=context)

    def document(*effects: str) -> Document:
        statement = {"Action": ["s3:Get*"], "Resource": "*", **changes}
        return {"Version": "2012-10-17", "Statement": [{"Effect": effect, **statement} for effect in effects]}

    assert allowed([document("Allow")], request) is answer
    assert not allowed([document("Deny")], request)
    assert allowed([document("Allow"), document("Deny")], request) is False


@pytest.mark.parametrize(
    "odd",
    [
        {"NotAction": "s3:*"},
        {"Principal": "*"},
        {"Effect": "Perhaps"},
        {"Condition": {"IpAddress": {"aws:SourceIp": "::1"}}},
    ],
    ids=str,
)
def test_the_judge_does_not_guess_about_what_it_does_not_know(odd: dict[str, object]) -> None:
    statement = {"Effect": "Allow", "Action": "*", "Resource": "*", **odd}
    with pytest.raises((ValueError, KeyError)):
        allowed([{"Version": "2012-10-17", "Statement": statement}], Request(action="s3:GetObject", resource=OBJECT))
