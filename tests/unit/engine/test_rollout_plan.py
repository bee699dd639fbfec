"""What a rollout has to do, and the ids that make a repeated call the same call."""

import re
from dataclasses import replace

import pytest

from personalize_perms.engine.rollout_plan import (
    Seen,
    attempt,
    differences,
    operation_prefix,
    plan,
    token,
)
from personalize_perms.model.names import InvalidName
from personalize_perms.model.rollouts import (
    Share,
    Spot,
    StackSet,
    Verb,
    Wanted,
    Work,
    listed_accounts,
    organizational_unit,
    stack_set_name,
)

ACCOUNTS = tuple(f"{number:012}" for number in range(1, 6))
WANTED = Wanted(
    setup="personalize",
    stack_set="personalize-perms-personalize",
    template="Resources:\n",
    description="ours",
    home="eu-west-1",
    regions=("eu-west-1",),
    accounts=ACCOUNTS,
)
FOUND = StackSet(
    id="personalize-perms-personalize:1",
    name="personalize-perms-personalize",
    template="Resources:\n",
    description="ours",
    tags={},
    service_managed=False,
    auto_deploy=False,
    ous=(),
    administration_role="arn:aws:iam::111122223333:role/AWSCloudFormationStackSetAdministrationRole",
    execution_role="AWSCloudFormationStackSetExecutionRole",
    drift=None,
)
_ID = re.compile(r"[a-zA-Z0-9][-a-zA-Z0-9]*")


def stack(account: str, status: str = "CURRENT", region: str = "eu-west-1", ou: str = "") -> Spot:
    return Spot(account=account, region=region, status=status, ou=ou)


def seen(*stacks: Spot, wanted: Wanted = WANTED) -> Seen:
    found = Seen(wanted)
    for one in stacks:
        found.add(one)
    return found


def verbs(wanted: Wanted, found: StackSet | None, there: Seen) -> list[Verb]:
    return [step.verb for step in plan(wanted, found, there)]


def test_only_what_is_missing_or_behind_is_done() -> None:
    there = seen(stack(ACCOUNTS[0]), stack(ACCOUNTS[1], "OUTDATED"), stack("999999999999"))
    (step,) = plan(WANTED, FOUND, there)
    assert step.verb is Verb.CREATE_STACKS
    assert step.accounts == (*ACCOUNTS[2:], ACCOUNTS[1])
    assert there.beyond == 1
    assert plan(WANTED, FOUND, seen(*map(stack, ACCOUNTS))) == ()


def test_an_update_goes_through_those_that_are_behind() -> None:
    there = seen(*map(stack, ACCOUNTS[1:]), stack(ACCOUNTS[0], "OUTDATED"))
    assert verbs(replace(WANTED, template="Resources: {}\n"), FOUND, there) == [Verb.UPDATE_SET]


def test_an_update_shows_the_lines_that_change() -> None:
    wanted = replace(WANTED, template="Resources:\n  One: 2\n  Two: 2\n")
    (step,) = plan(wanted, replace(FOUND, template="Resources:\n  One: 1\n  Two: 2\n"), seen(*map(stack, ACCOUNTS)))
    assert [line for line in step.change.details if line[0] in "+-"] == ["-  One: 1", "+  One: 2"]


def test_the_roles_that_aws_fills_in_are_no_difference() -> None:
    assert differences(WANTED, FOUND) == ()
    assert differences(replace(WANTED, execution_role="other"), FOUND) == ("the execution role",)
    assert differences(replace(WANTED, template="Resources:"), FOUND) == ()
    assert differences(replace(WANTED, template="x", auto_deploy=True), FOUND) == (
        "the template",
        "automatic deployment to new accounts",
    )
    unsaid = replace(FOUND, template="", description="", auto_deploy=None)
    assert differences(replace(WANTED, auto_deploy=True), unsaid) == ()


def test_an_organizational_unit_without_accounts_is_known_once_it_was_named() -> None:
    wanted = replace(WANTED, accounts=(), ous=("ou-abcd-11111111",))
    found = replace(FOUND, service_managed=True, ous=("ou-abcd-11111111",))
    assert plan(wanted, found, seen(wanted=wanted)) == ()
    late = seen(stack(ACCOUNTS[0], "OUTDATED", ou="ou-abcd-11111111"), wanted=wanted)
    assert [step.ous for step in plan(wanted, found, late)] == [("ou-abcd-11111111",)]


def test_the_id_of_an_operation_depends_on_what_is_wanted_and_on_nothing_else() -> None:
    prefix = operation_prefix(Verb.CREATE_STACKS, FOUND, WANTED)
    assert _ID.fullmatch(f"{prefix}1")
    assert len(prefix) < 100
    assert operation_prefix(Verb.CREATE_STACKS, FOUND, replace(WANTED, accounts=ACCOUNTS[::-1])) == prefix
    others = [
        operation_prefix(Verb.UPDATE_SET, FOUND, WANTED),
        operation_prefix(Verb.CREATE_STACKS, replace(FOUND, id="another"), WANTED),
        operation_prefix(Verb.CREATE_STACKS, FOUND, replace(WANTED, accounts=ACCOUNTS[1:])),
        operation_prefix(Verb.CREATE_STACKS, FOUND, replace(WANTED, template="x")),
    ]
    assert len({prefix, *others}) == 5


def test_an_operation_that_is_under_way_is_the_one_and_one_that_ended_makes_room() -> None:
    works = [
        Work(id=f"p-{number}", action="CREATE", status=status) for number, status in ((1, "FAILED"), (2, "STOPPED"))
    ]
    assert attempt(works, "p-") == (3, None)
    under_way = Work(id="p-3", action="CREATE", status="QUEUED")
    assert attempt([*works, under_way], "p-") == (3, under_way)
    assert attempt([Work(id="p-x-9", action="CREATE", status="RUNNING")], "p-") == (1, None)


@pytest.mark.parametrize("setup", ["a", "a.b", "a-b", "a_b", "x" * 40, "a..b", "A-b"])
def test_every_set_up_has_a_stack_set_of_its_own_that_aws_accepts(setup: str) -> None:
    name = stack_set_name(setup)
    assert re.fullmatch(r"[a-zA-Z][-a-zA-Z0-9]*", name)
    assert len(name) <= 128
    others = {"a", "a.b", "a-b", "a_b", "x" * 40, "a..b", "A-b"} - {setup}
    assert name not in {stack_set_name(other) for other in others}
    assert _ID.fullmatch(token(replace(WANTED, stack_set=name), 1))


def test_a_list_of_accounts_may_have_remarks() -> None:
    assert listed_accounts("# ours\n000000000001, 000000000002 # two\n\n000000000001;000000000003") == ACCOUNTS[:3]
    with pytest.raises(InvalidName, match="12 digits"):
        listed_accounts("111122223333,4444")


@pytest.mark.parametrize("text", ["101%", "-1", "5.5", "%", "", "00", "1e3", "٥"])
def test_what_is_no_share_of_accounts_is_refused(text: str) -> None:
    with pytest.raises(InvalidName):
        Share.parse(text)


@pytest.mark.parametrize("text", ["ou-a-1", "r-ABCD", "ou-abcd-12345678\n", "all"])
def test_what_is_no_organizational_unit_is_refused(text: str) -> None:
    with pytest.raises(InvalidName):
        organizational_unit(text)
