"""Policies as people write them, and as AWS's guides show them: who gets in, who does not, answered by hand.

All of the answers but one are those of @cloud-copilot/iam-simulate 0.1.173 too; it leaves out the keys of an OIDC
provider, and so denies GitHub's workflow.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from personalize_perms.evaluate import Policies, compiled, decide, principal_keys
from personalize_perms.model.access import Principal, PrincipalType, Question, RequestContext

_WRITTEN = json.loads((Path(__file__).parent / "cases" / "written.json").read_text())
_ACCOUNT = "111122223333"
PEOPLE = {
    name: Principal(type=PrincipalType(kind), arn=arn, account=account, session=session)
    for name, (kind, arn, account, session) in _WRITTEN["people"].items()
}


def _policies(written: dict[str, Any]) -> Policies:
    document = compiled(written["document"], written["name"])
    identity = tuple(compiled(one, "their own policy") for one in written.get("identity", ()))
    match written["kind"]:
        case "identity":
            return Policies(identity=(document,))
        case "boundary":
            return Policies(identity=identity, boundary=document)
        case "scp":
            return Policies(identity=identity, service_control=((document,),))
        case _:
            return Policies(identity=identity, resource=document)


def _question(asked: dict[str, Any], *, complete: bool) -> Question:
    principal = PEOPLE[asked["who"]]
    given = {
        key.lower(): tuple(values) if isinstance(values, list) else (values,)
        for key, values in asked["context"].items()
    }
    return Question(
        principal=principal,
        action=asked["action"],
        resource=asked["resource"],
        resource_account=_ACCOUNT,
        context=RequestContext(present={**principal_keys(principal), **given}, complete=complete),
    )


@pytest.mark.parametrize("written", _WRITTEN["policies"], ids=lambda written: written["name"])
def test_a_written_policy_lets_in_whom_it_means(written: dict[str, Any]) -> None:
    policies = _policies(written)
    for asked in written["questions"]:
        found = decide(policies, _question(asked, complete=True))
        assert found.verdict.value == asked["answer"], f"{asked}: {found.because}"


@pytest.mark.parametrize("written", _WRITTEN["policies"], ids=lambda written: written["name"])
def test_where_less_is_known_the_answer_is_the_same_or_unknown(written: dict[str, Any]) -> None:
    policies = _policies(written)
    for asked in written["questions"]:
        found = decide(policies, _question(asked, complete=False))
        assert found.verdict.value in (asked["answer"], "unknown"), f"{asked}: {found.because}"
