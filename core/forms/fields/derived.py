"""What other forms tell: 他表字段 (live or a stored copy), 汇总 over linked records, and the other end of a link."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.expressions import Kind
from core.forms.fields.base import FieldKind, Names, same, unread

if TYPE_CHECKING:
    from core.forms.definition import FieldDef

ROLLUPS = {"sum": "求和", "count": "计数", "avg": "平均", "min": "最小", "max": "最大"}


def _show(_field: FieldDef, value: Any, _names: Names) -> str:
    return str(value)


def show_links(_field: FieldDef, value: Any, names: Names) -> str:
    """Titles of the records at the other end."""
    return "、".join(names.titles.get(one, str(one)) for one in value)


LOOKUP = FieldKind(
    "lookup",
    "他表字段",
    Kind.ANY,
    ("via", "take", "live"),
    unread,
    _show,
    same,
    needs=("via", "take"),
    computed=True,
    checks="由关联数据带出：live 实时，否则保存时存一份",
    group="关联与汇总",
    icon="带",
    help="带出关联数据里的一个字段",
)
ROLLUP = FieldKind(
    "rollup",
    "汇总",
    Kind.NUMBER,
    ("of", "by", "take", "agg", "condition"),
    unread,
    _show,
    same,
    needs=("of", "by", "agg"),
    stored=False,
    computed=True,
    checks="由关联数据实时汇总，可带条件；作废和已删的不计",
    group="关联与汇总",
    icon="Σ",
    help="汇总指向本单的另一张表单",
    starts={"agg": "count"},
)
BACKLINKS = FieldKind(
    "backlinks",
    "反向关联",
    Kind.LIST,
    ("of", "by"),
    unread,
    show_links,
    same,
    needs=("of", "by"),
    stored=False,
    computed=True,
    elements=Kind.TEXT,
    checks="关联的另一端，自动双向",
    group="关联与汇总",
    icon="反",
    help="列出指向本单的数据",
)
