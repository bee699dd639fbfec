"""Grants of others stay: what is revoked carries our name, and is like what we made in everything."""

from types import SimpleNamespace

from personalize_perms.engine.draft import Draft
from personalize_perms.engine.operations import Operations
from personalize_perms.engine.plan_resource_policies import revoke_grants
from personalize_perms.model import ownership
from personalize_perms.model.caller import Caller
from personalize_perms.model.live import LiveGrant, Present
from personalize_perms.model.names import AccountId
from personalize_perms.model.operations import CreateGrant, RevokeGrant
from personalize_perms.model.settings import Place

CALLER = Caller(place=Place(account=AccountId("111122223333"), region="eu-west-1", partition="aws"), arn="")
MADE = CreateGrant(key_arn="k", name="ours", grantee_arn="role", operations=("Decrypt",))
GRANTS = (
    LiveGrant(grant_id="made", name="ours", grantee="role", operations=("Decrypt",)),
    LiveGrant(grant_id="named otherwise", name="theirs", grantee="role", operations=("Decrypt",)),
    LiveGrant(grant_id="without a name", name="", grantee="role", operations=("Decrypt",)),
    LiveGrant(grant_id="for somebody else", name="ours", grantee="other", operations=("Decrypt",)),
    LiveGrant(grant_id="for something else", name="ours", grantee="role", operations=("Encrypt",)),
)


def test_only_the_grant_that_the_run_made_is_revoked_though_its_id_was_never_learnt() -> None:
    revoked: list[str] = []
    kms = SimpleNamespace(
        read_grants=lambda _: Present(tuple(grant for grant in GRANTS if grant.grant_id not in revoked)),
        write_revoke_grant=lambda operation: revoked.append(operation.grant_id),
    )
    operations = Operations(SimpleNamespace(caller=CALLER, iam=None, s3=None, kms=kms), "run")  # type: ignore[arg-type]
    revoke = RevokeGrant(key_arn="k", grant_id="", created=MADE)
    assert not operations.landed(revoke)
    operations.send(revoke)
    assert revoked == ["made"]
    assert operations.landed(revoke)


def test_of_the_grants_on_a_key_only_those_of_the_set_up_are_planned_to_go() -> None:
    names = [f"{ownership.sid_prefix('n')}-service", f"{ownership.sid_prefix('n2')}-service", "n-service", "theirs", ""]
    grants = [LiveGrant(grant_id=f"id of {name}", name=name, grantee="role", operations=()) for name in names]
    draft = Draft(desired=SimpleNamespace(name="n"), live=SimpleNamespace())  # type: ignore[arg-type]
    revoke_grants(draft, "k", grants)
    assert [change.operation for change in draft.changes] == [RevokeGrant(key_arn="k", grant_id=f"id of {names[0]}")]
