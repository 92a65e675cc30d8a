"""compile(text, schema) → Expression: the value everybody outside this folder holds."""

import decimal
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache

from core.expressions import language
from core.expressions.checker import Checker, Name
from core.expressions.closures import closure
from core.expressions.coerce import boolean, fail, op, said, single, to_kind
from core.expressions.env import Env, Run
from core.expressions.explain import Planned, planned
from core.expressions.export import exported
from core.expressions.labels import render
from core.expressions.nodes import Const, Field, Node, Op, Written, walk
from core.expressions.tables import Pushed, SqlTable
from core.expressions.values import KIND_NAMES, Clause, ExpressionError, Kind, Schema, Scope

CACHED = 4_096


@dataclass(frozen=True, eq=False)
class Expression:
    """A checked expression.

    text    canonical: names are keys    kind   of the result
    names   paths of keys used: "total", "items.amount", "customer.level"
    asked   (form, path) of the fields of other forms that 查询 reads
    """

    text: str
    kind: Kind
    names: frozenset[str]
    asked: frozenset[tuple[str, str]]
    root: Node = field(repr=False)
    schema: Schema = field(repr=False)
    source: str = field(repr=False)
    marks: tuple[Name, ...] = field(repr=False)

    @cached_property
    def _run(self) -> Run:
        return closure(self.root)

    @cached_property
    def _plan(self) -> tuple[Planned, ...]:
        return planned(self.root, self.source, self.marks, self.schema)

    @cached_property
    def decided_by(self) -> tuple[str, ...] | None:
        """The row's own fields that alone decide the value; None where functions, rows or other records are asked."""
        found = set()
        for node in walk(self.root):
            if isinstance(node, Field) and len(node.path) == 1 and not node.each:
                found.add(node.path[0])
            elif not isinstance(node, (Const, Op, Written)):
                return None
        return tuple(sorted(found))

    def evaluate(self, row: Mapping[str, object], scope: Scope) -> object:
        """The value for a row; null for missing keys. Raises ExpressionError and nothing else."""
        return guarded(self._run, Env(row, scope))

    def labelled(self, schema: Schema) -> str:
        """The text with today's labels; a name the schema no longer has stays a key."""
        return render(self.source, self.marks, schema)

    def to_sql(self, table: SqlTable, scope: Scope) -> Pushed:
        """The condition as SQL. Raises ExpressionError when this is no yes/no expression."""
        from core.expressions.sql import pushed  # noqa: PLC0415  # SQLAlchemy only for those who push

        return pushed(self.root, table, scope)

    def explain(self, row: Mapping[str, object], scope: Scope) -> tuple[Clause, ...]:
        """Why it is so: each and/or clause with its labels, the values of both sides, and its truth."""
        env = Env(row, scope)
        return tuple(one.clause(env) for one in self._plan)

    def tree(self) -> dict[str, object]:
        """The checked tree as JSON for the browser's interpreter; the shape stands in export.py."""
        return exported(self.root)


def guarded(run: Run, env: Env) -> object:
    """Run a closure; whatever goes wrong comes out as ExpressionError without a word of the row's data."""
    try:
        return run(env)
    except ExpressionError:
        raise
    except (decimal.Overflow, OverflowError):
        raise ExpressionError("数字或日期太大，算不出来") from None
    except decimal.DecimalException:
        raise ExpressionError("数字的位数太多，算不出来") from None
    except RecursionError:
        raise ExpressionError("表达式太复杂，请拆成几个字段") from None
    except TypeError:
        raise ExpressionError("不同种类的值不能放在一起比较或计算") from None
    except Exception as error:
        raise ExpressionError(f"计算出错（{type(error).__name__}）") from error


@lru_cache(maxsize=CACHED)
def compile(text: str, schema: Schema, expect: Kind | None = None) -> Expression:  # the contract's word
    """The checked expression, cached. Raises ExpressionError with the place of the mistake.

    expect  the kind the result must have; BOOL also settles a sub-table condition as 任一行
    """
    checker = Checker(schema)
    root = _expected(single(checker.check(language.parse(text, schema.words))), expect)
    marks = tuple(sorted(checker.names, key=lambda name: name.span))
    paths = {name.path for name in marks if not _is_owner(name, marks)}
    names = frozenset(".".join(path) for path in paths if path[0][0] != "@")
    asked = frozenset((path[0][1:], ".".join(path[1:])) for path in paths if path[0][0] == "@")
    canonical = render(text, marks, None)
    return Expression(canonical, root.kind, names, asked, root, schema, text, marks)


def _is_owner(name: Name, marks: tuple[Name, ...]) -> bool:
    """`items` of items.amount is no name of its own."""
    following = next((mark for mark in marks if mark.span > name.span), None)
    return (
        following is not None
        and following.path[:-1] == name.path
        and len(following.path) == len(name.path) + 1
    )


def _expected(root: Node, expect: Kind | None) -> Node:
    if expect is None or expect is Kind.ANY:
        return root
    if expect is Kind.BOOL:
        return op("and", Kind.BOOL, boolean(root))  # the answer is 是 or 否, never null
    brought = to_kind(root, expect)
    if brought is None:
        raise fail(f"结果要是{KIND_NAMES[expect]}，{said(root)}", root.span)
    return brought if brought.kind is expect else replace(brought, kind=expect)
