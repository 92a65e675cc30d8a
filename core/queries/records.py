"""Records as people read them: the RECORD document of docs/pages-api.md, lists, history."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from core import canon
from core.errors import NotFound
from core.expressions.money import capitals
from core.flows.instance import InstanceState
from core.forms.asking import names_for
from core.forms.codes import code_data
from core.forms.definition import FieldDef, Form
from core.forms.fields import KINDS, Names, Reading
from core.forms.related import fill
from core.forms.storage import Record
from core.forms.text import adds_up, show
from core.store.visibility import visible
from core.store.work import UnitOfWork

STATE_TEXTS = {
    "saved": "已保存",
    InstanceState.RUNNING.value: "审批中",
    InstanceState.RETURNED.value: "已退回，待修改",
    InstanceState.APPROVED.value: "已通过",
    InstanceState.REJECTED.value: "已拒绝",
    InstanceState.WITHDRAWN.value: "已撤回",
    InstanceState.ENDED.value: "已结束",
}


def iso(moment: datetime | None) -> str | None:
    """An instant for JSON: UTC with Z, whole seconds are enough for people."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None


def find_record(uow: UnitOfWork, form_key: str, record_id: str, person: str) -> tuple[Form, Record]:
    """A record that the person may see. Raises NotFound alike for missing and hidden ones."""
    form = uow.shelf.form(form_key).form
    where = [*visible(form, person, uow.people)]
    if where and not uow.records.exists(form, record_id, where):
        raise NotFound
    record = uow.records.load(form, record_id)
    if record is None or (record.deleted_at is not None and not may_see_bin(uow, record, person)):
        raise NotFound
    return form, record


def may_see_bin(uow: UnitOfWork, record: Record, person: str) -> bool:
    """Who made a record, and administrators, see it in the recycle bin."""
    return person in (record.created_by, "system") or uow.people.holds(person, "admin")


def document(uow: UnitOfWork, form: Form, record: Record) -> dict[str, Any]:
    """RECORD."""
    ready = uow.shelf.form(form.key)
    form = ready.form if ready.version == record.form_version or form.key == ready.form.key else form
    fill(uow, ready, [record])
    names = names_for(uow, form, record.values)
    files = [(one, record.values.get(one.key) or []) for one in form.fields if one.type in FILES]
    return {
        "form": form.key,
        "title": record.title,
        "form_title": form.title,
        "number": record.number,
        "id": record.id,
        "version": record.version,
        "state": {"code": record.state, "text": state_text(record)},
        "effective": {"at": iso(record.effective_at)} if record.effective_at else None,
        "voided": {"at": iso(record.voided_at), "reason": record.void_reason or ""}
        if record.voided_at
        else None,
        "deleted": record.deleted_at is not None,
        "created_at": iso(record.created_at),
        "created_by": uow.people.called(record.created_by),
        "rows": [_row(one, record.values.get(one.key), names) for one in form.fields if _is_row(one)],
        "subtables": [_subtable(one, record.values.get(one.key) or [], names) for one in form.subtables],
        "files": [{**item, "field": one.label} for one, items in files for item in items],
        "groups": _groups(form),
        "backlinks": [_backlinks(one, record, names) for one in form.fields if one.type == "backlinks"],
    }


FILES = ("attachment", "image")


def _is_row(one: FieldDef) -> bool:
    return not one.layout and one.type not in ("subtable", "backlinks", *FILES)


def _row(one: FieldDef, value: Any, names: Names) -> dict[str, Any]:
    text = show(one, value, names)
    found: dict[str, Any] = {"key": one.key, "label": one.label, "type": one.base.type, "value": text}
    if one.width:
        found["width"] = one.width
    if one.type == "barcode" and value:
        found["image"] = code_data(one.code, str(value))
    if one.base.type == "rich_text" and value:
        found |= {"value": value, "html": True}
    if one.base.type == "link" and value:
        found["link"] = {"form": one.base.to, "id": value}
    if one.type == "money" and one.capital and value is not None:
        found["capital"] = capitals(value)
    if one.base.type == "select" and value:
        found["color"] = next((o.color for o in one.base.options if o.value == value), "")
    return found


def _groups(form: Form) -> list[dict[str, Any]]:
    """Sections and tabs with the keys that stand below them."""
    found: list[dict[str, Any]] = []
    for one in form.fields:
        if one.type in ("section", "tab"):
            found.append({"label": one.label, "type": one.type, "keys": []})
        elif found:
            found[-1]["keys"].append(one.key)
    return found


def _backlinks(one: FieldDef, record: Record, names: Names) -> dict[str, Any]:
    rows = [{"id": id_, "title": names.titles.get(id_, id_)} for id_ in record.values.get(one.key) or []]
    return {"key": one.key, "label": one.label, "form": one.of, "rows": rows}


def state_text(record: Record) -> str:
    """The state as people read it; void and binned before what a flow says."""
    if record.deleted_at:
        return "已删除"
    return "已作废" if record.voided_at else STATE_TEXTS.get(record.state, record.state)


def _subtable(field: FieldDef, rows: list[Mapping[str, Any]], names: Names) -> dict[str, Any]:
    return {
        "key": field.key,
        "label": field.label,
        "columns": [{"key": one.key, "label": one.label, "type": one.base.type} for one in field.fields],
        "rows": [[show(one, row.get(one.key), names) for one in field.fields] for row in rows],
        "totals": [_total(one, rows, names) for one in field.fields],
    }


def _total(field: FieldDef, rows: list[Mapping[str, Any]], names: Names) -> str | None:
    if not rows or not adds_up(field):
        return None
    return show(field, sum(row.get(field.key) or 0 for row in rows), names)


ACTIONS = {"RecordCreated": "新建", "RecordUpdated": "修改"}
MARKS = {"effect": "生效", "void": "作废", "delete": "删除", "restore": "恢复", "purge": "彻底删除"}


def history(uow: UnitOfWork, form: Form, record_id: str) -> list[dict[str, Any]]:
    """Who changed what and when, newest first, from the audit trail."""
    found = []
    for row in uow.audit.of(f"record:{form.key}:{record_id}"):
        body = canon.loads(row.body)
        if row.action not in ACTIONS and row.action != "RecordMarked":
            continue
        action = ACTIONS.get(row.action) or MARKS.get(body.get("what", ""), "")
        before, after = body.get("before", {}), body.get("after", body.get("values", {}))
        entry = {
            "at": iso(row.at),
            "who": uow.people.called(row.actor),
            "action": action,
            "changes": _changes(form, before, after, Names(uow.people, zone=uow.house.zone)),
        }
        found.append({**entry, "text": body["reason"]} if body.get("reason") else entry)
    return found[::-1]


def _changes(
    form: Form, before: Mapping[str, Any], after: Mapping[str, Any], names: Names
) -> list[dict[str, str]]:
    found = []
    for one in form.fields:
        if one.key in after and (after[one.key] not in (None, "", []) or before.get(one.key)):
            found.append(
                {
                    "label": one.label,
                    "before": _shown(one, before.get(one.key), names),
                    "after": _shown(one, after[one.key], names),
                }
            )
    return found


def _shown(field: FieldDef, value: Any, names: Names) -> str:
    """A value of the audit trail (JSON) as people read it."""
    if value is None:
        return ""
    if field.type == "subtable":
        return f"{len(value)} 行"
    if field.base.type in PLAIN_AS_SHOWN:
        return f"{value}"
    if field.base.type in ("datetime", "date_range", "datetime_range", "address"):
        read = KINDS[field.base.type].read(field.base, value, Reading(names.people, zone=names.zone))
        return show(field, read, names)
    return show(field, value, names)


PLAIN_AS_SHOWN = frozenset({"number", "money", "date", "time"})
