"""From what went wrong to the link that is broken: named first, mended by the change that is offered."""

import gzip
import hashlib
import io
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from account import DATA, RESULTS, SERVICE, Account, Document, Program, Run, document, policy_arn, role_arn, user_arn
from fake_aws import ACCOUNT, REGION, FakeAws, refuses
from single_faults import FAULTS, MARK, ROLE, SETTINGS, USER_POLICY, Fault, prepare

ADA = user_arn("ada")
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/{ROLE}/x"
POLICY_MISSING = (
    "Insufficient privileges for accessing data in S3. Please look at https://docs.aws.amazon.com/personalize/latest/dg/"
    "granting-personalize-s3-access.html#attach-bucket-policy and fix bucket policy on {bucket}"
)
QUOTA = "More than 5 resources with PENDING or IN_PROGRESS status"


@pytest.fixture
def key(account: Account, program: Program) -> str:
    """A complete set-up, in a settings file; the ARN of its key."""
    found = prepare(account)
    program.apply(*SETTINGS)
    lines: dict[str, list[str]] = {}
    for flag, value in zip(SETTINGS[::2], SETTINGS[1::2], strict=True):
        lines.setdefault(flag.removeprefix("--"), []).append(value)
    Path("personalize-perms.toml").write_text("\n".join(f"{name} = {json.dumps(v)}" for name, v in lines.items()))
    return found


def diagnose(program: Program, *words: str, code: int = 3) -> Run:
    done = program.json("diagnose", *words)
    assert done.written == []
    assert done.code == code, (done.err, done.out)
    assert "unexpected" not in done.err
    return done


def symptoms(done: Run) -> list[str]:
    return [complaint["symptom"] for complaint in done.data["complaints"]]


def denied(action: str, who: str = SESSION, on: str = "*", why: str = "") -> str:
    return f"User: {who} is not authorized to perform: {action} on resource: {on} {why}"


# What breaks -> what AWS then says, and what must be named first
def said(name: str, key: str) -> str:
    reading = {
        "bucket": POLICY_MISSING.format(bucket=DATA),
        "results": POLICY_MISSING.format(bucket=RESULTS),
        "key": denied("kms:Decrypt", on=key),
        "role": "Insufficient privileges for accessing data in Amazon S3.",
        "trust": f"The role {role_arn(ROLE)} cannot be assumed",
        "people": denied("iam:PassRole", ADA, role_arn(ROLE)),
        "ada": denied("personalize:CreateDatasetImportJob", ADA),
        "users' role": denied("sts:AssumeRole", user_arn("grace"), role_arn("personalize-users")),
    }
    special = {
        "key: the export action removed": denied("kms:GenerateDataKeyWithoutPlaintext", on=key),
        "role: its metrics removed": denied("cloudwatch:PutMetricData"),
        "role: its S3 writes removed": denied("s3:PutObject", on=f"arn:aws:s3:::{RESULTS}/out/x"),
        "bucket: encrypted with AWS's own key": "Insufficient privileges for accessing data in Amazon S3.",
        "bucket: encrypted with a new key": "Insufficient privileges for accessing data in Amazon S3.",
        "people: Personalize removed": denied("personalize:CreateDatasetImportJob", ADA),
        "people: no import any more": denied("personalize:CreateDatasetImportJob", ADA),
        "key: disabled": f"KMSInvalidStateException: {key} is disabled: creating the filter failed",
        "ada: a group's Deny": denied("iam:PassRole", ADA, role_arn(ROLE)),
        "role: deleted": f"The role {role_arn(ROLE)} cannot be assumed",
    }
    return special.get(name) or reading[name.partition(":")[0]]


BROKEN = [
    fault
    for fault in FAULTS
    # Those who are none of these texts' business, and whose user policy nobody complains of.
    if not fault.name.startswith(("notebook", "analysts", "grace", "users' role: the user policy"))
    and fault.verdict == "denied"
]
SEEN: set[str] = set()


def ordinary(fault: Fault) -> list[pytest.MarkDecorator]:
    """One fault for each check belongs to the ordinary run."""
    is_new = fault.check not in SEEN
    SEEN.add(fault.check)
    return [] if is_new else [pytest.mark.long]


@pytest.mark.parametrize("fault", [pytest.param(one, id=one.name, marks=ordinary(one)) for one in BROKEN])
def test_the_cause_is_named_first_and_the_change_that_is_offered_mends_it(
    fault: Fault, key: str, account: Account, program: Program
) -> None:
    fault.spoil(account, key)
    done = diagnose(program, said(fault.name, key), "--out", "fix.json")
    first = done.data["findings"][0]
    assert (first["check"], first["verdict"]) == (fault.check, "denied"), done.out
    assert fault.says in str(first) or fault.check.startswith("drift"), first
    if not fault.by_apply:
        assert first["remedy"]
        return
    assert done.data["saved"] == "fix.json"
    mended = program.json("apply", "fix.json", "--yes")
    assert mended.code == 0, mended.err
    assert mended.changes() == done.changes()
    found = [f for f in program.json("check").data["findings"] if f["check"] != "direct-attachment"]
    assert found == []
    assert diagnose(program, said(fault.name, key), code=0).data["findings"] == []


# What is no permission, and what cannot be looked at


@pytest.mark.parametrize(
    ("text", "symptom", "kind"),
    [
        (QUOTA, "pending-quota", "quota"),
        ("Invalid Data location.", "data-location", "parameter"),
        ("Input csv is missing the following columns: [USER_ID]", "data", "data"),
        ("The bucket is in this region: us-east-1. Please use this region to retry the request", "region", "Region"),
        ("Unable to locate credentials", "credentials", "credentials"),
    ],
)
def test_what_is_no_permission_is_said_to_be_none_without_a_call(
    text: str, symptom: str, kind: str, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name)
    done = diagnose(program, text, code=0)
    assert done.calls == ()
    (complaint,) = done.data["complaints"]
    assert (complaint["symptom"], complaint["permission"], complaint["kind"]) == (symptom, False, kind)
    shown = program.run("diagnose", text)
    assert "This is not a permission" in shown.out
    assert "Next: " in shown.out


def test_without_credentials_the_meaning_is_told_and_what_was_not_looked_at(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    done = diagnose(program, POLICY_MISSING.format(bucket=DATA), code=1)
    assert symptoms(done) == ["bucket-policy"]
    assert [error["code"] for error in done.errors] == ["credentials"]
    shown = program.run("diagnose", POLICY_MISSING.format(bucket=DATA))
    assert "The bucket's policy does not let Amazon Personalize itself in" in shown.out
    assert "Not looked at: bucket-region, block-public-access, bucket-policy" in shown.err
    assert "no AWS credentials were found" in shown.err


def test_offline_makes_no_call(program: Program) -> None:
    done = diagnose(program, POLICY_MISSING.format(bucket=DATA), "--offline", code=1)
    assert done.calls == ()
    assert symptoms(done) == ["bucket-policy"]


@pytest.mark.parametrize(
    "tail", ["with an explicit deny in a service control policy", "because no session policy allows the x:Y action"]
)
def test_what_aws_alone_can_know_is_believed_and_nothing_is_looked_at(tail: str, program: Program) -> None:
    done = diagnose(program, denied("personalize:CreateSolution", ADA, "*", tail))
    assert done.calls == ()
    (finding,) = done.data["findings"]
    assert (finding["check"], finding["verdict"]) == ("user-action", "denied")
    assert finding["remedy"].startswith(("ask whoever administers the organization", "begin the session"))


def test_a_text_that_is_not_known_is_said_to_be_unknown_and_everything_is_looked_at(
    key: str, account: Account, program: Program
) -> None:
    assert diagnose(program, "the flux capacitor is empty", code=0).data["findings"] == []
    account.s3.delete_bucket_policy(Bucket=DATA)
    done = diagnose(program, "the flux capacitor is empty")
    assert symptoms(done) == ["unrecognised"]
    assert done.data["findings"][0]["check"] == "bucket-policy"


def test_nothing_wrong_is_said_where_nothing_is(key: str, program: Program) -> None:
    shown = program.run("diagnose", POLICY_MISSING.format(bucket=DATA))
    assert shown.code == 0
    assert "Nothing is wrong with what it points to" in shown.out


def test_only_what_it_points_to_is_told(key: str, account: Account, program: Program) -> None:
    account.s3.delete_bucket_policy(Bucket=RESULTS)
    account.iam.detach_user_policy(UserName="ada", PolicyArn=policy_arn(USER_POLICY))
    done = program.json("diagnose", POLICY_MISSING.format(bucket=RESULTS))
    assert {finding["check"] for finding in done.data["findings"]} == {"bucket-policy", "drift-bucket-policy"}
    assert done.changes() == [("bucket-policy", RESULTS)]
    assert "more findings on other links: personalize-perms check" in done.err


# Without a set-up, and beside it


def test_without_settings_the_text_says_what_to_look_at_and_to_mend(account: Account, program: Program) -> None:
    account.bucket(DATA, document())
    text = POLICY_MISSING.format(bucket=DATA)
    done = diagnose(program, text, "--out", "fix.json")
    assert done.data["findings"][0]["check"] == "bucket-policy"
    assert done.changes() == [("bucket-policy", DATA)]
    assert program.json("apply", "fix.json", "--yes").code == 0
    assert [one["Sid"] for one in account.bucket_policy()["Statement"]] == [f"{MARK}PersonalizeReadsInput"]
    assert account.roles() == set()
    assert diagnose(program, text, code=0).data["findings"] == []


def test_without_settings_what_is_missing_is_asked_for(program: Program) -> None:
    done = diagnose(program, "The dataset import job failed: insufficient privileges for accessing data in S3", code=2)
    assert "--input" in done.errors[0]["message"]
    assert symptoms(done) == ["s3-access"]


def test_a_user_who_was_denied_is_looked_at_also_without_settings(account: Account, program: Program) -> None:
    account.iam.create_user(UserName="ada")
    done = diagnose(program, denied("personalize:CreateSolution", ADA))
    first = done.data["findings"][0]
    assert (first["check"], first["verdict"]) == ("user-policy", "denied")
    assert first["statement"]["Action"] == ["personalize:CreateSolution"]
    allow = document({"Effect": "Allow", "Action": "personalize:*", "Resource": "*"})
    account.iam.put_user_policy(UserName="ada", PolicyName="theirs", PolicyDocument=json.dumps(allow))
    assert diagnose(program, denied("personalize:CreateSolution", ADA), code=0).data["findings"] == []


def test_the_statement_for_passing_a_role_is_for_that_role_and_this_service_only(
    account: Account, program: Program
) -> None:
    account.iam.create_user(UserName="ada")
    account.role(ROLE, document({"Effect": "Allow", "Principal": {"Service": SERVICE}, "Action": "sts:AssumeRole"}))
    first = diagnose(program, denied("iam:PassRole", ADA, role_arn(ROLE))).data["findings"][0]
    assert (first["check"], first["statement"]) == (
        "pass-role",
        {
            "Effect": "Allow",
            "Action": ["iam:PassRole"],
            "Resource": [role_arn(ROLE)],
            "Condition": {"StringEquals": {"iam:PassedToService": SERVICE}},
        },
    )


def test_the_sandbox_can_be_diagnosed_too(program: Program) -> None:
    done = diagnose(program, denied("personalize:CreateSolution", ADA), "--sandbox")
    assert done.calls == ()
    assert done.data["findings"][0]["check"] == "user-policy"


def test_a_prefix_that_the_settings_do_not_grant_is_the_cause(
    key: str, account: Account, aws: FakeAws, program: Program
) -> None:
    failed_import(aws, roleArn=role_arn(ROLE), dataSource={"dataLocation": f"s3://{DATA}/elsewhere/x.csv"})
    describes(aws, "DatasetGroup", datasetGroupArn=GROUP)
    done = diagnose(program, JOB, "--out", "fix.json")
    denied_on = {finding["check"] for finding in done.data["findings"] if finding["verdict"] == "denied"}
    assert {"bucket-policy", "role-policy"} <= denied_on
    assert program.json("apply", "fix.json", "--yes").code == 0
    allowed = account.bucket_policy()["Statement"][-1]["Resource"]
    assert f"arn:aws:s3:::{DATA}/elsewhere/x.csv" in allowed
    assert f"arn:aws:s3:::{DATA}/in/*" in allowed


def test_a_bucket_that_the_settings_do_not_name_is_added_and_said(key: str, account: Account, program: Program) -> None:
    account.bucket("acme-other")
    done = diagnose(program, POLICY_MISSING.format(bucket="acme-other"))
    assert "--input s3://acme-other" in done.data["notes"][0]
    assert "add it to personalize-perms.toml" in done.data["notes"][0]
    assert done.data["findings"][0]["resource"] == "acme-other"
    assert ("bucket-policy", "acme-other") in done.changes()


def test_a_role_that_is_not_that_of_the_settings_is_named_first(key: str, program: Program) -> None:
    done = diagnose(program, denied("iam:PassRole", ADA, role_arn("another")))
    first = done.data["findings"][0]
    assert (first["check"], first["resource"]) == ("other-role", role_arn("another"))
    assert f"pass the role {ROLE}" in first["remedy"]


def test_a_text_about_another_account_is_not_looked_into_here(key: str, program: Program) -> None:
    done = diagnose(program, denied("personalize:CreateSolution", ADA.replace(ACCOUNT, "444455556666")), code=1)
    assert "444455556666" in done.errors[0]["message"]


def test_a_text_about_another_region_is_looked_into_there_unless_one_was_chosen(program: Program) -> None:
    text = denied("personalize:CreateSolution", ADA, f"arn:aws:personalize:us-east-1:{ACCOUNT}:solution/x")
    assert diagnose(program, text).data["region"] == "us-east-1"
    done = diagnose(program, text, "--region", REGION)
    assert done.data["region"] == REGION
    assert "it is about us-east-1" in done.err


# Jobs and dataset groups

JOB = f"arn:aws:personalize:{REGION}:{ACCOUNT}:dataset-import-job/x"
GROUP = f"arn:aws:personalize:{REGION}:{ACCOUNT}:dataset-group/movies"


def describes(aws: FakeAws, kind: str, **found: object) -> None:
    member = kind[0].lower() + kind[1:]
    aws.on(f"Describe{kind}", lambda *_: (200, json.dumps({member: found})))


def failed_import(aws: FakeAws, **more: object) -> None:
    describes(
        aws,
        "DatasetImportJob",
        status="CREATE FAILED",
        failureReason="Insufficient privileges for accessing data in Amazon S3.",
        datasetArn=GROUP.replace("dataset-group/movies", "dataset/movies/INTERACTIONS"),
        **more,
    )


def test_a_failed_job_tells_itself_what_went_wrong(key: str, account: Account, aws: FakeAws, program: Program) -> None:
    account.put_bucket_policy(DATA, document())
    failed_import(aws, roleArn=role_arn(ROLE), dataSource={"dataLocation": f"s3://{DATA}/in/x.csv"})
    describes(aws, "DatasetGroup", datasetGroupArn=GROUP)
    done = diagnose(program, JOB)
    assert symptoms(done) == ["s3-access"]
    assert done.data["findings"][0]["check"] == "bucket-policy"
    assert "CREATE FAILED" in done.data["notes"][0]


def test_a_failed_job_needs_no_settings(account: Account, aws: FakeAws, program: Program) -> None:
    account.bucket(DATA)
    account.role("theirs", document({"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}), Path="/ml/")
    role = f"arn:aws:iam::{ACCOUNT}:role/ml/theirs"
    failed_import(aws, roleArn=role, dataSource={"dataLocation": f"s3://{DATA}/in/"})
    aws.on("DescribeDatasetGroup", refuses("AccessDeniedException"))
    done = diagnose(program, JOB)
    assert done.data["role_arn"] == role
    assert {("role-policy", "denied"), ("bucket-policy", "denied")} <= {
        (finding["check"], finding["verdict"]) for finding in done.data["findings"]
    }


def test_a_job_that_has_not_failed_complains_of_nothing(aws: FakeAws, program: Program) -> None:
    describes(aws, "DatasetImportJob", status="ACTIVE")
    done = diagnose(program, JOB, code=0)
    assert done.data["complaints"] == []
    assert "ACTIVE" in done.data["notes"][0]


def test_a_dataset_group_has_its_key_looked_at(key: str, account: Account, aws: FakeAws, program: Program) -> None:
    describes(aws, "DatasetGroup", status="ACTIVE", kmsKeyArn=key, roleArn=role_arn(ROLE))
    assert diagnose(program, GROUP, code=0).data["findings"] == []
    account.kms.disable_key(KeyId=key.rpartition("/")[2])
    describes(aws, "DatasetGroup", status="ACTIVE", kmsKeyArn=key, roleArn=role_arn(ROLE))
    assert diagnose(program, GROUP).data["findings"][0]["check"] == "key-state"


@pytest.mark.parametrize(
    ("code", "says"), [("ResourceNotFoundException", "there is no"), ("AccessDeniedException", "personalize:Describe")]
)
def test_a_job_that_cannot_be_read_is_said(code: str, says: str, aws: FakeAws, program: Program) -> None:
    aws.on("DescribeDatasetImportJob", refuses(code))
    assert says in diagnose(program, JOB, code=1).errors[0]["message"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((role_arn(ROLE),), "nothing in Amazon Personalize"),
        (("arn:aws:personalize:::recipe/aws-sims",), "nothing in Amazon Personalize"),
        (("arn:nonsense",), "is not an ARN"),
        ((JOB, "--region", "us-east-1"), "of the Region eu-west-1"),
        ((JOB, "--offline"), "known only from the account"),
        ((), "there is nothing to diagnose"),
        (("event.json",), "there is no file event.json"),
        (("x", "--out", "-"), "--out needs a file"),
    ],
)
def test_what_cannot_be_diagnosed_is_wrong_usage(words: tuple[str, ...], says: str, program: Program) -> None:
    done = diagnose(program, *words, code=2)
    assert done.calls == ()
    assert says in done.errors[0]["message"]


# Files and pipes


def event(bucket: str = DATA) -> Document:
    return {
        "eventName": "CreateDatasetImportJob",
        "eventSource": "personalize.amazonaws.com",
        "errorCode": "InvalidInputException",
        "errorMessage": POLICY_MISSING.format(bucket=bucket),
        "recipientAccountId": ACCOUNT,
        "awsRegion": REGION,
        "requestParameters": {"dataSource": {"dataLocation": f"s3://{bucket}/in/"}, "roleArn": role_arn(ROLE)},
    }


def test_a_file_of_events_is_read_packed_or_not(key: str, account: Account, program: Program) -> None:
    account.put_bucket_policy(DATA, document())
    text = json.dumps({"Records": [event(), event()]})
    Path("events.json").write_text(text)
    Path("events.json.gz").write_bytes(gzip.compress(text.encode()))
    Path("utf16.txt").write_bytes(text.encode("utf-16"))
    for name in ("events.json", "events.json.gz", "utf16.txt"):
        done = diagnose(program, name)
        assert [(c["symptom"], c["count"]) for c in done.data["complaints"]] == [("bucket-policy", 2)]
        assert done.data["findings"][0]["resource"] == DATA


def test_a_log_is_read_from_a_file_or_a_pipe(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("x.log").write_text(f"12:00 starting\n{QUOTA}\n")
    assert symptoms(diagnose(program, "x.log", code=0)) == ["pending-quota"]
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(QUOTA.encode())))
    assert symptoms(diagnose(program, "-", code=0)) == ["pending-quota"]


def test_on_a_terminal_it_can_be_pasted(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("personalize_perms.cli.request.Request.may_ask", property(lambda _: True))
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(f"{QUOTA}\n".encode())))
    done = diagnose(program, code=0)
    assert symptoms(done) == ["pending-quota"]
    assert "Paste what went wrong" in done.err


def test_what_is_piped_in_unasked_is_not_read(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(QUOTA.encode())))
    diagnose(program, code=2)


BAD: dict[str, tuple[Callable[[Path], object], str]] = {
    "directory": (Path.mkdir, "cannot be read"),
    "pipe": (os.mkfifo, "cannot be read"),
    "torn": (lambda path: path.write_text(json.dumps(event())[:-9]), "not JSON"),
    "twice": (lambda path: path.write_text('{"eventName": 1, "eventName": 2}'), "stands twice"),
    "long": (lambda path: path.write_text("x" * 1_100_000), "characters"),
    "bad gzip": (lambda path: path.write_bytes(b"\x1f\x8bnonsense"), "unpacked"),
    "a bomb": (lambda path: path.write_bytes(gzip.compress(b"x" * (65 * 1024 * 1024), 1)), "too large"),
    "no events": (lambda path: path.write_text('{"Records": 1}'), "no CloudTrail events"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_file_that_cannot_be_used_is_refused_with_why(case: str, program: Program) -> None:
    make, says = BAD[case]
    make(Path("given.txt"))
    done = diagnose(program, "given.txt", code=1)
    assert done.calls == ()
    assert says in str(done.errors[0])


# A part of a plan


def forged(change: Callable[[Document], object]) -> None:
    """Change the plan in a file as somebody would who knows how its digest is made."""
    content = json.loads(Path("fix.json").read_text())
    change(content["plan"])
    text = json.dumps([1, content["plan"]], sort_keys=True, separators=(",", ":"))
    content["digest"] = hashlib.sha256(text.encode()).hexdigest()
    Path("fix.json").write_text(json.dumps(content, indent=2) + "\n")


@pytest.fixture
def fix(key: str, account: Account, program: Program) -> None:
    """Two things are broken, and a plan that mends one of them is saved."""
    account.s3.delete_bucket_policy(Bucket=RESULTS)
    account.put_bucket_policy(DATA, document())
    done = diagnose(program, POLICY_MISSING.format(bucket=DATA), "--out", "fix.json")
    assert done.changes() == [("bucket-policy", DATA)]


def test_a_part_is_applied_once_and_nothing_else(fix: None, account: Account, program: Program) -> None:
    done = program.json("apply", "fix.json", "--yes")
    assert (done.code, done.written) == (0, ["PutBucketPolicy"])
    assert account.bucket_text(RESULTS) is None
    assert "can use the role" not in done.err
    assert program.json("apply", "fix.json", "--yes").errors[0]["code"] == "plan-spent"


def test_a_part_is_shown_without_changing_anything(fix: None, program: Program) -> None:
    done = program.json("apply", "fix.json", "--dry-run")
    assert (done.code, done.written, done.changes()) == (0, [], [("bucket-policy", DATA)])


@pytest.mark.parametrize("bucket", [DATA, RESULTS])
def test_a_part_is_stale_when_anything_that_it_was_made_from_changed(
    bucket: str, fix: None, account: Account, program: Program
) -> None:
    more = {"Sid": "More", "Effect": "Deny", "Principal": "*", "Action": "s3:DeleteBucket"}
    account.put_bucket_policy(bucket, document({**more, "Resource": f"arn:aws:s3:::{bucket}"}))
    done = program.json("apply", "fix.json", "--yes")
    assert (done.code, done.written, done.errors[0]["code"]) == (1, [], "plan-stale")


FORGERIES: tuple[Callable[[Document], object], ...] = (
    lambda plan: plan.update(only=[f"bucket-policy {DATA}", f"bucket-policy {RESULTS}"]),
    lambda plan: plan.update(only=[f"bucket-policy {RESULTS}"]),
    lambda plan: plan.update(only=[]),
    lambda plan: plan.pop("only"),
    lambda plan: plan.update(only=["nothing at all"]),
    lambda plan: plan.update(only=[1]),
    lambda plan: plan["changes"].pop(),
)


def test_a_part_that_was_changed_is_refused(fix: None, account: Account, program: Program) -> None:
    before, saved = account.snapshot(), Path("fix.json").read_text()
    for forge in FORGERIES:
        Path("fix.json").write_text(saved)
        forged(forge)
        done = program.json("apply", "fix.json", "--yes")
        assert (done.code, done.written) == (1, [])
        assert done.errors[0]["code"] in ("plan-tampered", "plan-file")
    assert account.snapshot() == before


def test_a_whole_plan_is_written_as_before_there_were_parts(key: str, program: Program) -> None:
    assert program.json("plan", "--out", "plan.json").code == 0
    assert '"only"' not in Path("plan.json").read_text()


def test_where_no_change_of_ours_mends_it_no_plan_is_saved(key: str, account: Account, program: Program) -> None:
    account.kms.disable_key(KeyId=key.rpartition("/")[2])
    done = diagnose(program, f"KMSInvalidStateException: {key} is disabled", "--out", "fix.json")
    assert "No plan was saved" in done.err
    assert not Path("fix.json").exists()


def test_people_are_told_how_to_mend_it(key: str, account: Account, program: Program) -> None:
    account.put_bucket_policy(DATA, document())
    shown = program.run("diagnose", POLICY_MISSING.format(bucket=DATA))
    assert shown.code == 3
    assert shown.out.index("bucket-policy: The bucket's policy") < shown.out.index("high   denied")
    assert shown.out.index("high   denied") < shown.out.index("The smallest change that mends it:")
    assert f"bucket-policy {DATA}" in shown.out
    assert "The whole set-up: personalize-perms apply" in shown.out
    assert "--out fix.json" in shown.out
