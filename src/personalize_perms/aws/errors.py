"""What AWS's answers mean: the one place that looks at error codes.

The same code means the same thing in every service, so one table serves all; everything else in the program sees a
`Fault`. The status alone never decides: AWS answers "access denied" with 400, 403 and 405. It is used only where
there is no code, as for HeadBucket, whose answers have no body.
https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Final, TypeVar

from personalize_perms.model.live import Absent, Present, Read, Unreadable

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

T = TypeVar("T")


class Fault(StrEnum):
    """What kind of failure it is, which decides what can be done about it."""

    THROTTLED = "throttled"
    """Nothing was done; send it again later."""
    CONFLICT = "conflict"
    """Another change of the same thing is under way; read again, then send again."""
    NOT_YET = "not-yet"
    """A principal in the document is not known: it was just made, or it is gone."""
    UNKNOWN = "unknown"
    """It may or may not have been done; only reading tells."""
    DENIED = "denied"
    ABSENT = "absent"
    EXISTS = "exists"
    LIMIT = "limit"
    CREDENTIALS = "credentials"
    UNREACHABLE = "unreachable"
    """Nothing was sent."""
    REFUSED = "refused"
    """AWS will not do this, however often it is sent."""


class AwsError(Exception):
    """One failed call: its IAM action, what it was about, and AWS's own code and message."""

    def __init__(
        self, fault: Fault, *, code: str, message: str, action: str, resource: str, bucket_region: str = ""
    ) -> None:
        super().__init__(f"{action} on {resource}: {code}: {message}")
        self.fault = fault
        self.code = code
        self.message = message
        self.action = action
        self.resource = resource
        self.bucket_region = bucket_region
        """The Region that S3 names in the header of a refusal."""


_CODES: Final[Mapping[Fault, str]] = {
    Fault.THROTTLED: """
        Throttling ThrottlingException ThrottledException RequestThrottled RequestThrottledException
        TooManyRequestsException RequestLimitExceeded BandwidthLimitExceeded PriorRequestNotComplete
        SlowDown ProvisionedThroughputExceededException EC2ThrottledException 429
        """,
    Fault.CONFLICT: """
        OperationAborted ConcurrentModification ConcurrentModificationException EntityTemporarilyUnmodifiable
        EntityTemporarilyUnmodifiableException DeleteConflict DeleteConflictException
        OperationInProgress OperationInProgressException StaleRequest StaleRequestException
        StackSetNotEmpty StackSetNotEmptyException
        ConflictException
        """,
    Fault.UNKNOWN: """
        InternalError InternalFailure InternalServerError InternalServerException ServiceFailure
        ServiceFailureException ServiceUnavailable ServiceUnavailableException KMSInternalException KMSInternal
        DependencyTimeout DependencyTimeoutException RequestTimeout RequestTimeoutException
        """,
    Fault.DENIED: """
        AccessDenied AccessDeniedException UnauthorizedOperation UnauthorizedAccess NotAuthorized AuthorizationError
        AllAccessDisabled MethodNotAllowed 403 405
        """,
    Fault.ABSENT: """
        NoSuchEntity NoSuchEntityException NoSuchBucket NoSuchBucketPolicy NotFound NotFoundException
        ResourceNotFoundException StackSetNotFound StackSetNotFoundException OperationNotFound
        OperationNotFoundException StackInstanceNotFound StackInstanceNotFoundException
        ServerSideEncryptionConfigurationNotFoundError NoSuchPublicAccessBlockConfiguration 404
        """,
    Fault.EXISTS: """
        EntityAlreadyExists EntityAlreadyExistsException AlreadyExistsException NameAlreadyExists
        NameAlreadyExistsException OperationIdAlreadyExists OperationIdAlreadyExistsException CreatedButModified
        CreatedButModifiedException
        """,
    Fault.LIMIT: "LimitExceeded LimitExceededException ServiceQuotaExceeded ServiceQuotaExceededException",
    Fault.CREDENTIALS: """
        ExpiredToken ExpiredTokenException TokenRefreshRequired InvalidToken InvalidClientTokenId
        UnrecognizedClientException InvalidAccessKeyId SignatureDoesNotMatch InvalidSignatureException
        IncompleteSignature IncompleteSignatureException MissingAuthenticationToken
        MissingAuthenticationTokenException RequestExpired RequestTimeTooSkewed AuthFailure
        """,
}
_FAULTS: Final[Mapping[str, Fault]] = {code: fault for fault, codes in _CODES.items() for code in codes.split()}

_PRINCIPAL_CODES: Final = frozenset(
    {
        "MalformedPolicy",
        "MalformedPolicyException",
        "MalformedPolicyDocument",
        "MalformedPolicyDocumentException",
        "InvalidArnException",
        "InvalidArn",
    }
)
# IAM and S3: "Invalid principal in policy"; KMS: "… one or more invalid principals", and for a grant "ARN does not
# refer to a valid principal".
_PRINCIPAL_TEXT: Final = re.compile(r"invalid principal|not refer to a valid principal", re.IGNORECASE)

# Botocore's own exceptions by class name, most telling first: the first name in an exception's ancestry decides.
_LOCAL: Final[Mapping[str, Fault]] = {
    "NoCredentialsError": Fault.CREDENTIALS,
    "PartialCredentialsError": Fault.CREDENTIALS,
    "CredentialRetrievalError": Fault.CREDENTIALS,
    "NoAuthTokenError": Fault.CREDENTIALS,
    "TokenRetrievalError": Fault.CREDENTIALS,
    "SSOError": Fault.CREDENTIALS,
    "LoginError": Fault.CREDENTIALS,
    "EndpointConnectionError": Fault.UNREACHABLE,
    "ConnectTimeoutError": Fault.UNREACHABLE,
    "ProxyConnectionError": Fault.UNREACHABLE,
    "HTTPClientError": Fault.UNKNOWN,
    "ConnectionError": Fault.UNKNOWN,
    "ResponseParserError": Fault.UNKNOWN,
    "IncompleteReadError": Fault.UNKNOWN,
    "FlexibleChecksumError": Fault.UNKNOWN,
}
# Calls that botocore makes on its own to get credentials: their refusal says nothing about what we asked.
_SIGN_IN: Final = frozenset(
    {
        "AssumeRole",
        "AssumeRoleWithWebIdentity",
        "AssumeRoleWithSAML",
        "GetRoleCredentials",
        "CreateToken",
        "CreateOAuth2Token",
    }
)
_SERVER_ERRORS: Final = range(500, 600)
_WITHOUT_BODY: Final = frozenset({"HeadBucket"})
"""Calls to which AWS, too, answers with a bare number where it refuses."""
_WEB_PAGE: Final = re.compile(r"\s*<(!doctype|html)", re.IGNORECASE)
_INCOMPLETE: Final = "IncompleteAnswer"
_CUT_SHORT: Final = frozenset({_INCOMPLETE, "ResponseParserError"})
_CUT_SHORT_AT_MOST: Final = 2
"""How often in a row a read whose answer was cut short is asked again."""


def fault_of(code: str, message: str, status: int) -> Fault:
    """Return what an answer of AWS means; `status` counts only for a server's failure that has no code of ours."""
    if code in _PRINCIPAL_CODES and _PRINCIPAL_TEXT.search(message):
        return Fault.NOT_YET
    if status in _SERVER_ERRORS:
        return _FAULTS.get(code, Fault.UNKNOWN)
    return _FAULTS.get(code, Fault.REFUSED)


@contextmanager
def translated(action: str, resource: str) -> Iterator[None]:
    """Turn whatever goes wrong in a call of `action` on `resource` into an `AwsError`.

    An answer without what it must contain is one of unknown outcome: botocore hands a truncated JSON answer on as an
    empty one.
    """
    # Loaded here so that asking for `Fault` costs nothing.
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415
    from botocore.parsers import ResponseParserError  # noqa: PLC0415

    try:
        yield
    except ClientError as error:
        raise _from_answer(error, action, resource) from error
    except (BotoCoreError, ResponseParserError) as error:
        raise _from_botocore(error, action, resource) from error
    except KeyError as error:
        raise _incomplete(f"the answer lacks {error}", action, resource) from error
    except (TypeError, AttributeError) as error:
        raise _incomplete(f"the answer holds something of another kind: {error}", action, resource) from error
    except UnicodeDecodeError as error:
        raise _incomplete("the answer holds a text that is not UTF-8", action, resource) from error


def asked(action: str, resource: str, ask: Callable[[], T]) -> T:
    """Return what `ask` reads; raise `AwsError` if AWS does not say.

    An answer of which only a part arrived is asked for again: botocore does that for a broken connection alone.
    """
    for _ in range(_CUT_SHORT_AT_MOST):
        try:
            with translated(action, resource):
                return ask()
        except AwsError as error:
            if error.code not in _CUT_SHORT:
                raise
    with translated(action, resource):
        return ask()


def looked_up(action: str, resource: str, ask: Callable[[], T]) -> Read[T]:
    """Return what `ask` reads as a value: absent and denied are answers, everything else raises `AwsError`."""
    try:
        return Present(asked(action, resource, ask))
    except AwsError as error:
        return answered(error)


def is_web_page(text: str) -> bool:
    """Tell whether a text is that of something between here and AWS: a proxy, or a network that wants a sign-in."""
    return _WEB_PAGE.match(text) is not None


def answered(error: AwsError) -> Absent | Unreadable:
    """Return the value that a failed read stands for, or raise `error` again."""
    if error.fault is Fault.ABSENT:
        return Absent()
    if error.fault is Fault.DENIED:
        return Unreadable(action=error.action, resource=error.resource, reason=f"{error.code}: {error.message}")
    raise error


def _from_answer(error: "ClientError", action: str, resource: str) -> AwsError:
    answer = error.response.get("Error", {})
    about = error.response.get("ResponseMetadata", {})
    code, message = str(answer.get("Code", "")), str(answer.get("Message", ""))
    headers, status = about.get("HTTPHeaders", {}), about.get("HTTPStatusCode", 0)
    if is_web_page(message):
        # From something between here and AWS: its 404 does not mean that AWS has no such thing.
        return _incomplete(f"the answer ({code}) is a web page, not AWS's", action, resource)
    fault = fault_of(code, message, status)
    if fault is Fault.ABSENT and code.isdecimal() and error.operation_name not in _WITHOUT_BODY:
        # Believed, it would make a document of others one that is not there, and the write would replace it.
        return _incomplete(
            f"the answer ({code}) names no error of AWS's, so something else may have sent it", action, resource
        )
    if error.operation_name in _SIGN_IN and fault in {Fault.DENIED, Fault.ABSENT, Fault.REFUSED}:
        fault = Fault.CREDENTIALS
    return AwsError(
        fault,
        code=code,
        message=message,
        action=action,
        resource=resource,
        bucket_region=headers.get("x-amz-bucket-region", ""),
    )


def _from_botocore(error: Exception, action: str, resource: str) -> AwsError:
    ancestry = (kind.__name__ for kind in type(error).__mro__)
    fault = next((_LOCAL[name] for name in ancestry if name in _LOCAL), Fault.REFUSED)
    if type(error).__name__ == "SSLError" and "CERTIFICATE_VERIFY_FAILED" in str(error):
        # The handshake failed, so no request left.
        fault = Fault.UNREACHABLE
    return AwsError(fault, code=type(error).__name__, message=str(error), action=action, resource=resource)


def _incomplete(message: str, action: str, resource: str) -> AwsError:
    return AwsError(Fault.UNKNOWN, code=_INCOMPLETE, message=message, action=action, resource=resource)
