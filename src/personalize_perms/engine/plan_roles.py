"""What to change about roles: those we make, and the one that was adopted. Pure."""

from personalize_perms import documents, trust
from personalize_perms.documents import DocumentKind, Edit
from personalize_perms.engine import memory
from personalize_perms.engine.draft import Draft
from personalize_perms.engine.tightening import digest, tighten
from personalize_perms.model.changes import Action, Wave
from personalize_perms.model.errors import DocumentError
from personalize_perms.model.findings import Finding, Severity, Verdict
from personalize_perms.model.live import Absent, LiveRole, Present, Unreadable
from personalize_perms.model.operations import CreateRole, DescribeRole, SetBoundary, TagRole, UpdateTrust
from personalize_perms.model.resources import Json, Role, TrustPolicyStatements

_BOUNDARY_DOCS = "https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html"
_TRUST_DOCS = "https://docs.aws.amazon.com/personalize/latest/dg/cross-service-confused-deputy-prevention.html"


def plan_role(draft: Draft, wanted: Role) -> None:
    """Create the role, or bring the one that is ours up to date."""
    found = draft.live.roles[wanted.name]
    _check_references(draft, wanted)
    match found:
        case Unreadable():
            draft.refuse_unreadable(f"the role {wanted.name}", found)
        case Absent():
            _create(draft, wanted)
        case Present(value=live) if live.arn != wanted.arn or not memory.is_own_role(live, draft.desired.name):
            _conflict(draft, wanted, live.arn, ours=memory.is_own_role(live, draft.desired.name))
        case Present(value=live):
            _update(draft, wanted, live)


def _check_references(draft: Draft, wanted: Role) -> None:
    for arn, found in draft.live.others.items():
        named = documents.compact(documents.new_document(wanted.statements))
        if isinstance(found, Absent) and (arn == wanted.boundary_arn or f'"{arn}"' in named):
            draft.refuse(
                "not-found", f"the role {wanted.name} refers to {arn}, which does not exist", hint="check its name"
            )


def _conflict(draft: Draft, wanted: Role, existing: str, *, ours: bool) -> None:
    service_role = wanted.name == draft.desired.service_role_name
    if ours and existing.lower() != wanted.arn.lower():
        reason, hint = (
            "the path of a role cannot be changed",
            "keep --role-path as it was, or choose another --role-name",
        )
    elif service_role:
        reason = "role names are unique in an account, whatever their path and letter case"
        hint = f"adopt it with --role-arn {existing}, or choose another name with --role-name or --name"
    else:
        reason = "role names are unique in an account, whatever their path and letter case"
        hint = "choose another set-up name with --name"
    whose = "has another path" if ours else f"was not made by the set-up {draft.desired.name}"
    draft.refuse("conflict", f"the role {existing} exists and {whose}", reason=reason, hint=hint)


def _create(draft: Draft, wanted: Role) -> None:
    clash = draft.live.name_clashes.get(f"role/{wanted.name}")
    if clash == wanted.arn:
        draft.refuse_newcomer(f"the role {clash}")
        return
    if clash:
        _conflict(draft, wanted, clash, ours=False)
        return
    text = draft.store(DocumentKind.TRUST_POLICY, wanted.name, documents.new_document(wanted.statements))
    draft.change(
        Action.CREATE,
        "role",
        wanted.arn,
        wanted.description,
        CreateRole(
            name=wanted.name,
            arn=wanted.arn,
            path=wanted.path,
            description=wanted.description,
            boundary_arn=wanted.boundary_arn,
            document_json=text,
            tags=wanted.tags,
        ),
        wave=Wave.PROVIDE,
        details=tuple(f"+ {statement['Sid']}" for statement in wanted.statements),
    )


def _update(draft: Draft, wanted: Role, live: LiveRole) -> None:
    before = len(draft.changes)
    edit = draft.edited(DocumentKind.TRUST_POLICY, wanted.arn, live.trust_json, wanted.statements)
    if edit is not None:
        _put_trust(draft, live, edit, edit.document, edit.details)
        _warn_of_loose(draft, live, edit.document, adopted=False)
    if wanted.description != live.description:
        draft.change(
            Action.UPDATE,
            "role-description",
            wanted.arn,
            f"is {live.description!r}, should be {wanted.description!r}",
            DescribeRole(role_name=wanted.name, description=wanted.description, before=live.description),
            wave=Wave.PROVIDE,
        )
    if wanted.boundary_arn and wanted.boundary_arn != live.boundary_arn:
        draft.change(
            Action.UPDATE,
            "permissions-boundary",
            wanted.arn,
            f"sets the permissions boundary {wanted.boundary_arn}",
            SetBoundary(role_name=wanted.name, boundary_arn=wanted.boundary_arn, before_arn=live.boundary_arn),
            wave=Wave.PROVIDE,
        )
    elif live.boundary_arn and not wanted.boundary_arn:
        draft.findings.append(_boundary_stays(live))
    add = {key: value for key, value in wanted.tags.items() if live.tags.get(key) != value}
    if add:
        draft.change(
            Action.UPDATE,
            "role-tags",
            wanted.arn,
            "its tags differ from the settings",
            TagRole(role_name=wanted.name, add=add, before=dict(live.tags)),
            wave=Wave.PROVIDE,
            details=tuple(f"+ {key} = {value}" for key, value in add.items()),
        )
    if len(draft.changes) == before:
        draft.keep("role", wanted.arn)


def _boundary_stays(live: LiveRole) -> Finding:
    return Finding(
        check="permissions-boundary-stays",
        severity=Severity.LOW,
        verdict=Verdict.UNKNOWN,
        resource=live.arn,
        message=f"the role keeps its permissions boundary {live.boundary_arn}, which the settings do not name: "
        "it limits what the role may do, and others may have put it there",
        remedy=f"to take it off: aws iam delete-role-permissions-boundary --role-name {live.name}",
        docs=_BOUNDARY_DOCS,
    )


def remember_tightened(draft: Draft, wanted: TrustPolicyStatements) -> None:
    """Note in the ledger what the statements of others are before source conditions are put on them."""
    found = draft.live.roles.get(wanted.role_name)
    if wanted.tighten and isinstance(found, Present):
        try:
            document = documents.parse(found.value.trust_json)
        except DocumentError:
            return  # then it is not edited at all
        tightened = tighten(document, _condition(wanted), draft.is_own)
        digests = (digest(original, draft.partition) for original in tightened.originals)
        draft.tightened |= {f"w/{wanted.role_name}/{found}" for found in digests}


def _condition(wanted: TrustPolicyStatements) -> Json:
    return wanted.statements[0].get("Condition")


def _put_trust(
    draft: Draft,
    live: LiveRole,
    edit: Edit,
    document: dict[str, Json],
    details: tuple[str, ...],
    *,
    wave: Wave = Wave.PROVIDE,
) -> None:
    if document == edit.document and not edit.changed:
        draft.show_unchanged(DocumentKind.TRUST_POLICY, live.name, live.trust_json)
        return
    text = draft.store(DocumentKind.TRUST_POLICY, live.name, document)
    _warn_of_moving(draft, live)
    draft.change(
        Action.UPDATE,
        DocumentKind.TRUST_POLICY,
        live.arn,
        f"lets Amazon Personalize in under its conditions; statements of others that stay: {edit.foreign}",
        UpdateTrust(role_name=live.name, before_json=live.trust_json, document_json=text),
        wave=wave,
        details=details,
    )


def _warn_of_moving(draft: Draft, live: LiveRole) -> None:
    name, region = draft.desired.name, draft.desired.place.region
    own = (s for s in documents.statements(documents.parse(live.trust_json)) if draft.is_own(s.get("Sid")))
    left = sorted({found for statement in own for found in trust.regions(statement)} - {region})
    if left:
        draft.findings.append(
            Finding(
                check="another-region",
                severity=Severity.HIGH,
                resource=live.arn,
                message=f"the set-up {name} is for {', '.join(left)} so far, and these changes move it to {region}: "
                "there, Amazon Personalize can no longer use the role, and what was granted is taken back",
                remedy=f"to have both, give the one for {region} a name of its own with --name",
                docs=_TRUST_DOCS,
            )
        )


def plan_adopted_role(draft: Draft, wanted: TrustPolicyStatements) -> None:
    """Append our statements to the trust policy of a role of others, and tighten theirs if that was asked for."""
    found = draft.live.roles[wanted.role_name]
    if isinstance(found, Unreadable):
        draft.refuse_unreadable(f"the role {wanted.role_arn}", found)
    elif isinstance(found, Absent):
        draft.refuse(
            "not-found",
            f"there is no role {wanted.role_arn} to adopt",
            hint="check --role-arn, or leave it out to create a role",
        )
    elif found.value.arn != wanted.role_arn:
        draft.refuse(
            "not-found",
            f"the role {wanted.role_name} is {found.value.arn}, not {wanted.role_arn}",
            hint=f"--role-arn {found.value.arn}",
        )
    else:
        _adopt(draft, wanted, found.value)


def _adopt(draft: Draft, wanted: TrustPolicyStatements, live: LiveRole) -> None:
    edit = draft.edited(DocumentKind.TRUST_POLICY, wanted.role_arn, live.trust_json, wanted.statements)
    if edit is None:
        return
    document, details, wave = edit.document, edit.details, Wave.PROVIDE
    if wanted.tighten:
        tightened = tighten(edit.document, _condition(wanted), draft.is_own)
        document, details = tightened.document, (*edit.details, *tightened.details)
        # Once the ledger knows what the statements were before.
        wave = Wave.GRANT if tightened.originals else Wave.PROVIDE
        dead = tightened.originals and not edit.changed
        if dead and draft.is_dead(DocumentKind.TRUST_POLICY, live.arn, document):
            return
    _put_trust(draft, live, edit, document, details, wave=wave)
    if document == edit.document and not edit.changed:
        draft.keep(DocumentKind.TRUST_POLICY, wanted.role_arn)
    _warn_of_loose(draft, live, document, adopted=not wanted.tighten)


def _warn_of_loose(draft: Draft, live: LiveRole, document: dict[str, Json], *, adopted: bool) -> None:
    for number, statement in trust.loose_statements(document, draft.is_own):
        shown = statement.get("Sid") or f"statement {number}"
        draft.findings.append(
            Finding(
                check="trust-without-source-conditions",
                severity=Severity.HIGH,
                verdict=Verdict.ALLOWED,
                resource=live.arn,
                message=f"{shown} in the trust policy lets Amazon Personalize in for any account: it has no "
                "aws:SourceAccount or aws:SourceArn condition, so those of this set-up do not protect the role",
                remedy="run again with --tighten-trust to put the conditions on it"
                if adopted
                else "its owner should add the conditions, or name the principals one by one",
                docs=_TRUST_DOCS,
            )
        )
