"""Which profile and which Region: asked before anything else, and only where nothing tells."""

import os
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from personalize_perms.cli.request import Request
from personalize_perms.model.errors import SettingsError
from personalize_perms.model.inert import inert
from personalize_perms.wizard.prompter import Choice, Prompter

if TYPE_CHECKING:
    from personalize_perms.aws.session import AwsSession

_CREDENTIALS = ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_FULL_URI")


def located(request: Request, prompter: Prompter) -> Request:
    """Return the request with profile and Region, asked for where neither flags, nor the shell, nor the files tell."""
    from personalize_perms.aws import discovery  # noqa: PLC0415 - botocore only when it is needed
    from personalize_perms.aws.session import AwsSession  # noqa: PLC0415 - botocore only when it is needed

    profiles = _profiles_to_choose(request)
    if profiles:
        request = replace(request, profile=prompter.choose("Which profile?", _choices(profiles)))
    if _tells_region(AwsSession(request.profile, request.region)):
        return request
    question = "In which Region do you use Amazon Personalize?"
    return replace(request, region=prompter.choose(question, _choices(discovery.regions())))


def is_located(request: Request, session: "AwsSession") -> bool:
    """Tell whether `located` would ask nothing; `session` is that of the request."""
    return not _profiles_to_choose(request) and _tells_region(session)


def _profiles_to_choose(request: Request) -> tuple[str, ...]:
    if request.profile is not None or any(os.environ.get(name) for name in _CREDENTIALS):
        return ()
    from personalize_perms.aws import discovery  # noqa: PLC0415 - botocore only when it is needed

    profiles = discovery.profiles()
    return () if "default" in profiles else profiles


def _tells_region(session: "AwsSession") -> bool:
    try:
        return bool(session.region)
    except SettingsError:
        return False


def _choices(names: Iterable[str]) -> tuple[Choice, ...]:
    return tuple(Choice(value=name, label=inert(name)) for name in names)
