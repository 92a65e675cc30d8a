"""A form made ready: its names as an expression schema, its expressions compiled, its formulas in order.

Compiled once for each version. Raises Invalid with every mistake and its path.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from core.errors import Invalid, Problem
from core.expressions import Expression, ExpressionError, Kind, Schema, Symbol, compile
from core.forms.definition import FieldDef, Form
from core.forms.fields import KINDS

FindForm = Callable[[str], Form | None]

SYSTEM_SYMBOLS = (
    Symbol("number", "编号", Kind.TEXT),
    Symbol("created_by", "创建人", Kind.TEXT),
    Symbol("created_at", "创建时间", Kind.DATETIME),
    Symbol("updated_at", "更新时间", Kind.DATETIME),
    Symbol("state", "流程状态", Kind.TEXT),
)


@dataclass(frozen=True)
class ReadyForm:
    """A compiled form.

    formulas  (path, expression) in the order in which they are computed; `items.sum` is computed for each row
    required_if, visible_if, defaults  by path;  checks  in the order of the definition
    """

    form: Form
    version: int
    schema: Schema
    formulas: tuple[tuple[str, Expression], ...]
    required_if: dict[str, Expression]
    visible_if: dict[str, Expression]
    defaults: dict[str, Expression]
    checks: tuple[Expression, ...]


def schema_of(form: Form, find: FindForm, depth: int = 2) -> Schema:
    """The names that expressions over this form may use; links are followed `depth` forms deep."""
    symbols = [_symbol(one, find, depth) for one in form.fields]
    labels = {one.label for one in symbols}
    system = [one for one in SYSTEM_SYMBOLS if one.label not in labels]
    return Schema(form.key, (*symbols, *system))


def _symbol(field: FieldDef, find: FindForm, depth: int) -> Symbol:
    kind = KINDS[field.type].kind
    item = None
    if field.type == "subtable":
        item = Schema(field.key, tuple(_symbol(one, find, depth) for one in field.fields))
    elif field.type == "link":
        target = find(field.to) if depth else None
        item = schema_of(target, find, depth - 1) if target else Schema(field.to, ())
    return Symbol(field.key, field.label, kind, item=item, scale=field.scale)


def row_schema(field: FieldDef, schema: Schema) -> Schema:
    """The names that a row formula may use: the row's columns first, then the form's other fields."""
    inner = next(one.item for one in schema.symbols if one.key == field.key)
    columns = inner.symbols if inner else ()
    taken = {one.label for one in columns} | {one.key for one in columns}
    outer = tuple(one for one in schema.symbols if one.label not in taken and one.key not in taken)
    return Schema(f"{schema.name}.{field.key}", (*columns, *outer))


class _Compiler:
    """Compiles all expressions of a form and collects what is wrong."""

    def __init__(self, form: Form, find: FindForm) -> None:
        self.form = form
        self.schema = schema_of(form, find)
        self.problems: list[Problem] = []

    def compile(self, text: str | None, path: str, schema: Schema, expect: Kind | None) -> Expression | None:
        """One expression, or None with a problem noted."""
        if text is None:
            return None
        try:
            return compile(text, schema, expect)
        except ExpressionError as error:
            self.problems.append(Problem(path, f"{error.message}（第 {error.position + 1} 个字）"))
            return None

    def each(self, name: str, expect: Kind | None) -> Iterator[tuple[str, Expression]]:
        """The expressions that fields hold under `name`, by path."""
        for index, field in enumerate(self.form.fields):
            yield from self._one(field, name, expect, field.key, f"fields.{index}", self.schema)
            inner = row_schema(field, self.schema) if field.fields else self.schema
            for column, child in enumerate(field.fields):
                path, place = f"{field.key}.{child.key}", f"fields.{index}.fields.{column}"
                yield from self._one(child, name, expect, path, place, inner)

    def _one(
        self, field: FieldDef, name: str, expect: Kind | None, path: str, place: str, schema: Schema
    ) -> Iterator[tuple[str, Expression]]:
        text = getattr(field, name)
        wanted = expect if expect is not None else KINDS[field.type].kind
        found = self.compile(text, f"{place}.{name}", schema, wanted)
        if found is not None:
            yield path, found


def ready(form: Form, version: int, find: FindForm) -> ReadyForm:
    """Compile a form. Raises Invalid with every mistake at once."""
    compiler = _Compiler(form, find)
    formulas = dict(compiler.each("formula", None))
    result = ReadyForm(
        form=form,
        version=version,
        schema=compiler.schema,
        formulas=_ordered(formulas, compiler.problems),
        required_if=dict(compiler.each("required_if", Kind.BOOL)),
        visible_if=dict(compiler.each("visible_if", Kind.BOOL)),
        defaults=_defaults(form, compiler),
        checks=tuple(
            found
            for index, check in enumerate(form.checks)
            if (found := compiler.compile(check.condition, f"checks.{index}.if", compiler.schema, Kind.BOOL))
        ),
    )
    for index, field in enumerate(form.fields):
        if field.type == "link" and find(field.to) is None:
            compiler.problems.append(Problem(f"fields.{index}.to", f"没有「{field.to}」这个表单"))
    if compiler.problems:
        raise Invalid(tuple(compiler.problems))
    return result


_DEFAULT_NAMES = ("我", "今天", "现在")


def _defaults(form: Form, compiler: _Compiler) -> dict[str, Expression]:
    """Defaults that are computed: 我, 今天, or a text that starts with `=`."""
    found: dict[str, Expression] = {}
    for path, field in form.walk():
        text = field.default
        if isinstance(text, str) and (text in _DEFAULT_NAMES or text.startswith("=")):
            expression = compiler.compile(text.removeprefix("="), f"{path}.default", compiler.schema, None)
            if expression is not None:
                found[path] = expression
    return found


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
