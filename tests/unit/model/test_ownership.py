"""What is ours is told from what only looks like it, and the ledger keeps what it was given."""

from hypothesis import assume, given
from hypothesis import strategies as st

from personalize_perms.model import ownership

names = st.from_regex(r"[A-Za-z][A-Za-z0-9._-]{0,20}", fullmatch=True)


@given(names, names)
def test_two_set_ups_never_take_each_others_sids(one: str, other: str) -> None:
    assume(one != other)
    assert not ownership.is_own_sid(ownership.sid_prefix(other) + "ReadsInput", one)


def test_names_that_differ_only_in_separators_differ() -> None:
    assert len({ownership.sid_prefix(name) for name in ("team-a", "teama", "tea-ma", "team.a", "team_a")}) == 5


def test_a_persons_own_sid_that_begins_with_the_name_is_not_ours() -> None:
    for sid in ("personalizeAccess", "PersonalizeS3BucketAccessPolicy", "personalize", "", None, 5):
        assert not ownership.is_own_sid(sid, "personalize")


@given(names)
def test_a_sid_is_alphanumeric_begins_with_the_name_and_is_recognised(name: str) -> None:
    sid = ownership.sid_prefix(name) + "ReadsInput"
    assert sid.isascii()
    assert sid.isalnum()
    assert sid.startswith("".join(c for c in name if c.isalnum()))
    assert ownership.is_own_sid(sid, name)


@given(st.sets(st.from_regex(r"[a-zG]/[A-Za-z0-9_+=,.@/-]{1,64}", fullmatch=True), max_size=30))
def test_the_ledger_gives_back_what_it_was_given(entries: set[str]) -> None:
    tags = ownership.write_ledger(entries)
    assert ownership.read_ledger({**tags, "Owner": "u/somebody"}) == entries
    for value in tags.values():
        assert len(value) <= 256
        assert all(c.isalnum() or c in " _.:/=+-@" for c in value)
