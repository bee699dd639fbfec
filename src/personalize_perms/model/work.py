"""One thing in Amazon Personalize, as far as what went wrong with it can be told from it."""

from personalize_perms.model.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A job, dataset group or other resource: its state, and what it names. Empty where it names nothing."""

    words: str
    """What it is, in a word or two."""
    arn: str
    status: str = ""
    failure_reason: str = ""
    role_arn: str = ""
    key_arn: str = ""
    input_path: str = ""
    output_path: str = ""
    group_arn: str = ""
    """The dataset group that it belongs to, or is."""
    group_key_arn: str = ""
    """The KMS key of that dataset group, where it could be read."""
