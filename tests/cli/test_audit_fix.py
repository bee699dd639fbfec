"""`audit --fix`: tightens what was picked and nothing else, and undo brings the former documents back."""

import json
from pathlib import Path

import pytest
from account import (
    DATA,
    SERVICE,
    Account,
    Document,
    Program,
    Run,
    actions,
    document,
    role_arn,
    root_keeps,
    sids,
    trusts,
)
from fake_aws import ACCOUNT, FakeAws, loses_the_answer, refuses

from strict import identity

CONDITION = {
    "StringEquals": {"aws:SourceAccount": ACCOUNT},
    "ArnLike": {"aws:SourceArn": f"arn:aws:personalize:*:{ACCOUNT}:*"},
}
DEAD = "AROAEXAMPLEEXAMPLE123"
GLUE = trusts({"Service": "glue.amazonaws.com"}, Sid="Glue")
LOOSE = trusts({"Service": SERVICE})
SHARED = trusts({"Service": [SERVICE, "glue.amazonaws.com"], "AWS": f"arn:aws:iam::{ACCOUNT}:root"}, Sid="Shared")
LATER = trusts({"Service": "lambda.amazonaws.com"}, Sid="Later")
UNDO = ("undo", "--name", "audit", "--yes")
LETS = {
    "Effect": "Allow",
    "Principal": {"Service": SERVICE},
    "Action": "s3:GetObject",
    "Resource": f"arn:aws:s3:::{DATA}/*",
    "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}},
}
GHOST = {**LETS, "Principal": {"AWS": DEAD}, "Sid": "Ghost", "Condition": {}}
LOOSE_CHECK = "trust-without-source-conditions"


def fixed(program: Program, *picks: str, code: int = 0) -> Run:
    words = [word for pick in picks or ("all",) for word in ("--fix", pick)]
    run = program.json("audit", "--yes", *words)
    assert run.code == code == run.envelope["exit_code"], run.err
    return run


def named(found: Document | list[Document]) -> list[str | None]:
    """The Sids; AWS shows an empty one where there is none."""
    return [sid or None for sid in sids(found)]


def undone(program: Program, code: int = 0) -> Run:
    run = program.json(*UNDO)
    assert run.code == code, run.err
    return run


@pytest.fixture
def legacy(account: Account) -> str:
    """A role of others that lets Personalize in loosely, in two statements; its trust policy as it was stored."""
    account.role("legacy", json.dumps(document(GLUE, LOOSE, SHARED, Id="theirs"), indent=1))
    return account.trust_text("legacy")


def test_loose_statements_get_conditions_and_the_others_stay(legacy: str, account: Account, program: Program) -> None:
    done = fixed(program)
    assert [call.name for call in done.writes] == ["UpdateAssumeRolePolicy"]
    found = account.trust("legacy")["Statement"]
    assert named(found) == ["Glue", None, "Shared", "SharedPersonalize"]
    assert {json.dumps(one.get("Condition")) for one in (found[1], found[3])} == {json.dumps(CONDITION)}
    assert "Condition" not in found[2]
    assert SERVICE not in str(found[2]["Principal"])
    assert program.json("audit").findings.keys() & {LOOSE_CHECK} == set()
    assert fixed(program).writes == []


def test_undo_brings_back_the_former_document_to_the_letter(legacy: str, account: Account, program: Program) -> None:
    fixed(program)
    back = undone(program)
    assert [call.name for call in back.writes] == ["UpdateAssumeRolePolicy"]
    assert identity(account.trust_text("legacy")) == identity(legacy)
    assert named(account.trust("legacy")) == named(json.loads(legacy))
    again = undone(program)
    assert (again.writes, actions(again), again.data["findings"]) == ([], [], [])
    assert program.json("audit").findings[LOOSE_CHECK]["resource"] == role_arn("legacy")


def test_undo_keeps_what_others_wrote_since(legacy: str, account: Account, program: Program) -> None:
    fixed(program)
    now = account.trust("legacy")
    now["Statement"] = [LATER, *now["Statement"][1:]]
    account.iam.update_assume_role_policy(RoleName="legacy", PolicyDocument=json.dumps(now))
    undone(program)
    assert identity(account.trust_text("legacy")) == identity(json.dumps(document(LATER, LOOSE, SHARED, Id="theirs")))
    assert undone(program).writes == []


def test_undo_leaves_a_statement_that_others_changed_and_says_so(
    legacy: str, account: Account, program: Program
) -> None:
    fixed(program)
    now = account.trust("legacy")
    now["Statement"][3]["Condition"]["StringEquals"]["aws:SourceAccount"] = [ACCOUNT, "444455556666"]
    account.iam.update_assume_role_policy(RoleName="legacy", PolicyDocument=json.dumps(now))
    run = undone(program)
    assert "stays" in run.findings["leftover"]["message"]
    assert identity(account.trust_text("legacy")) == identity(json.dumps(now))


def test_conditions_that_others_put_on_after_the_undo_are_theirs(
    legacy: str, account: Account, program: Program
) -> None:
    fixed(program)
    tightened = account.trust_text("legacy")
    undone(program)
    account.iam.update_assume_role_policy(RoleName="legacy", PolicyDocument=tightened)
    assert undone(program).writes == []
    assert account.trust_text("legacy") == tightened


def test_two_fixes_of_one_document_are_taken_back_in_one_write(legacy: str, account: Account, program: Program) -> None:
    fixed(program)
    now = account.trust("legacy")
    more = trusts({"Service": SERVICE}, Sid="More")
    now["Statement"].append(more)
    account.iam.update_assume_role_policy(RoleName="legacy", PolicyDocument=json.dumps(now))
    fixed(program)
    assert len(undone(program).writes) == 1
    assert identity(account.trust_text("legacy")) == identity(
        json.dumps(document(GLUE, LOOSE, SHARED, more, Id="theirs"))
    )


def test_only_what_is_picked_is_fixed(legacy: str, account: Account, program: Program) -> None:
    account.role("second", document(LOOSE))
    fixed(program, f"{LOOSE_CHECK}:{role_arn('second')}")
    assert account.trust_text("legacy") == legacy
    fixed(program, f"{LOOSE_CHECK}:legacy")
    assert account.trust_text("legacy") != legacy
    none = fixed(program, f"{LOOSE_CHECK}:legacy")
    assert none.writes == []
    assert f"Nothing to fix for {LOOSE_CHECK}:legacy" in none.err


def test_everybody_cannot_be_split_so_it_is_left_to_the_owner(account: Account, program: Program) -> None:
    account.role("open", document(trusts({"AWS": "*", "Service": SERVICE})))
    before = account.trust_text("open")
    run = fixed(program)
    assert (run.writes, account.trust_text("open")) == ([], before)


# Deleted principals


@pytest.fixture
def haunted(account: Account) -> str:
    """A bucket and a key that name a deleted role beside Personalize; the key's ARN."""
    account.server.strict.lenient("principals alive")
    account.bucket(DATA, document(LETS, GHOST, {**GHOST, "Sid": "Both", "Principal": {"AWS": [DEAD, ACCOUNT]}}))
    account.bucket(
        "acme-ghosts", document({**GHOST, "Sid": "PersonalizeOld", "Resource": "arn:aws:s3:::acme-ghosts/*"})
    )
    key = account.key(document(root_keeps(), {**LETS, "Action": "kms:Decrypt", "Resource": "*"}))
    text = account.key_policy(key)
    ghost = {**GHOST, "Action": "kms:Decrypt", "Resource": "*"}
    account.put_key_policy(key, {**text, "Statement": [*text["Statement"], ghost]})
    return key


def test_deleted_principals_are_taken_out(haunted: str, account: Account, program: Program) -> None:
    run = fixed(program, "dead-principal")
    assert run.written == ["DeleteBucketPolicy", "PutBucketPolicy", "PutKeyPolicy"]
    assert "undo cannot put deleted users and roles back" in run.err
    assert named(account.bucket_policy()) == [None, "Both"]
    assert DEAD not in str(account.bucket_text())
    assert account.bucket_policy()["Statement"][1]["Principal"]["AWS"]
    assert account.bucket_text("acme-ghosts") is None
    assert named(account.key_policy(haunted)) == ["Root", None]
    assert "dead-principal" not in program.json("audit").findings


def test_undo_does_not_try_to_store_what_aws_refuses(haunted: str, account: Account, program: Program) -> None:
    fixed(program, "dead-principal")
    after = account.meaning()
    run = undone(program)
    assert run.writes == []
    assert account.meaning() == after


def test_a_document_that_names_the_dead_is_tightened_only_without_them(account: Account, program: Program) -> None:
    account.role("legacy", document(LOOSE, trusts({"AWS": DEAD}, Sid="Ghost")))
    before = account.trust_text("legacy")
    run = fixed(program, LOOSE_CHECK, code=1)
    (blocked,) = run.data["changes"]
    assert blocked["action"] == "blocked"
    assert run.errors[0]["hint"] == f"pick dead-principal:{role_arn('legacy')} too"
    assert account.trust_text("legacy") == before
    fixed(program, LOOSE_CHECK, "dead-principal")
    assert named(account.trust("legacy")) == [None]
    undone(program)
    assert identity(account.trust_text("legacy")) == identity(json.dumps(document(LOOSE)))


# Asking, showing, and what may go wrong


def test_a_dry_run_shows_the_documents_and_changes_nothing(legacy: str, account: Account, program: Program) -> None:
    run = program.run("audit", "--fix", "all", "--dry-run")
    assert (run.code, run.writes, account.trust_text("legacy")) == (0, [], legacy)
    assert '"aws:SourceAccount"' in run.out
    assert "~ update   trust-policy" in run.out
    assert "Dry run: nothing was changed." in run.err


def test_without_yes_and_without_a_terminal_nothing_is_changed(legacy: str, account: Account, program: Program) -> None:
    run = program.json("audit", "--fix", "all")
    assert (run.code, run.writes, account.trust_text("legacy")) == (2, [], legacy)
    assert "--yes" in run.errors[0]["hint"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--fix",), "there is no terminal to ask on"),
        (("--fix", "unused-policy"), "cannot do anything about 'unused-policy'"),
        (("--fix", "nonsense:x"), "cannot do anything about 'nonsense'"),
        (("--fix", "all", "--format", "junit"), "--fix has no --format junit"),
    ],
)
def test_what_cannot_be_picked_is_refused_before_any_call(words: tuple[str, ...], says: str, program: Program) -> None:
    run = program.run("audit", *words, "--yes")
    assert (run.code, run.calls) == (2, ())
    assert says in run.err


def test_the_fixes_of_a_name_of_ones_own_are_undone_with_that_set_up(
    legacy: str, account: Account, program: Program
) -> None:
    account.bucket()
    program.apply("--name", "acme", "--input", f"s3://{DATA}/in/", "--role-arn", role_arn("legacy"))
    with_ours = account.trust_text("legacy")
    assert program.json("audit", "--fix", "all", "--yes", "--name", "acme").code == 0
    assert account.trust_text("legacy") != with_ours
    assert undone(program).writes == []
    run = program.json("undo", "--name", "acme", "--yes", "--confirm", "legacy")
    assert run.code == 0, run.err
    assert sum(call.name == "UpdateAssumeRolePolicy" for call in run.writes) == 1
    assert identity(account.trust_text("legacy")) == identity(legacy)
    assert program.json("undo", "--name", "acme", "--yes").writes == []


def test_an_undo_of_fixes_asks_personalize_nothing(legacy: str, program: Program) -> None:
    fixed(program)
    assert [call for call in undone(program).calls if call.service == "personalize"] == []


def test_a_document_that_is_changed_meanwhile_is_left(
    legacy: str, account: Account, aws: FakeAws, program: Program
) -> None:
    def meddle() -> None:
        account.iam.update_assume_role_policy(RoleName="legacy", PolicyDocument=json.dumps(document(LOOSE, LATER)))

    aws.at(("GetRole", 2), "before", meddle)
    fixed(program, code=1)
    assert identity(account.trust_text("legacy")) == identity(json.dumps(document(LOOSE, LATER)))
    fixed(program)
    undone(program)
    assert identity(account.trust_text("legacy")) == identity(json.dumps(document(LOOSE, LATER)))


def test_a_lost_answer_is_settled_by_reading_and_undone_all_the_same(
    legacy: str, account: Account, aws: FakeAws, program: Program
) -> None:
    aws.on("UpdateAssumeRolePolicy", loses_the_answer)
    fixed(program)
    undone(program)
    assert identity(account.trust_text("legacy")) == identity(legacy)


def test_a_refused_write_is_told_with_the_undo_of_this_name(legacy: str, aws: FakeAws, program: Program) -> None:
    aws.on("UpdateAssumeRolePolicy", refuses("AccessDenied", 403, "not you"))
    run = fixed(program, code=1)
    assert "personalize-perms undo --name audit" in run.err
    assert "iam:UpdateAssumeRolePolicy" in run.errors[0]["hint"]
    assert undone(program).writes == []


def test_what_may_not_be_read_again_is_blocked(legacy: str, aws: FakeAws, program: Program) -> None:
    aws.on("GetRole", refuses("AccessDenied", 403, "no"))
    run = fixed(program, code=1)
    assert run.writes == []
    assert "not allowed iam:GetRole" in run.data["changes"][0]["reason"]


def test_a_role_that_is_gone_by_the_undo_needs_none(legacy: str, account: Account, program: Program) -> None:
    fixed(program)
    account.iam.delete_role(RoleName="legacy")
    run = undone(program)
    assert (run.writes, actions(run)) == ([], [])


def test_a_fix_that_was_interrupted_is_settled_and_taken_back(
    legacy: str, account: Account, program: Program, tmp_path: Path
) -> None:
    fixed(program)
    (journal,) = (tmp_path / "state").rglob("*.jsonl")
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(line for line in lines if b'"outcome"' not in line))
    run = undone(program)
    assert "was interrupted" in run.findings["interrupted-run"]["message"]
    assert identity(account.trust_text("legacy")) == identity(legacy)


def test_where_the_journal_is_not_undo_changes_nothing(
    legacy: str, account: Account, program: Program, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fixed(program)
    after = account.trust_text("legacy")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "another machine"))
    assert undone(program).writes == []
    assert account.trust_text("legacy") == after


def test_a_settings_file_neither_names_the_fixes_nor_is_undone_with_them(
    legacy: str, account: Account, program: Program
) -> None:
    account.bucket()
    arn = role_arn("legacy")
    Path("personalize-perms.toml").write_text(
        f'name = "acme"\ninput = "s3://{DATA}/in/"\nrole-arn = "{arn}"\nattach-user = "ada"\n'
    )
    account.iam.create_user(UserName="ada")
    program.apply()
    before = account.meaning()
    fixed(program)
    undone(program)
    assert account.meaning() == before
    assert undone(program).writes == []
    assert program.json("plan", "--fail-on-changes").code == 0
