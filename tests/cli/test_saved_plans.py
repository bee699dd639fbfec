"""plan --out and apply FILE: what was reviewed is applied, exactly, once, here, and only if nothing has changed."""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from account import DATA, SERVICE, Account, Document, Program, Run, document, policy_arn, root_keeps, trusts, user_arn
from fake_aws import ACCOUNT, REGION, FakeAws, refuses

from personalize_perms.engine import lock

IN = ("--input", f"s3://{DATA}/in/")
KEY = "alias/data"
FULL = (*IN, "--kms-key", KEY, "--kms-access", "grant", "--attach-user", "ada", "--assumable-by", user_arn("grace"))
THEIRS: Document = {
    "Sid": "Theirs",
    "Effect": "Deny",
    "Principal": "*",
    "Action": ["s3:DeleteObject", "s3:PutObject"],
    "Resource": f"arn:aws:s3:::{DATA}/*",
}
MORE: Document = {**THEIRS, "Sid": "More", "Action": "s3:DeleteBucket", "Resource": f"arn:aws:s3:::{DATA}"}
GLUE = trusts({"Service": "glue.amazonaws.com"}, Sid="Glue")
FILE = "plan.json"


@pytest.fixture
def key(account: Account) -> str:
    """An account as others left it; the key that KEY names."""
    account.bucket(DATA, document(THEIRS))
    found = account.key(
        document(root_keeps(), {**root_keeps(), "Sid": "Second", "Action": ["kms:Decrypt", "kms:Get*"]})
    )
    account.kms.create_alias(AliasName=KEY, TargetKeyId=found)
    for user in ("ada", "grace", "eve"):
        account.iam.create_user(UserName=user)
    return found


def plan(program: Program, *words: str, code: int = 0) -> Run:
    done = program.json("plan", *words, "--out", FILE)
    assert (done.code, done.written) == (code, []), done.err
    return done


def apply(program: Program, *words: str, file: str = FILE) -> Run:
    return program.json("apply", file, "--yes", *words)


def is_refused(run: Run, code: str, *says: str) -> None:
    assert run.code == 1, run.out
    assert run.written == []
    assert [error["code"] for error in run.errors] == [code]
    assert run.errors[0]["hint"]
    assert [word for word in says if word not in run.errors[0]["message"] + run.errors[0]["hint"]] == []
    assert "unexpected" not in run.err


def forged(change: Callable[[dict[str, Any]], object], file: str = FILE) -> None:
    """Change the plan in a file as somebody would who knows how its digest is made."""
    content = json.loads(Path(file).read_text())
    change(content["plan"])
    text = json.dumps([1, content["plan"]], sort_keys=True, separators=(",", ":"))
    content["digest"] = hashlib.sha256(text.encode()).hexdigest()
    Path(file).write_text(json.dumps(content, indent=2) + "\n")


# The round trip


def test_a_saved_plan_is_applied_as_it_was_made(key: str, account: Account, program: Program) -> None:
    made = plan(program, *FULL)
    assert made.data["saved"] == FILE
    assert Path(FILE).stat().st_mode & 0o777 == 0o600
    shown = program.json("apply", FILE, "--dry-run")
    assert (shown.code, shown.written, shown.changes()) == (0, [], made.changes())
    done = apply(program)
    assert (done.code, done.changes()) == (0, made.changes()), done.err
    assert {outcome["status"] for outcome in done.data["outcomes"]} == {"done"}
    program.is_silent(*FULL)


def test_people_are_told_how_to_go_on(key: str, program: Program) -> None:
    made = program.run("plan", *IN, "--out", "my plan.json")
    assert "Apply exactly it: personalize-perms apply 'my plan.json'" in made.err
    done = program.run("apply", "my plan.json", "--yes")
    assert done.code == 0
    assert "Plan for the set-up personalize" in done.err
    assert done.out.startswith("arn:aws:iam::")


def test_without_yes_and_without_a_terminal_nothing_is_changed_and_the_plan_stays_good(
    key: str, program: Program
) -> None:
    plan(program, *IN)
    asked = program.json("apply", FILE)
    assert (asked.code, asked.written) == (2, [])
    assert apply(program).code == 0


def test_a_plan_with_changes_is_saved_and_may_fail_the_build(key: str, program: Program) -> None:
    plan(program, *IN, "--fail-on-changes", code=3)
    assert apply(program).code == 0


def test_a_plan_without_changes_is_saved_and_leaves_nothing_to_do(key: str, program: Program) -> None:
    program.apply(*IN)
    plan(program, *IN)
    for _ in range(2):
        done = apply(program)
        assert (done.code, done.written) == (0, [])
        assert "Nothing to do" in done.err


def test_a_plan_with_a_blocked_change_does_everything_else(key: str, account: Account, program: Program) -> None:
    account.put_bucket_policy(DATA, json.dumps(document(THEIRS)).replace('"Sid"', '"Effect": "Deny", "Sid"', 1))
    plan(program, *IN, code=1)
    done = apply(program)
    assert done.code == 1
    assert done.changes("blocked") == [("bucket-policy", DATA)]
    assert "CreateRole" in done.written


def test_a_plan_that_is_refused_is_not_saved(program: Program, account: Account) -> None:
    refused = program.json("plan", *IN, "--out", FILE)
    assert refused.code == 1
    assert not Path(FILE).exists()
    assert "No plan was saved" in refused.err


def test_a_set_up_is_changed_and_taken_back_by_a_saved_plan(key: str, account: Account, program: Program) -> None:
    program.apply(*FULL)
    assert len(account.grants(key)) == 1
    plan(program, *IN, "--kms-key", KEY)
    assert apply(program).code == 0
    assert account.grants(key) == []
    program.is_silent(*IN, "--kms-key", KEY)


def test_settings_come_from_the_plan_alone(
    key: str, account: Account, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan(program, *IN, "--name", "team-a")
    monkeypatch.setenv("PERSONALIZE_PERMS_NAME", "other")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    Path("personalize-perms.toml").write_text('attach-user = "eve"\nregion = "us-west-2"\n')
    assert apply(program).code == 0
    assert account.roles() == {"team-a-service-role"}
    assert account.holders("team-a-user-access") == set()


def test_own_templates_are_used_again(key: str, program: Program, tmp_path: Path) -> None:
    templates = tmp_path / "policies"
    shutil.copytree(Path(__file__).parents[2] / "policies", templates)
    plan(program, *IN, "--policies-dir", str(templates))
    is_refused(apply(program, "--policies-dir", "."), "plan-foreign", str(templates))
    path = templates / "bucket" / "documented-read.json"
    before = path.read_text()
    path.write_text(before.replace("s3:GetObject", "s3:GetObjectVersion"))
    is_refused(apply(program), "plan-stale", "templates", DATA)
    path.write_text(before)
    assert apply(program, "--policies-dir", str(templates)).code == 0


# What changed since


def _tags(account: Account, _: str) -> None:
    account.iam.tag_policy(PolicyArn=policy_arn("personalize-service-access"), Tags=[{"Key": "x", "Value": "y"}])


def _new_version(account: Account, _: str) -> None:
    own = json.dumps(document({"Effect": "Allow", "Action": "s3:*", "Resource": "*"}))
    arn = policy_arn("personalize-user-access")
    account.iam.create_policy_version(PolicyArn=arn, PolicyDocument=own, SetAsDefault=True)


def _trust(account: Account, _: str) -> None:
    old = account.trust("personalize-service-role")
    text = json.dumps({**old, "Statement": [*old["Statement"], GLUE]})
    account.iam.update_assume_role_policy(RoleName="personalize-service-role", PolicyDocument=text)


def _attach(account: Account, _: str) -> None:
    account.iam.attach_user_policy(UserName="eve", PolicyArn=policy_arn("personalize-user-access"))


def _revoke(account: Account, key: str) -> None:
    account.kms.revoke_grant(KeyId=key, GrantId=account.grants(key)[0]["GrantId"])


def _bucket(account: Account, _: str) -> None:
    account.put_bucket_policy(DATA, document(*account.bucket_policy()["Statement"], MORE))


def _key(account: Account, key: str) -> None:
    account.put_key_policy(key, document(*account.key_policy(key)["Statement"], root_keeps(Sid="Third")))


def _role_tags(account: Account, _: str) -> None:
    account.iam.tag_role(RoleName="personalize-service-role", Tags=[{"Key": "x", "Value": "y"}])


def _describe(account: Account, _: str) -> None:
    account.iam.update_role_description(RoleName="personalize-service-role", Description="Mine")


def _encrypt(account: Account, key: str) -> None:
    rules = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}}]}
    account.s3.put_bucket_encryption(Bucket=DATA, ServerSideEncryptionConfiguration=rules)


EDITS: dict[str, tuple[Callable[[Account, str], object], str]] = {
    "bucket policy": (_bucket, f"bucket-policy {DATA} changed"),
    "bucket policy deleted": (lambda a, _: a.s3.delete_bucket_policy(Bucket=DATA), f"bucket-policy {DATA} is gone"),
    "bucket encryption": (_encrypt, f"encryption of the bucket {DATA} is there now"),
    "key policy": (_key, "key-policy arn:aws:kms"),
    "trust policy": (_trust, "trust-policy personalize-service-role changed"),
    "managed policy": (_new_version, f"managed-policy {policy_arn('personalize-user-access')} changed"),
    "tags": (_tags, f"tags of {policy_arn('personalize-service-access')} changed"),
    "role tags": (_role_tags, "tags of the role personalize-service-role changed"),
    "description": (_describe, "role personalize-service-role changed"),
    "attachments": (_attach, f"attachments of {policy_arn('personalize-user-access')} changed"),
    "grants": (_revoke, "grants on arn:aws:kms"),
}


@pytest.mark.parametrize("case", EDITS)
def test_whatever_a_colleague_edits_meanwhile_stops_the_plan_by_name(
    case: str, key: str, account: Account, program: Program
) -> None:
    program.apply(*FULL)
    plan(program, *FULL, "--workflow", "import", "--workflow", "batch", "--output", f"s3://{DATA}/out/")
    edit, says = EDITS[case]
    edit(account, key)
    before = account.snapshot()
    is_refused(apply(program), "plan-stale", says, "changed since the plan was made (20", "make a new plan")
    is_refused(program.json("apply", FILE, "--dry-run"), "plan-stale", says)
    assert account.snapshot() == before


def test_what_appears_before_a_first_set_up_stops_the_plan(key: str, account: Account, program: Program) -> None:
    plan(program, *FULL)
    account.role("personalize-service-role", document(trusts({"Service": SERVICE})))
    is_refused(apply(program), "plan-stale", "trust-policy personalize-service-role is there now")


def test_what_aws_does_to_a_document_is_no_change(key: str, account: Account, program: Program) -> None:
    plan(program, *FULL)
    account.put_bucket_policy(DATA, document({**THEIRS, "Action": ["s3:putobject", "s3:DeleteObject"]}))
    policy = account.key_policy(key)["Statement"]
    account.put_key_policy(key, document(*reversed(policy)))
    assert apply(program).code == 0
    assert [s["Sid"] for s in account.key_policy(key)["Statement"]][:2] == ["Second", "Root"]
    program.is_silent(*FULL)


def test_a_grant_that_a_service_makes_for_itself_is_no_change(key: str, account: Account, program: Program) -> None:
    plan(program, *FULL)
    account.kms.create_grant(KeyId=key, GranteePrincipal=user_arn("eve"), Operations=["Encrypt"], Name="ebs")
    assert apply(program).code == 0
    assert len(account.grants(key)) == 2


# Elsewhere


def test_a_plan_for_another_endpoint_is_refused(
    key: str, server: FakeAws, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan(program, *IN)
    other = server.url.replace("127.0.0.1", "localhost")
    monkeypatch.setenv("AWS_ENDPOINT_URL", other)
    is_refused(apply(program), "plan-foreign", other, server.url)


def test_a_plan_for_another_account_is_refused(key: str, program: Program) -> None:
    plan(program, *IN)
    text = Path(FILE).read_text()
    Path(FILE).write_text(text.replace(ACCOUNT, "444455556666"))
    forged(lambda _: None)
    run = apply(program)
    is_refused(run, "plan-foreign", "444455556666", ACCOUNT)
    assert [call.name for call in run.calls] == ["GetCallerIdentity"]


def test_another_region_than_the_plans_is_refused_before_any_call(
    key: str, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan(program, *IN)
    for words in (("--region", "us-east-1"), ()):
        run = apply(program, *words)
        is_refused(run, "plan-foreign", "us-east-1", REGION)
        assert run.calls == ()
        monkeypatch.setenv("PERSONALIZE_PERMS_REGION", "us-east-1")
    assert apply(program, "--region", REGION).code == 0


def test_another_account_than_expected_is_refused(key: str, program: Program) -> None:
    plan(program, *IN)
    is_refused(apply(program, "--expect-account", "444455556666"), "credentials")


@pytest.mark.parametrize("words", [FULL[2:4], ("--name", "x"), ("--require-mfa",), ("--sandbox",), ("--offline",)])
def test_what_the_plan_decides_cannot_be_given_beside_it(words: tuple[str, ...], key: str, program: Program) -> None:
    plan(program, *IN)
    run = apply(program, *words)
    assert (run.code, run.calls) == (2, ())
    assert words[0] in run.errors[0]["message"]


# Once


def test_a_plan_is_applied_once(key: str, account: Account, program: Program, tmp_path: Path) -> None:
    plan(program, *IN)
    shutil.copy(FILE, "copy.json")
    assert apply(program).code == 0
    mark = json.loads(Path(FILE).read_text())["spent"]
    assert Path(FILE).stat().st_mode & 0o777 == 0o600
    is_refused(apply(program), "plan-spent", mark["run"], mark["at"])
    is_refused(apply(program, file="copy.json"), "plan-spent", mark["run"])
    shutil.rmtree(tmp_path / "state")
    is_refused(apply(program), "plan-spent", mark["run"])
    is_refused(apply(program, file="copy.json"), "plan-stale", "applied already", "nothing left to do")


def test_a_run_that_waited_for_another_run_of_the_same_plan_finds_it_spent(
    key: str, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked = lock.locked

    @contextmanager
    def after_another_run(*given: Any, **more: Any) -> Iterator[None]:
        monkeypatch.setattr(lock, "locked", locked)
        assert apply(program, file="copy.json").code == 0
        program.run("--version")  # whose calls are none
        with locked(*given, **more):
            yield

    plan(program, *IN)
    shutil.copy(FILE, "copy.json")
    monkeypatch.setattr(lock, "locked", after_another_run)
    is_refused(apply(program), "plan-spent")


def test_a_plan_that_failed_midway_is_spent_too(key: str, aws: FakeAws, program: Program) -> None:
    plan(program, *IN)
    aws.on("PutBucketPolicy", refuses("AccessDenied", 403))
    failed = apply(program)
    assert failed.code == 1
    assert failed.written
    is_refused(apply(program), "plan-spent")


def test_a_plan_that_was_taken_back_after_a_failure_is_spent_too(
    key: str, account: Account, aws: FakeAws, program: Program
) -> None:
    before = account.snapshot()
    plan(program, *IN)
    aws.on("PutBucketPolicy", refuses("AccessDenied", 403))
    assert apply(program, "--on-failure", "undo").code == 1
    assert account.snapshot() == before
    is_refused(apply(program), "plan-spent")


def test_a_plan_that_met_an_unwritable_journal_stays_good(key: str, program: Program, tmp_path: Path) -> None:
    plan(program, *IN)
    shutil.rmtree(tmp_path / "state", ignore_errors=True)
    (tmp_path / "state").write_text("a file")
    is_refused(apply(program), "journal")
    (tmp_path / "state").unlink()
    assert apply(program).code == 0


def test_a_file_that_cannot_be_marked_is_said(key: str, aws: FakeAws, program: Program) -> None:
    plan(program, *IN)
    aws.on("PutBucketPolicy", lambda _, forward: (Path(FILE).unlink(), forward())[1])
    done = apply(program)
    assert done.code == 0
    assert "could not be marked as applied" in done.err
    assert not Path(FILE).exists()


def test_a_newer_plan_in_its_place_is_not_marked(key: str, aws: FakeAws, program: Program) -> None:
    plan(program, *IN, "--name", "newer")
    newer = Path(FILE).read_text()
    plan(program, *IN)
    aws.on("PutBucketPolicy", lambda _, forward: (Path(FILE).write_text(newer), forward())[1])
    done = apply(program)
    assert done.code == 0
    assert "another plan is there now" in done.err
    assert Path(FILE).read_text() == newer


# Files from strangers


@pytest.mark.parametrize("flip", [0x01, 0x03, 0x80])
def test_one_byte_changed_anywhere_is_refused(flip: int, key: str, program: Program) -> None:
    plan(program, *IN)
    content = Path(FILE).read_bytes()
    for place in range(flip % 7, len(content), 61):
        changed = bytearray(content)
        changed[place] ^= flip
        Path(FILE).write_bytes(changed)
        run = apply(program)
        assert run.calls == ()
        is_refused(run, run.errors[0]["code"])
        assert run.errors[0]["code"] in ("plan-tampered", "plan-file")


def _puts(text: str) -> Callable[[dict[str, Any]], object]:
    def change(plan: dict[str, Any]) -> None:
        for one in plan["changes"]:
            if one["operation"] and one["operation"]["type"] == "PutBucketPolicy":
                one["operation"]["document_json"] = text

    return change


@pytest.mark.parametrize(
    "forge",
    [
        _puts(json.dumps(document({**MORE, "Effect": "Allow"}))),
        lambda plan: plan["changes"].pop(),
        lambda plan: plan["changes"].append(plan["changes"][0]),
        lambda plan: plan["changes"][0]["operation"].update(type="DeletePolicy"),
        lambda plan: plan["documents"].pop(),
        lambda plan: plan.update(name="other"),
        lambda plan: plan.update(role_arn="arn:aws:iam::123456789012:role/other"),
        lambda plan: plan["settings"].update(input=[f"s3://{DATA}/"]),
    ],
)
def test_an_operation_is_never_taken_from_a_file(
    forge: Callable[[dict[str, Any]], object], key: str, program: Program
) -> None:
    plan(program, *IN)
    forged(forge)
    is_refused(apply(program), "plan-tampered")


def test_a_forged_fact_is_as_good_as_a_stale_plan(key: str, program: Program) -> None:
    plan(program, *IN)
    forged(lambda plan: plan["live"].update({f"bucket-policy {DATA}": "absent"}))
    is_refused(apply(program), "plan-stale", f"bucket-policy {DATA} is there now")


def test_settings_that_contradict_each_other_are_refused(key: str, program: Program) -> None:
    plan(program, *IN)
    forged(lambda plan: plan["settings"].update(input=[]))
    is_refused(apply(program), "plan-file", "--input")


def _pipe(path: Path) -> None:
    os.mkfifo(path)


HOSTILE: dict[str, tuple[Callable[[Path], object], str]] = {
    "empty": (Path.touch, "not JSON"),
    "binary": (lambda path: path.write_bytes(bytes(range(256))), "bytes that no plan has"),
    "directory": (Path.mkdir, ""),
    "symlink": (lambda path: path.symlink_to("target.json"), "symbolic link"),
    "pipe": (_pipe, "not a regular file"),
    "huge": (lambda path: path.write_bytes(b" " * (17 * 1024 * 1024)), "characters"),
    "deep": (lambda path: path.write_text("[" * 500_000), "nested too deeply"),
    "NaN": (lambda path: path.write_text('{"personalize_perms_plan": 1, "plan": NaN}'), "NaN"),
    "twice": (lambda path: path.write_text('{"plan": 1, "plan": 1}'), "stands twice"),
    "other": (lambda path: path.write_text('{"plan": 1}'), "another kind"),
    "newer": (lambda path: path.write_text('{"personalize_perms_plan": 2}'), "its format is 2"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_what_is_no_plan_is_refused_without_a_call(case: str, key: str, program: Program) -> None:
    Path("target.json").write_text("{}")
    make, says = HOSTILE[case]
    make(Path(FILE))
    run = apply(program)
    is_refused(run, "plan-file", says)
    assert run.calls == ()


def test_a_file_that_does_not_exist_is_a_usage_error(program: Program) -> None:
    run = apply(program, file="none.json")
    assert (run.code, run.errors[0]["code"]) == (2, "usage")
    assert "none.json" in run.errors[0]["message"]


# Where a plan may be saved


@pytest.mark.parametrize("case", ["binary", "directory", "symlink", "pipe", "other", "parent"])
def test_a_plan_replaces_nothing_but_a_plan(case: str, key: str, program: Program) -> None:
    Path("target.json").write_text("{}")
    out = Path("none/plan.json") if case == "parent" else Path(FILE)
    if case in HOSTILE:
        HOSTILE[case][0](out)
    run = program.json("plan", *IN, "--out", str(out))
    is_refused(run, "plan-file", str(out))
    assert run.calls == ()
    assert Path("target.json").read_text() == "{}"
    assert {path.name for path in Path().iterdir()} <= {"target.json", FILE}


def test_a_plan_may_go_into_an_empty_file(key: str, program: Program) -> None:
    Path(FILE).touch()
    plan(program, *IN)
    assert apply(program).code == 0


def test_a_plan_replaces_a_plan_also_a_spent_or_broken_one(key: str, program: Program) -> None:
    plan(program, *IN)
    assert apply(program).code == 0
    plan(program, *IN)
    Path(FILE).write_text(Path(FILE).read_text()[:200])
    plan(program, *IN)
    assert apply(program).code == 0
    assert [path.name for path in Path().iterdir()] == [FILE]


@pytest.mark.parametrize("words", [("--out", "-"), ("--out", FILE, "--sandbox")])
def test_where_a_plan_would_be_lost_it_is_not_saved(words: tuple[str, ...], program: Program) -> None:
    run = program.json("plan", *IN, *words)
    assert (run.code, run.calls) == (2, ())
    assert "--out" in run.errors[0]["message"]
    assert not Path(FILE).exists()


def test_a_directory_that_may_not_be_written_is_said(
    key: str, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("personalize_perms.cli.plan_file.os.fsync", full)
    is_refused(program.json("plan", *IN, "--out", FILE), "plan-file", "No space left")
    assert list(Path().iterdir()) == []


def test_a_saved_plan_holds_no_secret(key: str, program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a-secret-that-shows")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "a-token-that-shows")
    plan(program, *FULL)
    assert "that-shows" not in Path(FILE).read_text()
