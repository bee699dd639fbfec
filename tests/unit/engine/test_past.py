"""What the journal of earlier runs tells an undo."""

import json

import pytest

from personalize_perms import documents
from personalize_perms.documents import DocumentKind
from personalize_perms.engine.past import document_place, past
from personalize_perms.model import ownership
from personalize_perms.model.identity import SetPlace
from personalize_perms.model.operations import (
    Attach,
    CreateGrant,
    CreatePermissionSet,
    CreatePolicy,
    CreateRole,
    DeletePermissionSet,
    DeletePolicy,
    DeleteRole,
    Detach,
    Operation,
    PutBucketPolicy,
    PutKeyPolicy,
    UpdateTrust,
)
from personalize_perms.model.resources import PrincipalKind

NAME = "team-a"
PREFIX = ownership.sid_prefix(NAME)
KEY = "arn:aws:kms:eu-west-1:111122223333:key/1111"
SET = SetPlace(region="eu-west-1", instance_arn="i", name="people")
POLICY = f"arn:aws:iam::111122223333:policy/{NAME}"
THEIRS = {"Sid": "Theirs", "Effect": "Allow", "Action": "sts:AssumeRole"}
OURS = {"Sid": f"{PREFIX}Reads", "Effect": "Allow", "Action": ["s3:GetObject"]}
CHANGED = {**OURS, "Action": "s3:PutObject"}


def text(*statements: dict[str, object]) -> str:
    return json.dumps({"Statement": statements})


def form(statement: dict[str, object]) -> str:
    return documents.normalised(statement, "aws")  # type: ignore[arg-type]


def create_role(name: str, document_json: str) -> CreateRole:
    arn = f"arn:aws:iam::111122223333:role/{name}"
    return CreateRole(
        name=name, arn=arn, path="/", description="", boundary_arn="", document_json=document_json, tags={}
    )


def create_policy(name: str) -> CreatePolicy:
    arn = f"arn:aws:iam::111122223333:policy/{name}"
    return CreatePolicy(arn=arn, name=name, path="/", description="", document_json="", tags={})


def attach(policy: str, kind: PrincipalKind, name: str) -> Attach:
    return Attach(policy_arn=f"{POLICY}-{policy}", principal_kind=kind, principal_name=name)


def detach(policy: str, kind: PrincipalKind, name: str) -> Detach:
    return Detach(policy_arn=f"{POLICY}-{policy}", principal_kind=kind, principal_name=name)


USER, GROUP, ROLE = PrincipalKind.USER, PrincipalKind.GROUP, PrincipalKind.ROLE


@pytest.mark.parametrize(
    ("operations", "entries"),
    [
        ([], set()),
        ([create_policy(f"{NAME}-service-access")], {f"s/{NAME}-service-access"}),
        ([create_policy(f"{NAME}-service-access-2")], {f"s/{NAME}-service-access-2"}),
        ([create_policy("p")], {"p/p"}),
        ([create_role("made", text(OURS))], {"r/made"}),
        ([UpdateTrust(role_name="legacy", before_json=text(), document_json=text(OURS))], {"t/legacy"}),
        (
            [
                create_role("made", text(OURS)),
                UpdateTrust(role_name="made", before_json=text(OURS), document_json=text(CHANGED)),
            ],
            {"r/made"},
        ),
        ([attach("user-access", USER, "ada"), attach("user-access", GROUP, "team")], {"u/ada", "g/team"}),
        ([attach("user-access", ROLE, "notebook")], {"a/notebook"}),
        ([attach("service-access", ROLE, "legacy")], set()),
        ([create_role("made", text(OURS)), attach("user-access", ROLE, "made")], {"r/made"}),
        ([attach("user-access", USER, "ada"), detach("user-access", USER, "ada")], set()),
        ([PutBucketPolicy(bucket="b", before_json=None, document_json=text(OURS))], {"b/b"}),
        ([PutKeyPolicy(key_arn=KEY, before_json=text(), document_json=text(OURS))], {"k/eu-west-1/1111"}),
        ([CreateGrant(key_arn=KEY, name="g", grantee_arn="", operations=())], {"G/eu-west-1/1111"}),
        ([DeletePolicy(arn=POLICY)], set()),
    ],
)
def test_what_was_made_is_remembered_as_the_ledger_would(operations: list[Operation], entries: set[str]) -> None:
    assert past(operations, NAME, "aws").entries == entries


def test_every_form_that_was_written_of_ours_is_known_and_nothing_of_others() -> None:
    operations = [
        PutBucketPolicy(bucket="b", before_json=text(THEIRS), document_json=text(THEIRS, OURS)),
        PutBucketPolicy(bucket="b", before_json=text(THEIRS, OURS), document_json=text(THEIRS, CHANGED)),
        PutBucketPolicy(bucket="b", before_json=text(THEIRS, CHANGED), document_json=None),
        PutKeyPolicy(key_arn=KEY, before_json=text(THEIRS), document_json=text(THEIRS, OURS)),
        create_role("made", text(OURS)),
    ]
    assert past(operations, NAME, "aws").written == {
        (DocumentKind.BUCKET_POLICY, "b"): {form(OURS), form(CHANGED)},
        (DocumentKind.KEY_POLICY, KEY): {form(OURS)},
        (DocumentKind.TRUST_POLICY, "made"): {form(OURS)},
    }


def test_what_a_statement_of_others_was_before_is_kept_each_time_and_in_order() -> None:
    second = {**THEIRS, "Sid": "Second"}
    operations = [
        UpdateTrust(
            role_name="legacy",
            before_json=text(THEIRS, second, THEIRS),
            document_json=text({**THEIRS, "Condition": {"Bool": {"a": "b"}}}, second, OURS),
        ),
        UpdateTrust(
            role_name="legacy",
            before_json=text(THEIRS, second),
            document_json=text(THEIRS, {**second, "Action": ["STS:assumeRole"]}, OURS),
        ),
    ]
    assert past(operations, NAME, "aws").replaced == {"legacy": (THEIRS, THEIRS)}


def test_what_was_taken_back_since_is_known_no_more() -> None:
    tightened = {**THEIRS, "Condition": {"Bool": {"a": "b"}}}
    operations = [
        UpdateTrust(role_name="legacy", before_json=text(THEIRS), document_json=text(tightened, OURS)),
        UpdateTrust(role_name="legacy", before_json=text(tightened, OURS), document_json=text(THEIRS)),
        create_role("made", text(OURS)),
        DeleteRole(role_name="made"),
    ]
    found = past(operations, NAME, "aws")
    assert (found.replaced, found.entries) == ({}, frozenset())


def test_what_was_looked_for_and_not_found_counts_as_made_and_not_as_taken_back() -> None:
    tightened = {**THEIRS, "Condition": {"Bool": {"a": "b"}}}
    operations = [
        UpdateTrust(role_name="legacy", before_json=text(THEIRS), document_json=text(tightened, OURS)),
        PutKeyPolicy(key_arn=KEY, before_json=text(THEIRS), document_json=text(THEIRS, OURS)),
        create_role("made", text(OURS)),
        CreatePermissionSet(place=SET, description="", tags={}),
        UpdateTrust(role_name="legacy", before_json=text(tightened, OURS), document_json=text(THEIRS)),
        DeleteRole(role_name="made"),
        DeletePermissionSet(place=SET),
    ]
    found = past(operations, NAME, "aws", unseen=range(len(operations)))
    assert found == past(operations[:4], NAME, "aws")
    assert found.entries >= {"t/legacy", "r/made", f"I/{SET}"}
    assert found.replaced == {"legacy": (THEIRS,)}


def test_only_trust_policies_hold_statements_of_others_that_were_changed() -> None:
    operations = [PutKeyPolicy(key_arn=KEY, before_json=text(THEIRS), document_json=text(OURS))]
    assert past(operations, NAME, "aws").replaced == {}


def test_a_text_that_cannot_be_read_tells_nothing() -> None:
    operations = [PutBucketPolicy(bucket="b", before_json="{", document_json=text(OURS))]
    found = past(operations, NAME, "aws")
    assert found.written == {(DocumentKind.BUCKET_POLICY, "b"): {form(OURS)}}


def test_what_another_set_up_wrote_is_not_ours() -> None:
    operations = [PutBucketPolicy(bucket="b", before_json=None, document_json=text(OURS))]
    assert past(operations, "teama", "aws").written == {(DocumentKind.BUCKET_POLICY, "b"): frozenset()}


@pytest.mark.parametrize(
    ("kind", "resource", "name"),
    [
        (DocumentKind.TRUST_POLICY, "arn:aws:iam::111122223333:role/path/legacy", "legacy"),
        (DocumentKind.TRUST_POLICY, "legacy", "legacy"),
        (DocumentKind.KEY_POLICY, KEY, KEY),
        (DocumentKind.BUCKET_POLICY, "b", "b"),
    ],
)
def test_a_document_is_found_by_what_names_it_in_a_plan(kind: DocumentKind, resource: str, name: str) -> None:
    assert document_place(kind, resource) == (kind, name)
