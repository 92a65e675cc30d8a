"""Commands of the form engine: load, check, save. The flow of a new record is started by core/flows/actions.py."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from core import canon
from core.acting import Done
from core.commands import (
    SYSTEM,
    CreateRecord,
    DeleteRecord,
    DropDraft,
    OpenDraft,
    SaveDraft,
    SubmitDraft,
    UpdateRecord,
)
from core.errors import Conflict, Invalid, NotAllowed, NotFound, Problem
from core.events import DraftOpened, DraftSaved, Event, RecordCreated, RecordDeleted, RecordUpdated
from core.flows.actions import open_instance, resume, start
from core.flows.instance import InstanceState
from core.flows.starting import FirstForm, first_form
from core.forms.asking import file_ids, names_for, reading
from core.forms.behalf import starter
from core.forms.check import Checked, check
from core.forms.constraints import guard_problems, lock_guards, unique_problems
from core.forms.definition import FieldDef, Form
from core.forms.filenames import as_called, named_files
from core.forms.migrating import catch_up
from core.forms.related import Related, filled
from core.forms.schema import ReadyForm
from core.forms.storage import Record
from core.forms.text import (
    number_period,
    number_text,
    plain_values,
    serial_parts,
    stored_values,
    title,
)
from core.forms.urldefaults import url_values
from core.store.drafts import Draft
from core.store.work import UnitOfWork

SAVED = "saved"


def open_draft(uow: UnitOfWork, command: OpenDraft) -> Done:
    """A new draft of a form, perhaps with values to begin with."""
    ready = uow.shelf.form(command.form)
    asking = reading(uow, {}, ready, command.actor)
    given, problems = url_values(ready.form, command.query, asking)
    draft = Draft(
        id=uow.ids(),
        form=ready.form.key,
        form_version=ready.version,
        person=command.actor,
        values={**given, **command.values},
        problems=[{"path": one.path, "message": one.message} for one in problems],
        revision=1,
        record_id=None,
        instance_id=None,
        created_at=uow.now,
        saved_at=uow.now,
    )
    uow.drafts.add(draft)
    event = DraftOpened(f"draft:{draft.id}", draft.id, draft.form, draft.person, command.platform)
    return Done(events=(event,), data={"draft_id": draft.id})


def save_draft(uow: UnitOfWork, command: SaveDraft) -> Done:
    """Keep what was typed; wrong values are kept too, with their problems."""
    draft = _own_draft(uow, command.draft_id, command.actor)
    if command.revision is not None and command.revision != draft.revision:
        raise Conflict("这份草稿在别处改过了，请以最新的为准。")
    _still_open(uow, draft)
    ready = uow.shelf.form(draft.form)
    values = {**draft.values, **command.values}
    draft, person = _for_whom(uow, draft, command)
    values = _anew(ready, values, person != command.actor)
    asking = reading(uow, values, ready, person, draft.record_id or "")
    scope = uow.scope(person, draft.record_id or "")
    checked = check(ready, values, asking, scope, complete=False)
    draft = _keep(uow, draft, ready, values, checked.problems)
    event = DraftSaved(f"draft:{draft.id}", draft.id, draft.person)
    return Done("已保存。", (event,), {"revision": draft.revision}, ())


def submit_draft(uow: UnitOfWork, command: SubmitDraft) -> Done:
    """Make a record of a draft, or send a returned record in again; with mistakes the draft keeps everything."""
    draft = _own_draft(uow, command.draft_id, command.actor)
    _still_open(uow, draft)
    ready = uow.shelf.form(draft.form)
    values = {**draft.values, **command.values}
    if draft.record_id:
        catch_up(uow, ready.form, draft.record_id)
    before = uow.records.load(ready.form, draft.record_id) if draft.record_id else None
    draft, person = _for_whom(uow, draft, command)
    values = _anew(ready, values, person != command.actor)
    stored = before.values if before else None
    first = _first(uow, ready)
    if before is None:
        values = {key: value for key, value in values.items() if not first.hides(key)}
        values = dict(with_fills(uow, ready, values, person))
    asking = reading(uow, values, ready, person, draft.record_id or "")
    scope = uow.scope(person, draft.record_id or "")
    checked = check(ready, values, asking, scope, before=stored)
    not_theirs = first.problems(ready.form, command.values, checked.values, draft.values)
    if checked.problems or not_theirs:
        return _refused(uow, draft, ready, values, (*checked.problems, *not_theirs))
    savepoint = uow.connection.begin_nested()
    try:
        if before is not None:
            done = _submit_again(uow, draft, ready, before, checked, command.actor)
        else:
            done = _submit_new(uow, draft, ready, values, checked, command, person)
    except Invalid as error:
        uow.undo(savepoint)
        return _refused(uow, draft, ready, values, error.problems)
    savepoint.commit()
    return done


def _for_whom(uow: UnitOfWork, draft: Draft, command: SaveDraft | SubmitDraft) -> tuple[Draft, str]:
    """The draft with for whom it is filled in, and whose record it becomes; one that came back is its owner's."""
    if draft.record_id:
        return draft, command.actor
    given = draft.on_behalf if command.on_behalf is None else command.on_behalf
    person = starter(uow, command.actor, given)
    return replace(draft, on_behalf="" if person == command.actor else person), person


def _anew(ready: ReadyForm, values: Mapping[str, Any], behalf: bool) -> dict[str, Any]:
    """For somebody else: what nobody may write and a default fills (申请人: 我) comes from them, not from the page."""
    theirs = {one.key for one in ready.form.fields if behalf and one.readonly and one.default is not None}
    return {key: value for key, value in values.items() if key not in theirs}


def _first(uow: UnitOfWork, ready: ReadyForm) -> FirstForm:
    """What the form's flow lets its initiator fill."""
    found = uow.shelf.flow_of(ready.form.key)
    return first_form(found[0] if found else None, ready.form)


def _refused(
    uow: UnitOfWork,
    draft: Draft,
    ready: ReadyForm,
    values: Mapping[str, Any],
    problems: tuple[Problem, ...],
) -> Done:
    """What was typed stays, with what is wrong with it."""
    draft = _keep(uow, draft, ready, values, problems)
    event = DraftSaved(f"draft:{draft.id}", draft.id, draft.person)
    return Done(events=(event,), data={"revision": draft.revision}, problems=problems)


def _submit_new(
    uow: UnitOfWork,
    draft: Draft,
    ready: ReadyForm,
    values: Mapping[str, Any],
    checked: Checked,
    command: SubmitDraft,
    person: str,
) -> Done:
    record, events = create(uow, ready, checked, person)
    instance_id, more = start(uow, ready, record, person, command.picks, by=command.actor)
    draft = replace(draft, record_id=record.id, instance_id=instance_id)
    _keep(uow, draft, ready, values, checked.problems)
    kept = DraftSaved(f"draft:{draft.id}", draft.id, draft.person)
    data = {"record_id": record.id, "number": record.number, "instance_id": instance_id}
    for_whom = f"已代{uow.people.called(person)}提交" if person != command.actor else "已提交"
    return Done(f"{for_whom}，编号 {record.number}。", (*events, *more, kept), _warned(data, checked))


def _warned(data: dict[str, Any], checked: Checked) -> dict[str, Any]:
    """With the warnings, when there are any."""
    told = [one.message for one in checked.warnings]
    return {**data, "warnings": told} if told else data


def _submit_again(
    uow: UnitOfWork, draft: Draft, ready: ReadyForm, before: Record, checked: Checked, actor: str
) -> Done:
    record, events = change(uow, ready, before, checked, actor)
    more = resume(uow, draft.instance_id or "", actor, record)
    _keep(uow, draft, ready, plain_values(ready.form.fields, checked.values), checked.problems)
    kept = DraftSaved(f"draft:{draft.id}", draft.id, draft.person)
    data = {"record_id": record.id, "number": record.number, "instance_id": draft.instance_id}
    return Done(f"已重新提交，编号 {record.number}。", (*events, *more, kept), _warned(data, checked))


def drop_draft(uow: UnitOfWork, command: DropDraft) -> Done:
    """Throw one's own open draft away."""
    draft = _own_draft(uow, command.draft_id, command.actor)
    if draft.record_id:
        raise Conflict("这份草稿已经提交，不能删除。")
    uow.life.drop_draft(draft.id)
    return Done("草稿已删除。")


def create_record(uow: UnitOfWork, command: CreateRecord) -> Done:
    """A record straight from values. Raises Invalid."""
    ready = uow.shelf.form(command.form)
    actor = starter(uow, command.actor, command.on_behalf)
    values = with_fills(uow, ready, command.values, actor)
    asking = reading(uow, values, ready, actor)
    checked = check(ready, values, asking, uow.scope(actor))
    not_theirs: tuple[Problem, ...] = ()
    if command.actor != SYSTEM and not uow.people.holds(command.actor, "admin"):
        not_theirs = _first(uow, ready).problems(ready.form, command.values, checked.values, {})
    if checked.problems or not_theirs:
        raise Invalid((*checked.problems, *not_theirs))
    record, events = create(uow, ready, checked, actor)
    instance_id, more = start(uow, ready, record, actor, command.picks, by=command.actor)
    data = {
        "record_id": record.id,
        "number": record.number,
        "version": record.version,
        "instance_id": instance_id,
    }
    return Done(f"已保存，编号 {record.number}。", (*events, *more), _warned(data, checked))


def update_record(uow: UnitOfWork, command: UpdateRecord) -> Done:
    """Change some fields of a record; the others stay. Raises Conflict when it was changed meanwhile."""
    ready = uow.shelf.form(command.form)
    catch_up(uow, ready.form, command.record_id)
    record = uow.records.load(ready.form, command.record_id)
    if record is None or record.deleted_at:
        raise NotFound
    if command.actor not in (record.created_by, "system") and not uow.people.holds(command.actor, "admin"):
        raise NotFound
    if open_instance(uow, record.id):
        raise Conflict("这张单据正在审批，不能修改。")
    if record.version != command.version:
        raise Conflict(
            f"这条数据已由{uow.people.called(record.updated_by)}改过（版本 {record.version}），请取最新的再改。"
        )
    if record.voided_at:
        raise Conflict("这条数据已作废，不能修改。")
    changed, checked, events = lay_over(uow, ready, record, command.values, command.actor)
    data = {"record_id": record.id, "number": record.number, "version": changed.version}
    return Done("已保存。", events, _warned(data, checked))


def lay_over(
    uow: UnitOfWork,
    ready: ReadyForm,
    record: Record,
    raw: Mapping[str, Any],
    actor: str,
    writable: tuple[str, ...] = (),
) -> tuple[Record, Checked, tuple[Event, ...]]:
    """Check values over a record and write it. Raises Invalid, Conflict."""
    free = tuple(raw) if actor == SYSTEM else writable
    asking = reading(uow, raw, ready, actor, record.id)
    scope = uow.scope(actor, record.id)
    checked = check(ready, raw, asking, scope, before=record.values, writable=free)
    if checked.problems:
        raise Invalid(checked.problems)
    changed, events = change(uow, ready, record, checked, actor)
    return changed, checked, events


def delete_record(uow: UnitOfWork, command: DeleteRecord) -> Done:
    """A record goes, with its rows; its history stays in the audit trail. Raises Conflict, NotFound."""
    ready = uow.shelf.form(command.form)
    record = uow.records.load(ready.form, command.record_id)
    if record is None:
        raise NotFound
    if command.actor not in (record.created_by, "system") and not uow.people.holds(command.actor, "admin"):
        raise NotFound
    if open_instance(uow, record.id):
        raise Conflict("这张单据正在审批，不能删除。")
    if record.version != command.version:
        raise Conflict(f"这条数据已由{uow.people.called(record.updated_by)}改过，请取最新的再删。")
    return Done("已删除。", delete(uow, ready, record), {"record_id": record.id, "number": record.number})


# --- what the commands share ----------------------------------------------------------------------


def with_fills(uow: UnitOfWork, ready: ReadyForm, raw: Mapping[str, Any], person: str) -> Mapping[str, Any]:
    """New values with what 数据联动 gives the fields that were not named at all, as the page would have."""
    absent = [path for path in ready.fills if "." not in path and path not in raw]
    if not absent:
        return raw
    known = {key: value for key, value in raw.items() if ready.form.field(key)}
    values = check(ready, known, reading(uow, known, ready, person), uow.scope(person), complete=False).values
    related, found = Related(uow, person), dict(raw)
    for path in absent:
        found |= filled(uow, ready, related, path, ready.fills[path], values)
    return found


def create(
    uow: UnitOfWork, ready: ReadyForm, checked: Checked, actor: str, *, flow: bool = True
) -> tuple[Record, tuple[Event, ...]]:
    """Insert a record; its serial number is allocated in this transaction, so numbers have no gaps.

    flow  its flow will be started by the caller. Raises Invalid: not unique, or a guard does not hold.
    """
    form, id_ = ready.form, uow.ids()
    values = dict(checked.values)
    _hold(unique_problems(uow, ready, values, id_, uow.scope(actor)))
    names = names_for(uow, form, values)
    lock_guards(uow, ready, values, uow.scope(actor))
    for one in form.fields:
        if one.type == "serial":
            values[one.key] = next_serial(uow, form.key, one.key, serial_parts(one.rule, form, values, names))
    number = next_serial(uow, form.key, "", form.number)
    values = named_files(uow, form, values, number, names)
    record = Record(
        id=id_,
        form=form.key,
        form_version=ready.version,
        number=number,
        title=title(form, values, number, names),
        version=1,
        state=SAVED,
        created_at=uow.now,
        created_by=actor,
        updated_at=uow.now,
        updated_by=actor,
        values=values,
        effective_at=uow.now if effective(uow, form, flow=flow) else None,
    )
    uow.records.add(form, record)
    _hold(guard_problems(uow, ready, values, uow.scope(actor)))
    uow.files.attach(sorted(file_ids(plain_values(form.fields, record.values))), form.key, record.id)
    told = stored_values(form.fields, record.values)
    object_ = f"record:{form.key}:{record.id}"
    return record, (RecordCreated(object_, form.key, ready.version, record.id, number, told),)


def next_serial(uow: UnitOfWork, form: str, field: str, pattern: str) -> str:
    """The next number of a rule; it rolls back with its transaction, so none is lost and none comes twice."""
    name = f"{form}.{field}" if field else form
    counter = uow.definitions.next_number(name, number_period(pattern, uow.now)[:200])
    return number_text(pattern, uow.now, counter)


def effective(uow: UnitOfWork, form: Form, *, flow: bool) -> bool:
    """Whether a record takes effect as soon as it is saved."""
    if form.effective != "approved":
        return form.effective == "saved"
    return not flow or uow.shelf.flow_of(form.key) is None


def _hold(problems: list[Problem]) -> None:
    if problems:
        raise Invalid(tuple(problems))


def change(
    uow: UnitOfWork, ready: ReadyForm, before: Record, checked: Checked, actor: str
) -> tuple[Record, tuple[Event, ...]]:
    """Write new values over a record. Raises Conflict when its version moved on, Invalid as `create` does."""
    form, scope = ready.form, uow.scope(actor, before.id)
    _hold(unique_problems(uow, ready, checked.values, before.id, scope))
    lock_guards(uow, ready, checked.values, scope)
    names = names_for(uow, form, checked.values)
    values = named_files(uow, form, checked.values, before.number, names)
    record = replace(
        before,
        form_version=ready.version,
        version=before.version + 1,
        title=title(form, values, before.number, names),
        updated_at=uow.now,
        updated_by=actor,
        values=values,
    )
    if not uow.records.change(form, record, before.version):
        raise Conflict("这条数据刚刚被别人改过，请取最新的再改。")
    _hold(guard_problems(uow, ready, checked.values, scope))
    old = stored_values(form.fields, before.values)
    new = stored_values(form.fields, record.values)
    uow.files.attach(sorted(file_ids(new)), form.key, record.id)
    changed = [key for key in new if new[key] != old.get(key)]
    event = RecordUpdated(
        f"record:{form.key}:{record.id}",
        form.key,
        ready.version,
        record.id,
        record.number,
        {key: old.get(key) for key in changed},
        {key: new[key] for key in changed},
    )
    return record, (event,) if changed else ()


def delete(uow: UnitOfWork, ready: ReadyForm, record: Record) -> tuple[Event, ...]:
    """Take a record away. Raises Conflict when its version moved on."""
    if not uow.records.remove(ready.form, record.id, record.version):
        raise Conflict("这条数据刚刚被别人改过，请取最新的再删。")
    values = plain_values(ready.form.fields, record.values)
    object_ = f"record:{record.form}:{record.id}"
    return (RecordDeleted(object_, record.form, record.id, record.number, values),)


def _keep(
    uow: UnitOfWork,
    draft: Draft,
    ready: ReadyForm,
    values: Mapping[str, Any],
    problems: tuple[Problem, ...],
) -> Draft:
    typed = _typed(ready.form.fields, values)
    if draft.record_id:
        typed = as_called(uow, typed)
    kept = replace(
        draft,
        form_version=ready.version,
        values=canon.loads(canon.dumps(typed)),
        problems=[{"path": one.path, "message": one.message} for one in problems],
        revision=draft.revision + 1,
        saved_at=uow.now,
    )
    if not uow.drafts.save(kept, draft.revision):
        raise Conflict("这份草稿在别处改过了，请以最新的为准。")
    return kept


def _typed(fields: tuple[FieldDef, ...], values: Mapping[str, Any]) -> dict[str, Any]:
    """What may stay in a draft: fields that the form has; computed ones come back by themselves."""
    known = {one.key for one in fields if not one.computed and not one.layout}
    return {key: value for key, value in values.items() if key in known}


def _own_draft(uow: UnitOfWork, draft_id: str, actor: str) -> Draft:
    draft = uow.drafts.load(draft_id)
    if draft is None:
        raise NotFound
    if draft.person != actor:
        raise NotAllowed("这份表单是别人的，您不能填写。")
    return draft


def _still_open(uow: UnitOfWork, draft: Draft) -> None:
    if draft.record_id is None:
        return
    instance = uow.instances.load(draft.instance_id) if draft.instance_id else None
    if instance is None or instance.state is not InstanceState.RETURNED:
        raise Conflict("这张单据已经提交，不能再改。")
