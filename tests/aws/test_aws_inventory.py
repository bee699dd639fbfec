"""IAM in bulk, page by page: what each page tells, and that every page is asked for once."""

import json
from urllib.parse import quote

import pytest
from wire import Wire, answer

from personalize_perms.aws.account import Account
from personalize_perms.aws.errors import AwsError, Fault
from personalize_perms.aws.iam_inventory import read_inventory, read_roles
from personalize_perms.aws.session import AwsSession
from personalize_perms.model.live import Absent, Present

TRUST = json.dumps({"Statement": [{"Effect": "Allow", "Principal": {"Service": "a"}, "Action": "sts:AssumeRole"}]})


def role(name: str, trust: str = TRUST) -> str:
    return (
        f"<member><RoleName>{name}</RoleName><RoleId>AROA</RoleId><Path>/</Path><Arn>arn:aws:iam::1:role/{name}</Arn>"
        f"<AssumeRolePolicyDocument>{quote(trust)}</AssumeRolePolicyDocument>"
        "<CreateDate>2026-01-02T03:04:05Z</CreateDate>"
        "<RoleLastUsed><LastUsedDate>2026-05-06T07:08:09Z</LastUsedDate></RoleLastUsed></member>"
    )


def details(roles: str, marker: str = "") -> str:
    more = f"<IsTruncated>true</IsTruncated><Marker>{marker}</Marker>" if marker else "<IsTruncated>false</IsTruncated>"
    result = f"<RoleDetailList>{roles}</RoleDetailList><UserDetailList/><GroupDetailList/><Policies/>{more}"
    return (
        "<GetAccountAuthorizationDetailsResponse><GetAccountAuthorizationDetailsResult>"
        f"{result}</GetAccountAuthorizationDetailsResult></GetAccountAuthorizationDetailsResponse>"
    )


def test_every_page_is_asked_for_once_and_none_is_kept(session: AwsSession, wire: Wire) -> None:
    pages = iter([details(role("one"), "next"), details(role("two"))])
    sent = wire.answers("iam", "GetAccountAuthorizationDetails", lambda: answer(200, next(pages)))
    found = read_inventory(session)
    assert sent == []
    first = next(found)
    assert [one.name for one in first.roles] == ["one"]
    assert len(sent) == 1
    (second,) = found
    (two,) = second.roles
    assert (two.name, two.created, two.last_used, two.trust_json) == ("two", "2026-01-02", "2026-05-06", TRUST)
    assert "Marker=next" in str(sent[1].body)


def test_a_refused_page_is_an_error_that_names_the_action(session: AwsSession, wire: Wire) -> None:
    wire.refuses("iam", "GetAccountAuthorizationDetails", "AccessDenied", 403)
    with pytest.raises(AwsError) as caught:
        next(read_inventory(session))
    assert (caught.value.fault, caught.value.action) == (Fault.DENIED, "iam:GetAccountAuthorizationDetails")


def test_roles_alone_come_by_pages_too(session: AwsSession, account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("personalize_perms.aws.iam_inventory._PAGE", 2)
    client = session.writer("iam")
    for number in range(5):
        client.create_role(RoleName=f"role-{number}", AssumeRolePolicyDocument=TRUST)
    pages = [*read_roles(session)]
    assert [len(page.roles) for page in pages] == [2, 2, 1]
    assert json.loads(pages[0].roles[0].trust_json) == json.loads(TRUST)


def test_the_policies_of_a_role_are_read_as_they_are_stored(session: AwsSession, account: Account) -> None:
    client = session.writer("iam")
    client.create_role(RoleName="one", AssumeRolePolicyDocument=TRUST)
    text = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]})
    client.put_role_policy(RoleName="one", PolicyName="own", PolicyDocument=text)
    arn = client.create_policy(PolicyName="data", PolicyDocument=text)["Policy"]["Arn"]
    assert account.iam.read_inline_policy("one", "own") == Present(text)
    assert account.iam.read_inline_policy("one", "other") == Absent()
    assert account.iam.read_managed_text(arn) == Present(text)
    assert account.iam.read_managed_text(f"{arn}-2") == Absent()


def test_every_key_of_the_region_is_listed(session: AwsSession, account: Account) -> None:
    made = {session.writer("kms").create_key()["KeyMetadata"]["Arn"] for _ in range(3)}
    found = account.kms.read_key_arns()
    assert isinstance(found, Present)
    assert set(found.value) == made
