"""Hypothesis strategies for policy documents as they are found in the wild."""

from hypothesis import strategies as st

PARTITION = "aws"

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


def _one_or_many(values: st.SearchStrategy[str]) -> st.SearchStrategy[object]:
    return values | st.lists(values, min_size=1, max_size=4)


_principals = st.just("*") | st.dictionaries(
    st.sampled_from(["AWS", "Service", "Federated", "CanonicalUser"]), _one_or_many(_arns), min_size=1, max_size=2
)
_values = _texts | st.booleans() | st.integers(-(2**70), 2**70) | st.sampled_from([1.5, 0.25])
_conditions = st.dictionaries(
    st.sampled_from(["StringEquals", "Bool", "ForAnyValue:StringLikeIfExists", "Null"]),
    st.dictionaries(_texts, _values | st.lists(_values, max_size=3), max_size=3),
    max_size=3,
)
json_values = st.recursive(_values | st.none(), lambda inner: st.lists(inner, max_size=3), max_leaves=5)


@st.composite
def statements(draw: st.DrawFn) -> dict[str, object]:
    statement: dict[str, object] = {"Effect": draw(st.sampled_from(["Allow", "Deny"]))}
    if draw(st.booleans()):
        statement["Sid"] = draw(st.sampled_from(["", "Same", "Allow use of the key", "personalizeAccess"]) | _texts)
    statement[draw(st.sampled_from(["Action", "NotAction"]))] = draw(_one_or_many(_actions))
    statement[draw(st.sampled_from(["Resource", "NotResource"]))] = draw(_one_or_many(_arns))
    statement[draw(st.sampled_from(["Principal", "NotPrincipal"]))] = draw(_principals)
    if draw(st.booleans()):
        statement["Condition"] = draw(_conditions)
    if draw(st.integers(0, 5)) == 0:
        statement["Unknown"] = draw(json_values)
    return statement


@st.composite
def documents(draw: st.DrawFn) -> dict[str, object]:
    document: dict[str, object] = {}
    if draw(st.booleans()):
        document["Version"] = draw(st.sampled_from(["2012-10-17", "2008-10-17"]))
    if draw(st.booleans()):
        document["Id"] = draw(_texts)
    several = draw(st.lists(statements(), min_size=1, max_size=5))
    document["Statement"] = several[0] if len(several) == 1 and draw(st.booleans()) else several
    return document
