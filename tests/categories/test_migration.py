"""An older town gets what the shipped taxonomy says of its categories and keeps its own words."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from alembic import command
from sqlalchemy import create_engine, text

from cases.storage.schema import make_config, sync_url
from tests.postgres import TemplateDatabases


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'old.db'}"
        return
    server: TemplateDatabases = request.getfixturevalue("postgres_template")
    name = server.copy_template()
    yield server.url(name)
    server.drop(name)


def test_shipped_codes_are_described_and_others_left_alone(url):
    config = make_config(url)
    command.upgrade(config, "head")
    command.downgrade(config, "0013")
    engine = create_engine(sync_url(url))
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM categories"))
        for code, name in (("zf.light", "我镇的路灯"), ("own.thing", "自己加的")):
            connection.execute(
                text(
                    "INSERT INTO categories (code, platform, platform_name, name, plain_name, "
                    "time_class, needs_place, dispatchable, position) VALUES "
                    "(:code, 'zf', '综合执法', :name, :name, 'G3', true, true, 0)"
                ),
                {"code": code, "name": name},
            )
    command.upgrade(config, "head")
    with engine.begin() as connection:
        rows = {row.code: row for row in connection.execute(text("SELECT * FROM categories"))}
    engine.dispose()
    light, own = rows["zf.light"], rows["own.thing"]
    assert light.name == "我镇的路灯"
    assert "路灯" in light.definition and "路灯" in light.includes + light.definition
    assert len(read(light.examples)) == 3 and read(light.vocabulary)
    assert (own.definition, read(own.examples), bool(own.active)) == ("", [], True)
    assert own.replaced_by is None and read(own.may_become) == []


def read(value):
    return json.loads(value) if isinstance(value, str) else value
