"""What AWS refuses in calls apart from their documents: quotas, order, names, tags, key states."""

import re
from collections.abc import Iterable
from typing import Any

from strict import world
from strict.requests import Refused, Request

_ATTACHED = 10
_TAG_TEXT = re.compile(r"[\w\s.:/=+\-@]*", re.UNICODE)
_GRANT_OPERATIONS = frozenset(
    """
    Decrypt Encrypt GenerateDataKey GenerateDataKeyWithoutPlaintext ReEncryptFrom ReEncryptTo Sign Verify GetPublicKey
    CreateGrant RetireGrant DescribeKey GenerateDataKeyPair GenerateDataKeyPairWithoutPlaintext GenerateMac VerifyMac
    DeriveSharedSecret
    """.split()  # noqa: SIM905 - a list of words
)


def attachments(request: Request) -> None:
    holder, arn = world.holder(request), request.text("PolicyArn")
    if holder and arn not in holder.managed_policies and len(holder.managed_policies) >= _ATTACHED:
        kind = request.name.removeprefix("Attach").removesuffix("Policy")
        raise Refused("LimitExceeded", f"Cannot exceed quota for PoliciesPer{kind}: {_ATTACHED}", 409)


def policy_is_free(request: Request) -> None:
    arn = request.text("PolicyArn")
    found = world.policy(request, arn)
    if found is None:
        return
    if any(arn in holder.managed_policies for holder in world.holders(request)):
        raise Refused("DeleteConflict", "Cannot delete a policy attached to entities.", 409)
    if boundary_uses(request, arn):
        raise Refused("DeleteConflict", "Cannot delete a policy that is a permissions boundary.", 409)
    if len(found.versions) > 1:
        text = "This policy has more than one version. Before you delete a policy, you must delete the other versions."
        raise Refused("DeleteConflict", text, 409)


def boundary_uses(request: Request, arn: str) -> int:
    roles = world.iam(request).roles.values()
    return sum(role.permissions_boundary_arn == arn for role in roles)


def role_is_free(request: Request) -> None:
    found = world.role(request, request.text("RoleName"))
    if found is None:
        return
    if found.managed_policies:
        raise Refused("DeleteConflict", "Cannot delete entity, must detach all policies first.", 409)
    if found.policies:
        raise Refused("DeleteConflict", "Cannot delete entity, must delete policies first.", 409)
    if found.instance_profile_list:
        raise Refused("DeleteConflict", "Cannot delete entity, must remove roles from instance profile first.", 409)


def role_name_free(request: Request) -> None:
    _name_free("Role", request.text("RoleName"), (role.name for role in world.iam(request).roles.values()))


def policy_name_free(request: Request) -> None:
    own = (policy for arn, policy in world.iam(request).managed_policies.items() if f"::{world.ACCOUNT}:" in arn)
    _name_free("Policy", request.text("PolicyName"), (policy.name for policy in own))


def _name_free(kind: str, name: str, names: Iterable[str]) -> None:
    if name.lower() in {taken.lower() for taken in names}:
        raise Refused("EntityAlreadyExists", f"{kind} with name {name} already exists.", 409)


def boundary_exists(request: Request) -> None:
    arn = request.text("PermissionsBoundary")
    if arn and f"::{world.ACCOUNT}:" in arn and world.policy(request, arn) is None:
        raise Refused("NoSuchEntity", f"Scope ARN: {arn} does not exist or is not attachable.", 404)


def tags(request: Request) -> None:
    keys = request.listed("Tags", "Key")
    if any(key.lower().startswith("aws:") for key in keys):
        raise Refused("InvalidInput", "Tag keys beginning with 'aws:' are reserved for system use")
    values = request.listed("Tags", "Value")
    fits = all(0 < len(key) <= 128 for key in keys) and all(len(value) <= 256 for value in values)
    if not fits or not all(_TAG_TEXT.fullmatch(text) for text in (*keys, *values)):
        raise Refused("ValidationError", "a tag has characters or a length that tags cannot have")
    if len(set(keys) | _tagged_already(request)) > 50:
        raise Refused("LimitExceeded", "The number of tags has reached the maximum limit: 50", 409)


def _tagged_already(request: Request) -> set[str]:
    if request.name == "TagRole":
        found = world.role(request, request.text("RoleName"))
        return {tag["Key"] for tag in found.tags} if found else set()
    if request.name == "TagPolicy":
        found = world.policy(request, request.text("PolicyArn"))
        return set(found.tags) if found else set()
    return set()


def expected_owner(request: Request) -> None:
    """Every bucket here belongs to the one account that there is."""
    expected = request.headers.get("HTTP_X_AMZ_EXPECTED_BUCKET_OWNER")
    if request.service == "s3" and expected not in (None, world.ACCOUNT):
        raise Refused("AccessDenied", "Access Denied", 403)


def no_alias(request: Request) -> None:
    if "alias/" in request.text("KeyId"):
        raise Refused("InvalidArnException", "Key Aliases are not supported for this operation.")


def key_not_going(request: Request) -> None:
    found = world.key(request)
    if found and found.key_state == "PendingDeletion":
        raise Refused("KMSInvalidStateException", f"{found.arn} is pending deletion.")


def key_enabled(request: Request) -> None:
    found = world.key(request)
    if found and found.key_state == "Disabled":
        raise Refused("DisabledException", f"{found.arn} is disabled.")


def grant_operations(request: Request) -> None:
    unknown = set(request.params.get("Operations", [])) - _GRANT_OPERATIONS
    if unknown or not request.params.get("Operations"):
        raise Refused("ValidationException", f"Value {sorted(unknown)} at 'operations' failed to satisfy constraint")


def grantee_exists(request: Request) -> None:
    who = request.text("GranteePrincipal")
    known = who in world.principals(request) or f"::{world.ACCOUNT}:" not in who or who.endswith(":root")
    if not known or not who.startswith("arn:"):
        raise Refused("InvalidArnException", "ARN does not refer to a valid principal")


def same_grant(request: Request) -> Any:
    """The grant that a call asks for again: the same name and the same parameters.

    https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateGrant.html
    """
    found = world.key(request)

    def asked(name: str, operations: Any, constraints: Any, *who: str) -> tuple[object, ...]:
        return (name, frozenset(operations or ()), str(constraints or {}), *who)

    wanted = asked(
        request.text("Name"),
        request.params.get("Operations"),
        request.params.get("Constraints"),
        request.text("GranteePrincipal"),
        request.text("RetiringPrincipal"),
    )
    for grant in found.grants.values() if found and request.text("Name") else ():
        has = (grant.name, grant.operations, grant.constraints, grant.grantee_principal, grant.retiring_principal or "")
        if asked(*has) == wanted:
            return grant
    return None
