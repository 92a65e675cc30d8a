"""Files and pictures: a list of stored files, checked by what they are, not by what they are called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.expressions import Kind
from core.forms.fields.base import FieldKind, Names, Reading, WrongValue, same

if TYPE_CHECKING:
    from core.forms.definition import FieldDef

PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")


def read(field: FieldDef, raw: Any, reading: Reading) -> list[dict[str, Any]] | None:
    """[{id, name, size, type}] of files that were uploaded before; raw is a list of ids or of such objects."""
    if not isinstance(raw, list):
        raise WrongValue("应当是上传的文件")
    if len(raw) > field.max_files:
        raise WrongValue(f"最多 {field.max_files} 个文件")
    files = [_one(field, item, reading) for item in raw]
    if len({one["id"] for one in files}) < len(files):
        raise WrongValue("同一个文件传了两次")
    return files or None


def _one(field: FieldDef, item: Any, reading: Reading) -> dict[str, Any]:
    id_ = item.get("id") if isinstance(item, dict) else item
    found = reading.files.get(id_) if isinstance(id_, str) else None
    if found is None:
        raise WrongValue("有一个文件没有上传成功，请重新上传")
    if found.size > field.max_size * 1024 * 1024:
        raise WrongValue(f"「{found.name}」超过 {field.max_size} MB")
    if field.accept and not any(found.type.startswith(kind.rstrip("*")) for kind in field.accept):
        raise WrongValue(f"「{found.name}」的类型不对")
    return {"id": found.id, "name": found.name, "size": found.size, "type": found.type}


def read_pictures(field: FieldDef, raw: Any, reading: Reading) -> list[dict[str, Any]] | None:
    """As files, but pictures that a browser can show."""
    files = read(field, raw, reading)
    wrong = next((one for one in files or [] if one["type"] not in PICTURES), None)
    if wrong is not None:
        raise WrongValue(f"「{wrong['name']}」不是图片（支持 PNG、JPG、GIF、WEBP）")
    return files


def show(_field: FieldDef, value: Any, _names: Names) -> str:
    """The file names."""
    return "、".join(item["name"] for item in value)


_LIMITS = ("accept", "max_files", "max_size", "rename")
ATTACHMENT = FieldKind(
    "attachment",
    "附件",
    Kind.LIST,
    _LIMITS,
    read,
    show,
    same,
    checks="已上传、个数、大小、按内容识别的类型",
    group="文件",
    icon="附",
    help="上传文件",
)
IMAGE = FieldKind(
    "image",
    "图片",
    Kind.LIST,
    _LIMITS[1:],
    read_pictures,
    show,
    same,
    checks="已上传、个数、大小、内容是图片；缩略图",
    group="文件",
    icon="图",
    help="上传或拍摄图片",
)
