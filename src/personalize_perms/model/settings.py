"""What the user wants: every answer of the wizard, flag, variable and key of the settings file, as one value."""

from enum import StrEnum

from personalize_perms.model.names import AccountId, Arn, S3Location
from personalize_perms.model.values import dataclass


class Workflow(StrEnum):
    """What a team does with Amazon Personalize; it decides what is granted."""

    IMPORT = "import"
    DATA_DELETION = "data-deletion"
    EXPORT = "export"
    BATCH = "batch"
    METRICS_S3 = "metrics-s3"
    METRICS_CLOUDWATCH = "metrics-cloudwatch"
    ENCRYPTED_DATASET_GROUP = "encrypted-dataset-group"


READS_INPUT = frozenset({Workflow.IMPORT, Workflow.DATA_DELETION, Workflow.BATCH})
WRITES_OUTPUT = frozenset({Workflow.EXPORT, Workflow.BATCH, Workflow.METRICS_S3})


class UserAccess(StrEnum):
    """Presets of the user policy."""

    ADMIN = "admin"
    DATA_ENGINEER = "data-engineer"
    ML_ENGINEER = "ml-engineer"
    RUNTIME = "runtime"
    EVENT_PRODUCER = "event-producer"
    BATCH_OPERATOR = "batch-operator"
    METRICS_OPERATOR = "metrics-operator"
    ANALYST = "analyst"
    NONE = "none"


class KmsAccess(StrEnum):
    """How the service role is let to a KMS key."""

    KEY_POLICY = "key-policy"
    GRANT = "grant"


class Hardening(StrEnum):
    """Which form of the documents is rendered."""

    DOCUMENTED = "documented"
    STRICT = "strict"


class SourceConditions(StrEnum):
    """Where `aws:SourceAccount` and `aws:SourceArn` are demanded."""

    TRUST = "trust"
    ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One set-up. Fields are the flags of the command line with `_` for `-`, plural where a flag is repeatable."""

    name: str = "personalize"
    workflows: tuple[Workflow, ...] = (Workflow.IMPORT,)
    inputs: tuple[S3Location, ...] = ()
    outputs: tuple[S3Location, ...] = ()
    kms_keys: tuple[str, ...] = ()
    kms_access: KmsAccess = KmsAccess.KEY_POLICY
    role_name: str = ""
    role_path: str = "/"
    role_arn: Arn | None = None
    role_description: str = ""
    tighten_trust: bool = False
    permissions_boundary: Arn | None = None
    tags: tuple[tuple[str, str], ...] = ()
    user_access: UserAccess = UserAccess.ADMIN
    user_policy_name: str = ""
    attach_users: tuple[str, ...] = ()
    attach_groups: tuple[str, ...] = ()
    attach_roles: tuple[str, ...] = ()
    assumable_by: tuple[Arn, ...] = ()
    require_mfa: bool = False
    saml_provider: Arn | None = None
    oidc_provider: Arn | None = None
    oidc_audience: str = ""
    oidc_subject: str = ""
    permission_set: str = ""
    assign_groups: tuple[str, ...] = ()
    assign_users: tuple[str, ...] = ()
    assign_accounts: tuple[AccountId, ...] = ()
    identity_center_region: str = ""
    hardening: Hardening = Hardening.DOCUMENTED
    source_conditions: SourceConditions = SourceConditions.TRUST
    bucket_owners: tuple[tuple[str, str], ...] = ()
    serve_accounts: tuple[AccountId, ...] = ()
    serve_org: str = ""

    @property
    def serves(self) -> bool:
        """Whether this account's buckets and keys are let to other accounts, and nothing else is made."""
        return bool(self.serve_accounts or self.serve_org)

    @property
    def service_role_name(self) -> str:
        """The service role's name, adopted or to create."""
        return self.role_arn.name if self.role_arn else self.role_name or f"{self.name}-service-role"

    @property
    def user_policy(self) -> str:
        """The user policy's name."""
        return self.user_policy_name or f"{self.name}-user-access"

    @property
    def reads_input(self) -> bool:
        """Whether a chosen workflow reads from S3."""
        return not READS_INPUT.isdisjoint(self.workflows)

    @property
    def writes_output(self) -> bool:
        """Whether a chosen workflow writes to S3."""
        return not WRITES_OUTPUT.isdisjoint(self.workflows)

    @property
    def locations(self) -> tuple[S3Location, ...]:
        """The locations that a chosen workflow uses."""
        return (self.inputs if self.reads_input else ()) + (self.outputs if self.writes_output else ())

    @property
    def buckets(self) -> tuple[str, ...]:
        """The buckets of `locations`, each once, in the order in which they were named."""
        return tuple(dict.fromkeys(location.bucket for location in self.locations))


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The account, Region and partition that a plan is for."""

    account: AccountId
    region: str
    partition: str

    def arn(self, service: str, resource: str, *, regional: bool = False) -> str:
        """Return the ARN text of a resource of this account."""
        return f"arn:{self.partition}:{service}:{self.region if regional else ''}:{self.account}:{resource}"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyUse:
    """One KMS key by its key ARN, and the chosen workflows that use it.

    `holds_datasets` tells that an encrypted dataset group may use it, not only a bucket.
    """

    arn: Arn
    workflows: frozenset[Workflow]
    holds_datasets: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """An answer that is needed and not there. `option` is the field of `Settings`; `options.BY_FIELD` has its flag."""

    option: str
    why: str
