"""`explain`: why each statement is there, and what whoever runs the tool needs. Makes no call."""

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

import click

from personalize_perms import documents, steps
from personalize_perms.cli.options import SettingsCommand, request_of, shared
from personalize_perms.cli.request import Request, refuse_conflicts, refuse_missing
from personalize_perms.cli.result import Result
from personalize_perms.cli.talk import Talk
from personalize_perms.documents import wording
from personalize_perms.model import ownership
from personalize_perms.model.changes import Plan
from personalize_perms.model.inert import inert
from personalize_perms.model.names import AccountId, Arn, S3Location
from personalize_perms.model.resources import Desired, Json
from personalize_perms.model.settings import Settings
from personalize_perms.report.lines import Line
from personalize_perms.templates import Reason, Templates

_EXAMPLE_ACCOUNT: Final = AccountId("111122223333")
_EXAMPLE_REGION: Final = "us-east-1"
_MOST: Final = 8
"""So many sentences of one statement are shown; settings may name hundreds of places."""
_TOOL: Final = click.Option(
    ["--tool-permissions"], is_flag=True, help="Print the smallest policy that the person running a command needs."
)
_FOR: Final = click.Option(
    ["--for", "command"],
    type=click.Choice(["plan", "apply", "init", "check", "diagnose", "audit", "export", "undo", "rollout"]),
    help="With --tool-permissions: one command only.",
)

_GRAPH: Final = click.Option(
    ["--graph"],
    is_flag=False,
    flag_value="text",
    type=click.Choice(["text", "mermaid", "html"]),
    help="Draw who may reach what instead: as text (if no form is named), Mermaid or an HTML page.",
)


@shared(_TOOL, _FOR, _GRAPH)
@click.command("explain", cls=SettingsCommand)
@click.pass_context
def explain(ctx: click.Context, /, **_: object) -> Result:
    """Explain every statement that the settings lead to. Makes no call; gaps are filled with examples."""
    request = request_of(ctx, "explain")
    refuse_conflicts(steps.conflicts(request.settings))
    talk = Talk(request)
    templates = Templates.load(request.policies_dir)
    desired = _desired(request, templates, talk)
    if ctx.params["graph"]:
        from personalize_perms.cli.graph import draw  # noqa: PLC0415 - only for pictures

        if ctx.params["tool_permissions"]:
            raise click.UsageError("--graph and --tool-permissions are two questions: ask one at a time", ctx)
        return draw(request, desired, ctx.params["graph"], talk)
    if ctx.params["tool_permissions"]:
        return _tool(request, desired, ctx.params["command"], talk)
    return _statements(request, desired, templates, talk)


def _desired(request: Request, templates: Templates, talk: Talk) -> Desired:
    from personalize_perms.engine import key_names  # noqa: PLC0415 - nothing of this for --help

    settings = _with_examples(request.settings)
    account = request.account or _named_account(settings)
    filled = replace(
        request,
        settings=settings,
        account=account or _EXAMPLE_ACCOUNT,
        expect_account=None,
        region=_region(request, settings),
        dry_run=True,
    )
    refuse_missing(steps.missing(settings))
    place = filled.offline_place()
    if settings != request.settings or not account:
        talk.say([Line("What you did not name is filled with AWS's example names.", "dim")])
    uses = key_names.offline(settings, place)
    return steps.desire(steps.Context(settings=settings, place=place, keys=uses, templates=templates))


def _named_account(settings: Settings) -> AccountId | None:
    """Return the account that the settings name in an ARN."""
    named = (settings.role_arn, settings.permissions_boundary, settings.saml_provider, settings.oidc_provider)
    arns = (*(arn for arn in named if arn), *_named_keys(settings), *settings.assumable_by)
    return next((AccountId(arn.account) for arn in arns if arn.account.isdigit()), None)


def _region(request: Request, settings: Settings) -> str:
    """Return the Region that was asked for, else that of a key in the settings, else AWS's example."""
    asked = request.region or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    return asked or next((arn.region for arn in _named_keys(settings)), _EXAMPLE_REGION)


def _named_keys(settings: Settings) -> list[Arn]:
    return [Arn.parse(key) for key in settings.kms_keys if key.startswith("arn:")]


def _with_examples(settings: Settings) -> Settings:
    if settings.reads_input and not settings.inputs:
        settings = replace(settings, inputs=(S3Location(bucket="amzn-s3-demo-bucket", prefix="input/"),))
    if settings.writes_output and not settings.outputs:
        settings = replace(settings, outputs=(S3Location(bucket="amzn-s3-demo-bucket", prefix="output/"),))
    named = tuple(key for key in settings.kms_keys if "alias/" not in key)
    missing = not named and (settings.kms_keys or "encrypted-dataset-group" in settings.workflows)
    return replace(settings, kms_keys=("1234abcd-12ab-34cd-56ef-1234567890ab",) if missing else named)


def _statements(request: Request, desired: Desired, templates: Templates, talk: Talk) -> Result:
    from personalize_perms.engine import offline  # noqa: PLC0415 - nothing of this for --help

    found = list(_explained(offline.plan_offline(desired), desired.name, templates))
    if not request.as_json:
        talk.out.lines(_lines(found))
    return Result(data={"statements": found})


def _explained(plan: Plan, name: str, templates: Templates) -> Iterator[dict[str, Any]]:
    prefix = ownership.sid_prefix(name)
    nothing = Reason(why="no reason is given in reasons.json", docs="")
    for stored in plan.documents:
        for statement in documents.statements(stored.document):
            sid = str(statement["Sid"])
            reason = templates.reasons.get(sid.removeprefix(prefix), nothing)
            actions = statement["Action"]
            # In the policy of a key or role, the documents say nothing of it, or `*`.
            own = "" if stored.kind in ("managed-policy", "bucket-policy") else stored.name
            yield {
                "kind": stored.kind,
                "name": stored.name,
                "sid": sid,
                "actions": actions if isinstance(actions, list) else [actions],
                "means": [phrase.sentence for phrase in wording.phrases(statement, own=own)],
                "why": reason.why,
                "docs": reason.docs,
            }


def _lines(found: list[dict[str, Any]]) -> Iterator[Line]:
    document = ""
    for statement in found:
        title = f"{statement['kind']} {statement['name']}"
        if title != document:
            document = title
            yield Line(inert(title), "title")
        yield Line(f"  {inert(statement['sid'])}: {inert(', '.join(statement['actions']))}")
        yield from (Line(f"      {inert(sentence)}", prose=True) for sentence in statement["means"][:_MOST])
        if len(statement["means"]) > _MOST:
            yield Line(f"      and {len(statement['means']) - _MOST} more like these")
        yield Line(f"      Why: {inert(statement['why'])}", prose=True)
        if statement["docs"]:
            yield Line(f"      {inert(statement['docs'])}", "dim")


def _tool(request: Request, desired: Desired, command: str | None, talk: Talk) -> Result:
    from personalize_perms.engine import tool_permissions  # noqa: PLC0415 - nothing of this for --help

    commands = (command,) if command else tool_permissions.COMMANDS
    talk.say([Line(text, "dim") for text in _limits(request.settings)])
    policies: dict[str, dict[str, Json]] = {
        name: documents.new_document(tool_permissions.tool_permissions(desired, name, request.settings.workflows))
        for name in commands
    }
    if not request.as_json:
        for name, document in policies.items():
            if not command:
                talk.out.line(f"# to run {name}", "title")
            talk.out.line(json.dumps(document, indent=2))
    return Result(data={"policies": policies})


def _limits(settings: Settings) -> Iterator[str]:
    """Yield what the printed policies cannot cover, because no call is made to find it out."""
    if not settings.kms_keys:
        yield "Name the KMS keys of your buckets with --kms-key: without a call they are not known."
    if any("alias/" in key for key in settings.kms_keys):
        yield "An alias does not tell its key, and permissions are given on keys: name them by ARN with --kms-key."
    yield (
        "audit --fix needs iam:GetRole and iam:UpdateAssumeRolePolicy on the roles, s3:PutBucketPolicy and "
        "s3:DeleteBucketPolicy on the buckets, kms:PutKeyPolicy on the keys that you pick."
    )
    yield "rollout with another --administration-role needs iam:PassRole on that one instead."
    yield (
        "Taking back what earlier settings named and these do not (buckets, keys, people, roles) needs what this "
        "prints for the earlier settings, too."
    )
