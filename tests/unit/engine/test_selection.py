"""A part of a plan holds what mends a link and what that cannot be without, and never takes anything away."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalize_perms.engine import selection
from personalize_perms.model.caller import Caller
from personalize_perms.model.changes import Action, Change, Plan, StoredDocument
from personalize_perms.model.examination import Link
from personalize_perms.model.names import AccountId
from personalize_perms.model.operations import (
    Attach,
    CreateGrant,
    CreatePolicy,
    CreateRole,
    DeletePolicyVersion,
    DeleteRole,
    Operation,
    PutBucketPolicy,
    PutKeyPolicy,
    TagPolicy,
    UpdatePolicy,
)
from personalize_perms.model.resources import PrincipalKind
from personalize_perms.model.settings import Place

HERE = "arn:aws:iam::123456789012:"
ROLE, SERVICE, USER = f"{HERE}role/r", f"{HERE}policy/p-service-access", f"{HERE}policy/p-user-access"
KEY = "arn:aws:kms:eu-west-1:123456789012:key/1"
NAMES_ROLE = f'{{"Statement": [{{"Principal": {{"AWS": ["{ROLE}"]}}}}]}}'
NAMES_NOBODY = '{"Statement": [{"Principal": {"Service": "personalize.amazonaws.com"}}]}'


def change(kind: str, resource: str, operation: Operation | None, action: Action = Action.CREATE) -> Change:
    return Change(action=action, kind=kind, resource=resource, reason="", operation=operation)


MADE_ROLE = change(
    "role", ROLE, CreateRole(name="r", arn=ROLE, path="/", description="", boundary_arn="", document_json="", tags={})
)
MADE_POLICY = change(
    "managed-policy", SERVICE, CreatePolicy(arn=SERVICE, name="s", path="/", description="", document_json="", tags={})
)
ATTACHED = change(
    "attachment",
    f"{SERVICE} -> role/r",
    Attach(policy_arn=SERVICE, principal_kind=PrincipalKind.ROLE, principal_name="r"),
)
FOR_ADA = change(
    "attachment",
    f"{USER} -> user/ada",
    Attach(policy_arn=USER, principal_kind=PrincipalKind.USER, principal_name="ada"),
)
ROOM = change("managed-policy-version", f"{USER} v1", DeletePolicyVersion(arn=USER, version_id="v1"), Action.DELETE)
USERS = change("managed-policy", USER, UpdatePolicy(arn=USER, before_json="{}", document_json="{}"), Action.UPDATE)
TAGS = change("policy-tags", SERVICE, TagPolicy(arn=SERVICE, add={"a": "b"}), Action.UPDATE)
IN = change("bucket-policy", "in", PutBucketPolicy(bucket="in", before_json=None, document_json=NAMES_NOBODY))
OUT = change("bucket-policy", "out", PutBucketPolicy(bucket="out", before_json=None, document_json=NAMES_ROLE))
KEYED = change("key-policy", KEY, PutKeyPolicy(key_arn=KEY, before_json="", document_json=NAMES_ROLE), Action.UPDATE)
GRANT = change("grant", f"{KEY} g", CreateGrant(key_arn=KEY, name="g", grantee_arn=ROLE, operations=()))
OLD_ROLE = change("role", f"{HERE}role/old", DeleteRole(role_name="old"), Action.DELETE)
KEPT = change("role", f"{HERE}role/people", None, Action.KEEP)
STUCK = change("bucket-policy", "stuck", None, Action.BLOCKED)
ALL = (MADE_ROLE, MADE_POLICY, ATTACHED, FOR_ADA, ROOM, USERS, TAGS, IN, OUT, KEYED, GRANT, OLD_ROLE, KEPT, STUCK)
PLACE = Place(account=AccountId("123456789012"), region="eu-west-1", partition="aws")


def plan(*changes: Change) -> Plan:
    documents = tuple(
        StoredDocument(kind=kind, name=name, text="{}", document={})
        for kind, name in (
            ("bucket-policy", "in"),
            ("bucket-policy", "out"),
            ("trust-policy", "r"),
            ("managed-policy", "p-user-access"),
        )
    )
    caller = Caller(place=PLACE, arn="", endpoint="")
    return Plan(name="p", caller=caller, role_arn=ROLE, changes=changes, documents=documents)


def part(whole: Plan, *chosen: Change) -> set[str]:
    return {selection.line(one) for one in selection.selected(whole, [selection.line(one) for one in chosen]).changes}


def lines(*changes: Change) -> set[str]:
    return {selection.line(one) for one in changes}


def mending(*links: Link, changes: Iterable[Change] = ALL) -> set[str]:
    return set(selection.mending(plan(*changes), links, USER))


def test_a_bucket_that_names_nobody_new_needs_nothing_else_but_the_ledger() -> None:
    assert part(plan(*ALL), IN) == lines(IN, TAGS)


@pytest.mark.parametrize("chosen", [OUT, KEYED, GRANT])
def test_what_names_a_role_that_is_yet_to_be_made_needs_it_and_all_that_hangs_on_it(chosen: Change) -> None:
    assert part(plan(*ALL), chosen) == lines(MADE_ROLE, MADE_POLICY, ATTACHED, OUT, KEYED, GRANT, TAGS)
    there = [one for one in ALL if one is not MADE_ROLE]
    assert part(plan(*there), chosen) == lines(chosen, TAGS)


def test_an_attachment_needs_the_policy_and_a_policy_the_room() -> None:
    there = [one for one in ALL if one is not MADE_ROLE]
    assert part(plan(*there), ATTACHED) == lines(ATTACHED, MADE_POLICY, TAGS)
    assert part(plan(*there), USERS) == lines(USERS, ROOM, TAGS)


def test_nothing_is_taken_away_by_a_part() -> None:
    assert part(plan(*ALL), OLD_ROLE, IN) == lines(IN, TAGS)


def test_only_documents_of_the_part_are_shown() -> None:
    def shown(*chosen: Change) -> list[tuple[str, str]]:
        made = selection.selected(plan(*ALL), [selection.line(one) for one in chosen])
        return [(stored.kind, stored.name) for stored in made.documents]

    assert shown(IN) == [("bucket-policy", "in")]
    assert shown(USERS) == [("managed-policy", "p-user-access")]
    assert ("trust-policy", "r") in shown(KEYED)


def test_no_lines_are_the_whole_plan() -> None:
    assert selection.selected(plan(*ALL), ()) == plan(*ALL)


def test_each_link_is_mended_by_its_own_changes() -> None:
    assert mending(Link.BUCKET_POLICY) == lines(IN, OUT, STUCK)
    assert mending(Link.KEY_POLICY, Link.KEY_GRANT) == lines(KEYED, GRANT)
    assert mending(Link.ROLE_POLICY) == lines(MADE_ROLE, MADE_POLICY, ATTACHED)
    assert mending(Link.TRUST) == lines(MADE_ROLE)
    assert mending(Link.USER_POLICY) == mending(Link.PASS_ROLE) == lines(USERS, FOR_ADA)
    assert mending(Link.ASSUME_ROLE) == mending(Link.BUCKET_REGION) == mending(Link.KEY_STATE) == set()


@given(st.sets(st.integers(0, len(ALL) - 1), min_size=1))
def test_a_part_is_closed_ordered_and_within_the_whole(chosen: set[int]) -> None:
    whole = plan(*ALL)
    once = selection.selected(whole, [selection.line(ALL[number]) for number in chosen])
    again = selection.selected(whole, [selection.line(one) for one in once.changes])
    assert not once.changes or again == once
    assert [one for one in whole.changes if one in once.changes] == list(once.changes)
    assert OLD_ROLE not in once.changes
