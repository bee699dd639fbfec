"""Permission sets of Identity Center that are no longer wanted: what of them is ours is taken back. Pure."""

import re

from personalize_perms.engine import memory
from personalize_perms.engine.draft import Draft
from personalize_perms.engine.identity_wanted import is_own
from personalize_perms.engine.plan_identity import KIND, WHO, block_unknown, drop, unassign
from personalize_perms.model import ownership
from personalize_perms.model.changes import Action, Wave
from personalize_perms.model.findings import Finding, Severity
from personalize_perms.model.identity import LivePermissionSet, PolicyReference, SetPlace
from personalize_perms.model.live import Absent, Present, Unreadable
from personalize_perms.model.operations import DeletePermissionSet
from personalize_perms.model.resources import PermissionSet, PrincipalKind


def take_back_permission_sets(draft: Draft) -> set[str]:
    """Take back the permission sets that are remembered and not wanted; return the ledger entries that are done."""
    wanted = {(r.region, r.name) for r in draft.desired.resources if isinstance(r, PermissionSet)}
    released: set[str] = set()
    for region, name in memory.permission_sets(draft.desired, draft.live.policies):
        if (region, name) not in wanted and _take_back(draft, region, name):
            released.add(f"I/{region}/{name}")
    return released


def _take_back(draft: Draft, region: str, name: str) -> bool:
    shown = f"{region}/{name}"
    center = draft.live.identity_centers.get(region)
    if center is None:
        return False
    instance, live = center.instance, center.sets.get(name, Absent())
    for found in (instance, live):
        if isinstance(found, Unreadable):
            block_unknown(draft, KIND, shown, "is no longer wanted, and what there is of it", found)
            return False
    if not isinstance(instance, Present):
        why = f"whether it is still there cannot be seen: no instance of Identity Center is visible in {region}"
        draft.block(KIND, shown, why, WHO, unread=True)
        return False
    if not isinstance(live, Present):
        return True  # it is gone, and whatever was in it
    place = SetPlace(region=region, instance_arn=instance.value.arn, name=name)
    return not _is_taken_for_own(draft, live.value) or _take_back_own(draft, place, live.value)


def _is_taken_for_own(draft: Draft, live: LivePermissionSet) -> bool:
    """Tell whether it is ours; where its tags may not be read the ledger's word counts with its own."""
    if live.tags is not None:
        return is_own(draft, live)
    words = f"the set-up {draft.desired.name} of account {draft.desired.place.account}"
    return live.description.endswith(words)


def _take_back_own(draft: Draft, place: SetPlace, live: LivePermissionSet) -> bool:
    policies, ours = ownership.read_set_ledger(live.tags or {})
    if live.tags is None:
        draft.block(
            KIND,
            str(place),
            "which of its assignments are ours cannot be known: its tags may not be read",
            f"{WHO}; or ask an administrator for sso:ListTagsForResource on {live.arn}",
            unread=True,
        )
        return False
    for one in sorted(live.assignments & ours):
        unassign(draft, place, one)
    foreign = live.assignments - ours
    if not any(one.account == draft.desired.place.account for one in foreign):
        draft.vanishing.add(place.name)
    if foreign:
        accounts = ", ".join(sorted({one.account for one in foreign}))
        return _leave(draft, place, f"others assigned it, in {accounts}: it stays, and so does its policy")
    own = {PolicyReference(name=name) for name in policies}
    for reference in sorted(live.references & own):
        drop(draft, place, reference, Wave.CLEAR)
    hangs = [*(f"the policy {one.path}{one.name}" for one in sorted(live.references - own)), *live.others]
    if hangs:
        return _leave(draft, place, f"others put {' and '.join(hangs)} into it: it stays")
    draft.change(
        Action.DELETE,
        KIND,
        str(place),
        "was made by this set-up, is no longer wanted, and nothing of others hangs on it",
        DeletePermissionSet(place=place),
        wave=Wave.DELETE,
    )
    return True


def _leave(draft: Draft, place: SetPlace, message: str) -> bool:
    draft.findings.append(
        Finding(
            check="leftover",
            severity=Severity.LOW,
            resource=str(place),
            message=f"the permission set is no longer wanted; {message}",
            remedy="delete it when nobody needs it; until then every run looks again",
        )
    )
    return False


def vanishes(draft: Draft, kind: PrincipalKind, name: str) -> bool:
    """Tell whether this is the role of a permission set that goes, or loses our policy, by what this plan does.

    Identity Center names it AWSReservedSSO_NAME_ and 16 hexadecimal digits, and takes it away itself.
    """
    if kind is not PrincipalKind.ROLE:
        return False
    return any(re.fullmatch(rf"AWSReservedSSO_{re.escape(one)}_[0-9a-f]{{16}}", name) for one in draft.vanishing)
