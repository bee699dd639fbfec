"""AWS's answer to who may not: each request of the program as its IAM actions and resources, held against a policy.

Independent of the program's own table on purpose: the actions are those of AWS's Service Authorization Reference.
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fake_aws import ACCOUNT, REGION, FakeAws
from moto.core.exceptions import JsonRESTError
from moto.iam.exceptions import NoSuchEntity, NotFoundException
from moto.iam.models import iam_backends
from moto.kms.models import kms_backends

from strict.requests import Refused, Request, Response, refusal

Statement = Mapping[str, Any]
_CALLER = f"arn:aws:iam::{ACCOUNT}:user/testing"
_S3_ACTIONS = {
    "HeadBucket": "s3:ListBucket",
    "GetBucketEncryption": "s3:GetEncryptionConfiguration",
    "GetBucketPolicy": "s3:GetBucketPolicy",
    "PutBucketPolicy": "s3:PutBucketPolicy",
    "DeleteBucketPolicy": "s3:DeleteBucketPolicy",
    "GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
}
_WITHOUT_RESOURCE = re.compile(
    r"GetAccountSummary|GetAccountAuthorizationDetails|List(Policies|Roles|Users|Groups|Aliases)"
)
_WITH_TAGS = {"CreateRole": "iam:TagRole", "CreatePolicy": "iam:TagPolicy"}


@dataclass(frozen=True)
class Need:
    """One action on one resource."""

    action: str
    resource: str

    @property
    def name(self) -> str:
        """What a person calls the resource."""
        return re.split("[:/]", self.resource)[-1]


class Enforcing:
    """Lets the program do what `statements` allow and nothing else; None: everything."""

    def __init__(self, server: FakeAws) -> None:
        self.statements: Iterable[Statement] | None = None
        self.denied: list[Need] = []
        self.used: set[tuple[str, str]] = set()
        """Sid and action of every statement that was needed."""
        self.carries = ""
        """The role that everything in Amazon Personalize carries."""
        self.is_large = False
        """Whether the account has more users, roles and policies than one call tells."""
        self._hand_on = server.strict.answer

    def allow(self, statements: Iterable[Statement] | None) -> None:
        self.statements = statements
        self.denied.clear()
        self.used.clear()

    def answer(self, request: Request, environ: dict[str, Any]) -> Response:
        if self.statements is not None:
            for need in needs(request):
                allowing = [s for s in self.statements if need.action in s["Action"] and _covers(s, need.resource)]
                if not allowing:
                    self.denied.append(need)
                    return _denial(request, need)
                self.used |= {(str(statement["Sid"]), need.action) for statement in allowing}
        # moto knows next to nothing of Amazon Personalize.
        found = self._personalize(request) if request.service == "personalize" else self._hand_on(request, environ)
        if self.is_large and request.name == "GetAccountAuthorizationDetails":
            cut = b"<IsTruncated>true</IsTruncated><Marker>more</Marker>"
            return found.with_body(found.body.replace(b"<IsTruncated>false</IsTruncated>", cut))
        return found

    def _personalize(self, request: Request) -> Response:
        verb, kind = re.fullmatch("(List|Describe)(.*?)s?", request.name).groups()  # type: ignore[union-attr]
        member = kind[0].lower() + kind[1:]
        path = re.sub("(?<!^)(?=[A-Z])", "-", kind).lower()
        arn = f"arn:aws:personalize:{REGION}:{ACCOUNT}:{path}/one"
        found = {f"{member}Arn": arn, "status": "ACTIVE", "roleArn": self.carries}
        body = {f"{member}s": [found]} if verb == "List" else {member: found}
        return Response(200, [("Content-Type", "application/x-amz-json-1.1")], b"").with_body(json.dumps(body).encode())


def _covers(statement: Statement, resource: str) -> bool:
    patterns = (".*".join(map(re.escape, pattern.split("*"))) for pattern in statement["Resource"])
    return any(re.fullmatch(pattern, resource) for pattern in patterns)


def needs(request: Request) -> Iterator[Need]:  # noqa: C901, PLR0912 - one line per service: a table
    """Yield what AWS asks for before it does this; a request that is not known here is an error of the test."""
    match request.service:
        case "sts":
            return
        case "s3" if not request.bucket:
            yield Need("s3:ListAllMyBuckets", "*")
        case "s3":
            yield Need(_S3_ACTIONS[request.name], f"arn:aws:s3:::{request.bucket}")
        case "personalize":
            (arn,) = [value for name, value in request.params.items() if name.endswith("Arn")] or ["*"]
            yield Need(f"personalize:{request.name}", arn)
        case "access-analyzer":
            yield Need("access-analyzer:ValidatePolicy", "*")
        case "kms":
            lists = request.name in ("ListAliases", "ListKeys")
            yield Need(f"kms:{request.name}", "*" if lists else _key(request.text("KeyId")))
        case "iam":
            resource = "*" if _WITHOUT_RESOURCE.fullmatch(request.name) else _iam_resource(request)
            yield Need(f"iam:{request.name}", resource)
            if request.name in _WITH_TAGS and request.listed("Tags", "Key"):
                yield Need(_WITH_TAGS[request.name], resource)
        case "sso" if request.name == "ListInstances":
            yield Need("sso:ListInstances", "*")
        case "sso":
            named = ("InstanceArn", "PermissionSetArn", "ResourceArn")
            arns = [request.params[name] for name in named if name in request.params]
            accounts = [request.params[name] for name in ("TargetId", "AccountId") if name in request.params]
            for arn in (*arns, *(f"arn:aws:sso:::account/{account}" for account in accounts)):
                yield Need(f"sso:{request.name}", arn)
        case "identitystore":
            kind = request.name.removeprefix("Get").removesuffix("Id").lower()
            store = f"arn:aws:identitystore::999999999999:identitystore/{request.params['IdentityStoreId']}"
            for arn in (store, f"arn:aws:identitystore:::{kind}/*"):
                yield Need(f"identitystore:{request.name}", arn)
        case other:
            raise AssertionError(f"{other} is not enforced")


def _key(reference: str) -> str:
    """Return the key's ARN, also for an alias: AWS authorises on the key."""
    backend = kms_backends[ACCOUNT][REGION]
    try:
        return str(backend.describe_key(backend.any_id_to_key_id(reference)).arn)
    except JsonRESTError:
        return reference


def _iam_resource(request: Request) -> str:
    if request.name == "CreateRole":
        return f"arn:aws:iam::{ACCOUNT}:role{request.text('Path')}{request.text('RoleName')}"
    if request.name == "CreatePolicy":
        return f"arn:aws:iam::{ACCOUNT}:policy{request.text('Path')}{request.text('PolicyName')}"
    backend = iam_backends[ACCOUNT]["aws"]
    # Attaching is authorised on who gets the policy, so the names of principals come first.
    looks = {"RoleName": backend.get_role, "UserName": backend.get_user, "GroupName": backend.get_group}
    for member, look in looks.items():
        if name := request.text(member):
            try:
                return str(look(name).arn)
            except (NoSuchEntity, NotFoundException):
                # The path of what is not there is not known, to AWS either.
                return f"arn:aws:iam::{ACCOUNT}:{member.removesuffix('Name').lower()}/{name}"
    (arn,) = [value for name, value in request.params.items() if name in _ARNS]
    return str(arn)


_ARNS = ("PolicyArn", "PolicySourceArn", "SAMLProviderArn", "OpenIDConnectProviderArn")


def _denial(request: Request, need: Need) -> Response:
    text = f"User: {_CALLER} is not authorized to perform: {need.action} on resource: {need.resource} because no "
    text += f"identity-based policy allows the {need.action} action"
    if request.service in ("personalize", "sso", "identitystore"):
        body = json.dumps({"__type": "AccessDeniedException", "Message": text}).encode()
        return Response(400, [("Content-Type", "application/x-amz-json-1.1")], b"").with_body(body, 400)
    if request.service in ("kms", "access-analyzer"):
        return refusal(request, Refused("AccessDeniedException", text, 400))
    # AWS names the Region of a bucket even here; without it, more depends on being allowed to look.
    return refusal(request, Refused("AccessDenied", text, 403))
