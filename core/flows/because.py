"""Why it went that way, in Chinese: who was found by which way, which condition held with which values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal

from core.errors import UserError
from core.expressions import Clause
from core.flows import assign
from core.flows.definition import Selfsame, Step, Who
from core.flows.finders import Search, find_all
from core.flows.instance import Instance
from core.flows.real import RealWorld


def why_asked(step: Step, search: Search) -> list[str]:
    """One line for each way with the people it found, then what else decided."""
    lines = [_way(who, search) for who in step.who]
    found = find_all(step.who, search)
    if not found:
        return [*lines, *_nobody(step, search)]
    return [*lines, *_selfsame(step, found, search)]


def _way(who: Who, search: Search) -> str:
    found = find_all((who,), search)
    names = "、".join(search.people.called(one) for one in found) or "没有找到人"
    said = _table(who.table, search) if who.table else assign.say(who)
    return f"{said} → {names}"


def _table(key: str, search: Search) -> str:
    """A 授权表, and which of its rows counted."""
    table = search.world.authority(key)
    name = f"授权表「{(table.title if table else '') or key}」"
    for number, row in enumerate(table.rows if table else (), 1):
        if row.condition and search.world.holds(row.condition, search.instance):
            return f"{name}第 {number} 行（{row.condition}）"
    return f"{name}的其他情况" if table and any(row.otherwise for row in table.rows) else name


def _nobody(step: Step, search: Search) -> Iterator[str]:
    policy = step.nobody
    if policy is None:
        yield "没有找到处理人：交给系统管理员，并记一条异常"
    elif policy.skip:
        yield "没有人时：跳过这一步"
    elif policy.refuse:
        yield "没有人时：整个流程拒绝"
    else:
        yield "没有人时改由："
        for who in policy.instead:
            yield _way(who, search)


def _selfsame(step: Step, found: tuple[str, ...], search: Search) -> Iterator[str]:
    if search.initiator not in found or not step.human:
        return
    if step.same_as_initiator is Selfsame.SKIP:
        yield "审批人就是发起人：自动通过"
    elif step.same_as_initiator is Selfsame.HEAD:
        head = search.people.head_above(search.initiator, 1, search.department(search.initiator))
        yield f"审批人就是发起人：改由部门负责人 → {search.people.called(head) if head else '没有找到人'}"
    elif step.kind == "approve":
        yield "审批人就是发起人：由本人审批"


def why_taken(step: Step, instance: Instance, world: RealWorld) -> list[str]:
    """For each path of a branch: its condition with the values it met."""
    taken = instance.taken.get(step.key, ())
    lines = []
    for index, path in enumerate(step.paths):
        name = path.name or f"路径 {index + 1}"
        sign = "走" if index in taken else "不走"
        lines.append(f"{sign}「{name}」：{_reason(path.condition, instance, world)}")
    return lines


def _reason(condition: str | None, instance: Instance, world: RealWorld) -> str:
    if not condition:
        return "其他情况"
    try:
        return "；".join(_clause(one) for one in world.clauses(condition, instance))
    except UserError as error:
        return error.message


def _clause(clause: Clause) -> str:
    said = "成立" if clause.truth else "不成立"
    if clause.parts:
        return f"{clause.text}（{'；'.join(_clause(one) for one in clause.parts)}）{said}"
    sides = clause.value
    if isinstance(sides, tuple) and sides and _plain(sides[0]) not in clause.text:
        return f"{clause.text}（现在是 {_plain(sides[0]) or '空'}）{said}"
    return f"{clause.text} {said}"


def _plain(value: object) -> str:
    """A value as a reader takes it in."""
    if value is None:
        return "空"
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, Decimal):
        text = f"{value:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return str(value.get("name") or value.get("id") or "")
    if isinstance(value, (list, tuple)):
        return "、".join(_plain(one) for one in value[:10])
    return str(value)
