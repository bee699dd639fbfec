"""Which profile and which Region: asked before anything else, and only where nothing tells."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from personalize_perms.cli.request import Request
from personalize_perms.model.caller import ASKING
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


def seems_located(request: Request) -> bool:
    """Tell, without importing what talks to AWS, whether nothing will have to be asked for: a guess, and a quick one.

    `located` finds out. It also looks for keys by which getting credentials may ask a person.
    """
    named = request.profile or os.environ.get("AWS_PROFILE") or os.environ.get("AWS_DEFAULT_PROFILE")
    told = request.region or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    if told and not named and os.environ.get("AWS_ACCESS_KEY_ID"):
        return True  # keys of the shell come before any file
    profiles = _profiles_in_files()
    name = named or "default"
    known = request.profile or any(os.environ.get(variable) for variable in _CREDENTIALS) or name in profiles
    asking = any(not ASKING.isdisjoint(profile) for profile in profiles.values())
    return bool(known and (told or profiles.get(name, {}).get("region")) and not asking)


def _profiles_in_files() -> Mapping[str, Mapping[str, str]]:
    from configparser import Error, RawConfigParser  # noqa: PLC0415 - not where the shell tells all

    files = (("AWS_CONFIG_FILE", "~/.aws/config"), ("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials"))
    parser = RawConfigParser(default_section="", strict=False)
    try:
        parser.read((Path(os.environ.get(name) or usual).expanduser() for name, usual in files), encoding="utf-8")
    except (Error, UnicodeDecodeError, OSError):
        return {}
    return {name.removeprefix("profile ").strip(): dict(parser[name]) for name in parser.sections()}


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
