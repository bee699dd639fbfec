"""How a key is named, and the keys that can be used without asking AWS. Pure, and quick to import."""

from personalize_perms import steps
from personalize_perms.model.changes import Refusal
from personalize_perms.model.errors import SettingsError
from personalize_perms.model.names import Arn, InvalidName, key_reference
from personalize_perms.model.settings import KeyUse, Place, Settings, Workflow


def full_reference(reference: str, place: Place) -> str:
    """Return the key ARN for a bare key id; ARNs and aliases stay."""
    if reference.startswith(("arn:", "alias/")):
        return reference
    return place.arn("kms", f"key/{reference}", regional=True)


def is_key_reference(text: str) -> bool:
    """Tell whether this names a key at all: what a bucket says of its encryption may be anything."""
    try:
        key_reference(text)
    except InvalidName:
        return False
    return True


def is_local(reference: str, place: Place, kind: str) -> bool:
    """Tell whether `reference` is the ARN of a `key` or `alias` of this account and Region."""
    return reference.startswith(place.arn("kms", f"{kind}/", regional=True))


def is_foreign(reference: str, place: Place) -> bool:
    """Tell whether `reference` is the ARN of a key of another account, in this partition and Region."""
    if not (reference.startswith("arn:") and is_key_reference(reference)):
        return False
    arn = Arn.parse(reference)
    here = (arn.partition, arn.region) == (place.partition, place.region)
    return here and arn.account != place.account and arn.resource.startswith("key/")


def no_key() -> Refusal:
    """Return the refusal for an encrypted dataset group without a key."""
    return Refusal(
        code="settings",
        message="the workflow encrypted-dataset-group needs a KMS key, and none of the buckets has one",
        hint="name it: --kms-key, PERSONALIZE_PERMS_KMS_KEY, or kms-key in the settings file",
    )


def offline(settings: Settings, place: Place) -> tuple[KeyUse, ...]:
    """Return the keys that the settings name by id or ARN; raise `SettingsError` where only AWS knows the answer."""
    explicit: list[Arn] = []
    for reference in settings.kms_keys:
        full = full_reference(reference, place)
        if not is_local(full, place, "key") and (settings.serves or not is_foreign(full, place)):
            raise SettingsError(
                f"--kms-key {reference} cannot be used without a call to AWS",
                reason="an alias is resolved by KMS, and keys of other Regions cannot be used",
                hint="give the ARN or id of a key of this account and Region",
            )
        explicit.append(Arn.parse(full))
    if Workflow.ENCRYPTED_DATASET_GROUP in settings.workflows and not explicit:
        refusal = no_key()
        raise SettingsError(refusal.message, reason=refusal.reason, hint=refusal.hint)
    return steps.key_uses(settings, explicit, {})
