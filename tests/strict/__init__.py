"""AWS's strictness, spelling and slowness over moto, which has none of them. For tests only.

`FakeAws()` (tests/cli/fake_aws.py) always has the layer, as `aws.strict`. The requests of the program (User-Agent
`personalize-perms/`) go through it; a test's own clients do not, so that anything can be planted: `aws.client("s3")`.
`aws.client("s3", strict=True)` is a plain boto3 client that goes through it. In tests/cli the fixtures `aws`,
`account` and `program` are all that is needed; elsewhere, build `FakeAws()` and point AWS_ENDPOINT_URL at `aws.url`:
that works for child processes too.

Always on (reset before every test): the refusals of rules.py; documents respelled on reading (canonical.py); ghosts:
who deletes a role or user leaves its unique id in every document and grant that named it.

    aws.strict.lenient("Sids once", ...)   do not enforce these rules (names: rules.py)
    aws.strict.canonical = False           documents come back as they are stored
    aws.strict.seed = 7                    another spelling
    aws.strict.delay(3)                    new roles and users are 3 times an invalid principal
    aws.strict.nameless(2)                 documents show a new role or user 2 times by its unique id, not its ARN
    aws.strict.stale(2)                    after a write, the next 2 reads of each kind show the old state
    aws.strict.settle()                    all that was slow is over
    aws.strict.effects                     every write of the program that took effect, answered or not
    aws.strict.breaches                    what the program must never do; must be empty (the `aws` fixture asserts it)

Crash walks: the k-th call (from 1) of the program since the last `aws.calls.clear()`:

    aws.at(k, "before", do)     before it is handed on
    aws.at(k, "lost", do)       after it took effect; then the connection breaks instead of an answer
    aws.at(k, "answered", do)   after the whole answer was sent
    aws.at(("CreateRole", 1), "lost", do)    the first call of this operation, wherever it comes

`do` is called without arguments, in the server's thread. If it returns an answer, `(status, body)`, "before" sends that
and hands nothing on; status 0 breaks the connection. `aws.kill` is a ready `do`: it kills the process `aws.pid`, which
the test sets, and breaks the connection, so that "before" means: killed, and nothing was done. "answered" races with
what the process does next: a killed process may have come a few instructions further, as in life.

    child = subprocess.Popen([...]); aws.pid = child.pid; aws.calls.clear(); aws.at(7, "lost", aws.kill)

(`aws.pid` may also be set inside `do`; to number the calls first, run once without and take `len(aws.calls)`.)

Comparing (meaning.py, independent of the program's own comparison): `same_meaning(a, b)` for documents as texts or
parsed; `identity(document)`; `statements(document)`, a sorted bag; `foreign(document, name)`, the document without
the statements of the set-up `name`, None if nothing is left; `is_ours(sid, name)`. `Account.meaning()` is the snapshot
with what identifies each document in place of its text, so two of them are equal if the account means the same.
"""

from strict.meaning import foreign, identity, is_ours, same_meaning, statements

__all__ = ["foreign", "identity", "is_ours", "same_meaning", "statements"]
