"""Every failure that a person can meet, as one family with four facts: what, why, what next, and the exit code."""

from typing import ClassVar


class PersonalizePermsError(Exception):
    """A failure that is shown to the person as it is.

    `message` says what happened, `reason` why (it may be AWS's own text), `hint` the next command or flag.
    """

    code: ClassVar[str] = "failed"
    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, reason: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.reason = reason
        self.hint = hint


class SettingsError(PersonalizePermsError):
    """A bad or missing answer; the text names flag, variable and key."""

    code = "settings"
    exit_code = 2


class TemplateError(PersonalizePermsError):
    """A template that cannot be used: our bug, a broken installation, or a mistake in `--policies-dir`."""

    code = "template"


class DocumentError(PersonalizePermsError):
    """A policy document that cannot be read strictly, so it must not be edited."""

    code = "document"


class CredentialsError(PersonalizePermsError):
    """No credentials, expired ones, or those of another account or Region."""

    code = "credentials"


class EndpointError(PersonalizePermsError):
    """An endpoint that would send credentials in the clear."""

    code = "endpoint"


class AccessDenied(PersonalizePermsError):
    """AWS refused an action to the caller."""

    code = "access-denied"

    def __init__(self, message: str, *, action: str, resource: str, reason: str = "", hint: str = "") -> None:
        super().__init__(message, reason=reason, hint=hint)
        self.action = action
        self.resource = resource


class ResourceConflict(PersonalizePermsError):
    """Something of that name exists and is not ours, or changed since the plan was made."""

    code = "conflict"


class LimitExceeded(PersonalizePermsError):
    """A document, a number of attachments or another quota of AWS."""

    code = "limit"


class NotSettled(PersonalizePermsError):
    """AWS did not show the change within the deadline."""

    code = "not-settled"


class AwsFailure(PersonalizePermsError):
    """Any other answer of AWS that ends the run."""

    code = "aws"


class OutputFailed(PersonalizePermsError):
    """A stream cannot be written to: a full disk, perhaps. A reader that went away is not meant."""

    code: ClassVar[str] = "output"


class SandboxMissing(PersonalizePermsError):
    """The sandbox needs the extra that brings moto."""

    code = "sandbox-missing"


class Cancelled(PersonalizePermsError):
    """Ctrl-C, or "no"."""

    code = "cancelled"
    exit_code = 130
