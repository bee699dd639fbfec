"""Every rule: moto does what AWS would not, the layer answers as AWS does, and no other rule is the cause."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from account import DATA, SERVICE, Document, document, policy_arn, role_arn, root_keeps, trusts
from botocore.exceptions import ClientError
from fake_aws import ACCOUNT, REGION, FakeAws

from strict.clients import Clients
from strict.rules import RULES

IAM, S3, KMS = "MalformedPolicyDocument", "MalformedPolicy", "MalformedPolicyDocumentException"
INSIDE = f"arn:aws:s3:::{DATA}/*"
READS = {"Effect": "Allow", "Principal": {"Service": SERVICE}, "Action": "s3:GetObject", "Resource": INSIDE}
LISTS = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"}
LETS_IN = trusts({"Service": SERVICE})
LONG = "x" * 40
Act = Callable[[Clients], Any]


@dataclass(frozen=True)
class Case:
    """What is there, done by others, and what is refused then. `act` finds the key under the alias of `account`."""

    rule: str
    code: str
    act: Act
    status: int = 400
    arrange: Act = lambda _: None


def text(*statements: Document, **rest: Any) -> str:
    return json.dumps(document(*statements, **rest), ensure_ascii=False)


def bucket(*statements: Document) -> Act:
    return lambda to: to.s3.put_bucket_policy(Bucket=DATA, Policy=text(*statements), ExpectedBucketOwner=ACCOUNT)


def key(*statements: Document) -> Act:
    return lambda to: to.kms.put_key_policy(KeyId=key_id(to), PolicyName="default", Policy=text(*statements))


def policy(*statements: Document, **more: Any) -> Act:
    return lambda to: to.iam.create_policy(PolicyName="new", PolicyDocument=text(*statements), **more)


def version(*statements: Document) -> Act:
    return lambda to: to.iam.create_policy_version(PolicyArn=policy_arn("there"), PolicyDocument=text(*statements))


def role(*statements: Document, **more: Any) -> Act:
    return lambda to: to.iam.create_role(RoleName="new", AssumeRolePolicyDocument=text(*statements), **more)


def trust(*statements: Document) -> Act:
    return lambda to: to.iam.update_assume_role_policy(RoleName="there", PolicyDocument=text(*statements))


def grant(**more: Any) -> Act:
    usual = {"GranteePrincipal": role_arn("there"), "Operations": ["Decrypt"], "Name": "ours"}
    return lambda to: to.kms.create_grant(KeyId=key_id(to), **{**usual, **more})


def attach(to: Clients) -> Any:
    return to.iam.attach_role_policy(RoleName="there", PolicyArn=policy_arn("there"))


def ten_attached(to: Clients) -> None:
    for number in range(10):
        name = f"p{number}"
        to.iam.create_policy(PolicyName=name, PolicyDocument=text(LISTS))
        to.iam.attach_role_policy(RoleName="there", PolicyArn=policy_arn(name))


def key_id(to: Clients) -> str:
    found = to.kms.list_aliases()["Aliases"]
    return next(alias["TargetKeyId"] for alias in found if alias["AliasName"] == "alias/there")


def delete_policy(to: Clients) -> Any:
    return to.iam.delete_policy(PolicyArn=policy_arn("there"))


def profile(to: Clients) -> None:
    to.iam.create_instance_profile(InstanceProfileName="p")
    to.iam.add_role_to_instance_profile(InstanceProfileName="p", RoleName="there")


def blocks_public_policies(to: Clients) -> None:
    block = {"BlockPublicAcls": False, "IgnorePublicAcls": False, "RestrictPublicBuckets": False}
    to.s3.put_public_access_block(Bucket=DATA, PublicAccessBlockConfiguration={**block, "BlockPublicPolicy": True})


def of(principal: Any, *, code: str, rule: str, who: Document) -> list[Case]:
    """The same principal in the three kinds of document that name one."""
    put = {S3: bucket({**READS, "Principal": principal}), KMS: key(root_keeps(), {**who, "Principal": principal})}
    return [Case(rule, of_service, act) for of_service, act in put.items()] + [Case(rule, IAM, role(trusts(principal)))]


USES = {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"}
MANY = [{**READS, "Sid": f"S{number}{LONG}", "Resource": f"{INSIDE}{LONG * 4}"} for number in range(120)]
CASES = [
    Case(
        "expected owner",
        "AccessDenied",
        lambda to: to.s3.get_bucket_policy(Bucket=DATA, ExpectedBucketOwner="210987654321"),
        403,
        bucket(READS),
    ),
    Case("no alias", "InvalidArnException", lambda to: to.kms.list_grants(KeyId="alias/there")),
    *(
        Case(
            "key not going",
            "KMSInvalidStateException",
            act,
            arrange=lambda to: to.kms.schedule_key_deletion(KeyId=key_id(to)),
        )
        for act in (key(root_keeps()), grant())
    ),
    Case("key enabled", "DisabledException", grant(), arrange=lambda to: to.kms.disable_key(KeyId=key_id(to))),
    Case("grant operations", "ValidationException", grant(Operations=["Decrypt", "Read"])),
    Case("grantee exists", "InvalidArnException", grant(GranteePrincipal=role_arn("nobody"))),
    Case(
        "role names",
        "EntityAlreadyExists",
        lambda to: to.iam.create_role(RoleName="There", AssumeRolePolicyDocument=text(LETS_IN)),
        409,
    ),
    Case(
        "policy names",
        "EntityAlreadyExists",
        lambda to: to.iam.create_policy(PolicyName="THERE", Path="/other/", PolicyDocument=text(LISTS)),
        409,
    ),
    Case("boundary exists", "NoSuchEntity", role(LETS_IN, PermissionsBoundary=policy_arn("nothing")), 404),
    Case(
        "boundary exists",
        "NoSuchEntity",
        lambda to: to.iam.put_role_permissions_boundary(RoleName="there", PermissionsBoundary=policy_arn("nothing")),
        404,
    ),
    Case("tags", "InvalidInput", role(LETS_IN, Tags=[{"Key": "aws:mine", "Value": "x"}])),
    Case("tags", "ValidationError", policy(LISTS, Tags=[{"Key": "a", "Value": "<b>"}])),
    Case(
        "tags",
        "LimitExceeded",
        lambda to: to.iam.tag_role(RoleName="there", Tags=[{"Key": "one more", "Value": ""}]),
        409,
        lambda to: to.iam.tag_role(RoleName="there", Tags=[{"Key": f"k{n}", "Value": ""} for n in range(50)]),
    ),
    Case("attachments", "LimitExceeded", attach, 409, ten_attached),
    Case("policy is free", "DeleteConflict", delete_policy, 409, attach),
    Case("policy is free", "DeleteConflict", delete_policy, 409, version({**LISTS, "Sid": "Two"})),
    Case(
        "policy is free", "DeleteConflict", delete_policy, 409, role(LETS_IN, PermissionsBoundary=policy_arn("there"))
    ),
    Case("size", "LimitExceeded", policy(*({**LISTS, "Sid": f"S{n}{LONG * 3}"} for n in range(40))), 409),
    Case("size", "LimitExceeded", role(*(trusts({"Service": SERVICE}, Sid=f"S{n}{LONG * 3}") for n in range(12))), 409),
    Case("size", S3, bucket(*MANY[:60], {**READS, "Sid": LONG * 200})),
    Case("size", "LimitExceededException", key(root_keeps(), *({**USES, **s} for s in MANY))),
    Case("characters", "ValidationError", policy({**LISTS, "Resource": "arn:aws:s3:::Käse\u20ac"})),
    Case("characters", "ValidationException", key(root_keeps(Sid="Schlüssel\u20ac"))),
    Case("grammar", S3, bucket({**READS, "Effect": "Perhaps"})),
    Case("some statement", S3, bucket()),
    Case("known elements", S3, bucket({**READS, "Comment": "by ops"})),
    Case("Sid alphabet", IAM, policy({**LISTS, "Sid": "Lists-all"})),
    Case("Sid alphabet", IAM, role(trusts({"Service": SERVICE}, Sid="Lets in"))),
    Case("Sids once", S3, bucket({**READS, "Sid": "A"}, {**READS, "Sid": "A"})),
    Case("Sids once", KMS, key(root_keeps(), root_keeps())),
    Case("principal required", S3, bucket({name: READS[name] for name in ("Effect", "Action", "Resource")})),
    Case("principal required", KMS, key(root_keeps(), USES)),
    Case("principal required", IAM, role({"Effect": "Allow", "Action": "sts:AssumeRole"})),
    Case("principal forbidden", IAM, policy({**LISTS, "Principal": {"AWS": "*"}})),
    Case("trust grammar", IAM, role({**LETS_IN, "Resource": "*"})),
    Case("trust grammar", IAM, role({**LETS_IN, "Action": "s3:GetObject"})),
    Case("partition", IAM, policy({**LISTS, "Resource": f"arn:aws-cn:s3:::{DATA}"})),
    Case("within the bucket", S3, bucket({**READS, "Resource": f"{INSIDE[:-2]}-other/*"})),
    Case("within the bucket", S3, bucket({**READS, "Resource": "*"})),
    Case("actions apply", S3, bucket({**READS, "Action": ["s3:GetObject", "s3:ListBucket"]})),
    Case("actions apply", S3, bucket({**READS, "Resource": INSIDE.removesuffix("/*")})),
    *of({"Service": "personalise.amazonaws.com"}, code=IAM, rule="services known", who=USES),
    *of({"AWS": ["AROAEXAMPLEEXAMPLE12"]}, code=IAM, rule="principals alive", who=USES),
    *of({"AWS": role_arn("nobody")}, code=IAM, rule="principals exist", who=USES),
    Case("not public", "AccessDenied", bucket({**READS, "Principal": "*"}), 403, blocks_public_policies),
    Case("no lockout", KMS, key({**USES, "Principal": {"AWS": "*"}})),
    Case("no lockout", KMS, key(root_keeps(Condition={"Bool": {"aws:SecureTransport": "true"}}))),
    Case("no lockout", KMS, key(root_keeps(), {**root_keeps(Sid="No"), "Effect": "Deny", "Action": "kms:Put*"})),
]
# Moto knows these: the layer must not hide it.
KNOWN_TO_MOTO = [
    Case("role is free", "DeleteConflict", lambda to: to.iam.delete_role(RoleName="there"), 409, attach),
    Case("role is free", "DeleteConflict", lambda to: to.iam.delete_role(RoleName="there"), 409, profile),
    Case(
        "role is free",
        "DeleteConflict",
        lambda to: to.iam.delete_role(RoleName="there"),
        409,
        lambda to: to.iam.put_role_policy(RoleName="there", PolicyName="inline", PolicyDocument=text(LISTS)),
    ),
    Case(
        "versions",
        "LimitExceeded",
        version(LISTS),
        409,
        lambda to: [version({**LISTS, "Sid": f"V{number}"})(to) for number in range(4)],
    ),
    Case("Sids once", IAM, policy({**LISTS, "Sid": "A"}, {**LISTS, "Sid": "A"})),
    Case("grammar", IAM, trust({"Effect": "Perhaps", "Action": "sts:AssumeRole"})),
]


@pytest.fixture
def account(aws: FakeAws, plain: Clients) -> FakeAws:
    filled(plain)
    return aws


def filled(plain: Clients) -> None:
    plain.s3.create_bucket(Bucket=DATA, CreateBucketConfiguration={"LocationConstraint": REGION})
    plain.iam.create_role(RoleName="there", AssumeRolePolicyDocument=text(LETS_IN))
    plain.iam.create_policy(PolicyName="there", PolicyDocument=text(LISTS))
    found = plain.kms.create_key()["KeyMetadata"]["KeyId"]
    plain.kms.create_alias(AliasName="alias/there", TargetKeyId=found)


def refused(act: Act, to: Clients) -> tuple[str, int]:
    with pytest.raises(ClientError) as caught:
        act(to)
    answer = caught.value.response
    return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.rule}-{case.code}")
def test_moto_does_what_the_layer_refuses_as_aws_does(
    case: Case, account: FakeAws, plain: Clients, strict: Clients
) -> None:
    case.arrange(plain)
    assert refused(case.act, strict) == (case.code, case.status)
    case.act(plain)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.rule}-{case.code}")
def test_without_the_rule_the_layer_does_it_too(case: Case, account: FakeAws, plain: Clients, strict: Clients) -> None:
    case.arrange(plain)
    account.strict.lenient(case.rule)
    case.act(strict)


@pytest.mark.parametrize("case", KNOWN_TO_MOTO, ids=lambda case: f"{case.rule}-{case.code}")
def test_what_moto_refuses_itself_stays_refused(case: Case, account: FakeAws, plain: Clients, strict: Clients) -> None:
    case.arrange(plain)
    assert refused(case.act, strict) == refused(case.act, plain) == (case.code, case.status)


def test_every_rule_has_a_case() -> None:
    assert {rule.name for rule in RULES} <= {case.rule for case in (*CASES, *KNOWN_TO_MOTO)}
    assert all(rule.source.startswith("https://docs.aws.amazon.com/") for rule in RULES)


def test_a_rule_that_does_not_exist_cannot_be_switched_off(aws: FakeAws) -> None:
    with pytest.raises(ValueError, match="sids once"):
        aws.strict.lenient("sids once")


@pytest.mark.parametrize(
    "act",
    [
        bucket(READS, {**READS, "Principal": {"AWS": role_arn("there")}}),
        bucket({**READS, "Principal": {"AWS": ["arn:aws:iam::210987654321:role/elsewhere", ACCOUNT]}}),
        bucket({**READS, "Action": ["s3:GetObject", "s3:ListBucket"], "Resource": [INSIDE, INSIDE[:-2]]}),
        bucket({**READS, "Effect": "Deny", "Principal": "*"}),
        bucket({**READS, "Principal": "*", "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}}),
        key(root_keeps(), {**USES, "Principal": {"AWS": role_arn("there"), "Service": SERVICE}}),
        key(root_keeps(Principal={"AWS": ACCOUNT}), {**USES, "Principal": {"AWS": "*"}, "Resource": []}),
        role(LETS_IN, Tags=[{"Key": "Käse", "Value": "a b_.:/=+-@"}], PermissionsBoundary=policy_arn("there")),
        policy(LISTS, Tags=[{"Key": "personalize-perms:run", "Value": "x"}]),
        version({**LISTS, "Sid": ""}),
        trust(LETS_IN, trusts({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, Sid="Root")),
        attach,
        grant(),
    ],
)
def test_what_aws_accepts_passes(act: Act, account: FakeAws, plain: Clients, strict: Clients) -> None:
    blocks_public_policies(plain)
    act(strict)
    assert account.strict.breaches == []


def test_a_bucket_call_without_the_expected_owner_and_a_bypassed_lockout_check_are_breaches(
    account: FakeAws, strict: Clients
) -> None:
    strict.s3.list_buckets()
    assert account.strict.breaches == []
    strict.s3.put_bucket_policy(Bucket=DATA, Policy=text(READS))
    strict.kms.put_key_policy(
        KeyId=key_id(strict), PolicyName="default", Policy=text(root_keeps()), BypassPolicyLockoutSafetyCheck=True
    )
    owner, bypass = account.strict.breaches
    assert "no expected owner" in owner
    assert "bypass" in bypass


def test_text_that_is_no_json_is_refused(account: FakeAws, plain: Clients, strict: Clients) -> None:
    put = {"Bucket": DATA, "Policy": "{", "ExpectedBucketOwner": ACCOUNT}
    assert refused(lambda to: to.s3.put_bucket_policy(**put), strict) == (S3, 400)
    plain.s3.put_bucket_policy(**put)


def test_the_same_grant_is_made_once_and_another_is_another(account: FakeAws, plain: Clients, strict: Clients) -> None:
    first = grant()(strict)["GrantId"]
    assert grant()(strict)["GrantId"] == first
    assert grant(Operations=["Decrypt", "Encrypt"])(strict)["GrantId"] != first
    assert grant(Name="another")(strict)["GrantId"] != first
    assert grant()(plain)["GrantId"] != first


def test_who_calls_decides_about_the_lockout(account: FakeAws, plain: Clients, strict: Clients) -> None:
    plain.iam.create_user(UserName="ada")
    access = plain.iam.create_access_key(UserName="ada")["AccessKey"]
    ada = account.client("kms", strict=True, key_id=access["AccessKeyId"])
    only_ada = text({**root_keeps(), "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:user/ada"}})
    ada.put_key_policy(KeyId=key_id(plain), PolicyName="default", Policy=only_ada)
    assert refused(
        lambda to: to.kms.put_key_policy(KeyId=key_id(to), PolicyName="default", Policy=only_ada), strict
    ) == (KMS, 400)
