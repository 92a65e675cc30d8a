"""Flows in full: 加签, 委托 and due times on tasks; working calendar, interventions, children, callbacks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core.columns import Instant

revision = "0002_flows"
down_revision = "0001"
branch_labels = None
depends_on = None


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
    _calendar()
    _people()
    _beside_instances()


def _calendar() -> None:
    op.create_table(
        "workday",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("worked", sa.Boolean(), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_workday")),
    )
    op.create_table(
        "work_shift",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("shifts", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_shift")),
    )


def _people() -> None:
    op.create_table(
        "delegation",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("person", sa.String(length=100), nullable=False),
        sa.Column("to_person", sa.String(length=100), nullable=False),
        sa.Column("flows", sa.Text(), nullable=False),
        sa.Column("since", Instant(), nullable=False),
        sa.Column("until", Instant(), nullable=False),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delegation")),
    )
    op.create_index("ix_delegation_person_until", "delegation", ["person", "until"])
    op.create_table(
        "person_department",
        sa.Column("person", sa.String(length=100), nullable=False),
        sa.Column("department", sa.String(length=100), nullable=False),
        sa.Column("rank", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("person", "department", name=op.f("pk_person_department")),
    )


def _beside_instances() -> None:
    op.create_table(
        "intervention",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("instance_id", sa.String(length=26), nullable=False),
        sa.Column("action", sa.String(length=20), nullable=False),
        sa.Column("args", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.String(length=100), nullable=False),
        sa.Column("asked_at", Instant(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("answered_by", sa.String(length=100), nullable=True),
        sa.Column("answered_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_intervention")),
    )
    op.create_index("ix_intervention_state", "intervention", ["state", "id"])
    op.create_table(
        "flow_child",
        sa.Column("child_id", sa.String(length=26), nullable=False),
        sa.Column("parent_id", sa.String(length=26), nullable=False),
        sa.Column("step", sa.String(length=100), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("child_id", name=op.f("pk_flow_child")),
    )
    op.create_index("ix_flow_child_parent_id", "flow_child", ["parent_id"])
    op.create_table(
        "flow_callback",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("instance_id", sa.String(length=26), nullable=False),
        sa.Column("step", sa.String(length=100), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("used_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_flow_callback")),
    )
