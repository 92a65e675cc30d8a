"""notify: a plain message to people, addresses and groups."""

from __future__ import annotations

from core.reach import Channel
from core.rules.act.reaching import letter_of, reach
from core.rules.doing import Doing
from core.rules.thens import Notify


def do(doing: Doing, spec: Notify) -> None:
    """Nobody to tell is an incident, not silence."""
    people = doing.people(spec.who)
    if spec.who and not people:
        nobody(doing)
    text = doing.fill(spec.text)
    if Channel.CHAT in spec.by:
        for person in people:
            doing.tell(person, text)
    reach(doing, spec, people, letter_of(doing, spec, text))


def nobody(doing: Doing) -> None:
    """Note that a rule found nobody."""
    uow, record = doing.uow, doing.case.record
    where = f"record:{record.form}:{record.id}" if record else f"rule:{doing.ready.key}"
    title = f"{record.title} 的" if record else ""
    who = "、".join(one.say() for action in doing.rule.then for one in getattr(action.spec, "who", ()))
    text = f"规则「{doing.rule.title}」找不到要提醒的人：{title}{who}为空或已离职。"
    uow.incidents.raise_(uow.ids(), "nobody_to_remind", where, text, uow.now)
    doing.notes.append("没有找到要通知的人")
