"""An AWS account inside this process, to try everything without an account, credentials or network.

It is filled with what a team usually has already: buckets and a key with policies of other teams, people, and a role
that somebody made for Personalize in a hurry.
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, cast

from personalize_perms.aws.sandbox_account import INPUT, OUTPUT, fill
from personalize_perms.aws.session import AwsSession, Service
from personalize_perms.model.errors import SandboxMissing

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from botocore.awsrequest import AWSPreparedRequest, AWSResponse
    from botocore.client import BaseClient

SANDBOX_INPUT: Final = INPUT
SANDBOX_OUTPUT: Final = OUTPUT

_INSTALL: Final = "pip install 'personalize-perms[sandbox]'"


@contextmanager
def sandbox(region: str = "us-east-1") -> Iterator[AwsSession]:
    """Give a session of a fresh example account.

    Nothing of the person's AWS settings counts, and nothing leaves the machine.
    Raises `SandboxMissing` without moto. Changes `AWS_*` variables of this process until it is left.
    """
    with ExitStack() as stack:
        stack.enter_context(_own_environment())
        stack.enter_context(_mocked())
        session = _SandboxSession(None, region)
        fill(session)
        yield session


class _SandboxSession(AwsSession):
    """A session whose clients can only talk to the account in this process."""

    has_opinions = False
    has_identity_center = False  # moto plays too little of it

    def _prepare(self, client: "BaseClient", service: Service) -> None:
        super()._prepare(client, service)
        # All handlers run and the first answer counts: moto's, if it has one. What it leaves unanswered would go out.
        # (The stubs know only handlers that answer nothing.)
        client.meta.events.register_last("before-send", cast("Callable[..., None]", _answer_instead_of_the_network))


def _answer_instead_of_the_network(request: "AWSPreparedRequest", **_: object) -> "AWSResponse":
    from botocore.awsrequest import AWSResponse  # noqa: PLC0415
    from botocore.compat import HTTPHeaders  # noqa: PLC0415

    return AWSResponse(request.url, HTTPStatus.NOT_IMPLEMENTED, HTTPHeaders(), _Nothing())


class _Nothing:
    """An empty body, as botocore reads bodies."""

    def stream(self) -> Iterator[bytes]:
        return iter(())


@contextmanager
def _own_environment() -> Iterator[None]:
    kept = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    for name in kept:
        del os.environ[name]
    os.environ |= {
        "AWS_ACCESS_KEY_ID": "sandbox",
        "AWS_SECRET_ACCESS_KEY": "sandbox",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    try:
        yield
    finally:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            del os.environ[name]
        os.environ |= kept


def _mocked() -> "AbstractContextManager[object]":
    try:
        from moto import mock_aws  # noqa: PLC0415 - an extra
        from moto.backends import get_backend  # noqa: PLC0415

        # Each service has requirements of its own, which moto meets only on first use.
        for service in ("iam", "kms", "s3", "sts"):
            get_backend(service)
    except ImportError as error:
        raise SandboxMissing(
            "the sandbox needs moto, which is not installed", reason=str(error), hint=_INSTALL
        ) from error
    context: AbstractContextManager[object] = mock_aws()
    return context
