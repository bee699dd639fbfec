"""Whoever could do something before apply still can after it; after undo everybody can do what they could before."""

import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import strategies as st
from memory_account import PLACE, MemoryAccount
from scenes import (
    BUCKET,
    KEY,
    ROLE,
    ROLE_ARN,
    as_text,
    journal,
    places,
    set_up,
    set_ups,
    shown,
    shown_again,
    take_back,
    text_of,
)

from personalize_perms.model.settings import Settings
from unit import policies
from unit.judge import Request, allowed

ADA = ("AWS", PLACE.arn("iam", "user/ada"))
STRANGER = ("AWS", "arn:aws:iam::444455556666:role/other")
GLUE = ("Service", "glue.amazonaws.com")
PERSONALIZE = ("Service", policies.SERVICE)
OBJECTS = f"arn:aws:s3:::{BUCKET}/in/users.csv", f"arn:aws:s3:::{BUCKET}/other", f"arn:aws:s3:::{BUCKET}"
ASKED = {
    "bucket": (("s3:GetObject", "s3:ListBucket", "s3:*", "s3:PutObject"), (*OBJECTS, f"arn:aws:s3:::{BUCKET}/*", "*")),
    "key": (("kms:Decrypt", "kms:PutKeyPolicy", "kms:*", "kms:CreateGrant"), ("*",)),
    "role": (("sts:AssumeRole", "sts:TagSession", "sts:*"), ()),
}
OURS = {"aws:SourceAccount": PLACE.account, "aws:SourceArn": PLACE.arn("personalize", "dataset/a", regional=True)}
CONTEXTS = (
    {},
    {"aws:SecureTransport": "true", "aws:PrincipalOrgID": "o-example"},
    OURS,
    {**OURS, "aws:SecureTransport": "false"},
)


def questions(kind: str) -> Iterator[Request]:
    """All that is asked about a document, but whether Amazon Personalize may come for somebody else."""
    actions, named = ASKED[kind]
    resources = [one for one in named if "*" not in one] or ["arn:aws:kms:::key" if kind == "key" else ""]
    whole = [action for action in actions if "*" not in action]
    for who, action, resource, context in product((ADA, STRANGER, GLUE, PERSONALIZE), whole, resources, CONTEXTS):
        if kind != "role" or who != PERSONALIZE or OURS.items() <= context.items():
            yield Request(action=action, resource=resource, who=who, context=context)


def answers(world: MemoryAccount) -> list[bool]:
    documents = [(place, json.loads(text_of(world, place) or _NOTHING)) for place in places(_ADOPTED)]
    return [allowed([document], asked) for (kind, _), document in documents for asked in questions(kind)]


_NOTHING = '{"Version": "2012-10-17", "Statement": []}'
_ADOPTED = Settings(role_arn=ROLE_ARN)


@shown(50)
def test_nobody_loses_access_by_apply_and_undo_gives_everybody_what_they_had(data: st.DataObject) -> None:
    wanted = replace(data.draw(set_ups()), role_arn=ROLE_ARN, tighten_trust=data.draw(st.booleans()))
    world = MemoryAccount(seed=data.draw(st.integers(0, 1000)))
    drawn = {kind: policies.judged_documents(*ASKED[kind], (ADA, STRANGER, GLUE, PERSONALIZE)) for kind in ASKED}
    world.buckets[BUCKET] = data.draw(st.none() | drawn["bucket"].map(as_text))
    world.keys[KEY] = data.draw(drawn["key"].map(as_text))
    world.role(ROLE, data.draw(drawn["role"].map(as_text)))
    before = answers(world)
    assert len(before) >= 200
    if set_up(world, wanted):
        after = answers(world)
        assert not any(could and not can for could, can in zip(before, after, strict=True))
        take_back(world, wanted, journal(world))
        assert answers(world) == before


@pytest.mark.long
def test_nobody_loses_access_in_many_more_examples() -> None:
    shown_again(test_nobody_loses_access_by_apply_and_undo_gives_everybody_what_they_had, 2_000)
