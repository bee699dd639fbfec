from pathlib import Path

import pytest
from wire import Wire, answer, refusal

import personalize_perms
from personalize_perms.aws.account import Account
from personalize_perms.aws.errors import AwsError, Fault
from personalize_perms.model.live import Absent, KeyFacts, LiveGrant, Present, Unreadable
from personalize_perms.model.operations import CreateGrant, PutKeyPolicy, RevokeGrant

POLICY = '{"Version":"2012-10-17",\n "Id":"%2F","Id":"again", "Statement":[]}'
ROLE = "arn:aws:iam::123456789012:role/r"
NOWHERE = "arn:aws:kms:eu-west-1:123456789012:key/00000000-0000-4000-8000-000000000000"


@pytest.fixture
def key(account: Account) -> str:
    kms = account.kms._writes
    arn = kms.create_key()["KeyMetadata"]["Arn"]
    kms.create_alias(AliasName="alias/acme", TargetKeyId=arn)
    return arn


def _grant(account: Account, key: str) -> str:
    operation = CreateGrant(key_arn=key, name="p-1", grantee_arn=ROLE, operations=("Decrypt", "DescribeKey"))
    return account.kms.write_create_grant(operation)


def test_a_key_is_found_by_every_way_to_name_it(account: Account, key: str) -> None:
    facts = Present(KeyFacts(arn=key, state="Enabled", manager="CUSTOMER"))
    alias_arn = key.rpartition(":")[0] + ":alias/acme"
    for reference in (key, key.rpartition("/")[2], "alias/acme", alias_arn):
        assert account.kms.read_key(reference) == facts


def test_state_manager_usage_and_spec_of_a_key_are_awss_own(account: Account, wire: Wire) -> None:
    body = (
        '{"KeyMetadata": {"Arn": "a", "KeyState": "PendingDeletion", "KeyManager": "AWS", '
        '"KeyUsage": "SIGN_VERIFY", "KeySpec": "RSA_2048"}}'
    )
    wire.answers("kms", "DescribeKey", lambda: answer(200, body))
    assert account.kms.read_key("a") == Present(
        KeyFacts(arn="a", state="PendingDeletion", manager="AWS", usage="SIGN_VERIFY", spec="RSA_2048")
    )


def test_a_key_policy_is_stored_and_read_byte_for_byte(account: Account, key: str) -> None:
    account.kms.write_key_policy(PutKeyPolicy(key_arn=key, before_json="", document_json=POLICY))
    assert account.kms.read_key_policy(key) == Present(POLICY)


def test_the_lockout_check_is_never_bypassed(account: Account, key: str, wire: Wire) -> None:
    calls = wire.records("kms")
    account.kms.write_key_policy(PutKeyPolicy(key_arn=key, before_json="", document_json=POLICY))
    assert calls == [("PutKeyPolicy", {"KeyId": key, "PolicyName": "default", "Policy": POLICY})]
    sources = Path(personalize_perms.__file__).parent.rglob("*.py")
    assert not [path for path in sources if "bypasspolicylockout" in path.read_text(encoding="utf-8").lower()]


def test_a_grant_is_made_with_its_name_read_and_revoked(account: Account, key: str) -> None:
    grant_id = _grant(account, key)
    grant = LiveGrant(grant_id=grant_id, name="p-1", grantee=ROLE, operations=("Decrypt", "DescribeKey"))
    assert account.kms.read_grants(key) == Present((grant,))
    account.kms.write_revoke_grant(RevokeGrant(key_arn=key, grant_id=grant_id))
    assert account.kms.read_grants(key) == Present(())


def test_grants_are_read_over_all_pages(account: Account, key: str, wire: Wire) -> None:
    pages = iter(
        [
            '{"Grants": [{"GrantId": "1"}], "Truncated": true, "NextMarker": "more"}',
            '{"Grants": [{"GrantId": "2"}], "Truncated": false}',
        ]
    )
    wire.answers("kms", "ListGrants", lambda: answer(200, next(pages)))
    found = account.kms.read_grants(key)
    assert isinstance(found, Present)
    assert [grant.grant_id for grant in found.value] == ["1", "2"]


def test_aliases_give_key_arns_and_leave_out_awss_own(account: Account, key: str) -> None:
    assert account.kms.read_customer_aliases() == Present({"alias/acme": key})


def test_an_absent_key_is_absent(account: Account) -> None:
    assert account.kms.read_key(NOWHERE) == Absent()
    assert account.kms.read_key_policy(NOWHERE) == Absent()


def test_grants_of_an_absent_key_are_absent(account: Account, key: str, wire: Wire) -> None:
    wire.refuses("kms", "ListGrants", "NotFoundException")
    assert account.kms.read_grants(key) == Absent()


READS = {
    "DescribeKey": lambda kms, key: kms.read_key(key),
    "GetKeyPolicy": lambda kms, key: kms.read_key_policy(key),
    "ListGrants": lambda kms, key: kms.read_grants(key),
    "ListAliases": lambda kms, _: kms.read_customer_aliases(),
}


@pytest.mark.parametrize("operation", READS)
def test_a_denied_read_is_a_value_with_its_iam_action(account: Account, key: str, wire: Wire, operation: str) -> None:
    # KMS denies with status 400.
    wire.refuses("kms", operation, "AccessDeniedException", 400)
    found = READS[operation](account.kms, key)
    assert isinstance(found, Unreadable)
    assert (found.action, found.reason) == (f"kms:{operation}", "AccessDeniedException: why")


@pytest.mark.parametrize("operation", READS)
def test_a_truncated_answer_is_never_taken_for_an_empty_one(
    account: Account, key: str, wire: Wire, operation: str
) -> None:
    wire.answers("kms", operation, lambda: answer(200, '{"Grants": [{"Gran'))
    with pytest.raises(AwsError) as caught:
        READS[operation](account.kms, key)
    assert caught.value.fault is Fault.UNKNOWN


@pytest.mark.parametrize("operation", ["DescribeKey", "ListGrants"])
def test_an_answer_of_another_kind_is_no_answer(account: Account, key: str, wire: Wire, operation: str) -> None:
    sent = wire.answers("kms", operation, lambda: answer(200, '{"KeyMetadata": [], "Grants": "x"}'))
    with pytest.raises(AwsError) as caught:
        READS[operation](account.kms, key)
    assert (caught.value.fault, len(sent)) == (Fault.UNKNOWN, 3)


def test_a_grant_whose_answer_is_lost_has_an_unknown_outcome_and_is_not_sent_again(
    account: Account, key: str, wire: Wire
) -> None:
    sent = wire.answers("kms", "CreateGrant", lambda: answer(200, '{"GrantI'))
    with pytest.raises(AwsError) as caught:
        _grant(account, key)
    assert caught.value.fault is Fault.UNKNOWN
    assert len(sent) == 1


@pytest.mark.parametrize(
    ("status", "code", "text", "fault"),
    [
        (400, "MalformedPolicyDocumentException", "one or more invalid principals", Fault.NOT_YET),
        (400, "MalformedPolicyDocumentException", "The new key policy will not allow you to update", Fault.REFUSED),
        (400, "KMSInvalidStateException", "pending deletion", Fault.REFUSED),
        (400, "LimitExceededException", "too long", Fault.LIMIT),
        (500, "KMSInternalException", "oops", Fault.UNKNOWN),
        (400, "ThrottlingException", "slow", Fault.THROTTLED),
    ],
)
def test_a_failed_write_says_what_kind_of_failure_it_is_and_is_sent_once(
    account: Account, wire: Wire, status: int, code: str, text: str, fault: Fault
) -> None:
    sent = wire.answers("kms", "PutKeyPolicy", lambda: refusal("kms", status, code, text))
    with pytest.raises(AwsError) as caught:
        account.kms.write_key_policy(PutKeyPolicy(key_arn=NOWHERE, before_json="", document_json=POLICY))
    assert caught.value.fault is fault
    assert len(sent) == 1
