"""The audit trail as sentences: what somebody did, in Chinese."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from core import canon
from core.definitions import KIND_NAMES
from core.flows.definition import Flow
from core.flows.state import REVISE_STEP
from core.queries.records import STATE_TEXTS, iso
from core.queries.steptexts import Titles
from core.store.audit import AuditRow
from core.store.work import UnitOfWork

Body = dict[str, Any]
Say = Callable[[Body, "Words"], str]
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
    words = Words(uow)
    return {
        "rows": [_row(one, words) for one in rows[:limit]],
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


class Words:
    """How people call what the trail knows by key: people, steps, flows, forms. Asked once for each instance."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow
        self._titles = Titles(uow)
        self._flows: dict[str, Flow | None] = {}

    def called(self, person: str | None) -> str:
        """A person."""
        return self._uow.people.called(person)

    def step(self, body: Body) -> str:
        """The step of a flow event."""
        key = str(body["step"])
        if key == REVISE_STEP:
            return "退回修改"
        flow = self._flow(str(body["instance_id"]))
        found = flow.step(key) if flow else None
        return f"「{found.name}」" if found else key

    def _flow(self, instance_id: str) -> Flow | None:
        if instance_id not in self._flows:
            one = self._uow.instances.load(instance_id)
            self._flows[instance_id] = self._uow.shelf.flow(one.flow, one.flow_version)[0] if one else None
        return self._flows[instance_id]

    def titled(self, kind: str, key: str) -> str:
        """A definition by its title in force."""
        return f"「{self._titles.of(kind, key)}」"


def _row(row: AuditRow, words: Words) -> dict[str, Any]:
    return {
        "seq": row.seq,
        "at": iso(row.at),
        "who": words.called(row.actor),
        "action": row.action,
        "object": row.object,
        "text": sentence(row, words),
    }


def sentence(row: AuditRow, words: Words) -> str:
    """What happened; the event's own name when it has no sentence yet."""
    say = _SENTENCES.get(row.action)
    return say(canon.loads(row.body), words) if say else row.action


def _with(text: str, comment: str) -> str:
    return f"{text}：{comment}" if comment else text


def _for(body: Body, words: Words) -> str:
    """代发起: for whom; rows from before it was kept say nothing."""
    return f"代{words.called(body['initiator'])}" if body.get("started_by") else ""


def _published(body: Body, words: Words) -> str:
    name = words.titled(body["kind"], body["key"])
    return _with(f"发布{KIND_NAMES[body['kind']]}{name} 版本 {body['version']}", body["note"])


_TEMPLATES = {"upload": "上传", "restore": "恢复", "drop": "停用"}
_ACTIONS = {"jump": "跳转", "reassign": "改派", "end": "结束", "reopen": "重新激活"}
_MARKS = {"effect": "生效", "void": "作废", "delete": "移入回收站", "restore": "恢复", "purge": "彻底删除"}


_SENTENCES: dict[str, Say] = {
    "RecordCreated": lambda b, _: f"新建 {b['number']}",
    "RecordUpdated": lambda b, _: f"修改 {b['number']}（{len(b['after'])} 个字段）",
    "DraftOpened": lambda b, w: f"打开表单{w.titled('form', b['form'])}",
    "InstanceStarted": lambda b, w: (
        f"{_for(b, w)}发起流程{w.titled('flow', b['flow'])}（版本 {b['flow_version']}）"
    ),
    "StepEntered": lambda b, w: f"进入步骤{w.step(b)}",
    "StepLeft": lambda b, w: f"步骤{w.step(b)}结束",
    "PathTaken": lambda b, w: f"分支{w.step(b)}走：{'、'.join(b['because'])}",
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
    "RecordDeleted": lambda b, _: f"删除 {b['number']}",
    "RecordMarked": lambda b, _: _with(f"{_MARKS.get(b['what'], b['what'])} {b['number']}", b["reason"]),
    "RecordCommented": lambda b, _: f"评论「{b['title']}」：{b['text'][:60]}",
    "DraftSaved": lambda _b, _w: "保存草稿",
    "TaskReady": lambda _b, _w: "轮到下一位处理",
    "TaskWaits": lambda b, _: _with("先请别人处理（前加签）", b["comment"]),
    "TaskReassigned": lambda b, w: f"待办改由{w.called(b['to'])}处理",
    "TaskReminded": lambda b, _: f"提醒处理人：{b['why']}",
    "TaskUrged": lambda _b, _w: "催办",
    "StepsInterrupted": lambda b, _: _with("停下正在走的步骤", b["comment"]),
    "StepRestored": lambda b, w: f"步骤{w.step(b)}接着走",
    "DetourEnded": lambda b, _: "改好后直接送回" if b["way"] == "straight" else "改好后重新走",
    "Picked": lambda b, w: f"指定{w.step(b)}由{'、'.join(w.called(one) for one in b['people'])}处理",
    "JobWanted": lambda b, w: f"自动步骤{w.step(b)}开始",
    "JobFinished": lambda b, w: _with(f"自动步骤{w.step(b)}{'完成' if b['ok'] else '失败'}", b["message"]),
    "TimerSet": lambda _b, _w: "定了一个时间",
    "FieldsWanted": lambda b, _: f"事件更新字段：{'、'.join(b['values'])}",
    "CommentAdded": lambda b, _: f"评论：{b['text'][:60]}",
    "Intervened": lambda b, w: _with(
        f"干预：{_ACTIONS.get(b['action'], b['action'])}（{w.called(b['confirmed_by'])}确认）", b["reason"]
    ),
    "InterventionAsked": lambda b, _: _with(
        f"提出干预：{_ACTIONS.get(b['action'], b['action'])}", b["reason"]
    ),
    "InterventionRefused": lambda _b, _w: "驳回干预",
    "InstanceReopened": lambda _b, _w: "流程重新激活",
    "DelegationChanged": lambda b, w: (
        f"结束给{w.called(b['to'])}的委托"
        if b.get("ended")
        else f"{w.called(b['person'])}委托给{w.called(b['to'])}"
    ),
    "HandedOver": lambda b, w: f"{w.called(b['person'])}的工作交接给{w.called(b['to'])}",
    "WorkdaysChanged": lambda _b, _w: "改了工作日历",
    "PhrasesKept": lambda b, _: f"改了{_VERDICTS[b['verdict']]}的常用意见",
    "CommandRefused": lambda b, _: f"被拒绝：{b['message']}",
}
