"""Where a set-up crosses accounts: who owns what is asked about, and how far this account decides.

On our side the owner's policy takes part as unknown. On the owner's side the roles are those of other accounts, whose
own policies are not seen from there: what is asked is whether this account's half lets them in.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from personalize_perms.doctor import contexts, needs
from personalize_perms.doctor.chain import IdentityTexts, PolicyText
from personalize_perms.doctor.needs import Need
from personalize_perms.model.access import Principal, PrincipalType
from personalize_perms.model.examination import Link
from personalize_perms.model.live import Present
from personalize_perms.model.resources import BucketPolicyStatements, OwnersHalf
from personalize_perms.model.settings import KeyUse, KmsAccess, Place, Settings
from personalize_perms.steps import served

_EVERYTHING: Final = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}'
_LINKS: Final = {"s3": Link.BUCKET_POLICY, "kms": Link.KEY_POLICY}


def at_their_owners(wanted: Iterable[Need], halves: Iterable[OwnersHalf]) -> tuple[Need, ...]:
    """Return the needs, those on a bucket or key of another account asked as such."""
    owners = {
        resource.bucket if isinstance(resource, BucketPolicyStatements) else resource.key_arn: half.owner
        for half in halves
        for resource in half.resources
    }
    return tuple(_of_owner(need, owners[need.where]) if need.where in owners else need for need in wanted)


def _of_owner(need: Need, owner: str) -> Need:
    context = contexts.of_owner(need.question.context, owner)
    return replace(need, question=replace(need.question, resource_account=owner, context=context), is_granted=False)


def served_needs(settings: Settings, place: Place, uses: Iterable[KeyUse]) -> tuple[Need, ...]:
    """Return what this account's half must allow the roles that it serves."""
    keys = tuple(uses)
    found: list[Need] = []
    for arn in _roles(settings, place):
        account = arn.split(":")[4]
        principal = Principal(type=PrincipalType.ROLE, arn=arn, account=account)
        context = contexts.of_foreign_role(place, account, settings.serve_org)
        found += needs.of_principal(settings, place, keys, principal, context)
    by_grant = settings.kms_access is KmsAccess.GRANT
    return tuple(replace(need, link=_link(need, by_grant=by_grant)) for need in found)


def served_identities(wanted: Iterable[Need]) -> dict[str, IdentityTexts]:
    """Return policies of the roles of other accounts that allow everything, so that our half alone decides."""
    texts = IdentityTexts(
        policies=(PolicyText(name="the role's own policies, which are not seen from here", text=Present(_EVERYTHING)),)
    )
    return {need.question.principal.arn: texts for need in wanted}


def _roles(settings: Settings, place: Place) -> tuple[str, ...]:
    """Return the roles that are served; where they are told by path or organisation, one that is like them."""
    named = served.role_arns(settings, place)
    if named:
        return named
    account = str(settings.serve_accounts[0]) if settings.serve_accounts else "111111111111"
    return (served.role_pattern(settings, place).replace("iam::*:", f"iam::{account}:").replace("*", "example"),)


def _link(need: Need, *, by_grant: bool) -> Link:
    if by_grant and need.question.action in needs.BY_GRANT:
        return Link.KEY_GRANT
    return _LINKS.get(need.question.action.partition(":")[0], need.link)
