"""Usual opinions (常用意见) of people and of the company."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006_walk"
down_revision = "0005_reach"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "phrase",
        sa.Column("person", sa.String(length=100), nullable=False),
        sa.Column("verdict", sa.String(length=20), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("person", "verdict", "position", name=op.f("pk_phrase")),
    )


def downgrade() -> None:
    """Take it away."""
    op.drop_table("phrase")
