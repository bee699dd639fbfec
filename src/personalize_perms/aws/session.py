"""Clients of AWS: whose credentials, which Region, which endpoint, and how often a call may be sent.

Reads and writes have separate clients. A read may be sent again by botocore; a write is sent once, because after an
answer that was lost a blind repetition leaves a second grant or a second policy version: only reading back can settle
it. Importing botocore and building clients are the dearest things that a run does, so both happen on first use.
"""

import os
import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from threading import RLock, Thread
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal, TypeAlias, cast, get_args

from personalize_perms import __version__, collector
from personalize_perms.aws import allocator, endpoints
from personalize_perms.aws.connections import Connections
from personalize_perms.aws.errors import AwsError, Fault, asked
from personalize_perms.aws.failures import failure
from personalize_perms.aws.trace import trace
from personalize_perms.model.caller import ASKING, Caller
from personalize_perms.model.errors import CredentialsError, SettingsError
from personalize_perms.model.names import Arn, InvalidName, account_id, region_name
from personalize_perms.model.regions import PERSONALIZE_REGIONS, partition_with_personalize
from personalize_perms.model.settings import Place

if TYPE_CHECKING:
    import boto3
    from botocore.client import BaseClient
    from botocore.config import Config
    from botocore.session import Session
    from mypy_boto3_sts import STSClient

Service: TypeAlias = Literal[
    "accessanalyzer", "cloudformation", "config", "iam", "identitystore", "kms", "personalize", "s3", "sso-admin", "sts"
]

_ENDPOINT_NAMES: Final = (
    *("access-analyzer", "cloudformation", "config", "iam", "identitystore", "kms", "personalize", "s3", "sso", "sts"),
)
_ASKED_NEXT: Final[tuple[Service, ...]] = ("iam", "s3", "kms")
_CONNECT_SECONDS: Final = 5
_READ_SECONDS: Final = 20
_READ_ATTEMPTS: Final = 5
_FEW_ATTEMPTS: Final = {"sts": 2, "personalize": 2, "accessanalyzer": 1}
"""STS is the first call of every run: it tells soon that there is no network. The others are asked by the way."""
_THROTTLED_PAUSES: Final = (0.5, 1.0, 2.0)
"""Seconds, at the most, before STS is asked again because it was throttled."""


class AwsSession:
    """One way into AWS: a profile (None: botocore's chain), a Region (None: from the environment or the profile)."""

    has_opinions: ClassVar[bool] = True
    """Whether there is somebody to simulate and validate policies."""
    has_identity_center: ClassVar[bool] = True
    """Whether there may be an Identity Center."""

    def __init__(self, profile: str | None, region: str | None, *, workers: int = 32) -> None:
        self.profile = profile
        self.workers = workers
        self._asked_region = region
        self._lock = RLock()
        self._opened: tuple[Session, boto3.Session] | None = None
        self._clients: dict[tuple[Service, str, bool], BaseClient] = {}
        self._endpoints: Mapping[str, str] | None = None
        self._connections = Connections()
        self.hear: Callable[[str], None] | None = None
        """Told of every call, if anybody listens; to be set before the first one."""
        self.builds_ahead = True
        """Whether clients are built while STS answers; not where a person waits for a question meanwhile."""

    @property
    def region(self) -> str:
        """The Region: as given, else AWS_REGION, else AWS_DEFAULT_REGION or the profile's."""
        text = self._asked_region or os.environ.get("AWS_REGION") or self._core()[0].get_config_variable("region")
        if not text:
            raise SettingsError(
                "no Region is set",
                reason="neither --region, nor AWS_REGION, nor AWS_DEFAULT_REGION, nor the profile names one",
                hint="--region REGION",
            )
        try:
            return region_name(str(text))
        except InvalidName as error:
            raise SettingsError(str(error), hint="--region REGION") from error

    @property
    def asks_a_person(self) -> bool:
        """Whether getting credentials may ask on the terminal: for an MFA code, or by a program that signs in."""
        profiles = self._core()[0].full_config.get("profiles", {})
        name = self._core()[0].profile or "default"
        seen: set[str] = set()
        while name in profiles and name not in seen:
            seen.add(name)
            if not ASKING.isdisjoint(profiles[name]):
                return True
            name = profiles[name].get("source_profile", "")
        return False

    @property
    def endpoint(self) -> str:
        """The endpoint URLs that are not AWS's own, each once; empty if there are none."""
        return " ".join(dict.fromkeys(self._configured_endpoints().values()))

    def reader(self, service: Service, region: str = "") -> "BaseClient":
        """Return the client for reads of `service`, in another Region than the session's if one is given."""
        return self._client(service, region, writes=False)

    def writer(self, service: Service, region: str = "") -> "BaseClient":
        """Return the client for writes to `service`: it sends every call exactly once."""
        return self._client(service, region, writes=True)

    def caller(self, expect_account: str | None) -> Caller:
        """Ask STS, in one call, who this is.

        Refuses another account than `expect_account`, and a Region that has no Personalize or is of another partition.
        """
        self._configured_endpoints()
        place, arn = self._identity(self._partition())
        if expect_account and place.account != expect_account:
            raise CredentialsError(
                f"the credentials belong to account {place.account}, not to {expect_account}",
                reason=f"they are those of {arn}",
                hint=f"use the --profile of account {expect_account}, or another --expect-account",
            )
        if arn.partition != place.partition:
            raise CredentialsError(
                f"Region {place.region} is in partition {place.partition}, the credentials in {arn.partition}",
                reason=f"they are those of {arn}",
                hint="use another --region or --profile",
            )
        return Caller(place=place, arn=str(arn), endpoint=self.endpoint)

    def _identity(self, partition: str) -> tuple[Place, Arn]:
        region = self.region
        try:
            account_text, arn_text = self._asked_identity(region)
            return Place(account=account_id(account_text), region=region, partition=partition), Arn.parse(arn_text)
        except AwsError as error:
            raise failure(error) from error
        except InvalidName as error:
            raise CredentialsError("STS did not say who the caller is", reason=str(error)) from error

    def _asked_identity(self, region: str) -> tuple[str, str]:
        """Ask STS again while it is throttled: its client gives up soon, so that a missing network shows."""

        def ask() -> tuple[str, str]:
            client = cast("STSClient", self.reader("sts"))
            if self.builds_ahead:
                self._build_meanwhile()
            answer = client.get_caller_identity()
            return answer["Account"], answer["Arn"]

        for longest in _THROTTLED_PAUSES:
            try:
                return asked("sts:GetCallerIdentity", region, ask)
            except AwsError as error:
                if error.fault is not Fault.THROTTLED:
                    raise
            time.sleep(random.uniform(0.0, longest))  # noqa: S311 - a pause is no secret
        return asked("sts:GetCallerIdentity", region, ask)

    def _build_meanwhile(self) -> None:
        """Build what is asked next while the first question travels: the reads can then leave all at once."""

        def build() -> None:
            # What is wrong is said when the client is asked for.
            with suppress(Exception):
                for service in _ASKED_NEXT:
                    self.reader(service)

        Thread(target=build, daemon=True).start()

    def _partition(self) -> str:
        region = self.region
        known = partition_with_personalize(region)
        if known:
            return known
        # The packaged table ages; botocore's data is newer wherever botocore is.
        from botocore.exceptions import UnknownRegionError  # noqa: PLC0415

        core = self._core()[0]
        try:
            partition = str(core.get_partition_for_region(region))
        except UnknownRegionError as error:
            raise _without_personalize(region, "aws") from error
        if region not in core.get_available_regions("personalize", partition_name=partition):
            raise _without_personalize(region, partition)
        return partition

    def _configured_endpoints(self) -> Mapping[str, str]:
        if self._endpoints is not None:
            return self._endpoints  # without waiting for a client that is being built
        with self._lock:
            if self._endpoints is None:
                found = endpoints.configured(self._core()[0])
                for service, url in found.items():
                    endpoints.check(url, service)
                self._endpoints = found
            return self._endpoints

    def _core(self) -> "tuple[Session, boto3.Session]":
        with self._lock:
            if self._opened is None:
                with _configuration(self.profile), collector.paused():
                    self._opened = self._open()
            return self._opened

    def _open(self) -> "tuple[Session, boto3.Session]":
        allocator.keep_little()
        import boto3  # noqa: PLC0415 - dear, and not needed offline
        import botocore.session  # noqa: PLC0415

        from personalize_perms.aws import service_models  # noqa: PLC0415 - imports botocore

        core = botocore.session.Session(profile=self.profile)
        core.get_scoped_config()  # Raises what is wrong with the profile now.
        data_path = core.get_config_variable("data_path")
        core.register_component("data_loader", service_models.loader(data_path, get_args(Service), _ENDPOINT_NAMES))
        core.get_component("response_parser_factory").set_parser_defaults(timestamp_parser=service_models.moment)
        return core, boto3.Session(botocore_session=core)

    def _client(self, service: Service, elsewhere: str, *, writes: bool) -> "BaseClient":
        ready = self._clients.get((service, elsewhere, writes))
        if ready is not None:
            return ready  # calls of one service do not wait while the client of another is built
        with self._lock:
            client = self._clients.get((service, elsewhere, writes))
            if client is None:
                region, configured = elsewhere or self.region, self._configured_endpoints()
                config = self._config(service, writes=writes, endpoint=configured.get(service, ""))
                with _configuration(self.profile), collector.paused():
                    # The overloads of the stubs take literals only.
                    build = cast("Any", self._core()[1].client)
                    client = cast("BaseClient", build(service, region_name=region, config=config))
                endpoints.check(client.meta.endpoint_url, service)
                self._prepare(client, service)
                self._clients[service, elsewhere, writes] = client
            return client

    def _config(self, service: Service, *, writes: bool, endpoint: str) -> "Config":
        from botocore.config import Config  # noqa: PLC0415

        attempts = 1 if writes else _FEW_ATTEMPTS.get(service, _READ_ATTEMPTS)
        config = Config(
            retries={"mode": "standard", "total_max_attempts": attempts},
            max_pool_connections=self.workers,
            connect_timeout=_CONNECT_SECONDS,
            read_timeout=_READ_SECONDS,
            user_agent_extra=f"personalize-perms/{__version__}",
        )
        if service == "s3" and endpoint and endpoints.is_loopback(endpoint):
            # No name server knows "bucket.localhost".
            return config.merge(Config(s3={"addressing_style": "path"}))
        return config

    def _prepare(self, client: "BaseClient", service: Service) -> None:
        if service == "iam":
            from botocore.handlers import json_decode_policies  # noqa: PLC0415

            # It turns documents into dicts: duplicate keys and the text that others wrote would be lost.
            client.meta.events.unregister("after-call.iam", json_decode_policies)
        self._connections.share(client, service)
        if self.hear:
            trace(client, service, self.hear)


@contextmanager
def _configuration(profile: str | None) -> Iterator[None]:
    """Turn botocore's complaints about configuration and sign-in into `CredentialsError`."""
    from botocore.exceptions import BotoCoreError, ProfileNotFound  # noqa: PLC0415

    try:
        yield
    except ProfileNotFound as error:
        name = profile or os.environ.get("AWS_PROFILE") or os.environ.get("AWS_DEFAULT_PROFILE")
        raise CredentialsError(
            f"there is no AWS profile called {name!r}",
            hint="`aws configure list-profiles` shows what there is; name one with --profile",
        ) from error
    except BotoCoreError as error:
        raise CredentialsError(
            "the AWS configuration cannot be used",
            reason=str(error),
            hint="`aws configure list` shows what is set; correct it, or name another --profile",
        ) from error


def _without_personalize(region: str, partition: str) -> SettingsError:
    regions = ", ".join(PERSONALIZE_REGIONS.get(partition, ())) or "none in this partition"
    return SettingsError(
        f"Amazon Personalize is not available in Region {region}",
        reason=f"it is in {regions}",
        hint="--region with one of them",
    )
