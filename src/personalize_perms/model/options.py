"""Every setting once: flag, variable and key are three spellings of one row, and so is the wizard's question.

The command line builds its Click options from this table, the wizard checks answers with the same parsers, the
settings file and the "equivalent command" are written from it, and the README's table is generated from it.
"""

from collections.abc import Mapping
from dataclasses import fields
from functools import partial
from typing import Final

from personalize_perms.model import names
from personalize_perms.model.identity_options import IDENTITY_OPTIONS
from personalize_perms.model.names import InvalidName, S3Location
from personalize_perms.model.option import Option
from personalize_perms.model.settings import (
    Hardening,
    KmsAccess,
    Settings,
    SourceConditions,
    UserAccess,
    Workflow,
)


def _plain(text: str) -> str:
    if not text or not text.isascii() or not text.isprintable() or any(part in text for part in ("*", "?", "${")):
        raise InvalidName(f"{text!r} must be printable ASCII without '*', '?' and '${{': it is compared exactly")
    return text


_role = partial(names.iam_arn, kind="role")
_user = partial(names.iam_arn, kind="user")
_policy = partial(names.iam_arn, kind="policy")
_saml = partial(names.iam_arn, kind="saml-provider")
_oidc = partial(names.iam_arn, kind="oidc-provider")


OPTIONS: Final[tuple[Option, ...]] = (
    Option(
        field="name",
        flag="--name",
        metavar="NAME",
        parse=names.setup_name,
        default="personalize",
        help="Name of this set-up; what it makes begins with it, so several can live side by side.",
    ),
    Option(
        field="workflows",
        flag="--workflow",
        parse=Workflow,
        choices=tuple(Workflow),
        repeatable=True,
        default="import",
        help="What you do with Amazon Personalize; it decides what is granted.",
    ),
    Option(
        field="inputs",
        flag="--input",
        metavar="s3://BUCKET[/PREFIX]",
        parse=S3Location.parse,
        repeatable=True,
        help="Where Amazon Personalize reads.",
    ),
    Option(
        field="outputs",
        flag="--output",
        metavar="s3://BUCKET[/PREFIX]",
        parse=S3Location.parse,
        repeatable=True,
        help="Where Amazon Personalize writes.",
    ),
    Option(
        field="kms_keys",
        flag="--kms-key",
        metavar="KEY",
        parse=names.key_reference,
        repeatable=True,
        default="from the buckets",
        help="KMS key: ARN, id or alias. The key of a bucket with SSE-KMS is found by itself.",
    ),
    Option(
        field="bucket_owners",
        flag="--bucket-owner",
        metavar="BUCKET=ID",
        parse=names.bucket_owner,
        repeatable=True,
        help="A bucket of another account, and that account: its owner makes that half, which is printed.",
    ),
    Option(
        field="serve_accounts",
        flag="--serve-account",
        metavar="ID",
        parse=names.account_id,
        repeatable=True,
        help="Your buckets and keys serve this account: only their policies let in its roles and Amazon Personalize.",
    ),
    Option(
        field="serve_org",
        flag="--serve-org",
        metavar="o-ID",
        parse=names.organisation_id,
        help="Your buckets and keys serve the accounts of this organisation.",
    ),
    Option(
        field="kms_access",
        flag="--kms-access",
        parse=KmsAccess,
        choices=tuple(KmsAccess),
        default="key-policy",
        help="How the role gets the key: by the key policy, or by a KMS grant.",
    ),
    Option(
        field="role_name",
        flag="--role-name",
        metavar="NAME",
        parse=names.role_name,
        default="<name>-service-role",
        help="Name of the service role to create.",
    ),
    Option(
        field="role_path",
        flag="--role-path",
        metavar="PATH",
        parse=names.role_path,
        default="/",
        help="IAM path of the service role to create.",
    ),
    Option(
        field="role_arn",
        flag="--role-arn",
        metavar="ARN",
        parse=_role,
        help="An existing service role to adopt instead of creating one.",
    ),
    Option(
        field="role_description",
        flag="--role-description",
        metavar="TEXT",
        parse=names.role_description,
        default="says what it is for",
        help="Description of the service role to create.",
    ),
    Option(
        field="tighten_trust",
        flag="--tighten-trust",
        default="off",
        help="On an adopted role, put the source conditions on statements that let Personalize in without them.",
    ),
    Option(
        field="permissions_boundary",
        flag="--permissions-boundary",
        metavar="ARN",
        parse=_policy,
        help="Permissions boundary of every role that is made.",
    ),
    Option(
        field="tags",
        flag="--tag",
        metavar="KEY=VALUE",
        parse=names.tag,
        repeatable=True,
        help="Tag on every role and policy that is made.",
    ),
    Option(
        field="user_access",
        flag="--user-access",
        parse=UserAccess,
        choices=tuple(UserAccess),
        default="admin",
        help="What people may do: the preset of the user policy.",
    ),
    Option(
        field="user_policy_name",
        flag="--user-policy-name",
        metavar="NAME",
        parse=names.policy_name,
        default="<name>-user-access",
        help="Name of the user policy.",
    ),
    Option(
        field="attach_users",
        flag="--attach-user",
        metavar="USER",
        parse=names.user_name,
        repeatable=True,
        help="Attach the user policy to an IAM user (AWS does not recommend it; prefer --assumable-by).",
    ),
    Option(
        field="attach_groups",
        flag="--attach-group",
        metavar="GROUP",
        parse=names.group_name,
        repeatable=True,
        help="Attach the user policy to an IAM group (AWS does not recommend it; prefer --assumable-by).",
    ),
    Option(
        field="attach_roles",
        flag="--attach-role",
        metavar="ROLE",
        parse=names.role_name,
        repeatable=True,
        help="Attach the user policy to an existing role.",
    ),
    Option(
        field="assumable_by",
        flag="--assumable-by",
        metavar="ARN",
        parse=_user,
        repeatable=True,
        help="Make a role with the user policy that these IAM users may assume (recommended).",
    ),
    Option(
        field="require_mfa",
        flag="--require-mfa",
        default="off",
        help="With --assumable-by: only after multi-factor authentication.",
    ),
    Option(
        field="saml_provider",
        flag="--saml-provider",
        metavar="ARN",
        parse=_saml,
        help="Make a role with the user policy for SAML federation.",
    ),
    Option(
        field="oidc_provider",
        flag="--oidc-provider",
        metavar="ARN",
        parse=_oidc,
        help="Make a role with the user policy for OIDC federation.",
    ),
    Option(
        field="oidc_audience",
        flag="--oidc-audience",
        metavar="AUDIENCE",
        parse=_plain,
        help="With --oidc-provider: the audience (client ID) that tokens must name.",
    ),
    Option(
        field="oidc_subject",
        flag="--oidc-subject",
        metavar="SUBJECT",
        parse=_plain,
        help="With --oidc-provider: the one subject that is let in.",
    ),
    *IDENTITY_OPTIONS,
    Option(
        field="hardening",
        flag="--hardening",
        parse=Hardening,
        choices=tuple(Hardening),
        default="documented",
        help="The documents as AWS's guide shows them, scoped to your resources, or the tightest form.",
    ),
    Option(
        field="source_conditions",
        flag="--source-conditions",
        parse=SourceConditions,
        choices=tuple(SourceConditions),
        default="trust",
        help="Source conditions on the trust policy (always safe), or also on bucket and key policy (unproven).",
    ),
)

__all__ = ["BY_FIELD", "OPTIONS", "Option", "arguments", "texts"]

BY_FIELD: Final[Mapping[str, Option]] = {option.field: option for option in OPTIONS}

if {option.field for option in OPTIONS} != {field.name for field in fields(Settings)}:  # pragma: no cover
    raise AssertionError("OPTIONS and Settings name different fields")


def texts(settings: Settings, option: Option) -> tuple[str, ...]:
    """Return the value of `option` as the texts that a person would type; empty where it is the default."""
    value = getattr(settings, option.field)
    if value == getattr(Settings(), option.field):
        return ()
    if option.parse is None:
        return ("true",)
    values = value if option.repeatable else (value,)
    return tuple("=".join(item) if isinstance(item, tuple) else str(item) for item in values)


def arguments(settings: Settings) -> list[str]:
    """Return the command-line arguments that give these settings."""
    words: list[str] = []
    for option in OPTIONS:
        for text in texts(settings, option):
            words += [option.flag] if option.parse is None else [option.flag, text]
    return words
