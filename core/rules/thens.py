"""What a rule does, as data; how it is done stands in core/rules/act, one file a kind."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from core.reach import BY_CHAT, Addresses, Channel, Channels, Groups, say_channels, say_more
from core.rules.base import Formula, People, Strict, Who, Written, say_people

Names = Mapping[str, str]


class RuleButton(Strict):
    """One button of a reminder: exactly one of create (a record linked to the reminded one), snooze (days), set."""

    text: str = Field(min_length=1, max_length=10)
    create: str = ""
    ask: tuple[str, ...] = ()
    snooze: int = Field(default=0, ge=0, le=365)
    set: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one(self) -> RuleButton:
        if sum(map(bool, (self.create, self.snooze, self.set))) != 1:
            raise ValueError("按钮要写 create、snooze、set 其中一种")
        if self.ask and not self.create:
            raise ValueError("只有 create 按钮可以写 ask")
        return self


class Reach(Strict):
    """Whom words reach, and how: people by chat, e-mail or SMS; addresses in fields; groups (core/reach.py)."""

    who: People = ()
    by: Channels = BY_CHAT
    to: Addresses = ()
    group: Groups = ()
    subject: str = Field(default="", max_length=120, description="of e-mails; else the rule's title")

    @model_validator(mode="after")
    def _somebody(self) -> Reach:
        if not (self.who or self.to or self.group):
            raise ValueError("没有写告诉谁：who、to 或 group")
        if self.by != BY_CHAT and not self.who:
            raise ValueError("by 说的是 who 里的人，请写 who；外部地址写在 to 里就会发")
        return self

    @property
    def beyond_chat(self) -> bool:
        """Whether more is told than people in their chat."""
        return self.by != BY_CHAT or bool(self.to or self.group)

    def whom(self) -> str:
        """As people read it."""
        more = say_more(self.to, self.group)
        return f"{say_people(self.who)}{more}" if self.who else more[1:]


class Remind(Reach):
    """A card: who is told what, and what can be pressed. Other ways than chat carry the words alone."""

    text: str = Field(min_length=1, max_length=200)
    buttons: tuple[RuleButton, ...] = Field(default=(), max_length=5)

    def say(self, _names: Names) -> str:
        """As people read it."""
        buttons = f"，按钮：{'、'.join(one.text for one in self.buttons)}" if self.buttons else ""
        return f"{say_channels(self.by)}提醒{self.whom()}：「{self.text}」{buttons}"

    @model_validator(mode="after")
    def _card(self) -> Remind:
        if self.who and Channel.CHAT not in self.by:
            raise ValueError("remind 是聊天里的卡片，by 里要有 chat；只发邮件或短信请用 notify")
        return self


class Create(Written):
    """A new record of `form`, one for each row of the sub-table `each` where that is given.

    rows  sub-table → its rows, each a written set of values;  `if` is asked for each row (as 行.列)
    """

    form: str
    each: str = ""
    rows: dict[str, tuple[Written, ...]] = Field(default_factory=dict)

    def say(self, names: Names) -> str:
        """As people read it."""
        each = f"按「{self.each}」的每一行" if self.each else ""
        only = f"（只在 {self.condition} 时）" if self.condition else ""
        rows = "".join(
            f"；{table} {len(rows)} 行（{'；'.join(one.say_values() for one in rows)}）"
            for table, rows in self.rows.items()
        )
        return f"{each}新建{names.get(self.form, self.form)}（{self.say_values()}{rows}）{only}"


class Target(Written):
    """Which records: the record itself, the one it links to, or those of `form` that `match`.

    target  "" or 本单: the record; a link field's label: the linked record
    match   field of the other form → expression over what the rule sees; `if` is over the other form
    most    more than so many is an error, not a surprise
    """

    target: str = ""
    form: str = ""
    match: dict[str, Formula] = Field(default_factory=dict)
    most: int = Field(default=100, ge=1, le=5000)

    @model_validator(mode="after")
    def _where(self) -> Target:
        if self.form and self.target:
            raise ValueError("form 和 target 只能写一个")
        if self.form and not (self.match or self.condition):
            raise ValueError("没有写 match 或 if，会动到全部数据；请写清楚是哪些")
        if not self.form and (self.match or self.condition):
            raise ValueError("match 和 if 要和 form 一起写")
        return self

    def which(self, names: Names) -> str:
        """As people read it."""
        if not self.form:
            return "本单" if self.target in ("", "本单") else f"关联的{self.target}"
        parts = [f"{name} 等于 {text}" for name, text in self.match.items()]
        parts += [self.condition] if self.condition else []
        return f"{names.get(self.form, self.form)}（{'，且 '.join(parts)}，最多 {self.most} 条）"


class Update(Target):
    """Change records."""

    @model_validator(mode="after")
    def _something(self) -> Update:
        if not self.targets:
            raise ValueError("没有写要改什么（map 或 set）")
        return self

    def say(self, names: Names) -> str:
        """As people read it."""
        return f"修改{self.which(names)}：{self.say_values()}"


class Upsert(Written):
    """Change the record of `form` that matches, or make it with the matched values when there is none."""

    form: str
    match: dict[str, Formula] = Field(min_length=1)

    def say(self, names: Names) -> str:
        """As people read it."""
        match = "，".join(f"{name} = {text}" for name, text in self.match.items())
        return f"更新或新建{names.get(self.form, self.form)}（{match}；{self.say_values()}）"


class Delete(Target):
    """Delete records."""

    def say(self, names: Names) -> str:
        """As people read it."""
        return f"删除{self.which(names)}"


class FlowAction(Strict):
    """Start or end the flow of the record or of the linked one."""

    do: Literal["start", "end"]
    target: str = ""
    comment: str = Field(default="", max_length=200)

    def say(self, _names: Names) -> str:
        """As people read it."""
        which = "本单" if self.target in ("", "本单") else f"关联的{self.target}"
        return f"{'发起' if self.do == 'start' else '终止'}{which}的审批" + (
            f"（{self.comment}）" if self.comment else ""
        )


class Notify(Reach):
    """A plain message."""

    text: str = Field(min_length=1, max_length=500)

    def say(self, _names: Names) -> str:
        """As people read it."""
        return f"{say_channels(self.by)}通知{self.whom()}：「{self.text}」"


class Print(Reach):
    """The record's printed sheet as a file: to people in the chat or by e-mail, or to e-mail addresses.

    template  key of one of the form's own sheets; "" for the usual one
    """

    text: str = Field(default="", max_length=500)
    template: str = Field(default="", max_length=60)

    @model_validator(mode="after")
    def _files(self) -> Print:
        if Channel.SMS in self.by or self.group:
            raise ValueError("print 只能发到个人的聊天或邮箱，不能用短信或群")
        return self

    def say(self, _names: Names) -> str:
        """As people read it."""
        sheet = f"（模板 {self.template}）" if self.template else ""
        return f"把打印件{sheet}{say_channels(self.by)}发给{self.whom()}"


class Http(Strict):
    """A call to another system, through the outbox: signed, repeated until accepted, never inside the save."""

    url: str = Field(pattern=r"^https?://[^\s]+$", max_length=500)
    method: Literal["POST", "PUT"] = "POST"
    body: dict[str, Formula] = Field(default_factory=dict, description="name → expression; empty: the record")

    def say(self, _names: Names) -> str:
        """As people read it."""
        return f"调用 {self.method} {self.url}（{'、'.join(self.body) or '整条数据'}）"


class Load(Strict):
    """How busy somebody is: records of `form` whose member field names them and that fulfil `if`."""

    form: str
    field: str
    condition: str | None = Field(default=None, alias="if")


class Assign(Strict):
    """Give the record to somebody: in turn, or to the least loaded, out of `among` or of the group that fits.

    by, groups  a field (区域) and the people for each of its values; `among` is for all other values
    """

    field: str
    among: People = ()
    how: Literal["in_turn", "least_loaded"] = "in_turn"
    by: str = ""
    groups: dict[str, People] = Field(default_factory=dict)
    load: Load | None = None
    next: bool = Field(default=False, description="not to the one who has it now")

    @model_validator(mode="after")
    def _fits(self) -> Assign:
        if not self.among and not self.groups:
            raise ValueError("没有写在谁里面分配（among 或 groups）")
        if bool(self.by) != bool(self.groups):
            raise ValueError("by 和 groups 要一起写")
        if (self.how == "least_loaded") != (self.load is not None):
            raise ValueError("least_loaded 要写 load：数哪个表单的哪个成员字段")
        return self

    def say(self, _names: Names) -> str:
        """As people read it."""
        how = "轮流" if self.how == "in_turn" else "按手上最少的"
        groups = "；".join(f"{value}：{say_people(one)}" for value, one in self.groups.items())
        by = f"，按{self.by}（{groups}）" if self.by else ""
        among = f"在{say_people(self.among)}中" if self.among else ""
        return f"{among}{how}分配「{self.field}」{by}{'，换一个人' if self.next else ''}"


class PushReport(Strict):
    """Send a report's picture."""

    report: str
    who: People

    def say(self, names: Names) -> str:
        """As people read it."""
        return f"把报表「{names.get(f'report:{self.report}', self.report)}」发给{say_people(self.who)}"


class Action(Strict):
    """One thing that a rule does: exactly one of these."""

    remind: Remind | None = None
    notify: Notify | None = None
    print: Print | None = None
    create: Create | None = None
    update: Update | None = None
    upsert: Upsert | None = None
    delete: Delete | None = None
    flow: FlowAction | None = None
    http: Http | None = None
    assign: Assign | None = None
    report: PushReport | None = None
    refuse: str | None = Field(default=None, min_length=1, max_length=200)

    @field_validator("delete", mode="before")
    @classmethod
    def _this(cls, value: Any) -> Any:
        return {} if value == "本单" else value

    @model_validator(mode="after")
    def _one(self) -> Action:
        if len(self.given) != 1:
            raise ValueError(f"每个动作只写一种：{'、'.join(Action.model_fields)}")
        return self

    @property
    def given(self) -> list[str]:
        """The names of the kinds that are written."""
        return [name for name in Action.model_fields if getattr(self, name) is not None]

    @cached_property
    def kind(self) -> str:
        """Which one it is."""
        return self.given[0]

    @cached_property
    def spec(self) -> Any:
        """The one that is written."""
        return getattr(self, self.kind)

    def say(self, names: Names) -> str:
        """As people read it."""
        if self.refuse is not None:
            return f"不让保存，提示「{self.refuse}」"
        return str(self.spec.say(names))


WHO_FIELDS = tuple(Who.model_fields)
