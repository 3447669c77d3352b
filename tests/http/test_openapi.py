"""The description of the API says what is true, whole, and valid."""

from collections.abc import Iterator
from typing import Any

import httpx
import jsonschema_rs
import pytest
from fastapi import FastAPI
from schemathesis.specs.openapi.definitions import OPENAPI_31_VALIDATOR

MONEY_ROUTES = {"open_sale", "take_cash", "ask_mpesa", "cancel_sale"}


@pytest.fixture(scope="module")
async def document(app: FastAPI) -> dict[str, Any]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop.test") as visitor:
        return dict((await visitor.get("/openapi.json")).json())


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def test_it_is_openapi_3_1(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1.")
    assert [error.message for error in OPENAPI_31_VALIDATOR.iter_errors(document)] == []
    for schema in document["components"]["schemas"].values():
        jsonschema_rs.meta.validate({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema})


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    def references(node: object) -> Iterator[str]:
        if isinstance(node, dict):
            if "$ref" in node:
                yield node["$ref"]
            for inner in node.values():
                yield from references(inner)
        elif isinstance(node, list):
            for inner in node:
                yield from references(inner)

    schemas = document["components"]["schemas"]
    assert {reference.rpartition("/")[2] for reference in references(document)} <= set(schemas)
    assert "HTTPValidationError" not in schemas


def test_every_operation_has_a_sentence_a_tag_and_a_name(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, _, operation in operations(document)]
    described = {tag["name"] for tag in document["tags"]}

    assert len(set(names)) == len(names)
    for _, _, operation in operations(document):
        assert operation["summary"].endswith("."), operation["operationId"]
        assert set(operation["tags"]) <= described


def test_every_request_has_an_example_that_its_own_schema_takes(document: dict[str, Any]) -> None:
    bodies = 0
    for _, _, operation in operations(document):
        for kind, media in operation.get("requestBody", {}).get("content", {}).items():
            if kind != "application/json":
                continue  # a file as another system wrote it
            name = media["schema"]["$ref"].rpartition("/")[2]
            schema = document["components"]["schemas"][name]
            assert schema.get("examples"), name
            assert schema.get("additionalProperties") is False, name
            whole = {**schema, "components": document["components"]}
            for example in schema["examples"]:
                jsonschema_rs.validate(whole, example)
            bodies += 1
    assert bodies >= 8


def test_guarded_routes_say_so(app: FastAPI, document: dict[str, Any]) -> None:
    public = {operation["operationId"] for _, _, operation in operations(document) if not operation["security"]}
    scheme = document["components"]["securitySchemes"]["session"]

    assert scheme["scheme"] == "bearer"
    assert public == {
        "sign_up", "sign_in", "list_token_packages", "store_callback", "answer_validation", "show_receipt",
        "healthz", "readyz", "read_metrics", "list_problems", "get_problem",
    }  # fmt: skip
    for path, _, operation in operations(document):
        if "{business_id}" in path:
            assert operation["x-permission"], path
            assert {"401", "403", "404", "429", "503"} <= set(operation["responses"]), path


def test_routes_that_move_money_or_goods_need_a_key(document: dict[str, Any]) -> None:
    keyed = set()
    for _, _, operation in operations(document):
        for parameter in operation.get("parameters", []):
            if parameter["name"] == "Idempotency-Key":
                assert parameter["required"]
                assert parameter["example"]
                assert "400" in operation["responses"]
                assert "idempotency_key_reused" in operation["responses"]["422"]["description"]
                keyed.add(operation["operationId"])
    assert keyed >= MONEY_ROUTES


def test_refusals_are_problems_with_examples(document: dict[str, Any]) -> None:
    for path, method, operation in operations(document):
        for status, response in operation["responses"].items():
            if status >= "400":
                content = response["content"]["application/problem+json"]
                assert content["schema"] == {"$ref": "#/components/schemas/Problem"}, (path, method, status)
                codes = {part.partition(":")[0] for part in response["description"].split(" · ")}
                assert codes == set(content["examples"]), (path, method, status)
                assert all(str(example["value"]["status"]) == status for example in content["examples"].values())


async def test_an_unsigned_request_to_every_guarded_route_is_refused(
    visitor: httpx.AsyncClient, document: dict[str, Any]
) -> None:
    identifier = "0192f0c4-7a1e-7c00-8000-1b2c3d4e5f60"
    asked = 0
    for path, method, operation in operations(document):
        if operation["security"]:
            url = "/".join(identifier if part.startswith("{") else part for part in path.split("/"))
            body = operation.get("requestBody", {}).get("content", {}).get("application/json")
            example = None
            if body:
                example = document["components"]["schemas"][body["schema"]["$ref"].rpartition("/")[2]]["examples"][0]
            answer = await visitor.request(method, url, json=example, headers={"Idempotency-Key": identifier})
            assert answer.status_code == 401, (path, method, answer.text)
            assert answer.headers["www-authenticate"] == "Bearer"
            asked += 1
    assert asked >= 20
