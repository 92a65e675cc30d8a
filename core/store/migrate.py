"""Making and upgrading the system tables by alembic, from the versions in core/migrations."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, text

SCRIPTS = Path(__file__).parent.parent / "migrations"
LOCK = 0x7A68_6F6E  # pg_advisory_lock key, so that two processes do not upgrade at once


def upgrade(engine: Engine) -> None:
    """Bring the tables to the newest version; the engine is closed afterwards on SQLite."""
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
        _run(connection)
    if engine.dialect.name == "sqlite":
        engine.dispose()


def _run(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
