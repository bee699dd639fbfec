"""The last look before a policy or a role goes: what others made of it since the plan keeps it."""

from dataclasses import dataclass, replace
from typing import Any

import pytest

from personalize_perms.engine import guards
from personalize_perms.model import ownership
from personalize_perms.model.live import Absent, LiveRole, PolicyEntities, PolicyHead, Present, Read, RoleContents
from personalize_perms.model.operations import DeletePolicy, DeleteRole

POLICY, ROLE = "arn:aws:iam::111122223333:policy/p", "arn:aws:iam::111122223333:role/r"
TAGS = {ownership.TAG_RUN: "this"}
NOBODY = PolicyEntities(users=(), groups=(), roles=())
EMPTY = RoleContents(attached_policy_arns=(), inline_policy_names=(), instance_profiles=())


@dataclass(frozen=True)
class FakeIam:
    """A policy and a role on which nothing hangs unless it is said."""

    boundary_of: int = 0
    entities: PolicyEntities = NOBODY
    spare: tuple[str, ...] = ()
    contents: RoleContents = EMPTY

    def read_policy_head(self, arn: str) -> Read[PolicyHead]:
        return Present(PolicyHead(arn=arn, tags=TAGS, version_id="v9", boundary_of=self.boundary_of))

    def read_policy_entities(self, _: str) -> Read[PolicyEntities]:
        return Present(self.entities)

    def read_policy_versions(self, _: str) -> Read[tuple[str, ...]]:
        return Present(self.spare)

    def read_role(self, name: str) -> Read[LiveRole]:
        rest = {"role_id": "", "path": "/", "description": "", "boundary_arn": "", "trust_json": "{}"}
        return Present(LiveRole(name=name, arn=ROLE, tags=TAGS, **rest))

    def read_role_contents(self, _: str) -> Read[RoleContents]:
        return Present(self.contents)


def why_the_policy_stays(run_id: str = "", **found: Any) -> str:
    return guards.policy_in_use(FakeIam(**found), DeletePolicy(arn=POLICY, run_id=run_id))  # type: ignore[arg-type]


def why_the_role_stays(run_id: str = "", **found: Any) -> str:
    return guards.role_in_use(FakeIam(**found), DeleteRole(role_name="r", run_id=run_id))  # type: ignore[arg-type]


@pytest.mark.parametrize("run_id", ["", "this"])
def test_what_nothing_hangs_on_may_go(run_id: str) -> None:
    assert why_the_policy_stays(run_id) == ""
    assert why_the_role_stays(run_id) == ""


def test_what_another_run_made_stays() -> None:
    assert "was not made by this run" in why_the_policy_stays("another")
    assert "was not made by this run" in why_the_role_stays("another")


@pytest.mark.parametrize(
    ("found", "why"),
    [
        ({"boundary_of": 2}, "is the permissions boundary of 2 users or roles"),
        ({"entities": PolicyEntities(users=("ada",), groups=("all",), roles=("x",))}, "is attached to ada, all, x"),
        ({"spare": ("v2", "v3")}, "has other versions (v2, v3)"),
    ],
)
def test_a_policy_that_others_use_stays_and_is_told(found: dict[str, Any], why: str) -> None:
    assert f"{POLICY} {why}; it stays" in why_the_policy_stays(**found)


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("attached_policy_arns", "attached policies (x)"),
        ("inline_policy_names", "inline policies (x)"),
        ("instance_profiles", "instance profiles (x)"),
    ],
)
def test_a_role_on_which_something_hangs_stays_and_is_told(kind: str, why: str) -> None:
    assert f"{ROLE} has {why}; it stays" in why_the_role_stays(contents=replace(EMPTY, **{kind: ("x",)}))


def test_what_is_gone_keeps_nothing() -> None:
    class Gone(FakeIam):
        def read_policy_head(self, _: str) -> Read[PolicyHead]:
            return Absent()

        def read_role(self, _: str) -> Read[LiveRole]:
            return Absent()

    assert guards.policy_in_use(Gone(), DeletePolicy(arn=POLICY)) == ""  # type: ignore[arg-type]
    assert guards.role_in_use(Gone(), DeleteRole(role_name="r")) == ""  # type: ignore[arg-type]
