"""Whatever stands in a document that AWS stores, an audit judges it, or says that it cannot: it never crashes."""

import json
from typing import Any

from audit_samples import BUCKET, DEAD, KEY, KINDS, KNOWN, OTHER, PLACE, ROLE, SERVICE
from hypothesis import given, settings
from hypothesis import strategies as st

from personalize_perms import documents
from personalize_perms.audit import excess, passing, policies, shared, trusts
from personalize_perms.audit.policies import NamedPolicy
from personalize_perms.audit.shared import SharedDocument
from personalize_perms.engine.dead_principals import without_dead
from personalize_perms.model.errors import DocumentError
from personalize_perms.model.inventory import PolicyDetail, RoleDetail

TEXTS = st.sampled_from(
    [
        *(
            "*",
            "",
            "s3:*",
            "s3:ListBucket",
            "s3:GetObject",
            "kms:*",
            "sts:AssumeRole",
            "iam:PassRole",
            "personalize:Nope",
        ),
        *(SERVICE, DEAD, OTHER, ROLE, BUCKET, KEY, f"{BUCKET}/*", "${aws:username}", "[a-", "?", "arn:aws:s3:::"),
    ]
)
ODD: st.SearchStrategy[Any] = st.recursive(
    st.one_of(TEXTS, st.none(), st.booleans(), st.integers(-9, 9)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, max_size=2)),
    max_leaves=5,
)
VALUES = st.one_of(TEXTS, st.lists(TEXTS, max_size=3), ODD)
PRINCIPALS = st.one_of(
    VALUES, st.dictionaries(st.sampled_from(["AWS", "Service", "Federated", "x"]), VALUES, max_size=3)
)
KEYS = st.sampled_from(["aws:SourceAccount", "aws:SourceArn", "iam:PassedToService", "aws:SecureTransport", "x"])
CONDITIONS = st.one_of(
    ODD,
    st.dictionaries(
        st.sampled_from(["StringEquals", "ArnLike", "Bool", "Null"]),
        st.dictionaries(KEYS, VALUES, max_size=2),
        max_size=2,
    ),
)
STATEMENTS = st.fixed_dictionaries(
    {},
    optional={
        "Sid": VALUES,
        "Effect": st.one_of(st.sampled_from(["Allow", "Deny"]), ODD),
        **dict.fromkeys(("Action", "NotAction", "Resource", "NotResource"), VALUES),
        **dict.fromkeys(("Principal", "NotPrincipal"), PRINCIPALS),
        "Condition": CONDITIONS,
    },
)
DOCUMENTS = st.one_of(
    st.lists(STATEMENTS, max_size=3).map(lambda several: json.dumps({"Statement": several})),
    ODD.map(json.dumps),
    st.text(max_size=9),
)


@settings(max_examples=300)
@given(DOCUMENTS)
def test_no_document_ends_an_audit(text: str) -> None:
    role = RoleDetail(arn=ROLE, name="r", role_id="AROA", path="/", trust_json=text, inline={"own": text})
    trusts.may_be_assumed(role)
    found = [*trusts.judge_trust(role, PLACE)]
    named = NamedPolicy(name="own", text=text)
    found += excess.judge_role(role, [named], named, PLACE)
    found += policies.judge_actions(ROLE, "own", text, KNOWN)
    found += policies.judge_policy(
        PolicyDetail(arn=ROLE, version_id="v1", document_json=text, attached_to=0, boundary_of=0)
    )
    found += passing.judge_passings(passing.passings(ROLE, "own", text, PLACE), [ROLE], PLACE)
    for resource, kind in KINDS.items():
        judged = shared.judge(SharedDocument(kind=kind, resource=resource, text=text), PLACE)
        found += (*judged.findings, *judged.perhaps)
    assert all(finding.message and finding.remedy and finding.reason and finding.docs for finding in found)


@given(DOCUMENTS)
def test_no_document_ends_a_fix(text: str) -> None:
    try:
        document = documents.parse(text)
    except DocumentError:
        return
    found, details = without_dead(document)
    assert (found == document) is (not details)
