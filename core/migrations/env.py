"""alembic's entry: the connection comes from core/store/migrate.py."""

from __future__ import annotations

from alembic import context

from core.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
context.run_migrations()
