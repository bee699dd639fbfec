"""The layer itself: stands between a request and moto, and is as strict and as slow as it was told to be."""

import threading
from collections.abc import Callable
from typing import Any

from strict import document_rules, world
from strict.call_rules import same_grant
from strict.canonical import respelled
from strict.identity_center import CENTER, SERVICES
from strict.reading import completed, documents_respelled
from strict.requests import UNPLAYED, Refused, Request, Response, parse, refusal
from strict.rules import RULES
from strict.slowness import Staleness

_NAMES_PRINCIPALS = ("GetBucketPolicy", "GetKeyPolicy", "GetRole")
Moto = Callable[[dict[str, Any]], Response]


class Strict:
    """Switches, and what the program did that it must never do (`breaches`)."""

    def __init__(self, moto: Moto) -> None:
        self._moto = moto
        self._writing = threading.Lock()
        self._rules = {rule.name: rule for rule in RULES}
        self.reset()

    def reset(self) -> None:
        """Go back to the default: all rules, respelled documents, no delay."""
        self.off: set[str] = set()
        """Names of rules that are not enforced; `lenient` fills it."""
        self.canonical = True
        """Whether documents are respelled on reading."""
        self.seed = 0
        self.breaches: list[str] = []
        self.effects: list[str] = []
        """Every write that took effect, whether its answer arrived or not."""
        self.newcomers = world.Newcomers()
        self.staleness = Staleness()
        CENTER.reset()

    def lenient(self, *names: str) -> None:
        """Do not enforce these rules: for accounts that hold what AWS would not accept today."""
        unknown = set(names) - set(self._rules)
        if unknown:
            raise ValueError(f"there are no rules called {sorted(unknown)}")
        self.off |= set(names)

    def delay(self, refusals: int) -> None:
        """Let every role and user that is created from now on be an invalid principal this many times."""
        self.newcomers.refusals = refusals

    def nameless(self, readings: int) -> None:
        """Let documents show the unique id of every new role or user in place of its ARN this many times."""
        self.newcomers.namelessness = readings

    def stale(self, reads: int) -> None:
        """Let this many reads of everything show what was there before each write."""
        self.staleness.reads = reads

    def settle(self) -> None:
        """Let all that was slow be over: everybody is known, and reads show what is there."""
        self.newcomers = world.Newcomers()
        self.staleness = Staleness()

    # Requests

    def others(self, request: Request, environ: dict[str, Any]) -> Response:
        """Hand on a request of somebody else: anything goes, but who is deleted leaves a ghost behind."""
        if request.service in SERVICES:
            return CENTER.answer(request)
        return self._with_traces(request, lambda: self._moto(environ))

    def answer(self, request: Request, environ: dict[str, Any]) -> Response:  # noqa: PLR0911 - one line a kind
        """Answer a request as AWS would."""
        self._watch(request)
        if request.service in SERVICES:
            return self._of_identity_center(request)
        if request.service == "personalize" and request.name.startswith("List"):
            # moto knows no jobs and no dataset groups: there are none.
            member = request.name[4].lower() + request.name[5:]
            kind = [("Content-Type", "application/x-amz-json-1.1")]
            return Response(200, kind, b"").with_body(f'{{"{member}": []}}'.encode())
        if request.name in UNPLAYED:
            return refusal(request, Refused("AccessDenied", f"not authorized to perform {request.name}", 403))
        if not request.writes:
            return self.staleness.old(request) or self._read(request, environ)
        # One write after the other: a rule's look at moto and the write itself must not be torn apart.
        with self._writing:
            try:
                self._check(request)
            except Refused as refused:
                return refusal(request, refused)
            grant = same_grant(request) if request.name == "CreateGrant" else None
            if grant:
                body = f'{{"GrantId": "{grant.id}", "GrantToken": "{grant.token}"}}'.encode()
                return Response(200, [("Content-Type", "application/x-amz-json-1.1")], b"").with_body(body)
            return self._write(request, environ)

    def _of_identity_center(self, request: Request) -> Response:
        with self._writing:
            response = CENTER.answer(request)
            if request.writes and response.done:
                self.effects.append(f"{request.name} {request.about}")
            return response

    def _read(self, request: Request, environ: dict[str, Any]) -> Response:
        try:
            self._check(request)
        except Refused as refused:
            return refusal(request, refused)
        return self._spelled(request, completed(request, self._moto(environ)))

    def _write(self, request: Request, environ: dict[str, Any]) -> Response:
        former = self.staleness.former(request, environ, self._ask) if self.staleness.reads else {}
        response = self._with_traces(request, lambda: self._moto(environ))
        if response.done:
            self.effects.append(f"{request.name} {request.about}")
            self.staleness.remember(former)
        return self._spelled(request, response)

    def _ask(self, environ: dict[str, Any]) -> Response:
        request = parse(environ, environ["wsgi.input"].getvalue())
        assert request
        return self._spelled(request, completed(request, self._moto(environ)))

    def _spelled(self, request: Request, response: Response) -> Response:
        def spell(text: str) -> str:
            shown = self.newcomers.shown(text) if request.name in _NAMES_PRINCIPALS else text
            return respelled(shown, seed=self.seed, partition=request.partition) if self.canonical else shown

        return documents_respelled(request, response, spell)

    def _with_traces(self, request: Request, hand_on: Callable[[], Response]) -> Response:
        doomed = world.doomed(request)
        response = hand_on()
        if response.done:
            if doomed:
                world.bury(request, *doomed)
            self.newcomers.welcome(request)
        return response

    def _watch(self, request: Request) -> None:
        """Note what no run may ever do, whatever AWS says to it."""
        if request.service == "s3" and request.bucket and "HTTP_X_AMZ_EXPECTED_BUCKET_OWNER" not in request.headers:
            self.breaches.append(f"{request.name} on {request.bucket} names no expected owner")
        if "bypass" in request.body.lower() and "BypassPolicyLockoutSafetyCheck" in request.params:
            self.breaches.append(f"{request.name} bypasses the lockout check")

    def _check(self, request: Request) -> None:
        for rule in RULES:
            if (request.name in rule.on or not rule.on) and rule.name not in self.off:
                rule.check(request)
        self._check_newcomers(request)

    def _check_newcomers(self, request: Request) -> None:
        if not self.newcomers.refusals:
            return
        if request.name in document_rules.KINDS:
            for kind, who in document_rules.named(request):
                self.newcomers.check(who, document_rules.invalid_principal(request, kind, who))
        if request.name == "CreateGrant":
            text = "ARN does not refer to a valid principal"
            self.newcomers.check(request.text("GranteePrincipal"), Refused("InvalidArnException", text))
        if request.name.startswith("Attach") and (found := world.holder(request)):
            text = f"The role with name {found.name} cannot be found."
            self.newcomers.check(found.arn, Refused("NoSuchEntity", text, 404))
