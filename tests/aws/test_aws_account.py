import pytest
from wire import Wire

from personalize_perms.aws.account import open_account
from personalize_perms.aws.iam import Iam
from personalize_perms.aws.iam_in_bulk import IamInBulk
from personalize_perms.aws.identity_center import IdentityCenter
from personalize_perms.aws.kms import Kms
from personalize_perms.aws.opinions import Opinions
from personalize_perms.aws.personalize import Personalize
from personalize_perms.aws.s3 import S3
from personalize_perms.aws.session import AwsSession
from personalize_perms.model.errors import CredentialsError


@pytest.mark.parametrize(("ahead", "others"), [(False, ()), (True, ("iam", "s3", "kms"))])
def test_opening_an_account_asks_one_thing_and_builds_other_clients_only_while_it_waits(
    *, ahead: bool, others: tuple[str, ...], session: AwsSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    built: list[str] = []
    prepare = session._prepare
    monkeypatch.setattr(session, "_prepare", lambda client, service: (built.append(service), prepare(client, service)))
    session.builds_ahead = ahead
    account = open_account(session, None)
    assert built[0] == "sts"
    assert set(built[1:]) <= set(others)  # as many as were finished when STS answered
    assert account.workers == session.workers
    assert account.caller.place.region == "eu-west-1"


def test_an_account_that_is_not_the_expected_one_is_not_opened(session: AwsSession, wire: Wire) -> None:
    calls = wire.records("s3")
    with pytest.raises(CredentialsError):
        open_account(session, "999999999999")
    assert calls == []


@pytest.mark.parametrize("kind", [Iam, IamInBulk, S3, Kms, Opinions, Personalize, IdentityCenter, AwsSession])
def test_public_functions_that_call_aws_begin_with_read_or_write(kind: type) -> None:
    names = {name for name in dir(kind) if not name.startswith("_")}
    own = {
        "caller",
        "region",
        "asks_a_person",
        "endpoint",
        "reader",
        "writer",
        "has_opinions",
        "has_identity_center",
        "refused",
    }
    assert {name for name in names if not name.startswith(("read_", "write_"))} <= own
