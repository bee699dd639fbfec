"""The two sides of a test: the account as others fill and change it, and the program as a person runs it."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import pytest
from botocore.handlers import json_decode_policies
from fake_aws import ACCOUNT, REGION, Call, FakeAws

from personalize_perms.cli import main
from strict import identity

Document = dict[str, Any]
WHAT_AWS_REFUSES = ("characters", "known elements", "Sid alphabet", "Sids once", "trust grammar", "within the bucket")
"""Rules for documents that AWS would not take, but of which an account may well hold some that are as odd."""
DATA = "acme-data"
RESULTS = "acme-results"
SERVICE = "personalize.amazonaws.com"


def role_arn(name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:role/{name}"


def policy_arn(name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:policy/{name}"


def user_arn(name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:user/{name}"


def document(*statements: Document, **rest: Any) -> Document:
    return {"Version": "2012-10-17", **rest, "Statement": list(statements)}


def trusts(principal: Any, **rest: Any) -> Document:
    return {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", **rest}


def root_keeps(**rest: Any) -> Document:
    """The statement that every key policy begins with."""
    principal = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    return {"Sid": "Root", "Effect": "Allow", "Principal": principal, "Action": "kms:*", "Resource": "*", **rest}


class Account:
    """What is in the account. Everything here is done as others would do it, behind the program's back."""

    def __init__(self, server: FakeAws) -> None:
        self.server = server
        self.iam, self.kms, self.s3 = (server.client(service) for service in ("iam", "kms", "s3"))
        # Documents as they are stored: decoded, duplicate keys and spelling would be lost.
        self.iam.meta.events.unregister("after-call.iam", json_decode_policies)

    # Filling

    def bucket(self, name: str = DATA, policy: Document | str | None = None, *, key: str = "", region: str = REGION):
        where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        client = self.s3 if region == REGION else self.server.client("s3", region)
        client.create_bucket(Bucket=name, **where)
        if policy is not None:
            self.put_bucket_policy(name, policy)
        if key:
            default = {"SSEAlgorithm": "aws:kms", **({"KMSMasterKeyID": key} if key != "aws" else {})}
            rules = {"Rules": [{"ApplyServerSideEncryptionByDefault": default}]}
            self.s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration=rules)

    def put_bucket_policy(self, name: str, policy: Document | str) -> None:
        text = policy if isinstance(policy, str) else json.dumps(policy)
        self.s3.put_bucket_policy(Bucket=name, Policy=text)

    def key(self, policy: Document | str | None = None, **more: Any) -> str:
        arn = self.kms.create_key(**more)["KeyMetadata"]["Arn"]
        self.put_key_policy(arn, document(root_keeps()) if policy is None else policy)
        return arn

    def put_key_policy(self, arn: str, policy: Document | str) -> None:
        text = policy if isinstance(policy, str) else json.dumps(policy)
        self.kms.put_key_policy(KeyId=arn, PolicyName="default", Policy=text)

    def role(self, name: str, trust: Document | str, **more: Any) -> str:
        text = trust if isinstance(trust, str) else json.dumps(trust)
        return self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=text, **more)["Role"]["Arn"]

    def policy(self, name: str, *statements: Document, **more: Any) -> str:
        allows = statements or ({"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"},)
        return self.iam.create_policy(PolicyName=name, PolicyDocument=json.dumps(document(*allows)), **more)["Policy"][
            "Arn"
        ]

    # Looking

    def bucket_text(self, name: str = DATA) -> str | None:
        try:
            return self.s3.get_bucket_policy(Bucket=name)["Policy"]
        except self.s3.exceptions.from_code("NoSuchBucketPolicy"):
            return None

    def bucket_policy(self, name: str = DATA) -> Document:
        return json.loads(self.bucket_text(name) or '{"Statement": []}')

    def key_text(self, arn: str) -> str:
        return self.kms.get_key_policy(KeyId=arn, PolicyName="default")["Policy"]

    def key_policy(self, arn: str) -> Document:
        return json.loads(self.key_text(arn))

    def grants(self, arn: str) -> list[dict[str, Any]]:
        return self.kms.list_grants(KeyId=arn)["Grants"]

    def trust_text(self, name: str) -> str:
        return unquote(self.iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"])

    def trust(self, name: str) -> Document:
        return json.loads(self.trust_text(name))

    def policy_text(self, name: str) -> str:
        arn = policy_arn(name)
        version = self.iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        return unquote(self.iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"])

    def policy_document(self, name: str) -> Document:
        return json.loads(self.policy_text(name))

    def stored(self, kind: str, name: str) -> str | None:
        """The text of a document as it is stored."""
        look = {"managed-policy": self.policy_text, "trust-policy": self.trust_text, "bucket-policy": self.bucket_text}
        return {**look, "key-policy": self.key_text}[kind](name)

    def versions(self, name: str) -> int:
        return len(self.iam.list_policy_versions(PolicyArn=policy_arn(name))["Versions"])

    def roles(self) -> set[str]:
        return {role["RoleName"] for role in self.iam.list_roles()["Roles"]}

    def policies(self) -> set[str]:
        return {policy["PolicyName"] for policy in self.iam.list_policies(Scope="Local")["Policies"]}

    def holders(self, name: str) -> set[str]:
        """Who has a policy, as `user/ada`, `group/analysts`, `role/x`."""
        found = self.iam.list_entities_for_policy(PolicyArn=policy_arn(name))
        kinds = (("user", "PolicyUsers", "UserName"), ("group", "PolicyGroups", "GroupName"))
        kinds += (("role", "PolicyRoles", "RoleName"),)
        return {f"{kind}/{entry[field]}" for kind, listed, field in kinds for entry in found[listed]}

    def tags(self, policy: str) -> dict[str, str]:
        listed = self.iam.list_policy_tags(PolicyArn=policy_arn(policy))["Tags"]
        return {tag["Key"]: tag["Value"] for tag in listed}

    def snapshot(self) -> Document:
        """Everything that the program could have touched, to compare before and after."""
        buckets = [bucket["Name"] for bucket in self.s3.list_buckets()["Buckets"]]
        keys = [key["KeyArn"] for key in self.kms.list_keys()["Keys"]]
        roles = {name: self.iam.get_role(RoleName=name)["Role"] for name in self.roles()}
        for role in roles.values():
            role.pop("RoleLastUsed", None)
        return {
            "buckets": {name: self.bucket_text(name) for name in buckets},
            "keys": {arn: self.key_text(arn) for arn in keys},
            "grants": {arn: [(g["Name"], g["GranteePrincipal"]) for g in self.grants(arn)] for arn in keys},
            "roles": roles,
            "policies": {
                name: (self.policy_document(name), self.versions(name), self.holders(name), self.tags(name))
                for name in self.policies()
            },
        }

    def meaning(self) -> Document:
        """The snapshot with what each document means in place of its text: AWS respells what the program writes."""
        found = self.snapshot()
        for role in found["roles"].values():
            role["AssumeRolePolicyDocument"] = identity(unquote(role["AssumeRolePolicyDocument"]))
        for kind in ("buckets", "keys"):
            found[kind] = {name: identity(text) for name, text in found[kind].items()}
        found["policies"] = {name: (identity(text), *rest) for name, (text, *rest) in found["policies"].items()}
        return found


@dataclass(frozen=True)
class Run:
    """One run of the program: exit code, both streams, and every call that it made."""

    code: int
    out: str
    err: str
    calls: tuple[Call, ...]

    @property
    def writes(self) -> list[Call]:
        return [call for call in self.calls if call.writes]

    @property
    def written(self) -> list[str]:
        """The names of the writing operations, sorted: within a wave they come in any order."""
        return sorted(call.name for call in self.writes)

    @property
    def envelope(self) -> Document:
        return json.loads(self.out)

    @property
    def data(self) -> Document:
        return self.envelope["data"]

    @property
    def errors(self) -> list[dict[str, str]]:
        return self.envelope["errors"]

    def changes(self, *actions: str) -> list[tuple[str, str]]:
        """Kind and resource of every change, or of those with these actions."""
        return [(c["kind"], c["resource"]) for c in self.data["changes"] if not actions or c["action"] in actions]

    def documents(self) -> dict[tuple[str, str], Document]:
        return {(entry["kind"], entry["name"]): entry["document"] for entry in self.data["documents"]}

    @property
    def findings(self) -> dict[str, Document]:
        return {finding["check"]: finding for finding in self.data["findings"]}


class Program:
    """Runs the program in this process; `apply` and `plan` are the common ways."""

    def __init__(self, server: FakeAws, capsys: pytest.CaptureFixture[str]) -> None:
        self._server = server
        self._capsys = capsys

    def run(self, *words: str) -> Run:
        self._server.calls.clear()
        self._capsys.readouterr()
        code = main._run(list(words))
        out, err = self._capsys.readouterr()
        return Run(code, out, err, tuple(self._server.calls))

    def json(self, *words: str) -> Run:
        return self.run(*words, "--format", "json")

    def apply(self, *words: str, code: int = 0) -> Run:
        """Apply without questions, and check the exit code."""
        done = self.json("apply", "--yes", *words)
        assert done.code == code == done.envelope["exit_code"], done.err
        return done

    def converges(self, *words: str, code: int = 0) -> Run:
        """Apply, then apply again and check that this writes nothing and says so; return the first run."""
        first = self.apply(*words, code=code)
        self.is_silent(*words, code=code)
        return first

    def is_silent(self, *words: str, code: int = 0) -> None:
        again = self.apply(*words, code=code)
        assert again.written == []
        assert {action for action, *_ in actions(again)} <= {"keep", "blocked"}
        if code == 0:
            assert "Nothing to do" in again.err


def actions(run: Run) -> list[tuple[str, str, str]]:
    return [(change["action"], change["kind"], change["resource"]) for change in run.data["changes"]]


def sids(found: Mapping[str, Any] | Iterable[Document]) -> list[str | None]:
    statements = found["Statement"] if isinstance(found, Mapping) else found
    return [statement.get("Sid") for statement in statements]
