"""A complete set-up, and the single faults that can befall it: each one with what a check has to say of it first."""

import json
from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass
from typing import Any

from account import DATA, RESULTS, SERVICE, Account, Document, document, policy_arn, role_arn, root_keeps, user_arn
from fake_aws import ACCOUNT, REGION

from personalize_perms.model import ownership

KEY = "alias/data"
SETTINGS = (
    *("--input", f"s3://{DATA}/in/", "--output", f"s3://{RESULTS}/out/", "--kms-key", KEY),
    *("--workflow", "import", "--workflow", "export", "--workflow", "batch", "--workflow", "metrics-s3"),
    *("--workflow", "encrypted-dataset-group"),
    *("--attach-user", "ada", "--attach-group", "analysts", "--attach-role", "notebook"),
    *("--assumable-by", user_arn("grace")),
)
ROLE = "personalize-service-role"
USERS_ROLE = "personalize-users"
SERVICE_POLICY = "personalize-service-access"
USER_POLICY = "personalize-user-access"
MARK = ownership.sid_prefix("personalize")
Statement = dict[str, Any]


@dataclass(frozen=True)
class Fault:
    """`spoil` breaks the account; `check` is the id of the finding that must come first, `by_apply` who mends it."""

    name: str
    check: str
    spoil: Callable[[Account, str], object]
    _: KW_ONLY
    by_apply: bool = True
    says: str = ""
    """Words that the finding must have somewhere."""
    verdict: str = "denied"


def prepare(account: Account) -> str:
    """Fill the account with what others have in it; return the ARN of the key."""
    account.bucket(DATA, document(tls_only(DATA), Id="theirs"))
    account.bucket(RESULTS)
    key = account.key(document(root_keeps()))
    account.kms.create_alias(AliasName=KEY, TargetKeyId=key)
    for user in ("ada", "grace"):
        account.iam.create_user(UserName=user)
    account.iam.create_group(GroupName="analysts")
    account.iam.create_group(GroupName="everybody")
    account.iam.add_user_to_group(GroupName="everybody", UserName="ada")
    notebook = {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}
    account.role("notebook", document(notebook))
    return key


def tls_only(bucket: str) -> Statement:
    return denies(bucket, {"Bool": {"aws:SecureTransport": "false"}}, Sid="Tls")


def denies(bucket: str, condition: Document | None = None, **rest: Any) -> Statement:
    found: Statement = {"Sid": "Theirs", "Effect": "Deny", "Principal": "*", "Action": "s3:*"}
    found["Resource"] = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
    return {**found, **({"Condition": condition} if condition else {}), **rest}


# Edits of documents


def _bucket(name: str, change: Callable[[list[Statement]], list[Statement]]) -> Callable[[Account, str], object]:
    def spoil(account: Account, _: str) -> None:
        found = account.bucket_policy(name)
        account.put_bucket_policy(name, {**found, "Statement": change(found["Statement"])})

    return spoil


def _key(change: Callable[[list[Statement]], list[Statement]]) -> Callable[[Account, str], object]:
    def spoil(account: Account, key: str) -> None:
        found = account.key_policy(key)
        account.put_key_policy(key, {**found, "Statement": change(found["Statement"])})

    return spoil


def _trust(role: str, change: Callable[[list[Statement]], list[Statement]]) -> Callable[[Account, str], object]:
    def spoil(account: Account, _: str) -> None:
        found = account.trust(role)
        text = json.dumps({**found, "Statement": change(found["Statement"])})
        account.iam.update_assume_role_policy(RoleName=role, PolicyDocument=text)

    return spoil


def _policy(name: str, change: Callable[[list[Statement]], list[Statement]]) -> Callable[[Account, str], object]:
    def spoil(account: Account, _: str) -> None:
        found = account.policy_document(name)
        text = json.dumps({**found, "Statement": change(found["Statement"])})
        arn = policy_arn(name)
        for version in account.iam.list_policy_versions(PolicyArn=arn)["Versions"]:
            if not version["IsDefaultVersion"]:
                account.iam.delete_policy_version(PolicyArn=arn, VersionId=version["VersionId"])
        account.iam.create_policy_version(PolicyArn=arn, PolicyDocument=text, SetAsDefault=True)

    return spoil


def _without(ending: str) -> Callable[[list[Statement]], list[Statement]]:
    return lambda statements: [one for one in statements if not str(one.get("Sid")).endswith(ending)]


def _changed(ending: str, **elements: Any) -> Callable[[list[Statement]], list[Statement]]:
    def change(statements: list[Statement]) -> list[Statement]:
        assert any(str(one.get("Sid")).endswith(ending) for one in statements), ending
        return [{**one, **elements} if str(one.get("Sid")).endswith(ending) else one for one in statements]

    return change


def _lacking(ending: str, action: str) -> Callable[[list[Statement]], list[Statement]]:
    def change(statements: list[Statement]) -> list[Statement]:
        for one in statements:
            if str(one.get("Sid")).endswith(ending):
                assert action in one["Action"], one
                one["Action"] = [other for other in one["Action"] if other != action]
        return statements

    return change


def _with(*added: Statement) -> Callable[[list[Statement]], list[Statement]]:
    return lambda statements: [*statements, *added]


def _inline(kind: str, name: str, *statements: Statement) -> Callable[[Account, str], object]:
    def spoil(account: Account, _: str) -> None:
        put = getattr(account.iam, f"put_{kind}_policy")
        put(**{f"{kind.title()}Name": name}, PolicyName="theirs", PolicyDocument=json.dumps(document(*statements)))

    return spoil


def _attached(role: str, *statements: Statement) -> Callable[[Account, str], object]:
    def spoil(account: Account, _: str) -> None:
        arn = account.policy("theirs", *statements)
        account.iam.attach_role_policy(RoleName=role, PolicyArn=arn)

    return spoil


def _bounded(kind: str, name: str) -> Callable[[Account, str], object]:
    def spoil(account: Account, _: str) -> None:
        arn = account.policy("boundary", {"Effect": "Allow", "Action": "ec2:*", "Resource": "*"})
        if kind == "role":
            account.iam.put_role_permissions_boundary(RoleName=name, PermissionsBoundary=arn)

    return spoil


def _detached(policy: str, kind: str, name: str) -> Callable[[Account, str], object]:
    def spoil(account: Account, _: str) -> None:
        detach = getattr(account.iam, f"detach_{kind}_policy")
        detach(**{f"{kind.title()}Name": name}, PolicyArn=policy_arn(policy))

    return spoil


def _encrypted(account: Account, algorithm: str, key: str = "") -> None:
    default = {"SSEAlgorithm": algorithm, **({"KMSMasterKeyID": key} if key else {})}
    rules = {"Rules": [{"ApplyServerSideEncryptionByDefault": default}]}
    account.s3.put_bucket_encryption(Bucket=DATA, ServerSideEncryptionConfiguration=rules)


def _id(key_arn: str) -> str:
    return key_arn.rpartition("/")[2]


def _delete_role(account: Account, name: str) -> None:
    _detached(SERVICE_POLICY, "role", name)(account, "")
    account.iam.delete_role(RoleName=name)


def _recreate(account: Account, region: str) -> None:
    account.s3.delete_bucket_policy(Bucket=DATA)
    account.s3.delete_bucket(Bucket=DATA)
    if region:
        account.bucket(DATA, region=region)


def _make_public(account: Account) -> None:
    public = denies(DATA, Sid="Public", Effect="Allow", Action="s3:GetObject")
    account.put_bucket_policy(DATA, document(public))
    account.s3.put_public_access_block(Bucket=DATA, PublicAccessBlockConfiguration={"BlockPublicPolicy": True})


_DENY: Statement = {"Sid": "Theirs", "Effect": "Deny", "Action": "s3:*", "Resource": "*"}
_NOT_KMS: Statement = {"Sid": "Theirs", "Effect": "Deny", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*"}
_SOURCE = {"StringEquals": {"aws:SourceAccount": "999999999999"}}
_VPC = {"StringNotEquals": {"aws:SourceVpce": "vpce-1a2b3c4d"}}
_ORGANISATION = {"StringNotEquals": {"aws:PrincipalOrgID": "o-example123"}}
_ADDRESS = {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}
_UPLOADS = {"StringNotEquals": {"s3:x-amz-server-side-encryption": "aws:kms"}}
_GLUE: Statement = {"Effect": "Allow", "Principal": {"Service": "glue.amazonaws.com"}, "Action": "sts:AssumeRole"}
_NO_ASSUMING: Statement = {**_GLUE, "Sid": "Theirs", "Effect": "Deny", "Principal": {"Service": SERVICE}}
_ANYBODY: Statement = {**_GLUE, "Sid": "Theirs", "Principal": {"Service": SERVICE}}
_READS, _WRITES, _USES, _EXPORTS = "ReadsInput", "PersonalizeWritesOutput", "UseThisKey", "PersonalizeExport"

FAULTS: tuple[Fault, ...] = (
    # The bucket policy
    Fault("bucket: our statement removed", "bucket-policy", _bucket(DATA, _without(_READS)), says="apply"),
    Fault("bucket: the whole policy deleted", "bucket-policy", lambda a, _: a.s3.delete_bucket_policy(Bucket=DATA)),
    Fault("bucket: GetObject taken out", "bucket-policy", _bucket(DATA, _lacking(_READS, "s3:GetObject"))),
    Fault("bucket: ListBucket taken out", "bucket-policy", _bucket(DATA, _lacking(_READS, "s3:ListBucket"))),
    Fault(
        "bucket: another prefix",
        "bucket-policy",
        _bucket(DATA, _changed(_READS, Resource=[f"arn:aws:s3:::{DATA}", f"arn:aws:s3:::{DATA}/other/*"])),
        says="s3:GetObject",
    ),
    Fault(
        "bucket: another service",
        "bucket-policy",
        _bucket(DATA, _changed(_READS, Principal={"Service": "forecast.amazonaws.com"})),
    ),
    Fault("bucket: our statement turned into a Deny", "bucket-policy", _bucket(DATA, _changed(_READS, Effect="Deny"))),
    Fault(
        "bucket: a condition that never holds",
        "bucket-policy",
        _bucket(DATA, _changed(_READS, Condition={"Bool": {"aws:SecureTransport": "false"}})),
    ),
    Fault(
        "bucket: a condition on the source, of which nobody knows whether it is sent",
        "drift-bucket-policy",
        _bucket(DATA, _changed(_READS, Condition=_SOURCE)),
    ),
    Fault("results: our statement removed", "bucket-policy", _bucket(RESULTS, _without(_WRITES))),
    Fault("results: PutObject taken out", "bucket-policy", _bucket(RESULTS, _lacking(_WRITES, "s3:PutObject"))),
    Fault("results: ListBucket taken out", "bucket-policy", _bucket(RESULTS, _lacking(_WRITES, "s3:ListBucket"))),
    Fault(
        "bucket: only a VPC may",
        "bucket-policy",
        _bucket(DATA, _with(denies(DATA, _VPC))),
        by_apply=False,
        says="Theirs",
    ),
    Fault(
        "bucket: only an organisation may",
        "bucket-policy",
        _bucket(DATA, _with(denies(DATA, _ORGANISATION))),
        by_apply=False,
        says="PrincipalServiceName",
    ),
    Fault(
        "bucket: only some addresses may",
        "bucket-policy",
        _bucket(DATA, _with(denies(DATA, _ADDRESS))),
        by_apply=False,
        says="aws:sourceip",
        verdict="unknown",
    ),
    Fault("bucket: nobody may", "bucket-policy", _bucket(DATA, _with(denies(DATA))), by_apply=False, says="Theirs"),
    Fault(
        "bucket: only one role may",
        "bucket-policy",
        _bucket(DATA, _with(denies(DATA, {"ArnNotEquals": {"aws:PrincipalArn": role_arn("etl")}}))),
        by_apply=False,
    ),
    Fault(
        "bucket: only one session may",
        "bucket-policy",
        _bucket(DATA, _with(denies(DATA, {"StringNotLike": {"aws:userid": "AROAEXAMPLE:*"}}))),
        by_apply=False,
    ),
    Fault(
        "results: only encrypted uploads",
        "bucket-policy",
        _bucket(RESULTS, _with(denies(RESULTS, _UPLOADS, Action="s3:PutObject"))),
        by_apply=False,
        says="s3:x-amz-server-side-encryption",
        verdict="unknown",
    ),
    Fault(
        "bucket: not the role",
        "bucket-policy",
        _bucket(DATA, _with(denies(DATA, Principal={"AWS": role_arn(ROLE)}))),
        by_apply=False,
        says=role_arn(ROLE),
    ),
    Fault(
        "bucket: not the service",
        "bucket-policy",
        _bucket(DATA, _with(denies(DATA, Principal={"Service": SERVICE}, Action="s3:GetObject"))),
        by_apply=False,
        says="s3:GetObject",
    ),
    Fault(
        "bucket: not below the prefix",
        "bucket-policy",
        _bucket(DATA, _with(denies(DATA, Resource=f"arn:aws:s3:::{DATA}/in/*"))),
        by_apply=False,
    ),
    Fault(
        "bucket: encrypted with AWS's own key",
        "key-state",
        lambda a, _: _encrypted(a, "aws:kms"),
        by_apply=False,
        says="AWS",
    ),
    Fault(
        "bucket: encrypted with a new key",
        "key-policy",
        lambda a, _: _encrypted(a, "aws:kms", a.key()),
        says="apply",
    ),
    Fault("bucket: gone", "missing", lambda a, _: _recreate(a, ""), by_apply=False, says="create the bucket"),
    Fault(
        "bucket: in another Region",
        "bucket-region",
        lambda a, _: _recreate(a, "us-west-2"),
        by_apply=False,
        says="--region us-west-2",
    ),
    Fault(
        "bucket: public, and its policy may not be stored again",
        "block-public-access",
        lambda a, _: _make_public(a),
        by_apply=False,
        says="Public",
    ),
    # The key
    Fault("key: our statement removed", "key-policy", _key(_without(_USES)), says="apply"),
    Fault("key: CreateGrant taken out", "key-policy", _key(_lacking(_USES, "kms:CreateGrant")), says="kms:CreateGrant"),
    Fault("key: Decrypt taken out", "key-policy", _key(_lacking(_USES, "kms:Decrypt")), says="kms:Decrypt"),
    Fault("key: the export action removed", "key-policy", _key(_without(_EXPORTS)), says="WithoutPlaintext"),
    Fault("key: the role taken out", "key-policy", _key(_changed(_USES, Principal={"Service": SERVICE}))),
    Fault("key: the service taken out", "key-policy", _key(_changed(_USES, Principal={"AWS": role_arn(ROLE)}))),
    Fault(
        "key: only through S3",
        "drift-key-policy",
        _key(_changed(_USES, Condition={"StringEquals": {"kms:ViaService": f"s3.{REGION}.amazonaws.com"}})),
    ),
    Fault("key: nobody may decrypt", "key-policy", _key(_with(_NOT_KMS)), by_apply=False, says="Theirs"),
    Fault(
        "key: disabled",
        "key-state",
        lambda a, key: a.kms.disable_key(KeyId=_id(key)),
        by_apply=False,
        says="enable-key",
    ),
    Fault(
        "key: to be deleted",
        "key-state",
        lambda a, key: a.kms.schedule_key_deletion(KeyId=_id(key), PendingWindowInDays=7),
        by_apply=False,
        says="cancel-key-deletion",
    ),
    # The service role
    Fault("role: its policy detached", "role-policy", _detached(SERVICE_POLICY, "role", ROLE), says="apply"),
    Fault(
        "role: GetObject taken out", "role-policy", _policy(SERVICE_POLICY, _lacking("RoleReadsInput", "s3:GetObject"))
    ),
    Fault("role: its S3 reads removed", "role-policy", _policy(SERVICE_POLICY, _without("RoleReadsInput"))),
    Fault("role: its S3 writes removed", "role-policy", _policy(SERVICE_POLICY, _without("RoleWritesOutput"))),
    Fault("role: its metrics removed", "role-policy", _policy(SERVICE_POLICY, _without("RolePublishesMetrics"))),
    Fault("role: its keys removed", "drift-managed-policy", _policy(SERVICE_POLICY, _without("RoleUsesKeys"))),
    Fault(
        "role: its access to Personalize removed",
        "drift-managed-policy",
        _policy(SERVICE_POLICY, _without("RoleUsesPersonalize")),
    ),
    Fault(
        "role: another bucket",
        "role-policy",
        _policy(SERVICE_POLICY, _changed("RoleReadsInput", Resource="arn:aws:s3:::other/*")),
    ),
    Fault(
        "role: an inline Deny", "role-policy", _inline("role", ROLE, _DENY), by_apply=False, says="inline policy theirs"
    ),
    Fault("role: an attached Deny", "role-policy", _attached(ROLE, _DENY), by_apply=False, says=policy_arn("theirs")),
    Fault(
        "role: a boundary without S3", "boundary", _bounded("role", ROLE), by_apply=False, says=policy_arn("boundary")
    ),
    Fault("trust: our statement replaced", "trust", _trust(ROLE, lambda _: [_GLUE]), says="apply"),
    Fault(
        "trust: another account",
        "trust",
        _trust(ROLE, _changed("PersonalizeAssumesRole", Condition=_SOURCE)),
    ),
    Fault(
        "trust: another Region",
        "trust",
        _trust(
            ROLE,
            _changed(
                "PersonalizeAssumesRole",
                Condition={"ArnLike": {"aws:SourceArn": f"arn:aws:personalize:us-west-2:{ACCOUNT}:*"}},
            ),
        ),
    ),
    Fault(
        "trust: another service",
        "trust",
        _trust(ROLE, _changed("PersonalizeAssumesRole", Principal={"Service": "forecast.amazonaws.com"})),
    ),
    Fault(
        "trust: without conditions",
        "drift-trust-policy",
        _trust(ROLE, lambda statements: [{**one, "Condition": {}} for one in statements]),
    ),
    Fault("trust: a Deny", "trust", _trust(ROLE, _with(_NO_ASSUMING)), by_apply=False, says="Theirs"),
    Fault(
        "trust: anybody, too",
        "trust-without-source-conditions",
        _trust(ROLE, _with(_ANYBODY)),
        by_apply=False,
        says="owner",
        verdict="allowed",
    ),
    Fault("role: deleted", "drift-role", lambda a, _: _delete_role(a, ROLE), says="apply"),
    # People
    Fault("ada: the user policy detached", "user-policy", _detached(USER_POLICY, "user", "ada"), says="apply"),
    Fault("analysts: the user policy detached", "user-policy", _detached(USER_POLICY, "group", "analysts")),
    Fault("notebook: the user policy detached", "user-policy", _detached(USER_POLICY, "role", "notebook")),
    Fault("users' role: the user policy detached", "user-policy", _detached(USER_POLICY, "role", USERS_ROLE)),
    Fault("people: PassRole removed", "pass-role", _policy(USER_POLICY, _without("PassServiceRole")), says="apply"),
    Fault(
        "people: PassRole for another role",
        "pass-role",
        _policy(USER_POLICY, _changed("PassServiceRole", Resource=role_arn("other"))),
    ),
    Fault(
        "people: PassRole to another service",
        "pass-role",
        _policy(
            USER_POLICY,
            _changed("PassServiceRole", Condition={"StringEquals": {"iam:PassedToService": "forecast.amazonaws.com"}}),
        ),
    ),
    Fault("people: Personalize removed", "user-policy", _policy(USER_POLICY, _without("AdministerPersonalize"))),
    Fault(
        "people: no import any more",
        "user-policy",
        _policy(USER_POLICY, _changed("AdministerPersonalize", Action="personalize:Describe*")),
        says="CreateDatasetImportJob",
    ),
    Fault(
        "ada: an inline Deny",
        "user-policy",
        _inline("user", "ada", {**_DENY, "Action": "personalize:Create*"}),
        by_apply=False,
        says="inline policy theirs",
    ),
    Fault(
        "ada: a group's Deny",
        "pass-role",
        _inline("group", "everybody", {**_DENY, "Action": "iam:PassRole"}),
        by_apply=False,
        says="group everybody",
    ),
    Fault(
        "ada: only with MFA",
        "user-policy",
        _inline(
            "user",
            "ada",
            {
                **_DENY,
                "Action": "personalize:*",
                "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
            },
        ),
        by_apply=False,
        says="aws:multifactorauthpresent",
        verdict="unknown",
    ),
    Fault("notebook: a boundary", "boundary", _bounded("role", "notebook"), by_apply=False, says="boundary"),
    Fault("users' role: nobody may take it on", "assume-role", _trust(USERS_ROLE, lambda _: [_GLUE]), says="apply"),
    Fault(
        "users' role: another user",
        "assume-role",
        _trust(USERS_ROLE, _changed("UsersAssumeRole", Principal={"AWS": user_arn("ada")})),
    ),
    Fault(
        "grace: may take on nothing",
        "assume-role",
        _inline("user", "grace", {**_DENY, "Action": "sts:AssumeRole"}),
        by_apply=False,
        says="inline policy theirs",
    ),
)
