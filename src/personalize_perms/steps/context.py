"""What every step is given, and the few things that all of them make in the same way."""

from collections.abc import Mapping

from personalize_perms.model import ownership
from personalize_perms.model.resources import ManagedPolicy, Role, Statement
from personalize_perms.model.settings import KeyUse, Place, Settings
from personalize_perms.model.values import dataclass
from personalize_perms.steps.uniting import united
from personalize_perms.templates import Templates, Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """One set-up in one place, the KMS keys that it uses, and the templates to render."""

    settings: Settings
    place: Place
    keys: tuple[KeyUse, ...]
    templates: Templates
    foreign_buckets: frozenset[str] = frozenset()
    """Buckets that AWS shows to be of another account, though the settings do not say so."""
    regions: tuple[str, ...] = ()
    """Where the documents are for several Regions at once: all of them."""

    def is_foreign(self, bucket: str) -> bool:
        """Tell whether a bucket is of another account, so that only its owner can change its policy."""
        owner = dict(self.settings.bucket_owners).get(bucket, self.place.account)
        return owner != self.place.account or bucket in self.foreign_buckets

    @property
    def service_role_arn(self) -> str:
        """The service role's ARN, known before the role exists."""
        settings = self.settings
        if settings.role_arn:
            return str(settings.role_arn)
        return self.place.arn("iam", f"role{settings.role_path}{settings.service_role_name}")

    @property
    def tags(self) -> dict[str, str]:
        """The tags of every role and policy that is made."""
        return {**dict(self.settings.tags), ownership.TAG_NAME: self.settings.name}

    def render(
        self, template: str, values: Mapping[str, Value] | None = None, *, available: Mapping[str, Value] | None = None
    ) -> tuple[Statement, ...]:
        """Return the template's statements, their Sids marked as this set-up's.

        The template must use all of `values`; it may use `available` and the place.
        """
        place = {"Partition": self.place.partition, "Account": self.place.account, **(available or {})}
        prefix = ownership.sid_prefix(self.settings.name)
        found = [
            self.templates.render(template, values or {}, available={"Region": region, **place})
            for region in self.regions or (self.place.region,)
        ]
        rendered = found[0] if len(found) == 1 else united(found)
        return tuple({**statement, "Sid": f"{prefix}{statement['Sid']}"} for statement in rendered)

    def policy(
        self, name: str, description: str, statements: tuple[Statement, ...], ledger: Mapping[str, str] | None = None
    ) -> ManagedPolicy:
        """Return a managed policy with the set-up's tags, and those of the ledger if it carries that."""
        return ManagedPolicy(
            name=name,
            arn=self.place.arn("iam", f"policy/{name}"),
            description=description,
            statements=statements,
            tags={**self.tags, **(ledger or {})},
        )

    def role(self, name: str, description: str, statements: tuple[Statement, ...], *, path: str = "/") -> Role:
        """Return a role with the set-up's tags and permissions boundary."""
        boundary = self.settings.permissions_boundary
        return Role(
            name=name,
            arn=self.place.arn("iam", f"role{path}{name}"),
            path=path,
            description=description,
            boundary_arn=str(boundary) if boundary else "",
            statements=statements,
            tags=self.tags,
        )
