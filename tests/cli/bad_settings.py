"""Answers that must be refused before a single call: on the command line, in the environment, in files and folders."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from account import DATA, role_arn, user_arn
from fake_aws import ACCOUNT, REGION

IN = ("--input", f"s3://{DATA}/in/")
ELSEWHERE = "111122223333"
KEY_ID = "1234abcd-12ab-34cd-56ef-1234567890ab"
OIDC = f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"
CONFIG = "personalize-perms.toml"
EVERY = ("plan", "apply", "check", "undo")
GIVING = ("plan", "apply", "check")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bad:
    """Words and surroundings that are refused, with the exit code, the code of the error, and a part of its text."""

    words: tuple[str, ...]
    says: str
    error: str = "usage"
    code: int = 2
    commands: tuple[str, ...] = EVERY
    environment: Mapping[str, str] = field(default_factory=dict)
    prepare: Callable[[], object] = dict


def _value(flag: str, value: str, says: str) -> tuple[str, Bad]:
    shown = ascii(value) if len(value) < 60 else f"{len(value)} characters"
    return f"{flag} {shown}", Bad(words=(*IN, flag, value), says=says)


VALUES = dict(
    (
        _value("--name", "", "is not a set-up name"),
        _value("--name", "9lives", "is not a set-up name"),
        _value("--name", "n" * 41, "is not a set-up name"),
        _value("--name", "team\n", "is not a set-up name"),
        _value("--name", "tеam", "is not a set-up name"),
        _value("--name", "../../etc", "is not a set-up name"),
        _value("--name", "a'; rm -rf /", "is not a set-up name"),
        _value("--name", "[red]x[/red]", "is not a set-up name"),
        _value("--name", "${aws:username}", "is not a set-up name"),
        _value("--name", "x\x1b[2J", "is not a set-up name"),
        _value("--role-name", "", "is not a role name"),
        _value("--role-name", "r" * 65, "is not a role name"),
        _value("--role-name", "*", "is not a role name"),
        _value("--role-name", "r?le", "is not a role name"),
        _value("--role-name", 'r"le', "is not a role name"),
        _value("--role-name", "role\x00", "is not a role name"),
        _value("--role-path", "/a", "is not a path"),
        _value("--role-path", "/*/", "is not a path"),
        _value("--role-path", f"/{'p' * 511}/", "is not a path"),
        _value("--role-path", "/aws-service-role/", "is AWS's own"),
        _value("--role-description", "d" * 1001, "at most 1,000"),
        _value("--role-description", "\x1b]8;;https://example.com\x07x", "printable Latin-1"),
        _value("--role-description", "\u202e", "printable Latin-1"),
        _value("--user-policy-name", "p" * 129, "is not a policy name"),
        _value("--attach-user", "u" * 65, "is not a user name"),
        _value("--attach-group", "g" * 129, "is not a group name"),
        _value("--attach-role", "a/b", "is not a role name"),
        _value("--attach-user", "ada\n", "is not a user name"),
        _value("--tag", "=x", "is not a tag"),
        _value("--tag", f"k={'v' * 257}", "is not a tag"),
        _value("--tag", "k=\u202e", "has characters other than"),
        _value("--tag", "aws:k=v", "is reserved"),
        _value("--tag", "Personalize-Perms=v", "is reserved"),
        _value("--region", "eu-west-１", "is not a Region"),
        _value("--region", "*", "is not a Region"),
        _value("--account", "12345678901", "is not an account ID"),
        _value("--account", "１２３４５６７８９０１２", "is not an account ID"),
        _value("--expect-account", f"{ACCOUNT}\n", "is not an account ID"),
        _value("--kms-key", "*", "does not name a KMS key"),
        _value("--kms-key", "alias/", "does not name a KMS key"),
        _value("--kms-key", "alias/a*", "does not name a KMS key"),
        _value("--kms-key", KEY_ID + "\n", "does not name a KMS key"),
        _value("--kms-key", KEY_ID.replace("1", "１"), "does not name a KMS key"),
        _value("--kms-key", f"arn:aws:kms:{REGION}:{ACCOUNT}:key/x", "does not name a KMS key"),
        _value("--kms-key", f"arn:aws:s3:{REGION}:{ACCOUNT}:key/{KEY_ID}", "does not name a KMS key"),
        _value("--role-arn", "arn:aws:iam::１23456789012:role/x", "is not an ARN"),
        _value("--role-arn", role_arn("x") + "\n", "is not an ARN"),
        _value("--role-arn", role_arn("x*"), "is not an ARN"),
        _value("--role-arn", role_arn("${aws:username}"), "is not an ARN"),
        _value("--role-arn", role_arn("r" * 65), "is not a role name"),
        _value("--role-arn", role_arn(""), "is not"),
        _value("--role-arn", user_arn("x"), "is not the ARN of an IAM role"),
        _value("--assumable-by", "*", "is not an ARN"),
        _value("--assumable-by", f"arn:aws:sts::{ACCOUNT}:assumed-role/x/y", "is not the ARN of"),
        _value("--permissions-boundary", role_arn("x"), "is not the ARN of an IAM policy"),
        _value("--saml-provider", OIDC, "is not the ARN of an IAM saml-provider"),
        _value("--oidc-subject", "repo:acme/?", "must be printable ASCII without"),
        _value("--input", "", "is not an S3 location"),
        _value("--input", "s3://", "is not a bucket name"),
        _value("--input", "s3://a", "is not a bucket name"),
        _value("--input", f"s3://{'b' * 64}", "is not a bucket name"),
        _value("--input", "s3://acme..data", "is not a bucket name"),
        _value("--input", "s3://acme-data\n", "is not a bucket name"),
        _value("--input", f"S3://{DATA}", "is not an S3 location"),
        _value("--input", f"s3://{DATA}/*", "would widen the policy"),
        _value("--input", f"s3://{DATA}/a\x1b[2J", "must be printable ASCII"),
        _value("--input", f"s3://{DATA}/a\n", "must be printable ASCII"),
        _value("--input", f"s3://{DATA}/\ud800", "must be printable ASCII"),
        _value("--workflow", "Import", "is not one of import"),
        _value("--hardening", "none", "is not one of"),
        _value("--kms-access", "everyone", "is not one of"),
        _value("--source-conditions", "", "is not one of"),
        _value("--user-access", "root", "is not one of"),
    )
)

OPTIONS = {
    "an option that is not there": Bad(words=(*IN, "--force"), says="No such option"),
    "a value for a switch": Bad(words=(*IN, "--quiet=yes"), says="does not take a value"),
    "a settings file that is not there": Bad(words=("--config", "none.toml"), says="cannot be read", error="settings"),
    "a template folder that is not there": Bad(words=(*IN, "--policies-dir", "none"), says="does not exist"),
    "a template folder that is a file": Bad(
        words=(*IN, "--policies-dir", "file"), says="is a file", prepare=lambda: Path("file").touch()
    ),
    "a variable with an open quote": Bad(
        words=(), says="No closing quotation", environment={"PERSONALIZE_PERMS_INPUT": "'s3://x"}
    ),
    "a variable with a bad value": Bad(
        words=IN, says="is not a set-up name", environment={"PERSONALIZE_PERMS_NAME": "a\u202eb"}
    ),
    "a switch that is neither": Bad(
        words=IN, says="is not a valid boolean", environment={"PERSONALIZE_PERMS_OFFLINE": "2"}
    ),
    "a Region without Personalize": Bad(words=(*IN, "--region", "eu-north-1"), says="not available", error="settings"),
    "a Region from the environment that is none": Bad(
        words=IN, says="is not a Region", error="settings", environment={"AWS_REGION": "eu-west-1\x1b[2J"}
    ),
    "an endpoint in the clear": Bad(
        words=IN, says="", error="endpoint", code=1, environment={"AWS_ENDPOINT_URL": "http://aws.example"}
    ),
    "an endpoint with somebody's name": Bad(
        words=IN, says="", error="endpoint", code=1, environment={"AWS_ENDPOINT_URL": "http://x@127.0.0.1"}
    ),
    "a profile that is not there": Bad(
        words=(*IN, "--profile", "no\u202ebody[/]"), says="there is no AWS profile", error="credentials", code=1
    ),
    "no input at all": Bad(words=("--yes",), says="--input", error="settings", commands=("apply",)),
    "a check without an account to look at": Bad(
        words=(*IN, "--offline"), says="check does not work with --offline", error="settings", commands=("check",)
    ),
    "undo without an account to look at": Bad(
        words=("--offline",), says="undo does not work with --offline", error="settings", commands=("undo",)
    ),
}

_CONFLICTS = {
    "two roles": (("--role-arn", role_arn("x"), "--role-name", "y"), "give one of the two"),
    "tightening a new role": (("--tighten-trust",), "--tighten-trust is for an existing role"),
    "MFA for nobody": (("--require-mfa",), "--require-mfa is for the role that IAM users assume"),
    "a subject without a provider": (("--oidc-subject", "x"), "name the provider with --oidc-provider"),
    "no user policy, yet a user": (("--user-access", "none", "--attach-user", "ada"), "needs a user policy"),
    "the same tag twice": (("--tag", "a=1", "--tag", "A=2"), "more than once"),
    "the role for people is that of the service": (("--attach-role", "personalize-service-role"), "must not get"),
}
CONFLICTS = {
    name: Bad(words=(*IN, *words), says=says, error="settings", commands=GIVING)
    for name, (words, says) in _CONFLICTS.items()
}


def _file(content: bytes | str, says: str, error: str = "settings") -> Bad:
    raw = content if isinstance(content, bytes) else content.encode()
    return Bad(words=(), says=says, error=error, prepare=lambda: Path(CONFIG).write_bytes(raw))


FILES = {
    "no TOML": _file("input: x", "is not TOML"),
    "an open string": _file('input = "x', "is not TOML"),
    "not UTF-8": _file(b'name = "\xff"', "is not TOML"),
    "a key twice": _file('name = "a"\nname = "b"', "is not TOML"),
    "a key in both spellings": _file('role-name = "a"\nrole_name = "b"', "is set twice"),
    "a key that nobody knows": _file('naem = "x"', "is not a setting"),
    "a section": _file("[name]\nx = 1", "name is a table"),
    "a number for a text": _file("name = 1", "name is a number"),
    "a date for a text": _file("name = 2020-01-01", "name is a date"),
    "a list for a text": _file('name = ["x"]', "name is a list"),
    "a text for a switch": _file('require-mfa = "yes"', "require-mfa is a string"),
    "a number in a list": _file("input = [1]", "input holds a number"),
    "a list in a list": _file('input = [["s3://x"]]', "input holds a list"),
    "a number of 5,000 digits": _file(f"name = {'9' * 5000}", "is not TOML"),
    "nesting without end": _file(f"name = {'[' * 5000}", "is not TOML"),
    "control characters": _file('name = "a\x1b[2J"', "is not TOML"),
    "escaped control characters": _file('name = "a\\u001b[2J"', "is not a set-up name", "usage"),
    "binary": _file(bytes(range(256)), "is not TOML"),
    "huge": _file(b"#" * 3_000_000 + b"\n", "larger than"),
    "a bad value": _file('input = "s3://UPPER"', "is not a bucket name", "usage"),
    "a directory": Bad(words=(), says="cannot be read", error="settings", prepare=lambda: Path(CONFIG).mkdir()),
}


def _template(text: str) -> Callable[[], object]:
    """Copy the packaged templates, and put `text` in the place of the one for buckets that are read."""

    def prepare() -> None:
        for source in (Path(__file__).parents[2] / "policies").rglob("*.json"):
            target = Path("mine") / source.relative_to(
                source.parents[1] if source.name != "reasons.json" else source.parent
            )
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(source.read_bytes())
        for name in ("documented-read", "minimal-read", "read"):
            if (path := Path("mine/bucket") / f"{name}.json").exists():
                path.write_bytes(text.encode("utf-8", "surrogateescape"))

    return prepare


_READ = {"Sid": "Read", "Effect": "Allow", "Principal": {"Service": "x"}, "Action": "s3:GetObject", "Resource": "x"}


def _statement(**changed: object) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{**_READ, **changed}]})


_TEMPLATES = {
    "an empty template": ("", "is not JSON"),
    "a template that is no JSON": ("{", "is not JSON"),
    "a template that is not UTF-8": ("\udcff", "is not UTF-8"),
    "a template with a key twice": (_statement()[:-1] + ', "Version": "x"}', "stands twice"),
    "a template of depth 2,000": ("[" * 2000, "nested too deeply"),
    "a template with NaN": ('{"Version": NaN}', "NaN is not JSON"),
    "a template without statements": ('{"Version": "2012-10-17", "Statement": []}', "at least one statement"),
    "a template that denies": (_statement(Effect="Deny"), "must be Allow"),
    "a template for everyone": (_statement(Principal="*"), "must name its kind"),
    "a template for all accounts": (_statement(Principal={"AWS": "*"}), "without '*'"),
    "a template with NotAction": (_statement(NotAction="s3:*"), "must have exactly"),
    "a template with an unknown placeholder": (_statement(Resource="${Anything}"), "unknown placeholder"),
    "a template that names no bucket": (_statement(Resource="arn:aws:s3:::x"), "does not use"),
    "a template with an evil Sid": (_statement(Sid="\x1b[2J[/]\u202e"), "is not a capital letter"),
    "a template with a number for an action": (_statement(Action=7), "must be a text or a list"),
    "a template without an action": (_statement(Action=[]), "must be a text or a list"),
}
TEMPLATES = {
    name: Bad(
        words=(*IN, "--policies-dir", "mine"),
        says=says,
        error="template",
        code=1,
        commands=GIVING,
        prepare=_template(t),
    )
    for name, (t, says) in _TEMPLATES.items()
}
SETTINGS: dict[str, Bad] = {**VALUES, **OPTIONS, **CONFLICTS, **FILES, **TEMPLATES}
