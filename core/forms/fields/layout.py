"""What has no value: a section's heading, a tab page, a remark."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.expressions import Kind
from core.forms.fields.base import FieldKind, Names, same, unread

if TYPE_CHECKING:
    from core.forms.definition import FieldDef


def _nothing(_field: FieldDef, _value: Any, _names: Names) -> str:
    return ""


def _kind(name: str, title: str, icon: str, about: str, *properties: str) -> FieldKind:
    return FieldKind(
        name,
        title,
        Kind.ANY,
        properties,
        unread,
        _nothing,
        same,
        stored=False,
        layout=True,
        own_line=name != "note",
        checks="没有值",
        group="布局",
        icon=icon,
        help=about,
    )


SECTION = _kind("section", "分组", "§", "一组字段的标题，可折叠", "collapsed")
TAB = _kind("tab", "标签页", "签", "到下一个标签页为止的字段放在这一页")
NOTE = _kind("note", "说明文字", "注", "一段说明，写在「说明」里")
