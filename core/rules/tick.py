"""Commands of the clock: look with one rule now; send what was gathered."""

from __future__ import annotations

from core.acting import Done
from core.commands import SYSTEM, SweepRule, TickRules
from core.errors import UserError
from core.events import Event
from core.rules.clock import since, strike
from core.rules.doing import send
from core.rules.hand import run_again
from core.rules.hits import hits
from core.rules.react import Reaction
from core.rules.when import ClockTrigger
from core.store.runs import Notice
from core.store.work import UnitOfWork


def sweep_rule(uow: UnitOfWork, command: SweepRule) -> Done:
    """Everything that a clock rule finds now, each record once. Rules that follow events find nothing."""
    ready = uow.shelf.book.rule(command.rule)
    if not isinstance(ready.rule.when, ClockTrigger):
        return Done(f"「{ready.rule.title}」由数据变化触发，不用定时检查。", (), {"hits": 0}, settled=True)
    struck, after = strike(uow, ready) or uow.now, since(uow, ready)
    reaction = Reaction(uow, "system", log_misses=False)
    done = 0
    for case, actions in hits(uow, ready, struck, after):
        done += reaction.execute(ready, case, actions=actions)
        reaction.drain()
        if done >= ready.rule.most:
            break
    else:
        uow.runs.set_clock(ready.key, max(struck, after))
    text = f"「{ready.rule.title}」检查完毕，执行了 {done} 条。"
    return Done(text, tuple(reaction.events), {"hits": done}, settled=True)


def tick_rules(uow: UnitOfWork, _command: TickRules) -> Done:
    """Messages that were gathered and whose hour has come: one message a person. Failed runs, once more."""
    by_person: dict[str, list[Notice]] = {}
    for one in uow.runs.take_due(uow.now):
        by_person.setdefault(one.person, []).append(one)
    sent = sum(send(uow, person, _digest(some)) for person, some in by_person.items())
    events = _failed_again(uow)
    return Done(f"发出 {sent} 条汇总。", tuple(events), {"sent": sent}, settled=True)


def _failed_again(uow: UnitOfWork) -> list[Event]:
    """Failed runs whose time has come, each in a savepoint; one that is past help waits for an administrator."""
    events: list[Event] = []
    for run_id, tries in uow.runs.due_retries(uow.now):
        savepoint = uow.connection.begin_nested()
        try:
            events += run_again(uow, run_id, SYSTEM, tries + 1)[1]
        except UserError:
            savepoint.rollback()
        else:
            savepoint.commit()
    return events


def _digest(notices: list[Notice]) -> str:
    if len(notices) == 1:
        return notices[0].text
    lines = "\n".join(f"{index}. {one.text}" for index, one in enumerate(notices[:50], 1))
    more = f"\n……共 {len(notices)} 条" if len(notices) > 50 else ""
    return f"您有 {len(notices)} 条提醒：\n{lines}{more}"
