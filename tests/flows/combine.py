"""All combinations of 退回 × 表决方式 × 位置 × 加签 × 走法, written as scenarios.

The expectations come from the declared effect of a return (core/flows/detours.py), spelled out here rule by rule;
the engine is not asked. `python -m tests.flows.combine` writes tests/flows/scenarios/returns.yaml anew.
"""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).parent / "scenarios" / "returns.yaml"
VOTES: dict[str, tuple[Any, list[str]]] = {
    "单人": ("any", ["陈主管"]),
    "会签": ("all", ["陈主管", "刘主管"]),
    "依次": ("in_turn", ["陈主管", "刘主管"]),
    "比例": ({"ratio": 60}, ["陈主管", "刘主管", "小吴"]),
}
PLACES = ("主干", "并行里")
SIGNS = ("没有加签", "前加签的人", "后加签的人")
TARGETS = ("发起人", "上一步", "初审")
WAYS = ("送回", "重审", "改动但没改", "改动且改了")
SIGNER = "小孙"


def flow(vote: str, place: str) -> list[dict[str, Any]]:
    """初审 → 预审 → 复核 → 终审; in parallel 预审 and 复核 stand beside 旁路."""
    rule, people = VOTES[vote]
    first = {"approve": "初审", "who": {"person": "王经理"}}
    before = {"approve": "预审", "who": {"person": "小周"}}
    here = {"approve": "复核", "who": {"people": people}, "vote": rule}
    last = {"approve": "终审", "who": {"person": "赵总"}}
    if place == "主干":
        return [first, before, here, last]
    beside = {"approve": "旁路", "who": {"person": "小吴"}}
    both = {"branch": "parallel", "paths": [{"steps": [before, here]}, {"steps": [beside]}]}
    return [first, both, last]


class Writer:
    """One scenario's lines."""

    def __init__(self, vote: str, place: str, sign: str, target: str, way: str) -> None:
        self.vote, self.place, self.sign, self.target, self.way = vote, place, sign, target, way
        self.people = VOTES[vote][1]
        self.returner = self.people[min(1, len(self.people) - 1)]
        self.beside = ["小吴"] if place == "并行里" else []
        self.lines: list[str] = []

    def waits(self, *people: str) -> None:
        self.lines.append("等 " + " ".join(people))

    def asked_anew(self) -> list[str]:
        """Who is asked when 复核 begins: all of them, in turn only the first."""
        return self.people[:1] if self.vote == "依次" else self.people

    def until_the_return(self) -> None:
        """初审, 预审, the colleagues before the returner agree; then the return, by a 加签 or by themselves."""
        self.lines += ["王经理 同意", "小周 同意"]
        self.waits(*self.asked_anew(), *self.beside)
        if len(self.people) > 1:
            self.lines.append(f"{self.people[0]} 同意")
        who = self.returner
        if self.sign != "没有加签":
            self.lines.append(f"{who} {self.sign[:3]} {SIGNER}")
            self.waits(SIGNER, *self.colleagues(), *self.beside)
            who = SIGNER
        self.lines.append(f"{who} 退回 {self.target} {self.way[:2]}")

    def colleagues(self) -> list[str]:
        """Who was asked beside the returner and has not spoken."""
        return ["小吴"] if self.vote == "比例" else []

    def straight(self) -> bool:
        return self.way in ("送回", "改动但没改")

    def the_target(self) -> None:
        """Only the target is asked; on another path of the branch things go on, unless the branch was left."""
        if self.target == "发起人":
            self.lines.append("待修改")
            self.waits("小李")
            self.change()
            self.lines.append("小李 重交")
        elif self.target == "上一步":
            self.waits("小周", *self.beside)
            self.change()
            self.lines.append("小周 同意")
        else:
            self.waits("王经理")
            self.change()
            self.lines.append("王经理 同意")

    def change(self) -> None:
        if self.way == "改动且改了":
            self.lines.append("改 total 300")

    def back_straight(self) -> None:
        """Whoever had not spoken is asked again; verdicts that were given still count."""
        who = SIGNER if self.sign != "没有加签" else self.returner
        self.waits(who, *self.colleagues(), *self.beside)
        self.lines.append(f"{who} 同意")
        if self.sign == "前加签的人":
            self.waits(self.returner, *self.colleagues(), *self.beside)
            self.lines.append(f"{self.returner} 同意")

    def walk_again(self) -> None:
        """Everything after the target is asked again, everybody."""
        if self.target == "发起人":
            self.waits("王经理")
            self.lines.append("王经理 同意")
        if self.target != "上一步":
            self.waits("小周", *self.beside)
            self.lines.append("小周 同意")
        self.waits(*self.asked_anew(), *self.beside)
        need = self.people[:2] if self.vote == "比例" else self.people
        self.lines += [f"{one} 同意" for one in need]

    def story(self) -> list[str]:
        self.until_the_return()
        self.the_target()
        if self.straight():
            self.back_straight()
        else:
            self.walk_again()
        if self.beside:
            self.waits("小吴")
            self.lines.append("小吴@旁路 同意")
        self.waits("赵总")
        self.lines += ["赵总 同意", "已通过"]
        return self.lines


def scenarios() -> list[dict[str, Any]]:
    """All of them."""
    found = []
    for vote, place, sign, target, way in itertools.product(VOTES, PLACES, SIGNS, TARGETS, WAYS):
        who = "" if sign == "没有加签" else f"{sign}"
        name = f"{place}的{vote}，{who}退回{target}，{way}"
        story = Writer(vote, place, sign, target, way).story()
        found.append({"name": name, "flow": flow(vote, place), "story": story})
    return found


class _Plain(yaml.SafeDumper):
    """No anchors: every scenario can be read alone."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def written(one: dict[str, Any]) -> str:
    """One scenario as YAML, a line a step."""
    steps = (
        yaml.dump(
            step, Dumper=_Plain, default_flow_style=True, allow_unicode=True, width=500, sort_keys=False
        )
        for step in one["flow"]
    )
    lines = [f"- name: {one['name']}", "  flow:", *(f"    - {step.strip()}" for step in steps), "  story:"]
    return "\n".join([*lines, *(f"    - {line}" for line in one["story"])])


def main() -> None:
    """Write the file."""
    head = "# 退回 × 表决方式 × 位置 × 加签 × 走法的全部组合；由 tests/flows/combine.py 写出。\n"
    FILE.write_text(head + "\n".join(map(written, scenarios())) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
