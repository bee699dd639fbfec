"""The plan that takes a set-up back: what goes, in which order, and what stays and is named."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from memory_account import PLACE, MemoryAccount
from scenes import BUCKET, KEY, NAME, ROLE, ROLE_ARN, applied, journal, plan_of, templates, undo_of

from personalize_perms.engine.observe import observe_for_undo
from personalize_perms.engine.past import Past
from personalize_perms.engine.undo import emptied, plan_undo
from personalize_perms.model import ownership
from personalize_perms.model.changes import Action, Plan
from personalize_perms.model.live import Unreadable
from personalize_perms.model.names import S3Location
from personalize_perms.model.operations import DeletePolicy, DeleteRole, Detach, PutBucketPolicy, PutKeyPolicy
from personalize_perms.model.resources import Desired, ManagedPolicy, PrincipalKind
from personalize_perms.model.settings import Hardening, Settings, SourceConditions
from unit import policies

SETTINGS = Settings(name=NAME, inputs=(S3Location.parse(f"s3://{BUCKET}/in/"),), kms_keys=(KEY,))
BY_NAME = Settings(name=NAME)
MADE = f"{NAME}-service-role"
MADE_ARN = PLACE.arn("iam", f"role/{MADE}")
LEDGER = PLACE.arn("iam", f"policy/{NAME}-service-access")
PEOPLE = PLACE.arn("iam", f"policy/{NAME}-user-access")
PREFIX = ownership.sid_prefix(NAME)
THEIRS = {"Sid": "Theirs", "Effect": "Allow", "Principal": {"AWS": PLACE.account}, "Action": "*", "Resource": "*"}


def document(*statements: dict[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


@pytest.fixture
def world() -> MemoryAccount:
    found = MemoryAccount(buckets={BUCKET: None}, keys={KEY: document(THEIRS)})
    found.role(ROLE, document({**THEIRS, "Action": "sts:AssumeRole"}))
    return found


def edit(text: str | None, change: Callable[[dict[str, object]], None], sid: str = PREFIX) -> str:
    found = json.loads(text or "")
    change(next(one for one in found["Statement"] if one["Sid"].startswith(sid)))
    return json.dumps(found)


def stays(plan: Plan) -> dict[str, str]:
    return {finding.resource: finding.message for finding in plan.findings}


def test_everything_goes_in_a_safe_order_and_the_memory_of_it_last(world: MemoryAccount) -> None:
    applied(world, plan_of(world, SETTINGS))
    plan = undo_of(world, SETTINGS, Past())
    kinds = [type(change.operation) for change in plan.writes]
    assert kinds[0] is PutBucketPolicy
    assert kinds[-1] is DeletePolicy
    assert plan.writes[-1].resource == LEDGER
    assert kinds.index(PutKeyPolicy) < kinds.index(DeleteRole)
    assert max(n for n, kind in enumerate(kinds) if kind is Detach) < kinds.index(DeleteRole)
    assert plan.refusals == ()
    assert plan.findings == ()


def test_where_there_was_no_bucket_policy_there_is_none_again(world: MemoryAccount) -> None:
    applied(world, plan_of(world, SETTINGS))
    plan = applied(world, undo_of(world, SETTINGS, Past()))
    assert [change.action for change in plan.writes if change.resource == BUCKET] == [Action.DELETE]
    assert world.buckets[BUCKET] is None


@pytest.mark.parametrize("hardening", Hardening)
@pytest.mark.parametrize("conditions", SourceConditions)
def test_what_an_earlier_run_wrote_in_another_form_is_ours(
    hardening: Hardening, conditions: SourceConditions, world: MemoryAccount
) -> None:
    applied(world, plan_of(world, replace(SETTINGS, hardening=hardening, source_conditions=conditions)))
    plan = applied(world, undo_of(world, SETTINGS, Past()))
    assert plan.findings == ()
    assert world.everything() == {"roles": {ROLE: (str(ROLE_ARN), "", {})}, "policies": {}, "grants": {}}


@pytest.mark.parametrize("knows", ["settings", "journal"])
def test_a_statement_of_ours_that_others_changed_stays_and_is_named(knows: str, world: MemoryAccount) -> None:
    applied(world, plan_of(world, SETTINGS))
    world.buckets[BUCKET] = edit(world.buckets[BUCKET], lambda one: one.update(Action="s3:*"))
    known = (SETTINGS, Past()) if knows == "settings" else (BY_NAME, journal(world))
    plan = undo_of(world, *known)
    assert BUCKET not in [change.resource for change in plan.writes]
    assert "somebody changed it, so it stays" in stays(plan)[BUCKET]
    assert LEDGER not in [change.resource for change in plan.writes if isinstance(change.operation, DeletePolicy)]
    assert "remember what could not be taken back" in stays(plan)[LEDGER]


def test_a_policy_that_may_not_be_read_is_blocked_and_remembered(world: MemoryAccount) -> None:
    applied(world, plan_of(world, SETTINGS))
    found = observe_for_undo(world.account, SETTINGS, templates(), Past())
    denied = Unreadable(action="iam:GetPolicy", resource=PEOPLE, reason="no")
    live = replace(found.live, policies={**found.live.policies, PEOPLE: denied})
    plan = plan_undo(found.desired, live, Past(), found.forms)
    assert [change.resource for change in plan.blocked] == [PEOPLE]
    assert "iam:GetPolicy" in plan.blocked[0].reason
    assert not any(change.operation == DeletePolicy(arn=LEDGER) for change in plan.writes)


def test_a_statement_of_ours_that_lets_others_in_stays_whatever_is_known(world: MemoryAccount) -> None:
    applied(world, plan_of(world, SETTINGS))
    world.keys[KEY] = edit(world.keys[KEY], lambda one: one.update(Principal={"AWS": PLACE.account}))
    plan = undo_of(world, BY_NAME, Past())
    assert KEY not in [change.resource for change in plan.writes]
    assert KEY in stays(plan)


def test_a_statement_of_ours_whose_role_was_deleted_goes(world: MemoryAccount) -> None:
    applied(world, plan_of(world, SETTINGS))
    dead = {"AWS": policies.DEAD, "Service": policies.SERVICE}
    world.keys[KEY] = edit(world.keys[KEY], lambda one: one.update(Principal=dead))
    applied(world, undo_of(world, SETTINGS, journal(world)))
    assert PREFIX not in world.keys[KEY]


@pytest.mark.parametrize("kind", ["bucket", "key"])
def test_a_role_that_a_statement_of_others_names_stays_in_every_undo(kind: str, world: MemoryAccount) -> None:
    applied(world, plan_of(world, SETTINGS))
    names_it = {**THEIRS, "Principal": {"AWS": MADE_ARN}}
    if kind == "bucket":
        world.buckets[BUCKET] = document(*json.loads(world.buckets[BUCKET] or "")["Statement"], names_it)
    else:
        world.keys[KEY] = document(*json.loads(world.keys[KEY])["Statement"], names_it)
    for _ in range(2):
        plan = applied(world, undo_of(world, BY_NAME, Past()))
        assert "a statement of others names it" in stays(plan)[MADE_ARN]
    assert MADE in world.roles
    assert "AROA" not in f"{world.buckets}{world.keys}"
    world.buckets[BUCKET], world.keys[KEY] = None, document(THEIRS)
    applied(world, undo_of(world, BY_NAME, Past()))
    assert world.everything() == {"roles": {ROLE: (str(ROLE_ARN), "", {})}, "policies": {}, "grants": {}}


def test_a_role_stays_while_our_statement_that_names_it_cannot_be_taken_out(world: MemoryAccount) -> None:
    applied(world, plan_of(world, SETTINGS))
    dead = {**THEIRS, "Principal": {"AWS": policies.DEAD}}
    whole = json.loads(world.keys[KEY])["Statement"]
    world.keys[KEY] = document(dead, *whole)
    plan = applied(world, undo_of(world, BY_NAME, Past()))
    assert [change.resource for change in plan.blocked] == [KEY]
    assert "which stays, may name it" in stays(plan)[MADE_ARN]
    assert MADE in world.roles
    world.keys[KEY] = document(*whole)
    applied(world, undo_of(world, BY_NAME, Past()))
    assert MADE not in world.roles
    assert world.policies == {}


def test_the_only_statement_of_an_adopted_roles_trust_policy_stays(world: MemoryAccount) -> None:
    adopted = replace(SETTINGS, role_arn=ROLE_ARN)
    applied(world, plan_of(world, adopted))
    ours = [one for one in json.loads(world.roles[ROLE].trust_json)["Statement"] if one["Sid"].startswith(PREFIX)]
    world.roles[ROLE] = replace(world.roles[ROLE], trust_json=document(*ours))
    plan = applied(world, undo_of(world, adopted, Past()))
    assert "cannot be empty" in stays(plan)[str(ROLE_ARN)]
    assert json.loads(world.roles[ROLE].trust_json)["Statement"] == ours


def test_a_key_never_loses_its_last_statement(world: MemoryAccount) -> None:
    applied(world, plan_of(world, SETTINGS))
    world.keys[KEY] = document(*json.loads(world.keys[KEY])["Statement"][1:])
    plan = undo_of(world, SETTINGS, Past())
    assert [change.reason for change in plan.blocked] == [
        "without our statements nobody could administer the key any more"
    ]


def test_a_lost_memory_is_made_good_by_settings_and_journal(world: MemoryAccount) -> None:
    before = world.everything()
    applied(world, plan_of(world, SETTINGS))
    remembered = journal(world)
    world.policies.pop(LEDGER)
    applied(world, undo_of(world, SETTINGS, remembered))
    assert world.everything() == before
    assert PREFIX not in f"{world.buckets}{world.keys}"


def test_whom_others_gave_our_policy_keeps_it(world: MemoryAccount) -> None:
    applied(world, plan_of(world, SETTINGS))
    arn = PLACE.arn("iam", f"policy/{NAME}-user-access")
    world.policies[arn].holders.add((PrincipalKind.USER, "eve"))
    plan = applied(world, undo_of(world, SETTINGS, journal(world)))
    assert "others attached it" in stays(plan)[arn]
    assert world.policies[arn].holders == {(PrincipalKind.USER, "eve")}


def test_a_set_up_that_wants_nothing_remembers_what_settings_and_journal_name() -> None:
    tags = {**ownership.write_ledger(["r/made"]), ownership.TAG_NAME: NAME}
    first, second = (
        ManagedPolicy(name=name, arn=PLACE.arn("iam", f"policy/{name}"), description="", statements=(), tags=tags)
        for name in (f"{NAME}-service-access", f"{NAME}-service-access-2")
    )
    wanted = Desired(
        name=NAME, place=PLACE, service_role_name=MADE, service_role_arn=MADE_ARN, resources=(first, second)
    )
    nothing = emptied(wanted, Past(entries=frozenset({"k/eu-west-1/1111"})))
    assert nothing.resources == ()
    assert nothing.remembered == {"r/made", f"s/{NAME}-service-access-2", "k/eu-west-1/1111"}
