"""The parts of the OpenAPI document that no form changes: helpers, shared schemas, errors, fixed paths."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]
JSON = "application/json"


def ref(name: str) -> Schema:
    """A reference to a schema."""
    return {"$ref": f"#/components/schemas/{name}"}


def parameter(name: str) -> Schema:
    return {"$ref": f"#/components/parameters/{name}"}


def answers(schema: Schema, *errors: str, status: str = "200") -> Schema:
    found: Schema = {status: {"description": "成功", "content": {JSON: {"schema": schema}}}}
    for one in ("401", "429", *errors):
        found[one] = {"$ref": f"#/components/responses/{_ERROR_NAMES[one]}"}
    return found


def operation(id_: str, summary: str, tag: str, **more: Any) -> Schema:
    return {"operationId": id_, "summary": summary, "tags": [tag], **more}


def body_of(schema: Schema) -> Schema:
    return {"required": True, "content": {JSON: {"schema": schema}}}


def object_of(properties: Schema, required: tuple[str, ...] = (), **more: Any) -> Schema:
    found: Schema = {"type": "object", "properties": properties, **more}
    return {**found, "required": list(required)} if required else found


_STRING: Schema = {"type": "string"}
_INSTANT: Schema = {"type": "string", "format": "date-time"}
_MAYBE: Schema = {"type": ["string", "null"]}
SYSTEM: Schema = {
    "id": _STRING,
    "number": _STRING,
    "title": _STRING,
    "version": {"type": "integer"},
    "state": {
        "type": "string",
        "enum": ["saved", "running", "returned", "approved", "rejected", "withdrawn", "ended"],
    },
    "created_at": _INSTANT,
    "created_by": _STRING,
    "updated_at": _INSTANT,
    "updated_by": _STRING,
    "effective_at": {"type": ["string", "null"], "format": "date-time"},
    "voided_at": {"type": ["string", "null"], "format": "date-time"},
}
_PROBLEM = object_of({"path": _STRING, "pointer": _STRING, "message": _STRING}, ("path", "message"))
_TASK: Schema = {
    "id": _STRING,
    "version": {"type": "integer"},
    "step": _STRING,
    "state": {"type": "string", "enum": ["open", "decided", "transferred", "cancelled"]},
    "assignee": _STRING,
    "opened_at": _INSTANT,
    "decided": {"type": ["object", "null"]},
    "title": _STRING,
    "number": _STRING,
    "form": _STRING,
    "record_id": _STRING,
    "instance_id": _STRING,
}
SCHEMAS: Schema = {
    "Problem": _PROBLEM,
    "Error": object_of(
        {
            "code": _STRING,
            "message": _STRING,
            "field": _STRING,
            "hint": _STRING,
            "request_id": _STRING,
            "problems": {"type": "array", "items": ref("Problem")},
        },
        ("code", "message", "request_id", "problems"),
    ),
    "Saved": object_of(
        {
            "id": _STRING,
            "number": _STRING,
            "version": {"type": "integer"},
            "instance_id": _MAYBE,
            "message": _STRING,
        },
        ("id", "number", "version"),
    ),
    "File": object_of(
        {"id": _STRING, "name": _STRING, "size": {"type": "integer"}, "type": _STRING}, ("id",)
    ),
    "Task": object_of(_TASK, tuple(_TASK)),
    "Done": object_of({"message": _STRING, "instance_id": _STRING}, ("message",)),
    "Instance": object_of(
        {
            "id": _STRING,
            "flow": _STRING,
            "version": {"type": "integer"},
            "state": _STRING,
            "state_text": _STRING,
            "initiator": _STRING,
            "started_at": _INSTANT,
            "ended_at": _MAYBE,
            "timeline": {"type": "array", "items": {"type": "object"}},
            "steps": {"type": "array", "items": {"type": "object"}},
            "form": _STRING,
            "record_id": _STRING,
            "number": _STRING,
            "title": _STRING,
        }
    ),
}
_ERROR_NAMES = {
    "401": "Unauthorized",
    "404": "NotFound",
    "409": "Conflict",
    "422": "Invalid",
    "429": "TooMany",
}
_ERROR_TEXTS = {
    "401": "没有密钥，或密钥不对、已过期、已吊销",
    "404": "没有，或者您无权查看",
    "409": "别人先改了，或同一个幂等键用在了不同的内容上",
    "422": "内容不对，problems 逐条说明",
    "429": "调用太频繁",
}
RESPONSES: Schema = {
    name: {"description": _ERROR_TEXTS[code], "content": {JSON: {"schema": ref("Error")}}}
    for code, name in _ERROR_NAMES.items()
}


def _query(name: str, description: str, schema: Schema) -> Schema:
    return {"name": name, "in": "query", "description": description, "schema": schema}


PARAMETERS: Schema = {
    "filter": _query(
        "filter", '表达式，例如 合计 > 5000 且 事由 包含 "鸿达"', {"type": "string", "maxLength": 2000}
    ),
    "fields": _query("fields", "只要这些字段，用逗号隔开", _STRING),
    "limit": _query("limit", "一页几条", {"type": "integer", "minimum": 1, "maximum": 200, "default": 50}),
    "cursor": _query("cursor", "上一页给的 next", _STRING),
    "q": _query("q", "编号或标题里有这些字", _STRING),
    "sort": _query("sort", "按这个字段排序，前面加 - 为从大到小；不写则新的在前", _STRING),
    "group": _query("group", "按这个字段分组：groups 给出每个值的条数和合计", _STRING),
    "totals": _query("totals", "1：totals 给出全部结果的条数和数字列合计（作废的不计）", {"enum": ["1"]}),
    "bin": _query("bin", "1：回收站里的（自己建的；系统管理员看全部）", {"enum": ["1"]}),
    "form": {"name": "form", "in": "path", "required": True, "description": "表单的 key", "schema": _STRING},
    "id": {"name": "id", "in": "path", "required": True, "schema": _STRING},
    "idempotency": {
        "name": "Idempotency-Key",
        "in": "header",
        "required": True,
        "description": "1 到 255 个可见的 ASCII 字符；重试用同一个键",
        "schema": {"type": "string", "minLength": 1, "maxLength": 255},
    },
    "if_match": {"name": "If-Match", "in": "header", "description": "代替 version", "schema": _STRING},
}


def _act(id_: str, summary: str, tag: str, properties: Schema, required: tuple[str, ...] = ()) -> Schema:
    return {
        "parameters": [parameter("id")],
        "post": operation(
            id_,
            summary,
            tag,
            parameters=[parameter("idempotency")],
            requestBody=body_of(object_of(properties, required, additionalProperties=False)),
            responses=answers(ref("Done"), "404", "409", "422"),
        ),
    }


_COMMENT: Schema = {"type": "string", "maxLength": 500}
_VERDICT: Schema = {"type": "string", "enum": ["approve", "reject", "return"]}
_VERSION: Schema = {"type": "integer", "description": "看到的待办版本；不写则不比较"}
_FORM_ROW = object_of({"key": _STRING, "title": _STRING, "version": {"type": "integer"}})
PATHS: Schema = {
    "/forms": {
        "get": operation(
            "list_forms",
            "已发布的表单",
            "forms",
            responses=answers(object_of({"forms": {"type": "array", "items": _FORM_ROW}})),
        )
    },
    "/tasks": {
        "get": operation(
            "list_tasks",
            "我的待办，等得最久的在前",
            "tasks",
            parameters=[parameter("limit")],
            responses=answers(object_of({"tasks": {"type": "array", "items": ref("Task")}})),
        )
    },
    "/tasks/{id}": {
        "parameters": [parameter("id")],
        "get": operation("get_task", "一个待办", "tasks", responses=answers(ref("Task"), "404")),
    },
    "/tasks/{id}/decide": _act(
        "decide_task",
        "同意、拒绝或退回",
        "tasks",
        {"verdict": _VERDICT, "comment": _COMMENT, "version": _VERSION},
        ("verdict",),
    ),
    "/tasks/{id}/transfer": _act(
        "transfer_task", "转交", "tasks", {"to": _STRING, "comment": _COMMENT, "version": _VERSION}, ("to",)
    ),
    "/tasks/{id}/sign": _act(
        "sign_task",
        "加签：before 先看，after 我同意后再看，beside 一起看",
        "tasks",
        {
            "people": {"type": "array", "items": _STRING, "minItems": 1, "maxItems": 20},
            "how": {"type": "string", "enum": ["before", "after", "beside"]},
            "comment": _COMMENT,
            "version": _VERSION,
        },
        ("people", "how"),
    ),
    "/tasks/{id}/drop-sign": _act("drop_sign", "减签：id 是被加签的人的待办，他还没有处理", "tasks", {}),
    "/tasks/{id}/save": _act(
        "save_task",
        "保存这一步可以改的字段，不作决定",
        "tasks",
        {"values": {"type": "object", "description": "字段 key → 值"}, "version": _VERSION},
        ("values",),
    ),
    "/instances/{id}": {
        "parameters": [parameter("id")],
        "get": operation(
            "get_instance", "流程走到哪里", "instances", responses=answers(ref("Instance"), "404")
        ),
    },
    "/instances/{id}/withdraw": _act("withdraw_instance", "发起人撤回", "instances", {"comment": _COMMENT}),
    "/files": {
        "post": operation(
            "upload_file",
            "上传附件，得到的 id 填进附件字段",
            "files",
            parameters=[parameter("idempotency")],
            requestBody={
                "required": True,
                "content": {
                    "multipart/form-data": {
                        "schema": object_of({"file": {"type": "string", "format": "binary"}}, ("file",))
                    }
                },
            },
            responses=answers(ref("File"), "422"),
        )
    },
    "/files/{id}": {
        "parameters": [parameter("id")],
        "get": {
            **operation("get_file", "下载附件", "files"),
            "responses": {
                "200": {"description": "文件内容", "content": {"application/octet-stream": {}}},
                "404": {"$ref": "#/components/responses/NotFound"},
            },
        },
    },
}
