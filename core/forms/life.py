"""Commands on records that are there: comment, copy, effect, void, recycle bin, custom buttons, rows of a sheet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.acting import Done
from core.commands import (
    SYSTEM,
    CommentRecord,
    CopyRecord,
    MarkRecord,
    OpenDraft,
    PressButton,
)
from core.errors import Conflict, Invalid, NotAllowed, NotFound, Problem, UserError
from core.events import Event, RecordCommented, RecordMarked
from core.expressions import ExpressionError
from core.flows.actions import open_instance, start
from core.forms.actions import lay_over, open_draft
from core.forms.aiming import aimed_at, change_aimed
from core.forms.definition import ButtonDef
from core.forms.migrating import catch_up
from core.forms.refs import put_refs
from core.forms.related import Related, fill
from core.forms.schema import ReadyForm
from core.forms.storage import Record
from core.forms.text import plain, plain_values
from core.store.life import Comment
from core.store.visibility import visible
from core.store.work import UnitOfWork

LONGEST_COMMENT = 2_000
WORDS = {"effect": "生效", "void": "作废", "delete": "删除", "restore": "恢复", "purge": "彻底删除"}


def seen(uow: UnitOfWork, form_key: str, record_id: str, person: str) -> tuple[ReadyForm, Record]:
    """A record that the person may see, in the bin or not. Raises NotFound."""
    ready = uow.shelf.form(form_key)
    where = visible(ready.form, person, uow.people)
    if where and not uow.records.exists(ready.form, record_id, where):
        raise NotFound
    record = uow.records.load(ready.form, record_id)
    if record is None:
        raise NotFound
    return ready, record


def owns(uow: UnitOfWork, record: Record, person: str) -> bool:
    """Whether a person may end or mend a record."""
    return person in (record.created_by, SYSTEM) or uow.people.holds(person, "admin")


def copy_record(uow: UnitOfWork, command: CopyRecord) -> Done:
    """A draft with the values of a record; what must be alone and what the server makes is left out."""
    ready, record = seen(uow, command.form, command.record_id, command.actor)
    fields = [
        one for one in ready.form.fields if not (one.layout or one.computed or one.unique or one.readonly)
    ]
    values = plain_values(fields, record.values)
    for table in ready.form.subtables:
        keep = {one.key for one in table.fields if not one.computed}
        values[table.key] = [{k: v for k, v in row.items() if k in keep} for row in values[table.key]]
    values = {key: value for key, value in values.items() if value not in (None, [])}
    return open_draft(uow, OpenDraft(command.actor, command.form, command.platform, values))


def comment_record(uow: UnitOfWork, command: CommentRecord) -> Done:
    """Say something about a record. Whoever is mentioned must be able to see it; raises Invalid otherwise."""
    ready, record = seen(uow, command.form, command.record_id, command.actor)
    text = command.text.strip()
    if not text or len(text) > LONGEST_COMMENT:
        raise Invalid((Problem("text", f"请写评论，最多 {LONGEST_COMMENT} 个字"),))
    unknown = [one for one in command.mentions if not uow.people.active(one)]
    if unknown:
        raise Invalid((Problem("mentions", f"通讯录里没有「{unknown[0][:20]}」"),))
    files = uow.files.info(list(command.files))
    if any(files.get(id_) is None or files[id_].person != command.actor for id_ in command.files):
        raise Invalid((Problem("files", "有一个文件没有上传成功，请重新上传"),))
    kept = [{"id": f.id, "name": f.name, "size": f.size, "type": f.type} for f in files.values()]
    mentions = list(dict.fromkeys(command.mentions))
    row = Comment(uow.ids(), command.form, record.id, command.actor, text, mentions, kept, uow.now)
    uow.life.add_comment(row)
    uow.files.attach(list(command.files), command.form, record.id)
    event = RecordCommented(
        f"record:{command.form}:{record.id}", command.form, record.id, record.title, text, tuple(mentions)
    )
    return Done("已评论。", (event,), {"comment_id": row.id, "form": ready.form.key})


def mark_record(uow: UnitOfWork, command: MarkRecord) -> Done:
    """Effect, void, bin, restore or end a record. Raises Conflict with the reason when it cannot be."""
    ready, record = seen(uow, command.form, command.record_id, command.actor)
    if command.what not in WORDS:
        raise UserError("unknown_mark", "没有这种操作。")
    if not owns(uow, record, command.actor) or (
        command.what == "purge" and not uow.people.holds(command.actor, "admin")
    ):
        raise NotAllowed(f"您不能{WORDS[command.what]}这条数据。")
    if command.version and command.version != record.version:
        raise Conflict("这条数据刚刚被别人改过，请刷新后再试。")
    _may_mark(uow, record, command.what)
    if command.what == "purge":
        uow.life.drop_comments(record.id)
        uow.records.purge(ready.form, record.id)
    elif not uow.records.mark(ready.form, record.id, record.version, **_columns(uow, command)):
        raise Conflict("这条数据刚刚被别人改过，请刷新后再试。")
    if command.what == "restore":
        _still_alone(uow, ready, record, command.actor)
    event = RecordMarked(
        f"record:{command.form}:{record.id}",
        command.form,
        record.id,
        record.number,
        command.what,
        command.reason,
    )
    return Done(f"已{WORDS[command.what]}。", (event,), {"record_id": record.id})


def _may_mark(uow: UnitOfWork, record: Record, what: str) -> None:
    if what in ("void", "delete") and open_instance(uow, record.id):
        raise Conflict(f"这张单据正在审批，请先撤回再{WORDS[what]}。")
    if what in ("restore", "purge") and record.deleted_at is None:
        raise Conflict("这条数据不在回收站里。")
    if what in ("void", "delete", "effect") and record.deleted_at is not None:
        raise Conflict("这条数据在回收站里，请先恢复。")
    if what in ("void", "effect") and record.voided_at is not None:
        raise Conflict("这条数据已作废。")
    if what == "effect" and record.effective_at is not None:
        raise Conflict("这条数据已经生效。")


def _columns(uow: UnitOfWork, command: MarkRecord) -> dict[str, Any]:
    now = uow.now
    marks: dict[str, dict[str, Any]] = {
        "effect": {"effective_at": now},
        "void": {"voided_at": now, "void_reason": command.reason.strip()[:500]},
        "delete": {"deleted_at": now},
        "restore": {"deleted_at": None},
    }
    return marks[command.what]


def _still_alone(uow: UnitOfWork, ready: ReadyForm, record: Record, actor: str) -> None:
    """A record that comes back must fit beside those made meanwhile. Raises Invalid."""
    from core.forms.constraints import (  # noqa: PLC0415  # the one use here
        guard_problems,
        lock_guards,
        unique_problems,
    )

    scope = uow.scope(actor, record.id)
    problems = unique_problems(uow, ready, record.values, record.id, scope)
    lock_guards(uow, ready, record.values, scope)
    problems += guard_problems(uow, ready, record.values, scope)
    if problems:
        raise Invalid(tuple(problems))


def button_of(ready: ReadyForm, key: str) -> tuple[int, ButtonDef]:
    """A custom button by its key. Raises NotFound."""
    for index, one in enumerate(ready.form.buttons):
        if one.key == key:
            return index, one
    raise NotFound("这个按钮已经不在表单里了。")


def offered(uow: UnitOfWork, ready: ReadyForm, record: Record, person: str) -> list[ButtonDef]:
    """The buttons that a person may press on a record now."""
    if record.deleted_at or record.voided_at:
        return []
    facts = facts_of(uow, ready, record, person)
    found = []
    for one, condition in zip(ready.form.buttons, ready.buttons, strict=True):
        if one.roles and not any(uow.people.holds(person, role) for role in one.roles):
            continue
        try:
            if condition is None or condition.evaluate(facts, uow.scope(person)):
                found.append(one)
        except ExpressionError:
            continue
    return found


def facts_of(uow: UnitOfWork, ready: ReadyForm, record: Record, person: str) -> dict[str, Any]:
    """A record as its form's expressions see it: with rollups, lookups and what stands behind links."""
    fill(uow, ready, [record])
    facts = record.facts()
    put_refs(ready.form.fields, facts, ready.reaches, Related(uow, person).values)
    return facts


def press_button(uow: UnitOfWork, command: PressButton) -> Done:
    """Press a custom button: set what it says, ask what it asks, then the flow or the next form."""
    ready, record = seen(uow, command.form, command.record_id, command.actor)
    _, button = button_of(ready, command.button)
    if button not in offered(uow, ready, record, command.actor):
        raise NotAllowed("现在不能按这个按钮。")
    if command.version and command.version != record.version:
        raise Conflict("这条数据刚刚被别人改过，请刷新后再试。")
    unasked = [key for key in command.values if key not in button.ask]
    if unasked:
        raise Invalid(tuple(Problem(key, "这个按钮不填这个字段") for key in unasked))
    events: tuple[Event, ...] = ()
    own = {} if button.target else button.put
    if own or button.ask:
        catch_up(uow, ready.form, record.id)
        record = uow.records.load(ready.form, record.id) or record
        raw = {**_put(uow, ready, record, own, ready, command.actor), **command.values}
        missing = [key for key in button.ask if raw.get(key) in (None, "", [])]
        if missing:
            raise Invalid(tuple(Problem(key, f"请填写{_label(ready, key)}") for key in missing))
        record, _, events = lay_over(uow, ready, record, raw, command.actor, tuple(raw))
    if button.target:
        aim = aimed_at(uow, ready, record, button, command.actor)
        more = change_aimed(
            uow, aim, _put(uow, ready, record, button.put, aim[0], command.actor), command.actor
        )
        events = (*events, *more)
        record = uow.records.load(ready.form, record.id) or record
    data: dict[str, Any] = {"record_id": record.id, "version": record.version}
    if button.start:
        if open_instance(uow, record.id):
            raise Conflict("这张单据正在审批。")
        data["instance_id"], more = start(uow, ready, record, command.actor)
        events = (*events, *more)
    if button.create:
        done = open_draft(uow, _opened(ready, record, button, command))
        return Done("已打开。", (*events, *done.events), {**data, **done.data})
    return Done(f"已{button.text}。", events, data)


def _label(ready: ReadyForm, key: str) -> str:
    found = ready.form.field(key)
    return found.label if found else key


def _put(
    uow: UnitOfWork, ready: ReadyForm, record: Record, put: Mapping[str, Any], into: ReadyForm, actor: str
) -> dict[str, Any]:
    """What a button sets in `into`; `=…` is computed over the record, 我 and 今天 are what they say."""
    from core.expressions import compile as compiled  # noqa: PLC0415  # shadows the builtin

    facts = facts_of(uow, ready, record, actor)
    found: dict[str, Any] = {}
    for key, value in put.items():
        if isinstance(value, str) and (value in ("我", "今天", "现在") or value.startswith("=")):
            expression = compiled(value.removeprefix("="), ready.schema, None)
            result = expression.evaluate(facts, uow.scope(actor))
            one = into.form.field(key)
            found[key] = plain(one, result) if one and not isinstance(result, str) else result
        else:
            found[key] = value
    return found


def _opened(ready: ReadyForm, record: Record, button: ButtonDef, command: PressButton) -> OpenDraft:
    values: dict[str, Any] = {}
    for mine, theirs in button.map.items():
        one = ready.form.by_label(theirs)
        values[mine] = (
            record.id if theirs == "本单" else plain(one, record.values.get(one.key)) if one else theirs
        )
    return OpenDraft(command.actor, button.create, command.platform, values)
