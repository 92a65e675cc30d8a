"""Rules for operators: what they do, what they did, why they did or did not act on a record."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from core.errors import NotFound
from core.queries.records import iso
from core.rules.book import ReadyRule, family
from core.store.runs import ERROR, Origin, Run
from core.store.work import UnitOfWork

OUTCOMES = {
    "fired": "已执行",
    "not_matched": "条件不符合",
    "error": "出错",
    "throttled": "刚执行过，跳过",
    "capped": "超过连锁上限，停下",
    "refused": "不让保存",
    "retried": "出错后已重试",
}
FAMILIES = {
    "absence": "多久没有发生",
    "created": "新建",
    "updated": "修改",
    "saved": "保存",
    "deleted": "删除",
    "effective": "生效",
    "voided": "作废",
    "flowhappened": "流程事件",
    "schedule": "定时",
    "datedue": "日期临近",
    "threshold": "越过界线",
    "waiting": "审批等待",
    "button": "按钮",
    "webhook": "外部通知",
}


def titles(uow: UnitOfWork) -> dict[str, str]:
    """Titles as rules name things: forms by key, `rule:key`, `aggregate:key`, `report:key`."""
    found = {one.key: str(getattr(one, "title", one.key)) for one in uow.shelf.all("form")}
    for kind in ("rule", "aggregate", "report"):
        found |= {f"{kind}:{one.key}": str(getattr(one, "title", one.key)) for one in uow.shelf.all(kind)}
    return found


def overview(uow: UnitOfWork) -> list[dict[str, Any]]:
    """Every rule: its sentence, and how often it ended how in the last 30 days."""
    counts, names = uow.runs.counts(uow.now - timedelta(days=30)), titles(uow)
    return [
        {
            "key": ready.key,
            "title": ready.rule.title,
            "version": ready.version,
            "trigger": FAMILIES[family(ready.rule)],
            "sentence": ready.rule.sentence(names),
            "counts": {**dict.fromkeys(("fired", "error", "not_matched"), 0), **counts.get(ready.key, {})},
        }
        for ready in uow.shelf.book.rules.values()
    ]


def run_document(uow: UnitOfWork, run: Run) -> dict[str, Any]:
    """RUN: one line of the log. next_at: when a failed one tries again by itself."""
    tries, next_at = uow.runs.retries([run.id]).get(run.id, (0, None)) if run.outcome == ERROR else (0, None)
    form = uow.shelf.find_form(run.form) if run.form else None
    record = uow.records.load(form, run.record_id) if form and run.record_id else None
    ready = uow.shelf.book.rules.get(run.rule)
    return {
        "id": run.id,
        "rule": run.rule,
        "title": ready.rule.title if ready else run.rule,
        "version": run.version,
        "form": run.form,
        "record_id": run.record_id,
        "record": f"{record.number} {record.title}" if record else "",
        "event": run.event.partition("#")[0],
        "outcome": run.outcome,
        "outcome_text": OUTCOMES.get(run.outcome, run.outcome),
        "at": iso(run.at),
        "actor": uow.people.called(run.actor),
        "rung": run.rung,
        "depth": run.depth,
        "clauses": run.clauses,
        "facts": run.facts,
        "actions": run.actions,
        "error": run.error,
        "milliseconds": round(run.micros / 1000, 1),
        "tries": tries,
        "next_at": iso(next_at),
    }


def log(uow: UnitOfWork, rule: str, outcome: str, after: str, limit: int, record: str = "") -> dict[str, Any]:
    """A page of runs, newest first."""
    rows = uow.runs.page(rule, record, outcome, after, limit + 1)
    return {
        "rows": [run_document(uow, one) for one in rows[:limit]],
        "next": rows[limit - 1].id if len(rows) > limit else None,
    }


def origin_document(uow: UnitOfWork, origin: Origin) -> dict[str, Any]:
    """Where a record comes from."""
    ready = uow.shelf.book.rules.get(origin.rule)
    what = "新建" if origin.what == "created" else "修改"
    title = ready.rule.title if ready else origin.rule
    seen = "，".join(f"{name} {value}" for name, value in origin.facts.items() if value not in (None, ""))
    return {
        "what": origin.what,
        "rule": origin.rule,
        "title": title,
        "version": origin.version,
        "event": origin.event,
        "facts": origin.facts,
        "run_id": origin.run_id,
        "at": iso(origin.at),
        "text": f"由规则「{title}」版本 {origin.version} {what}" + (f"（{seen}）" if seen else ""),
    }


def find(uow: UnitOfWork, ready: ReadyRule, text: str) -> tuple[str, str]:
    """(form, record id) of a number, id or title. Raises NotFound."""
    keys = [ready.rule.when.form] if ready.rule.when.form else uow.shelf.keys("form")
    for key in keys:
        form = uow.shelf.find_form(key)
        found = uow.records.find(form, text.strip(), 2) if form else []
        if len(found) == 1:
            return key, found[0][0]
    raise NotFound(f"没有（或不止一条）「{text[:40]}」。")
