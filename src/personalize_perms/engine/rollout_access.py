"""As whom stack sets are managed, and AWS's refusals of that in plain words."""

from collections.abc import Iterator
from contextlib import contextmanager

from personalize_perms.aws.errors import AwsError, Fault
from personalize_perms.aws.failures import failure
from personalize_perms.aws.session import AwsSession
from personalize_perms.aws.stack_sets import StackSets, is_not_the_administrator
from personalize_perms.engine.rollout_words import NO_TRUSTED_ACCESS, NOT_THE_ADMINISTRATOR, words
from personalize_perms.model.errors import AwsFailure
from personalize_perms.model.live import Present
from personalize_perms.model.rollouts import CallAs

_ENABLED = "ENABLED"


@contextmanager
def plainly() -> Iterator[None]:
    """Turn the refusals that a rollout meets into words that say what to do; leave all others as they are."""
    try:
        yield
    except AwsError as error:
        meaning = words(error.message) if error.fault in (Fault.REFUSED, Fault.CONFLICT) else None
        if meaning is None:
            raise failure(error) from error
        raise AwsFailure(meaning.message, reason=f"{error.code}: {error.message}", hint=meaning.hint) from error


def for_organisation(session: AwsSession) -> StackSets:
    """Return the stack sets of the organisation, as the management account or as a delegated administrator.

    Raises `AwsFailure` where AWS says that this account is neither, or that trusted access is off. Without an answer,
    the management account is assumed: AWS itself refuses what is wrong then.
    """
    for call_as in CallAs:
        sets = StackSets(session, call_as)
        try:
            status = sets.read_access()
        except AwsError as error:
            if is_not_the_administrator(error):
                continue
            if error.fault is Fault.CREDENTIALS:
                raise
            return StackSets(session)
        if status == _ENABLED:
            return sets
        raise AwsFailure(
            "CloudFormation may not act in the accounts of the organisation yet",
            reason=f"trusted access for StackSets is {status}",
            hint=NO_TRUSTED_ACCESS,
        )
    raise AwsFailure("this account does not manage the stack sets of its organisation", hint=NOT_THE_ADMINISTRATOR)


def wherever(session: AwsSession, name: str) -> StackSets:
    """Return whose stack sets hold the one of this name: this account's, else the organisation's."""
    own = StackSets(session)
    for sets in (own, StackSets(session, CallAs.DELEGATED_ADMIN)):
        try:
            if isinstance(sets.read_set(name), Present):
                return sets
        except AwsError as error:
            if not is_not_the_administrator(error):
                raise
    return own
