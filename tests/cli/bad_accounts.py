"""Accounts in which a set-up cannot work, or can work only in part: hostile documents, unusable things, no room."""

import json
from collections.abc import Callable
from dataclasses import dataclass

from account import DATA, Account, Document, document, role_arn, root_keeps, trusts, user_arn
from bad_settings import ELSEWHERE, IN, KEY_ID
from fake_aws import ACCOUNT, REGION
from moto.iam.models import iam_backends
from moto.kms.models import kms_backends
from moto.s3.models import s3_backends

USER_POLICY, SERVICE_POLICY = "personalize-user-access", "personalize-service-access"
ROLE = "personalize-service-role"
ADOPT = ("--role-arn", role_arn("legacy"))
KEY = ("--kms-key", "alias/data")
GLUE = trusts({"Service": "glue.amazonaws.com"}, Sid="Glue")
DENY: Document = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": f"arn:aws:s3:::{DATA}/*"}

_OPEN = '{"Statement": [{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*", "Condition": '
HOSTILE: dict[str, tuple[str, str]] = {
    "a key twice in a statement": ('{"Statement": [{"Effect": "Deny", "Effect": "Allow"}]}', "stands twice"),
    "a key twice at the top": ('{"Statement": [], "Statement": [{"Effect": "Deny"}]}', "stands twice"),
    "a key twice once as an escape": ('{"Statement": [{"Effect": "Deny", "\\u0045ffect": "Allow"}]}', "stands twice"),
    "depth 2,000": (_OPEN + "[" * 2000 + "]" * 2000 + "}]}", "nested too deeply"),
    "depth 60": (_OPEN + "[" * 60 + "]" * 60 + "}]}", "nested too deeply"),
    "a number of 5,000 digits": (_OPEN + "9" * 5000 + "}]}", "5000 digits"),
    "NaN": (_OPEN + "NaN}]}", "NaN is not JSON"),
    "minus infinity": (_OPEN + "-Infinity}]}", "-Infinity is not JSON"),
    "1e400": (_OPEN + "1e400}]}", "would not survive"),
    "a fraction that a float rounds": (_OPEN + "0.1234567890123456789}]}", "would not survive"),
    "a BOM": ("\ufeff" + json.dumps(document(DENY)), "not JSON"),
    "no JSON": ("{'Statement': []}", "not JSON"),
    "JSON and more": (json.dumps(document(DENY)) + "}", "not JSON"),
    "a list": (json.dumps([document(DENY)]), "not a JSON object"),
    "a text": ('"Statement"', "not a JSON object"),
    "null": ("null", "not a JSON object"),
    "no statement": ('{"Version": "2012-10-17"}', "no Statement"),
    "a statement that is a text": ('{"Statement": [{"Effect": "Deny"}, "x"]}', "no Statement"),
    "a Sid that is a number": ('{"Statement": [{"Effect": "Deny", "Sid": 7}]}', "Sid is not a string"),
    "blanks": ("  ", "not JSON"),
}
"""Texts of documents that must not be edited, and why."""
KINDS = ("bucket-policy", "key-policy", "trust-policy", "managed-policy")


def plant(kind: str, name: str, text: str) -> None:
    """Store a text as a document, whatever it is: moto itself would refuse or stumble over some."""
    if kind == "bucket-policy":
        s3_backends[ACCOUNT]["aws"].buckets[name].policy = text.encode()
    elif kind == "key-policy":
        kms_backends[ACCOUNT][REGION].keys[name.rpartition("/")[2]].policy = text
    elif kind == "trust-policy":
        backend = iam_backends[ACCOUNT]["aws"]
        next(role for role in backend.roles.values() if role.name == name).assume_role_policy_document = text
    else:
        policies = iam_backends[ACCOUNT]["aws"].managed_policies.values()
        policy = next(policy for policy in policies if policy.name == name)
        next(version for version in policy.versions if version.is_default).document = text


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Something in the account, the words that meet it, and what is said."""

    fill: Callable[[Account], object]
    words: tuple[str, ...]
    error: str
    says: str
    blocked: str = ""
    """The kind of the one document that is left alone while the rest is done; empty: nothing at all is done."""


def _key(account: Account, **more: object) -> str:
    found = account.key(**more)
    account.kms.create_alias(AliasName="alias/data", TargetKeyId=found)
    return found


def _spoilt(spoil: str) -> Callable[[Account], object]:
    return lambda account: getattr(account.kms, spoil)(KeyId=_key(account).rpartition("/")[2])


def _full_bucket(account: Account) -> None:
    bare = len(json.dumps(document({**DENY, "Sid": ""})))
    account.put_bucket_policy(DATA, json.dumps(document({**DENY, "Sid": "x" * (20 * 1024 - 1 - bare)})))


def _full_key(account: Account) -> None:
    key = _key(account)
    bare = len(json.dumps(document(root_keeps(), root_keeps(Sid=""))))
    plant("key-policy", key, json.dumps(document(root_keeps(), root_keeps(Sid="x" * (32 * 1024 - bare)))))


def _full_trust(account: Account) -> None:
    account.role("legacy", document(GLUE))
    bare = len(json.dumps(document({**GLUE, "Sid": ""}), separators=(",", ":")))
    text = json.dumps(document({**GLUE, "Sid": "x" * (2048 - bare)}), separators=(",", ":"))
    plant("trust-policy", "legacy", text)


def _busy(account: Account) -> None:
    account.role("legacy", document(GLUE))
    for number in range(10):
        account.iam.attach_role_policy(RoleName="legacy", PolicyArn=account.policy(f"theirs-{number}"))


def _five_versions(account: Account) -> None:
    tags = [{"Key": "personalize-perms", "Value": "personalize"}]
    arn = account.policy(USER_POLICY, Tags=tags)
    for number in range(4):
        text = json.dumps(document({"Effect": "Allow", "Action": "s3:List*", "Resource": f"arn:aws:s3:::b{number}"}))
        account.iam.create_policy_version(PolicyArn=arn, PolicyDocument=text, SetAsDefault=True)


def _role(name: str, **more: object) -> Callable[[Account], object]:
    return lambda account: account.role(name, document(GLUE), **more)


def _dead(kind: str, who: str) -> Callable[[Account], object]:
    def fill(account: Account) -> None:
        if kind == "bucket-policy":
            plant(kind, DATA, json.dumps(document({**DENY, "Principal": {"AWS": [who, ACCOUNT]}})))
        elif kind == "key-policy":
            plant(kind, _key(account), json.dumps(document(root_keeps(), root_keeps(Sid="D", Principal={"AWS": who}))))
        else:
            account.role("legacy", document(GLUE))
            plant(kind, "legacy", json.dumps(document(GLUE, trusts({"AWS": who}))))

    return fill


def _case(fill: Callable[[Account], object], words: tuple[str, ...], error: str, says: str, blocked: str = "") -> Found:
    return Found(fill=fill, words=(*IN, *words), error=error, says=says, blocked=blocked)


def nothing(_: Account) -> None:
    """Leave the account as it is: one bucket."""


ACCOUNTS: dict[str, Found] = {
    "a bucket policy of 20 KB less 1": _case(_full_bucket, (), "limit", "bucket policy of"),
    "a key policy of 32 KB": _case(_full_key, KEY, "limit", "AWS allows 32,768"),
    "a trust policy of 2,048": _case(_full_trust, ADOPT, "limit", "trust policy of legacy"),
    "10 policies on the role": _case(_busy, ADOPT, "limit", "exceed the quota of 10"),
    "5 versions that others made": _case(_five_versions, (), "limit", "has 5 versions"),
    "a key that is disabled": _case(_spoilt("disable_key"), KEY, "key-unusable", "is Disabled"),
    "a key that will be deleted": _case(_spoilt("schedule_key_deletion"), KEY, "key-unusable", "is PendingDeletion"),
    "a key that signs": _case(
        lambda a: _key(a, KeyUsage="SIGN_VERIFY", KeySpec="RSA_2048"), KEY, "key-unusable", "SIGN_VERIFY"
    ),
    "a key that encrypts with two halves": _case(
        lambda a: _key(a, KeyUsage="ENCRYPT_DECRYPT", KeySpec="RSA_2048"), KEY, "key-unusable", "RSA_2048"
    ),
    "a key for MACs": _case(
        lambda a: _key(a, KeyUsage="GENERATE_VERIFY_MAC", KeySpec="HMAC_256"), KEY, "key-unusable", "HMAC_256"
    ),
    "the key that AWS manages": _case(
        lambda a: a.kms.describe_key(KeyId="alias/aws/s3"), ("--kms-key", "alias/aws/s3"), "key-unusable", "AWS managed"
    ),
    "a key that is not there": _case(nothing, ("--kms-key", KEY_ID), "not-found", "does not exist"),
    "an alias that is not there": _case(nothing, KEY, "not-found", "does not exist"),
    "a key of another Region": _case(
        nothing, ("--kms-key", f"arn:aws:kms:us-east-1:{ACCOUNT}:key/{KEY_ID}"), "key-unusable", "us-east-1"
    ),
    "a key of another partition": _case(
        nothing, ("--kms-key", f"arn:aws-cn:kms:cn-north-1:{ACCOUNT}:key/{KEY_ID}"), "key-unusable", "cn-north-1"
    ),
    "a bucket whose key is nonsense": _case(
        lambda a: a.bucket("b-nonsense", key="arn:aws:kms:*"), ("--input", "s3://b-nonsense"), "key-unusable", "neither"
    ),
    "a bucket whose key AWS manages": _case(
        lambda a: a.bucket("b-managed", key="aws"), ("--input", "s3://b-managed"), "key-unusable", "is AWS managed"
    ),
    "a bucket in another Region": _case(
        lambda a: a.bucket("far-away", region="us-west-2"), ("--input", "s3://far-away"), "wrong-region", "us-west-2"
    ),
    "a bucket that is not there": _case(nothing, ("--input", "s3://no-such-bucket"), "not-found", "no-such-bucket"),
    "a role of that name": _case(_role(ROLE), (), "conflict", "was not made by"),
    "a role of that name in capitals": _case(_role(ROLE.upper()), (), "conflict", ROLE.upper()),
    "a role of that name elsewhere": _case(_role(ROLE, Path="/team/"), (), "conflict", f"role/team/{ROLE}"),
    "a role of that name of another set-up": _case(
        _role(ROLE, Tags=[{"Key": "personalize-perms", "Value": "other"}]), (), "conflict", "was not made by"
    ),
    "a user policy of that name": _case(lambda a: a.policy(USER_POLICY), (), "conflict", "was not made by"),
    "a service policy of that name": _case(lambda a: a.policy(SERVICE_POLICY), (), "conflict", "was not made by"),
    "a user policy in capitals": _case(lambda a: a.policy(USER_POLICY.upper()), (), "conflict", USER_POLICY.upper()),
    "a service policy in capitals": _case(
        lambda a: a.policy(SERVICE_POLICY.title()), (), "conflict", SERVICE_POLICY.title()
    ),
    "no role to adopt": _case(nothing, ADOPT, "not-found", "there is no role"),
    "a role to adopt at another path": _case(_role("legacy", Path="/x/"), ADOPT, "not-found", "role/x/legacy"),
    "a role to adopt in capitals": _case(_role("LEGACY"), ADOPT, "not-found", "there is no role"),
    "no such user": _case(nothing, ("--attach-user", "nobody"), "not-found", "there is no IAM user nobody"),
    "no such group": _case(nothing, ("--attach-group", "nobody"), "not-found", "there is no IAM group nobody"),
    "no such trusted user": _case(nothing, ("--assumable-by", user_arn("nobody")), "not-found", "does not exist"),
    "no such boundary": _case(
        nothing, ("--permissions-boundary", f"arn:aws:iam::{ACCOUNT}:policy/no"), "not-found", "does not exist"
    ),
    "a role of another account": _case(
        nothing, ("--role-arn", f"arn:aws:iam::{ELSEWHERE}:role/x"), "settings", ELSEWHERE
    ),
    "a role of another partition": _case(
        nothing, ("--role-arn", f"arn:aws-cn:iam::{ACCOUNT}:role/x"), "settings", "aws-cn"
    ),
    "another account than expected": _case(nothing, ("--expect-account", ELSEWHERE), "credentials", ELSEWHERE),
    **{
        f"{who[:4]} of somebody deleted in a {kind}": _case(_dead(kind, who), words, "blocked", who, kind)
        for who in ("AROAEXAMPLEEXAMPLE12", "AIDAEXAMPLEEXAMPLE12")
        for kind, words in (("bucket-policy", ()), ("key-policy", KEY), ("trust-policy", ADOPT))
    },
}
