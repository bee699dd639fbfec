"""What goes over the wire: recorded parameters, and answers that a stand-in for AWS would not give."""

import json
from http.client import HTTPMessage
from io import BytesIO

from botocore.awsrequest import AWSResponse

from personalize_perms.aws.session import AwsSession, Service


class _Body(BytesIO):
    def stream(self):
        yield self.read()


def answer(status, body="", **headers):
    message = HTTPMessage()
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    return AWSResponse("https://aws.example/", status, message, _Body(body.encode()))


def refusal(service: Service, status: int, code: str, text: str = "why", **headers):
    if service == "kms":
        return answer(status, json.dumps({"__type": code, "message": text}), **headers)
    error = f"<Error><Code>{code}</Code><Message>{text}</Message></Error>"
    return answer(status, error if service == "s3" else f"<ErrorResponse>{error}</ErrorResponse>", **headers)


class Wire:
    """Puts answers in the place of moto's, and records what is sent by which client."""

    def __init__(self, session: AwsSession) -> None:
        self._session = session

    def answers(self, service: Service, operation: str, response) -> list[object]:
        """Answer `operation` with `response`, or raise it; the list that is returned grows with every sending."""
        sent: list[object] = []

        def handler(request, **_):
            sent.append(request)
            if isinstance(response, Exception):
                raise response
            return response() if callable(response) else response

        for client in (self._session.reader(service), self._session.writer(service)):
            client.meta.events.register_first(f"before-send.{service}.{operation}", handler)
        return sent

    def refuses(self, service: Service, operation: str, code: str, status: int = 400, text: str = "why"):
        return self.answers(service, operation, lambda: refusal(service, status, code, text))

    def records(self, service: Service) -> list[tuple[str, dict[str, object]]]:
        """Return the list to which every call of `service` is added with its parameters."""
        calls: list[tuple[str, dict[str, object]]] = []

        def handler(params, model, **_):
            calls.append((model.name, dict(params)))

        for client in (self._session.reader(service), self._session.writer(service)):
            client.meta.events.register(f"provide-client-params.{service}", handler)
        return calls
