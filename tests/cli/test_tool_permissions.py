"""The program runs with exactly the permissions that `explain --tool-permissions` prints, and says what is missing."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest
from account import (
    DATA,
    RESULTS,
    SERVICE,
    Account,
    Program,
    Run,
    document,
    policy_arn,
    role_arn,
    root_keeps,
    sids,
    trusts,
)
from enforcing import Enforcing
from fake_aws import ACCOUNT, REGION, FakeAws, refuses

from strict.identity_center import CENTER

Words = tuple[str, ...]
PERSONALIZE = (
    *("DatasetGroup", "DatasetImportJob", "DatasetExportJob", "BatchInferenceJob", "BatchSegmentJob"),
    *("DataDeletionJob", "MetricAttribution"),
)
GRACE = f"arn:aws:iam::{ACCOUNT}:user/staff/grace"
SAML = f"arn:aws:iam::{ACCOUNT}:saml-provider/corp"
OIDC = f"arn:aws:iam::{ACCOUNT}:oidc-provider/idp.example"
BASE: Words = ("--input", f"s3://{DATA}/in/", "--kms-key", "{key}")
PEOPLE: Words = (
    *("--attach-user", "ada", "--attach-group", "analysts", "--attach-role", "notebook", "--assumable-by", GRACE),
    *("--saml-provider", SAML, "--oidc-provider", OIDC, "--oidc-audience", "app", "--oidc-subject", "repo:acme:main"),
)
EVERY: Words = (
    *(*BASE, *PEOPLE, "--workflow", "import", "--workflow", "export", "--output", f"s3://{RESULTS}/out/"),
    *("--permissions-boundary", policy_arn("edge"), "--role-path", "/ml/"),
)
SMALL: Words = (*BASE, "--role-path", "/ml/")
GRANT: Words = ("--kms-access", "grant")
OTHER: Words = ("--tag", "team=b", "--role-description", "Ours", "--source-conditions", "all")
ADOPT: Words = (*BASE, "--role-arn", role_arn("legacy"), "--tighten-trust")


SET: Words = (*BASE, "--permission-set", "people", "--assign-group", "analysts", "--assign-user", "ada")
SET_OF_MANY: Words = (*SET, *(word for number in range(8) for word in ("--assign-user", f"user-{number}")))
NEWER_SET: Words = (*SET, "--user-policy-name", "newer")
DENIED = f"User: {GRACE} is not authorized to perform: personalize:CreateSolution on resource: *"


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """What is run, after what an administrator ran and others did; `fails` is a call that AWS refuses."""

    command: str
    words: Words
    earlier: Words = ()
    meanwhile: Callable[["World"], None] = lambda _: None
    fails: str = ""

    @property
    def line(self) -> Words:
        return {
            "plan": ("plan",),
            "check": ("check",),
            "audit": ("audit", "--fail-on", "unknown"),
            "diagnose": ("diagnose", f"{DENIED}. Insufficient privileges for accessing data in Amazon S3"),
            "undo": ("undo", "--yes", "--confirm", "personalize-service-role"),
        }.get(self.command, (self.command, "--yes"))


@dataclass
class World:
    account: Account
    aws: FakeAws
    program: Program
    enforcing: Enforcing
    key: str

    def words(self, words: Words) -> Words:
        return tuple(word.format(key=self.key) for word in words)

    def start(self, scenario: Scenario) -> None:
        """Bring the account to where the scenario begins."""
        if scenario.earlier:
            self.program.apply(*self.words(scenario.earlier))
        scenario.meanwhile(self)

    def permissions(self, scenario: Scenario) -> list[dict[str, Any]]:
        """What explain prints for the settings, and for the earlier ones, as it says."""
        self.enforcing.allow(None)
        found = []
        for words in dict.fromkeys(filter(None, (scenario.words, scenario.earlier))):
            run = self.program.json("explain", "--tool-permissions", "--for", scenario.command, *self.words(words))
            assert (run.code, run.calls) == (0, ()), run.err
            found += run.data["policies"][scenario.command]["Statement"]
        return found

    def run(self, scenario: Scenario, statements: Iterable[Mapping[str, Any]]) -> Run:
        self.enforcing.allow(statements)
        more = ()
        if scenario.fails:
            self.aws.on(scenario.fails, refuses("LimitExceeded"))
            more = ("--on-failure", "undo")
        try:
            return self.program.json(*scenario.line, *more, *self.words(scenario.words))
        finally:
            self.aws.forget()


@pytest.fixture
def world(aws: FakeAws, account: Account, program: Program, monkeypatch: pytest.MonkeyPatch) -> World:
    """An account as others left it, and an administrator who may do everything until told otherwise."""
    enforcing = Enforcing(aws)
    monkeypatch.setattr(aws.strict, "answer", enforcing.answer)
    theirs = {"Sid": "Theirs", "Effect": "Deny", "Principal": "*", "Action": "s3:DeleteObject"}
    account.bucket(DATA, document({**theirs, "Resource": f"arn:aws:s3:::{DATA}/*"}))
    account.bucket(RESULTS)
    key = account.key(document(root_keeps(), {**root_keeps(), "Sid": "Second", "Action": "kms:Decrypt"}))
    account.iam.create_user(UserName="ada", Path="/team/")
    account.iam.create_user(UserName="grace", Path="/staff/")
    account.iam.create_group(GroupName="analysts", Path="/people/")
    account.role("notebook", document(trusts({"Service": "sagemaker.amazonaws.com"})), Path="/sm/")
    account.role("legacy", document(trusts({"Service": [SERVICE, "glue.amazonaws.com"]}, Sid="Shared")))
    for edge in ("edge", "edge-2"):
        account.policy(edge)
    account.iam.create_saml_provider(SAMLMetadataDocument="x" * 1000, Name="corp")
    account.iam.create_open_id_connect_provider(Url="https://idp.example", ClientIDList=["app"])
    CENTER.enable(REGION, groups=("analysts",), users=("ada", *map("user-{}".format, range(8))))
    enforcing.carries = role_arn("personalize-service-role")
    return World(account, aws, program, enforcing, key)


def fills_the_versions(world: World) -> None:
    name = "personalize-service-access"
    text = world.account.policy_text(name)
    for _ in range(4):
        world.account.iam.create_policy_version(PolicyArn=policy_arn(name), PolicyDocument=text)


DENY = {"Sid": "Theirs", "Effect": "Deny", "Action": "ec2:*", "Resource": "*"}
ENCRYPTED: Words = (*EVERY, "--workflow", "encrypted-dataset-group", "--attach-user", "grace")


def hangs_on_others(world: World) -> None:
    """Policies of others on everybody who takes part, and a public bucket whose policy has to change."""
    iam = world.account.iam
    theirs = json.dumps(document(DENY))
    for role in ("personalize-service-role", "notebook"):
        iam.put_role_policy(RoleName=role, PolicyName="theirs", PolicyDocument=theirs)
    for user in ("ada", "grace"):
        iam.put_user_policy(UserName=user, PolicyName="theirs", PolicyDocument=theirs)
    for group in ("analysts", "everybody"):
        if group == "everybody":
            iam.create_group(GroupName=group, Path="/all/")
        iam.put_group_policy(GroupName=group, PolicyName="theirs", PolicyDocument=theirs)
        iam.add_user_to_group(GroupName="everybody" if group == "everybody" else "analysts", UserName="grace")
    iam.attach_user_policy(UserName="grace", PolicyArn=world.account.policy("theirs", DENY, Path="/theirs/"))
    public = {"Sid": "Public", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject"}
    world.account.put_bucket_policy(DATA, document({**public, "Resource": f"arn:aws:s3:::{DATA}/*"}))
    world.account.put_key_policy(world.key, document(root_keeps()))


def is_large(world: World) -> None:
    """The same in an account that is too large for one call."""
    hangs_on_others(world)
    world.enforcing.is_large = True


ANOTHER_EDGE: Words = ("--permissions-boundary", policy_arn("edge-2"))
MANY: Words = tuple(
    word for number in range(25) for word in ("--assumable-by", f"arn:aws:iam::444455556666:user/user-{number}")
)
SCENARIOS = {
    "plan long trust": Scenario(command="plan", words=(*BASE, *MANY)),
    "apply long trust": Scenario(command="apply", words=(*BASE, *MANY)),
    "plan fresh": Scenario(command="plan", words=EVERY),
    "plan grant": Scenario(command="plan", words=(*BASE, *GRANT)),
    "plan smaller": Scenario(command="plan", words=SMALL, earlier=EVERY),
    "plan full versions": Scenario(
        command="plan", words=(*BASE, "--hardening", "strict"), earlier=BASE, meanwhile=fills_the_versions
    ),
    "apply fresh": Scenario(command="apply", words=EVERY),
    "apply unchanged": Scenario(command="apply", words=EVERY, earlier=EVERY),
    "apply grant": Scenario(command="apply", words=(*BASE, *GRANT)),
    "apply grant instead": Scenario(command="apply", words=(*BASE, *GRANT), earlier=BASE),
    "apply statements instead": Scenario(command="apply", words=BASE, earlier=(*BASE, *GRANT)),
    "apply changed": Scenario(command="apply", words=(*EVERY, *OTHER, *ANOTHER_EDGE), earlier=EVERY),
    "apply smaller": Scenario(command="apply", words=SMALL, earlier=EVERY),
    "apply full versions": Scenario(
        command="apply", words=(*BASE, "--hardening", "strict"), earlier=BASE, meanwhile=fills_the_versions
    ),
    "apply adopted": Scenario(command="apply", words=ADOPT),
    "apply failing": Scenario(command="apply", words=(*EVERY, *GRANT), fails="AttachUserPolicy"),
    "apply changed failing": Scenario(
        command="apply", words=(*BASE, *OTHER, "--attach-user", "ada"), earlier=BASE, fails="AttachUserPolicy"
    ),
    "plan set": Scenario(command="plan", words=SET),
    "plan set unchanged": Scenario(command="plan", words=SET, earlier=SET),
    "plan set dropped": Scenario(command="plan", words=BASE, earlier=SET),
    "apply set": Scenario(command="apply", words=SET),
    "apply set changed": Scenario(command="apply", words=NEWER_SET, earlier=SET_OF_MANY),
    "apply set dropped": Scenario(command="apply", words=BASE, earlier=SET),
    "undo set": Scenario(command="undo", words=SET, earlier=SET),
    "check": Scenario(command="check", words=ENCRYPTED, earlier=ENCRYPTED, meanwhile=hangs_on_others),
    "check fresh": Scenario(command="check", words=EVERY),
    "check long trust": Scenario(command="check", words=(*BASE, *MANY)),
    "check smaller": Scenario(command="check", words=SMALL, earlier=EVERY, meanwhile=is_large),
    "check full versions": Scenario(
        command="check", words=(*BASE, "--hardening", "strict"), earlier=BASE, meanwhile=fills_the_versions
    ),
    "check large": Scenario(command="check", words=ENCRYPTED, earlier=ENCRYPTED, meanwhile=is_large),
    "audit": Scenario(command="audit", words=BASE, earlier=BASE, meanwhile=hangs_on_others),
    "diagnose": Scenario(command="diagnose", words=ENCRYPTED, earlier=ENCRYPTED, meanwhile=hangs_on_others),
    "diagnose large": Scenario(command="diagnose", words=SMALL, earlier=SMALL, meanwhile=is_large),
    "undo every": Scenario(command="undo", words=(*EVERY, *GRANT), earlier=(*EVERY, *GRANT)),
    "undo statements": Scenario(command="undo", words=BASE, earlier=BASE, meanwhile=fills_the_versions),
    "undo adopted": Scenario(command="undo", words=ADOPT, earlier=ADOPT),
}


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS)
def test_what_is_printed_is_enough(scenario: Scenario, world: World) -> None:
    world.start(scenario)
    done = world.run(scenario, world.permissions(scenario))
    assert world.enforcing.denied == []
    finds = scenario.command in ("check", "diagnose", "audit")
    assert done.code == (1 if scenario.fails else 3 if finds else 0), done.err


NEEDED: Mapping[str, Words] = {
    "plan fresh": (
        *("iam:GetOpenIDConnectProvider", "iam:GetSAMLProvider", "iam:GetUser", "iam:ListAttachedUserPolicies"),
        *("iam:ListAttachedGroupPolicies", "iam:ListPolicies", "iam:ListRoles", "s3:ListBucket", "s3:GetBucketPolicy"),
        *("s3:GetEncryptionConfiguration", "kms:DescribeKey", "kms:GetKeyPolicy"),
    ),
    "plan grant": ("kms:ListGrants",),
    "plan long trust": ("iam:GetAccountSummary",),
    "plan smaller": (
        *("iam:GetPolicy", "iam:GetPolicyVersion", "iam:GetRole", "iam:ListEntitiesForPolicy"),
        *("iam:ListInstanceProfilesForRole", "iam:ListRolePolicies", "iam:ListAttachedRolePolicies"),
    ),
    "plan full versions": ("iam:ListPolicyVersions",),
    "plan set": (
        *("sso:ListInstances", "sso:ListPermissionSets", "identitystore:GetGroupId", "identitystore:GetUserId"),
    ),
    "plan set unchanged": (
        *("sso:DescribePermissionSet", "sso:ListTagsForResource", "sso:ListAccountAssignments"),
        *("sso:ListAccountsForProvisionedPermissionSet", "sso:ListCustomerManagedPolicyReferencesInPermissionSet"),
    ),
    "plan set dropped": (
        *("sso:GetInlinePolicyForPermissionSet", "sso:GetPermissionsBoundaryForPermissionSet"),
        "sso:ListManagedPoliciesInPermissionSet",
    ),
    "apply set": (
        *("sso:CreatePermissionSet", "sso:CreateAccountAssignment", "sso:DescribeAccountAssignmentCreationStatus"),
        *("sso:AttachCustomerManagedPolicyReferenceToPermissionSet", "sso:ListInstances", "sso:ListPermissionSets"),
        *("identitystore:GetGroupId", "identitystore:GetUserId"),
    ),
    "apply set changed": (
        *("sso:ProvisionPermissionSet", "sso:TagResource", "sso:UntagResource", "sso:DescribePermissionSet"),
        *("sso:DescribePermissionSetProvisioningStatus", "sso:ListTagsForResource", "sso:ListAccountAssignments"),
        *("sso:ListAccountsForProvisionedPermissionSet", "sso:ListCustomerManagedPolicyReferencesInPermissionSet"),
    ),
    "apply set dropped": (
        *("sso:DeletePermissionSet", "sso:DeleteAccountAssignment", "sso:DescribeAccountAssignmentDeletionStatus"),
        *("sso:GetInlinePolicyForPermissionSet", "sso:GetPermissionsBoundaryForPermissionSet"),
        *("sso:ListManagedPoliciesInPermissionSet", "sso:DetachCustomerManagedPolicyReferenceFromPermissionSet"),
    ),
    "undo set": (
        *("sso:DeletePermissionSet", "sso:DeleteAccountAssignment", "sso:DescribeAccountAssignmentDeletionStatus"),
        *("sso:GetInlinePolicyForPermissionSet", "sso:GetPermissionsBoundaryForPermissionSet"),
        *("sso:ListManagedPoliciesInPermissionSet", "sso:DetachCustomerManagedPolicyReferenceFromPermissionSet"),
        *("sso:ListInstances", "sso:ListPermissionSets", "sso:DescribePermissionSet", "sso:ListTagsForResource"),
        *("sso:ListAccountAssignments", "sso:ListAccountsForProvisionedPermissionSet"),
        "sso:ListCustomerManagedPolicyReferencesInPermissionSet",
    ),
    "apply long trust": ("iam:GetAccountSummary",),
    "apply fresh": (
        *("iam:GetOpenIDConnectProvider", "iam:GetSAMLProvider", "iam:GetUser", "iam:ListAttachedUserPolicies"),
        *("iam:ListAttachedGroupPolicies", "iam:AttachGroupPolicy", "iam:AttachUserPolicy"),
    ),
    "apply grant": (
        *("iam:AttachRolePolicy", "iam:CreatePolicy", "iam:CreateRole", "iam:TagPolicy", "iam:TagRole"),
        *("iam:ListPolicies", "iam:ListRoles", "iam:GetPolicy", "iam:GetPolicyVersion"),
        *("iam:GetRole", "s3:ListBucket", "s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:GetEncryptionConfiguration"),
        *("kms:DescribeKey", "kms:GetKeyPolicy", "kms:PutKeyPolicy", "kms:ListGrants", "kms:CreateGrant"),
        "iam:ListEntitiesForPolicy",
    ),
    "apply adopted": ("iam:UpdateAssumeRolePolicy", "iam:ListAttachedRolePolicies"),
    "apply changed": ("iam:PutRolePermissionsBoundary", "iam:UpdateRoleDescription"),
    "apply full versions": ("iam:CreatePolicyVersion", "iam:DeletePolicyVersion", "iam:ListPolicyVersions"),
    "apply smaller": ("iam:DetachUserPolicy", "iam:DetachGroupPolicy", "iam:DeleteRole", "s3:DeleteBucketPolicy"),
    "apply failing": (
        *("iam:DeletePolicy", "iam:DetachRolePolicy", "iam:ListInstanceProfilesForRole", "iam:ListRolePolicies"),
        "kms:RevokeGrant",
    ),
    "apply changed failing": ("iam:UntagPolicy", "iam:UntagRole"),
    "check": (
        *("access-analyzer:ValidatePolicy", "iam:GetAccountAuthorizationDetails", "iam:SimulatePrincipalPolicy"),
        *("s3:GetBucketPublicAccessBlock", "kms:ListGrants", "kms:DescribeKey", "kms:GetKeyPolicy", "iam:GetPolicy"),
        *("iam:GetRole", "s3:ListBucket", "s3:GetBucketPolicy", "s3:GetEncryptionConfiguration"),
        *("personalize:ListDatasetGroups", "personalize:DescribeDatasetGroup"),
    ),
    "check fresh": (
        *("iam:GetOpenIDConnectProvider", "iam:GetSAMLProvider", "iam:ListPolicies", "iam:ListRoles"),
        *("iam:ListAttachedUserPolicies", "iam:ListAttachedGroupPolicies"),
    ),
    "check long trust": ("iam:GetAccountSummary",),
    "check smaller": ("iam:ListInstanceProfilesForRole",),
    "check full versions": ("iam:ListPolicyVersions",),
    "check large": (
        *("iam:GetPolicyVersion", "iam:ListEntitiesForPolicy", "iam:GetUser", "iam:GetUserPolicy"),
        *("iam:ListGroupsForUser", "iam:ListUserPolicies", "iam:ListAttachedUserPolicies", "iam:GetGroupPolicy"),
        *("iam:ListAttachedGroupPolicies", "iam:ListGroupPolicies", "iam:GetRolePolicy", "iam:ListRolePolicies"),
        "iam:ListAttachedRolePolicies",
    ),
    "audit": (
        *("iam:GetAccountAuthorizationDetails", "iam:GetPolicy", "iam:GetPolicyVersion", "s3:ListAllMyBuckets"),
        *("s3:GetBucketPolicy", "kms:ListKeys", "kms:GetKeyPolicy"),
    ),
    "undo every": (
        *("iam:DeletePolicy", "iam:DeleteRole", "iam:DetachGroupPolicy", "iam:DetachRolePolicy"),
        *("iam:DetachUserPolicy", "iam:GetPolicy", "iam:GetPolicyVersion", "iam:GetRole", "iam:ListEntitiesForPolicy"),
        *("iam:ListAttachedRolePolicies", "iam:ListInstanceProfilesForRole", "iam:ListRolePolicies"),
        *("kms:DescribeKey", "kms:GetKeyPolicy", "kms:ListGrants", "kms:PutKeyPolicy", "kms:RevokeGrant"),
        *("s3:DeleteBucketPolicy", "s3:GetBucketPolicy", "s3:GetEncryptionConfiguration"),
        *("s3:PutBucketPolicy", "iam:ListPolicyVersions"),
    ),
    "undo statements": ("iam:DeletePolicyVersion",),
    "undo adopted": (
        "iam:UpdateAssumeRolePolicy",
        *(f"personalize:List{kind}s" for kind in PERSONALIZE),
        *(f"personalize:Describe{kind}" for kind in PERSONALIZE),
    ),
}
"""In which scenario each action is taken away; more would need it."""


def without(action: str, permissions: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [{**statement, "Action": [*set(statement["Action"]) - {action}]} for statement in permissions]


_OWN_BUCKETS = "s3:ListAllMyBuckets"


def says_what_is_missing(done: Run, action: str, world: World) -> None:
    """Check that the run names the action, and each thing that it lacked it for, in an error or a finding."""
    # Whose a bucket is that may not be looked at, the list of one's own may tell; nobody needs that permission.
    missing = {need.name for need in world.enforcing.denied if action == _OWN_BUCKETS or need.action != _OWN_BUCKETS}
    assert missing, f"{action} is not needed"
    told = [" ".join(map(str, error.values())) for error in done.errors]
    told += [" ".join(map(str, finding.values())) for finding in done.data["findings"]]
    told += [f"{change['resource']} {change['reason']}" for change in done.data.get("changes", [])]
    told += done.data.get("notes", [])
    about = " ".join(text for text in told if action in text)
    untold = [name for name in missing if name not in about]
    # A check says what it depends on: where one policy denies for certain, nobody needs to know the next.
    assert len(untold) < len(missing) if "links" in done.data else untold == [], (action, about)
    assert done.code in (0, 1, 3), done.err
    assert "Traceback" not in done.err


PLANS = {name: actions for name, actions in NEEDED.items() if name.startswith(("plan", "check", "audit"))}


@pytest.mark.parametrize("name", PLANS)
def test_a_plan_says_what_it_may_not_read(name: str, world: World) -> None:
    world.start(SCENARIOS[name])
    permissions = world.permissions(SCENARIOS[name])
    for action in PLANS[name]:
        says_what_is_missing(world.run(SCENARIOS[name], without(action, permissions)), action, world)


WRITING = [
    pytest.param(name, action, marks=[pytest.mark.long] if number else [])
    for name, actions in NEEDED.items()
    for number, action in enumerate(actions)
    if name not in PLANS
]


@pytest.mark.parametrize(("name", "action"), WRITING)
def test_a_run_says_what_is_missing_and_the_next_one_completes_it(name: str, action: str, world: World) -> None:
    scenario = SCENARIOS[name]
    world.start(scenario)
    permissions = world.permissions(scenario)
    says_what_is_missing(world.run(scenario, without(action, permissions)), action, world)
    again = world.run(replace(scenario, fails=""), permissions)
    assert (again.code, world.enforcing.denied) == (0, []), again.err
    assert world.run(replace(scenario, fails=""), permissions).writes == []
    assert "Theirs" in sids(world.account.bucket_policy())
    assert "Second" in sids(world.account.key_policy(world.key))


@pytest.mark.parametrize("command", ["plan", "apply", "check", "audit", "undo"])
def test_nothing_is_printed_that_no_scenario_needs(command: str, world: World) -> None:
    mine = {name: scenario for name, scenario in SCENARIOS.items() if scenario.command == command}
    printed = {
        action
        for scenario in mine.values()
        for statement in world.permissions(scenario)
        for action in statement["Action"]
    }
    assert printed == {action for name in mine for action in NEEDED.get(name, ())}
