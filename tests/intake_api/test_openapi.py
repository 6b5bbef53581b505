"""The document is valid, complete and drawn from the routes that are served."""

from __future__ import annotations

from openapi_spec_validator import validate

from cases.lifecycle import Action
from intake_api.app import create_app
from intake_api.routes import all_operations
from intake_api.routes.service import api_document
from intake_api.schemas.actions import INTERNAL_ACTIONS
from tests.intake_api.conftest import House


def test_passes_the_validator() -> None:
    document = api_document()
    validate(document)  # type: ignore[arg-type]
    assert document["openapi"].startswith("3.1")


def test_every_action_has_its_route() -> None:
    paths = api_document()["paths"]
    for action in set(Action) - INTERNAL_ACTIONS:
        assert f"/api/v1/cases/{{number}}/{action.value}" in paths


def test_operation_ids_are_unique() -> None:
    ids = [
        operation["operationId"]
        for methods in api_document()["paths"].values()
        for operation in methods.values()
    ]
    assert len(ids) == len(set(ids))


async def test_every_documented_route_is_served(house: House) -> None:
    served = {
        (route.method, route.resource.canonical)
        for route in house.client.app.router.routes()  # type: ignore[union-attr]
        if route.resource is not None
    }
    for operation in all_operations():
        assert (operation.method, operation.path) in served


async def test_document_and_page_are_served(house: House) -> None:
    assert (await (await house.client.get("/openapi.json")).json())["info"]["title"]
    page = await (await house.client.get("/docs")).text()
    assert "/api/v1/transcripts" in page
    assert "<script" not in page


def test_importing_the_application_loads_no_model_library() -> None:
    import subprocess
    import sys

    code = (
        "import sys, intake_api.app, intake_api.cli.application, intake_api.composition\n"
        "intake_api.cli.application.build_application()\n"
        "heavy = {'sklearn', 'jieba', 'scipy'} & set(sys.modules)\n"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    assert create_app
