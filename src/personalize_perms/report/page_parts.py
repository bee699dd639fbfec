"""The parts of the page: the picture, the changes with their reasons, what to know, and the documents in full."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias
from xml.etree.ElementTree import Element

from personalize_perms.model.changes import Action, Change, Refusal, StoredDocument
from personalize_perms.model.findings import Finding, Severity
from personalize_perms.model.graph import Graph, Layer, Node
from personalize_perms.report import graph_lines
from personalize_perms.report.differences import Difference, StatementChange
from personalize_perms.report.markup import code_block, element, web_link
from personalize_perms.report.plan_lines import LIMITS, MARKS, SIGNS, heading, sentences, text_difference

Reason: TypeAlias = Callable[[str], tuple[str, str]]
"""From the name of a statement to why it is there and the page of AWS that says so; empty where nothing is said."""


def section(title: str, anchor: str, *children: "Element | str | Iterable[Element] | None") -> Element:
    """Return a section with its heading, which is its name for whoever does not see it."""
    heading_ = element("h2", title, id=f"{anchor}-title")
    return element("section", heading_, *children, id=anchor, aria_labelledby=f"{anchor}-title")


def picture(graph: Graph) -> Element:
    """Return who may reach what, a card for each layer."""
    layers = [
        element("li", element("h3", layer), _nodes(graph, layer), class_="data" if layer is Layer.DATA else "layer")
        for layer in Layer
        if graph.layer(layer)
    ]
    notes = [element("p", note, class_="quiet small") for note in graph.notes]
    return section("Who may reach what", "picture", element("ol", layers, class_="layers"), notes)


def _nodes(graph: Graph, layer: Layer) -> Element:
    return element("ul", (_node(graph, node) for node in graph.layer(layer)))


def _node(graph: Graph, node: Node) -> Element:
    state = graph_lines.STATES[node.state]
    way = "reached" if node.layer is Layer.DATA else "reaches"
    deeds = [
        element(
            "li",
            f"{graph_lines.told(graph, node, edge)} ",
            element("span", graph_lines.state_of(node, edge), class_="quiet"),
        )
        for edge in graph.shown_at(node)
    ]
    named = element("code", graph_lines.title(node))
    shown = element("span", f" {state}", class_="quiet small") if state else None
    return element("li", named, shown, element("ul", deeds, class_=f"deeds {way}") if deeds else None, class_="node")


def changes(found: Iterable[Difference], reason: Reason, *, full: bool) -> Element:
    """Return every change with its statements in words and why they are there."""
    articles = [_change(one, reason, full=full) for one in found]
    limits = element("p", LIMITS, class_="quiet small")
    return section("Changes", "changes", limits, element("div", articles, class_="changes"))


def _change(found: Difference, reason: Reason, *, full: bool) -> Element:
    change = found.change
    sign = element("span", SIGNS[change.action], class_=f"sign {change.action}", aria_hidden="true")
    title = element("h3", sign, f"{change.action} {change.kind} ", element("code", change.resource))
    parts: list[Element] = []
    if change.action is not Action.KEEP:
        mark = None if found.statements else _mark(found)
        parts += [] if found.means else [element("p", element("span", f"{change.reason} ", class_="quiet small"), mark)]
        parts += [_statement(one, change, reason) for one in found.statements]
        parts += _without_document(found) if not found.statements else []
    if full and (difference := "\n".join(text_difference(*found.texts, f"{change.kind} {change.resource}"))):
        parts.append(code_block(difference))
    if change.hint:
        parts.append(element("p", f"Next: {change.hint}"))
    return element("article", title, parts, class_="change")


def _statement(statement: StatementChange, change: Change, reason: Reason) -> Element:
    told = heading(statement, change).removesuffix(f" ({MARKS[statement.reach]})")
    marked = (
        element("span", MARKS[statement.reach], class_=f"mark {statement.reach}") if statement.sign != "=" else None
    )
    title = element("p", element("code", told), " ", marked)
    if statement.sign == "=":
        return element("div", title, class_="statement")
    means = element("ul", (element("li", sentence) for sentence in sentences(statement)))
    why, docs = reason(statement.name) if statement.own and statement.sign != "-" else ("", "")
    because = element("p", "Why: ", why, " ", web_link(docs) if docs else None, class_="quiet small") if why else None
    return element("div", title, means, because, class_="statement")


def _without_document(found: Difference) -> Iterator[Element]:
    yield from (element("p", element("code", detail)) for detail in found.change.details)
    yield from (element("p", f"{sentence} ", _mark(found)) for sentence in found.means)


def _mark(found: Difference) -> Element | None:
    return element("span", MARKS[found.reach], class_=f"mark {found.reach}") if found.reach else None


def to_know(findings: Iterable[Finding], refusals: Iterable[Refusal]) -> Element:
    """Return what the reviewer should know, worst first."""
    order = list(Severity)
    several = [_finding(one) for one in sorted(findings, key=lambda one: -order.index(one.severity))]
    refused = [
        element("p", element("strong", "Nothing is changed: "), ": ".join(filter(None, (one.message, one.reason))))
        for one in refusals
    ]
    nothing = element("p", "Nothing beside the changes.") if not several and not refused else None
    return section("To know", "to-know", refused, several, nothing)


def _finding(finding: Finding) -> Element:
    return element(
        "div",
        element("p", element("strong", finding.severity, class_=finding.severity), f": {finding.resource}: "),
        element("p", finding.message),
        element("p", f"What to do: {finding.remedy}") if finding.remedy else None,
        element("p", web_link(finding.docs), class_="small") if finding.docs else None,
        class_="finding",
    )


def documents(stored: Iterable[StoredDocument]) -> Element:
    """Return every document in full, as it will be stored."""
    note = element("p", "As they will be stored, statements of others included.", class_="quiet")
    shown = [
        element("details", element("summary", f"{one.kind} ", element("code", one.name)), code_block(one.text))
        for one in stored
    ]
    return section("Documents in full", "documents", note, element("div", shown, class_="documents"))
