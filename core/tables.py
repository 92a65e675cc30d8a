"""The system's own tables; each form has tables of its own (core/forms/storage.py).

Ids are 26-character time-sorted texts, instants UTC, documents canonical JSON text. Changes go through
`core/migrations`; a test holds both equal.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from core.columns import Instant

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

ID = String(26)
NAME = String(100)

# --- the door: what came in, what was answered ----------------------------------------------------

inbox = Table(
    "inbox",
    metadata,
    Column("source", String(40), primary_key=True),
    Column("dedup_key", String(300), primary_key=True),
    Column("body_hash", String(64), nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("answer", Text, nullable=False),
)
Index("ix_inbox_received_at", inbox.c.received_at)

# --- definitions ----------------------------------------------------------------------------------

definition = Table(
    "definition",
    metadata,
    Column("kind", String(10), primary_key=True),
    Column("key", NAME, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("title", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("published_at", Instant, nullable=False),
    Column("published_by", NAME, nullable=False),
    Column("note", Text, nullable=False, server_default=""),
)

definition_head = Table(
    "definition_head",
    metadata,
    Column("kind", String(10), primary_key=True),
    Column("key", NAME, primary_key=True),
    Column("version", Integer, nullable=False),
)

definition_draft = Table(
    "definition_draft",
    metadata,
    Column("kind", String(10), primary_key=True),
    Column("key", NAME, primary_key=True),
    Column("source", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("saved_at", Instant, nullable=False),
    Column("saved_by", NAME, nullable=False),
)

sequence = Table(
    "sequence",
    metadata,
    Column("name", NAME, primary_key=True),
    Column("period", String(40), primary_key=True),
    Column("value", BigInteger, nullable=False),
)

# --- people ---------------------------------------------------------------------------------------

department = Table(
    "department",
    metadata,
    Column("id", NAME, primary_key=True),
    Column("name", Text, nullable=False),
    Column("parent", NAME),
    Column("head", NAME),
)

person = Table(
    "person",
    metadata,
    Column("id", NAME, primary_key=True),
    Column("name", Text, nullable=False),
    Column("nick", Text, nullable=False, server_default=""),
    Column("title", Text, nullable=False, server_default=""),
    Column("department", NAME),
    Column("manager", NAME),
    Column("active", Boolean, nullable=False, server_default=text("true")),
    Column("email", NAME, nullable=False, server_default=""),
    Column("mobile", String(30), nullable=False, server_default=""),
)

identity = Table(
    "identity",
    metadata,
    Column("platform", String(20), primary_key=True),
    Column("external_id", String(100), primary_key=True),
    Column("person", NAME, nullable=False),
    Column("rank", Integer, nullable=False, server_default="0"),
)
Index("ix_identity_person", identity.c.person)

role = Table(
    "role",
    metadata,
    Column("id", NAME, primary_key=True),
    Column("name", Text, nullable=False),
)

role_member = Table(
    "role_member",
    metadata,
    Column("role", NAME, primary_key=True),
    Column("person", NAME, primary_key=True),
)

directory_head = Table(
    "directory_head",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("version", BigInteger, nullable=False),
)

# --- drafts, files --------------------------------------------------------------------------------

draft = Table(
    "draft",
    metadata,
    Column("id", ID, primary_key=True),
    Column("form", NAME, nullable=False),
    Column("form_version", Integer, nullable=False),
    Column("person", NAME, nullable=False),
    Column("body", Text, nullable=False),
    Column("problems", Text, nullable=False, server_default="[]"),
    Column("revision", Integer, nullable=False),
    Column("record_id", ID),
    Column("instance_id", ID),
    Column("created_at", Instant, nullable=False),
    Column("saved_at", Instant, nullable=False),
    Column("on_behalf", NAME, nullable=False, server_default=""),
)
Index("ix_draft_record_id", draft.c.record_id)
Index("ix_draft_person_form", draft.c.person, draft.c.form)

stored_file = Table(
    "stored_file",
    metadata,
    Column("id", ID, primary_key=True),
    Column("name", Text, nullable=False),
    Column("type", String(100), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("person", NAME, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("form", NAME),
    Column("record_id", ID),
)
Index("ix_stored_file_record_id", stored_file.c.record_id)

# --- flows ----------------------------------------------------------------------------------------

instance = Table(
    "instance",
    metadata,
    Column("id", ID, primary_key=True),
    Column("flow", NAME, nullable=False),
    Column("flow_version", Integer, nullable=False),
    Column("form", NAME, nullable=False),
    Column("form_version", Integer, nullable=False),
    Column("record_id", ID, nullable=False),
    Column("number", NAME, nullable=False),
    Column("title", Text, nullable=False),
    Column("initiator", NAME, nullable=False),
    Column("state", String(20), nullable=False),
    Column("body", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("ended_at", Instant),
)
Index("ix_instance_record_id", instance.c.record_id)
Index("ix_instance_state_started_at", instance.c.state, instance.c.started_at)

task = Table(
    "task",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("instance_id", ID, ForeignKey("instance.id"), nullable=False),
    Column("step", NAME, nullable=False),
    Column("name", Text, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("round", Integer, nullable=False),
    Column("assignee", NAME, nullable=False),
    Column("state", String(20), nullable=False),
    Column("version", Integer, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("decided_at", Instant),
    Column("decided_by", NAME),
    Column("verdict", String(20)),
    Column("comment", Text, nullable=False, server_default=""),
    Column("parent", String(40), nullable=False, server_default=""),
    Column("sign", String(10), nullable=False, server_default=""),
    Column("via", NAME, nullable=False, server_default=""),
    Column("weight", Integer, nullable=False, server_default="1"),
    Column("veto", Boolean, nullable=False, server_default=text("false")),
    Column("due_at", Instant),
    Column("urged_at", Instant),
)
Index("ix_task_instance_id", task.c.instance_id)
Index("ix_task_assignee_state", task.c.assignee, task.c.state, task.c.opened_at)

transition = Table(
    "transition",
    metadata,
    Column("id", ID, primary_key=True),
    Column("task_id", String(40), ForeignKey("task.id"), nullable=False),
    Column("version_from", Integer, nullable=False),
    Column("action", String(20), nullable=False),
    Column("actor", NAME, nullable=False),
    Column("at", Instant, nullable=False),
    UniqueConstraint("task_id", "version_from"),
)

# --- rules ----------------------------------------------------------------------------------------

reminder = Table(
    "reminder",
    metadata,
    Column("id", ID, primary_key=True),
    Column("rule", NAME, nullable=False),
    Column("rule_version", Integer, nullable=False),
    Column("form", NAME, nullable=False),
    Column("record_id", ID, nullable=False),
    Column("person", NAME, nullable=False),
    Column("occurrence", String(60), nullable=False),
    Column("text", Text, nullable=False),
    Column("facts", Text, nullable=False),
    Column("state", String(20), nullable=False),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("answer", Text, nullable=False, server_default=""),
    Column("created_at", Instant, nullable=False),
    Column("answered_at", Instant),
    Column("answered_by", NAME),
    UniqueConstraint("rule", "record_id", "occurrence"),
)
Index("ix_reminder_record_id", reminder.c.record_id)

snooze = Table(
    "snooze",
    metadata,
    Column("rule", NAME, primary_key=True),
    Column("record_id", ID, primary_key=True),
    Column("until", Instant, nullable=False),
)

# --- rules: what they did, what they stand on (migration 0004) -------------------------------------

rule_run = Table(
    "rule_run",
    metadata,
    Column("id", ID, primary_key=True),
    Column("rule", NAME, nullable=False),
    Column("version", Integer, nullable=False),
    Column("form", NAME, nullable=False),
    Column("record_id", String(40), nullable=False),
    Column("event", String(160), nullable=False),
    Column("rung", Integer, nullable=False, server_default="0"),
    Column("outcome", String(20), nullable=False),
    Column("at", Instant, nullable=False),
    Column("actor", NAME, nullable=False),
    Column("depth", Integer, nullable=False, server_default="0"),
    Column("cause", String(40), nullable=False, server_default=""),
    Column("clauses", Text, nullable=False, server_default="[]"),
    Column("facts", Text, nullable=False, server_default="{}"),
    Column("actions", Text, nullable=False, server_default="[]"),
    Column("error", Text, nullable=False, server_default=""),
    Column("micros", BigInteger, nullable=False, server_default="0"),
    UniqueConstraint("rule", "version", "record_id", "event"),
)
Index("ix_rule_run_rule_record_id", rule_run.c.rule, rule_run.c.record_id, rule_run.c.at)
Index("ix_rule_run_at", rule_run.c.at)

provenance = Table(
    "provenance",
    metadata,
    Column("id", ID, primary_key=True),
    Column("form", NAME, nullable=False),
    Column("record_id", ID, nullable=False),
    Column("what", String(20), nullable=False),
    Column("rule", NAME, nullable=False),
    Column("version", Integer, nullable=False),
    Column("run_id", ID, nullable=False),
    Column("event", String(160), nullable=False),
    Column("facts", Text, nullable=False),
    Column("at", Instant, nullable=False),
)
Index("ix_provenance_record_id", provenance.c.record_id)

rule_state = Table(
    "rule_state",
    metadata,
    Column("rule", NAME, primary_key=True),
    Column("record_id", ID, primary_key=True),
    Column("fired", Boolean, nullable=False),
    Column("crossings", Integer, nullable=False),
    Column("since", Instant, nullable=False),
)

Index("ix_rule_state_record_id", rule_state.c.record_id)

rule_clock = Table(
    "rule_clock",
    metadata,
    Column("rule", NAME, primary_key=True),
    Column("last_at", Instant, nullable=False),
)

rule_notice = Table(
    "rule_notice",
    metadata,
    Column("id", ID, primary_key=True),
    Column("person", NAME, nullable=False),
    Column("rule", NAME, nullable=False),
    Column("text", Text, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("sent", Boolean, nullable=False, server_default=text("false")),
)
Index("ix_rule_notice_sent_due_at", rule_notice.c.sent, rule_notice.c.due_at)

# --- sweeps of rules: how far they are (migration 0007) ---------------------------------------------

rule_sweep = Table(
    "rule_sweep",
    metadata,
    Column("id", ID, primary_key=True),
    Column("rule", NAME, nullable=False),
    Column("version", Integer, nullable=False),
    Column("state", String(12), nullable=False),
    Column("found", Integer, nullable=False),
    Column("taken", Integer, nullable=False, server_default="0"),
    Column("fired", Integer, nullable=False, server_default="0"),
    Column("started_at", Instant, nullable=False),
    Column("beat_at", Instant, nullable=False),
    Column("ended_at", Instant),
)
Index("ix_rule_sweep_state", rule_sweep.c.state)

# --- what leaves the house, and what happens later ------------------------------------------------

card = Table(
    "card",
    metadata,
    Column("id", ID, primary_key=True),
    Column("subject_kind", String(20), nullable=False),
    Column("subject_id", String(60), nullable=False),
    Column("person", NAME, nullable=False),
    Column("platform", String(20), nullable=False),
    Column("handle", String(64), nullable=False, unique=True),
    Column("external_id", String(120)),
    Column("generation", Integer, nullable=False, server_default="0"),
    Column("wanted_version", Integer, nullable=False),
    Column("shown_version", Integer, nullable=False, server_default="0"),
    Column("update_code", Text, nullable=False, server_default=""),
    Column("code_expires_at", Instant),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("subject_kind", "subject_id", "person", "platform"),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", ID, primary_key=True),
    Column("stream_key", String(120), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("priority", Integer, nullable=False),
    Column("platform", String(20), nullable=False),
    Column("person", NAME, nullable=False),
    Column("card_id", ID),
    Column("body", Text, nullable=False, server_default="{}"),
    Column("dedup_key", String(200), nullable=False, unique=True),
    Column("state", String(12), nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_at", Instant, nullable=False),
    Column("lease_owner", String(60)),
    Column("lease_until", Instant),
    Column("last_error", Text, nullable=False, server_default=""),
    Column("created_at", Instant, nullable=False),
    Column("settled_at", Instant),
)
Index("ix_outbox_state_next_at", outbox.c.state, outbox.c.next_at)
Index("ix_outbox_stream_key_state", outbox.c.stream_key, outbox.c.state, outbox.c.id)
Index("ix_outbox_settled_at", outbox.c.settled_at)

timer = Table(
    "timer",
    metadata,
    Column("id", ID, primary_key=True),
    Column("kind", String(40), nullable=False),
    Column("subject_id", String(60), nullable=False),
    Column("occurrence", String(60), nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("state", String(12), nullable=False),
    Column("fired_at", Instant),
    Column("body", Text, nullable=False, server_default="{}"),
    UniqueConstraint("kind", "subject_id", "occurrence"),
)
Index("ix_timer_state_due_at", timer.c.state, timer.c.due_at)

incident = Table(
    "incident",
    metadata,
    Column("id", ID, primary_key=True),
    Column("kind", String(40), nullable=False),
    Column("object", String(120), nullable=False),
    Column("text", Text, nullable=False),
    Column("first_at", Instant, nullable=False),
    Column("last_at", Instant, nullable=False),
    Column("count", Integer, nullable=False),
    Column("state", String(12), nullable=False),
    UniqueConstraint("kind", "object"),
)

# --- proof ----------------------------------------------------------------------------------------

audit = Table(
    "audit",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("actor", NAME, nullable=False),
    Column("action", String(60), nullable=False),
    Column("object", String(160), nullable=False),
    Column("body", Text, nullable=False),
    Column("prev_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
)
Index("ix_audit_object", audit.c.object, audit.c.seq)

audit_head = Table(
    "audit_head",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("hash", String(64), nullable=False),
)

# --- who may come in ------------------------------------------------------------------------------

account = Table(
    "account",
    metadata,
    Column("name", NAME, primary_key=True),
    Column("person", NAME, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("role", String(20), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("locked_until", Instant),
)

session = Table(
    "session",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("kind", String(10), nullable=False),
    Column("person", NAME, nullable=False),
    Column("account", NAME),
    Column("csrf", String(64), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
)

login_code = Table(
    "login_code",
    metadata,
    Column("code_hash", String(64), primary_key=True),
    Column("account", NAME, nullable=False),
    Column("expires_at", Instant, nullable=False),
)

api_key = Table(
    "api_key",
    metadata,
    Column("id", ID, primary_key=True),
    Column("name", Text, nullable=False),
    Column("person", NAME, nullable=False),
    Column("secret_hash", String(64), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant),
    Column("last_used_at", Instant),
    Column("revoked_at", Instant),
)

# --- flows: time, deputies, interventions, children (v0002) ---------------------------------------

workday = Table(
    "workday",
    metadata,
    Column("day", Date, primary_key=True),
    Column("worked", Boolean, nullable=False),
    Column("note", Text, nullable=False, server_default=""),
)

work_shift = Table(
    "work_shift",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("shifts", Text, nullable=False),
)

delegation = Table(
    "delegation",
    metadata,
    Column("id", ID, primary_key=True),
    Column("person", NAME, nullable=False),
    Column("to_person", NAME, nullable=False),
    Column("flows", Text, nullable=False),
    Column("since", Instant, nullable=False),
    Column("until", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("created_at", Instant, nullable=False),
)
Index("ix_delegation_person_until", delegation.c.person, delegation.c.until)

intervention = Table(
    "intervention",
    metadata,
    Column("id", ID, primary_key=True),
    Column("instance_id", ID, nullable=False),
    Column("action", String(20), nullable=False),
    Column("args", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("asked_by", NAME, nullable=False),
    Column("asked_at", Instant, nullable=False),
    Column("state", String(12), nullable=False),
    Column("answered_by", NAME),
    Column("answered_at", Instant),
)
Index("ix_intervention_state", intervention.c.state, intervention.c.id)

flow_child = Table(
    "flow_child",
    metadata,
    Column("child_id", ID, primary_key=True),
    Column("parent_id", ID, nullable=False),
    Column("step", NAME, nullable=False),
    Column("round", Integer, nullable=False),
)
Index("ix_flow_child_parent_id", flow_child.c.parent_id)

flow_callback = Table(
    "flow_callback",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("instance_id", ID, nullable=False),
    Column("step", NAME, nullable=False),
    Column("round", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("used_at", Instant),
)

person_department = Table(
    "person_department",
    metadata,
    Column("person", NAME, primary_key=True),
    Column("department", NAME, primary_key=True),
    Column("rank", Integer, nullable=False, server_default="0"),
)

# --- life of records (migration 0003) -------------------------------------------------------------

record_comment = Table(
    "record_comment",
    metadata,
    Column("id", ID, primary_key=True),
    Column("form", NAME, nullable=False),
    Column("record_id", ID, nullable=False),
    Column("person", NAME, nullable=False),
    Column("text", Text, nullable=False),
    Column("mentions", Text, nullable=False, server_default="[]"),
    Column("files", Text, nullable=False, server_default="[]"),
    Column("created_at", Instant, nullable=False),
)
Index("ix_record_comment_record_id", record_comment.c.record_id, record_comment.c.id)

form_backfill = Table(
    "form_backfill",
    metadata,
    Column("form", NAME, primary_key=True),
    Column("field", NAME, primary_key=True),
    Column("source", NAME, nullable=False),
    Column("after_id", String(26), nullable=False, server_default=""),
    Column("done", Integer, nullable=False, server_default="0"),
    Column("failed", Integer, nullable=False, server_default="0"),
    Column("samples", Text, nullable=False, server_default="[]"),
    Column("state", String(12), nullable=False),
    Column("created_at", Instant, nullable=False),
)

# --- usual opinions (migration 0006_walk) ---------------------------------------------------------

phrase = Table(
    "phrase",
    metadata,
    Column("person", NAME, primary_key=True),
    Column("verdict", String(20), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("text", Text, nullable=False),
)

# --- reach: groups that are written to, failed runs that try again (migration 0005) ------------------

chat_group = Table(
    "chat_group",
    metadata,
    Column("id", ID, primary_key=True),
    Column("name", NAME, nullable=False),
    Column("platform", String(20), nullable=False),
    Column("way", String(12), nullable=False),
    Column("address_hash", String(64), nullable=False),
    Column("address", Text, nullable=False),
    Column("learned", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("platform", "name"),
    UniqueConstraint("platform", "address_hash"),
)

rule_retry = Table(
    "rule_retry",
    metadata,
    Column("run_id", ID, primary_key=True),
    Column("tries", Integer, nullable=False),
    Column("next_at", Instant, nullable=False),
)
Index("ix_rule_retry_next_at", rule_retry.c.next_at)

# --- imports (migration 0009) ---------------------------------------------------------------------

import_job = Table(
    "import_job",
    metadata,
    Column("id", ID, primary_key=True),
    Column("person", NAME, nullable=False),
    Column("form", NAME, nullable=False),
    Column("name", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("options", Text, nullable=False, server_default="{}"),
    Column("run", Integer, nullable=False, server_default="0"),
    Column("state", String(12), nullable=False),
    Column("made_at", Instant, nullable=False),
)
Index("ix_import_job_person", import_job.c.person, import_job.c.made_at)

# --- print templates (migration 0009) -------------------------------------------------------------

print_template = Table(
    "print_template",
    metadata,
    Column("form", NAME, primary_key=True),
    Column("key", NAME, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("title", Text, nullable=False),
    Column("kind", String(10), nullable=False),
    Column("name", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("at", Instant, nullable=False),
    Column("by", NAME, nullable=False),
    Column("dropped", Boolean, nullable=False, server_default=text("false")),
)
