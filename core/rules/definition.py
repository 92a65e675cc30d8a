"""A rule as data: 如果 something happens and a condition holds, 那么 actions follow, in order.

rule: follow_up_30_days
when: {absence: follow_up, of: customer, days: 30}        # families: core/rules/when
if: 等级 属于 ["A", "B"] 且 公海 == 否
then:                                                      # kinds: core/rules/thens.py
  - remind:
      who: 归属销售                      # a member field of the record
      text: "{名称} 已 {天数} 天未跟进"
      buttons:
        - {text: 记录跟进, create: follow_up, ask: [way, content]}
        - {text: 延期 7 天, snooze: 7}
escalate: [{days: 37, who: {manager_of: 归属销售}}, {days: 45, set: {公海: 是}}]
"""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from pydantic import AliasChoices, Field, model_validator

from core.rules.base import CLOCK, KEY, People, Strict, Who, say_people
from core.rules.thens import Action, Remind, RuleButton, Update
from core.rules.when import Absence, Schedule, Waiting, When

RUN_AS = {"system": "系统", "trigger": "触发的人", "owner": "发布规则的人"}


class Rung(Strict):
    """One step of an escalation ladder, counted from the same start as the rule.

    who   the rule's own reminder to others;  set  fields of the record;  then  any actions
    """

    days: int = Field(default=0, ge=0, le=3650)
    workdays: int = Field(default=0, ge=0, le=365)
    who: People = ()
    text: str = Field(default="", max_length=200)
    set: dict[str, Any] = Field(default_factory=dict)
    then: tuple[Action, ...] = ()

    @model_validator(mode="after")
    def _whole(self) -> Rung:
        if bool(self.days) == bool(self.workdays):
            raise ValueError("升级要写 days 或 workdays，二者选一")
        if not (self.who or self.set or self.then):
            raise ValueError("升级要写 who、set 或 then")
        return self

    @property
    def length(self) -> int:
        """Days, of whichever kind."""
        return self.days or self.workdays

    def actions(self, base: tuple[Action, ...]) -> tuple[Action, ...]:
        """What this step does; `base` are the rule's own actions, whose reminder is repeated to others."""
        found: list[Action] = []
        if self.who:
            first = next((one.remind for one in base if one.remind), None)
            said = next((one.notify.text for one in base if one.notify), "请处理")
            text = self.text or (first.text if first else said)
            buttons = first.buttons if first else ()
            found.append(Action(remind=Remind(who=self.who, text=text, buttons=buttons)))
        if self.set:
            found.append(Action(update=Update(set=self.set)))
        return (*found, *self.then)

    def say(self, names: dict[str, str]) -> str:
        """As people read it."""
        unit = "天" if self.days else "个工作日"
        parts = (
            [f"提醒{say_people(self.who)}" + (f"「{self.text}」" if self.text else "")] if self.who else []
        )
        if self.set:
            parts.append(Action(update=Update(set=self.set)).say(names))
        parts += [one.say(names) for one in self.then]
        return f"第 {self.length} {unit}{'，'.join(parts)}"


class Throttle(Strict):
    """At most once in so many minutes, hours or days: for each record, or for the whole rule."""

    minutes: int = Field(default=0, ge=0)
    hours: int = Field(default=0, ge=0)
    days: int = Field(default=0, ge=0)
    each: Literal["record", "rule"] = "record"

    @property
    def seconds(self) -> int:
        """The length."""
        return self.minutes * 60 + self.hours * 3600 + self.days * 86400

    @model_validator(mode="after")
    def _some(self) -> Throttle:
        if not self.seconds:
            raise ValueError("throttle 要写 minutes、hours 或 days")
        return self

    def say(self) -> str:
        """As people read it."""
        parts = ((self.days, "天"), (self.hours, "小时"), (self.minutes, "分钟"))
        length = "".join(f"{number} {unit}" for number, unit in parts if number)
        return f"{'同一条数据' if self.each == 'record' else '整条规则'} {length}内最多一次"


class Quiet(Strict):
    """Hours (and days off) in which nobody is told; what was to be told waits until they end."""

    start: str = Field(pattern=CLOCK, validation_alias=AliasChoices("from", "start"))
    end: str = Field(pattern=CLOCK, validation_alias=AliasChoices("to", "end"))
    holidays: bool = False

    def say(self) -> str:
        """As people read it."""
        return f"{self.start} 到 {self.end}{'和休息日' if self.holidays else ''}不打扰，到时再发"


class Rule(Strict):
    """A rule.

    on_error  an action fails: "keep" the triggering save (an incident is raised), or "refuse" it too
    follow    what its changes may set off: "allow" all rules, "forbid", or only the named ones
    most      a look handles at most so many records, the rest next time; None: all of them, chunk by chunk
    """

    rule: str = Field(pattern=KEY)
    title: str = Field(min_length=1, max_length=60)
    when: When
    condition: str | None = Field(default=None, validation_alias=AliasChoices("if", "condition"))
    then: tuple[Action, ...] = Field(min_length=1, max_length=20)
    escalate: tuple[Rung, ...] = Field(default=(), max_length=9)
    run_as: Literal["system", "trigger", "owner"] = "system"
    on_error: Literal["keep", "refuse"] = "keep"
    follow: Literal["allow", "forbid"] | tuple[str, ...] = "allow"
    order: int = Field(default=100, ge=0, le=9999)
    most: int | None = Field(default=None, ge=1, le=1_000_000)
    throttle: Throttle | None = None
    quiet: Quiet | None = None
    digest: str = Field(default="", pattern=r"^$|" + CLOCK, description="messages gathered until this time")
    active: tuple[date, date] | None = Field(default=None, description="first and last day on which it works")

    @model_validator(mode="after")
    def _ladder(self) -> Rule:
        if not self.escalate:
            return self
        if not isinstance(self.when, (Absence, Waiting)):
            raise ValueError(  # noqa: TRY004  pydantic wants it
                "只有 absence（多久没有发生）和 waiting（审批等待）可以写 escalate"
            )
        first = self.when.workdays if isinstance(self.when, Waiting) else self.when.days
        lengths = [first, *(one.length for one in self.escalate)]
        if lengths != sorted(set(lengths)):
            raise ValueError("escalate 的天数要一级比一级大，也要比规则本身的大")
        return self

    @model_validator(mode="after")
    def _refusal(self) -> Rule:
        clocked = isinstance(self.when, (Absence, Schedule, Waiting))
        if clocked and any(one.refuse for one in self.then):
            raise ValueError("定时的规则没有正在保存的数据，不能写 refuse")
        return self

    @property
    def key(self) -> str:
        """The definition's key."""
        return self.rule

    @property
    def remind(self) -> Remind:
        """Its first reminder: whose buttons its cards carry."""
        for one in (*self.then, *(action for rung in self.escalate for action in rung.actions(self.then))):
            if one.remind is not None:
                return one.remind
        return Remind(who=(Who(field="创建人"),), text="提醒")

    def button(self, text: str) -> RuleButton | None:
        """A reminder's button by its text."""
        every = (*self.then, *(one for rung in self.escalate for one in rung.actions(self.then)))
        buttons = [button for one in every if one.remind for button in one.remind.buttons]
        return next((one for one in buttons if one.text == text), None)

    def sentence(self, names: dict[str, str]) -> str:
        """The rule as a Chinese sentence; `names` gives titles: form key, `aggregate:key`, `report:key`, `rule:key`."""
        condition = f"，并且 {self.condition}" if self.condition else ""
        then = "；然后".join(one.say(names) for one in self.then)
        ladder = "".join(f"；{one.say(names)}" for one in self.escalate)
        more = "".join(f"{one}。" for one in self._manner(names))
        return f"如果{self.when.say(names)}{condition}，那么{then}{ladder}。{more}"

    def _manner(self, names: dict[str, str]) -> list[str]:
        """How it is done, where that is not the usual way."""
        found = []
        if self.run_as != "system":
            found.append(f"以{RUN_AS[self.run_as]}的身份执行")
        if self.on_error == "refuse":
            found.append("执行出错时，触发它的保存也不成立")
        if self.follow == "forbid":
            found.append("它的改动不再触发别的规则")
        elif isinstance(self.follow, tuple):
            named = "、".join(f"「{names.get(f'rule:{one}', one)}」" for one in self.follow)
            found.append(f"它的改动只能触发{named or '无'}")
        found += [one.say() for one in (self.throttle, self.quiet) if one is not None]
        if self.digest:
            found.append(f"消息汇总到 {self.digest} 一起发")
        if self.active is not None:
            found.append(f"只在 {self.active[0]} 到 {self.active[1]} 生效")
        if self.most is not None:
            found.append(f"一次最多处理 {self.most} 条，其余下一次")
        if self.order != 100:
            found.append(f"次序 {self.order}")
        return found
