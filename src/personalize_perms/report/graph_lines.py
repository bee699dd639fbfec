"""The picture of who may reach what, as lines: from people down to the data, readable at 40 columns and by ear."""

import textwrap
from collections.abc import Iterator
from typing import Final

from personalize_perms.model.graph import Edge, Graph, Layer, Node, State
from personalize_perms.model.inert import inert
from personalize_perms.report.lines import Line

STATES: Final = {
    State.WANTED: "",
    State.NEW: "(+ new)",
    State.THERE: "(= there)",
    State.UNKNOWN: "(? not known)",
}
_NARROWEST: Final = 20


def graph_lines(graph: Graph, width: int, *, arrows: bool = True) -> Iterator[Line]:
    """Draw the picture in lines of `width` columns, but for names, which are never cut.

    Without `arrows` there are words alone, as a screen reader wants them.
    """
    place = graph.place
    yield from _wrapped(f"Who may reach what: the set-up {graph.name}", width, "", "title")
    yield from _wrapped(f"Account {place.account}, Region {place.region}", width, "", "dim")
    first = True
    for layer in Layer:
        nodes = graph.layer(layer)
        if not nodes:
            continue
        yield Line()
        if arrows and not first:
            yield Line("    |")
            yield Line("    v")
        first = False
        yield Line(layer, "title")
        for node in nodes:
            yield from _node_lines(graph, node, width, arrows=arrows)
    if graph.notes:
        yield Line()
    for note in graph.notes:
        yield from _wrapped(inert(note), width, "", "dim")


def told(graph: Graph, node: Node, edge: Edge) -> str:
    """Return an edge as it is told with a node: of a bucket or key with who reaches it."""
    if node.layer is not Layer.DATA:
        return edge.says
    kinds = {other.name: other for other in graph.nodes}
    source = kinds.get(edge.source)
    who = "the service role" if source and source.layer is Layer.ROLE else edge.source
    return f"{who} {edge.says.replace(f'the key {node.name}', 'this key')}"


def state_of(node: Node, edge: Edge) -> str:
    """Return what is known of an edge, where it is not what is known of the node that it is told with."""
    return "" if edge.state is node.state else STATES[edge.state]


def title(node: Node) -> str:
    """Return a node's name, with its kind where the name does not tell it."""
    return (
        node.name
        if node.kind in ("service", "bucket", "policy") or node.kind in node.name
        else (f"{node.kind} {node.name}")
    )


def _node_lines(graph: Graph, node: Node, width: int, *, arrows: bool) -> Iterator[Line]:
    state = STATES[node.state]
    yield from _wrapped(f"{inert(title(node))} {state}".rstrip(), width, "  ", "")
    for edge in graph.shown_at(node):
        arrow = ("<- " if node.layer is Layer.DATA else "-> ") if arrows else ""
        text = f"{arrow}{inert(told(graph, node, edge))} {state_of(node, edge)}"
        yield from _wrapped(text.rstrip(), width, "    ", "", hanging="   " if arrows else "  ")


def _wrapped(text: str, width: int, indent: str, style: str, *, hanging: str = "  ") -> Iterator[Line]:
    for line in textwrap.wrap(
        text,
        max(width, _NARROWEST),
        initial_indent=indent,
        subsequent_indent=indent + hanging,
        break_long_words=False,
        break_on_hyphens=False,
    ):
        yield Line(line, style)
