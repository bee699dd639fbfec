"""The other half of a set-up whose buckets or keys are of another account: what their owner has to let in.

It is worked out by the same step that the owner's own run takes, from the settings that are handed to the owner.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html
"""

import base64
import zlib
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from personalize_perms.model.findings import Finding, Severity
from personalize_perms.model.names import AccountId, Arn
from personalize_perms.model.resources import BucketPolicyStatements, OwnersHalf
from personalize_perms.model.settings import KeyUse, Settings, Workflow
from personalize_perms.steps import kms_key, served
from personalize_perms.steps.context import Context

DOCS: Final = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html"
OTHER_ACCOUNT: Final = "other-account"
"""The check that says what is not known of another account."""
_LONGEST: Final = 40
"""Characters that the name of a set-up may have."""


def halves(context: Context) -> tuple[OwnersHalf, ...]:
    """Return what each other account has to do, by account; those of a bucket whose owner is not known come last."""
    owners = dict(context.settings.bucket_owners)
    foreign = [bucket for bucket in context.settings.buckets if context.is_foreign(bucket)]
    keys = [use for use in context.keys if use.arn.account != context.place.account]
    accounts = {*(_owner(owners, bucket, context) for bucket in foreign), *(use.arn.account for use in keys)}
    return tuple(
        _half(
            context,
            account,
            [bucket for bucket in foreign if _owner(owners, bucket, context) == account],
            [use for use in keys if use.arn.account == account],
        )
        for account in sorted(accounts, key=lambda account: (not account, account))
    )


def findings(halves: Iterable[OwnersHalf]) -> tuple[Finding, ...]:
    """Return what cannot be known from here: whether the owner has let the set-up in."""
    return tuple(
        Finding(
            check=OTHER_ACCOUNT,
            severity=Severity.MEDIUM,
            resource=resource.bucket if isinstance(resource, BucketPolicyStatements) else resource.key_arn,
            message=f"belongs to {f'account {half.owner}' if half.owner else 'another account'}: only its owner can "
            "let Amazon Personalize and the role in, and whether that is done cannot be seen from here",
            remedy="hand the owner the owner's half: statements, settings file and command",
            docs=DOCS,
        )
        for half in halves
        for resource in half.resources
    )


def _owner(owners: dict[str, str], bucket: str, context: Context) -> str:
    owner = owners.get(bucket, "")
    return "" if owner == context.place.account else owner


def _half(context: Context, account: str, buckets: list[str], keys: list[KeyUse]) -> OwnersHalf:
    own = context.settings
    workflows = own.workflows
    if not any(use.holds_datasets for use in keys):
        workflows = tuple(one for one in workflows if one is not Workflow.ENCRYPTED_DATASET_GROUP)
    settings = Settings(
        name=_name(own.name, context.place.account),
        workflows=workflows,
        inputs=tuple(location for location in own.inputs if own.reads_input and location.bucket in buckets),
        outputs=tuple(location for location in own.outputs if own.writes_output and location.bucket in buckets),
        kms_keys=tuple(str(use.arn) for use in keys),
        kms_access=own.kms_access,
        role_arn=Arn.parse(context.service_role_arn),
        hardening=own.hardening,
        source_conditions=own.source_conditions,
        serve_accounts=(context.place.account,),
    )
    place = replace(context.place, account=AccountId(account) if account else context.place.account)
    # As the owner's run sees them: which of the keys hold datasets is not in the settings.
    uses = kms_key.key_uses(settings, [use.arn for use in keys], {})
    owners = replace(context, settings=settings, place=place, keys=uses, foreign_buckets=frozenset())
    return OwnersHalf(owner=account, settings=settings, resources=served.desired(owners))


def _name(name: str, account: str) -> str:
    """Return the name of the owner's set-up: never one of the owner's own, nor that of another account's."""
    whole = f"{name}-for-{account}"
    if len(whole) <= _LONGEST:
        return whole
    mark = base64.b32encode(zlib.crc32(name.encode()).to_bytes(4, "big")).decode()[:7]
    rest = f"-{mark}-for-{account}"
    return name[: _LONGEST - len(rest)] + rest
