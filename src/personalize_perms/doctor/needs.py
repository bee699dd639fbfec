"""What must be allowed for the chosen workflows to run: each need is one question, and where its answer is decided.

It is written from AWS's pages, not from our own templates: whoever uses other templates is told what they lack.
https://docs.aws.amazon.com/personalize/latest/dg/aws-personalize-set-up-permissions.html
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from personalize_perms import trust
from personalize_perms.doctor import contexts
from personalize_perms.model.access import Principal, PrincipalType, Question, RequestContext
from personalize_perms.model.examination import Link
from personalize_perms.model.live import LiveRole
from personalize_perms.model.names import S3Location
from personalize_perms.model.settings import READS_INPUT, WRITES_OUTPUT, KeyUse, KmsAccess, Place, Settings, Workflow
from personalize_perms.model.values import dataclass

SERVICE: Final = Principal(type=PrincipalType.SERVICE, arn=trust.SERVICE)

_KEY_ACTIONS: Final = ("Decrypt", "GenerateDataKey", "DescribeKey", "CreateGrant", "ListGrants")
_EXPORT_ACTION: Final = "GenerateDataKeyWithoutPlaintext"
BY_GRANT: Final = frozenset(f"kms:{action}" for action in (*_KEY_ACTIONS, _EXPORT_ACTION)) - {"kms:ListGrants"}
"""What a grant can let somebody do."""
_LISTS_OUTPUT: Final = frozenset({Workflow.EXPORT, Workflow.BATCH})
_SENDS_METRICS: Final = frozenset({Workflow.METRICS_S3, Workflow.METRICS_CLOUDWATCH})
_SAMPLE: Final = "personalize-perms-example"


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """One thing that must be allowed; `where` is the bucket, key or role whose own policy takes part."""

    link: Link
    """The link that is to blame where an Allow is missing from the resource's own policy."""
    who: str
    where: str
    question: Question
    scope: str = ""
    """What the resource of the question stands for, as a statement names it; empty: the resource itself."""
    is_granted: bool = True
    """Whether the set-up grants it, so that bringing it to its settings can mend it."""


def needs(settings: Settings, place: Place, uses: Iterable[KeyUse], role: LiveRole | None) -> tuple[Need, ...]:
    """Return what the service and the service role must be allowed; without a role only what the service must."""
    wanted = [*of_principal(settings, place, uses, SERVICE, contexts.of_service(place))]
    if role is None:
        return tuple(wanted)
    principal = Principal(type=PrincipalType.ROLE, arn=role.arn, account=place.account)
    context = contexts.of_role(place, role)
    wanted += [_assumes(place, role)]
    by_grant = BY_GRANT if settings.kms_access is KmsAccess.GRANT else frozenset()
    wanted += [
        replace(need, link=Link.KEY_GRANT) if need.question.action in by_grant else need
        for need in of_principal(settings, place, uses, principal, context)
    ]
    if not _SENDS_METRICS.isdisjoint(settings.workflows):
        wanted.append(_need(place, principal, "cloudwatch:PutMetricData", "*", role.arn, context))
    return tuple(wanted)


def _assumes(place: Place, role: LiveRole) -> Need:
    question = Question(
        principal=SERVICE,
        action="sts:AssumeRole",
        resource=role.arn,
        resource_account=place.account,
        context=contexts.of_assuming(place, trust_json=role.trust_json),
    )
    return Need(link=Link.TRUST, who=SERVICE.arn, where=role.arn, question=question)


def of_principal(
    settings: Settings, place: Place, uses: Iterable[KeyUse], principal: Principal, context: RequestContext
) -> tuple[Need, ...]:
    """Return what the service, or a role of it, must be allowed on the buckets and keys."""
    return (*_of_buckets(settings, place, principal, context), *_of_keys(place, uses, principal, context))


def _of_buckets(settings: Settings, place: Place, principal: Principal, context: RequestContext) -> Iterator[Need]:
    workflows = frozenset(settings.workflows)
    if workflows & READS_INPUT:
        for location in dict.fromkeys(settings.inputs):
            yield from _at(place, principal, location, ("s3:GetObject",), context)
            yield _lists(place, principal, location, context)
    if workflows & WRITES_OUTPUT:
        for location in dict.fromkeys(settings.outputs):
            yield from _at(place, principal, location, ("s3:PutObject",), context)
            if workflows & _LISTS_OUTPUT:
                yield _lists(place, principal, location, context)


def _at(
    place: Place, principal: Principal, location: S3Location, actions: Iterable[str], context: RequestContext
) -> Iterator[Need]:
    folder = f"arn:{place.partition}:s3:::{location.bucket}/{_folder(location)}"
    for action in actions:
        need = _need(place, principal, action, folder + _SAMPLE, location.bucket, context)
        yield replace(need, scope=f"{folder}*")


def _lists(place: Place, principal: Principal, location: S3Location, context: RequestContext) -> Need:
    arn = f"arn:{place.partition}:s3:::{location.bucket}"
    return _need(place, principal, "s3:ListBucket", arn, location.bucket, context)


def _folder(location: S3Location) -> str:
    """Return what the keys of all objects at this location begin with."""
    return location.prefix if not location.prefix or location.prefix.endswith("/") else f"{location.prefix}/"


def _of_keys(place: Place, uses: Iterable[KeyUse], principal: Principal, context: RequestContext) -> Iterator[Need]:
    for use in uses:
        exports = use.holds_datasets and Workflow.EXPORT in use.workflows
        for action in (*_KEY_ACTIONS, *((_EXPORT_ACTION,) if exports else ())):
            arn = str(use.arn)
            yield _need(place, principal, f"kms:{action}", arn, arn, contexts.with_key(context))


def _need(place: Place, principal: Principal, action: str, resource: str, where: str, context: RequestContext) -> Need:
    of_service = principal.type is PrincipalType.SERVICE
    # The role is let to a bucket by its own policy; a key by the key's policy, also where that only delegates.
    links = {"s3": Link.BUCKET_POLICY if of_service else Link.ROLE_POLICY, "kms": Link.KEY_POLICY}
    question = Question(
        principal=principal, action=action, resource=resource, resource_account=place.account, context=context
    )
    link = links.get(action.partition(":")[0], Link.ROLE_POLICY)
    return Need(link=link, who=principal.arn, where=where, question=question)
