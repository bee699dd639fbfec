"""The picture says who may reach what: every edge is a statement's, an attachment's or a grant's."""

import pytest
from set_ups import TEMPLATES

from personalize_perms import steps
from personalize_perms.engine import key_names
from personalize_perms.engine.picture import picture
from personalize_perms.model.graph import Graph, Layer, State
from personalize_perms.model.names import AccountId, Arn, S3Location
from personalize_perms.model.resources import Desired
from personalize_perms.model.settings import Hardening, KmsAccess, Place, Settings, UserAccess, Workflow

PLACE = Place(account=AccountId("111122223333"), region="eu-west-1", partition="aws")
KEY = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
ROLE = "arn:aws:iam::111122223333:role/personalize-service-role"
POLICY = "arn:aws:iam::111122223333:policy/personalize-user-access"
ADA = "arn:aws:iam::111122223333:user/ada"


def wanted(**settings: object) -> Desired:
    inputs = (S3Location.parse("s3://acme-data/in/"),)
    complete = Settings(**{"inputs": inputs, "hardening": Hardening.STRICT, **settings})  # type: ignore[arg-type]
    keys = key_names.offline(complete, PLACE)
    return steps.desire(steps.Context(settings=complete, place=PLACE, keys=keys, templates=TEMPLATES))


def drawn(**settings: object) -> Graph:
    return picture(wanted(**settings))


def edges(graph: Graph, source: str, target: str) -> list[str]:
    return [edge.says for edge in graph.edges if (edge.source, edge.target) == (source, target)]


def test_access_goes_from_people_to_the_data() -> None:
    graph = drawn(kms_keys=(KEY,), assumable_by=(Arn.parse(ADA),), require_mfa=True)
    role = "arn:aws:iam::111122223333:role/personalize-users"
    assert edges(graph, ADA, role) == [f"may take on the role {role}, only after multi-factor authentication"]
    assert edges(graph, role, POLICY) == [f"has the policy {POLICY}"]
    assert edges(graph, POLICY, ROLE) == [f"may pass the role {ROLE}, only to Amazon Personalize"]
    assert edges(graph, ROLE, "s3://acme-data") == edges(graph, "Amazon Personalize", "s3://acme-data")
    assert edges(graph, "Amazon Personalize", KEY)
    assert edges(graph, "Amazon Personalize", ROLE) == [
        f"may take on the role {ROLE}, only for work of the account 111122223333 in eu-west-1"
    ]
    assert [node.name for node in graph.layer(Layer.DATA)] == ["s3://acme-data", KEY]
    assert {node.state for node in graph.nodes} == {State.WANTED}


def test_a_grant_is_a_way_to_the_key_too() -> None:
    graph = drawn(kms_keys=(KEY,), kms_access=KmsAccess.GRANT, workflows=(Workflow.IMPORT,))
    assert [says for says in edges(graph, ROLE, KEY) if says.endswith(", by a grant")]


def test_whoever_has_the_user_policy_is_named_and_nobody_is_said() -> None:
    graph = drawn(attach_groups=("analysts",), attach_users=("grace",))
    assert {node.name for node in graph.layer(Layer.PEOPLE)} == {"the group analysts", "the user grace"}
    assert edges(graph, "the group analysts", POLICY)
    alone = drawn()
    assert [node.name for node in alone.layer(Layer.PEOPLE)] == ["nobody yet"]
    assert "to nobody" in alone.notes[0]
    assert not drawn(user_access=UserAccess.NONE).layer(Layer.POLICY)


@pytest.mark.parametrize("hardening", [*Hardening])
@pytest.mark.parametrize("workflow", [*Workflow])
def test_every_edge_joins_two_nodes_and_every_node_is_drawn_once(hardening: Hardening, workflow: Workflow) -> None:
    outputs = (S3Location.parse("s3://acme-results/out"),)
    provider = Arn.parse("arn:aws:iam::111122223333:saml-provider/corp")
    graph = drawn(hardening=hardening, workflows=(workflow,), outputs=outputs, kms_keys=(KEY,), saml_provider=provider)
    names = [node.name for node in graph.nodes]
    assert len(names) == len(set(names))
    assert {edge.source for edge in graph.edges} | {edge.target for edge in graph.edges} <= set(names)
    told = [edge for node in graph.nodes for edge in graph.shown_at(node)]
    assert sorted(map(repr, told)) == sorted(map(repr, graph.edges))


def test_nothing_is_drawn_that_no_resource_says() -> None:
    graph = drawn()
    assert not [edge for edge in graph.edges if "write" in edge.says or "kms" in edge.target]
