"""What is wrong with a rule before it is published."""

from __future__ import annotations

from core.errors import Problem
from core.expressions import ExpressionError, Kind, compile
from core.forms.definition import Form
from core.forms.schema import FindForm, schema_of
from core.rules.definition import Rule, RuleButton
from core.rules.sweep import link_field


def lint(rule: Rule, find: FindForm) -> list[Problem]:
    """Mistakes of a rule, against the forms that it names."""
    of, absent = find(rule.when.of), find(rule.when.absence)
    found = [
        Problem(f"when.{name}", f"没有「{key}」这个表单")
        for name, key, form in (("of", rule.when.of, of), ("absence", rule.when.absence, absent))
        if form is None
    ]
    if of is None or absent is None:
        return found
    if link_field(absent, of.key, rule.when.link) is None:
        found.append(
            Problem("when", f"「{absent.title}」没有（或不止一个）关联到「{of.title}」的字段，请用 link 写明")
        )
    who = of.by_label(rule.remind.who)
    if who is None or who.type != "member":
        found.append(Problem("then.0.remind.who", f"「{rule.remind.who}」不是「{of.title}」的成员字段"))
    if rule.condition:
        try:
            compile(rule.condition, schema_of(of, find), Kind.BOOL)
        except ExpressionError as error:
            found.append(Problem("if", f"{error.message}（第 {error.position + 1} 个字）"))
    for index, button in enumerate(rule.remind.buttons):
        found += _button(button, f"then.0.remind.buttons.{index}", of, find)
    return found


def _button(button: RuleButton, at: str, of: Form, find: FindForm) -> list[Problem]:
    if button.set:
        return [
            Problem(f"{at}.set", f"「{of.title}」没有「{key}」这个字段")
            for key in button.set
            if not of.field(key)
        ]
    if not button.create:
        return []
    form = find(button.create)
    if form is None:
        return [Problem(f"{at}.create", f"没有「{button.create}」这个表单")]
    return [
        Problem(f"{at}.ask", f"「{form.title}」没有「{key}」这个字段")
        for key in button.ask
        if not form.field(key)
    ]
