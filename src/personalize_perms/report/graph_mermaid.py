"""The picture of who may reach what, in Mermaid, which many wikis and code hosts draw.

Every character of a name that could mean something to Mermaid or HTML is written as its number.
https://mermaid.js.org/syntax/flowchart.html
"""

import re
from collections.abc import Iterator
from typing import Final

from personalize_perms.model.graph import Graph, Layer
from personalize_perms.model.inert import inert
from personalize_perms.report.graph_lines import STATES, title

_PLAIN: Final = re.compile(r"[^A-Za-z0-9 :/._,()@+=*?-]")


def mermaid(graph: Graph) -> Iterator[str]:
    """Yield the lines of a flowchart."""
    numbers = {node.name: f"n{number}" for number, node in enumerate(graph.nodes, 1)}
    yield f"%% Who may reach what: the set-up {graph.name}, account {graph.place.account}, Region {graph.place.region}"
    yield "flowchart LR"
    for number, layer in enumerate(Layer, 1):
        nodes = graph.layer(layer)
        if nodes:
            yield f'  subgraph layer{number}["{layer}"]'
            yield from (
                f'    {numbers[node.name]}["{_label(f"{title(node)} {STATES[node.state]}")}"]' for node in nodes
            )
            yield "  end"
    for edge in graph.edges:
        says = _label(f"{edge.says} {STATES[edge.state]}")
        yield f'  {numbers[edge.source]} -->|"{says}"| {numbers[edge.target]}'
    yield from (f"%% {_PLAIN.sub(' ', inert(note))}" for note in graph.notes)


def _label(text: str) -> str:
    return _PLAIN.sub(lambda found: f"#{ord(found[0])};", inert(text.rstrip()))
