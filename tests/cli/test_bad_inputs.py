"""Bad input never half-applies: each case says its exit code and why, and nothing, or nothing of it, is written."""

from collections.abc import Callable
from pathlib import Path

import pytest
from account import DATA, Account, Document, Program, Run, document, root_keeps, user_arn
from bad_accounts import ACCOUNTS, DENY, GLUE, HOSTILE, KINDS, USER_POLICY, plant
from bad_settings import IN, SETTINGS
from fake_aws import FakeAws, refuses


def told(run: Run, code: int, error: str, says: str) -> None:
    """Assert that the run ended as it should, with the reason in both streams, and without a word of the unexpected."""
    assert (run.code, run.envelope["exit_code"]) == (code, code), run.err
    found = [e for e in run.errors if (e["code"], says in e["message"]) == (error, True)]
    assert found, run.errors
    assert "unexpected" not in run.err
    assert "Traceback" not in run.err


@pytest.mark.parametrize("name", SETTINGS)
def test_a_bad_answer_is_refused_before_anything_is_written(
    name: str, account: Account, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = SETTINGS[name]
    account.bucket()
    case.prepare()
    for variable, value in case.environment.items():
        monkeypatch.setenv(variable, value)
    command = case.commands[[*SETTINGS].index(name) % len(case.commands)]
    run = program.json(command, *case.words, *(() if command in ("plan", "check") else ("--yes",)))
    assert run.writes == []
    told(run, case.code, case.error, case.says)


@pytest.mark.parametrize("name", ACCOUNTS)
def test_what_is_there_stops_everything_or_only_what_it_concerns(name: str, account: Account, program: Program) -> None:
    case = ACCOUNTS[name]
    account.bucket()
    account.server.strict.canonical = False
    case.fill(account)
    done = program.json("apply", "--yes", *case.words)
    told(done, 2 if case.error == "settings" else 1, case.error, case.says)
    if not case.blocked:
        assert done.writes == []
        return
    ((kind, _),) = done.changes("blocked")
    assert kind == case.blocked
    assert done.written
    assert not set(done.written) & set(WRITERS[kind])
    program.is_silent(*case.words, code=1)


WRITERS = {
    "bucket-policy": ("PutBucketPolicy", "DeleteBucketPolicy"),
    "key-policy": ("PutKeyPolicy",),
    "trust-policy": ("UpdateAssumeRolePolicy",),
}


@pytest.fixture
def settings(account: Account, monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
    """An account with a document of every kind, and the settings that would change them all."""
    monkeypatch.setattr("moto.kms.responses.validate_policy", lambda *_: None)  # it reads key policies itself
    account.bucket()
    arn = account.role("legacy", document(GLUE))
    return (*IN, "--kms-key", account.key(), "--role-arn", arn)


def documents_of(settings: tuple[str, ...]) -> dict[str, str]:
    return dict(zip(KINDS, (DATA, settings[3], "legacy", USER_POLICY), strict=True))


def test_hostile_documents_are_left_alone_by_apply_and_undo(
    settings: tuple[str, ...], account: Account, program: Program
) -> None:
    program.apply(*settings)
    documents = documents_of(settings)
    for name, (text, why) in HOSTILE.items():
        for kind, resource in documents.items():
            plant(kind, resource, text)
        done = program.json("apply", "--yes", *settings, "--hardening", "strict", "--user-access", "analyst")
        assert {kind for kind, _ in done.changes("blocked")} == set(documents), name
        told(done, 1, "blocked", why)
        assert {call.name for call in done.writes if USER_POLICY in call.about or call.service != "iam"} == set()
        assert not [call for call in done.writes if call.name == "UpdateAssumeRolePolicy"]
        assert {kind: account.stored(kind, resource) for kind, resource in documents.items()} == dict.fromkeys(
            documents, text
        )
    taken = program.json("undo", "--yes", *settings)
    told(taken, 1, "blocked", why)
    assert {kind: account.stored(kind, resource) for kind, resource in documents.items()} == dict.fromkeys(
        documents, text
    )


def test_a_check_says_of_hostile_documents_that_they_cannot_be_judged(
    settings: tuple[str, ...], program: Program
) -> None:
    program.apply(*settings)
    documents = documents_of(settings)
    for name, (text, why) in HOSTILE.items():
        for kind, resource in documents.items():
            plant(kind, resource, text)
        done = program.json("check", *settings)
        told = {finding["check"]: finding for finding in done.data["findings"]}
        assert done.code == 3, name
        assert why in told["drift-bucket-policy"]["reason"], name
        assert not [link for link in done.data["links"] if link["verdict"] != "unknown"], name


# Missing permissions


FULL = (*IN, "--kms-key", "alias/data", "--kms-access", "grant", "--attach-user", "ada", "--attach-group", "analysts")
FULL = (*FULL, "--attach-role", "notebook", "--assumable-by", user_arn("grace"))


@pytest.fixture
def filled(account: Account) -> Document:
    """An account as others left it, and what it means."""
    account.bucket(DATA, document({**DENY, "Sid": "Theirs"}))
    account.kms.create_alias(
        AliasName="alias/data", TargetKeyId=account.key(document(root_keeps(), root_keeps(Sid="B")))
    )
    for user in ("ada", "grace"):
        account.iam.create_user(UserName=user)
    account.iam.create_group(GroupName="analysts")
    account.role("notebook", document(GLUE))
    return account.meaning()


def denied(aws: FakeAws, program: Program, operation: str, *words: str) -> Run:
    """Run while one operation is not allowed; it must have been tried."""
    aws.on(operation, *[refuses("AccessDenied", 403, "you may not")] * 30)
    run = program.json(*words)
    aws.forget()
    assert operation in {call.name for call in run.calls}
    assert "unexpected" not in run.err
    return run


def says_what_is_missing(run: Run, code: str, action: str) -> None:
    assert run.code == 1
    assert [e for e in run.errors if (e["code"], action in e["hint"]) == (code, True)], run.errors


LOOKS = {
    **{("plan", f"iam:{name}"): "access-denied" for name in ("GetRole", "GetPolicy")},
    **{("plan", f"iam:List{what}"): "names-not-listed" for what in ("Policies", "Roles")},
    **{("plan", f"iam:ListAttached{kind}Policies"): "not-counted" for kind in ("User", "Group", "Role")},
    ("plan", "sts:GetCallerIdentity"): "access-denied",
    ("plan", "iam:GetUser"): "not-looked-up",
    ("plan", "s3:HeadBucket"): "bucket-region",
    ("plan", "s3:GetBucketEncryption"): "bucket-encryption",
    ("plan", "kms:DescribeKey"): "access-denied",
    **{("plan", action): "blocked" for action in ("s3:GetBucketPolicy", "kms:GetKeyPolicy", "kms:ListGrants")},
    **{("undo", action): "blocked" for action in ("s3:GetBucketPolicy", "kms:GetKeyPolicy", "kms:ListGrants")},
    **{("undo", f"iam:{name}"): "blocked" for name in ("GetRole", "GetPolicy", "GetPolicyVersion")},
    **{
        ("undo", f"iam:List{what}"): "blocked" for what in ("EntitiesForPolicy", "RolePolicies", "AttachedRolePolicies")
    },
    ("undo", "iam:ListInstanceProfilesForRole"): "blocked",
    ("undo", "sts:GetCallerIdentity"): "access-denied",
    ("undo", "personalize:ListDatasetGroups"): "in-use",
}
"""Without an action that reads: the code of the error, or the check of the finding where the run can go on."""
GIVING = (
    *("iam:CreatePolicy", "iam:CreateRole", "iam:AttachRolePolicy", "iam:AttachUserPolicy", "iam:AttachGroupPolicy"),
    *("s3:PutBucketPolicy", "kms:PutKeyPolicy", "kms:CreateGrant"),
)
TAKING = (
    *("s3:PutBucketPolicy", "kms:PutKeyPolicy", "kms:RevokeGrant", "iam:DetachUserPolicy", "iam:DetachGroupPolicy"),
    *("iam:DetachRolePolicy", "iam:DeleteRole", "iam:DeletePolicy"),
)


def test_what_may_not_be_looked_at_is_said_and_never_taken_for_absent(
    filled: Document, aws: FakeAws, program: Program
) -> None:
    for command in ("plan", "undo"):
        if command == "undo":
            program.apply(*FULL)
        for action in [action for about, action in LOOKS if about == command]:
            words = (command, *FULL, *(() if command == "plan" else ("--dry-run",)))
            run = denied(aws, program, action.partition(":")[2], *words)
            assert run.writes == []
            code = LOOKS[command, action]
            if code in ("access-denied", "blocked"):
                says_what_is_missing(run, code, action)
            else:
                assert (run.code, code in run.findings) == (0, True), action


def test_without_one_action_that_writes_nothing_is_lost_and_the_next_run_completes(
    filled: Document, account: Account, aws: FakeAws, program: Program
) -> None:
    for giving, taking in zip(GIVING, TAKING, strict=True):
        run = denied(aws, program, giving.partition(":")[2], "apply", "--yes", *FULL)
        says_what_is_missing(run, "change-failed", giving)
        program.apply(*FULL)
        run = denied(aws, program, taking.partition(":")[2], "undo", "--yes", *FULL)
        says_what_is_missing(run, "change-failed", taking)
        assert program.json("undo", "--yes", *FULL).code == 0
        assert account.meaning() == filled, (giving, taking)


# What earlier runs left behind


SPOILT: dict[str, Callable[[bytes], bytes]] = {
    "torn": lambda content: content[:-9],
    "one word changed": lambda content: content.replace(b"Theirs", b"Mine!!", 1),
    "one letter more": lambda content: content.replace(b"Theirs", b"Theirss", 1),
    "a line twice": lambda content: content + content.splitlines(keepends=True)[-1],
    "a line moved": lambda content: b"".join(sorted(content.splitlines(keepends=True))),
    "the first line gone": lambda content: content[content.index(b"\n") + 1 :],
    "binary": lambda _: bytes(range(256)),
    "deep": lambda _: b"[" * 100_000 + b"\n",
    "somebody's words": lambda content: b'{"journal": 2, "run": "x"}\n' + content,
}


def test_what_was_changed_behind_the_back_is_not_believed(filled: Document, program: Program, tmp_path: Path) -> None:
    assert program.json("plan", *FULL, "--out", "plan.json").code == 0
    plan = Path("plan.json").read_bytes()
    program.apply(*IN)
    (journal,) = (tmp_path / "state").rglob("*.jsonl")
    whole = journal.read_bytes()
    for name, spoil in SPOILT.items():
        journal.write_bytes(spoil(whole))
        for command in ("apply", "undo"):
            run = program.json(command, "--yes", *FULL)
            assert run.writes == [], name
            told(run, 1, "journal", "cannot be believed")
        journal.write_bytes(whole)
        Path("plan.json").write_bytes(spoil(plan))
        run = program.json("apply", "plan.json", "--yes")
        assert (run.code, run.calls) == (1, ()), name
        assert run.errors[0]["code"] in ("plan-file", "plan-tampered")
        assert "unexpected" not in run.err


def test_the_corpus_is_large() -> None:
    documents = len(HOSTILE) * len(KINDS)
    actions = len(LOOKS) + len(GIVING) + len(TAKING)
    assert len(SETTINGS) + len(ACCOUNTS) + documents + actions + 3 * len(SPOILT) >= 300
