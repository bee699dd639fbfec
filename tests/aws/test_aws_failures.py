import pytest

from personalize_perms.aws.errors import AwsError, Fault
from personalize_perms.aws.failures import failure
from personalize_perms.model.errors import (
    AccessDenied,
    AwsFailure,
    CredentialsError,
    LimitExceeded,
    NotSettled,
    PersonalizePermsError,
    ResourceConflict,
)


def _error(fault: Fault, code: str = "Code") -> AwsError:
    return AwsError(fault, code=code, message="why {not}", action="s3:PutBucketPolicy", resource="acme")


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Fault.THROTTLED, AwsFailure),
        (Fault.CONFLICT, ResourceConflict),
        (Fault.NOT_YET, NotSettled),
        (Fault.UNKNOWN, AwsFailure),
        (Fault.DENIED, AccessDenied),
        (Fault.ABSENT, AwsFailure),
        (Fault.EXISTS, ResourceConflict),
        (Fault.LIMIT, LimitExceeded),
        (Fault.CREDENTIALS, CredentialsError),
        (Fault.UNREACHABLE, AwsFailure),
        (Fault.REFUSED, AwsFailure),
    ],
)
def test_every_fault_becomes_a_failure_with_awss_own_reason(fault: Fault, kind: type[PersonalizePermsError]) -> None:
    shown = failure(_error(fault))
    assert type(shown) is kind
    assert shown.reason == "Code: why {not}"
    assert "{" not in shown.message


def test_a_denial_names_the_action_and_the_resource_to_ask_for() -> None:
    shown = failure(_error(Fault.DENIED))
    assert isinstance(shown, AccessDenied)
    assert (shown.action, shown.resource) == ("s3:PutBucketPolicy", "acme")
    assert "s3:PutBucketPolicy on acme" in shown.hint


def test_missing_credentials_and_refused_ones_have_different_next_steps() -> None:
    missing = failure(_error(Fault.CREDENTIALS, "NoCredentialsError"))
    expired = failure(_error(Fault.CREDENTIALS, "ExpiredToken"))
    assert "--profile" in missing.hint
    assert "again" in expired.hint
    assert "ExpiredToken" in expired.reason
