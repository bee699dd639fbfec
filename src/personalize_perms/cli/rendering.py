"""The documents that settings lead to, for whoever wants to see them while the questions are still being answered."""

from collections.abc import Callable, Mapping

from personalize_perms import steps
from personalize_perms.cli.request import Request
from personalize_perms.engine import key_names, offline
from personalize_perms.model.names import Arn
from personalize_perms.model.settings import KeyUse, Place, Settings
from personalize_perms.templates import Templates


def rendering(
    request: Request, place: Place, bucket_keys: Mapping[str, str]
) -> Callable[[Settings], Mapping[str, str]]:
    """Return what renders settings: the text of each document by its title.

    No call is made: of shared documents it shows our statements, and of the buckets' keys those that are known by now.
    """

    def documents(settings: Settings) -> Mapping[str, str]:
        context = steps.Context(
            settings=settings,
            place=place,
            keys=_keys(settings, place, bucket_keys),
            templates=Templates.load(request.policies_dir),
        )
        plan = offline.plan_offline(steps.desire(context))
        return {f"{document.kind} {document.name}": document.text for document in plan.documents}

    return documents


def _keys(settings: Settings, place: Place, bucket_keys: Mapping[str, str]) -> tuple[KeyUse, ...]:
    """Return the keys that can be named without asking: aliases are left to the run itself."""
    named = [key_names.full_reference(reference, place) for reference in settings.kms_keys]
    explicit = [Arn.parse(full) for full in named if key_names.is_local(full, place, "key")]
    used = {location.bucket for location in (*settings.inputs, *settings.outputs)}
    found = {bucket: key_names.full_reference(key, place) for bucket, key in bucket_keys.items() if bucket in used}
    local = {bucket: Arn.parse(key) for bucket, key in found.items() if key_names.is_local(key, place, "key")}
    return steps.key_uses(settings, explicit, local)
