"""What is wrong with a rule before it is published: every expression, field, form and person that it names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from core.errors import Problem
from core.expressions import Expression, ExpressionError, Kind, Schema, compile
from core.forms.definition import FieldDef, Form
from core.forms.schema import FindForm, schema_of
from core.people import Directory
from core.rules.aggregate import Aggregate
from core.rules.base import People, Written
from core.rules.calls import check_calls
from core.rules.definition import Rule
from core.rules.names import date_path, rule_schema, with_row
from core.rules.sweep import link_field
from core.rules.table import DecisionTable
from core.rules.thens import Action, Assign, Create, Print, Reach, RuleButton, Target, Upsert
from core.rules.when import Absence, Button, DateDue, Saved, Schedule, Threshold, Updated, Waiting, Webhook


@dataclass(frozen=True)
class World:
    """What a rule may name, in force or in the same text."""

    find: FindForm
    aggregates: dict[str, Aggregate] = field(default_factory=dict)
    tables: dict[str, DecisionTable] = field(default_factory=dict)
    reports: frozenset[str] = frozenset()
    rules: frozenset[str] = frozenset()
    people: Directory = field(default_factory=Directory)


def lint(rule: Rule, world: World) -> list[Problem]:
    """Mistakes of a rule, against the forms that it names."""
    return _Lint(rule, world).run()


class _Lint:
    def __init__(self, rule: Rule, world: World) -> None:
        self.rule = rule
        self.world = world
        self.find = world.find
        self.form: Form | None = world.find(rule.when.form) if rule.when.form else None
        self.schema = rule_schema(rule, world.find, world.aggregates)
        self.problems: list[Problem] = []

    def run(self) -> list[Problem]:
        if self.rule.when.form and self.form is None:
            self.wrong("when", f"没有「{self.rule.when.form}」这个表单")
            return self.problems
        self.when()
        self.expression(self.rule.condition, "if", self.schema, Kind.BOOL)
        for index, one in enumerate(self.rule.then):
            self.action(one, f"then.{index}.{one.kind}")
        for index, rung in enumerate(self.rule.escalate):
            for one in rung.actions(self.rule.then):
                self.action(one, f"escalate.{index}")
        for name in self.rule.follow if isinstance(self.rule.follow, tuple) else ():
            if name not in self.world.rules and name != self.rule.key:
                self.wrong("follow", f"没有「{name}」这个规则")
        self.unbounded()
        return self.problems

    def wrong(self, path: str, message: str) -> None:
        self.problems.append(Problem(path, message))

    def unbounded(self) -> None:
        """A schedule over all records, all of which it changes or tells of, is never meant."""
        when = self.rule.when
        if isinstance(when, Schedule) and when.of and not when.once and self.rule.condition is None:
            self.wrong("if", "定时规则会逐条处理全部数据，请写 if 条件，或写 once: true")
        if self.rule.condition is not None:
            self.constant("if", self.rule.condition, self.schema, "每一条数据")
        for index, one in enumerate(self.rule.then):
            target = self.find(one.spec.form) if isinstance(one.spec, Target) and one.spec.form else None
            if target is not None and one.spec.condition and not one.spec.match:
                schema = schema_of(target, self.find)
                self.constant(
                    f"then.{index}.{one.kind}.if", one.spec.condition, schema, f"全部{target.title}"
                )

    def constant(self, path: str, text: str, schema: Schema, what: str) -> None:
        """A condition that names nothing is the same for every record: told, with its place."""
        try:
            found = compile(text, schema, Kind.BOOL)
        except ExpressionError:
            return
        if not found.names and not any(word in text for word in ("查表", "聚合")):
            said = f"条件「{text}」没有用到任何字段，对{what}都一样：要么全部符合，要么全都不符合"
            self.problems.append(Problem(path, said, "warn"))

    def expression(
        self, text: str | None, path: str, schema: Schema, kind: Kind | None = None
    ) -> Expression | None:
        if text is None:
            return None
        try:
            found = compile(text, schema, kind)
        except ExpressionError as error:
            self.wrong(path, f"{error.message}（第 {error.position + 1} 个字）")
            return None
        self.problems += [
            Problem(path, one) for one in check_calls(found, self.world.aggregates, self.world.tables)
        ]
        return found

    # --- when -------------------------------------------------------------------------------------------

    def when(self) -> None:
        match self.rule.when:
            case Absence() as when:
                self.absence(when)
            case DateDue() as when if self.form and date_path(self.form, when.date) is None:
                self.wrong("when.date", f"「{self.form.title}」没有「{when.date}」这个日期字段")
            case Updated() | Saved() as when:
                self.fields(when.fields)
            case Threshold() as when:
                self.threshold(when)
            case Waiting() as when if when.waiting != "*" and self.form is None:
                self.wrong("when.waiting", f"没有「{when.waiting}」这个表单")
            case Webhook() as when:
                self.webhook(when)
            case Button() as when:
                self.roles(when.roles)

    def absence(self, when: Absence) -> None:
        of, absent = self.form, self.find(when.absence)
        if absent is None:
            self.wrong("when.absence", f"没有「{when.absence}」这个表单")
        elif of is not None and link_field(absent, of.key, when.link) is None:
            self.wrong(
                "when", f"「{absent.title}」没有（或不止一个）关联到「{of.title}」的字段，请用 link 写明"
            )

    def fields(self, names: tuple[str, ...]) -> None:
        for name in names:
            if self.form and self.form.by_label(name) is None:
                self.wrong("when.fields", f"「{self.form.title}」没有「{name}」这个字段")

    def threshold(self, when: Threshold) -> None:
        found = self.world.aggregates.get(when.threshold)
        if found is None:
            self.wrong("when.threshold", f"没有「{when.threshold}」这张聚合表")
            return
        if found.key_of(when.of) is None:
            self.wrong("when.of", f"聚合表「{found.title}」没有（或不止一个）指向「{when.of}」的键")
        for name in ("value", "below", "above", "back"):
            self.expression(getattr(when, name) or None, f"when.{name}", self.schema, Kind.NUMBER)

    def webhook(self, when: Webhook) -> None:
        if bool(when.of) != bool(when.find):
            self.wrong("when.find", "of 和 find 要一起写")
        elif when.find and when.find not in when.fields:
            self.wrong("when.find", f"fields 里没有「{when.find}」")
        for name in when.fields:
            if self.form is not None and self.form.by_label(name) is not None:
                self.wrong("when.fields", f"「{name}」与「{self.form.title}」的字段同名，请换一个名字")

    def roles(self, names: tuple[str, ...]) -> None:
        for name in names:
            if self.world.people.roles and not self.world.people.has_role(name):
                self.wrong("when.roles", f"通讯录里没有「{name}」这个角色")

    # --- then -------------------------------------------------------------------------------------------

    def action(self, one: Action, at: str) -> None:
        checks: dict[str, Callable[[Action, str], None]] = {
            "remind": self.remind,
            "notify": self.notify,
            "print": self.print,
            "create": self.create,
            "update": self.target,
            "delete": self.target,
            "upsert": self.upsert,
            "flow": self.flow,
            "http": self.http,
            "assign": self.assign,
            "report": self.report,
            "refuse": lambda one, at: self.text(one.refuse or "", at),
        }
        checks[one.kind](one, at)

    def remind(self, one: Action, at: str) -> None:
        if self.form is None and not isinstance(self.rule.when, Waiting):
            self.wrong(at, "remind 要有对应的单据，请用 notify")
        self.reach(one.spec, at)
        self.text(one.spec.text, f"{at}.text")
        for index, button in enumerate(one.spec.buttons):
            self.button(button, f"{at}.buttons.{index}")

    def notify(self, one: Action, at: str) -> None:
        self.reach(one.spec, at)
        self.text(one.spec.text, f"{at}.text")

    def print(self, one: Action, at: str) -> None:
        spec: Print = one.spec
        self.notify(one, at)
        if self.form is None:
            self.wrong(at, "print 要有对应的单据")
        elif spec.template and spec.template not in {sheet.key for sheet in self.form.prints}:
            self.wrong(f"{at}.template", f"「{self.form.title}」没有打印模板「{spec.template}」")

    def reach(self, spec: Reach, at: str) -> None:
        """People, the subject, and fields that hold addresses."""
        self.people(spec.who, f"{at}.who")
        self.text(spec.subject, f"{at}.subject")
        for index, one in enumerate(spec.to):
            found = self.expression(one.field, f"{at}.to.{index}", self.schema)
            field = self.form.by_label(one.field) if self.form else None
            member = field is not None and field.type in ("member", "members", "link")
            if found is not None and (found.kind is not Kind.TEXT or member):
                self.wrong(f"{at}.to.{index}", f"「{one.field}」不是邮箱、电话或文本字段")

    def text(self, text: str, at: str) -> None:
        """Every `{…}` of a text is a name or an expression."""
        for part in text.split("{")[1:]:
            name = part.partition("}")[0]
            if name not in ("编号", "number") and not (self.form and self.form.by_label(name)):
                self.expression(name, at, self.schema)

    def people(self, who: People, at: str) -> None:
        directory = self.world.people
        for one in who:
            name = one.field or one.manager_of or one.department_head_of
            if one.role and directory.roles and not directory.has_role(one.role):
                self.wrong(at, f"通讯录里没有「{one.role}」这个角色")
            elif name:
                found = self.expression(name, at, self.schema)
                if found is not None and found.kind is not Kind.TEXT:
                    self.wrong(at, f"「{name}」不是成员字段")
                self.member(name, at)

    def member(self, name: str, at: str) -> None:
        field = self.form.by_label(name) if self.form else None
        if field is not None and field.type != "member":
            self.wrong(at, f"「{name}」不是「{self.form.title if self.form else ''}」的成员字段")

    def button(self, button: RuleButton, at: str) -> None:
        if button.set and self.form is not None:
            self.problems += _unknown(self.form, button.set, f"{at}.set")
        if button.create:
            form = self.find(button.create)
            if form is None:
                self.wrong(f"{at}.create", f"没有「{button.create}」这个表单")
            else:
                self.problems += _unknown(form, button.ask, f"{at}.ask")

    def written(
        self, written: Written, fields: tuple[FieldDef, ...], title: str, at: str, schema: Schema
    ) -> None:
        known = {name for one in fields for name in (one.key, one.label)}
        for name in written.targets:
            if name not in known:
                self.wrong(at, f"「{title}」没有「{name}」这个字段")
        for name, text in written.map.items():
            self.expression(text, f"{at}.map.{name}", schema)
        for value in written.set.values():
            if isinstance(value, str):
                self.text(value, at)

    def create(self, one: Action, at: str) -> None:
        spec: Create = one.spec
        form = self.find(spec.form)
        if form is None:
            self.wrong(f"{at}.form", f"没有「{spec.form}」这个表单")
            return
        schema = self.schema
        if spec.each:
            field = self.form.by_label(spec.each) if self.form else None
            if field is None or field.type != "subtable":
                self.wrong(f"{at}.each", f"没有「{spec.each}」这个子表")
                return
            schema = with_row(schema, self.form, spec.each)
        self.expression(spec.condition, f"{at}.if", schema, Kind.BOOL)
        self.written(spec, form.fields, form.title, at, schema)
        for name, rows in spec.rows.items():
            child = form.by_label(name)
            if child is None or child.type != "subtable":
                self.wrong(f"{at}.rows", f"「{form.title}」没有「{name}」这个子表")
                continue
            for index, row in enumerate(rows):
                self.written(row, child.fields, name, f"{at}.rows.{name}.{index}", schema)
        self.problems += _required(spec, form, at)

    def target(self, one: Action, at: str) -> None:
        spec: Target = one.spec
        form = self.find(spec.form) if spec.form else self.behind(spec.target, at)
        if form is None:
            if spec.form:
                self.wrong(f"{at}.form", f"没有「{spec.form}」这个表单")
            return
        self.match(spec.match, form, at)
        self.expression(spec.condition, f"{at}.if", schema_of(form, self.find), Kind.BOOL)
        self.written(spec, form.fields, form.title, at, self.schema)

    def behind(self, name: str, at: str) -> Form | None:
        """The form of 本单 or of a linked record."""
        if self.form is None:
            self.wrong(at, "这条规则没有对应的单据，请写 form 和 match")
            return None
        if name in ("", "本单"):
            return self.form
        field = self.form.by_label(name)
        if field is None or field.type != "link":
            self.wrong(f"{at}.target", f"「{self.form.title}」没有「{name}」这个关联字段")
            return None
        return self.find(field.to)

    def match(self, match: dict[str, str], form: Form, at: str) -> None:
        self.problems += _unknown(form, match, f"{at}.match")
        for name, text in match.items():
            self.expression(text, f"{at}.match.{name}", self.schema)

    def upsert(self, one: Action, at: str) -> None:
        spec: Upsert = one.spec
        form = self.find(spec.form)
        if form is None:
            self.wrong(f"{at}.form", f"没有「{spec.form}」这个表单")
            return
        self.match(spec.match, form, at)
        self.written(spec, form.fields, form.title, at, self.schema)

    def flow(self, one: Action, at: str) -> None:
        self.behind(one.spec.target, at)

    def http(self, one: Action, at: str) -> None:
        for name, text in one.spec.body.items():
            self.expression(text, f"{at}.body.{name}", self.schema)

    def assign(self, one: Action, at: str) -> None:
        spec: Assign = one.spec
        field = self.form.by_label(spec.field) if self.form else None
        if field is None or field.type != "member":
            self.wrong(f"{at}.field", f"「{spec.field}」不是成员字段")
        self.expression(spec.by or None, f"{at}.by", self.schema)
        for people in (spec.among, *spec.groups.values()):
            self.people(people, at)
        form = self.find(spec.load.form) if spec.load else None
        if spec.load and (form is None or form.by_label(spec.load.field) is None):
            self.wrong(f"{at}.load", f"没有「{spec.load.form}」的「{spec.load.field}」")
        if spec.load and form is not None:
            self.expression(spec.load.condition, f"{at}.load.if", schema_of(form, self.find), Kind.BOOL)

    def report(self, one: Action, at: str) -> None:
        if one.spec.report not in self.world.reports:
            self.wrong(f"{at}.report", f"没有「{one.spec.report}」这张报表")
        self.people(one.spec.who, f"{at}.who")


def _unknown(form: Form, names: object, at: str) -> list[Problem]:
    return [
        Problem(at, f"「{form.title}」没有「{name}」这个字段")
        for name in names  # type: ignore[attr-defined]
        if form.by_label(name) is None
    ]


def _required(spec: Create, form: Form, at: str) -> list[Problem]:
    """A required field that nothing fills would make every run fail."""
    given = {*spec.targets, *spec.rows}
    return [
        Problem(at, f"新建「{form.title}」没有写必填的「{one.label}」")
        for one in form.fields
        if one.required and not {one.key, one.label} & given and one.default is None and one.formula is None
    ]
