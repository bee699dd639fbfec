"""What people must be allowed: to start what they were given the user policy for, to pass the role, to take on theirs.

Only what the user policy is meant to allow is asked about: an analyst who may start no job lacks nothing.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Final

from personalize_perms import documents
from personalize_perms.doctor import contexts
from personalize_perms.doctor.needs import Need
from personalize_perms.evaluate import Policies, compiled, decide
from personalize_perms.model.access import Principal, PrincipalType, Question
from personalize_perms.model.examination import Asked, Link
from personalize_perms.model.findings import Verdict
from personalize_perms.model.live import Live, Present
from personalize_perms.model.resources import (
    Desired,
    ManagedPolicy,
    PermissionSet,
    PolicyAttachment,
    PrincipalKind,
    Role,
    Statement,
)
from personalize_perms.model.settings import Place, Settings, Workflow
from personalize_perms.model.values import dataclass
from personalize_perms.trust import SERVICE

_STARTS: Final[Mapping[Workflow, tuple[tuple[str, str], ...]]] = {
    Workflow.IMPORT: (("CreateDatasetImportJob", "dataset-import-job"),),
    Workflow.DATA_DELETION: (("CreateDataDeletionJob", "data-deletion-job"),),
    Workflow.EXPORT: (("CreateDatasetExportJob", "dataset-export-job"),),
    Workflow.BATCH: (
        ("CreateBatchInferenceJob", "batch-inference-job"),
        ("CreateBatchSegmentJob", "batch-segment-job"),
    ),
    Workflow.METRICS_S3: (("CreateMetricAttribution", "metric-attribution"),),
    Workflow.METRICS_CLOUDWATCH: (("CreateMetricAttribution", "metric-attribution"),),
    Workflow.ENCRYPTED_DATASET_GROUP: (("CreateDatasetGroup", "dataset-group"),),
}
"""What starts a workflow: the call, and the kind of resource that it makes."""
_EXAMPLE: Final = "example"
_PASS_ROLE: Final = "iam:PassRole"  # noqa: S105 - the name of a permission


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A user, role or group that has the user policy; of a group, any member."""

    kind: PrincipalKind
    name: str
    principal: Principal


def people(desired: Desired, live: Live) -> tuple[Person, ...]:
    """Return who is to have the user policy; roles are named by the ARN that they have."""
    service_roles = {desired.service_role_name}
    assumed = identity_center_roles(desired, live)
    wanted = (resource for resource in desired.resources if isinstance(resource, PolicyAttachment))
    attached = tuple(
        Person(
            kind=one.principal_kind,
            name=one.principal_name,
            principal=_principal(desired.place, live, one.principal_kind, one.principal_name),
        )
        for one in wanted
        if not (one.principal_kind is PrincipalKind.ROLE and one.principal_name in service_roles)
    )
    return (*attached, *assumed)


def identity_center_roles(desired: Desired, live: Live) -> tuple[Person, ...]:
    """Return the roles that Identity Center made in this account for the permission set, as far as they are known.

    AWS names such a role after the permission set, with 16 hexadecimal digits behind it.
    https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html
    """
    place, found = desired.place, dict[str, Person]()
    for one in (resource for resource in desired.resources if isinstance(resource, PermissionSet)):
        policy = live.policies.get(place.arn("iam", f"policy{one.policy_path}{one.policy_name}"))
        where = "" if one.region == "us-east-1" else f"{one.region}/"
        for name in policy.value.roles if isinstance(policy, Present) else ():
            if re.fullmatch(rf"AWSReservedSSO_{re.escape(one.name)}_[0-9a-f]{{16}}", name):
                arn = place.arn("iam", f"role/aws-reserved/sso.amazonaws.com/{where}{name}")
                principal = Principal(type=PrincipalType.ROLE, arn=arn, account=place.account)
                found[name] = Person(kind=PrincipalKind.ROLE, name=name, principal=principal)
    return tuple(found.values())


def _principal(place: Place, live: Live, kind: PrincipalKind, name: str) -> Principal:
    if kind is PrincipalKind.ROLE:
        found = live.roles.get(name)
        arn = found.value.arn if isinstance(found, Present) else place.arn("iam", f"role/{name}")
        return Principal(type=PrincipalType.ROLE, arn=arn, account=place.account)
    # A group is no principal: what its members may do is asked of one that is in no other group.
    who = name if kind is PrincipalKind.USER else f"any-member-of-{name}"
    return Principal(type=PrincipalType.USER, arn=place.arn("iam", f"user/{who}"), account=place.account)


def needs(settings: Settings, desired: Desired, found: Iterable[Person]) -> tuple[Need, ...]:
    """Return what these people must be allowed."""
    meant = tuple(_meant(settings, desired))
    starts = tuple(
        Need(
            link=Link.PASS_ROLE if action == _PASS_ROLE else Link.USER_POLICY,
            who=f"{person.kind} {person.name}",
            where=desired.service_role_arn if action == _PASS_ROLE else "Amazon Personalize",
            question=_question(desired.place, person.principal, action, resource),
        )
        for person in found
        for action, resource in meant
    )
    return (*starts, *_assuming(settings, desired))


def of_asked(
    asked: Iterable[Asked], settings: Settings, desired: Desired, live: Live, granted: Collection[Person]
) -> Iterator[tuple[Person, Need]]:
    """Yield who is asked about, and the need to be allowed what was asked; `granted` have the user policy."""
    policy = _user_policy(settings, desired)
    for one in asked:
        person = Person(kind=one.kind, name=one.name, principal=_principal(desired.place, live, one.kind, one.name))
        passes = one.action.lower() == _PASS_ROLE.lower()
        action = _PASS_ROLE if passes else one.action
        question = _question(desired.place, person.principal, action, one.resource)
        need = Need(
            link=Link.PASS_ROLE if passes else Link.USER_POLICY,
            who=f"{one.kind} {one.name}",
            where=one.resource if passes else "Amazon Personalize",
            question=question,
            is_granted=person in granted and policy is not None and _allows(policy, question),
        )
        yield person, need


def _user_policy(settings: Settings, desired: Desired) -> ManagedPolicy | None:
    policies = (resource for resource in desired.resources if isinstance(resource, ManagedPolicy))
    return next((one for one in policies if one.name == settings.user_policy), None)


def _allows(policy: ManagedPolicy, question: Question) -> bool:
    document = compiled(documents.new_document(policy.statements), policy.name)
    return decide(Policies(identity=(document,)), question).verdict is Verdict.ALLOWED


def _meant(settings: Settings, desired: Desired) -> Iterator[tuple[str, str]]:
    """Yield the actions and resources that the user policy is there for."""
    policy = _user_policy(settings, desired)
    if policy is None:
        return
    place = desired.place
    stranger = Principal(type=PrincipalType.USER, arn=place.arn("iam", f"user/{_EXAMPLE}"), account=place.account)
    wanted = dict.fromkeys((*_starting(settings, place), *_listed(policy.statements, place)))
    for action, resource in (*wanted, (_PASS_ROLE, desired.service_role_arn)):
        if _allows(policy, _question(place, stranger, action, resource)):
            yield action, resource


def _starting(settings: Settings, place: Place) -> Iterator[tuple[str, str]]:
    for workflow in settings.workflows:
        for action, kind in _STARTS[workflow]:
            yield f"personalize:{action}", place.arn("personalize", f"{kind}/{_EXAMPLE}", regional=True)


def _listed(statements: Iterable[Statement], place: Place) -> Iterator[tuple[str, str]]:
    """Yield each action that is named in full, on one resource of each kind that its statement names."""
    for statement in statements:
        actions, resources = statement.get("Action"), statement.get("Resource")
        for action in actions if isinstance(actions, list) else [actions]:
            if not isinstance(action, str) or "*" in action or action == _PASS_ROLE:
                continue
            for resource in resources if isinstance(resources, list) else [resources]:
                yield action, _concrete(str(resource), place)


def _concrete(resource: str, place: Place) -> str:
    if resource == "*":
        return place.arn("personalize", f"dataset-group/{_EXAMPLE}", regional=True)
    return resource.replace("*", _EXAMPLE)


def _question(place: Place, principal: Principal, action: str, resource: str) -> Question:
    present = {"iam:PassedToService": SERVICE} if action == _PASS_ROLE else {}
    context = contexts.of_person(place, mfa=False, present=present)
    return Question(
        principal=principal, action=action, resource=resource, resource_account=place.account, context=context
    )


def _assuming(settings: Settings, desired: Desired) -> Iterator[Need]:
    """Yield who must be able to take on the roles that are made for people."""
    place = desired.place
    for role in (resource for resource in desired.resources if isinstance(resource, Role)):
        for principal, action, present in _takers(settings, role, place):
            context = contexts.of_person(place, mfa=action == "sts:AssumeRole", present=present)
            question = Question(
                principal=principal,
                action=action,
                resource=role.arn,
                resource_account=place.account,
                context=context,
            )
            yield Need(link=Link.ASSUME_ROLE, who=principal.arn, where=role.arn, question=question)


def _takers(settings: Settings, role: Role, place: Place) -> Iterator[tuple[Principal, str, Mapping[str, str]]]:
    way = role.name.removeprefix(f"{settings.name}-")
    if way == "users":
        for user in dict.fromkeys(settings.assumable_by):
            if user.account == place.account:  # what another account allows its user cannot be read from here
                principal = Principal(type=PrincipalType.USER, arn=str(user), account=user.account)
                yield principal, "sts:AssumeRole", {}
    elif way == "saml" and settings.saml_provider:
        audience = _audience(role)
        provider = Principal(type=PrincipalType.FEDERATED, arn=str(settings.saml_provider))
        yield provider, "sts:AssumeRoleWithSAML", {"SAML:aud": audience}
    elif way == "oidc" and settings.oidc_provider:
        issuer = settings.oidc_provider.resource.removeprefix("oidc-provider/")
        provider = Principal(type=PrincipalType.FEDERATED, arn=str(settings.oidc_provider))
        claims = {f"{issuer}:aud": settings.oidc_audience, f"{issuer}:sub": settings.oidc_subject}
        yield provider, "sts:AssumeRoleWithWebIdentity", claims


def _audience(role: Role) -> str:
    """Return the audience that the role's own statement names: where people sign in depends on the partition."""
    for statement in role.statements:
        condition = statement.get("Condition")
        equals = condition.get("StringEquals") if isinstance(condition, dict) else None
        if isinstance(equals, dict) and isinstance(equals.get("SAML:aud"), str):
            return str(equals["SAML:aud"])
    return ""
