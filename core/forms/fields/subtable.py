"""A sub-table: rows of fields. Its rows are read by core/forms/check.py, which knows the columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.expressions import Kind
from core.forms.fields.base import FieldKind, Names, Reading, WrongValue, same

if TYPE_CHECKING:
    from core.forms.definition import FieldDef


def read(field: FieldDef, raw: Any, _reading: Reading) -> list[dict[str, Any]]:
    """The rows as they came; a row is an object."""
    if not isinstance(raw, list) or not all(isinstance(row, dict) for row in raw):
        raise WrongValue("应当是若干行明细")
    if len(raw) > field.rows[1]:
        raise WrongValue(f"最多 {field.rows[1]} 行，现在有 {len(raw)} 行")
    return raw


def show(_field: FieldDef, value: Any, _names: Names) -> str:
    """How many rows there are."""
    return f"{len(value)} 行"


SUBTABLE = FieldKind(
    "subtable",
    "子表",
    Kind.ROWS,
    ("fields", "rows", "pick"),
    read,
    show,
    same,
    needs=("fields",),
    own_line=True,
    checks="行数上下限，每一列按自己的类型检查",
    group="关联与汇总",
    icon="表",
    help="一行一行的明细，每列是一个字段",
    starts={"fields": [{"key": "name", "label": "名称", "type": "text"}]},
)
