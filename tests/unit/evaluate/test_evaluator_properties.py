"""What must hold for every set of policies and every question."""

import random
from dataclasses import replace
from typing import Any

from asking import ACCOUNT, ALLOWED, DENIED, KEY, OTHER, TARGET, UNKNOWN, role, root, service, user
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from personalize_perms.evaluate import Policies, Unread, compiled, decide
from personalize_perms.model.access import Question, RequestContext
from personalize_perms.model.findings import Verdict

RANK = {DENIED: 0, UNKNOWN: 1, ALLOWED: 2}
CONTEXT: dict[str, list[str]] = {
    "aws:SourceAccount": [ACCOUNT, OTHER],
    "aws:SecureTransport": ["true", "false"],
    "aws:SourceIp": ["10.1.2.3", "203.0.113.7"],
    "aws:PrincipalTag/Team": ["red", "blue"],
    "aws:TagKeys": ["red", "cost"],
    "aws:CurrentTime": ["2026-01-01T00:00:00Z", "2026-06-01"],
    "s3:max-keys": ["5", "many"],
}
SUBJECTS = ["arn:aws:s3:::acme/in/x", "arn:aws:s3:::acme/red/x", KEY, TARGET]
ACTIONS = {
    "arn:aws:s3": ["s3:GetObject", "s3:PutObject", "s3:GetBucketPolicy"],
    "arn:aws:kms": ["kms:Decrypt"],
    "arn:aws:iam": ["sts:AssumeRole"],
}
PRINCIPALS = [user(), user(OTHER), role(), role(session=""), root(), service()]
UNTAGGED = (root(), service())
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/svc/run"
NAMES = [user().arn, role().arn, SESSION, ACCOUNT, f"arn:aws:iam::{OTHER}:root", "*"]

OPERATORS = [
    *("StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "StringEqualsIgnoreCase", "NumericLessThan"),
    *("DateGreaterThan", "Bool", "IpAddress", "NotIpAddress", "ArnLike", "ArnNotEquals"),
]
VALUES = [
    *(value for values in CONTEXT.values() for value in values),
    *("re*", "*", "10.0.0.0/8", "${aws:PrincipalTag/Team}", "${aws:PrincipalTag/Team, 'red'}", "${aws:username}"),
]
PATTERNS = [*SUBJECTS, "*", "*", "arn:aws:s3:::acme/*", "arn:aws:s3:::acme/${aws:PrincipalTag/Team}/*"]
PATTERNS += ["arn:aws:*:acme/in/x"]
PATTERNED_ACTIONS = ["*", "s3:*", "s3:Get*", "kms:*", "sts:AssumeRole", "s3:PutObject"]


def some(dice: random.Random, values: list[Any]) -> list[Any]:
    return dice.sample(values, dice.randint(1, 2))


def condition(dice: random.Random) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for _ in range(dice.choice([0, 0, 1, 1, 2])):
        key = dice.choice([*CONTEXT])
        if dice.random() < 0.1:
            found.setdefault("Null", {})[key] = [dice.choice(["true", "false"])]
            continue
        over = dice.choice(["", "", "", "ForAllValues:", "ForAnyValue:"])
        operator = over + dice.choice(OPERATORS) + dice.choice(["", "", "IfExists"])
        found.setdefault(operator, {})[key] = some(dice, CONTEXT[key] if dice.random() < 0.6 else VALUES)
    return found


def statement(dice: random.Random, effect: str = "") -> dict[str, Any]:
    effect = effect or dice.choice(["Allow", "Allow", "Deny"])
    not_principal = effect == "Deny" and dice.random() < 0.1
    names: list[Any] = ["*", {"AWS": some(dice, NAMES)}, {"AWS": some(dice, NAMES)}, {"Service": [service().arn]}]
    return {
        "Effect": effect,
        dice.choice(["Action", "Action", "Action", "NotAction"]): some(dice, PATTERNED_ACTIONS),
        dice.choice(["Resource", "Resource", "Resource", "NotResource"]): some(dice, PATTERNS),
        "NotPrincipal" if not_principal else "Principal": dice.choice(names),
        "Condition": condition(dice),
    }


Stack = dict[str, list[list[dict[str, Any]]]]
"""The statements of each document of each kind."""
WIDE = {"Effect": "Allow", "Action": ["*"], "Resource": ["*"], "Principal": "*", "Condition": {}}
LAYERS = ("identity", "boundary", "session", "service_control", "resource_control", "resource")


def a_stack(dice: random.Random) -> Stack:
    def several() -> list[dict[str, Any]]:
        return [statement(dice) for _ in range(dice.randint(1, 4))]

    found: Stack = {
        layer: [[WIDE, *several()]] if dice.random() < 0.3 else []
        for layer in ("boundary", "session", "service_control", "resource_control")
    }
    found["identity"] = [several() for _ in range(dice.randint(0, 2))]
    found["resource"] = [several() for _ in range(dice.randint(0, 1))]
    return found


def policies(stack: Stack) -> Policies:
    made: dict[str, Any] = {
        layer: [compiled({"Version": "2012-10-17", "Statement": [*document]}, layer) for document in stack[layer]]
        for layer in LAYERS
    }
    for layer in ("boundary", "session", "resource"):
        made[layer] = made[layer][0] if made[layer] else None
    for layer in ("service_control", "resource_control"):
        made[layer] = tuple((one,) for one in made[layer])
    return Policies(**{**made, "identity": tuple(made["identity"])})


def a_question(dice: random.Random) -> Question:
    resource, principal = dice.choice(SUBJECTS), dice.choice(PRINCIPALS)
    present = {
        key.lower(): tuple(some(dice, values) if key == "aws:TagKeys" else [dice.choice(values)])
        for key, values in CONTEXT.items()
        if dice.random() < 0.6 and not (principal in UNTAGGED and key.startswith("aws:PrincipalTag/"))
    }
    return Question(
        principal=principal,
        action=dice.choice(ACTIONS[":".join(resource.split(":")[:3])]),
        resource=resource,
        resource_account=dice.choice([ACCOUNT, ACCOUNT, OTHER, ""]),
        context=RequestContext(present=present, complete=True),
    )


SEEDS = st.integers(0, 2**40)
stacks = SEEDS.map(lambda seed: a_stack(random.Random(seed)))
questions = SEEDS.map(lambda seed: a_question(random.Random(seed)))
allows = SEEDS.map(lambda seed: statement(random.Random(seed), "Allow"))
denies = SEEDS.map(lambda seed: statement(random.Random(seed), "Deny"))
places = st.integers(1, 2)
each_layer = st.sampled_from(LAYERS)


def answer(stack: Stack, question: Question) -> Verdict:
    return decide(policies(stack), question).verdict


def with_one_more(stack: Stack, layer: str, statement: dict[str, Any], at: int) -> Stack:
    first, *rest = stack[layer]
    return {**stack, layer: [[*first[:at], statement, *first[at:]], *rest]}


@given(stacks, questions, allows, each_layer, places)
@settings(max_examples=250, deadline=None)
def test_one_more_allow_never_takes_access_away(
    stack: Stack, question: Question, more: dict[str, Any], layer: str, at: int
) -> None:
    assume(stack[layer])
    assert RANK[answer(with_one_more(stack, layer, more, at), question)] >= RANK[answer(stack, question)]


@given(stacks, questions, denies, each_layer, places)
@settings(max_examples=250, deadline=None)
def test_one_more_deny_never_gives_access(
    stack: Stack, question: Question, more: dict[str, Any], layer: str, at: int
) -> None:
    assume(stack[layer])
    assert RANK[answer(with_one_more(stack, layer, more, at), question)] <= RANK[answer(stack, question)]


@given(stacks, questions, st.randoms(use_true_random=False))
@settings(max_examples=200, deadline=None)
def test_the_order_of_statements_and_documents_never_matters(
    stack: Stack, question: Question, shuffled: random.Random
) -> None:
    other = {layer: [shuffled.sample(one, len(one)) for one in documents] for layer, documents in stack.items()}
    shuffled.shuffle(other["identity"])
    assert answer(other, question) is answer(stack, question)


def respelled(statement: dict[str, Any]) -> dict[str, Any]:
    """Write a statement as AWS may give it back, or as another person would."""

    def short(values: Any) -> Any:
        return values[0] if isinstance(values, list) and len(values) == 1 else values

    found = {name: short(value) for name, value in statement.items()}
    for name in ("Action", "NotAction"):
        if name in statement:
            found[name] = [action.upper() for action in (*statement[name], *statement[name])]
    for name in ("Principal", "NotPrincipal"):
        if "AWS" in (element := statement.get(name, {})):
            roots = {ACCOUNT: f"arn:aws:iam::{ACCOUNT}:root", f"arn:aws:iam::{OTHER}:root": OTHER}
            found[name] = {"AWS": short([roots.get(one, one) for one in reversed(element["AWS"])])}
        elif element == "*":
            found[name] = {"AWS": ["*"]}
    booleans = {"true": True, "false": False, "5": 5}
    found["Condition"] = {
        operator: {key.upper(): short([booleans.get(one, one) for one in values]) for key, values in keys.items()}
        for operator, keys in statement["Condition"].items()
    }
    return {name: found[name] for name in reversed(found)}


@given(stacks, questions)
@settings(max_examples=200, deadline=None)
def test_equivalent_spellings_are_the_same_policy(stack: Stack, question: Question) -> None:
    other = {
        layer: [[respelled(one) for one in document] for document in documents] for layer, documents in stack.items()
    }
    asked = replace(question, action=question.action.swapcase())
    assert answer(other, asked) is answer(stack, question)


@given(stacks, questions, st.sets(st.sampled_from([key.lower() for key in CONTEXT])))
@settings(max_examples=250, deadline=None)
def test_what_becomes_known_settles_an_answer_and_never_turns_it(
    stack: Stack, question: Question, hidden: set[str]
) -> None:
    known = {key: values for key, values in question.context.present.items() if key not in hidden}
    absent = frozenset({key.lower() for key in CONTEXT} - known.keys() - hidden | {"aws:username"})
    less = RequestContext(present=known, absent=absent)
    more = replace(question.context, absent=frozenset({"aws:username"}))
    before = answer(stack, replace(question, context=less))
    assert before in (UNKNOWN, answer(stack, replace(question, context=more)))


@given(stacks, questions, each_layer)
@settings(max_examples=200, deadline=None)
def test_a_document_that_becomes_readable_settles_an_answer_and_never_turns_it(
    stack: Stack, question: Question, layer: str
) -> None:
    assume(stack[layer])
    unread: Any = Unread(name="it", why="not allowed")
    closed = unread
    if layer == "identity":
        closed = (unread, *policies(stack).identity[1:])
    elif layer.endswith("control"):
        closed = ((unread,),)
    before = decide(replace(policies(stack), **{layer: closed}), question).verdict
    assert before in (UNKNOWN, answer(stack, question))


@given(stacks, questions)
@settings(max_examples=200, deadline=None)
def test_a_session_that_gets_a_name_settles_an_answer_and_never_turns_it(stack: Stack, question: Question) -> None:
    before = answer(stack, replace(question, principal=role(session="")))
    assert before in (UNKNOWN, answer(stack, replace(question, principal=role())))


@given(stacks, questions)
@settings(max_examples=200, deadline=None)
def test_every_answer_gives_its_reason(stack: Stack, question: Question) -> None:
    found = decide(policies(stack), question)
    assert found.because.endswith(".")
    given_reasons = [bool(found.statement), bool(found.lacking), bool(found.unknown)]
    if found.verdict is ALLOWED:
        assert given_reasons == [question.principal.arn != root().arn or bool(found.statement), False, False]
    elif found.verdict is DENIED:
        assert given_reasons in ([True, False, False], [False, True, False])
    else:
        assert given_reasons == [False, False, True]
