"""A failed call in the words of the person who meets it: what, why, what next."""

from collections.abc import Mapping
from typing import Final

from personalize_perms.aws.errors import AwsError, Fault
from personalize_perms.model.errors import (
    AccessDenied,
    AwsFailure,
    CredentialsError,
    LimitExceeded,
    NotSettled,
    PersonalizePermsError,
    ResourceConflict,
)

_AGAIN: Final = "run the same command again: what is done already stays done"

_SHOWN: Final[Mapping[Fault, tuple[type[PersonalizePermsError], str, str]]] = {
    Fault.THROTTLED: (AwsFailure, "AWS is throttling {about}", _AGAIN),
    Fault.CONFLICT: (ResourceConflict, "{about} met another change of the same thing", _AGAIN),
    Fault.NOT_YET: (NotSettled, "{about}: AWS does not know a principal that the document names", _AGAIN),
    Fault.UNKNOWN: (AwsFailure, "{about} got no usable answer", _AGAIN),
    Fault.ABSENT: (AwsFailure, "{about}: it is not there", ""),
    Fault.EXISTS: (ResourceConflict, "{about}: something of that name is there already", "choose another name"),
    Fault.LIMIT: (
        LimitExceeded,
        "{about} would exceed a quota of AWS",
        "remove what is not needed, or raise the quota",
    ),
    Fault.UNREACHABLE: (
        AwsFailure,
        "AWS could not be reached for {about}",
        "check the network, the proxy, --region and AWS_ENDPOINT_URL",
    ),
    Fault.REFUSED: (AwsFailure, "AWS refused {about}", ""),
}


def failure(error: AwsError) -> PersonalizePermsError:
    """Return `error` as the failure that is shown to the person."""
    about = f"{error.action} on {error.resource}"
    reason = f"{error.code}: {error.message}"
    if error.fault is Fault.DENIED:
        return AccessDenied(
            f"{about} was denied",
            action=error.action,
            resource=error.resource,
            reason=reason,
            hint=f"ask an administrator to allow {about}",
        )
    if error.fault is Fault.CREDENTIALS:
        return _credentials(error, reason)
    if error.code == "NoSuchConfigurationAggregatorException":
        return AwsFailure(
            f"there is no aggregator {error.resource} here",
            reason=reason,
            hint="aws configservice describe-configuration-aggregators names them; it is of one account and Region",
        )
    kind, message, hint = _SHOWN[error.fault]
    return kind(message.format(about=about), reason=reason, hint=hint)


def _credentials(error: AwsError, reason: str) -> CredentialsError:
    if error.code == "NoCredentialsError":
        return CredentialsError(
            "no AWS credentials were found",
            reason="neither variables, nor a profile, nor this machine's own role gives any",
            hint="sign in (`aws sso login`, `aws configure`) or name a --profile; --sandbox needs none",
        )
    return CredentialsError(
        "the AWS credentials are not accepted",
        reason=reason,
        hint="sign in again (`aws sso login`, or new keys), then run the same command",
    )
