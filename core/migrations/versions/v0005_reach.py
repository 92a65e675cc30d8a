"""Reach: people's e-mail and telephone, chat groups, failed runs of rules that try again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core.columns import Instant

revision = "0005_reach"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Two columns and two tables."""
    op.add_column("person", sa.Column("email", sa.String(length=100), server_default="", nullable=False))
    op.add_column("person", sa.Column("mobile", sa.String(length=30), server_default="", nullable=False))
    op.create_table(
        "chat_group",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("platform", sa.String(length=20), nullable=False),
        sa.Column("way", sa.String(length=12), nullable=False),
        sa.Column("address_hash", sa.String(length=64), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("learned", sa.Boolean(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chat_group")),
        sa.UniqueConstraint("platform", "name", name=op.f("uq_chat_group_platform_name")),
        sa.UniqueConstraint("platform", "address_hash", name=op.f("uq_chat_group_platform_address_hash")),
    )
    op.create_table(
        "rule_retry",
        sa.Column("run_id", sa.String(length=26), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_rule_retry")),
    )
    op.create_index("ix_rule_retry_next_at", "rule_retry", ["next_at"])


def downgrade() -> None:
    """All of it goes."""
    op.drop_table("rule_retry")
    op.drop_table("chat_group")
    with op.batch_alter_table("person") as person:
        person.drop_column("mobile")
        person.drop_column("email")
