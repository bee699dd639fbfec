import json

import pytest
from wire import Wire, answer

from personalize_perms.aws.account import Account
from personalize_perms.aws.errors import AwsError, Fault
from personalize_perms.aws.iam import document_text
from personalize_perms.model.live import Absent, PolicyEntities, Present, RoleContents, Unreadable
from personalize_perms.model.operations import (
    Attach,
    CreatePolicy,
    CreateRole,
    DeletePolicy,
    DeletePolicyVersion,
    DeleteRole,
    DescribeRole,
    Detach,
    SetBoundary,
    TagPolicy,
    TagRole,
    UpdatePolicy,
    UpdateTrust,
)
from personalize_perms.model.resources import PrincipalKind

ARN = "arn:aws:iam::123456789012:policy/p-service-access"
DOCUMENT = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"}]}'
TRUST = (
    '{"Version":"2012-10-17",  "Statement":{"Effect":"Allow","Principal":{"Service":"personalize.amazonaws.com"},'
    '"Action":"sts:AssumeRole"}}'
)
# Valid for IAM, and lost or changed by anything that parses it or decodes it twice.
ODD = TRUST.replace('"Action"', '"Sid":"A","Sid":"B%2F+é","Action"')


def _create_policy(account: Account, *, document: str = DOCUMENT, tags: dict[str, str] | None = None) -> str:
    operation = CreatePolicy(
        arn=ARN, name="p-service-access", path="/", description="why", document_json=document, tags=tags or {}
    )
    return account.iam.write_create_policy(operation)


def _create_role(account: Account, *, trust: str = TRUST, boundary: str = "", path: str = "/") -> None:
    account.iam.write_create_role(
        CreateRole(
            name="r",
            arn=f"arn:aws:iam::123456789012:role{path}r",
            path=path,
            description="why",
            boundary_arn=boundary,
            document_json=trust,
            tags={"team": "a"},
        )
    )


def _update_policy(account: Account, document: str) -> str:
    return account.iam.write_update_policy(UpdatePolicy(arn=ARN, before_json=DOCUMENT, document_json=document))


def test_a_policy_is_created_as_it_was_shown_and_read_back_byte_for_byte(account: Account) -> None:
    assert _create_policy(account, tags={"team": "a"}) == "v1"
    head = account.iam.read_policy_head(ARN)
    assert isinstance(head, Present)
    assert (head.value.arn, head.value.version_id, head.value.tags) == (ARN, "v1", {"team": "a"})
    assert account.iam.read_policy_document(ARN, "v1") == Present(DOCUMENT)


def test_creating_what_exists_says_that_it_exists(account: Account) -> None:
    _create_policy(account)
    with pytest.raises(AwsError) as caught:
        _create_policy(account)
    assert caught.value.fault is Fault.EXISTS
    assert caught.value.action == "iam:CreatePolicy"


def test_an_update_becomes_the_default_version_and_the_others_are_listed_oldest_first(account: Account) -> None:
    _create_policy(account)
    for number in range(2, 5):
        assert _update_policy(account, DOCUMENT.replace("*", f"arn:aws:s3:::b{number}")) == f"v{number}"
    assert account.iam.read_policy_versions(ARN) == Present(("v1", "v2", "v3"))
    head = account.iam.read_policy_head(ARN)
    assert isinstance(head, Present)
    assert head.value.version_id == "v4"

    account.iam.write_delete_policy_version(DeletePolicyVersion(arn=ARN, version_id="v1"))
    assert account.iam.read_policy_versions(ARN) == Present(("v2", "v3"))


def test_versions_are_ordered_by_number_and_not_by_text(account: Account, wire: Wire) -> None:
    default = 9
    versions = "".join(
        f"<member><VersionId>v{number}</VersionId>"
        f"<IsDefaultVersion>{'true' if number == default else 'false'}</IsDefaultVersion></member>"
        for number in (10, 9, 2, 11)
    )
    body = (
        "<ListPolicyVersionsResponse><ListPolicyVersionsResult><IsTruncated>false</IsTruncated>"
        f"<Versions>{versions}</Versions></ListPolicyVersionsResult></ListPolicyVersionsResponse>"
    )
    wire.answers("iam", "ListPolicyVersions", lambda: answer(200, body))
    assert account.iam.read_policy_versions(ARN) == Present(("v2", "v10", "v11"))


def test_more_versions_than_aws_keeps_are_a_limit(account: Account) -> None:
    _create_policy(account)
    for number in range(4):
        _update_policy(account, DOCUMENT.replace("*", f"arn:aws:s3:::b{number}"))
    with pytest.raises(AwsError) as caught:
        _update_policy(account, DOCUMENT)
    assert caught.value.fault is Fault.LIMIT


def test_tags_of_a_policy_are_set_and_removed(account: Account) -> None:
    _create_policy(account, tags={"team": "a", "old": "1"})
    account.iam.write_tag_policy(TagPolicy(arn=ARN, add={"team": "b", "new": "2"}, remove=("old",)))
    head = account.iam.read_policy_head(ARN)
    assert isinstance(head, Present)
    assert head.value.tags == {"team": "b", "new": "2"}


def test_nothing_is_sent_for_tags_that_do_not_change(account: Account, wire: Wire) -> None:
    _create_policy(account)
    calls = wire.records("iam")
    account.iam.write_tag_policy(TagPolicy(arn=ARN, add={"a": "b"}))
    account.iam.write_tag_policy(TagPolicy(arn=ARN, add={}, remove=("a",)))
    assert [name for name, _ in calls] == ["TagPolicy", "UntagPolicy"]


@pytest.mark.parametrize("kind", list(PrincipalKind))
def test_a_policy_is_attached_and_detached_and_says_to_whom(account: Account, kind: PrincipalKind) -> None:
    _create_policy(account)
    iam = account.iam._writes
    match kind:
        case PrincipalKind.USER:
            iam.create_user(UserName="x")
        case PrincipalKind.GROUP:
            iam.create_group(GroupName="x")
        case PrincipalKind.ROLE:
            iam.create_role(RoleName="x", AssumeRolePolicyDocument=TRUST)
    attach = Attach(policy_arn=ARN, principal_kind=kind, principal_name="x")

    account.iam.write_attach(attach)

    names = {other: ("x",) if other is kind else () for other in PrincipalKind}
    assert account.iam.read_policy_entities(ARN) == Present(
        PolicyEntities(
            users=names[PrincipalKind.USER], groups=names[PrincipalKind.GROUP], roles=names[PrincipalKind.ROLE]
        )
    )
    assert account.iam.read_attached_count(kind, "x") == Present(1)

    account.iam.write_detach(Detach(policy_arn=ARN, principal_kind=kind, principal_name="x"))
    assert account.iam.read_attached_count(kind, "x") == Present(0)


@pytest.mark.parametrize(
    ("kind", "action"),
    [
        (PrincipalKind.USER, "iam:ListAttachedUserPolicies"),
        (PrincipalKind.GROUP, "iam:ListAttachedGroupPolicies"),
        (PrincipalKind.ROLE, "iam:ListAttachedRolePolicies"),
    ],
)
def test_the_attachments_of_nobody_are_absent_and_the_action_is_iams_own(
    account: Account, wire: Wire, kind: PrincipalKind, action: str
) -> None:
    assert account.iam.read_attached_count(kind, "nobody") == Absent()
    wire.refuses("iam", action.removeprefix("iam:"), "AccessDenied", 403)
    found = account.iam.read_attached_count(kind, "nobody")
    assert found == Unreadable(action=action, resource=f"{kind}/nobody", reason="AccessDenied: why")


def test_entities_do_not_count_use_as_a_boundary(account: Account, wire: Wire) -> None:
    _create_policy(account)
    calls = wire.records("iam")
    account.iam.read_policy_entities(ARN)
    assert [params.get("PolicyUsageFilter") for _, params in calls] == ["PermissionsPolicy"]


def test_use_as_a_boundary_is_read_with_the_head(account: Account, wire: Wire) -> None:
    body = (
        f"<GetPolicyResponse><GetPolicyResult><Policy><Arn>{ARN}</Arn><DefaultVersionId>v1</DefaultVersionId>"
        "<PermissionsBoundaryUsageCount>3</PermissionsBoundaryUsageCount>"
        "</Policy></GetPolicyResult></GetPolicyResponse>"
    )
    wire.answers("iam", "GetPolicy", lambda: answer(200, body))
    head = account.iam.read_policy_head(ARN)
    assert isinstance(head, Present)
    assert head.value.boundary_of == 3


def test_a_role_is_created_with_boundary_path_and_tags_and_read_back(account: Account) -> None:
    _create_policy(account)
    _create_role(account, boundary=ARN, path="/team/")
    role = account.iam.read_role("r")
    assert isinstance(role, Present)
    live = role.value
    assert (live.name, live.arn, live.path) == ("r", "arn:aws:iam::123456789012:role/team/r", "/team/")
    assert (live.description, live.boundary_arn, live.tags) == ("why", ARN, {"team": "a"})
    assert live.role_id.startswith("AROA")
    assert live.trust_json == TRUST


def test_a_role_without_a_boundary_has_none(account: Account) -> None:
    _create_role(account)
    role = account.iam.read_role("r")
    assert isinstance(role, Present)
    assert role.value.boundary_arn == ""


def test_a_document_with_duplicate_keys_and_odd_text_comes_back_untouched(account: Account) -> None:
    _create_role(account, trust=ODD)
    role = account.iam.read_role("r")
    assert isinstance(role, Present)
    assert role.value.trust_json == ODD
    assert account.iam.read_role_trusts() == Present({"arn:aws:iam::123456789012:role/r": ODD})


@pytest.mark.parametrize(
    ("stored", "text"),
    [("%7B%22a%22%3A%20%22b%2Bc%25%22%7D", '{"a": "b+c%"}'), ('{"a": "%7B"}', '{"a": "%7B"}'), ("%C3%A9", "é")],
)
def test_a_text_is_decoded_once_and_only_if_it_is_encoded(stored: str, text: str) -> None:
    assert document_text(stored) == text


def test_a_text_that_is_not_utf8_is_not_guessed_at() -> None:
    with pytest.raises(UnicodeDecodeError):
        document_text("%7B%FF%7D")


def test_parts_of_a_role_are_changed_one_by_one(account: Account) -> None:
    _create_policy(account)
    _create_role(account)
    iam = account.iam
    iam.write_update_trust(UpdateTrust(role_name="r", before_json=TRUST, document_json=ODD))
    iam.write_describe_role(DescribeRole(role_name="r", description="new"))
    iam.write_set_boundary(SetBoundary(role_name="r", boundary_arn=ARN))
    iam.write_tag_role(TagRole(role_name="r", add={"more": "1"}))
    role = iam.read_role("r")
    assert isinstance(role, Present)
    live = role.value
    assert (live.trust_json, live.description, live.boundary_arn) == (ODD, "new", ARN)
    assert live.tags == {"team": "a", "more": "1"}


def test_what_hangs_on_a_role_is_read_whole(account: Account) -> None:
    _create_policy(account)
    _create_role(account)
    account.iam.write_attach(Attach(policy_arn=ARN, principal_kind=PrincipalKind.ROLE, principal_name="r"))
    iam = account.iam._writes
    iam.put_role_policy(RoleName="r", PolicyName="inline", PolicyDocument=DOCUMENT)
    iam.create_instance_profile(InstanceProfileName="machine")
    iam.add_role_to_instance_profile(InstanceProfileName="machine", RoleName="r")
    assert account.iam.read_role_contents("r") == Present(
        RoleContents(attached_policy_arns=(ARN,), inline_policy_names=("inline",), instance_profiles=("machine",))
    )


@pytest.mark.parametrize("operation", ["ListAttachedRolePolicies", "ListRolePolicies", "ListInstanceProfilesForRole"])
def test_contents_of_which_a_part_may_not_be_read_are_unreadable(account: Account, wire: Wire, operation: str) -> None:
    _create_role(account)
    wire.refuses("iam", operation, "AccessDenied", 403)
    found = account.iam.read_role_contents("r")
    assert isinstance(found, Unreadable)
    assert found.action == f"iam:{operation}"


def test_what_was_made_can_be_deleted_and_is_absent_then(account: Account) -> None:
    _create_policy(account)
    _create_role(account)
    account.iam.write_delete_policy(DeletePolicy(arn=ARN))
    account.iam.write_delete_role(DeleteRole(role_name="r"))
    assert account.iam.read_policy_head(ARN) == Absent()
    assert account.iam.read_role("r") == Absent()
    assert account.iam.read_role_contents("r") == Absent()


def test_deleting_what_is_not_there_says_so(account: Account) -> None:
    with pytest.raises(AwsError) as caught:
        account.iam.write_delete_role(DeleteRole(role_name="r"))
    assert caught.value.fault is Fault.ABSENT


def test_lists_go_on_over_all_pages(account: Account, wire: Wire) -> None:
    iam = account.iam._writes
    for number in range(4):
        iam.create_role(RoleName=f"r{number}", AssumeRolePolicyDocument=TRUST)
        iam.create_policy(PolicyName=f"p{number}", PolicyDocument=DOCUMENT)
    calls = wire.records("iam")
    account.iam._reads.meta.events.register("provide-client-params.iam", lambda params, **_: params | {"MaxItems": 3})
    roles, policies = account.iam.read_role_arns(), account.iam.read_policy_arns()
    assert isinstance(roles, Present)
    assert isinstance(policies, Present)
    assert sorted(roles.value) == [f"arn:aws:iam::123456789012:role/r{number}" for number in range(4)]
    assert sorted(policies.value) == [f"arn:aws:iam::123456789012:policy/p{number}" for number in range(4)]
    assert [name for name, _ in calls] == ["ListRoles"] * 2 + ["ListPolicies"] * 2
    assert [params.get("Scope") for name, params in calls if name == "ListPolicies"] == ["Local", "Local"]


def test_users_and_groups_are_listed(account: Account) -> None:
    iam = account.iam._writes
    iam.create_user(UserName="ada", Path="/team/")
    iam.create_group(GroupName="science")
    assert account.iam.read_user_arns() == Present(("arn:aws:iam::123456789012:user/team/ada",))
    assert account.iam.read_group_names() == Present(("science",))


def test_what_is_only_referred_to_is_looked_up_by_its_kind(account: Account) -> None:
    iam = account.iam._writes
    _create_policy(account)
    _create_role(account)
    user = iam.create_user(UserName="ada", Path="/team/")["User"]["Arn"]
    saml = iam.create_saml_provider(Name="idp", SAMLMetadataDocument="x" * 1024)["SAMLProviderArn"]
    oidc = iam.create_open_id_connect_provider(Url="https://token.example", ThumbprintList=["a" * 40])
    role = "arn:aws:iam::123456789012:role/r"
    for arn in (user, role, ARN, saml, oidc["OpenIDConnectProviderArn"]):
        assert account.iam.read_existence(arn) == Present(arn)


@pytest.mark.parametrize("kind", ["user", "role", "policy", "saml-provider", "oidc-provider"])
def test_what_is_referred_to_and_not_there_is_absent(account: Account, kind: str) -> None:
    assert account.iam.read_existence(f"arn:aws:iam::123456789012:{kind}/none") == Absent()


def test_the_arn_is_given_as_aws_spells_it(account: Account) -> None:
    spelled = account.iam._writes.create_user(UserName="ada", Path="/team/")["User"]["Arn"]
    assert account.iam.read_existence("arn:aws:iam::123456789012:user/ada") == Present(spelled)


def test_another_kind_is_a_mistake_of_the_caller(account: Account) -> None:
    with pytest.raises(ValueError, match="none of"):
        account.iam.read_existence("arn:aws:iam::123456789012:server-certificate/x")


def test_quotas_are_numbers_by_awss_names(account: Account) -> None:
    quotas = account.iam.read_quotas()
    assert isinstance(quotas, Present)
    assert quotas.value["AttachedPoliciesPerRoleQuota"] == 10


READS = {
    "GetPolicy": lambda iam: iam.read_policy_head(ARN),
    "GetPolicyVersion": lambda iam: iam.read_policy_document(ARN, "v1"),
    "ListEntitiesForPolicy": lambda iam: iam.read_policy_entities(ARN),
    "ListPolicyVersions": lambda iam: iam.read_policy_versions(ARN),
    "ListPolicies": lambda iam: iam.read_policy_arns(),
    "GetRole": lambda iam: iam.read_role("r"),
    "ListRoles": lambda iam: iam.read_role_arns(),
    "ListUsers": lambda iam: iam.read_user_arns(),
    "ListGroups": lambda iam: iam.read_group_names(),
    "GetUser": lambda iam: iam.read_existence("arn:aws:iam::123456789012:user/ada"),
    "GetSAMLProvider": lambda iam: iam.read_existence("arn:aws:iam::123456789012:saml-provider/x"),
    "GetOpenIDConnectProvider": lambda iam: iam.read_existence("arn:aws:iam::123456789012:oidc-provider/x"),
    "GetAccountSummary": lambda iam: iam.read_quotas(),
}


@pytest.mark.parametrize("operation", READS)
def test_a_denied_read_is_a_value_with_its_iam_action(account: Account, wire: Wire, operation: str) -> None:
    wire.refuses("iam", operation, "AccessDenied", 403)
    found = READS[operation](account.iam)
    assert isinstance(found, Unreadable)
    assert (found.action, found.reason) == (f"iam:{operation}", "AccessDenied: why")


@pytest.mark.parametrize("operation", READS)
def test_an_answer_that_is_not_iams_is_never_taken_for_absent(account: Account, wire: Wire, operation: str) -> None:
    wire.answers("iam", operation, lambda: answer(200, "<html><body>Sign in</body></html>"))
    with pytest.raises(AwsError) as caught:
        READS[operation](account.iam)
    assert caught.value.fault is Fault.UNKNOWN


def test_a_write_whose_answer_is_lost_has_an_unknown_outcome_and_is_not_sent_again(
    account: Account, wire: Wire
) -> None:
    sent = wire.answers("iam", "CreatePolicy", lambda: answer(200, "<CreatePolicyResponse><Crea"))
    with pytest.raises(AwsError) as caught:
        _create_policy(account)
    assert caught.value.fault is Fault.UNKNOWN
    assert len(sent) == 1


def test_the_boundary_is_sent_only_where_there_is_one(account: Account, wire: Wire) -> None:
    calls = wire.records("iam")
    _create_role(account)
    assert all("PermissionsBoundary" not in params for _, params in calls)
    assert json.loads(str(calls[0][1]["AssumeRolePolicyDocument"])) == json.loads(TRUST)
