"""The page to attach to a change request: one file that a browser shows without a network and prints on few sheets.

Nothing in it can be carried out: no script, and its own security policy forbids everything but its style.
"""

import base64
import hashlib
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final
from xml.etree.ElementTree import Element

from personalize_perms.model.changes import Plan
from personalize_perms.model.graph import Graph
from personalize_perms.model.values import dataclass
from personalize_perms.report import page_parts, plan_lines
from personalize_perms.report.differences import Difference, difference
from personalize_perms.report.markup import document_text, element
from personalize_perms.report.page_parts import Reason
from personalize_perms.report.page_style import STYLE

MADE_BY: Final = "Page made by personalize-perms"
"""Stands in the first lines of every page, so that it may be written again and nothing else is overwritten."""
_CONTENTS: Final = {
    "short": "In short",
    "picture": "Who may reach what",
    "changes": "Changes",
    "to-know": "To know",
    "documents": "Documents in full",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """When and by what a page was made, and what it is of."""

    at: datetime
    version: str
    digest: str
    """SHA-256 of the saved plan of the same moment."""
    saved: str = ""
    """The command that applies exactly this plan, if it was saved."""


def page(plan: Plan, graph: Graph, made: Made, reason: Reason, *, full: bool = False) -> str:
    """Return the page of a plan; `full`: with the differences of the texts."""
    partition = plan.caller.place.partition
    found = [difference(change, plan.name, partition) for change in plan.changes]
    parts = [
        _short(plan, found),
        page_parts.picture(graph),
        page_parts.changes(found, reason, full=full),
        page_parts.to_know(plan.findings, plan.refusals),
        page_parts.documents(plan.documents),
    ]
    return _whole(f"Permissions for Amazon Personalize: {plan.name}", _facts(plan, made), parts, made.version)


def graph_page(graph: Graph, version: str) -> str:
    """Return a page of the picture alone."""
    place = graph.place
    facts = {"Set-up": graph.name, "Account": place.account, "Region": place.region}
    return _whole(f"Who may reach what: {graph.name}", facts, [page_parts.picture(graph)], version)


def _whole(title: str, facts: dict[str, str], parts: list[Element], version: str) -> str:
    policy = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    style = Element("style")
    style.text = STYLE
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element(
            "meta",
            http_equiv="Content-Security-Policy",
            content=f"default-src 'none'; style-src 'sha256-{policy}'; base-uri 'none'; form-action 'none'",
        ),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="referrer", content="no-referrer"),
        element("title", title),
        style,
    )
    body = element(
        "body",
        element("a", "Skip to the content", href="#content", class_="skip"),
        element("header", element("h1", title), _fact_list(facts), _contents(parts)),
        element("main", parts, id="content"),
    )
    return document_text(element("html", head, body, lang="en"), f"{MADE_BY} {version}. Do not edit.")


def _facts(plan: Plan, made: Made) -> dict[str, str]:
    place, caller = plan.caller.place, plan.caller
    facts = {
        "Set-up": plan.name,
        "Account": place.account,
        "Region": f"{place.region} ({place.partition})",
        "Planned": made.at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC"),
        "Planned by": caller.arn,
        "Endpoint (not AWS's own)": caller.endpoint,
        "Service role": plan.role_arn,
        "Digest of the plan (SHA-256)": made.digest,
        "Applied by": made.saved,
        "Program": f"personalize-perms {made.version}",
    }
    return {name: value for name, value in facts.items() if value}


def _fact_list(facts: dict[str, str]) -> Element:
    several = (element("div", element("dt", name), element("dd", value)) for name, value in facts.items())
    return element("dl", several, class_="facts")


def _contents(parts: list[Element]) -> Element | None:
    there = {part.get("id") for part in parts}
    links = [
        element("li", element("a", title, href=f"#{anchor}")) for anchor, title in _CONTENTS.items() if anchor in there
    ]
    return element("nav", element("ul", links), aria_label="Contents") if len(links) > 1 else None


def _short(plan: Plan, found: list[Difference]) -> Element:
    counts = Counter(change.action for change in plan.changes)
    shown = [
        element("li", f"{plan_lines.SIGNS[action]} {counts[action]} {word}")
        for action, word in plan_lines.COUNTED.items()
    ]
    texts = [element("p", text) for text in _in_words(plan, found)]
    return page_parts.section("In short", "short", element("ul", shown, class_="counts"), texts)


def _in_words(plan: Plan, found: list[Difference]) -> Iterator[str]:
    seen = Counter(one.reach for one in found if one.reach)
    if not plan.writes and not plan.blocked and not plan.refusals:
        yield plan_lines.nothing_to_do(plan)
    if seen:
        yield f"{plan_lines.access(seen)} of {len(plan.changes)}."
    others = sum(one.untouched for one in found)
    if others:
        yield f"Statements of others in the changed documents that stay as they are, to the letter: {others}."
