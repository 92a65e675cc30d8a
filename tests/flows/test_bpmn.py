"""BPMN 2.0 out and in."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from core.definitions import parse
from core.errors import UserError
from core.flows.bpmn import read, write
from core.flows.definition import Flow
from tests.company import suites_text
from tests.flows.flow_trees import Trees

ROOT = Path(__file__).resolve().parents[2]
WEB = ROOT / "admin" / "web"
HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="x">'
    '<process id="leave" name="请假">'
)
TAIL = "</process></definitions>"


def test_random_flows_come_back_equal():
    """500 个随机流程导出 BPMN 再导入，完全相同。"""
    for seed in range(500):
        flow = Trees(seed).flow()
        imported = read(write(flow))
        assert imported.notes == ()
        assert imported.flow == flow, seed


@pytest.mark.skipif(not (WEB / "node_modules" / "bpmn-moddle").exists(), reason="npm ci has not run")
def test_files_open_in_bpmn_moddle_without_warnings(tmp_path: Path):
    """导出的文件用 bpmn-moddle 打开没有警告，引用齐全，图上每个元素都有位置。"""
    files = []
    for seed in range(500):
        files.append(tmp_path / f"{seed}.bpmn")
        files[-1].write_text(write(Trees(seed).flow()), encoding="utf-8")
    node = shutil.which("node")
    assert node is not None
    done = subprocess.run(
        [node, str(WEB / "bpmn-check.mjs"), str(tmp_path)],
        check=False,
        capture_output=True,
        text=True,
        cwd=WEB,
        timeout=100,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout) == {"files": 500, "warnings": 0, "undrawn": 0}


def test_shapes_do_not_overlap():
    """图上没有两个元素叠在一起。"""
    for seed in range(100):
        boxes = [
            tuple(int(one) for one in found)
            for found in re.findall(
                r'<dc:Bounds x="(-?\d+)" y="(-?\d+)" width="(\d+)" height="(\d+)"', write(Trees(seed).flow())
            )
        ]
        assert len(boxes) > 2
        for number, (x, y, width, height) in enumerate(boxes):
            for x2, y2, width2, height2 in boxes[:number]:
                apart = x + width <= x2 or x2 + width2 <= x or y + height <= y2 or y2 + height2 <= y
                assert apart, seed


def test_settings_that_are_no_settings_are_refused():
    """设置里写坏的 JSON、嵌套很深的 JSON 不会让服务出错。"""
    for inner, said in (
        ("{", "不是完整的 JSON"),
        ("[]", "不是一组"),
        ('{"approve":' + "[" * 900 + "]" * 900 + "}", "嵌套"),
    ):
        body = (
            '<startEvent id="s"/><endEvent id="e"/><userTask id="a"><extensionElements>'
            f'<x:step xmlns:x="urn:zhongshu:bpmn:1">{inner}</x:step></extensionElements></userTask>'
        )
        assert said in refusal(body + flows("s>a", "a>e"))


def flows(*pairs: str) -> str:
    """`a>b` → a sequence flow with id `a-b`; `a>b?text` has a condition."""
    made = ""
    for pair in pairs:
        ends, _, condition = pair.partition("?")
        source, target = ends.split(">")
        inner = f"<conditionExpression>{condition}</conditionExpression>" if condition else ""
        made += f'<sequenceFlow id="{source}-{target}" sourceRef="{source}" targetRef="{target}">{inner}</sequenceFlow>'
    return made


def elements(**kinds: str) -> str:
    """id → element, named by its id."""
    return "".join(f'<{kind} id="{id_}" name="{id_}"/>' for id_, kind in kinds.items())


def refusal(body: str) -> str:
    """Why a process is not taken."""
    with pytest.raises(UserError) as caught:
        read(HEAD + body + TAIL, "leave_form")
    return caught.value.message


def test_a_file_of_another_tool_is_read():
    """别的工具画的图：角色、泳道、定时器、默认连线都认得，猜的地方写出来。"""
    body = (
        '<laneSet><lane name="人事"><flowNodeRef>b</flowNodeRef></lane></laneSet>'
        '<startEvent id="s"/><userTask id="a" name="经理审批" xmlns:c="urn:camunda" c:candidateGroups="经理"/>'
        '<exclusiveGateway id="g" name="天数" default="g-j"/><exclusiveGateway id="j"/>'
        '<userTask id="b" name="人事审批"/><endEvent id="e"/>'
        '<intermediateCatchEvent id="w" name="等一天"><timerEventDefinition><timeDuration>P1DT2H</timeDuration>'
        "</timerEventDefinition></intermediateCatchEvent>"
        + flows("s>a", "a>g", "g>b?天数 &gt; 3", "g>j", "b>j", "j>w", "w>e")
    )
    imported = read(HEAD + body + TAIL, "leave_form")
    assert imported.text == (
        "flow: leave\ntitle: 请假\nform: leave_form\nsteps:\n"
        "  - approve: 经理审批\n    who: {role: 经理}\n"
        "  - branch: exclusive\n    name: 天数\n    paths:\n"
        "      - if: 天数 > 3\n        steps:\n          - approve: 人事审批\n            who: {role: 人事}\n"
        "      - otherwise: true\n        steps: []\n"
        "  - delay: {days: 1, hours: 2}\n    name: 等一天\n"
    )
    assert imported.notes == ("「人事审批」按泳道「人事」写成这个角色处理，请检查。",)


def test_changes_made_in_another_tool_are_read_back():
    """在别的工具里改名、改条件、换顺序，导回来都在。"""
    flow = Trees(7).flow()
    step = next(one for one in flow.walk() if one.kind == "approve")
    xml = write(flow).replace(f'name="{step.name}"', 'name="改过的名字"', 1)
    back = read(xml).flow
    assert back is not None
    changed = back.step(step.key)
    assert changed is not None
    assert changed.name == "改过的名字"
    assert changed.model_copy(update={"name": step.name}) == step


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (
            elements(s="startEvent", a="userTask", e="endEvent") + flows("s>a", "a>x"),
            "「a-x」指向不存在的元素「x」",
        ),
        (
            elements(s="startEvent", a="userTask", g="exclusiveGateway", h="exclusiveGateway", e="endEvent")
            + flows("s>h", "h>a", "a>g", "g>h?否", "g>e"),
            "回路",
        ),
        (
            elements(
                s="startEvent", g="parallelGateway", a="userTask", b="userTask", e="endEvent", f="endEvent"
            )
            + flows("s>g", "g>a", "g>b", "a>e", "b>f"),
            "「g」的一条分支在「e」结束，没有和别的分支汇合",
        ),
        (
            elements(
                s="startEvent", g="exclusiveGateway", a="userTask", b="userTask", c="userTask", e="endEvent"
            )
            + flows("s>g", "g>a?x", "g>b", "a>c", "b>c", "c>e"),
            "「c」有 2 条进线",
        ),
        (
            elements(
                s="startEvent",
                g="exclusiveGateway",
                h="exclusiveGateway",
                j="exclusiveGateway",
                a="userTask",
                b="userTask",
                c="userTask",
                e="endEvent",
            )
            + flows("s>g", "g>h?x", "g>c", "h>a?y", "h>b", "a>j", "b>j", "c>j", "j>e"),
            "「j」还汇合了「h」以外的连线",
        ),
        (
            elements(s="startEvent", g="parallelGateway", j="exclusiveGateway", a="userTask", e="endEvent")
            + flows("s>g", "g>a", "g>j", "a>j", "j>e"),
            "「g」是并行网关，它的汇合「j」却是排他网关",
        ),
        (elements(s="startEvent", a="scriptTask", e="endEvent") + flows("s>a", "a>e"), "「a」是 scriptTask"),
        (
            elements(s="startEvent", a="serviceTask", e="endEvent") + flows("s>a", "a>e"),
            "「a」是 serviceTask",
        ),
        (elements(s="startEvent", t="startEvent", e="endEvent") + flows("s>e"), "有 2 个：「s」、「t」"),
        (
            elements(s="startEvent", a="userTask", b="userTask", e="endEvent") + flows("s>a", "a>e"),
            "「b」没有连到流程里",
        ),
        (
            elements(s="startEvent", g="exclusiveGateway", j="exclusiveGateway", a="userTask", e="endEvent")
            + flows("s>g", "g>a", "g>j", "a>j", "j>e"),
            "从「g」到「a」的连线既没有条件",
        ),
        (
            elements(s="startEvent", a="userTask", b="userTask", e="endEvent")
            + flows("s>a", "a>b", "a>e", "b>e"),
            "「a」有 2 条出线",
        ),
        (
            '<startEvent id="s"><outgoing>nowhere</outgoing></startEvent><endEvent id="e"/>' + flows("s>e"),
            "「s」的出线「nowhere」不存在",
        ),
        (
            '<startEvent id="s"/><exclusiveGateway id="g" default="s-g"/><userTask id="a"/>'
            + flows("s>g", "g>a"),
            "「g」的默认连线「s-g」不是从它出去的",
        ),
    ],
)
def test_what_is_not_block_structured_is_refused_by_name(body: str, said: str):
    """画得不成块的图不收，并说出是哪个元素。"""
    assert said in refusal(body)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('<!DOCTYPE x [<!ENTITY a "aaaa">]>' + HEAD + TAIL, "DOCTYPE"),
        ('<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE x SYSTEM "file:///etc/passwd"><x/>', "DOCTYPE"),
        ("<definitions>", "不是完整的 XML"),
        ("<a/>", "不是 BPMN 2.0"),
        ("x" * 2_000_001, "太大"),
        (HEAD + TAIL, "这里有 0 个"),
    ],
)
def test_bad_files_are_refused(text: str, said: str):
    """DTD、超大、残缺的文件不收。"""
    with pytest.raises(UserError) as caught:
        read(text, "leave_form")
    assert said in caught.value.message


def test_the_procedures_of_the_suites_come_back_equal():
    """套件里的流程（十张纸面流程在内）导出再导入，完全相同。"""
    flows_ = [one.model for one in parse(suites_text())[0] if isinstance(one.model, Flow)]
    assert len(flows_) >= 10
    for flow in flows_:
        assert read(write(flow)).flow == flow
