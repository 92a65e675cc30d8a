"""Planted loops: each is found before publishing, with the rules that it runs through; near misses are let through."""

from __future__ import annotations

import pytest

from core.commands import SYSTEM, CreateRecord, Publish
from tests.company import Company
from tests.rules.house import create, records, runs

FORMS = "\n---\n".join(
    f"""form: {key}
title: 表{key}
fields:
  - {{key: name, label: 名称, type: text}}
  - {{key: one, label: 甲, type: number, decimals: 0}}
  - {{key: two, label: 乙, type: number, decimals: 0}}
  - {{key: sum_up, label: 和, type: number, decimals: 0, formula: 甲 + 1}}
  - {{key: peer, label: 关联, type: link, to: {other}}}"""
    for key, other in (("la", "lb"), ("lb", "lc"), ("lc", "la"))
)
FLOW = """flow: la_flow
title: 审批
form: la
steps:
  - {approve: 主管, who: {person: zhao}}
"""
TOTAL = """aggregate: la_total
title: 合计表
keys: [{key: peer, label: 关联, to: lb}]
measures: [{key: one, label: 甲合计, decimals: 0}]
from: [{form: la, by: {peer: 关联}, add: {one: 甲}}]
"""


def rule(key: str, when: str, then: str, more: str = "") -> str:
    """A rule in three lines."""
    return f"rule: {key}\ntitle: 规则{key}\nwhen: {when}\nthen: [{then}]\n{more}"


def ring(*pairs: tuple[str, str]) -> list[str]:
    """Rules that hand on to one another."""
    return [rule(f"r{index}", when, then) for index, (when, then) in enumerate(pairs)]


MAKE = {key: f"{{create: {{form: {key}, set: {{甲: 1}}}}}}" for key in ("la", "lb", "lc")}
SET_ONE, SET_TWO, SET_NAME = (
    "{update: {map: {甲: 甲 + 1}}}",
    "{update: {map: {乙: 乙 + 1}}}",
    "{update: {set: {名称: 改}}}",
)
MINE = [
    # one rule that sets itself off
    ring(("{saved: la}", SET_ONE)),
    ring(("{updated: la}", SET_ONE)),
    ring(("{updated: la, fields: [甲]}", SET_ONE)),
    ring(("{saved: la, fields: [甲, 乙]}", SET_TWO)),
    ring(("{updated: la, fields: [和]}", SET_ONE)),
    ring(("{created: la}", MAKE["la"])),
    ring(("{saved: la}", MAKE["la"])),
    ring(("{saved: la}", "{upsert: {form: la, match: {名称: 名称}, map: {甲: 甲 + 1}}}")),
    ring(("{updated: la}", "{update: {form: la, match: {名称: 名称}, map: {甲: 甲 + 1}}}")),
    ring(("{deleted: la}", "{delete: {form: la, match: {名称: 名称}}}")),
    ring(("{saved: la, fields: [名称]}", SET_NAME)),
    # two rules of one form
    ring(("{updated: la, fields: [甲]}", SET_TWO), ("{updated: la, fields: [乙]}", SET_ONE)),
    ring(("{updated: la, fields: [和]}", SET_TWO), ("{updated: la, fields: [乙]}", SET_ONE)),
    ring(("{saved: la, fields: [甲]}", SET_NAME), ("{saved: la, fields: [名称]}", SET_ONE)),
    # across forms
    ring(("{created: la}", MAKE["lb"]), ("{created: lb}", MAKE["la"])),
    ring(("{created: la}", MAKE["lb"]), ("{created: lb}", MAKE["lc"]), ("{created: lc}", MAKE["la"])),
    ring(("{saved: la}", "{update: {target: 关联, map: {甲: 甲}}}"), ("{saved: lb}", MAKE["la"])),
    ring(
        ("{updated: la}", "{update: {target: 关联, map: {甲: 甲}}}"),
        ("{updated: lb}", "{update: {form: la, match: {关联: 本单}, map: {甲: 甲}}}"),
    ),
    ring(
        ("{updated: la, fields: [甲]}", "{update: {target: 关联, map: {甲: 甲}}}"),
        ("{updated: lb, fields: [和]}", "{update: {target: 关联, map: {乙: 甲}}}"),
        ("{updated: lc, fields: [乙]}", "{update: {target: 关联, map: {甲: 乙}}}"),
    ),
    ring(("{deleted: la}", MAKE["lb"]), ("{created: lb}", "{delete: {form: la, match: {名称: 名称}}}")),
    ring(("{created: la}", "{delete: {form: lb, match: {名称: 名称}}}"), ("{deleted: lb}", MAKE["la"])),
    ring(("{saved: lb}", "{upsert: {form: lc, match: {名称: 名称}}}"), ("{saved: lc}", MAKE["lb"])),
    # through flows
    ring(("{effective: la}", MAKE["la"])),
    ring(("{voided: la}", MAKE["la"])),
    ring(("{flow: started, of: la}", MAKE["la"])),
    ring(("{flow: decided, of: la}", MAKE["lb"]), ("{created: lb}", MAKE["la"])),
    ring(("{flow: ended, of: la}", MAKE["lb"]), ("{saved: lb}", MAKE["la"])),
    ring(("{voided: la}", "{flow: {do: start}}")),
    ring(("{flow: returned, of: la}", "{flow: {do: end}}"), ("{voided: la}", "{flow: {do: start}}")),
    ring(("{effective: la}", "{update: {target: 关联, map: {甲: 甲}}}"), ("{saved: lb}", MAKE["la"])),
    # through an aggregate table
    ring(
        (
            "{threshold: la_total, of: lb, value: 甲合计, above: 10}",
            "{update: {form: la, match: {关联: 本单}, map: {甲: 0}}}",
        ),
        (
            "{threshold: la_total, of: lb, value: 甲合计, below: 5}",
            "{create: {form: la, map: {关联: 本单, 甲: 20}}}",
        ),
    ),
    ring(
        ("{threshold: la_total, of: lb, value: 甲合计, above: 10}", "{update: {map: {乙: 乙 + 1}}}"),
        ("{updated: lb, fields: [乙]}", "{create: {form: la, map: {关联: 本单, 甲: 1}}}"),
    ),
    # the last step of a ladder, the third action, a formula behind a formula
    [rule("r0", "{updated: la}", f"{{notify: {{who: {{person: li}}, text: 好}}}}, {MAKE['lb']}, {SET_ONE}")],
    [
        rule(
            "r0",
            "{absence: lb, of: lc, days: 3, link: peer}",
            SET_NAME,
            "escalate: [{days: 9, set: {甲: 5}}]",
        ),
        rule("r1", "{updated: lc, fields: [和]}", SET_ONE),
    ],
]
HARMLESS = [
    ring(("{updated: la, fields: [甲]}", SET_TWO)),
    ring(("{created: la}", SET_ONE)),
    ring(("{created: la}", MAKE["lb"]), ("{created: lb}", MAKE["lc"])),
    ring(("{updated: la, fields: [乙]}", SET_ONE), ("{updated: la, fields: [和]}", SET_NAME)),
    [rule("r0", "{saved: la}", SET_ONE, "follow: forbid")],
    [
        rule("r0", "{created: la}", MAKE["lb"], "follow: [r2]"),
        *ring(("{created: lb}", MAKE["la"]))[:0],
        rule("r2", "{created: lb}", MAKE["lc"]),
    ],
    ring(("{deleted: la}", "{update: {target: 关联, map: {甲: 甲}}}")),
    ring(
        (
            "{threshold: la_total, of: lb, value: 甲合计, below: 5}",
            "{create: {form: la, map: {关联: 本单, 甲: 20}}}",
        )
    ),
]


def text_of(rules: list[str]) -> str:
    """Everything as one text."""
    return "\n---\n".join([FORMS, FLOW, TOTAL, *rules])


@pytest.mark.parametrize("rules", MINE)
async def test_every_planted_loop_is_refused(small: Company, rules: list[str]):
    """发布时拒绝，指出循环经过哪些规则。"""
    outcome = small.perform(Publish(SYSTEM, text_of(rules)))
    assert outcome.code == "invalid", rules
    assert any("循环触发" in one.message and "规则r" in one.message for one in outcome.problems), (
        outcome.problems
    )


@pytest.mark.parametrize("rules", HARMLESS)
async def test_what_only_looks_like_a_loop_is_published(small: Company, rules: list[str]):
    """不会循环的规则可以发布。"""
    outcome = small.perform(Publish(SYSTEM, text_of(rules)))
    assert outcome.ok, outcome.problems


def test_there_are_enough_of_them():
    """至少 30 个。"""
    assert len(MINE) >= 30


async def test_a_loop_forced_past_the_check_stops_at_the_cap(company: Company):
    """作者写明允许的循环：到层数上限停下，有异常记录，触发的保存成立。"""
    text = "\n---\n".join(
        [
            FORMS,
            rule("r0", "{created: la}", MAKE["lb"]),
            rule("r1", "{created: lb}", MAKE["la"], "follow: [r0]"),
        ]
    )
    assert company.perform(Publish(SYSTEM, text)).ok
    first = create(company, "la", one="1")
    made = [len(records(company, key)) for key in ("la", "lb")]
    assert made == [5, 4]
    assert first in [one.id for one in records(company, "la")]
    assert len(runs(company, "r0")) + len(runs(company, "r1")) == 8
    capped = [*runs(company, "r0", "capped"), *runs(company, "r1", "capped")]
    assert [one.error for one in capped] == ["连锁触发超过 8 层"]
    incidents = company.read(lambda uow: [one.kind for one in uow.incidents.list("open")])
    assert "rule_loop" in incidents


async def test_fan_out_is_bounded(small: Company):
    """一次操作触发的执行次数有上限，超过的不做，有异常记录。"""
    rows = ", ".join("{create: {form: lb, set: {甲: 1}}}" for _ in range(20))
    text = "\n---\n".join(
        [
            FORMS,
            rule("r0", "{created: la}", rows, "follow: [r1]"),
            rule("r1", "{created: lb}", ", ".join([MAKE["lc"]] * 20)),
            rule("r2", "{created: lc}", "{create: {form: lb, set: {甲: 1}}}", "follow: [r1]"),
        ]
    )
    assert small.perform(Publish(SYSTEM, text)).ok
    assert small.perform(CreateRecord("li", "la", {})).ok
    assert sum(len(runs(small, key)) for key in ("r0", "r1", "r2")) == 500
    assert "rule_loop" in small.read(lambda uow: [one.kind for one in uow.incidents.list("open")])
