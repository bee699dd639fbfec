"""IAM Identity Center, which moto plays only in part: asynchronous requests, conflicts, tags, roles in the account.

Every call moves what is under way a step on, so a request ends whether or not anybody asks about it.
https://docs.aws.amazon.com/singlesignon/latest/APIReference/welcome.html
"""

import json
import re
import threading
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from moto.core import DEFAULT_ACCOUNT_ID
from moto.iam.models import iam_backends

from strict.requests import Refused, Request, Response

SERVICES = ("sso", "identitystore")
INSTANCE = "arn:aws:sso:::instance/ssoins-1234567890abcdef"
STORE = "d-1234567890"
_LATEST, _OLD = "LATEST_PERMISSION_SET_PROVISIONED", "LATEST_PERMISSION_SET_NOT_PROVISIONED"
Policies = list[tuple[str, str]]
"""Customer managed policies by path and name."""
Assigned = tuple[str, str, str, str]
"""ARN of the permission set, account, type and id of the principal."""


@dataclass
class Set:
    """A permission set, and in which form it is in each account."""

    name: str
    description: str
    tags: dict[str, str]
    policies: Policies = field(default_factory=list)
    managed: list[str] = field(default_factory=list)
    inline: str = ""
    boundary: str = ""
    provisioned: dict[str, Policies] = field(default_factory=dict)


@dataclass
class Running:
    """A request that AWS took."""

    kind: str
    set_arn: str
    account: str
    principal: tuple[str, str] = ("", "")
    left: int = 0
    status: str = "IN_PROGRESS"
    reason: str = ""


class IdentityCenter:
    """The instance of an organisation, and who calls."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self.reset()

    def reset(self) -> None:
        self.region = ""
        """Where the instance is; empty: there is none."""
        self.member = False
        """Whether the caller's account is one that only sees the instance."""
        self.steps = 2
        """How many calls go by until a request ends."""
        self.principals: dict[tuple[str, str], str] = {}
        """Ids by attribute path and value."""
        self.sets: dict[str, Set] = {}
        self.assignments: list[Assigned] = []
        self.requests: dict[str, Running] = {}
        self.elsewhere: dict[str, list[str]] = {}
        """Names of the policies in other accounts."""

    # Filling

    def enable(self, region: str, *, groups: tuple[str, ...] = (), users: tuple[str, ...] = ()) -> None:
        """Let there be an instance with a directory."""
        self.region = region
        for path, names in (("displayname", groups), ("username", users)):
            for name in names:
                self.principals[path, name] = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{path}/{name}"))

    def id_of(self, name: str) -> str:
        return next(found for (_, known), found in self.principals.items() if known == name)

    def named(self, name: str) -> Set:
        return next(one for one in self.sets.values() if one.name == name)

    def assigned(self, name: str) -> set[tuple[str, str]]:
        """Account and name of whoever has a permission set."""
        names = {found: known for (_, known), found in self.principals.items()}
        return {(one[1], names.get(one[3], one[3])) for one in self.assignments if self.sets[one[0]].name == name}

    def give(self, name: str, account: str, who: str) -> None:
        """Assign a permission set as others do, at once."""
        arn = next(arn for arn, one in self.sets.items() if one.name == name)
        kind = "GROUP" if ("displayname", who) in self.principals else "USER"
        self.assignments.append((arn, account, kind, self.id_of(who)))
        self._provision(self.sets[arn], account)

    def meaning(self) -> Any:
        """What is there, without what differs from run to run."""
        names = {arn: one.name for arn, one in self.sets.items()}
        return {
            "sets": {
                one.name: (
                    one.description,
                    sorted((key, value) for key, value in one.tags.items() if not key.endswith(":run")),
                    sorted(one.policies),
                    {account: sorted(found) for account, found in one.provisioned.items()},
                )
                for one in self.sets.values()
            },
            "assignments": sorted((names[arn], *rest) for arn, *rest in self.assignments),
        }

    # Answering

    def answer(self, request: Request) -> Response:
        """Answer a call as AWS would."""
        with self._lock:
            self._step()
            try:
                return _response(200, self._call(request))
            except Refused as refused:
                return _response(refused.status, {"__type": refused.code, "Message": refused.message})

    def _call(self, request: Request) -> dict[str, Any]:
        params = request.params
        if request.region != self.region:
            if request.name == "ListInstances":
                return {"Instances": []}
            raise Refused("ResourceNotFoundException", "The instance was not found")
        if request.name == "ListInstances":
            owner = "999999999999" if self.member else DEFAULT_ACCOUNT_ID
            about = {"InstanceArn": INSTANCE, "IdentityStoreId": STORE, "OwnerAccountId": owner, "Status": "ACTIVE"}
            return {"Instances": [about]}
        if request.name in ("GetGroupId", "GetUserId"):
            return self._principal(request)
        if self.member:
            raise Refused("AccessDeniedException", f"User is not authorized to perform: sso:{request.name}")
        if params.get("InstanceArn") != INSTANCE:
            raise Refused("ResourceNotFoundException", "The instance was not found")
        play = getattr(self, "_" + re.sub(r"(?<!^)(?=[A-Z])", "_", request.name).lower(), None)
        if play is None:
            raise Refused("UnknownOperationException", f"{request.name} is not played")
        return play(params) or {}

    def _principal(self, request: Request) -> dict[str, Any]:
        asked = request.params["AlternateIdentifier"]["UniqueAttribute"]
        if request.params["IdentityStoreId"] != STORE:
            raise Refused("ResourceNotFoundException", "IDENTITYSTORE not found.")
        found = self.principals.get((asked["AttributePath"].lower(), asked["AttributeValue"]))
        kind = request.name[3:-2]
        if found is None:
            raise Refused("ResourceNotFoundException", f"{kind.upper()} not found.")
        return {f"{kind}Id": found, "IdentityStoreId": STORE}

    def _set(self, params: dict[str, Any], key: str = "PermissionSetArn") -> Set:
        found = self.sets.get(params[key])
        if found is None:
            raise Refused("ResourceNotFoundException", "Could not find PermissionSet with id")
        return found

    def _list_permission_sets(self, _: Any) -> dict[str, Any]:
        return {"PermissionSets": list(self.sets)}

    def _describe_permission_set(self, params: Any) -> dict[str, Any]:
        found = self._set(params)
        described = {"Name": found.name, "PermissionSetArn": params["PermissionSetArn"]}
        return {"PermissionSet": {**described, "Description": found.description, "SessionDuration": "PT1H"}}

    def _create_permission_set(self, params: Any) -> dict[str, Any]:
        if any(one.name == params["Name"] for one in self.sets.values()):
            raise Refused("ConflictException", f"PermissionSet with name {params['Name']} already exists.")
        if len(params["Name"]) > 32 or len(params["Description"]) > 700 or len(params["Tags"]) > 50:
            raise Refused("ValidationException", "too long")
        arn = f"arn:aws:sso:::permissionSet/ssoins-1234567890abcdef/ps-{uuid.uuid4().hex[:16]}"
        tags = {tag["Key"]: tag["Value"] for tag in params["Tags"]}
        self.sets[arn] = Set(params["Name"], params["Description"], tags)
        return {"PermissionSet": {"Name": params["Name"], "PermissionSetArn": arn}}

    def _delete_permission_set(self, params: Any) -> None:
        found = self._set(params)
        if found.provisioned or any(one[0] == params["PermissionSetArn"] for one in self.assignments):
            raise Refused("ConflictException", "PermissionSet has ApplicationProfile associated with it.")
        del self.sets[params["PermissionSetArn"]]

    def _list_tags_for_resource(self, params: Any) -> dict[str, Any]:
        tags = self._set(params, "ResourceArn").tags
        return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}

    def _tag_resource(self, params: Any) -> None:
        found = self._set(params, "ResourceArn")
        found.tags |= {tag["Key"]: tag["Value"] for tag in params["Tags"]}
        if len(found.tags) > 50 or any(len(value) > 256 for value in found.tags.values()):
            raise Refused("ServiceQuotaExceededException", "too many tags")

    def _untag_resource(self, params: Any) -> None:
        for key in params["TagKeys"]:
            self._set(params, "ResourceArn").tags.pop(key, None)

    def _list_customer_managed_policy_references_in_permission_set(self, params: Any) -> dict[str, Any]:
        found = [{"Name": name, "Path": path} for path, name in self._set(params).policies]
        return {"CustomerManagedPolicyReferences": found}

    def _attach_customer_managed_policy_reference_to_permission_set(self, params: Any) -> None:
        policies, policy = self._set(params).policies, _policy(params)
        if policy in policies:
            raise Refused("ConflictException", "The policy is attached already.")
        policies.append(policy)

    def _detach_customer_managed_policy_reference_from_permission_set(self, params: Any) -> None:
        policies, policy = self._set(params).policies, _policy(params)
        if policy not in policies:
            raise Refused("ResourceNotFoundException", "The policy is not attached.")
        policies.remove(policy)

    def _list_managed_policies_in_permission_set(self, params: Any) -> dict[str, Any]:
        found = [{"Arn": arn, "Name": arn.rpartition("/")[2]} for arn in self._set(params).managed]
        return {"AttachedManagedPolicies": found}

    def _get_inline_policy_for_permission_set(self, params: Any) -> dict[str, Any]:
        return {"InlinePolicy": self._set(params).inline}

    def _get_permissions_boundary_for_permission_set(self, params: Any) -> dict[str, Any]:
        boundary = self._set(params).boundary
        if not boundary:
            raise Refused("ResourceNotFoundException", "There is no permissions boundary.")
        return {"PermissionsBoundary": {"ManagedPolicyArn": boundary}}

    def _list_accounts_for_provisioned_permission_set(self, params: Any) -> dict[str, Any]:
        found, wanted = self._set(params), params.get("ProvisioningStatus")
        states = {
            account: _LATEST if sorted(has) == sorted(found.policies) else _OLD
            for account, has in found.provisioned.items()
        }
        return {"AccountIds": [account for account, state in states.items() if wanted in (None, state)]}

    def _list_account_assignments(self, params: Any) -> dict[str, Any]:
        self._set(params)
        wanted = (params["PermissionSetArn"], params["AccountId"])
        found = [one for one in self.assignments if one[:2] == wanted]
        return {
            "AccountAssignments": [
                {"AccountId": account, "PermissionSetArn": arn, "PrincipalType": kind, "PrincipalId": principal}
                for arn, account, kind, principal in found
            ]
        }

    def _create_account_assignment(self, params: Any) -> dict[str, Any]:
        return {"AccountAssignmentCreationStatus": self._begin("create", params)}

    def _delete_account_assignment(self, params: Any) -> dict[str, Any]:
        if _assigned(params) not in self.assignments:
            raise Refused("ResourceNotFoundException", "The assignment was not found.")
        return {"AccountAssignmentDeletionStatus": self._begin("delete", params)}

    def _provision_permission_set(self, params: Any) -> dict[str, Any]:
        return {"PermissionSetProvisioningStatus": self._begin("provision", params)}

    def _describe_account_assignment_creation_status(self, params: Any) -> dict[str, Any]:
        return {"AccountAssignmentCreationStatus": self._state(params["AccountAssignmentCreationRequestId"])}

    def _describe_account_assignment_deletion_status(self, params: Any) -> dict[str, Any]:
        return {"AccountAssignmentDeletionStatus": self._state(params["AccountAssignmentDeletionRequestId"])}

    def _describe_permission_set_provisioning_status(self, params: Any) -> dict[str, Any]:
        return {"PermissionSetProvisioningStatus": self._state(params["ProvisionPermissionSetRequestId"])}

    # What goes on after the call

    def _begin(self, kind: str, params: Any) -> dict[str, Any]:
        self._set(params)
        arn, account = params["PermissionSetArn"], params["TargetId"]
        if any((one.set_arn, one.account) == (arn, account) for one in self._under_way()):
            raise Refused("ConflictException", "There is a conflicting operation in process.")
        if len(list(self._under_way())) >= 10:
            raise Refused("ServiceQuotaExceededException", "Too many outstanding requests.")
        principal = (params.get("PrincipalType", ""), params.get("PrincipalId", ""))
        request = str(uuid.uuid4())
        self.requests[request] = Running(kind, arn, account, principal, left=self.steps)
        return self._state(request)

    def _under_way(self) -> Iterator[Running]:
        return (one for one in self.requests.values() if one.status == "IN_PROGRESS")

    def _state(self, request: str) -> dict[str, Any]:
        found = self.requests.get(request)
        if found is None:
            raise Refused("ResourceNotFoundException", "The request was not found.")
        reason = {"FailureReason": found.reason} if found.reason else {}
        return {"RequestId": request, "Status": found.status, **reason}

    def _step(self) -> None:
        for one in list(self._under_way()):
            one.left -= 1
            if one.left < 0:
                self._end(one)

    def _end(self, one: Running) -> None:
        found = self.sets[one.set_arn]
        assigned = (one.set_arn, one.account, *one.principal)
        if one.kind == "delete":
            self.assignments.remove(assigned)
            if not any(other[:2] == assigned[:2] for other in self.assignments):
                self._deprovision(found, one.account)
        elif missing := self._missing(found, one.account):
            one.status = "FAILED"
            one.reason = f"Received a 404 status error: Policy {missing} does not exist or is not attachable."
            return
        else:
            self._provision(found, one.account)
            if one.kind == "create" and assigned not in self.assignments:
                self.assignments.append(assigned)
        one.status = "SUCCEEDED"

    def _missing(self, found: Set, account: str) -> str:
        own = {arn.partition(":policy")[2] for arn in _iam().managed_policies if f":{account}:" in arn}
        there = own if account == DEFAULT_ACCOUNT_ID else {f"/{name}" for name in self.elsewhere.get(account, ())}
        lacking = (f"arn:aws:iam::{account}:policy{path}{name}" for path, name in found.policies)
        return next((arn for arn in lacking if arn.partition(":policy")[2] not in there), "")

    def _provision(self, found: Set, account: str) -> None:
        found.provisioned[account] = list(found.policies)
        if account != DEFAULT_ACCOUNT_ID:
            return
        name = _role(found.name)
        if not any(role.name == name for role in _iam().roles.values()):
            trust = {"Version": "2012-10-17", "Statement": []}
            path = f"/aws-reserved/sso.amazonaws.com/{self.region}/"
            _iam().create_role(name, json.dumps(trust), path, None, "", [], "3600")
        _detach_all(name)
        for path, policy in found.policies:
            _iam().attach_role_policy(f"arn:aws:iam::{account}:policy{path}{policy}", name)

    def _deprovision(self, found: Set, account: str) -> None:
        found.provisioned.pop(account, None)
        if account == DEFAULT_ACCOUNT_ID:
            _detach_all(_role(found.name))
            _iam().delete_role(_role(found.name))


def _iam() -> Any:
    return iam_backends[DEFAULT_ACCOUNT_ID]["aws"]


def _role(name: str) -> str:
    return f"AWSReservedSSO_{name}_0123456789abcdef"


def _detach_all(role: str) -> None:
    held = next(one for one in _iam().roles.values() if one.name == role).managed_policies
    for arn in list(held):
        _iam().detach_role_policy(arn, role)


def _policy(params: Any) -> tuple[str, str]:
    named = params["CustomerManagedPolicyReference"]
    return named.get("Path", "/"), named["Name"]


def _assigned(params: Any) -> Assigned:
    return params["PermissionSetArn"], params["TargetId"], params["PrincipalType"], params["PrincipalId"]


def _response(status: int, content: dict[str, Any]) -> Response:
    return Response(status, [("Content-Type", "application/x-amz-json-1.1")], b"").with_body(
        json.dumps(content).encode(), status
    )


CENTER = IdentityCenter()
"""The one of this process, as moto's backends are."""
