"""The auditor of the crash proof: reads `zhongshu export --jsonl` and the chats, and believes neither.

It knows none of the product's code. What a card must show for a state of the database is said here once more,
in rules of its own.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

from bench.crash_cast import Fate, Press
from bench.crash_plan import APPROVERS, Claim
from bench.phones import Shown

Row = dict[str, Any]

TITLES = {"running": "审批中", "approved": "已通过", "rejected": "已拒绝", "withdrawn": "已撤回"}
TINTS = {"running": "open", "approved": "done", "rejected": "refused", "withdrawn": "info"}
SAID = {"approve": "同意", "reject": "拒绝"}


@dataclass
class Findings:
    """What is wrong, by kind; each a sentence."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    stuck: list[str] = field(default_factory=list)
    cards: int = 0
    superseded: list[Shown] = field(default_factory=list)

    @property
    def all(self) -> list[str]:
        """Every sentence."""
        return [*self.lost, *self.doubled, *self.wrong, *self.stuck]


class Export:
    """The rows of an export, by table."""

    def __init__(self, text: str) -> None:
        self.tables: dict[str, list[Row]] = defaultdict(list)
        for line in text.splitlines():
            row = json.loads(line)
            self.tables[row.pop("table")].append(row)
        self.instances = {row["id"]: row for row in self.tables["instance"]}
        self.tasks = {row["id"]: row for row in self.tables["task"]}
        self.of_instance: dict[str, list[Row]] = defaultdict(list)
        for row in self.tables["task"]:
            self.of_instance[row["instance_id"]].append(row)

    @property
    def transitions(self) -> Counter[str]:
        """How many each task has."""
        return Counter(row["task_id"] for row in self.tables["transition"])


def audit(export: Export, claims: list[Claim], presses: list[Press], chats: list[Shown]) -> Findings:
    """Everything that the promise says, checked."""
    found = Findings()
    _claims(export, claims, found)
    _presses(export, claims, presses, found)
    _numbers(export, found)
    _leftovers(export, found)
    _cards(export, chats, found)
    return found


# --- what happened --------------------------------------------------------------------------------


def _claims(export: Export, claims: list[Claim], found: Findings) -> None:
    """Each claim exists once and ended as its people decided."""
    for claim in claims:
        rows = [row for row in export.tables["instance"] if claim.reason in row["title"]]
        if len(rows) != 1:
            (found.doubled if rows else found.lost).append(f"claim {claim.reason} exists {len(rows)} times")
            continue
        instance = rows[0]
        said = {row["decided_by"]: row["verdict"] for row in export.of_instance[instance["id"]]}
        states = {"rejected" if "reject" in claim.verdicts.values() else "approved"}
        if claim.withdraw:
            states.add("withdrawn")
        if instance["state"] not in states:
            found.lost.append(f"claim {claim.reason} is {instance['state']}, not {' or '.join(states)}")
        elif instance["state"] != "withdrawn" and said != {who: claim.verdicts[who] for who in claim.steps}:
            found.lost.append(f"claim {claim.reason}: decided {said}, planned {claim.verdicts}")
    extra = len(export.instances) - len(claims)
    if extra > 0:
        found.doubled.append(f"{extra} instances more than claims")


def _presses(export: Export, claims: list[Claim], presses: list[Press], found: Findings) -> None:
    """An acked press has exactly one transition, by who pressed; no task has two, none comes from nowhere."""
    by_handle = {row["handle"]: row for row in export.tables["card"]}
    made = defaultdict(list)
    for row in export.tables["transition"]:
        made[row["task_id"]].append(row)
    for task, rows in made.items():
        if len(rows) > 1:
            found.doubled.append(f"task {task} has {len(rows)} transitions")
    pressed = set()
    for press in presses:
        card = by_handle.get(press.handle)
        if card is None:
            found.lost.append(f"press on claim {press.claim}: its card is not in the database")
            continue
        pressed.add(card["subject_id"])
        rows = made[card["subject_id"]]
        who = [(row["actor"], row["action"]) for row in rows]
        if press.fate is Fate.ACKED and who != [(press.person, press.verdict)] and not _void(export, card):
            found.lost.append(f"acked press by {press.person} on claim {press.claim}: transitions {who}")
    for task in made.keys() - pressed:
        found.doubled.append(f"task {task} was decided although nobody pressed")


def _void(export: Export, card: Row) -> bool:
    """The claim was withdrawn before the press, and the answer said so."""
    return bool(export.tasks[card["subject_id"]]["state"] == "cancelled")


def _numbers(export: Export, found: Findings) -> None:
    """Numbers of each form run 1, 2, 3 … without a gap."""
    series: dict[str, list[int]] = defaultdict(list)
    for row in export.instances.values():
        head, _, last = row["number"].rpartition("-")
        series[head].append(int(last))
    for head, numbers in series.items():
        if sorted(numbers) != list(range(1, len(numbers) + 1)):
            found.lost.append(f"numbers of {head} have gaps or repeats")


def _leftovers(export: Export, found: Findings) -> None:
    """Nothing waits for ever, no incident was raised."""
    for row in export.tables["outbox"]:
        if row["state"] != "sent":
            found.stuck.append(f"outbox row {row['id']} is {row['state']}: {row['last_error']}")
    for row in export.tables["incident"]:
        found.stuck.append(f"incident {row['kind']} {row['object']}: {row['text']}")
    for row in export.tables["task"]:
        if row["state"] == "open":
            found.stuck.append(f"task {row['id']} is still open")
    seqs = [row["seq"] for row in export.tables["audit"]]
    if seqs != list(range(1, len(seqs) + 1)):
        found.lost.append("the audit trail has gaps")


# --- what the phones show -------------------------------------------------------------------------


def _cards(export: Export, chats: list[Shown], found: Findings) -> None:
    """The newest copy of every card shows the database; older ones are listed, to be pressed afterwards."""
    copies: dict[str, list[Shown]] = defaultdict(list)
    for shown in chats:
        if shown.handle:
            copies[shown.handle].append(shown)
    for row in export.tables["card"]:
        mine = sorted(copies[row["handle"]], key=lambda one: one.place)
        if not mine:
            found.lost.append(f"card {row['id']} of {row['person']} never arrived")
            continue
        if len(mine) > row["wanted_version"]:
            found.doubled.append(f"card {row['id']} of {row['person']} arrived {len(mine)} times")
        found.cards += 1
        found.superseded += [one for one in mine[:-1] if one.live]
        wrong = wrong_with(export, row, mine[-1])
        if wrong:
            place = f"{row['platform']} {row['person']} {row['subject_kind']} {row['id']}"
            found.wrong.append(f"{place}: {wrong}; shows {_short(mine[-1])}")


def wrong_with(export: Export, card: Row, shown: Shown) -> str:
    """What a card shows that is not so; "" when it is right."""
    if card["subject_kind"] == "task":
        return _wrong_task(export.tasks[card["subject_id"]], shown)
    instance = _instance_of(export, card, shown)
    if instance is None:
        return "" if shown.drawn["form"] and shown.drawn["form"]["enabled"] else "a draft without a form"
    return _wrong_progress(export, instance, card, shown)


def _wrong_task(task: Row, shown: Shown) -> str:
    tint = shown.drawn["tint"]
    if task["state"] == "open":
        return "" if tint == "open" and {"同意", "拒绝"} <= shown.live else "the task is open"
    if shown.live:
        return f"the task is {task['state']}, but {sorted(shown.live)} can be pressed"
    if task["state"] == "cancelled":
        return "" if "无需" in shown.text and tint != "open" else "the task is cancelled"
    right = "已由" in shown.text and f"{SAID[task['verdict']]}" in shown.text
    return "" if right and tint == _tint(task["verdict"]) else f"it was decided: {task['verdict']}"


def _tint(verdict: str) -> str:
    return "done" if verdict == "approve" else "refused"


def _instance_of(export: Export, card: Row, shown: Shown) -> Row | None:
    """A draft does not name its instance: the number that its card shows does."""
    if card["subject_kind"] != "draft":
        return export.instances[card["subject_id"]]
    reason = f"第{shown.claim:04d}号"
    rows = [
        one for one in export.instances.values() if one["number"] in shown.text and reason in one["title"]
    ]
    return rows[0] if rows else None


def _wrong_progress(export: Export, instance: Row, card: Row, shown: Shown) -> str:
    state = instance["state"]
    if TITLES[state] not in shown.drawn["title"] or shown.drawn["tint"] != TINTS[state]:
        return f"the flow is {state}"
    mine = state == "running" and card["subject_kind"] != "copy"
    if shown.live != ({"撤回"} if mine else set()):
        return f"the flow is {state}, but {sorted(shown.live)} can be pressed"
    if card["platform"] == "dingtalk":  # WeCom has no room for the whole story
        told = sum(shown.drawn["markdown"].count(f"已{word}") for word in SAID.values())
        decided = sum(1 for row in export.of_instance[instance["id"]] if row["state"] == "decided")
        if told != decided:
            return f"{decided} decisions, {told} told"
    return ""


def _short(shown: Shown) -> str:
    drawn = shown.drawn
    return f"「{drawn['title']}」 {drawn['tint']} {sorted(shown.live)} {drawn['note'] or drawn['subtitle']}"


def approvers_of(presses: list[Press]) -> dict[str, int]:
    """Acked presses by platform, for the table."""
    acked = {(one.claim, one.person): one.platform for one in presses if one.fate is Fate.ACKED}
    return dict(Counter(platform for (_, person), platform in acked.items() if person in APPROVERS))
