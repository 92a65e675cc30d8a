"""Putting definitions in force: everything is checked together, then versions, tables and audit in one transaction."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast

from core.acting import Done
from core.commands import DropDefinition, Publish, RollBack, SaveDefinition
from core.definitions import KIND_NAMES, Mistake, Model, Parsed, parse
from core.diff import Change, diff
from core.errors import Conflict, Invalid, NotFound, Problem, UserError
from core.events import DefinitionPublished, Event
from core.expressions import ExpressionError, Kind, compile
from core.flows.cases import run_cases
from core.flows.definition import Authority, Flow
from core.flows.lint import lint as lint_flow
from core.flows.lint import lint_authority
from core.flows.lint_around import Around, lint_around
from core.forms.definition import FieldDef, Form
from core.forms.finding import Finding
from core.forms.lint import lint as lint_form
from core.forms.lookups import circle
from core.forms.migrating import build_form
from core.forms.optionset import OptionSet
from core.forms.resolve import FindForm, needed
from core.forms.schema import ReadyForm, ready, schema_of
from core.reports.definition import Report
from core.reports.metrics import lint as lint_report
from core.rules.aggregate import Aggregate, read_aggregate
from core.rules.calls import check_calls
from core.rules.definition import Rule
from core.rules.lint import World
from core.rules.lint import lint as lint_rule
from core.rules.loops import Model as LoopModel
from core.rules.loops import loops
from core.rules.table import DecisionTable, read_table
from core.rules.tablecheck import faults
from core.store.definitions import Published
from core.store.work import UnitOfWork


@dataclass(frozen=True)
class Review:
    """What a text would put in force: its definitions, and everything that is wrong with it."""

    parsed: tuple[Parsed, ...]
    mistakes: tuple[Mistake, ...]


def review(uow: UnitOfWork, text: str) -> Review:
    """Parse a text and check each definition against the others in it and those in force."""
    parsed, mistakes = parse(text)
    finding = Finding(uow, parsed)
    world = _world(uow, parsed, finding)
    for one in parsed:
        around = Around(
            finding, lambda form: _flow_over(uow, parsed, form), lambda key: _table(uow, parsed, key)
        )
        more = lint_around(one.model, around, uow.shelf.keys("report")) if isinstance(one.model, Flow) else []
        for problem in [*_lint(uow, one.model, finding, world), *more]:
            mistakes.append(_mistake(one, problem))
    if not mistakes:
        mistakes += _looping(uow, parsed)
        mistakes += _broken(uow, parsed, finding, world)
    return Review(tuple(parsed), tuple(sorted(mistakes, key=lambda m: (m.line, m.column))))


def _mistake(one: Parsed, problem: Problem) -> Mistake:
    place = one.at(problem.path)
    return Mistake(place.line, place.column, problem.path, problem.message, problem.level)


def _flow_over(uow: UnitOfWork, parsed: list[Parsed], form: str) -> Flow | None:
    """The flow of a form: the one in the text, else the one in force."""
    written = (one.model for one in parsed if isinstance(one.model, Flow))
    found = uow.shelf.flow_of(form)
    return next((one for one in written if one.form == form), found[0] if found else None)


def _table(uow: UnitOfWork, parsed: list[Parsed], key: str) -> Authority | None:
    """A 授权表: the one in the text, else the one in force."""
    written = (one.model for one in parsed if isinstance(one.model, Authority))
    found = uow.shelf.authority(key) if uow.shelf.version("authority", key) else None
    return next((one for one in written if one.key == key), found)


def _lint(uow: UnitOfWork, model: Model, find: Finding, world: World) -> list[Problem]:
    if isinstance(model, Rule):
        return lint_rule(model, world)
    if isinstance(model, Form):
        return _lint_form(uow, model, find, world)
    checker = cast("Callable[[UnitOfWork, Model, Finding], list[Problem]]", _LINTS[type(model)])
    return checker(uow, model, find)


def _together(uow: UnitOfWork, parsed: list[Parsed], kind: str) -> dict[str, Model]:
    """The definitions of a kind in force, with those of a text laid over them."""
    present = {one.key: one for one in uow.shelf.all(kind)}
    return {**present, **{one.key: one.model for one in parsed if one.kind == kind}}


def _world(uow: UnitOfWork, parsed: list[Parsed], find: Finding) -> World:
    return World(
        find=find,
        aggregates=cast("dict[str, Aggregate]", _together(uow, parsed, "aggregate")),
        tables=cast("dict[str, DecisionTable]", _together(uow, parsed, "table")),
        reports=frozenset(_together(uow, parsed, "report")),
        rules=frozenset(_together(uow, parsed, "rule")),
        people=uow.people,
    )


def _looping(uow: UnitOfWork, parsed: list[Parsed]) -> list[Mistake]:
    """Loops that stand with the text in force and touch it."""
    model = LoopModel(
        rules=cast("dict[str, Rule]", _together(uow, parsed, "rule")),
        forms=cast("dict[str, Form]", _together(uow, parsed, "form")),
        flows=cast("dict[str, Flow]", _together(uow, parsed, "flow")),
        aggregates=cast("dict[str, Aggregate]", _together(uow, parsed, "aggregate")),
    )
    own = {one.key: one for one in parsed if one.kind == "rule"}
    found = []
    for loop in loops(model) if parsed and model.rules else ():
        mine = [own[key] for key in loop.rules if key in own]
        if loop.bounded and not mine:
            continue  # a warning belongs to whoever edits that rule, not to everybody
        at = mine[0] if mine else parsed[0]
        path = "when" if at.kind == "rule" else ""
        found.append(_mistake(at, Problem(path, loop.text, "warn" if loop.bounded else "error")))
    return found


def _lint_form(uow: UnitOfWork, form: Form, find: Finding, world: World) -> list[Problem]:
    found = lint_form(form, uow.shelf.raw_form(form.key), past_fields(uow, form.key))
    try:
        compiled = ready(form, 0, find, find.options, find.named)
    except Invalid as error:
        return [*found, *error.problems]
    places = [*compiled.formulas, *((f"checks.{index}.if", one) for index, one in enumerate(compiled.checks))]
    for path, expression in places:
        found += [Problem(path, one) for one in check_calls(expression, world.aggregates, world.tables)]
    if way := circle(compiled, lambda key: _compiled(key, find)):
        found.append(Problem("", f"公式（含查询）绕成了一个圈：{way}"))
    return found


def _compiled(key: str, find: Finding) -> ReadyForm | None:
    """A form as it will be; None when it cannot be compiled, which is said elsewhere."""
    form = find(key)
    try:
        return ready(form, 0, find, find.options, find.named) if form else None
    except Invalid:
        return None


def _lint_aggregate(_uow: UnitOfWork, aggregate: Aggregate, find: FindForm) -> list[Problem]:
    return read_aggregate(aggregate, 0, find)[1]


def _lint_table(_uow: UnitOfWork, table: DecisionTable, find: FindForm) -> list[Problem]:
    compiled, problems = read_table(table, find)
    form = find(table.of)
    if compiled is None or form is None:
        return problems
    return [
        Problem("rows", one.text, "error" if one.kind == "overlap" and table.hit == "unique" else "warn")
        for one in faults(compiled, form)
    ]


def past_fields(uow: UnitOfWork, key: str) -> dict[str, FieldDef]:
    """Every field that a form ever had, by path, as it was last: their columns are still there."""
    found: dict[str, FieldDef] = {}
    for version in range(1, uow.shelf.version("form", key) + 1):
        found |= dict(cast("Form", uow.shelf.get("form", key, version).model).walk())
    return found


def _broken(uow: UnitOfWork, parsed: Sequence[Parsed], find: Finding, world: World) -> list[Mistake]:
    """What in force would no longer fit: a field that a flow, rule, report or another form still needs."""
    touched = {one.key for one in parsed if one.kind in ("form", "options")}
    touched |= {form.title for one in parsed if (form := uow.shelf.raw_form(one.key)) and one.kind == "form"}
    own = {(one.kind, one.key) for one in parsed}
    found = []
    for kind in ("form", "flow", "rule", "report"):
        for key in uow.shelf.keys(kind):
            model = uow.shelf.get(kind, key).model
            if (kind, key) in own or not touched & leans_on(model):
                continue
            where = f"{KIND_NAMES[kind]}「{getattr(model, 'title', '') or key}」"
            found += [
                Mistake(1, 1, "", f"{where}还在使用：{problem.message}")
                for problem in _lint(uow, model, find, world)
                if problem.level == "error"
            ]
    return found


def leans_on(model: Model) -> set[str]:
    """Keys of the forms and option sets that a definition needs."""
    match model:
        case Form():
            return set().union(*needed(model), model.queried)
        case Flow():
            return {model.form, *re.findall(r"'form': '(\w+)'", str(model.model_dump()))}
        case Rule():
            return set(re.findall(r"'(?:of|absence|create|form|source)': '(\w+)'", str(model.model_dump())))
        case Report():
            return {model.source}
    return set()


def used_in(uow: UnitOfWork, key: str, field: str) -> list[tuple[str, str, str, str]]:
    """(kind, key, title, why) of everything in force that needs a field: what would break without it."""
    form = uow.shelf.raw_form(key)
    if form is None or form.field(field) is None:
        return []
    rest = tuple(one for one in form.fields if one.key != field)
    without = form.model_copy(update={"fields": rest})
    parsed = [Parsed("form", key, without, "", {})]
    finding = Finding(uow, parsed)
    world = _world(uow, parsed, finding)
    title = f"表单「{form.title}」"
    own = [
        ("form", key, form.title, f"{title}：{one.message}")
        for one in _lint_form(uow, without, finding, world)
    ]
    more = []
    for mistake in _broken(uow, parsed, finding, world):
        more.append(("", "", "", mistake.message))
    return own + more


def _lint_options(_uow: UnitOfWork, _model: OptionSet, _find: Finding) -> list[Problem]:
    return []


def _lint_flow(uow: UnitOfWork, flow: Flow, find: FindForm) -> list[Problem]:
    form = find(flow.form)
    if form is None:
        return [Problem("form", f"没有「{flow.form}」这个表单")]
    other = next((key for key in uow.shelf.keys("flow") if _rival(uow, key, flow)), None)
    if other is not None:
        return [Problem("form", f"表单「{form.title}」已有流程「{other}」，一个表单只能有一个流程")]
    return lint_flow(flow, schema_of(form, find), uow.people)


def _lint_authority(uow: UnitOfWork, table: Authority, find: FindForm) -> list[Problem]:
    form = find(table.form)
    if form is None:
        return [Problem("form", f"没有「{table.form}」这个表单")]
    return lint_authority(table, schema_of(form, find), uow.people)


def _rival(uow: UnitOfWork, key: str, flow: Flow) -> bool:
    return key != flow.key and uow.shelf.flow(key)[0].form == flow.form


def _lint_report(_uow: UnitOfWork, report: Report, find: FindForm) -> list[Problem]:
    form = find(report.source)
    if form is None:
        return [Problem("source", f"没有「{report.source}」这个表单")]
    found = lint_report(report, form)
    if report.condition:
        try:
            compile(report.condition, schema_of(form, find), Kind.BOOL)
        except ExpressionError as error:
            found.append(Problem("if", f"{error.message}（第 {error.position + 1} 个字）"))
    return found


# Forms first: their tables are what the others stand on.
ORDER = ("options", "form", "aggregate", "table", "authority", "flow", "rule", "report")

_LINTS: dict[type[Model], object] = {
    Flow: _lint_flow,
    Authority: _lint_authority,
    Aggregate: _lint_aggregate,
    DecisionTable: _lint_table,
    Report: _lint_report,
    OptionSet: _lint_options,
}


def changes(uow: UnitOfWork, one: Parsed) -> list[Change]:
    """What putting this definition in force would change."""
    version = uow.shelf.version(one.kind, one.key)
    old = uow.shelf.get(one.kind, one.key).model if version else None
    return diff(old, one.model)


def publish(uow: UnitOfWork, command: Publish) -> Done:
    """Put the definitions of a text in force. Unchanged ones keep their version. Raises Invalid, Conflict."""
    found = review(uow, command.text)
    wrong = tuple(one.problem() for one in found.mistakes if one.level == "error")
    if wrong:
        raise Invalid(wrong, "定义里有错误，没有发布。")
    if command.base is not None and len(found.parsed) == 1:
        _check_base(uow, found.parsed[0], command.base)
    finding = Finding(uow, found.parsed)
    events: list[Event] = []
    data: dict[str, object] = {}
    for one in sorted(found.parsed, key=lambda p: ORDER.index(p.kind)):
        event = _publish_one(uow, one, command, finding)
        if event is not None:
            events.append(event)
            data = {"kind": one.kind, "key": one.key, "version": event.version}
    if not events:
        return Done("没有变化，不需要发布。", data={"kind": "", "key": "", "version": 0})
    passed = _walk_cases(uow, found.parsed)
    names = "、".join(f"{KIND_NAMES[p.kind]}「{p.title}」" for p in found.parsed[:5])
    return Done(f"已发布{names}。{passed}", tuple(events), data)


def _walk_cases(uow: UnitOfWork, parsed: Sequence[Parsed]) -> str:
    """Walk the cases of the flows in a text, and of those over its forms. Raises Invalid: nothing is published."""
    forms = {one.key for one in parsed if one.kind == "form"}
    own = {one.key for one in parsed if one.kind == "flow"}
    over = [
        found[0] for form in sorted(forms) if (found := uow.shelf.flow_of(form)) and found[0].key not in own
    ]
    walked = [*(uow.shelf.flow(key)[0] for key in sorted(own)), *over]
    results = [(flow, one) for flow in walked for one in run_cases(uow, flow)]
    wrong = [
        Problem("tests", f"流程「{flow.title or flow.key}」的{one.line}")
        for flow, one in results
        if not one.ok
    ]
    if wrong:
        raise Invalid(tuple(wrong), "流程的用例没有全部通过，没有发布。")
    return f"用例 {len(results)} 个全部通过。" if results else ""


def _check_base(uow: UnitOfWork, one: Parsed, base: int) -> None:
    present = uow.shelf.version(one.kind, one.key)
    if present != base:
        raise Conflict(f"「{one.title}」已有新版本 {present}，您改的是版本 {base}。请刷新后合并再发布。")


def _publish_one(
    uow: UnitOfWork, one: Parsed, command: Publish, finding: Finding
) -> DefinitionPublished | None:
    version = uow.shelf.version(one.kind, one.key)
    told = changes(uow, one)
    if version and not told:
        return None
    if isinstance(one.model, Form):
        build_form(uow, one.model, finding)
    row = Published(
        kind=one.kind,
        key=one.key,
        version=version + 1,
        title=one.title,
        source=one.source,
        published_at=uow.now,
        published_by=command.actor,
        note=command.note,
    )
    if isinstance(one.model, Aggregate):
        uow.ledger.build(one.model)
    uow.definitions.publish(row)
    uow.shelf.changed()
    if isinstance(one.model, Aggregate):
        uow.ledger.rebuild(uow.shelf.book.aggregates[one.key], uow.shelf.find_form)
    lines = tuple(f"{change.sign} {change.text}" for change in told)
    return DefinitionPublished(f"{one.kind}:{one.key}", one.kind, one.key, row.version, command.note, lines)


def roll_back(uow: UnitOfWork, command: RollBack) -> Done:
    """An older text in force again, as a new version: columns and records stay as they are. Raises NotFound."""
    if command.kind not in KIND_NAMES:
        raise UserError("unknown_kind", "没有这种定义。")
    row = uow.definitions.load(command.kind, command.key, command.version)
    if row is None:
        raise NotFound(f"没有版本 {command.version}。")
    return publish(uow, Publish(command.actor, row.source, f"回滚到版本 {command.version}"))


def save_definition(uow: UnitOfWork, command: SaveDefinition) -> Done:
    """Keep a text that is being worked on, right or wrong. Raises Conflict."""
    if command.kind not in KIND_NAMES:
        raise UserError("unknown_kind", "没有这种定义。")
    saved = uow.definitions.save_draft(
        command.kind, command.key, command.text, command.revision, uow.now, command.actor
    )
    if saved is None:
        draft = uow.definitions.draft(command.kind, command.key)
        who = uow.people.called(draft.saved_by) if draft else ""
        raise Conflict(f"{who}刚刚改过这份草稿，请刷新后再改。")
    return Done("已保存。", data={"revision": saved})


def drop_definition(uow: UnitOfWork, command: DropDefinition) -> Done:
    """Throw a text away."""
    uow.definitions.drop_draft(command.kind, command.key)
    return Done("草稿已删除。")
