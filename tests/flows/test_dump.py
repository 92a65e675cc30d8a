"""A flow written as YAML loads as the same flow."""

from __future__ import annotations

from core.definitions import parse
from core.flows.dump import text_of
from tests.company import suites_text
from tests.flows.flow_trees import Trees


def test_random_flows_survive_as_yaml():
    """200 个随机流程写成 YAML 再读回来，一点不少。"""
    for seed in range(200):
        flow = Trees(seed).flow()
        parsed, mistakes = parse(text_of(flow))
        assert mistakes == [], (seed, mistakes)
        assert parsed[0].model == flow, seed


def test_flows_of_the_suites_survive_as_yaml():
    """套件里的流程也一样。"""
    flows = [one.model for one in parse(suites_text())[0] if one.kind == "flow"]
    assert flows
    for flow in flows:
        assert parse(text_of(flow))[0][0].model == flow


def test_it_reads_like_the_suites():
    """写出来的样子和手写的一样。"""
    text = """\
flow: some_flow
title: 付款
form: some_form
steps:
  - approve: 直属上级
    who: {manager: 1}
    vote: {ratio: 60}
    nobody: {department_head: true}
    due: {hours: 8, then: escalate}
  - branch: exclusive
    paths:
      - name: 大额
        if: 合计 > 5000
        steps:
          - fill: 出纳付款
            who: [发起人, {role: 出纳}]
      - otherwise: true
        steps: []
  - copy: {who: 发起人}
"""
    flow = parse(text)[0][0].model
    assert text_of(flow) == text
