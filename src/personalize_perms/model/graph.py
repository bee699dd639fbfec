"""Who may reach what, as a picture that is not drawn yet: nodes in layers, and what each may do with another."""

from enum import StrEnum

from personalize_perms.model.settings import Place
from personalize_perms.model.values import dataclass


class Layer(StrEnum):
    """The layers, in the order in which access goes through them."""

    PEOPLE = "People"
    POLICY = "User policy"
    ROLE = "Service role"
    DATA = "Buckets and keys"
    SERVICE = "AWS services"


class State(StrEnum):
    """What is known about a node or edge in the account."""

    WANTED = "wanted"
    """The account was not read."""
    NEW = "new"
    THERE = "there"
    UNKNOWN = "unknown"
    """Reading it was not allowed, or it is blocked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """Somebody or something; `name` is an ARN, an `s3://` address or a name, and unlike any other node's."""

    layer: Layer
    kind: str
    name: str
    state: State = State.WANTED


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """What the node `source` may do with the node `target`, both by name, as a sentence without its subject."""

    source: str
    target: str
    says: str
    state: State = State.WANTED


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """The picture of one set-up; `notes` say what is not in it."""

    name: str
    place: Place
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    notes: tuple[str, ...] = ()

    def layer(self, layer: Layer) -> tuple[Node, ...]:
        """Return the nodes of one layer."""
        return tuple(node for node in self.nodes if node.layer is layer)

    def shown_at(self, node: Node) -> tuple[Edge, ...]:
        """Return the edges that are told with a node: what it may do, or who may reach it if it is a bucket or key."""
        if node.layer is Layer.DATA:
            return tuple(edge for edge in self.edges if edge.target == node.name)
        data = {other.name for other in self.layer(Layer.DATA)}
        return tuple(edge for edge in self.edges if edge.source == node.name and edge.target not in data)
