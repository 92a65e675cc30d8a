"""Rules: runs, provenance, threshold states, clocks, gathered notices."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core.columns import Instant

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of the rule engine."""
    _runs()
    _provenance()
    op.create_table(
        "rule_state",
        sa.Column("rule", sa.String(length=100), nullable=False),
        sa.Column("record_id", sa.String(length=26), nullable=False),
        sa.Column("fired", sa.Boolean(), nullable=False),
        sa.Column("crossings", sa.Integer(), nullable=False),
        sa.Column("since", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("rule", "record_id", name=op.f("pk_rule_state")),
    )
    op.create_index("ix_rule_state_record_id", "rule_state", ["record_id"])
    op.create_table(
        "rule_clock",
        sa.Column("rule", sa.String(length=100), nullable=False),
        sa.Column("last_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("rule", name=op.f("pk_rule_clock")),
    )
    op.create_table(
        "rule_notice",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("person", sa.String(length=100), nullable=False),
        sa.Column("rule", sa.String(length=100), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("due_at", Instant(), nullable=False),
        sa.Column("sent", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_notice")),
    )
    op.create_index("ix_rule_notice_sent_due_at", "rule_notice", ["sent", "due_at"])


def _runs() -> None:
    op.create_table(
        "rule_run",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("rule", sa.String(length=100), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("form", sa.String(length=100), nullable=False),
        sa.Column("record_id", sa.String(length=40), nullable=False),
        sa.Column("event", sa.String(length=160), nullable=False),
        sa.Column("rung", sa.Integer(), server_default="0", nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("actor", sa.String(length=100), nullable=False),
        sa.Column("depth", sa.Integer(), server_default="0", nullable=False),
        sa.Column("cause", sa.String(length=40), server_default="", nullable=False),
        sa.Column("clauses", sa.Text(), server_default="[]", nullable=False),
        sa.Column("facts", sa.Text(), server_default="{}", nullable=False),
        sa.Column("actions", sa.Text(), server_default="[]", nullable=False),
        sa.Column("error", sa.Text(), server_default="", nullable=False),
        sa.Column("micros", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_run")),
        sa.UniqueConstraint(
            "rule", "version", "record_id", "event", name=op.f("uq_rule_run_rule_version_record_id_event")
        ),
    )
    op.create_index("ix_rule_run_rule_record_id", "rule_run", ["rule", "record_id", "at"])
    op.create_index("ix_rule_run_at", "rule_run", ["at"])


def _provenance() -> None:
    op.create_table(
        "provenance",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("form", sa.String(length=100), nullable=False),
        sa.Column("record_id", sa.String(length=26), nullable=False),
        sa.Column("what", sa.String(length=20), nullable=False),
        sa.Column("rule", sa.String(length=100), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.String(length=26), nullable=False),
        sa.Column("event", sa.String(length=160), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provenance")),
    )
    op.create_index("ix_provenance_record_id", "provenance", ["record_id"])
