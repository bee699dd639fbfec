"""AWS's own opinions about access. They are asked by the way: an opinion that cannot be had is a value, not a failure.

The simulator knows permissions boundaries and service control policies, which nobody else may be able to read; it
takes no trust policy, no service principal, and no bucket policy with a role.
https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_ValidatePolicy.html
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from personalize_perms.aws.errors import AwsError, translated
from personalize_perms.aws.session import AwsSession
from personalize_perms.documents import DocumentKind
from personalize_perms.model.live import Present, Unreadable
from personalize_perms.model.opinions import Advice, AdviceType, Simulated

if TYPE_CHECKING:
    from mypy_boto3_accessanalyzer import AccessAnalyzerClient
    from mypy_boto3_iam import IAMClient

T = TypeVar("T")

_TYPES: Final[Mapping[DocumentKind, Mapping[str, Any]]] = {
    DocumentKind.MANAGED_POLICY: {"policyType": "IDENTITY_POLICY"},
    DocumentKind.TRUST_POLICY: {
        "policyType": "RESOURCE_POLICY",
        "validatePolicyResourceType": "AWS::IAM::AssumeRolePolicyDocument",
    },
    DocumentKind.BUCKET_POLICY: {"policyType": "RESOURCE_POLICY", "validatePolicyResourceType": "AWS::S3::Bucket"},
    DocumentKind.KEY_POLICY: {"policyType": "RESOURCE_POLICY"},
}


class Opinions:
    """Reads of IAM's policy simulator and of Access Analyzer."""

    def __init__(self, session: AwsSession) -> None:
        self._session = session

    def read_simulation(
        self, principal_arn: str, actions: Sequence[str], resources: Sequence[str], context: Mapping[str, str]
    ) -> Present[tuple[Simulated, ...]] | Unreadable:
        """Ask the simulator about every action on every resource; `context` are condition keys with their value."""
        client = cast("IAMClient", self._session.reader("iam"))

        def ask() -> tuple[Simulated, ...]:
            pages = client.get_paginator("simulate_principal_policy").paginate(
                PolicySourceArn=principal_arn,
                ActionNames=actions,
                ResourceArns=resources,
                ContextEntries=[
                    {"ContextKeyName": key, "ContextKeyType": "string", "ContextKeyValues": [value]}
                    for key, value in context.items()
                ],
            )
            return tuple(_simulated(each) for page in pages for each in page["EvaluationResults"])

        return self._asked("iam:SimulatePrincipalPolicy", principal_arn, ask)

    def read_advice(self, kind: DocumentKind, text: str) -> Present[tuple[Advice, ...]] | Unreadable:
        """Ask Access Analyzer about a document."""

        def ask() -> tuple[Advice, ...]:
            client = cast("AccessAnalyzerClient", self._session.reader("accessanalyzer"))
            pages = client.get_paginator("validate_policy").paginate(policyDocument=text, **_TYPES[kind])
            return tuple(_advice(each) for page in pages for each in page["findings"])

        return self._asked("access-analyzer:ValidatePolicy", "*", ask)

    def _asked(self, action: str, resource: str, ask: Callable[[], T]) -> Present[T] | Unreadable:
        if not self._session.has_opinions:
            return Unreadable(action=action, resource=resource, reason="the sandbox has no opinions")
        try:
            with translated(action, resource):
                return Present(ask())
        except AwsError as error:
            reason = f"{error.code}: {error.message}".removesuffix(": ")
            return Unreadable(action=action, resource=resource, reason=reason)


def _simulated(result: "Mapping[str, Any]") -> Simulated:
    decision = result["EvalDecision"]
    return Simulated(
        action=result["EvalActionName"],
        resource=result.get("EvalResourceName", "*"),
        is_allowed=decision == "allowed",
        is_explicit=decision == "explicitDeny",
        organization_allows=result.get("OrganizationsDecisionDetail", {}).get("AllowedByOrganizations", True),
        boundary_allows=result.get("PermissionsBoundaryDecisionDetail", {}).get("AllowedByPermissionsBoundary", True),
        missing_keys=tuple(result.get("MissingContextValues", ())),
    )


def _advice(finding: "Mapping[str, Any]") -> Advice:
    paths = [location.get("path", ()) for location in finding.get("locations", ())]
    numbers = [path[1]["index"] + 1 for path in paths if len(path) > 1 and "index" in path[1]]
    return Advice(
        type=AdviceType(finding["findingType"]),
        code=finding["issueCode"],
        details=finding["findingDetails"],
        docs=finding.get("learnMoreLink", ""),
        statement=numbers[0] if numbers else 0,
    )
