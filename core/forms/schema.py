"""A form made ready: its names as an expression schema, its expressions compiled, its formulas in order.

Compiled once for each version. Raises Invalid with every mistake and its path.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from graphlib import CycleError, TopologicalSorter

from core.errors import Invalid, Problem
from core.expressions import Expression, ExpressionError, Kind, Schema, Symbol, compile
from core.forms.definition import AgainstDef, FieldDef, FillDef, Form, GuardDef
from core.forms.fields import KINDS
from core.forms.optionset import OptionSet
from core.forms.resolve import FindForm, FindOptions, reached, resolve
from core.forms.resolve import problems as borrowing_problems

__all__ = ["FindForm", "ReadyForm", "ready", "row_schema", "schema_of"]

SYSTEM_SYMBOLS = (
    Symbol("number", "编号", Kind.TEXT),
    Symbol("created_by", "创建人", Kind.TEXT),
    Symbol("created_at", "创建时间", Kind.DATETIME),
    Symbol("updated_at", "更新时间", Kind.DATETIME),
    Symbol("state", "流程状态", Kind.TEXT),
    Symbol("effective_at", "生效时间", Kind.DATETIME),
    Symbol("voided_at", "作废时间", Kind.DATETIME),
)


@dataclass(frozen=True)
class Query:
    """A question to another form, compiled: its fields that must equal our expressions, and a condition of its own."""

    form: str
    where: tuple[tuple[str, Expression], ...]
    condition: Expression | None


@dataclass(frozen=True)
class Guard:
    """A guard, compiled. `asked`: (symbol key, question) in order."""

    definition: GuardDef
    asked: tuple[tuple[str, AgainstDef, Query], ...]
    lock: tuple[Expression, ...]
    condition: Expression


@dataclass(frozen=True)
class ReadyForm:
    """A compiled form.

    formulas  (path, expression) in the order in which they are computed; `items.sum` is computed for each row
    required_if, visible_if, readonly_if, defaults  by path;  checks  in the order of the definition
    fills, options  the queries of 数据联动 by path;  rollups  the conditions of rollups by key
    reaches   keys of link fields behind which expressions look
    """

    form: Form
    version: int
    schema: Schema
    formulas: tuple[tuple[str, Expression], ...]
    required_if: dict[str, Expression]
    visible_if: dict[str, Expression]
    defaults: dict[str, Expression]
    checks: tuple[Expression, ...]
    readonly_if: dict[str, Expression] = field(default_factory=dict)
    guards: tuple[Guard, ...] = ()
    uniques: tuple[Expression | None, ...] = ()
    buttons: tuple[Expression | None, ...] = ()
    prints: tuple[Expression | None, ...] = ()
    fills: dict[str, Query] = field(default_factory=dict)
    options: dict[str, Query] = field(default_factory=dict)
    picks: dict[str, Query] = field(default_factory=dict)
    rollups: dict[str, Expression] = field(default_factory=dict)
    reaches: frozenset[str] = frozenset()


def schema_of(form: Form, find: FindForm, depth: int = 2) -> Schema:
    """The names that expressions over this form may use; links are followed `depth` forms deep."""
    symbols = [_symbol(one, find, depth) for one in form.fields if _named(one)]
    labels = {one.label for one in symbols}
    system = [one for one in SYSTEM_SYMBOLS if one.label not in labels]
    return Schema(form.key, (*symbols, *system))


def _named(one: FieldDef) -> bool:
    return not one.layout and one.type != "backlinks" and not (one.type == "lookup" and one.target is None)


def _symbol(one: FieldDef, find: FindForm, depth: int) -> Symbol:
    kind = KINDS[one.base.type]
    item = None
    if one.type == "subtable":
        item = Schema(one.key, tuple(_symbol(child, find, depth) for child in one.fields if _named(child)))
    elif one.type in ("link", "links"):
        target = find(one.to) if depth else None
        item = schema_of(target, find, depth - 1) if target else Schema(one.to, ())
    elif kind.parts:
        item = Schema(one.key, tuple(Symbol(k, label, of, scale=2) for k, label, of in kind.parts))
    return Symbol(one.key, one.label, kind.kind, item=item, scale=one.scale, elements=kind.elements)


def row_schema(one: FieldDef, schema: Schema) -> Schema:
    """The names that a row formula may use: the row's columns first, then the form's other fields."""
    inner = next(symbol.item for symbol in schema.symbols if symbol.key == one.key)
    columns = inner.symbols if inner else ()
    taken = {symbol.label for symbol in columns} | {symbol.key for symbol in columns}
    outer = tuple(s for s in schema.symbols if s.label not in taken and s.key not in taken)
    return Schema(f"{schema.name}.{one.key}", (*columns, *outer), schema.forms)


class _Compiler:
    """Compiles all expressions of a form and collects what is wrong."""

    def __init__(self, form: Form, find: FindForm, named: FindForm) -> None:
        self.form = form
        self._find = find
        forms = tuple((name, schema_of(one, self.find, 1)) for name, one in self._queried(named))
        self.schema = replace(schema_of(form, self.find), forms=forms)
        self.problems: list[Problem] = []
        self.names: set[str] = set()

    def _queried(self, named: FindForm) -> Iterator[tuple[str, Form]]:
        """The forms that 查询 asks, by the names it uses; those that nobody knows are refused where they stand."""
        for name in sorted(self.form.queried):
            own = name in (self.form.key, self.form.title)
            if (found := self.form if own else named(name)) is not None:
                yield name, found

    def find(self, key: str) -> Form | None:
        """A form; this one as it will be."""
        return self.form if key == self.form.key else self._find(key)

    def compile(
        self, text: str | None, path: str, schema: Schema, expect: Kind | None, *, ours: bool = True
    ) -> Expression | None:
        """One expression, or None with a problem noted. `ours`: it is evaluated over this form's values."""
        if text is None:
            return None
        try:
            found = compile(text, schema, expect)
        except ExpressionError as error:
            self.problems.append(Problem(path, f"{error.message}（第 {error.position + 1} 个字）"))
            return None
        self.names |= found.names if ours else frozenset()
        return found

    def wrong(self, path: str, message: str) -> None:
        """Note a mistake."""
        self.problems.append(Problem(path, message))

    def scopes(self) -> Iterator[tuple[str, str, FieldDef, Schema]]:
        """(path, place, field, names it may use) of every field."""
        for index, one in enumerate(self.form.fields):
            yield one.key, f"fields.{index}", one, self.schema
            inner = row_schema(one, self.schema) if one.fields else self.schema
            for column, child in enumerate(one.fields):
                yield f"{one.key}.{child.key}", f"fields.{index}.fields.{column}", child, inner

    def each(self, name: str, expect: Kind | None) -> Iterator[tuple[str, Expression]]:
        """The expressions that fields hold under `name`, by path."""
        for path, place, one, schema in self.scopes():
            wanted = expect if expect is not None else KINDS[one.type].kind
            found = self.compile(getattr(one, name), f"{place}.{name}", schema, wanted)
            if found is not None:
                yield path, found

    def query(self, of: str, where: Mapping[str, str], text: str | None, place: str, schema: Schema) -> Query:
        """A question to another form."""
        other = self.find(of)
        pairs = []
        for name, mine in where.items():
            table, theirs = reached(other, name)
            if other is not None and (theirs is None or theirs.type in ("subtable", "links")):
                self.wrong(f"{place}.where", f"「{other.title}」里没有可比较的字段「{name}」")
            expression = self.compile(mine.removeprefix("="), f"{place}.where", schema, None)
            if theirs is not None and expression is not None:
                pairs.append((f"{table.key}.{theirs.key}" if table else theirs.key, expression))
        condition = self.own(other, text, f"{place}.if")
        return Query(of, tuple(pairs), condition)

    def own(self, other: Form | None, text: str | None, place: str) -> Expression | None:
        """A condition over another form alone."""
        if other is None or text is None:
            return None
        return self.compile(text, place, schema_of(other, self.find), Kind.BOOL, ours=False)

    def fill(self, name: str) -> dict[str, Query]:
        """The queries of fill_from, options_from or pick, by path."""
        found = {}
        for path, place, one, schema in self.scopes():
            part = getattr(one, name)
            if part is None:
                continue
            where = part.where if isinstance(part, FillDef) else {}
            found[path] = self.query(part.form, where, part.condition, f"{place}.{name}", schema)
            self._taken(part, one, f"{place}.{name}")
        return found

    def _taken(self, part: object, one: FieldDef, place: str) -> None:
        other = self.find(getattr(part, "form", ""))
        if other is None:
            return
        rows = getattr(part, "rows", None) or getattr(part, "columns", {})
        for mine, theirs in rows.items():
            if one.type == "subtable" and one.child(mine) is None:
                self.wrong(place, f"子表「{one.label}」没有「{mine}」这一列")
            if reached(other, theirs)[1] is None and theirs != "id":
                self.wrong(place, f"「{other.title}」里没有「{theirs}」")
        take = getattr(part, "take", "")
        if one.type != "subtable" and not rows and reached(other, take)[1] is None and take != "id":
            self.wrong(f"{place}.take", f"「{other.title}」里没有「{take}」")


def ready(
    form: Form,
    version: int,
    find: FindForm,
    find_options: FindOptions = lambda _key: None,
    named: FindForm | None = None,
) -> ReadyForm:
    """Compile a form. Raises Invalid with every mistake at once. `named` finds a form by key or title."""
    form = resolve(form, lambda key: form if key == form.key else find(key), find_options)
    compiler = _Compiler(form, find, named or find)
    compiler.problems += borrowing_problems(form, find, find_options)
    formulas = dict(compiler.each("formula", None))
    result = ReadyForm(
        form=form,
        version=version,
        schema=compiler.schema,
        formulas=_ordered(formulas, compiler.problems),
        required_if=dict(compiler.each("required_if", Kind.BOOL)),
        visible_if=dict(compiler.each("visible_if", Kind.BOOL)),
        readonly_if=dict(compiler.each("readonly_if", Kind.BOOL)),
        defaults=_defaults(compiler),
        checks=_conditions(compiler, "checks"),  # type: ignore[arg-type]  # a check always has a condition
        guards=_guards(compiler),
        uniques=_conditions(compiler, "unique"),
        buttons=_conditions(compiler, "buttons"),
        prints=_conditions(compiler, "prints"),
        fills=compiler.fill("fill_from"),
        options=compiler.fill("options_from"),
        picks=compiler.fill("pick"),
        rollups=_rollups(compiler),
        reaches=_reached_links(form, compiler.names),
    )
    if compiler.problems:
        raise Invalid(tuple(compiler.problems))
    return result


def _conditions(compiler: _Compiler, name: str) -> tuple[Expression | None, ...]:
    return tuple(
        compiler.compile(one.condition, f"{name}.{index}.if", compiler.schema, Kind.BOOL)
        for index, one in enumerate(getattr(compiler.form, name))
    )


def _rollups(compiler: _Compiler) -> dict[str, Expression]:
    found = {}
    for index, one in enumerate(compiler.form.fields):
        if one.type == "rollup" and one.condition:
            expression = compiler.own(compiler.find(one.of), one.condition, f"fields.{index}.if")
            if expression is not None:
                found[one.key] = expression
    return found


def _guards(compiler: _Compiler) -> tuple[Guard, ...]:
    found = []
    for index, one in enumerate(compiler.form.guards):
        place = f"guards.{index}"
        table = compiler.form.by_label(one.each) if one.each else None
        if one.each and (table is None or table.type != "subtable"):
            compiler.wrong(f"{place}.each", f"没有「{one.each}」这个子表")
            continue
        schema = row_schema(table, compiler.schema) if table else compiler.schema
        asked = tuple(
            (f"asked_{i}", part, _against(compiler, part, f"{place}.ask.{name}", schema))
            for i, (name, part) in enumerate(one.ask.items())
        )
        extra = tuple(
            Symbol(key, name, Kind.NUMBER, scale=10) for (key, _, _), name in zip(asked, one.ask, strict=True)
        )
        more = Schema(f"{schema.name}#{index}", (*extra, *schema.symbols), schema.forms)
        lock = [compiler.compile(text, f"{place}.lock", schema, None) for text in one.lock]
        condition = compiler.compile(one.condition, f"{place}.if", more, Kind.BOOL)
        if condition is not None:
            found.append(Guard(one, asked, tuple(e for e in lock if e), condition))
    return tuple(found)


def _against(compiler: _Compiler, part: AgainstDef, place: str, schema: Schema) -> Query:
    other = compiler.find(part.of)
    if other is None:
        compiler.wrong(f"{place}.of", f"没有「{part.of}」这个表单")
    elif part.agg != "count":
        _, theirs = reached(other, part.take)
        if theirs is None or KINDS[theirs.type].kind is not Kind.NUMBER or not theirs.stored:
            compiler.wrong(f"{place}.take", f"「{other.title}」里没有数字字段「{part.take}」")
    return compiler.query(part.of, part.where, part.condition, place, schema)


_DEFAULT_NAMES = ("我", "今天", "现在", "我的部门")


def _defaults(compiler: _Compiler) -> dict[str, Expression]:
    """Defaults that are computed: 我, 今天, or a text that starts with `=`."""
    found: dict[str, Expression] = {}
    for path, place, one, schema in compiler.scopes():
        text = one.default
        if isinstance(text, str) and (text in _DEFAULT_NAMES or text.startswith("=")):
            expression = compiler.compile(text.removeprefix("="), f"{place}.default", schema, None)
            if expression is not None:
                found[path] = expression
    return found


def _reached_links(form: Form, names: set[str]) -> frozenset[str]:
    inner = {part for name in names for part in name.split(".")[:-1]}
    return frozenset(one.key for _, one in form.walk() if one.type in ("link", "links") and one.key in inner)


def _ordered(formulas: dict[str, Expression], problems: list[Problem]) -> tuple[tuple[str, Expression], ...]:
    """Formulas so that each comes after those it reads; a circle is a mistake that names its fields."""
    graph: dict[str, set[str]] = {}
    for path, expression in formulas.items():
        table = path.partition(".")[0] if "." in path else ""
        reads = set(expression.names) | {f"{table}.{name}" for name in expression.names if table}
        graph[path] = {other for other in formulas if other in reads and other != path}
        if path in reads and not table:
            problems.append(Problem(path, "公式引用了自己"))
    try:
        return tuple((path, formulas[path]) for path in TopologicalSorter(graph).static_order())
    except CycleError as error:
        problems.append(Problem("", "公式互相引用，成了一个圈：" + " → ".join(error.args[1])))
        return ()


Find = Callable[[str], Form | None]
Options = Callable[[str], OptionSet | None]
