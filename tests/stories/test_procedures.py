"""Ten paper procedures of an office, each walked to its end and refused once, on cards and pages of the reference company."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest

from core.commands import SYSTEM, Decide, FireTimer, SubmitDraft
from core.flows.instance import Instance
from tests.company import SHANGHAI, Company

FILE = "a file"  # stands for one that the person who fills the step uploads


@dataclass(frozen=True)
class Walk:
    """One way through a procedure.

    acts     (step, who, values): values are filled on the page, without them 同意 is pressed on the card;
             ("until", date) lets time pass
    beside   steps of the flow that this way does not touch
    refusal  (after how many acts, step, who, how the record then stands)
    """

    word: str
    by: str
    values: dict[str, Any]
    acts: list[tuple[Any, ...]]
    beside: set[str] = field(default_factory=set)
    refusal: tuple[int, str, str, str] = (0, "", "", "rejected")


WALKS = {
    "请假": Walk(
        "请假",
        "li",
        {
            "kind": "年假",
            "first_day": "2026-11-26",
            "last_day": "2026-12-02",
            "reason": "回老家",
            "standin": "zhou",
        },
        [
            ("代理人确认", "zhou"),
            ("直属上级", "wang"),
            ("人事备案", "sun", {"days_left": "5"}),
            ("until", "2026-12-02"),
            ("销假", "li", {"back_on": "2026-12-03"}),
            ("核对考勤", "sun", {"checked_days": "5"}),
        ],
        beside={"总经理"},  # 部门负责人 is the same person as 直属上级 and passes by de-duplication
        refusal=(1, "直属上级", "wang", "rejected"),
    ),
    "报销": Walk(
        "报销",
        "li",
        {
            "reason": "广交会",
            "items": [{"spent_on": "2026-11-20", "kind": "住宿", "amount": "5600"}],
            "invoice": [FILE],
        },
        [("直属上级", "wang"), ("财务主管", "chen")],
        refusal=(1, "财务主管", "chen", "rejected"),
    ),
    "采购": Walk(
        "采购",
        "zhou",
        {
            "purpose": "展台物料",
            "needed_on": "2026-12-20",
            "items": [{"thing": "展架", "qty": "4", "price": "3000"}],
        },
        [
            ("部门负责人", "wang"),
            ("询价比价", "wu", {"vendor": "华美展览", "quoted": "11800", "quotes": [FILE]}),
            ("授权审批", "chen"),
            ("预算复核", "chen", {"in_budget": True}),
            ("下单", "wu", {"order_no": "PO-7", "arrives_on": "2026-12-01"}),
            ("until", "2026-12-01"),
            ("验收", "zhou", {"accepted": "不合格"}),
            ("退换货", "wu", {"fixed": "已换新"}),
            ("入库登记", "sun", {"stock_no": "RK-1"}),
        ],
        refusal=(2, "授权审批", "chen", "rejected"),
    ),
    "用章": Walk(
        "用章",
        "li",
        {
            "seal": "公章",
            "paper_kind": "合同",
            "paper": "宏图精密供货合同",
            "copies": "4",
            "taken_out": True,
            "back_by": "2026-11-30",
            "file": [FILE],
        },
        [
            ("直属上级", "wang"),
            ("法务审核", "chen"),
            ("总经理", "zhao"),
            ("用印登记", "sun", {"stamped_on": "2026-11-24", "stamped_copies": "4"}),
            ("归还登记", "sun", {"returned_on": "2026-11-27"}),
            ("留存扫描件", "li", {"scan": [FILE]}),
        ],
        refusal=(1, "法务审核", "chen", "rejected"),
    ),
    "合同": Walk(
        "合同",
        "li",
        {
            "name": "年度供货",
            "kind": "销售",
            "party": "宏图精密",
            "amount": "150000",
            "starts_on": "2026-12-01",
            "ends_on": "2027-11-30",
            "draft": [FILE],
        },
        [
            ("部门负责人", "wang"),
            ("法务审核", "chen", {"legal_note": "违约金上限已改"}),
            ("财务审核", "chen", {"money_note": "账期 30 天"}),
            ("总经理", "zhao"),
            ("定稿", "li", {"final": [FILE]}),
            ("盖章", "sun", {"stamped_on": "2026-11-25"}),
            ("回签", "li", {"signed": [FILE]}),
            ("归档", "sun", {"archive_no": "DA-12"}),
            ("until", "2027-10-31"),
        ],
        refusal=(1, "法务审核", "chen", "returned"),
    ),
    "付款": Walk(
        "付款",
        "li",
        {
            "payee": "华美展览",
            "bank": "工行城东支行",
            "account": "6222000011112222",
            "purpose": "展台定金",
            "kind": "预付款",
            "amount": "60000",
            "papers": [FILE],
        },
        [
            ("部门负责人", "wang"),
            ("会计审单", "sun", {"subject": "预付账款"}),
            ("财务主管复核", "chen"),
            ("总经理", "zhao"),
            ("出纳付款", "sun", {"paid_on": "2026-11-25", "slip": [FILE]}),
            ("会计入账", "sun", {"voucher": "记-88"}),
            ("补交发票", "li", {"invoice": [FILE]}),
        ],
        refusal=(3, "总经理", "zhao", "rejected"),
    ),
    "入职": Walk(
        "入职",
        "sun",
        {
            "name": "郑一帆",
            "position": "区域主管",
            "level": "主管",
            "unit": "销售部",
            "mentor": "li",
            "starts_on": "2026-12-01",
            "trial_ends": "2027-03-01",
            "resume": [FILE],
        },
        [
            ("用人部门确认", "wang"),
            ("人事定薪", "sun", {"salary": "9000"}),
            ("总经理", "zhao"),
            ("until", "2026-12-01"),
            ("开通账号", "wu", {"accounts": "zhengyifan"}),
            ("领用物品", "sun", {"goods": "笔记本电脑"}),
            ("签劳动合同", "sun", {"contract_no": "LD-31"}),
            ("登记工资卡", "sun", {"payroll": True}),
            ("入职培训", "li", {"trained_on": "2026-12-04"}),
            ("until", "2027-03-01"),
            ("转正评估", "li", {"score": "92"}),
            ("转正审批", "wang"),
        ],
        refusal=(0, "用人部门确认", "wang", "rejected"),
    ),
    "调岗": Walk(
        "调岗",
        "li",
        {
            "unit": "生产部",
            "position": "计划员",
            "from_day": "2026-12-15",
            "reason": "熟悉产线",
            "successor": "zhou",
        },
        [
            ("现部门意见", "wang"),
            ("调入部门意见", "liu"),
            ("人事核定", "sun", {"new_salary": "8000"}),
            ("总经理", "zhao"),
            ("移交工作", "li", {"handed_over": [FILE]}),
            ("接手确认", "zhou", {"took_over_on": "2026-12-14"}),
            ("变更权限", "wu", {"rights": "关 CRM，开 MES"}),
            ("交接监交", "wang"),
            ("人事归档", "sun", {"file_no": "RS-9"}),
        ],
        refusal=(1, "调入部门意见", "liu", "rejected"),
    ),
    "费用预算": Walk(
        "费用预算",
        "li",
        {
            "unit": "销售部",
            "year": "2027",
            "items": [
                {"subject": "差旅费", "amount": "120000", "why": "去年 11 万"},
                {"subject": "市场费", "amount": "80000"},
            ],
        },
        [
            ("部门负责人", "wang"),
            ("填写上年实际", "sun", {"last_year": "188000"}),
            ("财务平衡", "chen", {"granted": "180000"}),
            ("各部门会签", "wang"),
            ("各部门会签", "chen"),
            ("各部门会签", "liu"),
            ("总经理批准", "zhao"),
            ("下达预算", "chen", {"budget_no": "鸿预 2027-3"}),
        ],
        refusal=(6, "总经理批准", "zhao", "rejected"),
    ),
    "离职": Walk(
        "离职",
        "li",
        {"last_day": "2026-12-24", "kind": "辞职", "reason": "回乡创业"},
        [
            ("直属上级面谈", "wang", {"successor": "zhou"}),
            ("部门负责人", "wang"),
            ("人事面谈", "sun", {"talk": "意愿坚决"}),
            ("总经理", "zhao"),
            ("移交工作", "li", {"handed_over": [FILE]}),
            ("接手人确认", "zhou"),
            ("结清往来", "sun", {"debts": True}),
            ("停用账号", "wu", {"accounts_off": "2026-12-24"}),
            ("收回物品", "sun", {"goods_back": "电脑一台"}),
            ("监交", "wang"),
            ("结算工资", "sun", {"pay": "7200"}),
            ("办结", "sun", {"insured_until": "2026-12", "letter_no": "LZ-5"}),
        ],
        refusal=(3, "总经理", "zhao", "rejected"),
    ),
}


class Procedure:
    """One run of a procedure in the company."""

    def __init__(self, company: Company, walk: Walk) -> None:
        self.company, self.walk = company, walk
        self.id = ""

    @property
    def instance(self) -> Instance:
        """As it stands."""
        found = self.company.read(lambda uow: uow.instances.load(self.id))
        assert found is not None
        return found

    def _files(self, person: str, values: dict[str, Any]) -> dict[str, Any]:
        return {
            key: [self.company.upload(person)] if value == [FILE] else value for key, value in values.items()
        }

    async def begin(self) -> None:
        """The word opens the form in chat; the page fills and submits it."""
        walk = self.walk
        phone = self.company.phone(walk.by)
        await phone.says(walk.word)
        draft = self.company.read(
            lambda uow: uow.cards.by_external(phone.console.name, phone.newest)
        ).subject_id
        outcome = self.company.perform(SubmitDraft(walk.by, draft, self._files(walk.by, walk.values)))
        assert outcome.ok, outcome
        self.id = outcome.data["instance_id"]
        await self.company.settle()

    async def act(self, step: str, who: str, values: dict[str, Any] | None = None) -> None:
        """One person does their part."""
        if step == "until":
            await self._pass(who)
            return
        task = self._task(step, who)
        if values:
            filled = self._files(who, values)
            outcome = self.company.perform(Decide(who, task, "approve", values=filled))
            assert outcome.ok, outcome
            await self.company.settle()
        else:
            await self._press(task, who, "同意")

    async def refuse(self, step: str, who: str) -> None:
        """拒绝 on the card, with the reason that it asks for."""
        task = self._task(step, who)
        await self._press(task, who, "拒绝")
        await self._press(task, who, "确认拒绝", reason="材料不全")

    def _task(self, step: str, who: str) -> str:
        waits = [(one.step, one.assignee) for one in self.instance.open_tasks()]
        assert (step, who) in waits, waits
        return next(one.id for one in self.instance.open_tasks(step) if one.assignee == who)

    async def _press(self, task: str, who: str, button: str, **inputs: str) -> None:
        card = self.company.read(lambda uow: uow.cards.of_subject(("task", task), who))[0]
        phone = self.company.phone(who, card.platform)
        await phone.clicks(button, on=card.external_id, **inputs)

    async def _pass(self, day: str) -> None:
        """Time passes; what is due fires."""
        self.company.clock.now = datetime.fromisoformat(f"{day}T18:00").replace(tzinfo=SHANGHAI)
        for row in self.company.read(lambda uow: uow.timers.due(uow.now)):
            outcome = self.company.perform(FireTimer(SYSTEM, timer_id=row.id, **row.body))
            assert outcome.ok, outcome
        await self.company.settle()


@pytest.mark.parametrize("name", WALKS)
async def test_a_procedure_is_walked_to_its_end(small: Company, name: str):
    """主路径：每一步由该办的人办，一步不缺，最后发起人看到「已通过」。"""
    walk = WALKS[name]
    run = Procedure(small, walk)
    await run.begin()
    for act in walk.acts:
        await run.act(*act)

    assert run.instance.state.value == "approved", run.instance.open_tasks()
    titles = [card.title for card in small.phone(walk.by).cards]
    assert any(title.endswith("已通过") for title in titles), titles
    flow, _ = small.read(lambda uow: uow.shelf.flow(run.instance.flow))
    asked = {task.step for task in run.instance.tasks}
    assert {step.key for step in flow.walk() if step.human} - asked == walk.beside


@pytest.mark.parametrize("name", WALKS)
async def test_a_procedure_is_refused_once(small: Company, name: str):
    """一次拒绝：发起人看到结果和原因，没有人手里还留着待办。"""
    walk = WALKS[name]
    run = Procedure(small, walk)
    await run.begin()
    after, step, who, state = walk.refusal
    for act in walk.acts[:after]:
        await run.act(*act)
    await run.refuse(step, who)

    assert run.instance.state.value == state
    waiting = [one.assignee for one in run.instance.open_tasks()]
    assert waiting == ([walk.by] if state == "returned" else [])
    bodies = "\n".join(card.body for card in small.phone(walk.by).cards)
    assert "材料不全" in bodies


async def test_an_approved_budget_stands_in_the_ledger_line_by_line(small: Company):
    """预算批准后，明细逐行记入预算台账，并连着预算单。"""
    run = Procedure(small, WALKS["费用预算"])
    await run.begin()
    for act in run.walk.acts:
        await run.act(*act)
    form = small.read(lambda uow: uow.shelf.form("budget_line").form)
    found = small.read(lambda uow: uow.records.equal(form, {"source": run.instance.record_id}, 10))
    lines = [(one.values["unit"], one.values["subject"], str(one.values["amount"])) for one in found]
    assert sorted(lines) == [("销售部", "差旅费", "120000.00"), ("销售部", "市场费", "80000.00")]
