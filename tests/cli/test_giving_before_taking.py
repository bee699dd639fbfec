"""Nobody is without access in between: what replaces a permission is given and seen before the old one goes."""

import json
from collections.abc import Callable

import pytest
from account import DATA, RESULTS, Account, Program, document, policy_arn, role_arn, root_keeps, trusts
from fake_aws import Answer, Call, FakeAws, refuses

from strict import same_meaning

SERVICE_POLICY = "personalize-service-access"
TWICE = (
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Effect": "Allow", "Action": "sts:AssumeRole",'
    ' "Principal": {"Service": "glue.amazonaws.com"}}]}'
)
IN = ("--input", f"s3://{DATA}/in/")
OUT = ("--workflow", "import", "--workflow", "export", "--output", f"s3://{RESULTS}/out/")


def denied(aws: FakeAws, operation: str) -> None:
    aws.on(operation, *[refuses("AccessDenied", 403)] * 20)


def test_a_policy_that_is_split_keeps_what_moves_until_the_second_one_is_attached(
    account: Account, program: Program, aws: FakeAws
) -> None:
    account.bucket()
    account.bucket(RESULTS)
    program.apply(*IN, *OUT)
    before = account.policy_text(SERVICE_POLICY)
    many = [f"acme-{number:02}-with-quite-a-long-name-that-takes-room-in-the-policy" for number in range(45)]
    for name in many:
        account.bucket(name)
    inputs = [word for name in many for word in ("--input", f"s3://{name}/a/rather/long/prefix/")]
    denied(aws, "AttachRolePolicy")
    program.apply(*IN, *OUT, *inputs, code=1)
    assert account.policy_text(SERVICE_POLICY) == before
    aws.forget()
    program.converges(*IN, *OUT, *inputs)


def test_a_role_keeps_its_key_policy_statement_until_it_has_the_grant(
    account: Account, program: Program, aws: FakeAws
) -> None:
    key = account.key(document(root_keeps()))
    account.bucket(key=key)
    program.apply(*IN)
    before = account.key_text(key)
    denied(aws, "CreateGrant")
    program.apply(*IN, "--kms-access", "grant", code=1)
    assert account.key_text(key) == before
    aws.forget()
    program.converges(*IN, "--kms-access", "grant")
    assert role_arn("personalize-service-role") not in account.key_text(key)


def test_a_role_keeps_its_grant_until_the_key_policy_names_it(account: Account, program: Program, aws: FakeAws) -> None:
    key = account.key(document(root_keeps()))
    account.bucket(key=key)
    program.apply(*IN, "--kms-access", "grant")
    denied(aws, "PutKeyPolicy")
    program.apply(*IN, code=1)
    assert len(account.grants(key)) == 1
    aws.forget()
    program.converges(*IN)
    assert account.grants(key) == []
    assert role_arn("personalize-service-role") in account.key_text(key)


def test_a_role_keeps_its_grant_where_the_key_policy_may_not_be_edited(account: Account, program: Program) -> None:
    key = account.key(document(root_keeps()))
    account.bucket(key=key)
    program.apply(*IN, "--kms-access", "grant")
    granting = account.key_text(key)
    account.put_key_policy(key, "not JSON any more")
    held = program.converges(*IN, code=1)
    assert [kind for kind, _ in held.changes("blocked")] == ["key-policy", "grant"]
    assert len(account.grants(key)) == 1

    account.put_key_policy(key, granting)
    program.converges(*IN)
    assert account.grants(key) == []
    assert role_arn("personalize-service-role") in account.key_text(key)


def test_a_role_keeps_its_statement_where_the_grants_may_not_be_listed(
    account: Account, program: Program, aws: FakeAws
) -> None:
    key = account.key(document(root_keeps()))
    account.bucket(key=key)
    program.apply(*IN)
    before = account.key_text(key)
    denied(aws, "ListGrants")
    held = program.converges(*IN, "--kms-access", "grant", code=1)
    assert {kind for kind, _ in held.changes("blocked")} == {"grant", "key-policy"}
    assert account.key_text(key) == before
    assert same_meaning(json.dumps(held.documents()["key-policy", key]), account.key_text(key))

    aws.forget()
    program.converges(*IN, "--kms-access", "grant")
    assert role_arn("personalize-service-role") not in account.key_text(key)


@pytest.mark.parametrize("broken", ["trust-policy", "key-policy"])
def test_the_former_role_keeps_all_where_the_next_one_is_not_let_in(
    broken: str, account: Account, program: Program
) -> None:
    key = account.key(document(root_keeps()))
    account.bucket(key=key)
    account.role("next", document(trusts({"Service": "glue.amazonaws.com"})))
    program.apply(*IN)
    adopting = (*IN, "--role-arn", role_arn("next"))
    good = account.trust_text("next"), account.key_text(key)
    if broken == "trust-policy":
        account.iam.update_assume_role_policy(RoleName="next", PolicyDocument=TWICE)
    else:
        account.put_key_policy(key, "not JSON any more")

    held = program.converges(*adopting, code=1)
    assert held.changes("delete") == []
    former = "personalize-service-role"
    assert former in account.roles()
    assert f"role/{former}" in account.holders(SERVICE_POLICY)
    assert role_arn(former) in account.policy_text("personalize-user-access")

    account.iam.update_assume_role_policy(RoleName="next", PolicyDocument=good[0])
    account.put_key_policy(key, good[1])
    program.converges(*adopting)
    assert former not in account.roles()
    assert role_arn("next") in account.policy_text("personalize-user-access")


def test_people_may_pass_the_old_role_until_the_new_one_holds_its_policies(
    account: Account, program: Program, aws: FakeAws
) -> None:
    account.bucket()
    program.apply(*IN)
    denied(aws, "AttachRolePolicy")
    program.apply(*IN, "--role-name", "other", code=1)
    assert role_arn("personalize-service-role") in account.policy_text("personalize-user-access")
    aws.forget()
    program.converges(*IN, "--role-name", "other")
    assert role_arn("other") in account.policy_text("personalize-user-access")
    assert "personalize-service-role" not in account.roles()


def test_a_new_bucket_is_remembered_although_the_narrowed_policy_names_it_only_later(
    account: Account, program: Program, aws: FakeAws
) -> None:
    for name in (DATA, RESULTS, "acme-other"):
        account.bucket(name)
    program.apply("--input", f"s3://{DATA}")
    denied(aws, "CreatePolicyVersion")
    program.apply("--input", f"s3://{RESULTS}", code=1)
    assert account.bucket_text(RESULTS)
    aws.forget()
    program.converges("--input", "s3://acme-other")
    assert account.bucket_text(RESULTS) is None
    assert account.bucket_text(DATA) is None


def test_whom_an_unreadable_policy_was_given_to_is_not_forgotten(
    account: Account, program: Program, aws: FakeAws
) -> None:
    account.bucket()
    account.iam.create_user(UserName="ada")
    program.apply(*IN, "--attach-user", "ada")

    def blind(call: Call, forward: Callable[[], Answer]) -> Answer:
        return refuses("AccessDenied", 403)(call, forward) if "user-access" in call.about else forward()

    aws.on("GetPolicy", *[blind] * 20)
    program.apply(*IN, "--user-access", "none", code=1)
    aws.forget()
    program.apply(*IN, "--user-access", "none")
    assert "personalize-user-access" not in account.policies()


def test_what_may_not_be_read_back_is_said_at_once(account: Account, program: Program, aws: FakeAws) -> None:
    account.bucket()
    denied(aws, "ListEntitiesForPolicy")
    run = program.apply(*IN, code=1)
    (outcome,) = [outcome for outcome in run.data["outcomes"] if outcome["status"] == "failed"]
    assert "iam:ListEntitiesForPolicy" in outcome["message"]


def test_a_statement_of_ours_that_somebody_widened_does_not_stop_the_run(account: Account, program: Program) -> None:
    account.bucket()
    program.apply(*IN)
    text = account.policy_text(SERVICE_POLICY).replace(f"arn:aws:s3:::{DATA}/", "arn:aws:s3:::acme-*/")
    account.iam.create_policy_version(PolicyArn=policy_arn(SERVICE_POLICY), PolicyDocument=text, SetAsDefault=True)
    program.converges(*IN)
    assert "acme-*" not in account.policy_text(SERVICE_POLICY)


@pytest.mark.parametrize("words", [("--account", "999999999999"), ("--expect-account", "999999999999")])
def test_another_account_than_the_one_that_was_named_is_refused(
    account: Account, program: Program, words: tuple[str, str]
) -> None:
    account.bucket()
    assert not program.apply(*IN, *words, code=1).writes


def test_names_that_may_not_be_listed_are_said_to_be_unknown(account: Account, program: Program, aws: FakeAws) -> None:
    account.bucket()
    denied(aws, "ListRoles")
    run = program.apply(*IN)
    assert "iam:ListRoles" in run.findings["names-not-listed"]["message"]
