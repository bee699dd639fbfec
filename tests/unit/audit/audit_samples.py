"""Documents and identities as an account holds them, all fine until a test spoils one thing."""

import json
from collections.abc import Iterable
from typing import Any

from personalize_perms.audit.actions import personalize_actions
from personalize_perms.audit.policies import NamedPolicy
from personalize_perms.documents import DocumentKind
from personalize_perms.model.findings import Finding
from personalize_perms.model.inventory import PolicyDetail, RoleDetail
from personalize_perms.model.names import AccountId
from personalize_perms.model.settings import Place
from personalize_perms.templates import Templates

ACCOUNT, OTHER, REGION = "111122223333", "444455556666", "eu-west-1"
PLACE = Place(account=AccountId(ACCOUNT), region=REGION, partition="aws")
SERVICE = "personalize.amazonaws.com"
KNOWN = personalize_actions(Templates.load(None))
DEAD = "AROAEXAMPLEEXAMPLE123"
BUCKET, KEY = "arn:aws:s3:::data", f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/personalize"
FROM_HERE = {
    "StringEquals": {"aws:SourceAccount": ACCOUNT},
    "ArnLike": {"aws:SourceArn": f"arn:aws:personalize:{REGION}:{ACCOUNT}:*"},
}
Document = dict[str, Any]


def document(*statements: Document) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: Any, resource: Any, **rest: Any) -> Document:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **rest}


def trusts(principal: Any = None, condition: Any = None, **rest: Any) -> Document:
    """A statement of a trust policy; without arguments, the one that AWS's guide shows."""
    found = {"Effect": "Allow", "Principal": principal or {"Service": SERVICE}, "Action": "sts:AssumeRole", **rest}
    condition = FROM_HERE if condition is None else condition
    return {**found, "Condition": condition} if condition else found


def role(*statements: Document, **rest: Any) -> RoleDetail:
    given: Document = {"last_used": "2026-11-01", "created": "2026-01-01", "inline": {"data": document(READS)}, **rest}
    text = document(*(statements or (trusts(),)))
    return RoleDetail(arn=ROLE, name="personalize", role_id="AROAX", path="/", trust_json=text, **given)


READS = allow(["s3:GetObject", "s3:ListBucket"], [BUCKET, f"{BUCKET}/*"])


def inline(*statements: Document, name: str = "data") -> NamedPolicy:
    return NamedPolicy(name=name, text=document(*statements))


def managed(name: str, *statements: Document, account: str = ACCOUNT) -> NamedPolicy:
    arn = f"arn:aws:iam::{account}:policy/{name}"
    return NamedPolicy(name=arn, arn=arn, text=document(*statements) if statements else "")


def policy(name: str, *statements: Document, attached: int = 1, boundary: int = 0) -> PolicyDetail:
    return PolicyDetail(
        arn=f"arn:aws:iam::{ACCOUNT}:policy/{name}",
        version_id="v1",
        document_json=document(*statements),
        attached_to=attached,
        boundary_of=boundary,
    )


def lets(action: Any, resource: Any = "*", principal: Any = None, **rest: Any) -> Document:
    """A statement of a bucket or key policy for Amazon Personalize."""
    found = {"Effect": "Allow", "Principal": principal or {"Service": SERVICE}, "Action": action, "Resource": resource}
    return {**found, "Condition": FROM_HERE, **rest}


BUCKET_LETS = lets(["s3:GetObject", "s3:ListBucket"], [BUCKET, f"{BUCKET}/*"])
KEY_LETS = lets(["kms:Decrypt", "kms:GenerateDataKey", "kms:DescribeKey", "kms:CreateGrant", "kms:ListGrants"])
ROOT = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:*", "Resource": "*"}
KINDS = {BUCKET: DocumentKind.BUCKET_POLICY, KEY: DocumentKind.KEY_POLICY}


def checks(found: Iterable[Finding]) -> list[str]:
    return [finding.check for finding in found]
