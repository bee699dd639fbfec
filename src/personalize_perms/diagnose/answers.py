"""The settings to look with: those of the set-up, and what the complaints name beside them. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from personalize_perms.diagnose import facts as naming
from personalize_perms.diagnose.complaints import Complaint
from personalize_perms.diagnose.facts import Facts
from personalize_perms.model import names
from personalize_perms.model.examination import Asked, Link
from personalize_perms.model.findings import Finding, Severity, Verdict
from personalize_perms.model.names import Arn, InvalidName, S3Location
from personalize_perms.model.options import BY_FIELD
from personalize_perms.model.resources import PrincipalKind
from personalize_perms.model.settings import READS_INPUT, WRITES_OUTPUT, Settings, UserAccess, Workflow
from personalize_perms.model.values import dataclass

PEOPLE: Final = frozenset({Link.USER_POLICY, Link.PASS_ROLE, Link.ASSUME_ROLE})
"""Links that are about people, and not about data."""
_ROLE_FIELDS: Final = frozenset({"role_arn", "role_name", "role_path"})
_WITH_DATA: Final = frozenset(Workflow) - {Workflow.ENCRYPTED_DATASET_GROUP}
_PASS_ROLE: Final = "iam:passrole"  # noqa: S105 - the name of a permission
_ALL: Final = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What to look with and what to ask besides; `added` says what the complaints added to the settings."""

    settings: Settings
    asked: tuple[Asked, ...] = ()
    added: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()


def answers(settings: Settings, given: frozenset[str], told: Iterable[Complaint], *, is_set_up: bool) -> Answers:
    """Return the settings with what the complaints name. `given` are the fields that somebody chose.

    Without a set-up the complaints alone say what it is about; then nobody's own access is planned.
    """
    complaints = [complaint for complaint in told if complaint.links]
    # What people may do does not depend on the data that they meant.
    facts = [_of_data(complaint) for complaint in complaints if not PEOPLE.issuperset(complaint.links)]
    completed = settings
    if not is_set_up:
        completed = _alone(settings, given, complaints)
    completed = _with_workflows(completed, facts, replaces=not is_set_up and "workflows" not in given)
    completed = _with_locations(completed, facts)
    completed = _with_keys(completed, facts)
    return Answers(
        settings=completed,
        asked=tuple(dict.fromkeys(_asked(complaints, completed))),
        added=tuple(_added(settings, completed, guessed=not is_set_up and not any(one.workflows for one in facts))),
        findings=tuple(_other_roles(completed, complaints)) if is_set_up else (),
    )


def _of_data(complaint: Complaint) -> Facts:
    """Return the facts of a complaint, without an encrypted dataset group that only its call might have made."""
    facts = complaint.facts
    if facts.key_arn or Workflow.ENCRYPTED_DATASET_GROUP in complaint.symptom.workflows:
        return facts
    return replace(facts, workflows=tuple(flow for flow in facts.workflows if flow in _WITH_DATA))


def _alone(settings: Settings, given: frozenset[str], complaints: Iterable[Complaint]) -> Settings:
    if not given & {"user_access", "user_policy_name", "attach_users", "attach_groups", "attach_roles", "assumable_by"}:
        settings = replace(settings, user_access=UserAccess.NONE)
    roles = [named for complaint in complaints if (named := _role(complaint))]
    role = _a_role(roles[0]) if roles and not given & _ROLE_FIELDS else None
    if role is None:
        return settings
    if role.name == settings.service_role_name:  # the set-up's own, made elsewhere
        return replace(settings, role_path=role.resource.removeprefix("role").removesuffix(role.name))
    return replace(settings, role_arn=role)


def _a_role(text: str) -> Arn | None:
    """Return the ARN of a role as the settings take it, else None: then the text named something odd."""
    try:
        return names.iam_arn(text, "role")
    except InvalidName:
        return None


def _role(complaint: Complaint) -> str:
    """Return the service role that a complaint is about: the one that was passed, or that was denied something."""
    facts = complaint.facts
    name, arn = naming.role_of(facts.principal), naming.arn_of(facts.principal)
    if facts.role_arn or not name or not arn or Link.ROLE_POLICY not in complaint.links:
        return facts.role_arn
    # Where a session shows no path, there mostly is none; if there is, what AWS says of the role will tell.
    return str(arn) if arn.service == "iam" else str(replace(arn, service="iam", resource=f"role/{name}"))


def _with_workflows(settings: Settings, facts: Sequence[Facts], *, replaces: bool) -> Settings:
    named = tuple(dict.fromkeys(workflow for one in facts for workflow in one.workflows))
    if replaces:
        # What needs no bucket, where nothing tells that one takes part.
        guess = Workflow.METRICS_CLOUDWATCH
        if any(one.bucket or one.locations for one in facts):
            guess = Workflow.EXPORT if any(_writes(one) for one in facts) else Workflow.IMPORT
        elif any(one.key_arn for one in facts):
            guess = Workflow.ENCRYPTED_DATASET_GROUP
        return replace(settings, workflows=named or (guess,))
    return replace(settings, workflows=tuple(dict.fromkeys((*settings.workflows, *named))))


def _with_locations(settings: Settings, facts: Iterable[Facts]) -> Settings:
    inputs, outputs = settings.inputs, settings.outputs
    for one in facts:
        inputs += tuple(place for place in one.inputs if not _is_covered(place, inputs))
        outputs += tuple(place for place in one.outputs if not _is_covered(place, outputs))
        known = {place.bucket for place in (*inputs, *outputs)}
        if one.bucket and one.bucket not in known:
            place = S3Location(bucket=one.bucket)
            flows = frozenset(one.workflows or settings.workflows)
            writes = _writes(one) or flows.isdisjoint(READS_INPUT)
            if not writes:
                inputs += (place,)
            if writes or not flows.isdisjoint(WRITES_OUTPUT):
                outputs += (place,)
    completed = replace(settings, inputs=inputs, outputs=outputs)
    if completed.outputs and not completed.writes_output:
        return replace(completed, workflows=(*completed.workflows, Workflow.EXPORT))
    if completed.inputs and not completed.reads_input:
        return replace(completed, workflows=(*completed.workflows, Workflow.IMPORT))
    return completed


def _writes(facts: Facts) -> bool:
    return "putobject" in facts.action.lower()


def _is_covered(place: S3Location, known: Iterable[S3Location]) -> bool:
    """Tell whether what is granted on the known locations holds for this one, too."""
    return any(
        place.bucket == other.bucket
        and (
            not other.prefix
            or place.prefix == other.prefix
            or place.prefix.startswith(f"{other.prefix.removesuffix('/')}/")
        )
        for other in known
    )


def _with_keys(settings: Settings, facts: Iterable[Facts]) -> Settings:
    keys = dict.fromkeys(key for one in facts if (key := one.key_arn))
    # An alias may be the key that is named; that it is named twice does no harm.
    new = tuple(key for key in keys if not any(known in key for known in settings.kms_keys))
    return replace(settings, kms_keys=(*settings.kms_keys, *new))


def _asked(complaints: Iterable[Complaint], settings: Settings) -> Iterator[Asked]:
    """Yield what to ask about the people who were denied something."""
    for complaint in complaints:
        facts = complaint.facts
        name = naming.user_of(facts.principal) or naming.role_of(facts.principal)
        if PEOPLE.isdisjoint(complaint.links) or not name or not facts.action or Link.ASSUME_ROLE in complaint.links:
            continue
        kind = PrincipalKind.USER if naming.user_of(facts.principal) else PrincipalKind.ROLE
        passes = facts.action.lower() == _PASS_ROLE
        resource = facts.resource if naming.arn_of(facts.resource) else str(settings.role_arn or "") if passes else _ALL
        if resource:
            yield Asked(kind=kind, name=name, action=facts.action, resource=resource)


def _other_roles(settings: Settings, complaints: Iterable[Complaint]) -> Iterator[Finding]:
    own = settings.service_role_name
    for complaint in complaints:
        role = naming.arn_of(_role(complaint))
        if role and role.name != own and Link.ASSUME_ROLE not in complaint.links:
            yield Finding(
                check="other-role",
                severity=Severity.HIGH,
                verdict=Verdict.DENIED if Link.PASS_ROLE in complaint.links else Verdict.UNKNOWN,
                resource=str(role),
                message=f"it is about the role {role.name}, and the service role of these settings is {own}",
                reason="what was set up, and is looked at here, is for another role than the one that was used",
                remedy=f"pass the role {own} to Amazon Personalize, or set up this one with --role-arn {role}",
                docs=complaint.symptom.docs,
            )


def _added(before: Settings, after: Settings, *, guessed: bool) -> Iterator[str]:
    """Yield the flags of what was added; a guess at the workflow is not in the text."""
    for field in (*(() if guessed else ("workflows",)), "inputs", "outputs", "kms_keys", "role_arn", "role_path"):
        old, new = getattr(before, field), getattr(after, field)
        if old != new:
            values = new if isinstance(new, tuple) else (new,)
            more = [str(value) for value in values if not (isinstance(old, tuple) and value in old)]
            if more:
                yield f"{BY_FIELD[field].flag} {' '.join(more)}"
