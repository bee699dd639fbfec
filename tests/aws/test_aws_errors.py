import subprocess
import sys
from collections.abc import Callable

import pytest
from botocore import exceptions
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError

from personalize_perms.aws.errors import AwsError, Fault, fault_of, looked_up, translated
from personalize_perms.model.live import Absent, Present, Unreadable

ROWS = {
    Fault.THROTTLED: """Throttling ThrottlingException ThrottledException RequestThrottled RequestThrottledException
        TooManyRequestsException RequestLimitExceeded BandwidthLimitExceeded PriorRequestNotComplete SlowDown
        ProvisionedThroughputExceededException EC2ThrottledException 429""",
    Fault.CONFLICT: """OperationAborted DeleteConflict ConcurrentModification ConcurrentModificationException
        EntityTemporarilyUnmodifiable EntityTemporarilyUnmodifiableException OperationInProgressException
        StaleRequestException StackSetNotEmptyException""",
    Fault.UNKNOWN: """InternalError InternalFailure InternalServerError InternalServerException ServiceFailure
        ServiceFailureException ServiceUnavailable ServiceUnavailableException KMSInternal KMSInternalException
        DependencyTimeout DependencyTimeoutException RequestTimeout RequestTimeoutException""",
    Fault.DENIED: """AccessDenied AccessDeniedException UnauthorizedOperation UnauthorizedAccess NotAuthorized
        AuthorizationError AllAccessDisabled MethodNotAllowed 403 405""",
    Fault.ABSENT: """NoSuchEntity NoSuchEntityException NoSuchBucket NoSuchBucketPolicy NotFound NotFoundException
        ServerSideEncryptionConfigurationNotFoundError 404 StackSetNotFoundException OperationNotFoundException
        StackInstanceNotFoundException""",
    Fault.EXISTS: """EntityAlreadyExists EntityAlreadyExistsException AlreadyExistsException NameAlreadyExistsException
        OperationIdAlreadyExistsException CreatedButModifiedException""",
    Fault.LIMIT: "LimitExceeded LimitExceededException ServiceQuotaExceeded ServiceQuotaExceededException",
    Fault.CREDENTIALS: """ExpiredToken ExpiredTokenException TokenRefreshRequired InvalidToken InvalidClientTokenId
        UnrecognizedClientException InvalidAccessKeyId SignatureDoesNotMatch InvalidSignatureException
        IncompleteSignature IncompleteSignatureException MissingAuthenticationToken
        MissingAuthenticationTokenException RequestExpired RequestTimeTooSkewed AuthFailure""",
    Fault.REFUSED: """MalformedPolicy MalformedPolicyDocument MalformedPolicyDocumentException InvalidArnException
        ValidationError ValidationException UnmodifiableEntity KMSInvalidStateException
        UnsupportedOperationException PolicyNotAttachable InvalidInput 400 301 SomethingNew""",
}


@pytest.mark.parametrize(("code", "fault"), [(code, fault) for fault, codes in ROWS.items() for code in codes.split()])
@pytest.mark.parametrize("status", [400, 403, 404, 409])
def test_the_code_alone_says_what_an_answer_means_whatever_the_status(code: str, fault: Fault, status: int) -> None:
    assert fault_of(code, "why", status) is fault


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("MalformedPolicy", "Invalid principal in policy"),
        ("MalformedPolicyDocument", 'Invalid principal in policy: "AWS":"arn:aws:iam::1:role/x"'),
        ("MalformedPolicyDocumentException", "Policy contains a statement with one or more invalid principals."),
        ("InvalidArnException", "ARN does not refer to a valid principal: arn:aws:iam::1:role/x"),
    ],
)
def test_a_principal_that_aws_does_not_know_is_not_there_yet(code: str, message: str) -> None:
    assert fault_of(code, message, 400) is Fault.NOT_YET


def test_the_words_about_principals_in_another_code_mean_nothing() -> None:
    assert fault_of("AccessDenied", "Invalid principal in policy", 403) is Fault.DENIED


@pytest.mark.parametrize("code", ["", "500", "502", "503", "Unheard"])
def test_a_server_failure_without_a_known_code_has_an_unknown_outcome(code: str) -> None:
    assert fault_of(code, "", 503) is Fault.UNKNOWN


def test_a_known_code_counts_more_than_the_status_of_a_server_failure() -> None:
    assert fault_of("SlowDown", "", 503) is Fault.THROTTLED


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (exceptions.NoCredentialsError(), Fault.CREDENTIALS),
        (exceptions.PartialCredentialsError(provider="env", cred_var="x"), Fault.CREDENTIALS),
        (exceptions.CredentialRetrievalError(provider="x", error_msg="y"), Fault.CREDENTIALS),
        (exceptions.UnauthorizedSSOTokenError(), Fault.CREDENTIALS),
        (exceptions.SSOTokenLoadError(error_msg="x"), Fault.CREDENTIALS),
        (exceptions.TokenRetrievalError(provider="x", error_msg="y"), Fault.CREDENTIALS),
        (exceptions.EndpointConnectionError(endpoint_url="u", error="e"), Fault.UNREACHABLE),
        (exceptions.ConnectTimeoutError(endpoint_url="u", error="e"), Fault.UNREACHABLE),
        (exceptions.ProxyConnectionError(proxy_url="u", error="e"), Fault.UNREACHABLE),
        (exceptions.SSLError(endpoint_url="u", error="[SSL: CERTIFICATE_VERIFY_FAILED]"), Fault.UNREACHABLE),
        (exceptions.SSLError(endpoint_url="u", error="record layer failure"), Fault.UNKNOWN),
        (exceptions.ConnectionClosedError(endpoint_url="u"), Fault.UNKNOWN),
        (exceptions.ReadTimeoutError(endpoint_url="u", error="e"), Fault.UNKNOWN),
        (exceptions.HTTPClientError(error="e"), Fault.UNKNOWN),
        (exceptions.IncompleteReadError(actual_bytes=1, expected_bytes=2), Fault.UNKNOWN),
        (exceptions.FlexibleChecksumError(error_msg="e"), Fault.UNKNOWN),
        (ResponseParserError("not XML"), Fault.UNKNOWN),
        (exceptions.ParamValidationError(report="r"), Fault.REFUSED),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else str(value),
)
def test_what_goes_wrong_on_the_way_is_told_apart_by_whether_anything_was_sent(error: Exception, fault: Fault) -> None:
    with pytest.raises(AwsError) as caught, translated("iam:GetRole", "role/r"):
        raise error
    assert caught.value.fault is fault
    assert caught.value.code == type(error).__name__
    assert (caught.value.action, caught.value.resource) == ("iam:GetRole", "role/r")


@pytest.mark.parametrize("error", [KeyError("Role"), UnicodeDecodeError("utf-8", b"\xff", 0, 1, "bad")])
def test_an_incomplete_answer_has_an_unknown_outcome(error: Exception) -> None:
    with pytest.raises(AwsError) as caught, translated("iam:GetRole", "role/r"):
        raise error
    assert caught.value.fault is Fault.UNKNOWN


def test_a_mistake_of_our_own_is_not_taken_for_a_failed_call() -> None:
    with pytest.raises(ZeroDivisionError), translated("iam:GetRole", "role/r"):
        raise ZeroDivisionError


def _refused(code: str, operation: str = "GetRole") -> ClientError:
    return ClientError(
        {"Error": {"Code": code, "Message": "why"}, "ResponseMetadata": {"HTTPStatusCode": 400}}, operation
    )


def test_a_denied_sign_in_is_a_matter_of_credentials_and_not_of_the_call() -> None:
    with pytest.raises(AwsError) as caught, translated("iam:GetRole", "role/r"):
        raise _refused("AccessDenied", "AssumeRole")
    assert caught.value.fault is Fault.CREDENTIALS


def test_looking_up_gives_what_is_there_or_that_it_is_not_or_that_it_may_not_be_read() -> None:
    def raising(code: str):
        def ask() -> str:
            raise _refused(code)

        return ask

    assert looked_up("iam:GetRole", "role/r", lambda: "it") == Present("it")
    assert looked_up("iam:GetRole", "role/r", raising("NoSuchEntity")) == Absent()
    assert looked_up("iam:GetRole", "role/r", raising("AccessDenied")) == Unreadable(
        action="iam:GetRole", resource="role/r", reason="AccessDenied: why"
    )
    with pytest.raises(AwsError) as caught:
        looked_up("iam:GetRole", "role/r", raising("Throttling"))
    assert caught.value.fault is Fault.THROTTLED


@pytest.mark.parametrize("cut", [KeyError("Role"), ResponseParserError("no element found")])
def test_a_read_whose_answer_was_cut_short_is_asked_again_but_not_for_ever(cut: Exception) -> None:
    def asking(failures: int, error: Exception) -> tuple[list[int], Callable[[], str]]:
        times: list[int] = []

        def ask() -> str:
            times.append(1)
            if len(times) <= failures:
                raise error
            return "it"

        return times, ask

    times, ask = asking(2, cut)
    assert looked_up("iam:GetRole", "role/r", ask) == Present("it")
    assert len(times) == 3
    times, ask = asking(9, cut)
    with pytest.raises(AwsError) as caught:
        looked_up("iam:GetRole", "role/r", ask)
    assert caught.value.fault is Fault.UNKNOWN
    assert len(times) == 3
    times, ask = asking(9, _refused("AccessDenied"))
    looked_up("iam:GetRole", "role/r", ask)
    assert len(times) == 1


def test_a_page_for_browsers_is_not_shown_as_if_it_were_what_aws_says() -> None:
    page = ClientError(
        {
            "Error": {"Code": "500", "Message": "\n<!doctype html><title>500</title>"},
            "ResponseMetadata": {"HTTPStatusCode": 500},
        },
        "ListDatasetGroups",
    )
    with pytest.raises(AwsError) as caught, translated("personalize:ListDatasetGroups", "*"):
        raise page
    assert "<" not in caught.value.message
    assert "500" in caught.value.message
    assert caught.value.fault is Fault.UNKNOWN


def test_importing_the_room_loads_no_aws_library() -> None:
    code = """
import sys, pkgutil, importlib, personalize_perms.aws as room
for module in pkgutil.iter_modules(room.__path__):
    importlib.import_module(f"{room.__name__}.{module.name}")
print(sorted(name for name in sys.modules if name.split(".")[0] in {"boto3", "botocore", "moto", "urllib3"}))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("status", [403, 404, 500])
def test_a_web_page_says_nothing_about_what_aws_has(status: int) -> None:
    page = {"Code": str(status), "Message": "<!doctype html>\n<html lang=en><title>Not Found</title>"}
    answer = {"Error": page, "ResponseMetadata": {"HTTPStatusCode": status}}

    def ask() -> None:
        raise ClientError(answer, "DescribeKey")  # type: ignore[arg-type]

    with pytest.raises(AwsError, match=f"the answer \\({status}\\) is a web page") as caught:
        looked_up("kms:DescribeKey", "a key", ask)
    assert caught.value.fault is Fault.UNKNOWN
    assert "<" not in caught.value.message
