"""What became of the last calls of a killed run is looked up, told once, and written into its journal."""

import json
import os
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, get_args

import pytest

from personalize_perms.aws.errors import AwsError, Fault
from personalize_perms.engine import recovery
from personalize_perms.engine.journal import Journal, JournalError, journal_folder
from personalize_perms.engine.journals import NOT_SEEN, open_runs, read_runs
from personalize_perms.engine.recovery import Standing, findings, settle
from personalize_perms.engine.standing import standing
from personalize_perms.model.caller import Caller
from personalize_perms.model.changes import Action, Change, Plan
from personalize_perms.model.identity import Assignment, PolicyReference, SetPlace
from personalize_perms.model.live import (
    Absent,
    LiveGrant,
    LiveRole,
    PolicyEntities,
    PolicyHead,
    Present,
    Read,
    Unreadable,
)
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
RUN = "personalize-perms:run"


def text(*sids: str) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Sid": sid, "Effect": "Allow"} for sid in sids]})


BEFORE, AFTER = text("Theirs", "Old"), text("Theirs", "New")
GRANT = CreateGrant(key_arn="k", name="g", grantee_arn="r", operations=("Decrypt",))
LIVE_GRANT = LiveGrant(grant_id="1", name="g", grantee="r", operations=("Decrypt",))
ATTACH = Attach(policy_arn="a", principal_kind=PrincipalKind.USER, principal_name="ada")
DETACH = Detach(policy_arn="a", principal_kind=PrincipalKind.USER, principal_name="ada")
NEW_POLICY = CreatePolicy(arn="a", name="n", path="/", description="", document_json=AFTER, tags={})
NEW_ROLE = CreateRole(name="n", arn="a", path="/", description="", boundary_arn="", document_json=AFTER, tags={})
ROLE = LiveRole(
    name="n", arn="a", role_id="", path="/", description="", boundary_arn="", tags={RUN: "run"}, trust_json=AFTER
)
HEAD = PolicyHead(arn="a", tags={RUN: "run"}, version_id="v1", boundary_of=0)
TAGS = {"add": {"a": "new", "b": "new"}, "remove": ("c",), "before": {"a": "old", "c": "old", "d": "old"}}


def read(found: object) -> Read[Any]:
    return Absent() if found is None else found if isinstance(found, Unreadable) else Present(found)  # type: ignore[return-value]


def account(**there: Any) -> Any:
    """An account in which everything that can be read about is `there`, or not there."""
    iam = SimpleNamespace(
        read_policy_head=lambda _: read(there.get("head")),
        read_policy_document=lambda *_: read(there.get("text")),
        read_policy_versions=lambda _: read(there.get("versions")),
        read_policy_entities=lambda _: read(there.get("entities")),
        read_role=lambda _: read(there.get("role")),
    )
    s3 = SimpleNamespace(read_bucket_policy=lambda _: read(there.get("text")))
    kms = SimpleNamespace(
        read_key_policy=lambda _: read(there.get("text")), read_grants=lambda _: read(there.get("grants"))
    )
    center = SimpleNamespace(
        read_set_arn=lambda _: read(there.get("set")),
        read_description=lambda *_: read(there.get("set")),
        read_tags=lambda *_: read(there.get("tags")),
        read_references=lambda *_: there["references"],
        read_assignments=lambda *_: there["assigned"],
        read_accounts=lambda *_, **__: there["outdated"],
    )
    return SimpleNamespace(caller=CALLER, iam=iam, s3=s3, kms=kms, identity_center=center, workers=4)


def role(**facts: Any) -> dict[str, LiveRole]:
    return {"role": replace(ROLE, **facts)}


def tagged(**tags: str) -> dict[str, Any]:
    return {"head": replace(HEAD, tags=tags), **role(tags=tags)}


BUCKET = PutBucketPolicy(bucket="b", before_json=BEFORE, document_json=AFTER)
KEY = PutKeyPolicy(key_arn="k", before_json=BEFORE, document_json=AFTER)
POLICY = UpdatePolicy(arn="a", before_json=BEFORE, document_json=AFTER)
TRUST = UpdateTrust(role_name="n", before_json=BEFORE, document_json=AFTER)
HELD = PolicyEntities(users=("ada",), groups=(), roles=())
FREE = PolicyEntities(users=("eve",), groups=(), roles=("ada",))

PEOPLE = SetPlace(region="eu-west-1", instance_arn="i", name="people")
POLICY_OF_PEOPLE = PolicyReference(name="p")
ADA = Assignment(account="1", principal_kind=PrincipalKind.USER, principal_id="ada")
NEW_SET = CreatePermissionSet(place=PEOPLE, description="", tags={RUN: "run"})

CASES: list[tuple[Operation, dict[str, Any], Standing]] = [
    *((operation, {"text": AFTER, "head": HEAD}, Standing.APPLIED) for operation in (BUCKET, KEY, POLICY)),
    *((operation, {"text": BEFORE, "head": HEAD}, Standing.NOT_APPLIED) for operation in (BUCKET, KEY, POLICY)),
    *(
        (operation, {"text": text("Theirs", "Other"), "head": HEAD}, Standing.CHANGED)
        for operation in (BUCKET, KEY, POLICY)
    ),
    *((operation, {"text": "not JSON", "head": HEAD}, Standing.CHANGED) for operation in (BUCKET, KEY, POLICY)),
    # Others may have added something of their own: ours is there, or not, all the same.
    (BUCKET, {"text": text("Later", "Theirs", "New")}, Standing.APPLIED),
    (BUCKET, {"text": text("Later", "Old", "Theirs")}, Standing.NOT_APPLIED),
    (BUCKET, {"text": text("Theirs", "Old", "New")}, Standing.CHANGED),
    (BUCKET, {}, Standing.CHANGED),
    (replace(BUCKET, before_json=None), {}, Standing.NOT_APPLIED),
    (replace(BUCKET, before_json=None), {"text": AFTER}, Standing.APPLIED),
    (replace(BUCKET, document_json=None), {}, Standing.APPLIED),
    (replace(BUCKET, document_json=None), {"text": BEFORE}, Standing.NOT_APPLIED),
    (KEY, {}, Standing.CHANGED),
    (POLICY, {}, Standing.CHANGED),
    (replace(POLICY, document_json=text("Theirs")), {}, Standing.CHANGED),
    (TRUST, role(), Standing.APPLIED),
    (TRUST, role(trust_json=BEFORE), Standing.NOT_APPLIED),
    (TRUST, role(trust_json=text("New", "Old")), Standing.CHANGED),
    (TRUST, {}, Standing.CHANGED),
    (NEW_POLICY, {}, Standing.NOT_APPLIED),
    (NEW_POLICY, {"head": HEAD, "text": AFTER}, Standing.APPLIED),
    (NEW_POLICY, {"head": replace(HEAD, tags={RUN: "another"}), "text": AFTER}, Standing.CHANGED),
    (NEW_POLICY, {"head": replace(HEAD, tags={}), "text": AFTER}, Standing.CHANGED),
    (NEW_ROLE, {}, Standing.NOT_APPLIED),
    (NEW_ROLE, role(), Standing.APPLIED),
    (NEW_ROLE, role(tags={}), Standing.CHANGED),
    (NEW_ROLE, role(trust_json=BEFORE), Standing.CHANGED),
    (DeletePolicyVersion(arn="a", version_id="v1"), {"versions": ("v2",)}, Standing.APPLIED),
    (DeletePolicyVersion(arn="a", version_id="v1"), {"versions": ("v1", "v2")}, Standing.NOT_APPLIED),
    (DeletePolicy(arn="a"), {}, Standing.APPLIED),
    (DeletePolicy(arn="a"), {"head": HEAD}, Standing.NOT_APPLIED),
    (DeleteRole(role_name="n"), {}, Standing.APPLIED),
    (DeleteRole(role_name="n"), role(), Standing.NOT_APPLIED),
    (ATTACH, {"entities": HELD}, Standing.APPLIED),
    (ATTACH, {"entities": FREE}, Standing.NOT_APPLIED),
    (DETACH, {"entities": FREE}, Standing.APPLIED),
    (DETACH, {"entities": HELD}, Standing.NOT_APPLIED),
    (GRANT, {"grants": (LIVE_GRANT,)}, Standing.APPLIED),
    (GRANT, {"grants": ()}, Standing.NOT_APPLIED),
    (RevokeGrant(key_arn="k", grant_id="1"), {"grants": ()}, Standing.APPLIED),
    (RevokeGrant(key_arn="k", grant_id="1"), {"grants": (LIVE_GRANT,)}, Standing.NOT_APPLIED),
    (RevokeGrant(key_arn="k", grant_id="", created=GRANT), {"grants": (LIVE_GRANT,)}, Standing.NOT_APPLIED),
    *(
        (operation, tagged(**tags), expected)
        for operation in (TagPolicy(arn="a", **TAGS), TagRole(role_name="n", **TAGS))  # type: ignore[arg-type]
        for tags, expected in [
            ({"a": "new", "b": "new", "d": "theirs"}, Standing.APPLIED),
            ({"a": "old", "c": "old", "d": "theirs"}, Standing.NOT_APPLIED),
            ({"a": "new", "b": "new", "c": "old"}, Standing.NOT_APPLIED),
            ({"a": "theirs", "c": "old"}, Standing.CHANGED),
            ({"a": "old", "c": "theirs"}, Standing.CHANGED),
        ]
    ),
    (TagPolicy(arn="a", add={"a": "b"}), {}, Standing.CHANGED),
    (NEW_SET, {}, Standing.NOT_APPLIED),
    (NEW_SET, {"set": "s", "tags": {RUN: "run"}}, Standing.APPLIED),
    (NEW_SET, {"set": "s", "tags": {RUN: "another"}}, Standing.CHANGED),
    (NEW_SET, {"set": "s", "tags": {}}, Standing.CHANGED),
    (DeletePermissionSet(place=PEOPLE), {}, Standing.APPLIED),
    (DeletePermissionSet(place=PEOPLE), {"set": "s"}, Standing.NOT_APPLIED),
    (TagPermissionSet(place=PEOPLE, **TAGS), {"set": "s", "tags": {"a": "new", "b": "new"}}, Standing.APPLIED),  # type: ignore[arg-type]
    (TagPermissionSet(place=PEOPLE, **TAGS), {"set": "s", "tags": {"a": "old", "c": "old"}}, Standing.NOT_APPLIED),  # type: ignore[arg-type]
    (TagPermissionSet(place=PEOPLE, **TAGS), {"set": "s", "tags": {"a": "theirs"}}, Standing.CHANGED),  # type: ignore[arg-type]
    *(
        (kind(place=PEOPLE, policy=POLICY_OF_PEOPLE), {"set": "s", "references": found}, standing)
        for kind, found, standing in [
            (AddReference, {POLICY_OF_PEOPLE}, Standing.APPLIED),
            (AddReference, set(), Standing.NOT_APPLIED),
            (DropReference, set(), Standing.APPLIED),
            (DropReference, {POLICY_OF_PEOPLE}, Standing.NOT_APPLIED),
        ]
    ),
    *(
        (kind(place=PEOPLE, assignment=ADA, policy_arn="p"), {"set": "s", "assigned": found}, standing)
        for kind, found, standing in [
            (Assign, {ADA}, Standing.APPLIED),
            (Assign, set(), Standing.NOT_APPLIED),
            (Unassign, set(), Standing.APPLIED),
            (Unassign, {ADA}, Standing.NOT_APPLIED),
        ]
    ),
    (Assign(place=PEOPLE, assignment=ADA, policy_arn="p"), {}, Standing.NOT_APPLIED),
    (Unassign(place=PEOPLE, assignment=ADA), {}, Standing.APPLIED),
    (Provision(place=PEOPLE, account="1", policy_arn="p"), {"set": "s", "outdated": set()}, Standing.APPLIED),
    (Provision(place=PEOPLE, account="1", policy_arn="p"), {"set": "s", "outdated": {"1"}}, Standing.NOT_APPLIED),
    (TagRole(role_name="n", add={"a": "b"}), {}, Standing.CHANGED),
    (DescribeRole(role_name="n", description="new", before="old"), role(description="new"), Standing.APPLIED),
    (DescribeRole(role_name="n", description="new", before="old"), role(description="old"), Standing.NOT_APPLIED),
    (DescribeRole(role_name="n", description="new", before="old"), role(description="theirs"), Standing.CHANGED),
    (DescribeRole(role_name="n", description="new", before="old"), {}, Standing.CHANGED),
    (SetBoundary(role_name="n", boundary_arn="new"), role(boundary_arn="new"), Standing.APPLIED),
    (SetBoundary(role_name="n", boundary_arn="new"), role(boundary_arn=""), Standing.NOT_APPLIED),
    (SetBoundary(role_name="n", boundary_arn="new"), role(boundary_arn="theirs"), Standing.CHANGED),
]


@pytest.mark.parametrize(("operation", "there", "expected"), CASES)
def test_what_is_there_tells_what_became_of_a_change(
    operation: Operation, there: dict[str, Any], expected: Standing
) -> None:
    assert standing(account(**there), operation, "run") is expected


def test_every_operation_was_asked_about_and_has_its_words() -> None:
    every = set(get_args(Operation))
    assert {type(operation) for operation, *_ in CASES} == every
    assert set(recovery._WORDS) == {kind.__name__ for kind in every}
    assert set(recovery._SHOWN) == set(Standing)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The journals after a run that was killed in the middle of three writes."""
    folder = journal_folder(CALLER, "team", tmp_path / "state")
    journal = Journal.open(
        Plan(name="team", caller=CALLER, role_arn="", changes=(), documents=()), folder, command="apply"
    )
    for resource, operation in (("b", BUCKET), ("k", GRANT), ("k", KEY)):
        journal.intend(Change(action=Action.UPDATE, kind="kind", resource=resource, reason="", operation=operation))
    journal.close()
    return folder


def test_what_was_found_is_told_once(folder: Path) -> None:
    there = account(text=BEFORE, grants=(LIVE_GRANT,))
    settled = settle(there, open_runs(folder))
    assert [one.standing for one in settled] == [Standing.NOT_APPLIED, Standing.APPLIED, Standing.NOT_APPLIED]
    assert settle(there, open_runs(folder)) == ()
    (run,) = read_runs(folder)
    assert [entry.status for entry in run.entries] == [NOT_SEEN, "applied", NOT_SEEN]


def test_what_may_not_be_read_stays_open_and_is_told_again(folder: Path) -> None:
    hidden = Unreadable(action="kms:ListGrants", resource="k", reason="denied")
    first = settle(account(text=AFTER, grants=hidden), open_runs(folder))
    assert [one.standing for one in first] == [Standing.APPLIED, Standing.UNKNOWN, Standing.APPLIED]
    assert "kms:ListGrants on k" in findings(first)[1].message
    (again,) = settle(account(grants=hidden), open_runs(folder))
    assert (again.entry.operation, again.standing) == (GRANT, Standing.UNKNOWN)
    settle(account(grants=()), open_runs(folder))
    assert open_runs(folder) == ()


def test_a_run_that_cannot_be_looked_into_at_all_keeps_its_journal_as_it_is(folder: Path) -> None:
    def fails(_: str) -> None:
        raise AwsError(Fault.UNREACHABLE, code="x", message="no way", action="s3:GetBucketPolicy", resource="b")

    there = account(text=AFTER, grants=())
    there.s3 = SimpleNamespace(read_bucket_policy=fails)
    (run,) = open_runs(folder)
    before = run.path.read_bytes()
    with pytest.raises(AwsError):
        settle(there, [run])
    assert run.path.read_bytes() == before


def test_what_was_found_but_cannot_be_written_down_stops_the_run(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (run,) = open_runs(folder)
    before = run.path.read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(JournalError, match="nothing was changed"):
        settle(account(text=AFTER, grants=()), [run])
    assert run.path.read_bytes() == before


def test_a_finding_says_what_was_about_to_happen_what_is_there_and_what_is_next(folder: Path) -> None:
    runs = open_runs(folder)
    found = findings(settle(account(text=text("Other"), grants=(LIVE_GRANT,)), runs))
    assert {finding.check for finding in found} == {"interrupted-run"}
    assert [finding.resource for finding in found] == ["b", "k", "k"]
    assert f"the run of {runs[0].started:%Y-%m-%d %H:%M:%S} UTC (apply)" in found[0].message
    assert "about to change the policy of this bucket" in found[0].message
    assert "left to whoever changed it" in found[0].remedy
    assert found[1].message.endswith("about to create a grant on this key: that is done")
