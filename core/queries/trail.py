"""The audit trail as sentences: what somebody did, in Chinese."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from core import canon
from core.definitions import KIND_NAMES
from core.people import Directory
from core.queries.records import STATE_TEXTS, iso
from core.store.audit import AuditRow
from core.store.work import UnitOfWork

Body = dict[str, Any]
_VERDICTS = {"approve": "同意", "reject": "拒绝", "return": "退回", "resubmit": "修改后重新提交"}
_ACCESS = {
    "made": "新建",
    "changed": "改了密码",
    "login": "登录",
    "locked": "密码连续输错，暂时锁定",
    "revoked": "吊销",
}


def page(uow: UnitOfWork, before: int | None, limit: int, object_: str = "") -> dict[str, Any]:
    """Rows newest first, below the number `before`; `object_` is an object, or the number of a record."""
    object_ = _object(uow, object_)
    rows = uow.audit.before(before, limit + 1, object_)
    return {
        "rows": [_row(one, uow.people) for one in rows[:limit]],
        "next": str(rows[limit - 1].seq) if len(rows) > limit else None,
    }


def _object(uow: UnitOfWork, text: str) -> str:
    """People look for a document's number; the trail holds ids."""
    if not text or ":" in text:
        return text
    for key in uow.shelf.keys("form"):
        found = uow.records.find(uow.shelf.form(key).form, text, 1)
        if found:
            return f"record:{key}:{found[0][0]}"
    return text


def _row(row: AuditRow, people: Directory) -> dict[str, Any]:
    return {
        "seq": row.seq,
        "at": iso(row.at),
        "who": people.called(row.actor),
        "action": row.action,
        "object": row.object,
        "text": sentence(row, people),
    }


def sentence(row: AuditRow, people: Directory) -> str:
    """What happened; the event's own name when it has no sentence yet."""
    say = _SENTENCES.get(row.action)
    return say(canon.loads(row.body), people) if say else row.action


def _with(text: str, comment: str) -> str:
    return f"{text}：{comment}" if comment else text


def _published(body: Body, _people: Directory) -> str:
    return _with(f"发布{KIND_NAMES[body['kind']]} {body['key']} 版本 {body['version']}", body["note"])


_TEMPLATES = {"upload": "上传", "restore": "恢复", "drop": "停用"}

_SENTENCES: dict[str, Callable[[Body, Directory], str]] = {
    "RecordCreated": lambda b, _: f"新建 {b['number']}",
    "RecordUpdated": lambda b, _: f"修改 {b['number']}（{len(b['after'])} 个字段）",
    "DraftOpened": lambda b, _: f"打开表单 {b['form']}",
    "InstanceStarted": lambda b, _: f"发起流程 {b['flow']}（版本 {b['flow_version']}）",
    "StepEntered": lambda b, _: f"进入步骤 {b['step']}",
    "StepLeft": lambda b, _: f"步骤 {b['step']} 结束",
    "PathTaken": lambda b, _: f"分支 {b['step']} 走：{'、'.join(b['because'])}",
    "TaskOpened": lambda b, p: f"待办「{b['name']}」交给{p.called(b['assignee'])}",
    "TaskDecided": lambda b, _: _with(_VERDICTS.get(b["verdict"], str(b["verdict"])), b["comment"]),
    "TaskCancelled": lambda _b, _p: "待办不再需要处理",
    "TaskTransferred": lambda b, p: _with(f"转交给{p.called(b['to'])}", b["comment"]),
    "CopySent": lambda b, p: f"抄送{p.called(b['person'])}",
    "InstanceReturned": lambda b, _: _with("退回给发起人", b["comment"]),
    "InstanceResumed": lambda _b, _p: "修改后重新提交",
    "InstanceEnded": lambda b, _: f"流程{STATE_TEXTS.get(b['result'], b['result'])}",
    "NobodyFound": lambda b, _: f"步骤「{b['name']}」找不到处理人，交给系统管理员",
    "ReminderMade": lambda b, p: f"提醒{p.called(b['person'])}：{b['text']}",
    "RemindersMade": lambda b, _: f"定时检查执行 {b['runs']} 条，发出提醒 {len(b['reminders'])} 条",
    "ReminderAnswered": lambda b, _: f"处理提醒：{b['detail']}",
    "DefinitionPublished": _published,
    "PrintTemplateChanged": lambda b, _: (
        f"{_TEMPLATES.get(b['what'], b['what'])}打印模板「{b['title']}」（版本 {b['version']}）"
    ),
    "ContactChanged": lambda b, p: f"修改{p.called(b['person'])}的{'、'.join(b['what'])}",
    "GroupChanged": lambda b, _: f"{b['what']}群「{b['name']}」",
    "ChannelTried": lambda b, _: f"发出测试消息（{b['channel']}）",
    "DirectoryChanged": lambda b, _: f"更新通讯录，共 {b['people']} 人",
    "PictureAsked": lambda _b, _p: "要了一张报表图",
    "AccessChanged": lambda b, _: _with(_ACCESS.get(b["what"], str(b["what"])), b["name"]),
    "CommandRefused": lambda b, _: f"被拒绝：{b['message']}",
}
