"""Records as people read them: the RECORD document of docs/pages-api.md, lists, history."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from core import canon
from core.errors import NotFound
from core.flows.instance import InstanceState
from core.forms.actions import names_for
from core.forms.definition import FieldDef, Form
from core.forms.fields import Names
from core.forms.storage import Record
from core.forms.text import show
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
    if record is None:
        raise NotFound
    return form, record


def document(uow: UnitOfWork, form: Form, record: Record) -> dict[str, Any]:
    """RECORD."""
    names = names_for(uow, form, record.values)
    plain = [one for one in form.fields if one.type not in ("subtable", "attachment")]
    files = [(one, record.values.get(one.key) or []) for one in form.fields if one.type == "attachment"]
    return {
        "form": form.key,
        "title": record.title,
        "form_title": form.title,
        "number": record.number,
        "id": record.id,
        "version": record.version,
        "state": {"code": record.state, "text": STATE_TEXTS.get(record.state, record.state)},
        "created_at": iso(record.created_at),
        "created_by": uow.people.called(record.created_by),
        "rows": [
            {
                "key": one.key,
                "label": one.label,
                "type": one.type,
                "value": show(one, record.values.get(one.key), names),
            }
            for one in plain
        ],
        "subtables": [_subtable(one, record.values.get(one.key) or [], names) for one in form.subtables],
        "files": [{**item, "field": one.label} for one, items in files for item in items],
    }


def _subtable(field: FieldDef, rows: list[Mapping[str, Any]], names: Names) -> dict[str, Any]:
    return {
        "key": field.key,
        "label": field.label,
        "columns": [{"key": one.key, "label": one.label, "type": one.type} for one in field.fields],
        "rows": [[show(one, row.get(one.key), names) for one in field.fields] for row in rows],
        "totals": [_total(one, rows, names) for one in field.fields],
    }


def _total(field: FieldDef, rows: list[Mapping[str, Any]], names: Names) -> str | None:
    if field.type != "money" or not rows:
        return None
    return show(field, sum(row.get(field.key) or 0 for row in rows), names)


def table(
    uow: UnitOfWork, form_key: str, person: str, text: str = "", after: str = "", limit: int = 50
) -> dict[str, Any]:
    """A page of a form's records: columns, shown cells, the cursor of the next page."""
    form = uow.shelf.form(form_key).form
    where = visible(form, person, uow.people)
    records = uow.records.page(form, where=where, after=after, limit=limit + 1, text=text)
    columns = [one for one in form.fields if one.type not in ("subtable", "attachment")][:8]
    page, more = records[:limit], len(records) > limit
    rows = []
    for record in page:
        names = names_for(uow, form, record.values)
        rows.append(
            {
                "id": record.id,
                "number": record.number,
                "state": STATE_TEXTS.get(record.state, record.state),
                "cells": [show(one, record.values.get(one.key), names) for one in columns],
                "created_at": iso(record.created_at),
                "created_by": uow.people.called(record.created_by),
            }
        )
    return {
        "title": form.title,
        "columns": [{"key": one.key, "label": one.label, "type": one.type} for one in columns],
        "rows": rows,
        "next": page[-1].id if more else None,
        "total": uow.records.count(form, where),
    }


def history(uow: UnitOfWork, form: Form, record_id: str) -> list[dict[str, Any]]:
    """Who changed what and when, newest first, from the audit trail."""
    found = []
    for row in uow.audit.of(f"record:{form.key}:{record_id}"):
        body = canon.loads(row.body)
        created = row.action == "RecordCreated"
        before, after = ({}, body["values"]) if created else (body["before"], body["after"])
        found.append(
            {
                "at": iso(row.at),
                "who": uow.people.called(row.actor),
                "action": "新建" if created else "修改",
                "changes": _changes(form, before, after, Names(uow.people)),
            }
        )
    return found[::-1]


def _changes(
    form: Form, before: Mapping[str, Any], after: Mapping[str, Any], names: Names
) -> list[dict[str, str]]:
    found = []
    for one in form.fields:
        if one.key in after and after[one.key] not in (None, "", []):
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
    return f"{value}" if field.type in ("number", "money", "date") else show(field, value, names)
