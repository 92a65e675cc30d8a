"""Flows in full: 加签, 委托 and due times on tasks; working calendar, interventions, children, callbacks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core import tables
from core.columns import Instant

revision = "0002_flows"
down_revision = "0001"
branch_labels = None
depends_on = None

NEW = (
    tables.workday,
    tables.work_shift,
    tables.delegation,
    tables.intervention,
    tables.flow_child,
    tables.flow_callback,
    tables.person_department,
)


def upgrade() -> None:
    """New columns with defaults, new tables."""
    for column in (
        sa.Column("parent", sa.String(length=40), server_default="", nullable=False),
        sa.Column("sign", sa.String(length=10), server_default="", nullable=False),
        sa.Column("via", sa.String(length=100), server_default="", nullable=False),
        sa.Column("weight", sa.Integer(), server_default="1", nullable=False),
        sa.Column("veto", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("due_at", Instant(), nullable=True),
        sa.Column("urged_at", Instant(), nullable=True),
    ):
        op.add_column("task", column)
    op.add_column("timer", sa.Column("body", sa.Text(), server_default="{}", nullable=False))
    for table in NEW:
        table.create(op.get_bind())
