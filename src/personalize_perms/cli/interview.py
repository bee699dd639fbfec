"""The person's side of `init`: who calls, and the questions.

Importing what talks to AWS and hearing from it takes longer than a person should look at nothing. So the first
question, which needs no account, stands on the screen meanwhile; who calls is said above it as soon as that is known.
Where a person seems to be needed for it (a profile or Region to choose, an MFA code, a program that signs in), and
where what is written stays as it is, AWS is asked before the first question. Should a person be needed unexpectedly,
the question is taken away and asked again later.
"""

from collections.abc import Callable
from contextlib import suppress
from threading import Thread
from typing import TYPE_CHECKING, Final

from personalize_perms import wizard
from personalize_perms.cli import setup
from personalize_perms.cli.request import Request
from personalize_perms.cli.talk import Talk
from personalize_perms.model.values import dataclass
from personalize_perms.report import lines
from personalize_perms.wizard.prompter import Standing, Withdrawn

if TYPE_CHECKING:
    from personalize_perms.aws.account import Account
    from personalize_perms.aws.discovery import Discovery
    from personalize_perms.aws.session import AwsSession
    from personalize_perms.cli.naming import Naming
    from personalize_perms.wizard.preview import Documents

_BETWEEN: Final = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class _Met:
    """Who calls, and what the questions need of the account."""

    account: "Account"
    """With the alias, if that came soon; `naming` knows it later."""
    naming: "Naming"
    discovery: "Discovery"
    documents: "Documents"


class Interview:
    """One run of the wizard. `request` has what was answered by now."""

    def __init__(self, request: Request, talk: Talk) -> None:
        self.request = request
        self.session: AwsSession | None = None
        """The way into AWS, if it was tried while the first question was asked."""
        self._talk = talk
        self._prompter = request.prompter()
        self._dialogue = wizard.Dialogue(request.settings, request.given, self._prompter)
        self._met: _Met | None = None
        self._told = False
        self._error: Exception | None = None

    def begin(self) -> None:
        """Ask the first question while AWS is asked who calls, or find out first as whom and where to ask."""
        if self.request.sandbox:
            return
        from personalize_perms.cli.whereabouts import located, seems_located  # noqa: PLC0415 - for a person only

        standing = self._prompter.standing
        early = self._dialogue.begins_alone and not self.request.verbose and not self.request.yes
        if standing and early and seems_located(self.request):
            meeting = _Meeting(self.request, self._talk, standing.nudge)
            self._begin(meeting, standing)
            if not meeting.needs_a_person:
                self.session, self._error = meeting.session, meeting.error
                return
        self.request = located(self.request, self._prompter)

    def meet(self, session: "AwsSession") -> "Account":
        """Return the account, once it was said who calls; what went wrong meanwhile is raised."""
        if self._error:
            raise self._error
        met = self._met or self._know(_meet(self.request, session, self._talk))
        if not self._told:
            self._tell()
        return met.account

    def finish(self) -> "tuple[Request, Account]":
        """Ask the rest; return the request with the answers, and the account, whose alias may have come late."""
        if self._met is None:
            raise RuntimeError("the account was not met")
        settings = self._dialogue.lead()
        setup.check_answers(settings)
        return self.request.with_settings(settings), self._met.naming.named()

    def _begin(self, meeting: "_Meeting", standing: Standing) -> None:
        def shown() -> None:
            meeting.begin()
            if meeting.is_over and not meeting.met:
                standing.withdraw()
            elif meeting.met and not self._met:
                self._know(meeting.met)
                standing.interject(self._tell)

        if not self.request.quiet:
            self._prompter.say("Asking AWS who you are ...")
        with suppress(Withdrawn):
            self._dialogue.begin(shown)
        meeting.wait()
        if meeting.met and not self._met:
            self._know(meeting.met)

    def _know(self, met: _Met) -> _Met:
        self._met = met
        self._dialogue.meet(met.discovery, met.documents, met.naming.news)
        return met

    def _tell(self) -> None:
        if self._met:
            self._told = True
            self._talk.say(lines.caller_lines(self._met.account.caller))


class _Meeting:
    """Finds out who calls while a question stands on the screen."""

    def __init__(self, request: Request, talk: Talk, over: Callable[[], None]) -> None:
        self._request = request
        self._talk = talk
        self._over = over
        self._thread: Thread | None = None
        self.is_over = False
        self.met: _Met | None = None
        self.session: AwsSession | None = None
        self.needs_a_person = False
        self.error: Exception | None = None

    def begin(self) -> None:
        """Begin, unless that was done: not before the question stands there, so that nothing delays it."""
        if self._thread is None:
            self._thread = Thread(target=self._meet, daemon=True)
            self._thread.start()

    def wait(self) -> None:
        """Wait until it is over."""
        self.begin()
        while self._thread and self._thread.is_alive():
            self._thread.join(_BETWEEN)  # a wait without an end hears no Ctrl-C on Windows

    def _meet(self) -> None:
        try:
            self.met = self._found()
        except Exception as error:  # noqa: BLE001 - it is raised where the person is: `Interview.meet`
            self.error = error
        self.is_over = True
        self._over()

    def _found(self) -> _Met | None:
        from personalize_perms.aws.session import AwsSession  # noqa: PLC0415 - dear
        from personalize_perms.cli.whereabouts import is_located  # noqa: PLC0415 - imports what talks to AWS

        session = self.session = AwsSession(self._request.profile, self._request.region)
        if not is_located(self._request, session) or session.asks_a_person:
            self.needs_a_person = True
            return None
        return _meet(self._request, session, self._talk)


def _meet(request: Request, session: "AwsSession", talk: Talk) -> _Met:
    from personalize_perms.aws.discovery import Discovery  # noqa: PLC0415 - botocore only when it is needed
    from personalize_perms.cli.naming import Naming  # noqa: PLC0415 - imports what talks to AWS
    from personalize_perms.cli.rendering import rendering  # noqa: PLC0415 - only after the first question

    session.builds_ahead = False
    talk.make_ready()
    naming = Naming(setup.find_account(request, session, talk))
    account = naming.named()
    discovery = Discovery(account)
    documents = rendering(request, account.caller.place, discovery.bucket_keys)
    return _Met(account=account, naming=naming, discovery=discovery, documents=documents)
