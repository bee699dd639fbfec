"""A plan in a file: what was written is read again, and anything else is refused with words, never with a traceback."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalize_perms import documents
from personalize_perms.engine import plan_checks, setting_texts
from personalize_perms.engine.facts import facts
from personalize_perms.engine.journals import Entry, PastRun
from personalize_perms.engine.saved_plan import (
    MAGIC,
    BadPlanFile,
    PlanFile,
    PlanTampered,
    SavedPlan,
    load,
    restored_settings,
)
from personalize_perms.model.caller import Caller
from personalize_perms.model.changes import Action, Change, Plan, StoredDocument, Wave
from personalize_perms.model.errors import PersonalizePermsError
from personalize_perms.model.findings import Finding, Severity
from personalize_perms.model.identity import Assignment, Instance, LivePermissionSet, PolicyReference
from personalize_perms.model.live import (
    Absent,
    KeyFacts,
    Live,
    LiveBucket,
    LiveGrant,
    LiveIdentityCenter,
    LiveKey,
    LivePolicy,
    LiveRole,
    Present,
    RoleContents,
    Unreadable,
)
from personalize_perms.model.names import AccountId, Arn, S3Location
from personalize_perms.model.operations import PutBucketPolicy
from personalize_perms.model.ownership import sid_prefix
from personalize_perms.model.resources import PrincipalKind
from personalize_perms.model.settings import Place, Settings, Workflow

PLACE = Place(account=AccountId("111122223333"), region="eu-west-1", partition="aws")
KEY = PLACE.arn("kms", "key/11111111-2222-3333-4444-555555555555", regional=True)
POLICY = PLACE.arn("iam", "policy/ours")
WHEN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
ALLOW = {"Sid": "A", "Effect": "Allow", "Principal": "*", "Action": ["s3:GetObject", "s3:ListBucket"], "Resource": "*"}
DENY = {"Sid": "B", "Effect": "Deny", "Principal": "*", "Action": "s3:DeleteObject", "Resource": "*"}
SETTINGS = Settings(inputs=(S3Location(bucket="acme-data", prefix="in/"),), tags=(("team", "a"),), require_mfa=True)


def text(*statements: Mapping[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def grant(name: str, **more: Any) -> LiveGrant:
    return LiveGrant(
        **{"grant_id": "g1", "name": name, "grantee": "role", "operations": ("Encrypt", "Decrypt"), **more}
    )


BUCKET = LiveBucket(
    name="acme-data", region=Present("eu-west-1"), policy_json=Present(text(ALLOW, DENY)), encryption_key=Absent()
)
OURS = LivePolicy(
    arn=POLICY,
    tags={"a": "1", "b": "2"},
    version_id="v2",
    document_json=text(ALLOW),
    users=("ada", "eve"),
    spare_versions=("v1",),
    spare_jsons={"v1": text(DENY)},
)
ROLE = LiveRole(
    name="r",
    arn=PLACE.arn("iam", "role/r"),
    role_id="AROA1",
    path="/",
    description="d",
    boundary_arn="",
    tags={"a": "1"},
    trust_json=text(ALLOW, DENY),
)
A_KEY = LiveKey(
    facts=Present(KeyFacts(arn=KEY, state="Enabled", manager="CUSTOMER")),
    policy_json=Present(text(ALLOW)),
    grants=Present((grant(f"{sid_prefix('personalize')}-x"), grant("ebs", grant_id="g2"))),
)
PEOPLE = LivePermissionSet(
    arn="ps-1",
    name="people",
    description="d",
    tags={"a": "1"},
    references=frozenset({PolicyReference(name="p"), PolicyReference(name="q")}),
    assignments=frozenset({Assignment(account="1", principal_kind=PrincipalKind.GROUP, principal_id="g")}),
    accounts=frozenset({"1"}),
    outdated=frozenset(),
)
CENTER = LiveIdentityCenter(
    instance=Present(Instance(arn="ssoins-1", store_id="d-1")),
    sets={"people": Present(PEOPLE)},
    principals={"group/analysts": Present("g")},
)
LIVE = Live(
    caller=Caller(place=PLACE, arn="arn:aws:iam::111122223333:user/ada"),
    policies={POLICY: Present(OURS)},
    roles={"r": Present(ROLE), "gone": Absent()},
    contents={"r": Present(RoleContents(attached_policy_arns=("x", "y")))},
    buckets={"acme-data": BUCKET},
    keys={KEY: A_KEY, "alias/data": LiveKey(facts=A_KEY.facts, policy_json=Absent())},
    attached_counts={"user/ada": Present(3)},
    others={"arn:boundary": Present("arn:boundary")},
    name_clashes={},
    unlisted={"role": Unreadable(action="iam:ListRoles", resource="*", reason="session one may not")},
    attachment_quotas=dict.fromkeys(PrincipalKind, 10),
    identity_centers={"eu-west-1": CENTER},
)
PUT = PutBucketPolicy(bucket="acme-data", before_json=text(ALLOW, DENY), document_json=text(ALLOW, DENY, ALLOW))
PLAN = Plan(
    name="personalize",
    caller=LIVE.caller,
    role_arn=ROLE.arn,
    changes=(
        Change(
            action=Action.UPDATE,
            kind="bucket-policy",
            resource="acme-data",
            reason="lets it in",
            operation=PUT,
            wave=Wave.GRANT,
            details=("+ A", "= B"),
        ),
        Change(action=Action.BLOCKED, kind="key-policy", resource=KEY, reason="session one may not", hint="ask"),
    ),
    documents=(
        StoredDocument(kind="bucket-policy", name="acme-data", text=text(ALLOW), document=json.loads(text(ALLOW))),
    ),
    findings=(Finding(check="c", severity=Severity.LOW, resource="r", message="session one"),),
)


def saved(plan: Plan = PLAN, live: Live = LIVE, settings: Settings = SETTINGS, policies_dir: str = "") -> SavedPlan:
    return SavedPlan.of(plan, live, settings, policies_dir, WHEN)


def sealed(plan: Any) -> str:
    """The file that somebody would forge who knows how the digest is made."""
    content = json.dumps([1, plan], sort_keys=True, separators=(",", ":"))
    digest = hashlib.sha256(content.encode()).hexdigest()
    return json.dumps({"personalize_perms_plan": 1, "digest": digest, "spent": None, "plan": plan}, indent=2) + "\n"


def raw() -> dict[str, Any]:
    return json.loads(PlanFile.of(saved()).text)["plan"]


def test_a_plan_is_read_as_it_was_written() -> None:
    file = PlanFile.of(saved())
    assert file.text.startswith(MAGIC)
    assert file.text == sealed(raw())
    assert load(file.text).text == file.text
    assert restored_settings(load(file.text).plan) == SETTINGS


def test_the_mark_that_it_was_applied_is_not_part_of_the_digest() -> None:
    file = PlanFile.of(saved())
    again = load(file.spent_by("run", WHEN).text)
    assert again.digest == file.digest
    with pytest.raises(plan_checks.PlanSpent, match="applied already") as error:
        plan_checks.refuse_marked(again)
    assert "the run run of 2026-01-02T03:04:05" in error.value.reason
    plan_checks.refuse_marked(file)


def test_a_run_has_spent_a_plan_once_it_was_about_to_make_a_change() -> None:
    file = PlanFile.of(saved())
    entry = Entry(operation=PUT, kind="bucket-policy", resource="acme-data", status=None)
    run = PastRun(
        path=Path("x"),
        run_id="r1",
        started=WHEN,
        name="personalize",
        command="apply",
        region="eu-west-1",
        spends=file.digest,
        entries=(entry,),
    )
    plan_checks.refuse_spent(file, [replace(run, entries=()), replace(run, spends=""), replace(run, spends="x")])
    with pytest.raises(plan_checks.PlanSpent) as error:
        plan_checks.refuse_spent(file, [replace(run, spends=""), run])
    assert "the run r1 of 2026-01-02T03:04:05" in error.value.reason


@pytest.mark.parametrize("flip", [0x01, 0x03, 0x08, 0x20, 0x80])
def test_a_plan_with_any_one_byte_changed_is_refused(flip: int) -> None:
    content = PlanFile.of(saved()).text.encode()
    for place in range(len(content)):
        changed = bytearray(content)
        changed[place] ^= flip
        with pytest.raises((BadPlanFile, PlanTampered)):
            load(changed.decode("latin-1"))


def test_a_plan_that_was_cut_off_or_added_to_is_refused() -> None:
    content = PlanFile.of(saved()).text
    for wrong in [content[:end] for end in range(0, len(content), 7)] + [
        content + " ",
        content * 2,
        "\ufeff" + content,
    ]:
        with pytest.raises((BadPlanFile, PlanTampered)):
            load(wrong)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "not JSON"),
        ("[]", "another kind"),
        ("{}", "another kind"),
        ("null", "another kind"),
        ('{"personalize_perms_plan": 2}', "its format is 2"),
        ('{"personalize_perms_plan": true}', "its format is true"),
        ('{"personalize_perms_plan": 1, "digest": NaN}', "NaN is not JSON"),
        ('{"personalize_perms_plan": 1, "personalize_perms_plan": 1}', "stands twice"),
        ('{"personalize_perms_plan": 1, "plan": ' + "[" * 100 + "]" * 100 + "}", "nested too deeply"),
        ("[" * 100_000, "nested too deeply"),
        ('{"personalize_perms_plan": 1, "plan": ' + "9" * 5000 + "}", "5000 digits"),
        ('{"personalize_perms_plan": 1, "plan": 1e400}', "would not survive"),
        (" " * (16 * 1024 * 1024 + 1), "characters"),
    ],
    ids=range(13),
)
def test_what_is_no_plan_is_refused_with_the_reason(content: str, why: str) -> None:
    with pytest.raises(BadPlanFile) as error:
        load(content)
    assert why in error.value.reason
    assert "plan --out FILE" in error.value.hint


def _without(plan: dict[str, Any]) -> None:
    del plan["created"]


@pytest.mark.parametrize(
    "forge",
    [
        lambda plan: plan.update(more=1),
        _without,
        lambda plan: plan.update(name=1),
        lambda plan: plan.update(changes="abc"),
        lambda plan: plan.update(changes=[1]),
        lambda plan: plan.update(changes={"a": 1}),
        lambda plan: plan["changes"][0].update(details="abc"),
        lambda plan: plan["changes"][0].update(details=[1]),
        lambda plan: plan["changes"][0].update(operation=[]),
        lambda plan: plan["changes"][0].update(more=1),
        lambda plan: plan.update(settings=[]),
        lambda plan: plan["settings"].update(name="personalize"),
        lambda plan: plan.update(live={"a": None}),
        lambda plan: plan.update(documents=[{"kind": "a", "name": "b", "document": []}]),
        lambda plan: plan.update(tool=None),
    ],
)
def test_a_plan_of_another_shape_is_refused_even_with_a_right_digest(forge: Callable[[dict[str, Any]], None]) -> None:
    plan = raw()
    forge(plan)
    with pytest.raises((BadPlanFile, PlanTampered)):
        load(sealed(plan))


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"name": ["a", "b"]}, "2 values"),
        ({"name": ["a b"]}, "not a set-up name"),
        ({"input": ["s3://acme-data/*"]}, "would widen"),
        ({"workflow": ["everything"]}, "everything"),
        ({"sudo": ["true"]}, "sudo"),
    ],
)
def test_settings_in_a_plan_are_as_strict_as_on_the_command_line(settings: dict[str, Any], why: str) -> None:
    plan = raw()
    plan["settings"].update(settings)
    with pytest.raises(BadPlanFile) as error:
        restored_settings(load(sealed(plan)).plan)
    assert why in error.value.reason


_ARNS = st.sampled_from(["arn:aws:iam::111122223333:user/a", "arn:aws:iam::111122223333:user/b"]).map(Arn.parse)


@given(
    st.builds(
        Settings,
        workflows=st.lists(st.sampled_from(Workflow), min_size=1, unique=True).map(tuple),
        tags=st.lists(st.tuples(st.just("a"), st.sampled_from(["", "b=c"]))).map(tuple),
        assumable_by=st.lists(_ARNS).map(tuple),
        role_arn=st.none() | st.just(Arn.parse("arn:aws:iam::111122223333:role/x")),
        require_mfa=st.booleans(),
        tighten_trust=st.booleans(),
        inputs=st.lists(st.sampled_from(["s3://acme-data", "s3://acme-data/a b/"]).map(S3Location.parse)).map(tuple),
    )
)
def test_all_settings_survive_being_written(settings: Settings) -> None:
    assert setting_texts.restored(setting_texts.written(settings)) == settings


# What the plan was made from


def centers(**changes: Any) -> dict[str, Any]:
    return {"identity_centers": {"eu-west-1": replace(CENTER, sets={"people": Present(replace(PEOPLE, **changes))})}}


CHANGES: dict[str, tuple[dict[str, Any], str]] = {
    "bucket policy": (
        {"buckets": {"acme-data": replace(BUCKET, policy_json=Present(text(ALLOW)))}},
        "bucket-policy acme-data changed",
    ),
    "bucket policy gone": (
        {"buckets": {"acme-data": replace(BUCKET, policy_json=Absent())}},
        "bucket-policy acme-data is gone",
    ),
    "bucket policy unreadable": (
        {"buckets": {"acme-data": replace(BUCKET, policy_json=Unreadable(action="s3:Get", resource="", reason=""))}},
        "bucket-policy acme-data may not be read any more (not allowed: s3:Get)",
    ),
    "encryption": (
        {"buckets": {"acme-data": replace(BUCKET, encryption_key=Present(KEY))}},
        "encryption of the bucket acme-data is there now",
    ),
    "trust": (
        {"roles": {"r": Present(replace(ROLE, trust_json=text(DENY))), "gone": Absent()}},
        "trust-policy r changed",
    ),
    "role made anew": ({"roles": {"r": Present(replace(ROLE, role_id="AROA2")), "gone": Absent()}}, "role r changed"),
    "boundary": ({"roles": {"r": Present(replace(ROLE, boundary_arn="b")), "gone": Absent()}}, "role r changed"),
    "role tags": ({"roles": {"r": Present(replace(ROLE, tags={})), "gone": Absent()}}, "tags of the role r changed"),
    "role gone": ({"roles": {"r": Absent(), "gone": Absent()}}, "trust-policy r is gone"),
    "contents": (
        {"contents": {"r": Present(RoleContents(attached_policy_arns=("x",)))}},
        "hangs on the role r changed",
    ),
    "managed policy": ({"policies": {POLICY: Present(replace(OURS, document_json=text(DENY)))}}, f"{POLICY} changed"),
    "policy tags": ({"policies": {POLICY: Present(replace(OURS, tags={"a": "1"}))}}, f"tags of {POLICY} changed"),
    "attachments": ({"policies": {POLICY: Present(replace(OURS, groups=("x",)))}}, f"attachments of {POLICY} changed"),
    "versions": ({"policies": {POLICY: Present(replace(OURS, version_id="v3"))}}, f"versions of {POLICY} changed"),
    "key policy": ({"keys": {KEY: replace(A_KEY, policy_json=Present(text(DENY)))}}, f"key-policy {KEY} changed"),
    "key state": (
        {"keys": {KEY: replace(A_KEY, facts=Present(KeyFacts(arn=KEY, state="Disabled", manager="CUSTOMER")))}},
        f"key {KEY} changed",
    ),
    "grant": ({"keys": {KEY: replace(A_KEY, grants=Present(()))}}, f"grants on {KEY} changed"),
    "count": ({"attached_counts": {"user/ada": Present(4)}}, "the number of policies of user/ada changed"),
    "boundary policy": ({"others": {"arn:boundary": Absent()}}, "arn:boundary is gone"),
    "clash": ({"name_clashes": {"role/x": "role/X"}}, "the name of role/x is there now"),
    "quotas": ({"trust_quota": 4096}, "the quotas of the account changed"),
    "unread quotas": (
        {"unread_quotas": Unreadable(action="iam:GetAccountSummary", resource="*", reason="no")},
        "the quotas of the account may not be read any more",
    ),
    "lists": ({"unlisted": {}}, "the list of every role"),
    "assignment": (centers(assignments=frozenset()), "permission-set eu-west-1/people changed"),
    "provisioning": (centers(outdated=frozenset({"1"})), "permission-set eu-west-1/people changed"),
    "permission set tags": (centers(tags={"a": "b"}), "permission-set eu-west-1/people changed"),
    "group": (
        {"identity_centers": {"eu-west-1": replace(CENTER, principals={"group/analysts": Absent()})}},
        "group/analysts of Identity Center is gone",
    ),
    "instance": (
        {"identity_centers": {"eu-west-1": replace(CENTER, instance=Absent())}},
        "Identity Center in eu-west-1 is gone",
    ),
}


@pytest.mark.parametrize("case", CHANGES)
def test_whatever_changed_in_the_account_is_named(case: str) -> None:
    changes, says = CHANGES[case]
    with pytest.raises(plan_checks.PlanStale) as error:
        plan_checks.refuse_stale(saved(), saved(live=replace(LIVE, **changes)))
    assert says in error.value.message
    assert "2026-01-02T03:04:05" in error.value.message


def test_every_kind_of_fact_has_its_case() -> None:
    told = {field for changes, _ in CHANGES.values() for field in changes}
    assert {field.name for field in fields(Live)} - told == {"caller", "attachment_quotas"}


def test_what_aws_does_to_spelling_and_order_is_no_change() -> None:
    turned = {**ALLOW, "Action": ["s3:listbucket", "s3:GetObject"], "Principal": "*"}
    live = replace(
        LIVE,
        caller=replace(LIVE.caller, arn="arn:aws:sts::111122223333:assumed-role/x/session-two"),
        buckets={"acme-data": replace(BUCKET, policy_json=Present(text(DENY, turned)))},
        policies={POLICY: Present(replace(OURS, users=("eve", "ada"), tags={"b": "2", "a": "1"}))},
        keys={**LIVE.keys, KEY: replace(A_KEY, grants=Present((grant("rds", grant_id="g3"), *A_KEY.grants.value)))},
        unlisted={"role": Unreadable(action="iam:ListRoles", resource="*", reason="session two may not")},
    )
    put = replace(PUT, before_json=text(DENY, turned), document_json=text(DENY, turned, ALLOW))
    first = replace(PLAN.changes[0], operation=put, details=("= B", "+ A"))
    blocked = replace(PLAN.changes[1], reason="session two may not")
    plan = replace(PLAN, changes=(blocked, first), findings=(replace(PLAN.findings[0], message="session two"),))
    now = load(PlanFile.of(saved(plan, live)).text).plan
    assert facts(live, "personalize") == facts(LIVE, "personalize")
    plan_checks.refuse_stale(saved(), now)
    plan_checks.refuse_other(saved(), now)


@pytest.mark.parametrize(
    ("plan", "says"),
    [
        (replace(PLAN, role_arn="arn:x"), "role: "),
        (replace(PLAN, changes=PLAN.changes[:1]), f"only in the file: blocked key-policy {KEY}"),
        (replace(PLAN, changes=PLAN.changes * 2), "only now: update bucket-policy acme-data"),
        (replace(PLAN, documents=()), "only in the file: bucket-policy acme-data, as it would be stored"),
        (replace(PLAN, findings=()), "only in the file: the finding c about r"),
        *(
            (replace(PLAN, changes=(replace(PLAN.changes[0], **changed), PLAN.changes[1])), "bucket-policy acme-data")
            for changed in (
                {"operation": replace(PUT, bucket="other")},
                {"operation": replace(PUT, document_json=text(ALLOW))},
                {"operation": replace(PUT, document_json=None)},
                {"wave": Wave.DELETE},
                {"reason": "another"},
                {"details": ("+ A",)},
                {"operation": None},
            )
        ),
    ],
)
def test_another_plan_from_the_same_account_is_refused_with_the_first_differences(plan: Plan, says: str) -> None:
    for one, other in ((saved(), saved(plan)), (load(PlanFile.of(saved()).text).plan, saved(plan))):
        with pytest.raises(PlanTampered) as error:
            plan_checks.refuse_other(one, other)
        assert says in error.value.message


def test_another_version_or_other_templates_are_named_as_what_makes_the_difference() -> None:
    now = saved(replace(PLAN, changes=()))
    for old, says in ((replace(saved(), tool="0.0.1"), "version 0.0.1"), (saved(policies_dir="/p"), "templates in /p")):
        with pytest.raises(plan_checks.PlanStale) as error:
            plan_checks.refuse_other(old, now)
        assert says in error.value.reason
    plan_checks.refuse_other(replace(saved(), tool="0.0.1"), saved())


def test_an_account_that_is_as_the_plan_says_looks_as_if_it_was_applied() -> None:
    changed = replace(LIVE, attached_counts={})
    for plan, told in ((replace(PLAN, changes=()), True), (PLAN, False)):
        with pytest.raises(plan_checks.PlanStale) as error:
            plan_checks.refuse_stale(saved(), saved(plan, changed))
        assert ("applied already" in error.value.reason) is told


@pytest.mark.parametrize(
    ("caller", "says"),
    [
        (replace(LIVE.caller, place=replace(PLACE, account="4")), "account: the plan is for 111122223333, this is 4"),
        (
            replace(LIVE.caller, place=replace(PLACE, partition="aws-cn")),
            "partition: the plan is for aws, this is aws-cn",
        ),
        (replace(LIVE.caller, place=replace(PLACE, region="us-east-1")), "Region: the plan is for eu-west-1"),
        (replace(LIVE.caller, endpoint="http://x"), "endpoint: the plan is for AWS's own, this is http://x"),
    ],
)
def test_a_plan_for_elsewhere_is_refused_with_both_sides(caller: Caller, says: str) -> None:
    plan_checks.refuse_foreign(saved(), LIVE.caller)
    with pytest.raises(plan_checks.PlanForeign) as error:
        plan_checks.refuse_foreign(saved(), caller)
    assert says in error.value.message


def test_two_texts_have_one_digest_only_if_they_are_the_same_document() -> None:
    same = [
        text(ALLOW, DENY),
        text(DENY, {**ALLOW, "Action": ["S3:LISTBUCKET", "s3:GetObject"]}),
        f" {text(ALLOW, DENY)}",
    ]
    others = [text(ALLOW), text(ALLOW, DENY, DENY), text(ALLOW, {**DENY, "X": 1}), "", "{", "{ ", "\ud800"]
    assert len({documents.digest(one, "aws") for one in same}) == 1
    assert len({documents.digest(one, "aws") for one in (*same, *others)}) == 1 + len(others)


def test_every_refusal_says_what_to_do_next() -> None:
    with pytest.raises(PersonalizePermsError) as error:
        plan_checks.refuse_other(saved(), saved(replace(PLAN, changes=())))
    assert error.value.hint.startswith("make a new plan")
