"""`explain --graph`: who may reach what, as text, Mermaid or a page, on stdout."""

import os
import shutil
from dataclasses import asdict

from personalize_perms import __version__
from personalize_perms.cli.request import Request
from personalize_perms.cli.result import Result
from personalize_perms.cli.talk import Talk
from personalize_perms.engine.picture import picture
from personalize_perms.model.graph import Graph
from personalize_perms.model.resources import Desired
from personalize_perms.report.lines import Line


def draw(request: Request, desired: Desired, form: str, talk: Talk) -> Result:
    """Draw what the settings lead to in a form: `text`, `mermaid` or `html`."""
    graph = picture(desired)
    if not request.as_json:
        talk.out.lines(_lines(request, graph, form))
    data = {name: asdict(graph)[name] for name in ("nodes", "edges", "notes")}
    return Result(data={"graph": data})


def _lines(request: Request, graph: Graph, form: str) -> list[Line]:
    if form == "mermaid":
        from personalize_perms.report.graph_mermaid import mermaid  # noqa: PLC0415 - only for this form

        return [Line(text) for text in mermaid(graph)]
    if form == "html":
        from personalize_perms.report.page import graph_page  # noqa: PLC0415 - only for this form

        return [Line(graph_page(graph, __version__).rstrip("\n"))]
    from personalize_perms.report.graph_lines import graph_lines  # noqa: PLC0415 - only for this form

    accessible = request.accessible or os.environ.get("ACCESSIBLE", "") not in ("", "0")
    return list(graph_lines(graph, shutil.get_terminal_size().columns, arrows=not accessible))
