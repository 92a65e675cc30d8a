"""What a rule would do over a record, as sentences with the values filled in; nothing is done."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from core.expressions import Schema
from core.reach import addresses_in, say_channels
from core.rules.base import Written
from core.rules.book import ReadyRule
from core.rules.doing import Doing
from core.rules.engine import Case
from core.rules.facts import told
from core.rules.names import with_row
from core.rules.react import BROKEN
from core.rules.thens import Action, Create, Http, Notify, Print, Reach, Remind, Target, Upsert
from core.store.work import UnitOfWork


def would(uow: UnitOfWork, ready: ReadyRule, case: Case, names: dict[str, str]) -> list[str]:
    """One sentence for each action (for each row, where it goes row by row)."""
    doing = Doing(uow, ready, case, "", {}, "system")
    return [line for one in ready.rule.then for line in _said(doing, one, names)]


def _said(doing: Doing, one: Action, names: dict[str, str]) -> list[str]:
    try:
        return list(_lines(doing, one, names))
    except BROKEN as error:
        return [f"{one.say(names)} —— 会出错：{getattr(error, 'message', type(error).__name__)}"]


def _lines(doing: Doing, one: Action, names: dict[str, str]) -> Iterator[str]:
    spec = one.spec
    match spec:
        case Remind() | Notify():
            verb = "提醒" if isinstance(spec, Remind) else "通知"
            yield f"{say_channels(spec.by)}{verb}{_whom(doing, spec)}：「{doing.fill(spec.text)}」"
        case Print():
            yield f"把打印件{say_channels(spec.by)}发给{_whom(doing, spec)}"
        case Create():
            yield from _created(doing, spec, names)
        case Upsert():
            match_ = "，".join(f"{name} = {_value(doing, text)}" for name, text in spec.match.items())
            yield f"更新或新建{names.get(spec.form, spec.form)}（{match_}；{_values(doing, spec)}）"
        case Target() if spec.targets:
            yield f"修改{spec.which(names)}：{_values(doing, spec)}"
        case Http():
            body = "，".join(f"{name} = {_value(doing, text)}" for name, text in spec.body.items())
            yield f"调用 {spec.method} {spec.url}（{body or '整条数据'}）"
        case _ if one.refuse is not None:
            yield f"不让保存，提示「{doing.fill(one.refuse)}」"
        case _:
            yield one.say(names)


def _whom(doing: Doing, spec: Reach) -> str:
    people = [doing.uow.people.called(person) for person in doing.people(spec.who)]
    fields = [doing.value(one.field) for one in spec.to]
    found = [address for value in fields if isinstance(value, str) for _, address in addresses_in(value)]
    return "、".join([*people, *found, *(f"群「{name}」" for name in spec.group)]) or "（没有人）"


def _created(doing: Doing, spec: Create, names: dict[str, str]) -> Iterator[str]:
    title = names.get(spec.form, spec.form)
    if not spec.each:
        rows = "".join(
            f"；{table}：{'；'.join(_values(doing, row) for row in some)}"
            for table, some in spec.rows.items()
        )
        yield f"新建{title}（{_values(doing, spec)}{rows}）"
        return
    form = doing.case.form
    field = form.by_label(spec.each) if form else None
    schema = with_row(doing.ready.schema, form, spec.each)
    for row in doing.case.facts.get(field.key) or [] if field else []:
        facts = {**doing.case.facts, "_row": row}
        if spec.condition is None or doing.truth(spec.condition, schema, facts):
            yield f"新建{title}（{_values(doing, spec, schema, facts)}）"


def _values(doing: Doing, written: Written, schema: Schema | None = None, facts: Any = None) -> str:
    parts = [f"{name} = {_value(doing, text, schema, facts)}" for name, text in written.map.items()]
    for name, value in written.set.items():
        parts.append(f"{name} = {doing.fill(value, facts) if isinstance(value, str) else told(value)}")
    return "，".join(parts)


def _value(doing: Doing, text: str, schema: Schema | None = None, facts: Any = None) -> str:
    return doing.shown(doing.value(text, schema, facts))
