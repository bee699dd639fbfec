"""One account as the rest of the program holds it: who calls, and the services it needs."""

from personalize_perms.aws.iam import Iam
from personalize_perms.aws.identity_center import IdentityCenter
from personalize_perms.aws.kms import Kms
from personalize_perms.aws.opinions import Opinions
from personalize_perms.aws.personalize import Personalize
from personalize_perms.aws.s3 import S3
from personalize_perms.aws.session import AwsSession
from personalize_perms.model.caller import Caller
from personalize_perms.model.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account, seen by one caller. Clients are built when a service is first asked."""

    caller: Caller
    iam: Iam
    s3: S3
    kms: Kms
    personalize: Personalize
    opinions: Opinions
    identity_center: IdentityCenter
    workers: int
    """How many calls may be in flight at once."""


def open_account(session: AwsSession, expect_account: str | None) -> Account:
    """Find out who calls, in one call, and refuse what `AwsSession.caller` refuses."""
    caller = session.caller(expect_account)
    return Account(
        caller=caller,
        iam=Iam(session),
        s3=S3(session, caller.place.account),
        kms=Kms(session),
        personalize=Personalize(session),
        opinions=Opinions(session),
        identity_center=IdentityCenter(session, caller.place.account),
        workers=session.workers,
    )
