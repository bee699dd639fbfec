"""CloudFormation StackSets over hundreds of accounts: operations take their time, one at a time, and IAM is global.

Time passes with each look at an operation, so that a process that is killed leaves it half-way. What an account gets
is what its template says, resolved as CloudFormation does; a second stack with the same names fails as in AWS.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from xml.sax.saxutils import escape

from botocore import xform_name
from exported import pseudo, resolved, template
from fake_aws import ACCOUNT, FakeAws

from personalize_perms.model.names import AccountId
from personalize_perms.model.settings import Place
from strict.requests import Refused, Request, Response, refusal

PAGE = 100
NOT_THE_ADMINISTRATOR = (
    "You must be the management account or delegated admin account of an organization before operating a "
    "SERVICE_MANAGED stack set"
)
NO_ACCESS = "You must enable organizations access to operate a service managed stack set"
Tree = Any


@dataclass
class Stack:
    account: str
    region: str
    ou: str = ""
    status: str = "OUTDATED"
    detail: str = "PENDING"
    reason: str = ""
    drift: str = "NOT_CHECKED"


@dataclass
class Operation:
    id: str
    action: str
    preferences: dict[str, int]
    spots: list[Stack]
    results: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)
    status: str = "RUNNING"
    number: int = 0

    @property
    def pending(self) -> list[Stack]:
        return [one for one in self.spots if self.results[one.account, one.region][0] == "PENDING"]


@dataclass
class Set:
    name: str
    id: str
    params: dict[str, Any]
    token: str = ""
    ous: list[str] = field(default_factory=list)
    stacks: dict[tuple[str, str], Stack] = field(default_factory=dict)
    operations: dict[str, Operation] = field(default_factory=dict)


class FakeStackSets:
    """The service. `fails` tells by account why AWS cannot deploy there; `accounts` holds what each got."""

    def __init__(self, aws: FakeAws) -> None:
        self._others = aws.strict.answer
        self.sets: dict[str, Set] = {}
        self.made = 0
        self.organisation: dict[str, list[str]] = {}
        self.administrator = "SELF"
        """As whom the stack sets of the organisation can be managed; anything else than a CallAs: not from here."""
        self.trusted = True
        self.fails: dict[str, str] = {}
        self.holders: dict[str, tuple[str, str]] = {}
        """Who holds the names of IAM in an account: stack set and Region."""
        self.accounts: dict[str, dict[str, Mapping[str, Any]]] = {}
        self.per_look = 40
        self.looks = 0
        self.late: int = 0
        """For how many looks a new operation is missing in the list."""

    def answer(self, request: Request, environ: dict[str, Any]) -> Response:
        if request.service != "cloudformation":
            return self._others(request, environ)
        try:
            handler: Callable[[Request], Tree] = getattr(self, f"_{xform_name(request.name)}")
            self._check_caller(request)
            body = _xml(request.name, handler(request))
        except Refused as refused:
            return refusal(request, refused)
        return Response(200, [("Content-Type", "text/xml"), ("Content-Length", str(len(body)))], body)

    def finish(self) -> None:
        """Let everything that is under way come to its end."""
        for one in self.sets.values():
            for operation in one.operations.values():
                while operation.status == "RUNNING":
                    self._advance(one, operation)

    def started(self, *actions: str) -> list[str]:
        return [
            work.id
            for one in self.sets.values()
            for work in one.operations.values()
            if not actions or work.action in actions
        ]

    def foreign(self, name: str, *accounts: str) -> Operation:
        """Somebody else's operation on a stack set."""
        return self._operate(
            self.sets[name], f"theirs-{len(self.started())}", "UPDATE", {}, [Stack(a, "x") for a in accounts]
        )

    # Who may

    def _check_caller(self, request: Request) -> None:
        model = request.text("PermissionModel") or self._model(request.text("StackSetName"))
        organised = (
            model == "SERVICE_MANAGED" or request.text("CallAs") or request.name == "DescribeOrganizationsAccess"
        )
        if not organised:
            return
        if request.text("CallAs") == "DELEGATED_ADMIN" != self.administrator:
            raise Refused("ValidationError", "Account used is not a delegated administrator")
        if (request.text("CallAs") or "SELF") != self.administrator:
            raise Refused("ValidationError", NOT_THE_ADMINISTRATOR)
        if not self.trusted and request.name != "DescribeOrganizationsAccess":
            raise Refused("ValidationError", NO_ACCESS)

    def _model(self, name: str) -> str:
        return self.sets[name].params.get("PermissionModel", "") if name in self.sets else ""

    def _describe_organizations_access(self, _: Request) -> Tree:
        return {"Status": "ENABLED" if self.trusted else "DISABLED"}

    # Stack sets

    def _set(self, request: Request) -> Set:
        name = request.text("StackSetName")
        if name not in self.sets:
            raise Refused("StackSetNotFoundException", f"StackSet {name} not found", 404)
        return self.sets[name]

    def _create_stack_set(self, request: Request) -> Tree:
        name = request.text("StackSetName")
        token = request.text("ClientRequestToken")
        if name in self.sets and self.sets[name].token != token:
            raise Refused("NameAlreadyExistsException", f"StackSet {name} already exists", 409)
        if name not in self.sets:
            assert request.text("Capabilities.member.1") == "CAPABILITY_NAMED_IAM"
            self.made += 1
            self.sets[name] = Set(name, f"{name}:{self.made:08}", dict(request.params), token)
        return {"StackSetId": self.sets[name].id}

    def _describe_stack_set(self, request: Request) -> Tree:
        one = self._set(request)
        params = one.params
        tags = [
            {"Key": params[key], "Value": params[key.replace(".Key", ".Value")]}
            for key in params
            if key.startswith("Tags.") and key.endswith(".Key")
        ]
        drifted = sum(stack.drift == "DRIFTED" for stack in one.stacks.values())
        checked = any(stack.drift != "NOT_CHECKED" for stack in one.stacks.values())
        return {
            "StackSet": {
                "StackSetName": one.name,
                "StackSetId": one.id,
                "Status": "ACTIVE",
                "TemplateBody": params["TemplateBody"],
                "Description": params.get("Description", ""),
                "PermissionModel": params.get("PermissionModel", "SELF_MANAGED"),
                "AdministrationRoleARN": f"arn:aws:iam::{ACCOUNT}:role/AWSCloudFormationStackSetAdministrationRole",
                "ExecutionRoleName": "AWSCloudFormationStackSetExecutionRole",
                "AutoDeployment": {"Enabled": params.get("AutoDeployment.Enabled", "false")},
                "OrganizationalUnitIds": one.ous,
                "Regions": sorted({region for _, region in one.stacks}),
                "Tags": tags,
                "StackSetDriftDetectionDetails": {
                    "DriftStatus": ("DRIFTED" if drifted else "IN_SYNC") if checked else "NOT_CHECKED",
                    "DriftedStackInstancesCount": drifted,
                },
            }
        }

    def _update_stack_set(self, request: Request) -> Tree:
        one = self._set(request)
        operation = self._operation(one, request, "UPDATE", list(one.stacks.values()))
        one.params |= request.params
        for stack in one.stacks.values():
            stack.status, stack.detail = "OUTDATED", "PENDING"
        return {"OperationId": operation.id}

    def _delete_stack_set(self, request: Request) -> Tree:
        one = self._set(request)
        self._refuse_busy(one)
        if one.stacks:
            raise Refused("StackSetNotEmptyException", "StackSet is not empty", 409)
        del self.sets[one.name]
        return {}

    # Stacks

    def _targets(self, request: Request) -> Iterator[Stack]:
        params = request.params
        accounts = [value for key, value in params.items() if key.startswith("Accounts.member.")]
        ous = [
            value for key, value in params.items() if key.startswith("DeploymentTargets.OrganizationalUnitIds.member.")
        ]
        regions = [value for key, value in params.items() if key.startswith("Regions.member.")]
        assert regions
        assert bool(accounts) != bool(ous), params
        for ou in ous or [""]:
            for account in accounts or self.organisation[ou]:
                yield from (Stack(account, region, ou) for region in regions)

    def _create_stack_instances(self, request: Request) -> Tree:
        one = self._set(request)
        wanted = list(self._targets(request))
        stacks = [one.stacks.get((stack.account, stack.region), stack) for stack in wanted]
        operation = self._operation(one, request, "CREATE", stacks)
        for stack in stacks:
            one.stacks.setdefault((stack.account, stack.region), stack)
        one.ous += [ou for ou in dict.fromkeys(stack.ou for stack in wanted if stack.ou) if ou not in one.ous]
        return {"OperationId": operation.id}

    def _delete_stack_instances(self, request: Request) -> Tree:
        one = self._set(request)
        assert request.text("RetainStacks") == "false"
        wanted = {(stack.account, stack.region) for stack in self._targets(request)}
        ous = {stack.ou for stack in self._targets(request)}
        operation = self._operation(one, request, "DELETE", [one.stacks[spot] for spot in wanted if spot in one.stacks])
        one.ous = [ou for ou in one.ous if ou not in ous]
        return {"OperationId": operation.id}

    def _refuse_busy(self, one: Set) -> None:
        running = [work.id for work in one.operations.values() if work.status == "RUNNING"]
        if running:
            raise Refused("OperationInProgressException", f"Another Operation on StackSet {one.id} is in progress", 409)

    def _operation(self, one: Set, request: Request, action: str, spots: list[Stack]) -> Operation:
        name = request.text("OperationId")
        if name in one.operations:
            raise Refused("OperationIdAlreadyExistsException", f"{name} already exists", 409)
        self._refuse_busy(one)
        prefix = "OperationPreferences."
        preferences = {
            key.removeprefix(prefix): int(value) for key, value in request.params.items() if key.startswith(prefix)
        }
        return self._operate(one, name, action, preferences, spots)

    def _operate(self, one: Set, name: str, action: str, preferences: dict[str, int], spots: list[Stack]) -> Operation:
        made = Operation(name, action, preferences, spots, number=len(one.operations))
        made.results = {(stack.account, stack.region): ("PENDING", "") for stack in spots}
        one.operations[name] = made
        return made

    # Time

    def _advance(self, one: Set, operation: Operation) -> None:
        for stack in operation.pending[: self.per_look]:
            self._deploy(one, operation, stack)
        failed = sum(status == "FAILED" for status, _ in operation.results.values())
        allowed = operation.preferences.get("FailureToleranceCount", 0)
        if "FailureTolerancePercentage" in operation.preferences:
            allowed = len(operation.spots) * operation.preferences["FailureTolerancePercentage"] // 100
        if failed > allowed:
            operation.status = "FAILED"
            for stack in operation.pending:
                stack.detail = "CANCELLED"
                why = "Cancelled since failure tolerance has exceeded"
                operation.results[stack.account, stack.region] = ("CANCELLED", why)
        elif not operation.pending:
            operation.status = "SUCCEEDED"

    def _deploy(self, one: Set, operation: Operation, stack: Stack) -> None:
        holder = self.holders.get(stack.account)
        why = self.fails.get(stack.account, "")
        if operation.action != "DELETE" and holder and holder != (one.name, stack.region):
            why = f"ResourceLogicalId:PersonalizeServiceRole, personalize-service-role already exists in stack {holder}"
        spot = (stack.account, stack.region)
        if why:
            stack.status = "INOPERABLE" if operation.action == "DELETE" else "OUTDATED"
            stack.detail, stack.reason = "FAILED", why
            operation.results[spot] = ("FAILED", why)
            return
        operation.results[spot] = ("SUCCEEDED", "")
        if operation.action == "DELETE":
            one.stacks.pop(spot, None)
            self.holders.pop(stack.account, None)
            self.accounts.pop(stack.account, None)
        elif stack.region != "x":
            stack.status, stack.detail, stack.reason = "CURRENT", "SUCCEEDED", ""
            self.holders[stack.account] = (one.name, stack.region)
            self.accounts[stack.account] = _resources(one.params["TemplateBody"], stack)

    # Looking

    def _describe_stack_set_operation(self, request: Request) -> Tree:
        one = self._set(request)
        operation = one.operations.get(request.text("OperationId"))
        if operation is None:
            raise Refused("OperationNotFoundException", "no such operation", 404)
        self.looks += 1
        if operation.status == "RUNNING":
            self._advance(one, operation)
        return {"StackSetOperation": _described(operation)}

    def _list_stack_set_operations(self, request: Request) -> Tree:
        works = sorted(self._set(request).operations.values(), key=lambda work: -work.number)
        if self.late and works:
            self.late -= 1
            works = works[1:]
        return _page(request, [_described(work) for work in works])

    def _list_stack_set_operation_results(self, request: Request) -> Tree:
        operation = self._set(request).operations[request.text("OperationId")]
        found = [
            {"Account": account, "Region": region, "Status": status, "StatusReason": reason}
            for (account, region), (status, reason) in operation.results.items()
        ]
        return _page(request, found)

    def _list_stack_instances(self, request: Request) -> Tree:
        found = [
            {
                "Account": stack.account,
                "Region": stack.region,
                "Status": stack.status,
                "StatusReason": stack.reason,
                "OrganizationalUnitId": stack.ou,
                "StackInstanceStatus": {"DetailedStatus": stack.detail},
                "DriftStatus": stack.drift,
            }
            for stack in self._set(request).stacks.values()
        ]
        return _page(request, found)


def _described(operation: Operation) -> Tree:
    created = f"2026-11-26T10:{operation.number:02}:00.000Z"
    return {
        "OperationId": operation.id,
        "Action": operation.action,
        "Status": operation.status,
        "CreationTimestamp": created,
    }


def _page(request: Request, found: list[Tree]) -> Tree:
    start, most = int(request.text("NextToken") or 0), int(request.text("MaxResults") or PAGE)
    more = {"NextToken": str(start + most)} if start + most < len(found) else {}
    return {"Summaries": found[start : start + most], **more}


_parsed = cache(template)


def _resources(body: str, stack: Stack) -> dict[str, Mapping[str, Any]]:
    parsed = _parsed(body)
    values = pseudo(Place(account=AccountId(stack.account), region=stack.region, partition="aws"))
    found = (resolved(one["Properties"], values) for one in parsed["Resources"].values())
    return {one.get("RoleName") or one["ManagedPolicyName"]: one for one in found}


def _xml(name: str, content: Tree) -> bytes:
    inner = f"<{name}Result>{_node(content)}</{name}Result>"
    return (
        f'<{name}Response xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/">{inner}</{name}Response>'.encode()
    )


def _node(content: Tree) -> str:
    match content:
        case Mapping():
            return "".join(f"<{key}>{_node(value)}</{key}>" for key, value in content.items() if value != "")
        case list():
            return "".join(f"<member>{_node(one)}</member>" for one in content)
        case _:
            return escape(str(content))
