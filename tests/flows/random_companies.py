"""Random organisations, records and rules for the assignee oracle, as plain dicts; from a seed."""

from __future__ import annotations

from random import Random
from typing import Any

TITLES = ["总经理", "总监", "经理", "主管", "员工"]
WAYS = [
    "initiator",
    "manager",
    "manager",
    "managers",
    "managers",
    "role",
    "person",
    "people",
    "member_of",
    "head_of",
    "department_head",
    "department_head",
    "field",
    "manager_of",
    "department_head_of",
    "department_field",
    "head_of_field",
    "pick",
    "expression",
    "table",
    "admin",
]


def organisation(r: Random) -> dict[str, Any]:
    """People, departments and roles; lines of managers may break off, heads may be missing or gone."""
    ids = [f"p{n}" for n in range(r.randint(3, 14))]
    departments = [f"d{n}" for n in range(r.randint(1, 6))]
    people = []
    for n, id_ in enumerate(ids):
        above = ids[:n] if r.random() < 0.93 else ids
        people.append(
            {
                "id": id_,
                "name": r.choice(["甲", "乙", "丙", "丁"]) + str(r.randint(1, 6)),
                "title": r.choice(TITLES),
                "manager": r.choice(above) if above and r.random() < 0.85 else None,
                "departments": r.sample(departments, r.choice([0, 1, 1, 1, 2, 3]) % (len(departments) + 1)),
                "active": r.random() < 0.85,
            }
        )
    tree = [
        {
            "id": id_,
            "name": r.choice(["销售部", "财务部", "生产部", "研发部"]) if r.random() < 0.7 else id_ + "部",
            "parent": r.choice(departments[:n]) if n and r.random() < 0.85 else None,
            "head": r.choice([*ids, None]),
        }
        for n, id_ in enumerate(departments)
    ]
    roles = [
        {"id": f"r{n}", "name": name, "people": r.sample(ids, r.randint(0, min(4, len(ids))))}
        for n, name in enumerate(["财务", "法务", "采购员"])
    ]
    boss = r.choice(people)
    boss["active"] = True
    roles.append({"id": "admin", "name": "系统管理员", "people": [boss["id"]]})
    return {"people": people, "departments": tree, "roles": roles}


def record(r: Random, company: dict[str, Any]) -> dict[str, Any]:
    """Values of a record: members, departments, an amount, texts, answers of conditions."""
    ids = [one["id"] for one in company["people"]]
    departments = [one[key] for one in company["departments"] for key in ("id", "name")]
    words = [*ids, *(one["name"] for one in company["people"]), "财务", "法务", "没有这个人", ""]
    return {
        "经办人": r.choice([*ids, None, "x9"]),
        "小组": r.sample(ids, r.randint(0, 3)),
        "客户.归属销售": r.choice([*ids, None]),
        "承办部门": r.choice([*departments, None, "没有的部门"]),
        "会办部门": r.sample(departments, min(2, len(departments))),
        "所属部门": r.choice([*departments, None]),
        "金额": r.choice([0, 100, 5000, 5000.01, 80000, None]),
        "文字": r.choice([r.choice(words), r.sample(words, 2)]),
        **{f"条件{n}": r.random() < 0.4 for n in range(3)},
    }


def way(r: Random, company: dict[str, Any], deep: bool = True) -> Any:
    """One way to find people."""
    names = [one[key] for one in company["people"] for key in ("id", "name")] + ["没有这个人"]
    departments = [one[key] for one in company["departments"] for key in ("id", "name")] + ["没有的部门"]
    member = r.choice(["经办人", "小组", "客户.归属销售"])
    kind = r.choice(WAYS if deep else [one for one in WAYS if one not in ("pick", "table")])
    made: dict[str, Any] = {
        "manager": r.randint(1, 4),
        "managers": r.choice(
            [
                r.randint(1, 4),
                r.choice(TITLES),
                {"role": r.choice(["财务", "r1"])},
                {"amount": "金额", "limits": {"主管": 100, "经理": 5000, "总监": 50000}},
            ]
        ),
        "role": r.choice(["财务", "法务", "r2", "admin"]),
        "person": r.choice(names),
        "people": r.sample(names, min(3, len(names))),
        "member_of": r.choice(departments),
        "head_of": r.choice(departments),
        "department_head": r.choice([True, 1, 2, 3]),
        "field": member,
        "manager_of": member,
        "department_head_of": member,
        "department_field": r.choice(["承办部门", "会办部门"]),
        "head_of_field": r.choice(["承办部门", "会办部门"]),
        "pick": r.choice(["initiator", "previous"]),
        "expression": "文字",
        "table": "表",
        "admin": True,
    }
    if kind == "initiator":
        return "发起人"
    found = {kind: made[kind]}
    if kind == "pick" and r.random() < 0.5:
        found["among"] = [way(r, company, False) for _ in range(2)]
    return found


def table(r: Random, company: dict[str, Any]) -> dict[str, Any]:
    """A 授权表."""
    rows = [{"if": f"条件{n}", "who": [way(r, company, False)]} for n in range(r.randint(0, 3))]
    if r.random() < 0.7 or not rows:
        rows.insert(r.randint(0, len(rows)), {"otherwise": True, "who": [way(r, company, False)]})
    return {"authority": "some_table", "form": "some_form", "rows": rows}


def rules(r: Random, company: dict[str, Any]) -> dict[str, Any]:
    """A flow of one to four approvals in a row."""
    steps = []
    for n in range(r.randint(1, 4)):
        step: dict[str, Any] = {
            "approve" if r.random() < 0.85 else "fill": f"第{n + 1}步",
            "who": [way(r, company) for _ in range(r.choice([1, 1, 1, 2, 3]))],
            "vote": r.choice(["all", "in_turn"]),
        }
        if r.random() < 0.6:
            one = r.choice(["skip", "refuse", "admin", [way(r, company, False)]])
            step["nobody"] = {"instead": one} if isinstance(one, list) else one
        if r.random() < 0.5:
            step["same_as_initiator"] = r.choice(["self", "skip", "head"])
        if r.random() < 0.15:
            step["always"] = True
        if r.random() < 0.15:
            step["fields"] = {"备注": r.choice(["required", "write"])}
        steps.append(step)
    flow: dict[str, Any] = {"flow": "some_flow", "form": "some_form", "steps": steps}
    if r.random() < 0.6:
        flow["dedup"] = r.choice(["none", "consecutive", "all"])
    if r.random() < 0.4:
        flow["department"] = "所属部门"
    return flow


def picks(r: Random, company: dict[str, Any], flow: dict[str, Any], who: str) -> dict[str, tuple[str, ...]]:
    """Whom the initiator (or a previous approver) chooses for the steps that let them."""
    active = [one["id"] for one in company["people"] if one["active"]]
    return {
        _name(step): tuple(r.sample(active, min(len(active), r.randint(1, 2))))
        for step in flow["steps"]
        if any(isinstance(one, dict) and one.get("pick") == who for one in step["who"]) and r.random() < 0.8
    }


def _name(step: dict[str, Any]) -> str:
    return step.get("approve") or step["fill"]
