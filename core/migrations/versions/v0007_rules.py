"""Sweeps of rules: how far they are."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core.columns import Instant

revision = "0007"
down_revision = "0006_walk"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table of sweeps, and the index by which settled outbox rows are dropped."""
    op.create_table(
        "rule_sweep",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("rule", sa.String(length=100), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("found", sa.Integer(), nullable=False),
        sa.Column("taken", sa.Integer(), server_default="0", nullable=False),
        sa.Column("fired", sa.Integer(), server_default="0", nullable=False),
        sa.Column("started_at", Instant(), nullable=False),
        sa.Column("beat_at", Instant(), nullable=False),
        sa.Column("ended_at", Instant()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_sweep")),
    )
    op.create_index("ix_rule_sweep_state", "rule_sweep", ["state"])
    op.create_index("ix_outbox_settled_at", "outbox", ["settled_at"])
