"""What the layer answers: the same meaning in other bytes, what AWS always says, ghosts, and answers of a while ago."""

import json
from typing import Any
from urllib.parse import unquote

import pytest
from account import DATA, SERVICE, Document, document, policy_arn, role_arn, root_keeps, trusts
from botocore.exceptions import ClientError
from fake_aws import ACCOUNT, REGION, FakeAws

from strict import foreign, identity, same_meaning, statements
from strict.canonical import respelled
from strict.clients import Clients

WHOLE: Document = {
    "Id": "theirs",
    **document(
        {"Effect": "Deny", "Principal": "*", "Action": ["s3:GetObject"], "Resource": ["a", "b", "c"], "Odd": [1, [2]]},
        {
            "Sid": "Two",
            "Effect": "Allow",
            "Principal": {"AWS": [ACCOUNT, role_arn("x")], "Service": SERVICE},
            "NotAction": ["s3:A", "s3:B"],
            "NotResource": "d",
            "Condition": {"Bool": {"aws:SecureTransport": [False]}, "StringLike": {"aws:SourceArn": ["x", "y"]}},
        },
    ),
}
DENY = {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{DATA}/*"}
OWNED = {"Bucket": DATA, "ExpectedBucketOwner": ACCOUNT}


def made(plain: Clients) -> str:
    """Fill the account; return the id of its key."""
    plain.s3.create_bucket(Bucket=DATA, CreateBucketConfiguration={"LocationConstraint": REGION})
    plain.iam.create_role(RoleName="x", AssumeRolePolicyDocument=json.dumps(document(trusts({"Service": [SERVICE]}))))
    return plain.kms.create_key()["KeyMetadata"]["KeyId"]


# Spelling


def test_a_document_comes_in_other_bytes_with_the_same_meaning() -> None:
    spelled = {respelled(json.dumps(WHOLE), seed=seed) for seed in range(50)}
    assert len(spelled) == 50
    assert {identity(text) for text in spelled} == {identity(WHOLE)}
    assert respelled(json.dumps(WHOLE), seed=3) == respelled(json.dumps(WHOLE), seed=3)


@pytest.mark.parametrize(
    "sign",
    ['"Sid": ""', "\n", '"Action": "s3:GetObject"', '["d"]', '"aws:SecureTransport": false', f"iam::{ACCOUNT}:root"],
)
def test_every_kind_of_respelling_occurs_and_not_always(sign: str) -> None:
    texts = [respelled(json.dumps(WHOLE), seed=seed).replace('":', '": ').replace(":  ", ": ") for seed in range(50)]
    found = [sign in text for text in texts]
    assert any(found)
    assert all(found) == ("root" in sign)


@pytest.mark.parametrize("name", ["Action", "Resource", "Statement", "Bool"])
def test_the_order_of_elements_and_of_values_changes(name: str) -> None:
    def order(seed: int) -> str:
        text = json.dumps(json.loads(respelled(json.dumps(WHOLE), seed=seed)))
        first = json.loads(text)["Statement"][0]
        return {"Action": str(list(first)), "Resource": str(first["Resource"])}.get(name, str(text.index(f'"{name}"')))

    assert len({order(seed) for seed in range(20)}) > 1


@pytest.mark.parametrize(
    "text",
    [
        *("no JSON", "[]", "{}", '{"Statement": []}', '{"Statement": [7]}', '{"Statement": [{"A": 1.50}]}'),
        *('{"Statement": [{"Effect": "Deny", "Effect": "Deny"}]}', '{"Statement": ' + "[" * 9000 + "]" * 9000 + "}"),
    ],
)
def test_what_cannot_be_read_strictly_stays_as_it_is(text: str) -> None:
    assert {respelled(text, seed=seed) for seed in range(9)} == {text}


def test_unknown_elements_are_never_touched() -> None:
    odd = {"Odd": [1, [2], {"b": 1, "a": [1]}], "Effect": "Deny"}
    for seed in range(20):
        again = json.loads(respelled(json.dumps(document(odd, Metadata=[1])), seed=seed))
        assert json.dumps(again["Statement"][0]["Odd"]) == json.dumps(odd["Odd"])
        assert again["Metadata"] == [1]


@pytest.mark.parametrize(
    "change",
    [
        {"Sid": "One"},
        {"Effect": "Allow"},
        {"Principal": {"AWS": "*"}},
        {"Action": ["s3:GetObject", "s3:PutObject"]},
        {"Resource": ["a", "B", "c"]},
        {"Resource": ["a", "b"]},
        {"Odd": [[2], 1]},
        {"Odd": [True, [2]]},
        {"Condition": {}},
    ],
)
def test_the_comparer_sees_every_change_of_meaning(change: Document) -> None:
    first, second = WHOLE["Statement"]
    assert not same_meaning({**WHOLE, "Statement": [{**first, **change}, second]}, WHOLE)
    assert not same_meaning({**WHOLE, "Statement": [first, second, second]}, WHOLE)
    assert not same_meaning({**WHOLE, "Version": "2008-10-17"}, WHOLE)
    assert same_meaning({**WHOLE, "Statement": [second, {**first, "Action": "S3:getobject"}]}, WHOLE)


def test_what_is_foreign_is_all_but_the_statements_of_the_set_up() -> None:
    ours, theirs = {**DENY, "Sid": "personalizeNNG6Reads"}, {**DENY, "Sid": "personalizeReads"}
    assert foreign(document(ours, theirs), "personalize") == document(theirs)
    assert foreign(json.dumps(document(ours)), "personalize") is None
    assert foreign(None, "personalize") is None
    assert statements(document(theirs, ours)) == statements(document(ours, theirs)) != statements(document(ours))


def documents(to: Clients, key: str) -> dict[str, Any]:
    return {
        "bucket": to.s3.get_bucket_policy(**OWNED)["Policy"],
        "key": to.kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"],
        "trust": unquote(to.iam.get_role(RoleName="x")["Role"]["AssumeRolePolicyDocument"]),
        "listed": unquote(to.iam.list_roles()["Roles"][0]["AssumeRolePolicyDocument"]),
        "managed": unquote(
            to.iam.get_policy_version(PolicyArn=policy_arn("p"), VersionId="v1")["PolicyVersion"]["Document"]
        ),
    }


def test_all_documents_are_respelled_on_reading(aws: FakeAws, plain: Clients, strict: Clients) -> None:
    key = made(plain)
    plain.s3.put_bucket_policy(Bucket=DATA, Policy=json.dumps(document({**DENY, "Sid": 'Käse <&> "x"'})))
    listing = {"Effect": "Allow", "Action": ["s3:ListBucket"], "Resource": [f"arn:aws:s3:::{DATA}", "arn:aws:s3:::x"]}
    plain.iam.create_policy(PolicyName="p", PolicyDocument=json.dumps(document(listing)))
    stored = documents(plain, key)
    for seed in range(4):
        aws.strict.seed = seed
        shown = documents(strict, key)
        assert all(shown[kind] != stored[kind] and same_meaning(shown[kind], stored[kind]) for kind in stored)
    aws.strict.canonical = False
    assert documents(strict, key) == stored


# What AWS always says


def test_a_bucket_without_an_encryption_of_its_own_has_sse_s3(aws: FakeAws, plain: Clients, strict: Clients) -> None:
    made(plain)
    (rule,) = strict.s3.get_bucket_encryption(**OWNED)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    with pytest.raises(ClientError, match="NotFound"):
        plain.s3.get_bucket_encryption(**OWNED)


def test_paged_lists_of_buckets_say_the_region(aws: FakeAws, plain: Clients, strict: Clients) -> None:
    made(plain)
    assert "BucketRegion" not in plain.s3.list_buckets(MaxBuckets=10)["Buckets"][0]
    assert "BucketRegion" not in strict.s3.list_buckets()["Buckets"][0]
    assert strict.s3.list_buckets(MaxBuckets=10)["Buckets"][0]["BucketRegion"] == REGION


def test_grants_are_listed_by_grantee_if_asked_so(aws: FakeAws, plain: Clients, strict: Clients) -> None:
    key = made(plain)
    for name in ("x", "y"):
        plain.kms.create_grant(KeyId=key, GranteePrincipal=role_arn(name), Operations=["Decrypt"])
    asked = {"KeyId": key, "GranteePrincipal": role_arn("x")}
    assert len(plain.kms.list_grants(**asked)["Grants"]) == 2
    assert [grant["GranteePrincipal"] for grant in strict.kms.list_grants(**asked)["Grants"]] == [role_arn("x")]


def test_use_as_a_boundary_is_counted(aws: FakeAws, plain: Clients, strict: Clients) -> None:
    listing = json.dumps(document({"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"}))
    arn = plain.iam.create_policy(PolicyName="p", PolicyDocument=listing)["Policy"]["Arn"]
    trust = json.dumps(document(trusts({"Service": SERVICE})))
    plain.iam.create_role(RoleName="bounded", AssumeRolePolicyDocument=trust, PermissionsBoundary=arn)
    assert strict.iam.get_policy(PolicyArn=arn)["Policy"]["PermissionsBoundaryUsageCount"] == 1


# Ghosts


@pytest.mark.parametrize("who", ["others", "program"])
def test_whoever_is_deleted_leaves_a_ghost_also_when_made_again(
    who: str, aws: FakeAws, plain: Clients, strict: Clients
) -> None:
    key = made(plain)
    trust = json.dumps(document(trusts({"AWS": [role_arn("gone"), role_arn("x")]}), trusts({"Service": SERVICE})))
    lets_in = json.dumps(document(trusts({"Service": SERVICE})))
    gone = plain.iam.create_role(RoleName="gone", AssumeRolePolicyDocument=lets_in)["Role"]["RoleId"]
    plain.iam.create_role(RoleName="y", AssumeRolePolicyDocument=trust)
    deny = {**DENY, "Principal": {"AWS": role_arn("gone")}}
    named = {"NotPrincipal": deny["Principal"]}
    plain.s3.put_bucket_policy(Bucket=DATA, Policy=json.dumps(document(DENY, deny, {**DENY, **named})))
    plain.kms.put_key_policy(KeyId=key, PolicyName="default", Policy=json.dumps(document(root_keeps(), deny)))
    plain.kms.create_grant(KeyId=key, GranteePrincipal=role_arn("gone"), Operations=["Decrypt"])

    (strict if who == "program" else plain).iam.delete_role(RoleName="gone")
    again = plain.iam.create_role(RoleName="gone", AssumeRolePolicyDocument=lets_in)["Role"]["RoleId"]
    assert again != gone
    texts = (
        plain.s3.get_bucket_policy(Bucket=DATA)["Policy"],
        plain.kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"],
        unquote(plain.iam.get_role(RoleName="y")["Role"]["AssumeRolePolicyDocument"]),
    )
    assert [text.count(gone) for text in texts] == [2, 1, 1]
    assert not any(role_arn("gone") in text for text in texts)
    assert role_arn("x") in texts[2]
    assert [grant["GranteePrincipal"] for grant in plain.kms.list_grants(KeyId=key)["Grants"]] == [gone]


def test_a_deleted_user_leaves_a_ghost_too_and_a_failed_deletion_none(
    aws: FakeAws, plain: Clients, strict: Clients
) -> None:
    made(plain)
    arn = f"arn:aws:iam::{ACCOUNT}:user/ada"
    user = plain.iam.create_user(UserName="ada")["User"]["UserId"]
    plain.s3.put_bucket_policy(Bucket=DATA, Policy=json.dumps(document({**DENY, "Principal": {"AWS": arn}})))
    with pytest.raises(ClientError):
        plain.iam.delete_user(UserName="nobody")
    assert arn in plain.s3.get_bucket_policy(Bucket=DATA)["Policy"]
    plain.iam.delete_user(UserName="ada")
    assert user in plain.s3.get_bucket_policy(Bucket=DATA)["Policy"]


# Slowness


@pytest.mark.parametrize("kind", ["bucket", "key", "grant", "attachment"])
def test_a_new_role_is_a_stranger_for_a_while(kind: str, aws: FakeAws, plain: Clients, strict: Clients) -> None:
    key = made(plain)
    aws.strict.delay(2)
    lets_in = json.dumps(document(trusts({"Service": SERVICE})))
    arn = strict.iam.create_role(RoleName="new", AssumeRolePolicyDocument=lets_in)["Role"]["Arn"]
    names_it = json.dumps(document(root_keeps(), {**DENY, "Principal": {"AWS": arn}}))
    reads = json.dumps(document({**DENY, "Principal": {"AWS": arn}}))
    listing = json.dumps(document({"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"}))
    plain.iam.create_policy(PolicyName="p", PolicyDocument=listing)
    act, code = {
        "bucket": (lambda to: to.s3.put_bucket_policy(**OWNED, Policy=reads), "MalformedPolicy"),
        "key": (
            lambda to: to.kms.put_key_policy(KeyId=key, PolicyName="default", Policy=names_it),
            "MalformedPolicyDocumentException",
        ),
        "grant": (
            lambda to: to.kms.create_grant(KeyId=key, GranteePrincipal=arn, Operations=["Decrypt"]),
            "InvalidArnException",
        ),
        "attachment": (
            lambda to: to.iam.attach_role_policy(RoleName="new", PolicyArn=policy_arn("p")),
            "NoSuchEntity",
        ),
    }[kind]
    for _ in range(2):
        with pytest.raises(ClientError) as refused:
            act(strict)
        assert refused.value.response["Error"]["Code"] == code
    act(strict)


def test_reads_after_a_write_show_what_was_there_before(aws: FakeAws, plain: Clients, strict: Clients) -> None:
    made(plain)
    aws.strict.canonical = False
    aws.strict.stale(2)
    first, second = (json.dumps(document({**DENY, "Sid": sid})) for sid in ("One", "Two"))
    strict.s3.put_bucket_policy(**OWNED, Policy=first)

    def seen(to: Clients) -> str | None:
        try:
            return to.s3.get_bucket_policy(**OWNED)["Policy"]
        except to.s3.exceptions.from_code("NoSuchBucketPolicy"):
            return None

    assert [seen(strict) for _ in range(3)] == [None, None, first]
    strict.s3.put_bucket_policy(**OWNED, Policy=second)
    assert [seen(plain), seen(strict), seen(strict), seen(strict)] == [second, first, first, second]


def test_a_new_role_is_shown_by_its_unique_id_for_a_while(aws: FakeAws, plain: Clients, strict: Clients) -> None:
    made(plain)
    aws.strict.nameless(2)
    lets_in = json.dumps(document(trusts({"Service": SERVICE})))
    new = strict.iam.create_role(RoleName="new", AssumeRolePolicyDocument=lets_in)["Role"]
    reads = json.dumps(document({**DENY, "Principal": {"AWS": new["Arn"]}}))
    strict.s3.put_bucket_policy(**OWNED, Policy=reads)
    shown = [strict.s3.get_bucket_policy(**OWNED)["Policy"] for _ in range(3)]
    assert [new["RoleId"] in text for text in shown] == [True, True, False]
    assert [new["Arn"] in text for text in shown] == [False, False, True]


def test_writes_that_took_effect_are_told(aws: FakeAws, plain: Clients, strict: Clients) -> None:
    key = made(plain)
    aws.strict.delay(1)
    grant = {"KeyId": key, "GranteePrincipal": role_arn("x"), "Operations": ["Decrypt"], "Name": "ours"}
    for _ in range(2):
        strict.kms.create_grant(**grant)
    with pytest.raises(ClientError):
        strict.kms.create_grant(**{**grant, "Operations": ["Read"]})
    strict.kms.list_grants(KeyId=key)
    assert [effect.split()[0] for effect in aws.strict.effects] == ["CreateGrant"]


def test_what_was_made_or_attached_shows_late(aws: FakeAws, plain: Clients, strict: Clients) -> None:
    key = made(plain)
    aws.strict.stale(1)
    listing = json.dumps(document({"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"}))
    arn = strict.iam.create_policy(PolicyName="p", PolicyDocument=listing)["Policy"]["Arn"]
    for ask in (
        lambda: strict.iam.get_policy(PolicyArn=arn),
        lambda: strict.iam.get_policy_version(PolicyArn=arn, VersionId="v1"),
    ):
        with pytest.raises(strict.iam.exceptions.NoSuchEntityException):
            ask()
        ask()
    strict.iam.attach_role_policy(RoleName="x", PolicyArn=arn)
    shown = [strict.iam.list_entities_for_policy(PolicyArn=arn)["PolicyRoles"] for _ in range(2)]
    assert [len(roles) for roles in shown] == [0, 1]
    strict.kms.create_grant(KeyId=key, GranteePrincipal=role_arn("x"), Operations=["Decrypt"])
    assert [len(strict.kms.list_grants(KeyId=key)["Grants"]) for _ in range(2)] == [0, 1]


def test_a_refused_write_makes_nothing_stale(aws: FakeAws, plain: Clients, strict: Clients) -> None:
    made(plain)
    plain.s3.put_bucket_policy(Bucket=DATA, Policy=json.dumps(document(DENY)))
    aws.strict.stale(1)
    with pytest.raises(ClientError):
        strict.s3.put_bucket_policy(**OWNED, Policy=json.dumps(document()))
    later = json.dumps(document({**DENY, "Sid": "Later"}))
    plain.s3.put_bucket_policy(Bucket=DATA, Policy=later)
    assert same_meaning(strict.s3.get_bucket_policy(**OWNED)["Policy"], later)
