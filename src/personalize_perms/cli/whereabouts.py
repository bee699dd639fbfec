"""Which profile and which Region: asked before anything else, and only where nothing tells."""

import os
from collections.abc import Iterable
from dataclasses import replace

from personalize_perms.cli.request import Request
from personalize_perms.model.errors import SettingsError
from personalize_perms.model.inert import inert
from personalize_perms.wizard.prompter import Choice, Prompter

_CREDENTIALS = ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_FULL_URI")


def located(request: Request, prompter: Prompter) -> Request:
    """Return the request with profile and Region, asked for where neither flags, nor the shell, nor the files tell."""
    from personalize_perms.aws import discovery  # noqa: PLC0415 - botocore only when it is needed
    from personalize_perms.aws.session import AwsSession  # noqa: PLC0415 - botocore only when it is needed

    if request.profile is None and not any(os.environ.get(name) for name in _CREDENTIALS):
        profiles = discovery.profiles()
        if profiles and "default" not in profiles:
            request = replace(request, profile=prompter.choose("Which profile?", _choices(profiles)))
    try:
        AwsSession(request.profile, request.region).region  # noqa: B018 - it raises where nothing tells the Region
    except SettingsError:
        question = "In which Region do you use Amazon Personalize?"
        return replace(request, region=prompter.choose(question, _choices(discovery.regions())))
    return request


def _choices(names: Iterable[str]) -> tuple[Choice, ...]:
    return tuple(Choice(value=name, label=inert(name)) for name in names)
