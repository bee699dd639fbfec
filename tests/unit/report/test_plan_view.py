"""The plan as a person reads it: statement by statement, in words, marked without colour, and nothing foreign acted."""

import json
from typing import Any

from personalize_perms.documents.reach import Reach
from personalize_perms.model import ownership
from personalize_perms.model.caller import Caller
from personalize_perms.model.changes import Action, Change, Plan
from personalize_perms.model.names import AccountId
from personalize_perms.model.operations import (
    Attach,
    DeletePolicy,
    Operation,
    PutBucketPolicy,
    PutKeyPolicy,
    RevokeGrant,
    SetBoundary,
    TagRole,
    UpdateTrust,
)
from personalize_perms.model.resources import PrincipalKind
from personalize_perms.model.settings import Place
from personalize_perms.report.differences import Difference, difference
from personalize_perms.report.plan_lines import plan_lines

PLACE = Place(account=AccountId("111122223333"), region="eu-west-1", partition="aws")
SID = ownership.sid_prefix("personalize")
ROLE = "arn:aws:iam::111122223333:role/svc"
SERVICE = {"Service": "personalize.amazonaws.com"}
THEIRS = {"Sid": "Theirs", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::acme/*"}


def reads(*prefixes: str, **changes: Any) -> dict[str, Any]:
    resources = [f"arn:aws:s3:::acme/{prefix}*" for prefix in prefixes]
    statement = {"Sid": f"{SID}Reads", "Effect": "Allow", "Principal": SERVICE, "Action": "s3:GetObject"}
    return {**statement, "Resource": resources, **changes}


def text(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def change(operation: Operation | None, **more: Any) -> Change:
    return Change(
        **{
            "action": Action.UPDATE,
            "kind": "thing",
            "resource": "acme",
            "reason": "why",
            "operation": operation,
            **more,
        }
    )


def put(before: str | None, after: str | None) -> Change:
    return change(PutBucketPolicy(bucket="acme", before_json=before, document_json=after))


def seen(one: Change) -> Difference:
    return difference(one, "personalize", "aws")


def shown(*changes: Change, full: bool = False) -> list[str]:
    caller = Caller(place=PLACE, arn="")
    plan = Plan(name="personalize", caller=caller, role_arn=ROLE, changes=changes, documents=())
    return [line.text for line in plan_lines(plan, full=full)]


def test_a_new_statement_is_said_in_words_and_marked() -> None:
    lines = shown(put(text(THEIRS), text(THEIRS, reads("in/"))))
    at = lines.index(f"      + {SID}Reads (> broader)")
    assert lines[at + 1] == "          Amazon Personalize may read objects under s3://acme/in/"
    assert not [line for line in lines if "Theirs" in line]
    assert "Access: > broader in 1" in lines


def test_of_a_changed_statement_only_what_comes_and_goes_is_said() -> None:
    lines = shown(put(text(reads("in/", "old/")), text(reads("in/", "new/"))))
    at = lines.index(f"      ~ {SID}Reads (<> broader and narrower)")
    assert lines[at + 1 : at + 3] == [
        "          + Amazon Personalize may read objects under s3://acme/new/",
        "          - Amazon Personalize may read objects under s3://acme/old/",
    ]
    assert not [line for line in lines if "s3://acme/in/" in line]


def test_taking_back_is_narrower() -> None:
    found = seen(put(text(THEIRS, reads("in/")), text(THEIRS)))
    assert found.reach is Reach.NARROWER
    assert [(one.sign, one.own, one.reach) for one in found.statements] == [("-", True, Reach.NARROWER)]
    assert found.untouched == 1
    gone = change(DeletePolicy(arn="arn"), action=Action.DELETE, gone=text({**reads("in/"), "Principal": "*"}))
    assert seen(gone).reach is Reach.NARROWER
    assert [one.sign for one in seen(gone).statements] == ["-"]


def test_source_conditions_on_a_statement_of_others_are_narrower_and_theirs() -> None:
    theirs = {"Sid": "Old", "Effect": "Allow", "Principal": SERVICE, "Action": "sts:AssumeRole"}
    tight = {**theirs, "Condition": {"StringEquals": {"aws:SourceAccount": "111122223333"}}}
    operation = UpdateTrust(role_name="svc", before_json=text(theirs), document_json=text(tight))
    found = seen(change(operation, resource=ROLE, details=("~ Old: source conditions added",)))
    (statement,) = found.statements
    assert (statement.sign, statement.own, statement.reach) == ("~", False, Reach.NARROWER)
    assert ("-", "Amazon Personalize may take on this role") in statement.means
    lines = shown(found.change)
    assert "      ~ Old: source conditions added (< narrower)" in lines


def test_splitting_principals_off_as_they_were_is_not_broader() -> None:
    both = {"Sid": "Old", "Effect": "Allow", "Principal": {**SERVICE, "AWS": ROLE}, "Action": "sts:AssumeRole"}
    tight = {"StringEquals": {"aws:SourceAccount": "111122223333"}}
    split = [
        {**both, "Principal": {"AWS": ROLE}},
        {**both, "Sid": "OldPersonalize", "Principal": SERVICE, "Condition": tight},
    ]
    operation = UpdateTrust(role_name="svc", before_json=text(both), document_json=text(*split))
    found = seen(change(operation, resource=ROLE))
    assert found.reach is Reach.NARROWER
    assert [one.reach for one in found.statements] == [Reach.NARROWER, Reach.SAME]


def test_respelt_and_reordered_statements_are_no_change() -> None:
    respelt = reads("in/", Action=["S3:getobject"], Resource="arn:aws:s3:::acme/in/*")
    found = seen(put(text(THEIRS, reads("in/")), text(respelt, THEIRS)))
    assert found.reach is Reach.SAME
    assert [one.sign for one in found.statements] == ["="]


def test_a_document_that_cannot_be_read_may_be_broader() -> None:
    found = seen(put("not JSON", text(reads("in/"))))
    assert (found.reach, found.statements) == (Reach.UNCLEAR, ())
    assert [line for line in shown(found.change) if "+++" in line] == []


def test_what_has_no_document_is_said_and_marked_too() -> None:
    attach = Attach(policy_arn="arn:aws:iam::1:policy/p", principal_kind=PrincipalKind.GROUP, principal_name="ml")
    lines = shown(change(attach), change(RevokeGrant(key_arn="key", grant_id="1")))
    assert "      the group ml may do what the policy arn:aws:iam::1:policy/p allows (> broader)" in lines
    assert "      this grant no longer lets anybody use the key key (< narrower)" in lines
    assert "Access: > broader in 1, < narrower in 1" in lines
    boundary = SetBoundary(role_name="svc", boundary_arn="arn", before_arn="other")
    assert seen(change(boundary)).reach is Reach.UNCLEAR
    assert seen(change(TagRole(role_name="svc", add={"a": "b"}))).reach is None


def test_hundreds_of_places_are_counted_not_listed() -> None:
    lines = shown(put(None, text(reads(*(f"in{number}/" for number in range(300))))))
    assert len(lines) < 20
    assert "          and 292 more like these, in the document" in lines


def test_the_full_difference_shows_only_what_differs_in_the_texts() -> None:
    compact = json.dumps({"Statement": [THEIRS]}, separators=(",", ":"))
    after = json.dumps({"Statement": [THEIRS, reads("in/")]}, indent=2)
    lines = shown(change(PutKeyPolicy(key_arn="key", before_json=compact, document_json=after)), full=True)
    assert "      --- thing acme as it is" in lines
    assert '      +      "Action": "s3:GetObject",' in lines
    assert not [line for line in lines if line.startswith("      -") and "---" not in line and line != "      -    }"]
    assert not [line for line in shown(put(None, text(reads("in/")))) if "+++" in line]


def test_what_others_wrote_is_inert_in_words_and_in_texts() -> None:
    evil = "\x1b[2J\u202e\n+ create  nothing"
    odd = reads("in/", Principal={"AWS": evil, "Service": evil}, Condition={evil: {evil: evil}}, Sid=evil, Action=evil)
    for line in shown(put(text(THEIRS), text(odd, THEIRS)), put(text(odd), f"{evil} no JSON"), full=True):
        assert line.isprintable()
        assert not line.startswith("+ create  nothing")
