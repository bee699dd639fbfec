"""What a failed run has done, turned around: in reverse order, and only that."""

from dataclasses import replace
from typing import get_args

import pytest

from personalize_perms.engine.reversal import reverse
from personalize_perms.model.caller import Caller
from personalize_perms.model.changes import Action, Change, Outcome, Plan, Status, Wave
from personalize_perms.model.identity import Assignment, PolicyReference, SetPlace
from personalize_perms.model.names import AccountId
from personalize_perms.model.operations import (
    AddReference,
    Assign,
    Attach,
    CreateGrant,
    CreatePermissionSet,
    CreatePolicy,
    CreateRole,
    DeletePermissionSet,
    DeletePolicy,
    DeletePolicyVersion,
    DeleteRole,
    DescribeRole,
    Detach,
    DropReference,
    Operation,
    Provision,
    PutBucketPolicy,
    PutKeyPolicy,
    RevokeGrant,
    SetBoundary,
    TagPermissionSet,
    TagPolicy,
    TagRole,
    Unassign,
    UpdatePolicy,
    UpdateTrust,
)
from personalize_perms.model.resources import PrincipalKind
from personalize_perms.model.settings import Place

CALLER = Caller(place=Place(account=AccountId("111122223333"), region="eu-west-1", partition="aws"), arn="")
RUN = {"personalize-perms:run": "r1"}
ATTACH = Attach(policy_arn="p", principal_kind=PrincipalKind.USER, principal_name="ada")
DETACH = Detach(policy_arn="p", principal_kind=PrincipalKind.USER, principal_name="ada")
GRANT = CreateGrant(key_arn="k", name="g", grantee_arn="r", operations=("Decrypt",))
POLICY = CreatePolicy(arn="p", name="p", path="/", description="", document_json="{}", tags=RUN)
ROLE = CreateRole(name="r", arn="a", path="/", description="", boundary_arn="", document_json="{}", tags=RUN)
TAGS = TagPolicy(arn="p", add={"a": "2", "new": "1"}, remove=("old",), before={"a": "1", "old": "0", "x": "y"})

PEOPLE = SetPlace(region="eu-west-1", instance_arn="i", name="people")
POLICY_OF_PEOPLE = PolicyReference(name="p")
ADA = Assignment(account="1", principal_kind=PrincipalKind.USER, principal_id="ada")
PROVISION = Provision(place=PEOPLE, account="1", policy_arn="p")

TURNED: list[tuple[Operation, Operation | None]] = [
    (POLICY, DeletePolicy(arn="p", run_id="r1")),
    (ROLE, DeleteRole(role_name="r", run_id="r1")),
    (ATTACH, DETACH),
    (DETACH, ATTACH),
    (GRANT, RevokeGrant(key_arn="k", grant_id="", created=GRANT)),
    (
        PutBucketPolicy(bucket="b", before_json=None, document_json="new"),
        PutBucketPolicy(bucket="b", before_json="new", document_json=None),
    ),
    (
        PutKeyPolicy(key_arn="k", before_json="old", document_json="new"),
        PutKeyPolicy(key_arn="k", before_json="new", document_json="old"),
    ),
    (
        UpdateTrust(role_name="r", before_json="old", document_json="new"),
        UpdateTrust(role_name="r", before_json="new", document_json="old"),
    ),
    (
        UpdatePolicy(arn="p", before_json="old", document_json="new"),
        UpdatePolicy(arn="p", before_json="new", document_json="old"),
    ),
    (
        DescribeRole(role_name="r", description="new", before="old"),
        DescribeRole(role_name="r", description="old", before="new"),
    ),
    (
        SetBoundary(role_name="r", boundary_arn="new", before_arn="old"),
        SetBoundary(role_name="r", boundary_arn="old", before_arn="new"),
    ),
    (CreatePermissionSet(place=PEOPLE, description="", tags=RUN), DeletePermissionSet(place=PEOPLE, run_id="r1")),
    (AddReference(place=PEOPLE, policy=POLICY_OF_PEOPLE), DropReference(place=PEOPLE, policy=POLICY_OF_PEOPLE)),
    (DropReference(place=PEOPLE, policy=POLICY_OF_PEOPLE), AddReference(place=PEOPLE, policy=POLICY_OF_PEOPLE)),
    (
        Assign(place=PEOPLE, assignment=ADA, policy_arn="p"),
        Unassign(place=PEOPLE, assignment=ADA, policy_arn="p"),
    ),
    (
        Unassign(place=PEOPLE, assignment=ADA, policy_arn="p"),
        Assign(place=PEOPLE, assignment=ADA, policy_arn="p"),
    ),
    (PROVISION, PROVISION),
    (DeletePermissionSet(place=PEOPLE), None),
    (SetBoundary(role_name="r", boundary_arn="new"), None),
    (DeletePolicy(arn="p"), None),
    (DeletePolicyVersion(arn="p", version_id="v1"), None),
    (DeleteRole(role_name="r"), None),
    (RevokeGrant(key_arn="k", grant_id="1"), None),
]


def done(operation: Operation, wave: Wave = Wave.GRANT, status: Status = Status.DONE) -> Outcome:
    change = Change(
        action=Action.CREATE, kind="thing", resource="it", reason="", operation=operation, wave=wave, details=("+ A",)
    )
    return Outcome(change=change, status=status)


def reversed_changes(*outcomes: Outcome) -> tuple[Change, ...]:
    plan = Plan(name="n", caller=CALLER, role_arn="", changes=tuple(o.change for o in outcomes), documents=())
    return reverse(plan, outcomes).changes


@pytest.mark.parametrize(("operation", "inverse"), TURNED, ids=lambda operation: type(operation).__name__)
def test_each_change_is_turned_around_or_named(operation: Operation, inverse: Operation | None) -> None:
    (change,) = reversed_changes(done(operation))
    assert change.operation == inverse
    assert (change.action is Action.BLOCKED) == (inverse is None)
    assert change.reason
    if inverse:
        assert (change.action, change.details) == (Action.DELETE, ("- A",))


def test_no_kind_of_change_is_left_out() -> None:
    assert {type(operation) for operation, _ in TURNED} == {*get_args(Operation)} - {
        TagPolicy,
        TagRole,
        TagPermissionSet,
    }


@pytest.mark.parametrize(
    "tagged",
    [
        TAGS,
        TagRole(role_name="r", add=TAGS.add, remove=("old",), before=TAGS.before),
        TagPermissionSet(place=PEOPLE, add=TAGS.add, remove=("old",), before=TAGS.before),
    ],
    ids=lambda operation: type(operation).__name__,
)
def test_the_tags_that_were_touched_are_as_before_and_no_others(
    tagged: TagPolicy | TagRole | TagPermissionSet,
) -> None:
    (change,) = reversed_changes(done(tagged))
    assert isinstance(change.operation, TagPolicy | TagRole | TagPermissionSet)
    assert (change.operation.add, change.operation.remove) == ({"a": "1", "old": "0"}, ("new",))


def test_what_came_last_is_taken_back_first() -> None:
    last = done(DETACH, Wave.CLEAR)
    changes = reversed_changes(done(ROLE, Wave.PROVIDE), done(ATTACH, Wave.GRANT), last)
    assert [type(change.operation) for change in changes] == [Attach, Detach, DeleteRole]
    assert [change.wave for change in changes] == [Wave.GRANT, Wave.CLEAR, Wave.DELETE]
    side_by_side = reversed_changes(done(ROLE), done(ATTACH))
    assert [type(change.operation) for change in side_by_side] == [Detach, DeleteRole]


def test_a_permission_set_is_provisioned_as_it_was_before_the_policy_that_was_put_in_goes() -> None:
    added = done(AddReference(place=PEOPLE, policy=POLICY_OF_PEOPLE))
    changes = reversed_changes(done(POLICY, Wave.PROVIDE), added, done(PROVISION, Wave.ASSIGN))
    assert [type(change.operation) for change in changes] == [DropReference, Provision, DeletePolicy]
    assert len({change.wave for change in changes}) == 3


def test_only_what_was_done_or_may_have_been_done_is_taken_back() -> None:
    failed, skipped = done(ATTACH, status=Status.FAILED), done(DETACH, status=Status.SKIPPED)
    unseen = replace(done(GRANT, status=Status.FAILED), sent=True)
    assert [type(change.operation) for change in reversed_changes(failed, skipped, unseen)] == [RevokeGrant]
