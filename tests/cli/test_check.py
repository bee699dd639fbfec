"""Checking a set-up: nothing to find where all is well, the cause first where something is not, and how to mend it."""

import pytest
from account import Account, Document, Program, Run
from single_faults import FAULTS, SETTINGS, Fault, prepare


@pytest.fixture
def key(account: Account, program: Program) -> str:
    """A complete set-up; the ARN of its key."""
    found = prepare(account)
    program.apply(*SETTINGS)
    return found


def check(program: Program, *words: str, code: int = 0) -> Run:
    done = program.json("check", *SETTINGS, *words)
    assert done.written == []
    assert done.code == code, (done.err, done.out)
    return done


def findings(done: Run) -> list[Document]:
    """What was found, but for what the settings themselves are warned of."""
    return [found for found in done.data["findings"] if found["check"] != "direct-attachment"]


def test_nothing_is_found_where_all_is_well(key: str, program: Program) -> None:
    done = check(program)
    assert findings(done) == []
    assert {link["verdict"] for link in done.data["links"]} == {"allowed"}
    assert {link["check"] for link in done.data["links"]} == {
        *("trust", "role-policy", "bucket-policy", "key-policy", "user-policy", "pass-role", "assume-role"),
    }


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_single_fault_is_named_first_and_mended(fault: Fault, key: str, account: Account, program: Program) -> None:
    fault.spoil(account, key)
    done = check(program, code=0 if fault.verdict == "unknown" and not fault.by_apply else 3)
    first = findings(done)[0]
    assert (first["check"], first["verdict"]) == (fault.check, fault.verdict), done.out
    assert fault.says in str(first), first
    assert first["message"]
    assert first["remedy"]
    if fault.by_apply:
        program.apply(*SETTINGS)
        assert findings(check(program)) == []
