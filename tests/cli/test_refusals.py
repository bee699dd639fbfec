"""Refused before the first write: what is said, what to do next, which exit code, and nothing half done."""

import json
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from account import DATA, RESULTS, Account, Program, document, role_arn, root_keeps, sids, trusts, user_arn
from fake_aws import ACCOUNT, REGION

from personalize_perms.model.options import OPTIONS

IN = ("--input", f"s3://{DATA}/in/")
ELSEWHERE = "111122223333"
KEY_ID = "1234abcd-12ab-34cd-56ef-1234567890ab"


def refused(program: Program, *words: str, code: int, says: str, hint: str, kind: str = "") -> None:
    """Assert that nothing is written, and that person and program are told the same."""
    done = program.json("apply", "--yes", *words)
    assert done.writes == []
    assert (done.code, done.envelope["exit_code"], done.envelope["status"]) == (code, code, "error"), done.err
    told = [error for error in done.errors if says in error["message"] and hint in error["hint"]]
    assert told, done.errors
    assert not kind or told[0]["code"] == kind
    text = program.run("init", "--yes", *words)
    assert (text.code, text.out, text.writes) == (code, "", [])
    assert says in text.err.replace("\n  ", " ")
    assert hint in text.err


# Bad answers: nothing is even asked of AWS


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((*IN, "--name", "9lives"), "is not a set-up name"),
        ((*IN, "--name", "a" * 41), "is not a set-up name"),
        ((*IN, "--name", "teäm"), "is not a set-up name"),
        ((*IN, "--name", "team\n"), "is not a set-up name"),
        ((*IN, "--role-name", "a/b"), "is not a role name"),
        ((*IN, "--role-name", "r" * 65), "is not a role name"),
        ((*IN, "--role-path", "team/"), "is not a path"),
        ((*IN, "--role-path", "/aws-service-role/x/"), "is AWS's own"),
        ((*IN, "--user-policy-name", "p*"), "is not a policy name"),
        ((*IN, "--attach-user", "ada lovelace"), "is not a user name"),
        ((*IN, "--attach-user", "ａda"), "is not a user name"),
        ((*IN, "--tag", "novalue"), "is not a tag"),
        ((*IN, "--tag", "aws:x=1"), "is reserved"),
        ((*IN, "--tag", "personalize-perms=other"), "is reserved"),
        ((*IN, "--expect-account", "１23456789012"), "is not an account ID"),
        ((*IN, "--region", "eu-west-1\n"), "is not a Region"),
        ((*IN, "--workflow", "everything"), "is not one of import"),
        ((*IN, "--kms-key", "my key"), "does not name a KMS key"),
        ((*IN, "--kms-key", "arn:aws:kms:eu-west-1:123456789012:key/*"), "is not an ARN"),
        ((*IN, "--role-arn", user_arn("ada")), "is not the ARN of an IAM role"),
        ((*IN, "--permissions-boundary", role_arn("x")), "is not the ARN of an IAM policy"),
        ((*IN, "--oidc-subject", "repo:*"), "must be printable ASCII without '*'"),
        (("--input", "https://bucket/in"), "is not an S3 location"),
        (("--input", "s3://Bucket"), "is not a bucket name"),
        (("--input", "s3://192.168.0.1"), "is not a bucket name"),
        (("--input", f"s3://{DATA}/in*"), "would widen the policy"),
        (("--input", f"s3://{DATA}/in?"), "would widen the policy"),
        (("--input", f"s3://{DATA}/${{aws:username}}/"), "would widen the policy"),
        (("--input", f"s3://{DATA}/{'x' * 300}"), "takes at most 256"),
        (("--input", f"s3://{DATA}/ïn/"), "must be printable ASCII"),
        (("--input", f"s3://{DATA}//in"), "must be printable ASCII and not start with '/'"),
    ],
)
def test_a_bad_answer_is_a_usage_error_that_names_the_flag(words: tuple[str, ...], says: str, program: Program) -> None:
    done = program.json("apply", "--yes", *words)
    assert (done.code, done.calls, done.envelope["exit_code"]) == (2, (), 2)
    (error,) = done.errors
    assert error["code"] == "usage"
    assert says in error["message"]
    assert words[-2] in error["message"]
    assert words[-2] in done.err
    assert program.run("apply", *words).out == ""


def test_missing_answers_are_told_all_at_once_with_flag_variable_and_key(program: Program) -> None:
    done = program.json("apply", "--yes", "--workflow", "import", "--workflow", "export", "--oidc-provider", OIDC)
    assert (done.code, done.calls) == (2, ())
    (error,) = done.errors
    by_field = {option.field: option for option in OPTIONS}
    assert error["message"].startswith("4 answers are missing")
    for field in ("inputs", "outputs", "oidc_audience", "oidc_subject"):
        option = by_field[field]
        assert f"{option.flag}  ({option.variable}, or {option.key} in the settings file)" in error["message"]
        assert option.variable in done.err


OIDC = f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--role-arn", role_arn("x"), "--role-name", "y"), "give one of the two"),
        (("--role-arn", role_arn("x"), "--role-path", "/y/"), "give one of the two"),
        (("--tighten-trust",), "--tighten-trust is for an existing role"),
        (("--require-mfa",), "--require-mfa is for the role that IAM users assume"),
        (("--oidc-subject", "x"), "name the provider with --oidc-provider"),
        (("--user-access", "none", "--attach-user", "ada"), "--attach-user needs a user policy"),
        (("--user-access", "none", "--assumable-by", user_arn("ada")), "--assumable-by needs a user policy"),
        (("--attach-role", "personalize-service-role"), "it must not get what people may do"),
        (("--user-policy-name", "personalize-service-access"), "is the name of a policy of the service role"),
        (("--role-name", "personalize-users", "--assumable-by", user_arn("ada")), "it is made for people"),
        (("--tag", "a=1", "--tag", "A=2"), "gives a more than once"),
    ],
)
def test_settings_that_contradict_each_other_are_refused_without_a_call(
    words: tuple[str, ...], says: str, program: Program
) -> None:
    done = program.json("apply", "--yes", *IN, *words)
    assert (done.code, done.calls) == (2, ())
    assert says in done.errors[0]["message"]
    assert says in done.err


def test_without_a_terminal_nothing_is_changed_unless_yes_is_said(account: Account, program: Program) -> None:
    account.bucket()
    for command in ("apply", "init"):
        done = program.json(command, *IN)
        assert (done.code, done.writes) == (2, [])
        assert "needs a confirmation" in done.errors[0]["message"]
        assert "--yes" in done.errors[0]["hint"]


def test_without_a_terminal_nothing_is_asked_for(
    account: Account, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    account.bucket()
    monkeypatch.setattr("sys.stdin", Reader())
    done = program.json("init")
    assert (done.code, done.writes) == (2, [])
    assert "--input" in done.errors[0]["message"]


class Reader:
    """Standard input that is no terminal and must not be read."""

    def isatty(self) -> bool:
        return False

    def __getattr__(self, name: str) -> object:
        raise AssertionError(f"standard input was used: {name}")


# Wrong place


def test_a_region_without_personalize_is_refused(program: Program) -> None:
    done = program.json("apply", "--yes", *IN, "--region", "eu-north-1")
    assert (done.code, done.calls) == (2, ())
    assert "not available in Region eu-north-1" in done.errors[0]["message"]
    assert "--region" in done.errors[0]["hint"]


def test_no_region_at_all_is_refused(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_REGION")
    done = program.json("apply", "--yes", *IN)
    assert (done.code, done.calls, done.errors[0]["hint"]) == (2, (), "--region REGION")


def test_another_account_than_expected_is_refused(account: Account, program: Program) -> None:
    account.bucket()
    words = (*IN, "--expect-account", ELSEWHERE)
    says = f"belong to account {ACCOUNT}, not to {ELSEWHERE}"
    refused(program, *words, code=1, says=says, hint="--expect-account", kind="credentials")


@pytest.mark.parametrize(
    "url",
    [
        "http://aws.example",
        "http://127.0.0.1.example:4566",
        "http://user@127.0.0.1",
        "http://127.0.0.1@aws.example",
        "ftp://127.0.0.1",
    ],
)
def test_an_endpoint_that_would_get_credentials_in_the_clear_is_refused(
    url: str, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    done = program.json("apply", "--yes", *IN)
    assert (done.code, done.calls, done.errors[0]["code"]) == (1, (), "endpoint")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--role-arn", f"arn:aws:iam::{ELSEWHERE}:role/x"), f"is of the account {ELSEWHERE}"),
        (("--permissions-boundary", f"arn:aws:iam::{ELSEWHERE}:policy/x"), f"is of the account {ELSEWHERE}"),
        (("--role-arn", f"arn:aws-cn:iam::{ACCOUNT}:role/x"), "is of the partition aws-cn"),
        (("--assumable-by", f"arn:aws-cn:iam::{ACCOUNT}:user/x"), "is of the partition aws-cn"),
    ],
)
def test_arns_of_other_accounts_and_partitions_are_refused(
    words: tuple[str, ...], says: str, account: Account, program: Program
) -> None:
    account.bucket()
    refused(program, *IN, *words, code=2, says=says, hint="name ARNs of this account")


def test_missing_credentials_are_told_with_the_ways_to_get_some(
    account: Account, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    done = program.json("apply", "--yes", *IN)
    assert (done.code, done.calls, done.errors[0]["code"]) == (1, (), "credentials")
    assert "--profile" in done.errors[0]["hint"]


# What is there does not fit


@dataclass(frozen=True)
class Case:
    """Something in the account, the settings that meet it, and what is answered."""

    fill: Callable[[Account], object]
    words: tuple[str, ...]
    kind: str
    says: str
    hint: str


def nothing(_: Account) -> None:
    """Leave the account as it is: one bucket."""


def full_bucket(account: Account) -> None:
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": f"arn:aws:s3:::{DATA}/*"}
    account.put_bucket_policy(DATA, document({**deny, "Sid": "x" * 20_200}))


def full_trust(account: Account) -> None:
    account.role("legacy", document(trusts({"Service": "glue.amazonaws.com"}, Sid="x" * 1900)))


def loose_full_key(account: Account) -> None:
    key = account.key(document(root_keeps(), {**root_keeps(), "Sid": "x" * 32_500}))
    account.kms.create_alias(AliasName="alias/full", TargetKeyId=key)


def many_attachments(account: Account) -> None:
    account.role("busy", document(trusts({"Service": "glue.amazonaws.com"})))
    for number in range(10):
        account.iam.attach_role_policy(RoleName="busy", PolicyArn=account.policy(f"theirs-{number}"))


def bad_keys(account: Account) -> None:
    for name, spoil in {"disabled": account.kms.disable_key, "doomed": account.kms.schedule_key_deletion}.items():
        key = account.key()
        account.kms.create_alias(AliasName=f"alias/{name}", TargetKeyId=key)
        spoil(KeyId=key.rpartition("/")[2])
    signing = account.key(KeyUsage="SIGN_VERIFY", KeySpec="RSA_2048")
    account.kms.create_alias(AliasName="alias/signing", TargetKeyId=signing)


CASES = {
    "a bucket that is not there": Case(
        nothing, ("--input", "s3://no-such-bucket"), "not-found", "there is no bucket no-such-bucket", "--input"
    ),
    "a bucket in another Region": Case(
        lambda account: account.bucket("far-away", region="us-west-2"),
        ("--input", "s3://far-away"),
        "wrong-region",
        f"far-away is in us-west-2, and this set-up is for {REGION}",
        "--region us-west-2",
    ),
    "a role of that name that is not ours": Case(
        lambda account: account.role("personalize-service-role", document(trusts({"Service": "glue.amazonaws.com"}))),
        IN,
        "conflict",
        "was not made by the set-up personalize",
        f"--role-arn {role_arn('personalize-service-role')}",
    ),
    "a role whose name differs in case only": Case(
        lambda account: account.role("Personalize-Service-ROLE", document(trusts({"Service": "x.amazonaws.com"}))),
        IN,
        "conflict",
        role_arn("Personalize-Service-ROLE"),
        f"--role-arn {role_arn('Personalize-Service-ROLE')}",
    ),
    "a role in lower case where another is asked for": Case(
        lambda account: account.role("another", document(trusts({"Service": "glue.amazonaws.com"}))),
        (*IN, "--role-name", "Another"),
        "conflict",
        role_arn("another"),
        f"--role-arn {role_arn('another')}",
    ),
    "a role of that name with another path": Case(
        lambda account: account.role(
            "personalize-service-role", document(trusts({"Service": "glue.amazonaws.com"})), Path="/team/"
        ),
        IN,
        "conflict",
        "role/team/personalize-service-role",
        "--role-name",
    ),
    "a user policy of that name that is not ours": Case(
        lambda account: account.policy("personalize-user-access"),
        IN,
        "conflict",
        "was not made by the set-up personalize",
        "--user-policy-name",
    ),
    "a service policy of that name that is not ours": Case(
        lambda account: account.policy("personalize-service-access"),
        IN,
        "conflict",
        "was not made by the set-up personalize",
        "--name",
    ),
    "a policy whose name differs in case only": Case(
        lambda account: account.policy("PERSONALIZE-user-access"),
        IN,
        "conflict",
        "PERSONALIZE-user-access",
        "--user-policy-name",
    ),
    "a policy whose tag is that of another set-up": Case(
        lambda account: account.policy(
            "personalize-user-access", Tags=[{"Key": "personalize-perms", "Value": "other"}]
        ),
        IN,
        "conflict",
        "was not made by the set-up personalize",
        "--user-policy-name",
    ),
    "a role to adopt that is not there": Case(
        nothing, (*IN, "--role-arn", role_arn("legacy")), "not-found", "there is no role", "--role-arn"
    ),
    "a role to adopt that has another path": Case(
        lambda account: account.role("legacy", document(trusts({"Service": "glue.amazonaws.com"})), Path="/team/"),
        (*IN, "--role-arn", role_arn("legacy")),
        "not-found",
        "role/team/legacy",
        "--role-arn arn:aws:iam::123456789012:role/team/legacy",
    ),
    "a user that is not there": Case(
        nothing, (*IN, "--attach-user", "nobody"), "not-found", "there is no IAM user nobody", "--attach-user"
    ),
    "a group that is not there": Case(
        nothing, (*IN, "--attach-group", "nobody"), "not-found", "there is no IAM group nobody", "--attach-group"
    ),
    "a role for people that is not there": Case(
        nothing, (*IN, "--attach-role", "nobody"), "not-found", "there is no IAM role nobody", "--attach-role"
    ),
    "a trusted user that is not there": Case(
        nothing, (*IN, "--assumable-by", user_arn("nobody")), "not-found", "which does not exist", "check its name"
    ),
    "a boundary that is not there": Case(
        nothing,
        (*IN, "--permissions-boundary", f"arn:aws:iam::{ACCOUNT}:policy/nothing"),
        "not-found",
        "policy/nothing, which does not exist",
        "check its name",
    ),
    "a SAML provider that is not there": Case(
        nothing,
        (*IN, "--saml-provider", f"arn:aws:iam::{ACCOUNT}:saml-provider/nothing"),
        "not-found",
        "saml-provider/nothing, which does not exist",
        "check its name",
    ),
    "a bucket policy with no room": Case(full_bucket, IN, "limit", f"bucket policy of {DATA} would have", "prefix"),
    "a trust policy with no room": Case(
        full_trust, (*IN, "--role-arn", role_arn("legacy")), "limit", "trust policy of legacy would have", "quota"
    ),
    "a key policy with no room": Case(
        loose_full_key, (*IN, "--kms-key", "alias/full"), "limit", "AWS allows 32,768", "--kms-access grant"
    ),
    "a role that has all the policies it can have": Case(
        many_attachments, (*IN, "--role-arn", role_arn("busy")), "limit", "exceed the quota of 10", "--name"
    ),
    "a key that is disabled": Case(
        bad_keys, (*IN, "--kms-key", "alias/disabled"), "key-unusable", "is Disabled", "aws kms enable-key"
    ),
    "a key that is to be deleted": Case(
        bad_keys, (*IN, "--kms-key", "alias/doomed"), "key-unusable", "is PendingDeletion", "cancel-key-deletion"
    ),
    "a key that signs": Case(
        bad_keys, (*IN, "--kms-key", "alias/signing"), "key-unusable", "for SIGN_VERIFY", "symmetric"
    ),
    "a key that is not there": Case(nothing, (*IN, "--kms-key", KEY_ID), "not-found", "does not exist", "--kms-key"),
    "an alias that is not there": Case(
        nothing, (*IN, "--kms-key", "alias/nothing"), "not-found", "does not exist", "aws kms list-aliases"
    ),
    "a key of another Region": Case(
        nothing,
        (*IN, "--kms-key", f"arn:aws:kms:us-east-1:{ACCOUNT}:key/{KEY_ID}"),
        "key-unusable",
        "belongs to Region us-east-1",
        "--kms-key",
    ),
    "the key that AWS manages": Case(
        lambda account: account.kms.describe_key(KeyId="alias/aws/s3"),
        (*IN, "--kms-key", "alias/aws/s3"),
        "key-unusable",
        "is AWS managed",
        "customer managed key",
    ),
    "a bucket whose key AWS manages": Case(
        lambda account: account.bucket(RESULTS, key="aws"),
        ("--input", f"s3://{RESULTS}"),
        "key-unusable",
        f"the key of bucket {RESULTS} is AWS managed",
        "default encryption",
    ),
    "an encrypted dataset group without a key": Case(
        nothing, (*IN, "--workflow", "encrypted-dataset-group"), "settings", "needs a KMS key", "--kms-key"
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_cannot_work_is_refused_before_the_first_write(case: str, account: Account, program: Program) -> None:
    found = CASES[case]
    account.bucket()
    found.fill(account)
    code = 2 if found.kind == "settings" else 1
    refused(program, *found.words, code=code, says=found.says, hint=found.hint, kind=found.kind)


def test_all_reasons_are_told_at_once(account: Account, program: Program) -> None:
    account.policy("personalize-user-access")
    done = program.apply("--input", "s3://no-such-bucket", "--attach-user", "nobody", "--kms-key", KEY_ID, code=1)
    assert {error["code"] for error in done.errors} == {"not-found", "conflict"}
    assert len(done.errors) == 4


def long_name(number: int) -> str:
    return f"acme-{number:03}-{'x' * 54}"


def test_many_buckets_are_split_over_several_policies(account: Account, program: Program) -> None:
    words = []
    for number in range(30):
        account.bucket(long_name(number))
        words += ["--input", f"s3://{long_name(number)}/{'y' * 180}/"]
    program.apply(*words)
    split = sorted(name for name in account.policies() if "service-access" in name)
    assert len(split) > 1
    for name in split:
        assert len("".join(account.policy_text(name).split())) <= 6144
        assert account.holders(name) == {"role/personalize-service-role"}
    account.bucket()
    program.converges(*IN)
    assert {name for name in account.policies() if "service-access" in name} == {"personalize-service-access"}
    assert account.bucket_text(long_name(7)) is None
    assert sids(account.bucket_policy())


def test_more_buckets_than_a_role_can_have_policies_for_is_refused(account: Account, program: Program) -> None:
    words = []
    for number in range(190):
        words += ["--input", f"s3://{long_name(number)}/{'y' * 180}/"]
    done = program.apply(*words, code=1)
    assert done.written == []
    limit = [error for error in done.errors if error["code"] == "limit"]
    assert "exceed the quota of 10" in limit[0]["message"]
    assert "--name" in limit[0]["hint"]


def test_what_may_not_be_read_is_never_taken_for_absent(account: Account, program: Program) -> None:
    account.bucket()
    for operation in ("GetRole", "GetPolicy"):
        account.server.on(operation, *[denies] * 3)
        done = program.apply(*IN, code=1)
        assert done.written == []
        assert done.errors[0]["code"] == "access-denied"
        assert f"iam:{operation}" in done.errors[0]["hint"]
    account.server.reset()
    account.bucket()
    account.server.on("GetBucketPolicy", denies)
    done = program.apply(*IN, code=1)
    assert done.changes("blocked") == [("bucket-policy", DATA)]
    assert account.bucket_text() is None
    assert json.loads(account.trust_text("personalize-service-role"))


def denies(*_: object) -> tuple[int, str]:
    body = "<Error><Code>AccessDenied</Code><Message>not you</Message></Error>"
    return 403, f"<ErrorResponse>{body}</ErrorResponse>"
