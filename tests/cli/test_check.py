"""Checking a set-up: nothing to find where all is well, the cause first where something is not, and how to mend it."""

import json
from html import unescape
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from account import DATA, RESULTS, Account, Document, Program, Run, document, role_arn
from fake_aws import FakeAws, Handler, refuses
from single_faults import FAULTS, SETTINGS, Fault, denies, prepare


@pytest.fixture
def key(account: Account, program: Program) -> str:
    """A complete set-up; the ARN of its key."""
    found = prepare(account)
    program.apply(*SETTINGS)
    return found


def check(program: Program, *words: str, code: int = 0) -> Run:
    done = program.json("check", *SETTINGS, *words)
    assert done.written == []
    assert done.code == code, (done.err, done.out)
    return done


def findings(done: Run) -> list[Document]:
    """What was found, but for what the settings themselves are warned of."""
    return [found for found in done.data["findings"] if found["check"] != "direct-attachment"]


def test_nothing_is_found_where_all_is_well(key: str, program: Program) -> None:
    done = check(program)
    assert findings(done) == []
    assert {link["verdict"] for link in done.data["links"]} == {"allowed"}
    assert {link["check"] for link in done.data["links"]} == {
        *("trust", "role-policy", "bucket-policy", "key-policy", "user-policy", "pass-role", "assume-role"),
    }


MENDED = [fault for fault in FAULTS if fault.by_apply]
OF_OTHERS = [fault for fault in FAULTS if not fault.by_apply]


def test_there_are_enough_faults() -> None:
    assert len({fault.name for fault in FAULTS}) == len(FAULTS) >= 60


@pytest.mark.parametrize("part", range(4))
def test_a_fault_of_our_own_is_named_first_and_mended_by_apply(
    part: int, key: str, account: Account, program: Program
) -> None:
    for fault in MENDED[part::4]:
        is_named_first(fault, key, account, program)
        program.apply(*SETTINGS)
        assert findings(check(program)) == [], fault.name


@pytest.mark.parametrize("fault", OF_OTHERS, ids=lambda fault: fault.name)
def test_a_fault_of_others_is_named_first(fault: Fault, key: str, account: Account, program: Program) -> None:
    is_named_first(fault, key, account, program)


def is_named_first(fault: Fault, key: str, account: Account, program: Program) -> None:
    fault.spoil(account, key)
    done = check(program, code=0 if fault.verdict == "unknown" else 3)
    first = findings(done)[0]
    assert (first["check"], first["verdict"]) == (fault.check, fault.verdict), (fault.name, done.out)
    assert fault.says in str(first), (fault.name, first)
    assert first["message"], fault.name
    assert first["remedy"], fault.name


# What it asks


def test_a_check_asks_no_more_than_a_plan(account: Account, program: Program) -> None:
    key = account.key()
    account.bucket(DATA, key=key)
    account.bucket(RESULTS)
    words = ("--input", f"s3://{DATA}/in/", "--input", f"s3://{RESULTS}/in/")
    program.apply(*words)
    plan, done = program.json("plan", *words), program.json("check", *words)
    assert (done.code, done.written, done.data["findings"]) == (0, [], [])
    assert len(done.calls) <= len(plan.calls)


def test_nothing_set_up_yet_is_said_without_a_crash(account: Account, program: Program) -> None:
    prepare(account)
    done = check(program, code=3)
    assert "drift-role" in {found["check"] for found in findings(done)}
    assert all(found["remedy"] for found in findings(done))


@pytest.mark.parametrize(
    ("operation", "action", "document"),
    [
        ("GetBucketPolicy", "s3:GetBucketPolicy", f"bucket policy {DATA}"),
        ("GetKeyPolicy", "kms:GetKeyPolicy", "key policy"),
        ("GetRole", "iam:GetRole", "role"),
        ("GetPolicy", "iam:GetPolicy", "policy"),
        ("HeadBucket", "s3:ListBucket", DATA),
        ("DescribeKey", "kms:DescribeKey", "key"),
        ("GetBucketEncryption", "s3:GetEncryptionConfiguration", DATA),
    ],
)
def test_what_may_not_be_read_is_unknown_and_never_missing(
    operation: str, action: str, document: str, key: str, aws: FakeAws, program: Program
) -> None:
    aws.on(operation, *[refuses("AccessDenied", 403)] * 20)
    done = check(program)
    unknown = [found for found in findings(done) if found["verdict"] == "unknown"]
    assert any(action in str(found) and document in str(found) for found in unknown), done.out
    assert not [found for found in findings(done) if "missing" in found["message"]]
    assert check(program, "--fail-on", "unknown", code=3)


# AWS's own opinion


def simulated(*results: tuple[str, str, str], organization: bool = True, more: str = "") -> Handler:
    """Answer as IAM's simulator does: action, resource and decision of each question."""
    allowed = "true" if organization else "false"
    members = "".join(
        f"<member><EvalActionName>{action}</EvalActionName><EvalResourceName>{resource}</EvalResourceName>"
        f"<EvalDecision>{decision}</EvalDecision>{more}<OrganizationsDecisionDetail><AllowedByOrganizations>{allowed}"
        "</AllowedByOrganizations></OrganizationsDecisionDetail></member>"
        for action, resource, decision in results
    )
    body = f"<EvaluationResults>{members}</EvaluationResults><IsTruncated>false</IsTruncated>"
    name = "SimulatePrincipalPolicy"
    text = f'<{name}Response xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><{name}Result>{body}</{name}Result>'
    return lambda _call, _forward: (200, f"{text}</{name}Response>")


BUCKET = f"arn:aws:s3:::{DATA}"


def test_a_service_control_policy_is_known_from_the_simulator(key: str, aws: FakeAws, program: Program) -> None:
    aws.on("SimulatePrincipalPolicy", *[simulated(("s3:ListBucket", BUCKET, "implicitDeny"), organization=False)] * 5)
    first = findings(check(program, code=3))[0]
    assert (first["check"], first["verdict"]) == ("service-control-policy", "denied")
    assert "s3:ListBucket" in first["message"]


@pytest.mark.parametrize("decision", ["implicitDeny", "explicitDeny"])
def test_a_disagreement_with_the_simulator_is_reported(decision: str, key: str, aws: FakeAws, program: Program) -> None:
    aws.on("SimulatePrincipalPolicy", *[simulated(("s3:ListBucket", BUCKET, decision))] * 5)
    found = {one["check"]: one for one in findings(check(program))}
    assert found["second-opinion"]["verdict"] == "unknown"
    assert "s3:ListBucket" in found["second-opinion"]["message"]


def test_the_simulator_that_agrees_or_lacks_a_value_says_nothing_new(key: str, aws: FakeAws, program: Program) -> None:
    lacks = "<MissingContextValues><member>aws:SourceIp</member></MissingContextValues>"
    agrees = simulated(("s3:ListBucket", BUCKET, "allowed"))
    aws.on("SimulatePrincipalPolicy", agrees, simulated(("s3:ListBucket", BUCKET, "implicitDeny"), more=lacks))
    assert findings(check(program)) == []


def advises(kind: str) -> Handler:
    """Answer as Access Analyzer does, with one remark about the second statement."""
    remark = {
        "findingDetails": "so it goes",
        "findingType": kind,
        "issueCode": "SOME_CODE",
        "learnMoreLink": "https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html",
        "locations": [{"path": [{"value": "Statement"}, {"index": 1}], "span": {}}],
    }
    return lambda _call, _forward: (200, json.dumps({"findings": [remark]}))


@pytest.mark.parametrize(
    ("kind", "severity"), [("ERROR", "high"), ("SECURITY_WARNING", "medium"), ("WARNING", ""), ("SUGGESTION", "")]
)
def test_what_access_analyzer_holds_against_a_document_is_told(
    kind: str, severity: str, key: str, aws: FakeAws, program: Program
) -> None:
    aws.on("ValidatePolicy", advises(kind))
    found = findings(check(program))
    assert [one["severity"] for one in found] == ([severity] if severity else [])
    assert all("statement 2: so it goes" in one["message"] for one in found)


def test_opinions_that_cannot_be_had_are_notes(key: str, aws: FakeAws, program: Program) -> None:
    notes = check(program).data["notes"]
    assert [note.partition(" was")[0] for note in notes] == ["AWS's policy simulator", "Access Analyzer"]


# Formats and exit codes


def test_the_threshold_decides_the_exit_code(key: str, account: Account, program: Program) -> None:
    for threshold, code in (("low", 3), ("medium", 0), ("high", 0), ("unknown", 3)):
        check(program, "--fail-on", threshold, code=code)  # of low severity: two direct attachments
    account.s3.delete_bucket_policy(Bucket=DATA)
    for threshold in ("low", "medium", "high", "unknown"):
        check(program, "--fail-on", threshold, code=3)


def test_junit_has_a_test_for_each_link_and_a_failure_for_each_finding(
    key: str, account: Account, program: Program
) -> None:
    account.s3.delete_bucket_policy(Bucket=DATA)
    done = program.run("check", *SETTINGS, "--format", "junit")
    suite = ET.fromstring(done.out).find("testsuite")  # noqa: S314 - what this program wrote
    assert suite is not None
    failures = suite.findall("testcase/failure")
    assert (done.code, len(failures)) == (3, int(suite.attrib["failures"]))
    assert "s3:GetObject" in str(failures[0].attrib["message"])
    assert len(suite.findall("testcase")) == int(suite.attrib["tests"]) > len(failures)


def test_github_gets_annotations_and_a_summary(
    key: str, account: Account, program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    summary = tmp_path / "summary.md"
    summary.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    account.s3.delete_bucket_policy(Bucket=DATA)
    done = program.run("check", *SETTINGS, "--format", "github")
    first, *_ = done.out.splitlines()
    assert done.code == 3
    assert first.startswith("::error title=bucket-policy::")
    assert "%0A" not in first
    text = summary.read_text()
    assert text.startswith("before\n### personalize-perms check")
    assert "| high | denied | bucket-policy |" in text


def test_text_says_what_why_and_what_next(key: str, account: Account, program: Program) -> None:
    account.put_bucket_policy(DATA, document(denies(DATA, {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}})))
    done = program.run("check", *SETTINGS)
    assert "Why: Statement 1 (Theirs) of bucket policy acme-data denies" in done.out
    assert '"aws:PrincipalServiceName": [' in done.out
    assert "Next: personalize-perms apply" in done.out
    assert "ok " in done.err


@pytest.mark.parametrize(
    "condition",
    [
        {"StringNotEquals": {"aws:SourceVpc": "vpc-1"}, "BoolIfExists": {"aws:PrincipalIsAWSService": "false"}},
        {"ArnNotEqualsIfExists": {"aws:PrincipalArn": role_arn("etl")}},
        {"ArnNotEqualsIfExists": {"aws:principalarn": [role_arn("etl"), role_arn("bi")]}},
        {"StringNotEqualsIfExists": {"aws:SourceVpc": "vpc-1", "aws:PrincipalServiceName": "glue.amazonaws.com"}},
    ],
)
def test_a_deny_that_spares_some_already_is_offered_with_personalize_among_them(
    condition: Document, key: str, account: Account, program: Program
) -> None:
    others = account.bucket_policy()["Statement"]
    account.put_bucket_policy(DATA, document(*others, denies(DATA, condition)))
    offered = findings(check(program, code=3))[0]["statement"]
    spared = json.dumps(offered["Condition"])
    assert all(text in spared for text in (role_arn("personalize-service-role"), "personalize.amazonaws.com"))
    assert all(value in spared for keys in condition.values() for value in json.dumps(keys).split('"')[3::2])
    account.put_bucket_policy(DATA, document(*others, offered))
    assert findings(check(program)) == []


def test_a_deny_is_opened_to_amazon_personalize_and_not_to_every_service(
    key: str, account: Account, program: Program
) -> None:
    account.put_bucket_policy(DATA, document(*account.bucket_policy()["Statement"], denies(DATA)))
    first = findings(check(program, code=3))[0]
    assert "PrincipalIsAWSService" not in str(first["statement"])


def test_what_cannot_be_known_names_the_statement_it_stands_in(key: str, account: Account, program: Program) -> None:
    ours = account.bucket_policy()["Statement"]
    members = {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-1"}}
    condition = {**members, "BoolIfExists": {"aws:PrincipalIsAWSService": "false"}}
    account.put_bucket_policy(DATA, document(*ours, denies(DATA, condition)))
    first = findings(check(program))[0]
    # The role is what it is about; the bucket's policy is where it is decided.
    assert (first["check"], first["verdict"]) == ("bucket-policy", "unknown")
    where = f"statement {len(ours) + 1} (Theirs) of bucket policy {DATA}"
    assert where in first["reason"]
    assert where in first["remedy"]


def test_every_format_shows_the_statement_that_the_remedy_speaks_of(
    key: str, account: Account, program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    summary = tmp_path / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    account.put_bucket_policy(DATA, document(*account.bucket_policy()["Statement"], denies(DATA)))
    offered = '"aws:PrincipalServiceName": ["personalize.amazonaws.com"]'
    junit = ET.fromstring(program.run("check", *SETTINGS, "--format", "junit").out)  # noqa: S314 - our own
    assert any(offered in str(failure.text) for failure in junit.iter("failure"))
    assert offered in program.run("check", *SETTINGS, "--format", "github").out
    assert offered in unescape(summary.read_text())


@pytest.mark.parametrize(
    "constraints",
    [{"EncryptionContextSubset": {"for": "others"}}, {"EncryptionContextEquals": {"for": "others"}}],
    ids=lambda constraints: next(iter(constraints)),
)
def test_a_grant_of_ours_that_was_narrowed_is_drift_and_is_mended(
    constraints: Document, account: Account, program: Program
) -> None:
    key = prepare(account)
    words = (*SETTINGS, "--kms-access", "grant")
    program.apply(*words)
    (ours,) = account.grants(key)
    account.kms.revoke_grant(KeyId=key, GrantId=ours["GrantId"])
    account.kms.create_grant(
        KeyId=key,
        GranteePrincipal=ours["GranteePrincipal"],
        Operations=ours["Operations"],
        Name=ours["Name"],
        Constraints=constraints,
    )
    assert "drift-grant" in {found["check"] for found in findings(program.json("check", *words))}
    program.apply(*words)
    assert [grant.get("Constraints") for grant in account.grants(key)] == [None]
    assert findings(program.json("check", *words)) == []


def test_a_grant_that_is_gone_is_called_a_grant(account: Account, program: Program) -> None:
    key = prepare(account)
    words = (*SETTINGS, "--kms-access", "grant")
    program.apply(*words)
    for grant in account.grants(key):
        account.kms.revoke_grant(KeyId=key, GrantId=grant["GrantId"])
    first = findings(program.json("check", *words))[0]
    assert (first["check"], first["verdict"]) == ("key-grant", "denied")
    assert "No grant on the key" in first["reason"]
    assert first["remedy"].startswith("personalize-perms apply")


def test_a_deny_on_people_is_not_mended_by_sparing_the_service(key: str, account: Account, program: Program) -> None:
    deny = document({"Effect": "Deny", "NotAction": "s3:*", "Resource": "*"})
    account.iam.put_group_policy(GroupName="everybody", PolicyName="theirs", PolicyDocument=json.dumps(deny))
    first = findings(check(program, code=3))[0]
    assert "to exempt user ada from statement number 1" in first["remedy"]
    assert first["statement"] is None
