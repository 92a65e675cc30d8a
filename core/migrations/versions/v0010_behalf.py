"""A draft keeps for whom it is filled in (代发起)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010_behalf"
down_revision = "0009_paper"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    op.add_column("draft", sa.Column("on_behalf", sa.String(length=100), nullable=False, server_default=""))


def downgrade() -> None:
    """Take it away."""
    op.drop_column("draft", "on_behalf")
