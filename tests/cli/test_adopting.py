"""An existing role that is adopted: what others wrote stays, and what lets Personalize in unconditionally is told."""

import json
from pathlib import Path

import pytest
from account import DATA, SERVICE, Account, Document, Program, document, role_arn, trusts
from fake_aws import ACCOUNT, REGION

from personalize_perms.engine.chain import unseal
from strict import same_meaning

IN = ("--input", f"s3://{DATA}/in/")
ADOPT = (*IN, "--role-arn", role_arn("legacy"))
OURS = {
    "StringEquals": {"aws:SourceAccount": ACCOUNT},
    "StringLike": {"aws:SourceArn": f"arn:aws:personalize:{REGION}:{ACCOUNT}:*"},
}
GLUE = trusts({"Service": "glue.amazonaws.com"}, Sid="Glue")


def equal(found: list[Document], *expected: Document) -> bool:
    """Tell whether statements mean the same, one by one: AWS respells what it stores."""
    return len(found) == len(expected) and all(map(same_meaning, map(document, found), map(document, expected)))


def tightened(account: Account, program: Program, *statements: Document) -> list[Document]:
    """Adopt a role that trusts these statements with --tighten-trust, twice; return what stands before ours."""
    account.bucket()
    account.role("legacy", document(*statements))
    done = program.converges(*ADOPT, "--tighten-trust")
    assert "trust-without-source-conditions" not in done.findings
    return account.trust("legacy")["Statement"][:-1]


def test_a_loose_statement_is_warned_of_and_left_as_it_is(account: Account, program: Program) -> None:
    account.bucket()
    loose = trusts({"Service": SERVICE}, Sid="Loose")
    account.role("legacy", document(GLUE, loose))
    done = program.converges(*ADOPT)
    finding = done.findings["trust-without-source-conditions"]
    assert finding["resource"] == role_arn("legacy")
    assert "Loose" in finding["message"]
    assert "--tighten-trust" in finding["remedy"]
    assert equal(account.trust("legacy")["Statement"][:-1], GLUE, loose)
    assert "--tighten-trust" in program.run("plan", *ADOPT).out


def test_a_loose_statement_gets_the_conditions(account: Account, program: Program) -> None:
    loose = trusts({"Service": SERVICE}, Sid="Loose")
    assert equal(tightened(account, program, GLUE, loose), GLUE, {**loose, "Condition": OURS})


def test_a_principal_that_shares_the_statement_keeps_its_own(account: Account, program: Program) -> None:
    shared = trusts({"Service": [SERVICE, "glue.amazonaws.com"], "AWS": ACCOUNT}, Sid="Shared")
    theirs, personalize = tightened(account, program, shared)
    assert equal([theirs], {**shared, "Principal": {"Service": ["glue.amazonaws.com"], "AWS": ACCOUNT}})
    assert equal([personalize], trusts({"Service": SERVICE}, Sid=personalize["Sid"], Condition=OURS))
    assert personalize["Sid"] != shared["Sid"]


def test_conditions_that_are_there_stay_beside_ours(account: Account, program: Program) -> None:
    existing = {"StringEquals": {"aws:PrincipalOrgID": "o-example"}, "Bool": {"aws:SecureTransport": "true"}}
    both = {"StringEquals": {"aws:PrincipalOrgID": "o-example", "aws:SourceAccount": ACCOUNT}}
    found = tightened(account, program, trusts({"Service": SERVICE}, Condition=existing))
    assert equal(found, trusts({"Service": SERVICE}, Condition={**OURS, **existing, **both}))


def test_a_statement_without_a_sid_is_tightened_without_one(account: Account, program: Program) -> None:
    (theirs, personalize) = tightened(account, program, trusts({"Service": ["glue.amazonaws.com", SERVICE]}))
    assert not theirs.get("Sid")
    assert not personalize.get("Sid")


@pytest.mark.parametrize(
    "condition",
    [
        {"StringEquals": {"aws:SourceAccount": ACCOUNT}},
        {"ArnLike": {"AWS:SourceArn": f"arn:aws:personalize:*:{ACCOUNT}:*"}},
        {"StringLike": {"aws:SourceArn": f"arn:aws:personalize:{REGION}:{ACCOUNT}:*"}},
    ],
)
def test_a_statement_that_is_tight_already_is_neither_warned_of_nor_changed(
    condition: Document, account: Account, program: Program
) -> None:
    tight = trusts({"Service": SERVICE}, Condition=condition)
    assert equal(tightened(account, program, tight), tight)


@pytest.mark.parametrize("principal", ["*", {"AWS": "*"}])
def test_a_statement_that_lets_everybody_in_is_told_and_left(
    principal: object, account: Account, program: Program
) -> None:
    account.bucket()
    open_to_all = trusts(principal, Sid="Everybody")
    account.role("legacy", document(open_to_all))
    done = program.converges(*ADOPT, "--tighten-trust")
    assert "Everybody" in done.findings["trust-without-source-conditions"]["message"]
    assert equal(account.trust("legacy")["Statement"][:1], open_to_all)


def test_a_deny_is_never_touched(account: Account, program: Program) -> None:
    deny = {**trusts({"Service": SERVICE}, Sid="No"), "Effect": "Deny"}
    assert equal(tightened(account, program, deny), deny)


def test_a_loose_statement_that_is_added_later_to_a_role_of_ours_is_told(account: Account, program: Program) -> None:
    account.bucket()
    program.apply(*IN)
    trust = account.trust("personalize-service-role")
    trust["Statement"].append(trusts({"Service": SERVICE}, Sid="Later"))
    account.role("other", trust)
    account.iam.update_assume_role_policy(
        RoleName="personalize-service-role", PolicyDocument=account.trust_text("other")
    )
    assert "Later" in program.apply(*IN).findings["trust-without-source-conditions"]["message"]


def test_the_former_trust_policy_is_in_the_journal(
    account: Account, program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    before = document(GLUE, trusts({"Service": SERVICE}, Sid="Loose"))
    tightened(account, program, *before["Statement"])
    (journal,) = (tmp_path / "state").rglob("*.jsonl")
    intents = [json.loads(record) for record in unseal(journal.read_bytes())[0]]
    operations = {found["intent"]: found["operation"] for found in intents if "operation" in found}
    assert same_meaning(operations["UpdateTrust"]["before_json"], before)
