"""Bodies of pages and API calls → commands of the flow engine; H5 and the open API read them alike."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from connect.edge import Body, wrong
from core.commands import AddSign, Decide, DecideMany, Delegate, Remark, SaveStep, Transfer

DECIDE = ("verdict", "comment", "version", "to", "back", "values", "picks")
SIGN = ("people", "how", "comment", "version")
TRANSFER = ("to", "comment", "version")
REMARK = ("text", "mentions")
BATCH = ("task_ids", "verdict", "comment")
SAVE = ("values", "version")
DELEGATE = ("to", "since", "until", "flows", "open_too")
LONGEST_COMMENT = 500


def texts(sent: Body, name: str, most: int = 100) -> tuple[str, ...]:
    """A list of short texts; nothing when it is missing."""
    value = sent.values.get(name)
    if value is None:
        return ()
    if not isinstance(value, list) or len(value) > most or not all(_short(one) for one in value):
        raise wrong(name, f"「{name}」要是文字的列表，最多 {most} 项。")
    return tuple(value)


def _short(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 100


def picks_in(sent: Body) -> dict[str, tuple[str, ...]]:
    """step → people; nothing when it is missing."""
    if sent.values.get("picks") is None:
        return {}
    return {step: texts(Body({"picks": people}), "picks") for step, people in sent.mapping("picks").items()}


def behalf_in(sent: Body) -> str | None:
    """代谁发起: a person's id, "" for oneself; None when it is missing."""
    return None if sent.values.get("on_behalf") is None else sent.text("on_behalf", longest=100)


def decide(person: str, task_id: str, sent: Body) -> Decide:
    """A verdict with all that may come with it."""
    verdict = sent.text("verdict", required=True, longest=20)
    if verdict not in ("approve", "reject", "return"):
        raise wrong("verdict", "verdict 只能是 approve、reject 或 return。")
    return Decide(
        person,
        task_id,
        verdict,
        sent.text("comment", longest=LONGEST_COMMENT),
        sent.integer("version", 0),
        to=sent.text("to", longest=100),
        back=sent.text("back", longest=20),
        values=sent.mapping("values") if sent.values.get("values") is not None else {},
        picks=picks_in(sent),
    )


def transfer(person: str, task_id: str, sent: Body) -> Transfer:
    """转交."""
    to = sent.text("to", required=True, longest=100)
    return Transfer(
        person, task_id, to, sent.text("comment", longest=LONGEST_COMMENT), sent.integer("version", 0)
    )


def sign(person: str, task_id: str, sent: Body) -> AddSign:
    """加签."""
    how = sent.text("how", required=True, longest=10)
    comment = sent.text("comment", longest=LONGEST_COMMENT)
    return AddSign(person, task_id, texts(sent, "people", 20), how, comment, sent.integer("version", 0))


def save(person: str, task_id: str, sent: Body) -> SaveStep:
    """保存: the fields of one's task, without a verdict."""
    return SaveStep(person, task_id, sent.mapping("values"), sent.integer("version", 0))


def remark(person: str, instance_id: str, sent: Body) -> Remark:
    """评论."""
    return Remark(person, instance_id, sent.text("text", required=True), texts(sent, "mentions", 50))


def batch(person: str, sent: Body) -> DecideMany:
    """Several tasks at once."""
    verdict = sent.text("verdict", required=True, longest=20)
    return DecideMany(person, texts(sent, "task_ids"), verdict, sent.text("comment", longest=LONGEST_COMMENT))


def delegate(person: str, sent: Body) -> Delegate:
    """委托 of one's own decisions; times are ISO 8601 with a zone."""
    return Delegate(
        person,
        person,
        sent.text("to", required=True, longest=100),
        _moment(sent, "since"),
        _moment(sent, "until"),
        texts(sent, "flows"),
        sent.values.get("open_too") is True,
    )


def _moment(sent: Body, name: str) -> datetime:
    try:
        found = datetime.fromisoformat(sent.text(name, required=True, longest=40))
    except ValueError as error:
        raise wrong(name, f"「{name}」写成 2026-11-24T09:00:00+08:00。") from error
    if found.tzinfo is None:
        raise wrong(name, f"「{name}」要带时区，例如 +08:00。")
    return found
