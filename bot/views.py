"""What core tells → a card. All Chinese wording of cards lives here. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from bot.cards import Button, Card, Field, Input, InputKind, Option, Style, Tone
from core.flows.instance import InstanceState, Verdict
from core.forms.definition import FieldDef
from core.forms.fields import KINDS
from core.queries.cards import FormView, ProgressView, ReminderView, TaskView, View
from core.queries.quick import Filled

ASK = {
    "approve": ("同意", "confirm_approve", "确认同意"),
    "reject": ("拒绝", "confirm_reject", "确认拒绝"),
    "return": ("退回", "confirm_return", "确认退回"),
}
REASON, REMARK, WHERE = "reason", "remark", "where"


@dataclass(frozen=True)
class Frame:
    """What every card needs beside its content: the page behind it, the token in its buttons, the zone of times."""

    link: str
    token: str
    zone: tzinfo


def draw(view: View, frame: Frame, note: str = "", ask: str = "") -> Card:
    """The card of a view. `note` replaces its closing line; `ask` asks for what a button needs first."""
    match view:
        case FormView():
            return form_card(view, frame, note)
        case TaskView():
            return task_card(view, frame, note, ask)
        case ProgressView():
            return progress_card(view, frame, note)
        case ReminderView():
            return reminder_card(view, frame, note, ask)


def version_of(view: View) -> int:
    """The version that a token of this view carries."""
    return view.version if isinstance(view, (TaskView, ReminderView)) else 0


def text_of(value: Any) -> str | bool | tuple[str, ...] | None:
    """A plain JSON value as an input holds it."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, list):
        return tuple(str(one) for one in value)
    return str(value)


def input_of(field: FieldDef, value: Any, error: str = "") -> Input:
    """A field of a form as an input of a card."""
    kind = InputKind(KINDS[field.type].card or "text")
    if kind is InputKind.TEXT and field.lines > 1:
        kind = InputKind.LONG_TEXT
    unit = f"（{field.unit}）" if field.unit else ""
    return Input(
        key=field.key,
        label=field.label + unit,
        kind=kind,
        required=field.required,
        options=tuple(Option(one.value, one.shown) for one in field.options if not one.off),
        value=text_of(value),
        placeholder=field.placeholder or field.help,
        error=error,
    )


def form_card(view: FormView, frame: Frame, note: str = "") -> Card:
    """A form to fill; what the card cannot hold is one tap away, in the same draft."""
    problems = dict(view.problems)
    elsewhere = [message for path, message in view.problems if path.partition(".")[0] not in _keys(view)]
    pages = "、".join(view.page_only)
    if view.returned:
        lead = view.returned
    elif view.page_first:
        lead = f"先填这里，再到页面上填{pages}，填过的都会保留。"
    else:
        lead = f"{pages}请到页面上补充。" if pages else ""
    submit = Button("save", "保存并继续") if view.page_first else Button("submit", "提交")
    return Card(
        title=f"{view.title}{'（退回修改）' if view.returned else ''}",
        tone=Tone.REFUSED if view.returned else Tone.OPEN,
        body=lead,
        fields=tuple(Field(label, text) for label, text in view.shown),
        inputs=tuple(input_of(one, value, problems.get(one.key, "")) for one, value in view.on_card),
        submit=Button(submit.name, submit.text, Style.PRIMARY),
        note=note or "；".join(elsewhere),
        link=frame.link,
        link_text=f"填写{view.page_only[0]}" if view.page_only else "打开页面填写",
        status="待修改" if view.returned else "待填写",
        summary=f"请填写{view.title}",
        token=frame.token,
    )


def quick_text(found: Filled) -> str:
    """What was understood of a sentence that fills a form."""
    told = [f"{label}：{text}" for label, text in found.quick.told]
    lines = [
        f"已填进「{found.title}」草稿，请在卡片上核对后提交。"
        if told
        else f"「{found.title}」：这句话一项也没有填上。"
    ]
    return "\n".join([*lines, *told, *(f"没有填：{one}" for one in found.quick.missed)])


def _keys(view: FormView) -> set[str]:
    return {one.key for one, _ in view.on_card}


def task_card(view: TaskView, frame: Frame, note: str = "", ask: str = "") -> Card:
    """An approval task; once decided it says by whom and when, and no button is left."""
    fields = tuple(Field(label, text) for label, text in view.rows)
    title = f"{view.initiator}的{view.form_title}"
    if not view.open:
        return Card(
            title=title,
            tone=Tone.REFUSED if view.refused else Tone.DONE,
            fields=fields,
            note=note or " ".join(filter(None, (view.over, f"意见：{view.comment}" if view.comment else ""))),
            link=frame.link,
            summary=f"{title} {view.over}",
            token=frame.token,
        )
    inputs, buttons = _decision(view, ask)
    asks = ASKS.get(view.kind, "等您审批")
    return Card(
        title=f"{title}{asks}",
        tone=Tone.OPEN,
        body=_lead(view, frame) if not ask else f"请说明{_named(view, ask)}的原因，{view.initiator}会看到。",
        fields=fields,
        inputs=inputs,
        submit=Button(ASK[ask][1], f"确认{_named(view, ask)}", Style.DANGER) if ask else None,
        buttons=buttons,
        note=note or f"{view.step} · {view.number}",
        link=frame.link,
        link_text="更多",
        summary=f"{title}（{view.number}）{asks}",
        token=frame.token,
    )


ASKS = {
    "approve": "等您审批",
    "fill": "等您办理",
    "repair": "的自动步骤失败，请处理",
    "revise": "退回，请修改",
}
STYLES = {"approve": Style.PRIMARY, "reject": Style.DANGER}


def _named(view: TaskView, button: str) -> str:
    return dict(view.buttons).get(button) or ASK[button][0]


def _lead(view: TaskView, frame: Frame) -> str:
    """Who started it for whom, on whose behalf, until when, and that there is something to fill."""
    lines = [f"发起人：{view.started}"] if view.started else []
    lines += [f"您代{view.via}处理。"] if view.via else []
    if view.due is not None:
        lines.append(f"请在 {view.due.astimezone(frame.zone):%m-%d %H:%M} 前处理。")
    if view.on_page:
        lines.append("这一步要填写内容，请点「更多」到页面上办理。")
    return "\n".join(lines)


def _decision(view: TaskView, ask: str) -> tuple[tuple[Input, ...], tuple[Button, ...]]:
    if not ask:
        return (), tuple(
            Button(_press(view, key), name, STYLES.get(key, Style.NORMAL))
            for key, name in view.buttons
            if not (key == "approve" and view.on_page)
        )
    phrases = tuple(Option(one, one) for one in view.phrases.get(ask, []))
    goes = tuple(Option(key, name) for key, name in view.returns) if ask == "return" else ()
    where = Input(WHERE, "退回到", InputKind.SELECT, options=goes, value=goes[0].value if goes else None)
    reason = Input(REASON, "原因", InputKind.SELECT, options=phrases, placeholder="选一条常用原因")
    remark = Input(REMARK, "补充说明", InputKind.TEXT, placeholder="可不填")
    # Two choices and no text: what a WeCom card can ask in one go.
    inputs = (where, reason) if len(goes) > 1 else (reason, remark)
    return inputs, (Button("back", "返回", Style.NORMAL),)


def _press(view: TaskView, button: str) -> str:
    """What always needs a reason asks for it first."""
    return "ask_approve" if button == "approve" and "approve" in view.reason else button


TONES = {
    InstanceState.APPROVED.value: Tone.DONE,
    InstanceState.ENDED.value: Tone.DONE,
    InstanceState.REJECTED.value: Tone.REFUSED,
    InstanceState.WITHDRAWN.value: Tone.INFO,
    InstanceState.RUNNING.value: Tone.OPEN,
    InstanceState.RETURNED.value: Tone.REFUSED,
    "saved": Tone.DONE,
}


def progress_card(view: ProgressView, frame: Frame, note: str = "") -> Card:
    """Where a record stands, for its initiator or for somebody it was copied to."""
    lines = [f"发起人：{view.started}"] if view.started else []
    lines += [_past(one, frame.zone) for one in view.past]
    lines += [f"等待 {who}（{step}）" for step, who in view.waiting]
    urge = (("urge", "催办"),) if view.waiting and view.state == InstanceState.RUNNING.value else ()
    here = {"instance": view.instance_id}
    buttons = tuple(
        Button(key, name, Style.NORMAL, here) for key, name in (("withdraw", "撤回"), *urge) if view.mine
    )
    buttons += tuple(Button("rule", text, Style.NORMAL, {"rule": key}) for key, text in view.rules[:4])
    lead = "抄送给您：" if view.copied else ""
    return Card(
        title=f"{lead}{view.form_title} {view.state_text}",
        tone=TONES.get(view.state, Tone.INFO),
        body="\n".join(lines),
        fields=(Field("编号", view.number), *(Field(label, text) for label, text in view.rows)),
        buttons=buttons,
        note=note,
        link=frame.link,
        link_text="查看详情",
        summary=f"{view.form_title} {view.number} {view.state_text}",
        status="进行中" if view.waiting else "",
        token=frame.token,
    )


def _past(one: tuple[str, str, str, datetime | None], zone: tzinfo) -> str:
    who, text, comment, at = one
    when = f"{at.astimezone(zone):%m-%d %H:%M}" if at else ""
    return f"{when} {who} {text}{f'：{comment}' if comment else ''}".strip()


def reminder_card(view: ReminderView, frame: Frame, note: str = "", ask: str = "") -> Card:
    """A reminder with its buttons; `ask` is the index of a button that needs some fields first."""
    if not view.open:
        return Card(
            title="提醒已处理",
            tone=Tone.DONE,
            body=view.text,
            note=note or view.over,
            link=frame.link,
            summary=view.text,
            token=frame.token,
        )
    asked = view.buttons[int(ask)] if ask else None
    if asked is not None:
        return Card(
            title=asked[0],
            body=view.text,
            inputs=tuple(input_of(one, None) for one in asked[1]),
            submit=Button("remind", asked[0], Style.PRIMARY, {"b": ask}),
            buttons=(Button("back", "返回"),),
            note=note,
            link=frame.link,
            summary=view.text,
            token=frame.token,
        )
    styles = [Style.PRIMARY, *([Style.NORMAL] * len(view.buttons))]
    return Card(
        title="提醒",
        tone=Tone.OPEN,
        body=view.text,
        buttons=tuple(
            Button("ask" if fields else "remind", text, style, {"b": str(index)})
            for index, ((text, fields), style) in enumerate(zip(view.buttons, styles, strict=False))
        ),
        note=note or view.title,
        link=frame.link,
        summary=view.text,
        token=frame.token,
    )


def verdict_text(verdict: Verdict) -> str:
    """同意, 拒绝, 退回."""
    return {Verdict.APPROVE: "同意", Verdict.REJECT: "拒绝", Verdict.RETURN: "退回"}[verdict]


def menu_card(forms: list[tuple[str, str, str]], reports: list[tuple[str, str]]) -> Card:
    """What can be said here; (key, title, word) of forms, those used most first; (key, title) of reports."""
    buttons = [Button("open", title[:10], Style.PRIMARY, {"form": key}) for key, title, _ in forms[:3]]
    buttons.append(Button("todo", "我的待办"))
    buttons += [Button("chart", title[:10], Style.NORMAL, {"report": key}) for key, title in reports[:1]]
    said = "、".join(f"{word}（{title}）" if word and word != title else title for _, title, word in forms)
    charts = "、".join(title for _, title in reports)
    return Card(
        title="可以这样说",
        tone=Tone.INFO,
        fields=(
            Field("填单", said or "还没有表单"),
            Field("一句话填单", "表单名加内容，例如：报销 打车 86.5 昨天 客户拜访"),
            Field("待办", "看等我处理的事"),
            Field("进度", "看我发起的单据走到哪了"),
            Field("图表", charts or "还没有图表"),
        ),
        buttons=tuple(buttons),
        summary="中枢能做什么",
    )


def todo_card(tasks: list[tuple[str, str]], link: str = "") -> Card:
    """(title, since) of a person's open tasks; `link`: the page on which several are decided at once."""
    if not tasks:
        return Card(title="没有待办", tone=Tone.DONE, body="都处理完了。", summary="没有待办")
    return Card(
        title=f"待办 {len(tasks)} 件",
        tone=Tone.OPEN,
        fields=tuple(Field(since, title) for title, since in tasks[:8]),
        buttons=(Button("resend", "把卡片再发我", Style.PRIMARY),),
        note="" if len(tasks) <= 8 else f"还有 {len(tasks) - 8} 件",
        link=link,
        link_text="在页面上处理（可批量）",
        summary=f"待办 {len(tasks)} 件",
    )


def list_card(title: str, rows: list[tuple[str, str]], empty: str) -> Card:
    """A short list of (label, text)."""
    return Card(
        title=title,
        tone=Tone.INFO,
        body="" if rows else empty,
        fields=tuple(Field(label, text) for label, text in rows[:10]),
        summary=title,
    )


def charts_card(reports: list[tuple[str, str]]) -> Card:
    """Which charts there are; (key, title)."""
    return Card(
        title="要看哪张图？",
        tone=Tone.INFO,
        body="" if reports else "还没有报表，请管理员在「设计」里新建。",
        buttons=tuple(
            Button("chart", title[:10], Style.NORMAL, {"report": key}) for key, title in reports[:5]
        ),
        summary="图表",
    )
