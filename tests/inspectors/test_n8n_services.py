"""Services that an n8n workflow calls over HTTP: what must not be named, then vector stores, embeddings and their makers."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

from tests.inspectors.drawing import Drawn, draw


def node(name: str, kind: str, **parameters: Any) -> dict[str, Any]:
    return {"name": name, "type": f"n8n-nodes-base.{kind}", "typeVersion": 4, "position": [0, 0], "parameters": parameters}


def drawn(tmp_path: Path, *nodes: dict[str, Any]) -> Drawn:
    links = {a["name"]: {"main": [[{"node": b["name"], "type": "main", "index": 0}]]} for a, b in pairwise(nodes)}
    return draw(tmp_path, {"flow.json": json.dumps({"name": "Flow", "nodes": list(nodes), "connections": links}, indent=1)})


START = node("Start", "manualTrigger")


def test_a_count_is_no_search_and_a_generic_credential_names_nobody(tmp_path: Path) -> None:
    found = drawn(
        tmp_path, START,
        node("Count", "httpRequest", method="POST", url="={{ $json.base }}/points/count", authentication="predefinedCredentialType",
             nodeCredentialType="qdrantApi"),
        node("Other", "httpRequest", url="={{ $json.other }}/x", authentication="genericCredentialType", genericAuthType="httpHeaderAuth"),
    )
    assert found.ids("knowledge") == []
    assert found.ids("model") == []
    assert found.ids("integration") == ["qdrant", "HTTP_of_Other"]


def test_a_host_of_ones_own_is_the_service_whose_credentials_are_used(tmp_path: Path) -> None:
    def call(name: str, url: str, credential: str) -> dict[str, Any]:
        return node(name, "httpRequest", url=url, authentication="predefinedCredentialType", nodeCredentialType=credential)

    found = drawn(
        tmp_path, START, node("Users", "wooCommerce", operation="getAll"),
        call("Orders", "https://shop.example.com/wp-json/wc/v3/orders", "wooCommerceApi"),
        call("Table", "https://tables.example.com/api/v2/meta", "nocoDbApiToken"),
        call("Meet", "https://meet.googleapis.com/v2/spaces", "googleOAuth2Api"),
        node("Bare", "httpRequest", url="https://shop.example.com/robots.txt"),
    )
    assert found.ids("integration") == ["woo_commerce", "nocodb", "meet_googleapis_com", "shop_example_com"]


def test_a_vector_store_that_is_searched_over_http_is_knowledge(tmp_path: Path) -> None:
    found = drawn(
        tmp_path, START,
        node("Search", "httpRequest", method="POST", url="https://abc-1.eu.cloud.qdrant.io:6333/collections/films/points/query"),
    )
    assert found.ids("integration") == ["qdrant"]
    assert found.ids("knowledge") == ["qdrant_films"]
    assert found.fact("step", "Search", "knowledge") == "qdrant_films"


def test_embeddings_over_http_name_their_model_and_its_maker(tmp_path: Path) -> None:
    found = drawn(
        tmp_path, START,
        node("Embed", "httpRequest", method="POST", url="https://api.openai.com/v1/embeddings",
             bodyParameters={"parameters": [{"name": "model", "value": "text-embedding-3-large"}]}),
    )
    assert found.ids("model") == ["text_embedding_3_large"]
    assert found.fact("model", "text_embedding_3_large", "provider") == "openai"
    assert found.fact("step", "Embed", "decider") == "code"


def test_a_workflow_that_runs_itself_comes_back_to_its_other_beginning(tmp_path: Path) -> None:
    called = node("When called", "executeWorkflowTrigger")
    again = node("Again", "executeWorkflow", workflowId="={{ $workflow.id }}")
    other = node("Other", "executeWorkflow", workflowId="={{ $json.id }}")
    found = drawn(tmp_path, START, again, other)
    assert set(found.all("step", "Again", "next")) == {"Other"}
    both = draw(tmp_path / "two", {"flow.json": json.dumps({
        "name": "Flow", "nodes": [START, again, called],
        "connections": {"Start": {"main": [[{"node": "Again", "type": "main", "index": 0}]]}}}, indent=1)})
    assert "When_called" in both.all("step", "Again", "next")
