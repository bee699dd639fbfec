"""What the set-up granted before: read from its own role policies and their ledger tags, from any machine. Pure.

What is remembered and no longer wanted is taken back.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Final

from personalize_perms import documents
from personalize_perms.model import ownership
from personalize_perms.model.errors import DocumentError, SettingsError
from personalize_perms.model.live import LivePolicy, LiveRole, Present, Read
from personalize_perms.model.names import Arn, InvalidName, bucket_name
from personalize_perms.model.resources import (
    Desired,
    ManagedPolicy,
    PolicyAttachment,
    PrincipalKind,
    Role,
    TrustPolicyStatements,
)
from personalize_perms.model.values import dataclass

DEFAULT_ATTACHMENTS: Final = 10
"""Managed policies that AWS lets one user, group or role have unless the quota was raised."""

_LOOKED_UP = ("user", "role", "saml-provider", "oidc-provider")

Policies = Mapping[str, Read[LivePolicy]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """Names of what the set-up has touched so far, wanted or not."""

    policies: tuple[str, ...]
    roles: tuple[str, ...]
    buckets: tuple[str, ...]
    keys: tuple[str, ...]
    granted_keys: tuple[str, ...]


def managed_policies(desired: Desired) -> Iterator[ManagedPolicy]:
    """Yield the managed policies that are wanted."""
    return (resource for resource in desired.resources if isinstance(resource, ManagedPolicy))


def role_names(desired: Desired) -> frozenset[str]:
    """Return the roles that are wanted, made or adopted."""
    made = {resource.name for resource in desired.resources if isinstance(resource, Role)}
    return frozenset(made | {r.role_name for r in desired.resources if isinstance(r, TrustPolicyStatements)})


def first_service_policy(desired: Desired) -> str:
    """Return the ARN of the policy that carries the ledger."""
    return desired.place.arn("iam", f"policy/{desired.name}-service-access")


def refuse_name_in_use(desired: Desired, policies: Policies) -> None:
    """Raise `SettingsError` if a set-up of this account has the name under which others are to be served.

    Both would take the other's statements for their own.
    """
    found = policies.get(first_service_policy(desired))
    if isinstance(found, Present) and is_own_policy(found.value, desired.name):
        raise SettingsError(
            f"the name {desired.name} is that of a set-up of this account, so others cannot be served under it",
            hint="choose another: --name, PERSONALIZE_PERMS_NAME, or name in the settings file",
        )


def is_own_policy(policy: LivePolicy, name: str) -> bool:
    """Tell whether the set-up `name` made this policy: by its tag, or by the Sids of all its statements."""
    owner = policy.tags.get(ownership.TAG_NAME)
    if owner is not None:
        return owner == name
    return own_document(policy.document_json, name)


def is_service_policy(desired: Desired, arn: str) -> bool:
    """Tell whether this is the name of one of the service role's policies."""
    return re.fullmatch(re.escape(first_service_policy(desired)) + "(-[0-9]+)?", arn) is not None


def own_document(text: str, name: str) -> bool:
    """Tell whether every statement in this text is one of the set-up `name`."""
    try:
        found = documents.statements(documents.parse(text))
    except DocumentError:
        return False
    return bool(found) and all(ownership.is_own_sid(statement.get("Sid"), name) for statement in found)


def is_own_role(role: LiveRole, name: str) -> bool:
    """Tell whether the set-up `name` made this role."""
    owner = role.tags.get(ownership.TAG_NAME)
    return owner == name if owner is not None else own_document(role.trust_json, name)


def is_made_role(role: LiveRole, desired: Desired, policies: Policies) -> bool:
    """Tell whether the set-up made this role rather than adopting it."""
    adopted = ownership.TAG_NAME not in role.tags and f"t/{role.name}" in ledger(desired, policies)
    return is_own_role(role, desired.name) and not adopted


def given(desired: Desired, policies: Policies, arn: str) -> frozenset[tuple[PrincipalKind, str]]:
    """Return whom the set-up itself attached its policy `arn` to, by the ledger."""
    service = is_service_policy(desired, arn)
    kinds = (
        {"r": PrincipalKind.ROLE, "t": PrincipalKind.ROLE}
        if service
        else {"u": PrincipalKind.USER, "g": PrincipalKind.GROUP, "a": PrincipalKind.ROLE, "r": PrincipalKind.ROLE}
    )
    entries = [entry.partition("/") for entry in ledger(desired, policies)]
    found = {(kinds[kind], name) for kind, _, name in entries if kind in kinds}
    return frozenset(found | ({(PrincipalKind.ROLE, desired.service_role_name)} if service else set()))


def ledger(desired: Desired, policies: Policies) -> frozenset[str]:
    """Return the entries of the set-up's ledger, none if it was never applied."""
    policy = policies.get(first_service_policy(desired))
    if isinstance(policy, Present) and is_own_policy(policy.value, desired.name):
        return ownership.read_ledger(policy.value.tags) | desired.remembered
    return desired.remembered


def remembered(desired: Desired, policies: Policies) -> Remembered:
    """Return everything that the ledger and the set-up's service policies name."""
    entries = sorted(ledger(desired, policies))
    place = desired.place

    def names(*kinds: str) -> tuple[str, ...]:
        return tuple(entry.partition("/")[2] for entry in entries if entry.partition("/")[0] in kinds)

    def keys(kind: str) -> tuple[str, ...]:
        pairs = (name.partition("/") for name in names(kind))
        return tuple(f"arn:{place.partition}:kms:{region}:{place.account}:key/{key}" for region, _, key in pairs)

    return Remembered(
        policies=names("p", "s"),
        roles=tuple(role_leftovers(desired, policies)),
        buckets=tuple(dict.fromkeys((*_buckets(desired, policies), *names("b")))),
        keys=(*keys("k"), *keys("G")),
        granted_keys=keys("G"),
    )


def permission_sets(desired: Desired, policies: Policies) -> list[tuple[str, str]]:
    """Return Region and name of every permission set that the ledger names, wanted or not."""
    entries = (entry.partition("/") for entry in sorted(ledger(desired, policies)))
    pairs = (name.partition("/") for kind, _, name in entries if kind == "I")
    return [(region, name) for region, _, name in pairs]


def _service_policies(desired: Desired, policies: Policies) -> Iterator[LivePolicy]:
    for arn, policy in policies.items():
        service = is_service_policy(desired, arn)
        if service and isinstance(policy, Present) and is_own_policy(policy.value, desired.name):
            yield policy.value


def _buckets(desired: Desired, policies: Policies) -> Iterator[str]:
    prefix = f"arn:{desired.place.partition}:s3:::"
    for policy in _service_policies(desired, policies):
        try:
            found = documents.statements(documents.parse(policy.document_json))
        except DocumentError:
            continue  # the planner refuses to edit it, and says so
        for statement in found:
            resources = statement.get("Resource")
            for resource in resources if isinstance(resources, list) else [resources]:
                own = ownership.is_own_sid(statement.get("Sid"), desired.name)
                if own and isinstance(resource, str) and resource.startswith(prefix):
                    name = resource.removeprefix(prefix).partition("/")[0]
                    # Somebody may have edited our statement: what no bucket can be called is not looked for.
                    with suppress(InvalidName):
                        yield bucket_name(name)


def role_leftovers(desired: Desired, policies: Policies) -> list[str]:
    """Return the roles that are not wanted and were made or adopted, or have a service policy from whomever."""
    entries = (entry.partition("/") for entry in ledger(desired, policies))
    found = {name for kind, _, name in entries if kind in ("r", "t")}
    for policy in _service_policies(desired, policies):
        found.update(policy.roles)
    return sorted(found - role_names(desired))


def policy_leftovers(desired: Desired, policies: Policies) -> list[str]:
    """Return the ARNs of the set-up's policies that are there and no longer wanted."""
    wanted = {policy.arn for policy in managed_policies(desired)}
    entries = (entry.partition("/") for entry in ledger(desired, policies))
    arns = (desired.place.arn("iam", f"policy/{name}") for kind, _, name in entries if kind in ("p", "s"))
    return sorted(arn for arn in arns if arn not in wanted and isinstance(policies.get(arn), Present))


def changing_policies(desired: Desired, policies: Policies) -> Iterator[str]:
    """Yield the ARNs of existing policies whose text must change, or which must go."""
    yield from policy_leftovers(desired, policies)
    for wanted in managed_policies(desired):
        found = policies.get(wanted.arn)
        if isinstance(found, Present):
            text = documents.compact(documents.new_document(wanted.statements))
            if not documents.same_document(text, found.value.document_json, desired.place.partition):
                yield wanted.arn


def attached(policy: LivePolicy, kind: PrincipalKind) -> tuple[str, ...]:
    """Return the names of the users, groups or roles that have this policy."""
    return {PrincipalKind.USER: policy.users, PrincipalKind.GROUP: policy.groups, PrincipalKind.ROLE: policy.roles}[
        kind
    ]


def new_attachments(desired: Desired, policies: Policies) -> list[tuple[PrincipalKind, str]]:
    """Return whom a policy must newly be attached to, each once."""
    found: dict[tuple[PrincipalKind, str], None] = {}
    for wanted in desired.resources:
        if isinstance(wanted, PolicyAttachment):
            policy = policies.get(wanted.policy_arn)
            there = attached(policy.value, wanted.principal_kind) if isinstance(policy, Present) else ()
            if wanted.principal_name not in there:
                found[wanted.principal_kind, wanted.principal_name] = None
    return list(found)


def longest_trust(desired: Desired, roles: Mapping[str, Read[LiveRole]]) -> int:
    """Return the characters of the longest trust policy that is there or wanted."""
    there = (len(role.value.trust_json) for role in roles.values() if isinstance(role, Present))
    wanted = (
        len(documents.compact(documents.new_document(r.statements))) for r in desired.resources if isinstance(r, Role)
    )
    return max((*there, *wanted), default=0)


def wanted_policies(desired: Desired, kind: PrincipalKind, name: str) -> int:
    """Return how many policies this principal is to have from the set-up."""
    attachments = (resource for resource in desired.resources if isinstance(resource, PolicyAttachment))
    return sum((wanted.principal_kind, wanted.principal_name) == (kind, name) for wanted in attachments)


def attachments_of(desired: Desired, policy_arn: str) -> Iterator[tuple[PrincipalKind, str]]:
    """Yield whom a wanted policy is to be attached to."""
    for wanted in desired.resources:
        if isinstance(wanted, PolicyAttachment) and wanted.policy_arn == policy_arn:
            yield wanted.principal_kind, wanted.principal_name


def references(role: Role, live: LiveRole | None, partition: str) -> list[str]:
    """Return the ARNs that a new or changing role refers to: its boundary, identity provider, trusted users."""
    found: dict[str, None] = {}
    if role.boundary_arn and (live is None or live.boundary_arn != role.boundary_arn):
        found[role.boundary_arn] = None
    text = documents.compact(documents.new_document(role.statements))
    if live is None or not documents.same_document(text, live.trust_json, partition):
        found.update(dict.fromkeys(_principal_arns(role)))
    return list(found)


def _principal_arns(role: Role) -> Iterator[str]:
    # Whether a user of another account exists cannot be asked here.
    role_account = Arn.parse(role.arn).account
    for statement in role.statements:
        principal = statement.get("Principal")
        for kind in ("AWS", "Federated"):
            values = principal.get(kind, []) if isinstance(principal, dict) else []
            for value in values if isinstance(values, list) else [values]:
                with suppress(InvalidName):
                    arn = Arn.parse(str(value))
                    if arn.account == role_account and arn.resource.partition("/")[0] in _LOOKED_UP:
                        yield str(arn)


def leftover_entries(desired: Desired, policies: Policies) -> frozenset[str]:
    """Return the ledger's entries that are no longer wanted: they stay remembered until they are taken back."""
    first = first_service_policy(desired)
    wanted = next((policy.tags for policy in managed_policies(desired) if policy.arn == first), {})
    return ledger(desired, policies) - ownership.read_ledger(wanted)
