"""The OpenAPI paths of a record's life and of drafts: the same for every form."""

from __future__ import annotations

from connect.openapi_parts import Schema, answers, body_of, object_of, operation, parameter, ref

_STRING: Schema = {"type": "string"}
_INT: Schema = {"type": "integer"}
_RECORD = "/forms/{form}/records/{id}"
_WHERE = [parameter("form"), parameter("id")]
_MARKS = {
    "effect": "生效",
    "void": "作废（记录保留，不再计入汇总和校验）",
    "delete": "放进回收站",
    "restore": "从回收站恢复",
    "purge": "彻底删除（系统管理员）",
}
_REASON = object_of(
    {"reason": {"type": "string", "maxLength": 500}, "version": _INT}, additionalProperties=False
)
_VALUES: Schema = {"type": "object", "description": "字段 key → 值，只写要改的"}
_LIST: Schema = {"type": "array", "items": {"type": "object"}}
DRAFT: Schema = object_of(
    {
        "id": _STRING,
        "form": _STRING,
        "record_id": {"type": ["string", "null"]},
        "saved_at": {"type": "string", "format": "date-time"},
        "revision": _INT,
        "values": _VALUES,
        "problems": {"type": "array", "items": ref("Problem")},
    },
    ("id", "form", "revision", "values", "problems"),
)


def _change(id_: str, summary: str, tag: str, sent: Schema, found: Schema, status: str = "200") -> Schema:
    return operation(
        id_,
        summary,
        tag,
        parameters=[parameter("idempotency")],
        requestBody=body_of(sent),
        responses=answers(found, "404", "409", "422", status=status),
    )


def _life() -> Schema:
    paths: Schema = {
        f"{_RECORD}/{what}": {
            "parameters": _WHERE,
            "post": _change(f"{what}_record", summary, "records", _REASON, ref("Done")),
        }
        for what, summary in _MARKS.items()
    }
    copied = object_of({"draft_id": _STRING, "message": _STRING}, ("draft_id",))
    button = object_of({"button": _STRING, "values": _VALUES, "version": _INT}, ("button",))
    said = object_of(
        {
            "text": {"type": "string", "maxLength": 2000},
            "mentions": {"type": "array", "items": _STRING},
            "files": {"type": "array", "items": _STRING, "description": "先上传得到的文件 id"},
        },
        ("text",),
    )
    comments = operation(
        "list_comments", "评论", "records", responses=answers(object_of({"comments": _LIST}), "404")
    )
    history = operation(
        "record_history",
        "谁在何时改了什么",
        "records",
        responses=answers(object_of({"history": _LIST}), "404"),
    )
    comment = object_of({"id": _STRING, "message": _STRING}, ("id",))
    return {
        **paths,
        f"{_RECORD}/copy": {
            "parameters": _WHERE,
            "post": _change("copy_record", "复制成草稿", "records", object_of({}), copied, "201"),
        },
        f"{_RECORD}/press": {
            "parameters": _WHERE,
            "post": _change("press_button", "按自定义按钮", "records", button, ref("Done")),
        },
        f"{_RECORD}/comments": {
            "parameters": _WHERE,
            "get": comments,
            "post": _change("comment_record", "写评论，可以 @ 和带附件", "records", said, comment, "201"),
        },
        f"{_RECORD}/history": {"parameters": _WHERE, "get": history},
    }


def _drafts() -> Schema:
    opened = object_of({"form": _STRING, "values": _VALUES}, ("form",))
    behalf = {"type": "string", "description": "代谁发起：人的 id，空为自己；只有系统管理员可以"}
    saved = object_of({"values": _VALUES, "revision": _INT, "on_behalf": behalf}, ("values",))
    handed = object_of({"values": _VALUES, "picks": {"type": "object"}, "on_behalf": behalf})
    return {
        "/drafts": {
            "get": operation(
                "list_drafts", "没有交的草稿", "drafts", responses=answers(object_of({"drafts": _LIST}))
            ),
            "post": _change("open_draft", "新草稿，填错的也留着", "drafts", opened, ref("Draft"), "201"),
        },
        "/drafts/{id}": {
            "parameters": [parameter("id")],
            "get": operation(
                "get_draft", "一份草稿和其中的问题", "drafts", responses=answers(ref("Draft"), "404")
            ),
            "patch": _change("save_draft", "保存草稿", "drafts", saved, ref("Draft")),
            "delete": operation(
                "drop_draft",
                "删除草稿",
                "drafts",
                parameters=[parameter("idempotency")],
                responses=answers(ref("Done"), "404", "409"),
            ),
        },
        "/drafts/{id}/submit": {
            "parameters": [parameter("id")],
            "post": _change(
                "submit_draft", "提交；有错误时草稿原样留着", "drafts", handed, ref("Saved"), "201"
            ),
        },
    }


LIFE_PATHS: Schema = {**_life(), **_drafts()}
