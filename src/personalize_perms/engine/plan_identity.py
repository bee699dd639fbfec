"""What to change about the permission set of Identity Center, and who gets it where. Pure.

A permission set serves people of many accounts, and others may assign it too. Its own tags remember which assignments
and policy references are ours; only those are ever taken back.
"""

from collections.abc import Collection, Iterable
from typing import Final

from personalize_perms.engine.draft import Draft
from personalize_perms.engine.identity_wanted import Wanted, is_own, wanted_tags, whole, whose
from personalize_perms.model import ownership
from personalize_perms.model.changes import Action, Wave
from personalize_perms.model.findings import Finding, Severity
from personalize_perms.model.identity import Assignment, LivePermissionSet, PolicyReference, SetPlace
from personalize_perms.model.live import Absent, LiveIdentityCenter, Present, Unreadable
from personalize_perms.model.operations import (
    AddReference,
    Assign,
    CreatePermissionSet,
    DropReference,
    Provision,
    TagPermissionSet,
    Unassign,
)
from personalize_perms.model.resources import PermissionSet

KIND: Final = "permission-set"
_REFERENCE: Final = "permission-set-policy"
_ASSIGNMENT: Final = "assignment"
WHO: Final = (
    "run this from the organisation's management account, or from the delegated administrator of Identity Center"
)


def plan_permission_set(draft: Draft, wanted: PermissionSet) -> None:
    """Create the permission set, or bring the one that is ours up to date; assign it as wanted."""
    center = draft.live.identity_centers[wanted.region]
    shown = f"{wanted.region}/{wanted.name}"
    instance = center.instance
    match instance:
        case Unreadable():
            block_unknown(draft, KIND, shown, "which Identity Center there is", instance)
        case Absent():
            draft.block(
                KIND,
                shown,
                f"no Identity Center instance is visible in {wanted.region} from account {draft.desired.place.account}",
                f"name the Region that Identity Center is in with --identity-center-region; {WHO}",
            )
        case Present(value=found):
            place = SetPlace(region=wanted.region, instance_arn=found.arn, name=wanted.name)
            _plan_in_instance(draft, wanted, center, place)


def _plan_in_instance(draft: Draft, wanted: PermissionSet, center: LiveIdentityCenter, place: SetPlace) -> None:
    found = center.sets[wanted.name]
    everything = whole(draft, wanted, center, place)
    match found:
        case Unreadable():
            block_unknown(draft, KIND, str(place), "what there is of it", found)
        case Absent():
            _create(draft, everything)
        case Present(value=live) if is_own(draft, live):
            _update(draft, everything, live)
        case Present(value=live):
            draft.block(
                KIND,
                str(place),
                f"a permission set of this name exists and {whose(draft, live)}; it stays as it is",
                "choose another name with --permission-set",
            )


def _create(draft: Draft, wanted: Wanted) -> None:
    tags = wanted_tags(draft, wanted, (), wanted.assignments)
    if tags is None:
        return
    draft.change(
        Action.CREATE,
        KIND,
        str(wanted.place),
        wanted.set.description,
        CreatePermissionSet(place=wanted.place, description=wanted.set.description, tags=tags),
        wave=Wave.PROVIDE,
    )
    _refer(draft, wanted)
    for one in wanted.assignments:
        _assign(draft, wanted, one)
    _block_unknown_principals(draft, wanted)


def _refer(draft: Draft, wanted: Wanted) -> None:
    draft.change(
        Action.CREATE,
        _REFERENCE,
        f"{wanted.place} -> {wanted.policy.path}{wanted.policy.name}",
        "refers to the user policy by name and path, in whichever account it is assigned",
        AddReference(place=wanted.place, policy=wanted.policy),
    )


def _assign(draft: Draft, wanted: Wanted, one: Assignment) -> None:
    named = wanted.assignments[one]
    draft.change(
        Action.CREATE,
        _ASSIGNMENT,
        _shown(wanted.place, one, named.principal_name),
        f"gives the {named.principal_kind} {named.principal_name} the permission set in account {one.account}",
        Assign(place=wanted.place, assignment=one, policy_arn=wanted.policy_arn(one.account)),
        wave=Wave.ASSIGN,
    )


def _shown(place: SetPlace, one: Assignment, name: str = "") -> str:
    return f"{place} -> {one.principal_kind}/{name or one.principal_id} in account {one.account}"


def _update(draft: Draft, wanted: Wanted, live: LivePermissionSet) -> None:
    before = len(draft.changes)
    if live.tags is None:
        draft.findings.append(_tags_unread(wanted.place, live.arn))
    policies, ours = ownership.read_set_ledger(live.tags or {})
    old = (_named(name) for name in sorted(policies - {wanted.set.policy_name}))
    stale = [reference for reference in old if reference in live.references]
    dropped = sorted((ours - set(wanted.assignments)) & live.assignments)
    # What somebody else gave by hand stays theirs, although the settings name it now.
    claimed = {one for one in wanted.assignments if one in ours or one not in live.assignments}
    _retag(draft, wanted, live, policies, {*claimed, *ours})
    _change_policies(draft, wanted, live, stale)
    for one in wanted.assignments:
        if one not in live.assignments:
            _assign(draft, wanted, one)
    _block_unknown_principals(draft, wanted)
    if wanted.unknown:
        _hold(draft, wanted, dropped)
    else:
        for one in dropped:
            unassign(draft, wanted.place, one)
        if ours - set(wanted.assignments) or policies - {wanted.set.policy_name}:
            _forget(draft, wanted, policies, {*claimed, *ours}, claimed)
    _keep(draft, wanted, live, changed=any(change.operation for change in draft.changes[before:]))


def _change_policies(draft: Draft, wanted: Wanted, live: LivePermissionSet, stale: Collection[PolicyReference]) -> None:
    refers = wanted.policy in live.references
    if not refers:
        _refer(draft, wanted)
    for reference in stale:
        drop(draft, wanted.place, reference, Wave.GRANT)
    _provision(draft, wanted, live, changed=bool(stale) or not refers)


def _keep(draft: Draft, wanted: Wanted, live: LivePermissionSet, *, changed: bool) -> None:
    if not changed:
        draft.keep(KIND, str(wanted.place))
    for one, named in wanted.assignments.items():
        if one in live.assignments:
            draft.keep(_ASSIGNMENT, _shown(wanted.place, one, named.principal_name))


def _named(policy: str) -> PolicyReference:
    return PolicyReference(name=policy)


def _hold(draft: Draft, wanted: Wanted, dropped: Iterable[Assignment]) -> None:
    """Take nothing back while it may be what somebody is to have whose id cannot be known."""
    for one in dropped:
        reason = "waits: it may be one of those whose ids cannot be known"
        draft.block(_ASSIGNMENT, _shown(wanted.place, one), reason, WHO, unread=True)


def _tags_unread(place: SetPlace, arn: str) -> Finding:
    return Finding(
        check="permission-set-tags-unread",
        severity=Severity.LOW,
        resource=str(place),
        message="cannot know which assignments of the permission set are ours, so none is taken back: "
        f"not allowed sso:ListTagsForResource on {arn}",
        remedy=f"{WHO}; or ask an administrator for sso:ListTagsForResource",
    )


def _retag(
    draft: Draft, wanted: Wanted, live: LivePermissionSet, policies: Iterable[str], assignments: Iterable[Assignment]
) -> None:
    """Remember what is about to be given, beside what is still to be taken back."""
    tags = wanted_tags(draft, wanted, policies, assignments)
    if tags is None or live.tags is None:
        return
    add = {key: value for key, value in tags.items() if live.tags.get(key) != value}
    if add:
        draft.change(
            Action.UPDATE,
            "permission-set-tags",
            str(wanted.place),
            "its tags differ from the settings",
            TagPermissionSet(place=wanted.place, add=add, before=dict(live.tags)),
            wave=Wave.PROVIDE,
            details=tuple(f"+ {key} = {value}" for key, value in add.items()),
        )


def _forget(
    draft: Draft,
    wanted: Wanted,
    policies: Iterable[str],
    remembered: Iterable[Assignment],
    stays: Iterable[Assignment],
) -> None:
    """Forget what was taken back, once that is seen."""
    before, after = wanted_tags(draft, wanted, policies, remembered), wanted_tags(draft, wanted, (), stays)
    if before is None or after is None or draft.refusals:
        return
    found = draft.live.identity_centers[wanted.place.region].sets[wanted.place.name]
    live = found.value.tags or {} if isinstance(found, Present) else {}
    then = {**live, **before}
    add = {key: value for key, value in after.items() if then.get(key) != value}
    remove = tuple(key for key in then if key.startswith(ownership.TAG_LEDGER) and key not in after)
    if add or remove:
        draft.change(
            Action.UPDATE,
            "permission-set-tags",
            str(wanted.place),
            "forgets what was taken back",
            TagPermissionSet(place=wanted.place, add=add, remove=remove, before=then),
            wave=Wave.FORGET,
            details=(*(f"+ {key} = {value}" for key, value in add.items()), *(f"- {key}" for key in remove)),
        )


def _provision(draft: Draft, wanted: Wanted, live: LivePermissionSet, *, changed: bool) -> None:
    """Bring it up to date where it is ours and provisioned; elsewhere that is for whoever assigned it there."""
    ours = {one.account for one in wanted.assignments}
    behind = live.accounts if changed else live.outdated
    for account in sorted(behind & ours):
        draft.change(
            Action.UPDATE,
            "provisioning",
            f"{wanted.place} in account {account}",
            "its role there still has an older form of the permission set",
            Provision(place=wanted.place, account=account, policy_arn=wanted.policy_arn(account)),
            wave=Wave.ASSIGN,
        )
    if draft.desired.place.account in behind & ours:
        draft.vanishing.add(wanted.place.name)
    for account in sorted(behind - ours):
        draft.findings.append(
            Finding(
                check="provisioned-by-others",
                severity=Severity.LOW,
                resource=f"{wanted.place} in account {account}",
                message=f"others assigned the permission set in account {account}, and it has an older form there",
                remedy="whoever assigned it there brings it up to date in Identity Center (Reapply permission sets)",
            )
        )


def _block_unknown_principals(draft: Draft, wanted: Wanted) -> None:
    for one, read in wanted.unknown:
        shown = f"{wanted.place} -> {one.principal_kind}/{one.principal_name} in account {one.account}"
        block_unknown(draft, _ASSIGNMENT, shown, "whether there is such a one in the directory", read)


def block_unknown(draft: Draft, kind: str, resource: str, what: str, read: Unreadable) -> None:
    """Note a change that must not be made because `what` may not be read, and who may."""
    draft.block(
        kind,
        resource,
        f"{what} cannot be known: not allowed {read.action}. {read.reason}",
        f"{WHO}; or ask an administrator for {read.action}",
        unread=True,
    )


def unassign(draft: Draft, place: SetPlace, one: Assignment) -> None:
    """Take an assignment of ours back."""
    policies = [r.policy_name for r in draft.desired.resources if isinstance(r, PermissionSet)]
    arn = f"arn:{draft.partition}:iam::{one.account}:policy/{policies[0]}" if policies else ""
    draft.change(
        Action.DELETE,
        _ASSIGNMENT,
        _shown(place, one),
        "was made by this set-up and is no longer wanted",
        Unassign(place=place, assignment=one, policy_arn=arn),
        wave=Wave.UNASSIGN,
    )


def drop(draft: Draft, place: SetPlace, reference: PolicyReference, wave: Wave) -> None:
    """Take a policy reference of ours back."""
    draft.change(
        Action.DELETE,
        _REFERENCE,
        f"{place} -> {reference.path}{reference.name}",
        "was made by this set-up and is no longer wanted",
        DropReference(place=place, policy=reference),
        wave=wave,
    )
