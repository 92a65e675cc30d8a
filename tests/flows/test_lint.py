"""A bad flow is refused at publish, and the sentence names the step."""

from __future__ import annotations

import pytest

from core.commands import Publish
from tests.company import Company

FORM = """
form: trip
title: 出差
fields:
  - {key: days, label: 天数, type: number}
  - {key: boss, label: 负责人, type: member}
  - {key: memo, label: 备注, type: text}
---
flow: trip_flow
form: trip
steps:
"""
BAD = {
    "- {end: approved}\n- {approve: 迟到的人, who: {manager: 1}}": "迟到的人",
    "- branch: exclusive\n  paths:\n    - {if: 天数 > 3, steps: [{end: rejected}]}\n"
    "    - {otherwise: true, steps: [{end: approved}]}\n"
    "- {approve: 走不到, who: {manager: 1}}": "走不到",
    "- branch: exclusive\n  name: 天数分支\n  paths: [{if: 天数 > 3, steps: []}]": "天数分支",
    "- branch: inclusive\n  name: 包容分支甲\n  paths: [{if: 天数 > 3, steps: []}]": "包容分支甲",
    "- {approve: 某角色, who: {role: 不存在的角色}}": "某角色",
    "- {approve: 某人, who: {person: 没有这个人}}": "某人",
    "- {approve: 某几人, who: {people: [王强, 没有这个人]}}": "某几人",
    "- {approve: 某部门, who: {member_of: 火箭部}}": "某部门",
    "- {approve: 某表, who: {table: no_table}}": "某表",
    "- {approve: 某字段, who: {field: 没有这个字段}}": "某字段",
    "- {approve: 某公式, who: {expression: '没有(1)'}}": "某公式",
    "- {approve: 同名, who: {manager: 1}}\n- {approve: 同名, who: {manager: 2}}": "同名",
    "- {approve: 回不去, who: {manager: 1}, returns: {to: [没有的步骤]}}": "回不去",
    "- {approve: 权限, who: {manager: 1}, fields: {没有这个字段: required}}": "权限",
    "- {approve: 事件, who: {manager: 1}, on: {approve: {没有这个字段: '1'}}}": "事件",
    "- {approve: 指定, who: {pick: previous}}": "指定",
    "- {create: {form: no_form, name: 建单}}": "建单",
    "- {update: {form: customer, name: 全改, map: {name: 备注}}}": "全改",
    "- {subflow: {form: trip, name: 自己套自己}}": "自己套自己",
    "- {create: {form: trip, name: 又建一张}}": "又建一张",
    "- {snapshot: no_report, name: 发图, who: 发起人}": "发图",
}


@pytest.mark.parametrize("steps", BAD, ids=list(BAD.values()))
async def test_a_bad_step_is_named(small: Company, steps: str):
    """发布时拒绝，并说出是哪一步。"""
    outcome = small.perform(Publish("zhao", FORM + steps))
    assert outcome.code == "invalid"
    assert any(BAD[steps] in one.message for one in outcome.problems), outcome.problems
