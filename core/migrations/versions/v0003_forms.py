"""Life of records: comments, backfills; effect, void and recycle bin as columns of every form's table."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core.columns import Instant

revision = "0003"
down_revision = "0002_flows"
branch_labels = None
depends_on = None

NEW = (("effective_at", Instant), ("voided_at", Instant), ("void_reason", sa.Text), ("deleted_at", Instant))


def upgrade() -> None:
    """Make the tables; the tables of forms that are there already get their new system columns."""
    op.create_table(
        "record_comment",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("form", sa.String(length=100), nullable=False),
        sa.Column("record_id", sa.String(length=26), nullable=False),
        sa.Column("person", sa.String(length=100), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("mentions", sa.Text(), server_default="[]", nullable=False),
        sa.Column("files", sa.Text(), server_default="[]", nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_record_comment")),
    )
    op.create_index("ix_record_comment_record_id", "record_comment", ["record_id", "id"])
    op.create_table(
        "form_backfill",
        sa.Column("form", sa.String(length=100), nullable=False),
        sa.Column("field", sa.String(length=100), nullable=False),
        sa.Column("source", sa.String(length=100), nullable=False),
        sa.Column("after_id", sa.String(length=26), server_default="", nullable=False),
        sa.Column("done", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("samples", sa.Text(), server_default="[]", nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("form", "field", name=op.f("pk_form_backfill")),
    )
    _extend_forms()


def _extend_forms() -> None:
    inspector = sa.inspect(op.get_bind())
    for name in inspector.get_table_names():
        if not name.startswith("f_") or "__" in name:
            continue
        present = {column["name"] for column in inspector.get_columns(name)}
        for column, kind in NEW:
            if column not in present:
                op.add_column(name, sa.Column(column, kind(), nullable=True))


def downgrade() -> None:
    """Tables go; the columns of forms stay, empty for older versions."""
    op.drop_table("form_backfill")
    op.drop_table("record_comment")
