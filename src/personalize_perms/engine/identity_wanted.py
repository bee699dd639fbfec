"""What a permission set is to be: its people by the ids that the directory gives them, and its tags. Pure."""

from collections.abc import Iterable, Mapping

from personalize_perms.engine.draft import Draft
from personalize_perms.model import ownership
from personalize_perms.model.identity import Assignment, LivePermissionSet, PolicyReference, SetPlace
from personalize_perms.model.live import Absent, LiveIdentityCenter, Present, Unreadable
from personalize_perms.model.resources import PermissionSet, PermissionSetAssignment
from personalize_perms.model.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A permission set, who is to have it where, and for whom that cannot be known."""

    set: PermissionSet
    place: SetPlace
    assignments: Mapping[Assignment, PermissionSetAssignment]
    unknown: tuple[tuple[PermissionSetAssignment, Unreadable], ...]
    policy_arns: Mapping[str, str]

    @property
    def policy(self) -> PolicyReference:
        """The user policy, as the permission set refers to it."""
        return PolicyReference(name=self.set.policy_name, path=self.set.policy_path)

    def policy_arn(self, account: str) -> str:
        """Return what the user policy is called in an account."""
        return self.policy_arns[account]


def whole(draft: Draft, wanted: PermissionSet, center: LiveIdentityCenter, place: SetPlace) -> Wanted:
    """Return the permission set with the ids of its people; refuse the plan where there are no such people."""
    assignments: dict[Assignment, PermissionSetAssignment] = {}
    unknown: list[tuple[PermissionSetAssignment, Unreadable]] = []
    for one in draft.desired.resources:
        if not isinstance(one, PermissionSetAssignment):
            continue
        principal = center.principals[f"{one.principal_kind}/{one.principal_name}"]
        match principal:
            case Present(value=found):
                made = Assignment(account=one.account, principal_kind=one.principal_kind, principal_id=found)
                assignments[made] = one
            case Absent():
                kind = one.principal_kind
                draft.refuse(
                    "not-found",
                    f"there is no {kind} {one.principal_name} in the directory of Identity Center",
                    hint=f"check --assign-{kind}: a group goes by its display name, a user by the user name, and those "
                    "of an Active Directory end in @DOMAIN",
                )
            case Unreadable():
                unknown.append((one, principal))
    accounts = {one.account for one in assignments}
    path = f"policy{wanted.policy_path}{wanted.policy_name}"
    arns = {account: f"arn:{draft.partition}:iam::{account}:{path}" for account in accounts}
    return Wanted(set=wanted, place=place, assignments=assignments, unknown=tuple(unknown), policy_arns=arns)


def is_own(draft: Draft, live: LivePermissionSet) -> bool:
    """Tell whether this set-up of this account made it: by its tags, or where they may not be read by its words."""
    if live.tags is None:
        return any(isinstance(r, PermissionSet) and r.description == live.description for r in draft.desired.resources)
    owner = (live.tags.get(ownership.TAG_NAME), live.tags.get(ownership.TAG_ACCOUNT))
    return owner == (draft.desired.name, draft.desired.place.account)


def whose(draft: Draft, live: LivePermissionSet) -> str:
    """Return whose a permission set is that is not ours."""
    if live.tags is None:
        return "its tags cannot be read, so whose it is cannot be known"
    name, account = live.tags.get(ownership.TAG_NAME), live.tags.get(ownership.TAG_ACCOUNT)
    if name:
        return f"is of the set-up {name} of account {account}"
    return f"was not made by the set-up {draft.desired.name}"


def wanted_tags(
    draft: Draft, wanted: Wanted, policies: Iterable[str], assignments: Iterable[Assignment]
) -> Mapping[str, str] | None:
    """Return the tags of the permission set, which remember what is ours; None where that does not fit."""
    try:
        ledger = ownership.write_set_ledger({*policies, wanted.set.policy_name}, assignments)
    except ValueError as error:
        draft.refuse(
            "limit",
            f"the assignments of the permission set {wanted.place} cannot be remembered: {error}",
            reason="what is ours is remembered in its tags, and AWS allows 50 of them",
            hint="assign groups instead of users, or use several set-ups with --name and --permission-set",
        )
        return None
    return {**wanted.set.tags, **ledger}
