"""OpenAPI 3.1 of /api/v1, made from the forms in force: real field names, types, limits."""

from __future__ import annotations

from collections.abc import Callable

from connect.openapi_life import DRAFT, LIFE_PATHS
from connect.openapi_parts import (
    PARAMETERS,
    PATHS,
    RESPONSES,
    SCHEMAS,
    SYSTEM,
    Schema,
    answers,
    body_of,
    object_of,
    operation,
    parameter,
    ref,
)
from core.forms.definition import FieldDef, Form
from core.forms.fields import KINDS
from core.settings import Settings
from core.store.work import UnitOfWork


def document(uow: UnitOfWork, settings: Settings) -> Schema:
    """The whole document."""
    forms = [uow.shelf.form(key).form for key in uow.shelf.keys("form")]
    version = sum(uow.shelf.version("form", one.key) for one in forms)
    paths: Schema = {}
    schemas: Schema = {**SCHEMAS, "Draft": DRAFT}
    for form in forms:
        paths |= _form_paths(form)
        schemas |= _form_schemas(form)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"{settings.company} · 中枢开放接口",
            "version": f"1.{version}",
            "description": _INTRODUCTION,
        },
        "servers": [{"url": f"{settings.base_url}/api/v1"}],
        "security": [{"key": []}],
        "tags": [{"name": one.key, "description": one.title} for one in forms],
        "paths": {**paths, **PATHS, **LIFE_PATHS},
        "components": {
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer", "description": "zs_<编号>_<密钥>，在管理页面生成"}
            },
            "schemas": schemas,
            "parameters": PARAMETERS,
            "responses": RESPONSES,
        },
    }


LISTING = ("filter", "q", "sort", "group", "totals", "bin", "fields", "limit", "cursor")
_INTRODUCTION = (
    '密钥代表一个人，能看到和能做的与这个人在卡片和页面上一样。金额和数字以文字传递（"86.50"）。'
    "每个 POST 和 PATCH 都要带 Idempotency-Key：同一个键重试，得到同一个结果。每把密钥每秒最多 20 次。"
)


# --- forms -----------------------------------------------------------------------------------------------------------


def _form_paths(form: Form) -> Schema:
    key, title = form.key, form.title
    page = object_of(
        {
            "records": {"type": "array", "items": ref(f"{key}.record")},
            "next": {"type": ["string", "null"]},
            "totals": {"type": "object"},
            "groups": {"type": "array", "items": {"type": "object"}},
        }
    )
    many = {
        "get": operation(
            f"list_{key}",
            f"查询{title}",
            key,
            parameters=[parameter(one) for one in LISTING],
            responses=answers(page, "422"),
        ),
        "post": operation(
            f"create_{key}",
            f"新建{title}，有流程的随即发起",
            key,
            parameters=[parameter("idempotency")],
            requestBody=body_of(object_of({"values": ref(f"{key}.new")}, ("values",))),
            responses=answers(ref("Saved"), "409", "422", status="201"),
        ),
    }
    one = {
        "parameters": [parameter("id")],
        "get": operation(
            f"get_{key}", f"读取一条{title}", key, responses=answers(ref(f"{key}.record"), "404")
        ),
        "patch": operation(
            f"update_{key}",
            f"修改{title}的一些字段",
            key,
            parameters=[parameter("idempotency"), parameter("if_match")],
            requestBody=body_of(
                object_of({"version": {"type": "integer"}, "values": ref(f"{key}.values")}, ("values",))
            ),
            responses=answers(ref("Saved"), "404", "409", "422"),
        ),
    }
    return {f"/forms/{key}/records": many, f"/forms/{key}/records/{{id}}": one}


def _form_schemas(form: Form) -> Schema:
    values = {one.key: field_schema(one) for one in form.fields if not one.layout}
    typed = {one.key: field_schema(one) for one in form.fields if not (one.layout or one.computed)}
    required = tuple(one.key for one in form.fields if _needed(one))
    record = {**SYSTEM, "values": ref(f"{form.key}.values")}
    return {
        f"{form.key}.values": object_of(values, title=form.title),
        f"{form.key}.new": object_of(typed, required, title=f"新的{form.title}", additionalProperties=False),
        f"{form.key}.record": object_of(record, tuple(record), title=form.title),
    }


def _needed(field: FieldDef) -> bool:
    return (field.required and field.default is None and not field.formula) or field.rows[0] > 0


def field_schema(field: FieldDef) -> Schema:
    """The schema of one field's value; empty is null."""
    found = {"title": field.label, **_KINDS.get(field.base.type, _any)(field.base)}
    if field.help:
        found["description"] = field.help
    if field.computed:
        said = f"自动计算：{field.formula}" if field.formula else "由系统填写"
        found |= {"readOnly": True, "description": said}
    if isinstance(found.get("type"), str) and field.type != "subtable":
        found["type"] = [found["type"], "null"]
    return found


def _any(field: FieldDef) -> Schema:
    """What is written as a text, or said in words."""
    return {"type": "string", "description": KINDS[field.type].checks}


def _ids(what: str) -> Callable[[FieldDef], Schema]:
    def build(field: FieldDef) -> Schema:
        most = {"maxItems": field.max_items}
        return {"type": "array", "items": {"type": "string", "description": what}, **most}

    return build


def _several(field: FieldDef) -> Schema:
    item = {"type": "string"} if field.other or not field.options else _select(field)
    return {"type": "array", "items": item, "maxItems": field.max_items}


def _range(_field: FieldDef) -> Schema:
    moment: Schema = {"type": "string"}
    return object_of({"start": moment, "end": moment, "span": {"type": "string", "readOnly": True}})


def _address(_field: FieldDef) -> Schema:
    parts = ("code", "province", "city", "district", "detail")
    return object_of({name: {"type": "string"} for name in parts}, ("code",))


def _text(field: FieldDef) -> Schema:
    return {"type": "string", **({"maxLength": int(field.max)} if field.max is not None else {})}


def _number(field: FieldDef) -> Schema:
    limits = [f"{word} {value}" for word, value in (("≥", field.min), ("≤", field.max)) if value is not None]
    pattern = rf"^-?\d+(\.\d{{1,{field.scale}}})?$" if field.scale else r"^-?\d+$"
    said = "，".join([f"最多 {field.scale} 位小数", *limits])
    return {"type": "string", "format": "decimal", "pattern": pattern, "description": said}


def _select(field: FieldDef) -> Schema:
    if field.other or not field.options:
        return {"type": "string"}
    return {"enum": [*(one.value for one in field.options), None]}


def _attachment(field: FieldDef) -> Schema:
    return {"type": "array", "items": ref("File"), "maxItems": field.max_files}


def _subtable(field: FieldDef) -> Schema:
    columns = {one.key: field_schema(one) for one in field.fields}
    required = tuple(one.key for one in field.fields if _needed(one))
    least, most = field.rows
    return {"type": "array", "items": object_of(columns, required), "minItems": least, "maxItems": most}


_KINDS: dict[str, Callable[[FieldDef], Schema]] = {
    "text": _text,
    "number": _number,
    "money": _number,
    "date": lambda _: {"type": "string", "format": "date"},
    "select": _select,
    "switch": lambda _: {"type": "boolean"},
    "member": lambda _: {"type": "string", "description": "人员编号；唯一的姓名也可以"},
    "link": lambda field: {
        "type": "string",
        "description": f"「{field.to}」的数据编号；唯一的单号或标题也可以",
    },
    "attachment": _attachment,
    "image": _attachment,
    "multi_select": _several,
    "members": _ids("人员编号"),
    "departments": _ids("部门编号"),
    "links": _ids("数据编号；唯一的单号或标题也可以"),
    "backlinks": _ids("数据编号"),
    "date_range": _range,
    "datetime_range": _range,
    "address": _address,
    "rollup": _number,
    "datetime": lambda _: {"type": "string", "format": "date-time"},
    "subtable": _subtable,
}
