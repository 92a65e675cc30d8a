"""What is wrong with a flow before it is published: each finding names the step."""

from __future__ import annotations

from collections import Counter

from core.errors import Problem
from core.expressions import ExpressionError, Kind, Schema, compile
from core.flows.definition import Authority, Flow, Mode, Pick, Step, Who
from core.people import Directory


def lint(flow: Flow, schema: Schema, people: Directory) -> list[Problem]:
    """Mistakes of a flow over a form with these names, in a company with these people. Path as in the YAML."""
    return [
        *_repeated(flow),
        *_steps(flow.steps, "steps", schema, people),
        *_named_steps(flow),
        *_first_picks(flow),
    ]


def _named_steps(flow: Flow) -> list[Problem]:
    """Steps that other parts of the flow name exist."""
    known = {step.key for step in flow.walk()}
    found = []
    if flow.withdraw.before and flow.withdraw.before not in known:
        found.append(Problem("withdraw", f"撤回规则里的步骤「{flow.withdraw.before}」不存在"))
    for step in flow.walk():
        for key in step.returns.to:
            if key not in known | {"initiator", "previous", "any"}:
                found.append(Problem("steps", f"步骤「{step.name}」要退回到的「{key}」不存在"))
    return found


def _first_picks(flow: Flow) -> list[Problem]:
    """上一步审批人指定 needs an approver before it."""
    people_before = False
    found = []
    for step in flow.walk():
        if not people_before and any(who.pick is Pick.PREVIOUS for who in step.who):
            found.append(Problem("steps", f"步骤「{step.name}」由上一步审批人指定，但它之前没有审批人"))
        people_before = people_before or step.human
    return found


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
        if index and _always_ends(steps[index - 1]):
            found.append(Problem(at, f"步骤「{step.name}」在「结束」之后，永远走不到"))
        found += _expressions(step, at, schema)
        for way in (*step.who, *step.candidates, *(step.nobody.instead if step.nobody else ())):
            found += _who(way, f"{at}.who", f"步骤「{step.name}」", people)
        found += _paths(step, at, schema, people)
    return found


def _always_ends(step: Step) -> bool:
    """True when nothing can come after a step: an end, or a branch each of whose paths ends."""
    if step.kind == "end":
        return True
    if not step.paths:
        return False
    ends = [any(_always_ends(one) for one in path.steps) for path in step.paths]
    return any(ends) if step.mode is Mode.PARALLEL else all(ends) and any(p.otherwise for p in step.paths)


def _expressions(step: Step, at: str, schema: Schema) -> list[Problem]:
    """Field rights name fields; a date field for due or delay is one; the ways to find people can be computed."""
    texts = [(text, f"{at}.who", "处理人") for text in _texts(step)]
    texts += [(part.field, at, "期限") for part in (step.due, step.delay) if part is not None and part.field]
    texts += [(one.field, f"{at}.to", "收件地址") for one in step.to]
    texts += [(text, f"{at}.on", "事件") for values in step.on.values() for text in values.values()]
    names = [(name, f"{at}.fields") for name in step.fields]
    names += [(name, f"{at}.returns") for name in step.returns.watch]
    names += [(name, f"{at}.on") for values in step.on.values() for name in values]
    return [
        *(
            Problem(place, f"步骤「{step.name}」：表单没有字段「{name}」")
            for name, place in names
            if schema.find(name) is None
        ),
        *(
            problem
            for text, place, what in texts
            for problem in _computed(text, place, f"步骤「{step.name}」的{what}", schema)
        ),
    ]


def _texts(step: Step) -> list[str]:
    """The expressions that lead to people."""
    found = []
    for way in step.who:
        amount = way.managers.amount if way.managers else None
        texts = (way.field, way.manager_of, way.department_head_of, way.department_field, way.head_of_field)
        found += [one for one in (*texts, way.expression, amount) if one]
    return found


def _computed(text: str, at: str, place: str, schema: Schema) -> list[Problem]:
    if text == "本单":
        return []
    try:
        compile(text.removeprefix("本单."), schema)
    except ExpressionError as error:
        return [Problem(at, f"{place}「{text}」：{error.message}")]
    return []


def _who(who: Who, at: str, place: str, people: Directory) -> list[Problem]:
    if who.role and not people.has_role(who.role):
        return [Problem(at, f"{place}：没有「{who.role}」这个角色")]
    if who.role and not people.holders(who.role):
        return [Problem(at, f"{place}：角色「{who.role}」里没有在职的人")]
    if who.person and len(people.find(who.person)) != 1:
        return [Problem(at, f"{place}：通讯录里没有（或不止一位）「{who.person}」")]
    wrong = [one for one in who.people or () if len(people.find(one)) != 1]
    if wrong:
        return [Problem(at, f"{place}：通讯录里没有（或不止一位）「{'、'.join(wrong)}」")]
    department = who.member_of or who.head_of
    if department and people.department_named(department) is None:
        return [Problem(at, f"{place}：没有（或不止一个）「{department}」这个部门")]
    if who.head_of and not people.active(people.departments[people.department_named(who.head_of) or ""].head):
        return [Problem(at, f"{place}：部门「{who.head_of}」没有在职的负责人")]
    if who.member_of and not people.members(who.member_of):
        return [Problem(at, f"{place}：部门「{who.member_of}」里没有在职的人")]
    return [problem for one in who.among for problem in _who(one, at, place, people)]


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
