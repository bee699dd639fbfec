"""Statements for several Regions at once allow what those of each Region do, and nothing else differs."""

from dataclasses import replace

import pytest
import step_samples as samples
from golden_samples import cases

from personalize_perms import steps
from personalize_perms.model.resources import ManagedPolicy, Role, Statement
from personalize_perms.model.settings import Place, UserAccess
from personalize_perms.steps.uniting import united
from personalize_perms.templates import Templates

REGIONS = ("eu-west-1", "us-east-1", "ap-northeast-1")
TEMPLATES = Templates.load(None)


def made(preset: UserAccess, regions: tuple[str, ...]) -> dict[str, Statement]:
    settings = replace(cases(samples.AWS)["everything-strict"], user_access=preset)
    place = Place(account=samples.AWS.account, region=regions[0], partition="aws")
    context = steps.Context(settings=settings, place=place, keys=(), templates=TEMPLATES, regions=regions)
    found = (one for one in steps.desire(context).resources if isinstance(one, ManagedPolicy | Role))
    return {f"{one.name} {statement['Sid']}": statement for one in found for statement in one.statements}


def texts(value: object) -> set[str]:
    if isinstance(value, dict):
        return {f"{key} {text}" for key, inner in value.items() for text in texts(inner)}
    return set(map(str, value)) if isinstance(value, list | tuple) else {str(value)}


@pytest.mark.parametrize("preset", UserAccess)
def test_every_region_is_in_and_nothing_besides(preset: UserAccess) -> None:
    alone = [made(preset, (region,)) for region in REGIONS]
    together = made(preset, REGIONS)
    assert set(together) == set(alone[0])
    for name, statement in together.items():
        assert texts(dict(statement)) == set().union(*(texts(dict(one[name])) for one in alone))


def test_what_is_the_same_everywhere_stays_as_it_is_written() -> None:
    statement = {"Sid": "X", "Action": "a:b", "Resource": "*", "Condition": {"StringEquals": {"k": "v"}}}
    assert united([(statement,), (dict(statement),)]) == (statement,)


def test_values_that_differ_become_one_list_in_the_order_of_the_regions() -> None:
    first = {"Resource": ["same", "one"], "Condition": {"StringLike": {"k": "one"}}}
    second = {"Resource": ["same", "two"], "Condition": {"StringLike": {"k": "two"}}}
    assert united([(first,), (second,)]) == (
        {"Resource": ["same", "one", "two"], "Condition": {"StringLike": {"k": ["one", "two"]}}},
    )
