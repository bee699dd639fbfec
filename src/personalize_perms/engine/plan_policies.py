"""What to change about our managed policies and who has them. Pure."""

from collections.abc import Mapping
from typing import Final

from personalize_perms import documents
from personalize_perms.documents import DocumentKind
from personalize_perms.engine import memory
from personalize_perms.engine.draft import Draft
from personalize_perms.model import ownership
from personalize_perms.model.changes import Action, Wave
from personalize_perms.model.errors import DocumentError
from personalize_perms.model.live import Absent, LivePolicy, Present, Unreadable
from personalize_perms.model.operations import Attach, CreatePolicy, DeletePolicyVersion, TagPolicy, UpdatePolicy
from personalize_perms.model.resources import (
    BucketPolicyStatements,
    ManagedPolicy,
    PolicyAttachment,
    PrincipalKind,
    Role,
)

MAX_VERSIONS: Final = 5
"""Versions that a managed policy can have."""


def plan_policy(draft: Draft, wanted: ManagedPolicy) -> None:
    """Create the policy, or bring document and tags of the one that is ours up to date."""
    found = draft.live.policies[wanted.arn]
    match found:
        case Unreadable():
            draft.refuse_unreadable(f"the policy {wanted.arn}", found)
        case Absent():
            _create(draft, wanted)
        case Present(value=live) if memory.is_own_policy(live, draft.desired.name):
            _update(draft, wanted, live)
        case Present():
            _conflict(draft, wanted, wanted.arn)


def _conflict(draft: Draft, wanted: ManagedPolicy, existing: str) -> None:
    user_policy = not wanted.arn.startswith(memory.first_service_policy(draft.desired))
    draft.refuse(
        "conflict",
        f"the policy {existing} exists and was not made by the set-up {draft.desired.name}",
        reason="policy names are unique in an account, whatever their letter case",
        hint="choose another name with --user-policy-name" if user_policy else "choose another set-up name with --name",
    )


def _create(draft: Draft, wanted: ManagedPolicy) -> None:
    clash = draft.live.name_clashes.get(f"policy/{wanted.name}")
    if clash == wanted.arn:
        draft.refuse_newcomer(f"the policy {clash}")
        return
    if clash:
        _conflict(draft, wanted, clash)
        return
    text = draft.store(DocumentKind.MANAGED_POLICY, wanted.name, documents.new_document(wanted.statements))
    draft.change(
        Action.CREATE,
        DocumentKind.MANAGED_POLICY,
        wanted.arn,
        wanted.description,
        CreatePolicy(
            arn=wanted.arn,
            name=wanted.name,
            path="/",
            description=wanted.description,
            document_json=text,
            tags=wanted_tags(draft, wanted),
        ),
        wave=Wave.PROVIDE,
        details=tuple(f"+ {statement['Sid']}" for statement in wanted.statements),
    )


def _update(draft: Draft, wanted: ManagedPolicy, live: LivePolicy) -> None:
    edit = draft.edited(DocumentKind.MANAGED_POLICY, wanted.arn, live.document_json, wanted.statements)
    if edit is None:
        return
    if edit.changed:
        _make_room(draft, live)
        text = draft.store(DocumentKind.MANAGED_POLICY, wanted.name, edit.document)
        draft.change(
            Action.UPDATE,
            DocumentKind.MANAGED_POLICY,
            wanted.arn,
            "its statements differ from the settings",
            UpdatePolicy(arn=wanted.arn, before_json=live.document_json, document_json=text),
            # What takes something away waits until what replaces it was given and seen.
            wave=Wave.CLEAR if edit.narrows else Wave.PROVIDE,
            details=edit.details,
        )
    else:
        draft.show_unchanged(DocumentKind.MANAGED_POLICY, wanted.name, live.document_json)
    tagged = plan_tags(draft, wanted.arn, live.tags, wanted_tags(draft, wanted), wave=Wave.PROVIDE)
    if not edit.changed and not tagged:
        draft.keep(DocumentKind.MANAGED_POLICY, wanted.arn)


def _make_room(draft: Draft, live: LivePolicy) -> None:
    if len(live.spare_versions) < MAX_VERSIONS - 1:
        return
    oldest = live.spare_versions[0]
    if not memory.own_document(live.spare_jsons.get(oldest, ""), draft.desired.name):
        draft.refuse(
            "limit",
            f"the policy {live.arn} has {MAX_VERSIONS} versions, and the oldest, {oldest}, was not made by this set-up",
            hint=f"aws iam delete-policy-version --policy-arn {live.arn} --version-id {oldest}",
        )
        return
    draft.change(
        Action.DELETE,
        "managed-policy-version",
        f"{live.arn} {oldest}",
        f"makes room: AWS keeps {MAX_VERSIONS} versions, and this is the oldest of ours",
        DeletePolicyVersion(arn=live.arn, version_id=oldest),
        wave=Wave.WITHDRAW,
    )


def remember_buckets(draft: Draft) -> None:
    """Note the new buckets in the ledger where the service policies that will name them are narrowed only later."""
    wanted = [
        policy
        for policy in memory.managed_policies(draft.desired)
        if memory.is_service_policy(draft.desired, policy.arn)
    ]
    for policy in wanted:
        live = draft.live.policies.get(policy.arn)
        if isinstance(live, Present) and _narrows(draft, policy, live.value):
            known = memory.remembered(draft.desired, draft.live.policies).buckets
            buckets = {r.bucket for r in draft.desired.resources if isinstance(r, BucketPolicyStatements)}
            draft.passing |= {f"b/{bucket}" for bucket in buckets.difference(known)}


def _narrows(draft: Draft, wanted: ManagedPolicy, live: LivePolicy) -> bool:
    try:
        document = documents.parse(live.document_json)
    except DocumentError:
        return False  # then it is not changed at all
    return documents.edit(document, wanted.statements, draft.is_own, draft.partition).narrows


def wanted_tags(draft: Draft, wanted: ManagedPolicy) -> Mapping[str, str]:
    """Return the tags of a policy; the ledger remembers what is to be taken back until that is done."""
    if wanted.arn != memory.first_service_policy(draft.desired):
        return wanted.tags
    entries = ownership.read_ledger(wanted.tags) | memory.leftover_entries(draft.desired, draft.live.policies)
    others = {key: value for key, value in wanted.tags.items() if not key.startswith(ownership.TAG_LEDGER)}
    try:
        return {**others, **ownership.write_ledger(entries | draft.stuck | draft.passing | draft.tightened)}
    except ValueError as error:
        draft.refuse(
            "limit",
            f"what the set-up {draft.desired.name} has granted and is to take back cannot be remembered: {error}",
            hint="make the change in several smaller steps",
        )
        return wanted.tags


def plan_tags(draft: Draft, arn: str, live: Mapping[str, str], wanted: Mapping[str, str], *, wave: Wave) -> bool:
    """Add the tags that are missing or differ; remove only ledger tags that are spent. Tell whether any."""
    add = {key: value for key, value in wanted.items() if live.get(key) != value}
    remove = tuple(key for key in live if key.startswith(ownership.TAG_LEDGER) and key not in wanted)
    if add or remove:
        details = (*(f"+ {key} = {value}" for key, value in add.items()), *(f"- {key}" for key in remove))
        operation = TagPolicy(arn=arn, add=add, remove=remove, before=dict(live))
        reason = "its tags differ from the settings"
        draft.change(Action.UPDATE, "policy-tags", arn, reason, operation, wave=wave, details=details)
    return bool(add or remove)


def plan_attachment(draft: Draft, wanted: PolicyAttachment) -> None:
    """Attach a policy to a principal that exists or is being made."""
    kind, name = wanted.principal_kind, wanted.principal_name
    shown = f"{wanted.policy_arn} -> {kind}/{name}"
    policy = draft.live.policies.get(wanted.policy_arn)
    if isinstance(policy, Present) and name in memory.attached(policy.value, kind):
        draft.keep("attachment", shown)
        return
    made = {resource.name for resource in draft.desired.resources if isinstance(resource, Role)}
    flag = "" if kind is PrincipalKind.ROLE and name in made else f"--attach-{kind}"
    if _may_attach(draft, wanted, flag):
        draft.change(
            Action.CREATE,
            "attachment",
            shown,
            f"gives the {kind} {name} this policy",
            Attach(policy_arn=wanted.policy_arn, principal_kind=kind, principal_name=name),
        )


def _may_attach(draft: Draft, wanted: PolicyAttachment, flag: str) -> bool:
    kind, name = wanted.principal_kind, wanted.principal_name
    count = draft.live.attached_counts.get(f"{kind}/{name}")
    if isinstance(count, Absent) and not (flag == "" or name == draft.desired.service_role_name):
        draft.refuse("not-found", f"there is no IAM {kind} {name}", hint=f"check {flag}, or create it first")
        return False
    if isinstance(count, Unreadable):
        # Attaching may still be allowed; AWS itself guards existence and quota.
        return True
    new = memory.wanted_policies(draft.desired, kind, name)
    present = count.value if isinstance(count, Present) else 0
    already = _already(draft, wanted)
    quota = draft.live.attachment_quotas[kind]
    if present - already + new > quota:
        draft.refuse(
            "limit",
            f"{new} policies on the {kind} {name}, beside {present - already} of others, exceed the quota of {quota}",
            reason="AWS limits how many managed policies one user, group or role can have",
            hint="name fewer buckets (or a common prefix), split them over several set-ups with --name, "
            "or ask AWS to raise 'Managed policies attached to an IAM role'",
        )
        return False
    return True


def _already(draft: Draft, wanted: PolicyAttachment) -> int:
    found = 0
    for other in draft.desired.resources:
        if isinstance(other, PolicyAttachment) and other.principal_kind == wanted.principal_kind:
            policy = draft.live.policies.get(other.policy_arn)
            there = memory.attached(policy.value, other.principal_kind) if isinstance(policy, Present) else ()
            found += other.principal_name == wanted.principal_name and wanted.principal_name in there
    return found
