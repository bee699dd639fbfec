"""CloudFormation StackSets as this program sees them: one stack set, its operations and stacks, a page at a time.

Every write carries a token: AWS answers a repetition by the same stack set or operation, and does nothing twice.
https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStackInstances.html
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias, TypeVar

from personalize_perms.aws.errors import AwsError, asked, looked_up, translated
from personalize_perms.aws.session import AwsSession
from personalize_perms.model.live import Absent, Read
from personalize_perms.model.rollouts import (
    TAG_ROLLOUT,
    CallAs,
    Drift,
    Preferences,
    RolloutStep,
    Spot,
    StackSet,
    Wanted,
    Work,
)

_PAGE: Final = 100
_CAPABILITIES: Final = ("CAPABILITY_NAMED_IAM",)
_NOT_THE_ADMINISTRATOR: Final = ("management account", "master", "not a delegated administrator")
T = TypeVar("T")
Page: TypeAlias = tuple[list[Any], str]
"""What one answer holds, and the token of the next one; empty if there is none."""


def is_not_the_administrator(error: AwsError) -> bool:
    """Tell whether AWS refuses because the account manages no stack sets of its organisation.

    The texts: "You must be the management account or delegated admin account of an organization before operating a
    SERVICE_MANAGED stack set", and "Account used is not a delegated administrator".
    """
    return error.code in ("ValidationError", "InvalidOperationException") and any(
        text in error.message for text in _NOT_THE_ADMINISTRATOR
    )


class StackSets:
    """Reads and writes of stack sets in the Region of the session, as `call_as`."""

    def __init__(self, session: AwsSession, call_as: CallAs = CallAs.SELF) -> None:
        self._session = session
        self.call_as = call_as
        self._as: dict[str, str] = {"CallAs": call_as.value} if call_as is not CallAs.SELF else {}

    @property
    def _reads(self) -> Any:  # noqa: ANN401 - methods are looked up by name, and parameters put together
        return self._session.reader("cloudformation")

    @property
    def _writes(self) -> Any:  # noqa: ANN401 - as above
        return self._session.writer("cloudformation")

    def read_access(self) -> str:
        """Read whether CloudFormation may act in the accounts of the organisation: ENABLED, DISABLED, ...

        It is asked once: whoever has no answer goes on without.
        """
        with translated("cloudformation:DescribeOrganizationsAccess", self.call_as):
            return str(self._writes.describe_organizations_access(**self._as)["Status"])

    def read_set(self, name: str) -> Read[StackSet]:
        """Read a stack set."""

        def ask() -> StackSet:
            return _stack_set(self._reads.describe_stack_set(StackSetName=name, **self._as)["StackSet"])

        return _found("cloudformation:DescribeStackSet", name, ask)

    def read_operation(self, name: str, operation: str) -> Read[Work]:
        """Read one operation."""

        def ask() -> Work:
            answer = self._reads.describe_stack_set_operation(StackSetName=name, OperationId=operation, **self._as)
            return _work(answer["StackSetOperation"])

        return _found("cloudformation:DescribeStackSetOperation", name, ask)

    def read_operations(self, name: str, token: str) -> Page:
        """Read a page of the operations of a stack set, the newest first."""
        return self._page("list_stack_set_operations", "ListStackSetOperations", name, token, _work)

    def read_results(self, name: str, operation: str, token: str) -> Page:
        """Read a page of what an operation did, account by account."""
        method, action = "list_stack_set_operation_results", "ListStackSetOperationResults"
        return self._page(method, action, name, token, _result, OperationId=operation)

    def read_stacks(self, name: str, token: str) -> Page:
        """Read a page of the stacks of a stack set."""
        return self._page("list_stack_instances", "ListStackInstances", name, token, _stack)

    def _page(self, method: str, action: str, name: str, token: str, made: Any, **more: str) -> Page:  # noqa: ANN401
        following = {"NextToken": token} if token else {}

        def ask() -> Page:
            call = getattr(self._reads, method)
            answer = call(StackSetName=name, MaxResults=_PAGE, **following, **more, **self._as)
            return [made(one) for one in answer["Summaries"]], str(answer.get("NextToken") or "")

        return asked(f"cloudformation:{action}", name, ask)

    def write_create_set(self, wanted: Wanted, token: str) -> None:
        """Create the stack set, without stacks."""
        with translated("cloudformation:CreateStackSet", wanted.stack_set):
            self._writes.create_stack_set(**self._of_set(wanted), ClientRequestToken=token)

    def write_update_set(self, wanted: Wanted, found: StackSet, preferences: Preferences, operation: str) -> str:
        """Update the stack set and all its stacks; return the operation's id.

        Tags stay as they are: others may have added theirs. Roles that were named once must be named again.
        """
        of_set = self._of_set(wanted)
        del of_set["Tags"]
        if of_set.get("AutoDeployment", {}).get("Enabled"):
            of_set["AutoDeployment"]["RetainStacksOnAccountRemoval"] = found.retains
        if not wanted.service_managed:
            roles = {"AdministrationRoleARN": found.administration_role, "ExecutionRoleName": found.execution_role}
            of_set = {**{name: role for name, role in roles.items() if role}, **of_set}
        with translated("cloudformation:UpdateStackSet", wanted.stack_set):
            answer = self._writes.update_stack_set(
                **of_set, OperationPreferences=_preferences(preferences), OperationId=operation
            )
            return str(answer["OperationId"])

    def write_create_stacks(self, name: str, step: RolloutStep, preferences: Preferences, operation: str) -> str:
        """Create stacks, and try those again that did not come through; return the operation's id."""
        with translated("cloudformation:CreateStackInstances", name):
            answer = self._writes.create_stack_instances(
                StackSetName=name,
                **_targets(step),
                OperationPreferences=_preferences(preferences),
                OperationId=operation,
                **self._as,
            )
            return str(answer["OperationId"])

    def write_delete_stacks(self, name: str, step: RolloutStep, preferences: Preferences, operation: str) -> str:
        """Delete stacks and what they made; return the operation's id."""
        with translated("cloudformation:DeleteStackInstances", name):
            answer = self._writes.delete_stack_instances(
                StackSetName=name,
                **_targets(step),
                RetainStacks=False,
                OperationPreferences=_preferences(preferences),
                OperationId=operation,
                **self._as,
            )
            return str(answer["OperationId"])

    def write_delete_set(self, name: str) -> None:
        """Delete a stack set that has no stacks any more."""
        with translated("cloudformation:DeleteStackSet", name):
            self._writes.delete_stack_set(StackSetName=name, **self._as)

    def _of_set(self, wanted: Wanted) -> dict[str, Any]:
        found: dict[str, Any] = {
            "StackSetName": wanted.stack_set,
            "Description": wanted.description,
            "TemplateBody": wanted.template,
            "Capabilities": list(_CAPABILITIES),
            "Tags": [{"Key": TAG_ROLLOUT, "Value": wanted.setup}],
            "PermissionModel": "SERVICE_MANAGED" if wanted.service_managed else "SELF_MANAGED",
            **self._as,
        }
        if wanted.service_managed:
            found["AutoDeployment"] = {"Enabled": wanted.auto_deploy}
            if wanted.auto_deploy:
                found["AutoDeployment"]["RetainStacksOnAccountRemoval"] = False
        if wanted.administration_role:
            found["AdministrationRoleARN"] = wanted.administration_role
        if wanted.execution_role:
            found["ExecutionRoleName"] = wanted.execution_role
        return found


def _found(action: str, name: str, ask: Callable[[], T]) -> Read[T]:
    """Return what `ask` reads; for stacks CloudFormation has no code of its own that says that one is not there."""
    try:
        return looked_up(action, name, ask)
    except AwsError as error:
        if error.code == "ValidationError" and error.message.endswith("does not exist"):
            return Absent()
        raise


def _targets(step: RolloutStep) -> dict[str, Any]:
    regions = list(step.regions)
    if not step.ous:
        return {"Accounts": list(step.accounts), "Regions": regions}
    return {"DeploymentTargets": {"OrganizationalUnitIds": list(step.ous)}, "Regions": regions}


def _preferences(preferences: Preferences) -> dict[str, int]:
    tolerance, concurrent = preferences.tolerance, preferences.concurrent
    return {
        f"FailureTolerance{'Percentage' if tolerance.percent else 'Count'}": tolerance.number,
        f"MaxConcurrent{'Percentage' if concurrent.percent else 'Count'}": concurrent.number,
    }


def _stack_set(found: Mapping[str, Any]) -> StackSet:
    drift = found.get("StackSetDriftDetectionDetails") or {}
    return StackSet(
        id=found.get("StackSetId", ""),
        name=found["StackSetName"],
        template=found.get("TemplateBody", ""),
        description=found.get("Description", ""),
        tags={tag["Key"]: tag["Value"] for tag in found.get("Tags", ())},
        service_managed=found.get("PermissionModel") == "SERVICE_MANAGED",
        auto_deploy=(found.get("AutoDeployment") or {}).get("Enabled"),
        retains=bool((found.get("AutoDeployment") or {}).get("RetainStacksOnAccountRemoval")),
        ous=tuple(found.get("OrganizationalUnitIds", ())),
        administration_role=found.get("AdministrationRoleARN", ""),
        execution_role=found.get("ExecutionRoleName", ""),
        drift=Drift(
            status=drift["DriftStatus"],
            checked=str(drift.get("LastDriftCheckTimestamp", "")),
            drifted=drift.get("DriftedStackInstancesCount", 0),
        )
        if drift.get("DriftStatus") not in (None, "NOT_CHECKED")
        else None,
    )


def _work(found: Mapping[str, Any]) -> Work:
    return Work(
        id=found["OperationId"],
        action=found.get("Action", ""),
        status=found["Status"],
        reason=found.get("StatusReason", ""),
        created=str(found.get("CreationTimestamp", "")),
    )


def _result(found: Mapping[str, Any]) -> Spot:
    gate = found.get("AccountGateResult") or {}
    # Of a gate that let it pass, or is not there, the reason says nothing about the stack.
    why = gate.get("StatusReason", "") if gate.get("Status") == "FAILED" else ""
    return Spot(
        account=found.get("Account", ""),
        region=found.get("Region", ""),
        status=found.get("Status", ""),
        reason=found.get("StatusReason") or why,
        ou=found.get("OrganizationalUnitId", ""),
    )


def _stack(found: Mapping[str, Any]) -> Spot:
    return Spot(
        account=found.get("Account", ""),
        region=found.get("Region", ""),
        status=found.get("Status", ""),
        reason=found.get("StatusReason", ""),
        ou=found.get("OrganizationalUnitId", ""),
        detail=(found.get("StackInstanceStatus") or {}).get("DetailedStatus", ""),
        drifted=found.get("DriftStatus") == "DRIFTED",
    )
