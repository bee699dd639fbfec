"""Hypothesis strategies for policy documents as they are found in the wild."""

import json
from collections.abc import Iterable

from hypothesis import strategies as st

PARTITION = "aws"
SERVICE = "personalize.amazonaws.com"
DEAD = "AROAEXAMPLEEXAMPLEEX1"

OUR_PREFIX = "teamaVGU5"
"""What the Sids of the set-up `team-a` begin with; a letter from A to Z follows."""

_texts = st.text(st.characters(codec="utf-8", max_codepoint=0x2FFF), max_size=12)
_arns = st.sampled_from(
    [
        "arn:aws:iam::111122223333:root",
        "arn:aws:iam::111122223333:role/Étienne",
        "111122223333",
        "*",
        "arn:aws:s3:::bucket/${aws:username}/*",
    ]
)
_actions = st.sampled_from(["s3:GetObject", "S3:getobject", "s3:*", "kms:Decrypt", "sts:AssumeRole"])


_sids = (
    st.sampled_from(["", "Same", "Allow use of the key", "personalizeAccess"])
    | st.sampled_from(
        [  # all but one of the set-up `team-a`
            OUR_PREFIX,
            OUR_PREFIX.lower() + "PersonalizeReadsInput",
            OUR_PREFIX + "personalizeReadsInput",
            OUR_PREFIX + "1PersonalizeReadsInput",
            OUR_PREFIX + "Personalize-Reads",
            OUR_PREFIX + "PersonalizeReadsInput\n",
            OUR_PREFIX[:-1] + "PersonalizeReadsInput",
            "team-aPersonalizeReadsInput",
            "teamaPersonalizeReadsInput",
            "teamaAAAAPersonalizeReadsInput",
            "X" + OUR_PREFIX + "PersonalizeReadsInput",
        ]
    )
    | _texts
)


def _one_or_many(values: st.SearchStrategy[str]) -> st.SearchStrategy[object]:
    return values | st.lists(values, min_size=1, max_size=4)


def _map(
    keys: st.SearchStrategy[str], values: st.SearchStrategy[object], **sizes: int
) -> st.SearchStrategy[dict[str, object]]:
    """Objects whose keys differ in more than letter case, as AWS demands of a condition's."""
    return st.lists(st.tuples(keys, values), unique_by=lambda pair: pair[0].lower(), **sizes).map(dict)


_principals = st.just("*") | st.dictionaries(
    st.sampled_from(["AWS", "Service", "Federated", "CanonicalUser"]), _one_or_many(_arns), min_size=1, max_size=2
)
_values = _texts | st.booleans() | st.integers(-(2**70), 2**70) | st.sampled_from([1.5, 0.25])
_conditions = st.dictionaries(
    st.sampled_from(["StringEquals", "Bool", "ForAnyValue:StringLikeIfExists", "Null"]),
    _map(_texts, _values | st.lists(_values, max_size=3), max_size=3),
    max_size=3,
)
json_values = st.recursive(_values | st.none(), lambda inner: st.lists(inner, max_size=3), max_leaves=5)


@st.composite
def statements(draw: st.DrawFn) -> dict[str, object]:
    statement: dict[str, object] = {"Effect": draw(st.sampled_from(["Allow", "Deny"]))}
    if draw(st.booleans()):
        statement["Sid"] = draw(_sids)
    statement[draw(st.sampled_from(["Action", "NotAction"]))] = draw(_one_or_many(_actions))
    statement[draw(st.sampled_from(["Resource", "NotResource"]))] = draw(_one_or_many(_arns))
    statement[draw(st.sampled_from(["Principal", "NotPrincipal"]))] = draw(_principals)
    if draw(st.booleans()):
        statement["Condition"] = draw(_conditions)
    if draw(st.integers(0, 5)) == 0:
        statement["Unknown"] = draw(json_values)
    return statement


_source_conditions = st.sampled_from(
    [
        {"StringEquals": {"aws:SourceAccount": "111122223333"}},
        {"StringNotEquals": {"aws:SourceAccount": "444455556666"}},
        {"StringEquals": {"aws:PrincipalOrgID": "o-example"}, "Bool": {"aws:SecureTransport": True}},
        {"NumericLessThan": {"aws:MultiFactorAuthAge": 300}},
        {},
    ]
)
_says_nothing = st.sampled_from(
    [
        {"StringEquals": {"AWS:SOURCEACCOUNT": ["*"]}},
        {"StringEquals": {"aws:sourceAccount": "*", "aws:PrincipalOrgID": "o-example"}},
        {"ArnLike": {"aws:SourceArn": "arn:aws:personalize:*:*:*"}},
        {"StringLike": {"aws:SourceArn": "*"}},
    ]
)
_trusted = st.sampled_from(
    [
        {"Service": SERVICE},
        {"Service": [SERVICE]},
        {"Service": [SERVICE, "glue.amazonaws.com"]},
        {"Service": [SERVICE, SERVICE]},
        {"AWS": "111122223333", "Service": SERVICE},
        {"Service": ["ec2.amazonaws.com", SERVICE], "AWS": ["arn:aws:iam::111122223333:role/Étienne"]},
        {"AWS": "*", "Service": SERVICE},
        {"AWS": "arn:aws:iam::111122223333:user/ada"},
        "*",
    ]
)


@st.composite
def trust_statements(draw: st.DrawFn, *, any_source: bool = False) -> dict[str, object]:
    """Statements as they stand in trust policies; many let Amazon Personalize in.

    `any_source`: also with conditions on the source that let every source in, so that others take their place.
    """
    statement: dict[str, object] = {"Effect": draw(st.sampled_from(["Allow", "Allow", "Allow", "Deny"]))}
    if draw(st.booleans()):
        statement["Sid"] = draw(_sids)
    statement["Action"] = draw(st.sampled_from(["sts:AssumeRole", ["STS:assumerole", "sts:TagSession"], "sts:Get*"]))
    statement[draw(st.sampled_from(["Principal", "Principal", "Principal", "NotPrincipal"]))] = draw(_trusted)
    if draw(st.booleans()):
        statement["Condition"] = draw(
            _source_conditions | _conditions | (_says_nothing if any_source else st.nothing())
        )
    return statement


def _with_a_dead_principal(statement: dict[str, object]) -> dict[str, object]:
    element = "NotPrincipal" if "NotPrincipal" in statement else "Principal"
    return {**statement, element: {"AWS": ["111122223333", DEAD]}}


def dead_documents() -> st.SearchStrategy[dict[str, object]]:
    """Documents with a principal that was deleted, which AWS refuses to store again."""
    return st.builds(
        lambda document, dead, place: {**document, "Statement": _inserted(_listed(document["Statement"]), dead, place)},
        documents(),
        statements().map(_with_a_dead_principal),
        st.integers(0, 5),
    )


def _listed(value: object) -> list[object]:
    return list(value) if isinstance(value, list) else [value]


def _inserted(several: Iterable[object], one: object, place: int) -> list[object]:
    result = list(several)
    result.insert(place, one)
    return result


_broken = st.sampled_from(
    [
        "",
        "[]",
        "{}",
        '{"Statement": "*"}',
        '{"Statement": [1]}',
        '{"Statement": [], "Statement": []}',
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Effect": "Deny"}]}',
        '{"Statement": [{"Sid": 1, "Effect": "Deny"}]}',
        '{"Statement": [{"Effect": "Deny", "Condition": {"Bool": {"a": NaN}}}]}',
        '{"Statement": [{"Effect": "Deny", "Unknown": ' + "[" * 60 + "]" * 60 + "}]}",
    ]
)


def unreadable_texts() -> st.SearchStrategy[str]:
    """Texts that cannot be read with certainty, so that nothing may be written in their place."""
    return _broken | documents().map(lambda document: json.dumps(document)[:-2])


@st.composite
def documents(draw: st.DrawFn, of: st.SearchStrategy[dict[str, object]] | None = None) -> dict[str, object]:
    document: dict[str, object] = {}
    if draw(st.booleans()):
        document["Version"] = draw(st.sampled_from(["2012-10-17", "2008-10-17"]))
    if draw(st.booleans()):
        document["Id"] = draw(_texts)
    if draw(st.integers(0, 5)) == 0:
        document["Unknown"] = draw(json_values)
    found = draw(st.lists(statements() if of is None else of, min_size=1, max_size=5))
    if draw(st.integers(0, 3)) == 0:
        found.insert(draw(st.integers(0, len(found))), draw(st.sampled_from(found)))  # stands there twice
    document["Statement"] = found[0] if len(found) == 1 and draw(st.booleans()) else found
    return document


@st.composite
def judged_documents(
    draw: st.DrawFn, actions: tuple[str, ...], resources: tuple[str, ...], who: tuple[tuple[str, str], ...]
) -> dict[str, object]:
    """Documents that the judge can decide about, full of what others are asked about; without resources for a trust."""
    principals = st.just("*") | st.sampled_from(who).map(lambda one: {one[0]: one[1]}) | st.just(_everybody_named(who))

    def statement() -> dict[str, object]:
        found: dict[str, object] = {"Effect": draw(st.sampled_from(["Allow", "Allow", "Deny"]))}
        found["Principal"] = draw(principals)
        found["Action"] = draw(_one_or_many(st.sampled_from(actions)))
        if resources:
            found["Resource"] = draw(_one_or_many(st.sampled_from(resources)))
        if draw(st.booleans()):
            found["Condition"] = draw(_judged_conditions)
        return found

    return {"Version": "2012-10-17", "Statement": [statement() for _ in range(draw(st.integers(1, 5)))]}


def _everybody_named(who: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    named: dict[str, list[str]] = {}
    for kind, name in who:
        named.setdefault(kind, []).append(name)
    return named


_judged_conditions = st.sampled_from(
    [
        {"StringEquals": {"aws:SourceAccount": "111122223333"}},
        {"StringEquals": {"aws:SourceAccount": ["444455556666", "111122223333"]}},
        {"StringEquals": {"aws:PrincipalOrgID": "o-example"}},
        {"StringLike": {"aws:SourceArn": "*"}},
        {"ArnLike": {"aws:SourceArn": "arn:aws:personalize:*:*:*"}},
        {"Bool": {"aws:SecureTransport": "true"}},
        {"Bool": {"aws:SecureTransport": False}},
    ]
)
