"""The table of questions, in the order in which they are asked: the data, the service role, the people, the rest.

A question that is never asked of itself has a good default; the review leads to it.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from personalize_perms.model.settings import UserAccess, Workflow
from personalize_perms.wizard import choices
from personalize_perms.wizard.prompter import Choice
from personalize_perms.wizard.question import (
    WAY_FIELDS,
    Answer,
    Condition,
    Kind,
    Question,
    Source,
    View,
    Way,
    always,
    never,
)

NEW_ROLE: Final = ":new"
"""The entry that stands for "do not adopt a role"."""

_ASSIGN: Final = ("assign_groups", "assign_users", "assign_accounts", "identity_center_region")
_DELIVERY: Final = (*WAY_FIELDS.values(), "require_mfa", "oidc_audience", "oidc_subject", *_ASSIGN)


def _people(view: View) -> bool:
    return view.settings.user_access is not UserAccess.NONE


def _way(*wanted: Way) -> Condition:
    return lambda view: _people(view) and not set(wanted).isdisjoint(view.ways)


def _buckets_in(places: str) -> Condition:
    return lambda view: any("/" not in place for place in view.answers.get(places, ()))


def _reads(view: View) -> bool:
    return view.settings.reads_input


def _writes(view: View) -> bool:
    return view.settings.writes_output


def _own_key(view: View) -> bool:
    return Workflow.ENCRYPTED_DATASET_GROUP in view.settings.workflows


def _new_role(view: View) -> bool:
    return view.settings.role_arn is None


def _adopted_role(view: View) -> bool:
    return view.settings.role_arn is not None


def _open_role(view: View) -> bool:
    return view.open_role


def _reset_by_role(answer: Answer) -> Answer:
    return ("role_name", "role_path", "role_description") if answer else ("tighten_trust",)


def _reset_by_access(answer: Answer) -> Answer:
    return (*_DELIVERY, "user_policy_name") if answer == (UserAccess.NONE,) else ()


def _reset_by_delivery(answer: Answer) -> Answer:
    details: Mapping[Answer, Answer] = {
        (Way.OIDC,): ("oidc_audience", "oidc_subject"),
        (Way.IDENTITY_CENTER,): _ASSIGN,
    }
    kept = details.get(answer, ())
    return tuple(field for field in _DELIVERY if field not in kept)


def _places(direction: str, verb: str, relevant: Condition) -> tuple[Question, Question]:
    """Return the questions for one direction: which buckets, then which prefix in each."""
    places, field = f"{direction}_places", f"{direction}s"
    return (
        Question(
            id=places,
            field=field,
            kind=Kind.PLACES,
            text=f"Which buckets does Amazon Personalize {verb}?",
            label=f"{direction.capitalize()} locations",
            help="Take as many as you use. What others have in the bucket policies stays.",
            source=Source.BUCKETS,
            relevant=relevant,
        ),
        Question(
            id=f"{direction}_prefixes",
            field=field,
            kind=Kind.PREFIXES,
            text="Only under which prefix?",
            help="A prefix keeps the grant to the objects that Amazon Personalize needs.",
            relevant=lambda view: relevant(view) and _buckets_in(places)(view),
            after=(places,),
        ),
    )


def _detail(  # noqa: PLR0913 - a row of the table has these columns
    field: str,
    way: Way,
    text: str,
    label: str,
    *,
    kind: Kind = Kind.TEXT,
    source: Source | None = None,
    required: Condition = always,
) -> Question:
    """Return a question that only one way to give people the policy brings up."""
    covered = (way, Way.USERS_WITH_MFA) if way is Way.USERS else (way,)
    return Question(
        id=field,
        field=field,
        kind=kind,
        text=text,
        label=label,
        source=source,
        relevant=_way(*covered),
        required=required,
        after=("delivery",),
    )


def _quiet(
    field: str,
    kind: Kind,
    text: str,
    label: str,
    *,
    entries: tuple[Choice, ...] = (),
    relevant: Condition = always,
) -> Question:
    """Return a question with a good default: only the review leads to it."""
    return Question(
        id=field,
        field=field,
        kind=kind,
        text=text,
        label=label,
        choices=entries,
        relevant=relevant,
        asked=never,
        required=never,
    )


_DATA: Final = (
    Question(
        id="workflows",
        field="workflows",
        kind=Kind.MANY,
        text="What will you do with Amazon Personalize?",
        label="Workflows",
        choices=choices.WORKFLOWS,
        proposal=(Workflow.IMPORT,),
    ),
    *_places("input", "read from", _reads),
    *_places("output", "write to", _writes),
    Question(
        id="kms_keys",
        field="kms_keys",
        kind=Kind.MANY,
        text="Which KMS key encrypts the dataset groups?",
        label="KMS keys",
        source=Source.KEYS,
        asked=_own_key,
        required=_own_key,
    ),
)
_ROLE: Final = (
    Question(
        id="role_arn",
        field="role_arn",
        kind=Kind.ONE,
        text="Which role shall Amazon Personalize use?",
        label="Service role",
        help="A new role holds exactly what is needed; an adopted one also keeps whatever it has.",
        choices=(Choice(value=NEW_ROLE, label="A new one, made for this (recommended)"),),
        source=Source.SERVICE_ROLES,
        settled_by=("role_name",),
        resets=_reset_by_role,
    ),
    Question(
        id="tighten_trust",
        field="tighten_trust",
        kind=Kind.CONFIRM,
        text="Put the source conditions on that statement?",
        label="Tighten the trust policy",
        help=(
            "This role has a statement that lets Amazon Personalize in without source conditions, so another account's "
            "Amazon Personalize could be tricked into using it, whatever we add. Yes puts aws:SourceAccount and "
            "aws:SourceArn on it; principals that share the statement keep theirs as it is. The plan shows it."
        ),
        relevant=_adopted_role,
        asked=_open_role,
        proposal=("true",),
        after=("role_arn",),
    ),
)
_PEOPLE: Final = (
    Question(
        id="user_access",
        field="user_access",
        kind=Kind.ONE,
        text="What may people do?",
        label="User access",
        choices=choices.ACCESS,
        proposal=(UserAccess.ADMIN,),
        ahead=Source.IDENTITY_CENTER,
        resets=_reset_by_access,
    ),
    Question(
        id="delivery",
        kind=Kind.ONE,
        text="How do people get the policy?",
        label="People get it by",
        help="AWS recommends roles, whose credentials are temporary.",
        choices=choices.WAYS,
        only_with=((Way.IDENTITY_CENTER, Source.IDENTITY_CENTER),),
        relevant=_people,
        proposal=(Way.USERS,),
        settled_by=tuple(WAY_FIELDS.values()),
        resets=_reset_by_delivery,
    ),
    _detail(
        "assumable_by", Way.USERS, "Which users may assume the role?", "Users", kind=Kind.MANY, source=Source.USERS
    ),
    _detail("permission_set", Way.IDENTITY_CENTER, "Name of the permission set:", "Permission set"),
    _detail(
        "assign_groups",
        Way.IDENTITY_CENTER,
        "Which groups of Identity Center get it, by display name? (empty: none)",
        "Identity Center groups",
        kind=Kind.MANY,
        required=never,
    ),
    _detail(
        "assign_users",
        Way.IDENTITY_CENTER,
        "Which users of Identity Center get it, by user name? (empty: none)",
        "Identity Center users",
        kind=Kind.MANY,
        required=never,
    ),
    _detail("saml_provider", Way.SAML, "ARN of the SAML provider:", "SAML provider"),
    _detail("oidc_provider", Way.OIDC, "ARN of the OIDC provider:", "OIDC provider"),
    _detail("oidc_audience", Way.OIDC, "Audience (client ID) that tokens must name:", "OIDC audience"),
    _detail("oidc_subject", Way.OIDC, "The one subject that is let in:", "OIDC subject"),
    _detail("attach_roles", Way.ROLE, "Name of the role:", "Roles", kind=Kind.MANY),
    _detail("attach_groups", Way.GROUP, "Which groups?", "Groups", kind=Kind.MANY, source=Source.GROUPS),
    _detail("attach_users", Way.USER, "Which users?", "Users", kind=Kind.MANY, source=Source.USER_NAMES),
)
_REST: Final = (
    _quiet("name", Kind.TEXT, "Name of this set-up:", "Name of the set-up"),
    _quiet("role_name", Kind.TEXT, "Name of the service role:", "Role name", relevant=_new_role),
    _quiet("role_path", Kind.TEXT, "Path of the service role:", "Role path", relevant=_new_role),
    _quiet("role_description", Kind.TEXT, "Description of the role:", "Role description", relevant=_new_role),
    _quiet("permissions_boundary", Kind.TEXT, "ARN of the boundary policy:", "Permissions boundary"),
    _quiet("tags", Kind.MANY, "Tag, as KEY=VALUE:", "Tags"),
    _quiet("user_policy_name", Kind.TEXT, "Name of the user policy:", "User policy name", relevant=_people),
    _quiet("assign_accounts", Kind.MANY, "Account ID:", "Assigned in", relevant=_way(Way.IDENTITY_CENTER)),
    _quiet(
        "identity_center_region",
        Kind.TEXT,
        "Region of Identity Center:",
        "Identity Center Region",
        relevant=_way(Way.IDENTITY_CENTER),
    ),
    _quiet("kms_access", Kind.ONE, "How does the role get the key?", "Access to keys", entries=choices.KMS_ACCESS),
    _quiet("hardening", Kind.ONE, "Which form of the documents?", "Hardening", entries=choices.HARDENING),
    _quiet(
        "source_conditions",
        Kind.ONE,
        "Where are the source conditions?",
        "Source conditions",
        entries=choices.CONDITIONS,
    ),
)

QUESTIONS: Final[tuple[Question, ...]] = (*_DATA, *_ROLE, *_PEOPLE, *_REST)
BY_ID: Final[Mapping[str, Question]] = MappingProxyType({question.id: question for question in QUESTIONS})
