"""HTML from elements, never from text: what stands in it cannot become markup, nor steer anything.

The standard library writes the elements; every text and attribute is made inert before.
"""

from collections.abc import Iterable
from typing import TypeAlias
from xml.etree.ElementTree import Element, SubElement, tostring

from personalize_perms.model.inert import inert

Child: TypeAlias = "Element | str | None"


def element(tag: str, /, *children: "Child | Iterable[Child]", **attributes: str) -> Element:
    """Return an element. `class_` stands for `class`, `_` in other names for `-`; no child: None."""
    made = Element(tag, {name.rstrip("_").replace("_", "-"): inert(value) for name, value in attributes.items()})
    for child in children:
        several = [child] if child is None or isinstance(child, str | Element) else child
        for one in several:
            _append(made, one)
    return made


def code_block(text: str) -> Element:
    """Return a text with its line breaks."""
    made = Element("pre")
    SubElement(made, "code").text = "\n".join(map(inert, text.split("\n")))
    return made


def web_link(address: str) -> Element:
    """Return a link to a page on the web, or the bare text of anything that is no such address."""
    shown = address.removeprefix("https://")
    if shown == address or not address.isascii() or not address.isprintable() or set(address) & set(" \"'<>\\`"):
        return element("span", address)
    return element("a", shown, href=address, rel="noreferrer")


def _append(parent: Element, child: Child) -> None:
    if isinstance(child, Element):
        parent.append(child)
    elif child:
        text = inert(child)
        if len(parent):
            parent[-1].tail = (parent[-1].tail or "") + text
        else:
            parent.text = (parent.text or "") + text


def document_text(root: Element, comment: str) -> str:
    """Return the whole page, `comment` in its first lines."""
    return f"<!DOCTYPE html>\n<!-- {comment} -->\n{tostring(root, encoding='unicode', method='html')}\n"
