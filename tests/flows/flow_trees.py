"""Random flows that use every kind of step, every way to find people and every setting; from a seed."""

from __future__ import annotations

from random import Random
from typing import Any

from core.flows.definition import Flow

CONDITIONS = ["合计 > 5000", '天数 >= 3 且 部门 属于 ["销售部"]', "否", '事由 == "a<b & c"', "ISBLANK(备注)"]
NAMES = ["直属上级", "财务复核", "总经理 审批", "盖章(公章)", "归档<1>", "核对 & 付款", "出纳“付款”"]


class Trees:
    """Makes flows; names and keys do not repeat within one."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self._count = 0

    def flow(self) -> Flow:
        """One flow."""
        r = self._random
        data: dict[str, Any] = {
            "flow": f"flow_{r.randrange(1000)}",
            "form": "some_form",
            "steps": self._steps(3, False),
        }
        self._maybe(data, "title", lambda: f"流程 {r.randrange(100)} <{r.choice(NAMES)}>")
        self._maybe(data, "dedup", lambda: r.choice(["none", "consecutive", "all"]))
        self._maybe(data, "withdraw", lambda: r.choice([False, True, {"before": "归档", "mend": True}]))
        self._maybe(data, "department", lambda: "dept")
        self._maybe(data, "running", lambda: r.choice(["one", "many"]))
        self._maybe(data, "on", lambda: {"start": {"state_text": '"审批中"'}, "approved": {"done": "今天"}})
        return Flow.model_validate(data)

    def _maybe(self, data: dict[str, Any], key: str, value: Any, chance: float = 0.3) -> None:
        if self._random.random() < chance:
            data[key] = value()

    def _steps(self, depth: int, may_end: bool) -> list[dict[str, Any]]:
        """A list of steps; `may_end`: the last may be an end. Nothing stands where it cannot be reached."""
        r = self._random
        found: list[dict[str, Any]] = []
        for _ in range(r.randint(1, 3)):
            if depth and r.random() < 0.35:
                found.append(self._branch(depth - 1))
                if _over(found):
                    return found
            else:
                found.append(self._step())
        if may_end and r.random() < 0.3:
            found.append({"end": r.choice(["approved", "rejected", "ended"])})
            self._maybe(found[-1], "name", lambda: "到此为止")
        return found

    def _branch(self, depth: int) -> dict[str, Any]:
        r = self._random
        mode = r.choice(["exclusive", "inclusive", "parallel"])
        paths: list[dict[str, Any]] = []
        for number in range(r.randint(1, 4)):
            steps = [] if r.random() < 0.2 else self._steps(depth, True)
            paths.append({"steps": steps})
            self._maybe(paths[-1], "name", lambda number=number: f"路径{number}<")
            if mode != "parallel":
                paths[-1]["if"] = r.choice(CONDITIONS)
        if mode != "parallel" and r.random() < 0.8:
            one = r.choice(paths)
            del one["if"]
            one["otherwise"] = True
        branch: dict[str, Any] = {"branch": mode, "paths": paths}
        self._maybe(branch, "name", lambda: r.choice(NAMES))
        self._maybe(branch, "key", self._key)
        return branch

    def _key(self) -> str:
        self._count += 1
        return f"k{self._count}"

    def _name(self) -> str:
        self._count += 1
        return f"{self._random.choice(NAMES)}{self._count}"

    def _step(self) -> dict[str, Any]:
        r = self._random
        make = r.choice([self._approve, self._approve, self._fill, self._copy, self._work, self._other])
        step = make()
        self._maybe(step, "key", self._key, 0.2)
        return step

    def who(self) -> Any:
        """A way to find people, or several."""
        r = self._random
        ways: list[Any] = [
            "发起人",
            {"manager": r.randint(1, 4)},
            {
                "managers": r.choice(
                    [
                        2,
                        "总监",
                        {"role": "总经理"},
                        {"amount": "合计", "limits": {"经理": 5000, "总监": 50000.5}},
                    ]
                )
            },
            {"role": "财务"},
            {"person": "王强"},
            {"people": ["王强", "李明"]},
            {"member_of": "销售部"},
            {"head_of": "财务部"},
            {"department_head": r.choice([True, 2])},
            {"field": "客户.归属销售"},
            {"manager_of": "经办人"},
            {"department_head_of": "经办人"},
            {"department_field": "承办部门"},
            {"head_of_field": "承办部门"},
            {"pick": r.choice(["initiator", "previous"])},
            {"pick": "initiator", "among": [{"role": "财务"}]},
            {"expression": 'IF(合计 > 100, "总经理", "经理")'},
            {"table": "some_table"},
            {"admin": True},
        ]
        return r.choice(ways) if r.random() < 0.7 else r.sample(ways, 2)

    def _asked(self, step: dict[str, Any]) -> dict[str, Any]:
        r = self._random
        step["who"] = self.who()
        self._maybe(
            step,
            "nobody",
            lambda: r.choice(
                ["skip", "refuse", "admin", {"role": "财务"}, {"instead": ["发起人", {"admin": True}]}]
            ),
        )
        self._maybe(step, "same_as_initiator", lambda: r.choice(["self", "skip", "head"]))
        self._maybe(step, "buttons", lambda: {"approve": "同意付款", "transfer": False, "return": True})
        self._maybe(step, "reason", lambda: ["reject", "return"])
        self._maybe(step, "fields", lambda: {"paid_on": "required", "bank_slip": "write", "note": "hidden"})
        self._maybe(step, "due", self._due)
        self._maybe(step, "on", lambda: {"enter": {"state": '"审核"'}, "approve": {"checked_on": "今天"}})
        self._maybe(
            step,
            "returns",
            lambda: r.choice(
                ["any", {"to": ["initiator"], "back": "changed", "watch": ["total"], "choose": False}]
            ),
        )
        self._maybe(step, "batch", lambda: False)
        self._maybe(step, "vote", self._vote, 0.5)
        self._maybe(step, "always", lambda: True)
        return step

    def _due(self) -> Any:
        return self._random.choice(
            [
                {"hours": 8, "then": {"remind": 2, "escalate": True}},
                {"days": 2, "calendar": "natural", "before": [1.5], "after": [8, 16], "then": "return"},
                {"field": "wanted_on", "then": "approve"},
            ]
        )

    def _vote(self) -> Any:
        return self._random.choice(
            [
                "any",
                "all",
                "in_turn",
                "one_pass",
                {"ratio": 60},
                {"ratio": 100},
                {"mode": "all", "veto": ["总经理"]},
                {"weighted": {"财务": 3, "王强": 2}, "pass": 4, "veto": ["总经理"]},
            ]
        )

    def _approve(self) -> dict[str, Any]:
        step = self._asked({"approve": self._name()})
        self._maybe(step, "settle", lambda: "everyone")
        self._maybe(step, "reject", lambda: self._random.choice(["end", "initiator", "previous"]))
        return step

    def _fill(self) -> dict[str, Any]:
        return self._asked({"fill": self._name()})

    def _copy(self) -> dict[str, Any]:
        if self._random.random() < 0.5:
            return {"copy": {"who": self.who()}}
        return {"copy": self._name(), "who": self.who()}

    def _work(self) -> dict[str, Any]:
        r = self._random
        step: dict[str, Any] = r.choice(
            [
                {"create": {"form": "payable", "map": {"amount": "合计"}, "each": "items"}},
                {
                    "update": {
                        "form": "payable",
                        "set": {"amount": "合计"},
                        "match": {"source": "本单"},
                        "limit": 1,
                    }
                },
                {"delete": {"form": "payable", "match": {"source": "本单"}}},
                {"query": {"form": "customer", "match": {"name": "客户"}, "into": {"grade": "grade"}}},
            ]
        )
        self._maybe(step, "name", self._name)
        return step

    def _other(self) -> dict[str, Any]:
        r = self._random
        step: dict[str, Any] = r.choice(
            [
                {
                    "subflow": {
                        "form": "purchase",
                        "map": {"reason": "事由"},
                        "each": "items",
                        "wait": False,
                        "limit": 9,
                    }
                },
                {"webhook": {"url": "https://example.com/hook?a=1&b=2", "body": {"n": "合计"}, "wait": True}},
                {"delay": {"hours": 1.5}},
                {"delay": {"until": "2027-01-01"}},
                {"delay": {"field": "wanted_on", "calendar": "natural"}},
                {"notify": "已{合计}<完成>", "who": self.who()},
                {"snapshot": "sales_by_month", "who": self.who()},
            ]
        )
        self._maybe(step, "name", self._name)
        return step


def _over(steps: list[dict[str, Any]]) -> bool:
    """True when nothing gets past these steps."""
    last = steps[-1] if steps else {}
    return "end" in last or ("paths" in last and all(_over(path["steps"]) for path in last["paths"]))
