"""What was granted under this name and is no longer wanted: taken back last, and only then forgotten. Pure."""

from personalize_perms import documents
from personalize_perms.documents import DocumentKind
from personalize_perms.engine import memory, plan_identity_leftovers
from personalize_perms.engine.draft import Draft
from personalize_perms.engine.plan_loosening import loosened
from personalize_perms.engine.plan_policies import plan_tags
from personalize_perms.engine.plan_resource_policies import (
    leave_to_owner,
    put_bucket_statements,
    put_key_statements,
    revoke_all_grants,
)
from personalize_perms.engine.reliance import named_by_others
from personalize_perms.model import ownership
from personalize_perms.model.changes import Action, Wave
from personalize_perms.model.findings import Finding, Severity
from personalize_perms.model.live import Absent, LivePolicy, LiveRole, Present, Read, RoleContents, Unreadable
from personalize_perms.model.names import Arn
from personalize_perms.model.operations import DeletePolicy, DeletePolicyVersion, DeleteRole, Detach, UpdateTrust
from personalize_perms.model.resources import (
    BucketPolicyStatements,
    KeyGrant,
    KeyPolicyStatements,
    PrincipalKind,
)

_PRINCIPALS = {"u": PrincipalKind.USER, "g": PrincipalKind.GROUP, "a": PrincipalKind.ROLE}


def plan_leftovers(draft: Draft) -> None:
    """Take back what the ledger and the service policies remember beyond what is wanted, then forget it."""
    _forget(draft, take_back(draft) | _gone(draft))


def take_back(draft: Draft) -> set[str]:
    """Take back what is remembered beyond what is wanted; return the ledger entries that need no memory any more."""
    released = {entry for entry in memory.leftover_entries(draft.desired, draft.live.policies) if entry[0] == "b"}
    released -= draft.stuck
    released |= plan_identity_leftovers.take_back_permission_sets(draft)
    for entry in sorted(memory.leftover_entries(draft.desired, draft.live.policies)):
        kind, _, name = entry.partition("/")
        if (kind in ("k", "G") and _key(draft, kind, name)) or (
            kind in _PRINCIPALS and _attachment(draft, _PRINCIPALS[kind], name)
        ):
            released.add(entry)
        elif kind in ("k", "G"):
            draft.stuck.add(entry)
    for name in memory.role_leftovers(draft.desired, draft.live.policies):
        if _role(draft, name):
            tightened = f"w/{name}/"
            entries = memory.ledger(draft.desired, draft.live.policies)
            released |= {f"r/{name}", f"t/{name}", *(entry for entry in entries if entry.startswith(tightened))}
    for arn in memory.policy_leftovers(draft.desired, draft.live.policies):
        if take_back_policy(draft, arn):
            released |= {f"p/{Arn.parse(arn).name}", f"s/{Arn.parse(arn).name}"}
    return released


def withdraw_from_buckets(draft: Draft) -> None:
    """Take our statements out of the buckets that are dropped; where that is blocked, the ledger remembers it."""
    wanted = {resource.bucket for resource in draft.desired.resources if isinstance(resource, BucketPolicyStatements)}
    for name in memory.remembered(draft.desired, draft.live.policies).buckets:
        bucket = draft.live.buckets.get(name)
        if name in wanted or bucket is None:
            continue
        if bucket.is_foreign:
            leave_to_owner(draft, name)
            continue
        if not put_bucket_statements(draft, bucket, (), wave=Wave.WITHDRAW):
            draft.stuck.add(f"b/{name}")


def _key(draft: Draft, kind: str, name: str) -> bool:
    region, _, key_id = name.partition("/")
    place = draft.desired.place
    arn = f"arn:{place.partition}:kms:{region}:{place.account}:key/{key_id}"
    key = draft.live.keys.get(arn)
    if key is None:
        draft.findings.append(
            Finding(
                check="leftover",
                severity=Severity.MEDIUM,
                resource=arn,
                message=f"the key was let in by this set-up in {region}, and is no longer wanted",
                remedy=f"in {region}, remove the statements whose Sid begins with "
                f"{ownership.sid_prefix(draft.desired.name)} from the key's policy",
            )
        )
        return False
    if isinstance(key.facts, Absent):
        return True  # the key is gone, and its policy and grants with it
    if isinstance(key.facts, Present) and key.facts.value.state.startswith("Pending"):
        why = f"it is {key.facts.value.state}, and its policy cannot be changed now"
        return _leave(draft, arn, f"our statements in the policy of a key that is no longer wanted stay: {why}")
    if kind == "G":
        wanted = any(isinstance(r, KeyGrant) and r.key_arn == arn for r in draft.desired.resources)
        return wanted or revoke_all_grants(draft, arn, key)
    still = any(isinstance(r, KeyPolicyStatements) and r.key_arn == arn for r in draft.desired.resources)
    return still or put_key_statements(draft, arn, key, (), wave=Wave.CLEAR)


def _attachment(draft: Draft, kind: PrincipalKind, name: str) -> bool:
    if any(isinstance(found, Unreadable) for found in draft.live.policies.values()):
        return False  # who has the policy that may not be read cannot be known
    for policy in _own_policies(draft):
        # Whoever has a policy of the service role has it from somebody else.
        if name in memory.attached(policy, kind) and not memory.is_service_policy(draft.desired, policy.arn):
            _detach(draft, policy.arn, kind, name)
    return True


def _own_policies(draft: Draft) -> list[LivePolicy]:
    present = [found.value for found in draft.live.policies.values() if isinstance(found, Present)]
    return [policy for policy in present if memory.is_own_policy(policy, draft.desired.name)]


def _detach(draft: Draft, policy_arn: str, kind: PrincipalKind, name: str) -> None:
    operation = Detach(policy_arn=policy_arn, principal_kind=kind, principal_name=name)
    if any(change.operation == operation for change in draft.changes):
        return
    shown = f"{policy_arn} -> {kind}/{name}"
    draft.change(Action.DELETE, "attachment", shown, "is no longer wanted", operation, wave=Wave.CLEAR)


def _role(draft: Draft, name: str) -> bool:
    found, contents = draft.live.roles.get(name), draft.live.contents.get(name)
    remembered = not memory.ledger(draft.desired, draft.live.policies).isdisjoint({f"r/{name}", f"t/{name}"})
    if isinstance(found, Unreadable) and remembered:
        _block_unknown(draft, "role", draft.desired.place.arn("iam", f"role/{name}"), found)
    if not isinstance(found, Present):
        return isinstance(found, Absent)
    role = found.value
    made = memory.is_made_role(role, draft.desired, draft.live.policies)
    if not made and not remembered:
        return False  # others gave it a policy of ours
    holds = [policy.arn for policy in _own_policies(draft) if name in policy.roles]
    own = [arn for arn in holds if made or memory.is_service_policy(draft.desired, arn)]
    for arn in own:
        _detach(draft, arn, PrincipalKind.ROLE, name)
    if not made:
        return _withdraw_trust(draft, role)
    if not _lets_in_ours_only(draft, role):
        _withdraw_trust(draft, role)
        return _leave(draft, role.arn, "the role is no longer wanted; it stays because its trust policy lets others in")
    return _delete_role(draft, role, contents, own)


def _delete_role(draft: Draft, role: LiveRole, contents: Read[RoleContents] | None, own: list[str]) -> bool:
    if isinstance(contents, Unreadable):
        _block_unknown(draft, "role", role.arn, contents)
        return False
    why = _why_it_stays(draft, role, contents, own)
    if why:
        return _leave(draft, role.arn, f"the role is no longer wanted; it stays because {why}")
    draft.change(
        Action.DELETE,
        "role",
        role.arn,
        "was made by this set-up, is no longer wanted, and nothing of others hangs on it",
        DeleteRole(role_name=role.name),
        wave=Wave.DELETE,
        gone=role.trust_json,
    )
    return True


def _why_it_stays(draft: Draft, role: LiveRole, contents: Read[RoleContents] | None, own: list[str]) -> str:
    named = named_by_others(draft, role.arn)
    if named:
        draft.stuck.add(f"r/{role.name}")  # the next run must know where to look for such statements
        return f"a statement of others names it, in the policy of {', '.join(named)}"
    blocked = {change.resource for change in draft.changes if change.action is Action.BLOCKED} & {*draft.live.keys}
    if keys := sorted(blocked | {entry.partition("/")[2] for entry in draft.stuck if entry.startswith(("k/", "G/"))}):
        # Once it is gone, AWS would refuse to store that policy until somebody takes our statement out.
        return f"our statement in the policy of the key {', '.join(keys)}, which stays, may name it"
    if not isinstance(contents, Present) or _used_by_others(contents.value, own):
        return "others attached something to it"
    return ""


def _used_by_others(contents: RoleContents, own: list[str]) -> bool:
    foreign = set(contents.attached_policy_arns) - set(own)
    return bool(foreign or contents.inline_policy_names or contents.instance_profiles)


def _withdraw_trust(draft: Draft, role: LiveRole) -> bool:
    kind = DocumentKind.TRUST_POLICY
    edit = draft.edited(kind, role.arn, role.trust_json, ())
    if edit is None:
        return False
    if edit.changed and not edit.foreign:
        why = "it is the only one in its trust policy, and that cannot be empty"
        return _leave(draft, role.arn, f"the adopted role is no longer wanted; our statement stays because {why}")
    former = loosened(draft, role)
    if former.details:
        # What the statements of others were before goes back, and ours out of the same text.
        edit = draft.edited(kind, role.arn, documents.compact(former.document), ())
        if edit is None or (not edit.changed and draft.is_dead(kind, role.arn, former.document)):
            return False
    if edit.changed or former.details:
        text = draft.store(kind, role.name, edit.document)
        draft.change(
            Action.UPDATE,
            DocumentKind.TRUST_POLICY,
            role.arn,
            f"is no longer the service role; statements of others that stay: {edit.foreign}",
            UpdateTrust(role_name=role.name, before_json=role.trust_json, document_json=text),
            wave=Wave.CLEAR,
            details=(*former.details, *edit.details),
        )
    return True


def _lets_in_ours_only(draft: Draft, role: LiveRole) -> bool:
    if not memory.own_document(role.trust_json, draft.desired.name):
        return False
    return not draft.spared(DocumentKind.TRUST_POLICY, role.arn, documents.parse(role.trust_json))


def take_back_policy(draft: Draft, arn: str, wave: Wave = Wave.DELETE) -> bool:
    """Detach a policy of ours from whom it was given to, and delete it in `wave`; tell whether it goes."""
    found = draft.live.policies[arn]
    if not isinstance(found, Present) or not memory.is_own_policy(found.value, draft.desired.name):
        return True
    policy = found.value
    holders = {(kind, name) for kind in PrincipalKind for name in memory.attached(policy, kind)}
    holders = {one for one in holders if not plan_identity_leftovers.vanishes(draft, *one)}
    given = holders & memory.given(draft.desired, draft.live.policies, arn)
    for kind, name in sorted(given):
        _detach(draft, arn, kind, name)
    if holders - given or policy.boundary_of or not memory.own_document(policy.document_json, draft.desired.name):
        why = "others attached it, use it as a boundary, or wrote statements into it"
        return _leave(draft, arn, f"the policy is no longer wanted; it stays because {why}")
    if policy.unread_versions:
        what = "is no longer wanted, and what its other versions hold"
        draft.block_unknown(DocumentKind.MANAGED_POLICY, arn, what, policy.unread_versions)
        return False
    texts = {version: policy.spare_jsons.get(version, "") for version in policy.spare_versions}
    theirs = [version for version, text in texts.items() if not memory.own_document(text, draft.desired.name)]
    if theirs:
        why = f"its version {', '.join(theirs)} was made by others"
        return _leave(draft, arn, f"the policy is no longer wanted; it stays because {why}")
    for version in policy.spare_versions:
        operation = DeletePolicyVersion(arn=arn, version_id=version)
        reason = "goes with its policy"
        draft.change(Action.DELETE, "managed-policy-version", f"{arn} {version}", reason, operation, wave=Wave.CLEAR)
    reason = "was made by this set-up and is no longer wanted"
    deletes, gone = DeletePolicy(arn=arn), policy.document_json
    draft.change(Action.DELETE, DocumentKind.MANAGED_POLICY, arn, reason, deletes, wave=wave, gone=gone)
    return True


def _gone(draft: Draft) -> set[str]:
    gone: set[str] = set()
    for entry in memory.leftover_entries(draft.desired, draft.live.policies):
        kind, _, name = entry.partition("/")
        if kind in ("p", "s"):
            arn = draft.desired.place.arn("iam", f"policy/{name}")
            found = draft.live.policies.get(arn)
            if isinstance(found, Absent):
                gone.add(entry)
            elif isinstance(found, Unreadable):
                _block_unknown(draft, DocumentKind.MANAGED_POLICY, arn, found)
    return gone


def _block_unknown(draft: Draft, kind: str, arn: str, read: Unreadable) -> None:
    draft.block_unknown(kind, arn, "is no longer wanted, and what there is of it", read)


def _leave(draft: Draft, arn: str, message: str) -> bool:
    """Say what stays, and that it is not released: the next run looks again."""
    remedy = "delete it when nobody needs it; until then every run looks again"
    draft.findings.append(
        Finding(check="leftover", severity=Severity.LOW, resource=arn, message=message, remedy=remedy)
    )
    return False


def _forget(draft: Draft, released: set[str]) -> None:
    first = memory.first_service_policy(draft.desired)
    wanted = next((policy for policy in memory.managed_policies(draft.desired) if policy.arn == first), None)
    leftovers = memory.leftover_entries(draft.desired, draft.live.policies)
    if wanted is None or not (leftovers & released or draft.passing) or draft.refusals:
        return
    entries = ownership.read_ledger(wanted.tags) | draft.stuck | draft.tightened
    remembered = ownership.write_ledger(entries | leftovers | draft.passing)
    plan_tags(draft, first, remembered, ownership.write_ledger(entries | (leftovers - released)), wave=Wave.FORGET)
