"""`audit --aggregator`: every account at once, by the records of AWS Config."""

from collections.abc import Iterator

import pytest
from account import SERVICE, Account, Program, Run, document, root_keeps, trusts
from fake_config import NAME, FakeConfig, encoded

ONE, OTHER = "111122223333", "444455556666"
EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}
OPEN = document(trusts({"Service": SERVICE}))
READS = {
    "Sid": "Reads",
    "Effect": "Allow",
    "Principal": {"Service": SERVICE},
    "Action": "s3:*",
    "Resource": ["arn:aws:s3:::data", "arn:aws:s3:::data/*"],
}


@pytest.fixture(scope="module")
def servers() -> Iterator[FakeConfig]:
    fake = FakeConfig()
    yield fake
    fake.stop()


@pytest.fixture
def config(servers: FakeConfig, account: Account, monkeypatch: pytest.MonkeyPatch) -> FakeConfig:
    servers.reset()
    monkeypatch.setenv("AWS_ENDPOINT_URL_CONFIG_SERVICE", servers.url)
    return servers


def filled(config: FakeConfig) -> None:
    """Two accounts with the same faults; the other one has a key, too."""
    for account in (ONE, OTHER):
        config.source(account)
        admin = config.policy(account, "everything", document(EVERYTHING))
        config.role(account, "open", OPEN, {}, admin)
        config.role(account, "notebook", document(trusts({"Service": "sagemaker.amazonaws.com"})))
        config.bucket(account, f"data-{account}", document({**READS, "Resource": f"arn:aws:s3:::data-{account}/*"}))
        config.bucket(account, f"bare-{account}", None)
        passes = {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"}
        about = {"arn": f"arn:aws:iam::{account}:user/ada", "userName": "ada", "userId": "AIDA"}
        inline = [{"policyName": "passes", "policyDocument": encoded(document(passes))}]
        config.add(account, "AWS::IAM::User", "ada", {**about, "userPolicyList": inline})
        config.add(
            account,
            "AWS::IAM::Group",
            "all",
            {"arn": f"arn:aws:iam::{account}:group/all", "groupName": "all", "groupPolicyList": []},
        )
        config.key(account, "11111111-2222-3333-4444-555555555555", document(root_keeps()))


def audited(program: Program, *words: str, code: int = 3) -> Run:
    run = program.json("audit", "--aggregator", NAME, *words)
    assert run.code == code, run.err + run.out
    return run


def checks(run: Run, account: str) -> set[str]:
    return {finding["check"] for finding in run.data["findings"] if finding.get("account") == account}


WRONG = {"trust-without-source-conditions", "role-is-administrator", "service-may-do-too-much", "pass-any-role"}


def test_every_account_is_judged_as_it_would_judge_itself(config: FakeConfig, program: Program) -> None:
    filled(config)
    run = audited(program)
    for account in (ONE, OTHER):
        assert checks(run, account) >= WRONG
        assert "not-recorded" not in checks(run, account)
    assert run.data["counts"] == {
        "accounts": 2, "roles": 4, "users": 2, "groups": 2, "policies": 2, "buckets": 4, "keys": 2
    }  # fmt: skip
    assert "BatchGetAggregateResourceConfig" not in config.calls
    assert all(f"account {one['account']}: " in one["message"] for one in run.data["findings"] if "account" in one)
    assert run.writes == []


def test_what_a_query_leaves_out_is_read_from_the_records(config: FakeConfig, program: Program) -> None:
    filled(config)
    whole = audited(program).data["findings"]
    config.tells_documents = False
    assert audited(program).data["findings"] == whole
    assert "BatchGetAggregateResourceConfig" in config.calls


def test_a_query_that_may_not_name_the_configuration_is_asked_more_simply(config: FakeConfig, program: Program) -> None:
    filled(config)
    whole = audited(program).data["findings"]
    config.takes_columns = False
    assert audited(program).data["findings"] == whole


def test_key_policies_that_are_not_recorded_are_unknown_in_that_account_alone(
    config: FakeConfig, program: Program
) -> None:
    filled(config)
    config.key(OTHER, "99999999-2222-3333-4444-555555555555", None)
    run = audited(program)
    assert "not-recorded" not in checks(run, ONE)
    (unknown,) = [one for one in run.data["findings"] if one["check"] == "not-recorded"]
    assert (unknown["verdict"], unknown["account"]) == ("unknown", OTHER)
    assert "key policies" in unknown["message"]


def test_a_type_that_an_account_shows_nothing_of_is_unknown_not_absent(config: FakeConfig, program: Program) -> None:
    config.source(ONE)
    config.role(ONE, "open", OPEN)
    run = audited(program)
    (unknown,) = [one for one in run.data["findings"] if one["check"] == "not-recorded"]
    assert "no users, groups, policies, buckets, keys: there are none, or they are not recorded" in unknown["message"]


def test_an_account_whose_records_do_not_arrive_is_named_with_the_reason(config: FakeConfig, program: Program) -> None:
    filled(config)
    config.source("777788889999", "FAILED", LastErrorCode="AccessDenied", LastErrorMessage="not authorized")
    run = audited(program)
    found = [one for one in run.data["findings"] if one.get("account") == "777788889999"]
    assert {one["verdict"] for one in found} == {"unknown"}
    assert any("AccessDenied: not authorized" in one["reason"] for one in found)


@pytest.mark.parametrize(
    "refused", ["SelectAggregateResourceConfig AWS::S3::Bucket", "DescribeConfigurationAggregatorSourcesStatus"]
)
def test_a_refused_question_is_unknown_and_the_rest_is_told(config: FakeConfig, program: Program, refused: str) -> None:
    filled(config)
    config.refuses[refused] = "AccessDeniedException"
    run = audited(program)
    assert checks(run, ONE) >= WRONG - {"service-may-do-too-much"}
    (unknown,) = [one for one in run.data["findings"] if one["check"] == "not-readable"]
    assert unknown["verdict"] == "unknown"
    assert refused.split(maxsplit=1)[0] in unknown["reason"]


def test_documents_that_may_not_be_read_are_unknown(config: FakeConfig, program: Program) -> None:
    filled(config)
    config.tells_documents = False
    config.refuses["BatchGetAggregateResourceConfig"] = "AccessDeniedException"
    run = audited(program, code=0)
    assert {one["verdict"] for one in run.data["findings"]} == {"unknown"}
    told = " ".join(one["message"] for one in run.data["findings"] if one.get("account") == ONE)
    for what in ("trust policies", "texts of policies", "bucket policies"):
        assert what in told


def test_a_role_recorded_in_two_regions_is_told_once(config: FakeConfig, program: Program) -> None:
    filled(config)
    once = audited(program).data
    config.items += [{**one, "awsRegion": "us-east-1"} for one in config.items if "IAM" in one["resourceType"]]
    again = audited(program).data
    assert (again["counts"], again["findings"]) == (once["counts"], once["findings"])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--aggregator", "nobody"), "there is no aggregator nobody here"),
        (("--aggregator", NAME, "--fix", "all"), "--fix does not work with --aggregator"),
    ],
)
def test_what_cannot_be_done_is_said(config: FakeConfig, program: Program, words: tuple[str, ...], said: str) -> None:
    run = program.json("audit", *words)
    assert run.code in (1, 2)
    assert said in run.errors[0]["message"]


def test_without_the_right_to_ask_nothing_is_said_of_any_account(config: FakeConfig, program: Program) -> None:
    filled(config)
    config.refuses["SelectAggregateResourceConfig"] = "AccessDeniedException"
    run = program.json("audit", "--aggregator", NAME)
    assert (run.code, run.errors[0]["code"]) == (1, "access-denied")
