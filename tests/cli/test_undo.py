"""Taking everything back: what we added goes, what others changed, attached or rely on stays and is named."""

import json
import shutil
from collections.abc import Callable
from itertools import count
from pathlib import Path
from urllib.parse import unquote

import pytest
from account import (
    DATA,
    RESULTS,
    SERVICE,
    Account,
    Document,
    Program,
    Run,
    actions,
    document,
    policy_arn,
    role_arn,
    root_keeps,
    sids,
    trusts,
    user_arn,
)
from fake_aws import ACCOUNT, Answer, Call, FakeAws, Handler, refuses

from personalize_perms.model import ownership
from strict import identity, same_meaning

IN = ("--input", f"s3://{DATA}/in/")
KEY = "alias/data"
FULL = (
    *(*IN, "--workflow", "import", "--workflow", "export", "--output", f"s3://{RESULTS}/out/", "--kms-key", KEY),
    *("--attach-user", "ada", "--attach-group", "analysts", "--attach-role", "notebook"),
    *("--assumable-by", user_arn("grace"), "--tag", "team=a", "--role-description", "Ours"),
)
ADOPT = (*IN, "--kms-key", KEY, "--role-arn", role_arn("legacy"), "--tighten-trust", "--attach-user", "ada")
SET_UPS = {
    "plain": IN,
    "full": FULL,
    "grant": (*FULL, "--kms-access", "grant"),
    "strict": (*FULL, "--hardening", "strict", "--source-conditions", "all"),
    "adopted": ADOPT,
    "named": (*FULL, "--name", "team-a", "--role-name", "data-role", "--role-path", "/ml/", "--user-policy-name", "p"),
}
THEIRS: Document = {"Sid": "Theirs", "Effect": "Deny", "Principal": "*", "Action": "s3:DeleteObject", "Resource": "*"}
GLUE = trusts({"Service": "glue.amazonaws.com"}, Sid="Glue")
SHARED = trusts({"Service": [SERVICE, "glue.amazonaws.com"], "AWS": f"arn:aws:iam::{ACCOUNT}:root"}, Sid="Shared")
LOOSE = trusts({"Service": SERVICE}, Condition={"StringEquals": {"aws:PrincipalOrgID": "o-example"}})


@pytest.fixture
def key(account: Account) -> str:
    """An account as others left it; the key that KEY names."""
    account.bucket(DATA, document({**THEIRS, "Resource": f"arn:aws:s3:::{DATA}/*"}, Id="theirs"))
    account.bucket(RESULTS)
    found = account.key(document(root_keeps(), {**root_keeps(), "Sid": "Second", "Action": "kms:Decrypt"}))
    account.kms.create_alias(AliasName=KEY, TargetKeyId=found)
    for user in ("ada", "grace", "eve"):
        account.iam.create_user(UserName=user)
    account.iam.create_group(GroupName="analysts")
    account.role("legacy", document(GLUE, SHARED, LOOSE))
    account.role("notebook", document(trusts({"Service": "sagemaker.amazonaws.com"})))
    return found


@pytest.fixture
def elsewhere(tmp_path: Path) -> Callable[[], None]:
    """Go to another machine: one whose state directory has never seen a run."""

    def go() -> None:
        shutil.rmtree(tmp_path / "state", ignore_errors=True)

    return go


def meaning(account: Account) -> Document:
    """Everything that is there, without what AWS may do to the spelling of documents."""
    found = account.snapshot()
    for kind in ("buckets", "keys"):
        found[kind] = {name: identity(text) for name, text in found[kind].items()}
    for role in found["roles"].values():
        role["AssumeRolePolicyDocument"] = identity(unquote(str(role["AssumeRolePolicyDocument"])))
    found["policies"] = {name: (identity(text), *rest) for name, (text, *rest) in found["policies"].items()}
    return found


def undo(program: Program, *words: str, code: int = 0) -> Run:
    done = program.json("undo", "--yes", *words)
    assert done.code == code == done.envelope["exit_code"], done.err
    return done


def is_silent(program: Program, *words: str) -> None:
    again = undo(program, *words)
    assert again.written == []
    assert "Nothing to do" in again.err


def left(done: Run) -> dict[str, str]:
    """What stays, and why."""
    return {entry["resource"]: entry["message"] for entry in done.data["findings"] if entry["check"] != "in-use"}


@pytest.mark.parametrize("machine", ["the same", "another"])
@pytest.mark.parametrize("settings", SET_UPS.values(), ids=SET_UPS)
def test_everything_is_as_it_was_before(
    settings: tuple[str, ...],
    machine: str,
    key: str,
    account: Account,
    program: Program,
    elsewhere: Callable[[], None],
) -> None:
    before = meaning(account)
    program.apply(*settings)
    assert meaning(account) != before
    if machine == "another":
        elsewhere()
    done = undo(program, *settings)
    assert meaning(account) == before
    assert left(done) == {}
    assert {outcome["status"] for outcome in done.data["outcomes"]} == {"done"}
    is_silent(program, *settings)


@pytest.mark.parametrize("settings", ["full", "grant", "adopted"])
def test_the_name_alone_is_enough(
    settings: str, key: str, account: Account, program: Program, elsewhere: Callable[[], None]
) -> None:
    before = meaning(account)
    program.apply(*SET_UPS[settings])
    elsewhere()
    undo(program)
    assert meaning(account) == before


@pytest.mark.parametrize("settings", ["full", "grant", "adopted"])
def test_what_another_machine_took_back_is_no_news_to_the_one_that_applied(
    settings: str, key: str, account: Account, program: Program, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program.apply(*SET_UPS[settings])
    with monkeypatch.context() as other:
        other.setenv("XDG_STATE_HOME", str(tmp_path / "another machine"))
        undo(program)
    again = undo(program)
    assert again.written == []
    assert left(again) == {}


def test_what_earlier_settings_granted_goes_too(key: str, account: Account, program: Program) -> None:
    before = meaning(account)
    program.apply(*FULL)
    program.apply("--input", f"s3://{RESULTS}/in/", "--role-name", "second", "--hardening", "strict")
    undo(program)
    assert meaning(account) == before


def test_a_lost_memory_is_made_good_by_settings_and_journal(key: str, account: Account, program: Program) -> None:
    before = meaning(account)
    program.apply(*FULL)
    arn = policy_arn("personalize-service-access")
    account.iam.detach_role_policy(RoleName="personalize-service-role", PolicyArn=arn)
    account.iam.delete_policy(PolicyArn=arn)
    undo(program)
    assert meaning(account) == before


def test_where_nothing_was_set_up_there_is_nothing_to_do(key: str, account: Account, program: Program) -> None:
    before = meaning(account)
    is_silent(program, *FULL)
    assert meaning(account) == before


def test_a_dry_run_shows_everything_and_changes_nothing(key: str, account: Account, program: Program) -> None:
    program.apply(*FULL)
    before = meaning(account)
    done = program.run("undo", "--dry-run", *FULL)
    assert (done.code, done.writes) == (0, [])
    assert meaning(account) == before
    assert "- delete   role" in done.out
    assert '"Sid": "Theirs"' in done.out
    assert "Dry run" in done.err


def test_without_a_confirmation_nothing_is_changed(key: str, account: Account, program: Program) -> None:
    program.apply(*FULL)
    done = program.json("undo", *FULL)
    assert (done.code, done.writes) == (2, [])
    assert "--yes" in done.errors[0]["hint"]


def test_another_set_up_on_the_same_bucket_and_key_stays_whole(key: str, account: Account, program: Program) -> None:
    program.apply(*IN, "--kms-key", KEY, "--name", "team-a")
    before = meaning(account)
    program.apply(*IN, "--kms-key", KEY, "--name", "teama")
    undo(program, *IN, "--kms-key", KEY, "--name", "teama")
    assert meaning(account) == before
    program.is_silent(*IN, "--kms-key", KEY, "--name", "team-a")


# What others did meanwhile


def test_statements_that_others_added_stay(key: str, account: Account, program: Program) -> None:
    program.apply(*ADOPT)
    later = {**THEIRS, "Sid": "Later", "Resource": f"arn:aws:s3:::{DATA}/later/*"}
    account.put_bucket_policy(DATA, document(*account.bucket_policy()["Statement"], later))
    account.put_key_policy(key, document(*account.key_policy(key)["Statement"], {**root_keeps(), "Sid": "Later"}))
    trust = document(*account.trust("legacy")["Statement"], trusts({"Service": "ec2.amazonaws.com"}, Sid="Later"))
    account.iam.update_assume_role_policy(RoleName="legacy", PolicyDocument=json.dumps(trust))
    undo(program, *ADOPT)
    assert sids(account.bucket_policy()) == ["Theirs", "Later"]
    assert sids(account.key_policy(key)) == ["Root", "Second", "Later"]
    assert sids(account.trust("legacy"))[::3] == ["Glue", "Later"]


def test_a_bucket_policy_of_our_own_stays_for_what_others_put_into_it(
    key: str, account: Account, program: Program
) -> None:
    program.apply(*FULL)
    later = {**THEIRS, "Resource": f"arn:aws:s3:::{RESULTS}/*"}
    account.put_bucket_policy(RESULTS, document(*account.bucket_policy(RESULTS)["Statement"], later))
    undo(program, *FULL)
    assert sids(account.bucket_policy(RESULTS)) == ["Theirs"]


@pytest.mark.parametrize("machine", ["the same", "another"])
def test_a_statement_of_ours_that_others_changed_stays_and_is_named(
    machine: str, key: str, account: Account, program: Program, elsewhere: Callable[[], None]
) -> None:
    program.apply(*IN)
    *others, ours = account.bucket_policy()["Statement"]
    changed = {**ours, "Principal": {"Service": SERVICE, "AWS": user_arn("ada")}}
    account.put_bucket_policy(DATA, document(*others, changed))
    if machine == "another":
        elsewhere()
    done = undo(program, *(IN if machine == "the same" else ()))
    assert sids(account.bucket_policy()) == ["Theirs", ours["Sid"]]
    assert "somebody changed it" in left(done)[DATA]
    assert account.roles() == {"legacy", "notebook"}


def test_a_wider_resource_in_a_statement_of_ours_is_a_change_of_others(
    key: str, account: Account, program: Program
) -> None:
    program.apply(*IN)
    *others, ours = account.bucket_policy()["Statement"]
    wider = {**ours, "Resource": [f"arn:aws:s3:::{DATA}", f"arn:aws:s3:::{DATA}/*"]}
    account.put_bucket_policy(DATA, document(*others, wider))
    assert DATA in left(undo(program, *IN))
    program.apply(*IN)
    undo(program, *IN)
    assert sids(account.bucket_policy()) == ["Theirs"]


def test_a_policy_that_others_attached_stays_and_is_named(key: str, account: Account, program: Program) -> None:
    program.apply(*FULL)
    account.iam.attach_user_policy(UserName="eve", PolicyArn=policy_arn("personalize-user-access"))
    done = undo(program, *FULL)
    assert account.holders("personalize-user-access") == {"user/eve"}
    assert "others attached it" in left(done)[policy_arn("personalize-user-access")]
    assert account.policies() == {"personalize-user-access"}
    is_silent_but_for_what_stays(program, *FULL)


def test_a_policy_that_others_use_as_a_boundary_stays_and_is_named(
    key: str, account: Account, program: Program
) -> None:
    program.apply(*FULL)
    arn = policy_arn("personalize-user-access")
    account.role("theirs", document(GLUE), PermissionsBoundary=arn)
    done = undo(program, *FULL)
    assert account.policies() == {"personalize-user-access"}
    assert "boundary" in left(done)[arn]
    is_silent_but_for_what_stays(program, *FULL)


@pytest.mark.parametrize("policy", ["personalize-user-access", "personalize-service-access"])
@pytest.mark.parametrize("machine", ["the same", "another"])
def test_a_policy_in_which_others_keep_a_version_stays_and_is_named(
    machine: str, policy: str, key: str, account: Account, program: Program, elsewhere: Callable[[], None]
) -> None:
    program.apply(*FULL)
    theirs = json.dumps(
        document({"Sid": "Theirs", "Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"})
    )
    account.iam.create_policy_version(PolicyArn=policy_arn(policy), PolicyDocument=theirs)
    if machine == "another":
        elsewhere()
    done = undo(program)
    assert account.policies() == {policy}
    assert account.versions(policy) == 2
    assert account.holders(policy) == set()
    assert "its version v2 was made by others" in left(done)[policy_arn(policy)]
    is_silent_but_for_what_stays(program)
    account.iam.delete_policy_version(PolicyArn=policy_arn(policy), VersionId="v2")
    undo(program, *FULL)
    assert account.policies() == set()


def test_versions_that_may_not_be_read_are_not_taken_for_ours(
    key: str, account: Account, aws: FakeAws, program: Program
) -> None:
    program.apply(*FULL)
    program.apply(*FULL, "--hardening", "strict")
    assert account.versions("personalize-service-access") == 2
    aws.on("GetPolicyVersion", *[_refused_for("v1")] * 9)
    done = undo(program, *FULL, code=1)
    assert "iam:GetPolicyVersion" in done.err
    assert account.versions("personalize-service-access") == 2
    aws.forget()
    undo(program, *FULL)
    assert account.policies() == set()


def _refused_for(version: str) -> Handler:
    def handler(call: Call, forward: Callable[[], Answer]) -> Answer:
        named = f'"{version}"' in call.about and "personalize-service-access" in call.about
        return refuses("AccessDenied", 403)(call, forward) if named else forward()

    return handler


def is_silent_but_for_what_stays(program: Program, *words: str) -> None:
    assert undo(program, *words).written == []


def test_a_role_that_others_gave_something_stays_and_is_named(key: str, account: Account, program: Program) -> None:
    program.apply(*FULL)
    theirs = account.policy("theirs")
    account.iam.attach_role_policy(RoleName="personalize-service-role", PolicyArn=theirs)
    done = undo(program, *FULL)
    assert account.holders("theirs") == {"role/personalize-service-role"}
    assert "stays because others" in left(done)[role_arn("personalize-service-role")]
    assert account.policies() == {"theirs"}


def test_a_role_that_a_statement_of_others_names_stays(key: str, account: Account, program: Program) -> None:
    program.apply(*FULL)
    arn = role_arn("personalize-service-role")
    theirs = {**root_keeps(), "Sid": "Later", "Principal": {"AWS": arn}, "Action": "kms:Decrypt"}
    account.put_key_policy(key, document(*account.key_policy(key)["Statement"], theirs))
    done = undo(program, *FULL)
    assert "a statement of others names it" in left(done)[arn]
    assert "personalize-service-role" in account.roles()
    assert sids(account.key_policy(key)) == ["Root", "Second", "Later"]


def test_a_role_that_lets_others_in_stays_without_what_we_gave_it(key: str, account: Account, program: Program) -> None:
    program.apply(*IN)
    trust = document(*account.trust("personalize-service-role")["Statement"], GLUE)
    account.iam.update_assume_role_policy(RoleName="personalize-service-role", PolicyDocument=json.dumps(trust))
    done = undo(program, *IN)
    assert sids(account.trust("personalize-service-role")) == ["Glue"]
    assert "lets others in" in left(done)[role_arn("personalize-service-role")]


def test_an_attachment_that_others_made_to_an_adopted_role_stays(key: str, account: Account, program: Program) -> None:
    theirs = account.policy("theirs")
    account.iam.attach_role_policy(RoleName="legacy", PolicyArn=theirs)
    program.apply(*ADOPT)
    undo(program, *ADOPT)
    assert account.holders("theirs") == {"role/legacy"}


@pytest.mark.parametrize("machine", ["the same", "another"])
def test_a_tightened_statement_that_others_changed_stays_and_is_named(
    machine: str, key: str, account: Account, program: Program, elsewhere: Callable[[], None]
) -> None:
    program.apply(*ADOPT)
    trust = account.trust("legacy")
    changed = next(s for s in trust["Statement"] if s.get("Sid") == "SharedPersonalize")
    changed["Condition"]["Bool"] = {"aws:SecureTransport": "true"}
    account.iam.update_assume_role_policy(RoleName="legacy", PolicyDocument=json.dumps(trust))
    if machine == "another":
        elsewhere()
    done = undo(program, *ADOPT)
    assert sids(account.trust("legacy"))[:3] == ["Glue", "Shared", "SharedPersonalize"]
    assert same_meaning(document(account.trust("legacy")["Statement"][3]), document(LOOSE))
    assert "was changed since" in left(done)[role_arn("legacy")]


# What cannot be taken back now


def test_what_may_not_be_read_is_blocked_remembered_and_taken_back_later(
    key: str, account: Account, aws: FakeAws, program: Program, elsewhere: Callable[[], None]
) -> None:
    before = meaning(account)
    program.apply(*FULL)
    elsewhere()
    aws.on("GetBucketPolicy", *[refuses("AccessDenied", 403)] * 9)
    done = undo(program, code=1)
    assert ("blocked", "bucket-policy", DATA) in actions(done)
    assert any(error["code"] == "blocked" for error in done.errors)
    assert account.policies() == {"personalize-service-access"}
    aws.forget()
    undo(program)
    assert meaning(account) == before


def test_a_key_that_will_be_deleted_is_remembered(
    key: str, account: Account, program: Program, elsewhere: Callable[[], None]
) -> None:
    before = meaning(account)
    program.apply(*FULL)
    elsewhere()
    account.kms.schedule_key_deletion(KeyId=key.rpartition("/")[2])
    done = undo(program)
    assert "PendingDeletion" in left(done)[key]
    assert "remember" in left(done)[policy_arn("personalize-service-access")]
    account.kms.cancel_key_deletion(KeyId=key.rpartition("/")[2])
    account.kms.enable_key(KeyId=key.rpartition("/")[2])
    undo(program)
    assert meaning(account) == before


@pytest.mark.parametrize("number", range(0, 12, 3))
def test_an_undo_that_is_refused_at_any_write_is_completed_by_the_next_one(
    number: int, key: str, account: Account, aws: FakeAws, program: Program
) -> None:
    before = meaning(account)
    program.apply(*FULL)
    writes = count()

    def handler(call, forward):  # type: ignore[no-untyped-def]
        return refuses("AccessDenied", 403)(call, forward) if next(writes) == number else forward()

    for name in ("PutBucketPolicy", "DeleteBucketPolicy", "PutKeyPolicy", "DeleteRole", "DeletePolicy"):
        aws.on(name, *[handler] * 9)
    for kind in ("User", "Group", "Role"):
        aws.on(f"Detach{kind}Policy", *[handler] * 9)
    failed = undo(program, *FULL, code=1)
    assert [outcome["status"] for outcome in failed.data["outcomes"]].count("failed") == 1
    aws.forget()
    undo(program, *FULL)
    assert meaning(account) == before


# What Amazon Personalize still uses


def uses(aws: FakeAws, kind: str, member: str, **described: object) -> None:
    arn = f"arn:aws:personalize:eu-west-1:{ACCOUNT}:thing/{member}"
    aws.on(
        f"List{kind}s", *[lambda *_: (200, json.dumps({f"{member}s": [{f"{member}Arn": arn, "status": "ACTIVE"}]}))] * 9
    )
    body = json.dumps({member: {f"{member}Arn": arn, "status": "ACTIVE", **described}})
    aws.on(f"Describe{kind}", *[lambda *_: (200, body)] * 9)


@pytest.mark.parametrize(
    ("kind", "member"),
    [
        ("DatasetGroup", "datasetGroup"),
        ("DatasetImportJob", "datasetImportJob"),
        ("DataDeletionJob", "dataDeletionJob"),
        ("MetricAttribution", "metricAttribution"),
    ],
)
def test_what_still_uses_the_role_needs_its_name(
    kind: str, member: str, key: str, account: Account, aws: FakeAws, program: Program
) -> None:
    before = meaning(account)
    program.apply(*FULL)
    arn = role_arn("personalize-service-role")
    inner = {"metricsOutputConfig": {"roleArn": arn}} if member == "metricAttribution" else {"roleArn": arn}
    uses(aws, kind, member, **inner)
    for wrong in ((), ("--confirm", "other")):
        done = undo(program, *FULL, *wrong, code=2)
        assert done.writes == []
        assert "--confirm personalize-service-role" in done.errors[0]["hint"]
        assert f"thing/{member}" in done.err
    done = undo(program, *FULL, "--confirm", "personalize-service-role")
    assert [use["arn"].rpartition("/")[2] for use in done.data["uses"]] == [member]
    assert meaning(account) == before


def test_without_a_terminal_undo_says_how_to_look_at_its_own_plan(key: str, program: Program) -> None:
    program.apply(*FULL)
    done = program.json("undo")
    assert done.code == 2
    assert "personalize-perms undo --dry-run" in done.errors[0]["hint"]


def test_what_uses_the_key_counts_too(key: str, aws: FakeAws, program: Program) -> None:
    program.apply(*FULL)
    uses(aws, "DatasetGroup", "datasetGroup", kmsKeyArn=key)
    undo(program, *FULL, code=2)


def test_what_uses_another_role_does_not_count(key: str, aws: FakeAws, program: Program) -> None:
    program.apply(*FULL)
    uses(aws, "DatasetGroup", "datasetGroup", roleArn=role_arn("legacy"))
    assert undo(program, *FULL).data["uses"] == []


def test_where_personalize_may_not_be_asked_that_is_said(key: str, aws: FakeAws, program: Program) -> None:
    program.apply(*FULL)
    aws.on("ListDatasetGroups", refuses("AccessDeniedException", 400))
    done = undo(program, *FULL)
    (finding,) = [f for f in done.data["findings"] if f["check"] == "in-use"]
    assert finding["verdict"] == "unknown"
    assert "dataset groups" in finding["message"]
    assert "personalize:ListDatasetGroups" in finding["remedy"]


def test_no_statement_of_ours_is_left_anywhere(key: str, account: Account, program: Program) -> None:
    program.apply(*FULL)
    undo(program)
    everything = json.dumps(meaning(account), default=str)
    assert ownership.sid_prefix("personalize") not in everything


# What a role may not go before


def test_a_role_stays_while_a_key_in_another_region_names_it(
    key: str, account: Account, aws: FakeAws, program: Program, elsewhere: Callable[[], None]
) -> None:
    program.apply(*IN, "--kms-key", KEY)
    elsewhere()
    done = undo(program, "--region", "us-west-2")
    assert "personalize-service-role" in account.roles()
    assert "which stays, may name it" in left(done)[role_arn("personalize-service-role")]
    assert account.policies() == {"personalize-service-access"}
    assert "but for what stays" in done.err
    undo(program)
    assert account.roles() == {"legacy", "notebook"}
    assert sids(account.key_policy(key)) == ["Root", "Second"]


def test_a_role_stays_when_taking_our_statement_back_failed(
    key: str, account: Account, aws: FakeAws, program: Program
) -> None:
    before = meaning(account)
    aws.on("AttachUserPolicy", refuses("AccessDenied", 403))
    aws.on("PutKeyPolicy", lambda _, forward: forward(), refuses("AccessDeniedException", 400))
    done = program.apply(*FULL, "--on-failure", "undo", code=1)
    if "personalizeNNG6" in account.key_text(key):
        assert "personalize-service-role" in account.roles()
        assert "personalize-service-access" in account.policies()
    assert done.data["taken_back"]
    aws.forget()
    undo(program)
    assert meaning(account) == before


# What the journal knows no longer counts


def test_conditions_that_the_owner_puts_on_after_an_undo_are_the_owners(
    key: str, account: Account, program: Program
) -> None:
    program.apply(*ADOPT)
    conditioned = account.trust("legacy")["Statement"][:-1]
    undo(program, *ADOPT)
    account.iam.update_assume_role_policy(RoleName="legacy", PolicyDocument=json.dumps(document(*conditioned)))
    before = meaning(account)
    plain = tuple(word for word in ADOPT if word != "--tighten-trust")
    program.apply(*plain)
    done = undo(program, *plain)
    assert meaning(account) == before
    assert left(done) == {}


def test_an_attachment_that_we_were_refused_and_others_made_is_theirs(
    key: str, account: Account, aws: FakeAws, program: Program
) -> None:
    aws.on("AttachUserPolicy", refuses("AccessDenied", 403))
    program.apply(*IN, "--attach-user", "ada", code=1)
    program.apply(*IN)
    account.iam.attach_user_policy(UserName="ada", PolicyArn=policy_arn("personalize-user-access"))
    undo(program, *IN)
    assert account.holders("personalize-user-access") == {"user/ada"}


def test_a_statement_that_another_machine_wrote_is_remembered_where_it_is_not_known(
    key: str, account: Account, program: Program, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = meaning(account)
    program.apply(*IN)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "second"))
    program.apply("--input", f"s3://{DATA}/in2/")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    done = undo(program)
    if DATA in left(done):
        assert account.policies() == {"personalize-service-access"}
        undo(program, "--input", f"s3://{DATA}/in2/")
    assert meaning(account) == before


def test_one_unanswered_question_does_not_hide_the_other_answers(
    key: str, account: Account, aws: FakeAws, program: Program
) -> None:
    program.apply(*FULL)
    jobs = [f"arn:aws:personalize:eu-west-1:{ACCOUNT}:dataset-import-job/{number}" for number in range(3)]
    listed = {"datasetImportJobs": [{"datasetImportJobArn": arn, "status": "ACTIVE"} for arn in jobs]}
    found = {"datasetImportJobArn": jobs[1], "status": "ACTIVE", "roleArn": role_arn("personalize-service-role")}
    aws.on("ListDatasetImportJobs", lambda *_: (200, json.dumps(listed)))
    aws.on(
        "DescribeDatasetImportJob",
        refuses("ResourceNotFoundException"),
        lambda *_: (200, json.dumps({"datasetImportJob": found})),
        refuses("AccessDeniedException"),
    )
    done = undo(program, *FULL, code=2)
    assert done.writes == []
    assert jobs[1] in done.err


def test_a_role_that_is_only_left_is_looked_for_by_its_name(
    key: str, account: Account, aws: FakeAws, program: Program
) -> None:
    program.apply(*ADOPT)
    uses(aws, "DatasetGroup", "datasetGroup", roleArn=role_arn("legacy"))
    done = undo(program, code=2)
    assert done.errors[0]["hint"].endswith("--confirm legacy")
    undo(program, "--confirm", "legacy")
