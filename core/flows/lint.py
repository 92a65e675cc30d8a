"""What is wrong with a flow before it is published: each finding names the step."""

from __future__ import annotations

from collections import Counter

from core.errors import Problem
from core.expressions import ExpressionError, Kind, Schema, compile
from core.flows.definition import Authority, Flow, Mode, Step, Who
from core.people import Directory


def lint(flow: Flow, schema: Schema, people: Directory) -> list[Problem]:
    """Mistakes of a flow over a form with these names, in a company with these people. Path as in the YAML."""
    return [
        *_repeated(flow),
        *_steps(flow.steps, "steps", schema, people),
    ]


def lint_authority(table: Authority, schema: Schema, people: Directory) -> list[Problem]:
    """Mistakes of a 授权表: its conditions, its people, rows that are never reached."""
    found: list[Problem] = []
    for index, row in enumerate(table.rows):
        at = f"rows.{index}"
        for way in row.who:
            found += _who(way, f"{at}.who", f"授权表第 {index + 1} 行", people)
        if row.condition:
            found += _condition(row.condition, f"{at}.if", schema)
    if sum(row.otherwise for row in table.rows) > 1:
        found.append(Problem("rows", "授权表里有几条 otherwise，只能有一条"))
    return found


def _repeated(flow: Flow) -> list[Problem]:
    names = Counter(step.key for step in flow.walk())
    return [
        Problem("steps", f"步骤「{key}」出现了 {n} 次，请改名或写不同的 key")
        for key, n in names.items()
        if n > 1
    ]


def _steps(steps: tuple[Step, ...], path: str, schema: Schema, people: Directory) -> list[Problem]:
    found: list[Problem] = []
    for index, step in enumerate(steps):
        at = f"{path}.{index}"
        if index and steps[index - 1].kind == "end":
            found.append(Problem(at, f"步骤「{step.name}」在「结束」之后，永远走不到"))
        for way in (*step.who, *(step.nobody.instead if step.nobody else ())):
            found += _who(way, f"{at}.who", f"步骤「{step.name}」", people)
        found += _paths(step, at, schema, people)
    return found


def _who(who: Who, at: str, place: str, people: Directory) -> list[Problem]:
    if who.role and not people.has_role(who.role):
        return [Problem(at, f"{place}：没有「{who.role}」这个角色")]
    if who.role and not people.holders(who.role):
        return [Problem(at, f"{place}：角色「{who.role}」里没有在职的人")]
    if who.person and len(people.find(who.person)) != 1:
        return [Problem(at, f"{place}：通讯录里没有（或不止一位）「{who.person}」")]
    return []


def _paths(step: Step, at: str, schema: Schema, people: Directory) -> list[Problem]:
    found: list[Problem] = []
    defaults = [path for path in step.paths if path.otherwise]
    if step.paths and not defaults and step.mode is not Mode.PARALLEL:
        found.append(Problem(at, f"分支「{step.name}」没有 otherwise：条件都不成立时流程无路可走"))
    if len(defaults) > 1:
        found.append(Problem(at, f"分支「{step.name}」有 {len(defaults)} 条 otherwise，只能有一条"))
    for index, path in enumerate(step.paths):
        place = f"{at}.paths.{index}"
        if path.condition:
            found += _condition(path.condition, f"{place}.if", schema)
        found += _steps(path.steps, f"{place}.steps", schema, people)
    return found


def _condition(text: str, at: str, schema: Schema) -> list[Problem]:
    try:
        compile(text, schema, Kind.BOOL)
    except ExpressionError as error:
        return [Problem(at, f"条件「{text}」：{error.message}（第 {error.position + 1} 个字）")]
    return []
