"""Why a rule did, or did not, act on a record: its log, and its condition over the record as it is now."""

from __future__ import annotations

from typing import Any

from core.expressions import ExpressionError
from core.queries.dryrun import case_now
from core.queries.records import iso
from core.queries.rules import find, origin_document, run_document, titles
from core.rules.book import ReadyRule
from core.rules.clock import since
from core.rules.engine import Case, judge
from core.rules.hits import hits
from core.rules.sweep import bound
from core.rules.thresholds import sides
from core.rules.when import Absence, ClockTrigger, Threshold
from core.rules.would import would
from core.store.runs import FIRED, Run
from core.store.work import UnitOfWork


def why(uow: UnitOfWork, key: str, text: str) -> dict[str, Any]:
    """Everything that answers "why (not)?". Raises NotFound, UserError."""
    ready = uow.shelf.book.rule(key)
    form, record_id = find(uow, ready, text)
    runs = uow.runs.page(key, record_id, limit=20)
    case = case_now(uow, ready, form, record_id)
    names = titles(uow)
    clauses, holds, error = _judged(uow, ready, case)
    return {
        "rule": key,
        "title": ready.rule.title,
        "sentence": ready.rule.sentence(names),
        "form": form,
        "record_id": record_id,
        "record": f"{case.record.number} {case.record.title}" if case and case.record else "",
        "clauses": clauses,
        "holds": holds,
        "error": error,
        "answer": answer(uow, ready, case, runs, holds, error),
        "would": would(uow, ready, case, names) if case and holds else [],
        "runs": [run_document(uow, one) for one in runs],
        "origins": [origin_document(uow, one) for one in uow.runs.origins(record_id)],
    }


def _judged(
    uow: UnitOfWork, ready: ReadyRule, case: Case | None
) -> tuple[list[dict[str, Any]], bool | None, str]:
    if case is None:
        return [], None, "这条数据已经不在了"
    try:
        judged = judge(ready, case.facts, uow.scope())
    except ExpressionError as error:
        return [], None, error.message
    return judged.clauses, judged.holds, ""


def answer(
    uow: UnitOfWork, ready: ReadyRule, case: Case | None, runs: list[Run], holds: bool | None, error: str
) -> str:
    """One or two sentences."""
    fired = next((one for one in runs if one.outcome == FIRED), None)
    said = (
        f"最近一次执行在 {_local(uow, fired)}：{'；'.join(fired.actions)}。"
        if fired
        else "从来没有对这条数据执行过。"
    )
    last = runs[0] if runs else None
    if last is not None and last.outcome == "error":
        said += f"最近一次出错：{last.error}。"
    if last is not None and last.outcome in ("throttled", "capped"):
        said += "最近一次被限制（节流或连锁上限），没有执行。"
    if error:
        return said + f"现在的条件算不出来：{error}。"
    if holds is False:
        unmet = [one["text"] for one in _now(uow, ready, case) if one["truth"] is False]
        return said + f"现在条件不符合：{'；'.join(unmet) or '整个条件'}。"
    return said + _trigger(uow, ready, case)


def _now(uow: UnitOfWork, ready: ReadyRule, case: Case | None) -> list[dict[str, Any]]:
    return judge(ready, case.facts, uow.scope()).clauses if case else []


def _local(uow: UnitOfWork, run: Run) -> str:
    return f"{run.at.astimezone(uow.house.zone):%Y-%m-%d %H:%M}"


def _trigger(uow: UnitOfWork, ready: ReadyRule, case: Case | None) -> str:
    """The condition holds (or there is none): what about the trigger?"""
    when = ready.rule.when
    if case is None:
        return ""
    if isinstance(when, Threshold):
        beyond, _ = sides(uow, ready, dict(case.facts))
        value, line = case.facts.get("_value"), case.facts.get("_line")
        crossed = uow.runs.states(case.record_id).get(ready.key, (False, 0))[0]
        if value is None or line is None:
            return "数值或界线是空的，不会触发。"
        side = "已越过" if beyond else "没有越过"
        again = "，已触发过，回到界线之后才会再触发" if crossed and beyond else ""
        return f"数值 {value}，界线 {line}，{side}{again}。"
    if isinstance(when, Absence):
        if any(hits(uow, ready, uow.now, uow.now, case.record_id)):
            return "现在已经到期，下一次检查时会执行。"
        limit = f"{bound(uow.now, when.days):%Y-%m-%d}" if when.days else f"{when.work_hours} 个工作小时前"
        return f"时间还没到（{limit} 之后有过动静），或这段沉默已经提醒过。"
    if isinstance(when, ClockTrigger):
        return f"条件符合；按时间表执行，上次检查到 {iso(since(uow, ready))}。"
    return "条件符合；等下一次触发（见规则的如果部分）时会执行。"
