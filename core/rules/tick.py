"""Commands of the clock: work off what a rule found (all of it, or a chunk of a sweep); send what was gathered."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from core.acting import Done
from core.collector import resting
from core.commands import SYSTEM, SweepPart, SweepRule, TickRules
from core.errors import UserError
from core.events import Event
from core.rules.book import ReadyRule
from core.rules.bulk import in_bulk, only_tells
from core.rules.clock import since, strike
from core.rules.doing import send
from core.rules.hand import run_again
from core.rules.hits import Found, Hit, cases, look
from core.rules.react import Reaction, active
from core.rules.sweep import stirred
from core.rules.when import Absence, ClockTrigger
from core.store.runs import Notice
from core.store.sweeps import RUNNING, SweepRow
from core.store.work import UnitOfWork

TOLD_AT_ONCE, DONE_AT_ONCE = 1000, 100  # records a transaction: where people are only told, and elsewhere


def sweep_rule(uow: UnitOfWork, command: SweepRule) -> Done:
    """Everything that a clock rule finds now, each record once. Rules that follow events find nothing."""
    ready = uow.shelf.book.rule(command.rule)
    if not isinstance(ready.rule.when, ClockTrigger):
        return Done(f"「{ready.rule.title}」由数据变化触发，不用定时检查。", (), {"hits": 0}, settled=True)
    part = command.part or looked(uow, ready, whole=True)[0]
    if part.sweep and part.first:
        uow.sweeps.open(_row(uow, ready, part))
    with resting():
        done, events = work_off(uow, ready, part)
    if part.sweep:
        uow.sweeps.advance(part.sweep, len(part.hits), done, uow.now, last=part.last)
    if part.last and not part.rest:
        uow.runs.set_clock(ready.key, max(part.struck, since(uow, ready)))
    text = f"「{ready.rule.title}」检查完毕，执行了 {done} 条。"
    return Done(text, tuple(events), {"hits": done}, settled=True)


def looked(uow: UnitOfWork, ready: ReadyRule, *, whole: bool = False) -> list[SweepPart]:
    """What a rule finds now, in parts (or one); never empty, as an empty look counts too."""
    struck, after = strike(uow, ready) or uow.now, since(uow, ready)
    most = ready.rule.most
    with resting():
        found = list(islice(look(uow, ready, struck, after), most + 1 if most else None))
    rest = most is not None and len(found) > most
    found = found[:most]
    chunks = [tuple(found)] if whole else _chunks(ready, found)
    sweep = uow.ids() if len(chunks) > 1 else ""
    return [
        SweepPart(
            sweep, ready.version, struck, uow.now, one, len(found),
            first=place == 0, last=place == len(chunks) - 1, rest=rest,
        )
        for place, one in enumerate(chunks)
    ]  # fmt: skip


def _chunks(ready: ReadyRule, found: Sequence[Hit]) -> list[tuple[Hit, ...]]:
    """Runs of one step of the ladder, as long as a transaction may be."""
    sizes = {
        rung: TOLD_AT_ONCE if only_tells(ready, rung) else DONE_AT_ONCE
        for rung in {one.rung for one in found}
    }
    chunks: list[list[Hit]] = [[]]
    for hit in found:
        last = chunks[-1]
        if last and (last[0].rung != hit.rung or len(last) >= sizes[hit.rung]):
            chunks.append([hit])
        else:
            last.append(hit)
    return [tuple(one) for one in chunks]


def work_off(uow: UnitOfWork, ready: ReadyRule, part: SweepPart) -> tuple[int, list[Event]]:
    """Act on the hits of a part, as far as they are still due; how many, and what happened."""
    if part.version != ready.version or not active(ready, uow):
        return 0, []
    told: list[Found] = []
    left: list[Found] = []
    telling = {rung: only_tells(ready, rung) for rung in {one.rung for one in part.hits}}
    for case, actions in cases(uow, ready, _still(uow, ready, part)):
        (told if telling[case.rung] else left).append((case, actions))
    done, events, misfits = in_bulk(uow, ready, told)
    for case, actions in (*misfits, *left):
        reaction = Reaction(uow, "system", log_misses=False)
        done += reaction.execute(ready, case, actions=actions)
        events += reaction.drain()
    return done, events


def _still(uow: UnitOfWork, ready: ReadyRule, part: SweepPart) -> list[Hit]:
    """Without what was done, or stirred, since it was looked at."""
    ids = [one.record_id for one in part.hits]
    done = uow.runs.fired_events(ready.key, ids)
    some = [one for one in part.hits if (one.record_id, one.event) not in done]
    if isinstance(ready.rule.when, Absence) and uow.now > part.looked:
        absent = uow.shelf.form(ready.rule.when.absence).form
        news = stirred(uow.connection, ready.rule, absent, ids, part.looked, uow.now)
        some = [one for one in some if one.record_id not in news]
    return some


def _row(uow: UnitOfWork, ready: ReadyRule, part: SweepPart) -> SweepRow:
    return SweepRow(part.sweep, ready.key, ready.version, RUNNING, part.found, 0, 0, uow.now, uow.now)


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
