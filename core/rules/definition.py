"""A rule as data: when something did not happen for n days, if a condition holds, then somebody is reminded.

rule: follow_up_30_days
when: {absence: follow_up, of: customer, days: 30}
if: 等级 属于 ["A", "B"] 且 公海 == 否
then:
  - remind:
      who: 归属销售                      # a member field of the record
      text: "{名称} 已 {天数} 天未跟进"
      buttons:
        - {text: 记录跟进, create: follow_up, ask: [way, content]}
        - {text: 延期 7 天, snooze: 7}
        - {text: 放入公海, set: {public: true}}
"""

from __future__ import annotations

from typing import Any

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, model_validator


class Strict(BaseModel):
    """Frozen, and unknown keys are mistakes."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Absence(Strict):
    """No record of form `absence` that links to a record of form `of` for more than `days` days."""

    absence: str
    of: str
    days: int = Field(ge=1, le=3650)
    link: str = Field(default="", description="the linking field, when there are several")


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


class Remind(Strict):
    """Who is told what, and what can be pressed. `who` is a member field of the record."""

    who: str
    text: str = Field(min_length=1, max_length=200)
    buttons: tuple[RuleButton, ...] = Field(default=(), max_length=5)


class Action(Strict):
    """One thing that a rule does."""

    remind: Remind


class Rule(Strict):
    """A rule."""

    rule: str = Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")
    title: str = Field(min_length=1, max_length=60)
    when: Absence
    condition: str | None = Field(default=None, validation_alias=AliasChoices("if", "condition"))
    then: tuple[Action, ...] = Field(min_length=1, max_length=1)

    @property
    def key(self) -> str:
        """The definition's key."""
        return self.rule

    @property
    def remind(self) -> Remind:
        """The reminder that it makes."""
        return self.then[0].remind

    def sentence(self, names: dict[str, str]) -> str:
        """The rule as a Chinese sentence; `names` gives the titles of forms."""
        condition = f"，并且 {self.condition}" if self.condition else ""
        of, absence = names.get(self.when.of, self.when.of), names.get(self.when.absence, self.when.absence)
        when = f"{of}超过 {self.when.days} 天没有新的{absence}{condition}"
        return f"如果{when}，那么提醒{self.remind.who}：「{self.remind.text}」。"
