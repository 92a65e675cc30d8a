"""The small crash proof of every build: `kill -9` during approvals; and that its auditor can find something."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import orjson
import pytest

from bench.crash import Report, run, table
from bench.crash_audit import Export, audit
from bench.crash_cast import Fate, Press
from bench.crash_plan import Claim
from bench.phones import Shown


@pytest.mark.timeout(300)  # 40 s on two idle cores; a busy machine takes longer to start the server again
async def test_nothing_is_lost_doubled_or_wrong_when_the_server_is_killed(tmp_path: Path):
    """60 次审批途中 kill -9 六次：不丢、不重、卡片最后都对。"""
    report: Report = await run(tmp_path, approvals=60, kills=6, seed=7, limit=200)
    assert report.violations == [], table(report)
    assert report.kills == 6
    assert {one.platform for one in report.cast.presses} == {"dingtalk", "wecom"}


# --- the auditor ----------------------------------------------------------------------------------

CLAIM = Claim(1, "li", "petty_claim", "12.00", True, {"wang": "approve"}, made=True)
PRESS = Press(0.0, 1, "wang", "wecom", "H1", "approve", Fate.ACKED, 0.1)
TASK = {
    "id": "T1",
    "instance_id": "I1",
    "assignee": "wang",
    "state": "decided",
    "verdict": "approve",
    "decided_by": "wang",
}
ROWS: list[dict[str, Any]] = [
    {"table": "instance", "id": "I1", "number": "BY-1", "title": "李明 第0001号", "state": "approved"},
    {"table": "task", **TASK},
    {"table": "transition", "task_id": "T1", "actor": "wang", "action": "approve"},
    {
        "table": "card",
        "id": "C1",
        "handle": "H1",
        "subject_kind": "task",
        "subject_id": "T1",
        "person": "wang",
        "platform": "wecom",
        "wanted_version": 2,
    },
    {"table": "outbox", "id": "O1", "state": "sent", "last_error": ""},
    {"table": "audit", "seq": 1},
]
DRAWN = {
    "title": "小李的备用金申请",
    "subtitle": "已由王经理于 11-24 09:00 同意。",
    "tint": "done",
    "buttons": [{"text": "已处理", "enabled": False, "url": None}],
    "menu": [],
    "form": None,
    "note": "",
    "link": "http://127.0.0.1/h5/l/H1",
    "markdown": "",
    "rows": [{"label": "事由", "value": "第0001号"}],
}
LIVE = [{"text": one, "enabled": True, "url": None} for one in ("同意", "拒绝")]


def findings(rows: list[dict[str, Any]], drawn: dict[str, Any], copies: int = 1) -> dict[str, int]:
    """How many of each kind the auditor finds."""
    text = "\n".join(orjson.dumps(one).decode() for one in rows)
    chats = [Shown("wecom", "WangQiang", f"msg-{n}", n, drawn) for n in range(copies)]
    found = audit(Export(text), [CLAIM], [PRESS], chats)
    kinds = {"lost": found.lost, "doubled": found.doubled, "wrong": found.wrong, "stuck": found.stuck}
    return {name: len(ones) for name, ones in kinds.items() if ones}


def changed(table_: str, **values: Any) -> list[dict[str, Any]]:
    """The sound rows with something else in a table's row."""
    rows = copy.deepcopy(ROWS)
    for row in rows:
        if row["table"] == table_:
            row.update(values)
    return rows


def test_the_auditor_is_content_with_sound_rows():
    """没有问题时不报问题。"""
    assert findings(ROWS, DRAWN) == {}


@pytest.mark.parametrize(
    ("rows", "drawn", "expected"),
    [
        pytest.param([r for r in ROWS if r["table"] != "transition"], DRAWN, {"lost": 1}, id="press lost"),
        pytest.param([*ROWS, ROWS[2]], DRAWN, {"doubled": 1, "lost": 1}, id="two transitions"),
        pytest.param(changed("transition", actor="chen"), DRAWN, {"lost": 1}, id="somebody else's"),
        pytest.param(changed("instance", state="rejected"), DRAWN, {"lost": 1}, id="wrong end"),
        pytest.param(changed("instance", number="BY-2"), DRAWN, {"lost": 1}, id="gap in numbers"),
        pytest.param(changed("instance", title="李明"), DRAWN, {"lost": 1}, id="claim lost"),
        pytest.param(changed("outbox", state="leased"), DRAWN, {"stuck": 1}, id="row stuck"),
        pytest.param(changed("audit", seq=2), DRAWN, {"lost": 1}, id="audit gap"),
        pytest.param(ROWS, {**DRAWN, "buttons": LIVE}, {"wrong": 1}, id="live buttons"),
        pytest.param(ROWS, {**DRAWN, "tint": "refused"}, {"wrong": 1}, id="wrong colour"),
        pytest.param(ROWS, {**DRAWN, "subtitle": ""}, {"wrong": 1}, id="does not say who"),
        pytest.param(ROWS, {**DRAWN, "link": ""}, {"lost": 1}, id="card never arrived"),
    ],
)
def test_the_auditor_finds(rows: list[dict[str, Any]], drawn: dict[str, Any], expected: dict[str, int]):
    """每一种问题都看得出来。"""
    assert findings(rows, drawn) == expected


def test_the_auditor_counts_cards_that_arrived_too_often():
    """同一张卡片发了三次，状态却只变过一次。"""
    assert findings(ROWS, DRAWN, copies=3) == {"doubled": 1}
