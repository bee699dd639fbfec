"""What the person who runs a command needs to be allowed: the tool's own least privilege. Pure.

Each row is one action, where it is needed, and by which commands. Actions without resource-level permissions in
AWS's Service Authorization Reference stand on `*`.
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from collections.abc import Container, Iterable, Mapping
from typing import Final

from personalize_perms.model.names import Arn
from personalize_perms.model.resources import (
    BucketPolicyStatements,
    Desired,
    Json,
    KeyGrant,
    KeyPolicyStatements,
    ManagedPolicy,
    PermissionSet,
    PermissionSetAssignment,
    PolicyAttachment,
    PrincipalKind,
    Role,
    Statement,
    TrustPolicyStatements,
)
from personalize_perms.model.rollouts import stack_set_name
from personalize_perms.model.settings import Workflow
from personalize_perms.model.values import dataclass

COMMANDS: Final = ("plan", "apply", "init", "check", "diagnose", "audit", "export", "undo", "rollout")
_AUDIT = frozenset({"audit"})
_ROLLOUT = frozenset({"rollout"})
_ALL = frozenset(COMMANDS) - _AUDIT - _ROLLOUT
_GIVE = frozenset({"apply", "init"})
_TAKE = _GIVE | {"undo"}
_PLAN = _ALL - {"undo"}
_UNDO = frozenset({"undo"})
_ASK = frozenset({"init"})
_DIAGNOSE = frozenset({"diagnose"})
_CHECK = _DIAGNOSE | {"check"}


@dataclass(frozen=True, slots=True)
class _Row:
    scope: str
    commands: frozenset[str]
    actions: tuple[str, ...]


_KINDS: Final = (
    *("DatasetGroup", "DatasetImportJob", "DatasetExportJob", "BatchInferenceJob", "BatchSegmentJob"),
    *("DataDeletionJob", "MetricAttribution"),
)
_LISTS: Final = tuple(f"personalize:List{kind}s" for kind in _KINDS)
_DESCRIBES: Final = tuple(f"personalize:Describe{kind}" for kind in _KINDS)

_OTHER_KINDS: Final = ("Campaign", "Dataset", "EventTracker", "Filter", "Recommender", "Solution", "SolutionVersion")
_DESCRIBES_ANY: Final = (*_DESCRIBES, *(f"personalize:Describe{kind}" for kind in _OTHER_KINDS))

_ON_A_STACK_SET: Final = (
    *("CreateStackInstances", "DeleteStackInstances", "DeleteStackSet", "DescribeStackSet", "UpdateStackSet"),
    *("DescribeStackSetOperation", "ListStackInstances", "ListStackSetOperationResults", "ListStackSetOperations"),
    "TagResource",
)
_SET_READS: Final = (
    *("sso:DescribePermissionSet", "sso:GetInlinePolicyForPermissionSet", "sso:ListAccountAssignments"),
    *("sso:GetPermissionsBoundaryForPermissionSet", "sso:ListAccountsForProvisionedPermissionSet"),
    *("sso:ListCustomerManagedPolicyReferencesInPermissionSet", "sso:ListManagedPoliciesInPermissionSet"),
    *("sso:ListPermissionSets", "sso:ListTagsForResource"),
)
_SET_GIVES: Final = (
    *("sso:AttachCustomerManagedPolicyReferenceToPermissionSet", "sso:CreateAccountAssignment"),
    *("sso:CreatePermissionSet", "sso:DescribeAccountAssignmentCreationStatus"),
    *("sso:DescribePermissionSetProvisioningStatus", "sso:ProvisionPermissionSet"),
    *("sso:TagResource", "sso:UntagResource"),
)
_SET_TAKES: Final = (
    *("sso:DeleteAccountAssignment", "sso:DeletePermissionSet", "sso:DescribeAccountAssignmentDeletionStatus"),
    "sso:DetachCustomerManagedPolicyReferenceFromPermissionSet",
)
"""What AWS does on its own time is asked for until it has ended, so these reads come with the writes."""

_ROWS: Final = (
    _Row("Policies", _ALL, ("iam:GetPolicy", "iam:GetPolicyVersion", "iam:ListEntitiesForPolicy")),
    _Row("Policies", _ALL, ("iam:ListPolicyVersions",)),
    _Row("Policies", _GIVE, ("iam:CreatePolicy", "iam:CreatePolicyVersion", "iam:TagPolicy", "iam:UntagPolicy")),
    _Row("Policies", _TAKE, ("iam:DeletePolicy", "iam:DeletePolicyVersion")),
    _Row("Boundaries", _PLAN, ("iam:GetPolicy",)),
    _Row("Roles", _ALL, ("iam:GetRole",)),
    _Row("Roles", _ALL, ("iam:ListAttachedRolePolicies", "iam:ListInstanceProfilesForRole", "iam:ListRolePolicies")),
    _Row("Roles", _GIVE, ("iam:AttachRolePolicy",)),
    _Row("Roles", _TAKE, ("iam:DetachRolePolicy", "iam:UpdateAssumeRolePolicy")),
    _Row("MadeRoles", _GIVE, ("iam:CreateRole", "iam:TagRole", "iam:UntagRole", "iam:UpdateRoleDescription")),
    _Row("MadeRoles", _TAKE, ("iam:DeleteRole",)),
    _Row("BoundedRoles", _GIVE, ("iam:PutRolePermissionsBoundary",)),
    _Row("Users", _PLAN, ("iam:ListAttachedUserPolicies",)),
    _Row("Users", _GIVE, ("iam:AttachUserPolicy",)),
    _Row("Users", _TAKE, ("iam:DetachUserPolicy",)),
    _Row("Groups", _PLAN, ("iam:ListAttachedGroupPolicies",)),
    _Row("Groups", _GIVE, ("iam:AttachGroupPolicy",)),
    _Row("Groups", _TAKE, ("iam:DetachGroupPolicy",)),
    _Row("OtherRoles", _PLAN, ("iam:ListAttachedRolePolicies",)),
    _Row("OtherRoles", _GIVE, ("iam:AttachRolePolicy",)),
    _Row("OtherRoles", _TAKE, ("iam:DetachRolePolicy",)),
    _Row("TrustedUsers", _PLAN, ("iam:GetUser",)),
    _Row("SamlProviders", _PLAN, ("iam:GetSAMLProvider",)),
    _Row("OidcProviders", _PLAN, ("iam:GetOpenIDConnectProvider",)),
    _Row("Account", _PLAN, ("iam:GetAccountSummary", "iam:ListPolicies", "iam:ListRoles")),
    _Row("Account", _ASK, ("iam:ListGroups", "iam:ListUsers", "kms:ListAliases", "s3:ListAllMyBuckets")),
    _Row("Account", _ASK, ("iam:ListAccountAliases",)),
    _Row("Account", _ASK, ("sso:ListInstances",)),
    _Row("Account", _CHECK, ("access-analyzer:ValidatePolicy", "iam:GetAccountAuthorizationDetails")),
    _Row("AnyPolicies", _CHECK, ("iam:GetPolicy", "iam:GetPolicyVersion")),
    _Row("Roles", _CHECK, ("iam:GetRolePolicy", "iam:SimulatePrincipalPolicy")),
    _Row("OtherRoles", _CHECK, ("iam:GetRole", "iam:GetRolePolicy", "iam:ListRolePolicies")),
    _Row("OtherRoles", _CHECK, ("iam:SimulatePrincipalPolicy",)),
    _Row("Users", _CHECK, ("iam:GetUser", "iam:GetUserPolicy", "iam:ListGroupsForUser", "iam:ListUserPolicies")),
    _Row("Users", _CHECK, ("iam:SimulatePrincipalPolicy",)),
    _Row("TrustedUsers", _CHECK, ("iam:GetUserPolicy", "iam:ListAttachedUserPolicies", "iam:ListGroupsForUser")),
    _Row("TrustedUsers", _CHECK, ("iam:ListUserPolicies",)),
    _Row("AnyGroups", _CHECK, ("iam:GetGroupPolicy", "iam:ListAttachedGroupPolicies", "iam:ListGroupPolicies")),
    _Row("Groups", _CHECK, ("iam:GetGroupPolicy", "iam:ListGroupPolicies")),
    _Row("Buckets", _CHECK, ("s3:GetBucketPublicAccessBlock",)),
    _Row("Keys", _CHECK, ("kms:ListGrants",)),
    _Row("DatasetGroups", _CHECK, ("personalize:ListDatasetGroups",)),
    _Row("OneDatasetGroup", _CHECK, ("personalize:DescribeDatasetGroup",)),
    _Row("Account", _AUDIT, ("iam:GetAccountAuthorizationDetails", "kms:ListKeys", "s3:ListAllMyBuckets")),
    _Row("AnyPolicies", _AUDIT, ("iam:GetPolicy", "iam:GetPolicyVersion")),
    _Row("AnyBuckets", _AUDIT, ("s3:GetBucketPolicy",)),
    _Row("AnyKeys", _AUDIT, ("kms:GetKeyPolicy",)),
    _Row("AnyUsers", _DIAGNOSE, ("iam:GetUser", "iam:GetUserPolicy", "iam:ListAttachedUserPolicies")),
    _Row("AnyUsers", _DIAGNOSE, ("iam:ListGroupsForUser", "iam:ListUserPolicies", "iam:SimulatePrincipalPolicy")),
    _Row("AnyRoles", _DIAGNOSE, ("iam:GetRole", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies")),
    _Row("AnyRoles", _DIAGNOSE, ("iam:ListRolePolicies", "iam:SimulatePrincipalPolicy")),
    _Row("PersonalizeResources", _DIAGNOSE, _DESCRIBES_ANY),
    _Row("StackSet", _ROLLOUT, tuple(f"cloudformation:{action}" for action in _ON_A_STACK_SET)),
    # AWS says only "not a delegated administrator" to whoever may not see who is one.
    _Row("Account", _ROLLOUT, ("cloudformation:CreateStackSet", "organizations:ListDelegatedAdministrators")),
    _Row("Account", _ROLLOUT, ("cloudformation:DescribeOrganizationsAccess",)),
    _Row("AdministrationRole", _ROLLOUT, ("iam:PassRole",)),
    _Row("Buckets", _ROLLOUT, ("s3:GetEncryptionConfiguration",)),
    _Row("Keys", _ROLLOUT, ("kms:DescribeKey",)),
    _Row("Personalize", _UNDO, _LISTS),
    _Row("PersonalizeResources", _UNDO, _DESCRIBES),
    _Row("Buckets", _ALL, ("s3:GetBucketPolicy", "s3:GetEncryptionConfiguration")),
    _Row("Buckets", _PLAN, ("s3:ListBucket",)),
    _Row("Buckets", _TAKE, ("s3:DeleteBucketPolicy", "s3:PutBucketPolicy")),
    _Row("Keys", _ALL, ("kms:DescribeKey", "kms:GetKeyPolicy")),
    _Row("Keys", _TAKE, ("kms:PutKeyPolicy",)),
    _Row("IdentityCenter", _ALL, ("sso:ListInstances",)),
    _Row("PermissionSets", _ALL, _SET_READS),
    _Row("AssignedSets", _GIVE, _SET_GIVES),
    _Row("AssignedSets", _TAKE, _SET_TAKES),
    _Row("AssumedRoles", _CHECK, ("iam:GetRole", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies")),
    _Row("AssumedRoles", _CHECK, ("iam:ListRolePolicies", "iam:SimulatePrincipalPolicy")),
    _Row("Directory", _PLAN, ("identitystore:GetGroupId", "identitystore:GetUserId")),
    _Row("GrantedKeys", _ALL, ("kms:ListGrants",)),
    _Row("GrantedKeys", _GIVE, ("kms:CreateGrant",)),
    _Row("GrantedKeys", _TAKE, ("kms:RevokeGrant",)),
)


def tool_permissions(desired: Desired, command: str, workflows: Container[Workflow] = ()) -> list[Statement]:
    """Return the statements that whoever runs `command` for this set-up needs."""
    scopes = {**_scopes(desired), **_of_account(desired, workflows)}
    found: dict[str, list[str]] = {}
    for row in _ROWS:
        if command in row.commands and scopes.get(row.scope):
            found.setdefault(row.scope, []).extend(row.actions)
    return [
        {"Sid": scope, "Effect": "Allow", "Action": [*sorted(set(actions))], "Resource": [*sorted(set(scopes[scope]))]}
        for scope, actions in found.items()
    ]


def _scopes(desired: Desired) -> Mapping[str, list[str]]:
    place = desired.place
    resources = desired.resources
    made = [resource for resource in resources if isinstance(resource, Role)]
    adopted = [resource.role_arn for resource in resources if isinstance(resource, TrustPolicyStatements)]
    attached = [resource for resource in resources if isinstance(resource, PolicyAttachment)]
    # Whether a user of another account exists cannot be asked here.
    trusted = [arn for arn in _principals(made) if Arn.parse(arn).account == place.account]
    own = {arn.rpartition("/")[2] for arn in (*(role.arn for role in made), *adopted)}
    roles = [arn for role in made for arn in (role.arn, place.arn("iam", f"role/{role.name}"))]

    def named(kind: PrincipalKind) -> list[str]:
        names = {r.principal_name for r in attached if r.principal_kind is kind} - own
        # Names are unique in an account whatever their path, which the settings do not tell.
        return [place.arn("iam", f"{kind}/{path}{name}") for name in sorted(names) for path in ("", "*/")]

    def of_kind(kind: str) -> list[str]:
        return [arn for arn in trusted if Arn.parse(arn).resource.startswith(f"{kind}/")]

    return {
        "Policies": [resource.arn for resource in resources if isinstance(resource, ManagedPolicy)],
        "Boundaries": [role.boundary_arn for role in made if role.boundary_arn],
        # A role that is not there yet has no path, so looking for it is looking for its name alone.
        "Roles": [*adopted, *roles],
        "MadeRoles": [role.arn for role in made],
        "BoundedRoles": [role.arn for role in made if role.boundary_arn],
        "Users": named(PrincipalKind.USER),
        "Groups": named(PrincipalKind.GROUP),
        "OtherRoles": named(PrincipalKind.ROLE),
        "TrustedUsers": of_kind("user"),
        "SamlProviders": of_kind("saml-provider"),
        "OidcProviders": of_kind("oidc-provider"),
        **_documents(desired),
        **_identity_center(desired),
    }


def _documents(desired: Desired) -> Mapping[str, list[str]]:
    resources = desired.resources
    buckets = [resource.bucket for resource in resources if isinstance(resource, BucketPolicyStatements)]
    policed = [resource.key_arn for resource in resources if isinstance(resource, KeyPolicyStatements)]
    grants = [resource.key_arn for resource in resources if isinstance(resource, KeyGrant)]
    return {
        "Buckets": [f"arn:{desired.place.partition}:s3:::{bucket}" for bucket in buckets],
        "Keys": [*policed, *grants],
        # A set-up that serves others has no ledger: whether one was given a grant is looked up.
        "GrantedKeys": [*grants, *(policed if desired.serves else ())],
    }


def _identity_center(desired: Desired) -> Mapping[str, list[str]]:
    """Return the permission sets of the organisation's instance, whose ids are AWS's choice, and the accounts."""
    names = [resource.name for resource in desired.resources if isinstance(resource, PermissionSet)]
    if not names:
        return {}
    partition = desired.place.partition
    accounts = {r.account for r in desired.resources if isinstance(r, PermissionSetAssignment)}
    sso = f"arn:{partition}:sso:::"
    sets = [f"{sso}{kind}/*" for kind in ("instance", "permissionSet")]
    return {
        "IdentityCenter": ["*"],
        "AssumedRoles": [
            desired.place.arn("iam", f"role/{path}AWSReservedSSO_{name}_*")
            for name in names
            for path in ("", "aws-reserved/sso.amazonaws.com/*")
        ],
        # Others may have assigned it in any account.
        "PermissionSets": [*sets, f"{sso}account/*"],
        "AssignedSets": [*sets, *(f"{sso}account/{account}" for account in accounts)],
        "Directory": [f"arn:{partition}:identitystore::*:identitystore/*"]
        + [f"arn:{partition}:identitystore:::{kind}/*" for kind in ("group", "user")],
    }


def _of_account(desired: Desired, workflows: Container[Workflow]) -> Mapping[str, list[str]]:
    """Return what is not of the set-up alone: what others made, whose names nobody knows, and the account itself."""
    place = desired.place
    own = place.arn("cloudformation", "", regional=True)
    stack_set = stack_set_name(desired.name)
    encrypted = Workflow.ENCRYPTED_DATASET_GROUP in workflows
    aws = f"arn:{place.partition}:iam::aws:policy/*"
    groups = f"arn:{place.partition}:personalize:{place.region}:{place.account}:dataset-group/*"
    return {
        "Account": ["*"],
        "Personalize": ["*"],
        "PersonalizeResources": [f"arn:{place.partition}:personalize:{place.region}:{place.account}:*"],
        "AnyPolicies": [place.arn("iam", "policy/*"), aws],
        "AnyGroups": [place.arn("iam", "group/*")],
        "AnyBuckets": [f"arn:{place.partition}:s3:::*"],
        "AnyKeys": [f"arn:{place.partition}:kms:{place.region}:{place.account}:key/*"],
        # Whoever was denied something: the settings do not tell.
        "AnyUsers": [place.arn("iam", "user/*")],
        "AnyRoles": [place.arn("iam", "role/*")],
        "StackSet": [
            f"{own}stackset/{stack_set}:*",
            f"{own}stackset-target/{stack_set}:*",
            f"arn:{place.partition}:cloudformation:{place.region}:*:type/resource/AWS-IAM-*",
        ],
        "AdministrationRole": [place.arn("iam", "role/AWSCloudFormationStackSetAdministrationRole")],
        "DatasetGroups": ["*"] if encrypted else [],
        "OneDatasetGroup": [groups] if encrypted else [],
    }


def _principals(roles: Iterable[Role]) -> Iterable[str]:
    for role in roles:
        for statement in role.statements:
            principal: Json = statement.get("Principal")
            for kind in ("AWS", "Federated"):
                values = principal.get(kind, []) if isinstance(principal, dict) else []
                yield from (str(value) for value in (values if isinstance(values, list) else [values]))
