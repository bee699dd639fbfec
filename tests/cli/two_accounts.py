"""Two AWS accounts behind one socket, each with its own credentials, and what S3 and KMS say between accounts.

Moto keeps the accounts apart, but lets anybody read and write a bucket of the other one. Here S3 refuses an expected
owner that is not the owner (403), a policy asked for from another account (405), and KMS whatever another account asks
of a key whose policy does not let it in.
"""

import json
import logging
import re
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from typing import Any

import boto3
from botocore.config import Config
from moto.core import DEFAULT_ACCOUNT_ID
from moto.moto_api._internal import moto_api_backend
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.s3.models import s3_backends
from moto.server import MotoRequestHandler
from werkzeug.serving import make_server

REGION = "eu-west-1"
OURS = DEFAULT_ACCOUNT_ID
"""The account in which Amazon Personalize is used."""
OWNERS = "222233334444"
"""The account that owns the bucket and the key."""
_CREDENTIAL = re.compile(r"Credential=([^/]+)/")
_KEY_ACCOUNT = re.compile(r":kms:[^:]*:([0-9]{12}):")
_WRITES = re.compile(r"(Put|Create|Delete|Update|Attach|Detach|Tag|Untag|Revoke|Set)")


@dataclass(frozen=True)
class Sent:
    """One request of the program: the account that made it, the method or operation, and what it was about."""

    account: str
    what: str
    about: str
    expected_owner: str = ""


class TwoAccounts:
    """The server; `sent` are the requests of the program to S3 and KMS."""

    def __init__(self) -> None:
        self.sent: list[Sent] = []
        self.calls: list[Any] = []
        self._moto = DomainDispatcherApplication(create_backend_app)
        self._server = make_server("127.0.0.1", 0, self._answer, threaded=True, request_handler=MotoRequestHandler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self.url = f"http://127.0.0.1:{self._server.port}"

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def reset(self) -> None:
        moto_api_backend.reset()
        self.sent.clear()

    @staticmethod
    def credentials(account: str) -> dict[str, str]:
        """Credentials of an account, as environment variables."""
        return {"AWS_ACCESS_KEY_ID": account, "AWS_SECRET_ACCESS_KEY": "testing"}

    @cache  # noqa: B019 - there is one server for all tests
    def client(self, service: str, account: str) -> Any:
        config = Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1})
        keys = {"aws_access_key_id": account, "aws_secret_access_key": "testing"}
        return boto3.client(service, region_name=REGION, endpoint_url=self.url, config=config, **keys)

    # What AWS says between accounts

    def _answer(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = BytesIO(body)
        signed = environ.get("HTTP_AUTHORIZATION", "")
        found = _CREDENTIAL.search(signed)
        caller = found[1] if found else OURS
        environ["HTTP_X_MOTO_ACCOUNT_ID"] = caller
        refused = None
        if "/s3/aws4_request" in signed:
            refused = self._s3(environ, caller)
        elif "/kms/aws4_request" in signed:
            refused = self._kms(environ, caller, body)
        elif "/access-analyzer/aws4_request" in signed:
            refused = 403, "application/json", '{"__type": "AccessDeniedException", "message": "not here"}'
        elif b"Action=Simulate" in body:
            error = "<ErrorResponse><Error><Code>AccessDenied</Code><Message>not here</Message></Error></ErrorResponse>"
            refused = 403, "text/xml", error
        if refused is None:
            return self._moto(environ, start)
        status, kind, text = refused
        start(f"{status} No", [("Content-Type", kind), ("x-amz-bucket-region", REGION)])
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [text.encode()]

    def _s3(self, environ: dict[str, Any], caller: str) -> tuple[int, str, str] | None:
        bucket = environ["PATH_INFO"].split("/")[1]
        query, method = environ.get("QUERY_STRING", ""), environ["REQUEST_METHOD"]
        expected = environ.get("HTTP_X_AMZ_EXPECTED_BUCKET_OWNER", "")
        if "personalize-perms/" in environ.get("HTTP_USER_AGENT", ""):
            self.sent.append(Sent(caller, f"{method} {query}", bucket, expected))
        owner = s3_backends.bucket_accounts.get(bucket, ("", ""))[1] if bucket else ""
        if not owner:
            return None
        if expected and expected != owner:
            return _s3_error(403, "AccessDenied", "Access Denied")
        if caller == owner:
            return None
        if "policy" in query:
            return _s3_error(405, "MethodNotAllowed", "The specified method is not allowed against this resource.")
        return _s3_error(403, "AccessDenied", "Access Denied")

    def _kms(self, environ: dict[str, Any], caller: str, body: bytes) -> tuple[int, str, str] | None:
        key = json.loads(body or b"{}").get("KeyId", "")
        operation = environ.get("HTTP_X_AMZ_TARGET", "").rpartition(".")[2]
        self.sent.append(Sent(caller, operation, key))
        owner = _KEY_ACCOUNT.search(key)
        if owner is None or owner[1] == caller:
            return None
        text = f"User is not authorized to perform: kms:{operation} on resource: {key}"
        error = json.dumps({"__type": "AccessDeniedException", "message": text})
        return 400, "application/x-amz-json-1.1", error


def _s3_error(status: int, code: str, message: str) -> tuple[int, str, str]:
    return status, "application/xml", f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
